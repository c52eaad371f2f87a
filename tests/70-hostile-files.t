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

# each LINE MAKE TEXT: for each rs file of the line, MAKE writes ./bad from $good, its path, and the command refuses it with
# TEXT in the message.
each()
{
	for place in $(hostile_places "$1"); do
		good=$(hostile_words "$1" | sed -n "${place}p")
		eval "$2" >bad
		expect_exit 65 "run '$1' $place ./bad" "./bad*$3"
		[ ! -s "$T_OUT" ]
		[ "$(echo *)" = bad ]
	done
}

other_kind()
{
	case $good in
	*.rsd) cat "$F/popular.rsm" ;;
	*) cat "$F/data.rsd" ;;
	esac
}

hostile_lines >"$t_dir/lines"
while read -r line <&3; do
	[ -n "$(hostile_places "$line")" ] || continue
	test_ok "cut anywhere: $line" 'damage cut "$line"'
	test_ok "a bit flipped anywhere: $line" 'damage flip "$line"'
	test_ok "junk behind, doubled, other contents, other layout: $line" '
		each "$line" "cat \$good; printf x" behind
		each "$line" "cat \$good; head -c 4096 /dev/zero" behind
		each "$line" "cat \$good \$good"
		each "$line" ": empty" empty
		each "$line" "echo user,item,timestamp" "not an rs"
		each "$line" "gzip -c \$good" "not an rs"
		each "$line" "\"$RS_BUILD/tools/relabel\" <\$good" "layout 3"
		[ "${line#rs-info}" != "$line" ] || each "$line" other_kind ": expected a "
	'
done 3<"$t_dir/lines"

test_ok 'every command that reads rs files has a line in commands.txt' '
	for path in "$RS_BIN"/rs-*; do
		name=$(basename "$path")
		grep -q "^$name " "$RS_ROOT/tests/hostile/commands.txt" || { echo "$name is missing"; exit 1; }
	done
'
test_done
