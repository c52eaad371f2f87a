#!/bin/sh
# Every command with a full disk, closed and broken pipes, named pipes, and outputs that cannot be made.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hostile/fixtures.sh"

hostile_fixtures || exit 1

# want_of LINE NAME: the file that holds what is wanted where the input goes by that name, which only rs-info prints.
want_of()
{
	case $1 in
	rs-info*)
		sed "s|^$F/[^:]*: |$2: |" want >want.named
		echo want.named
		;;
	*) echo want ;;
	esac
}

hostile_lines >"$t_dir/lines"
while read -r line <&3; do
	case $line in
	rs-split*) to_files=1 ;;
	*) to_files= ;;
	esac
	test_ok "stdout full, closed, cut short: $line" '
		run "$line" >want 2>/dev/null
		[ -z "$to_files" ] || exit 0
		[ -s want ]
		expect_exit 74 "run \"\$line\" >/dev/full" stdout
		expect_exit 74 "run \"\$line\" >&-" stdout
		expect_exit 74 "run \"\$line -o /dev/full\"" /dev/full
		{ run "$line" 2>said || echo $? >status; } | head -c 1 >/dev/null
		grep -v "^${line%% *}: " said >other && exit 1
		[ ! -e status ] || [ "$(cat status)" = 141 ]
	'
	test_ok "stdin or stderr closed: $line" '
		run "$line" >want 2>/dev/null
		run "$line" <&- 2>/dev/null | cmp - want
		run "$line" 2>&- | cmp - want
		for place in $(input_places "$line"); do
			expect_exit 66 "run \"\$line\" $place ./absent" ./absent
			run "$line" "$place" ./absent 2>&- && exit 1
			[ $? = 66 ]
			mkdir -p folder
			expect_exit 66 "run \"\$line\" $place ./folder" ./folder
		done
	'
	test_ok "inputs from a pipe and a named pipe: $line" '
		run "$line" >want 2>/dev/null
		for place in $(input_places "$line"); do
			file=$(hostile_words "$line" | sed -n "${place}p")
			cat "$file" | run "$line" "$place" - 2>said | cmp - "$(want_of "$line" "(stdin)")"
			rm -f pipe
			mkfifo pipe
			cat "$file" >pipe &
			run "$line" "$place" pipe 2>said | cmp - "$(want_of "$line" pipe)"
			wait
			# no text is a log without rows, no bytes are no rs file
			run "$line" "$place" - <&- >empty 2>said && [ "${line#*@log}" = "$line" ] && exit 1
			[ "$(wc -l <said)" -le 1 ]
		done
	'
	[ -z "$to_files" ] || continue
	test_ok "output to a file: new, over its own input, to a pipe, where none can be: $line" '
		run "$line" >want 2>/dev/null
		run "$line -o new" 2>/dev/null
		cmp new want
		[ "$(stat -c %a new)" = 644 ]
		(umask 077 && run "$line -o private" 2>/dev/null)
		[ "$(stat -c %a private)" = 600 ]
		rm -f private
		for place in $(hostile_places "$line"); do
			cp "$(hostile_words "$line" | sed -n "${place}p")" new
			run "$line -o new" "$place" new 2>/dev/null
			cmp new "$(want_of "$line" new)"
		done
		rm -f pipe
		mkfifo pipe
		cat pipe >got &
		run "$line -o pipe" 2>/dev/null
		wait
		cmp got want
		[ -p pipe ]
		expect_exit 73 "run \"\$line -o absent/new\"" absent/new
		mkdir -p folder
		expect_exit 73 "run \"\$line -o folder\"" folder
		echo old >new
		for place in $(hostile_places "$line"); do
			head -c 100 "$(hostile_words "$line" | sed -n "${place}p")" >bad
			expect_exit 65 "run \"\$line -o new\" $place bad" bad
			[ "$(cat new)" = old ]
		done
		rm -f bad want want.named got pipe
		rmdir folder
		[ "$(echo *)" = new ]
	'
done 3<"$t_dir/lines"

test_ok 'names of files: blanks, line feeds, escape codes, as long as names may be' '
	long=$(printf "%0251d" 0)
	printf "user,item\na,b\n" >log.csv
	rs-import -q log.csv -o want
	tab=$(printf "a\tb\nc\033[31m\377")
	for name in "a b" " " "%s%n" "./-o" "$tab" "$long"; do
		cp log.csv "$name.csv"
		rs-import -q "$name.csv" -o "$name.rsd"
		cmp "$name.rsd" want
		expect_exit 65 "rs-view \"\$name.csv\"" "not an rs file"
		expect_exit 65 "rs-import \"\$name.rsd\"" "a dataset already"
		rs-view "$name.rsd" | grep -qx "a,b"
		rs-import --show-guess "$name.csv" >guess
		[ "$(awk -F "\t" "\$1 ~ /.csv\$/ { n++ } END { print NR - n }" guess)" = 0 ]
		[ -z "$(find . -name "*.tmp")" ]
	done
	rs-view "$tab.csv" 2>&1 | grep -qF "a\\x09b\\x0ac\\x1b[31m\\xff.csv: not an rs file"
	expect_exit 73 "rs-import -q log.csv -o ${long}00000" "File name too long"
'

test_ok 'a disk that fills after megabytes' '
	rs-synth --users 3000 --items 500 --events 200000 >big.rsd 2>/dev/null
	expect_exit 74 "rs-view big.rsd >/dev/full"
	expect_exit 74 "rs-view -o /dev/full big.rsd"
	expect_exit 74 "rs-merge big.rsd >/dev/full"
	expect_exit 74 "rs-synth --users 3000 --items 500 --events 200000 -o /dev/full"
'
test_done
