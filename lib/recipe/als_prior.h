/* als_prior.h -- what attributes foresee of the factors of a side of als, to which its rows are pulled instead of to 0.
 *
 * Row i is expected to have the factors m_i = b_0 + sum over its features of p_if b_f, with the rows b that minimise
 *     sum_i r_i |y_i - m_i|^2 + l2 mean(r) sum_f |b_f|^2
 * over the rows that have events, r_i the strength of their regularization: a ridge regression, by sweeps of exact steps
 * for one feature after the other from where the last ones ended. A sweep takes of the order of d times the cells of the
 * profile; memory as much as the factors have. */
#ifndef RS_RECIPE_ALS_PRIOR_H
#define RS_RECIPE_ALS_PRIOR_H

#include "lib/num/csr.h"

#include <stddef.h>

struct rs_als_prior {
	uint32_t n, n_features;
	size_t ld;
	double l2;      /* in rows */
	const struct rs_csr *profile; /* n x n_features */
	struct rs_csr by_feature;
	float *r;       /* n; 0: a row without events */
	float *b;       /* (1 + n_features) x ld */
	float *m;       /* n x ld: see rs_als_prior_foresee */
};

/* All zeros but r, which is 1. */
int rs_als_prior_init(struct rs_als_prior *p, const struct rs_csr *profile, size_t ld, double l2, struct rs_err *err);
void rs_als_prior_release(struct rs_als_prior *p);
uint64_t rs_als_prior_bytes(const struct rs_csr *profile, size_t ld);

/* m = what b foresees. */
int rs_als_prior_foresee(struct rs_als_prior *p, struct rs_err *err);

/* Learns b from the factors (n x ld), where m is what b foresees; m is spent. */
int rs_als_prior_fit(struct rs_als_prior *p, const float *factors, int sweeps, struct rs_err *err);

/* m (ld) = what b foresees of row i of profile; NULL: of somebody of whom nothing is known. */
void rs_als_foresee(float *m, const float *b, size_t ld, const struct rs_csr *profile, uint32_t i);

#endif
