#!/bin/sh
# The job for cron in examples: a night is whole, or as if it had not been.
. "$(dirname "$0")/lib.sh"

test_need rs-synth rs-import rs-merge rs-forget rs-analyze rs-split rs-train rs-eval rs-recommend rs-info flock

# Two days of a shop, the second of which has new people.
world='
	night=$RS_ROOT/examples/nightly.sh
	mkdir -p shop/new
	rs-synth -q --users 200 --items 80 --events 6000 --format csv --order time --csv-items shop/items.csv --csv-users shop/users.csv >log.csv
	{ head -n 4000 log.csv; } >shop/new/1.csv
	{ head -n 1 log.csv; sed 1,4000d log.csv; } >"second day.csv"
	state() { (cd shop && cksum base.rsd model.rsm lists.tsv 2>&1; ls new old 2>&1; ls | grep night || true); }
'

test_ok 'two nights: the base grows, files move away, everybody has a list, nothing is left over' "$world"'
	sh "$night" shop
	[ "$(ls shop)" = "base.rsd
eval.tsv
items.csv
lists.tsv
lock
model.rsm
new
old
rejects.tsv
report.txt
users.csv" ]
	rs-info shop/base.rsd | grep -q "events  *3999"
	gzip <"second day.csv" >"shop/new/second day.csv.gz"
	sh "$night" shop
	rs-import -q --user-table shop/users.csv --item-table shop/items.csv log.csv -o all.rsd
	rs-view all.rsd >want
	rs-view shop/base.rsd | cmp - want
	[ "$(ls shop/new)" = "" ]
	[ "$(ls shop/old)" = "1.csv
second day.csv.gz" ]
	[ "$(cut -f 1 shop/lists.tsv | sed 1d | sort -u | wc -l)" -eq 200 ]
	rs-train -q -r itemknn all.rsd | rs-recommend -q - all.rsd | cmp - shop/lists.tsv
'

test_ok 'somebody is forgotten, in the same night' "$world"'
	sh "$night" shop
	grep -q "^u000007	" shop/lists.tsv
	echo u000007 >shop/forget.txt
	cp "second day.csv" shop/new
	sh "$night" shop
	[ "$(grep -c "^u000007	" shop/lists.tsv)" -eq 0 ]
	echo u000007 | rs-view -q --users - shop/base.rsd | sed 1d >got
	[ ! -s got ]
'

test_ok 'what goes wrong leaves yesterday in place, and the next run does it all' "$world"'
	sh "$night" shop
	state >before
	expect_exit 66 "sh $night shop" "nightly.sh: no file in new/"
	state | cmp - before
	cp "second day.csv" shop/new/2.csv
	state >before
	awk "BEGIN { for (i = 0; i < 100; i++) print \"u,i,never,view,\" }" >>shop/new/2.csv
	expect_exit 65 "sh $night shop" "*--max-rejects allows 1 %*"
	state | cmp - before
	[ "$(wc -l <shop/rejects.tsv)" -gt 100 ]
	cp "second day.csv" shop/new/2.csv
	expect_exit 1 "RECIPE=popular sh $night shop" "*difference.ndcg@10*"
	state | cmp - before
	expect_exit 64 "RECIPE=nothing sh $night shop" "*unknown recipe*"
	state | cmp - before
	cp shop/base.rsd whole.rsd
	printf xxxx | dd of=shop/base.rsd bs=1 seek=5000 conv=notrunc 2>/dev/null
	expect_exit 65 "sh $night shop" "*base.rsd*"
	cp whole.rsd shop/base.rsd
	state | cmp - before
	sh "$night" shop
	rs-import -q --user-table shop/users.csv --item-table shop/items.csv log.csv | rs-view - >want
	rs-view shop/base.rsd | cmp - want
'

test_ok 'a second run while one is at work does nothing' "$world"'
	sh "$night" shop
	cp "second day.csv" shop/new
	state >before
	expect_exit 75 "flock shop/lock sh $night shop" "another run is at work"
	state | cmp - before
'
test_done
