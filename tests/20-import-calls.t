#!/bin/sh
# Records in the form of PutEvents, PutUsers and PutItems: events by id, visitors and sessions, impressions.
. "$(dirname "$0")/lib.sh"

test_need rs-import rs-view

events()
{
	cat >ev.jsonl <<-'END'
	{"trackingId":"t","sessionId":"s1","eventList":[{"eventType":"View","sentAt":100,"itemId":"a","eventId":"e1","properties":"{\"device\":\"phone\"}","impression":["a","b","c"]}]}
	{"trackingId":"t","sessionId":"s1","userId":"ann","eventList":[{"eventType":"View","sentAt":110,"itemId":"b","eventId":"e2","eventValue":2.5,"recommendationId":"r-1"},{"eventType":"View","sentAt":111,"itemId":"b","eventId":"e2"}]}
	{"trackingId":"t","sessionId":"s1","userId":"bob","eventList":[{"eventType":"View","sentAt":190,"itemId":"c","eventId":"e3","metricAttribution":{"eventAttributionSource":"shop"}}]}
	{"trackingId":"t","sessionId":"s2","eventList":[{"eventType":"View","sentAt":120,"itemId":"c","eventId":"e4"}]}
	END
	{
		echo "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,device,eventAttributionSource,eventId,impression,recommendationId,sessionId"
		echo "ann,a,100,View,,phone,,e1,a|b|c,,s1"
		echo "ann,b,110,View,2.5,,,e2,,r-1,s1"
		echo "bob,c,190,View,,,shop,e3,,,s1"
		echo "s2,c,120,View,,,,e4,,,s2"
	} >want
}

puts()
{
	cat >users <<-'END'
	{"datasetArn":"x","users":[{"userId":"ann","properties":"{\"numRatings\":3}"},{"userId":"bob","properties":{"numRatings":4}}]}
	END
	cat >items <<-'END'
	{"datasetArn":"x","items":[{"itemId":"a","properties":{"genres":["x","y"],"price":1}}]}
	{"datasetArn":"x","items":[{"itemId":"a","properties":{"genres":"z"}}]}
	END
}

test_ok 'PutEvents as it is: a visitor becomes the user of the session, an event comes once' '
	events
	rs-import ev.jsonl 2>said >d.rsd
	grep -q "5 rows read = 4 kept + 1 merged + 0 rejected; 3 users, 3 items" said
	rs-view d.rsd | cmp - want
	rs-info --check d.rsd
	rs-info d.rsd | grep -q "impression (categorical, several values)"
'
test_ok 'in any order, with any number of threads, and back from an export' '
	events
	rs-import --quiet ev.jsonl >d.rsd
	for j in 1 2 5; do sort -r ev.jsonl | rs-import --quiet -j $j | cmp - d.rsd; done
	rs-view d.rsd | rs-import --quiet | cmp - d.rsd
	rs-view --format jsonl d.rsd | rs-import --quiet | cmp - d.rsd
'
test_ok 'the same event in two files counts once when they are joined, and in one that grows' '
	events
	rs-import --quiet ev.jsonl >d.rsd
	sed -n 2p ev.jsonl | sed "s/110/109/" | rs-import --quiet >e.rsd
	rs-merge --quiet d.rsd e.rsd >m.rsd
	rs-merge --quiet e.rsd d.rsd >m2.rsd
	for m in m m2; do
		rs-view $m.rsd | cut -d, -f 1-4 >got
		sed "s/^ann,b,110/ann,b,109/" want | cut -d, -f 1-4 | cmp - got
	done
'
test_ok 'with --duplicates keep every row stays' '
	events
	rs-import --duplicates keep ev.jsonl 2>said >d.rsd
	grep -q "5 rows read = 5 kept + 0 merged" said
'
test_ok 'an event without an id is none of those with one' '
	printf "USER_ID,ITEM_ID,TIMESTAMP,EVENT_ID\nu,a,1,x\nu,b,2,\nu,c,3,\nu,d,4,x\nv,e,5,x\n" >log.csv
	rs-import --quiet log.csv | rs-view - >got
	printf "USER_ID,ITEM_ID,TIMESTAMP,EVENT_ID\nu,a,1,x\nu,b,2,\nu,c,3,\nv,e,5,x\n" | cmp - got
'
test_ok 'rows of CSV without a user are those of the session' '
	printf "USER_ID,SESSION_ID,ITEM_ID,TIMESTAMP\n,s1,a,1\nu,s1,b,2\n,s3,b,3\n" >log.csv
	rs-import --quiet log.csv >d.rsd
	rs-view d.rsd >got
	printf "USER_ID,ITEM_ID,TIMESTAMP,SESSION_ID\ns3,b,3,s3\nu,a,1,s1\nu,b,2,s1\n" | cmp - got
	printf "USER_ID,SESSION_ID,ITEM_ID,TIMESTAMP\n,,a,1\n" >log.csv
	expect_exit 65 "rs-import log.csv" "log.csv:2:1: user \"\": expected an id"
'
test_ok 'where all are visitors the column of sessions says nothing and is left out' '
	events
	grep -v userId ev.jsonl | rs-import --quiet | rs-view - >got
	{ echo "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,device,eventId,impression"
	  echo "s1,a,100,View,phone,e1,a|b|c"; echo "s2,c,120,View,,e4,"; } | cmp - got
'
test_ok 'a schema need not list what belongs to the call' '
	events
	cat >schema.json <<-"END"
	{"type":"record","name":"Interactions","namespace":"com.amazonaws.personalize.schema","fields":[
	{"name":"USER_ID","type":"string"},{"name":"ITEM_ID","type":"string"},{"name":"TIMESTAMP","type":"long"},
	{"name":"EVENT_TYPE","type":"string"},{"name":"DEVICE","type":["string","null"],"categorical":true}],"version":"1.0"}
	END
	rs-import --quiet --schema schema.json ev.jsonl | rs-view - | sed 1d >got
	sed 1d want | cmp - got
	sed "s/device/gadget/" ev.jsonl >odd.jsonl
	expect_exit 65 "rs-import --schema schema.json odd.jsonl" "member \"gadget\": expected it in the schema"
'
test_ok 'IMPRESSION is a list of items also where the schema says a plain string' '
	cat >schema.json <<-"END"
	{"type":"record","name":"Interactions","namespace":"com.amazonaws.personalize.schema","fields":[
	{"name":"USER_ID","type":"string"},{"name":"ITEM_ID","type":"string"},{"name":"TIMESTAMP","type":"long"},
	{"name":"IMPRESSION","type":["string","null"]}],"version":"1.0"}
	END
	printf "USER_ID,ITEM_ID,TIMESTAMP,IMPRESSION\nu,a,1,a|b|c\nu,b,2,\n" >log.csv
	rs-import --quiet --schema schema.json log.csv >d.rsd
	rs-info d.rsd | grep -q "IMPRESSION (categorical, several values)"
	rs-view d.rsd | cmp - log.csv
'
test_ok 'cut anywhere, every row is kept, merged or rejected' '
	events
	n=$(wc -c <ev.jsonl)
	at=1
	step=17
	[ -z "$RS_LONG" ] || step=1
	while [ $at -lt "$n" ]; do
		head -c $at ev.jsonl >cut
		rs-import --quiet --rejects bad --counts counts cut >d.rsd
		rs-info --check d.rsd >/dev/null
		sed -n "s/^{\"table\":\"events\",\"read\":\([0-9]*\),\"kept\":\([0-9]*\),\"merged\":\([0-9]*\),\"rejected\":\([0-9]*\)}$/\1 = \2 + \3 + \4/p" counts >sum
		[ "$(sed "s/ = / -eq \$((/; s/$/))/" sum | wc -l)" = 1 ]
		eval "[ $(sed "s/ = / -eq \$((/; s/$/))/" sum) ]"
		at=$((at + step))
	done
'
test_ok 'PutUsers and PutItems, properties as text and as an object, later rows win' '
	puts
	printf "USER_ID,ITEM_ID\nann,a\n" | rs-import --quiet --user-table users --item-table items >d.rsd
	rs-view --table users d.rsd >got
	printf "USER_ID,numRatings\nann,3\nbob,4\n" | cmp - got
	rs-view --table items d.rsd >got
	printf "ITEM_ID,genres,price\na,z,\n" | cmp - got
'
test_done
