#!/bin/sh
# rs-analyze: figures against an independent count, advice, truth, comparison, suspicious users, pages.
. "$(dirname "$0")/lib.sh"

small='rs-synth --quiet --users 60 --items 40 --events 1500'

# ids DATASET [OPTIONS]: severity and id of each advice.
ids()
{
	rs-analyze --json "$@" | sed 's/.*"advice":\[//; s/\],"recipes".*//' |
		grep -o '"severity":"[a-z]*","id":"[a-z0-9-]*"' | sed 's/"severity":"//; s/","id":"/ /; s/"$//'
}

# none COMMAND...: fails where it does not.
none()
{
	if "$@"; then
		return 1
	fi
}

# member NAME: the first number of that name in the JSON on stdin.
member()
{
	grep -o "\"$1\":[0-9.e+-]*" | head -n 1 | cut -d : -f 2
}

test_ok 'figures that can be checked by hand' '
	cat >log.csv <<-END
	user,item,event,value,timestamp
	a,x,view,,1700000000
	a,x,buy,10,1700000600
	a,y,view,,1700003600
	b,x,view,,1700000060
	b,x,view,,1700086400
	c,z,buy,30,1700086400
	END
	rs-import --quiet log.csv -o log.rsd
	rs-analyze --json log.rsd >got
	[ "$(member events <got)" = 6 ]
	[ "$(member users <got)" = 3 ]
	[ "$(member items <got)" = 3 ]
	[ "$(member pairs <got)" = 4 ]
	grep -q "\"repeat_share\":0.333333" got
	grep -q "\"users_with_2\":2" got
	grep -q "\"per_user\":{\"count\":3,\"min\":1,\"max\":3,\"mean\":2," got
	grep -q "\"name\":\"EVENT_VALUE\",\"type\":\"number\",\"multi\":false,\"rows\":6,\"missing\":4,\"distinct\":2," got
	grep -q "\"first\":\"2023-11-14T22:13:20Z\",\"last\":\"2023-11-15T22:13:20Z\"" got
	grep -q "\"sessions\":{\"gap_seconds\":1800,\"count\":5,\"events\":{\"count\":5,\"min\":1,\"max\":2,\"mean\":1.2," got
	grep -q "{\"type\":\"view\",\"events\":4,\"users\":2,\"pairs\":3,\"users_all_steps\":2,\"pairs_all_steps\":3}" got
	grep -q "{\"type\":\"buy\",\"events\":2,\"users\":2,\"pairs\":2,\"users_all_steps\":1,\"pairs_all_steps\":1}" got
	rs-analyze --funnel buy,view --json log.rsd | grep -q "\"steps\":\[{\"type\":\"buy\",.*\"pairs_all_steps\":2},{\"type\":\"view\",.*\"pairs_all_steps\":1}\]"
	rs-analyze --session-gap 60 --json log.rsd | grep -q "\"sessions\":{\"gap_seconds\":3600,\"count\":4,"
'
test_ok 'the same bytes for any number of threads, from a pipe, and whatever the width of memory' '
	rs-synth --quiet --users 3000 --items 500 --events 400000 --context >d.rsd
	rs-analyze --threads 1 --json d.rsd >want
	rs-analyze --threads 3 --json d.rsd | cmp - want
	rs-analyze --json - <d.rsd | cmp - want
	rs-analyze --memory 200M --json d.rsd >capped
	sed "s/\"TIMESTAMP\"[^}]*//" want >want.rest
	sed "s/\"TIMESTAMP\"[^}]*//" capped | cmp - want.rest
	grep -q "\"TIMESTAMP\"[^}]*\"distinct_estimated\":false" want
	rs-analyze --threads 1 d.rsd >want
	rs-analyze --threads 3 d.rsd | cmp - want
'
test_ok 'several files are their union' '
	$small >a.rsd
	rs-synth --quiet --users 60 --items 40 --events 1500 --first-user 40 >b.rsd
	rs-merge --quiet a.rsd b.rsd >m.rsd
	rs-analyze --json m.rsd | sed "s/.*\"interactions\"/x/" >want
	rs-analyze --json a.rsd b.rsd | sed "s/.*\"interactions\"/x/" | cmp - want
'
test_ok 'estimates where memory is short, marked as such and near the truth' '
	rs-synth --quiet --users 2000 --items 500 --events 200000 >d.rsd
	exact=$(rs-analyze --json d.rsd | grep -o "\"TIMESTAMP\"[^}]*" | member distinct)
	rs-analyze --memory 120M --json d.rsd | grep -o "\"TIMESTAMP\"[^}]*" >got
	grep -q "\"distinct_estimated\":true" got
	about=$(member distinct <got)
	[ $((about * 100 / exact)) -ge 96 ] && [ $((about * 100 / exact)) -le 104 ]
'
test_ok 'too little memory: profiles are not compared, or nothing is done' '
	rs-synth --quiet --users 2000 --items 500 --events 2000000 >d.rsd
	rs-analyze --json d.rsd | grep -q "\"profiles_compared\":true"
	rs-analyze --memory 60M --json d.rsd | grep -q "\"profiles_compared\":false"
	expect_exit 71 "rs-analyze --memory 2M d.rsd" memory
	[ ! -s "$T_OUT" ]
'
test_ok 'text: every part, within the width' '
	rs-synth --quiet --users 500 --items 200 --events 30000 >d.rsd
	for width in 40 80 132; do
		rs-analyze --width $width d.rsd >got
		for part in "WHAT TO DO" "WHAT IT CAN TRAIN" INTERACTIONS "EVENT TYPES" TIME "DRIFT OF POPULARITY" \
			"SUSPICIOUS USERS" "COLUMNS OF INTERACTIONS" "COLUMNS OF USERS" "COLUMNS OF ITEMS"; do
			grep -qx "$part" got
		done
		none grep -q " $" got
	done
	rs-analyze d.rsd >got
	[ "$(wc -L <got)" -le 84 ]
	rs-train --list-recipes | cut -f 1 | while read -r recipe; do grep -qE "^  $recipe +(yes|limited|no)" got; done
'
test_ok 'no events, one event, no columns' '
	printf "user,item\n" | rs-import --quiet --columns user,item >none.rsd
	rs-analyze none.rsd | grep -q "There are no events"
	[ "$(ids none.rsd)" = "error no-events" ]
	rs-analyze --html none.html --json none.rsd >/dev/null
	printf "user,item\na,x\n" | rs-import --quiet >one.rsd
	rs-analyze --html one.html one.rsd | grep -q "^1 events, 1 users, 1 items"
	rs-analyze --compare --html c.html none.rsd one.rsd >/dev/null
	rs-analyze --compare --html c.html one.rsd none.rsd >/dev/null
'

# ---- advice ----

test_ok 'advice on amounts' '
	$small | rs-analyze --json - | grep -q "\"id\":\"few-events\",\"what\":\"1500 events: 50000 or more are advised\""
	rs-synth --quiet --users 20 --items 20 --events 200 >d.rsd
	ids d.rsd | grep -qx "warning few-events"
	ids d.rsd | grep -qx "warning few-active-users"
'
test_ok 'advice on tables: idle rows, missing rows, gaps, constants, many categories' '
	awk "BEGIN { print \"user,item,timestamp\"; for (i = 0; i < 3000; i++)
		print \"u\" i % 300 \",i\" i % 70 \",\" 1700000000 + i * 600 }" >log.csv
	awk "BEGIN { print \"item,color,size,same,text\"; for (i = 0; i < 2000; i++)
		print \"i\" (i < 60 ? i : i + 1000) \",c\" i \",\" (i % 3 ? \"\" : i == 0 ? 100000 : i % 7) \",x,\" }" >items.csv
	rs-import --quiet --item-table items.csv log.csv >d.rsd
	ids d.rsd >got
	for want in "warning idle-items" "warning missing-items" "warning incomplete-column" "note constant-column" \
		"note few-events"; do
		grep -qx "$want" got
	done
	rs-analyze --json d.rsd | grep -q "\"item_match\":{\"rows\":2000,\"rows_without_events\":1940,\"ids_without_row\":10,"
'
test_ok 'advice on a column that a few cells keep from being one of numbers' '
	awk "BEGIN { print \"user,item,timestamp\"; for (i = 0; i < 3000; i++)
		print \"u\" i % 300 \",i\" i % 70 \",\" 1700000000 + i * 600 }" >log.csv
	awk "BEGIN { print \"user,age,income,zip,grade\"; for (i = 0; i < 300; i++)
		printf \"u%d,%s,%s,%05d,%s\\n\", i, i == 7 ? \"13+\" : i % 60, i == 9 ? \"N/A\" : i * 1.37, i * 331,
			i % 3 ? i % 9 : \"x\" }" >users.csv
	rs-import --quiet --user-table users.csv log.csv >d.rsd
	rs-analyze --json d.rsd >got
	[ "$(ids d.rsd | grep -c "^warning nearly-numbers\$")" -eq 2 ]
	grep -q "Column ..age.. of users holds numbers but for 1 of 300 cells, such as ..13+.., and so is no column of numbers" got
	grep -q "Column ..income.. of users holds numbers but for 1 of 300 cells, such as ..N/A.., " got
	rs-import --quiet --null N/A --user-table users.csv log.csv >e.rsd
	[ "$(ids e.rsd | grep -c "^warning nearly-numbers\$")" -eq 1 ]
'
test_ok 'advice on times: all equal, an order, a gap' '
	awk "BEGIN { print \"user,item,timestamp\"; for (i = 0; i < 2000; i++)
		print \"u\" i % 100 \",i\" i % 70 \",\" 1700000000 }" | rs-import --quiet >same.rsd
	ids same.rsd | grep -qx "warning one-time"
	awk "BEGIN { print \"user,item\"; for (i = 0; i < 2000; i++) print \"u\" i % 100 \",i\" i % 70 }" |
		rs-import --quiet --ordered --duplicates keep >order.rsd
	ids order.rsd | grep -qx "note order-only"
	awk "BEGIN { print \"user,item\"; for (i = 0; i < 2000; i++) print \"u\" i % 20 \",i\" i % 70 }" |
		rs-import --quiet --ordered --duplicates keep >steady.rsd
	rs-analyze --json steady.rsd | grep -q "\"suspects\":{[^{]*\"count\":0," # steps of one are no clock
	awk "BEGIN { print \"user,item,timestamp\"; for (i = 0; i < 2000; i++)
		print \"u\" i % 100 \",i\" i % 70 \",\" 1700000000 + i * 600 + (i > 1000 ? 864000 : 0) }" | rs-import --quiet >gap.rsd
	ids gap.rsd | grep -qx "warning gap-in-time"
	awk "BEGIN { print \"user,item\"; for (i = 0; i < 2000; i++) print \"u\" i % 100 \",i\" i }" | rs-import --quiet >none.rsd
	ids none.rsd | grep -qx "note no-times"
'
test_ok 'advice on events: many types, missing types, equal events, repeats' '
	awk "BEGIN { print \"user,item,event,timestamp\"; for (i = 0; i < 4000; i++)
		print \"u\" i % 100 \",i\" i % 10 \",\" (i % 50 ? \"t\" i % 12 : \"\") \",\" 1700000000 + int(i / 1000) }" |
		rs-import --quiet --duplicates keep >d.rsd
	ids d.rsd >got
	for want in "warning many-event-types" "note untyped-events" "warning equal-events" "note repeats"; do
		grep -qx "$want" got
	done
'
test_ok 'drift: popularity that turns over every day, and one that stays' '
	awk "BEGIN { print \"user,item,timestamp\"; for (i = 0; i < 60000; i++) { d = int(i / 2000); k = i * 7919 % 100
		print \"u\" i * 31 % 997 \",i\" d \"-\" int(k * k / 300) \",\" 1700006400 + d * 86400 + i % 2000 * 43 } }" |
		rs-import --quiet >new.rsd
	rs-analyze --json new.rsd >got
	grep -q "\"retrain_seconds\":86400,\"retrain_at_most\":true" got
	ids new.rsd | grep -qx "note cold-items"
	awk "BEGIN { print \"user,item,timestamp\"; for (i = 0; i < 60000; i++) { d = int(i / 2000); k = i * 7919 % 100
		print \"u\" i * 31 % 997 \",i\" int(k * k / 30) \",\" 1700006400 + d * 86400 + i % 2000 * 43 } }" |
		rs-import --quiet >old.rsd
	rs-analyze --json old.rsd | grep -q "\"retrain_seconds\":0"
	ids old.rsd >got
	none grep -q drift got
'

# ---- truth and comparison ----

test_ok '--truth: a clean split by last, and one that leaks in every way' '
	$small >d.rsd
	rs-split --quiet --by last --train train.rsd --truth truth.rsd d.rsd
	rs-analyze --json --truth truth.rsd train.rsd >got
	grep -q "\"events_in_training\":0,.*\"events_before_history_end\":0" got
	ids --truth truth.rsd d.rsd >got
	grep -qx "error truth-in-training" got
	grep -qx "warning pairs-in-training" got
	printf "user,item,timestamp\na,x,100000000\na,y,100000500\nb,x,100001000\n" | rs-import --quiet >train.rsd
	printf "user,item,timestamp\na,z,100000200\na,x,100000700\nnew,x,100002000\n" | rs-import --quiet >truth.rsd
	rs-analyze --json --truth truth.rsd train.rsd | grep -o "\"truth\":{[^}]*}" >got
	echo "\"truth\":{\"events\":3,\"users\":2,\"items\":2,\"pairs\":3,\"events_in_training\":0,\"pairs_in_training\":1,\"events_before_training_end\":2,\"events_before_history_end\":1,\"cold_users\":1,\"cold_items\":1,\"cold_events\":2}" >want
	cmp got want
'
test_ok '--compare: nothing moved, users gone, columns gone, values moved' '
	$small >a.rsd
	rs-analyze --compare --json a.rsd a.rsd >got
	grep -q "\"users_gone\":0,\"users_new\":0," got
	grep -q "\"top_overlap\":1,\"rank_correlation\":1,\"total_variation\":0" got
	grep -q "\"comparison\":{.*\"advice\":\[\]},\"old\"" got
	printf "user,item,value,color,timestamp\na,x,1,red,100000000\na,y,2,red,100000100\nb,x,2,blue,100000200\n" |
		rs-import --quiet >old.rsd
	printf "user,item,value,timestamp\nb,x,101,100000000\nc,y,102,100000100\nc,w,103,100000200\n" |
		rs-import --quiet >new.rsd
	rs-analyze --compare --json old.rsd new.rsd >got
	grep -q "\"users_both\":1,\"users_gone\":1,\"users_new\":1,\"items_both\":2,\"items_gone\":0,\"items_new\":1,\"events_of_new_users\":2,\"events_on_new_items\":1," got
	grep -q "\"columns_gone\":\[{\"value\":\"interactions.color\"" got
	grep -q "\"id\":\"column-moved\",\"what\":\"The values of interactions.EVENT_VALUE" got
	rs-analyze --compare old.rsd new.rsd | grep -qx "POPULARITY"
'
test_ok 'tables that a recipe cannot do without, and those that it can' '
	rs-synth --quiet --users 60 --items 30 --events 1500 -o full.rsd
	rs-view full.rsd | rs-import --quiet -o bare.rsd
	rs-view --table items full.rsd | cut -d , -f 1-2 >items.csv
	rs-view full.rsd | rs-import --quiet --item-table items.csv -o textless.rsd
	rs-analyze --width 200 bare.rsd | grep -q "^  profile  *limited: without a table of users its lists are those of itemknn"
	rs-analyze --width 200 bare.rsd | grep -q "^  similar  *limited: without a table of items it knows what people do alone"
	rs-analyze --width 200 textless.rsd | grep -q "^  semantic  *no: it learns from texts, and the table of items has none"
	expect_exit 65 "rs-train -r semantic textless.rsd" "no texts of items"
	rs-analyze --width 200 full.rsd | grep -qx "  semantic  *yes *"
	rs-train -q -r semantic full.rsd >m.rsm
'
test_ok 'names that are long and begin alike are cut in the middle' '
	printf "user,item,event\na,x,interaction item image\nb,x,interaction item deals\nc,y,interaction item info\n" | rs-import -q -o d.rsd
	rs-analyze d.rsd >got
	for end in image deals info; do
		grep -q "^  interac[a-z ]*\.\.\.[a-z ]*$end  *1 " got
	done
'
test_ok '--compare: a table that is gone is told once, not column by column' '
	rs-synth --quiet --users 60 --items 30 --events 900 -o base.rsd
	rs-view base.rsd | head -n 200 | rs-import --quiet -o day.rsd
	rs-analyze --compare base.rsd day.rsd >got
	[ "$(grep -c "is no longer there" got)" -eq 0 ]
	[ "$(grep "There is no table of" got)" = "  warning  There is no table of users any more
  warning  There is no table of items any more" ]
	rs-analyze --compare --json base.rsd day.rsd | grep -q "\"columns_gone\":\[{\"value\":\"users\",\"count\":[0-9]*},{\"value\":\"items\","
	rs-analyze --compare --json day.rsd base.rsd | grep -q "\"columns_new\":\[{\"value\":\"users\","
'
test_ok 'usage' '
	$small >d.rsd
	expect_exit 64 "rs-analyze" "expected at least one DATASET"
	expect_exit 64 "rs-analyze --compare d.rsd" "expected two datasets"
	expect_exit 64 "rs-analyze --compare --truth d.rsd d.rsd d.rsd" "neither --truth nor --suspects"
	expect_exit 64 "rs-analyze --trust --suspects x d.rsd" "not with --trust"
	expect_exit 64 "rs-analyze --funnel view,steal d.rsd" "\"steal\": expected event types"
	expect_exit 64 "rs-analyze --funnel view,view d.rsd" "each type once"
	expect_exit 64 "rs-analyze --actions d.rsd" "no actions in it"
	printf "user,item\na,x\n" | rs-import --quiet >p.rsd
	expect_exit 64 "rs-analyze --funnel view p.rsd" "the events have no types"
	expect_exit 66 "rs-analyze nowhere" "nowhere"
	expect_exit 73 "rs-analyze --html no/where d.rsd" "no/where"
	[ ! -s "$T_OUT" ]
'

# ---- pages ----

test_ok 'names from the data do no harm in a page or on a terminal' '
	printf "user,item,timestamp\n<script>alert(1)</script>,\033[31mred,100000000\n<b>&amp;,\"a \"\"quoted\"\"\",100000001\n\377\376,x,100000002\n" |
		rs-import --quiet >d.rsd
	rs-analyze --html page.html d.rsd >text
	none grep -qi "<script" page.html
	grep -q "&lt;script&gt;alert(1)&lt;/script&gt;" page.html
	grep -q "&lt;b&gt;&amp;amp;" page.html
	none grep -q "$(printf "\033")" page.html text
	none grep -q "$(printf "\377")" page.html text
'
test_ok 'a page needs nothing from elsewhere' '
	rs-synth --quiet --users 500 --items 200 --events 30000 | rs-analyze --html page.html - >/dev/null
	none grep -qiE "https?://|src=|@import|<link|<script|url\(" page.html
	grep -q "prefers-color-scheme:dark" page.html
	grep -q "name=\"viewport\"" page.html
'
test_need python3
test_ok 'a page is well-formed, whatever is asked for' '
	cat >check.py <<-END
	import sys, html.parser
	class P(html.parser.HTMLParser):
	    void = {"meta", "br", "link", "img"}
	    def __init__(self):
	        super().__init__(); self.open = []; self.seen = set()
	    def handle_starttag(self, tag, attrs):
	        self.seen.add(tag)
	        if tag not in self.void: self.open.append(tag)
	    def handle_startendtag(self, tag, attrs):
	        self.seen.add(tag)
	    def handle_endtag(self, tag):
	        assert self.open.pop() == tag, (tag, self.getpos())
	for f in sys.argv[1:]:
	    p = P(); p.feed(open(f, encoding="utf-8").read()); p.close()
	    assert p.open == [], p.open
	    assert {"svg", "rect", "table", "figure", "h2"} <= p.seen, p.seen
	END
	$small >d.rsd
	rs-split --quiet --by last --train train.rsd --truth truth.rsd d.rsd
	rs-analyze --html a.html d.rsd >/dev/null
	rs-analyze --html b.html --truth truth.rsd train.rsd >/dev/null
	rs-analyze --html c.html --compare train.rsd d.rsd >/dev/null
	python3 check.py a.html b.html c.html
'
test_ok 'JSON against an independent count of the same events' '
	rs-synth --quiet --users 400 --items 150 --events 20000 --context --csv-events e.csv >d.rsd
	rs-analyze --json d.rsd >got.json
	rs-view d.rsd >v.csv
	cat >check.py <<-END
	import json, csv, collections, datetime, math
	o = json.load(open("got.json")); i = o["interactions"]
	rows = list(csv.DictReader(open("v.csv")))
	n = len(rows); assert i["events"] == n == o["tables"]["interactions"]["rows"]
	users = collections.Counter(r["USER_ID"] for r in rows); items = collections.Counter(r["ITEM_ID"] for r in rows)
	pairs = {(r["USER_ID"], r["ITEM_ID"]) for r in rows}
	assert (i["users"], i["items"], i["pairs"]) == (len(users), len(items), len(pairs))
	near = lambda a, b: abs(a - b) <= 1e-9 * max(1, abs(b))
	assert near(i["density"], len(pairs) / len(users) / len(items))
	assert near(i["repeat_share"], (n - len(pairs)) / n)
	def spread(s, v):
	    v = sorted(v); m = sum(v) / len(v)
	    assert s["count"] == len(v) and s["min"] == v[0] and s["max"] == v[-1] and near(s["mean"], m)
	    assert near(s["sd"], math.sqrt(sum((x - m) ** 2 for x in v) / len(v)))
	    for name, q in (("p05", .05), ("p25", .25), ("p50", .5), ("p90", .9), ("p99", .99)):
	        assert s[name] == v[math.ceil(q * len(v) - 1e-9) - 1], (name, s[name])
	    assert sum(b[2] for b in s["bars"]) == len(v)
	    if "gini" in s:
	        g = sum((2 * k - len(v) + 1) * x for k, x in enumerate(v)) / (len(v) * sum(v))
	        assert near(s["gini"], g), (s["gini"], g)
	spread(i["per_user"], users.values()); spread(i["per_item"], items.values())
	assert [x["count"] for x in i["top_items"]] == [c for _, c in sorted(items.items(), key=lambda x: (-x[1], x[0]))[:10]]
	assert [x["value"] for x in i["top_items"]] == [k for k, _ in sorted(items.items(), key=lambda x: (-x[1], x[0]))[:10]]
	times = [int(r["TIMESTAMP"]) for r in rows]
	week = [0] * 168
	for t in times:
	    d = datetime.datetime.fromtimestamp(t, datetime.timezone.utc); week[d.weekday() * 24 + d.hour] += 1
	assert o["times"]["hour_of_week"] == week
	assert sum(o["times"]["timeline"]["events"]) == n and sum(o["times"]["timeline"]["new_users"]) == len(users)
	assert sum(o["drift"]["events"]) == n and sum(o["drift"]["new_items"]) == len(items)
	by = collections.defaultdict(list)
	for r in rows: by[r["USER_ID"]].append(r)
	sessions = []; minutes = []
	for u in by:
	    ts = sorted(int(r["TIMESTAMP"]) for r in by[u]); start = 0
	    for k in range(1, len(ts) + 1):
	        if k == len(ts) or ts[k] - ts[k - 1] > 1800:
	            sessions.append(k - start); minutes.append((ts[k - 1] - ts[start] + 30) // 60); start = k
	spread(o["sessions"]["events"], sessions); spread(o["sessions"]["minutes"], minutes)
	types = collections.defaultdict(set); tu = collections.defaultdict(set)
	for r in rows:
	    types[r["EVENT_TYPE"]].add((r["USER_ID"], r["ITEM_ID"])); tu[r["EVENT_TYPE"]].add(r["USER_ID"])
	on = None; onu = None
	for s in o["funnel"]["steps"]:
	    on = types[s["type"]] if on is None else on & types[s["type"]]
	    onu = tu[s["type"]] if onu is None else onu & tu[s["type"]]
	    assert (s["pairs"], s["users"]) == (len(types[s["type"]]), len(tu[s["type"]]))
	    assert (s["pairs_all_steps"], s["users_all_steps"]) == (len(on), len(onu))
	c = {x["name"]: x for x in o["tables"]["interactions"]["columns"]}
	v = [float(r["EVENT_VALUE"]) for r in rows if r["EVENT_VALUE"] != ""]
	assert c["EVENT_VALUE"]["missing"] == n - len(v) and c["EVENT_VALUE"]["distinct"] == len(set(v))
	s = c["EVENT_VALUE"]["numbers"]; assert s["count"] == len(v) and abs(s["mean"] - sum(v) / len(v)) < 1e-3
	assert c["TIMESTAMP"]["distinct"] == len(set(times))
	dev = collections.Counter(r["DEVICE"] for r in rows)
	assert {x["value"]: x["count"] for x in c["DEVICE"]["top"]} == {k: x for k, x in dev.items() if k}
	END
	python3 check.py
'
test_ok 'what it can train is what rs-train trains: by times, by tables, by nothing but events' '
	awk "BEGIN { print \"user,item\"; for (u = 0; u < 50; u++) for (i = 0; i < 30; i++) print u \",\" (u + i) % 60 }" |
		rs-import -q -o d.rsd
	rs-analyze d.rsd >got
	for r in trending transition session mf content; do
		grep -q "^  $r  *no: " got
		expect_exit 65 "rs-train -r $r d.rsd -o m.rsm" "*"
	done
	for r in popular itemknn ease als userknn slim lr fm ffm fwfm; do
		grep -q "^  $r  *yes$" got
		rs-train -q -r $r d.rsd -o m.rsm
	done
'
test_ok 'outliers of all columns are one sentence, as grave as the worst' '
	awk "BEGIN { print \"item,a,b,c,d,e,f\"; for (i = 0; i < 500; i++) { printf \"i%d\", i; for (k = 0; k < 6; k++)
		printf \",%d\", i % 7 + (i == k && k != 5 ? 9999 : 0); print \"\" } }" >items.csv
	printf "user,item\nu,i1\n" | rs-import -q --item-table items.csv -o d.rsd
	rs-analyze --json d.rsd >got
	[ "$(grep -o "\"id\":\"outliers\"" got | wc -l)" = 1 ]
	grep -qF "5 columns have outliers: \\\"a\\\" of items (1, 0.20 %: from 0 to 9999, half of all between 1 and 5), " got
	grep -qF " and 1 more" got
	ids d.rsd | grep -q "^note.outliers"
	rs-import -q --ignore b,c,d,e,f --item-table items.csv -o d.rsd </dev/null
	rs-analyze --json d.rsd | grep -qF "1 column has outliers: "
	sed "s/^\(i[1-9][0-9]\),/\1,999/" items.csv >more.csv
	rs-import -q --item-table more.csv -o d.rsd </dev/null
	ids d.rsd | grep -q "^warning.outliers"
'
test_done
