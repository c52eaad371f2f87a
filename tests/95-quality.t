#!/bin/sh
# Measured quality on public data is what tests/quality.tsv says.
. "$(dirname "$0")/lib.sh"

test_ok 'each row is whole, and its script is there' '
	awk -F "\t" "NF != 7 || \$3 == \"\" || \$4 == \"\" || \$5 == \"\" { print; bad = 1 } END { exit bad }" "$RS_ROOT/tests/quality.tsv"
	tail -n +2 "$RS_ROOT/tests/quality.tsv" | cut -f 3 | while read -r script rest; do
		[ -e "$RS_ROOT/tests/quality/$script" ]
	done
'
test_data ml-1m/README
test_ok 'MovieLens 1M, last tenth of each user: popular reaches what Amazon printed' '
	RS_DATA=$RS_DATA sh "$RS_ROOT/tests/quality/run.sh" "ml-1m-last.sh test popular" >now
	[ "$(wc -l <now)" -gt 1 ]
'
test_long
test_ok 'every row, measured again' '
	RS_DATA=$RS_DATA sh "$RS_ROOT/tests/quality/run.sh" >now || { cat now; exit 1; }
'
test_done
