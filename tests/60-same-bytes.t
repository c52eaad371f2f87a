#!/bin/sh
# The same bytes every time: whatever the number of threads, the order of the input rows, the locale or the time zone, a dataset,
# each recipe's model and its lists are the same; and a history gives the same list as text as it does in a dataset.
. "$(dirname "$0")/lib.sh"

shuffles=20
[ -z "${RS_SLOW:-}" ] || shuffles=3
[ -z "$RS_LONG" ] || shuffles=100

# pipe OUT LOG [OPTION...]: everything from a log to lists and their quality, into the directory OUT.
pipe='
	pipe()
	{
		out=$1 log=$2
		shift 2
		mkdir "$out"
		rs-import -q "$@" --user-table users.csv --item-table items.csv "$log" -o "$out/d.rsd"
		rs-split -q "$@" --by last --fraction 0.2 --train "$out/train.rsd" --truth "$out/truth.rsd" "$out/d.rsd"
		for r in $recipes; do
			rs-train -q "$@" -r "$r" "$out/train.rsd" -o "$out/$r.rsm"
			rs-recommend -q "$@" -n 5 --explain 2 "$out/$r.rsm" "$out/train.rsd" -o "$out/$r.tsv"
			rs-eval -q "$@" --resamples 100 --truth "$out/truth.rsd" "$out/$r.rsm" "$out/train.rsd" -o "$out/$r.eval"
		done
	}
	same()
	{
		for f in want/*; do
			cmp "$f" "$1/$(basename "$f")"
		done
	}
	recipes=$(rs-train --list-recipes | cut -f 1)
	rs-synth -q --users 80 --items 50 --events 2500 -o /dev/null --csv-events log.csv --csv-users users.csv \
		--csv-items items.csv
	pipe want log.csv --threads 1
'

test_ok 'any number of threads' "$pipe"'
	for n in 2 3 8; do
		pipe $n log.csv --threads $n
		same $n
	done
'

test_ok "$shuffles orders of the rows" "$pipe"'
	head -n 1 log.csv >names
	tail -n +2 log.csv >rows
	seed=1
	while [ $seed -le '"$shuffles"' ]; do
		awk -v seed=$seed "BEGIN { srand(seed) } { print rand() \"\t\" \$0 }" rows | sort | cut -f 2- | cat names - >mixed.csv
		if cmp -s mixed.csv log.csv; then exit 1; fi
		rs-import -q --user-table users.csv --item-table items.csv mixed.csv | cmp - want/d.rsd
		seed=$((seed + 1))
	done
	pipe mixed mixed.csv
	same mixed
'

test_ok 'locales and time zones' "$pipe"'
	for place in C:UTC C.UTF-8:Asia/Kathmandu de_DE.UTF-8:America/St_Johns tr_TR.UTF-8:Pacific/Apia; do
		LC_ALL=${place%%:*} TZ=${place#*:} pipe "${place%%:*}" log.csv
		same "${place%%:*}"
	done
'

test_ok 'a history as text gives the list that it gives in a dataset, for each recipe and user' "$pipe"'
	rs-view want/train.rsd >histories # of people of whom no attributes are known
	rs-import -q histories -o plain.rsd
	for r in $recipes; do
		rs-recommend -q -n 5 --explain 2 "want/$r.rsm" plain.rsd >from-dataset
		rs-recommend -q -n 5 --explain 2 --histories histories "want/$r.rsm" | cmp - from-dataset
	done
'

test_data ml-1m/ratings-ordered.csv
test_ok 'the same for every user of ml-1m' '
	rs-import -q --columns user=1,item=2,value=3,time=4 "$DATA" -o d.rsd
	rs-view d.rsd >histories.csv
	for r in popular itemknn ease; do
		rs-train -q -r $r d.rsd -o m.rsm
		rs-recommend -q m.rsm d.rsd >want
		[ "$(cut -f 1 want | sort -u | wc -l)" = 6041 ]
		rs-recommend -q --histories histories.csv m.rsm | cmp - want
	done
	rs-train -q -r als -p factors=64 -p epochs=3 d.rsd -o m.rsm
	rs-recommend -q m.rsm d.rsd >want
	rs-recommend -q --histories histories.csv m.rsm | cmp - want
'

test_always
test_ok 'no user stands in a model: whatever the users are called, it is the same' '
	rs-synth -q --users 80 --items 50 --events 2500 --user-prefix zyxwvu -o /dev/null --csv-events log.csv \
		--csv-users users.csv --csv-items items.csv
	rs-import -q --user-table users.csv --item-table items.csv log.csv -o d.rsd
	sed s/zyxwvu/abcdefgh/ log.csv >other.csv
	sed s/zyxwvu/abcdefgh/ users.csv >other-users.csv
	rs-import -q --user-table other-users.csv --item-table items.csv other.csv -o other.rsd
	if cmp -s d.rsd other.rsd; then exit 1; fi
	for r in $(rs-train --list-recipes | cut -f 1); do
		rs-train -q -r "$r" d.rsd -o m.rsm
		rs-train -q -r "$r" other.rsd -o other.rsm
		cmp m.rsm other.rsm
		rs-info m.rsm >info
		if grep -a -q zyxwvu m.rsm info; then exit 1; fi
	done
'
test_done
