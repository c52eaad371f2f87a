/* sparse_items.h -- item-item weights with few entries per item: the state that itemknn and a cut EASE share.
 *
 * Row i holds what item i in a history adds to the scores of other items. Columns and weights are stored as they are, with a
 * hash for each row, so that one person's list reads and verifies only the rows of that history. */
#ifndef RS_RECIPE_SPARSE_ITEMS_H
#define RS_RECIPE_SPARSE_ITEMS_H

#include "lib/data/container.h"
#include "lib/data/events.h"
#include "lib/num/csr.h"
#include "lib/num/topk.h"

struct rs_sparse_items {
	struct rs_csr w;            /* n_items x n_items; arrays mapped when r is set */
	struct rs_reader *r;        /* NULL after training */
	const struct rs_chunk *sum;
	const uint64_t *row_sum;    /* mapped: the hash of each row */
	uint8_t *checked;           /* rows that were found whole; read and set atomically */
};

/* Turns the kept neighbours of each target (kept[j * k .. ], n_kept[j] of them: score, source item) into rows by source. */
int rs_sparse_items_by_source(struct rs_sparse_items *s, const struct rs_scored *kept, const uint32_t *n_kept, uint32_t k,
                              uint32_t n_items, struct rs_err *err);

int rs_sparse_items_save(const struct rs_sparse_items *s, struct rs_writer *w, struct rs_err *err);
int rs_sparse_items_load(struct rs_sparse_items *s, struct rs_reader *r, uint32_t n_items, struct rs_err *err);
void rs_sparse_items_release(struct rs_sparse_items *s);

/* As the members of struct rs_recipe, for whole rows. */
int rs_sparse_items_score(const struct rs_sparse_items *s, const struct rs_csr *query, float *scores, size_t ld,
                          struct rs_err *err);
int rs_sparse_items_similar(const struct rs_sparse_items *s, uint32_t item, float *scores, struct rs_err *err);

/* *w: what item i of a history gives to `item`; an rs_weight_fn of a struct rs_sparse_items. */
int rs_sparse_items_weight(const void *s, uint32_t i, uint32_t item, float *w, struct rs_err *err);

#endif
