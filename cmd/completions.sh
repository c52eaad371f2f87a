#!/bin/sh
# completions.sh BIN OUT COMMAND... -- writes completions for bash, zsh and fish from the option tables of the commands.
#
# Asks each BIN/COMMAND for its table (--print-options: letter, name, argument, type or choices joined by |, help; an
# option a line, separated by tabs; names of recipes out of rs-train --list-recipes) and writes OUT/COMMAND.bash, OUT/COMMAND.fish and one OUT/_rs for zsh.
set -eu
LC_ALL=C
export LC_ALL
bin=$1
out=$2
shift 2
mkdir -p "$out"

bash_file()
{
	awk -F '\t' -v command="$1" '
		{
			words = words " --" $2
			if ($1 != "-")
				words = words " -" $1
			if ($3 == "")
				next
			pattern = "--" $2 ($1 != "-" ? " | -" $1 : "")
			if (gsub(/\|/, " ", $4))
				action = "mapfile -t COMPREPLY < <(compgen -W \"" $4 "\" -- \"$cur\")"
			else if ($4 == "path")
				action = "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
			else
				action = "COMPREPLY=()"
			cases = cases "\t" pattern ")\n\t\t" action "\n\t\treturn\n\t\t;;\n"
		}
		END {
			name = command
			gsub(/-/, "_", name)
			print "# bash completion for " command ", made from its option table"
			print "_" name "()\n{"
			print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
			print "\tif [[ $cur == \"=\" ]]; then\n\t\tcur=\n\telif [[ $prev == \"=\" ]]; then"
			print "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi"
			printf "\tcase $prev in\n%s\tesac\n", cases
			print "\tif [[ $cur == -* ]]; then"
			print "\t\tmapfile -t COMPREPLY < <(compgen -W \"" substr(words, 2) "\" -- \"$cur\")"
			print "\telse\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\tfi\n}"
			print "complete -o filenames -F _" name " " command
		}' "$out/table"
}

fish_file()
{
	awk -F '\t' -v command="$1" '
		BEGIN { print "# fish completion for " command ", made from its option table" }
		{
			help = $5
			gsub(/\\/, "\\\\", help)
			gsub(/\047/, "\\\047", help)
			line = "complete -c " command ($1 != "-" ? " -s " $1 : "") " -l " $2
			if (gsub(/\|/, " ", $4))
				line = line " -x -a \047" $4 "\047"
			else if ($3 != "")
				line = line ($4 == "path" ? " -r -F" : " -x")
			print line " -d \047" help "\047"
		}' "$out/table"
}

zsh_function()
{
	awk -F '\t' -v command="$1" '
		BEGIN { printf "\t%s)\n\t\t_arguments -s", command }
		{
			help = $5
			gsub(/[\\\[\]:]/, "\\\\&", help)
			gsub(/\047/, "\047\\\047\047", help)
			gsub(/[^A-Za-z]/, " ", $3)
			value = ""
			if (gsub(/\|/, " ", $4))
				value = ":" $3 ":(" $4 ")"
			else if ($4 == "path")
				value = ":" $3 ":_files"
			else if ($3 != "")
				value = ":" $3 ": "
			printf " \\\n\t\t\t\047--%s%s[%s]%s\047", $2, value != "" ? "=" : "", help, value
			if ($1 != "-")
				printf " \\\n\t\t\t\047-%s%s[%s]%s\047", $1, value != "" ? "+" : "", help, value
		}
		END { print " \\\n\t\t\t\047*:file:_files\047\n\t\t;;" }' "$out/table"
}

{
	echo "#compdef $*"
	echo '# zsh completion for the commands of rs, made from their option tables'
	# shellcheck disable=SC2016
	echo 'case $service in'
} >"$out/_rs"
recipes=$("$bin/rs-train" --list-recipes | cut -f 1 | paste -s -d '|' -)
for command; do
	"$bin/$command" --print-options |
		awk -F '\t' -v OFS='\t' -v recipes="$recipes" '$2 ~ /^(help-)?recipe$/ { $4 = recipes } { print }' >"$out/table"
	bash_file "$command" >"$out/$command.bash"
	fish_file "$command" >"$out/$command.fish"
	zsh_function "$command" >>"$out/_rs"
done
echo 'esac' >>"$out/_rs"
rm "$out/table"
