#!/bin/sh
# rs-train: what it takes, what it refuses, and that its models are the same bytes each time.
. "$(dirname "$0")/lib.sh"

test_need rs-synth rs-train rs-recommend rs-info

test_ok 'every recipe gives a model that serves everybody' '
	rs-synth --quiet --users 60 --items 40 --events 1500 >d.rsd
	rs-train --list-recipes | cut -f 1 >recipes
	grep -q popular recipes
	while read -r recipe; do
		set --
		[ "$recipe" != als ] || set -- -p factors=8
		rs-train -r "$recipe" "$@" d.rsd >m.rsm
		rs-info m.rsm >info
		grep -q "recipe *$recipe" info
		rs-recommend -n 3 m.rsm d.rsd >lists
		[ "$(sed 1d lists | cut -f 1 | sort -u | wc -l)" = 60 ]
	done <recipes
'
test_ok 'the same bytes for any number of threads, order of rows, locale and zone' '
	rs-synth --quiet --users 80 --items 50 --events 3000 -o d.rsd
	for recipe in popular trending itemknn transition slim session; do
		rs-train -r $recipe -j 1 d.rsd -o want
		for j in 2 3 8; do
			rs-train -r $recipe -j $j d.rsd | cmp - want
		done
		LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo rs-train -r $recipe d.rsd | cmp - want
		cat d.rsd | rs-train -r $recipe - | cmp - want
	done
'
test_ok 'several datasets are their union' '
	rs-synth --quiet --users 40 --items 30 --events 900 -o a.rsd
	rs-synth --quiet --users 40 --items 30 --events 900 --first-user 41 -s 7 -o b.rsd
	rs-merge a.rsd b.rsd -o both.rsd
	rs-train -r itemknn a.rsd b.rsd -o one.rsm
	rs-train -r itemknn both.rsd -o two.rsm
	rs-info --json one.rsm | tr , "\n" | grep data_digest >want
	rs-info --json two.rsm | tr , "\n" | grep data_digest | cmp want -
'
test_ok 'a choice of events is what the model learns from' '
	rs-synth --quiet --users 60 --items 30 --events 2000 -o d.rsd
	rs-train -v -r popular d.rsd -o all.rsm 2>said
	all=$(sed -n "s/.* \([0-9]*\) events$/\1/p" said)
	rs-train -v -r popular --event buy d.rsd -o buy.rsm 2>said
	[ "$(sed -n "s/.* \([0-9]*\) events$/\1/p" said)" -lt "$all" ]
	rs-info buy.rsm | grep -q "\"type\":\"buy\""
	rs-train -r popular --event BUY --event view:weight=0 d.rsd -o other.rsm
	rs-recommend -n 30 buy.rsm d.rsd >want
	rs-recommend -n 30 other.rsm d.rsd | cmp - want
'
test_ok 'one user, one item' '
	rs-synth --quiet --users 1 --items 1 --events 1 -o d.rsd
	for recipe in popular itemknn transition slim; do
		rs-train -r $recipe d.rsd -o m.rsm
		rs-recommend --seen keep m.rsm d.rsd >got
		[ "$(wc -l <got)" = 2 ]
	done
'
test_ok 'all items equal: ties go to the lower item id' '
	rs-synth --quiet --users 9 --items 5 --events 45 --kind plain --repeat 0 --drift 0 -o d.rsd
	rs-train -r popular d.rsd -o m.rsm
	rs-recommend -n 5 --seen keep --user u1 m.rsm d.rsd | sed 1d >got
	sort -t "	" -k 4,4rn -k 2,2 got | cmp - got
'
test_ok 'parameters are shown as the data made them' '
	rs-synth --quiet --items 500 -o d.rsd
	rs-train -r itemknn d.rsd -o m.rsm
	rs-info m.rsm | grep -q "\"neighbors\":50,"
	rs-train -r sims d.rsd -o m.rsm
	rs-info m.rsm | grep -q "\"min_cooccurrence\":3,"
	rs-train -r sims -p min_cooccurrence=2 d.rsd -o m.rsm
	rs-info m.rsm | grep -q "\"min_cooccurrence\":2,"
'
test_ok 'recipes and parameters by the names of Amazon Personalize' '
	rs-synth --quiet --users 60 --items 40 --events 1500 -o d.rsd
	while read -r name recipe param want; do
		rs-train -q -r "$name" ${param:+-p "$param"} d.rsd -o m.rsm
		rs-info m.rsm >info
		grep -q "recipe *$recipe\$" info
		[ -z "$want" ] || grep -q "\"$want[,}]" info
	done <<-END
		aws-user-personalization-v2 transition
		aws-user-personalization transition
		aws-personalized-ranking-v2 transition
		aws-personalized-ranking transition
		aws-similar-items similar popularity_discount_factor=0.5 popularity_discount":0.5
		aws-sims itemknn min_cointeraction_count=2 min_cooccurrence":2
		aws-semantic-similarity semantic
		aws-popularity-count popular
		aws-trending-now trending trend_discovery_frequency=3 interval_hours":3.0
		aws-item-affinity transition
		aws-item-attribute-affinity transition
		aws-hrnn transition
		aws-hrnn-metadata profile
		aws-hrnn-coldstart content
		aws-ecomm-popular-items-by-views popular
		aws-ecomm-popular-items-by-purchases popular
		aws-ecomm-frequently-bought-together itemknn
		aws-ecomm-customers-who-viewed-x-also-viewed itemknn
		aws-ecomm-recommended-for-you transition
		aws-vod-because-you-watched-x itemknn
		aws-vod-more-like-x similar
		aws-vod-most-popular popular
		aws-vod-trending-now trending
		aws-vod-top-picks transition
	END
	rs-train -q -r aws-trending-now -p "trend_discovery_frequency=30 minutes" d.rsd | rs-info - >info
	grep -q "\"interval_hours\":0.5[,}]" info
	expect_exit 64 "rs-train -r trending -p \"trend_discovery_frequency=0 minutes\" d.rsd -o x" "interval_hours"
	expect_exit 64 "rs-train -r popular -p trend_discovery_frequency=2 d.rsd -o x" "unknown parameter"
'
test_ok 'usage errors: status 64 and what was expected' '
	rs-synth --quiet --users 9 --items 9 --events 50 -o d.rsd
	expect_exit 64 "rs-train d.rsd" "expected --recipe NAME"
	expect_exit 64 "rs-train -r none d.rsd" "unknown recipe \"none\""
	expect_exit 64 "rs-train -r popular" "expected at least one DATASET"
	expect_exit 64 "rs-train -r popular -p x=1 d.rsd" "unknown parameter \"x\": expected one of count"
	expect_exit 64 "rs-train -r popular -p count d.rsd" "expected NAME=VALUE"
	expect_exit 64 "rs-train -r popular -p count=all d.rsd" "parameter count: \"all\": expected one of users, events"
	expect_exit 64 "rs-train -r itemknn -p neighbors=0 d.rsd" "expected a whole number from 1 to 100000 or auto"
	expect_exit 64 "rs-train -r popular --event buy:weight=-1e9 d.rsd" "weight"
	expect_exit 64 "rs-train -r popular --event :min=2 d.rsd" "TYPE"
	expect_exit 64 "rs-train --help-recipe none" "unknown recipe"
'
test_ok 'data errors: status 65, and no model is made' '
	rs-synth --quiet --users 9 --items 9 --events 50 -o d.rsd
	expect_exit 65 "rs-train -r popular --event nonsense d.rsd -o m.rsm" "--event"
	expect_exit 65 "rs-train -r popular --min-value 1e9 d.rsd -o m.rsm" "--min-value"
	head -c 200 d.rsd >cut.rsd
	expect_exit 65 "rs-train -r popular cut.rsd -o m.rsm" cut.rsd
	rs-train -r popular d.rsd -o p.rsm
	expect_exit 65 "rs-train -r popular p.rsm -o m.rsm" "expected a dataset"
	expect_exit 66 "rs-train -r popular absent.rsd -o m.rsm" absent.rsd
	[ ! -e m.rsm ]
'
test_ok 'transition and recency need an order, and say so' '
	printf "u,a\nu,b\nv,b\nv,c\n" >log
	rs-import -q --no-header --columns user,item log -o d.rsd
	rs-import -q --no-header --ordered --columns user,item log -o o.rsd
	expect_exit 65 "rs-train -r transition d.rsd -o m.rsm" "--ordered"
	rs-train -r user_personalization o.rsd -o m.rsm
	rs-info m.rsm | grep -q "recipe *transition"
	expect_exit 65 "rs-recommend m.rsm d.rsd" "no times"
	rs-train -r itemknn -p history_half_life=2 d.rsd -o k.rsm
	expect_exit 65 "rs-recommend k.rsm d.rsd" "no times"
	rs-recommend k.rsm o.rsd >got
'
test_ok 'session: neither ids of people nor who did what is in the model; what they did is' '
	rs-synth --quiet --users 200 --items 60 --events 4000 -o d.rsd
	rs-train -r session d.rsd -o m.rsm
	rs-view d.rsd | sed 1d | cut -d , -f 1 | sort -u >users
	[ "$(wc -l <users)" -gt 100 ]
	if grep -aqF -f users m.rsm; then exit 1; fi
	rs-view d.rsd | sed "s/^[^,u]*u/x/" | rs-import -q -o other.rsd
	rs-train -r session other.rsd -o n.rsm
	rs-recommend -n 3 --seen keep m.rsm d.rsd | cut -f 2- >want
	rs-recommend -n 3 --seen keep n.rsm other.rsd | cut -f 2- | sort >got
	sort want | cmp got -
'
test_ok 'session: without sessions of two items it says so' '
	printf "u,a,1\nu,b,100000\nv,b,5\n" | rs-import -q --no-header --columns user,item,time -o d.rsd
	expect_exit 65 "rs-train -r session d.rsd -o m.rsm" "session_gap"
	rs-train -r session -p session_gap=0 d.rsd -o m.rsm
'
test_ok 'transition: what follows is recommended, the last event says most, and says so' '
	for u in 1 2 3 4 5 6; do printf "u$u,a,1\nu$u,b,2\nu$u,c,3\nu$u,d,4\n"; done >log
	printf "x,b,1\nx,a,2\ny,a,1\ny,b,2\n" >>log
	rs-import -q --no-header --columns user,item,time log -o d.rsd
	for solver in closed local oneshot; do
		rs-train -r transition -p solver=$solver -p back=0 -p history_half_life=1 d.rsd -o m.rsm
		rs-recommend -n 1 --user y --explain 2 m.rsm d.rsd >got
		sed 1d got | cut -f 2 | grep -qx c
		rs-similar -n 1 --item c m.rsm | sed 1d | cut -f 2 | grep -qx d
		printf "user,item\nstranger,a\nstranger,b\n" | rs-recommend -n 1 --histories - m.rsm >got
		sed 1d got | cut -f 2 | grep -qx c
		printf "user,item\nstranger,b\nstranger,a\n" | rs-recommend -n 1 --histories - m.rsm >other
		if cmp -s got other; then exit 1; fi
	done
'
test_ok 'a cap on memory that is too small is refused before the work' '
	rs-synth --quiet --users 800 --items 900 --events 40000 -o d.rsd
	expect_exit 71 "rs-train -r itemknn -p neighbors=900 --memory 6M d.rsd -o m.rsm" neighbors
	[ ! -e m.rsm ]
'
test_ok 'a damaged row of a large model, which is read row by row, is noticed where it is used' '
	rs-synth --quiet --users 2000 --items 6000 --events 100000 -o d.rsd
	rs-train --quiet -r itemknn -p neighbors=400 d.rsd -o m.rsm
	size=$(wc -c <m.rsm)
	[ "$size" -gt 8400000 ]
	rs-recommend --quiet -n 3 m.rsm d.rsd >want
	printf "damaged." | dd of=m.rsm bs=1 seek=$((size / 4 * 3)) conv=notrunc 2>/dev/null
	expect_exit 65 "rs-recommend -n 3 m.rsm d.rsd" "m.rsm: damaged: the checksum of an item"
	expect_exit 65 "cat m.rsm | rs-recommend -n 3 - d.rsd" "damaged"
	expect_exit 65 "rs-info --check m.rsm" "m.rsm: damaged"
'
for recipe in $(rs-train --list-recipes 2>/dev/null | cut -f 1); do
	test_ok "every parameter of $recipe is in rs-recipes(7), in its section" '
		section=$(echo "$recipe" | tr "[:lower:]" "[:upper:]")
		sed -n "/^\.Sh $section\$/,/^\.Sh /p" "$RS_ROOT/man/rs-recipes.7" >page
		[ -s page ]
		rs-train --help-recipe "$recipe" | sed 1,2d | cut -f 1 | while read -r name; do
			grep -q "^\.It Va \(.* , Va \)*$name\( , Va .*\)*\$" page || { echo "$name is missing"; exit 1; }
		done
		sed -n "s/^\.It Va //p" page | sed "s/ , Va /\n/g" | while read -r name; do
			rs-train --help-recipe "$recipe" | grep -q "^$name	" || { echo "$name is not a parameter"; exit 1; }
		done
	'
done

test_always
test_data gowalla
test_need rs-import rs-eval
test_ok 'gowalla: itemknn without parameters' '
	rs-import --quiet --format lists "$DATA/train.txt" -o train.rsd
	rs-import --quiet --format lists "$DATA/test.txt" -o test.rsd
	rs-train -r itemknn train.rsd -o m.rsm
	rs-eval --truth test.rsd --metrics recall@20,ndcg@20 m.rsm train.rsd >got
	awk "\$1 == \"recall@20\" && \$2 >= .1815 || \$1 == \"ndcg@20\" && \$2 >= .15 { n++ } END { exit n != 2 }" got
'
test_done
