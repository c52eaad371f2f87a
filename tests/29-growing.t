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

# some_files SEED: a.rsd b.rsd c.rsd d.rsd, with columns, types and repeats that differ from file to file.
some_files()
{
	for f in a b c d; do
		awk -v seed="$1$f" 'BEGIN {
			n = split("a b c d", name, " ")
			for (i = 1; i <= n; i++) if (substr(seed, length(seed)) == name[i]) k = i
			s = substr(seed, 1, length(seed) - 1) + 0
			srand(s * 10 + k)
			time = s % 4 != 1; type = (s + k) % 3; value = (s + k) % 4; id = s % 3 == 0; kind = (s * k) % 4
			printf "USER_ID,ITEM_ID%s%s%s,X,%sNOTE%s\n", time ? ",TIMESTAMP" : "", type ? ",EVENT_TYPE" : "",
				value ? ",EVENT_VALUE" : "", k == 2 ? "IMPRESSION," : "", id ? ",EVENT_ID" : ""
			rows = k == 1 ? 300 : 40
			for (r = 0; r < rows; r++) {
				printf "u%d,i%d", rand() * 20, rand() * 8
				if (time) printf ",%d", rand() * 12
				if (type) printf ",%s", rand() < .2 ? "" : rand() < .5 ? "view" : "buy" k
				if (value) printf ",%s", rand() < .3 ? "" : int(rand() * 3) / 2
				x = int(rand() * 4)
				printf ",%s,", rand() < .2 ? "" : kind == 0 ? x : kind == 1 ? "w" x : kind == 2 ? "w" x "|v" : ""
				if (k == 2) printf "%s,", rand() < .5 ? "" : "i" x "|i9"
				if (rand() < .5) printf "\"a text, of more than sixty-four bytes, and one of its own, you see: %d\"", r % (10 * k)
				if (id) printf ",%s", rand() < .3 ? "" : "e" int(rand() * 60)
				print ""
			}
		}' >$f.csv
		# shellcheck disable=SC2046
		rs-import --quiet $([ $(($1 % 5)) != 2 ] || [ $f != b ] || echo "--duplicates keep") $f.csv >$f.rsd
	done
}

test_need rs-import rs-view python3
test_ok 'block by block, as in memory: columns, types and repeats that differ from file to file' '
	i=0
	for s in $(seq 1 ${RS_LONG:+5}12); do
		some_files $s
		for order in "a b" "d c b a" "b a b" "c d a a"; do
			set --
			for f in $order; do set -- "$@" $f.rsd; done
			rs-merge --quiet "$@" >got.rsd || { echo "seed $s, files $order"; exit 1; }
			rs-view --quiet --format dataset "$@" >want.rsd
			rs-info --check got.rsd >/dev/null
			i=$((i + 1))
			mv got.rsd got.$i
			mv want.rsd want.$i
		done
	done
	python3 -c "
import glob, struct
def data(name):
    b = open(name, \"rb\").read()
    at, n = struct.unpack_from(\"<QQ\", b, len(b) - 56)
    return b[:struct.unpack_from(\"<Q\", b, at + (n - 1) * 40 + 32)[0]]
names = glob.glob(\"want.*\")
assert len(names) >= 48
for w in names:
    assert data(w) == data(w.replace(\"want\", \"got\")), w"
'
test_ok 'many events and little memory' '
	rs-synth --quiet --users 3000 --items 200 --events 700000 >big.rsd
	rs-synth --quiet --seed 5 --users 3000 --items 200 --events 200000 >more.rsd
	rs-merge --quiet --memory 90M big.rsd more.rsd >m.rsd
	rs-merge --quiet big.rsd more.rsd | cmp - m.rsd
	expect_exit 71 "rs-view --format dataset --memory 30M big.rsd more.rsd" "over --memory"
'
test_always
test_need rs-import rs-view
test_ok 'stdin, and a column of numbers here and words there' '
	some_files 3
	printf "USER_ID,ITEM_ID,TIMESTAMP,X\nu1,i1,5,7\n" | rs-import --quiet >n.rsd
	printf "USER_ID,ITEM_ID,TIMESTAMP,X\nu1,i1,5,w\n" | rs-import --quiet >w.rsd
	rs-merge --quiet n.rsd w.rsd >want
	rs-merge --quiet - w.rsd <n.rsd | cmp - want
	rs-view want >got
	printf "USER_ID,ITEM_ID,TIMESTAMP,X\nu1,i1,5,7\nu1,i1,5,w\n" | cmp - got
'
test_done
