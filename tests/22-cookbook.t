#!/bin/sh
# The cookbook: public datasets in one command each, and logs out of databases and other programs.
. "$(dirname "$0")/lib.sh"

book=$RS_ROOT/examples/cookbook

# imported WANT SCRIPT ARGUMENT...: the script counts WANT, and the dataset is sound.
imported()
{
	want=$1
	script=$2
	shift 2
	sh "$book/$script.sh" "$@" 2>said || { cat said; return 1; }
	grep -qF "$want" said || { cat said; return 1; }
	rs-info --check ./*.rsd >/dev/null
}

test_data ml-100k
test_ok 'MovieLens 100k: bars, tabs, latin1' '
	imported "100000 rows read = 100000 kept + 0 merged + 0 rejected; 943 users, 1682 items" ml-100k "$DATA"
	grep -qF "items: 1682 rows read = 1682 kept" said
	rs-view --table items ml-100k.rsd | grep -q "^1,Toy Story (1995),"
	rs-view --table items ml-100k.rsd | grep -q "$(printf "Mis\303\251rables, Les (1995)\",")"
	rs-view --table users ml-100k.rsd | grep -q "^1,24,M,technician,85711\$"
'
test_data ml-1m
test_ok 'MovieLens 1M: two colons' '
	imported "487650 rows read = 487650 kept + 0 merged + 0 rejected; 6040 users, 3883 items" ml-1m "$DATA" "$DATA/ratings-users-1-2999.dat"
	rs-view --table items ml-1m.rsd | grep -q "^1,Toy Story (1995),Animation|Children.s|Comedy\$"
'
test_data goodbooks-10k
test_ok 'Goodbooks-10k: item first, rows twice, a table of 23 columns' '
	imported "981756 rows read = 980112 kept + 1644 merged + 0 rejected; 53424 users, 10000 items" goodbooks-10k "$DATA"
'
test_data gowalla
test_ok 'Gowalla: a line a user' '
	imported "810128 rows read = 810128 kept + 0 merged + 0 rejected; 29858 users" gowalla "$DATA"
'
test_data book-crossing
test_ok 'Book-Crossing: each row of each dirty copy is accounted for' '
	for name in BX-Ratings BX-Book-Ratings.crlf-quoted-semicolon BX-Book-Ratings.cr-line-ends BX-NewBooksRatings; do
		sh "$book/book-crossing.sh" "$DATA/$name.csv" d.rsd rej.tsv 2>said || { cat said; exit 1; }
		sed "s/rs-import: //; s/;.*//; s/[a-z=+]//g" said >n
		awk "NF != 4 || \$1 != \$2 + \$3 + \$4 || \$2 < 1 { exit 1 }" n || { echo "$name"; cat said; exit 1; }
		read -r rows kept merged rejected <n
		tail -n "$((rejected > 0 ? rejected : 1))" rej.tsv | grep -c "^$DATA/$name.csv:[0-9]" | grep -qx "$rejected" || [ "$rejected" = 0 ]
		case $name in
		*.crlf*) [ "$rows" = 39268 ] ;;
		*.cr-*) [ "$rows" -ge 900000 ] && [ "$kept" -ge 8000 ] ;;
		esac
	done
'
test_data retailrocket-events
test_ok 'Retailrocket: times in milliseconds or seconds, types of events' '
	imported "97381 rows read = 97381 kept + 0 merged + 0 rejected; 2174 users, 29905 items, 2015-05-03" retailrocket "$DATA"
'
test_data personalize-movielens
test_need jq
test_ok 'Amazon Personalize: its schemas unchanged' '
	imported "158371 rows read = 158371 kept + 0 merged + 0 rejected" personalize-movielens "$DATA"
	grep -qF "items: 9742 rows read = 9729 kept + 0 merged + 13 rejected" said
'
test_data steam-200k
test_ok 'Steam: hours' '
	imported "70489 rows read = 70489 kept + 0 merged + 0 rejected; " steam-200k "$DATA"
'
test_data hetrec2011-lastfm-2k
test_need iconv
test_ok 'Last.fm: plays, names and tags of artists out of four files' '
	imported "92834 rows read = 92834 kept + 0 merged + 0 rejected; 1892 users, 17632 items" lastfm-2k "$DATA"
	grep -qF "items: 17632 rows read = 17632 kept" said
	rs-view --table items lastfm.rsd | grep -q "^1,MALICE MIZER,weeabo|jrock|"
'
test_data trivago-2019-100k
test_ok 'trivago: references, impressions' '
	imported "100000 rows" trivago "$DATA" || imported " rows read = " trivago "$DATA"
	sed "s/.*import: //; s/;.*//; s/[a-z=+]//g" said | awk "\$1 != \$2 + \$3 + \$4 || \$4 != 0 { exit 1 }"
	rs-info trivago.rsd | grep -q "IMPRESSION (categorical, several values)"
	rs-view --where "EVENT_TYPE IN (\"clickout item\", \"interaction item image\")" --format dataset trivago.rsd -o items.rsd
	rs-view items.rsd | sed 1d | cut -d , -f 2 | awk "/[^0-9]/ { exit 1 }"
'
test_data diginetica
test_ok 'Diginetica: sessions' '
	imported "906140 rows read = 906140 kept + 0 merged + 0 rejected; 186670 users, 43097 items" diginetica "$DATA"
'

# ---- other programs; all give the same three events ----
test_always
cat >"$t_dir/want" <<'END'
USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE
"ann, ""a""",x,1554121800,4.5
bob,y,1554121801,
bob,z,1554121802,3
END

test_need sqlite3
test_ok 'sqlite3: CSV through a pipe' '
	sqlite3 shop.db "CREATE TABLE log(user, item, time, rating);
		INSERT INTO log VALUES (\"ann, \"\"a\"\"\", \"x\", 1554121800, 4.5), (\"bob\", \"y\", 1554121801, NULL), (\"bob\", \"z\", 1554121802, 3)"
	sqlite3 -header -csv shop.db "SELECT * FROM log" | rs-import -q | rs-view - | cmp - "$t_dir/want"
'
test_always
test_ok 'PostgreSQL: COPY as text, and as CSV with a header' '
	printf "ann, \"a\"\tx\t1554121800\t4.5\nbob\ty\t1554121801\t\\\\N\nbob\tz\t1554121802\t3\n" >log.txt
	rs-import -q --columns user,item,time,value --delimiter tab --quoting none --null "\\N" log.txt | rs-view - | cmp - "$t_dir/want"
	rs-import -q --columns user,item,time,value --quoting escapes log.txt | rs-view - | cmp - "$t_dir/want"
	printf "item,time,user,rating\nx,2019-04-01 12:30:00+00,\"ann, \"\"a\"\"\",4.5\ny,2019-04-01 12:30:01+00,bob,\nz,2019-04-01 12:30:02+00,bob,3\n" >log.csv
	rs-import -q log.csv | rs-view - | cmp - "$t_dir/want"
'
test_ok 'mysqldump --tab: TSV with \N' '
	printf "1\tann, \"a\"\tx\t2019-04-01 12:30:00\t4.5\n2\tbob\ty\t2019-04-01 12:30:01\t\\\\N\n3\tbob\tz\t2019-04-01 12:30:02\t3\n" >log.txt
	rs-import -q --columns -,user,item,time,value --delimiter tab --quoting none --null "\\N" log.txt | rs-view - | cmp - "$t_dir/want"
'
# Both write a backslash before what would end a cell, in their own way; the title is the same in the end.
cat >"$t_dir/titles" <<'END'
USER_ID,ITEM_ID,TIMESTAMP,title
ann,x,1554121800,"Tab	and \
line, C:\new"
bob,y,1554121801,
bob,z,1554121802,N
END
test_ok 'PostgreSQL: COPY of text with tabs, line ends and backslashes' '
	printf "ann\tx\t1554121800\tTab\\\\tand \\\\\\\\\\\\nline, C:\\\\\\\\new\n" >log.txt
	printf "bob\ty\t1554121801\t\\\\N\nbob\tz\t1554121802\tN\n" >>log.txt
	rs-import -q --columns user,item,time,title --quoting escapes log.txt | rs-view - | cmp - "$t_dir/titles"
'
test_ok 'mysqldump --tab: text with tabs, line ends and backslashes' '
	printf "ann\tx\t1554121800\tTab\\\\\tand \\\\\\\\\\\\\nline, C:\\\\\\\\new\n" >log.txt
	printf "bob\ty\t1554121801\t\\\\N\nbob\tz\t1554121802\tN\n" >>log.txt
	rs-import -q --columns user,item,time,title --quoting escapes log.txt | rs-view - | cmp - "$t_dir/titles"
'
test_ok 'logs in gzip, through zcat and as they are' '
	{ echo user,item,time,rating; tail -n +2 "$t_dir/want"; } | gzip >log.csv.gz
	zcat log.csv.gz | rs-import -q | rs-view - | cmp - "$t_dir/want"
	rs-import -q log.csv.gz | rs-view - | cmp - "$t_dir/want"
'
test_need jq
test_ok 'JSON logs through jq' '
	cat >log.json <<-"END"
	{"ts":"2019-04-01T12:30:00Z","req":{"who":"ann, \"a\"","page":{"id":"x"}},"stars":4.5}
	{"ts":"2019-04-01T12:30:01Z","req":{"who":"bob","page":{"id":"y"}}}
	{"ts":"2019-04-01T12:30:02Z","req":{"who":"bob","page":{"id":"z"}},"stars":3}
	END
	jq -c "{user: .req.who, item: .req.page.id, time: .ts, value: .stars}" log.json | rs-import -q | rs-view - | cmp - "$t_dir/want"
'
test_always
test_ok 'each script of the cookbook is run here' '
	for script in "$book"/*.sh; do
		grep -q " $(basename "$script" .sh) \"\|/$(basename "$script")\"" "$RS_ROOT/tests/22-cookbook.t" || { echo "$script"; exit 1; }
	done
'
test_done
