#!/bin/sh
# ml-1m-last.sh PART RECIPE [OPTION...] -- MovieLens 1M, every rating an event, the last tenth of each user's as truth: the protocol of
# the notebooks of Amazon Personalize. PART test, or validation: the same inside the training part.
# Needs RS_DATA (the folder with ml-1m) and the commands in PATH.
set -eu
part=$1 recipe=$2
shift 2 # what is left goes to rs-train
data=${RS_DATA:?}/ml-1m
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/ratings-ordered.csv.xz" | rs-import --quiet --columns user=user_id,item=item_id,time=order --ignore '*' - -o events.rsd
rs-split --quiet --by last --fraction 0.1 --train train.rsd --truth truth.rsd events.rsd
if [ "$part" = validation ]; then
	mv train.rsd all.rsd
	rs-split --quiet --by last --fraction 0.1 --train train.rsd --truth truth.rsd all.rsd
fi
rs-train --quiet -r "$recipe" "$@" train.rsd -o m.rsm
rs-eval --truth truth.rsd --metrics precision@5,precision@10,mrr@25 m.rsm train.rsd
