#!/bin/sh
# segments.sh PART RECIPE [OPTION...] -- MovieLens 1M, the last tenth of each user's events as truth: how many of the people who
# then watched a film stand among the 1 % that rs-segment names for it (hits@1%, mean over films), and which share of them, or
# of the 1 % where they are more (recall@1%). PART test, or validation: the same inside the training part. RECIPE active: the
# people with most events who had not seen the film; any: the people with most events, whatever they had seen.
# Needs RS_DATA (the folder with ml-1m) and the commands in PATH.
set -eu
part=$1 recipe=$2
shift 2 # what is left goes to rs-train
data=${RS_DATA:?}/ml-1m
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/ratings-ordered.csv.xz" |
	rs-import --quiet --columns user=user_id,item=item_id,time=order --ignore '*' - -o events.rsd
rs-split --quiet --by last --fraction 0.1 --train train.rsd --truth truth.rsd events.rsd
if [ "$part" = validation ]; then
	mv train.rsd all.rsd
	rs-split --quiet --by last --fraction 0.1 --train train.rsd --truth truth.rsd all.rsd
fi
rs-view truth.rsd | sed 1d | cut -d, -f 1,2 | sort -u >truth
rs-view train.rsd | sed 1d | cut -d, -f 1,2 | sort -u >had
cut -d, -f 2 truth | sort -u >items
case $recipe in
active | any)
	cut -d, -f 1 had | uniq -c | sort -k 1,1nr -k 2,2 | awk '{ print $2 }' >active
	[ "$recipe" = active ] || : >had
	awk -F, 'FILENAME == "had" { had[$2 "," $1] = 1; next } FILENAME == "active" { user[++n] = $1; next }
		{ k = 0; for (i = 1; i <= n && k < 60; i++) if (!(($1 "," user[i]) in had)) { print $1 "," user[i]; k++ } }' \
		had active items >segments
	;;
*)
	rs-train --quiet -r "$recipe" "$@" train.rsd -o m.rsm
	rs-segment --quiet -n 60 --items items m.rsm train.rsd | sed 1d | cut -f 1,2 | tr '\t' , >segments
	;;
esac
awk -F, '
	FILENAME == "truth" { want[$2 "," $1] = 1; n[$2]++; next }
	($1 "," $2) in want { hit[$1]++ }
	END {
		for (i in n) { films++; hits += hit[i]; recall += hit[i] / (n[i] < 60 ? n[i] : 60) }
		printf "metric\tvalue\nhits@1%%\t%.4f\nrecall@1%%\t%.4f\n", hits / films, recall / films
	}' truth segments
