#!/bin/sh
# rs-synth: made-up datasets.
. "$(dirname "$0")/lib.sh"

test_ok 'exactly as many users, items and events as asked for' '
	rs-synth --quiet --users 40 --items 30 --events 1234 --format csv >log.csv
	[ "$(sed 1d log.csv | wc -l)" = 1234 ]
	[ "$(sed 1d log.csv | sort -u | wc -l)" = 1234 ]
	[ "$(sed 1d log.csv | cut -d , -f 1 | sort -u | wc -l)" = 40 ]
	[ "$(sed 1d log.csv | cut -d , -f 2 | sort -u | wc -l)" -le 30 ]
	rs-synth --users 40 --items 30 --events 1234 2>&1 >/dev/null | grep -q "40 users, 30 items, 1234 events"
'
test_ok 'the same options give the same bytes, other seeds others' '
	rs-synth --quiet --context --users 700 --events 9000 --truth-out truth.1 -j 1 >want
	for j in 2 3 8; do
		rs-synth --quiet --context --users 700 --events 9000 --truth-out truth.$j -j $j | cmp - want
		cmp truth.1 truth.$j
	done
	rs-synth --quiet --context --users 700 --events 9000 --seed 43 >other
	if cmp -s other want; then exit 1; fi
	LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo rs-synth --quiet --context --users 700 --events 9000 | cmp - want
'
test_ok 'the kinds have their columns' '
	rs-synth --quiet --users 9 --events 90 --format csv | head -n 1 >got
	rs-synth --quiet --users 9 --events 90 --format csv --kind ratings --context | head -n 1 >>got
	rs-synth --quiet --users 9 --events 90 --format csv --kind plain | head -n 1 >>got
	cat >want <<-"END"
	USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE
	USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE,DEVICE
	USER_ID,ITEM_ID,TIMESTAMP
	END
	cmp want got
	rs-synth --quiet --events 20000 --kind ratings --format csv | sed 1d | cut -d , -f 4 | sort -u | tr "\n" " " >got
	[ "$(cat got)" = "1 2 3 4 5 " ]
	rs-synth --quiet --events 20000 --format csv | sed 1d | cut -d , -f 4 | sort -u | tr "\n" " " >got
	[ "$(cat got)" = "buy cart view " ]
'
test_ok 'a cart follows a view, a purchase a cart, of the same user and item' '
	rs-synth --quiet --users 50 --events 3000 --format csv | awk -F , "
		NR > 1 {
			key = \$1 \" \" \$2
			if (\$4 == \"cart\" && last[key] != \"view\" || \$4 == \"buy\" && last[key] != \"cart\")
				bad++
			last[key] = \$4
		}
		END { exit bad > 0 }"
'
test_ok 'popularity is uneven, activity too, and times rise within a user' '
	rs-synth --quiet --users 500 --items 300 --events 30000 --format csv >log.csv
	sed 1d log.csv | cut -d , -f 2 | sort | uniq -c | sort -rn | awk "
		{ n += \$1; if (NR <= 30) top += \$1 } END { exit !(top > .3 * n && top < .8 * n) }"
	sed 1d log.csv | cut -d , -f 1 | uniq -c | sort -rn | awk "
		{ n += \$1; if (NR <= 50) top += \$1 } END { exit !(top > .2 * n && top < .6 * n) }"
	awk -F , "NR > 1 { if (\$1 == user && \$3 <= time) exit 1; user = \$1; time = \$3 }" log.csv
'
test_ok 'nobody picks an item before it is there' '
	rs-synth --quiet --events 20000 --format csv --csv-items items.csv >log.csv
	awk -F , "NR == FNR { created[\$1] = \$5; next } FNR > 1 && \$3 < created[\$2] { exit 1 }" items.csv log.csv
	awk -F , "NR > 1 && \$5 > 1704067200 { n++ } END { exit !(n > 50) }" items.csv
'
test_ok 'attributes tell something of the taste' '
	rs-synth --quiet --users 2000 --events 40000 --format csv --csv-items items.csv --csv-users users.csv >log.csv
	head -n 1 items.csv >got
	head -n 1 users.csv >>got
	printf "ITEM_ID,CATEGORY,TAGS,PRICE,CREATION_TIMESTAMP,TITLE,DESCRIPTION\nUSER_ID,AGE_GROUP,COUNTRY\n" | cmp - got
	# The favourite category of an age group has far more than its share among all.
	awk -F , "
		FILENAME == \"items.csv\" { category[\$1] = \$2; next }
		FILENAME == \"users.csv\" { age[\$1] = \$2; next }
		(\$1 in age) { n++; all[category[\$2]]++; group[age[\$1]]++; both[age[\$1], category[\$2]]++ }
		END {
			for (pair in both) {
				split(pair, p, SUBSEP)
				lift = both[pair] * n / (group[p[1]] * all[p[2]])
				if (lift > best)
					best = lift
			}
			exit !(best > 1.5)
		}" items.csv users.csv log.csv
'
test_ok 'the truth is a list of the best items, their chances falling' '
	rs-synth --quiet --users 20 --items 50 --events 500 --format none --truth-out truth --truth-top 7
	[ "$(head -n 1 truth)" = "$(printf "user\titem\trank\tscore")" ]
	[ "$(sed 1d truth | wc -l)" = 140 ]
	awk "NR > 1 { if (\$3 > 1 && \$4 > last) exit 1; last = \$4; if (\$3 == 1 && \$4 < .02) exit 1 }" truth
'
test_ok 'other people of the same world: the same items, the same taste' '
	rs-synth --quiet --users 20 --format none --truth-out one --csv-items items1
	rs-synth --quiet --users 5 --first-user 11 --format none --truth-out two --csv-items items2
	cmp items1 items2
	awk "\$1 >= \"u000011\" && \$1 <= \"u000015\"" one >want
	sed 1d two | cmp - want
'
test_ok 'orders of a log' '
	rs-synth --quiet --users 30 --events 2000 --format csv >user.csv
	rs-synth --quiet --users 30 --events 2000 --format csv --order time >time.csv
	rs-synth --quiet --users 30 --events 2000 --format csv --order random >random.csv
	sed 1d user.csv | sort >want
	sed 1d time.csv | sort | cmp - want
	sed 1d random.csv | sort | cmp - want
	awk -F , "NR > 2 && \$3 < last { exit 1 } { last = \$3 }" time.csv
	if cmp -s random.csv user.csv; then exit 1; fi
'
test_ok 'the smallest worlds' '
	rs-synth --quiet --users 1 --items 1 --events 0 >none.rsd
	rs-view none.rsd >got
	grep -q "^USER_ID,ITEM_ID" got
	[ "$(wc -l <got)" = 1 ]
	rs-synth --quiet --users 1 --items 1 --events 5 --tastes 200 --format csv | sed 1d | cut -d , -f 1,2 | sort -u >got
	[ "$(cat got)" = u000001,i00001 ]
	rs-synth --quiet --users 50 --items 2 --events 3 --format csv | wc -l >got
	[ "$(cat got)" = 4 ]
	rs-synth --quiet --zipf 0 --drift 0 --background 1 --follow 0 --repeat 1 --days 1 --events 100 >/dev/null
	rs-synth --quiet --zipf 4 --drift 1 --background 0 --follow 1 --repeat 0 --tastes 1 --events 2000 >/dev/null
'
test_ok 'a dataset and its CSV say the same' '
	rs-synth --quiet --users 60 --events 2000 --context --csv-events log --csv-users users --csv-items items >d.rsd
	rs-view d.rsd | cmp - log
	rs-view --table users d.rsd | cmp - users
	rs-view --table items d.rsd | cmp - items
	rs-info --check d.rsd >/dev/null
'
test_ok 'what cannot be' '
	expect_exit 64 "rs-synth --start yesterday" "--start \"yesterday\""
	expect_exit 64 "rs-synth extra" "expected no operand"
	expect_exit 71 "rs-synth --memory 1M --events 1000000" "memory"
	expect_exit 73 "rs-synth --format none --truth-out absent/x" absent
'
test_ok 'a recipe that knows the taste beats popularity, and the truth beats both' '
	rs-synth --quiet --kind plain --users 800 --items 400 --events 40000 --truth-out truth.tsv --truth-top 400 >d.rsd
	rs-split --quiet --by last --fraction .2 --train train.rsd --truth truth.rsd --history history.rsd d.rsd
	rs-train --quiet -r itemknn train.rsd >knn.rsm
	rs-eval --quiet --truth truth.rsd --metrics recall@20 --baselines knn.rsm train.rsd >scores
	awk "{ v[\$1] = \$2 } END { exit !(v[\"recall@20\"] > 1.5 * v[\"popular.recall@20\"]) }" scores
	# The truly best items, without those the user had.
	rs-view train.rsd | awk "
		NR == FNR { split(\$0, f, \",\"); seen[f[1], f[2]] = 1; next }
		FNR == 1 || !((\$1, \$2) in seen)" - truth.tsv >lists
	rs-eval --quiet --truth truth.rsd --metrics recall@20 --lists lists >best
	awk "{ v[FILENAME, \$1] = \$2 } END { exit !(v[\"best\", \"recall@20\"] > 1.02 * v[\"scores\", \"recall@20\"]) }" scores best
'
test_ok 'days end with the year 9999' '
	expect_exit 64 "rs-synth --start 9999-12-01 --days 32 --users 5 --items 5" "--start*--days 32*to 9999"
	expect_exit 64 "rs-synth --start 0000-12-01 --users 5 --items 5" "the year 1"
	rs-synth --quiet --start 9999-12-01 --days 30 --users 5 --items 5 --events 20 | rs-view - >/dev/null
'
test_done
