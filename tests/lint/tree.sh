#!/bin/sh
# tree.sh -- what no compiler checks: direction of includes, layers that must not be passed by, spaces, line length.
# Run from the top of the checkout; prints file:line: what, and fails if there is anything.
set -u

# found TITLE: whatever comes on stdin is an offence.
found()
{
	text=$(cat)
	[ -n "$text" ] || return 0
	printf '%s\n' "$text" | sed "s/\$/    <- $1/"
}

tracked()
{
	git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
		[ -f "$file" ] && printf '%s\n' "$file"
	done
}

sources=$(tracked 'lib/*.[ch]' 'cmd/*.[ch]' 'tests/*.[ch]')
library=$(tracked 'lib/*.[ch]')
texts=$(tracked Makefile '*.md' '*.sh' '*.t' '*.in' 'man/*' .ci/run .clang-format .clang-tidy .editorconfig)

# shellcheck disable=SC2086
offences=$(
	sh tests/lint/includes.sh | found 'include'
	grep -nE '[[:space:]]+$' $sources $texts /dev/null | found 'space at the end of a line'
	awk '{ line = $0; gsub(/\t/, "        ", line); if (length(line) > 128) print FILENAME ":" FNR ": " length(line) }' \
		$sources /dev/null | found 'line too long'
	for file in $sources; do
		head -n 1 "$file" | grep -q "^/\* $(basename "$file")\( \|:\)" || echo "$file:1:"
	done | found 'a file opens with a comment that names it and says its idea'

	# One layer for memory, one for files, nothing said and nobody ended by the library.
	grep -nwE '(malloc|calloc|realloc|aligned_alloc|posix_memalign|strdup|strndup|mmap) ?\(' $library /dev/null |
		grep -vE '^lib/base/(mem|file)[a-z_]*\.c:|^[^:]*:[0-9]+: ?(\*|/\*)' | found 'memory comes through lib/base/mem.h'
	grep -nwE '(fopen|fdopen|open|openat|creat|rename|unlink|fsync) ?\(' $library /dev/null |
		grep -vE '^lib/base/file[a-z_]*\.c:|^[^:]*:[0-9]+: ?(\*|/\*)' | found 'files go through lib/base/file.h'
	grep -nwE '(printf|fprintf|puts|fputs|perror|exit|_exit|abort|getenv|system|popen|setlocale) ?\(' $library /dev/null |
		grep -vE '^lib/base/fault\.c:|^[^:]*:[0-9]+: ?(\*|/\*)|format\(printf' | found 'the library neither prints nor exits nor looks around'
	grep -nE 'cblas_|openblas_' $library /dev/null | grep -vE '^lib/num/' | found 'BLAS is called in lib/num only'
	grep -nwE '(time|clock|clock_gettime|gettimeofday|localtime|rand|srand|random|drand48) ?\(' $library /dev/null |
		grep -vE '^[^:]*:[0-9]+: ?(\*|/\*)' | found 'no clock and no hidden random numbers in the library'
	grep -nE '\b(strcpy|strcat|sprintf|gets|strtok|atoi|atof|atol) ?\(' $sources /dev/null |
		grep -vE '^[^:]*:[0-9]+: ?(\*|/\*)' | found 'unsafe function'
)
[ -z "$offences" ] || {
	printf '%s\n' "$offences"
	exit 1
}
