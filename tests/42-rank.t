#!/bin/sh
# rs-rank: given items in each person's own order.
. "$(dirname "$0")/lib.sh"

world='
	rs-synth -q --users 120 --items 60 --events 4000 -o d.rsd
	rs-view d.rsd | sed 1d | cut -d, -f2 | sort -u >all
'

test_ok 'all items of a person are the order of rs-recommend, of every recipe' "$world"'
	for r in $(rs-train --list-recipes | cut -f 1); do
		rs-train -q -r $r d.rsd -o m.rsm 2>/dev/null || continue
		rs-recommend -q -n 100 --seen keep m.rsm d.rsd >want
		rs-rank -q --items all m.rsm d.rsd >got
		awk -F"\t" "\$4 != \"\"" got | cmp - want
		echo $r >>done
	done
	grep -q als done && grep -q itemknn done && grep -q popular done
'
test_ok 'requests as JSON Lines, TSV and CSV; few items of many are scored alone' '
	rs-synth -q --users 100 --items 2000 --events 9000 -o d.rsd
	rs-train -q -r als -p factors=8 d.rsd -o m.rsm
	cat >requests.jsonl <<-END
	{"userId":"u000007","itemList":["i00011","i00002","i00005"]}
	{"userId":"u000003","itemList":["i00001"]}
	END
	rs-rank --requests requests.jsonl m.rsm d.rsd >got
	[ "$(head -n 1 got)" = "user	item	rank	score" ]
	rs-recommend -n 2000 --seen keep -u u000007 -u u000003 m.rsm d.rsd |
		awk -F"\t" -v OFS="\t" "\$1 == \"u000007\" && \$2 ~ /i000(11|02|05)\$/ || \$1 == \"u000003\" && \$2 == \"i00001\" {
			n[\$1]++; print \$1, \$2, n[\$1], \$4 }" >want
	sed 1d got | cmp - want
	[ "$(wc -l <want)" = 4 ]
	printf "ITEM_ID\tUSER_ID\ni00011\tu000007\ni00002\tu000007\ni00005\tu000007\ni00001\tu000003\n" | rs-rank m.rsm d.rsd | cmp - got
	printf "user,rank,item\nu000007,1,\"i00011\"\r\nu000007,,i00002\nu000007,9,i00005\n\nu000003,1,i00001" | rs-rank m.rsm d.rsd | cmp - got
	rs-rank -f jsonl --requests requests.jsonl m.rsm d.rsd >json
	grep -q "^{\"input\":{\"userId\":\"u000003\",\"itemList\":\[\"i00001\"\]},\"output\":{\"recommendedItems\":\[\"i00001\"\],\"scores\":\[" json
	tr -d " " <requests.jsonl | cut -c 2- | rev | cut -c 2- | rev | while IFS= read -r line; do grep -q -F "$line" json; done
	rs-rank -j 1 m.rsm d.rsd <requests.jsonl | cmp - got
	rs-rank -j 3 m.rsm d.rsd <requests.jsonl | cmp - got
'
test_ok 'a list can be ranked again as it is; repeats and ties' "$world"'
	rs-train -q -r itemknn d.rsd -o m.rsm
	rs-recommend -q -n 5 m.rsm d.rsd >lists
	rs-rank -q m.rsm d.rsd <lists | cmp - lists
	printf "user,item\nu1,b\nu1,c\nu2,b\nu2,c\nu3,\"d,\t\\\\x\"\n" >log.csv
	rs-import -q log.csv -o e.rsd
	rs-train -q -r popular e.rsd -o p.rsm
	printf "user,item\nu1,c\nu1,b\nu1,\"d,\t\\\\x\"\nu1,c\n" | rs-rank p.rsm e.rsd >got
	printf "user\titem\trank\tscore\nu1\tb\t1\t2\nu1\tc\t2\t2\nu1\tc\t3\t2\nu1\td,\\\\t\\\\\\\\x\t4\t1\n" | cmp - got
	rs-rank p.rsm e.rsd <got | cmp - got
'
test_ok 'unknown items come last as given; unknown people get the early-history order' "$world"'
	rs-train -q -r itemknn d.rsd -o m.rsm
	printf "{\"userId\":\"u000002\",\"itemList\":[\"x\",\"i00003\",\"a\",\"i00004\"]}\n{\"userId\":\"nobody\",\"itemList\":[\"i00009\",\"i00001\"]}\n" >q
	rs-rank m.rsm d.rsd <q >got 2>said
	grep -q "1 of 2 people have no history" said
	grep -q "2 items are not in the model" said
	sed -n 4,5p got | cut -f 2,3,4 >last
	printf "x\t3\t\na\t4\t\n" | cmp - last
	rs-recommend -q -n 60 -u nobody m.rsm d.rsd | grep -E "i0000(1|9)" | cut -f 2,4 >want
	sed -n 6,7p got | cut -f 2,4 | cmp - want
	rs-rank -q -f jsonl m.rsm d.rsd <q >json
	head -n 1 json | grep -q ",\"x\",\"a\"\],\"scores\":\[[^]]*,null,null\]"
	tail -n 1 json | grep -q "\"reason\":\"early history\""
'
test_ok 'the first few, names and causes; a user asked for twice' "$world"'
	rs-train -q -r itemknn d.rsd -o m.rsm
	rs-rank -n 2 --explain 2 --items all -u u000002 -u u000005 -u u000002 m.rsm d.rsd >got
	[ "$(sed 1d got | cut -f 1 | tr "\n" " ")" = "u000002 u000002 u000005 u000005 u000002 u000002 " ]
	[ "$(head -n 1 got)" = "user	item	rank	score	because" ]
	rs-recommend -q -n 2 --seen keep --explain 2 -u u000002 -u u000005 -u u000002 m.rsm d.rsd | cmp - got
	printf "u000005\n" >users
	rs-rank -n 2 --items all --users users m.rsm d.rsd | sed 1d | cut -f 1,2 >one
	sed -n 4,5p got | cut -f 1,2 | cmp - one
'
test_ok 'an objective holds here as well' "$world"'
	column=$(rs-view --table items d.rsd | head -n 1 | tr , "\n" | grep -i price)
	rs-train -q -r itemknn --objective "$column:high" d.rsd -o high.rsm
	rs-train -q -r itemknn d.rsd -o plain.rsm
	rs-rank -q --items all -u u000002 high.rsm d.rsd | sed 1d >high
	rs-rank -q --items all -u u000002 plain.rsm d.rsd | sed 1d >plain
	if cmp -s high plain; then exit 1; fi
	awk -F"\t" "NR > 1 && \$4 > last || \$4 > 1 { exit 1 } { last = \$4 }" high
'
test_ok 'more requests than are taken at a time, and none' "$world"'
	rs-train -q -r popular d.rsd -o m.rsm
	awk "BEGIN { print \"user,item\"; for (i = 1; i <= 9000; i++) printf \"u%06d,i00001\nu%06d,i00002\n\", i % 120 + 1, i % 120 + 1 }" >q.csv
	rs-rank -q m.rsm d.rsd <q.csv | sed 1d | wc -l >n
	[ "$(cat n)" = 18000 ]
	rs-rank m.rsm d.rsd </dev/null >got
	[ "$(wc -l <got)" = 1 ]
	printf "user,item\n" | rs-rank -f jsonl m.rsm d.rsd >got
	[ ! -s got ]
	printf "{\"userId\":\"u000001\",\"itemList\":[]}\n" | rs-rank -f jsonl m.rsm d.rsd | grep -q "\"itemList\":\[\]},\"output\":{\"recommendedItems\":\[\],\"scores\":\[\]"
'
test_ok 'what cannot be read says where' "$world"'
	rs-train -q -r popular d.rsd -o m.rsm
	expect_exit 65 "echo {} | rs-rank m.rsm d.rsd" "*(stdin):1: expected an object with \"userId\" and a list \"itemList\"*"
	expect_exit 65 "printf \"{\\\"userId\\\":\\\"a\\\",\\\"itemList\\\":[]}\\n{\\\"userId\\\":1.5,\\\"itemList\\\":[]}\\n\" | rs-rank m.rsm d.rsd -o out" "*(stdin):2: userId: expected a string*"
	expect_exit 65 "echo \"{\\\"userId\\\":\" | rs-rank m.rsm d.rsd" "*(stdin):1*"
	expect_exit 65 "printf \"a,b\\n1,2\\n\" | rs-rank m.rsm d.rsd" "*(stdin):1: expected a header with the columns user and item*"
	expect_exit 65 "printf \"user,item\\n1,2\\n3\\n\" | rs-rank m.rsm d.rsd" "*(stdin):3: expected as many cells*"
	expect_exit 66 "rs-rank --requests absent m.rsm d.rsd" "*absent*"
	expect_exit 64 "rs-rank --user u1 m.rsm d.rsd" "*go with --items*"
	expect_exit 64 "rs-rank --items all --requests all m.rsm d.rsd" "*instead of*"
	expect_exit 64 "rs-rank m.rsm" "*expected a MODEL and at least one DATASET*"
	[ ! -e out ]
'
test_done
