#!/bin/sh
# recency.sh SET RECIPE [OPTION...] -- the last tenth of all events, by time, as truth; SET: as in timed-split.sh.
# RECIPE window: popular within the window that a user would choose, the best one where the last tenth of what is left is the
# truth. Needs RS_DATA and the commands in PATH.
set -eu
set_name=$1 recipe=$2
shift 2 # what is left goes to rs-train
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
cd "$dir"
sh "$here/timed-split.sh" "$set_name"
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
