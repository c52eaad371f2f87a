/* nearest.c -- the name that a mistyped word stands for most likely. */
#include "lib/base/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 64 /* bytes of a word or a name: longer ones are near nothing */
#define FAR 1000

void rs_nearest_init(struct rs_nearest *s, const char *word, size_t n)
{
	*s = (struct rs_nearest){ .word = word, .n = n, .distance = FAR };
}

static char plain(char c)
{
	return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool begins(const char *name, size_t n_name, const char *word, size_t n)
{
	size_t i = 0;

	while (i < n && i < n_name && plain(name[i]) == plain(word[i]))
		i++;
	return i == n;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The distance of Damerau and Levenshtein, each letter swapped at most once; rows of it are kept for three letters. */
static unsigned slips(const char *a, size_t n_a, const char *b, size_t n_b)
{
	unsigned row[3][LONGEST + 1];

	for (size_t j = 0; j <= n_b; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n_a; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n_b; j++) {
			bool same = plain(a[i - 1]) == plain(b[j - 1]);

			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) && plain(a[i - 2]) == plain(b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[n_a % 3][n_b];
}

void rs_nearest_show(struct rs_nearest *s, const char *name)
{
	size_t n = strlen(name);
	unsigned d, most = s->n < 6 ? 1 : 2;

	if (s->n == 0 || s->n > LONGEST || n > LONGEST)
		return;
	d = slips(s->word, s->n, name, n);
	if (s->n >= 3 && begins(name, n, s->word, s->n))
		d = least(d, 1);
	for (size_t at = 1; s->n >= 3 && at + s->n <= n; at++)
		if (begins(name + at, n - at, s->word, s->n))
			d = least(d, most);
	if (d > most || (s->n < 3 && d > 0 && n > s->n) || d >= s->n || d >= s->distance)
		return;
	s->distance = d;
	s->name = name;
}

const char *rs_nearest_hint(const struct rs_nearest *s, const char *before, char *buf, size_t size)
{
	char q[RS_QUOTE_MAX];

	buf[0] = 0;
	if (s->name == NULL)
		return buf;
	rs_quote(q, sizeof q, s->name, strlen(s->name));
	snprintf(buf, size, " (did you mean %s%.*s?)", before, (int)strlen(q) - 2, q + 1);
	return buf;
}
