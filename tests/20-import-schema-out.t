#!/bin/sh
# Schemas written and read again, the rules for them, and domains.
. "$(dirname "$0")/lib.sh"

test_need rs-import rs-view

# log.csv, users.csv, items.csv, actions.csv, did.csv
tables()
{
	{
		echo "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE,IMPRESSION,RECOMMENDATION_ID"
		echo "ann,a,10,View,,phone,a|b,r1"
		echo "bob,b,20,Purchase,2.5,,,"
	} >log.csv
	printf 'USER_ID,AGE,Member Since,ZIP\nann,31,2020,01234\nbob,,2021.5,99999\n' >users.csv
	printf 'ITEM_ID,PRICE,CATEGORY_L1,PRODUCT_DESCRIPTION\na,1,x|y,"One, a text that goes on for more than sixty-four bytes, as texts do."\nb,2.5,z,\n' >items.csv
	printf 'ACTION_ID,VALUE,TAGS\nenrol,5,x|y\nrenew,,z\n' >actions.csv
	printf 'USER_ID,ACTION_ID,TIMESTAMP,EVENT_TYPE\nann,enrol,5,Viewed\n' >did.csv
}

import()
{
	rs-import --quiet --user-table users.csv --item-table items.csv --action-table actions.csv --action-interactions did.csv \
		"$@" log.csv
}

# schema NAME FIELD...: a schema of this record.
schema()
{
	printf '{"type":"record","name":"%s","fields":[' "$1"
	shift
	sep=
	for field; do
		printf '%s{"name":"%s"}' "$sep" "$(echo "$field" | sed 's/:/","type":/')"
		sep=,
	done | sed 's/"}/}/g'
	printf ']}\n'
}

test_ok 'the schemas that are written are those that rs-view shows, and are accepted' '
	tables
	import --schema-out s0 --user-schema-out s1 --item-schema-out s2 --action-schema-out s3 --action-interaction-schema-out s4 >d.rsd
	i=0
	for t in interactions users items actions action-interactions; do
		rs-view --format schema --table $t d.rsd | cmp - s$i
		i=$((i + 1))
	done
	import --schema s0 --user-schema s1 --item-schema s2 --action-schema s3 --action-interaction-schema s4 >e.rsd
	for t in interactions users items actions action-interactions; do
		rs-view --table $t d.rsd >want
		rs-view --table $t e.rsd | cmp - want
		rs-view --table $t e.rsd >$t.csv
	done
	rs-import --quiet --schema s0 --user-schema s1 --item-schema s2 --action-schema s3 --action-interaction-schema s4 \
		--user-table users.csv --item-table items.csv --action-table actions.csv --action-interactions action-interactions.csv \
		interactions.csv | cmp - e.rsd
	import --schema s0 --user-schema s1 --item-schema s2 --action-schema s3 --action-interaction-schema s4 --schema-out t0 \
		--user-schema-out t1 --item-schema-out t2 --action-schema-out t3 --action-interaction-schema-out t4 >/dev/null
	for i in 0 1 2 3 4; do cmp s$i t$i; done
'
test_ok 'types, nulls and reserved columns' '
	tables
	import >d.rsd
	rs-view --format schema d.rsd | tr -d "\n " >s
	grep -q "{\"name\":\"EVENT_VALUE\",\"type\":\[\"float\",\"null\"\]}" s
	grep -q "{\"name\":\"DEVICE\",\"type\":\[\"string\",\"null\"\],\"categorical\":true}" s
	grep -q "{\"name\":\"IMPRESSION\",\"type\":\[\"string\",\"null\"\]}" s
	rs-view --format schema --table users d.rsd | tr -d "\n " >s
	grep -q "{\"name\":\"AGE\",\"type\":\[\"long\",\"null\"\]},{\"name\":\"Member_Since\",\"type\":\"double\"},{\"name\":\"ZIP\",\"type\":\"string\",\"categorical\":true}" s
	rs-view --format schema --table items d.rsd | tr -d "\n " >s
	grep -q "{\"name\":\"PRODUCT_DESCRIPTION\",\"type\":\[\"string\",\"null\"\]" s
	rs-view --format schema --table actions d.rsd | tr -d "\n " >s
	grep -q "{\"name\":\"VALUE\",\"type\":\[\"long\",\"null\"\]}" s
'
test_ok 'what no schema can say' '
	printf "USER_ID,ITEM_ID\nann,a\n" | rs-import --quiet >d.rsd
	expect_exit 65 "rs-view --format schema d.rsd" "schema of events: the data has no times"
	expect_exit 65 "rs-view --format schema --table users d.rsd" "schema of users: no column beside the id"
	expect_exit 65 "rs-view --format schema --table actions d.rsd" "the data has no actions"
	printf "USER_ID,ITEM_ID,TIMESTAMP,50%%\nann,a,1,x\n" | rs-import --quiet >d.rsd
	expect_exit 65 "rs-view --format schema d.rsd" "column \"50%\": expected a name"
	printf "USER_ID,ITEM_ID,TIMESTAMP,a,b,c,d,e,f\nann,a,1,1,1,1,1,1,1\n" >log.csv
	expect_exit 65 "rs-import --schema-out s -o x.rsd log.csv" "6 columns beside the reserved ones: expected at most 5 in a schema of Interactions"
	[ ! -e s ]
	[ ! -e x.rsd ]
'
test_ok 'a schema with too many columns, or with none' '
	tables
	schema Users "USER_ID:\"string\"" >s
	expect_exit 65 "rs-import --user-schema s --user-table users.csv log.csv" "s: no column beside the id: expected at least one in a schema of Users"
	schema Interactions "USER_ID:\"string\"" "ITEM_ID:\"string\"" "TIMESTAMP:\"long\"" $(for i in 1 2 3 4 5 6; do echo "c$i:\"int\""; done) >s
	expect_exit 65 "rs-import --schema s log.csv" "s: 6 columns beside the reserved ones: expected at most 5"
	schema Users "USER_ID:\"string\"" $(seq -f "c%g:\"int\"" 26) >s
	expect_exit 65 "rs-import --user-schema s --user-table users.csv log.csv" "26 columns beside the reserved ones: expected at most 25"
	schema Actions "ACTION_ID:\"string\"" $(seq -f "c%g:\"int\"" 11) >s
	expect_exit 65 "rs-import --action-schema s --action-table actions.csv log.csv" "expected at most 10 in a schema of Actions"
	schema Items "ITEM_ID:\"string\"" "A:\"int\"" >s
	expect_exit 65 "rs-import --action-schema s --action-table actions.csv log.csv" "s: a schema of \"Items\": expected Actions"
'
test_ok 'a domain: its columns are required and typed, its events have to be there' '
	tables
	rs-import --quiet --domain ecommerce --item-table items.csv log.csv >d.rsd
	rs-view --format schema --table items d.rsd | tr -d "\n " >s
	grep -q "{\"name\":\"PRICE\",\"type\":\"float\"},{\"name\":\"CATEGORY_L1\",\"type\":\"string\",\"categorical\":true},{\"name\":\"PRODUCT_DESCRIPTION\",\"type\":\[\"string\",\"null\"\],\"textual\":true}" s
	cut -d, -f 1,2 items.csv >bad.csv
	expect_exit 65 "rs-import --domain ecommerce --item-table bad.csv log.csv" "bad.csv: no column CATEGORY_L1, which domain ecommerce needs"
	sed "s/^b,2.5/b,/" items.csv >bad.csv
	expect_exit 65 "rs-import --domain ecommerce --item-table bad.csv log.csv" "bad.csv:3:2: PRICE \"\": expected a value"
	sed "s/View/look/; s/Purchase/buy/" log.csv >bad.csv
	expect_exit 65 "rs-import --domain ecommerce bad.csv" "no event of type view or purchase, which domain ecommerce trains on"
	cut -d, -f 1-3 log.csv >bad.csv
	expect_exit 65 "rs-import --domain video bad.csv" "bad.csv: no column EVENT_TYPE, which domain video needs"
	rs-import --quiet --domain video --event-type Watch bad.csv >/dev/null
	expect_exit 64 "rs-import --domain video --action-table actions.csv log.csv" "domains have no actions"
	echo "{\"itemId\":\"a\",\"genres\":\"x\"}" >bad.jsonl
	sed "s/View/Watch/" log.csv >watch.csv
	expect_exit 65 "rs-import --domain video --item-table bad.jsonl watch.csv" "bad.jsonl:1: no CREATION_TIMESTAMP: expected it"
'
test_ok 'a domain and a schema' '
	tables
	schema Interactions "USER_ID:\"string\"" "ITEM_ID:\"string\"" "TIMESTAMP:\"long\"" >s
	cut -d, -f 1-3 log.csv >short.csv
	expect_exit 65 "rs-import --domain ecommerce --schema s short.csv" "s: the schema lacks the column EVENT_TYPE, which domain ecommerce needs"
	schema Items "ITEM_ID:\"string\"" "PRICE:\"long\"" "CATEGORY_L1:\"string\",\"categorical\":true" >s
	expect_exit 65 "rs-import --domain ecommerce --item-schema s --item-table items.csv log.csv" "s: field PRICE of the schema: expected type float, without null, as domain ecommerce has it"
'
test_done
