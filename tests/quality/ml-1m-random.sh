#!/bin/sh
# ml-1m-random.sh PART RECIPE [OPTION...] -- MovieLens 1M, ratings of 4 and 5 as events, a fifth of each user's at random as truth.
# PART test, or validation: the same inside the training part.
# Needs RS_DATA (the folder with ml-1m) and the commands in PATH.
set -eu
part=$1 recipe=$2
shift 2 # what is left goes to rs-train
data=${RS_DATA:?}/ml-1m
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/ratings-all-without-timestamps.dat.xz" |
	rs-import --quiet --delimiter :: --no-header --columns user,item,value - -o ratings.rsd
rs-view --quiet --where 'VALUE >= 4' --format dataset ratings.rsd -o events.rsd
rs-split --quiet --by random --fraction 0.2 --train train.rsd --truth truth.rsd events.rsd
if [ "$part" = validation ]; then
	mv train.rsd all.rsd
	rs-split --quiet --by random --fraction 0.2 --train train.rsd --truth truth.rsd all.rsd
fi
rs-train --quiet -r "$recipe" "$@" train.rsd -o m.rsm
rs-eval --truth truth.rsd --metrics recall@20,ndcg@20 m.rsm train.rsd
