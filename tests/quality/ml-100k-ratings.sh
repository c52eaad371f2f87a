#!/bin/sh
# ml-100k-ratings.sh RECIPE [OPTION...] -- ml-100k, the five folds u1 to u5 as published: rmse of each, and their mean.
# Needs RS_DATA (the folder with ml-100k) and the commands in PATH.
set -eu
recipe=$1
shift # what is left goes to rs-train
data=${RS_DATA:?}/ml-100k
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for fold in 1 2 3 4 5; do
	for part in base test; do
		xz -dc "$data/u$fold.$part.xz" | rs-import --quiet --no-header --columns user,item,value,time - -o $part.rsd
	done
	rs-train --quiet -r "$recipe" "$@" base.rsd -o m.rsm
	rs-eval --quiet --truth test.rsd --metrics rmse m.rsm base.rsd | tail -n 1
done | awk -F '\t' '{ print "u" NR "\t" $2; sum += $2 } END { print "rmse\t" sum / NR }'
