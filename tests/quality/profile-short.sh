#!/bin/sh
# profile-short.sh WHO [SEED [OPTION...]] -- ml-100k, with attributes of users and without. WHO all: a fifth of each user's events,
# at random, is the truth. WHO short: a fifth of the users are left out of training; the first 5 events of each are the history,
# the others the truth. Options go to rs-train.
# Needs RS_DATA (the folder with ml-100k) and the commands in PATH.
set -eu
who=$1 seed=${2:-1}
shift $(($# < 2 ? $# : 2))
data=${RS_DATA:?}/ml-100k
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
xz -dc "$data/u.data.xz" | rs-import --quiet --no-header --columns user,item,value,time - -o all.rsd
rs-import --quiet --no-header --delimiter '|' --user-columns user,age,sex,occupation,- --user-table "$data/u.user" -o people.rsd
if [ "$who" = all ]; then
	rs-split --quiet --by random --fraction .2 --seed "$seed" --train train.rsd --truth truth.rsd all.rsd
	cp train.rsd history.rsd
else
	rs-split --quiet --by users --fraction .2 --seed "$seed" --train train.rsd --truth late.rsd --history early.rsd all.rsd
	rs-view --quiet early.rsd late.rsd >events.csv
	sed -n 1p events.csv | tee first.csv >rest.csv
	sed 1d events.csv | awk -F , '{ print >>(n[$1]++ < 5 ? "first.csv" : "rest.csv") }'
	rs-import --quiet first.csv -o history.rsd
	rs-import --quiet rest.csv -o truth.rsd
fi
rs-train --quiet -r profile "$@" train.rsd people.rsd -o with.rsm
rs-train --quiet -r profile "$@" --user-columns none train.rsd people.rsd -o without.rsm
rs-eval --truth truth.rsd --metrics ndcg@10,recall@20 --versus without.rsm with.rsm history.rsd people.rsd
