#!/bin/sh
# Hostile and dirty text for rs-import: each has its exit status, and each row is accounted for.
. "$(dirname "$0")/lib.sh"

# The catalogue: name; what --rejects leaves as READ KEPT MERGED REJECTED, or the words of the message that ends it; text in
# the escapes of printf; options. Strict import ends with 65 where there are rejected rows, else with 0.
catalogue()
{
	sed 's/^	*//' <<-'END'
	empty file;0 0 0 0;
	one line end;0 0 0 0;\n
	blanks alone;0 0 0 0;   \n\t\n
	header alone;0 0 0 0;user,item\n
	header without line end;0 0 0 0;user,item
	mark alone;0 0 0 0;\357\273\277
	mark and header;1 1 0 0;\357\273\277user,item\na,b\n
	mark inside;1 1 0 0;user,item\n\357\273\277a,b\n
	CR LF;2 2 0 0;user,item\r\na,b\r\nc,d\r\n
	CR alone;2 2 0 0;user,item\ra,b\rc,d\r
	CR inside a line;1 1 0 0;user,item\na\rb,c\n
	mixed line ends;2 2 0 0;user,item\r\na,b\nc,d\r\n
	no last line end;1 1 0 0;user,item\na,b
	lines of blanks;2 2 0 0;user,item\n\na,b\n  \n\nc,d\n
	NUL in an id;2 1 0 1;user,item\na\000,b\nc,d\n
	NUL alone;2 1 0 1;user,item\n\000\nc,d\n
	UTF-16;text in UTF-16;\377\376u\000s\000e\000r\000,\000i\000t\000e\000m\000\n\000
	UTF-16 without mark;text in UTF-16;u\000s\000e\000r\000,\000i\000t\000e\000m\000\n\000a\000,\000b\000\n\000
	zeros;binary data: expected text;\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000
	UTF-8 cut off in a title;2 1 0 1;user,item,title\na,b,\303\nc,d,\303\251\n
	overlong UTF-8;2 1 0 1;user,item,title\na,b,\300\257\nc,d,x\n
	surrogate in UTF-8;2 1 0 1;user,item,title\na,b,\355\240\200\nc,d,x\n
	beyond U+10FFFF;2 1 0 1;user,item,title\na,b,\364\220\200\200\nc,d,x\n
	latin1 title;2 1 0 1;user,item,title\na,b,caf\351\nc,d,x\n
	latin1 title, told;2 2 0 0;user,item,title\na,b,caf\351\nc,d,x\n;--encoding latin1
	bytes as ids;2 2 0 0;user,item\n\377\376,\200\nc,d\n
	escape codes;1 1 0 0;user,item\n\033[31mred\033[0m,\007\n
	escape codes in a bad time;2 1 0 1;user,item,time\na,b,5\na,b,\033[2J\n
	ids of 40 digits;2 2 0 0;user,item\n1234567890123456789012345678901234567890,1\n1234567890123456789012345678901234567891,1\n
	leading zeros;2 2 0 0;user,item\n007,1\n7,1\n
	ids with blanks around;2 1 1 0;user,item\n a , b \na,b\n
	upper and lower case;2 2 0 0;user,item\nAnn,x\nann,x\n
	empty user;2 1 0 1;user,item\n,b\nc,d\n
	empty item;2 1 0 1;user,item\na,\nc,d\n
	quoted empty item;2 1 0 1;user,item\na,""\nc,d\n
	too few cells;2 1 0 1;user,item,x\na,b\nc,d,e\n
	too many cells;2 1 0 1;user,item\na,b,c\nc,d\n
	one comma too much at each end;2 2 0 0;user,item,\na,b,\nc,d,\n
	commas alone;2 1 0 1;user,item,x\n,,\nc,d,e\n
	header twice;3 2 0 1;user,item\na,b\nuser,item\nc,d\n
	quote never closed;3 2 0 1;user,item\n"a,b\nc,d\ne,f\n
	quote never closed at the end;2 1 0 1;user,item\na,b\nc,"d
	text behind a quote;2 1 0 1;user,item\n"a"x,b\nc,d\n
	quote in the middle;2 2 0 0;user,item\na"x,b\nc,d\n
	quotes doubled;1 1 0 0;user,item\n"a""x",b\n
	quotes behind backslashes;2 2 0 0;user,item,t\n"a","b","x\\"y"\nc,d,e\n
	line ends in cells;2 2 0 0;user,item,t\na,b,"x\ny"\nc,d,e\n
	escapes in cells;2 2 0 0;user\titem\tt\na\tb\tx\\ty\\nz\nc\td\te\n;--quoting escapes
	tabs and line ends behind backslashes;2 2 0 0;user\titem\tt\na\tb\tx\\\ty\\\nz\nc\td\te\n;--quoting escapes
	two backslashes before a line end;2 2 0 0;user\titem\na\tb\\\\\nc\td\n;--quoting escapes
	an escaped NUL;2 1 0 1;user\titem\na\\0\tb\nc\td\n;--quoting escapes
	null ids;3 1 0 2;user\titem\n\\N\tb\na\t\\N\nc\td\n;--quoting escapes
	a backslash at the end;1 1 0 0;user\titem\na\tb\\;--quoting escapes
	an escaped last line end;1 1 0 0;user\titem\na\tb\\\n;--quoting escapes
	escapes that are none;1 1 0 0;user\titem\n\\q\\xg\\9\tb\\x4\\101\n;--quoting escapes
	an escaped delimiter of another kind;1 1 0 0;user|item\na\\|b|c\n;--quoting escapes --delimiter |
	delimiters in cells;2 2 0 0;user,item,t\na,b,"x,y"\nc,d,e\n
	triple quotes;1 1 0 0;user,item\n"""a""",b\n
	time nan;2 1 0 1;user,item,time\na,b,1\na,b,nan\n
	time inf;2 1 0 1;user,item,time\na,b,1\na,b,inf\n
	time 1e400;2 1 0 1;user,item,time\na,b,1\na,b,1e400\n
	time of 70 digits;2 1 0 1;user,item,time\na,b,1\na,b,1111111111222222222233333333334444444444555555555566666666667777777777\n
	time empty;2 1 0 1;user,item,time\na,b,1\na,b,\n
	time below 0;2 2 0 0;user,item,time\na,b,1\na,b,-5\n
	time in the year 10000;2 1 0 1;user,item,time\na,b,1\na,b,253402300800\n
	day that is none;2 1 0 1;user,item,time\na,b,2019-02-28\na,b,2019-02-29\n
	mixed units;2 1 0 1;user,item,time\na,b,2019-02-28\na,b,1554121800\n
	value nan;2 1 0 1;user,item,rating\na,b,1\na,c,nan\n
	value 1e400;2 1 0 1;user,item,rating\na,b,1\na,c,1e400\n
	value 1e39;2 1 0 1;user,item,rating\na,b,1\na,c,1e39\n
	value 1e-400;2 2 0 0;user,item,rating\na,b,1\na,c,1e-400\n
	value in hexadecimal;2 1 0 1;user,item,rating\na,b,1\na,c,0x10\n
	value with a comma;2 1 0 1;user;item;rating\na;b;1\na;c;1,5\n
	attribute of all kinds;3 3 0 0;user,item,x\na,b,1\na,c,nan\na,d,t\n
	equal rows;3 1 2 0;user,item,time\na,b,1\na,b,1\na,b,1\n
	formula of a spreadsheet;1 1 0 0;user,item\n=cmd|' /C calc'!A0,b\n
	names of a shell;1 1 0 0;user,item\n$(touch x);`id`,../../etc/passwd\n
	percent signs;2 1 0 1;user,item,time\na,b,1\n%%s%%n,b,%%n\n
	no header;no header that names a column of users;a,b\nc,d\n
	no column of items;no column of items;user,thing\na,b\n
	two columns of one name;are both called;user,item,x,x\na,b,c,d\n
	a name that is not UTF-8;expected UTF-8;user,item,\377\na,b,c\n
	a dataset;a dataset already;\211RSD\015\012\032\012
	a zip archive;a zip archive;PK\003\004zzzz
	gzip cut at once;cut off inside gzip data;\037\213\010
	JSON;2 2 0 0;{"user":"a","item":"b"}\n{"user":"c","item":"d"}\n
	JSON cut;2 1 0 1;{"user":"a","item":"b"}\n{"user":"c","item":
	JSON, text behind;2 1 0 1;{"user":"a","item":"b"} x\n{"user":"c","item":"d"}\n
	JSON, two in a line;2 1 0 1;{"user":"a","item":"b"}{"user":"c","item":"d"}\n{"user":"c","item":"d"}\n
	JSON, a list;2 1 0 1;{"user":"a","item":"b"}\n["c","d"]\n
	JSON, a word;2 1 0 1;{"user":"a","item":"b"}\nnull\n
	JSON, NaN;2 1 0 1;{"user":"a","item":"b"}\n{"user":"c","item":"d","x":NaN}\n
	JSON, a name twice;2 1 0 1;{"user":"a","item":"b"}\n{"user":"c","user":"x","item":"d"}\n
	JSON, NUL escaped;2 1 0 1;{"user":"a","item":"b"}\n{"user":"c\\u0000","item":"d"}\n
	JSON, half a surrogate;2 1 0 1;{"user":"a","item":"b"}\n{"user":"c","item":"\\ud800"}\n
	JSON, not UTF-8;2 1 0 1;{"user":"a","item":"b"}\n{"user":"c","item":"\377"}\n
	JSON, id of 40 digits;1 1 0 0;{"user":1234567890123456789012345678901234567890,"item":1}\n
	JSON, 1e400 in a value;2 1 0 1;{"user":"a","item":"b","rating":1}\n{"user":"c","item":"d","rating":1e400}\n
	JSON, null for an id;2 1 0 1;{"user":"a","item":"b"}\n{"user":null,"item":"d"}\n
	JSON, an object for an id;2 1 0 1;{"user":"a","item":"b"}\n{"user":{"id":1},"item":"d"}\n
	JSON without users;1 0 0 1;{"item":"b"}\n
	END
}

# The text of one line of the catalogue, strict and with rejects.
# shellcheck disable=SC2059,SC2086
one_entry()
{
	printf "$text" >log
	case $want in
	[0-9]*" "[0-9]*)
		set -- $want
		sum="$1 rows read = $2 kept + $3 merged + $4 rejected"
		rs-import $options --rejects rej log -o d.rsd 2>err || { cat err; return 1; }
		grep -qF "$sum" err || { cat err; return 1; }
		rs-info --check d.rsd >/dev/null
		[ "$(wc -l <err)" = 1 ]
		if [ "$4" = 0 ]; then
			rs-import -q $options log -o strict.rsd
			cmp d.rsd strict.rsd
			[ ! -s rej ]
		else
			expect_exit 65 "rs-import \$options log -o strict.rsd" "rs-import: log:[0-9]*"
			[ ! -e strict.rsd ]
			tail -n "$4" rej | grep -q "^log:[0-9]"
			[ "$(LC_ALL=C tr -d "\n\t -~\200-\377" <"$T_ERR" | wc -c)" = 0 ]
		fi
		;;
	*)
		expect_exit 65 "rs-import \$options --rejects rej log -o d.rsd" "rs-import: log: *$want*"
		[ ! -e d.rsd ]
		;;
	esac
}

catalogue >"$t_dir/catalogue"
while IFS=';' read -r name want rest <&3; do
	# what is left: text, perhaps with semicolons, and options behind the last one if they start with --
	text=$rest
	options=
	case $rest in
	*';--'*)
		options=--${rest##*;--}
		text=${rest%;--*}
		;;
	esac
	test_ok "$name" one_entry
done 3<"$t_dir/catalogue"

test_ok 'lines of a gigabyte are bounded in memory and time, and only they are lost' '
	size=1000000000
	[ -z "${RS_SLOW:-}" ] || size=100000000
	long()
	{
		echo user,item
		echo a,b
		printf "%s" "$1"
		head -c "$size" /dev/zero | tr "\0" x
		printf "\nc,d\n"
	}
	for start in "e," "\"" "e,\""; do
		expect_exit 65 "long \"\$start\" | rs-import" "rs-import: (stdin):3: *of more than 1048576 bytes*" ||
			expect_exit 65 "long \"\$start\" | rs-import" "rs-import: (stdin):3: a quote is not closed*"
		long "$start" | rs-import --memory 256M --rejects rej -o d.rsd 2>err
		grep -qF "3 rows read = 2 kept + 0 merged + 1 rejected" err
		[ "$(wc -c <rej)" -lt 5000 ]
	done
	{ echo "{\"user\":1,\"item\":2}"; head -c "$size" /dev/zero | tr "\0" "["; echo; } |
		rs-import --memory 256M --rejects rej -o d.rsd 2>err
	grep -qF "2 rows read = 1 kept + 0 merged + 1 rejected" err
'

test_ok 'a megabyte of digits, brackets, quotes, backslashes in one JSON value takes no time' '
	for c in 0 1 "[" "{" "\"" "\\\\" "-" ","; do
		{
			echo "{\"user\":\"a\",\"item\":\"b\"}"
			printf "{\"user\":\"a\",\"item\":"
			head -c 1000000 /dev/zero | tr "\0" "$c"
			echo "}"
		} >log
		timeout 20 rs-import --rejects rej log -o d.rsd 2>err
		grep -q "2 rows read = [12] kept + 0 merged + [01] rejected" err
	done
'

test_ok 'limits: 1,024 bytes of an id, 1,024 columns, both sides of them' '
	id=$(head -c 1024 /dev/zero | tr "\0" x)
	printf "user,item\n%s,a\nb,%s\n" "$id" "$id" >log
	rs-import -q log -o d.rsd
	printf "user,item\na,b\n%sx,a\nb,%sx\n" "$id" "$id" >log
	expect_exit 65 "rs-import log" "rs-import: log:3:1: user \"xxxx*\"...: expected an id of at most 1024 bytes"
	[ "$(wc -c <"$T_ERR")" -lt 300 ]
	rs-import --rejects rej log -o d.rsd 2>err
	grep -qF "3 rows read = 1 kept + 0 merged + 2 rejected" err
	wide()
	{
		awk "BEGIN { printf \"user,item\"; for (i = 3; i <= $1; i++) printf \",c\" i; print \"\"
			printf \"a,b\"; for (i = 3; i <= $1; i++) printf \",\" i; print \"\" }"
	}
	wide 1024 >log
	rs-import -q log -o d.rsd
	wide 1025 >log
	expect_exit 65 "rs-import log" "rs-import: log: 1025 columns: expected at most 1024"
'

test_ok 'planted faults, 1 % of each kind: all are found, told with line and column, and nothing else is lost' '
	awk "BEGIN {
		print \"user,item,rating,time,title\"
		for (i = 1; i <= 10000; i++) {
			u = \"u\" i; v = i % 5; t = 1554121800 + i; s = \"plain\"; more = \"\"
			k = i % 100
			if (k == 3) t = \"20x4\"
			if (k == 17) v = \"five\"
			if (k == 29) more = \",surplus\"
			if (k == 41) s = \"\\\"quoted\\\" badly\"
			if (k == 59) s = \"caf\\351\"
			if (k == 71) { u = \"\"; for (j = 0; j < 1025; j++) u = u \"z\" }
			if (k == 83) u = \"\"
			print u \",i\" i % 77 \",\" v \",\" t \",\" s more
		}
	}" >log
	rs-import --rejects rej --counts counts log -o d.rsd 2>err
	grep -qF "10000 rows read = 9300 kept + 0 merged + 700 rejected" err
	grep -qF "\"read\":10000,\"kept\":9300,\"merged\":0,\"rejected\":700" counts
	tail -n +2 rej | cut -f 1 | sed "s/^log://" >places
	awk "BEGIN { for (i = 1; i <= 10000; i++) { k = i % 100
		if (k == 3) print i + 1 \":4\"
		if (k == 17) print i + 1 \":3\"
		if (k == 29 || k == 41) print i + 1
		if (k == 59) print i + 1 \":5\"
		if (k == 71 || k == 83) print i + 1 \":1\" } }" | cmp - places
	tail -n +2 rej | cut -f 2 | sed "s/\"[^ ]*\":/X:/; s/\"[^\"]*\"/X/" | sort | uniq -c | awk "{ print \$1 }" | tr "\n" " " >kinds
	grep -qE "^(100 ){7}\$" kinds || { tail -n +2 rej | cut -f 2 | cut -c 1-40 | sort | uniq -c | sort -nr | head -n 12; exit 1; }
	# the rejects are read again: the same are bad, and none is lost
	cut -f 3- rej >again
	rs-import --rejects rej2 again -o none.rsd 2>err
	grep -qF "700 rows read = 0 kept + 0 merged + 700 rejected" err
	cut -f 3- rej2 | cmp - again
	# mended, everything is there
	sed "s/20x4/1554121999/; s/,five,/,5,/; s/,surplus//; s/\"quoted\" badly/fine/; s/\xe9/e/; s/^zz*,/y,/; s/^,/y,/" again >mended
	rs-import mended -o more.rsd 2>err
	grep -qF "700 rows read = 700 kept + 0 merged + 0 rejected" err
	rs-merge -q d.rsd more.rsd | rs-view - | tail -n +2 | wc -l | grep -qx 10000
'
test_done
