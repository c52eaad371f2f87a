/* topk.c -- the k best of a stream of scores: a heap whose root is the worst that was kept. */
#include "lib/num/topk.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

int rs_topk_init(struct rs_topk *t, uint32_t k, struct rs_err *err)
{
	t->k = k;
	t->n = 0;
	t->heap = rs_array(k, sizeof *t->heap, err);
	return t->heap == NULL ? RS_ENOMEM : 0;
}

void rs_topk_release(struct rs_topk *t)
{
	rs_free(t->heap);
	t->heap = NULL;
	t->n = 0;
}

void rs_topk_reset(struct rs_topk *t)
{
	t->n = 0;
}

static bool beats(struct rs_scored a, struct rs_scored b)
{
	return a.score > b.score || (a.score == b.score && a.ix < b.ix);
}

static void sift_down(struct rs_scored *h, uint32_t n, struct rs_scored x)
{
	uint32_t at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= n)
			break;
		if (child + 1 < n && beats(h[child], h[child + 1]))
			child++;
		if (!beats(x, h[child]))
			break;
		h[at] = h[child];
		at = child;
	}
	h[at] = x;
}

static void sift_up(struct rs_scored *h, uint32_t at, struct rs_scored x)
{
	while (at > 0 && beats(h[(at - 1) / 2], x)) {
		h[at] = h[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	h[at] = x;
}

void rs_topk_push(struct rs_topk *t, float score, uint32_t ix)
{
	struct rs_scored x = { score, ix };

	if (t->k == 0 || !(score > -INFINITY))
		return;
	if (t->n < t->k)
		sift_up(t->heap, t->n++, x);
	else if (beats(x, t->heap[0]))
		sift_down(t->heap, t->n, x);
}

#define RUN 256

/* Scores that come in order of their indexes, after those kept, must be above the worst kept one to enter; so most are
 * passed over by whole vectors. */
void rs_topk_offer(struct rs_topk *t, const float *scores, size_t n, uint32_t first)
{
	const struct rs_kernels *kernels = rs_isa();
	uint32_t place[RUN];
	size_t i = 0;

	for (; i < n && t->n < t->k; i++)
		rs_topk_push(t, scores[i], first + (uint32_t)i);
	for (; i < n && t->k > 0; i += RUN) {
		struct rs_scored worst = t->heap[0];
		/* of equal scores the lower index enters: where that can be, the limit is the next lower float */
		float limit = worst.ix < first + i ? worst.score : nextafterf(worst.score, -INFINITY);
		size_t found = kernels->above(place, scores + i, n - i < RUN ? n - i : RUN, limit);

		for (size_t f = 0; f < found; f++)
			rs_topk_push(t, scores[i + place[f]], first + (uint32_t)(i + place[f]));
	}
}

static int best_first(const void *pa, const void *pb)
{
	const struct rs_scored *a = pa, *b = pb;

	return beats(*a, *b) ? -1 : beats(*b, *a);
}

void rs_topk_sort(struct rs_topk *t)
{
	qsort(t->heap, t->n, sizeof *t->heap, best_first);
}
