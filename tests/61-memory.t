#!/bin/sh
# 61-memory.t -- --memory is kept or refused: six sizes for each command, the same bytes where it is kept.
. "$(dirname "$0")/lib.sh"

# What a process holds beside its data: the program, its libraries, stacks.
beside=20
[ -z "${RS_SLOW:-}" ] || beside=100000 # sanitizers hold as much again for each byte

# kept CAP COMMAND...: with --memory CAP (MB) the command fails with 71, one line and no output, or makes out as want is and
# its peak of memory is not above the cap and what stands beside it.
kept()
{
	cap=$1
	shift
	rm -f out
	if "$@" --verbose --memory "${cap}M" -o out 2>said; then
		cmp out want
		sed -n "s/.*peak memory \([0-9.]*\) MB.*/\1/p" said | awk -v most=$((cap + beside)) "
			{ n++; if (\$1 > most) { print \$1, \"MB: expected at most\", most; exit 1 } } END { exit n != 1 }"
		echo kept >>outcomes
	else
		[ $? = 71 ]
		[ ! -e out ]
		[ "$(grep -c memory said)" = 1 ]
		echo refused >>outcomes
	fi
}

# The sizes go from nothing to enough: some are refused, the last one is kept.
test_cap()
{
	test_ok "$1" '
		rs-synth -q --kind ratings --users 6000 --items 3000 --events 400000 --csv-events log.csv -o d.rsd
		rs-train -q -r als -p factors=32 -p epochs=1 d.rsd -o als.rsm
		'"$2 -q -o want"'
		for cap in 1 4 12 32 80 400; do
			'"kept \$cap $2"'
		done
		head -n 1 outcomes | grep -q refused
		tail -n 1 outcomes | grep -q kept
	'
}

test_cap 'rs-import' 'rs-import log.csv'
test_cap 'rs-merge' 'rs-merge d.rsd'
test_cap 'rs-train, als' 'rs-train -r als -p factors=64 -p epochs=2 d.rsd'
test_cap 'rs-train, itemknn' 'rs-train -r itemknn -p neighbors=200 d.rsd'
test_cap 'rs-train, ease' 'rs-train -r ease d.rsd'
test_cap 'rs-recommend' 'rs-recommend -n 10 als.rsm d.rsd'

# With growing sizes first ids find no room, then the merge is refused as a whole, then it is kept: never refused halfway.
test_ok 'a merge is refused before it starts, or kept' '
	rs-synth -q --kind shop --users 3000 --items 2000 --events 600000 --csv-events log.csv -o d.rsd
	awk "NR == 1 { for (i = 0; i < 12; i++) print >(\"part.\" i); next } { print >(\"part.\" (NR % 2 ? 0 : 1 + NR / 2 % 11)) }" log.csv
	for i in 0 1 2 3 4 5 6 7 8 9 10 11; do rs-import -q part.$i -o part.$i.rsd; done
	rs-merge -q -o want part.*.rsd
	: >outcomes
	for cap in 0.3 1 2 5 8 12 16 20 24 28 32 40 50 60 70 80 90 100 120 140 200; do
		kept $cap rs-merge part.*.rsd
		if [ -e out ]; then
			echo kept
		elif grep -q "merging needs .* over --memory" said; then
			echo whole
		else
			echo ids
		fi >>stages
	done
	uniq stages >course
	printf "ids\nwhole\nkept\n" | cmp - course
'

test_done
