#!/bin/sh
# rs-import: forms of text, columns, times, duplicates, bad rows, schemas, compression.
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')

# said TEXT: the last import counted so.
said()
{
	grep -qF "$1" err || { cat err; return 1; }
}

# import WANT ARGUMENT...: imports, and what rs-view shows is the file WANT.
import()
{
	want=$1
	shift
	rs-import "$@" -o d.rsd 2>err
	rs-view d.rsd >got
	cmp got "$want"
}

test_ok 'the same log by comma, semicolon, tab, bar, two colons, blanks; header in any order; CR LF, CR, mark, no last line end' '
	printf "USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE\nann,x,1554121800,4\nann,y,1554121801,2.5\nbob,x,1554121802,\n" >want
	for delimiter in , ";" "$tab" "|" ::; do
		printf "rating,item,user,time\n4,x,ann,1554121800\n2.5,y,ann,1554121801\n,x,bob,1554121802\n" |
			sed "s/,/$delimiter/g" >log
		import want log
		said "3 rows read = 3 kept + 0 merged + 0 rejected; 2 users, 2 items, 2019-04-01T12:30:00Z to 2019-04-01T12:30:02Z"
	done
	printf "ann  x 1554121800 4\nann y\t1554121801 2.5\n bob x 1554121802 -\n" >log
	import want --columns user,item,time,value --null - log
	printf "user,item,time,rating\nann,x,1554121800,4\nann,y,1554121801,2.5\nbob,x,1554121802," >log
	import want log
	sed "s/\$/\r/" log >crlf
	import want crlf
	tr "\n" "\r" <log >cr
	import want cr
	{ printf "\357\273\277"; cat log; } >mark
	import want mark
	import want - <log
	import want <log
	printf "\n\n  \n" | cat log - >blanks
	import want blanks
	said "3 rows read"
'

test_ok 'quotes: doubled, behind a backslash, line ends inside, blanks around; a stray quote is a character' '
	printf "USER_ID,ITEM_ID,title\n\"a, \"\"b\"\"\",x,\"two\nlines\"\nc,y,\"q \"\"\"\n" >want
	printf "user,item,title\n\"a, \"\"b\"\"\",x,\"two\nlines\"\n c , y ,q \"\n" >rfc
	import want rfc
	printf "user,item,title\n\"a, \\\\\"b\\\\\"\",\"x\",\"two\nlines\"\n\"c\",\"y\",\"q \\\\\"\"\n" >backslash
	import want backslash
	import want --quoting backslash backslash
	printf "user\titem\ttitle\nann\tx\t\"7\" single\n" >log
	rs-import -q log | rs-view --format tsv - >got
	printf "USER_ID\tITEM_ID\ttitle\nann\tx\t\"\"\"7\"\" single\"\n" | cmp - got
'

test_ok 'columns by number, by name, in order; left out; context is kept with its type' '
	printf "1,ann,x,5,red|blue,3.5,007\n2,bob,y,4,red,,008\n" >log
	printf "USER_ID,ITEM_ID,EVENT_VALUE,column1,colour,column6,column7\nann,x,5,1,red|blue,3.5,007\nbob,y,4,2,red,,008\n" >want
	import want --columns user=2,item=3,value=4,colour=5 log
	printf "USER_ID,ITEM_ID,EVENT_VALUE,colour\nann,x,5,red|blue\nbob,y,4,red\n" >want
	import want --columns user=2,item=3,value=4,colour=5 --ignore "*" log
	import want --columns user=2,item=3,value=4,colour=5 --ignore 1,6,7 log
	import want --columns -,user,item,value,colour,-,- log
	rs-info d.rsd | grep -qF "colour (categorical, several values)"
	printf "who,what,stars,colour,x\nann,x,5,red|blue,1\nbob,y,4,red,1\n" >named
	import want --columns user=who,item=what,value=stars --ignore X named
	import want --columns USER_ID=Who,item=2,value=3 --ignore 5 named
	expect_exit 64 "rs-import --columns user=who,item named" "*expected NAME=COLUMN everywhere, or all names in order*"
	expect_exit 64 "rs-import --columns user=0 named" "*expected a number from 1*"
	expect_exit 65 "rs-import --columns user=whom,item=2 named" "*named: no column \"whom\" among \"who\", \"item\", *(did you mean who?)*"
	expect_exit 65 "rs-import --columns user=9,item=2 named" "*no column \"9\"*"
	expect_exit 65 "rs-import --columns user,item named" "*5 columns: expected 2 as in --columns*"
	expect_exit 65 "rs-import --columns user=who named" "*no column of items among*--columns item=NAME*"
	printf "ann,x\n" >bare
	expect_exit 65 "rs-import bare" "*bare: no header that names a column of users: expected one, or --columns such as user=1,item=2 (a record has 2 cells)*"
	printf "user,item,Tag,tag\na,b,c,d\n" >twice
	expect_exit 65 "rs-import twice" "*twice: columns 3 and 4 are both called \"tag\"*"
'

test_ok 'every name that is recognised stands in the manual page, and the first of several wins' '
	sed -n "/\[RS_ROLE_USER\] = /,/^};/p" "$RS_ROOT/lib/data/names.c" | grep -o "\"[a-z ]*\"" | tr -d "\"" | tr " " "\n" |
		sed "/^\$/d" >names
	[ "$(wc -l <names)" -ge 150 ]
	tr -s " ,\"" "\n" <"$RS_ROOT/man/rs-import.1" >words
	sort -u words >page
	sort -u names | comm -23 - page >missing
	[ ! -s missing ] || { cat missing; exit 1; }
	printf "session,visitor_id,USER-ID,product,Item Id\ns,v,u,p,i\n" >log
	printf "USER_ID,ITEM_ID,session,visitor_id,product\nu,i,s,v,p\n" >want
	import want log
'

test_ok 'times: each unit, guessed and told; fractions; offsets; before 1970' '
	for pair in s=1554121800 s=1554121800.75 ms=1554121800123 us=1554121800123456 ns=1554121800123456789 \
		iso=2019-04-01T12:30:00Z iso=2019-04-01T14:30:00.5+02:00; do
		printf "user,item,time\na,b,%s\n" "${pair#*=}" >log
		printf "USER_ID,ITEM_ID,TIMESTAMP\na,b,1554121800\n" >want
		import want log
		import want --time-unit "${pair%%=*}" log
	done
	printf "user,item,date\na,b,20190401\n" >log
	printf "USER_ID,ITEM_ID,TIMESTAMP\na,b,1554076800\n" >want
	import want log
	import want --time-unit ymd log
	printf "user,item,time\na,b,-1\na,c,1969-12-31\n" >log
	expect_exit 65 "rs-import log" "*log:3:3: time \"1969-12-31\": expected seconds since 1970*"
	for bad in nan inf 1e400 x "" 2019-13-01 99999999999999; do
		printf "user,item,time\na,b,1554121800\nc,d,%s\n" "$bad" >log
		expect_exit 65 "rs-import log" "*log:3:3: time \"$bad\": expected seconds*"
	done
	printf "user,item\na,z\na,y\nb,z\na,x\n" >log
	printf "USER_ID,ITEM_ID,TIMESTAMP\na,z,1\na,y,2\na,x,3\nb,z,1\n" >want
	import want --ordered log
'

test_ok 'values: numbers alone; empty ones are none' '
	for bad in nan -inf 1e400 1e39 five 0x10 1,5; do
		printf "user;item;rating\na;b;3\nc;d;%s\n" "$bad" >log
		expect_exit 65 "rs-import log" "*log:3:3: value \"$bad\": expected a number*"
	done
	printf "user,item,rating\na,b,NULL\nc,d,1e-3\ne,f,\n" >log
	printf "USER_ID,ITEM_ID,EVENT_VALUE\na,b,\nc,d,0.001\ne,f,\n" >want
	import want --null NULL log
'

test_ok 'equal events are merged or kept; of a table the last row of an id wins' '
	printf "user,item,time,tag\na,x,1,t\na,x,1,t\na,x,2,t\na,x,1,u\n" >log
	rs-import log -o d.rsd 2>err
	said "4 rows read = 3 kept + 1 merged + 0 rejected"
	rs-import --duplicates keep log -o d.rsd 2>err
	said "4 rows read = 4 kept + 0 merged + 0 rejected"
	printf "id,AGE\na,30\nb,40\na,31\n" >users
	printf "item_id;TITLE\nx;one, two\n" >items
	rs-import --user-table users --item-table items --counts counts log -o d.rsd 2>err
	said "users: 3 rows read = 2 kept + 1 merged + 0 rejected"
	said "items: 1 rows read = 1 kept + 0 merged + 0 rejected"
	printf "USER_ID,AGE\na,31\nb,40\n" >want
	rs-view --table users d.rsd | cmp - want
	printf "{\"table\":\"events\",\"read\":4,\"kept\":3,\"merged\":1,\"rejected\":0}\n" >want
	head -n 1 counts | cmp - want
'

test_ok 'lists and sessions; a type for all events' '
	printf "ann x y\nbob\ncat y z x\n" >log
	printf "USER_ID,ITEM_ID,EVENT_TYPE\nann,x,visit\nann,y,visit\ncat,x,visit\ncat,y,visit\ncat,z,visit\n" >want
	import want --format lists --event-type visit log
	said "5 rows read = 5 kept + 0 merged + 0 rejected; 3 users, 3 items"
	printf "x,y\nz\ny,x\n" >log
	printf "USER_ID,ITEM_ID,TIMESTAMP\nw1,x,1\nw1,y,2\nw2,z,1\nw3,y,1\nw3,x,2\n" >want
	import want --format sessions --session-prefix w --ordered log
	expect_exit 64 "rs-import --session-prefix w log" "*--session-prefix goes with --format sessions*"
	expect_exit 64 "rs-import --event-type= log" "*--event-type: expected 1 to 1024 bytes*"
	printf "user,item,event\na,b,view\n" >log
	expect_exit 64 "rs-import --event-type buy log" "log: --event-type beside a column of event types"
'

test_ok 'JSON Lines: any order of members, lists, nulls, long ids; each line by itself' '
	cat >log <<-"END"
	{"item":12345678901234567890123,"user":"a","time":"2019-04-01T12:30:00Z","tags":["x","y"],"n":1.50}
	{"time":"2019-04-01T12:30:01Z","user":7,"item":"z\"q","tags":null,"ok":true}
	END
	printf "USER_ID,ITEM_ID,TIMESTAMP,n,ok,tags\n7,\"z\"\"q\",1554121801,,true,\na,12345678901234567890123,1554121800,1.5,,x|y\n" >want
	import want log
	for bad in "{" "[1]" "{\"user\":\"a\"}" "{\"user\":\"a\",\"item\":\"b\",\"time\":\"x\"}" "{\"user\":\"a\",\"item\":\"b\",\"time\":1,\"o\":{\"p\":1}}" \
		"{\"user\":\"a\",\"user\":\"b\",\"item\":1}"; do
		{ sed q log; printf "%s\n" "$bad"; } >log2
		expect_exit 65 "rs-import log2" "log2:2: "
		rs-import --rejects rej log2 -o d.rsd 2>err
		said "2 rows read = 1 kept + 0 merged + 1 rejected"
	done
'

test_ok 'bad rows: file, line, column; set aside up to a number or a share; mended and imported again' '
	{
		echo "user,item,rating"
		awk "BEGIN { for (i = 1; i <= 200; i++) printf \"u%d,i%d,%s\n\", i % 20, i, i % 50 ? i % 5 : \"five\" }"
	} >log
	expect_exit 65 "rs-import log" "rs-import: log:51:3: value \"five\": expected a number"
	rs-import --rejects rej log -o d.rsd 2>err
	said "200 rows read = 196 kept + 0 merged + 4 rejected"
	[ "$(wc -l <rej)" = 5 ]
	sed -n 2p rej >line
	printf "log:51:3\tvalue \"five\": expected a number\tu10,i50,five\n" | cmp - line
	rs-import --max-rejects 4 log -o d.rsd 2>err
	rs-import --max-rejects 2% log -o d.rsd 2>err
	rm d.rsd rej
	expect_exit 65 "rs-import --max-rejects 3 --rejects rej log -o d.rsd" "*log:201:3: value \"five\": expected a number (bad row 4, --max-rejects allows 3)*"
	[ ! -e d.rsd ]
	[ "$(wc -l <rej)" = 5 ]
	expect_exit 65 "rs-import --max-rejects 1.9% log -o d.rsd" "rs-import: 4 bad rows of 200: --max-rejects allows 1.9 %"
	expect_exit 64 "rs-import --max-rejects 101% log" "*--max-rejects: \"101%\": expected a number of rows, or a share such as 0.5%*"
	cut -f 3- rej | sed s/five/5/ | rs-import -o more.rsd 2>err
	said "4 rows read = 4 kept + 0 merged + 0 rejected"
	rs-import -q --rejects rej log -o d.rsd
	sed "s/five/5/" log | rs-import -q | rs-view - >want
	rs-merge d.rsd more.rsd | rs-view - | cmp - want
'

test_ok 'schemas: columns, types, nulls; what is not in them' '
	cat >schema <<-"END"
	{"type":"record","name":"Interactions","namespace":"com.amazonaws.personalize.schema","fields":[
	 {"name":"USER_ID","type":"string"},{"name":"ITEM_ID","type":"string"},{"name":"TIMESTAMP","type":"long"},
	 {"name":"EVENT_TYPE","type":"string"},{"name":"EVENT_VALUE","type":["float","null"]},
	 {"name":"DEVICE","type":["string","null"],"categorical":true},{"name":"AGE","type":"int"}],"version":"1.0"}
	END
	printf "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE,AGE\na,x,1554121800,view,2.5,phone|tv,3\n" >log
	import log --schema schema log
	for pair in 7=old 7=1.5 7= 4= 1=ITEM_ID 3=2019-04-01; do
		awk -F, -v OFS=, -v k="${pair%%=*}" -v v="${pair#*=}" "NR == 2 { \$k = v } { print }" log >bad
		expect_exit 65 "rs-import --schema schema --time-unit s bad" "bad:2:${pair%%=*}: "
	done
	sed "s/AGE/AGES/" log >bad
	expect_exit 65 "rs-import --schema schema bad" "*bad: column \"AGES\" is not in the schema: expected it there, or in --ignore*"
	for change in "s/\"string\"},{\"name\":\"ITEM/\"int\"},{\"name\":\"ITEM/" s/Interactions/Users/ s/record/array/ s/EVENT_TYPE/user_id/ \
		"s/\"int\"/\"date\"/" "s/\"int\"/\"int\",\"categorical\":true/" s/TIMESTAMP/TIME/ "s/.*/{/" "s/AGE/A-GE/"; do
		sed "$change" schema >other
		expect_exit 65 "rs-import --schema other log" "other: "
	done
'

test_ok 'compressed: gzip, xz, zstd, lz4, several in a row, from stdin; damaged and cut' '
	{ echo user,item,time; awk "BEGIN { for (i = 0; i < 5000; i++) print \"u\" i % 99 \",i\" i * 7 % 501 \",\" 1554121800 + i }"; } >log
	rs-import -q log -o want.rsd
	rs-view want.rsd >want
	for tool in "gzip -c" "xz -c" "zstd -qc" "lz4 -qc"; do
		command -v ${tool%% *} >/dev/null || continue
		head -n 2000 log | $tool >packed
		tail -n +2001 log | $tool >>packed
		import want packed
		import want <packed
		n=$(wc -c <packed)
		head -c $((n - 20)) packed >cut
		expect_exit 65 "rs-import cut -o new" "cut: "
		{ head -c $((n / 3)) packed; printf "\125\252\125\252"; tail -c +$((n / 3 + 5)) packed; } >damaged
		expect_exit 65 "rs-import damaged -o new" "damaged: "
		{ cat packed; echo more; } >behind
		expect_exit 65 "rs-import behind -o new" "*other bytes behind the*"
		[ ! -e new ]
	done
	[ -e packed ]
'

test_ok 'several files, each with its own form; the same bytes for any order of rows and number of threads' '
	printf "user,item,time\na,x,5\nb,y,6\n" >one.csv
	printf "{\"item\":\"z\",\"user\":\"a\",\"time\":7}\n" >two.jsonl
	printf "time\tuser\titem\n8\tc\tx\n" >three.tsv
	printf "USER_ID,ITEM_ID,TIMESTAMP\na,x,5\na,z,7\nb,y,6\nc,x,8\n" >want
	import want one.csv two.jsonl three.tsv
	cp d.rsd first.rsd
	rs-import -q three.tsv two.jsonl one.csv -o d.rsd
	cmp d.rsd first.rsd
	rs-synth -q --users 3000 --items 700 --events 60000 | rs-view - >log
	rs-import -q log -o first.rsd
	{ head -n 1 log; tail -n +2 log | awk "{ print (NR * 7919) % 60013 \"\t\" \$0 }" | sort -n | cut -f 2-; } >shuffled
	for j in 1 2 5; do
		rs-import -q -j $j shuffled -o d.rsd
		cmp d.rsd first.rsd
	done
'

test_ok 'the guess is told, and each of it can be told otherwise' '
	printf "userId::movieId::rating::timestamp\n1::2::3::978300760\n" >ratings.dat
	rs-import --show-guess ratings.dat >got
	for line in "format${tab}csv" "delimiter${tab}\"::\"" "quoting${tab}none" "header${tab}yes"; do
		grep -qF "$line" got || { cat got; exit 1; }
	done
	expect_exit 64 "rs-import --header --no-header ratings.dat" "*--header beside --no-header*"
	expect_exit 64 "rs-import --delimiter 12345678 ratings.dat" "*delimiter \"12345678\": expected tab, space, or 1 to 7 other bytes*"
	expect_exit 64 "rs-import --delimiter :: --quoting rfc4180 ratings.dat" "*quoting needs a delimiter of one byte*"
	printf "user,item\na,b\n" >log
	rs-import --no-header --columns user,item log 2>err >d.rsd
	said "2 rows read = 2 kept"
	expect_exit 66 "rs-import absent" "*cannot open \"absent\"*"
'

test_ok 'latin1: attributes become UTF-8; ids are bytes' '
	printf "item|title\n\351|caf\351\n" >items
	printf "user,item\nu,\351\n" >log
	rs-import -q --item-table items --encoding latin1 log -o d.rsd
	rs-view --table items d.rsd >got
	printf "ITEM_ID,title\n\303\251,caf\303\251\n" | cmp - got
	rs-import -q log | rs-view - >got
	printf "USER_ID,ITEM_ID\nu,\351\n" | cmp - got
'

test_ok 'the examples of the manual page' '
	printf "USER_ID,ITEM_ID,TIMESTAMP\na,x,1\nb,y,2\n" >events.csv
	printf "user,AGE\na,3\n" >users.csv
	printf "item,PRICE\nx,3\n" >items.csv
	awk "BEGIN { for (i = 1; i <= 200; i++) print \"u\" i % 9 \"::i\" i \"::\" (i == 7 ? \"five\" : i % 5) \"::\" 1554121800000 + i }" >ratings.dat
	printf "a\tx\t1554121800\t4\nb\ty\\\\n\t1554121801\t\\\\N\n" >log.txt
	printf "a x y\nb x\n" >lists.txt
	printf "x y\nz\n" >baskets.txt
	echo "{\"user\":\"a\",\"page\":\"/x\",\"at\":\"2019-04-01T12:30:00Z\",\"agent\":{\"os\":\"y\"}}" | gzip >access.log.gz
	if command -v sqlite3; then
		sqlite3 shop.db "CREATE TABLE log(user, item, time); INSERT INTO log VALUES(1, 2, 3), (\"a,b\", \"c\"\"d\", 4);"
	fi
	sed -n "s/^\.Dl \\$ //p" "$RS_ROOT/man/rs-import.1" | sed "s/\\\\(dq/\"/g; s/\\\\e/\\\\/g" >examples
	[ "$(wc -l <examples)" -ge 10 ]
	while read -r line; do
		program=${line%% *}
		case $line in
		*jq*) program=jq ;;
		esac
		command -v $program >/dev/null || continue
		echo "$line"
		sh -ec "$line" </dev/null
	done <examples
	rs-view all.rsd | wc -l | grep -qx 201
'
test_done
