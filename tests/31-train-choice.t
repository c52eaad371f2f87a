#!/bin/sh
# rs-train: which events count, how much, of whom, and what lists shall be rich in.
. "$(dirname "$0")/lib.sh"

# scores MODEL DATA: item and score of what everybody gets, sorted by item.
scores()
{
	rs-recommend --seen keep -n 100 --user nobody "$1" "$2" 2>/dev/null | sed 1d | cut -f 2,4 | sort
}
log='
	cat >log.csv <<-END
	user,item,time,type,rating,qty
	u1,a,100,view,5,2
	u1,b,200,buy,4,1
	u1,c,300,view,3,
	u1,d,400,buy,2,3
	u2,a,100,buy,1,1
	u2,b,200,dislike,2,4
	u3,c,100,view,5,0
	END
	rs-import -q --columns user,item,time,type,value,qty log.csv -o d.rsd
	printf "item,price\na,1\nb,9\nc,5\nd,7\n" >items.csv
'

test_ok 'a weight below 0 speaks against an item, where the method can hear it' "$log"'
	rs-train -r popularity-count --event view --event buy:weight=2 --event dislike:weight=-3 d.rsd -o m.rsm
	scores m.rsm d.rsd >got
	printf "a\t3\nb\t-1\nc\t2\nd\t2\n" | cmp - got
	expect_exit 64 "rs-train -r itemknn --event dislike:weight=-3 d.rsd -o x" "*event \"dislike\": itemknn cannot learn from negative weights*"
	expect_exit 64 "rs-train -r als --event dislike:weight=-3 d.rsd -o x" "*als cannot learn from negative weights*"
	[ ! -e x ]
	rs-info m.rsm | grep -q "\"weight\":-3.0"
'
test_ok 'a type that the data lacks is told, and which there are' "$log"'
	rs-train -r itemknn --event View --event bying:weight=3 d.rsd -o m.rsm 2>said
	echo "rs-train: --event \"bying\": the data has no such type, only \"buy\", \"dislike\", \"view\"" | cmp - said
	rs-train -q -r itemknn --event view --event bying d.rsd -o m.rsm 2>said
	[ ! -s said ]
	rs-train -r itemknn --event VIEW d.rsd -o m.rsm 2>said
	[ ! -s said ]
	expect_exit 65 "rs-train -r itemknn --event bying d.rsd -o x" "*--event \"bying\": the data has no such type, only \"buy\"*"
	awk "BEGIN { print \"user,item,type\"; for (i = 10; i < 25; i++) print \"u\" i % 2 \",i\" i \",kind\" i }" | rs-import -q -o k.rsd
	rs-train -r itemknn --event kind10 --event kind99 k.rsd -o m.rsm 2>said
	grep -q "\"kind19\" and 5 more\$" said
'
test_ok 'who dislikes an item is not told of what goes with it' '
	for u in 1 2 3 4 5 6; do printf "u$u,a,like\nu$u,b,like\n"; done >log
	for u in 7 8 9 10 11 12; do printf "u$u,c,like\nu$u,d,like\n"; done >>log
	printf "x,a,dislike\nx,c,like\n" >>log
	{ echo user,item,type; cat log; } | rs-import -q - -o d.rsd
	rs-train -r ease -p l2=1 --event like --event dislike:weight=-1 d.rsd -o m.rsm
	rs-recommend -n 2 --user x m.rsm d.rsd | sed 1d >got
	[ "$(cut -f 2 got | tr "\n" " ")" = "d b " ]
	awk "NR == 2 && \$4 < 0 { found = 1 } END { exit !found }" got
	rs-recommend -n 2 --explain 2 --user x m.rsm d.rsd | sed -n 3p | grep -q "a=1"
'
test_ok 'weights from a column, nulls 1, remembered for requests' "$log"'
	rs-train -r popularity-count -p count=events --weight qty d.rsd -o m.rsm
	scores m.rsm d.rsd >got
	printf "a\t3\nb\t5\nc\t1\nd\t3\n" | cmp - got
	rs-train -r popularity-count -p count=events --weight value d.rsd -o m.rsm
	scores m.rsm d.rsd >got
	printf "a\t6\nb\t6\nc\t8\nd\t2\n" | cmp - got
	rs-train -r ease -p l2=1 --weight qty d.rsd -o m.rsm
	rs-info m.rsm | grep -q "\"weight_column\":\"qty\""
	rs-recommend -n 1 --user u2 m.rsm d.rsd | sed 1d | cut -f 4 >one
	{ echo user,item,time; echo u2,a,100; echo u2,b,200; } >h.csv
	rs-recommend -n 1 --histories h.csv m.rsm | sed 1d | cut -f 4 >plain
	if cmp -s one plain; then exit 1; fi
	expect_exit 65 "rs-train -r ease --weight nothing d.rsd -o x" "*weight column \"nothing\": the events have no such column*"
	expect_exit 64 "rs-train -r ease --weight= d.rsd -o x" "*expected the name of a column*"
'
test_ok 'a negative number in the column is refused where the method cannot take it' '
	printf "user,item,w\nu1,a,-2\nu1,b,1\nu2,a,1\n" | rs-import -q - -o d.rsd
	expect_exit 65 "rs-train -r itemknn --weight w d.rsd -o x" "*the weight column has a negative number, from which itemknn cannot learn*"
	rs-train -r popularity-count --weight w d.rsd -o m.rsm
	rs-recommend --seen keep --user nobody m.rsm d.rsd 2>/dev/null | sed 1d | cut -f 2,4 | sort >got
	printf "a\t-1\nb\t1\n" | cmp - got
'
test_ok 'short and long histories, and old events, teach nothing' "$log"'
	rs-train -r popularity-count --max-history .99 d.rsd -o m.rsm
	scores m.rsm d.rsd >got
	printf "a\t1\nb\t1\nc\t1\n" | cmp - got
	rs-train -r popularity-count --min-history .5 --max-history .5 d.rsd -o m.rsm
	scores m.rsm d.rsd >got
	printf "a\t1\nb\t1\n" | cmp - got
	rs-train -r popularity-count --last-events 1 d.rsd -o m.rsm
	scores m.rsm d.rsd >got
	printf "b\t1\nc\t1\nd\t1\n" | cmp - got
	rs-info m.rsm | grep -q "\"last_events\":1"
	expect_exit 64 "rs-train -r popular --min-history .6 --max-history .5 d.rsd -o x" "*above*"
	printf "user,item\nu1,a\nu1,b\n" | rs-import -q - -o e.rsd
	expect_exit 65 "rs-train -r popular --last-events 1 e.rsd -o x" "*no times*"
'
test_ok 'an objective makes lists rich, the more the more sensitive' '
	rs-synth -q --users 300 --items 200 --events 12000 -o d.rsd
	rs-view --table items d.rsd >items.csv
	head -n 1 items.csv >head
	price=$(tr , "\n" <head | grep -i price)
	field=$(tr , "\n" <head | grep -in price | cut -d: -f 1)
	for s in off low medium high; do
		rs-train -r itemknn --objective "$price:$s" d.rsd -o m.rsm
		rs-recommend -n 10 m.rsm d.rsd | sed 1d >lists.$s
		[ "$(wc -l <lists.$s)" = 3000 ]
		awk -F "\t" "\$1 != u { u = \$1; s = 1e9 } \$4 > s { exit 1 } { s = \$4 }" lists.$s
		awk -v field="$field" "
			FILENAME == \"items.csv\" { split(\$0, c, \",\"); price[c[1]] = c[field]; next }
			{ split(\$0, c, \"\t\"); sum += price[c[2]] } END { print sum }" items.csv lists.$s >>sums
	done
	sort -g -c sums
	[ "$(sort -u sums | wc -l)" = 4 ]
	rs-train -r itemknn d.rsd | rs-recommend -n 10 - d.rsd | sed 1d | cmp - lists.off
	rs-info m.rsm | grep -q "\"sensitivity\":\"high\""
	rs-recommend -j 1 -n 10 m.rsm d.rsd | sed 1d | cmp - lists.high
	rs-recommend -j 3 -n 10 --explain 1 m.rsm d.rsd | sed 1d | cut -f 1-4 | cmp - lists.high
'
test_ok 'an objective that is no column of numbers is refused' '
	rs-synth -q --users 30 --items 20 --events 300 -o d.rsd
	expect_exit 65 "rs-train -r popular --objective nothing d.rsd -o x" "*objective \"nothing\": the items of the datasets have no such column of numbers*"
	expect_exit 64 "rs-train -r popular --objective a:huge d.rsd -o x" "*expected COLUMN*"
'
test_done
