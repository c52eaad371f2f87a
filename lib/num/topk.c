/* topk.c -- the k best of a stream of scores: candidates above a limit that rises as the buffer fills. */
#include "lib/num/topk.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"

#include <math.h>
#include <string.h>

#define RUN 256   /* scores that are looked at together before there is a limit */
#define FEW 16    /* numbers that are put in order to find one of them: every set of loops can */
#define SPARE 32  /* candidates beside 2 k before the k best are picked */

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
	t->key = rs_array(full(k) + RS_RUN_MAX + RS_KEYS_SPARE, sizeof *t->key, err);
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

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;

	high = high < c ? high : c;
	return low < high ? high : low;
}

/* Puts what is above a number of a, from the middle by chance, to the front. Returns how many that are: some and not all, as n
 * is at least 4. */
static size_t part(uint64_t *a, size_t n, uint64_t turn)
{
	uint64_t pivot = middle(a[(turn * 0x9E3779B97F4A7C15u >> 32) * (n / 2) >> 32], a[n / 2], a[n / 2 + n / 4]);
	size_t m = 0;

	if (n <= RS_PART_MAX)
		return rs_isa()->part(a, n, pivot);
	for (size_t i = 0; i < n; i++) { /* without a branch */
		uint64_t x = a[i];

		a[i] = a[m];
		a[m] = x;
		m += x > pivot;
	}
	return m;
}

uint64_t rs_select_largest(uint64_t *a, size_t n, size_t k)
{
	for (uint64_t turn = 1; n > FEW; turn++) {
		size_t m = part(a, n, turn);

		if (m >= k) {
			n = m;
		} else {
			a += m;
			n -= m;
			k -= m;
		}
	}
	rs_isa()->order(a, n);
	return a[k - 1];
}

/* Largest first. The larger part waits for its turn of the loop, so calls do not nest deeply. */
static void sort_keys(uint64_t *a, size_t n)
{
	for (uint64_t turn = 1; n > rs_isa()->order_max; turn++) {
		size_t m = part(a, n, turn);

		if (m < n - m) {
			sort_keys(a, m);
			a += m;
			n -= m;
		} else {
			sort_keys(a + m, n - m);
			n = m;
		}
	}
	rs_isa()->order(a, n);
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
	uint64_t key = rs_score_key(score, ix);

	if (t->k == 0 || !(score > -INFINITY) || key < t->limit)
		return;
	t->key[t->n++] = key;
	if (t->n >= full(t->k))
		cut(t);
}

/* Leaves what is a number of the n keys at the end. Returns whether all are, or -INFINITY. */
static int drop_odd(struct rs_topk *t, size_t n)
{
	const uint64_t *key = t->key + t->n;
	int numbers = 1;

	for (size_t i = 0; i < n; i++) {
		float score = scored_of(key[i]).score;

		numbers &= score < INFINITY;
		t->key[t->n] = key[i];
		t->n += score > -INFINITY;
	}
	return numbers;
}

/* What is not above the limit is passed over by whole vectors; NaN counts as above. */
int rs_topk_offer(struct rs_topk *t, const float *scores, size_t n, uint32_t first)
{
	int numbers = 1, odd;

	for (size_t i = 0, run; i < n; i += run) {
		struct rs_scored worst = scored_of(t->limit);
		/* of equal scores the lower index enters: where that can be, the limit is the next lower float */
		float limit = t->limit == 0         ? -INFINITY
		        : worst.ix < first + i ? worst.score
		                               : nextafterf(worst.score, -INFINITY);
		size_t found;

		run = t->limit == 0 ? RUN : RS_RUN_MAX;
		run = n - i < run ? n - i : run;
		found = rs_isa()->keys_above(t->key + t->n, scores + i, run, first + (uint32_t)i, limit, &odd);
		if (odd)
			numbers &= drop_odd(t, found);
		else
			t->n += (uint32_t)found;
		if (t->n >= full(t->k))
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
