#!/bin/sh
# Messages that hardly anybody meets: the limits of options, texts, schemas, attributes and numbers, each with its status.
. "$(dirname "$0")/lib.sh"

test_need rs-import rs-synth rs-train rs-recommend rs-eval rs-similar rs-view rs-rank rs-predict

world='
	rs-synth -q --users 60 --items 40 --events 1500 -o d.rsd
	rs-train -q -r itemknn d.rsd -o m.rsm
'
# chars N: so many letters.  lines N FORMAT: FORMAT for each of 0 .. N - 1.
tools='
	chars() { printf "%${1}s" "" | tr " " x; }
	lines() { awk -v n="$1" -v f="$2" "BEGIN { for (i = 0; i < n; i++) printf f, i, i }"; }
'

test_ok 'options: too much of them, and what contradicts' "$world$tools"'
	rs-view -q d.rsd -o d.csv
	expect_exit 64 "rs-import --format sessions --session-prefix $(chars 513) d.csv" "--session-prefix: expected at most 512 bytes"
	expect_exit 64 "rs-import --ordered d.csv" "d.csv: --ordered beside a column of times: use one of them"
	expect_exit 64 "rs-import --quoting escapes --delimiter \\\\ d.csv" "expected another where it begins an escape"
	expect_exit 64 "rs-recommend --histories d.csv m.rsm d.rsd" "--histories stands instead of a DATASET"
	expect_exit 64 "rs-similar --item i1 --name TITLE m.rsm" "--name needs a DATASET with a table of items"
	expect_exit 64 "rs-train -r als $(lines 65 " -p factors=%d") d.rsd" "more than 64 parameters"
	expect_exit 64 "rs-eval --truth d.rsd --metrics $(lines 65 ",recall@%d1" | cut -c 2-) m.rsm d.rsd" "more than 64 metrics"
	expect_exit 64 "rs-synth --users 0" "--users"
	expect_exit 64 "rs-synth --tastes 257" "--tastes"
	expect_exit 64 "rs-synth --user-prefix $(chars 600)" "a prefix of more than 512 bytes"
'
test_ok 'texts: more than a reader takes' "$world$tools"'
	{ printf "user,item"; lines 1030 ",c%d"; printf "\nu,i"; lines 1030 ",%d"; echo; } >wide.csv
	expect_exit 65 "rs-import wide.csv" "wide.csv: 1032 columns: expected at most 1024"
	printf "user,item,timestamp\nu,i,1700000000\n" >timed.csv
	printf "user,item\nu,i\n" >untimed.csv
	expect_exit 65 "rs-import timed.csv untimed.csv" "untimed.csv: no times, unlike the files before: expected "
	expect_exit 65 "rs-import untimed.csv timed.csv" "timed.csv: times, unlike the files before"
	{ printf "user,item\nu,"; chars 1025; echo; } >long.csv
	expect_exit 65 "rs-import long.csv" "long.csv:2:"
	{ printf "{\"eventList\":[{\"eventType\":\"a\",\"itemId\":\"i\",\"sentAt\":1700000000}]"; lines 20 ",\"m%d\":1"
		echo "}"; } >put.jsonl
	expect_exit 65 "rs-import put.jsonl" "put.jsonl:1*20 members beside the list: expected at most 16"
	{ awk "BEGIN { print \"user,item,type\"; for (i = 0; i < 65600; i++) print \"u,i,t\" i }"; } >types.csv
	expect_exit 65 "rs-import types.csv" "types of events"
	{ printf "user,item\nu,"; chars 1100000; echo; } >line
	expect_exit 65 "rs-recommend --histories line m.rsm" "line:2: a record of more than 1048576 bytes"
	printf "user,item\nu,\"i\n" >open
	expect_exit 65 "rs-recommend --histories open m.rsm" "open:2: a quote is not closed"
	{ printf "{\"userId\":\""; chars 1025; echo "\"}"; } >id
	expect_exit 65 "rs-recommend --users id m.rsm d.rsd" "id:1: an id of 1025 bytes: expected 1 to 1024"
'
test_ok 'schemas that are none' "$tools"'
	printf "user,item,timestamp\nu,i,1700000000\n" >log.csv
	one() { printf "%s\n" "$1" >schema.json; expect_exit 65 "rs-import --schema schema.json log.csv" "$2"; }
	one "{\"type\":\"record\",\"fields\":[]}" "schema.json: a schema without a name: expected "
	one "{\"type\":\"record\",\"name\":\"Interactions\"}" "schema.json: a schema without \"fields\""
	one "{\"type\":\"record\",\"name\":\"Interactions\",\"fields\":[{\"type\":\"string\"}]}" "field 1 of the schema has no name"
	one "{\"type\":\"record\",\"name\":\"$(chars 20001)\"}" "a schema of more than 20000 bytes"
	one "{\"type\":\"record\",\"name\":\"Interactions\",\"fields\":[" "schema.json: "
	printf "user,item,timestamp,type\nu,i,1700000000,a\nu,j,1700000000,\n" | rs-import -q -o some.rsd
	expect_exit 65 "rs-view --format schema some.rsd" "events without a type beside others with one"
'
test_ok 'keys of pseudonyms' "$world$tools"'
	rs-view -q d.rsd -o d.csv
	chars 15 >short
	expect_exit 65 "rs-import --hash-ids short d.csv" "short: a key of too few bytes: expected 16 to 4096"
	chars 4098 >long
	expect_exit 65 "rs-import --hash-ids long d.csv" "long: a key of too many bytes: expected 16 to 4096"
'
test_ok 'what the data lacks for what is asked' "$world"'
	printf "user,item\nu1,i\nu1,j\nu2,i\n" | rs-import -q -o bare.rsd
	expect_exit 65 "rs-train -r popular --min-value 3 bare.rsd" "the events have no values: no smallest value can be asked for"
	expect_exit 65 "rs-train -r popular --half-life 30 bare.rsd" "the events have no times: they cannot be weighted by age"
	expect_exit 65 "rs-train -r popular --event buy bare.rsd" "the events have no types: they cannot be chosen with --event"
	expect_exit 65 "rs-train -r popular --weight W bare.rsd" "weight column \"W\": the events have no such column"
	rs-view -q --format dataset --where "USER_ID = \"nobody\"" d.rsd -o none.rsd
	expect_exit 65 "rs-eval --truth none.rsd m.rsm d.rsd" "none.rsd: the truth holds no events"
	printf "user,item,value\nu1,i,5\nu1,j,1\nu2,i,4\nu2,j,2\n" | rs-import -q -o rated.rsd
	rs-train -q -r mf -p factors=2 rated.rsd -o mf.rsm
	expect_exit 65 "rs-eval --truth bare.rsd --metrics rmse mf.rsm rated.rsd" "no event of the truth tells what a model of "
	printf "user,item,W\nu1,i,1e308\nu1,j,1\nu2,i,1\n" | rs-import -q -o heavy.rsd
	expect_exit 65 "rs-train -r popular --weight W heavy.rsd" "the weight of an event is beyond all bounds"
'
test_ok 'bytes that JSON cannot hold' '
	printf "user,item,type,c\351\nu,i,\351,1\nv,i,b,2\n" | rs-import -q -o odd.rsd || :
	[ ! -s odd.rsd ] || expect_exit 65 "rs-view --format jsonl odd.rsd" "UTF-8"
'
test_ok 'attributes: too many columns, too many values' "$tools"'
	rs-synth -q --users 60 --items 40 --events 1500 --format csv -o log.csv
	{ printf "user"; lines 130 ",c%d"; echo; awk "BEGIN { for (u = 1; u <= 60; u++) { printf \"u%06d\", u
		for (i = 0; i < 130; i++) printf \",v%d\", u % 3; print \"\" } }"; } >users.csv
	rs-import -q --user-table users.csv log.csv -o wide.rsd
	expect_exit 65 "rs-train -r lr wide.rsd" "more than 126 columns of attributes and context: choose some of them"
	awk "BEGIN { print \"user,item\"; for (u = 0; u < 34000; u++) print \"u\" u \",i\" u % 7 \"\nu\" u \",i\" u % 5 }" >many.csv
	awk "BEGIN { print \"user,tag\"; for (u = 0; u < 34000; u++) print \"u\" u \",t\" int(u / 2) }" >tags.csv
	rs-import -q --user-table tags.csv many.csv -o many.rsd
	expect_exit 65 "rs-train -r profile -p min_people=1 many.rsd" "different attribute values of users: expected at most 16384"
'
test_ok 'requests with more context than is taken' "$tools"'
	rs-synth -q --users 60 --items 40 --events 3000 --context -o d.rsd
	rs-train -q -r transition -p situation=true d.rsd -o m.rsm || rs-train -q -r transition d.rsd -o m.rsm
	{ printf "{\"userId\":\"u000001\",\"context\":{"; lines 300 "\"c%d\":\"x\"," ; echo "\"z\":\"x\"}}"; } >many.jsonl
	expect_exit 65 "rs-recommend --users many.jsonl m.rsm d.rsd" "more than 256 columns"
	{ printf "{\"userId\":\"u000001\",\"context\":{\"DEVICE\":\""; chars 1025; echo "\"}}"; } >long.jsonl
	expect_exit 65 "rs-recommend --users long.jsonl m.rsm d.rsd" "a value of the context is longer than 1024 bytes"
'
test_ok 'numbers beyond what a recipe can reckon with' '
	awk "BEGIN { print \"user,item,time,W\"; for (i = 0; i < 300; i++)
		print \"u\" i % 20 \",i\" i % 13 \",\" 1700000000 + i * 600 \",1e30\" }" |
		rs-import -q -o w.rsd
	beyond() { expect_exit 65 "rs-train -r $1 --weight W w.rsd" "$2"; }
	beyond itemknn "a weight is beyond all numbers: smaller weights of events help"
	beyond "profile --quiet" "a weight is beyond all numbers: smaller weights of events help"
	beyond ease "the matrix is not positive definite: more regularization is needed"
	beyond slim "slim: no solution for an item: a larger l2 helps"
	beyond fm "numbers grew out of range: a lower learning_rate may help"
	for r in popular als userknn; do # these have no need to
		rs-train -q -r $r --weight W w.rsd | rs-recommend -q -n 3 - w.rsd | awk -F"\t" "NR > 1 && \$4 !~ /^-?[0-9.e+-]+\$/ { exit 1 }"
	done
'
# Whatever the numbers of the data: rs-train refuses, or its model can be read, and no answer holds what is no number.
test_ok 'the largest and the smallest numbers there are, for every recipe: refused, or a model that can be read and finite answers' '
	log() { awk "BEGIN { print \"user,item,time,event,value\"; for (i = 0; i < 200; i++)
		print \"u\" i % 17 \",i\" i * i % 11 \",\" 1700000000 + i * 600 \",\" (i % 3 ? \"buy\" : \"view\") \",\" $2 }" |
		rs-import -q -o "$1.rsd"; }
	log usual "1 + i % 5"
	log same "\"3.4028234e38\""
	log both "(i % 2 ? \"\" : \"-\") \"1e38\""
	log tiny "(i % 2 ? \"1e-45\" : \"3e38\")"
	rs-view -q usual.rsd >pairs.csv
	finite() { # CMD...: refused in one line, or no number that is none
		"$@" <pairs.csv >got 2>said || { status=$?; [ "$status" = 64 ] || [ "$status" = 65 ]; [ "$(wc -l <said)" = 1 ]; return 0; }
		! grep -iwE "inf|nan" got
	}
	for r in $(rs-train --list-recipes | cut -f 1); do
		for d in usual same both tiny; do
			for weight in "" "--weight value"; do
				if rs-train -q -r $r $weight $d.rsd -o $r.rsm 2>said; then
					rs-info --check -q $r.rsm >got
					for whose in usual same both; do finite rs-recommend -q -n 3 --explain 2 $r.rsm $whose.rsd; done
					finite rs-similar -q --item i4 $r.rsm
					finite rs-predict -q $r.rsm usual.rsd
				else
					expect_exit 65 "rs-train -q -r $r $weight $d.rsd -o $r.rsm"
				fi
			done
		done
	done
'
test_done
