#!/bin/sh
# setup.sh build|test|lint -- installs the Debian packages that are missing for building, testing or linting rs.
#
# The one place that knows the list. Says what it does; uses sudo where it is not root. On other systems it says what is
# needed under which name and leaves the rest to you.
set -u

build='gcc make libc6-dev libcsv-dev libjansson-dev liblz4-dev libxxhash-dev libzstd-dev liblzma-dev zlib1g-dev
	libopenblas-dev'
test="$build perl libcmocka-dev xz-utils zstd lz4 sqlite3 jq pkg-config"
browser='chromium fonts-dejavu-core' # opens the pages of rs-analyze; tests go without where it cannot be had
lint="$test git clang clang-tidy cppcheck shellcheck mandoc valgrind"

case ${1-} in
build) packages=$build ;;
test) packages=$test ;;
lint) packages=$lint ;;
*)
	echo "usage: setup.sh build|test|lint" >&2
	exit 64
	;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	cat <<-'END'
	This is not a Debian system, so nothing is installed for you. rs needs a C compiler (gcc 11 or clang 12 and newer),
	GNU make, libcsv, jansson, LZ4, xxHash, zstd, liblzma, zlib and OpenBLAS; its tests also cmocka, perl (for prove)
	and xz:
	  Fedora  dnf install gcc make libcsv-devel jansson-devel lz4-devel xxhash-devel libzstd-devel xz-devel \
	              zlib-devel openblas-devel libcmocka-devel perl-Test-Harness xz pkgconf
	  Arch    pacman -S gcc make libcsv jansson lz4 xxhash zstd xz zlib openblas cmocka perl pkgconf
	  Alpine  apk add build-base libcsv-dev jansson-dev lz4-dev xxhash-dev zstd-dev xz-dev zlib-dev openblas-dev \
	              cmocka-dev perl-utils xz pkgconf
	END
	exit 0
fi

# missing_of PACKAGE...: those that are not installed, each after a blank.
missing_of()
{
	for package; do
		case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) printf ' %s' "$package" ;;
		esac
	done
}

# shellcheck disable=SC2086
missing=$(missing_of $packages)
# shellcheck disable=SC2086
[ "$1" = build ] && absent= || absent=$(missing_of $browser)
[ -n "$missing$absent" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	if ! command -v sudo >/dev/null; then
		echo "Packages are missing and there is no sudo here. As root, run: apt-get install$missing" >&2
		exit 77
	fi
fi

run()
{
	echo "+ $*" >&2
	"$@"
}

install()
{
	run $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

echo "Packages to install:$missing$absent"
# The lists may be missing or old: fetch them where the packages cannot be had without.
# shellcheck disable=SC2086
if [ -n "$missing" ]; then
	install $missing || { run $as_root apt-get update -qq && install $missing; } || exit
fi
# shellcheck disable=SC2086
if [ -n "$absent" ]; then
	install $absent || echo "Without $absent the tests of pages in a browser are skipped." >&2
fi
