#!/bin/sh
# ml-1m-ratings.sh PART RECIPE [OPTION...] -- ml-1m, a tenth of each user's ratings at random (seed 42) kept back: rmse and mae.
# PART test, or validation: a tenth of what is left.
# Needs RS_DATA (the folder with ml-1m) and the commands in PATH.
set -eu
part=$1 recipe=$2
shift 2 # what is left goes to rs-train
data=${RS_DATA:?}/ml-1m
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/ratings-all-without-timestamps.dat.xz" |
	rs-import --quiet --delimiter :: --no-header --columns user,item,value - -o all.rsd
rs-split --quiet --by random --fraction 0.1 --seed 42 --train train.rsd --truth truth.rsd all.rsd
if [ "$part" = validation ]; then
	mv train.rsd all.rsd
	rs-split --quiet --by random --fraction 0.1 --seed 7 --train train.rsd --truth truth.rsd all.rsd
fi
rs-train -v -r "$recipe" "$@" train.rsd -o m.rsm
rs-eval --truth truth.rsd --metrics rmse,mae m.rsm train.rsd
