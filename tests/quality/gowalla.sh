#!/bin/sh
# gowalla.sh PART RECIPE [OPTION...] -- Gowalla check-ins in the split of NGCF and LightGCN, all unseen items ranked.
# PART test, or validation: a tenth of each user's training part at random.
# Needs RS_DATA (the folder with gowalla) and the commands in PATH.
set -eu
part=$1 recipe=$2
shift 2 # what is left goes to rs-train
data=${RS_DATA:?}/gowalla
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/train.txt.xz" | rs-import --quiet --format lists - -o train.rsd
xz -dc "$data/test.txt.xz" | rs-import --quiet --format lists - -o truth.rsd
if [ "$part" = validation ]; then
	mv train.rsd all.rsd
	rs-split --quiet --by random --fraction 0.1 --train train.rsd --truth truth.rsd all.rsd
fi
rs-train --quiet -r "$recipe" "$@" train.rsd -o m.rsm
rs-eval --truth truth.rsd --metrics recall@20,ndcg@20 m.rsm train.rsd
