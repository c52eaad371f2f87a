#!/bin/sh
# run.sh -- from a bare machine to a tested build: installs what is missing (Debian), builds, runs the whole suite. The last
# line is "N passed, N failed, N skipped", and the exit status is 0 only if nothing failed.
set -u
echo "rs: setting up, building and testing"
cd "$(dirname "$0")/.." || exit 70
sh examples/setup.sh test || exit

jobs=$(nproc 2>/dev/null || echo 2)
log=build/build.log
mkdir -p build
rm -f build/counts
echo "+ make -j$jobs test-programs"
make -j"$jobs" test-programs >$log 2>&1 || {
	tail -n 40 $log
	echo "the build failed: see $log"
	exit 1
}
echo "+ make check"
make check
status=$?
awk '{ p += $1; f += $2; s += $3 } END { print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped" }' build/counts
exit $status
