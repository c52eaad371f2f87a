#!/bin/sh
# run.sh [NAME...] -- measures rs and, in the same run, the limits of the machine; prints each figure with its share.
#
# A bench is a program $RS_BUILD/bench/bench_NAME or a script tests/bench/NAME.bench; both print lines
#	figure TAB value TAB unit [TAB limit [TAB value in the unit of the limit]]
# where limit names a line of `limits` (sgemm-1, memory-2, libcsv, ...) and the share is worked out from the last field (or
# from value, where the units are the same). Other lines pass through. Without names all are run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${RS_BUILD:-$here/../../build}
out=$build/bench
PATH=$build/bin:$PATH
LC_ALL=C
RS_BUILD=$build RS_ROOT=$here/../..
export PATH LC_ALL RS_BUILD RS_ROOT

# stdin: lines of a bench. Prints a table with the share of the limit.
table()
{
	awk -F '\t' '
		FILENAME != "-" { limit[$1] = $2; unit[$1] = $3; next }
		NF < 3 { print; next }
		{
			share = ""
			if (NF >= 4 && limit[$4] > 0)
				share = sprintf("%3.0f %% of %s", 100 * (NF >= 5 ? $5 : $2) / limit[$4], $4)
			printf "%-52s %10.4g %-12s %s\n", $1, $2, $3, share
			fflush()
		}' "$out/limits.tsv" -
}

echo "== limits of this machine ($(nproc) processors, $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GB)"
"$out/limits" >"$out/limits.tsv" || exit
table <"$out/limits.tsv"

if [ $# = 0 ]; then
	for path in "$out"/bench_* "$here"/*.bench; do
		name=$(basename "$path" .bench)
		[ ! -e "$path" ] || set -- "$@" "${name#bench_}"
	done
fi
failed=0
for name; do
	echo "== $name"
	if [ -x "$out/bench_$name" ]; then
		"$out/bench_$name" 2>&1
	else
		sh "$here/$name.bench" 2>&1
	fi >"$out/$name.tsv" || failed=$((failed + 1))
	table <"$out/$name.tsv"
done
[ "$failed" = 0 ] || echo "$failed benches failed"
[ "$failed" = 0 ]
