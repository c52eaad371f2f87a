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

test_done
