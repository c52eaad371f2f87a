#!/bin/sh
# Actions and what people did with them: in, through the commands, and out again.
. "$(dirname "$0")/lib.sh"

test_need rs-import rs-view

# log.csv, actions.csv and did.csv.
sources()
{
	printf 'USER_ID,ITEM_ID,TIMESTAMP\nu1,a,10\nu2,b,20\n' >log.csv
	printf 'ACTION_ID,VALUE,REPEAT_FREQUENCY,CATEGORY\nenrol,5,7,x|y\nrenew,10,,x\nnever,1,,z\n' >actions.csv
	printf 'USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\nu1,enrol,Viewed,10\nu9,renew,Taken,10\nu1,enrol,Taken,12\n' >did.csv
}

import()
{
	rs-import --quiet --action-table actions.csv --action-interactions did.csv log.csv
}

test_ok 'both tables are counted and shown' '
	sources
	sed 2p did.csv >twice.csv
	rs-import --counts counts --action-table actions.csv --action-interactions twice.csv log.csv >d.rsd 2>said
	grep -q "^rs-import: actions: 3 rows read = 3 kept + 0 merged + 0 rejected$" said
	grep -q "^rs-import: action interactions: 4 rows read = 3 kept + 1 merged + 0 rejected$" said
	grep -q "^rs-import: events: 2 rows read = 2 kept + 0 merged + 0 rejected; 2 users, 2 items" said
	grep -q "^{\"table\":\"action interactions\",\"read\":4,\"kept\":3,\"merged\":1,\"rejected\":0}$" counts
	rs-info --check d.rsd
	rs-info d.rsd | grep -qE "^  actions +3$"
	rs-view --table actions d.rsd >got
	printf "ACTION_ID,VALUE,REPEAT_FREQUENCY,CATEGORY\nenrol,5,7,x|y\nnever,1,,z\nrenew,10,,x\n" | cmp - got
	rs-view --table action-interactions d.rsd >got
	{ printf "USER_ID,ACTION_ID,TIMESTAMP,EVENT_TYPE\nu1,enrol,10,Viewed\nu1,enrol,12,Taken\n"
	  printf "u9,renew,10,Taken\n"; } | cmp - got
'
test_ok 'import of an export gives the same bytes, as CSV and as TSV' '
	sources
	import >d.rsd
	for f in csv tsv; do
		rs-view --format $f d.rsd >log.$f
		rs-view --format $f --table actions d.rsd >a.$f
		rs-view --format $f --table action-interactions d.rsd >ai.$f
		rs-import --quiet --action-table a.$f --action-interactions ai.$f log.$f | cmp - d.rsd
	done
'
test_ok 'the order of rows does not matter' '
	sources
	import >d.rsd
	{ head -n 1 did.csv; sed 1d did.csv | sort -r; } >did2.csv
	{ head -n 1 actions.csv; sed 1d actions.csv | sort -r; } >actions2.csv
	mv did2.csv did.csv
	mv actions2.csv actions.csv
	import | cmp - d.rsd
'
test_ok 'a dataset without actions keeps its layout' '
	sources
	rs-import --quiet log.csv >d.rsd
	rs-info d.rsd | grep -qE "^  layout +1$"
	import >e.rsd
	rs-info e.rsd | grep -qE "^  layout +2$"
	expect_exit 65 "rs-view --table actions d.rsd" "--table actions: the data has no actions"
'
test_ok 'PutActions and PutActionInteractions' '
	sources
	import >want.rsd
	cat >one.jsonl <<-"END"
	{"datasetArn":"arn:x","actions":[{"actionId":"enrol","properties":"{\"value\":5,\"repeatFrequency\":7,\"category\":\"x|y\"}"}]}
	{"datasetArn":"arn:x","actions":[{"actionId":"renew","properties":{"value":10,"category":"x"}},{"actionId":"never","properties":{"value":1,"category":"z"}}]}
	END
	cat >did.jsonl <<-"END"
	{"trackingId":"t","actionInteractions":[{"actionId":"enrol","userId":"u1","timestamp":10,"eventType":"Viewed"},{"actionId":"enrol","userId":"u1","timestamp":12,"eventType":"Taken"}]}
	{"trackingId":"t","actionInteractions":[{"actionId":"renew","userId":"u9","timestamp":10,"eventType":"Taken"}]}
	END
	rs-import --quiet --action-table one.jsonl --action-interactions did.jsonl log.csv >got.rsd
	rs-view --table action-interactions want.rsd >want
	rs-view --table action-interactions got.rsd | cmp want -
	rs-view --table actions got.rsd >got
	printf "ACTION_ID,category,repeatFrequency,value\nenrol,x|y,7,5\nnever,z,,1\nrenew,x,,10\n" | cmp - got
'
test_ok 'bad rows of each table are told and rejected' '
	sources
	printf "u1,,Viewed,3\nu1,enrol,Viewed,soon\n" >>did.csv
	expect_exit 65 "rs-import --action-interactions did.csv log.csv" "did.csv:5:2: item \"\": expected an id"
	rs-import --rejects bad --action-table actions.csv --action-interactions did.csv log.csv 2>said >d.rsd
	grep -q "action interactions: 5 rows read = 3 kept + 0 merged + 2 rejected" said
	expect_exit 65 "rs-import --action-table log.csv log.csv" "no column of actions among"
'
test_ok 'columns may be named' '
	sources
	printf "who,what,when\nu1,enrol,10\n" >did.csv
	printf "code;worth\nenrol;3\n" >actions.csv
	rs-import --quiet --action-columns item=code --action-table actions.csv \
		--action-interaction-columns user=who,item=what,time=when --action-interactions did.csv log.csv >d.rsd
	rs-view --table action-interactions d.rsd >got
	printf "USER_ID,ACTION_ID,TIMESTAMP\nu1,enrol,10\n" | cmp - got
	rs-view --table actions d.rsd >got
	printf "ACTION_ID,worth\nenrol,3\n" | cmp - got
'
test_ok 'datasets with actions join, later rows win' '
	sources
	import >d.rsd
	printf "ACTION_ID,VALUE\nrenew,3\n" >actions.csv
	printf "USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\nu1,enrol,Viewed,10\nu0,renew,Viewed,1\n" >did.csv
	import >e.rsd
	rs-import --quiet log.csv >plain.rsd
	rs-merge --quiet d.rsd plain.rsd e.rsd >m.rsd
	rs-info --check m.rsd
	rs-view --table action-interactions m.rsd >got
	{ printf "USER_ID,ACTION_ID,TIMESTAMP,EVENT_TYPE\nu0,renew,1,Viewed\nu1,enrol,10,Viewed\nu1,enrol,12,Taken\n"
	  printf "u9,renew,10,Taken\n"; } | cmp - got
	rs-view --table actions m.rsd | grep -q "^renew,3,,$"
'
test_ok 'parts: conditions are about the table, users and times about both halves' '
	sources
	import >d.rsd
	rs-view --table actions -w "VALUE > 4" d.rsd >got
	printf "ACTION_ID,VALUE,REPEAT_FREQUENCY,CATEGORY\nenrol,5,7,x|y\nrenew,10,,x\n" | cmp - got
	rs-view --table action-interactions -w "ACTION_ID = \"enrol\" AND Actions.VALUE = 5" --from 11 d.rsd >got
	printf "USER_ID,ACTION_ID,TIMESTAMP,EVENT_TYPE\nu1,enrol,12,Taken\n" | cmp - got
	echo u9 >users
	rs-view --quiet --format dataset --users users d.rsd >part.rsd
	rs-view --table action-interactions part.rsd >got
	printf "USER_ID,ACTION_ID,TIMESTAMP,EVENT_TYPE\nu9,renew,10,Taken\n" | cmp - got
	[ "$(rs-view part.rsd | wc -l)" = 1 ]
	echo enrol >list
	rs-view --table action-interactions --items list d.rsd >got
	[ "$(wc -l <got)" = 3 ]
'
test_ok 'training data keeps them' '
	sources
	import >d.rsd
	rs-split --quiet --by random --train t.rsd --truth x.rsd d.rsd
	rs-view --table actions t.rsd >got
	rs-view --table actions d.rsd | cmp - got
'
test_done
