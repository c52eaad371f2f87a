#!/bin/sh
# recency.sh SET RECIPE [OPTION...] -- the last tenth of all events, by time, as truth; SET: ml-100k, ml-latest-small, ml-1m
# (the users with times), yoochoose-100k or retailrocket. Needs RS_DATA and the commands in PATH.
set -eu
set_name=$1 recipe=$2
shift 2 # what is left goes to rs-train
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo "user	item	time" >"$dir/log"
cd "${RS_DATA:?}"
case $set_name in
ml-100k) xz -dc ml-100k/u.data.xz | awk -F '\t' -v OFS='\t' '{ print $1, $2, $4 }' ;;
ml-latest-small) xz -dc ml-latest-small/ratings.csv.xz | tr -d '\r' | sed 1d | awk -F , -v OFS='\t' '{ print $1, $2, $4 }' ;;
ml-1m) xz -dc ml-1m/ratings-users-1-2999.dat.xz | awk -F :: -v OFS='\t' '{ print $1, $2, $4 }' ;;
yoochoose-100k)
	xz -dc yoochoose-100k/yoochoose-clicks-100k_train_full.txt.xz | sed 1d | awk -F '\t' -v OFS='\t' '{ print $1, $2, int($3) }'
	;;
retailrocket) xz -dc retailrocket-events/events.csv.xz | sed 1d | awk -F , -v OFS='\t' '{ print $1, $2, int($4) }' ;;
esac >>"$dir/log"
cd "$dir"
rs-import --quiet log -o events.rsd
rs-split --quiet --by time --fraction 0.1 --train train.rsd --truth truth.rsd events.rsd
rs-train --quiet -r "$recipe" "$@" train.rsd -o m.rsm
rs-eval --truth truth.rsd --metrics ndcg@10,recall@20 m.rsm train.rsd
