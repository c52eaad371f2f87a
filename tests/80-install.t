#!/bin/sh
# make install puts everything where a package would, the library can be used from there, uninstall leaves nothing, and
# make dist gives the same bytes twice.
. "$(dirname "$0")/lib.sh"

[ -n "${RS_MAKE:-}" ] || t_why='runs under make check'
# The tests run beside each other: no share in the job server of the make above, and not the file list it was asked for.
MAKEFLAGS=$(printf '%s' "${MAKEFLAGS:-}" | sed 's/--jobserver[^ ]*//g; s/-j[0-9]*//g; s/\(^\| \)T=[^ ]*//')
export MAKEFLAGS
unset MFLAGS MAKELEVEL

# The build directory as the make above called it: by another name everything would be linked again under the other tests.
make_here()
{
	"$RS_MAKE" -s -C "$RS_ROOT" BUILD="${RS_BUILD#"$RS_ROOT"/}" "$@"
}

test_ok 'install, use the library through pkg-config, uninstall' '
	make_here install DESTDIR="$PWD/root" PREFIX=/usr
	for path in "$RS_BIN"/rs-*; do
		name=$(basename "$path")
		[ -x "root/usr/bin/$name" ]
		[ -s "root/usr/share/man/man1/$name.1" ]
		[ -s "root/usr/share/bash-completion/completions/$name" ]
		[ -s "root/usr/share/fish/vendor_completions.d/$name.fish" ]
	done
	[ -s root/usr/share/zsh/site-functions/_rs ]
	[ -s root/usr/share/man/man5/rs-dataset.5 ]
	[ "$(find root -perm /022 ! -type l | wc -l)" = 0 ]
	root/usr/bin/rs-import --version

	if [ -z "${RS_SLOW:-}" ]; then
		cat >use.c <<-"END"
		#include <rs/data/dataset.h>
		#include <rs/recipe/recipe.h>
		#include <stdio.h>
		int main(void)
		{
			struct rs_err err = RS_ERR_INIT;
			struct rs_dataset *d;
			const char *path = "-";
			if (rs_dataset_open(&d, &path, 1, RS_NEED_ALL, &err) < 0) {
				puts(err.text);
				return 1;
			}
			printf("%u users, %llu events, %s\n", d->user_key.n, (unsigned long long)d->n_events,
			       rs_recipe_find("ease")->name);
			rs_dataset_free(d);
			return 0;
		}
		END
		export PKG_CONFIG_PATH="$PWD/root/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$PWD/root"
		${CC:-cc} -Wall -Werror -o use use.c $(pkg-config --cflags --libs rs)
		printf "user,item\na,x\na,y\nb,x\n" | root/usr/bin/rs-import | ./use >got
		echo "2 users, 3 events, ease" | cmp - got
	fi

	make_here uninstall DESTDIR="$PWD/root" PREFIX=/usr
	find root ! -type d >left
	[ ! -s left ] || { cat left; exit 1; }
'
[ -e "$RS_ROOT/.git" ] || t_why='not a git checkout'
test_ok 'dist gives the same bytes twice' '
	export BUILD="$PWD"
	"$RS_MAKE" -s -C "$RS_ROOT" BUILD="$PWD/one" dist
	sleep 1
	"$RS_MAKE" -s -C "$RS_ROOT" BUILD="$PWD/two" dist
	cmp one/*.tar.gz two/*.tar.gz
	tar -tzf one/rs-*.tar.gz | grep -q "/README.md\$"
'
test_done
