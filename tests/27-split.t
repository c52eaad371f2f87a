#!/bin/sh
# rs-split: which events become truth.
. "$(dirname "$0")/lib.sh"

# Ten events of Ann, four of Bob, one of Cid; times in order of the letters.
small()
{
	{
		echo user,item,timestamp
		t=100
		for i in a b c d e f g h i j; do
			echo "ann,$i,$t"
			t=$((t + 10))
		done
		printf "bob,a,101\nbob,d,500\nbob,b,111\nbob,c,121\ncid,a,131\n"
	} >log.csv
	rs-import --quiet log.csv >log.rsd
}

# rows FILE...: what is in a dataset, one user,item a line.
rows()
{
	rs-view "$@" | sed 1d | cut -d , -f 1,2
}

# split ARGUMENT...: into train, truth and history (text).
split()
{
	rs-split --quiet --train train.rsd --truth truth.rsd --history history.rsd "$@"
	for part in train truth history; do rows $part.rsd >$part; done
}

test_need rs-import rs-view
test_ok 'last: the newest of each user, rounded up, and one stays' '
	small
	split --by last --fraction .25 log.rsd
	printf "ann,h\nann,i\nann,j\nbob,d\n" | cmp - truth
	printf "ann,a\nann,b\nann,c\nann,d\nann,e\nann,f\nann,g\nbob,a\nbob,b\nbob,c\ncid,a\n" | cmp - train
	grep -v cid train | cmp - history
	split --by last --fraction .1 log.rsd
	printf "ann,j\nbob,d\n" | cmp - truth
	split --by last --fraction 1 log.rsd
	printf "ann,a\nbob,a\ncid,a\n" | cmp - train
	split --by last --fraction 0 log.rsd
	[ ! -s truth ]
	[ ! -s history ]
	[ "$(wc -l <train)" = 15 ]
'
test_ok 'last: so many of each user' '
	small
	split --by last --count 3 log.rsd
	printf "ann,h\nann,i\nann,j\nbob,b\nbob,c\nbob,d\n" | cmp - truth
	split --by last --count 100 --min-events 5 log.rsd
	printf "ann,b\nann,c\nann,d\nann,e\nann,f\nann,g\nann,h\nann,i\nann,j\n" | cmp - truth
'
test_ok 'time: the newest of all, the same second together' '
	small
	split --by time --fraction .2 log.rsd
	# The third newest of 15 is at 180.
	printf "ann,i\nann,j\nbob,d\n" | cmp - truth
	split --by time --at 131 log.rsd
	printf "ann,e\nann,f\nann,g\nann,h\nann,i\nann,j\nbob,d\ncid,a\n" | cmp - truth
	# Cid has no history: nothing before.
	if grep -q cid history; then exit 1; fi
	split --by time --at 1970-01-01T00:02:11Z log.rsd
	[ "$(wc -l <truth)" = 8 ]
	printf "user,item,time\na,x,1\nb,x,2\nc,x,2\nd,x,2\ne,x,-5\n" | rs-import --quiet >ties.rsd
	split --by time --fraction .2 ties.rsd
	printf "b,x\nc,x\nd,x\n" | cmp - truth
'
test_ok 'random: a share of the items of each user, rounded down' '
	small
	split --by random --fraction .3 log.rsd
	[ "$(grep -c ann truth)" = 3 ]
	[ "$(grep -c bob truth)" = 1 ]
	if grep -q cid truth; then exit 1; fi
	sort train truth >got
	sed 1d log.csv | cut -d , -f 1,2 | sort | cmp - got
	cp truth before
	split --by random --fraction .3 --seed 7 log.rsd
	if cmp -s truth before; then exit 1; fi
	split --by random --count 2 log.rsd
	[ "$(grep -c ann truth)" = 2 ]
	[ "$(grep -c bob truth)" = 2 ]
'
test_ok 'random: others who join or leave change nothing' '
	rs-synth --quiet --users 50 --items 60 --events 2000 --csv-events log.csv >all.rsd
	grep -v "^u0000[24]" log.csv | rs-import --quiet >some.rsd
	split --by random --fraction .3 all.rsd
	grep -v "^u0000[24]" truth >want
	split --by random --fraction .3 some.rsd
	cmp truth want
'
test_ok 'random: no pair of user and item is on both sides' '
	rs-synth --quiet --users 50 --items 20 --events 2000 >d.rsd
	split --by random --fraction .4 d.rsd
	sort -u train >a
	sort -u truth >b
	[ "$(comm -12 a b | wc -l)" = 0 ]
'
test_ok 'users: some are held out whole, their newest are truth' '
	rs-synth --quiet --users 103 --items 40 --events 5000 >d.rsd
	split --by users --fraction .1 d.rsd
	cut -d , -f 1 truth | sort -u >u_truth
	cut -d , -f 1 history | sort -u | cmp - u_truth
	[ "$(wc -l <u_truth)" = 10 ]
	cut -d , -f 1 train | sort -u >u_train
	[ "$(comm -12 u_truth u_train | wc -l)" = 0 ]
	sort train truth history >got
	rows d.rsd | sort | cmp - got
	# Of each, a tenth of the events, rounded up; none is older than the history.
	while read -r u; do
		h=$(grep -c "^$u," history)
		t=$(grep -c "^$u," truth)
		[ "$t" = $(((h + t + 9) / 10)) ]
		echo "$u" | rs-view --users - history.rsd | sed 1d | cut -d , -f 3 | sort -n | tail -n 1 >last
		echo "$u" | rs-view --users - truth.rsd | sed 1d | cut -d , -f 3 | sort -n | head -n 1 >first
		[ "$(cat last)" -le "$(cat first)" ]
	done <u_truth
	# Nobody of the held-out users has a row in the training data.
	rs-view --table users train.rsd | sed 1d | cut -d , -f 1 | sort >rows
	[ "$(comm -12 u_truth rows | wc -l)" = 0 ]
'
test_ok 'users: at least one, and at least one event' '
	small
	split --by users --fraction .01 --hold 0.01 log.rsd
	[ "$(wc -l <truth)" = 1 ]
	split --by users --fraction 1 --hold 1 log.rsd
	printf "ann,a\nbob,a\n" | cmp - history
	printf "cid,a\n" | cmp - train
'
test_ok 'file: what stands in the test is truth' '
	small
	printf "user,item,timestamp\nann,c,120\nbob,d,1\nzoe,a,5\nbob,a,101\n" | rs-import --quiet >test.rsd
	rs-split --by file --test test.rsd --train train.rsd --truth truth.rsd log.rsd 2>said
	rows truth.rsd >truth
	printf "ann,c\nbob,a\n" | cmp - truth
	grep -q "2 of 4 events of test.rsd are not in the data" said
	printf "user,item\nann,c\nbob,d\n" | rs-import --quiet >pairs.rsd
	split --by file --test pairs.rsd log.rsd
	printf "ann,c\nbob,d\n" | cmp - truth
'
test_ok 'attributes: training keeps all items, truth only its own' '
	rs-synth --quiet --users 30 --items 200 --events 300 >d.rsd
	split --by last --count 1 d.rsd
	[ "$(rs-view --table items train.rsd | wc -l)" = 201 ]
	[ "$(rs-view --table items history.rsd | wc -l)" = 201 ]
	rs-view --table items truth.rsd | sed 1d | cut -d , -f 1 >got
	cut -d , -f 2 truth | sort -u | cmp - got
'
test_ok 'data without times has no last' '
	printf "user,item\na,x\na,y\n" | rs-import --quiet >d.rsd
	for by in last time users; do
		expect_exit 64 "rs-split --by $by --train a --truth b d.rsd" "no times"
	done
	split --by random --fraction .5 d.rsd
	[ "$(wc -l <truth)" = 1 ]
'
test_ok 'several datasets are their union; threads do not matter' '
	rs-synth --quiet --users 300 --events 5000 >a.rsd
	rs-synth --quiet --users 300 --first-user 200 --events 5000 >b.rsd
	for by in last random users time; do
		rs-split --quiet --by $by -j 1 --train want1 --truth want2 a.rsd b.rsd
		for j in 2 3; do
			rs-split --quiet --by $by -j $j --train got1 --truth got2 a.rsd b.rsd
			cmp got1 want1
			cmp got2 want2
		done
	done
'
test_ok 'what cannot be' '
	small
	expect_exit 64 "rs-split log.rsd" "nothing to write"
	expect_exit 64 "rs-split -o x --train a log.rsd" "--output"
	expect_exit 64 "rs-split --by time --count 3 --train a log.rsd" "--count"
	expect_exit 64 "rs-split --by last --at 5 --train a log.rsd" "--at"
	expect_exit 64 "rs-split --by time --at noon --train a log.rsd" "--at \"noon\""
	expect_exit 64 "rs-split --by file --train a log.rsd" "--test"
	expect_exit 64 "rs-split --by last --test log.rsd --train a log.rsd" "--test"
	expect_exit 64 "rs-split --by last --train a" "at least one DATASET"
	expect_exit 73 "rs-split --by last --train absent/a log.rsd" absent
	expect_exit 66 "rs-split --by last --train a absent.rsd" absent.rsd
	[ ! -e a ]
'
test_ok 'nothing to split' '
	printf "user,item,timestamp\n" | rs-import --quiet >d.rsd || exit 0
	for by in last random time users; do
		split --by $by d.rsd
		[ ! -s train ]
		[ ! -s truth ]
	done
'
test_data ml-1m/ratings-ordered.csv
test_ok 'ml-1m, the last tenth of each user: popular reaches P@5 .0633' '
	rs-import --quiet --columns user=user_id,item=item_id,time=order "$DATA" >ml.rsd
	rs-split --quiet --by last --fraction .1 --train train.rsd --truth truth.rsd ml.rsd
	rs-train --quiet -r popularity-count train.rsd >popular.rsm
	rs-eval --quiet --truth truth.rsd --metrics precision@5,precision@10,precision@25,mrr@25 popular.rsm train.rsd >scores
	awk "{ v[\$1] = \$2 } END {
		exit !(v[\"precision@5\"] > .0632 && v[\"precision@5\"] < .0634 && v[\"precision@10\"] > .0566 &&
			v[\"precision@10\"] < .0568)
	}" scores || { cat scores; exit 1; }
'
test_done
