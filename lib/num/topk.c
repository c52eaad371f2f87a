/* topk.c -- the k best of a stream of scores: candidates above a limit that rises as the buffer fills. */
#include "lib/num/topk.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"

#include <math.h>
#include <string.h>

#define RUN 256   /* scores that are looked at together */
#define SPARE 32  /* candidates beside 2 k before the k best are picked */
#define SMALL 16  /* numbers that are sorted by insertion */

/* The larger number is the better candidate: the bits of the score in their order, then the complement of the index. */
static uint64_t key_of(float score, uint32_t ix)
{
	uint32_t bits;

	score += 0.0f; /* one zero */
	memcpy(&bits, &score, sizeof bits);
	bits ^= bits >> 31 ? ~(uint32_t)0 : (uint32_t)1 << 31;
	return (uint64_t)bits << 32 | (uint32_t)~ix;
}

static struct rs_scored scored_of(uint64_t key)
{
	struct rs_scored s = { .ix = ~(uint32_t)key };
	uint32_t bits = (uint32_t)(key >> 32);

	bits ^= bits >> 31 ? (uint32_t)1 << 31 : ~(uint32_t)0;
	memcpy(&s.score, &bits, sizeof bits);
	return s;
}

/* Candidates after which the k best are picked. The spare room shrinks, in proportion, where k is large. */
static size_t full(uint32_t k)
{
	return k + (size_t)(k < 4096 ? k : 4096) + SPARE;
}

int rs_topk_init(struct rs_topk *t, uint32_t k, struct rs_err *err)
{
	memset(t, 0, sizeof *t);
	t->k = k;
	t->key = rs_array(full(k) + RUN, sizeof *t->key, err);
	return t->key == NULL ? RS_ENOMEM : 0;
}

void rs_topk_release(struct rs_topk *t)
{
	rs_free(t->key);
	memset(t, 0, sizeof *t);
}

void rs_topk_reset(struct rs_topk *t)
{
	t->n = 0;
	t->limit = 0;
}

float rs_topk_limit(const struct rs_topk *t)
{
	return t->limit == 0 ? -INFINITY : scored_of(t->limit).score;
}

/* ---- selection and order of numbers ---- */

static void sort_small(uint64_t *a, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t x = a[i];
		size_t at = i;

		for (; at > 0 && a[at - 1] < x; at--)
			a[at] = a[at - 1];
		a[at] = x;
	}
}

/* Which of three places holds the middle one of their numbers. */
static size_t middle(const uint64_t *a, size_t i, size_t j, size_t k)
{
	if (a[i] < a[j])
		return a[j] < a[k] ? j : a[i] < a[k] ? k : i;
	return a[i] < a[k] ? i : a[j] < a[k] ? k : j;
}

/* Puts one number, from the middle by chance, to its place in the order: larger ones to its left. Returns the place. */
static size_t part(uint64_t *a, size_t n, uint64_t turn)
{
	size_t at = middle(a, (size_t)((turn * 0x9E3779B97F4A7C15u >> 32) % n), n / 2, n - 1), m = 0;
	uint64_t pivot = a[at];

	a[at] = a[n - 1];
	if (n <= RS_PART_MAX)
		m = rs_isa()->part(a, n - 1, pivot);
	for (size_t i = 0; i + 1 < n && n > RS_PART_MAX; i++) { /* without a branch */
		uint64_t x = a[i];

		a[i] = a[m];
		a[m] = x;
		m += x > pivot;
	}
	a[n - 1] = a[m];
	a[m] = pivot;
	return m;
}

uint64_t rs_select_largest(uint64_t *a, size_t n, size_t k)
{
	for (uint64_t turn = 1; n > SMALL; turn++) {
		size_t m = part(a, n, turn);

		if (m + 1 == k)
			return a[m];
		if (m >= k) {
			n = m;
		} else {
			a += m + 1;
			n -= m + 1;
			k -= m + 1;
		}
	}
	sort_small(a, n);
	return a[k - 1];
}

/* Largest first. The larger part waits for its turn of the loop, so calls do not nest deeply. */
static void sort_keys(uint64_t *a, size_t n)
{
	for (uint64_t turn = 1; n > SMALL; turn++) {
		size_t m = part(a, n, turn);

		if (m < n - m) {
			sort_keys(a, m);
			a += m + 1;
			n -= m + 1;
		} else {
			sort_keys(a + m + 1, n - m - 1);
			n = m;
		}
	}
	sort_small(a, n);
}

/* ---- candidates ---- */

static void cut(struct rs_topk *t)
{
	if (t->n <= t->k)
		return;
	if (t->k > 0)
		t->limit = rs_select_largest(t->key, t->n, t->k);
	t->n = t->k;
}

void rs_topk_push(struct rs_topk *t, float score, uint32_t ix)
{
	uint64_t key = key_of(score, ix);

	if (t->k == 0 || !(score > -INFINITY) || key < t->limit)
		return;
	t->key[t->n++] = key;
	if (t->n >= full(t->k))
		cut(t);
}

/* What is not above the limit is passed over by whole vectors; NaN counts as above. */
int rs_topk_offer(struct rs_topk *t, const float *scores, size_t n, uint32_t first)
{
	const struct rs_kernels *kernels = rs_isa();
	uint32_t place[RUN + RS_ABOVE_SPARE];
	int numbers = 1;

	for (size_t i = 0; i < n; i += RUN) {
		struct rs_scored worst = scored_of(t->limit);
		/* of equal scores the lower index enters: where that can be, the limit is the next lower float */
		float limit = t->limit == 0         ? -INFINITY
		        : worst.ix < first + i ? worst.score
		                               : nextafterf(worst.score, -INFINITY);
		uint64_t *key = t->key;
		uint32_t at = t->n;
		size_t found = kernels->above(place, scores + i, n - i < RUN ? n - i : RUN, limit);

		for (size_t f = 0; f < found; f++) {
			float score = scores[i + place[f]];

			numbers &= score < INFINITY;
			key[at] = key_of(score, first + (uint32_t)(i + place[f]));
			at += score > -INFINITY;
		}
		t->n = at;
		if (at >= full(t->k))
			cut(t);
	}
	return numbers;
}

void rs_topk_take(struct rs_topk *t)
{
	cut(t);
	t->best = (struct rs_scored *)(void *)t->key;
	for (uint32_t i = 0; i < t->n; i++) {
		struct rs_scored s = scored_of(t->key[i]);

		memcpy(&t->best[i], &s, sizeof s);
	}
}

void rs_topk_sort(struct rs_topk *t)
{
	cut(t);
	sort_keys(t->key, t->n);
	rs_topk_take(t);
}
