#!/bin/sh
# rs-recommend: who gets what, in which form, and why.
. "$(dirname "$0")/lib.sh"

# A world with tastes, and a model of each recipe that rs-train lists.
world='
	rs-synth -q --users 120 --items 60 --events 4000 -o d.rsd
	rs-train --list-recipes | cut -f1 >recipes
	for r in $(cat recipes); do rs-train -r $r d.rsd -o $r.rsm; done
'

test_ok 'a line for each user and item: user, item, rank, score, best first' "$world"'
	rs-recommend -n 4 itemknn.rsm d.rsd >lists
	[ "$(head -n 1 lists)" = "user	item	rank	score" ]
	[ "$(tail -n +2 lists | wc -l)" -eq 480 ]
	tail -n +2 lists | awk -F"\t" "
		\$1 != last { rank = 0 } { rank++; if (\$3 != rank || (rank > 1 && \$4 > score)) exit 1; last = \$1; score = \$4 }"
	tail -n +2 lists | cut -f1 | uniq >users
	sort -u -c users >/dev/null && [ "$(wc -l <users)" -eq 120 ]
'

test_ok 'seen items are dropped, kept, or the only ones' "$world"'
	rs-view d.rsd | tail -n +2 | cut -d, -f1,2 | sort -u | tr , "\t" >seen
	for r in $(cat recipes); do
		rs-recommend -n 60 $r.rsm d.rsd | tail -n +2 | cut -f1,2 | sort >drop
		rs-recommend -n 60 --seen keep $r.rsm d.rsd | tail -n +2 | cut -f1,2 | sort >keep
		rs-recommend -n 60 --seen only $r.rsm d.rsd | tail -n +2 | cut -f1,2 | sort >only
		[ -z "$(comm -12 seen drop)" ]
		cmp only seen
		sort drop only | cmp - keep
	done
'

test_ok 'one user at a time gets the same list as all together' "$world"'
	for r in $(cat recipes); do
		rs-recommend -n 5 $r.rsm d.rsd >all
		rs-recommend -n 5 $r.rsm d.rsd | tail -n +2 | cut -f1 | uniq | while read -r u; do
			rs-recommend -n 5 --user "$u" $r.rsm d.rsd | tail -n +2
		done >single
		tail -n +2 all | cmp - single
	done
'

test_ok 'the same bytes for any number of threads' "$world"'
	for r in $(cat recipes); do
		rs-recommend --threads 1 --explain 3 $r.rsm d.rsd >want
		for n in 2 3 8; do
			rs-recommend --threads $n --explain 3 $r.rsm d.rsd | cmp - want
		done
	done
'

test_ok 'users in the order asked; a stranger gets the early-history list and a message' "$world"'
	printf "u000099\nnobody\nu000003\n" >ask
	rs-recommend -n 1 --users ask itemknn.rsm d.rsd >lists 2>said
	[ "$(tail -n +2 lists | cut -f1 | tr "\n" " ")" = "u000099 nobody u000003 " ]
	grep -q "^rs-recommend: 1 of 3 users have no history" said
	printf "%s\n" "{\"userId\":\"u000099\"}" | rs-recommend -n 1 --users - -f jsonl itemknn.rsm d.rsd >line
	grep -q "^{\"input\":{\"userId\":\"u000099\"},\"output\":{\"recommendedItems\":\[\"[^\"]*\"\],\"scores\":\[[0-9.e-]*\]},\"error\":null}$" line
	expect_exit 65 "rs-recommend --strict-users --user nobody itemknn.rsm d.rsd" "*user \"nobody\" has no history*"
'

test_ok 'allow and deny lists' "$world"'
	printf "i00005\ni00007\nnot-there\n" >ids
	rs-recommend --seen keep --allow ids popular.rsm d.rsd 2>said | tail -n +2 | cut -f2 | sort -u >got
	printf "i00005\ni00007\n" | cmp - got
	grep -q "1 of 3 items are not in the model" said
	rs-recommend -n 60 --seen keep --deny ids popular.rsm d.rsd 2>/dev/null >got
	[ "$(tail -n +2 got | cut -f2 | grep -c -x -e i00005 -e i00007)" -eq 0 ]
'

test_ok 'somebody who is in no dataset is not taken for somebody without a history' "$world"'
	rs-recommend -n 1 -u u00007 itemknn.rsm d.rsd 2>said >/dev/null
	[ "$(cat said)" = "rs-recommend: the user is not in the data: the list is the early-history list" ]
	rs-recommend -n 1 -u u00007 -u u000007 -u U000008 itemknn.rsm d.rsd 2>said >/dev/null
	[ "$(sed 1d said)" = "rs-recommend: 2 of the users asked for are not in the data" ]
	seq 1 300 | rs-recommend -n 1 --users - itemknn.rsm d.rsd 2>said >/dev/null
	[ "$(sed 1d said)" = "rs-recommend: 300 of the users asked for are not in the data" ]
	rs-recommend -n 1 -u u000007 itemknn.rsm d.rsd 2>said >/dev/null
	[ ! -s said ]
'

test_ok 'ids out of rs-view, with the header that stands over them' "$world"'
	rs-view --table items --where "PRICE < 20" d.rsd | cut -d , -f 1 >ids
	[ "$(head -n 1 ids)" = ITEM_ID ]
	sed 1d ids >bare
	rs-recommend --allow bare itemknn.rsm d.rsd >want
	rs-recommend --allow ids itemknn.rsm d.rsd 2>said | cmp - want
	[ ! -s said ]
	rs-view d.rsd | cut -d , -f 1 | uniq | rs-recommend --users - itemknn.rsm d.rsd >got
	rs-recommend itemknn.rsm d.rsd | cmp - got
	printf "i00001\nITEM_ID\n" >ids
	rs-recommend --allow ids itemknn.rsm d.rsd 2>&1 >got | grep -q "1 of 2 items are not in the model"
'

test_ok 'a condition on the items: the same lists as by the ids that it holds for' "$world"'
	rs-view --table items --where "PRICE < 20 AND CATEGORY IS NOT NULL" d.rsd | sed 1d | cut -d , -f 1 >ids
	[ "$(wc -l <ids)" -gt 5 ]
	rs-recommend --allow ids itemknn.rsm d.rsd >want
	rs-recommend --where "PRICE < 20 AND CATEGORY IS NOT NULL" itemknn.rsm d.rsd | cmp - want
	rs-recommend --where "PRICE < 20 AND CATEGORY IS NOT NULL" itemknn.rsm - <d.rsd | cmp - want
	head -n 3 ids >three
	rs-recommend --allow three itemknn.rsm d.rsd >want
	rs-recommend --where "PRICE < 20 AND CATEGORY IS NOT NULL" --allow three itemknn.rsm d.rsd | cmp - want
	rs-similar --item i00007 --allow ids itemknn.rsm >want
	rs-similar --item i00007 --where "PRICE < 20 AND CATEGORY IS NOT NULL" itemknn.rsm d.rsd | cmp - want
	expect_exit 64 "rs-recommend --where \"PRIZE < 20\" itemknn.rsm d.rsd" "condition \"PRIZE < 20\": column 1: no column \"PRIZE\": expected one of ITEM_ID, *"
	expect_exit 64 "rs-recommend --where \"PRICE <\" itemknn.rsm d.rsd" "condition \"PRICE <\": column 8: unexpected end"
	expect_exit 64 "rs-similar --where \"PRICE < 20\" itemknn.rsm" "--where needs a DATASET"
'

test_ok 'somebody in no dataset: conditions and names come from the items of datasets, whose people have no list' "$world"'
	rs-view --table items --where "PRICE < 20" d.rsd | sed 1d | cut -d , -f 1 >ids
	printf "user,item\nyou,i00005\nyou,i00009\n" >you.csv
	rs-recommend --histories you.csv --allow ids itemknn.rsm >want
	rs-recommend --histories you.csv --where "PRICE < 20" itemknn.rsm d.rsd | cmp - want
	rs-recommend --histories you.csv --where "PRICE < 20" --name CATEGORY itemknn.rsm d.rsd | cut -f 1-4 | cmp - want
	rs-recommend --histories you.csv --name CATEGORY itemknn.rsm - <d.rsd >got
	[ "$(cut -f 1 got | sort -u | paste -s -d " ")" = "user you" ]
	expect_exit 64 "rs-recommend --histories you.csv itemknn.rsm d.rsd" "--histories stands instead of a DATASET"
	expect_exit 64 "rs-recommend --histories you.csv --where \"PRICE < 20\" itemknn.rsm" "--where needs a DATASET"
'

test_ok 'the shares of all causes add up to 1' "$world"'
	for r in itemknn ease; do
		rs-recommend -n 3 --explain 60 --user u000007 --seen drop $r.rsm d.rsd | tail -n +2 | cut -f5 | head -n 3 >because
		awk -F"; " "{ sum = 0; for (i = 1; i <= NF; i++) { sub(/.*=/, \"\", \$i); sum += \$i }
			if (sum < .99999 || sum > 1.00001) exit 1 }" because
	done
'

test_ok 'what a history does not reach follows by popularity, not by id, below what it reaches' '
	# a and b go together, and c with d; of the others z has three people, x two, c, d and e one.
	cat >log.csv <<-END
	user,item,time
	u1,a,1
	u1,b,2
	u2,a,1
	u2,b,2
	u3,c,1
	u3,d,2
	u4,z,1
	u5,z,1
	u6,z,1
	u7,x,1
	u8,x,1
	u9,e,1
	v,a,1
	END
	rs-import -q log.csv -o log.rsd
	for r in itemknn transition ease slim similar session userknn; do
		rs-train -q -r $r log.rsd -o m.rsm
		rs-recommend -q -n 10 -u v --explain 1 m.rsm log.rsd >lists
		[ "$(cut -f 2 lists | sed 1d | paste -s -d " ")" = "b z x c d e" ]
		sed 1d lists | awk -F"\t" "NR == 1 { least = \$4; next }
			!(\$4 > 0 && \$4 < least / 1e20 && \$5 == \"\") { exit 1 }"
	done
'

test_ok 'a tie goes to the lower item id; names of items; odd ids in each format' '
	printf "user,item\nu1,b\nu1,c\nu2,b\nu2,c\nu3,\"d,\"\"x\"\"\"\n" >log.csv
	rs-import -q log.csv -o d.rsd
	rs-train -r popular d.rsd -o m.rsm
	rs-recommend -n 2 --user u3 m.rsm d.rsd >got
	printf "user\titem\trank\tscore\nu3\tb\t1\t2\nu3\tc\t2\t2\n" | cmp - got
	rs-recommend -n 1 --seen only --user u3 -f csv m.rsm d.rsd >got
	printf "user,item,rank,score\nu3,\"d,\"\"x\"\"\",1,1\n" | cmp - got
	rs-recommend -n 1 --seen only --user u3 -f jsonl m.rsm d.rsd >got
	grep -qF "\"recommendedItems\":[\"d,\\\"x\\\"\"]" got
'

test_ok 'a model comes through a pipe' "$world"'
	rs-train -r itemknn d.rsd | rs-recommend -n 2 - d.rsd >got
	rs-recommend -n 2 itemknn.rsm d.rsd | cmp - got
'

test_ok 'what cannot be served says so in one line' "$world"'
	expect_exit 64 "rs-recommend itemknn.rsm" "*expected a MODEL and at least one DATASET*"
	expect_exit 65 "rs-recommend d.rsd d.rsd" "*d.rsd: a dataset: expected a model*"
	expect_exit 65 "rs-recommend itemknn.rsm itemknn.rsm" "*a model: expected a dataset*"
	expect_exit 66 "rs-recommend itemknn.rsm nowhere.rsd" "*cannot open \"nowhere.rsd\"*"
	expect_exit 64 "rs-recommend --name NOPE itemknn.rsm d.rsd" "*no such column*"
'

test_ok 'similar items: the row of the weights, the item itself left out; strangers get the popular ones' "$world"'
	rs-similar -n 3 --item i00007 itemknn.rsm >got
	[ "$(head -n 1 got)" = "item	similar	rank	score" ]
	[ "$(tail -n +2 got | wc -l)" -eq 3 ]
	[ "$(tail -n +2 got | cut -f2 | grep -c -x i00007)" -eq 0 ]
	rs-similar -n 2 --item none itemknn.rsm 2>said | tail -n +2 | cut -f2 >got
	rs-recommend -n 2 --user none popular.rsm d.rsd 2>/dev/null | tail -n +2 | wc -l >n
	[ "$(wc -l <got)" -eq 2 ]
	grep -q "1 of [12] items are not in the model" said
	expect_exit 64 "rs-similar --item i00007 popular.rsm" "*does not know which items are alike*"
'

test_done
