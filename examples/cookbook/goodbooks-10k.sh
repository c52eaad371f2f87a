#!/bin/sh
# Goodbooks-10k (github.com/zygmuntz): the item stands before the user, rows come twice, the id of books.csv is called id.
# Usage: goodbooks-10k.sh FOLDER [OUTPUT]
set -eu
rs-import --item-table "$1"/books.csv* --item-columns item=id "$1"/ratings.csv* -o "${2:-goodbooks.rsd}"
