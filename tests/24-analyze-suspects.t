#!/bin/sh
# Suspicious users: made-up attackers among the users of public data are found, and hardly anybody else is accused.
. "$(dirname "$0")/lib.sh"

# attack KIND SHARE FILLER SEED LOG.csv: LOG with attackers is analysed; at least 90 % of them are found, and at most 1 % of
# the others.
attack()
{
	awk -f "$RS_ROOT/tests/attacks.awk" -v kind="$1" -v share="$2" -v filler="$3" -v seed="$4" "$5" >attacked.csv
	rs-import --quiet attacked.csv >attacked.rsd
	rs-analyze --quiet --json --suspects ids attacked.rsd >report.json
	cut -d , -f 1 attacked.csv | sed 1d | sort -u >users
	bad=$(grep -c "^attack-" users)
	good=$(grep -vc "^attack-" users || true)
	found=$(grep -c "^attack-" ids || true)
	wrong=$(grep -vc "^attack-" ids || true)
	echo "$1 $2 filler $3 seed $4: found $found of $bad, accused $wrong of $good"
	[ "$bad" -gt 0 ] && [ $((found * 10)) -ge $((bad * 9)) ] && [ $((wrong * 100)) -le "$good" ]
}

test_ok 'made-up ratings: each kind of attack, and nobody where there is none' '
	rs-synth --quiet --kind ratings --users 1000 --items 800 --events 80000 --csv-events e.csv >d.rsd
	rs-view d.rsd >v.csv
	head -n 1 v.csv
	rs-analyze --quiet --suspects ids d.rsd >/dev/null
	[ "$(wc -l <ids)" -le 10 ]
	awk -F, "NR > 1 { print \$1 \",\" \$2 \",\" \$4 \",\" \$3 }" v.csv >log.csv
	attack random .03 .05 1 log.csv
	attack average .03 .05 2 log.csv
	attack bandwagon .03 .05 3 log.csv
	attack bots .03 .3 4 log.csv
	grep -q "\"why\":\[\"burst\"" report.json
'
test_ok 'copies of one profile' '
	$RS_BIN/rs-synth --quiet --kind plain --users 500 --items 400 --events 20000 >d.rsd
	rs-view d.rsd >v.csv
	awk "BEGIN { for (c = 0; c < 20; c++) for (i = 0; i < 40; i++) if ((c * 7 + i) % 40) print \"copy-\" c \",i0\" 100 + i * 5 \",\" 1700000000 + c * 86400 + i * 40 }" >>v.csv
	rs-import --quiet v.csv >e.rsd
	rs-analyze --quiet --json --suspects ids e.rsd >report.json
	[ "$(grep -c "^copy-" ids)" = 20 ]
	[ "$(grep -vc "^copy-" ids)" -le 5 ]
	grep -q "nearly the same items as 19 other users" report.json
	rs-forget --quiet --strict --users ids e.rsd >clean.rsd
	[ "$(rs-analyze --quiet --json clean.rsd | grep -o "\"copy\":[0-9]*")" = "\"copy\":0" ]
'
test_ok 'a machine that never sleeps, and one as regular as a clock' '
	rs-synth --quiet --kind plain --users 500 --items 400 --events 20000 >d.rsd
	rs-view d.rsd >v.csv
	awk "BEGIN { for (i = 0; i < 200; i++) { print \"awake,i00\" 1 + i % 9 \",\" 1704067200 + i * 400 + (i * 7919 % 97) * 3
		print \"clock,i00\" 1 + i % 9 \",\" 1704067200 + i * 60 + i % 3 } }" >>v.csv
	rs-import --quiet v.csv >e.rsd
	rs-analyze --quiet --json e.rsd >report.json
	grep -q "\"user\":\"awake\",\"events\":[0-9]*,\"why\":\[[^]]*\"awake\"" report.json
	grep -q "\"user\":\"clock\",\"events\":[0-9]*,\"why\":\[[^]]*\"clock\"" report.json
	rs-analyze --quiet --trust --json e.rsd | grep -q "\"suspects\":{\"looked_at\":0,"
'
test_data ml-1m/ratings-all-without-timestamps.dat
for share in .01 .03 .05 .1; do
	test_ok "ml-1m: random, average and bandwagon attacks of $share of the users" '
		sed "s/::/,/g" "$DATA" >log.csv
		attack random $share .03 101 log.csv
		attack average $share .03 102 log.csv
		attack bandwagon $share .03 103 log.csv
	'
done
test_ok 'ml-1m: few and many filler items' '
	sed "s/::/,/g" "$DATA" >log.csv
	attack average .03 .01 104 log.csv
	attack random .03 .1 105 log.csv
'
test_ok 'ml-1m as it is: nobody is accused of a push' '
	sed "s/::/,/g" "$DATA" | rs-import --quiet --columns user,item,value --no-header - >d.rsd
	rs-analyze --quiet --json d.rsd >report.json
	grep -q "\"push\":0,\"copy\":0," report.json
'
test_data ml-1m/ratings-users-1-2999.dat
test_ok 'ml-1m: bursts of bots, 1, 3, 5 and 10 % of the users' '
	sed "s/::/,/g" "$DATA" >log.csv
	attack bots .01 .03 111 log.csv
	attack bots .03 .05 112 log.csv
	attack bots .05 .03 113 log.csv
	attack bots .1 .05 114 log.csv
'
test_done
