#!/bin/sh
# timed-split.sh SET -- train.rsd and truth.rsd in the current folder: the truth is the last tenth of the events of a public set,
# by time. SET: ml-100k, ml-latest-small, ml-1m (the users with times), personalize-movielens, yoochoose-100k, trivago or
# retailrocket. Needs RS_DATA and the commands in PATH.
set -eu
log()
{
	echo "user	item	time"
	cd "${RS_DATA:?}"
	case $1 in
	ml-100k) xz -dc ml-100k/u.data.xz | awk -F '\t' -v OFS='\t' '{ print $1, $2, $4 }' ;;
	ml-latest-small) xz -dc ml-latest-small/ratings.csv.xz | tr -d '\r' | sed 1d | awk -F , -v OFS='\t' '{ print $1, $2, $4 }' ;;
	ml-1m) xz -dc ml-1m/ratings-users-1-2999.dat.xz | awk -F :: -v OFS='\t' '{ print $1, $2, $4 }' ;;
	yoochoose-100k)
		xz -dc yoochoose-100k/yoochoose-clicks-100k_train_full.txt.xz | sed 1d | awk -F '\t' -v OFS='\t' '{ print $1, $2, int($3) }'
		;;
	personalize-movielens)
		xz -dc personalize-movielens/interactions.csv.xz | sed 1d | awk -F , -v OFS='\t' '{ print $1, $2, $3 }'
		;;
	trivago) # what was clicked out to
		xz -dc trivago-2019-100k/events.csv.xz | awk -F , -v OFS='\t' '$5 == "clickout item" { print $1, $6, $3 }'
		;;
	retailrocket) xz -dc retailrocket-events/events.csv.xz | sed 1d | awk -F , -v OFS='\t' '{ print $1, $2, int($4) }' ;;
	esac
}
log "$1" | rs-import --quiet --format tsv - -o events.rsd
rs-split --quiet --by time --fraction 0.1 --train train.rsd --truth truth.rsd events.rsd
