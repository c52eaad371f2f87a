# fixtures.sh -- small files (about 4 KiB) and the command lines of commands.txt, for the hostile tests. Sourced after lib.sh.
# shellcheck shell=sh disable=SC2154

F=$t_dir/fixtures
RECIPES='popular trending itemknn ease als content profile similar semantic userknn mf transition slim session ffm fwfm'

# Thirty people, twenty items, in four circles of taste.
fixture_events()
{
	awk -v from="$1" -v to="$2" 'BEGIN {
		print "user,item,event,value,timestamp"
		for (u = from; u < to; u++) {
			for (k = 0; k < 6; k++)
				printf "person-%02d,item-%02d,%s,%d,%d\n", u, (u % 4 * 5 + k * (1 + u % 3)) % 20, \
					k % 2 ? "view" : "buy", 1 + (u + k) % 5, 1700000000 + u * 977 + k * 86400
		}
	}'
}

# Makes the fixtures once per test file; fails where a command of the pipe does.
hostile_fixtures()
{
	mkdir "$F" && (
		cd "$F" && set -e
		fixture_events 0 30 >log
		rs-import --quiet log >data.rsd
		fixture_events 25 35 | rs-import --quiet >more.rsd
		printf 'action,value,tags\nenrol,3,x|y\nrenew,,x\n' >action-table
		printf 'user,action,event,timestamp\nperson-03,enrol,Taken,1700000000\nnobody,enrol,Viewed,5\n' >acted
		head -n 30 log | rs-import --quiet --action-table action-table --action-interactions acted >actions.rsd
		printf 'item,kind,size,title\n' >item-table
		awk 'BEGIN { for (i = 0; i < 24; i++) printf "item-%02d,%s,%d,the %s one of %d that somebody left on the table beside the window again\n", i, i % 3 ? "red|round" : "blue", \
			i * 7 % 11, i % 2 ? "odd" : "even", i % 5 }' >>item-table
		printf 'user,town,age\n' >user-table
		awk 'BEGIN { for (u = 0; u < 31; u++) printf "person-%02d,%s,%d\n", u, u % 4 ? "Bonn" : "Kiel", u * 3 % 50 }' >>user-table
		rs-import --quiet --item-table item-table --user-table user-table >rich.rsd </dev/null
		rs-split --quiet --by last --fraction 0.2 --train history.rsd --truth truth.rsd data.rsd
		for recipe in $RECIPES; do
			set -- -r "$recipe"
			[ "$recipe" != als ] || set -- -r als -p factors=4
			[ "$recipe" != mf ] || set -- -r mf -p factors=4 -p implicit=2 -p samples=2
			[ "${recipe%fm}" = "$recipe" ] || set -- -r "$recipe" -p factors=1
			[ "$recipe" != session ] || set -- -r session -p session_gap=200000
			rs-train --quiet "$@" data.rsd rich.rsd >"$recipe.rsm" || exit 1
		done
		printf 'person-03\nperson-07\n' >users
		printf 'item-01\nitem-12\n' >items
		printf 'user,item,timestamp\nsomebody,item-01,1700000000\nsomebody,item-06,1700000100\n' >histories
	)
}

# Prints the lines of commands.txt whose command is built, @model expanded to each recipe.
hostile_lines()
{
	sed '/^#/d; /^$/d' "$RS_ROOT/tests/hostile/commands.txt" | while read -r line; do
		[ -x "$RS_BIN/${line%% *}" ] || continue
		case $line in
		*@model*)
			for recipe in $RECIPES; do
				printf '%s\n' "$line" | sed "s/@model/@$recipe/"
			done
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done
}

# fixture_path @NAME: the file behind a name.
fixture_path()
{
	for fp_end in .rsd .rsm; do
		[ ! -e "$F/${1#@}$fp_end" ] || { echo "$F/${1#@}$fp_end" && return; }
	done
	echo "$F/${1#@}"
}

# hostile_words LINE [PLACE WORD]: the words of a line, one a line, names replaced by their files; the PLACE-th word by WORD.
hostile_words()
{
	hw_place=${2:-0}
	hw_word=${3:-}
	hw_n=0
	for word in $1; do
		hw_n=$((hw_n + 1))
		if [ "$hw_n" = "$hw_place" ]; then
			printf '%s\n' "$hw_word"
			continue
		fi
		case $word in
		@*) fixture_path "$word" ;;
		*) printf '%s\n' "$word" ;;
		esac
	done
}

# The places (1 is the command) of the words of a line that are rs files.
hostile_places()
{
	hp_n=0
	for word in $1; do
		hp_n=$((hp_n + 1))
		case $word in
		@log | @users | @items | @histories) ;;
		@*) echo "$hp_n" ;;
		esac
	done
}

# Places that may also be a pipe: the log where there is one, else the rs files.
input_places()
{
	case $1 in
	*@log*)
		ip_n=0
		for word in $1; do
			ip_n=$((ip_n + 1))
			[ "$word" != @log ] || echo "$ip_n"
		done
		;;
	*) hostile_places "$1" ;;
	esac
}

# run LINE [PLACE WORD]: runs it.
run()
{
	hostile_words "$@" >"$t_dir/words"
	set --
	while read -r word; do
		set -- "$@" "$word"
	done <"$t_dir/words"
	"$@"
}
