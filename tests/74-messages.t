#!/bin/sh
# What is said where something was mistyped, lacks, or would otherwise be passed over in silence.
. "$(dirname "$0")/lib.sh"

test_need rs-synth rs-train rs-recommend rs-rank rs-similar rs-segment rs-eval rs-import rs-split

world='
	rs-synth -q --users 60 --items 40 --events 1500 -o d.rsd
	rs-train -q -r itemknn d.rsd -o m.rsm
'

test_ok 'the words of other libraries: what it is called here is named' "$world"'
	expect_exit 64 "rs-train -r als -p iterations=8 d.rsd" "unknown parameter \"iterations\" (did you mean epochs?)"
	expect_exit 64 "rs-train -r als -p Lambda=8 d.rsd" "(did you mean regularization?)"
	expect_exit 64 "rs-train -r ease -p lambda=8 d.rsd" "(did you mean l2?)"
	expect_exit 64 "rs-train -r itemknn -p top-k=8 d.rsd" "(did you mean neighbors?)"
	expect_exit 64 "rs-train -r popular -p k=8 d.rsd" "unknown parameter \"k\": expected one of"
	expect_exit 64 "rs-train -r als --factors 8 d.rsd" "unknown option \"--factors\": expected --param NAME=VALUE for a parameter of the recipe"
	expect_exit 64 "rs-train -r als --factor 8 d.rsd" "unknown option \"--factor\": see rs-train --help"
	rs-eval -t d.rsd -m hr@10 --seen keep m.rsm d.rsd | sed "s/^hr/hit/" >got
	rs-eval -t d.rsd -m hit@10 --seen keep m.rsm d.rsd | cmp - got
'

test_ok 'more models than one, causes of a model that tells none, bad rows without a place for them' "$world"'
	expect_exit 65 "rs-eval -t d.rsd m.rsm m.rsm d.rsd" "m.rsm: a second model: expected a dataset, or --versus before it"
	expect_exit 66 "rs-eval -t d.rsd m.rsm nothing d.rsd" "cannot open \"nothing\""
	rs-train -q -r popular d.rsd -o p.rsm
	rs-recommend -n 1 -u u000001 --explain 2 p.rsm d.rsd 2>said
	[ "$(cat said)" = "rs-recommend: --explain: a popular model does not tell what caused an item" ]
	rs-recommend -n 1 -u u000001 --explain 2 m.rsm d.rsd 2>said
	[ ! -s said ]
	echo "{\"userId\":\"u000001\",\"itemList\":[\"i00001\"]}" | rs-rank --explain 2 p.rsm d.rsd 2>&1 | grep -q "a popular model does not tell"
	printf "user,item,value\na,x,1\nb,y,many\nc,z,few\n" >log.csv
	expect_exit 65 "rs-import log.csv" "log.csv:3:3: value \"many\": expected a number (--rejects FILE sets bad rows aside)"
	expect_exit 65 "rs-import --max-rejects 1 log.csv" "log.csv:4:3: value \"few\": expected a number (bad row 2, --max-rejects allows 1)"
	[ "$(grep -c -e --rejects "$T_ERR")" -eq 0 ]
'

test_need script
test_ok 'what is awaited from a terminal is told' "$world"'
	rs-train -q -r lr d.rsd -o lr.rsm
	for c in "rs-rank m.rsm d.rsd:requests" "rs-predict lr.rsm d.rsd:pairs" "rs-import -o e.rsd:events"; do
		printf "\004" | script -qec "${c%:*}" /dev/null >got || true
		grep -q "${c##*:} are read from the terminal, up to Ctrl-D" got
	done
	rs-rank m.rsm d.rsd </dev/null 2>got
	[ ! -s got ]
'
test_always

test_ok 'the truth of a split has an option of its own' "$world"'
	expect_exit 64 "rs-split --by last --train a --test b d.rsd" "expected both or neither (what is held back is written to --truth FILE)"
'

test_ok 'ids of a table that are not those of the events are told' '
	printf "user,item\na,1\na,2\nb,1\nb,3\n" >log.csv
	printf "id,item_id,title\n1,71,One\n2,72,Two\n3,1,Three\n" >items.csv
	rs-import --item-table items.csv log.csv -o d.rsd 2>said
	head -n 1 said >got
	echo "rs-import: items: only 1 of 3 with events have a row in the table, and 2 rows have no event: are ids written alike, or is another column the id (--item-columns item=NAME)?" | cmp - got
	rs-import --item-table items.csv --item-columns item=id log.csv -o d.rsd 2>said
	[ "$(wc -l <said)" -eq 2 ]
	printf "user,age\nA,3\n" >users.csv
	rs-import --user-table users.csv log.csv -o d.rsd 2>said
	grep -q "^rs-import: users: only 0 of 2 with events have a row in the table, and 1 rows have no event: .* (--user-columns user=NAME)" said
	printf "user,age\n" >users.csv
	rs-import --user-table users.csv log.csv -o d.rsd 2>said
	[ "$(wc -l <said)" -eq 2 ]
'

test_ok 'mistyped options, recipes, parameters, metrics and columns: what is near is named' "$world"'
	expect_exit 64 "rs-train -r itmeknn d.rsd" "unknown recipe \"itmeknn\" (did you mean itemknn?): expected one of popular, "
	expect_exit 64 "rs-train -r aws-simz d.rsd" "(did you mean aws-sims?)"
	expect_exit 64 "rs-train -r hrnm d.rsd" "(did you mean hrnn?)"
	expect_exit 64 "rs-train -r knn d.rsd" "(did you mean itemknn?)"
	expect_exit 64 "rs-train -r lightgbm d.rsd" "unknown recipe \"lightgbm\": expected one of"
	expect_exit 64 "rs-train -r als -p factor=8 d.rsd" "unknown parameter \"factor\" (did you mean factors?): expected one of"
	expect_exit 64 "rs-train -r sims -p min_cointeraction=8 d.rsd" "(did you mean min_cointeraction_count?)"
	expect_exit 64 "rs-train --min-valeu 3 -r als d.rsd" "unknown option \"--min-valeu\" (did you mean --min-value?)"
	expect_exit 64 "rs-recommend -top 5 m.rsm d.rsd" "unknown option \"-top\" (did you mean --top?)"
	expect_exit 64 "rs-recommend -user u000001 m.rsm d.rsd" "unknown option \"-user\" (did you mean --user?)"
	expect_exit 64 "rs-recommend -qZ m.rsm d.rsd" "unknown option \"-Z\": see rs-recommend --help"
	expect_exit 64 "rs-eval -t d.rsd -m ndgc@5 m.rsm d.rsd" "metric \"ndgc@5\" (did you mean ndcg@10?)"
	expect_exit 64 "rs-eval -t d.rsd -m ndcg m.rsm d.rsd" "metric \"ndcg\" (did you mean ndcg@10?)"
	expect_exit 64 "rs-eval -t d.rsd -m rsme m.rsm d.rsd" "metric \"rsme\" (did you mean rmse?)"
	expect_exit 64 "rs-recommend --name TITEL m.rsm d.rsd" "no such column (did you mean TITLE?)"
'
test_ok 'the recipes are shown with all their names' '
	rs-train --list-recipes >list
	[ "$(awk -F"\t" "NF != 3" list | wc -l)" = 0 ]
	for name in sims aws-sims user-personalization aws-ecomm-recommended-for-you hrnn aws-vod-more-like-x svd++; do
		cut -f 3 list | tr , "\n" | tr -d " " | grep -qxF -- "$name"
		rs-train --help-recipe $name >/dev/null
	done
	cut -f 3 list | tr , "\n" | tr -d " " | sed "/^\$/d" | sort >names
	[ -z "$(uniq -d names)" ]
'
test_ok 'parameters of Amazon Personalize: taken, or passed over with a message' "$world"'
	rs-train -q -r hrnn d.rsd | rs-recommend -q - d.rsd >want
	rs-train -r hrnn -p hidden_dimension=149 -p bptt=32 -p recency_mask=true d.rsd 2>err | rs-recommend -q - d.rsd | cmp - want
	grep -q "hidden_dimension: not used, this recipe has no such thing\$" err
	grep -q "bptt: not used, .* nearest to it is window" err
	grep -q "recency_mask: not used, .* nearest to it is history_half_life" err
	[ "$(grep -c . err)" = 3 ]
	for r in user-personalization-v2 personalized-ranking similar-items popularity-count hrnn-metadata; do
		rs-train -r $r -p hidden_dimension=32 -p apply_recency_bias=true d.rsd 2>err >/dev/null
		[ "$(grep -c "not used" err)" = 2 ]
	done
	rs-train -q -r hrnn --min-history .3 --max-history .8 d.rsd | rs-recommend -q - d.rsd >want
	rs-train -r hrnn -p min_user_history_length_percentile=.3 -p max_user_history_length_percentile=.8 d.rsd |
		rs-recommend -q - d.rsd | cmp - want
	expect_exit 64 "rs-train -r hrnn -p min_user_history_length_percentile=2 d.rsd" "expected a number from 0 to 1"
	expect_exit 64 "rs-train -r sims -p min_user_history_length_percentile=2 d.rsd" "expected a number from 0 to 1"
	expect_exit 64 "rs-train -r hrnn -p min_cointeraction_count=2 d.rsd" "unknown parameter"
'
test_ok 'requests that want what a request cannot say are refused' "$world"'
	printf "%s\n" "{\"userId\":\"u000001\"}" "{\"userId\":\"u000002\",\"filterValues\":{\"GENRES\":\"\\\"horror\\\"\"}}" >f
	expect_exit 65 "rs-recommend --users f m.rsm d.rsd" "f:2: filterValues: a request cannot be filtered"
	[ ! -s "$T_OUT" ]
	sed s/filterValues/promotions/ f >p
	expect_exit 65 "rs-recommend --users p m.rsm d.rsd" "p:2: promotions: "
	echo "{\"userId\":\"u000002\",\"numResults\":5}" >n
	expect_exit 65 "rs-recommend --users n m.rsm d.rsd" "n:1: numResults: expected --top"
	echo "{\"userId\":\"u000002\",\"itemList\":[\"i01\"],\"filterValues\":{\"A\":\"1\"}}" >r
	expect_exit 65 "rs-rank --requests r m.rsm d.rsd" "r:1: filterValues"
	echo "{\"itemId\":\"i01\",\"filterValues\":{\"A\":\"1\"}}" >i
	expect_exit 65 "rs-similar --items i m.rsm" "i:1: filterValues"
	expect_exit 65 "rs-segment --items i m.rsm d.rsd" "i: query 1: filterValues"
	echo "{\"userId\":\"u000002\",\"context\":{\"DEVICE\":\"tv\"}}" >c
	echo i01 >items
	expect_exit 65 "rs-rank --items items --users c m.rsm d.rsd" "c:1: context: expected none"
	# nothing is wanted: nothing is refused
	echo "{\"userId\":\"u000002\",\"filterValues\":{},\"promotions\":[],\"numResults\":null}" >e
	rs-recommend --users e m.rsm d.rsd 2>err >got
	[ "$(wc -l <got)" = 11 ] && [ ! -s err ]
'
test_ok 'members and contexts that mean nothing are told once' "$world"'
	printf "%s\n" "{\"userId\":\"u000001\",\"mail\":\"a@b\"}" "{\"userId\":\"u000002\",\"mail\":1,\"age\":4}" >f
	rs-recommend --users f m.rsm d.rsd 2>err >got
	printf "%s\n" "rs-recommend: f:1: member \"mail\" is not used, nor are others that are unknown" | cmp - err
	printf "u000001\nu000002\n" | rs-recommend --users - m.rsm d.rsd | cmp - got
	printf "%s\n" "{\"userId\":\"u000001\",\"context\":{\"DEVICE\":\"tv\"}}" "{\"userId\":\"u000002\",\"context\":{\"DEVICE\":\"tv\"}}" >c
	rs-recommend --users c m.rsm d.rsd 2>err | cmp - got
	[ "$(cat err)" = "rs-recommend: context \"DEVICE\" is not used: the model was not trained with such a column" ]
	i=0
	while [ $i -lt 9000 ]; do
		echo "{\"userId\":\"u000001\",\"itemList\":[\"i01\"],\"context\":{\"DEVICE\":\"tv\"}}"
		i=$((i + 1))
	done >many
	rs-rank --requests many m.rsm d.rsd 2>err | wc -l | grep -qx 9001
	[ "$(grep -c DEVICE err)" = 1 ]
'
test_ok 'ids of requests: whole numbers as they are written, a byte order mark, CR LF' '
	printf "user,item\n7,a\n7,b\n8,b\n8,c\n9,a\n9,c\n" | rs-import -q -o d.rsd
	rs-train -q -r itemknn d.rsd -o m.rsm
	rs-recommend -q -u 7 m.rsm d.rsd >want
	[ "$(wc -l <want)" -gt 1 ]
	echo "{\"userId\":7}" | rs-recommend --users - m.rsm d.rsd | cmp - want
	printf "\357\273\2777\r\n\r\n" | rs-recommend --users - m.rsm d.rsd | cmp - want
	expect_exit 65 "echo \"{\\\"userId\\\":1.5}\" | rs-recommend --users - m.rsm d.rsd" "(stdin):1: userId: expected a string"
	expect_exit 65 "echo \"{\\\"user\\\":1}\" | rs-recommend --users - m.rsm d.rsd" "expected a JSON object with a string"
'
test_ok 'a table of people of which the model knows nothing is told' "$world"'
	rs-train -q -r profile d.rsd -o p.rsm
	printf "user,shoe\nx,42\n" >t.csv
	rs-recommend --user-table t.csv p.rsm d.rsd 2>err >/dev/null
	grep -q "^rs-recommend: --user-table: the model knows none of its columns: it knows [A-Z]" err
	rs-recommend --user-table t.csv p.rsm 2>err >/dev/null
	grep -q "^rs-recommend: --user-table: the model knows none" err
	rs-recommend --user-table t.csv m.rsm d.rsd 2>err >/dev/null
	grep -q "^rs-recommend: --user-table: no column is used: the model knows nothing of attributes" err
	column=$(rs-view --table users d.rsd | head -n 1 | cut -d, -f 2)
	printf "user,$column\nx,1\n" >t.csv
	rs-recommend --user-table t.csv p.rsm d.rsd 2>err >/dev/null
	! grep -q user-table err
'
test_ok 'models that predict: rs-eval says which metrics judge that; a second model is told where it differs' "$world"'
	rs-split -q --by last --fraction .2 --train train.rsd --truth truth.rsd d.rsd
	rs-train -q -r mf train.rsd -o mf.rsm
	rs-train -q -r fm train.rsd -o fm.rsm
	rs-train -q -r itemknn train.rsd -o a.rsm
	rs-train -q -r ease train.rsd -o b.rsm
	rs-eval -t truth.rsd -m recall@5 mf.rsm train.rsd 2>err >/dev/null
	grep -q "^rs-eval: recipe mf is for ratings: --metrics ratings judges those" err
	rs-eval -t truth.rsd -m recall@5 --versus fm.rsm a.rsm train.rsd 2>err >/dev/null
	grep -q "^rs-eval: --versus: recipe fm is for probabilities: --metrics probabilities judges those" err
	rs-eval -t truth.rsd -m recall@5 a.rsm train.rsd 2>one >/dev/null
	rs-eval -t truth.rsd -m recall@5 --versus b.rsm a.rsm train.rsd 2>two >/dev/null
	[ -s one ]
	cmp one two
'
test_ok 'what was guessed is shown where a column lacks, and what lacks' '
	printf "user,filmo,at\n1,2,2024-01-01\n" >x.csv
	expect_exit 65 "rs-import --show-guess x.csv" "x.csv: no column of items among \"user\", \"filmo\", \"at\": name it with --columns item=NAME"
	grep -qx "x.csv	column 1	user	user" "$T_OUT"
	grep -qx "x.csv	column 2	attribute	filmo" "$T_OUT"
	printf "item,color\n1,red\n" >i.csv
	expect_exit 65 "rs-import --show-guess --item-table i.csv x.csv" "x.csv: no column of items"
	grep -qx "i.csv	column 2	attribute	color" "$T_OUT"
	grep -qx "x.csv	column 3	[a-z]*	at" "$T_OUT"
	rs-import --show-guess --columns item=filmo x.csv | grep -qx "x.csv	column 2	item	item"
'
test_ok 'the members of JSON Lines are shown, with what they are in some row' '
	{
		echo "{\"userId\":\"u\",\"movie\":\"i\",\"mail\":\"a@b\",\"z\\u001b[31m\":1}"
		echo "no json"
		echo "{\"userId\":\"u\",\"itemId\":\"i\",\"movie\":\"m\",\"timestamp\":5}"
	} >x.jsonl
	rs-import --show-guess --ignore mail x.jsonl | sed "1,3d" >got
	{
		printf "x.jsonl\tmember 1\tuser\tuserId\n"
		printf "x.jsonl\tmember 2\titem\tmovie\n"
		printf "x.jsonl\tmember 3\tignored\tmail\n"
		printf "x.jsonl\tmember 4\tattribute\tz\\\\x1b[31m\n"
		printf "x.jsonl\tmember 5\titem\titemId\n"
		printf "x.jsonl\tmember 6\ttime\ttimestamp\n"
	} | cmp - got
	echo "{\"who\":\"u\",\"itemId\":\"i\"}" >x.jsonl
	expect_exit 65 "rs-import --show-guess x.jsonl" "x.jsonl: no member of users among \"who\", \"itemId\": name it with --columns user=NAME"
	rs-import --show-guess --columns user=who x.jsonl | grep -qx "x.jsonl	member 1	user	who"
	awk "BEGIN { for (i = 0; i < 3000; i++) printf \"{\\\"user\\\":1,\\\"item\\\":2,\\\"m%d\\\":3}\\n\", i }" >x.jsonl
	[ "$(rs-import --show-guess x.jsonl | grep -c member)" = 1002 ]
	awk "BEGIN { printf \"{\\\"user\\\":1,\\\"item\\\":2\"; for (i = 0; i < 3000; i++) printf \",\\\"m%d\\\":3\", i; print \"}\" }" >x.jsonl
	[ "$(rs-import --show-guess x.jsonl | grep -c member)" = 1024 ]
'
test_ok 'what --ignore names and no file has is told' '
	printf "user,item,emails\nu,i,a@b\n" >x.csv
	printf "item,color\ni,red\n" >i.csv
	rs-import --ignore "email,Color,4" --item-table i.csv x.csv 2>err >d.rsd
	grep -qxF "rs-import: --ignore: no file has a column \"email\" (did you mean emails?)" err
	grep -qxF "rs-import: --ignore: no file has a column \"4\"" err
	[ "$(grep -c ignore err)" = 2 ]
	rs-import --ignore "*,emails" x.csv 2>err >d.rsd
	[ "$(grep -c ignore err)" = 0 ]
	echo "{\"user\":1,\"item\":2,\"emails\":3}" | rs-import --ignore e-mails,mail 2>err >d.rsd
	grep -qxF "rs-import: --ignore: no file has a column \"mail\"" err
	[ "$(grep -c ignore err)" = 1 ]
'
test_ok 'the name that was meant brings no command to the terminal' '
	printf "user,item,color\033[31m\nu,i,a\n" >x.csv
	expect_exit 65 "rs-import --columns value=color x.csv"
	! grep -q "$(printf "\033")" "$T_ERR" || exit 1
	grep -qF "(did you mean color\\x1b[31m?)" "$T_ERR"
'
test_ok 'a column that looks like the times is told, where none was found' '
	printf "user,item,When\n1,a,2024-01-01\n2,b,2024-01-02T12:00:00Z\n" >x.csv
	rs-import -o x.rsd x.csv x.csv 2>err
	[ "$(head -n 1 err)" = "rs-import: x.csv: no column of times, but one that looks like it: --columns time=\"When\"" ]
	[ "$(wc -l <err)" = 2 ]
	rs-import --columns time=When -o y.rsd x.csv 2>err
	[ "$(wc -l <err)" = 1 ] && grep -q 2024-01-02T12:00:00Z err
	for how in "--ordered" "--ignore When" "--ignore *" "--columns user,item,When"; do
		set -f
		rs-import $how -o y.rsd x.csv 2>err
		set +f
		[ "$(wc -l <err)" = 1 ] || { echo "$how"; cat err; exit 1; }
	done
	echo "{\"user\":1,\"item\":2,\"ordered_at\":1700000000}" | rs-import -o y.rsd 2>err
	grep -qF "(stdin): no column of times, but one that looks like it: --columns time=\"ordered_at\"" err
	# numbers of another kind, one cell that is no time, times that are there
	for text in "user,item,When\n1,a,17\n" "user,item,When\n1,a,2024-01-01\n1,b,soon\n" \
		"user,item,ts,When\n1,a,1700000000,2024-01-01\n" "user,item,When\n1,a,\n"; do
		printf "$text" | rs-import -o y.rsd 2>err
		[ "$(wc -l <err)" = 1 ] || { cat err; exit 1; }
	done
'
test_ok 'files that are no text of rows: what they are, and what makes rows of them' '
	printf "[{\"user\":1,\"item\":2}]" >a.json
	expect_exit 65 "rs-import a.json" "a.json: a JSON array: expected an object a line, as from jq -c"
	printf "\n [\n  {}\n]" >b.json
	expect_exit 65 "rs-import b.json" "b.json: a JSON array"
	printf "[user],item\n1,2\n" | rs-import --columns "user=[user]" -q -o x.rsd
	printf "SQLite format 3\000abc" >a.db
	expect_exit 65 "rs-import a.db" "a.db: an SQLite database: expected text, as from sqlite3 -header -csv"
	printf "item,color\n1,red\n" >i.csv
	expect_exit 65 "rs-import i.csv" "no column of users*(a table of items goes with --item-table)"
	printf "user,color\n1,red\n" >u.csv
	expect_exit 65 "rs-import u.csv" "no column of items*(a table of users goes with --user-table)"
	printf "user,item,time\n1,a,01/02/2024\n" >t.csv
	expect_exit 65 "rs-import t.csv" "time \"01/02/2024\": expected seconds since 1970, or a time such as 2019"
'
test_ok 'an empty id is no id, and empty lists are told' "$world"'
	expect_exit 64 "rs-recommend --user \"\" m.rsm d.rsd" "--user: an id of 0 bytes: expected 1 to 1024"
	expect_exit 64 "rs-similar --item \"\" m.rsm" "--item: an id of 0 bytes"
	expect_exit 65 "echo \"{\\\"userId\\\":\\\"\\\"}\" | rs-recommend --users - m.rsm d.rsd" "(stdin):1: an id of 0 bytes"
	rs-recommend --allow /dev/null m.rsm d.rsd 2>err >got
	[ "$(cat err)" = "rs-recommend: 60 of 60 lists are empty: the model has no item left for them" ]
	[ "$(wc -l <got)" = 1 ]
	rs-similar --allow /dev/null m.rsm 2>err >got
	grep -q "40 of 40 lists are empty" err
	rs-recommend --user nobody -n 1 m.rsm d.rsd 2>err >got
	[ "$(cat err)" = "rs-recommend: the user is not in the data: the list is the early-history list" ]
'
test_ok 'a column asked for that is not there: those that are' '
	printf "userid,itemid,stars\n1,a,3\n" >x.csv
	expect_exit 65 "rs-import --columns user=usrid x.csv" "x.csv: no column \"usrid\" among \"userid\", \"itemid\", \"stars\" (did you mean userid?) (--columns)"
	expect_exit 65 "rs-import --columns user=9 x.csv" "no column \"9\" among \"userid\", \"itemid\""
	printf "1,a,3\n" >y.csv
	expect_exit 65 "rs-import --columns user=1,item=9 y.csv" "no column \"9\": expected one of the 3 that are there"
'
test_ok 'two parts of a split to one file are refused' "$world"'
	expect_exit 64 "rs-split --by last --train a --truth a d.rsd" "two parts to one file"
	expect_exit 64 "rs-split --by users --train t --history a --truth a d.rsd" "two parts to one file"
	[ ! -e a ]
'
test_need gzip xz
test_ok 'ids, requests and lists may be compressed' "$world"'
	printf "u000001\nu000007\n" >users
	printf "i01\ni02\ni03\n" >items
	rs-recommend -q --users users --deny items m.rsm d.rsd >want
	gzip -k users
	xz -k items
	rs-recommend -q --users users.gz --deny items.xz m.rsm d.rsd | cmp - want
	gzip <users | rs-recommend -q --users - --deny items m.rsm d.rsd | cmp - want
	rs-rank -q --requests want m.rsm d.rsd >ranked
	gzip <want | rs-rank -q m.rsm d.rsd | cmp - ranked
	rs-eval -q -t d.rsd --lists want >judged
	gzip <want | rs-eval -q -t d.rsd --lists - | cmp - judged
	gzip -c users | head -c 20 >cut.gz
	expect_exit 65 "rs-recommend --users cut.gz m.rsm d.rsd" "cut.gz: cut off inside gzip data"
'
test_always
test_done
