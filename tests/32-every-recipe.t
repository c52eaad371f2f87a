#!/bin/sh
# What is promised of every recipe, for each that rs-train lists: strangers are served by what they did, lists are explained or the
# manual says that they are not, data that it cannot use is refused in one line, and it is documented, measured and tested.
# (The same bytes for any number of threads, and no user in a model: 60-same-bytes.t.)
. "$(dirname "$0")/lib.sh"

test_need rs-synth rs-import rs-split rs-view rs-train rs-recommend rs-similar rs-predict

# A log that every recipe can use: times, values, tables. train.rsd knows nothing of the people of late.rsd.
world='
	rs-synth -q --users 90 --items 40 --events 2500 -o /dev/null --csv-events log.csv --csv-users users.csv --csv-items items.csv
	awk -F, -v OFS=, "NR > 1 { \$5 = (substr(\$2, 2) + substr(\$1, 2) * 7) % 5 + 1 } { print }" log.csv >rated.csv
	rs-import -q --user-table users.csv --item-table items.csv rated.csv -o all.rsd
	rs-split -q --by users --fraction 0.2 --train train.rsd --truth late.rsd --history early.rsd all.rsd
	rs-view early.rsd >strangers.csv
	sed 1d strangers.csv | cut -d , -f 1 | sort -u >who
	[ "$(wc -l <who)" -ge 15 ]
'

for recipe in $(rs-train --list-recipes 2>/dev/null | cut -f 1); do
	section=$(echo "$recipe" | tr '[:lower:]' '[:upper:]')
	manual="sed -n '/^\.Sh $section\$/,/^\.Sh /p' '$RS_ROOT/man/rs-recipes.7'"

	test_ok "$recipe: people in no file are served, each by what they did" "$world"'
		rs-train -q -r $recipe train.rsd -o m.rsm
		rs-recommend -q -n 40 --seen keep --histories strangers.csv m.rsm >got
		sed 1d got | cut -f 1 | sort -u | cmp - who
		sed 1d got | cut -f 1,2 | sort | uniq -d >twice
		[ ! -s twice ]
		awk -F "\t" "FNR > 1 && !(\$4 - \$4 == 0) { exit 1 }" got
		while read -r user; do
			sed 1d got | awk -F "\t" -v u="$user" "\$1 == u { print \$2, \$4 }"  | cksum
		done <who | sort -u >lists
		case $recipe in
		popular | trending) [ "$(wc -l <lists)" = 1 ] ;;
		*) [ "$(wc -l <lists)" -gt 10 ] ;;
		esac
	'

	test_ok "$recipe: the shares of events are those of the score, or the manual says that there are none" "$world"'
		rs-train -q -r $recipe train.rsd -o m.rsm
		rs-recommend -q -n 5 --explain 1000 --histories strangers.csv m.rsm >got
		cut -f 5 got | sed 1d | grep . >because || {
			eval "$manual" | grep -q "cannot explain"
			exit 0
		}
		[ "$(wc -l <because)" = "$(sed 1d got | wc -l)" ]
		eval "$manual" | grep -q "are explained"
		awk -F "\t" "NR > 1 {
			n = split(\$5, cause, \"; \"); sum = 0
			for (i = 1; i <= n; i++) { sub(/.*=/, \"\", cause[i]); sum += cause[i] }
			if (sum > 1.0001 && \$4 > 0) { print; exit 1 }
		}" got
		sed 1d strangers.csv | cut -d , -f 1,2 | tr , "\t" | sort -u >had
		awk -F "\t" "FILENAME == \"had\" { had[\$1, \$2] = 1; next }
			FNR > 1 { n = split(\$5, cause, \"; \"); for (i = 1; i <= n; i++) { sub(/=[^=]*\$/, \"\", cause[i]); if (!((\$1, cause[i]) in had)) exit 1 } }" had got
	'

	test_ok "$recipe: what cannot be used or asked is refused in one line, and nothing is left behind" "$world"'
		head -n 1 log.csv >none.csv
		cut -d , -f 1,2 log.csv >bare.csv
		printf "user,item,value\nu,i,1\n" >one.csv
		awk "BEGIN { print \"user,item,time,value\"; for (i = 0; i < 60; i++) print \"u\" i \",i\" i \",\" i \",3\" }" >apart.csv
		for log in none bare one apart; do
			rs-import -q $log.csv -o $log.rsd
			if rs-train -q -r $recipe $log.rsd -o $log.rsm 2>said; then
				[ ! -s said ] && [ $log != none ]
				rs-recommend -q -n 3 --seen keep $log.rsm $log.rsd >got 2>said
				[ ! -s said ] && [ "$(wc -l <got)" -gt 1 ]
			else
				expect_exit 65 "rs-train -q -r $recipe $log.rsd -o $log.rsm"
				[ ! -e $log.rsm ]
			fi
		done
		rs-train -q -r $recipe train.rsd -o m.rsm
		if rs-similar -q --item i00003 m.rsm >got 2>said; then
			[ "$(wc -l <got)" -gt 1 ]
		else
			expect_exit 64 "rs-similar -q --item i00003 m.rsm" $recipe
		fi
		rs-view late.rsd | cut -d , -f 1,2 >pairs.csv
		if rs-predict -q m.rsm early.rsd <pairs.csv >got 2>said; then
			[ "$(wc -l <got)" = "$(wc -l <pairs.csv)" ]
		else
			expect_exit 64 "rs-predict -q m.rsm early.rsd <pairs.csv" $recipe
		fi
		expect_exit 64 "rs-train -q -r $recipe -p no_such=1 train.rsd -o x" "unknown parameter \"no_such\""
		[ ! -e x ]
	'

	test_ok "$recipe: documented, with cost and paper or origin; measured; with a plain reference among the unit tests" '
		sed -n "/^\.Bl -column \"itemknn\"/,/^\.El/p" "$RS_ROOT/man/rs-recipes.7" | grep -q "^\.It \(.* , \)*$recipe[ ,]"
		grep -q "\`$recipe\`" "$RS_ROOT/README.md"
		sets=$(grep -c "^## " "$RS_ROOT/examples/recipes.md")
		[ "$(grep -c "^| \**$recipe\** |" "$RS_ROOT/examples/recipes.md")" = "$sets" ]
		grep -lq "rs_recipe_$recipe\b\|\"$recipe\"" "$RS_ROOT"/tests/unit/test_*.c
	'
done
test_done
