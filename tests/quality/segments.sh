#!/bin/sh
# ml-1m, the last tenth of each user held back: how many of the people who then watched a film for the first time stand among the
# 1 % that rs-segment names for it. hits@1%: their number, mean over films; recall@1%: their share of the smaller of all of them and
# 1 % of the people. The rows "active" are the people with most events, whatever the film.
#
#	RS_DATA=... tests/quality/segments.sh [RECIPE [OPTION]...]
set -e
PATH=$(cd "$(dirname "$0")/../../build/bin" && pwd):$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
data=${RS_DATA:-../shared/data}/ml-1m/ratings-ordered.csv
xz -dc "$data.xz" >"$dir/ml.csv"
cd "$dir"
rs-import -q --columns user=user_id,item=item_id,time=order ml.csv -o ml.rsd
rs-split -q --by last --fraction .1 --train train.rsd --truth truth.rsd ml.rsd
rs-view truth.rsd | sed 1d | cut -d, -f 1,2 | sort -u >truth
cut -d, -f 2 truth | sort -u >items
rs-view train.rsd | sed 1d | cut -d, -f 1 | sort | uniq -c | sort -k 1,1nr -k 2,2 | awk '{ print $2 }' >active
rs-view train.rsd | sed 1d | cut -d, -f 1,2 | sort -u >had

# measure NAME <lines of item,user: the segment of each item
measure()
{
	awk -F, -v name="$1" '
		FILENAME == "truth" { want[$2 "," $1] = 1; n[$2]++; next }
		($1 "," $2) in want { hit[$1]++ }
		END {
			for (i in n) { films++; hits += hit[i]; recall += hit[i] / (n[i] < 60 ? n[i] : 60) }
			printf "%s\thits@1%%\t%.3f\trecall@1%%\t%.4f\n", name, hits / films, recall / films
		}' truth -
}
awk -F, 'FILENAME == "had" { had[$2 "," $1] = 1; next } FILENAME == "active" { user[++n] = $1; next }
	{ k = 0; for (i = 1; i <= n && k < 60; i++) if (!(($1 "," user[i]) in had)) { print $1 "," user[i]; k++ } }' had active items |
	measure active
[ $# -gt 0 ] || set -- affinity
rs-train -q -r "$@" train.rsd -o m.rsm
rs-segment -q -n 60 --items items m.rsm train.rsd | sed 1d | cut -f 1,2 | tr '\t' , | measure "$*"
