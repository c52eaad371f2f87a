/* topk.h -- the k best of a stream of scores; ties go to the lower index.
 *
 * A candidate beats another if its score is higher, or equal with a lower index: a total order, so that the result does
 * not depend on the order of arrival. NaN and -INFINITY never enter. */
#ifndef RS_NUM_TOPK_H
#define RS_NUM_TOPK_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct rs_scored {
	float score;
	uint32_t ix;
};

struct rs_topk {
	uint32_t k, n;
	struct rs_scored *heap; /* room for k, the worst kept one first once n == k */
};

int rs_topk_init(struct rs_topk *t, uint32_t k, struct rs_err *err);
void rs_topk_release(struct rs_topk *t);
void rs_topk_reset(struct rs_topk *t);

/* Offers scores[0 .. n), whose indexes are first, first + 1, ... */
void rs_topk_offer(struct rs_topk *t, const float *scores, size_t n, uint32_t first);
void rs_topk_push(struct rs_topk *t, float score, uint32_t ix);

/* Sorts what was kept, best first, in t->heap[0 .. t->n); then only reset may follow. */
void rs_topk_sort(struct rs_topk *t);

#endif
