#!/bin/sh
# includes.sh -- includes go one way: base <- num <- data <- filter <- recipe <- model <- rank <- eval <- analyze <- report <- cmd.
# A file may include headers of its own folder and of those to the left. Run from the top of the checkout.
set -u
grep -Hn '#include "' lib/*/*.[ch] cmd/*.[ch] 2>/dev/null | awk -F: '
	BEGIN {
		n = split("base num data filter recipe model rank eval analyze report cmd", folder, " ")
		for (i = 1; i <= n; i++)
			level[folder[i]] = i
	}
	function folder_of(path,   part)
	{
		split(path, part, "/")
		return part[1] == "lib" ? part[2] : part[1]
	}
	{
		split($3, quoted, "\"")
		from = folder_of($1)
		to = folder_of(quoted[2])
		if (quoted[2] !~ /^(lib\/[a-z]+|cmd)\/[a-z0-9_]+\.[hc]$/ || !(to in level))
			bad = "is not written as lib/FOLDER/FILE.h"
		else if (level[to] > level[from])
			bad = "goes against the order of folders"
		else
			next
		print $1 ":" $2 ": include of " quoted[2] " " bad
		failed = 1
	}
	END { exit failed }'
