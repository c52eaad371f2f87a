#!/bin/sh
# fresh.sh -- the promise of the README on a fresh machine: in a bare Debian 12 (debootstrap, minbase) with nothing but this
# checkout, examples/quickstart.sh and tests/run.sh work. Needs root, debootstrap and a network; takes some minutes.
#
# The bare system is kept as build/cache/bookworm.tar for the next time. MIRROR: where Debian is fetched from.
set -eu
cd "$(dirname "$0")/.."
mirror=${MIRROR:-$(sed -n 's/^URIs: *//p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' \
	/etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)}
mirror=${mirror:-http://deb.debian.org/debian}
cache=build/cache/bookworm.tar
root=$(mktemp -d "${TMPDIR:-/var/tmp}/rs-fresh.XXXXXX")
clean()
{
	rm -rf "$root"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

if [ ! -e "$cache" ]; then
	mkdir -p build/cache
	debootstrap --variant=minbase bookworm "$root" "$mirror" >build/cache/debootstrap.log
	tar -C "$root" -cf "$cache.part" .
	mv "$cache.part" "$cache"
else
	tar -C "$root" -xf "$cache"
fi
mkdir "$root/root/rs"
git ls-files -z | tar -c --null -T - | tar -x -C "$root/root/rs"
cp /etc/resolv.conf "$root/etc/resolv.conf"

type_there()
{
	echo "== fresh machine: $1"
	start=$(date +%s)
	chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
		http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" /bin/sh -c "cd /root/rs && $1"
	echo "== done in $(($(date +%s) - start)) s"
}
type_there 'sh examples/quickstart.sh'
type_there 'sh tests/run.sh'
