#!/bin/sh
# run.sh [PATTERN] -- measures again what tests/quality.tsv holds (rows that the pattern of grep finds), and prints its table with
# what is reached now. Ends with 1 where a row moved by more than 0.002.
#
# Columns of quality.tsv: name, data, command, metric, reached, asked, seconds. A command is a script of this folder with its
# arguments, whose table has a row of that metric; seconds are those of training on two cores. Parameters were chosen on
# "validation" in place of "test". Needs RS_DATA and the commands in PATH.
set -u
here=$(cd "$(dirname "$0")" && pwd)
table=$here/../quality.tsv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
moved=0
head -n 1 "$table" | sed 's/$/	now/'
tail -n +2 "$table" | grep -e "${1:-}" | cut -f 3 | awk '!seen[$0]++' >"$work/commands"
while read -r command <&3; do
	# shellcheck disable=SC2086
	sh "$here"/$command >"$work/now" 2>"$work/said" </dev/null || { cat "$work/said" >&2; moved=1; }
	awk -F '\t' -v command="$command" '
		FILENAME != ARGV[2] { now[$1] = $2; next }
		FNR > 1 && $3 == command {
			print $0 "\t" ($4 in now ? now[$4] : "?")
			if (!($4 in now) || now[$4] - $5 > 0.002 || $5 - now[$4] > 0.002)
				bad = 1
		}
		END { exit bad }' "$work/now" "$table" || moved=1
done 3<"$work/commands"
exit $moved
