/* click_weights.h -- the parameters of event probabilities while they are trained, users' among them. */
#ifndef RS_RECIPE_CLICK_WEIGHTS_H
#define RS_RECIPE_CLICK_WEIGHTS_H

#include "lib/recipe/click_steps.h"

struct rs_click_weights {
	struct rs_click *m;
	const struct rs_click_rows *rows;
	float *w[RS_CLICK_FIELDS_MAX];     /* n + 1: the linear weights; the last is 0 */
	float *state[RS_CLICK_FIELDS_MAX]; /* n x 2, of FTRL: z, root of the sum of squares */
	float bias, bias_state[2];
	float **table; /* see click_steps.h; by field, of ffm by field x group */
	size_t n_tables, width;
	struct rs_click_side field[RS_CLICK_FIELDS_MAX]; /* fm, fwfm */
	struct rs_click_factors factors;
	struct rs_click_pairs *pairs; /* ffm: those of two groups, then those of one */
	size_t n_pairs;
	float *r, *r_sum; /* fwfm: n_fields x n_fields; sums of squares */
	float *theta;     /* n_users x d, of the epoch that was kept */
};

/* All at the start. m gets its arrays. On failure release it all the same. */
int rs_click_weights_make(struct rs_click_weights *t, struct rs_click *m, const struct rs_click_rows *rows,
                          const struct rs_click_plan *plan, struct rs_err *err);
void rs_click_weights_release(struct rs_click_weights *t);

/* The parameters as they are become the model's, those of the users theta. */
int rs_click_weights_keep(struct rs_click_weights *t, struct rs_err *err);

/* How theta is spread over the users, into m. */
int rs_click_weights_spread(const struct rs_click_weights *t, struct rs_err *err);

/* The bytes that training takes beside the dataset. */
uint64_t rs_click_weights_bytes(const struct rs_click *m, uint64_t n_examples);

/* One step of a linear weight by the derivative g. */
void rs_click_step(const struct rs_click_plan *p, float *w, float *state, float g);

/* Steps of the linear weights of a field. */
void rs_click_step_linear(const struct rs_click_weights *t, const struct rs_click_plan *p, uint32_t field,
                          struct rs_click_run run, const float *slope);

/* logit += the linear weights of a field; of whole blocks. */
void rs_click_add_linear(const struct rs_click_weights *t, uint32_t field, struct rs_click_run run, float *logit);

#endif
