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
test_ok 'a list may be a column of a table with its head, and threads do not matter' '
	$synth >d.rsd
	printf "USER_ID\nu000001\nu000002\n" >users
	sed 1d users >plain
	rs-forget --quiet --strict --users plain d.rsd >want.rsd
	for j in 1 2 5; do rs-forget --quiet -j $j --strict --users users d.rsd | cmp - want.rsd; done
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
	expect_exit 64 "rs-forget --users - --items - d.rsd" "\"-\" is named 2 times: standard input can be read once"
	expect_exit 64 "rs-forget --in-place -o x.rsd --users users d.rsd" "--in-place beside -o"
	expect_exit 64 "rs-forget --in-place --users /dev/null -" "--in-place cannot rewrite stdin"
	expect_exit 64 "rs-forget --proof p --users /dev/null d.rsd" "expected -o FILE or --in-place"
	expect_exit 64 "rs-forget --proof p -o x.rsd --users /dev/null - <d.rsd" "not from stdin"
	[ ! -e p ]
	[ ! -e x.rsd ]
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

# same_but_steps: pairs want.N got.N in this directory are equal byte for byte up to the chunk of steps, the last one.
same_but_steps()
{
	python3 -c "
import glob, struct
def data(name):
    b = open(name, 'rb').read()
    at, n = struct.unpack_from('<QQ', b, len(b) - 56)
    return b[:struct.unpack_from('<Q', b, at + (n - 1) * 40 + 32)[0]]
names = sorted(glob.glob('want.*'))
assert names
for w in names:
    assert data(w) == data(w.replace('want', 'got')), w
print(len(names))"
}

# events.csv, users.csv, items.csv, actions.csv and did.csv; columns whose types hang on single rows.
five_tables()
{
	rs-synth --quiet --users 130 --items 40 --events 1600 --context --csv-events events.csv --csv-users users.csv \
		--csv-items items.csv >/dev/null
	awk -F, 'NR == 1 { print $0 ",IMPRESSION,NOTE"; next }
		{ print $0 "," (NR % 3 ? "i00001|i000" 10 + NR % 30 : "") "," (NR % 200 ? NR % 7 : "odd " NR) }' events.csv >e2
	mv e2 events.csv
	awk -F, 'NR == 1 { print $0 ",LEVEL,WORD"; next }
		{ print $0 "," (NR == 17 ? "high" : NR) "," (NR % 40 ? "a|b" : "a word that nobody else has, " NR) }' users.csv |
		sed "s/a word.*/\"&\"/" >u2
	mv u2 users.csv
	printf 'ACTION_ID,VALUE,TAGS\nenrol,5,x|y\nrenew,10,x\nnever,1,z\n' >actions.csv
	awk 'BEGIN { print "USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP,CHANNEL"
		for (u = 1; u <= 140; u += 3) for (k = 0; k < 1 + u % 4; k++)
			printf "u%06d,%s,%s,%d,%s\n", u, k % 2 ? "renew" : "enrol", k % 3 ? "Viewed" : "Taken", 1000 + u * k,
				u % 9 ? "mail" : "c" u }' >did.csv
}

import_five()
{
	rs-import --quiet --user-table users.csv --item-table items.csv --action-table actions.csv --action-interactions did.csv \
		events.csv
}

test_ok 'a hundred random people, one at a time: byte for byte a dataset that never held them' '
	five_tables
	import_five >all.rsd
	rs-info --check all.rsd
	for f in events users did; do mv $f.csv $f.all; done
	for u in $(awk "BEGIN { srand(11); while (n < 100) { u = 1 + int(rand() * 139); if (!(u in seen)) { seen[u]; n++
			printf \"u%06d\n\", u } } }"); do
		for f in events users did; do grep -v "^$u," $f.all >$f.csv; done
		echo $u >who
		import_five >want.$u
		rs-forget --quiet --users who all.rsd >got.$u
	done
	[ "$(same_but_steps)" = 100 ]
'
test_ok 'many people, items and actions at once, also in lists of impressions' '
	five_tables
	import_five >all.rsd
	seq -f u%06g 5 7 120 >who
	printf "i00001\ni00012\n" >which
	echo renew >what
	rs-forget --quiet -u who -i which -a what all.rsd >got.x
	for f in events users did; do
		mv $f.csv $f.all
		awk -F, "NR == FNR { gone[\$1]; next } !(\$1 in gone)" who $f.all >$f.csv
	done
	awk -F, -v OFS=, "\$2 != \"i00001\" && \$2 != \"i00012\"" events.csv |
		sed "s/i00001|//; s/,i00012,/,,/" >e2
	mv e2 events.csv
	grep -vE "^i000(01|12)," items.csv >i2
	mv i2 items.csv
	grep -v "^renew," actions.csv >a2
	mv a2 actions.csv
	grep -v ",renew," did.csv >d2
	mv d2 did.csv
	import_five >want.x
	[ "$(same_but_steps)" = 1 ]
'
test_ok 'in place: each file by itself, those without them untouched' '
	five_tables
	import_five >a.rsd
	rs-synth --quiet --first-user 1000 --users 20 --items 30 --events 200 >b.rsd
	rs-synth --quiet --users 30 --items 30 --events 200 >c.rsd
	cp a.rsd a0; cp b.rsd b0; cp c.rsd c0
	printf "u000003\nu000009\nu999999\n" >who
	rs-forget --in-place --users who --proof proof.jsonl a.rsd b.rsd c.rsd 2>said
	grep -qE "^rs-forget: 4 users, [0-9]+ items, [0-9]+ events forgotten; 1 ids unknown$" said
	grep -q "^rs-forget: 2 of 3 files rewritten$" said
	cmp b.rsd b0
	for f in a c; do
		rs-forget --quiet --users who ${f}0 >want.$f
		cp $f.rsd got.$f
	done
	[ "$(same_but_steps)" = 2 ]
	rs-forget --in-place --users who a.rsd b.rsd c.rsd 2>said
	grep -q "^rs-forget: 0 of 3 files rewritten$" said
	[ "$(wc -l <proof.jsonl)" = 3 ]
	grep -q "$(sha256sum <a0 | cut -c 1-64).*$(sha256sum <a.rsd | cut -c 1-64)" proof.jsonl
	grep -q "\"asked\":{\"what\":\"ids, sorted, one a line\",\"users\":{\"ids\":3,\"sha256\":\"$(sort who | sha256sum | cut -c 1-64)\"}}" proof.jsonl
	[ "$(grep -c "\"found\":0,\"mentions\":\[\]}$" proof.jsonl)" = 3 ]
	if grep -q u00000 proof.jsonl; then exit 1; fi
'
test_ok 'no file is touched while one is damaged, or while an id is unknown with --strict' '
	for s in 1 2 3; do rs-synth --quiet --seed $s --users 30 --items 20 --events 300 >$s.rsd; cp $s.rsd $s.old; done
	printf X | dd of=3.rsd bs=1 seek=1000 conv=notrunc 2>/dev/null
	echo u000001 >who
	expect_exit 65 "rs-forget --in-place --users who 1.rsd 2.rsd 3.rsd" "3.rsd: damaged"
	expect_exit 66 "rs-forget --in-place --users who 1.rsd nowhere.rsd" "nowhere.rsd"
	echo nobody >>who
	expect_exit 65 "rs-forget --strict --in-place --users who 1.rsd 2.rsd" "unknown id \"nobody\""
	cmp 1.rsd 1.old
	cmp 2.rsd 2.old
'
test_ok 'the proof tells of values and texts of others that name somebody, and conditions of earlier steps go' '
	printf "USER_ID,ITEM_ID,FRIEND\nann,a,bob\nbob,b,\ncid,b,bob\n" >log.csv
	printf "ITEM_ID,ABOUT\na,\"As bob told, it is a very long text that nobody would take for a category of its own, is it?\"\n" >items.csv
	rs-import --quiet --item-table items.csv log.csv >d0.rsd
	rs-view --quiet --format dataset -w "USER_ID != \"bob\"" d0.rsd >e.rsd
	rs-info --json e.rsd | grep -q bob
	echo bob >who
	rs-forget --quiet --users who --proof p -o d.rsd d0.rsd
	grep -q "\"mentions\":\[{\"table\":\"interactions\",\"column\":\"FRIEND\",\"n\":1},{\"table\":\"items\",\"column\":\"ABOUT\",\"n\":1}\]" p
	rs-forget --quiet --users who --proof p -o f.rsd e.rsd
	grep -q "\"steps\":1}" p
	rs-info --json f.rsd | sed "s/FRIEND//" >json
	if grep -q "USER_ID != " json; then exit 1; fi
'
test_ok 'ids hidden at import are forgotten by their pseudonyms' '
	printf "0123456789abcdef0123\n" >key
	printf "USER_ID,ITEM_ID\nann,a\nbob,b\n" >log.csv
	rs-import --quiet --hash-ids key log.csv >d.rsd
	printf ann | python3 -c "
import hashlib, hmac, sys
print(hmac.new(b\"0123456789abcdef0123\", sys.stdin.buffer.read(), hashlib.sha256).hexdigest()[:32])" >who
	rs-forget --users who d.rsd 2>said >rest.rsd
	grep -q "^rs-forget: 1 users, 1 items, 1 events forgotten; 0 ids unknown$" said
'
test_done
