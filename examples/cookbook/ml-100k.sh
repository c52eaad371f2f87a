#!/bin/sh
# MovieLens 100k (grouplens.org): u.data by tabs, u.item and u.user by bars, titles in ISO 8859-1, no headers.
# Usage: ml-100k.sh FOLDER [OUTPUT]
set -eu
genres=UNKNOWN,ACTION,ADVENTURE,ANIMATION,CHILDREN,COMEDY,CRIME,DOCUMENTARY,DRAMA,FANTASY,FILM_NOIR,HORROR,MUSICAL,MYSTERY,ROMANCE,SCIFI,THRILLER,WAR,WESTERN
rs-import --columns user,item,value,time \
	--user-table "$1/u.user" --user-columns user,AGE,GENDER,OCCUPATION,ZIP \
	--item-table "$1"/u.item* --item-columns "item,TITLE,RELEASED,-,-,$genres" \
	"$1"/u.data* -o "${2:-ml-100k.rsd}"
