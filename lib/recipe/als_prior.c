/* als_prior.c -- what attributes foresee of factors. */
#include "lib/recipe/als_prior.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/isa.h"

#include <string.h>

#define ROWS 256 /* of a tile */

int rs_als_prior_init(struct rs_als_prior *p, const struct rs_csr *profile, size_t ld, double l2, struct rs_err *err)
{
	*p = (struct rs_als_prior){ .n = profile->n_rows, .n_features = profile->n_cols, .ld = ld, .l2 = l2,
		                    .profile = profile };
	if ((p->r = rs_array(p->n, sizeof *p->r, err)) == NULL ||
	    (p->b = rs_array0(((size_t)p->n_features + 1) * ld, sizeof *p->b, err)) == NULL ||
	    (p->m = rs_array0((size_t)p->n * ld, sizeof *p->m, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < p->n; i++)
		p->r[i] = 1;
	return rs_csr_transpose(&p->by_feature, profile, err);
}

void rs_als_prior_release(struct rs_als_prior *p)
{
	rs_csr_release(&p->by_feature);
	rs_free(p->r);
	rs_free(p->b);
	rs_free(p->m);
}

uint64_t rs_als_prior_bytes(const struct rs_csr *profile, size_t ld)
{
	return ((uint64_t)profile->n_rows + profile->n_cols + 1) * ld * sizeof(float) +
	       profile->row_ptr[profile->n_rows] * 8 + (uint64_t)profile->n_rows * 4 + (uint64_t)profile->n_cols * 8;
}

void rs_als_foresee(float *m, const float *b, size_t ld, const struct rs_csr *profile, uint32_t i)
{
	memcpy(m, b, ld * sizeof *m);
	for (uint64_t e = profile == NULL ? 0 : profile->row_ptr[i]; profile != NULL && e < profile->row_ptr[i + 1]; e++) {
		const float *f = b + ((size_t)profile->col[e] + 1) * ld;
		float v = profile->val == NULL ? 1 : profile->val[e];

		for (size_t k = 0; k < ld; k++)
			m[k] += v * f[k];
	}
}

struct fitting {
	struct rs_als_prior *p;
	const float *factors;
	double l2; /* in strength */
	int sweeps;
};

/* Exact for one feature, or for the constant where rows is NULL: b += step, and what is left to explain less by it. */
static void step(const struct rs_als_prior *p, float *b, const uint32_t *rows, const float *value, uint64_t n, double l2,
                 size_t lane)
{
	double sum[RS_LANES] = { 0 }, weight = 0;

	for (uint64_t k = 0; k < n; k++) {
		uint64_t i = rows == NULL ? k : rows[k];
		const float *left = p->m + i * p->ld + lane;
		float v = value == NULL ? 1 : value[k], r = p->r[i] * v;

		weight += (double)(r * v);
		for (size_t l = 0; l < RS_LANES; l++)
			sum[l] += (double)(r * left[l]);
	}
	if (!(weight > 0))
		return;
	for (size_t l = 0; l < RS_LANES; l++) {
		double was = (double)b[lane + l];

		b[lane + l] = (float)((sum[l] + was * weight) / (weight + l2));
		sum[l] = (double)b[lane + l] - was;
	}
	for (uint64_t k = 0; k < n; k++) {
		float *left = p->m + (rows == NULL ? k : rows[k]) * p->ld + lane;

		for (size_t l = 0; l < RS_LANES; l++)
			left[l] -= (float)(value == NULL ? sum[l] : sum[l] * (double)value[k]);
	}
}

/* All sweeps for some coordinates; m holds what is left to explain. */
static int sweep_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct fitting *t = ctx;
	const struct rs_als_prior *p = t->p;
	const struct rs_csr *f = &p->by_feature;
	size_t lane = tile * RS_LANES;

	(void)worker;
	(void)err;
	for (int s = 0; s < t->sweeps; s++) {
		step(p, p->b, NULL, NULL, p->n, 0, lane);
		for (uint32_t j = 0; j < p->n_features; j++)
			step(p, p->b + ((size_t)j + 1) * p->ld, f->col + f->row_ptr[j],
			     f->val == NULL ? NULL : f->val + f->row_ptr[j], f->row_ptr[j + 1] - f->row_ptr[j], t->l2, lane);
	}
	return 0;
}

static int foresee_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct fitting *t = ctx;
	const struct rs_als_prior *p = t->p;
	uint32_t lo = (uint32_t)tile * ROWS, hi = p->n - lo < ROWS ? p->n : lo + ROWS;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++)
		rs_als_foresee(p->m + i * p->ld, p->b, p->ld, p->profile, i);
	return 0;
}

static int subtract_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct fitting *t = ctx;
	const struct rs_als_prior *p = t->p;
	uint32_t lo = (uint32_t)tile * ROWS, hi = p->n - lo < ROWS ? p->n : lo + ROWS;

	(void)worker;
	(void)err;
	for (size_t k = lo * p->ld; k < hi * p->ld; k++)
		p->m[k] = t->factors[k] - p->m[k];
	return 0;
}

static size_t n_tiles(const struct rs_als_prior *p)
{
	return ((size_t)p->n + ROWS - 1) / ROWS;
}

int rs_als_prior_foresee(struct rs_als_prior *p, struct rs_err *err)
{
	return rs_tiles_run(n_tiles(p), foresee_tile, &(struct fitting){ .p = p }, err);
}

int rs_als_prior_fit(struct rs_als_prior *p, const float *factors, int sweeps, struct rs_err *err)
{
	struct fitting t = { .p = p, .factors = factors, .sweeps = sweeps };
	double sum = 0, n = 0;
	int rc;

	for (uint32_t i = 0; i < p->n; i++) {
		sum += (double)p->r[i];
		n += p->r[i] > 0;
	}
	t.l2 = n > 0 ? p->l2 * sum / n : 0;
	if ((rc = rs_tiles_run(n_tiles(p), subtract_tile, &t, err)) < 0)
		return rc;
	return rs_tiles_run(p->ld / RS_LANES, sweep_tile, &t, err);
}
