#!/bin/sh
# HetRec 2011 Last.fm (grouplens.org): how often somebody played an artist is a value; the tags of an artist, which stand in two other
# files and in ISO 8859-1, join its name.
# Usage: lastfm-2k.sh FOLDER [OUTPUT]
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for name in artists tags user_taggedartists; do
	xz -dcf "$1/$name.dat"* >"$dir/$name" # as it is where it is not packed
done
iconv -f ISO-8859-1 -t UTF-8 "$dir/tags" | tr '|' ' ' >"$dir/tag_names"
awk -F '\t' -v OFS='\t' '
	BEGIN { print "item", "NAME", "TAGS" }
	FNR == 1 { file++; next }
	file == 1 { name[$1] = $2; next }
	file == 2 { if (!seen[$2, $3]++) tags[$2] = tags[$2] (tags[$2] == "" ? "" : "|") name[$3]; next }
	{ print $1, $2, tags[$1] }' "$dir/tag_names" "$dir/user_taggedartists" "$dir/artists" >"$dir/items"
rs-import --quoting none --item-table "$dir/items" --columns value=weight "$1/user_artists.dat"* -o "${2:-lastfm.rsd}"
