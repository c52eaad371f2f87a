/* topk.h -- the k best of a stream of scores; ties go to the lower index.
 *
 * A candidate beats another if its score is higher, or equal with a lower index: a total order, so that the result does
 * not depend on the order of arrival. NaN and -INFINITY never enter. Candidates above a limit are put into a buffer; when
 * that is full the k best of it stay, and the worst of them is the next limit: a few steps for each candidate, however
 * large k is. */
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
	uint64_t *key;          /* n candidates, as rs_score_key of isa.h */
	uint64_t limit;         /* the worst of k candidates or better; 0 before there were so many */
	struct rs_scored *best; /* after take or sort: n <= k */
};

int rs_topk_init(struct rs_topk *t, uint32_t k, struct rs_err *err);
void rs_topk_release(struct rs_topk *t);
void rs_topk_reset(struct rs_topk *t);

/* Offers scores[0 .. n), whose indexes are first, first + 1, ... Returns whether all were numbers or -INFINITY. */
int rs_topk_offer(struct rs_topk *t, const float *scores, size_t n, uint32_t first);
void rs_topk_push(struct rs_topk *t, float score, uint32_t ix);

/* What is below this score does not enter any more: -INFINITY before there were k. */
float rs_topk_limit(const struct rs_topk *t);

/* Leaves the k best in t->best[0 .. t->n), in any order or best first; then only reset may follow. */
void rs_topk_take(struct rs_topk *t);
void rs_topk_sort(struct rs_topk *t);

/* The k largest of n distinct numbers move to the front of a, 1 <= k <= n; the least of them is returned. */
uint64_t rs_select_largest(uint64_t *a, size_t n, size_t k);

#endif
