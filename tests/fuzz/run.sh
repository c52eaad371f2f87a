#!/bin/sh
# run.sh BUILD SECONDS -- fuzzes every target for SECONDS each, two at a time, starting from the kept inputs.
#
# What a run learns stays in BUILD/corpus; an input that breaks a target is written to BUILD/findings and belongs,
# with the repair, into tests/fuzz/corpus/TARGET, which `make check` replays.
set -u
build=$1
seconds=$2
here=$(dirname "$0")
jobs=$(nproc 2>/dev/null || echo 1)

fuzz_one()
{
	name=$(basename "$1" | sed 's/^fuzz_//')
	mkdir -p "$build/corpus/$name" "$build/findings" "$here/corpus/$name"
	dictionary=$here/$name.dict
	set -- "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$build/findings/$name-"
	[ ! -e "$dictionary" ] || set -- "$@" -dict="$dictionary"
	if "$@" "$build/corpus/$name" "$here/corpus/$name" >"$build/$name.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
		echo "ok   $name: $runs inputs in $seconds s"
	else
		echo "FAIL $name: see $build/$name.log"
		return 1
	fi
}

failed=0
running=0
pids=
for target in "$build"/bin/fuzz_*; do
	[ -x "$target" ] || continue
	fuzz_one "$target" &
	pids="$pids $!"
	running=$((running + 1))
	if [ "$running" -ge "$jobs" ]; then
		for pid in $pids; do
			wait "$pid" || failed=$((failed + 1))
		done
		pids=
		running=0
	fi
done
for pid in $pids; do
	wait "$pid" || failed=$((failed + 1))
done
echo "$failed targets failed"
[ "$failed" = 0 ]
