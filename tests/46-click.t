#!/bin/sh
# Event probabilities: lr, fm, ffm, fwfm, and what rs-eval says of predictions.
. "$(dirname "$0")/lib.sh"

# Whether somebody clicks hangs on the colours of user and item and on the device.
world='
	awk "BEGIN { print \"user,item,value,device\"
		for (u = 0; u < 200; u++) for (k = 0; k < 16; k++) {
			i = (u * 7 + k * 5) % 40; d = (u + k * k) % 3
			print \"u\" u \",i\" i \",\" ((u % 2 == i % 2) != (d == 2)) \",\" (d == 0 ? \"phone\" : d == 1 ? \"desk\" : \"tv\") } }" >log.csv
	awk "BEGIN { print \"user,colour\"; for (u = 0; u < 200; u++) print \"u\" u \",c\" u % 2 }" >users.csv
	awk "BEGIN { print \"item,colour\"; for (i = 0; i < 40; i++) print \"i\" i \",c\" i % 2 }" >items.csv
	rs-import -q --user-table users.csv --item-table items.csv log.csv -o d.rsd
	rs-split -q --by random --fraction 0.2 --train train.rsd --truth truth.rsd d.rsd
'

test_ok 'each recipe foresees clicks, by attributes and context' "$world"'
	for r in fm ffm fwfm; do
		rs-train -q -r $r train.rsd -o $r.rsm
		rs-eval -q --truth truth.rsd --metrics probabilities --require "auc>=0.7" $r.rsm train.rsd >got
		[ "$(cut -f1 got | tr "\n" " ")" = "metric auc auc-user logloss ne ece " ]
		awk -F"\t" "NR > 1 && !(\$3 <= \$2 && \$2 <= \$4) { exit 1 }" got
	done
	rs-train -q -r lr train.rsd -o lr.rsm
	rs-eval -q --truth truth.rsd --metrics ne --require "ne<=1.1" lr.rsm train.rsd
'

test_ok 'the same bytes for any number of threads' "$world"'
	for r in lr fm ffm fwfm; do
		for j in 1 2 3 8; do rs-train -q -j $j -r $r -p epochs=2 train.rsd -o $j.rsm; done
		cmp 1.rsm 2.rsm
		cmp 1.rsm 3.rsm
		cmp 1.rsm 8.rsm
		for j in 1 3; do rs-eval -q -j $j --truth truth.rsd --metrics probabilities 1.rsm train.rsd >$j.tsv; done
		cmp 1.tsv 3.tsv
	done
'

test_ok 'context of the pairs counts, from text as from a dataset' "$world"'
	rs-train -q -r ffm train.rsd -o m.rsm
	printf "user,item,device\nu1,i1,phone\nu1,i1,tv\nu1,i1,\nu1,i1,radio\n" | rs-predict m.rsm train.rsd | cut -f3 >got
	awk "NR == 2 { a = \$1 } NR == 3 && a == \$1 { exit 1 } NR == 4 { none = \$1 } NR == 5 && \$1 != none { exit 1 }" got
	rs-predict --pairs truth.rsd m.rsm train.rsd | tail -n +2 | sort >want
	rs-view truth.rsd | rs-predict m.rsm train.rsd | tail -n +2 | sort | cmp want -
'

test_ok 'somebody without events is judged by attributes; the user is not in the model' "$world"'
	rs-train -q -r fm train.rsd -o m.rsm
	printf "user\nnew0\nnew1\n" >new
	printf "user,colour\nnew0,c0\nnew1,c1\n" >new.csv
	rs-import -q --user-table new.csv -o new.rsd </dev/null
	printf "user,item,device\nnew0,i2,phone\nnew1,i2,phone\n" | rs-predict -q m.rsm new.rsd | cut -f3 >got
	awk "NR == 2 { a = \$1 } NR == 3 && \$1 >= a { exit 1 }" got
	rs-info m.rsm >/dev/null
	if grep -q u17 m.rsm; then exit 1; fi
'

test_ok 'lists are in the order of predictions without context, the same for any number of threads and any company' "$world"'
	for r in lr fm ffm fwfm; do
		rs-train -q -r $r -p epochs=3 train.rsd -o m.rsm
		rs-recommend -q -j 1 -n 12 m.rsm train.rsd >lists
		rs-recommend -q -j 3 -n 12 m.rsm train.rsd | cmp lists -
		rs-recommend -q -n 12 -u u17 m.rsm train.rsd | sed 1d >one
		grep "^u17	" lists | cmp one -
		awk "BEGIN { print \"user,item\" } NR > 1 { print \$1 \",\" \$2 }" lists | rs-predict -q m.rsm train.rsd | sed 1d >said
		sed 1d lists | paste - said | awk -F"\t" "{ d = 1 / (1 + exp(-\$4)) - \$7; if (\$6 != \$2 || d > 1e-6 || d < -1e-6) exit 1; n++ }
			END { exit n != 2400 }"
	done
'

test_ok 'events of negative weight are negative, and where all are positive items are drawn' "$world"'
	awk -F, "NR == 1 { print \"user,item,event\" } NR > 1 { print \$1 \",\" \$2 \",\" (\$3 ? \"click\" : \"view\") }" log.csv >types.csv
	rs-import -q types.csv -o types.rsd
	rs-train -q -r lr --event click --event view:weight=-1 types.rsd -o m.rsm
	rs-eval -q --truth types.rsd --metrics auc,logloss m.rsm types.rsd >got
	rs-train -q -r lr --event click types.rsd -o m.rsm
	rs-info m.rsm | grep -q "negatives.*4"
'

test_ok 'of amounts any above 0 is positive, of labels and ratings what lies above the middle' '
	positive_from()
	{
		awk "BEGIN { print \"user,item,value\"; for (i = 0; i < 400; i++) print \"u\" i % 20 \",i\" i % 19 \",\" $1 }" |
			rs-import -q - | rs-train -q -r lr -p epochs=1 - -o m.rsm
		rs-info m.rsm | sed -n "s/.*\"positive_from\":\([^,]*\),.*/\1/p"
	}
	[ "$(positive_from "1 + i % 5")" = 4.0 ]
	[ "$(positive_from "(i % 50 == 0)")" = 1.0 ]
	[ "$(positive_from "(i % 2 ? \"-\" : \"\") \"3e38\"")" = 3.0000000054977558e38 ]
	rs-info --check m.rsm >/dev/null
	[ "$(positive_from "(i % 50 == 0 ? 9000 : 2 + i % 7)")" = 2.0 ]
	rs-info m.rsm | grep -q "\"negatives\":4,"
	[ "$(positive_from "(i % 50 == 0 ? 9000 : i % 7)")" = 1.0 ]
	rs-info m.rsm | grep -q "\"negatives\":0,"
'

test_ok 'errors of ratings: by hand' '
	awk "BEGIN { print \"user,item,value\"; for (u = 0; u < 40; u++) for (k = 0; k < 9; k++)
		print \"u\" u \",i\" (u + k) % 20 \",\" 1 + (u * 3 + k) % 5 }" >log.csv
	rs-import -q log.csv -o d.rsd
	rs-train -q -r mf -p factors=4 d.rsd -o m.rsm
	rs-predict --pairs d.rsd m.rsm d.rsd | tail -n +2 | cut -f3 >said
	rs-view d.rsd | tail -n +2 | cut -d, -f3 >value
	want=$(paste said value | awk "{ s += (\$1 - \$2)^2; a += \$1 > \$2 ? \$1 - \$2 : \$2 - \$1 } END { printf \"%.4f %.4f\", sqrt(s / NR), a / NR }")
	got=$(rs-eval -q --truth d.rsd --metrics rmse,mae m.rsm d.rsd | awk "NR > 1 { printf \"%.4f \", \$2 }")
	[ "$got" = "$want " ]
'

test_ok 'two models of predictions are compared pair by pair' "$world"'
	rs-train -q -r fm train.rsd -o fm.rsm
	rs-train -q -r lr train.rsd -o lr.rsm
	rs-eval -q --truth truth.rsd --metrics auc,logloss fm.rsm train.rsd >one
	rs-eval -q --truth truth.rsd --metrics auc,logloss lr.rsm train.rsd >two
	rs-eval -q --truth truth.rsd --metrics auc,logloss --versus lr.rsm fm.rsm train.rsd >got
	head -n 3 got | cmp one -
	sed -n 4,5p got | cut -f1,2 | sed "s/versus.//" >versus
	tail -n +2 two | cut -f1,2 | cmp - versus
	awk -F"\t" "{ v[\$1] = \$2; low[\$1] = \$3; high[\$1] = \$4 }
		END { d = v[\"difference.auc\"]; e = v[\"auc\"] - v[\"versus.auc\"] - d
			exit !(e < 1e-12 && e > -1e-12 && low[\"difference.auc\"] <= d && d <= high[\"difference.auc\"] &&
				low[\"difference.auc\"] > 0 && v[\"p.auc\"] < .05 && v[\"p.logloss\"] < .05) }" got
	for j in 1 3; do rs-eval -q -j $j --truth truth.rsd --metrics auc,logloss --versus lr.rsm fm.rsm train.rsd | cmp got -; done
	rs-eval -q --truth truth.rsd --metrics auc --versus fm.rsm fm.rsm train.rsd | grep -q "^p.auc	1	"
	rs-train -q -r mf train.rsd -o mf.rsm
	rs-train -q -r mf -p factors=4 train.rsd -o small.rsm
	rs-eval -q --truth truth.rsd --metrics rmse,mae --versus small.rsm mf.rsm train.rsd | cut -f1 | tr "\n" " " >names
	[ "$(cat names)" = "metric rmse mae versus.rmse versus.mae difference.rmse p.rmse difference.mae p.mae " ]
	expect_exit 64 "rs-eval --truth truth.rsd --metrics auc --versus mf.rsm fm.rsm train.rsd" "*metric auc judges probabilities*"
	rs-train -q -r fm -p positive_from=-1 -p negatives=1 train.rsd -o all.rsm
	expect_exit 65 "rs-eval --truth truth.rsd --metrics auc --versus all.rsm fm.rsm train.rsd" "*foretell different things*"
'

test_ok 'what cannot be measured is refused in one line' "$world"'
	rs-train -q -r popular train.rsd -o p.rsm
	rs-train -q -r mf train.rsd -o m.rsm
	expect_exit 64 "rs-eval --truth truth.rsd --metrics rmse p.rsm train.rsd" "*recipe popular ranks items*"
	expect_exit 64 "rs-eval --truth truth.rsd --metrics auc m.rsm train.rsd" "*metric auc judges probabilities*"
	expect_exit 64 "rs-eval --truth truth.rsd --metrics rmse,ndcg@10 m.rsm train.rsd" "*two runs*"
	expect_exit 64 "rs-eval --truth truth.rsd --metrics rmse --baselines m.rsm train.rsd" "*metrics of predictions go without*"
	expect_exit 1 "rs-eval --truth truth.rsd --metrics rmse --require \"rmse<=0.001\" m.rsm train.rsd" "*required <= 0.001*"
	expect_exit 65 "rs-train -r lr -p negatives=0 -p positive_from=0 train.rsd" "*all events are positive*"
'
test_done
