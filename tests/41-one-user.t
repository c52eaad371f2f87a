#!/bin/sh
# One user of large files: what is read is little, what is read is checked, and the list is that which everybody else gets.
. "$(dirname "$0")/lib.sh"

test_need rs-synth rs-train rs-recommend

# More items than are scored at a time, so that threads share them.
test_ok 'with every recipe and any number of threads the list is that among all' '
	rs-synth -q --users 250 --items 2300 --events 9000 --first-user 100 -o d.rsd
	for r in $(rs-train --list-recipes | cut -f1); do
		rs-train -q -r $r d.rsd -o m.rsm
		rs-recommend -q -n 20 --explain 2 m.rsm d.rsd >all
		for u in u000100 u000217 u000349; do
			grep -E "^(user|$u)	" all >want
			[ "$(wc -l <want)" -gt 1 ]
			for j in 1 2 3; do
				rs-recommend -q -j $j -n 20 --explain 2 --user $u m.rsm d.rsd | cmp - want || { echo "$r, $u, $j"; exit 1; }
			done
		done
		for j in 1 2 3; do
			rs-recommend -q -j $j -n 20 --user nobody m.rsm d.rsd >stranger.$j
		done
		cmp stranger.1 stranger.2
		cmp stranger.1 stranger.3
	done
'
test_ok 'the same with an objective' '
	rs-synth -q --users 250 --items 2300 --events 9000 -o d.rsd
	rs-train -q -r als --objective PRICE:high d.rsd -o m.rsm
	rs-recommend -q -j 1 --user u000007 m.rsm d.rsd >want
	rs-recommend -q -j 3 --user u000007 m.rsm d.rsd | cmp - want
'

test_need rs-rank rs-predict rs-similar rs-view
# Requests of more people than are looked up have the datasets read; the answers to the first are the same.
test_ok 'a few people ranked and predicted are those among all, with names of items, whole or from stdin' '
	rs-synth -q --users 400 --items 300 --events 9000 --kind ratings -o a.rsd
	rs-synth -q --users 400 --items 300 --events 3000 --kind ratings --seed 7 -o b.rsd
	rs-view --table items a.rsd | sed 1d | cut -d, -f 1 | head -n 30 >items
	rs-view --table users a.rsd | sed 1d | cut -d, -f 1 | head -n 150 >users
	sed -n "3p;77p" users >few
	few=$(sed "s/^/-u /" few)
	rs-train -q -r als -p factors=8 a.rsd b.rsd -o m.rsm
	rs-rank -q --items items --name CATEGORY --users users m.rsm a.rsd b.rsd >all
	awk -F"\t" "NR == FNR { few[\$1]; next } FNR == 1 || \$1 in few" few all >want
	[ "$(wc -l <want)" = 61 ]
	rs-rank -q --items items --name CATEGORY $few m.rsm a.rsd b.rsd | cmp - want
	rs-rank -q --items items --name CATEGORY $few m.rsm a.rsd - <b.rsd | cmp - want
	awk "NR == FNR { few[++n] = \$0; next } FNR == 1 { print \"user,item\" } { for (i = 1; i <= n; i++) print few[i] \",\" \$0 }" few items |
		sort -s -t, -k 1,1r >pairs.csv
	rs-rank -q --requests pairs.csv --name CATEGORY m.rsm a.rsd b.rsd | sort | cmp - "$(sort want >sorted; echo sorted)"
	rs-recommend -q --name CATEGORY --users users m.rsm a.rsd b.rsd >all
	awk -F"\t" "NR == FNR { few[\$1]; next } FNR == 1 || \$1 in few" few all >want
	rs-recommend -q --name CATEGORY $few m.rsm a.rsd b.rsd | cmp - want
	rs-recommend -q --name CATEGORY $few m.rsm - b.rsd <a.rsd | cmp - want
	mkfifo pipe
	cat b.rsd >pipe &
	timeout 60 rs-recommend -q --name CATEGORY $few m.rsm a.rsd pipe | cmp - want
	rs-similar -q --name CATEGORY --items items m.rsm a.rsd b.rsd >want
	rs-similar -q --name CATEGORY --items items m.rsm a.rsd - <b.rsd | cmp - want
	for r in mf fm; do
		rs-train -q -r $r a.rsd b.rsd -o p.rsm
		awk "NR == FNR { item[++n] = \$0; next } FNR == 1 { print \"user,item\" } { for (i = 1; i <= n; i++) print \$0 \",\" item[i] }" \
			items users >all.csv
		rs-predict -q -i all.csv p.rsm a.rsd b.rsd | awk -F"\t" "NR == FNR { few[\$1]; next } FNR == 1 || \$1 in few" few - >want
		[ "$(wc -l <want)" = 61 ]
		awk -F, "NR == FNR { few[\$1]; next } FNR == 1 || \$1 in few" few all.csv >few.csv
		rs-predict -q -i few.csv p.rsm a.rsd b.rsd | cmp - want
		rs-predict -q -i few.csv p.rsm a.rsd - <b.rsd | cmp - want
	done
	rs-rank -q --items items -u stranger m.rsm a.rsd b.rsd >one
	{ cat users; echo stranger; } | rs-rank -q --items items --users - m.rsm a.rsd b.rsd | grep "^stranger" | cmp - "$(sed 1d one >body; echo body)"
	expect_exit 66 "rs-rank --items items -u x --name CATEGORY m.rsm none.rsd" "none.rsd"
	expect_exit 64 "rs-rank --items items -u x --name NONE m.rsm a.rsd" "--name"
	expect_exit 65 "rs-similar --name CATEGORY m.rsm m.rsm" "m.rsm"
'

test_need python3
test_ok 'damage is noticed where a block is read, and only there' '
	rs-synth -q --users 20000 --items 20000 --events 2000000 -o d.rsd
	rs-train -q -r popular d.rsd -o m.rsm
	rs-recommend -q --user u000001 m.rsm d.rsd >first
	rs-recommend -q --user u020000 m.rsm d.rsd >last
	cat >flip.py <<-"END"
	import struct, sys
	b = bytearray(open("d.rsd", "rb").read())
	index, n_chunks = struct.unpack_from("<QQ", b, len(b) - 56)
	block = 0
	for i in range(n_chunks):
	    kind = bytes(b[index + 40 * i:index + 40 * i + 4]).decode()
	    n_blocks, at = struct.unpack_from("<QQ", b, index + 40 * i + 24)
	    if kind == sys.argv[1]:
	        for k in range(n_blocks - 1):
	            at += struct.unpack_from("<I", b, index + 40 * n_chunks + 16 * (block + k))[0]
	        b[at + 3] ^= 16
	    block += n_blocks
	open("bad.rsd", "wb").write(b)
	END
	[ "$(wc -c <d.rsd)" -gt 8388608 ]
	for kind in EITM ETIM EVAL; do
		python3 flip.py $kind
		! cmp -s d.rsd bad.rsd
		rs-recommend -q --user u000001 m.rsm bad.rsd | cmp - first
		expect_exit 65 "rs-recommend -q --user u020000 m.rsm bad.rsd" "*bad.rsd: damaged at byte*"
		expect_exit 65 "rs-recommend -q m.rsm bad.rsd" "*bad.rsd: damaged at byte*"
	done
	for kind in UKEY IKEY SCHM EROW; do
		python3 flip.py $kind
		expect_exit 65 "rs-recommend -q --user u000001 m.rsm bad.rsd" "*bad.rsd: damaged at byte*"
	done
'
test_ok 'a model of many blocks: every one that scores an item is checked' '
	rs-synth -q --users 300 --items 40000 --events 60000 -o d.rsd
	rs-train -q -r als -p factors=128 -p epochs=1 d.rsd -o m.rsm
	[ "$(wc -c <m.rsm)" -gt 8388608 ]
	size=$(wc -c <m.rsm)
	for at in 3000000 $((size / 2)) $((size - 4000)); do
		cp m.rsm bad.rsm
		printf "\377\377\377\377" | dd of=bad.rsm bs=1 seek=$at conv=notrunc 2>/dev/null
		for j in 1 2; do
			expect_exit 65 "rs-recommend -q -j $j --user u000001 bad.rsm d.rsd" "*bad.rsm: damaged at byte*"
		done
	done
'

test_ok 'a large model that is cut short while it serves: one sentence and no half of an answer' '
	rs-synth --quiet --users 2000 --items 20000 --events 120000 --zipf 0.2 -o d.rsd
	rs-train -q -r als -p factors=128 -p epochs=1 d.rsd -o m.rsm
	[ "$(wc -c <m.rsm)" -gt 8388608 ]
	mkfifo people
	rs-recommend --histories people m.rsm -o lists 2>said &
	pid=$!
	exec 3>people # it is opened after the model
	: >m.rsm
	printf "user,item,timestamp\nsomebody,i00001,5\n" >&3
	exec 3>&-
	status=0
	wait $pid || status=$?
	cat said
	[ "$status" = 65 ]
	[ "$(cat said)" = "rs-recommend: an input file was cut off while it was read" ]
	[ "$(echo *)" = "d.rsd m.rsm people said" ]
'

test_need ldd
if [ "$(head -c 2 "$RS_BIN/rs-recommend")" = '#!' ]; then # run under another program
	test_skip 'who only serves does not load LAPACK' 'no binary of its own'
else
	test_ok 'who only serves does not load LAPACK' '
	ldd "$RS_BIN/rs-recommend" >libraries
	grep -q libjansson libraries
	! grep -iE "blas|lapack|fortran" libraries
'
fi
# The name of the library, out of the program that would load it.
library=$(grep -aoE 'lib(openblas|lapack)[a-z0-9-]*\.so[.0-9]*' "$RS_BIN/rs-train" | head -n 1)
[ -n "$library" ] || t_why=${t_why:-no library named in rs-train}
test_ok 'who trains without LAPACK is told where to find it' '
	rs-synth --quiet --users 20 --items 15 --events 200 -o d.rsd
	mkdir broken
	echo "no library" >"broken/$library"
	for recipe in als mf; do
		expect_exit 70 "LD_LIBRARY_PATH=broken rs-train -r $recipe d.rsd -o m.rsm" "LAPACK is not there: *libopenblas0*"
		[ ! -e m.rsm ]
	done
	LD_LIBRARY_PATH=broken rs-train -q -r ease d.rsd -o m.rsm
'
[ -z "${RS_SLOW:-}" ] || t_why=${t_why:-a sanitizer needs more room than that}
test_ok 'too little room to load LAPACK: refused, not tried for ever' '
	rs-synth --quiet --users 20 --items 15 --events 200 -o d.rsd
	for room in 100000 120000 150000; do
		( ulimit -v $room && expect_exit 71 "timeout 20 rs-train -r als d.rsd -o m.rsm" "no room to load LAPACK" )
		[ ! -e m.rsm ]
	done
'
test_ok 'a file over the limit of the shell: told, and nothing left' '
	rs-synth --quiet --users 2000 --items 500 --events 60000 -o d.rsd
	printf old >place
	( ulimit -f 10 && expect_exit 74 "rs-merge d.rsd -o place" "place: cannot write: File too large" )
	[ "$(cat place)" = old ]
	[ "$(echo * .*.tmp)" = "d.rsd place .*.tmp" ]
'
test_done
