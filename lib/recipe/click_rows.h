/* click_rows.h -- the examples of event probabilities as rows of codes, gathered once, in a random order.
 *
 * RS_CLICK_BLOCK rows make a block of (fields + 1) x RS_CLICK_BLOCK numbers: the codes of field 0, of field 1 and so on,
 * then the targets, whose size is the weight of the example and whose sign says whether it was positive. The code of a cell
 * that never has more than one value is that value, or the number of values where there is none; else it is the row of its
 * owner in a list of values. Fields are filled up to a multiple of RS_CLICK_GROUP by some that have no value.
 * Behind the last row of a set its block is filled up with rows of weight 0. */
#ifndef RS_RECIPE_CLICK_ROWS_H
#define RS_RECIPE_CLICK_ROWS_H

#include "lib/recipe/click.h"

#define RS_CLICK_BLOCK 16
#define RS_CLICK_GROUP 4

struct rs_click_column {
	uint32_t n;     /* values */
	bool several;   /* some cell has several values: cell c is list[ptr[c] .. ptr[c + 1]) */
	bool holes;     /* some cell has none */
	uint64_t *ptr;
	uint32_t *list;
};

struct rs_click_set {
	size_t n, n_blocks;
	uint32_t *block; /* n_blocks x stride */
};

struct rs_click_rows {
	uint32_t n_fields; /* filled up */
	size_t stride;     /* of a block */
	struct rs_click_column column[RS_CLICK_FIELDS_MAX];
	struct rs_click_set train, kept;
	uint64_t positive; /* of train */
};

/* On failure *r is empty. */
int rs_click_rows_make(struct rs_click_rows *r, const struct rs_click *m, const struct rs_train_in *in,
                       const struct rs_csr *context, double validation, struct rs_err *err);
void rs_click_rows_release(struct rs_click_rows *r);

/* The values of cell `code`. */
static inline const uint32_t *rs_click_cell(const struct rs_click_column *c, const uint32_t *code, uint32_t *n)
{
	if (!c->several) {
		*n = *code < c->n;
		return code;
	}
	*n = (uint32_t)(c->ptr[*code + 1] - c->ptr[*code]);
	return c->list + c->ptr[*code];
}

#endif
