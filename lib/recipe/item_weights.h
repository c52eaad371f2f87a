/* item_weights.h -- weights from the items of a history to the items to recommend, all of them or the largest: the state
 * that the linear recipes share. */
#ifndef RS_RECIPE_ITEM_WEIGHTS_H
#define RS_RECIPE_ITEM_WEIGHTS_H

#include "lib/recipe/history.h"
#include "lib/recipe/sparse_items.h"

struct rs_item_weights {
	uint32_t n;
	float *own;            /* n x n weights by history item, after training; or NULL */
	const float *b;        /* the same, wherever it lies; NULL: sparse */
	struct rs_reader *r;   /* where b is mapped in, or NULL */
	const struct rs_chunk *chunk;
	struct rs_sparse_items s;
};

/* From g (n x n), row j of which holds the weights of target j: the `top` largest in size of each row, or all (top 0), in
 * which case g is turned in place and taken over. *g is NULL where it is gone. */
int rs_item_weights_take(struct rs_item_weights *m, float **g, uint32_t n, uint32_t top, struct rs_err *err);

int rs_item_weights_save(const struct rs_item_weights *m, struct rs_writer *w, struct rs_err *err);
int rs_item_weights_load(struct rs_item_weights *m, struct rs_reader *r, uint32_t n_items, struct rs_err *err);
void rs_item_weights_release(struct rs_item_weights *m);

/* As the members of struct rs_recipe. */
int rs_item_weights_score(const struct rs_item_weights *m, const struct rs_csr *q, uint32_t lo, uint32_t hi, float *scores,
                          size_t ld, struct rs_err *err);
int rs_item_weights_explain(const struct rs_item_weights *m, const struct rs_events *h, const struct rs_recency *r,
                            uint32_t item, float *share, struct rs_err *err);
int rs_item_weights_similar(const struct rs_item_weights *m, uint32_t item, float *scores, struct rs_err *err);

#endif
