#!/bin/sh
# leave-one-out.sh SET PART RECIPE [OPTION...] -- the last event of everybody as truth, all unseen items ranked.
# SET ml-1m (MovieLens 1M as SASRec has it) or beauty (Amazon Beauty, 5-core, as S3-Rec has it). PART test; strict: trained without
# the last but one event too, which counts as history, as rivals do that keep it for validation; or validation: the last but
# one as truth.
# Needs RS_DATA (the folder with ml-1m and beauty) and the commands in PATH.
set -eu
set=$1 part=$2 recipe=$3
shift 3 # what is left goes to rs-train
data=${RS_DATA:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
case $set in
ml-1m) xz -dc "$data/ml-1m/ml-1m_sas.txt.xz" | rs-import --quiet --ordered --columns user,item - -o events.rsd ;;
beauty) xz -dc "$data/beauty/Beauty.txt.xz" | rs-import --quiet --ordered --format lists - -o events.rsd ;;
*) exit 64 ;;
esac
rs-split --quiet --by last --count 1 --train history.rsd --truth truth.rsd events.rsd
rs-split --quiet --by last --count 1 --train short.rsd --truth before.rsd history.rsd
case $part in
test) train=history.rsd ;;
strict) train=short.rsd ;;
validation) train=short.rsd && mv short.rsd history.rsd && mv before.rsd truth.rsd && train=history.rsd ;;
*) exit 64 ;;
esac
rs-train --quiet -r "$recipe" "$@" "$train" -o m.rsm
rs-eval --truth truth.rsd --metrics hit@10,ndcg@10 m.rsm history.rsd
