/* topk.c -- the k best of a stream of scores: a heap whose root is the worst that was kept. */
#include "lib/num/topk.h"

#include "lib/base/mem.h"

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

#define LANES 64

void rs_topk_offer(struct rs_topk *t, const float *scores, size_t n, uint32_t first)
{
	size_t i = 0;

	for (; i < n && t->n < t->k; i++)
		rs_topk_push(t, scores[i], first + (uint32_t)i);
	for (; i + LANES <= n && t->k > 0; i += LANES) { /* most runs hold nothing that is good enough */
		float worst = t->heap[0].score;
		int any = 0;

		for (size_t j = 0; j < LANES; j++)
			any |= scores[i + j] >= worst;
		for (size_t j = 0; j < LANES && any != 0; j++)
			if (scores[i + j] >= t->heap[0].score)
				rs_topk_push(t, scores[i + j], first + (uint32_t)(i + j));
	}
	for (; i < n; i++)
		rs_topk_push(t, scores[i], first + (uint32_t)i);
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
