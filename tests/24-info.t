#!/bin/sh
# rs-info: what it shows and how it checks.
. "$(dirname "$0")/lib.sh"

synth='rs-synth --quiet --users 50 --items 20 --events 400'

test_ok 'counts, columns, steps and chunks of a dataset' '
	$synth >d.rsd
	rs-info d.rsd >got
	grep -qx "d.rsd" got
	grep -qE "^  kind +dataset$" got
	grep -qE "^  users +50$" got
	grep -qE "^  items +20$" got
	grep -qE "^  provenance +rs-synth .* --users 50 " got
	grep -qE "^  EITM +0 +[0-9]+ +[0-9]+  [a-z+-]+$" got
	grep -qE "^  bytes +$(wc -c <d.rsd)$" got
'
test_ok 'the same from a pipe, under another name' '
	$synth >d.rsd
	rs-info d.rsd | sed 1d >want
	cat d.rsd | rs-info - >got
	[ "$(head -n 1 got)" = "(stdin)" ]
	sed 1d got | cmp - want
'
test_ok 'a model: recipe, parameters, choice' '
	$synth | rs-train --quiet -r popular - >m.rsm
	rs-info m.rsm >got
	grep -qE "^  kind +model$" got
	grep -qE "^  recipe +popular$" got
	grep -qE "^  parameters +[{]" got
	[ "$(rs-info --check m.rsm)" = "m.rsm: ok" ]
	[ "$(rs-info --check - <m.rsm)" = "(stdin): ok" ]
'
test_ok '--check of whole files' '
	$synth >d.rsd
	cp d.rsd e.rsd
	printf "d.rsd: ok\ne.rsd: ok\n" >want
	rs-info --check d.rsd e.rsd >got
	cmp got want
	rs-info --check --json d.rsd | grep -q "\"ok\":true"
'
test_ok '--check finds the damage that a look at the frame does not' '
	$synth >d.rsd
	printf X | dd of=d.rsd bs=1 seek=1000 conv=notrunc 2>/dev/null
	rs-info d.rsd >/dev/null || true
	expect_exit 65 "rs-info --check d.rsd" "d.rsd: damaged at byte *checksum"
	[ ! -s "$T_OUT" ]
'
test_ok 'files that are none of ours' '
	expect_exit 66 "rs-info nowhere" "rs-info: cannot open*nowhere"
	expect_exit 66 "rs-info ." "rs-info: cannot open"
	echo text >t
	expect_exit 65 "rs-info t" "rs-info: t: not an rs file"
	expect_exit 64 "rs-info" "expected at least one FILE"
'
test_need python3
test_ok 'JSON: one object a line, counts as numbers, chunks that add up to less than the file' '
	$synth >d.rsd
	rs-info --json d.rsd d.rsd >got
	[ "$(wc -l <got)" = 2 ]
	python3 - <<-END
	import json
	for line in open("got"):
	    o = json.loads(line)
	    assert o["kind"] == "dataset" and o["users"] == 50 and o["items"] == 20 and o["layout"] == 1
	    assert abs(o["bytes_per_event"] * o["events"] - o["bytes"]) < 1
	    assert sum(c["stored_bytes"] for c in o["chunks"]) < o["bytes"]
	    assert len(o["digest"]) == 32 and len(o["provenance"]) == 1
	END
'
test_done
