#!/bin/sh
# profile-cold.sh [SEED [LEAST [OPTION...]]] -- ml-1m, people without events: a fifth of the users at random are left out of
# training whole, and lists by sex, age and occupation meet all that they rated LEAST or more, beside the popular list. LEAST: 1,
# all that they rated; 4, what they liked. Other ratings are not learned from. Options go to rs-train.
# Needs RS_DATA (the folder with ml-1m) and the commands in PATH.
set -eu
seed=${1:-1} least=${2:-1}
shift $(($# < 2 ? $# : 2))
data=${RS_DATA:?}/ml-1m
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/ratings-all-without-timestamps.dat.xz" |
	awk -F :: -v least="$least" '$3 >= least' | rs-import --quiet --delimiter :: --no-header --columns user,item,value - -o all.rsd
xz -dc "$data/users.dat.xz" >people
rs-import --quiet --delimiter :: --no-header --user-columns user,sex,age,occupation,- --user-table people -o people.rsd
# By the generator of Park and Miller.
awk -v x="$seed" 'function draw() { x = x * 16807 % 2147483647; return int(x / 65536) % 5 }
BEGIN { for (i = 0; i < 10; i++) draw(); for (u = 1; u <= 6040; u++) print u >(draw() == 0 ? "new" : "known") }'
rs-view --quiet --users known --format dataset all.rsd -o train.rsd
rs-view --quiet --users new --format dataset all.rsd -o truth.rsd
rs-train --quiet -r profile "$@" train.rsd people.rsd -o profile.rsm
rs-train --quiet -r popular train.rsd -o popular.rsm
rs-eval --truth truth.rsd --metrics ndcg@10 --versus popular.rsm profile.rsm train.rsd people.rsd
