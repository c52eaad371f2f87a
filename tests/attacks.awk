# attacks.awk -- adds made-up attackers to a log of ratings: user,item,value[,time] in, the same out with a header.
#
#   awk -f tests/attacks.awk -v kind=average -v share=0.05 -v filler=0.03 -v seed=7 ratings.csv
#
# kind     random: filler items get values around the mean of all; average: around the mean of the item; bandwagon: as random,
#          with the ten most popular items at the top of the scale; bots: people's items at the speed of a machine, one
#          burst or several
# share    attackers as a share of the users
# filler   filler items as a share of the items; bots: events of each as a share of the items
# seed     start of the random numbers
#
# Attackers are named attack-N. The target of a push, which all of them put at the top of the scale, is an item with few
# ratings, drawn by the seed.
BEGIN {
	FS = OFS = ","
	x = seed * 7919 % 2147483646 + 1
	for (i = 0; i < 20; i++)
		draw()
	print "user,item,value" (kind == "bots" ? ",time" : "")
}

function draw() # [0, 1): Lehmer's generator, the same in every awk
{
	x = x * 16807 % 2147483647
	return (x - 1) / 2147483646
}

function normal()
{
	return sqrt(-2 * log(1 - draw())) * cos(6.283185307179586 * draw())
}

function rating(mean, sd,   v)
{
	v = int(mean + sd * normal() + .5)
	return v < low ? low : v > high ? high : v
}

NF >= 3 && $3 + 0 == $3 {
	if (!($1 in users)) {
		users[$1]
		n_users++
	}
	if (!($2 in count))
		item[n_items++] = $2
	count[$2]++
	sum[$2] += $3
	square += $3 * $3
	all += $3
	n++
	high = n == 1 || $3 > high ? $3 : high
	low = n == 1 || $3 < low ? $3 : low
	latest = $4 > latest ? $4 : latest
	log_item[n] = $2
	print $1, $2, $3 (kind == "bots" ? "," $4 : "")
}

function find_popular(   i, k, best)
{
	for (k = 0; k < 10; k++) {
		best = -1
		for (i = 0; i < n_items; i++)
			if (!(item[i] in top) && (best < 0 || count[item[i]] > count[item[best]]))
				best = i
		top[item[best]]
	}
}

function attack(a,   k, i, t)
{
	split("", has)
	has[target]
	print "attack-" a, target, high
	if (kind == "bandwagon") {
		for (i in top) {
			if (!(i in has))
				print "attack-" a, i, high
			has[i]
		}
	}
	for (k = 0; k < filler * n_items; k++) {
		do
			i = item[int(draw() * n_items)]
		while (i in has)
		has[i]
		print "attack-" a, i, kind == "average" ? rating(sum[i] / count[i], sd) : rating(mean, sd)
	}
}

function run_bot(a,   k, t, left)
{
	t = latest - int(draw() * 1000000)
	for (k = 0; k < filler * n_items; k++) {
		if (k > 0 && draw() < .005)
			t += 3600 + int(draw() * 80000)
		t += draw() < .5
		print "attack-" a, log_item[1 + int(draw() * n)], 1 + int(draw() * high), t
	}
}

END {
	mean = all / n
	sd = sqrt(square / n - mean * mean)
	find_popular()
	do
		target = item[int(draw() * n_items)]
	while (count[target] > n_users / 50)
	for (a = 1; a <= share * n_users; a++) {
		if (kind == "bots")
			run_bot(a)
		else
			attack(a)
	}
}
