#!/bin/sh
# The context that people ask in: what training makes of columns of events, and what requests say.
. "$(dirname "$0")/lib.sh"

# 240 items of 12 kinds, long ones and short ones; people like two kinds, on a phone short items and on a tv long ones. SHOP tells
# nothing, and RUN is another for each event.
world='
	awk "
	function below(n) { seed = seed * 16807 % 2147483647; return int(seed / 64) % n }
	BEGIN {
		seed = 7
		print \"user,item,time,DEVICE,SHOP,RUN\"
		for (u = 0; u < 600; u++) {
			a = below(12); b = below(12); mobile = below(11); t = 1000000 + below(90000)
			for (k = 8 + below(12); k > 0; k--) {
				device = below(10) < mobile ? \"phone\" : \"tv\"
				kind = below(10) < 8 ? (below(2) ? a : b) : below(12)
				long = below(10) < 9 ? device == \"tv\" : device == \"phone\"
				number = below(10) < below(10) ? below(10) : below(4)
				t += 600 + below(30000)
				print \"u\" u \",i\" kind + 12 * (2 * number + long) \",\" t \",\" device \",s\" below(3) \",r\" ++run
			}
		}
	}" >log.csv
	rs-import -q log.csv -o all.rsd
	rs-split -q --by last --count 1 --train d.rsd --truth truth.rsd all.rsd
'
# The number of an item behind its "i" tells whether it is long.
short='awk -F"\t" "NR > 1 { n++; short += int(substr(\$2, 2) / 12) % 2 == 0 } END { print short / n }"'

test_ok 'a column that tells what is wanted counts, one that does not is left alone, and lists are better for it' "$world"'
	rs-train -r transition d.rsd -o m.rsm 2>notes
	grep -q "lists change with the context column DEVICE" notes
	[ "$(grep -c "lists change" notes)" = 1 ]
	rs-train -q -r transition -p context_weight=0 d.rsd -o without.rsm
	rs-eval -q --context --versus without.rsm --truth truth.rsd -m ndcg@10 m.rsm d.rsd >got
	awk -F"\t" "{ v[\$1] = \$2 } END { exit !(v[\"ndcg@10\"] > 1.15 * v[\"versus.ndcg@10\"] && v[\"p.ndcg@10\"] < .001) }" got
	rs-eval -q --truth truth.rsd -m ndcg@10 m.rsm d.rsd | sed -n 2p >unasked
	rs-eval -q --truth truth.rsd -m ndcg@10 without.rsm d.rsd | sed -n 2p | cmp - unasked
	rs-eval -q --context --truth truth.rsd -m ndcg@10 without.rsm d.rsd | sed -n 2p | cmp - unasked
'
test_ok 'rs-recommend: for all by --context, for one request by its own; without either as if there were none' "$world"'
	rs-train -q -r transition d.rsd -o m.rsm
	rs-train -q -r transition -p context_weight=0 d.rsd -o without.rsm
	rs-recommend -q m.rsm d.rsd >plain
	rs-recommend -q without.rsm d.rsd | cmp - plain
	rs-recommend -q --context DEVICE=phone m.rsm d.rsd >phone
	rs-recommend -q --context DEVICE=tv --context SHOP=s1 m.rsm d.rsd >tv
	[ "$('"$short"' phone | cut -c 1-3)" ">" 0.7 ]
	[ "$('"$short"' tv | cut -c 1-3)" "<" 0.3 ]
	rs-recommend -q --context DEVICE=watch m.rsm d.rsd | cmp - plain
	cat >users <<-END
	{"userId":"u1","context":{"DEVICE":"phone"}}
	{"userId":"u2"}
	{"userId":"u1","context":{"DEVICE":"tv","WEATHER":"rain"}}
	{"userId":"u2","context":{"DEVICE":null}}
	END
	rs-recommend -q --users users --context DEVICE=tv m.rsm d.rsd >got
	{ head -n 1 tv; grep "^u1	" phone; grep "^u2	" tv; grep "^u1	" tv; grep "^u2	" tv; } | cmp - got
	rs-recommend -q --users users m.rsm d.rsd >got
	{ head -n 1 tv; grep "^u1	" phone; grep "^u2	" plain; grep "^u1	" tv; grep "^u2	" plain; } | cmp - got
	for j in 1 3; do
		rs-recommend -q -j $j --context DEVICE=tv m.rsm d.rsd | cmp - tv
		rs-recommend -q -j $j --users users m.rsm d.rsd | cmp - got
	done
'
test_ok 'somebody of whom nothing is known gets the popular items of the situation' "$world"'
	rs-train -q -r transition d.rsd -o m.rsm
	rs-recommend -q -u nobody --context DEVICE=phone m.rsm d.rsd >phone
	rs-recommend -q -u nobody --context DEVICE=tv m.rsm d.rsd >tv
	[ "$('"$short"' phone)" = 1 ] && [ "$('"$short"' tv)" = 0 ]
	echo "{\"userId\":\"nobody\",\"itemList\":[\"i0\",\"i12\"],\"context\":{\"DEVICE\":\"phone\"}}" |
		rs-rank -q m.rsm d.rsd | sed -n 2p | grep -q "	i0	"
	echo "{\"userId\":\"nobody\",\"itemList\":[\"i0\",\"i12\"],\"context\":{\"DEVICE\":\"tv\"}}" |
		rs-rank -q m.rsm d.rsd | sed -n 2p | grep -q "	i12	"
	cut -d, -f 1-4 log.csv | grep "^user\|^u7," >mine
	sed s/u7/guest/ mine | rs-recommend -q --histories - --context DEVICE=tv m.rsm >guest
	rs-recommend -q -u u7 --context DEVICE=tv m.rsm all.rsd | sed s/u7/guest/ | cmp - guest
'
test_ok 'rs-rank: the order of rs-recommend in the same situation' "$world"'
	rs-train -q -r transition d.rsd -o m.rsm
	sed 1d log.csv | cut -d, -f 2 | sort -u >items
	rs-recommend -q -n 1000 --seen keep -u u1 -u u2 --context DEVICE=tv m.rsm d.rsd >want
	rs-rank -q --items items -u u1 -u u2 --context DEVICE=tv m.rsm d.rsd | cmp - want
	printf "{\"userId\":\"u1\",\"itemList\":[\"i3\",\"i15\",\"i4\"],\"context\":{\"DEVICE\":\"tv\"}}\n{\"userId\":\"u2\",\"itemList\":[\"i5\"]}\n" >asked
	rs-rank -q m.rsm d.rsd <asked >got
	awk -F"\t" "\$1 == \"u1\" && \$2 ~ /^i(3|15|4)\$/ { n++; print \$1, \$2, n, \$4 }" OFS="\t" want >one
	sed -n 2,4p got | cmp - one
	rs-rank -q --context DEVICE=tv m.rsm d.rsd <asked | sed -n 5p | cut -f 4 >score
	grep "^u2	i5	" want | cut -f 4 | cmp - score
'
test_ok 'causes share the lift: what explains a list adds up in every situation' "$world"'
	rs-train -q -r transition d.rsd -o m.rsm
	rs-recommend -q -n 5 -u u1 -u u2 --explain 1000 --context DEVICE=tv m.rsm d.rsd | sed 1d | cut -f 5 |
		awk -F";" "{ s = 0; for (i = 1; i <= NF; i++) { n = split(\$i, a, \"=\"); s += a[n] } if (s < .999 || s > 1.001) exit 1; n_rows++ }
			END { exit n_rows != 10 }"
'
test_ok 'the same bytes for any threads, and from a copy of the model' "$world"'
	rs-train -q -j 1 -r transition d.rsd -o 1.rsm
	rs-train -q -j 3 -r transition d.rsd -o 3.rsm
	cmp 1.rsm 3.rsm
	rs-train -q -r transition -p solver=local d.rsd -o local.rsm
	rs-train -q -r transition -p solver=oneshot -p context_weight=.5 d.rsd -o oneshot.rsm
	for m in local oneshot; do
		rs-recommend -q --context DEVICE=phone $m.rsm d.rsd >phone
		[ "$('"$short"' phone | cut -c 1-3)" ">" 0.6 ]
	done
'
test_ok 'an item that one event alone has does not leave the training when that is held back' "$world"'
	{ cat log.csv; printf "u600,i0,1,tv,s1,r0\nu600,once,2,tv,s1,r0\n"; } | rs-import -q - -o one.rsd
	for s in closed local oneshot; do
		rs-train -q -r transition -p solver=$s one.rsd -o m.rsm
		rs-recommend -q -n 300 --seen keep -u u600 --context DEVICE=tv m.rsm one.rsd | grep -q "	once	"
	done
'
test_ok 'what cannot be is refused' "$world"'
	rs-train -q -r transition d.rsd -o m.rsm
	rs-train -q -r popular d.rsd -o p.rsm
	expect_exit 64 "rs-recommend --context WEATHER=rain m.rsm d.rsd" "context *WEATHER*: expected a column of context"
	expect_exit 64 "rs-recommend --context RUN=r1 m.rsm d.rsd" "context *RUN*: expected a column of context"
	expect_exit 64 "rs-recommend --context DEVICE=tv p.rsm d.rsd" "context *DEVICE*: expected a column of context"
	expect_exit 64 "rs-recommend --context DEVICE m.rsm d.rsd" "*DEVICE*: expected COLUMN=VALUE"
	expect_exit 64 "rs-rank --context =tv --items log.csv m.rsm d.rsd" "expected COLUMN=VALUE"
	expect_exit 64 "rs-eval --context --lists log.csv --truth truth.rsd" "--context"
	echo "{\"userId\":\"u1\",\"context\":[1]}" >users
	expect_exit 65 "rs-recommend --users users m.rsm d.rsd" "users:1: context: expected an object"
	echo "{\"userId\":\"u1\",\"context\":{\"DEVICE\":{}}}" >users
	expect_exit 65 "rs-recommend --users users m.rsm d.rsd" "users:1: context: expected a value for each column"
	expect_exit 64 "rs-train -r transition -p context_weight=-1 d.rsd" "context_weight"
'
test_done
