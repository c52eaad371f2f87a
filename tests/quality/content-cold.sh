#!/bin/sh
# content-cold.sh [PART [SEED [OPTION...]]] -- ml-1m, items without events: half of the items at random lose all their events,
# genres are all that is known of them; 25 of them for each of the first 1,000 users, against all of them that the user rated.
# PART test (the default), or validation: half of the items that are left otherwise.
# Needs RS_DATA (the folder with ml-1m) and the commands in PATH.
set -eu
part=${1:-test} seed=${2:-1}
shift $(($# < 2 ? $# : 2)) # what is left goes to rs-train
data=${RS_DATA:?}/ml-1m
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/ratings-all-without-timestamps.dat.xz" |
	rs-import --quiet --delimiter :: --no-header --columns user,item,value - -o all.rsd
xz -dc "$data/movies.dat.xz" >movies
rs-import --quiet --delimiter :: --no-header --item-columns item,-,genres --item-table movies -o genres.rsd
rs-view all.rsd | sed 1d | cut -d , -f 2 | sort -u >items
# A coin for each item, by the generator of Park and Miller.
awk -v x="$((seed * 7919 + 11))" -v part="$part" 'function coin() { x = x * 16807 % 2147483647; return int(x / 65536) % 2 }
BEGIN { for (i = 0; i < 10; i++) coin() }
{ a = coin(); b = coin(); if (part == "test") print $1 >(a ? "cold" : "warm"); else if (!a) print $1 >(b ? "cold" : "warm") }' items
seq 1000 >users
rs-view --items warm --format dataset all.rsd -o train.rsd
rs-view --items cold --users users --format dataset all.rsd -o truth.rsd
rs-train --quiet -r content "$@" train.rsd genres.rsd -o m.rsm
rs-recommend --quiet -n 25 --allow cold --users users m.rsm train.rsd -o lists
rs-eval --lists lists --truth truth.rsd --metrics mrr@25,precision@5,precision@10,precision@25
