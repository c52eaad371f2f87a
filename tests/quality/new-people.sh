#!/bin/sh
# new-people.sh SET PART [FIRST] -- lists for people of whom nothing is known: the last tenth of all events, by time, is the truth,
# of those people alone who have no event before; with FIRST only so many first events of each. SET: as in timed-split.sh.
# PART test, or validation: the same within the training part. Needs RS_DATA and the commands in PATH.
set -eu
set_name=$1 part=$2 first=${3:-0}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
cd "$dir"
sh "$here/timed-split.sh" "$set_name"
if [ "$part" = validation ]; then
	mv train.rsd rest.rsd
	rs-split --quiet --by time --fraction 0.1 --train train.rsd --truth truth.rsd rest.rsd
fi
rs-view --quiet train.rsd | awk -F , 'NR > 1 && !seen[$1]++ { print $1 }' >known
rs-view --quiet truth.rsd | awk -F , -v first="$first" '
NR == FNR { known[$1]; next }
FNR == 1 { print; next }
!($1 in known) { line[++n] = $0; user[n] = $1 }
END { for (i = 1; i <= n; i++) if (!first || count[user[i]]++ < first) print line[i] }' known - >new.csv
rs-import --quiet new.csv -o new.rsd
rs-train --quiet -r itemknn train.rsd -o m.rsm
rs-train --quiet -r popular train.rsd -o popular.rsm
rs-eval --truth new.rsd --metrics ndcg@10 --versus popular.rsm m.rsm train.rsd
