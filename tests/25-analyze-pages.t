#!/bin/sh
# The pages of rs-analyze in a browser: public data and made-up data, wide and narrow, light and dark.
. "$(dirname "$0")/lib.sh"

browser=
for t_program in chromium chromium-browser google-chrome; do
	[ -n "$browser" ] || ! command -v "$t_program" >/dev/null || browser=$t_program
done

# browse [OPTION...] PAGE: headless, with a profile of its own, offline.
browse()
{
	rm -rf profile
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$PWD/profile" "$@" 2>browser.log
}

# need_browser: the next tests need it, and python3.
need_browser()
{
	test_need python3
	[ -n "$browser" ] || t_why=${t_why:-needs chromium}
}

# opened PAGE: the browser shows all sections, and nothing is wider than a phone.
opened()
{
	sed 's|</body>|<script>document.title = "wide " + document.documentElement.scrollWidth</script></body>|' "$1" >wide.html
	browse --window-size=390,844 --dump-dom "file://$PWD/wide.html" >dom
	for part in "What to do" "What it can train" "Who did how much" "Suspicious users" "Columns of interactions"; do
		grep -q "<h2>$part</h2>" dom
	done
	width=$(sed -n 's/.*<title>wide \([0-9]*\)<.*/\1/p' dom)
	echo "width $width"
	[ "$width" -gt 0 ] && [ "$width" -le 500 ] # the narrowest window of some versions is 500
	rs-analyze --quiet --json data.rsd >report.json
	python3 -c 'import json; json.load(open("report.json"))'
}

need_browser
test_ok 'light and dark, desktop and phone' '
	rs-synth --quiet --users 500 --items 300 --events 40000 >data.rsd
	rs-analyze --quiet --html page.html data.rsd >/dev/null
	opened page.html
	cat >shade.py <<-END
	# The size of a PNG and its mean brightness.
	import struct, sys, zlib
	b = open(sys.argv[1], "rb").read(); assert b[:8] == b"\x89PNG\r\n\x1a\n"
	at, data = 8, b""
	while at < len(b):
	    n, kind = struct.unpack(">I4s", b[at:at + 8])
	    if kind == b"IHDR": w, h, depth, color = struct.unpack(">IIBB", b[at + 8:at + 18])
	    if kind == b"IDAT": data += b[at + 8:at + 8 + n]
	    at += 12 + n
	bytes_per = {2: 3, 6: 4}[color]; raw = zlib.decompress(data); step = w * bytes_per + 1
	row = bytearray(step - 1); total = n = 0
	for y in range(h):
	    f, line = raw[y * step], bytearray(raw[y * step + 1:(y + 1) * step])
	    for i in range(len(line)):
	        a = line[i - bytes_per] if i >= bytes_per else 0; u = row[i]; c = row[i - bytes_per] if i >= bytes_per else 0
	        if f == 1: line[i] = (line[i] + a) & 255
	        elif f == 2: line[i] = (line[i] + u) & 255
	        elif f == 3: line[i] = (line[i] + (a + u) // 2) & 255
	        elif f == 4:
	            p = a + u - c; pa, pb, pc = abs(p - a), abs(p - u), abs(p - c)
	            line[i] = (line[i] + (a if pa <= pb and pa <= pc else u if pb <= pc else c)) & 255
	    row = line; total += sum(line[0::bytes_per]); n += w
	print(w, h, total // n)
	END
	for width in 1280 600; do
		browse --window-size=$width,700 --blink-settings=preferredColorScheme=1 --screenshot=light.png "file://$PWD/page.html" >/dev/null
		browse --window-size=$width,700 --blink-settings=preferredColorScheme=0 --screenshot=dark.png "file://$PWD/page.html" >/dev/null
		python3 shade.py light.png >light
		python3 shade.py dark.png >dark
		cat light dark
		read -r w h shade <light
		[ "$w" = $width ] && [ "$h" = 700 ] && [ "$shade" -gt 190 ]
		read -r w h shade <dark
		[ "$shade" -lt 90 ]
	done
'
test_ok 'a comparison' '
	rs-synth --quiet --users 300 --items 100 --events 10000 >data.rsd
	rs-synth --quiet --users 300 --items 120 --events 9000 --seed 3 >new.rsd
	rs-analyze --quiet --compare --html page.html data.rsd new.rsd >/dev/null
	opened page.html
'
test_data ml-1m
need_browser
test_ok 'ml-1m' '
	rs-import --quiet --columns user,item,value,time --user-table "$DATA/users.dat" --user-columns user,GENDER,AGE,OCCUPATION,ZIP \
		--item-table "$DATA/movies.dat" --item-columns item,TITLE,GENRES "$DATA/ratings-users-1-2999.dat" >data.rsd
	rs-analyze --quiet --html page.html data.rsd >text
	opened page.html
	grep -qE "^  users, items +2,999 and 3,615" text
	grep -q "<h2>Columns of items</h2>" dom
'
test_data retailrocket-events/events.csv
need_browser
test_ok 'retailrocket: the funnel' '
	rs-import --quiet "$DATA" >data.rsd
	rs-analyze --quiet --html page.html data.rsd >text
	opened page.html
	grep -qE "^  view +75,374 +100 %" text
	grep -qE "^  buy +7,911 +10.5 %" text
	grep -q "<h2>From first to last step</h2>" dom
	grep -q "<h2>When</h2>" dom
'
test_data trivago-2019-100k/events.csv
need_browser
test_ok 'trivago: ten event types, impressions, prices' '
	rs-import --quiet --columns user=user_id,item=reference,time=timestamp,event=action_type "$DATA" >data.rsd
	rs-analyze --quiet --html page.html data.rsd >text
	opened page.html
	rs-analyze --json data.rsd | grep -q "\"types\":10,"
	grep -q "Column \"prices\" of interactions is 13.6 % complete" text
'
test_data personalize-movielens
need_browser
test_ok 'personalize-movielens' '
	rs-import --quiet --item-table "$DATA/item-meta.csv" "$DATA/interactions.csv" >data.rsd
	rs-analyze --quiet --html page.html data.rsd >text
	opened page.html
	grep -qE "^  click +96,655 +100 %" text
	grep -qE "^  watch +61,716 +63.9 %" text
'
test_data book-crossing
need_browser
test_ok 'book-crossing: dirty users, years of 0 and 2030' '
	rs-import --quiet --user-table "$DATA/BX-Users.csv" --item-table "$DATA/BX-Books.csv" "$DATA/BX-Ratings.csv" >data.rsd
	rs-analyze --quiet --html page.html data.rsd >text
	opened page.html
	grep -q "^  warning  Column \"User-Age\" of users is 60.8 % complete" text
	grep -q "^  warning  1 column has outliers: \"Year-Of-Publication\" of items" text
'
test_data steam-200k
need_browser
test_ok 'steam-200k: hours with a heavy tail, two event types' '
	rs-import --quiet --columns user=1,item=2,value=3 --event-type play "$DATA/game_play.dat" >play.rsd
	rs-import --quiet --columns user=1,item=2 --ignore 3 --event-type purchase --item-table "$DATA/item_info.dat" \
		--item-columns item=1 "$DATA/game_purchase.dat" >purchase.rsd
	rs-merge --quiet play.rsd purchase.rsd >data.rsd
	rs-analyze --quiet --html page.html data.rsd >text
	opened page.html
	grep -qE "^  purchase +128,804 +100 %" text
	grep -q "^  note     The events have no times" text
'
test_done
