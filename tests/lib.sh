# lib.sh -- the helper of the command tests: plain sh that speaks TAP.
#
#	. "$(dirname "$0")/lib.sh"
#	test_ok 'a tie goes to the lower item id' '
#		printf "user,item\nu1,b\nu1,c\n" >log.csv
#		rs-import log.csv >log.rsd
#		...
#		cmp want got
#	'
#	test_done
#
# test_ok NAME SCRIPT            runs the script with `set -e` in a fresh empty directory, the commands under test first in
#                                PATH, stdin empty; it passes if the script ends with 0. What a failing script printed
#                                is shown as # lines.
# expect_exit CODE CMD [TEXT]    inside a script: runs CMD (a string for the shell) and demands this exit status, TEXT
#                                (a shell pattern that has to match somewhere) in what it said on stderr, and exactly
#                                one line there for a status of 64 and more. stdout and stderr stay in $T_OUT and $T_ERR.
# test_data NAME                 the next tests need NAME (a folder or file of ${RS_DATA:-../shared/data}); $DATA is its
#                                path, with .xz files unpacked. Where it is not there these tests are skipped.
# test_long                      the next tests run only with RS_LONG=1.
# test_need PROGRAM...           the next tests need these programs (commands under test or others).
# test_always                    ends the effect of the three above.
# test_skip NAME WHY             a test that is not run.
# test_done                      the last line of the file.
#
# Variables: RS_ROOT (the checkout), RS_BUILD (build directory), RS_BIN (the commands), RS_LONG, RS_SLOW=1 (a
# sanitizer build: take fewer cases), RS_DATA, RS_KEEP=1 (leave the directories of failed tests and say where).
# shellcheck shell=sh disable=SC2034

RS_ROOT=${RS_ROOT:-$(cd "$(dirname "$0")" && while [ ! -e tests/lib.sh ] && [ "$PWD" != / ]; do cd ..; done; pwd)}
RS_BUILD=${RS_BUILD:-$RS_ROOT/build}
case $RS_BUILD in
/*) ;;
*) RS_BUILD=$RS_ROOT/$RS_BUILD ;;
esac
RS_BIN=$RS_BUILD/bin
RS_DATA=${RS_DATA:-$RS_ROOT/../shared/data}
RS_CACHE=${RS_CACHE:-$RS_ROOT/build/cache}
RS_LONG=${RS_LONG:-}
PATH=$RS_BIN:$PATH
LC_ALL=C
TZ=UTC
ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=1:allocator_may_return_null=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-exitcode=99:print_stacktrace=1}
TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=99}
export RS_ROOT RS_BUILD RS_BIN RS_DATA RS_CACHE RS_LONG PATH LC_ALL TZ ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
unset POSIXLY_CORRECT OMP_NUM_THREADS OPENBLAS_NUM_THREADS CDPATH

t_dir=$(mktemp -d "${TMPDIR:-/tmp}/rs-test.XXXXXX") || exit 99
T_OUT=$t_dir/stdout
T_ERR=$t_dir/stderr
t_n=0
t_failed=0
t_why=
DATA=
trap 'chmod -R u+rwX "$t_dir"; rm -rf "$t_dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

test_skip()
{
	t_n=$((t_n + 1))
	echo "ok $t_n - $1 # skip $2"
}

test_ok()
{
	if [ -n "$t_why" ]; then
		test_skip "$1" "$t_why"
		return 0
	fi
	t_n=$((t_n + 1))
	t_cwd=$t_dir/$t_n
	mkdir "$t_cwd"
	set +e
	(
		cd "$t_cwd" || exit 99
		set -e
		eval "$2"
	) </dev/null >"$t_dir/log" 2>&1
	t_rc=$?
	if [ "$t_rc" = 0 ]; then
		echo "ok $t_n - $1"
	else
		t_failed=$((t_failed + 1))
		echo "not ok $t_n - $1"
		echo "# exit status $t_rc; the script and what it printed last:"
		printf '%s\n' "$2" | sed 's/^/#     | /'
		tail -n 40 "$t_dir/log" | tr -c '[:print:]\t\n' '?' | cut -c 1-400 | sed 's/^/# /'
		if [ -n "${RS_KEEP:-}" ]; then
			mkdir -p "$RS_BUILD/failed"
			t_kept=$RS_BUILD/failed/$(basename "$0" .t).$t_n
			rm -rf "$t_kept"
			mv "$t_cwd" "$t_kept"
			echo "# kept: $t_kept"
		fi
	fi
	chmod -R u+rwX "$t_cwd" 2>/dev/null
	rm -rf "$t_cwd"
}

expect_exit()
{
	( eval "$2" ) >"$T_OUT" 2>"$T_ERR" && t_got=0 || t_got=$?
	if [ "$t_got" != "$1" ]; then
		echo "expected exit status $1, got $t_got: $2" >&2
		cat "$T_ERR" >&2
		return 1
	fi
	if [ -n "${3-}" ]; then
		t_text=$(cat "$T_ERR")
		# shellcheck disable=SC2254
		case $t_text in
		*$3*) ;;
		*)
			echo "expected on stderr: $3" >&2
			echo "got: $t_text" >&2
			return 1
			;;
		esac
	fi
	if [ "$1" -ge 64 ] && [ "$(wc -l <"$T_ERR")" != 1 ]; then
		echo "expected one line on stderr: $2" >&2
		cat "$T_ERR" >&2
		return 1
	fi
}

test_always()
{
	t_why=
	DATA=
}

test_long()
{
	[ -n "$RS_LONG" ] || t_why=${t_why:-runs with make check-long}
}

test_need()
{
	for t_program; do
		command -v "$t_program" >/dev/null || t_why=${t_why:-needs $t_program}
	done
}

test_data()
{
	t_why=
	if [ ! -e "$RS_DATA/$1" ] && [ ! -e "$RS_DATA/$1.xz" ]; then
		t_why="no $1 in $RS_DATA"
		return 0
	fi
	DATA=$RS_CACHE/$1
	(
		cd "$RS_DATA" || exit 1
		find "./$1" "./$1.xz" -type f 2>/dev/null | while read -r t_file; do
			t_to=$RS_CACHE/${t_file%.xz}
			[ ! -e "$t_to" ] || continue
			mkdir -p "$(dirname "$t_to")"
			case $t_file in
			*.xz) xz -dc "$t_file" >"$t_to.$$" ;;
			*) cat "$t_file" >"$t_to.$$" ;;
			esac
			mv "$t_to.$$" "$t_to"
		done
	)
}

test_done()
{
	echo "1..$t_n"
	[ "$t_failed" = 0 ]
}
