#!/bin/sh
# rs-segment: people for items and for conditions, and clusters.
. "$(dirname "$0")/lib.sh"

world='
	rs-synth -q --users 200 --items 80 --events 6000 -o d.rsd
	rs-train -q -r affinity d.rsd -o m.rsm
	rs-view --table items d.rsd >items.csv
'

test_ok 'by score, a segment is the column of everybody'\''s lists' "$world"'
	rs-recommend -n 80 m.rsm d.rsd | awk -F"\t" -v OFS="\t" "\$2 == \"i00007\" { print \$1, \$4 }" | sort -t "	" -k 2,2gr -k 1,1 | head -n 12 >want
	rs-segment -n 12 --by score --item i00007 m.rsm d.rsd >got
	[ "$(head -n 1 got)" = "item	user	rank	score" ]
	sed 1d got | cut -f 2,4 | cmp - want
	[ "$(sed 1d got | cut -f 3 | tr "\n" " ")" = "1 2 3 4 5 6 7 8 9 10 11 12 " ]
	rs-segment -n 12 --by score -f csv --item i00007 m.rsm d.rsd | tr , "\t" | cmp - got
'
test_ok 'by place, it is what the lists and the activity say' "$world"'
	rs-view d.rsd | sed 1d | cut -d, -f 1 | sort | uniq -c | awk "{ print \$2 \"\t\" \$1 }" >activity
	rs-recommend -n 80 m.rsm d.rsd | sed 1d | awk -F"\t" "FILENAME == \"activity\" { n[\$1] = \$2; next }
		\$1 != u { u = \$1; place = 0; k = 0 } { k++; if (\$4 != s || k == 1) place = k - 1; s = \$4 }
		\$2 == \"i00007\" { printf \"%s\t%.5f\n\", u, sqrt(n[u]) / (21 + place) }" activity - | sort -t "	" -k 2,2gr -k 1,1 | head -n 12 >want
	rs-segment -n 12 --item i00007 m.rsm d.rsd | sed 1d | awk -F"\t" "{ printf \"%s\t%.5f\n\", \$2, \$4 }" | cmp - want
'
test_ok 'who had the item is left out, kept, or taken alone; the same for any number of threads' "$world"'
	rs-view d.rsd | awk -F, "\$2 == \"i00003\" { print \$1 }" | sort -u >had
	for seen in drop keep only; do
		rs-segment -n 1000 --seen $seen --item i00003 m.rsm d.rsd | sed 1d | cut -f 2 | sort >$seen
	done
	cmp only had
	[ -z "$(comm -12 drop had)" ]
	sort drop only | cmp - keep
	rs-segment -j 1 --item i00003 --item i00001 m.rsm d.rsd >want
	for j in 2 3 8; do rs-segment -j $j --item i00003 --item i00001 m.rsm d.rsd | cmp - want; done
'
test_ok 'conditions on items and on people; queries as JSON Lines; a list of people' "$world"'
	column=$(head -n 1 items.csv | tr , "\n" | sed -n 2p)
	value=$(sed -n 3p items.csv | cut -d, -f 2 | cut -d "|" -f 1)
	rs-segment -n 5 --where "$column = \"$value\"" m.rsm d.rsd >got
	[ "$(wc -l <got)" = 6 ]
	printf "{\"itemId\":\"i00003\"}\n{\"itemAttributes\":\"ITEMS.%s = \\\\\"%s\\\\\"\"}\ni00004\n" "$column" "$value" >q
	rs-segment -n 5 --items q m.rsm d.rsd | sed 1d >three
	[ "$(cut -f 1 three | uniq | wc -l)" = 3 ]
	sed -n 6,10p three | cut -f 2- >one
	sed 1d got | cut -f 2- | cmp - one
	rs-segment -n 5 -f jsonl --items - m.rsm d.rsd <q >json
	grep -q "^{\"input\":{\"itemId\":\"i00003\"},\"output\":{\"recommendedUsers\":\[\"" json
	grep -q "^{\"input\":{\"itemAttributes\":\"ITEMS.$column" json
	[ "$(wc -l <json)" = 3 ]
	rs-segment -n 1000 --item i00004 m.rsm d.rsd | sed 1d | cut -f 2 >all
	sed -n "2p;5p;9p" all >some
	rs-segment -n 1000 --users some --item i00004 m.rsm d.rsd | sed 1d | cut -f 2 | cmp - some
	rs-view --table users d.rsd >users.csv
	group=$(head -n 1 users.csv | tr , "\n" | sed -n 2p)
	who=$(sed -n 3p users.csv | cut -d, -f 2 | cut -d "|" -f 1)
	rs-segment -n 1000 --user-where "$group = \"$who\"" --item i00004 m.rsm d.rsd | sed 1d | cut -f 2 | sort >them
	sort all | comm -12 - them | cmp - them
	[ -s them ] && [ "$(wc -l <them)" -lt "$(wc -l <all)" ]
'
test_ok 'what matches nothing is empty and told; strangers are in no segment' "$world"'
	rs-segment -f jsonl --item nothing m.rsm d.rsd >got 2>said
	grep -q "\"recommendedUsers\":\[\],\"scores\":\[\]" got
	grep -q "1 of 1 queries match no item" said
	printf "user,item\nnewcomer,unknown\n" | rs-import -q - -o n.rsd
	rs-segment -n 1000 --item i00004 m.rsm d.rsd n.rsd | grep -c newcomer >n || true
	[ "$(cat n)" = 0 ]
'
test_ok 'clusters: sizes, members, marks; the same bytes for any number of threads' "$world"'
	for r in itemknn ease als; do
		set -- -r $r
		[ $r != als ] || set -- -r als -p factors=8
		rs-train -q "$@" d.rsd -o c.rsm
		rs-segment -q --clusters 4 --marks 3 --members who.tsv c.rsm d.rsd >got
		[ "$(head -n 1 got)" = "cluster	size	kind	value	lift	count" ]
		[ "$(sed 1d got | cut -f 1 | uniq | tr "\n" " ")" = "1 2 3 4 " ]
		sed 1d who.tsv | cut -f 2 | sort | uniq -c | awk "{ print \$2 \"\t\" \$1 }" >sizes
		sed 1d got | cut -f 1,2 | uniq | cmp - sizes
		awk "NR > 1 && \$2 > last { exit 1 } { last = \$2 }" sizes
		grep -q "item attribute" got
		rs-segment -q -j 1 --clusters 4 --marks 3 c.rsm d.rsd | cmp - got
		rs-segment -q -j 3 --clusters 4 --marks 3 c.rsm d.rsd | cmp - got
		rs-segment -q --clusters 4 --marks 3 -f jsonl c.rsm d.rsd >json
		[ "$(wc -l <json)" = 4 ]
		rs-segment -q --clusters 3 --of items --members which.tsv c.rsm d.rsd >items
		grep -q "item" items
	done
	rs-segment -q --clusters 4 -s 7 c.rsm d.rsd >other
	rs-segment -q --clusters 4 -s 7 c.rsm d.rsd | cmp - other
'
test_ok 'circles that share nothing are told apart, by every recipe that is personal' '
	for u in 1 2 3 4 5 6 7 8; do for i in a b c d; do printf "x$u,$i,$((u * 10))\n"; done | sed "$((u % 4 + 1))d"; done >log
	for u in 1 2 3 4 5 6; do for i in e f g h; do printf "y$u,$i,$((u * 10))\n"; done | sed "$((u % 4 + 1))d"; done >>log
	{ echo user,item,time; cat log; } | rs-import -q - -o d.rsd
	for r in itemknn ease als; do
		rs-train -q -r $r d.rsd -o m.rsm
		rs-segment -q --clusters 2 --members who m.rsm d.rsd >got
		sed 1d who | cut -f 1,2 | sed "s/^\(.\).*	/\1 /" | sort | uniq -c | awk "{ print \$1, \$2, \$3 }" >by
		printf "8 x 1\n6 y 2\n" | cmp - by
		[ "$(awk -F"\t" "\$1 == 1 { print \$4 }" got | tr -d "abcd\n")" = "" ]
	done
'
test_ok 'more clusters than people that differ; what cannot be asked' "$world"'
	rs-train -q -r itemknn d.rsd -o c.rsm
	rs-train -q -r popular d.rsd -o p.rsm
	rs-segment --clusters 300 c.rsm d.rsd 2>said >got
	grep -q "only 200 clusters\|are in no cluster" said
	expect_exit 64 "rs-segment m.rsm d.rsd" "*expected --item, --items or --where, or else --clusters*"
	expect_exit 64 "rs-segment --clusters 2 --item a m.rsm d.rsd" "*or else --clusters*"
	expect_exit 64 "rs-segment --clusters 2 --of items p.rsm d.rsd" "*does not know which items are alike*"
	expect_exit 64 "rs-segment --where \"nothing = 1\" m.rsm d.rsd" "*condition*nothing*"
	expect_exit 64 "rs-segment --where \"a = \" m.rsm d.rsd" "*condition*"
	echo "{\"x\":1}" >q
	expect_exit 65 "rs-segment --items q m.rsm d.rsd -o out" "*q: query 1: expected a string \"itemId\" or \"itemAttributes\"*"
	expect_exit 71 "rs-segment --memory 200K --item i00001 m.rsm d.rsd" "*"
	[ ! -e out ]
'
test_done
