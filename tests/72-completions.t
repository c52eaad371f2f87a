#!/bin/sh
# The completions are made from the option tables, so every option stands in each of them, and the shells accept them.
. "$(dirname "$0")/lib.sh"

commands=$(cd "$RS_BIN" && echo rs-*)
made=$t_dir/completions
# shellcheck disable=SC2086
sh "$RS_ROOT/cmd/completions.sh" "$RS_BIN" "$made" $commands || exit 1

test_ok 'every option stands in the bash and the fish completion' '
	for command in $commands; do
		"$command" --print-options | cut -f 2 | while read -r name; do
			grep -q -e "\"[^\"]*--$name[ \"]" "$made/$command.bash" || { echo "bash: $command --$name"; exit 1; }
			grep -q -e " -l $name " "$made/$command.fish" || { echo "fish: $command --$name"; exit 1; }
		done
	done
'
test_ok 'every option stands in the zsh completion' '
	for command in $commands; do
		sed -n "/^	$command)/,/;;/p" "$made/_rs" >part
		"$command" --print-options | cut -f 2 | while read -r name; do
			grep -q -e "--$name[=[]" part || { echo "zsh: $command --$name"; exit 1; }
		done
	done
'
test_need bash
[ -e /dev/fd/0 ] || t_why='no /dev/fd, which the substitution of bash needs'
test_ok 'bash completes an option, and the values of a choice' '
	cat >try.bash <<"END"
complete_line()
{
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	"_${1//-/_}"
	printf "%s\n" "${COMPREPLY[@]}"
}
for file in "$1"/*.bash; do
	. "$file"
done
complete_line rs-recommend --se >got
complete_line rs-recommend --seen "" >>got
complete_line rs-recommend --seen = o >>got
complete_line rs-train -r item >>got
complete_line rs-train --help-recipe ea >>got
complete_line rs-recommend -o "a " >>got
complete_line rs-recommend "a " >>got
END
	touch "a b.rsd"
	bash try.bash "$made"
	printf "%s\n" --seen --seed drop keep only only itemknn ease "a b.rsd" "a b.rsd" | sort >want
	sort got | cmp - want
'
test_always
test_need zsh
test_ok 'zsh accepts its completion' 'zsh -n "$made/_rs"'
test_ok 'zsh completes an option, the values of a choice, recipes and files' '
	cat >try.zsh <<"END"
zmodload zsh/zpty
TERM=dumb
zpty z zsh -f -i
# Reads on until the shell has printed the word.
expect()
{
	local line text=
	repeat 600; do
		if zpty -r -t z line; then
			text+=$line
			[[ $text != *$1* ]] || return 0
		else
			sleep .05
		fi
	done
	print -r -- "no $1 in: $text"
	exit 1
}
zpty -w z "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; setopt nobeep; print rea\"\"dy"
expect ready
for line word in "rs-recommend --see" "own history" "rs-recommend --seen=" drop "rs-train -r it" itemknn "rs-train clu" club.rsd; do
	zpty -w -n z "$line"$'\''\t\t'\''
	expect $word
	zpty -w -n z $'\''\x15'\''
done
zpty -d z
END
	touch club.rsd
	timeout 120 zsh -f try.zsh "$made"
'
test_always
test_need fish
test_ok 'fish accepts its completions' 'for file in "$made"/*.fish; do fish -n "$file"; done'
test_ok 'fish completes an option, the values of a choice, recipes and files' '
	touch club.rsd
	HOME=$PWD fish --no-config -c "
		for file in \$argv[1]/*.fish; source \$file; end
		for line in \"rs-recommend --se\" \"rs-recommend --seen \" \"rs-train -r it\" \"rs-train clu\"
			complete -C \$line
		end" "$made" | cut -f 1 | sort >got
	printf "%s\n" --seed --seen club.rsd drop itemknn keep only | sort | cmp - got
'
test_done
