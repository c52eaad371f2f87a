#!/bin/sh
# rs-merge: the union of datasets.
. "$(dirname "$0")/lib.sh"

# Two halves of a log, overlapping by one row, and the whole.
halves()
{
	printf 'user,item,event,timestamp\nu1,a,view,10\nu2,b,buy,20\nu1,c,view,30\n' >one.csv
	printf 'user,item,event,timestamp\nu1,c,view,30\nu3,a,view,5\nu1,a,buy,10\n' >two.csv
	{ cat one.csv; sed 1d two.csv; } >both.csv
	for f in one two both; do rs-import --quiet $f.csv >$f.rsd; done
}

# What does not depend on the steps that made the file.
data_of()
{
	rs-info "$1" | sed "1d; /^  bytes/d; /^  digest/d; /prov/d; /rs-/d"
}

test_ok 'one dataset stays as it is, and merging twice changes nothing' '
	rs-synth --quiet --users 30 --items 20 --events 300 >d.rsd
	rs-merge --quiet d.rsd >one.rsd
	rs-merge --quiet one.rsd one.rsd >two.rsd
	cmp one.rsd two.rsd
'
test_ok 'repeats are counted' '
	rs-synth --quiet --users 30 --items 20 --events 300 >d.rsd
	rs-merge d.rsd d.rsd 2>said >/dev/null
	grep -qE "^rs-merge: 30 users, 20 items, ([0-9]+) events; \1 repeats merged$" said
'
test_ok 'threads do not matter' '
	rs-synth --quiet --users 300 --items 20 --events 3000 >d.rsd
	rs-synth --quiet --users 300 --first-user 200 --items 30 --events 3000 >e.rsd
	rs-merge --quiet -j 1 d.rsd e.rsd >want
	for j in 2 3 8; do rs-merge --quiet -j $j d.rsd e.rsd | cmp - want; done
'
test_ok 'stdin is one of the datasets' '
	rs-synth --quiet --users 30 --items 20 --events 300 >d.rsd
	rs-synth --quiet --users 30 --first-user 100 --items 20 --events 300 >e.rsd
	rs-merge --quiet d.rsd e.rsd >want
	cat e.rsd | rs-merge --quiet d.rsd - | cmp - want
'
test_need rs-train rs-rank
test_ok 'stdin is read once, whoever it is named for' '
	rs-synth --quiet --users 30 --items 20 --events 300 >d.rsd
	twice="named 2 times: standard input can be read once"
	expect_exit 64 "rs-merge - d.rsd - -o x.rsd <d.rsd" "$twice"
	expect_exit 64 "cat d.rsd | rs-merge - - -o x.rsd" "$twice"
	expect_exit 64 "printf \"\" | rs-train -r popular - - -o x.rsm" "$twice"
	expect_exit 64 "rs-view --users - - -o x.csv <d.rsd" "$twice"
	expect_exit 64 "cat d.rsd | rs-merge - - - -o x.rsd" "named 3 times"
	rs-train -q -r popular d.rsd >m.rsm
	echo "{\"userId\":\"u1\",\"itemList\":[\"i1\"]}" >ask
	expect_exit 64 "cat ask | rs-rank m.rsm - -o x.tsv" "wanted twice"
	[ ! -e x.rsd ] && [ ! -e x.rsm ] && [ ! -e x.csv ] && [ ! -e x.tsv ]
	printf "user,item\na,x\n" | rs-import --quiet --rejects - -o y.rsd
	cat d.rsd | rs-view -o - - >/dev/null
'
test_need rs-import rs-view

# Rows of few users, items and seconds, so that many share a time and an item; $1: columns besides these.
crowd()
{
	awk -v more="$1" 'BEGIN {
		srand(7)
		print "user,item,timestamp" more
		for (i = 0; i < 6000; i++) {
			printf "u%d,i%d,%d", int(rand() * 40), int(rand() * 25), int(i / 1000) * 40 + int(rand() * 60)
			if (more ~ /event/) printf ",%s", rand() < .5 ? "view" : "buy"
			if (more ~ /value/) printf ",%s", rand() < .3 ? "" : int(rand() * 3)
			if (more ~ /device/) printf ",%s", rand() < .3 ? "" : "d" int(rand() * 3)
			print ""
		}
	}' >all.csv
}

# The rows in $1 overlapping files of which each but the first has a hundred rows of the one before, merged; $2: repeats.
pieces()
{
	dups=--duplicates=$2
	rm -f piece.*
	awk -v n="$1" 'NR == 1 { head = $0; next } { line[NR - 2] = $0 } END {
		for (f = 0; f < n; f++) {
			print head >"piece." f ".csv"
			for (i = int(6000 / n * f) - (f > 0) * 100; i < int(6000 / n * (f + 1)); i++)
				print line[i] >"piece." f ".csv"
			close("piece." f ".csv")
		}
	}' all.csv
	f=0
	set --
	while [ -e piece.$f.csv ]; do
		rs-import --quiet "$dups" piece.$f.csv >piece.$f.rsd
		set -- "$@" piece.$f.rsd
		f=$((f + 1))
	done
	rs-merge --quiet "$@" >joined.rsd
}

test_ok 'many overlapping files are the import of all rows, chunk by chunk' '
	for more in "" ,event,value ,value,device; do
		crowd "$more"
		rs-import --quiet all.csv >want.rsd
		for n in 2 3 30; do
			pieces $n merge
			rs-info --check joined.rsd
			[ "$(data_of joined.rsd)" = "$(data_of want.rsd)" ]
			rs-view joined.rsd >got
			rs-view want.rsd | cmp - got
		done
	done
'
test_ok 'repeats that are kept are kept' '
	crowd ,event
	pieces 4 keep
	[ "$(rs-view joined.rsd | wc -l)" = 6301 ]
	grep -hv user piece.?.csv | sort >want
	rs-view joined.rsd | sed 1d | sort | cmp - want
'
test_ok 'halves join to the whole' '
	halves
	rs-merge --quiet one.rsd two.rsd >joined.rsd
	[ "$(data_of joined.rsd)" = "$(data_of both.rsd)" ]
	rs-view joined.rsd >got
	rs-view both.rsd | cmp - got
'
test_ok 'a later row of attributes replaces the whole row' '
	printf "user,item\nu1,a\n" >log.csv
	printf "item,colour,size\na,red,1\nb,green,2\n" >items1.csv
	printf "item,colour,size\na,blue,\n" >items2.csv
	rs-import --quiet --item-table items1.csv log.csv >one.rsd
	rs-import --quiet --item-table items2.csv log.csv >two.rsd
	rs-merge --quiet one.rsd two.rsd >joined.rsd
	rs-view --table items joined.rsd >got
	grep -q "^a,blue,$" got
	grep -q "^b,green,2$" got
'
test_ok 'a column of another type: text wins, then categories' '
	printf "user,item\nu1,a\n" >log.csv
	printf "item,size,note\na,1.5,x|y\n" >items1.csv
	printf "item,size,note\nb,large,3\n" >items2.csv
	rs-import --quiet --item-table items1.csv log.csv >one.rsd
	rs-import --quiet --item-table items2.csv log.csv >two.rsd
	rs-merge --quiet one.rsd two.rsd >joined.rsd
	rs-info --check joined.rsd
	rs-view --table items joined.rsd >got
	grep -q "^a,1.5,x|y$" got
	grep -q "^b,large,3$" got
'
test_ok 'times in one and none in the other' '
	printf "user,item,timestamp\nu1,a,5\n" | rs-import --quiet >one.rsd
	printf "user,item\nu1,a\n" | rs-import --quiet >two.rsd
	expect_exit 65 "rs-merge one.rsd two.rsd" "some of the datasets have times and some have none"
	[ ! -s "$T_OUT" ]
'

test_ok 'context that holds numbers here and categories there, as the union in memory has it' '
	printf "user,item,timestamp,size\nu1,a,5,1.50\nu2,b,6,\nu2,c,7,2\nu3,a,1,-0.25\nu4,a,1,1e30\n" | rs-import --quiet >one.rsd
	printf "user,item,timestamp,size\nu1,a,5,1.5\nu2,b,7,large\nu2,c,7,2\nu3,a,1,x|y\n" | rs-import --quiet >two.rsd
	printf "user,item,timestamp,size\nu1,b,5,2\nu2,b,7,7\n" | rs-import --quiet >three.rsd
	for order in "one two three" "three two one" "two one three"; do
		set -- $(printf "%s.rsd " $order)
		rs-merge --quiet "$@" >joined.rsd
		rs-info --check joined.rsd
		rs-view "$@" >want
		rs-view joined.rsd | cmp - want
	done
	grep -q "^u1,a,5,1.5$" want
	grep -q "^u3,a,1,x|y$" want
'

test_ok 'more files than are granted at first' '
	rs-synth --quiet --users 3000 --items 5000 --events 60000 -o d.rsd
	[ "$(wc -c <d.rsd)" -gt 262144 ]
	rs-merge --quiet d.rsd >want
	set -- d.rsd d.rsd d.rsd d.rsd d.rsd
	set -- "$@" "$@" "$@" "$@"
	# valgrind grants no more than it had at the start
	case $RS_BUILD in */valgrind) ;; *) ( ulimit -S -n 16 && rs-merge --quiet "$@" ) | cmp - want ;; esac
	( ulimit -n 16 && expect_exit 66 "rs-merge $*" "Too many open files" )
'

# Events that tie in time and item, and whose columns stand in another order or type in the second file; $1: items.
loose()
{
	awk -v items="$1" 'BEGIN {
		srand(11)
		print "user,item,timestamp,size,device" >"one.csv"
		print "user,item,timestamp,device,size" >"two.csv"
		for (i = 0; i < 2000; i++) {
			printf "u%d,i%d,%d,%d,%s\n", int(rand() * 5), int(rand() * items), int(rand() * 3), int(rand() * 400) - 99,
				rand() < .5 ? "desk" : "phone" >"one.csv"
			printf "u%d,i%d,%d,%s,%s\n", int(rand() * 5), int(rand() * items), int(rand() * 3), rand() < .5 ? "desk" : "phone",
				rand() < .5 ? "large" : int(rand() * 400) >"two.csv"
		}
	}'
	rs-import --quiet one.csv >one.rsd
	rs-import --quiet two.csv >two.rsd
}

test_ok 'columns in another order or type: what ties is sorted as the result has them' '
	for items in 20 2; do # ties by the dozen, and by the hundred
		loose $items
		for order in "one two" "two one" "two one two"; do
			set -- $(printf "%s.rsd " $order)
			rs-view "$@" >want
			for j in 1 3; do
				rs-merge --quiet -j $j "$@" >joined.rsd
				rs-info --check joined.rsd
				rs-view joined.rsd | cmp - want
			done
		done
	done
	cat one.rsd | rs-merge --quiet two.rsd - | rs-view - >got
	rs-view two.rsd one.rsd | cmp - got
	expect_exit 71 "rs-merge --memory 200K one.rsd two.rsd"
'

# The visitor s1 of the first day says who they are on the second.
days()
{
	printf '{"sessionId":"s1","eventList":[{"eventType":"view","sentAt":1,"itemId":"a","eventId":"e1"},{"eventType":"view","sentAt":2,"itemId":"b","eventId":"e2"}]}\n' >one
	printf '{"sessionId":"s2","eventList":[{"eventType":"view","sentAt":3,"itemId":"a","eventId":"e3"}]}\n' >>one
	printf '{"sessionId":"s9","userId":"cid","eventList":[{"eventType":"view","sentAt":3,"itemId":"a","eventId":"e9"}]}\n' >>one
	printf '{"sessionId":"s1","userId":"ann","eventList":[{"eventType":"buy","sentAt":9,"itemId":"b","eventId":"e4"}]}\n' >two
	printf '{"sessionId":"s1","userId":"bob","eventList":[{"eventType":"buy","sentAt":11,"itemId":"c","eventId":"e5"},{"eventType":"view","sentAt":2,"itemId":"b","eventId":"e2"}]}\n' >>two
	for f in one two; do rs-import --quiet $f >$f.rsd; done
}

test_ok 'visitors are linked over files as they are in one import' '
	days
	sed -i "/bob/d" two
	rs-import --quiet two >two.rsd
	cat one two | rs-import --quiet >want.rsd
	rs-merge --link-sessions one.rsd two.rsd 2>said >got.rsd
	grep -q "^rs-merge: 1 visitors became users$" said
	rs-info --check got.rsd
	rs-view got.rsd >got
	rs-view want.rsd | cmp - got
	rs-merge --quiet --link-sessions got.rsd | rs-view - | cmp - got
'
test_ok 'linking in too little memory is refused before it starts' '
	days
	rs-synth --quiet --users 1000 --items 100 --events 200000 >d.rsd
	expect_exit 71 "rs-merge --link-sessions --memory 12M one.rsd d.rsd" "all events for linking"
	rs-merge --quiet --link-sessions one.rsd d.rsd >want
	rs-merge --quiet --link-sessions --memory 60M one.rsd d.rsd | cmp - want
'
test_ok 'of two users the one of the earliest event, and without the option nobody' '
	days
	rs-merge --quiet --link-sessions one.rsd two.rsd | rs-view - | cut -d, -f 1-4 >got
	printf "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\nbob,a,1,view\nbob,b,2,view\nbob,c,11,buy\n" >want
	printf "ann,b,9,buy\ncid,a,3,view\ns2,a,3,view\n" >>want
	sort want >w
	sort got | cmp - w
	rs-merge --quiet one.rsd two.rsd | rs-view - | grep -q "^s1,a,1,view"
	rs-synth --quiet --users 20 --items 10 --events 100 >d.rsd
	rs-merge --quiet d.rsd >want
	rs-merge --quiet --link-sessions d.rsd >got
	rs-view got >a
	rs-view want | cmp - a
'
test_done
