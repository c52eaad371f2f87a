#!/bin/sh
# The examples of the manual pages run as they stand, from top to bottom of each page, on files of the names that they use.
. "$(dirname "$0")/lib.sh"

test_need rs-synth rs-import

# The commands of the examples of a page, as a script: lines that begin with "$ ", and the lines of blocks set as they are.
examples()
{
	awk '
		/^\.Sh / { on = $0 == ".Sh EXAMPLES"; next }
		!on { next }
		/^\.Bd -literal/ { block = 1; next }
		/^\.Ed/ { block = 0; next }
		block { print; next }
		/^\.Dl \$ / { print substr($0, 7) }
	' "$1" | sed 's/\\(dq/"/g; s/\\e/\\/g; s/\\&//g; s/\\\\/\\/g; s/\\-/-/g'
}

# What the examples take as given: a shop, its text, logs of other forms.
given()
{
	rs-synth -q --users 200 --items 100 --events 6000 --csv-events synth.csv --csv-users users.csv --csv-items items.csv -o synth.rsd
	awk -F, -v OFS=, '
		NR == 1 { print "user", "item", "timestamp", "event", "value", "quantity"; next }
		{ print $1, $2, $3, NR % 9 == 0 ? "return" : $4, $5, NR % 3 + 1 }' synth.csv >events.csv
	awk -v OFS=, 'NR == 1 { print $0, "margin"; next } { print $0, NR % 7 }' items.csv >i && mv i items.csv
	rs-import -q --user-table users.csv --item-table items.csv events.csv -o shop.rsd
	sed '1d' events.csv | awk -F, -v OFS=, '{ print $1, $2, NR == 300 ? "five" : NR % 5 + 1, $3 * 1000 }' >ratings.dat
	awk 'BEGIN { for (u = 1; u < 40; u++) print u, u % 7, u % 11 + 20, u % 5 + 40 }' | tee lists.txt >baskets.txt
	printf 'ann\\\tb\tx\\ny\t1700000000\t4\nbob\tz\t1700000001\t\\N\n' >log.txt
	for day in monday tuesday wednesday january february; do
		rs-synth -q --kind ratings --users 60 --items 40 --events 900 --seed ${#day} -o $day.rsd
	done
	mkdir new backup
	cp monday.rsd new && cp tuesday.rsd backup
	echo u000017 >gone
	echo '{"user":"a","page":"/x","at":"2024-01-01T00:00:00Z"}' | gzip >access.log.gz
	sed '1s/timestamp/time/' events.csv >log.csv
	! command -v sqlite3 >/dev/null || sqlite3 shop.db '.import --csv log.csv log'
}

for page in "$RS_ROOT"/man/*.1; do
	name=$(basename "$page" .1)
	test_ok "$name(1): the examples" '
		examples "$page" >script
		[ "$(grep -c "^rs-\|| rs-\|	rs-" script)" -ge 1 ]
		for program in sqlite3 jq; do
			command -v $program >/dev/null || { sed "/$program /d" script >s && mv s script; }
		done
		sed "/^psql /d" script >s && mv s script
		(given) >said 2>&1 || { cat said; exit 1; }
		sh -eux script >out 2>said || { tail -n 3 said; exit 1; }
	'
done
test_ok 'no example loses its quotes: those before a word are written \(dq' '
	! grep -n "^\.Dl .* \"" "$RS_ROOT"/man/*
'
test_ok 'rs-filter(7): every condition of the examples holds for some rows' '
	(given) >/dev/null 2>&1
	awk "NR == 1 { print \$0 \",page count\"; next } { print \$0 \",\" NR }" events.csv >more.csv
	rs-import -q --columns item=item --user-table users.csv --item-table items.csv more.csv -o d.rsd
	examples "$RS_ROOT/man/rs-filter.7" >conditions
	[ "$(wc -l <conditions)" -gt 3 ]
	while read -r condition; do
		rs-view --where "$condition" d.rsd >rows || { echo "$condition"; exit 1; }
		[ "$(wc -l <rows)" -gt 1 ] || { echo "no row: $condition"; exit 1; }
	done <conditions
'
test_done
