#!/bin/sh
# quickstart.sh -- from a bare machine to recommendations and their measured quality, on a small sample: the evenings of
# 240 made-up members of a film club. Installs what is missing (Debian), builds, and runs the commands that it shows.
set -eu
echo "rs quickstart: set up, build, recommend, measure"
cd "$(dirname "$0")/.."
LC_ALL=C
export LC_ALL
sh examples/setup.sh build
mkdir -p build
echo "+ make (a minute or two; what it says stands in build/build.log)"
make -j"$(nproc 2>/dev/null || echo 2)" >build/build.log 2>&1 || {
	tail -n 40 build/build.log
	exit 1
}
PATH=$PWD/build/bin:$PATH
work=$PWD/build/quickstart
rm -rf "$work"
mkdir -p "$work"
cp examples/data/events.csv examples/data/items.csv "$work"
cd "$work"

# step WHAT COMMAND: says what comes, shows the command, runs it.
step()
{
	printf '\n# %s\n$ %s\n' "$1" "$2"
	eval "$2"
}

step 'What the sample looks like: who watched what, and when.' \
	'head -n 3 events.csv items.csv'
step 'Import both into one dataset, a compact binary file. Columns are found by their names.' \
	'rs-import --item-table items.csv events.csv -o club.rsd'
step 'Learn from it: ease is a strong recipe for a few thousand items.' \
	'rs-train -r ease club.rsd -o club.rsm'
step 'What Mira Kowal has watched so far: science fiction, and a good deal of crime.' \
	"grep '^Mira Kowal' events.csv | cut -d , -f 2"
step 'What she might like next. Films she has seen are left out.' \
	"rs-recommend -n 6 --user 'Mira Kowal' club.rsm club.rsd | tee list.tsv"
step 'The same films with their genres.' \
	"awk -F , 'NR == FNR { genre[\$1] = \$2; next } FNR > 1 && split(\$0, f, \"\\t\") { print f[3] \". \" f[2] \" (\" genre[f[2]] \")\" }' items.csv list.tsv"
step 'Somebody who is in no file gets a personal list too: two films are enough to begin with.' \
	"printf 'user,item\nYou,Deep Reef\nYou,Winter of the Lynx\n' | rs-recommend -n 4 --histories - club.rsm"
step 'Which films go with one film?' \
	"rs-similar -n 4 --item 'The Harbour Ledger' club.rsm"
step 'How good are such lists? Hide the last fifth of what each member watched, and train on the rest.' \
	'rs-split --by last --fraction 0.2 --train train.rsd --truth truth.rsd club.rsd'
for recipe in itemknn ease als; do
	options=
	[ $recipe != als ] || options=' -p factors=16'
	step "Train $recipe on the part that is not hidden." \
		"rs-train -r $recipe$options train.rsd -o $recipe.rsm"
done
step 'How many of the hidden films are among ten recommended (recall@10)? Personal recipes against the most popular films.' \
	'rs-eval --truth truth.rsd --metrics recall@10,ndcg@10 --baselines itemknn.rsm train.rsd'
for recipe in ease als; do
	step "And $recipe." "rs-eval --truth truth.rsd --metrics recall@10,ndcg@10 $recipe.rsm train.rsd"
done
