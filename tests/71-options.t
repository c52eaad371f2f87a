#!/bin/sh
# Every option of every command, driven by --print-options: missing value, wrong type, out of range, unknown; status 64, and
# one line that names the option.
. "$(dirname "$0")/lib.sh"

tab=$(printf '\t')

# usage_error TEXT COMMAND [ARGUMENT]...: the command has to end with 64 and one line that holds TEXT.
usage_error()
{
	want=$1
	shift
	"$@" >"$T_OUT" 2>"$T_ERR" && got=0 || got=$?
	said=$(cat "$T_ERR")
	case $got,$said in
	64,*"
"*) ;;
	64,"$(basename "$1"): "*"$want"*) [ -s "$T_OUT" ] || return 0 ;;
	esac
	echo "expected status 64 and one line with: $want"
	echo "got status $got from: $*"
	echo "said: $said"
	return 1
}

# beyond NUMBER STEP: the number moved by the step; nothing where a double cannot tell.
beyond()
{
	awk -v n="$1" -v step="$2" 'BEGIN { if (n + step != n) printf "%.17g", n + step }'
}

# hostile_option COMMAND LETTER NAME TYPE: TYPE may be the choices, joined by |.
hostile_option()
{
	command=$1 letter=$2 name=$3 type=$4
	if [ "$type" = flag ]; then
		usage_error "--$name" "$command" "--$name=yes"
		return
	fi
	usage_error "--$name" "$command" "--$name"
	[ "$letter" = - ] || usage_error "--$name" "$command" "-$letter"
	case $type in
	int) bad='abc 1.5 1x 0x10 99999999999999999999 -99999999999999999999' ;;
	real) bad='abc 1.5x nan inf 0x1p3 1e999' ;;
	size) bad='abc -1 5Q 1.5.5 99999999999999999999G' ;;
	*'|'*) bad='nonsense' ;;
	*) return 0 ;;
	esac
	usage_error "--$name" "$command" "--$name="
	for value in $bad; do
		usage_error "--$name \"$value\"" "$command" "--$name=$value"
		usage_error "--$name \"$value\"" "$command" "--$name" "$value"
		[ "$letter" = - ] || usage_error "--$name \"$value\"" "$command" "-$letter$value"
	done
	# The message tells the range: one step beyond each end is refused too.
	case $type in
	int | real)
		"$command" "--$name=abc" 2>&1 | sed 's/.* from \(.*\) to \(.*\)/\1 -1 \2 1/' | tr -s ' ' '\n' | paste - - |
			while read -r end step; do
				value=$(beyond "$end" "$step")
				[ -z "$value" ] || usage_error "--$name \"$value\"" "$command" "--$name=$value"
			done
		;;
	esac
}

for path in "$RS_BIN"/rs-*; do
	[ -x "$path" ] || continue
	command=$(basename "$path")
	test_ok "$command: every option with a missing, wrong or absurd value" '
		"$command" --print-options >table
		[ -s table ]
		cut -f 1,2,4 table >short
		while IFS=$tab read -r letter name type; do
			hostile_option "$command" "$letter" "$name" "$type"
		done <short
	'
	test_ok "$command: an unknown option" '
		usage_error --no-such-option "$command" --no-such-option
		usage_error --no-such-option "$command" --no-such-option=5
		usage_error Z "$command" -Z
	'
	test_ok "$command: --help and --version" '
		"$command" --help >help
		"$command" --version >version
		grep -q "^usage: $command " help
		grep -q "^$command " version
		"$command" --print-options | while IFS=$tab read -r letter name rest; do
			grep -q -e "--$name" help || { echo "--$name is not in --help"; exit 1; }
		done
	'
	test_ok "$command: every option is in the manual page" '
		page=$RS_ROOT/man/$command.1
		[ -e "$page" ]
		"$command" --print-options | while IFS=$tab read -r letter name rest; do
			case $letter in
			-) grep -q "^\.It Fl -$name\( \|\$\)" "$page" ;;
			*) grep -q "^\.It Fl $letter\( Ar [a-z-]*\)\{0,1\} , Fl -$name\( \|\$\)" "$page" ;;
			esac || { echo "--$name is not in $page"; exit 1; }
		done
	'
done
test_done
