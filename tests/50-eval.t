#!/bin/sh
# rs-eval: lists against the truth.
. "$(dirname "$0")/lib.sh"

# A made-up shop, cut in two, and two models.
shop()
{
	rs-synth --quiet --kind plain --users 400 --items 200 --events 12000 --repeat 0 >shop.rsd
	rs-split --quiet --by last --fraction .2 --train train.rsd --truth truth.rsd shop.rsd
	rs-train --quiet -r itemknn train.rsd >knn.rsm
	rs-train --quiet -r popularity-count train.rsd >popular.rsm
}

# value METRIC [FILE]: the value in a result.
value()
{
	awk -v m="$1" '$1 == m { print $2; found = 1 } END { exit !found }' "${2:-scores}"
}

# Two people with two relevant items each, and the lists of a system.
by_hand()
{
	printf "user,item\nann,b\nann,e\nbob,x\nbob,y\n" | rs-import --quiet >truth.rsd
	cat >lists <<-"END"
	user	item	rank	score
	ann	a	1	.9
	ann	b	2	.8
	ann	c	3	.7
	ann	d	4	.6
	ann	e	5	.5
	zoe	x	1	1
	END
}

test_ok 'the header, a row for each metric, intervals around the values' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics recall@20,ndcg@10,coverage@5 knn.rsm train.rsd >scores
	printf "metric\tvalue\tlow\thigh\tusers\n" >want
	head -n 1 scores | cmp - want
	[ "$(cut -f 1 scores | tr "\n" " ")" = "metric recall@20 ndcg@10 coverage@5 " ]
	awk -F "\t" "NR > 1 && NR < 4 && !(\$3 < \$2 && \$2 < \$4 && \$4 - \$3 < .1 && \$5 > 390) { exit 1 }" scores
	awk -F "\t" "\$1 == \"coverage@5\" && !(\$2 > 0 && \$2 <= 1 && \$3 == \"\" && \$4 == \"\") { exit 1 }" scores
	rs-eval --quiet --truth truth.rsd knn.rsm train.rsd | awk -F "\t" "NF != 5 { exit 1 } END { exit NR != 10 }"
'
test_ok 'a model and its lists as TSV get the same scores' '
	shop
	all=recall@20,recall-capped@3,precision@10,ndcg@10,ndcg-retrieved@10,mrr@25,map@20,hit@5
	rs-recommend --quiet -n 25 knn.rsm train.rsd >lists
	rs-eval --quiet --truth truth.rsd --metrics $all --lists lists >got
	rs-eval --quiet --truth truth.rsd --metrics $all knn.rsm train.rsd | cmp - got
'
test_ok 'personal beats popular beats random, and random is at chance' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics precision@10,hit@10 --baselines knn.rsm train.rsd >scores
	awk -F "\t" "
		{ value[\$1] = \$2; low[\$1] = \$3; high[\$1] = \$4 }
		END {
			if (!(low[\"precision@10\"] > high[\"popular.precision@10\"]) ||
			    !(low[\"popular.precision@10\"] > high[\"random.precision@10\"]))
				exit 1
			printf \"%s %s\n\", low[\"random.precision@10\"], high[\"random.precision@10\"]
		}" scores >random
	# A random item out of those not yet seen is a hit with chance relevant / unseen.
	rs-view truth.rsd | sed 1d | cut -d , -f 1,2 | sort -u | cut -d , -f 1 | uniq -c >relevant
	rs-view train.rsd | sed 1d | cut -d , -f 1,2 | sort -u | cut -d , -f 1 | uniq -c >seen
	awk "NR == FNR { seen[\$2] = \$1; next } { sum += \$1 / (200 - seen[\$2]); n++ } END { print sum / n }" \
		seen relevant >chance
	paste random chance | awk "!(\$1 - .004 < \$3 && \$3 < \$2 + .004) { exit 1 }"
'
test_ok 'the popular model gets what the popular baseline gets' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics recall@10,ndcg@5,mrr@20,coverage@10 --baselines popular.rsm train.rsd >scores
	for m in recall@10 ndcg@5 mrr@20 coverage@10; do [ "$(value $m)" = "$(value popular.$m)" ]; done
'
test_ok 'two models: the difference, its interval, its p' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics recall@20,coverage@10 --versus popular.rsm knn.rsm train.rsd >scores
	rs-eval --quiet --truth truth.rsd --metrics recall@20,coverage@10 popular.rsm train.rsd >popular
	[ "$(value versus.recall@20)" = "$(value recall@20 popular)" ]
	awk -F "\t" "
		{ v[\$1] = \$2; low[\$1] = \$3; high[\$1] = \$4 }
		END {
			d = v[\"recall@20\"] - v[\"versus.recall@20\"] - v[\"difference.recall@20\"]
			exit !(d < 1e-9 && d > -1e-9 && low[\"difference.recall@20\"] > 0 && v[\"p.recall@20\"] < .001 &&
				(\"difference.coverage@10\" in v) && !(\"p.coverage@10\" in v))
		}" scores
	rs-eval --quiet --truth truth.rsd --metrics recall@20 --versus knn.rsm knn.rsm train.rsd >same
	[ "$(value difference.recall@20 same)" = 0 ]
	[ "$(value p.recall@20 same)" = 1 ]
'
test_ok 'threads do not matter, the seed moves intervals only' '
	shop
	rs-eval --quiet -j 1 --truth truth.rsd --baselines --versus popular.rsm knn.rsm train.rsd >want
	for j in 2 3 8; do
		rs-eval --quiet -j $j --truth truth.rsd --baselines --versus popular.rsm knn.rsm train.rsd | cmp - want
	done
	rs-eval --quiet --truth truth.rsd --metrics recall@20 knn.rsm train.rsd >a
	rs-eval --quiet --seed 7 --truth truth.rsd --metrics recall@20 knn.rsm train.rsd >b
	if cmp -s a b; then exit 1; fi
	[ "$(value recall@20 a)" = "$(value recall@20 b)" ]
'
test_ok 'a wider interval for more confidence' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics recall@20 --confidence .99 --resamples 3000 knn.rsm train.rsd | sed 1d >wide
	rs-eval --quiet --truth truth.rsd --metrics recall@20 --confidence .5 --resamples 3000 knn.rsm train.rsd | sed 1d >narrow
	paste wide narrow | awk "!(\$3 < \$8 && \$9 < \$4) { exit 1 }"
'
test_ok 'a gate' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics recall@20 --require "recall@20>=.05" --require "hit@5>0" knn.rsm train.rsd >scores
	value hit@5 >/dev/null
	expect_exit 1 "rs-eval --quiet --truth truth.rsd --require \"recall@20>=.99\" knn.rsm train.rsd" "recall@20 is 0*: required >= 0.99"
	grep -q "^recall@20" "$T_OUT"
	rs-eval --quiet --truth truth.rsd --metrics mrr@5 --versus popular.rsm --require "difference.mrr@5>0" --require "p.mrr@5<.05" \
		knn.rsm train.rsd >/dev/null
	expect_exit 64 "rs-eval --quiet --truth truth.rsd --require \"recall@20\" knn.rsm train.rsd" "expected METRIC>=NUMBER"
	expect_exit 64 "rs-eval --quiet --truth truth.rsd --require \"speed@20>1\" knn.rsm train.rsd" "--require: metric \"speed@20\""
	expect_exit 64 "rs-eval --quiet --truth truth.rsd --require \"versus.recall@20>1\" knn.rsm train.rsd" "one of the rows"
'
test_ok 'values by user add up to the mean' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics recall@20,coverage@5 --per-user users knn.rsm train.rsd >scores
	[ "$(head -n 1 users)" = "$(printf "user\tmetric\tvalue")" ]
	n=$(sed -n 2p scores | cut -f 5)
	[ "$(sed 1d users | wc -l)" = "$n" ]
	value recall@20 >want
	awk -v n="$n" "NR > 1 { sum += \$3 } END { printf \"%.9f\n\", sum / n }" users >got
	awk "{ printf \"%.9f\n\", \$1 }" want | cmp - got
'
test_ok 'JSON says the same' '
	shop
	rs-eval --quiet --truth truth.rsd --metrics recall@20,gini@5 knn.rsm train.rsd >scores
	rs-eval --quiet --truth truth.rsd --metrics recall@20,gini@5 --json knn.rsm train.rsd |
		sed "s/.*metric\":\"//; s/\",\"[a-z]*\":/	/; s/,\"[a-z]*\":/	/g; s/}//; s/null//g" >got
	sed 1d scores | cmp - got
'
test_ok 'sets of metrics' '
	shop
	for set in personalize liang lightgcn loo session recbole; do
		rs-eval --quiet --truth truth.rsd --metrics $set knn.rsm train.rsd | wc -l
	done | tr "\n" " " >got
	[ "$(cat got)" = "9 4 3 4 6 6 " ]
	rs-eval --quiet --truth truth.rsd --metrics personalize knn.rsm train.rsd | cut -f 1 | sed 1d | head -n 3 | tr "\n" " " >got
	[ "$(cat got)" = "coverage mean_reciprocal_rank_at_25 normalized_discounted_cumulative_gain_at_5 " ]
'
test_ok 'strangers count, with the early-history list' '
	shop
	rs-view --users /dev/null --format dataset train.rsd >nobody.rsd 2>said
	rs-eval --truth truth.rsd --metrics recall@20 knn.rsm nobody.rsd >scores 2>said
	n=$(sed -n 2p scores | cut -f 5)
	[ "$n" -gt 390 ]
	grep -q "$n of $n users have no history" said
	awk "!(\$1 == \"metric\" || \$2 > 0) { exit 1 }" scores
'
test_ok 'a truth in the own history is a miss, unless seen is kept' '
	shop
	rs-eval --truth train.rsd --metrics recall@20 knn.rsm train.rsd >scores 2>said
	[ "$(value recall@20)" = 0 ]
	grep -q "relevant items stand in the user.s own history" said
	rs-eval --quiet --truth train.rsd --metrics recall@20 --seen keep knn.rsm train.rsd >scores
	awk "NR == 2 && \$2 < .1 { exit 1 }" scores
'
test_need rs-import
test_ok 'by hand: hits at ranks 2 and 5 of one user, nothing for the other' '
	by_hand
	rs-eval --truth truth.rsd --lists lists --metrics mrr@5,ndcg-retrieved@5,precision@5,map@5,recall@5,recall@4,recall-capped@1,hit@1,ndcg@1 >scores
	cut -f 1,2,5 scores | sed 1d | awk "{ printf \"%s %.4f %d\n\", \$1, \$2, \$3 }" >got
	# Means over Ann and Bob, who has no list.
	cat >want <<-"END"
	mrr@5 0.2500 2
	ndcg-retrieved@5 0.3120 2
	precision@5 0.2000 2
	map@5 0.2250 2
	recall@5 0.5000 2
	recall@4 0.2500 2
	recall-capped@1 0.0000 2
	hit@1 0.0000 2
	ndcg@1 0.0000 2
	END
	cmp want got
'
test_ok 'lists: order of rows, repeated items, columns by name' '
	by_hand
	rs-eval --truth truth.rsd --lists lists --metrics ndcg@5,coverage@5,gini@5 >want
	{ head -n 1 lists; sed 1d lists | sort -r; } >shuffled
	rs-eval --truth truth.rsd --lists shuffled --metrics ndcg@5,coverage@5,gini@5 | cmp - want
	{ cat lists; printf "ann\ta\t6\t0\nann\tb\t7\t0\n"; } >twice
	rs-eval --truth truth.rsd --lists twice --metrics ndcg@5,coverage@5,gini@5 | cmp - want
	awk "{ print \$3 \"\t\" \$2 \"\t\" \$1 }" lists >turned
	rs-eval --truth truth.rsd --lists turned --metrics ndcg@5,coverage@5,gini@5 | cmp - want
	awk "{ print \$1 \"\t\" \$2 \"\t\" \$3 }" lists | sed "s/\$/\r/" >crlf
	rs-eval --truth truth.rsd --lists crlf --metrics ndcg@5,coverage@5,gini@5 | cmp - want
	rs-eval --truth truth.rsd --lists - --metrics ndcg@5,coverage@5,gini@5 <lists | cmp - want
'
test_ok 'lists as CSV and as JSON Lines of batches get the scores of TSV' '
	rs-synth --quiet --users 60 --items 40 --events 1500 | rs-view - |
		awk -F, -v OFS=, "NR > 1 { \$1 = \"\\\"an\\\"\\\"n, \" \$1 \"\\\"\" } { print }" >log.csv
	grep -q "^\"an\"\"n, u000007\"," log.csv
	rs-import --quiet log.csv -o d.rsd
	rs-split --quiet --by last --train train.rsd --truth truth.rsd d.rsd
	rs-train -r itemknn train.rsd -o m.rsm
	for f in tsv csv jsonl; do
		rs-recommend --quiet -f $f m.rsm train.rsd >lists.$f
		rs-eval --truth truth.rsd --lists lists.$f >got.$f
	done
	awk "\$1 == \"recall@20\" && \$2 > .05 { found = 1 } END { exit !found }" got.tsv
	cmp got.tsv got.csv
	cmp got.tsv got.jsonl
	# a record with an error is an empty list, as is none at all
	sed 1,30d lists.jsonl >less.jsonl
	sed "1,30s/\"output\":.*/\"output\":null,\"error\":\"no such user\"}/" lists.jsonl >error.jsonl
	rs-eval --truth truth.rsd --lists less.jsonl >want
	rs-eval --truth truth.rsd --lists error.jsonl | cmp - want
	cmp -s want got.tsv && exit 1
	printf "user,item,rank\n,a,1\n\"\",\"\",2\n" >empty.csv
	rs-eval --truth truth.rsd --lists empty.csv >/dev/null
	printf "user,item,rank\n\"a,b,1\n" >open.csv
	expect_exit 65 "rs-eval --truth truth.rsd --lists open.csv" "open.csv:2: a quote that is not closed"
	for bad in "{" "{}" "{\"input\":{\"userId\":1}}" "{\"input\":{\"userId\":\"1\"}}" \
		"{\"input\":{\"userId\":\"1\"},\"output\":{\"recommendedItems\":[1]}}" \
		"{\"input\":{\"userId\":\"1\"},\"output\":null}" "x"; do
		{ head -n 1 lists.jsonl; echo "$bad"; } >bad.jsonl
		expect_exit 65 "rs-eval --truth truth.rsd --lists bad.jsonl" "bad.jsonl:2: "
	done
'
test_ok 'lists that cannot be read' '
	by_hand
	expect_exit 65 "rs-eval --truth truth.rsd --lists /dev/null" "empty"
	printf "user\titem\n" >bad
	expect_exit 65 "rs-eval --truth truth.rsd --lists bad" "bad:1: expected a header with the columns user, item and rank"
	printf "user\titem\trank\nann\ta\tfirst\n" >bad
	expect_exit 65 "rs-eval --truth truth.rsd --lists bad" "bad:2: rank \"first\": expected a whole number"
	printf "user\titem\trank\nann\ta\n" >bad
	expect_exit 65 "rs-eval --truth truth.rsd --lists bad" "bad:2: expected as many fields as in the header"
	expect_exit 66 "rs-eval --truth truth.rsd --lists absent" absent
	expect_exit 64 "rs-eval --truth truth.rsd --lists lists --baselines" "need a MODEL"
	expect_exit 64 "rs-eval --truth truth.rsd --lists lists --metrics novelty@5" "needs a MODEL"
	expect_exit 64 "rs-eval --truth truth.rsd --lists lists x" "takes no operands"
'
test_ok 'what cannot be' '
	by_hand
	expect_exit 64 "rs-eval" "expected --truth DATASET"
	expect_exit 64 "rs-eval --truth truth.rsd" "expected a MODEL and at least one DATASET"
	expect_exit 64 "rs-eval --truth truth.rsd model" "expected a MODEL and at least one DATASET"
	expect_exit 64 "rs-eval --truth truth.rsd --metrics speed@5 a b" "metric \"speed@5\": expected recall"
	expect_exit 64 "rs-eval --truth truth.rsd --metrics , a b" "metric \"\""
	expect_exit 66 "rs-eval --truth absent a b" absent
	printf "user,item\n" | rs-import --quiet >none.rsd || exit 0
	expect_exit 65 "rs-eval --truth none.rsd --lists lists" "the truth holds no events"
'
test_done
