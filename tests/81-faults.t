#!/bin/sh
# Memory and files that fail: every command, with the N-th allocation, open, read, write, sync, close or rename failing, ends
# with the promised status and one line, leaves the old output as it was and no temporary file. Signals and kill -9 likewise.
# A bounded number of N; all of them with RS_LONG=1.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hostile/fixtures.sh"

test_need rs-import
[ -n "${RS_MAKE:-}" ] || t_why=${t_why:-runs under make check}
if [ -z "$t_why" ]; then
	hostile_fixtures || exit 1
	FAULTY=$RS_BUILD/faults
	(
		MAKEFLAGS=$(printf '%s' "${MAKEFLAGS:-}" | sed 's/--jobserver[^ ]*//g; s/-j[0-9]*//g; s/\(^\| \)T=[^ ]*//')
		export MAKEFLAGS
		unset MFLAGS MAKELEVEL
		"$RS_MAKE" -s -C "$RS_ROOT" BUILD="$FAULTY" FAULTS=1 OPT=-O0 CFLAGS= all
	) >"$t_dir/made" 2>&1 || { sed 's/^/# /' "$t_dir/made"; exit 1; }
	PATH=$FAULTY/bin:$PATH
fi

# attempt LINE FAULT STATUS...: a run with this fault, the old output in its place. The status has to be 0 or among those named; the
# output is whole, old or new. Leaves the status in $got.
attempt()
{
	line=$1
	fault=$2
	shift 2
	printf old >place
	got=0
	RS_FAULT=$fault run "$line -o place" >said.out 2>said || got=$?
	case " 0 $* " in
	*" $got "*) ;;
	*)
		echo "$fault: status $got"
		cat said
		return 1
		;;
	esac
	if [ "$got" = 0 ]; then
		cmp place want
	else
		[ "$(grep -c "^${line%% *}: " said)" -ge 1 ]
		# Only a directory that cannot be synced leaves the new file, complete.
		[ "$(tr -d "\0" <place)" = old ] || cmp place want
	fi
	[ -z "$(find . -name "*.tmp")" ]
}

# many LINE CALL HOW STATUS...: N = 1, 2, ... till the call is no longer reached; past the first ones in growing steps.
many()
{
	many_line=$1
	many_call=$2
	many_how=$3
	shift 3
	n=1
	failures=0
	while [ "$n" -lt 100000 ]; do
		attempt "$many_line" "$many_call:$n$many_how" "$@"
		[ "$got" != 0 ] || break
		failures=$((failures + 1))
		if [ -n "$RS_LONG" ] || [ "$n" -lt 6 ]; then
			n=$((n + 1))
		else
			n=$((n * 2 + 1))
		fi
	done
	[ "$failures" -gt 0 ]
}

hostile_lines >"$t_dir/lines" 2>/dev/null
while read -r line <&3; do
	case $line in
	rs-split*) continue ;;
	esac
	test_ok "memory fails: $line" '
		run "$line -o want" >/dev/null 2>&1
		many "$line" alloc "" 71
		many "$line" alloc + 71
	'
	test_ok "files fail: $line" '
		run "$line -o want" >/dev/null 2>&1
		many "$line" open :EIO 66 73 74
		many "$line" write :EIO 74
		many "$line" write :ENOSPC 74
		many "$line" fsync :EIO 74
		many "$line" close :EIO 74
		many "$line" rename :EIO 73
		case $line in
		rs-synth*) ;;
		*) many "$line" read :EIO 74 ;;
		esac
		for call in open read write fsync close rename; do
			attempt "$line" "$call:1+:short" || [ "$call" != read ]
			for n in 1 2; do
				attempt "$line" "$call:$n:EINTR"
				[ "$got" = 0 ]
			done
		done
	'
done 3<"$t_dir/lines"

test_ok 'killed at any moment: the old file or the new one, no temporary but after kill -9' '
	run "rs-synth --users 300 --items 100 --events 20000 -o want"
	for signal in INT TERM HUP KILL; do
		for delay in 0.001 0.002 0.005 0.01 0.02 0.04 0.08; do
			printf old >place
			status=0
			timeout --preserve-status -s "$signal" "$delay" rs-synth --users 300 --items 100 \
				--events 20000 -o place 2>said || status=$?
			[ "$(head -c 3 place)" = old ] || cmp place want
			[ "$signal" = KILL ] || [ -z "$(find . -name "*.tmp")" ]
			case $status in
			0 | 129 | 130 | 143 | 137) ;;
			*) cat said; exit 1 ;;
			esac
		done
	done
	rs-synth --users 300 --items 100 --events 20000 -o place
	cmp place want
'
test_done
