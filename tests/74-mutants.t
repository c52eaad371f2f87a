#!/bin/sh
# Files of which an element, a length or a number in a header is changed and every checksum is right: what is behind the
# checksums is checked as well. A quick run takes some hundred cases of each file; RS_LONG=1 takes many.
. "$(dirname "$0")/lib.sh"

test_need rs-import rs-train
mutant=$RS_BUILD/tools/mutant
cases=250
[ -z "${RS_SLOW:-}" ] || cases=60
[ -z "$RS_LONG" ] || cases=5000

# Events with context and ids, tables of people and items, vectors of items.
mkdir "$t_dir/made" && (
	cd "$t_dir/made" && set -e
	awk 'BEGIN {
		print "user,item,event,value,timestamp,device,hour,EVENT_ID"
		for (u = 0; u < 60; u++)
			for (k = 0; k < 12; k++)
				printf "person-%02d,item-%02d,%s,%d,%d,%s,%d,e%d\n", u, (u % 4 * 5 + u * k * 7 % (k % 3 ? 6 : 20)) % 20,
					k % 2 ? "view" : "buy", 1 + (u + k) % 5, 1700000000 + u * 977 + k * 86400,
					(u + k) % 4 < 2 ? "phone" : "desk", u * k % 24, u * 100 + k
	}' >log
	printf 'item,kind,size,title\n' >item-table
	awk 'BEGIN {
		for (i = 0; i < 24; i++)
			printf "item-%02d,%s,%d,the %s one of %d that somebody left on the table beside the window again\n",
				i, i % 3 ? "red|round" : "blue", i * 7 % 11, i % 2 ? "odd" : "even", i % 5
	}' >>item-table
	printf 'user,town,age\n' >user-table
	awk 'BEGIN { for (u = 0; u < 61; u++) printf "person-%02d,%s,%d\n", u, u % 4 ? "Bonn" : "Kiel", u * 3 % 50 }' >>user-table
	rs-import --quiet --item-table item-table --user-table user-table log -o data.rsd
	printf 'action,value,tags\nenrol,3,x|y\nrenew,,x\n' >action-table
	printf 'user,action,event,timestamp\nperson-03,enrol,Taken,1700000000\nnobody,enrol,Viewed,5\n' >acted
	head -n 100 log | rs-import --quiet --action-table action-table --action-interactions acted -o actions.rsd
	# 24 vectors of two numbers, 1 and the bytes of some letters
	{
		printf "\223NUMPY\001\000\166\000%-117s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (24, 2), }"
		for letter in a b c d e f g h i j k l m n o p q r s t u v w x; do printf '\000\000\200\077%s000' "$letter"; done
	} >vectors.npy
	sed '1d; s/,.*//' item-table >vectors.ids
) || exit 1

# mutate NAME TRAINING...: a model, and what becomes of it.
mutate()
{
	name=$1
	shift
	rs-train --quiet "$@" "$t_dir/made/data.rsd" -o "$name.rsm"
	"$mutant" -n "$cases" "$t_dir/made/data.rsd" "$name.rsm"
}

test_ok 'datasets' '"$mutant" -n "$cases" "$t_dir"/made/data.rsd "$t_dir"/made/data.rsd "$t_dir"/made/actions.rsd'
for recipe in popular trending itemknn ease profile similar semantic userknn slim lr; do
	test_ok "$recipe" 'mutate $recipe -r $recipe'
done
for recipe in fm ffm fwfm; do
	test_ok "$recipe" 'mutate $recipe -r $recipe -p factors=2'
done
for solver in closed local oneshot; do
	test_ok "transition with context: $solver" '
		mutate $solver -r transition -p solver=$solver -p context_weight=1 -p gap_half_life=20
	'
done
test_ok 'session' 'mutate session -r session -p session_gap=200000'
test_ok 'als' 'mutate als -r als -p factors=4 -p epochs=2'
test_ok 'als with attributes' '
	mutate attributes -r als -p factors=4 -p epochs=2 -p user_attributes=true -p item_attributes=true -p min_people=1 \
		-p min_items=1
'
test_ok 'als in blocks' 'mutate blocks -r als -p factors=16 -p solver=ialspp -p block_size=16 -p epochs=2'
test_ok 'mf' 'mutate mf -r mf -p factors=4 -p implicit=2 -p samples=2'
test_ok 'content' 'mutate content -r content'
test_ok 'content with vectors' '
	mutate vectors -r content -p dimensions=8 --item-vectors "$t_dir/made/vectors.npy" --item-vector-ids "$t_dir/made/vectors.ids"
'
test_ok 'an objective' 'mutate rich -r popular -p half_life_days=3 --objective size'
test_done
