#!/bin/sh
# rs-view: tables as text, and parts of a dataset.
. "$(dirname "$0")/lib.sh"

# A small log with nulls, several values, quotes and odd ids.
odd()
{
	cat >log.csv <<-"END"
	USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE
	"a, b",i1,10,view,,phone
	"a, b",i2,20,buy,9.99,
	"q""uote",i1,-5,buy,0.1,phone|tablet
	"say ""x"", y",i3,1700000000,view,16777216,desktop
	END
	cat >items.csv <<-"END"
	ITEM_ID,GENRES,PRICE,DESCRIPTION
	i1,Drama|War,9.5,"a, ""b"" and the rest of a longer text, one that is no category at all"
	i2,Comedy,,
	i4,,1e-07,"two
	lines of a text that differs from the first one in nearly all of its words"
	END
	cat >users.csv <<-"END"
	USER_ID,AGE
	"a, b",30
	"q""uote",
	END
	rs-import --quiet --user-table users.csv --item-table items.csv log.csv >log.rsd
}

# where EXPR...: the user,item pairs for which it is true.
where()
{
	rs-view --where "$@" | sed 1d | cut -d , -f 1,2
}

# A log that is easy to pick from.
plain()
{
	cat >plain.csv <<-"END"
	user,item,timestamp,event,value
	ann,a,100,view,1
	ann,b,200,buy,2.5
	bob,a,300,view,
	bob,c,1714521600,Buy,4
	cid,b,1714521599,cart,3.7
	END
	printf "item,colour,size,tags\na,red,1,x|y\nb,green,,y\nc,,3,\n" >items.csv
	printf "user,country\nann,DE\nbob,PL\n" >users.csv
	rs-import --quiet --user-table users.csv --item-table items.csv plain.csv >plain.rsd
}

test_ok 'a made-up dataset as text, and its tables' '
	rs-synth --quiet --users 50 --events 500 --context --csv-events log --csv-users users --csv-items items >d.rsd
	rs-view d.rsd | cmp - log
	rs-view --table users d.rsd | cmp - users
	rs-view --table items d.rsd | cmp - items
	rs-view -o out d.rsd
	cmp out log
	cat d.rsd | rs-view - | cmp - log
'
test_ok 'the order of time' '
	rs-synth --quiet --users 50 --events 500 --csv-events log --order time >d.rsd
	rs-view --order time d.rsd | cmp - log
'
test_ok 'threads do not matter' '
	rs-synth --quiet --users 5000 --events 100000 >d.rsd
	rs-view -j 1 --where "PRICE > 20" d.rsd | md5sum >want
	for j in 2 3 8; do rs-view -j $j --where "PRICE > 20" d.rsd | md5sum | cmp - want; done
	rs-view -j 1 --k-core 8 --sample .5 --format dataset d.rsd | md5sum >want
	for j in 2 3 8; do rs-view -j $j --k-core 8 --sample .5 --format dataset d.rsd | md5sum | cmp - want; done
'
test_ok 'a sample keeps who it keeps' '
	rs-synth --quiet --users 1000 --events 20000 >d.rsd
	rs-synth --quiet --users 300 --first-user 701 --events 6000 >part.rsd
	rs-view --sample .3 d.rsd | sed 1d | cut -d , -f 1 | sort -u >some
	[ "$(wc -l <some)" -gt 250 ]
	[ "$(wc -l <some)" -lt 350 ]
	rs-view --sample .5 d.rsd | sed 1d | cut -d , -f 1 | sort -u >more
	[ "$(comm -23 some more | wc -l)" = 0 ]
	rs-view --sample .3 part.rsd | sed 1d | cut -d , -f 1 | sort -u >got
	awk "\$1 > \"u000700\"" some | cmp - got
	[ "$(rs-view --sample 0 d.rsd | wc -l)" = 1 ]
	rs-view --sample .3 --seed 1 d.rsd | sed 1d | cut -d , -f 1 | sort -u >other
	if cmp -s some other; then exit 1; fi
'
test_need rs-import
test_ok 'import of an export gives the same bytes' '
	odd
	rs-view log.rsd >log2.csv
	rs-view --table users log.rsd >users2.csv
	rs-view --table items log.rsd >items2.csv
	rs-import --quiet --user-table users2.csv --item-table items2.csv log2.csv >log2.rsd
	rs-view log2.rsd | cmp - log2.csv
	cmp log.rsd log2.rsd
	rs-synth --quiet --users 400 --items 80 --events 9000 --csv-events e --csv-users u --csv-items i --format none
	rs-import --quiet --user-table u --item-table i e >one.rsd
	for format in csv tsv; do
		rs-view --format $format one.rsd >e.$format
		rs-view --format $format --table users one.rsd >u.$format
		rs-view --format $format --table items one.rsd >i.$format
		rs-import --quiet --user-table u.$format --item-table i.$format e.$format >two.rsd
		cmp one.rsd two.rsd
	done
	# Members of JSON have no order: columns are ordered by name.
	rs-import --quiet --user-table u e >one.rsd
	rs-view --format jsonl one.rsd >e.jsonl
	rs-view --format jsonl --table users one.rsd >u.jsonl
	rs-import --quiet --user-table u.jsonl e.jsonl >two.rsd
	cmp one.rsd two.rsd
'
test_ok 'nulls, quotes and several values' '
	odd
	cat >want <<-"END"
	USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE
	"a, b",i1,10,view,,phone
	"a, b",i2,20,buy,9.99,
	"q""uote",i1,-5,buy,0.1,phone|tablet
	"say ""x"", y",i3,1700000000,view,1.6777216e+07,desktop
	END
	rs-view log.rsd >got
	sed "s/1.6777216e+07/16777216/" got >got2
	sed "s/1.6777216e+07/16777216/" want | cmp - got2
	cat >want <<-"END"
	{"USER_ID":"a, b","ITEM_ID":"i1","TIMESTAMP":10,"EVENT_TYPE":"view","EVENT_VALUE":null,"DEVICE":"phone"}
	{"USER_ID":"a, b","ITEM_ID":"i2","TIMESTAMP":20,"EVENT_TYPE":"buy","EVENT_VALUE":9.99,"DEVICE":null}
	{"USER_ID":"q\"uote","ITEM_ID":"i1","TIMESTAMP":-5,"EVENT_TYPE":"buy","EVENT_VALUE":0.1,"DEVICE":"phone|tablet"}
	END
	rs-view --format jsonl log.rsd | head -n 3 | cmp - want
'
test_ok 'conditions' '
	plain
	where "type = \"buy\"" plain.rsd >got
	printf "ann,b\nbob,c\n" | cmp - got
	where "event_type != \"VIEW\" AND value >= 3.7" plain.rsd >got
	printf "bob,c\ncid,b\n" | cmp - got
	where "EVENT_VALUE = 3.7" plain.rsd >got
	printf "cid,b\n" | cmp - got
	where "user in (\"ann\", '"'cid'"') and not item = \"a\"" plain.rsd >got
	printf "ann,b\ncid,b\n" | cmp - got
	where "time >= \"2024-05-01\"" plain.rsd >got
	printf "bob,c\n" | cmp - got
	where "TIMESTAMP < 200 OR TIMESTAMP = \"2024-04-30T23:59:59Z\"" plain.rsd >got
	printf "ann,a\ncid,b\n" | cmp - got
	where "EVENT_TYPE IN (\"*\") AND value IS NOT NULL AND NOT (value < 3 OR value > 3.9)" plain.rsd >got
	printf "cid,b\n" | cmp - got
'
test_ok 'AND binds more tightly than OR, NOT more than AND' '
	plain
	where "item = \"a\" OR item = \"b\" AND user = \"cid\"" plain.rsd >got
	printf "ann,a\nbob,a\ncid,b\n" | cmp - got
	where "(item = \"a\" OR item = \"b\") AND user = \"cid\"" plain.rsd >got
	printf "cid,b\n" | cmp - got
	where "NOT item = \"a\" AND user = \"bob\"" plain.rsd >got
	printf "bob,c\n" | cmp - got
	where "NOT (item = \"a\" AND user = \"bob\") AND NOT NOT item = \"a\"" plain.rsd >got
	printf "ann,a\n" | cmp - got
'
test_ok 'columns of items and users' '
	plain
	where "colour = \"red\"" plain.rsd >got
	printf "ann,a\nbob,a\n" | cmp - got
	where "Items.tags = \"y\" AND Users.Country = \"DE\"" plain.rsd >got
	printf "ann,a\nann,b\n" | cmp - got
	where "tags != \"y\"" plain.rsd >got
	[ ! -s got ]
	rs-view --table items --where "size > 2" plain.rsd >got
	printf "ITEM_ID,colour,size,tags\nc,,3,\n" | cmp - got
	rs-view --table users --where "country IN (\"PL\", \"FR\")" plain.rsd >got
	printf "USER_ID,country\nbob,PL\n" | cmp - got
'
test_ok 'nulls are unknown' '
	plain
	where "value < 100" plain.rsd >got
	where "NOT value >= 100" plain.rsd | cmp - got
	[ "$(wc -l <got)" = 4 ]
	where "value IS NULL" plain.rsd >got
	printf "bob,a\n" | cmp - got
	where "value < 0 OR user = \"bob\"" plain.rsd >got
	printf "bob,a\nbob,c\n" | cmp - got
	where "country != \"DE\"" plain.rsd >got
	printf "bob,a\nbob,c\n" | cmp - got
	where "country IS NULL" plain.rsd >got
	printf "cid,b\n" | cmp - got
'
test_ok 'times, users and items' '
	plain
	rs-view --from 200 --to 2024-05-01 plain.rsd | sed 1d | cut -d , -f 1,2 >got
	printf "ann,b\nbob,a\ncid,b\n" | cmp - got
	printf "bob\nzoe\n\ncid\n" >list
	rs-view --users list plain.rsd 2>said | sed 1d | cut -d , -f 1,2 >got
	printf "bob,a\nbob,c\ncid,b\n" | cmp - got
	grep -q "list: 1 of 3 ids are not in the data" said
	echo b | rs-view --items - plain.rsd | sed 1d | cut -d , -f 1,2 >got
	printf "ann,b\ncid,b\n" | cmp - got
'
test_ok 'the core: every user and item has enough partners left' '
	printf "user,item\na,x\na,y\nb,x\nb,y\nb,x\nc,x\nc,z\nd,z\n" | rs-import --quiet >d.rsd
	rs-view --k-core 2 d.rsd | sed 1d | sort -u >got
	# z has c and d; d has z only, so z falls, then c.
	printf "a,x\na,y\nb,x\nb,y\n" | cmp - got
	[ "$(rs-view --k-core 3 d.rsd | wc -l)" = 1 ]
	rs-synth --quiet --users 300 --items 200 --events 3000 | rs-view --k-core 6 - | sed 1d | cut -d , -f 1,2 | sort -u >pairs
	[ -s pairs ]
	[ "$(cut -d , -f 1 pairs | sort | uniq -c | awk "\$1 < 6" | wc -l)" = 0 ]
	[ "$(cut -d , -f 2 pairs | sort | uniq -c | awk "\$1 < 6" | wc -l)" = 0 ]
'
test_ok 'a part as a dataset' '
	plain
	rs-view --where "type = \"buy\"" --format dataset plain.rsd >part.rsd 2>said
	grep -q "2 events" said
	rs-view part.rsd | sed 1d | cut -d , -f 1,2 >got
	printf "ann,b\nbob,c\n" | cmp - got
	[ "$(rs-view --table items part.rsd | wc -l)" = 4 ]
	rs-view --table users --where "country = \"PL\"" --format dataset plain.rsd | rs-view - | sed 1d | cut -d , -f 1,2 >got
	printf "bob,a\nbob,c\n" | cmp - got
	rs-view --quiet --format dataset plain.rsd >same.rsd
	rs-view same.rsd >got
	rs-view plain.rsd | cmp - got
'
test_ok 'a condition that is wrong says where' '
	plain
	expect_exit 64 "rs-view -w \"type = \" plain.rsd" "--where: column 8: unexpected end: expected a number or text"
	expect_exit 64 "rs-view -w \"(type = 1\" plain.rsd" "column 10: unexpected end: expected \")\""
	expect_exit 64 "rs-view -w \"type = 1)\" plain.rsd" "column 9: unexpected \")\""
	expect_exit 64 "rs-view -w \"type = 1 user\" plain.rsd" "column 10: unexpected \"user\": expected AND, OR"
	expect_exit 64 "rs-view -w \"(type = 1 user\" plain.rsd" "expected AND, OR or \")\""
	expect_exit 64 "rs-view -w \"foo = 1\" plain.rsd" "no column \"foo\": expected one of USER_ID, ITEM_ID"
	expect_exit 64 "rs-view -w \"A.b = 1\" plain.rsd" "table \"A\": expected Interactions, Users or Items"
	expect_exit 64 "rs-view -w \"Users.b = 1\" --table items plain.rsd" "expected a column of the table of items"
	expect_exit 64 "rs-view -w \"value = '"'x'"'\" plain.rsd" "column 9: value with \"x\": expected a number or a time"
	expect_exit 64 "rs-view -w \"colour < 5\" plain.rsd" "colour holds text"
	expect_exit 64 "rs-view -w \"type IN '"'x'"'\" plain.rsd" "expected \"(\""
	expect_exit 64 "rs-view -w \"type IN ('"'x'"'\" plain.rsd" "expected \",\" or \")\""
	expect_exit 64 "rs-view -w \"type NOT 5\" plain.rsd" "expected IN"
	expect_exit 64 "rs-view -w \"type 5\" plain.rsd" "IS NULL or IS NOT NULL"
	expect_exit 64 "rs-view -w \"type IS 5\" plain.rsd" "expected NULL or NOT NULL"
	expect_exit 64 "rs-view -w \"type IS NOT 5\" plain.rsd" "expected NULL"
	expect_exit 64 "rs-view -w \"type = '"'x"'\" plain.rsd" "closing quote"
	expect_exit 64 "rs-view -w \"type = 5x\" plain.rsd" "unexpected \"5x\""
	expect_exit 64 "rs-view -w \"type # 5\" plain.rsd" "unexpected \"#\""
	expect_exit 64 "rs-view -w \"5 = 5\" plain.rsd" "expected the name of a column"
	expect_exit 64 "rs-view -w \"Items.= 5\" plain.rsd" "expected the name of a column"
	expect_exit 64 "rs-view -w \"\" plain.rsd" "column 1: unexpected end"
	deep=$(printf "(%.0s" $(seq 65))
	expect_exit 64 "rs-view -w \"$deep\" plain.rsd" "column 65: nested too deeply: expected at most 64"
	long=$(head -c 70000 /dev/zero | tr "\0" " ")
	expect_exit 64 "rs-view -w \"$long\" plain.rsd" "70000 bytes: expected at most 65536"
	printf "user,X\nann,1\n" >users.csv
	printf "item,x\na,1\n" >items.csv
	rs-import --quiet --user-table users.csv --item-table items.csv plain.csv >both.rsd
	expect_exit 64 "rs-view -w \"x = 1\" both.rsd" "expected Users.x or Items.x"
'
test_ok 'what cannot be' '
	plain
	expect_exit 64 "rs-view" "at least one DATASET"
	expect_exit 64 "rs-view --from never plain.rsd" "--from \"never\""
	expect_exit 64 "rs-view --users - --items - plain.rsd" "\"-\" is named 2 times: standard input can be read once"
	expect_exit 66 "rs-view absent.rsd" absent.rsd
	expect_exit 66 "rs-view --users absent plain.rsd" absent
	printf "user,item\na,x\n" | rs-import --quiet >timeless.rsd
	expect_exit 64 "rs-view --order time timeless.rsd" "no times"
	expect_exit 64 "rs-view --from 5 timeless.rsd" "no times"
	expect_exit 64 "rs-view --to 5 timeless.rsd" "no times"
	printf "user,item\nM\\374ller,x\n" | rs-import --quiet >latin.rsd
	expect_exit 65 "rs-view --format jsonl latin.rsd" "not UTF-8"
	rs-view latin.rsd | tail -n 1 >got
	printf "M\\374ller,x\n" | cmp - got
'
test_ok 'a name with other signs than letters: the message names the backquotes that it needs' '
	printf "user,item,page-count,the color\na,x,300,red\nb,y,20,blue\n" | rs-import -q -o d.rsd
	[ "$(rs-view --where "\`page-count\` > 100" d.rsd | sed 1d | cut -d , -f 1-2)" = "a,x" ]
	[ "$(rs-view --where "page_count > 100" d.rsd | sed 1d | cut -d , -f 1-2)" = "a,x" ]
	expect_exit 64 "rs-view --where \"page-count > 100\" d.rsd" "column 1: unexpected \"page-count\": expected backquotes around a name"
	expect_exit 64 "rs-view --where \"Interactions.page-count>1\" d.rsd" "column 14: unexpected \"page-count\": expected backquotes around a name"
	expect_exit 64 "rs-view --where \"the color = 1\" d.rsd" "column 5: unexpected \"color\": expected =, *, or backquotes around a name with blanks"
	expect_exit 64 "rs-view --where \"hue = 1\" d.rsd" "expected one of USER_ID, ITEM_ID, \`page-count\`, \`the color\`"
'
test_done
