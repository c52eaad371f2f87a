#!/bin/sh
# Damaged binary files, for every command: cut at every length, every bit flipped, junk behind, doubled, another kind, another
# layout. A quick run takes cases spread over the file; RS_LONG=1 takes all.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hostile/fixtures.sh"

hostile_fixtures || exit 1
cases=120
[ -z "${RS_SLOW:-}" ] || cases=15
[ -z "$RS_LONG" ] || cases=1000000

# damage MODE LINE: each rs file of the line in turn.
damage()
{
	for place in $(hostile_places "$2"); do
		hostile_words "$2" "$place" '{}' >"$t_dir/words"
		set -- "$1" "$2"
		while read -r word; do
			set -- "$@" "$word"
		done <"$t_dir/words"
		mode=$1
		line=$2
		shift 2
		file=$(hostile_words "$line" | sed -n "${place}p")
		"$RS_BUILD/tools/hostile" -n "$cases" "$mode" "$file" "$@"
		set -- "$mode" "$line"
	done
}

# each LINE CODE: CODE for each rs file of the line, with $good its path.
each()
{
	for place in $(hostile_places "$1"); do
		good=$(hostile_words "$1" | sed -n "${place}p")
		eval "$2"
		expect_exit 65 "run '$1' $place bad" "$3"
		[ ! -s "$T_OUT" ]
		[ "$(echo *)" = bad ]
	done
}

hostile_lines >"$t_dir/lines"
while read -r line <&3; do
	[ -n "$(hostile_places "$line")" ] || continue
	test_ok "cut anywhere: $line" 'damage cut "$line"'
	test_ok "a bit flipped anywhere: $line" 'damage flip "$line"'
	test_ok "junk, doubled, other kind, other layout: $line" '
		each "$line" "cat \$good >bad; printf x >>bad"
		each "$line" "cat \$good >bad; head -c 4096 /dev/zero >>bad"
		each "$line" "cat \$good \$good >bad"
		each "$line" ": >bad"
		each "$line" "echo user,item,timestamp >bad"
		each "$line" "gzip -c \$good >bad"
		each "$line" "other_kind \$good >bad"
	'
done 3<"$t_dir/lines"

test_ok 'every command that reads rs files has a line in commands.txt' '
	for path in "$RS_BIN"/rs-*; do
		name=$(basename "$path")
		grep -q "^$name " "$RS_ROOT/tests/hostile/commands.txt" || { echo "$name is missing"; exit 1; }
	done
'
test_done
