#!/bin/sh
# The README's examples, as a reader would type them: each block marked `console` is typed and has to print what stands there;
# of scores the first four decimals, since the last ones differ between processors.
. "$(dirname "$0")/lib.sh"

test_ok 'what the README types prints what the README says' '
	cp "$RS_ROOT"/examples/data/*.csv .
	awk "/^\`\`\`console\$/ { on = 1; next } /^\`\`\`\$/ { on = 0 } on" "$RS_ROOT/README.md" >want
	[ "$(grep -c "^\\$ " want)" -gt 5 ]
	sed -n "s/^\\$ //p" want >commands
	while read -r line <&3; do
		printf "$ %s\n" "$line"
		eval "$line" 2>&1
	done 3<commands >got
	for f in want got; do
		sed "s/\(\.[0-9][0-9][0-9][0-9]\)[0-9]*/\1/g" $f >$f.short
	done
	diff want.short got.short
'
test_done
