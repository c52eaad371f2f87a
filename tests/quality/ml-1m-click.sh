#!/bin/sh
# ml-1m-click.sh PART RECIPE [OPTION...] -- ml-1m, ratings above 3 against those below (3 left out, as RecBole does), attributes of
# users and films, a tenth of each user's events at random (seed 42) kept back: auc, log loss, calibration.
# PART test, or validation: a tenth of what is left.
# Needs RS_DATA (the folder with ml-1m) and the commands in PATH.
set -eu
part=$1 recipe=$2
shift 2 # what is left goes to rs-train
data=${RS_DATA:?}/ml-1m
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/users.dat.xz" | awk -F :: 'BEGIN { print "user,gender,age,occupation,zip" } { print $1 "," $2 ",a" $3 ",o" $4 ",z" $5 }' >users
xz -dc "$data/movies.dat.xz" | LC_ALL=C awk -F :: 'BEGIN { print "item\tyear\tgenres" }
	{ print $1 "\ty" substr($2, length($2) - 4, 4) "\t" $3 }' >items
xz -dc "$data/ratings-all-without-timestamps.dat.xz" | awk -F :: '$3 != 3' |
	rs-import --quiet --delimiter :: --no-header --columns user,item,value - -o log.rsd
rs-import --quiet --user-table users --item-table items -o tables.rsd </dev/null
rs-merge log.rsd tables.rsd -o all.rsd
rs-split --quiet --by random --fraction 0.1 --seed 42 --train train.rsd --truth truth.rsd all.rsd
if [ "$part" = validation ]; then
	mv train.rsd all.rsd
	rs-split --quiet --by random --fraction 0.1 --seed 3 --train train.rsd --truth truth.rsd all.rsd
fi
rs-train -v -r "$recipe" "$@" train.rsd tables.rsd -o m.rsm
rs-eval --truth truth.rsd --metrics probabilities m.rsm train.rsd tables.rsd
