#!/bin/sh
# recency.sh SET RECIPE [OPTION...] -- the last tenth of all events, by time, as truth; SET: ml-100k, ml-latest-small, ml-1m
# (the users with times), personalize-movielens, yoochoose-100k, trivago or retailrocket. RECIPE window: popular within the window
# that a user would choose, the best one where the last tenth of what is left is the truth. Needs RS_DATA and the commands in
# PATH.
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
personalize-movielens)
	xz -dc personalize-movielens/interactions.csv.xz | sed 1d | awk -F , -v OFS='\t' '{ print $1, $2, $3 }'
	;;
trivago) # what was clicked out to
	xz -dc trivago-2019-100k/events.csv.xz | awk -F , -v OFS='\t' '$5 == "clickout item" { print $1, $6, $3 }'
	;;
retailrocket) xz -dc retailrocket-events/events.csv.xz | sed 1d | awk -F , -v OFS='\t' '{ print $1, $2, int($4) }' ;;
esac >>"$dir/log"
cd "$dir"
rs-import --quiet log -o events.rsd
rs-split --quiet --by time --fraction 0.1 --train train.rsd --truth truth.rsd events.rsd
if [ "$recipe" = window ]; then
	rs-split --quiet --by time --fraction 0.1 --train before.rsd --truth after.rsd train.rsd
	for days in 0 .125 1 3 7 14 30 60 90 180 365; do
		rs-train --quiet -r popular -p window_days=$days before.rsd -o m.rsm 2>said || continue
		rs-eval --quiet --truth after.rsd --metrics ndcg@10 m.rsm before.rsd | awk -v days="$days" '$1 == "ndcg@10" { print $2, days }'
	done | sort -k 1,1gr | head -n 1 >best
	recipe=popular
	set -- -p "window_days=$(cut -d ' ' -f 2 best)"
	echo "window_days=$(cut -d ' ' -f 2 best)" >&2
fi
rs-train --quiet -r "$recipe" "$@" train.rsd -o m.rsm
rs-eval --truth truth.rsd --metrics ndcg@10,recall@20 m.rsm train.rsd
