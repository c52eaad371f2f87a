#!/bin/sh
# A base that grows by small files: any number of them, read beside it or merged into it.
. "$(dirname "$0")/lib.sh"

test_need rs-import rs-view rs-train rs-recommend

# base.rsd, 150 files small/*.rsd of later events, and all.rsd, which is all of it from text.
files()
{
	rs-synth --quiet --users 200 --items 60 --events 4000 --format csv >base.csv
	rs-synth --quiet --seed 7 --users 260 --items 70 --events 3000 --start 2024-08-01 --days 9 --order time --format csv >new.csv
	mkdir small
	sed 1d new.csv | split -l 20 -a 3 - small/p
	for f in small/p*; do
		{ head -n 1 new.csv; cat "$f"; } | rs-import --quiet >"$f.rsd"
		rm "$f"
	done
	rs-import --quiet base.csv >base.rsd
	{ cat base.csv; sed 1d new.csv; } | rs-import --quiet >all.rsd
}

F=$t_dir/files
mkdir "$F" && (cd "$F" && set -e && files) || exit 1

test_ok 'merged they are what one import of all gives' '
	rs-merge --quiet $F/base.rsd $F/small/*.rsd >m.rsd
	rs-view m.rsd >got
	rs-view $F/all.rsd | cmp - got
	[ "$(rs-info m.rsd | grep -vE "rsd$|bytes|digest|prov|rs-")" = \
		"$(rs-info $F/all.rsd | grep -vE "rsd$|bytes|digest|prov|rs-")" ]
'
test_ok 'the list of one user is that from the merged file, with few files open at a time' '
	rs-train --quiet -r itemknn $F/base.rsd >m.rsm
	for u in u000007 u000123 u000250 nobody; do
		rs-recommend --quiet --user $u m.rsm $F/all.rsd >want
		(ulimit -n 40 && rs-recommend --quiet --user $u m.rsm $F/base.rsd $F/small/*.rsd) | cmp - want
		rs-recommend --quiet -j 3 --user $u m.rsm $F/small/*.rsd $F/base.rsd | cmp - want
	done
'
test_ok 'one damaged small file is noticed' '
	rs-train --quiet -r popular $F/base.rsd >m.rsm
	cp -r $F/small bad
	printf X | dd of=bad/pacd.rsd bs=1 seek=400 conv=notrunc 2>/dev/null
	expect_exit 65 "rs-recommend --user u000007 m.rsm $F/base.rsd bad/*.rsd" "bad/pacd.rsd: damaged"
	expect_exit 65 "rs-merge $F/base.rsd bad/*.rsd" "bad/pacd.rsd: damaged"
	[ ! -s "$T_OUT" ]
'
test_done
