#!/bin/sh
# The MovieLens demonstration of Amazon Personalize: its files with its schemas, unchanged, out of its params.json.
# The schema wants a year of every item, which 13 do not have: they are set aside in rejects.tsv.
# Usage: personalize-movielens.sh FOLDER [OUTPUT]   needs jq
set -eu
schemas=$(mktemp -d)
trap 'rm -rf "$schemas"' EXIT
jq .datasets.Interactions.schema "$1/params.json" >"$schemas/interactions.json"
jq .datasets.Items.schema "$1/params.json" >"$schemas/items.json"
rs-import --rejects rejects.tsv --schema "$schemas/interactions.json" --item-schema "$schemas/items.json" \
	--item-table "$1"/item-meta.csv* "$1"/interactions.csv* -o "${2:-personalize.rsd}"
