# cost.awk -- the plot of cost against size, as SVG, from what scale.bench printed:
#
#	awk -f tests/bench/cost.awk build/bench/scale.tsv >examples/cost.svg

BEGIN {
	FS = "\t"
	left = 60; right = 540; top = 20; bottom = 254
	n_lines = split("rs-import|rs-train -r als, d = 64, 3 epochs|rs-split", line, "|")
	split("#1b6ca8|#b5442e|#5a7d2a", color, "|")
}

/^[0-9]+ M events/ {
	millions[++n] = $1 + 0
	next
}

$3 == "ns/event" {
	sub(/^ +/, "", $1)
	cost[$1, n] = $2
	if ($2 > most)
		most = $2
}

function x(i)
{
	return left + (right - left) * log(millions[i] / millions[1]) / log(millions[n] / millions[1])
}

function y(ns)
{
	return bottom - (bottom - top) * ns / high
}

END {
	if (n < 2 || most == 0) {
		print "cost.awk: expected the lines of scale.bench for two sizes or more" >"/dev/stderr"
		exit 65
	}
	high = 50 * int(most / 50 + 1)
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"560\" height=\"300\" font-family=\"sans-serif\" font-size=\"12\">"
	print "<title>Cost of an event against the number of events</title>"
	print "<rect width=\"560\" height=\"300\" fill=\"#fff\"/>"
	for (ns = 0; ns <= high; ns += 50)
		printf "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n",
			left, y(ns), right, left - 6, y(ns) + 4, ns
	for (i = 1; i <= n; i++)
		printf "<text x=\"%.1f\" y=\"272\" text-anchor=\"middle\">%d M</text>\n", x(i), millions[i]
	print "<text x=\"300\" y=\"292\" text-anchor=\"middle\">events (100 for each user, 1,000 for each item)</text>"
	print "<text transform=\"translate(14 137) rotate(-90)\" text-anchor=\"middle\">nanoseconds for each event</text>"
	for (k = 1; k <= n_lines; k++) {
		path = ""
		for (i = 1; i <= n; i++)
			path = path sprintf("%s%.1f %.1f", i == 1 ? "M" : "L", x(i), y(cost[line[k], i]))
		printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path, color[k]
		for (i = 1; i <= n; i++)
			printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(i), y(cost[line[k], i]), color[k]
		printf "<text x=\"74\" y=\"%d\" fill=\"%s\">%s</text>\n", 18 + 16 * k, color[k], line[k]
	}
	print "</svg>"
}
