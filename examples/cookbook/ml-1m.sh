#!/bin/sh
# MovieLens 1M (grouplens.org): two colons between cells, no headers, genres joined by bars.
# Usage: ml-1m.sh FOLDER RATINGS [OUTPUT]   RATINGS is ratings.dat or a part of it
set -eu
rs-import --columns user,item,value,time \
	--user-table "$1"/users.dat* --user-columns user,GENDER,AGE,OCCUPATION,ZIP \
	--item-table "$1"/movies.dat* --item-columns item,TITLE,GENRES \
	"$2" -o "${3:-ml-1m.rsd}"
