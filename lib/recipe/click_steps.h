/* click_steps.h -- the hot loops of training: logits and steps of a run of rows.
 *
 * A table has a record for each value of a field and, behind them, one of zeros that stands for no value. A record of `width`
 * factors (a multiple of RS_LANES) is followed by as many sums of squares for AdaGrad. Of ffm a table is of a field and a group
 * of RS_CLICK_GROUP fields, and each RS_LANES factors are RS_LANES / RS_CLICK_GROUP for each field of the group, so that a
 * pair of groups meets nobody else's records.
 * Steps are taken in the order of the rows, each on derivatives that were found before. A cell of several values counts each by
 * 1 / sqrt(their number). */
#ifndef RS_RECIPE_CLICK_STEPS_H
#define RS_RECIPE_CLICK_STEPS_H

#include "lib/num/isa.h"
#include "lib/recipe/click_rows.h"

#define RS_CLICK_PART (RS_LANES / RS_CLICK_GROUP) /* factors of a field of the group that lie together */

struct rs_click_run {
	const uint32_t *const *block; /* of the rows; the last may be partly filled */
	size_t n;                     /* rows */
};

struct rs_click_side {
	const struct rs_click_column *column;
	float *table;
	size_t at; /* of the field's codes in a block */
};

struct rs_click_pairs {
	struct rs_click_side a[RS_CLICK_GROUP], b[RS_CLICK_GROUP];
	bool same;    /* a and b are one group */
	bool several; /* some field has cells of several values */
	size_t width;
	float rate, ridge;
};

struct rs_click_factors {
	uint32_t n_fields;
	const struct rs_click_side *field;
	size_t width;
	const float *r; /* weights of pairs, n_fields x n_fields with 0 on the diagonal; NULL: all 1 */
	float rate, ridge;
};

struct rs_click_isa {
	/* logit[i] += w[code of row i]; w has a 0 for no value. No cell has several values. */
	void (*linear)(float *logit, const float *w, size_t at, struct rs_click_run run);

	/* logit += the products of all pairs of a field of a and one of b. scratch: 2 x RS_CLICK_GROUP x width. */
	void (*pairs)(float *logit, const struct rs_click_pairs *p, struct rs_click_run run, float *scratch);
	/* Both sides of all pairs by slope, the derivative of each row's loss by its logit; each with the other as it was. */
	void (*step_pairs)(const struct rs_click_pairs *p, struct rs_click_run run, const float *slope, float *scratch);

	/* logit += the products of all pairs; other (rows x n_fields x width): what each field's factors are multiplied by.
	 * scratch: n_fields x width. */
	void (*factors)(float *logit, float *other, const struct rs_click_factors *f, struct rs_click_run run, float *scratch);
	void (*step_factors)(const struct rs_click_factors *f, uint32_t field, struct rs_click_run run, const float *slope,
	                     const float *other);
	/* r (n_fields x n_fields, above the diagonal) += slope x product of each pair. */
	void (*pair_products)(float *r, const struct rs_click_factors *f, struct rs_click_run run, const float *slope,
	                      float *scratch);
};

/* Those of rs_isa(). */
const struct rs_click_isa *rs_click_isa(void);

#endif
