#!/bin/sh
# rs-forget: the rest equals what it would be without them.
. "$(dirname "$0")/lib.sh"

synth='rs-synth --quiet --users 60 --items 25 --events 900'

test_ok 'users are gone with their events' '
	$synth >d.rsd
	printf "u000001\nu000002\r\n\nu000003" >users
	rs-forget --users users d.rsd >rest.rsd 2>said
	grep -qE "^rs-forget: 3 users, [0-9]+ items, [0-9]+ events forgotten; 0 ids unknown$" said || { cat said; false; }
	rs-info --check rest.rsd
	rs-info --json rest.rsd | grep -q "\"users\":57[,}]"
'
test_ok 'the list may come from stdin, and all may be forgotten' '
	$synth >d.rsd
	seq -f u%06g 60 | rs-forget --quiet --users - d.rsd >rest.rsd
	rs-info rest.rsd | grep -qE "^  users +0$"
	rs-info --check rest.rsd
'
test_ok 'forgetting in two steps is forgetting at once' '
	$synth >d.rsd
	echo u000004 >a; echo u000009 >b; cat a b >both
	rs-forget --quiet --users a d.rsd >1.rsd
	rs-forget --quiet --users b 1.rsd >2.rsd
	rs-forget --quiet --users both d.rsd | cmp - 2.rsd
'
test_ok 'unknown ids are counted, or with --strict refused' '
	$synth >d.rsd
	printf "u000001\nnobody\n" >users
	rs-forget --users users d.rsd 2>said >/dev/null
	grep -q "1 ids unknown$" said
	expect_exit 65 "rs-forget --strict --users users d.rsd" "users: unknown id \"nobody\""
	[ ! -s "$T_OUT" ]
'
test_ok 'the file may be replaced by its own rest, and stays where something fails' '
	$synth >d.rsd
	cp d.rsd old.rsd
	echo u000001 >users
	expect_exit 66 "rs-forget --users nowhere -o d.rsd d.rsd" "nowhere"
	cmp d.rsd old.rsd
	rs-forget --quiet --users users -o d.rsd d.rsd
	rs-forget --quiet --users users old.rsd | cmp - d.rsd
'
test_ok 'wrong usage' '
	$synth >d.rsd
	expect_exit 64 "rs-forget d.rsd" "nothing to forget"
	expect_exit 64 "rs-forget --users - --items - d.rsd" "cannot both read stdin"
	expect_exit 64 "rs-forget --users users" "expected at least one DATASET"
'
test_ok 'a damaged dataset is refused' '
	$synth >d.rsd
	echo u000001 >users
	printf X | dd of=d.rsd bs=1 seek=1000 conv=notrunc 2>/dev/null
	expect_exit 65 "rs-forget --users users d.rsd" "d.rsd: damaged"
	[ ! -s "$T_OUT" ]
'
test_need rs-import rs-view python3
test_ok 'users and items forgotten: the same data as an import without their rows' '
	$synth --format csv >log.csv 2>/dev/null || $synth --format csv -o log.csv
	head -n 1 log.csv >rest.csv
	awk -F, "NR > 1 && \$1 != \"u000007\" && \$1 != \"u000012\" && \$2 != \"i00003\"" log.csv >>rest.csv
	rs-import --quiet log.csv >d.rsd
	rs-import --quiet rest.csv >want.rsd
	printf "u000007\nu000012\n" >users
	echo i00003 >items
	rs-forget --quiet --users users --items items d.rsd >got.rsd
	for f in want got; do
		rs-info $f.rsd | sed "1d; /^  bytes/d; /^  digest/d; /prov/d; /^        /d; /rs-forget/d" >$f.info
		rs-view $f.rsd >$f.csv
	done
	cmp want.info got.info
	cmp want.csv got.csv
	# byte for byte up to the chunk of steps, the last one
	n=$(python3 -c "
import struct
def prov_at(name):
    b = open(name, \"rb\").read()
    at, n = struct.unpack_from(\"<QQ\", b, len(b) - 56)
    return struct.unpack_from(\"<Q\", b, at + (n - 1) * 40 + 32)[0]
assert prov_at(\"want.rsd\") == prov_at(\"got.rsd\")
print(prov_at(\"got.rsd\"))")
	cmp -n "$n" want.rsd got.rsd
'
test_done
