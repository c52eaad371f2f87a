#!/bin/sh
# diginetica.sh PART RECIPE [OPTION...] -- sessions of clicks in the split of SR-GNN: the next click after each beginning of a session,
# all items ranked, repeats allowed.
# PART test, or validation: the last 15,000 sessions of the training part.
# Needs RS_DATA (the folder with diginetica) and the commands in PATH.
set -eu
part=$1 recipe=$2
shift 2 # what is left goes to rs-train
data=${RS_DATA:?}/diginetica
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/train_sessions.txt.xz" >sessions
if [ "$part" = validation ]; then
	tail -n 15000 sessions | awk '{ p = $1; for (i = 2; i <= NF; i++) { print p "\t" $i; p = p " " $i } }' >prefixes
	head -n -15000 sessions >rest
	mv rest sessions
else
	xz -dc "$data/test_prefix_target.txt.xz" >prefixes
fi
awk -F '\t' '{ print "prefix-" NR, $1 }' prefixes >histories
awk -F '\t' '{ print "prefix-" NR, $2 }' prefixes >targets
rs-import --quiet --ordered --format sessions sessions -o train.rsd
rs-import --quiet --ordered --duplicates keep --format lists histories -o history.rsd
rs-import --quiet --format lists targets -o truth.rsd
rs-train --quiet -r "$recipe" "$@" train.rsd -o m.rsm
rs-eval --seen keep --truth truth.rsd --metrics hit@20,mrr@20 m.rsm history.rsd
