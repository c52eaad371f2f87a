# lib.sh -- what the benches share: data in $RS_BUILD/bench/data, figures as lines of run.sh.
# shellcheck shell=sh
data=$RS_BUILD/bench/data
took=$RS_BUILD/bench/took
threads=$(nproc)
tab=$(printf '\t')
mkdir -p "$data"
cd "$data" || exit 70

# figure NAME VALUE UNIT [LIMIT [VALUE IN ITS UNIT]]
figure()
{
	(
		IFS=$tab
		printf '%s\n' "$*"
	)
}

# calc EXPRESSION: its value
calc()
{
	awk "BEGIN { printf \"%.6g\", $1 }"
}

# run COMMAND...: sets $s to its seconds, $mb to its peak memory in MB. The better of two runs, where `twice` is set.
run()
{
	s=
	for _ in 1 ${twice:+2}; do
		line=$("$took" "$@") || { echo "failed: $*"; exit 70; }
		[ -n "$s" ] && [ "$(calc "${line% *} < $s")" = 0 ] && continue
		s=${line% *}
		mb=$(calc "${line#* } / 1e6")
	done
}

# synth NAME USERS ITEMS EVENTS [OPTIONS]: the dataset NAME.rsd
synth()
{
	name=$1
	[ -e "$name.rsd" ] && return
	users=$2 items=$3 events=$4
	shift 4
	rs-synth -q --users "$users" --items "$items" --events "$events" "$@" -o "$name.rsd"
}

# gowalla: the dataset gowalla.rsd; of the same shape where the true one is not there
gowalla()
{
	[ -e gowalla.rsd ] && return
	for path in "${RS_DATA:-$RS_ROOT/../shared/data}"/gowalla/train.txt*; do
		[ -e "$path" ] && rs-import -q --format lists --no-header "$path" -o gowalla.rsd && return
	done
	synth gowalla 29858 40981 810128 --kind plain
}
