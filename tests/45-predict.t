#!/bin/sh
# rs-predict: ratings of pairs, from text and from datasets.
. "$(dirname "$0")/lib.sh"

world='
	rs-synth -q --users 80 --items 40 --events 3000 -o all.rsd
	rs-view all.rsd | awk -F, "NR == 1 { print \"user,item,value\" }
		NR > 1 { print \$1 \",\" \$2 \",\" 1 + (substr(\$1, 2) * 7 + substr(\$2, 2) * 3) % 5 }" >log.csv
	rs-import -q log.csv -o d.rsd
	rs-train -q -r mf -p factors=8 d.rsd -o m.rsm
	head -n 40 log.csv | cut -d, -f1,2 >pairs.csv
'

test_ok 'a line for each pair, in the order of the pairs, within the range of the values' "$world"'
	rs-predict m.rsm d.rsd <pairs.csv >got
	[ "$(head -n 1 got)" = "user	item	prediction" ]
	tail -n +2 got | cut -f1,2 | tr "\t" , >order
	tail -n +2 pairs.csv | cmp - order
	tail -n +2 got | awk -F"\t" "\$3 < 1 || \$3 > 5 { exit 1 }"
'

test_ok 'CSV, TSV, JSON Lines, packed or not, and a dataset say the same' "$world"'
	rs-predict m.rsm d.rsd <pairs.csv >want
	tr , "\t" <pairs.csv | rs-predict m.rsm d.rsd >got
	cmp want got
	gzip -c pairs.csv | rs-predict m.rsm d.rsd | cmp want -
	tail -n +2 pairs.csv | awk -F, "{ printf \"{\\\"userId\\\":\\\"%s\\\",\\\"itemId\\\":\\\"%s\\\"}\\n\", \$1, \$2 }" >pairs.jsonl
	rs-predict -i pairs.jsonl m.rsm d.rsd | cmp want -
	tail -n +2 pairs.csv | rs-predict --columns user,item m.rsm d.rsd | cmp want -
	rs-import -q pairs.csv -o pairs.rsd
	rs-predict --pairs pairs.rsd m.rsm d.rsd | tail -n +2 | sort >got
	tail -n +2 want | sort | uniq | cmp - got
'

test_ok 'a pair is judged the same alone and for any number of threads' "$world"'
	rs-predict m.rsm d.rsd <pairs.csv >want
	for j in 1 2 3 8; do rs-predict -j $j m.rsm d.rsd <pairs.csv | cmp want -; done
	line=$(sed -n 20p pairs.csv)
	printf "user,item\n%s\n" "$line" | rs-predict m.rsm d.rsd | tail -n 1 >one
	sed -n 20p want | cmp - one
'

test_ok 'forms of the output' "$world"'
	head -n 2 pairs.csv | rs-predict -f csv m.rsm d.rsd >csv
	[ "$(head -n 1 csv)" = "user,item,prediction" ]
	head -n 2 pairs.csv | rs-predict -f jsonl m.rsm d.rsd >jsonl
	[ "$(wc -l <jsonl)" -eq 1 ]
	grep -q "^{\"userId\":\"u[0-9]*\",\"itemId\":\"i[0-9]*\",\"prediction\":[0-9.]*}$" jsonl
'

test_ok 'nine of ten ratings are within 1.645 deviations of the prediction' '
	awk "BEGIN { srand(5); print \"user,item,value\"
		for (i = 0; i < 60; i++) bias[i] = rand()
		for (u = 0; u < 250; u++) { own = rand()
			for (k = 0; k < 30; k++) { i = (u * 7 + k * 11) % 60
				print \"u\" u \",i\" i \",\" own + bias[i] + (rand() + rand() + rand() + rand()) } } }" >log.csv
	rs-import -q log.csv -o d.rsd
	rs-split -q --by random --fraction 0.2 --train train.rsd --truth truth.rsd d.rsd
	rs-train -q -r mf -p factors=4 train.rsd -o m.rsm
	rs-predict --deviation --pairs truth.rsd m.rsm train.rsd >got
	[ "$(head -n 1 got)" = "user	item	prediction	deviation" ]
	rs-predict --pairs truth.rsd m.rsm train.rsd >plain
	cut -f1-3 got | cmp plain -
	rs-view truth.rsd | tr , "\t" | tail -n +2 | sort >truth
	tail -n +2 got | sort >said
	paste said truth | awk -F"\t" "\$1 != \$5 || \$2 != \$6 || !(\$4 > 0) { bad = 1 }
		{ e = \$7 - \$3; n++; near += e < \$4 && e > -\$4; far += e < 1.645 * \$4 && e > -1.645 * \$4; sum += \$4 }
		END { print near / n, far / n, sum / n
			exit bad || near / n < .62 || near / n > .74 || far / n < .86 || far / n > .94 || sum / n < .5 || sum / n > .7 }"
	for j in 1 3; do rs-predict -j $j --deviation --pairs truth.rsd m.rsm train.rsd | cmp got -; done
	rs-predict -q --deviation -f jsonl --pairs truth.rsd m.rsm train.rsd | head -n 1 |
		grep -q "\"prediction\":[0-9.]*,\"deviation\":0[.][0-9]*}$"
	printf "user,item\nnobody,i1\nu1,i1\nu1,nothing\n" | rs-predict -q --deviation m.rsm train.rsd | cut -f4 |
		awk "NR == 2 { new = \$1 } NR == 3 && \$1 >= new { exit 1 } NR == 4 && \$1 < new / 2 { exit 1 }"
	rs-train -q -r lr -p positive_from=3 train.rsd -o lr.rsm
	expect_exit 64 "rs-predict --deviation --pairs truth.rsd lr.rsm train.rsd" "*does not tell how unsure*"
'

test_ok 'strangers and new items are judged as averages, and the command says so' "$world"'
	printf "user,item\nnobody,i00001\nu000001,nothing\n" | rs-predict m.rsm d.rsd >got 2>said
	[ "$(wc -l <got)" -eq 3 ]
	grep -q "1 of 2 pairs are of users" said
	grep -q "1 of 2 pairs are of items" said
	printf "user,item\nnobody,i00001\n" | rs-predict -q m.rsm d.rsd >got 2>said
	[ ! -s said ]
'

test_ok 'no pairs, no lines' "$world"'
	rs-predict m.rsm d.rsd </dev/null >got
	[ "$(wc -l <got)" -eq 1 ]
	echo user,item | rs-predict m.rsm d.rsd >got
	[ "$(wc -l <got)" -eq 1 ]
'

test_ok 'many pairs stream: memory does not grow with them' "$world"'
	{ echo user,item; for i in 1 2 3 4 5 6 7 8; do tail -n +2 log.csv | cut -d, -f1,2; done; } >one.csv
	{ echo user,item; for i in 1 2 3 4 5 6 7 8; do tail -n +2 one.csv; done; } >many.csv
	{ echo user,item; for i in 1 2 3 4; do tail -n +2 many.csv; done; } >more.csv
	rs-predict -i more.csv m.rsm d.rsd >got
	[ "$(wc -l <got)" -eq "$(wc -l <more.csv)" ]
	head -n "$(wc -l <many.csv)" got >part
	rs-predict -i many.csv m.rsm d.rsd | cmp part -
'

test_ok 'what cannot be is refused in one line' "$world"'
	rs-train -q -r popular d.rsd -o p.rsm
	expect_exit 64 "rs-predict p.rsm d.rsd <pairs.csv" "*recipe popular ranks items*"
	expect_exit 64 "rs-predict --pairs d.rsd -i pairs.csv m.rsm d.rsd" "*--pairs stands instead of --input*"
	expect_exit 65 "printf \"user,item\\nu1\\n\" | rs-predict m.rsm d.rsd" "*stdin*:2: too few cells*"
	expect_exit 65 "printf \"user,item\\n,i00001\\n\" | rs-predict m.rsm d.rsd" "*:2: no user*"
	expect_exit 65 "printf \"{\\\"userId\\\":\\\"a\\\"}\\n\" | rs-predict m.rsm d.rsd" "*:1: no item*"
	expect_exit 65 "printf \"{\\\"userId\\n\" | rs-predict m.rsm d.rsd" "*:1:*"
	rs-import -q pairs.csv -o novalues.rsd
	expect_exit 65 "rs-train -r mf novalues.rsd" "*learns from the values of events*"
'
test_done
