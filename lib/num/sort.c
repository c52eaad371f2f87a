/* sort.c -- numbers are dealt by their top bits into places for a few each, which are sorted one by one; a place that many
 * share is sorted by merging. */
#include "lib/num/sort.h"

#include "lib/base/mem.h"

#include <stdbool.h>
#include <string.h>

#define SHORT_RUN 16

static void insertion_sort(uint64_t *k, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t x = k[i];
		size_t j = i;

		for (; j > 0 && k[j - 1] > x; j--)
			k[j] = k[j - 1];
		k[j] = x;
	}
}

static void merge(const uint64_t *x, size_t nx, const uint64_t *y, size_t ny, uint64_t *to)
{
	const uint64_t *x_end = x + nx, *y_end = y + ny;

	while (x < x_end && y < y_end) { /* no branch on what is less */
		bool first = *x <= *y;

		*to++ = first ? *x : *y;
		x += first;
		y += !first;
	}
	nx = (size_t)(x_end - x);
	memcpy(to, x, nx * sizeof *x);
	memcpy(to + nx, y, (size_t)(y_end - y) * sizeof *y);
}

/* spare has room for n. */
static void merge_sort(uint64_t *k, size_t n, uint64_t *spare)
{
	uint64_t *from = k, *to = spare;

	for (size_t i = 0; i < n; i += SHORT_RUN)
		insertion_sort(k + i, n - i < SHORT_RUN ? n - i : SHORT_RUN);
	for (size_t run = SHORT_RUN; run < n; run *= 2) {
		uint64_t *t = from;

		for (size_t i = 0; i < n; i += 2 * run) {
			size_t nx = n - i < run ? n - i : run, ny = n - i - nx < run ? n - i - nx : run;

			merge(from + i, nx, from + i + nx, ny, to + i);
		}
		from = to;
		to = t;
	}
	if (from != k)
		memcpy(k, from, n * sizeof *k);
}

static unsigned bits_of(size_t v)
{
	return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

static bool is_sorted(const uint64_t *k, size_t n)
{
	size_t i = 1;

	while (i < n && k[i - 1] <= k[i])
		i++;
	return i >= n;
}

int rs_sort_u64(uint64_t **k, size_t n, unsigned bits, struct rs_sort_u64 *s, struct rs_err *err)
{
	uint64_t *in = *k;
	unsigned top, shift;
	size_t n_places, from = 0;

	if (is_sorted(in, n))
		return 0;
	if (n <= SHORT_RUN) {
		insertion_sort(in, n);
		return 0;
	}
	top = bits_of(n) - 3; /* four in a place, on average, to eight */
	top = top > bits ? bits : top;
	shift = bits - top;
	n_places = (size_t)1 << top;
	if (rs_grow(&s->key, &s->key_room, n, sizeof *s->key, err) < 0 ||
	    rs_grow(&s->place, &s->place_room, n_places + 1, sizeof *s->place, err) < 0)
		return RS_ENOMEM;
	memset(s->place, 0, (n_places + 1) * sizeof *s->place);
	for (size_t i = 0; i < n; i++)
		s->place[(in[i] >> shift) + 1]++;
	for (size_t p = 0; p < n_places; p++)
		s->place[p + 1] += s->place[p];
	for (size_t i = 0; i < n; i++)
		s->key[s->place[in[i] >> shift]++] = in[i];
	for (size_t p = 0; p < n_places; p++) { /* place[p] is now the end of place p */
		size_t count = s->place[p] - from;

		if (count > 2 * SHORT_RUN)
			merge_sort(s->key + from, count, in);
		else
			insertion_sort(s->key + from, count);
		from = s->place[p];
	}
	*k = s->key;
	return 0;
}

void rs_sort_u64_release(struct rs_sort_u64 *s)
{
	rs_free(s->key);
	rs_free(s->place);
	memset(s, 0, sizeof *s);
}
