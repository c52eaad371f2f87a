/* mf.h -- what the files of the recipe mf share: one row's conditional distribution, implicit features, training.
 *
 * Values are standardised. A row (of a user or an item) is D numbers x, the last of which is its bias, and behind them p
 * features, the last of which is 1; row stride ld. The rating of a pair is the inner product of the two x without their
 * biases, plus both biases, plus noise of precision alpha. x has mean W' features and a covariance of its own side. */
#ifndef RS_RECIPE_MF_H
#define RS_RECIPE_MF_H

#include "lib/num/csr.h"
#include "lib/recipe/recipe.h"

struct rs_mf_shape {
	size_t d, p, ld;
};

/* What is believed of the rows of one side before their ratings are seen. */
struct rs_mf_prior {
	const float *w;         /* p x d */
	const float *precision; /* d x d, symmetric */
	float alpha;
};

/* Memory for one thread. */
struct rs_mf_scratch;
int rs_mf_scratch_new(struct rs_mf_scratch **out, size_t d, struct rs_err *err);
void rs_mf_scratch_free(struct rs_mf_scratch *w);

/* x (d) = the mean of a row given its n ratings of the rows `item` of the other side. Where noise (d standard normals) is not
 * NULL, it makes a draw of the deviation, which goes to stray (d) or, where that is NULL, is added to x. other: stride
 * ld_other. feature: p. */
int rs_mf_row(struct rs_mf_scratch *w, const struct rs_mf_shape *s, const struct rs_mf_prior *prior,
              const float *feature, const float *other, size_t ld_other, const uint32_t *item, const float *rating,
              size_t n, const float *noise, float *x, float *stray, struct rs_err *err);

/* Features of a side from who has events with what, k numbers of each row, from the pattern of x alone: the leading singular
 * vectors of the matrix whose entry is 1 / sqrt(events of the user x events of the item). */
struct rs_mf_implicit {
	size_t k;
	float *item;  /* n_items x k: what an item adds, over the root of the number of items, to the user's features */
	float *shift; /* k + 1: taken off the user's features; the last is of the logarithm of that number */
	float *scale; /* k + 1: then multiplied */
	float log_min, log_max;
};

/* users, items: their features (k + 2) are written into rows of stride ld from `at` on: k vectors, the logarithm, 1. */
int rs_mf_implicit_make(struct rs_mf_implicit *m, const struct rs_csr *x, const struct rs_csr *xt, size_t k,
                        float *users, float *items, size_t ld, uint64_t seed, struct rs_err *err);

/* The features of one user with these n distinct items. */
void rs_mf_implicit_fold(const struct rs_mf_implicit *m, const uint32_t *item, size_t n, float *feature);
void rs_mf_implicit_release(struct rs_mf_implicit *m);

/* A trained state: n_samples draws of all that is not of a user. */
struct rs_mf {
	uint32_t n_items, n_samples;
	struct rs_mf_shape shape; /* ld: of x here, RS_ROUND_LANES(d) */
	struct rs_mf_implicit implicit;
	double mean, sd, min, max; /* of the training's values */
	float *alpha;              /* n_samples */
	float *prior_w;            /* n_samples x p x d */
	float *precision;          /* n_samples x d x d */
	float *own;                /* n_samples x (n_items + 1) x ld; the last row is an item that nobody rated */
	const float *item;         /* the same wherever it lies */
	struct rs_reader *r;
	const struct rs_chunk *chunk;
};

static inline uint64_t rs_mf_item_floats(const struct rs_mf *m)
{
	return m->n_samples * ((uint64_t)m->n_items + 1) * m->shape.ld;
}

/* Draws. ratings: users x items, standardised, NaN where an event has no value; xt the same the other way round. */
struct rs_mf_plan {
	int burn_in, samples, thin;
	uint64_t seed;
};
int rs_mf_sample(struct rs_mf *m, const struct rs_csr *x, const struct rs_csr *xt, const struct rs_mf_plan *plan,
                 struct rs_err *err);

/* The value of each pair of users and items, the last that it has, NaN where it has none; then as the state has values. */
int rs_mf_matrix(struct rs_csr *x, const struct rs_events *e, struct rs_err *err);
void rs_mf_standardize(const struct rs_mf *m, struct rs_csr *x);

/* m: n_items, n_samples, shape and implicit.k. On failure release it all the same. */
int rs_mf_load(struct rs_mf *m, struct rs_reader *r, struct rs_err *err);

/* ---- members of struct rs_recipe ---- */

int rs_mf_save(const void *state, struct rs_writer *w, struct rs_err *err);
int rs_mf_query(const void *state, const struct rs_people *who, void **out, struct rs_err *err);
void rs_mf_query_free(void *query);
int rs_mf_score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err);
int rs_mf_predict(const void *state, const void *query, const struct rs_pairs *pairs, float *out, struct rs_err *err);
int rs_mf_deviation(const void *state, const void *query, const struct rs_pairs *pairs, float *out, struct rs_err *err);

#endif
