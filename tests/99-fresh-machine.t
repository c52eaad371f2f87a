#!/bin/sh
# The two commands of the README on a bare Debian.
. "$(dirname "$0")/lib.sh"

test_long
test_need debootstrap chroot
[ "$(id -u)" = 0 ] || t_why=${t_why:-needs root}
test_ok 'quickstart and the suite work in a bare Debian 12' '
	sh "$RS_ROOT/tests/fresh.sh"
'
test_done
