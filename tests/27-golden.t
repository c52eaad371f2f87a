#!/bin/sh
# Files of every layout that was ever released are read for ever.
. "$(dirname "$0")/lib.sh"

for file in "$RS_ROOT"/tests/golden/layout-*.rsd; do
	name=$(basename "$file" .rsd)
	test_ok "$name is whole" '
		cp "$file" .
		[ "$(rs-info --check "$name.rsd")" = "$name.rsd: ok" ]
	'
	test_need rs-view
	test_ok "$name says what it always said" '
		for csv in "$RS_ROOT/tests/golden/$name".*.csv; do
			table=${csv%.csv}
			table=${table##*/$name.}
			rs-view --table "$table" "$file" >got
			cmp got "$RS_ROOT/tests/golden/$name.$table.csv"
		done
	'
	test_always
	test_ok "$name is written again with the same bytes, but for the steps" '
		rs-merge --quiet "$file" >again.rsd
		rs-info "$file" | grep -vE "prov|digest|bytes|rsd$|^ {19}" >want
		rs-info again.rsd | grep -vE "prov|digest|bytes|rsd$|^ {19}" >got
		cmp got want
	'
done
test_done
