#!/bin/sh
# Attributes of users and items: new items and new people, the choice of columns, looked-up users.
. "$(dirname "$0")/lib.sh"

test_need rs-import rs-train rs-recommend rs-similar rs-info

# Forty people who like either red or blue things, of twenty; four more things that nobody knows.
people()
{
	awk 'BEGIN {
		print "user,item"
		for (u = 0; u < 40; u++)
			for (k = 0; k < 6; k++)
				printf "u%02d,i%02d\n", u, (u * 7 + k * 3) % 10 * 2 + u % 2
	}' >log.csv
	awk 'BEGIN {
		print "item,colour,weight,about"
		for (i = 0; i < 24; i++)
			printf "i%02d,%s,%d,a %s thing for %s\n", i, i % 2 ? "red" : "blue", i % 5, i % 2 ? "crimson" : "azure", \
				i % 3 ? "home" : "work"
	}' >items.csv
	awk 'BEGIN { print "user,team,age"; for (u = 0; u < 44; u++) printf "u%02d,%s,%d\n", u, u % 2 ? "reds" : "blues", 20 + u }' >users.csv
	rs-import --quiet log.csv --item-table items.csv --user-table users.csv -o d.rsd
}

test_ok 'content: new items go to those who like their kind' '
	people
	rs-train --quiet -r content d.rsd -o m.rsm
	printf "i20\ni21\ni22\ni23\n" >new
	rs-recommend -n 2 --allow new -u u00 -u u01 m.rsm d.rsd | sed 1d | cut -f 1,2 | sort >got
	printf "u00\ti20\nu00\ti22\nu01\ti21\nu01\ti23\n" | cmp - got
'
test_ok 'content: lists are explained, shares add up' '
	people
	rs-train --quiet -r content -p popularity=0 d.rsd -o m.rsm
	rs-recommend -n 1 --explain 10 -f jsonl -u u00 m.rsm d.rsd >got
	grep -q "i0[0-9]\|i1[0-9]" got
'
test_ok 'content: related items are of the kind; items nobody knows have some too' '
	people
	rs-train --quiet -r content d.rsd -o m.rsm
	echo i21 >ask
	rs-similar -n 3 --items ask m.rsm | sed 1d | cut -f 2 | while read -r item; do
		[ $((${item#i} % 2)) = 1 ] || [ $((1${item#i} % 2)) = 1 ]
	done
'
# A vector of two numbers for each item, as numpy.save writes them: red things one way, blue ones the other.
vectors()
{
	{
		printf '\223NUMPY\001\000\166\000'
		printf "%-117s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (24, 2), }"
		for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
			printf '\000\000\200\077\000\000\000\000\000\000\000\000\000\000\200\077'
		done
	} >v.npy
	awk 'BEGIN { for (i = 0; i < 24; i++) printf "i%02d\n", i }' >ids
}

test_ok 'content: vectors of items in place of attributes, and beside them' '
	people
	vectors
	rs-train --quiet -r content --item-columns none --item-vectors v.npy --item-vector-ids ids d.rsd -o m.rsm
	printf "i20\ni21\ni22\ni23\n" >new
	rs-recommend -n 2 --allow new -u u00 -u u01 m.rsm d.rsd | sed 1d | cut -f 1,2 | sort >got
	printf "u00\ti20\nu00\ti22\nu01\ti21\nu01\ti23\n" | cmp - got
	for n in 1 3; do
		rs-train --quiet -j $n -r content --item-columns none --item-vectors - --item-vector-ids ids d.rsd -o again.rsm <v.npy
		rs-recommend m.rsm d.rsd >want
		rs-recommend again.rsm d.rsd | cmp - want
	done
	rs-train --quiet -r content d.rsd -o plain.rsm
	rs-train --quiet -r content -p vector_weight=0 --item-vectors v.npy --item-vector-ids ids d.rsd -o none.rsm
	rs-train --quiet -r content -p vector_weight=5 --item-vectors v.npy --item-vector-ids ids d.rsd -o both.rsm
	rs-recommend plain.rsm d.rsd >want
	rs-recommend none.rsm d.rsd | cut -f 1-3 >got
	cut -f 1-3 want | cmp - got
	! rs-recommend both.rsm d.rsd | cmp -s - want || exit 1
	sed s/i2/j2/ ids >others
	rs-train -r content --item-columns none --item-vectors v.npy --item-vector-ids others d.rsd -o m.rsm 2>said
	grep -q "4 of 24 items have no vector" said
'
test_ok 'content: vectors that are not as they should be' '
	people
	vectors
	expect_exit 64 "rs-train -r content --item-vectors v.npy d.rsd -o c.rsm" "go together"
	expect_exit 64 "rs-train -r als --item-vectors v.npy --item-vector-ids ids d.rsd -o c.rsm" "does not learn from vectors"
	expect_exit 65 "rs-train -r content --item-vectors ids --item-vector-ids ids d.rsd -o c.rsm" "no file of NumPy"
	sed 1d ids >fewer
	expect_exit 65 "rs-train -r content --item-vectors v.npy --item-vector-ids fewer d.rsd -o c.rsm" "23 ids for 24 vectors"
	sed s/i/x/ ids >others
	expect_exit 65 "rs-train -r content --item-vectors v.npy --item-vector-ids others d.rsd -o c.rsm" "the ids do not fit"
	head -c 200 v.npy >cut.npy
	expect_exit 65 "rs-train -r content --item-vectors cut.npy --item-vector-ids ids d.rsd -o c.rsm" "cut.npy: holds more, or less"
	[ ! -e c.rsm ]
'
test_ok 'als: new items go to those who like their kind, new people get what their kind likes' '
	people
	rs-train --quiet -r als -p factors=8 -p item_attributes=true -p user_attributes=true --user-columns team d.rsd -o m.rsm
	printf "i20\ni21\ni22\ni23\n" >new
	rs-recommend -n 2 --allow new -u u00 -u u01 m.rsm d.rsd | sed 1d | cut -f 1,2 | sort >got
	printf "u00\ti20\nu00\ti22\nu01\ti21\nu01\ti23\n" | cmp - got
	rs-recommend -n 3 -u u40 -u u43 m.rsm d.rsd >got
	awk "NR > 1 { if (substr(\$2, 2) % 2 != substr(\$1, 2) % 2) exit 1 } END { if (NR != 7) exit 1 }" got
	for n in 1 2 5; do
		rs-train --quiet -j $n -r als -p factors=8 -p item_attributes=true -p user_attributes=true --user-columns team d.rsd \
			-o again.rsm
		cmp m.rsm again.rsm
	done
'
test_ok 'als: an explanation names the attribute, and its shares are of the score' '
	people
	rs-train --quiet -r als -p factors=8 -p user_attributes=true --user-columns team d.rsd -o m.rsm
	rs-recommend -n 1 --explain 30 -u u41 m.rsm d.rsd >got
	sed -n 2p got | cut -f 5 | grep -q "^team=reds="
	rs-recommend -n 1 --explain 30 -f jsonl -u u41 m.rsm d.rsd | grep -q "{\"attribute\":\"team=reds\",\"share\":"
	rs-recommend -n 1 --explain 30 -u u01 m.rsm d.rsd | sed -n 2p | cut -f 5 >got
	grep -q "team=reds=" got
	grep -q "i[01][0-9]=" got
	sed 1d items.csv | cut -d , -f 1 >every
	rs-rank --explain 30 --items every -n 1 -u u41 m.rsm d.rsd | grep -q "team=reds="
'
test_ok 'als: without attributes in the data it is what it is without asking for them' '
	people
	rs-import --quiet log.csv -o plain.rsd
	rs-train --quiet -r als -p factors=8 plain.rsd -o a.rsm
	rs-train --quiet -r als -p factors=8 -p item_attributes=true -p user_attributes=true plain.rsd -o b.rsm
	rs-recommend a.rsm plain.rsd >want
	rs-recommend b.rsm plain.rsd | cmp - want
	printf "user,item\n" >none.csv
	rs-import --quiet none.csv --item-table items.csv -o items.rsd
	expect_exit 65 "rs-train -r als -p item_attributes=true items.rsd -o c.rsm" "no event to learn from"
'
test_ok 'columns are chosen by name; none are left with none' '
	people
	rs-train --quiet -r content --item-columns COLOUR d.rsd -o a.rsm
	rs-import --quiet log.csv --item-table items.csv --item-columns item,colour,-,- -o colour.rsd
	rs-train --quiet -r content colour.rsd -o b.rsm
	rs-recommend a.rsm d.rsd >want
	rs-recommend b.rsm d.rsd | cmp - want
	expect_exit 64 "rs-train -r content --item-columns price d.rsd -o c.rsm" "no column \"price\""
	expect_exit 65 "rs-train -r content --item-columns none d.rsd -o c.rsm" "no attributes of items"
	rs-import --quiet log.csv -o plain.rsd
	expect_exit 65 "rs-train -r content plain.rsd -o c.rsm" "content needs a table of items"
	[ ! -e c.rsm ]
'
test_ok 'the order of columns and rows does not matter' '
	people
	rs-train --quiet -r content d.rsd -o a.rsm
	awk -F , "{ print \$4 \",\" \$1 \",\" \$3 \",\" \$2 }" items.csv >head.csv
	(sed -n 1p head.csv; sed 1d head.csv | sort -r) >turned.csv
	rs-import --quiet log.csv --item-table turned.csv --user-table users.csv -o t.rsd
	rs-train --quiet -r content t.rsd -o b.rsm
	rs-recommend a.rsm d.rsd >want
	rs-recommend b.rsm t.rsd | cmp - want
'
test_ok 'similar: items that nobody knows are related by what is said of them, others by people too' '
	people
	rs-train --quiet -r similar d.rsd -o m.rsm
	printf "i21\ni22\ni00\n" >ask
	rs-similar -n 5 --items ask m.rsm | sed 1d | while IFS="	" read -r item other rest; do
		[ $((1${item#i} % 2)) = $((1${other#i} % 2)) ]
	done
	rs-similar -n 50 --items ask m.rsm | sed 1d | cut -f 2 | sort -u | grep -q i23
	rs-train --quiet -r aws-similar-items d.rsd -o a.rsm
	rs-info a.rsm | grep -q "\"popularity_discount\":0.0"
	rs-train -r similar --item-columns none d.rsd -o p.rsm 2>said
	grep -q "by what people do alone" said
	expect_exit 64 "rs-train -r similar -p popularity_discount=2 d.rsd -o x.rsm" "popularity_discount"
'
test_ok 'semantic: items alone, by their texts; popularity and freshness as far as wanted' '
	printf "item,title,creation_timestamp\na,a pot for green tea as it stands on the table of every other house they say,10\nb,pots for green tea as they stand on tables of houses far away they say,20\n" >t.csv
	printf "c,the red car with four wheels of black rubber that nobody drives they say,30\nd,red cars on wheels of rubber and sometimes of wood or iron too they say,40\ne,a leaf of green tea which somebody put into the pot last monday they say,50\n" >>t.csv
	rs-import --quiet --item-table t.csv -o t.rsd </dev/null
	rs-train --quiet -r semantic t.rsd -o m.rsm
	printf "a\nc\n" >ask
	rs-similar -n 1 --items ask m.rsm | sed 1d | cut -f 1,2 >got
	printf "a\tb\nc\td\n" | cmp - got
	rs-train --quiet -r semantic -p freshness=1 t.rsd -o m.rsm
	rs-similar -n 1 --items ask m.rsm | sed -n 2p | cut -f 2 | grep -qx e
	printf "user,item\nu1,e\nu2,e\nu3,b\n" >log.csv
	rs-import --quiet log.csv -o log.rsd
	rs-train --quiet -r aws-semantic-similarity -p popularity=1 log.rsd t.rsd -o m.rsm
	rs-similar -n 1 --items ask m.rsm | sed -n 2p | cut -f 2 | grep -qx e
	rs-recommend -n 1 --user u3 m.rsm log.rsd | sed 1d | cut -f 1,2 >got
	printf "u3\te\n" | cmp - got
	expect_exit 64 "rs-train -r semantic -p popularity=.6 -p freshness=.6 t.rsd -o x.rsm" "more than 1 together"
	expect_exit 65 "rs-train -r semantic log.rsd -o x.rsm" "needs a text column"
	rs-import --quiet --item-table t.csv --item-columns item,title,- -o n.rsd </dev/null
	expect_exit 65 "rs-train -r semantic -p freshness=.5 n.rsd -o x.rsm" "CREATION_TIMESTAMP"
	expect_exit 65 "rs-train -r semantic -p freshness=.5 log.rsd -o x.rsm" "CREATION_TIMESTAMP" # before texts are read
	[ ! -e x.rsm ]
'
# u42 and u43 have a row in the table of users and no event.
test_ok 'profile: people without events get what their like have, in bulk and by name' '
	people
	rs-train --quiet -r profile d.rsd -o m.rsm
	rs-recommend -n 3 m.rsm d.rsd >all 2>said
	[ ! -s said ]
	for user in u42 u43; do
		rs-recommend -n 3 --user $user m.rsm d.rsd | sed 1d >one
		grep "^$user	" all | cmp - one
		cut -f 2 one | while read -r item; do
			echo "${item#i}" | grep -q "[$([ $user = u42 ] && echo 02468 || echo 13579)]\$"
		done
	done
	rs-recommend -n 3 --user nobody m.rsm d.rsd 2>said >/dev/null
	grep -q "the user is not in the data" said
'
test_ok 'profile: the row of a new person may stand in another file, columns in any order' '
	people
	rs-train --quiet -r profile --user-columns team d.rsd -o m.rsm
	printf "AGE,Team,user\n90,reds,new\n" >new.csv
	rs-import --quiet --user-table new.csv -o new.rsd </dev/null
	rs-recommend -n 3 --user new m.rsm d.rsd new.rsd | sed 1d | cut -f 2- >got
	rs-recommend -n 3 --user u43 m.rsm d.rsd | sed 1d | cut -f 2- | cmp - got
'
test_ok 'people in no dataset: attributes as text, alone, beside histories and beside datasets' '
	people
	sed "/^u4[0-9]/d" users.csv >known.csv
	rs-import --quiet log.csv --item-table items.csv --user-table known.csv -o k.rsd
	for o in "profile" "als -p factors=8 -p user_attributes=true"; do
		rs-train --quiet -r $o --user-columns team k.rsd -o m.rsm
		rs-recommend -u u40 -u u43 m.rsm d.rsd >want
		printf "user,team\nu43,reds\nu40,blues\n" >new.csv
		rs-recommend --user-table new.csv m.rsm 2>said | cmp - want
		[ ! -s said ]
		rs-recommend --user-table - m.rsm <new.csv | cmp - want
		printf "%s\n" "{\"userId\":\"u40\",\"properties\":\"{\\\"team\\\":\\\"blues\\\"}\"}" \
			"{\"userId\":\"u43\",\"properties\":\"{\\\"team\\\":\\\"reds\\\"}\"}" >put.jsonl
		rs-recommend --user-table put.jsonl m.rsm | cmp - want
		rs-recommend -u u40 -u u43 --user-table new.csv m.rsm k.rsd | cmp - want
		printf "user,kind\nu43,reds\nu40,blues\n" | rs-recommend --user-table - --user-columns user,team m.rsm | cmp - want

		# somebody with events and attributes, as if both stood in the dataset
		rs-recommend -u u01 m.rsm d.rsd >want
		grep -e "^user" -e "^u01" log.csv >h.csv
		grep -e "^user" -e "^u01" users.csv >a.csv
		rs-recommend --histories h.csv --user-table a.csv m.rsm | cmp - want
		rs-recommend --histories h.csv m.rsm >without
		! cmp -s without want || exit 1
	done
	expect_exit 64 "rs-recommend --user-columns user m.rsm k.rsd" "is for --user-table"
	expect_exit 64 "rs-recommend m.rsm" "DATASET"
	expect_exit 66 "rs-recommend --user-table nowhere m.rsm" "nowhere"
	expect_exit 65 "rs-recommend --user-table log.csv --user-columns -,- m.rsm" "user"
'
test_ok 'a table of people beside a log without times, of one that has none, or of one that has them' '
	people
	printf "user,team,age\nnew,reds,30\n" >new.csv
	rs-train --quiet -r profile d.rsd -o m.rsm
	rs-recommend -n 2 -u new --user-table new.csv m.rsm d.rsd >got
	rs-import -q --user-table new.csv -o new.rsd </dev/null
	rs-recommend -n 2 -u new m.rsm d.rsd new.rsd | cmp - got
	rs-merge -q d.rsd new.rsd -o both.rsd
	rs-recommend -n 2 -u new m.rsm both.rsd | cmp - got
	printf "user,item,time\nnew,i01,5\n" >timed.csv
	printf "user,item,time\n" | rs-import -q --user-table new.csv -o none.rsd
	rs-import -q timed.csv -o timed.rsd
	rs-merge -q none.rsd d.rsd -o both.rsd
	rs-recommend -n 2 -u new m.rsm both.rsd | cmp - got
	rs-merge -q none.rsd timed.rsd -o both.rsd
	rs-view both.rsd | grep -q "^new,i01,5$"
	expect_exit 65 "rs-merge d.rsd timed.rsd -o x.rsd" "some have none"
'
test_ok 'profile: no value that few people share, and nobody, stands in the model' '
	people
	sed "s/^u07,reds/u07,secret/; s/,20$/,4711/" users.csv >rare.csv
	rs-import --quiet log.csv --user-table rare.csv -o rare.rsd
	rs-train --quiet -r profile rare.rsd -o m.rsm
	if grep -q "secret" m.rsm; then exit 1; fi
	if grep -q "u07" m.rsm; then exit 1; fi
	rs-info --check m.rsm >/dev/null
'
test_ok 'profile: without attributes lists are those of itemknn' '
	people
	rs-train -r profile --user-columns none d.rsd -o m.rsm 2>said
	grep -q "lists are those of itemknn" said
	rs-recommend -n 3 m.rsm d.rsd 2>said >lists
	grep -q "4 of 44 users have no history" said
	expect_exit 64 "rs-train -r profile --user-columns shoe d.rsd -o x.rsm" "no column \"shoe\""
	expect_exit 64 "rs-train -r profile -p min_people=0 d.rsd -o x.rsm" "min_people"
'
test_ok 'cells of a megabyte: time grows with their words, not with the square' '
	people
	awk "BEGIN { print \"item,about\"; for (i = 0; i < 20; i++) { printf \"i%02d,\", i
		for (k = 0; k < 120000 && i % 2; k++) printf \"%x \", (k * 7919) % 120000; print \"a thing\" } }" >long.csv
	rs-import -q log.csv --item-table long.csv -o d.rsd
	timeout "${RS_SLOW:+3}50" rs-train -q -r semantic d.rsd -o m.rsm
'
test_done
