#!/bin/sh
# make-events.sh ITEMS.CSV -- writes the invented events of examples/data/events.csv: 240 made-up people of a
# small cinema club watch films through a year. Each has a favourite genre, a second one, and now and then follows
# the crowd; within a genre a few films are much better known than the rest. The same bytes in every awk.
set -eu
LC_ALL=C
export LC_ALL
[ $# = 1 ] || { echo "usage: make-events.sh ITEMS.CSV" >&2; exit 64; }
awk '
	# Park and Miller: exact in double arithmetic, so the same everywhere.
	function uniform()
	{
		state = state * 16807 % 2147483647
		return state / 2147483647
	}
	function below(n)
	{
		return int(uniform() * n)
	}
	# A film of genre g: the k-th best known has weight 1 / (k + 2).
	function pick(g,   x, k)
	{
		x = uniform() * weight_sum[g]
		for (k = 1; k < n_films[g]; k++) {
			x -= 1 / (k + 2)
			if (x < 0)
				break
		}
		return film[g, k]
	}
	# The day of the year 2025 and a time in the evening as RFC 3339.
	function when(day,   month, second)
	{
		for (month = 1; day >= month_days[month]; month++)
			day -= month_days[month]
		second = 17 * 3600 + below(6 * 3600)
		return sprintf("2025-%02d-%02dT%02d:%02d:%02dZ", month, day + 1, second / 3600, second / 60 % 60, second % 60)
	}
	function watch(user, title, day)
	{
		if ((user, title) in seen)
			return 0
		seen[user, title] = 1
		print user "," title ",watch," when(day)
		return 1
	}
	# Watches n films over the year: the shares of favourite and second genre, then anything.
	function year_of(user, favourite, second, n,   day, tries, x, g)
	{
		day = below(20)
		for (tries = 0; n > 0 && day < 365 && tries < 200; tries++) {
			x = uniform()
			g = x < .60 ? favourite : x < .88 ? second : genre[1 + below(n_genres)]
			if (watch(user, pick(g), day)) {
				n--
				day += 1 + below(2 * 340 / (n + 8))
			}
		}
	}
	FNR == 1 { next }
	{
		# A title with commas stands in quotes, and stays so in the output.
		if (match($0, /^"[^"]*"/)) {
			title = substr($0, 1, RLENGTH)
			rest = substr($0, RLENGTH + 2)
		} else {
			title = $0
			sub(/,.*/, "", title)
			rest = substr($0, length(title) + 2)
		}
		split(rest, field, /[|,]/)
		g = field[1]
		if (!(g in n_films))
			genre[++n_genres] = g
		film[g, ++n_films[g]] = title
		weight_sum[g] += 1 / (n_films[g] + 2)
	}
	END {
		state = 20250101
		split("31 28 31 30 31 30 31 31 30 31 30 31", month_days, " ")
		n_first = split("Mira Jonas Amal Ewa Tomasz Ines Piotr Leila Hugo Sanna Mateo Yuki Olga Karim Freya Luca " \
			"Noor Emil Tessa Ravi Greta Samir Bruna Aino", first, " ")
		n_family = split("Kowal Brandt Okafor Lindqvist Moreau Tanaka Silva Novak Haddad Byrne", family, " ")
		print "user,item,event,timestamp"
		for (i = 0; i < n_first * n_family; i++) {
			user = first[1 + i % n_first] " " family[1 + int(i / n_first)]
			favourite = genre[1 + i % n_genres]
			second = genre[1 + (i + 1 + int(i / n_genres) % (n_genres - 1)) % n_genres]
			year_of(user, favourite, second, 8 + below(17))
		}
	}' "$1"
