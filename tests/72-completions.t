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
END
	bash try.bash "$made"
	printf "%s\n" --seen --seed drop keep only only | sort >want
	sort got | cmp - want
'
test_always
test_need zsh
test_ok 'zsh accepts its completion' 'zsh -n "$made/_rs"'
test_always
test_need fish
test_ok 'fish accepts its completions' 'for file in "$made"/*.fish; do fish -n "$file"; done'
test_done
