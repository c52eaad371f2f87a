#!/bin/sh
# nightly.sh -- for cron: the new events join the base, a model is trained, has to beat popularity, and everybody gets a list.
# Usage: nightly.sh FOLDER
#
#	new/*           events to add: CSV, TSV or JSON Lines, compressed or not; moved to old/ in the end
#	items.csv       if there: a table of items, whose rows replace the old ones; users.csv likewise
#	forget.txt      if there: ids of people who asked to be forgotten, one a line
#	                (raw files in old/ still name them: delete these when they may no longer be kept)
#	base.rsd        all events so far
#	model.rsm       the model
#	lists.tsv       ten items for each person
#	rejects.tsv, report.txt, eval.tsv    bad rows, what is wrong with the data, how good the model is
#
# base.rsd, model.rsm and lists.tsv are replaced at the end, each whole. Whatever fails before, the status is not 0, one line
# on stderr says why, the three files are those of yesterday, and the next run does it all again: events that are in the
# base already count once. A crontab line:
#
#	15 3 * * *  RECIPE=ease /path/to/rs/examples/nightly.sh /srv/shop 2>&1 | logger -t rs
set -eu
LC_ALL=C
export LC_ALL
cd "${1:?usage: nightly.sh FOLDER}"
recipe=${RECIPE:-itemknn}           # rs-recipes(7) says which when
split=${SPLIT:---by last}           # --by random where events have no times
max_rejects=${MAX_REJECTS:-1%}      # more bad rows than this are an export gone wrong

exec 9>lock
flock -n 9 || { echo "nightly.sh: another run is at work" >&2; exit 75; }
work=$(mktemp -d "$PWD/night.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The files that are there now, and no others: what arrives later is for tomorrow.
set --
for table in users items; do
	[ ! -e $table.csv ] || set -- "$@" --${table%s}-table $table.csv
done
ls new >"$work/files"
[ -s "$work/files" ] || { echo "nightly.sh: no file in new/" >&2; exit 66; }
while read -r file; do
	set -- "$@" "new/$file"
done <"$work/files"
rs-import --quiet --rejects rejects.tsv --max-rejects "$max_rejects" "$@" -o "$work/day.rsd"

[ -e base.rsd ] || set -- "$work/day.rsd"
[ ! -e base.rsd ] || set -- base.rsd "$work/day.rsd"
rs-merge --quiet "$@" -o "$work/base.rsd"
[ ! -e forget.txt ] || rs-forget --quiet --in-place --users forget.txt "$work/base.rsd"
rs-analyze --quiet "$work/base.rsd" -o report.txt

# The gate: a model of all but the last events of each person finds more of these than the popular items do.
# shellcheck disable=SC2086
rs-split --quiet $split --train "$work/train.rsd" --truth "$work/truth.rsd" "$work/base.rsd"
rs-train --quiet -r "$recipe" "$work/train.rsd" -o "$work/gate.rsm"
rs-train --quiet -r popular "$work/train.rsd" -o "$work/popular.rsm"
rs-eval --quiet --truth "$work/truth.rsd" --metrics ndcg@10,recall@10,coverage@10 --versus "$work/popular.rsm" \
	--require 'difference.ndcg@10>0' "$work/gate.rsm" "$work/train.rsd" -o eval.tsv

rs-train --quiet -r "$recipe" "$work/base.rsd" -o "$work/model.rsm"
rs-recommend --quiet -n 10 "$work/model.rsm" "$work/base.rsd" -o "$work/lists.tsv"
rs-info --check "$work/base.rsd" "$work/model.rsm" >/dev/null

mv "$work/base.rsd" base.rsd
mv "$work/model.rsm" model.rsm
mv "$work/lists.tsv" lists.tsv
mkdir -p old
while read -r file; do
	mv "new/$file" old/
done <"$work/files"
