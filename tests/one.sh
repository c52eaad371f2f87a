#!/bin/sh
# one.sh FILE -- runs one test file for prove: a command test (FILE.t, sh), a unit test (a cmocka program) or a fuzz target
# replayed over its corpus. Whatever it is, TAP comes out and nothing runs longer than $RS_TEST_TIMEOUT seconds.
# A line "passed failed skipped file" is added to the file $RS_COUNTS.
set -u
here=$(dirname "$0")
limit=${RS_TEST_TIMEOUT:-1200}
LC_ALL=C
ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=1:allocator_may_return_null=1}
CMOCKA_MESSAGE_OUTPUT=TAP
export LC_ALL ASAN_OPTIONS CMOCKA_MESSAGE_OUTPUT

case $1 in
*.t) set -- "$1" sh "$1" ;;
*/replay/*) set -- "$1" "$1" "$here/fuzz/corpus/$(basename "$1" | sed 's/^fuzz_//')" ;;
*) set -- "$1" "$1" ;;
esac
name=$1
shift

# cmocka prints a plan per group and counts each group from 1, so all tests are numbered anew. A file that ends badly
# (a crash, a time-out, fewer tests than planned) has a failed test of its own.
{
	timeout -k 10 "$limit" "$@" 2>&1 </dev/null
	echo "exit $?"
} | awk -v name="$(basename "$name")" -v counts="${RS_COUNTS:-/dev/null}" '
	/^1\.\.[0-9]+/ {
		split($1, plan, "\\.\\.")
		planned += plan[2]
		next
	}
	/^(not )?ok [0-9]+/ {
		ok = $1 == "ok"
		title = $0
		sub(/^(not )?ok [0-9]+ *(- )?/, "", title)
		n++
		if (title ~ /(^|[^\\])# *[Ss][Kk][Ii][Pp]/) {
			skipped++
			sub(/# SKIP/, "# skip", title)
			print "ok " n " - " title
		} else {
			ok ? passed++ : failed++
			print (ok ? "ok " : "not ok ") n " - " title
		}
		fflush()
		next
	}
	/^exit [0-9]+$/ { status = $2; next }
	{
		sub(/^# /, "")
		print "# " $0
		fflush()
	}
	END {
		if (n != planned || (status != 0 && !failed)) {
			print "not ok " ++n " - ends well: status " status ", " n - 1 " tests of " planned + 0
			failed++
		}
		print "1.." n + 0
		print passed + 0, failed + 0, skipped + 0, name >>counts
		exit failed > 0
	}'
