#!/bin/sh
# Book-Crossing: CR LF, semicolons, quotes, no header, bytes that are no UTF-8; dirty rows are set aside with a reason each.
# Usage: book-crossing.sh RATINGS [OUTPUT [REJECTS]]
set -eu
case $(head -c 200 "$1" | tr -d '\000') in
*ISBN*) rs-import --rejects "${3:-rejects.tsv}" "$1" -o "${2:-book-crossing.rsd}" ;;
*) rs-import --columns user,item,value --rejects "${3:-rejects.tsv}" "$1" -o "${2:-book-crossing.rsd}" ;;
esac
