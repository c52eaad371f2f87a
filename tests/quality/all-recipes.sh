#!/bin/sh
# all-recipes.sh PART [SET...] -- every recipe without parameters on each set, as a page of Markdown: examples/recipes.md is that of
# PART test and all sets. PART validation: the same once more inside the training part.
# SET retailrocket-events, hetrec2011-lastfm-2k, goodbooks-10k, steam-200k.
#
# Needs RS_DATA (the folder with the sets) and the commands in PATH. RS_UNDER: what training is run under, such as "chrt -f 1" where
# others use the machine.
set -eu
part=$1
shift
data=${RS_DATA:?}
book=$(cd "$(dirname "$0")/../../examples/cookbook" && pwd)
metrics=recall@20,ndcg@20,mrr@20,precision@10,coverage@20,novelty@20,gini@20
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
[ $# -gt 0 ] || set -- retailrocket-events hetrec2011-lastfm-2k goodbooks-10k steam-200k

# split SET: the sentence that says how it is split, and train.rsd and truth.rsd
split()
{
	fraction=0.2
	case $1 in
	retailrocket-events)
		sh "$book/retailrocket.sh" "$data/$1" all.rsd
		rs-import -q "$data/$1/test_buy.csv" -o truth.rsd
		echo "Retailrocket: views, carts and purchases in a shop, with times. The truth is the one purchase of each person that the"
		echo "publishers of the set held back; 211 of these items occur nowhere in the training part, and cannot be found."
		fraction=
		mv all.rsd train.rsd
		;;
	hetrec2011-lastfm-2k)
		sh "$book/lastfm-2k.sh" "$data/$1" all.rsd
		echo "Last.fm: how often people played artists, with names and tags of the artists. No times."
		;;
	goodbooks-10k)
		sh "$book/goodbooks-10k.sh" "$data/$1" all.rsd
		echo "Goodbooks: ratings of books from 1 to 5, each an event, with a table of the books. No times. Each book has about"
		echo "as many ratings as any other, so that nothing is popular. Lists are those of each 35th person."
		;;
	steam-200k)
		sh "$book/steam-200k.sh" "$data/$1" all.rsd
		echo "Steam: hours that people played games, with the titles of the games. No times."
		;;
	esac
	if [ -n "$fraction" ]; then
		echo "The truth is a fifth of each person's events at random."
		rs-split --by random --fraction "$fraction" --train train.rsd --truth truth.rsd all.rsd
	fi
	if [ "$part" = validation ]; then
		echo "That part is left out here: a fifth of the others is the truth."
		mv train.rsd rest.rsd
		rs-split --by random --fraction 0.2 --train train.rsd --truth truth.rsd rest.rsd
	fi
	if [ "$1" = goodbooks-10k ]; then
		rs-view truth.rsd | sed 1d | cut -d , -f 1 | sort -u | awk 'NR % 35 == 0' >people
		mv truth.rsd whole.rsd
		rs-view --users people --format dataset whole.rsd -o truth.rsd
	fi
}

# values PREFIX FILE: those of $metrics in the rows of rs-eval that begin with the prefix
values()
{
	awk -F '\t' -v metrics="$metrics" -v prefix="$1" '
		{ value[$1] = $2 }
		END {
			n = split(metrics, m, ",")
			for (i = 1; i <= n; i++)
				printf m[i] ~ /novelty/ ? "| %.1f " : "| %.3f ", value[prefix m[i]]
		}' "$2"
}

measure()
{
	for set; do
		echo
		echo "## $set"
		echo
		split "$set" 2>said
		sed -n 's/^rs-split: \(train\|truth\)/\1/p; s/^rs-import: .*rejected; \(.* users\)/all: \1/p' said | paste -s -d ';' | sed 's/;/; /g'
		echo
		echo "| recipe | recall@20 | ndcg@20 | mrr@20 | precision@10 | coverage | novelty | gini | p | s | processor s | MB | model MB |"
		echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
		: >best
		for recipe in $(rs-train --list-recipes | cut -f 1); do
			if ${RS_UNDER:-} rs-train -v --memory 3G -r "$recipe" train.rsd -o "$recipe.rsm" 2>said; then
				tail -n 1 said | sed 's/rs-train: \(.*\) s, CPU \(.*\) s, peak memory \(.*\) MB/\1 \2 \3/' >"$recipe.cost"
				rs-eval -q --resamples 100 --truth truth.rsd --metrics $metrics --baselines "$recipe.rsm" train.rsd >"$recipe.eval"
				awk -v recipe="$recipe" '$1 == "ndcg@20" { print $2, recipe }' "$recipe.eval" >>best
			else
				tail -n 1 said | sed 's/^rs-train: //; s/^train.rsd: //' >"$recipe.why"
			fi
		done
		best=$(sort -k 1,1gr best | sed -n '1s/.* //p')
		for recipe in $(rs-train --list-recipes | cut -f 1); do
			if [ -e "$recipe.why" ]; then
				echo "| $recipe | - | - | - | - | - | - | - | - | - | - | - | - |"
				continue
			fi
			p=
			[ "$recipe" = "$best" ] || p=$(rs-eval -q --resamples 100 --truth truth.rsd --metrics ndcg@20 --versus "$best.rsm" "$recipe.rsm" train.rsd |
				awk '$1 == "p.ndcg@20" { printf "%.4f", $2 }')
			[ "$recipe" = "$best" ] && name="**$recipe**" || name=$recipe
			read -r wall cpu peak <"$recipe.cost"
			bytes=$(wc -c <"$recipe.rsm")
			echo "| $name $(values "" "$recipe.eval")| $p | $wall | $cpu | $peak | $(awk "BEGIN { printf \"%.1f\", $bytes / 1e6 }") |"
		done
		for baseline in popular random; do
			echo "| $baseline items $(values $baseline. "$best.eval")| | | | | |"
		done
		for why in *.why; do
			[ -e "$why" ] || continue
			echo
			echo "${why%.why}: $(cat "$why")."
		done
		rm -f ./*
	done
}
cat <<'END'
# Every recipe on four public sets

This page is what `sh tests/quality/all-recipes.sh test` prints; no recipe was given a parameter. A list is of the 20 items of most
score that the person has not had. coverage, novelty and gini are of those lists: the share of all items that anybody is shown, bits
of surprise for a mean item, and how unevenly the items are shown (1: one item takes all); see rs-eval(1). In bold the recipe with
the best ndcg@20; p is how probable a difference as large as that of ndcg@20 is between it and the recipe of the row, if both
were equally good (paired over people). Seconds, processor seconds of all threads and the peak of memory are those of `rs-train`, from
reading the dataset to the written model, with at most 3 GB of memory and two threads.

Not every recipe is made for lists: `mf` orders items by the rating it foresees, `lr`, `fm`, `ffm` and `fwfm` by the probability of
a high value or, where every event is positive, of the event; `semantic` knows texts alone. No set tells anything of its people,
so that `profile` orders items as itemknn does. A row of dashes is a recipe that cannot use the set; what it said stands below.
END
measure "$@"
