/* mf_sample.c -- draws of items and priors for mf, by Gibbs sampling.
 *
 * In turn the priors of a side are worked out from its rows, and all of its rows are drawn given the other side, each row
 * by itself. The priors' parameters are set to the mean of their conditional distribution instead of drawn: with hundreds
 * of rows and more the difference is far below that of two draws of the rows. The first sweeps take means of rows under a
 * fixed covariance, so that the chain is near the bulk within a dozen. */
#include "lib/recipe/mf.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/num/dense.h"
#include "lib/num/isa.h"

#include <math.h>
#include <string.h>

#define TILE 32

#define MEANS 4            /* sweeps without noise */
#define FIXED 3            /* sweeps with the first belief about covariances: rows that are still small would shrink for long */
#define START .5           /* deviation of the items' numbers at the start */
#define FEATURE_RIDGE 10.  /* rows' worth of belief that a feature means nothing */
#define PRIOR_VARIANCE .05 /* of a number of a row, in squared deviations of the values */

struct side {
	uint32_t n, number;
	float *row; /* n x ld: x, features */
	const struct rs_csr *x;
	float *w, *precision; /* the prior, see struct rs_mf_prior */
};

struct chain {
	struct rs_mf *m;
	struct rs_mf_shape s; /* of rows with their features */
	struct side users, items;
	const struct side *to, *from;
	const struct rs_mf_plan *plan;
	float alpha;
	int sweep;
	struct rs_mf_scratch **scratch; /* by worker */
	float *noise;                   /* by worker: RS_ROUND_LANES(d) */
	double *gram;                   /* (d + p)^2 */
	double *small, *side, *spread;  /* p x p, p x d, d x d */
	double *error;                  /* by tile of users: sums of squared errors */
};

static void normals(float *out, size_t n, uint64_t seed, uint64_t row, uint32_t step)
{
	for (size_t i = 0; i < n; i += 4) {
		uint64_t w[2];

		rs_rand2(seed, RS_RNG_GIBBS, row, step + (uint32_t)(i / 4), w);
		for (size_t k = 0; k < 2; k++) {
			float r = sqrtf(-2 * logf(((float)(w[k] >> 40) + .5f) * 0x1p-24f));
			float angle = 6.2831853f * (float)(w[k] & 0xffffff) * 0x1p-24f;

			out[i + 2 * k] = r * cosf(angle);
			out[i + 2 * k + 1] = r * sinf(angle);
		}
	}
}

static int draw_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct chain *c = ctx;
	const struct rs_csr *x = c->to->x;
	const struct rs_mf_prior prior = { c->to->w, c->to->precision, c->alpha };
	size_t d = c->s.d, room = RS_ROUND_LANES(d);
	uint32_t lo = (uint32_t)tile * TILE, hi = c->to->n - lo < TILE ? c->to->n : lo + TILE;
	float *noise = c->noise + (size_t)worker * room;

	for (uint32_t i = lo; i < hi; i++) {
		uint64_t e = x->row_ptr[i];
		float *row = c->to->row + i * c->s.ld;
		int rc;

		if (c->sweep >= MEANS)
			normals(noise, d, c->plan->seed, (uint64_t)c->to->number << 32 | i,
			        (uint32_t)c->sweep * (uint32_t)(room / 4));
		rc = rs_mf_row(c->scratch[worker], &c->s, &prior, row + d, c->from->row, c->s.ld, x->col + e, x->val + e,
		               (size_t)(x->row_ptr[i + 1] - e), c->sweep >= MEANS ? noise : NULL, row, NULL, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* a (n x n, symmetric) = LL' in its lower triangle; then b (n x m) = a^-1 b. */
static int solve(double *a, size_t n, double *b, size_t m, struct rs_err *err)
{
	for (size_t j = 0; j < n; j++) {
		for (size_t i = j; i < n; i++) {
			double sum = a[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= a[i * n + k] * a[j * n + k];
			if (i == j && !(sum > 0))
				return rs_fail(err, RS_EDATA, "mf: numbers grew out of range");
			a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			for (size_t c = 0; c < m; c++)
				b[i * m + c] -= a[i * n + k] * b[k * m + c];
		for (size_t c = 0; c < m; c++)
			b[i * m + c] /= a[i * n + i];
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t k = i + 1; k < n; k++)
			for (size_t c = 0; c < m; c++)
				b[i * m + c] -= a[k * n + i] * b[k * m + c];
		for (size_t c = 0; c < m; c++)
			b[i * m + c] /= a[i * n + i];
	}
	return 0;
}

/* The prior of a side from its rows: w by ridge regression of x on the features, the covariance from what is left. */
static int fit_prior(struct chain *c, struct side *side, struct rs_err *err)
{
	size_t d = c->s.d, p = c->s.p, all = d + p;
	double *spread = c->spread;
	int rc;

	if ((rc = rs_gram(c->gram, side->row, side->n, all, c->s.ld, err)) < 0)
		return rc;
	for (size_t i = 0; i < p; i++) {
		for (size_t j = 0; j < p; j++)
			c->small[i * p + j] = c->gram[(d + i) * all + d + j] + (i == j && i + 1 < p ? FEATURE_RIDGE : 0);
		c->small[i * p + i] += 1e-3;
		for (size_t j = 0; j < d; j++)
			c->side[i * d + j] = c->gram[(d + i) * all + j];
	}
	if ((rc = solve(c->small, p, c->side, d, err)) < 0)
		return rc;
	for (size_t i = 0; i < d; i++) {
		for (size_t j = 0; j < d; j++) {
			double sum = c->gram[i * all + j] + (i == j ? (double)d * PRIOR_VARIANCE : 0);

			for (size_t f = 0; f < p; f++)
				sum -= c->gram[i * all + d + f] * c->side[f * d + j];
			spread[i * d + j] = sum / ((double)side->n + (double)d);
		}
	}
	for (size_t i = 0; i < d * d; i++)
		c->gram[i] = i / d == i % d;
	for (size_t i = 0; i < p * d; i++)
		side->w[i] = (float)c->side[i];
	if ((rc = solve(spread, d, c->gram, d, err)) < 0)
		return rc;
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < d; j++)
			side->precision[i * d + j] = c->sweep >= FIXED ? (float)(.5 * (c->gram[i * d + j] + c->gram[j * d + i]))
			        : i == j                       ? (float)(1 / PRIOR_VARIANCE)
			                                       : 0;
	return 0;
}

static int error_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct chain *c = ctx;
	const struct rs_csr *x = c->users.x;
	uint32_t lo = (uint32_t)tile * TILE, hi = x->n_rows - lo < TILE ? x->n_rows : lo + TILE;
	size_t d = c->s.d;
	double sum = 0;

	(void)worker;
	(void)err;
	for (uint32_t u = lo; u < hi; u++) {
		const float *a = c->users.row + u * c->s.ld;

		for (uint64_t e = x->row_ptr[u]; e < x->row_ptr[u + 1]; e++) {
			const float *b = c->items.row + x->col[e] * c->s.ld;
			float miss = x->val[e] - a[d - 1] - b[d - 1] - rs_isa()->dot(a, b, d - 1);

			sum += (double)(miss * miss);
		}
	}
	c->error[tile] = sum;
	return 0;
}

static int fit_noise(struct chain *c, struct rs_err *err)
{
	const struct rs_csr *x = c->users.x;
	size_t n_tiles = ((size_t)x->n_rows + TILE - 1) / TILE;
	double sum = 0;
	int rc = rs_tiles_run(n_tiles, error_tile, c, err);

	for (size_t t = 0; t < n_tiles; t++)
		sum += c->error[t];
	c->alpha = (float)(((double)x->row_ptr[x->n_rows] + 2) / (sum + 1));
	return rc;
}

static int half(struct chain *c, struct side *to, struct side *from, struct rs_err *err)
{
	int rc = fit_prior(c, to, err);

	c->to = to;
	c->from = from;
	return rc < 0 ? rc : rs_tiles_run(((size_t)to->n + TILE - 1) / TILE, draw_tile, c, err);
}

/* Sample k of the state: items, their unknown companion, the users' prior. */
static void keep(const struct chain *c, uint32_t k)
{
	struct rs_mf *m = c->m;
	size_t d = c->s.d, p = c->s.p;
	float *to = m->own + (size_t)k * ((size_t)m->n_items + 1) * m->shape.ld, *unknown = to + m->n_items * m->shape.ld;
	float rarest = INFINITY;

	for (uint32_t i = 0; i < m->n_items; i++) {
		memcpy(to + i * m->shape.ld, c->items.row + i * c->s.ld, d * sizeof *to);
		rarest = fminf(rarest, c->items.row[i * c->s.ld + d + p - 2]);
	}
	for (size_t j = 0; j < d; j++)
		unknown[j] = c->items.w[(p - 1) * d + j] + rarest * c->items.w[(p - 2) * d + j];
	memcpy(m->prior_w + k * p * d, c->users.w, p * d * sizeof *m->prior_w);
	memcpy(m->precision + k * d * d, c->users.precision, d * d * sizeof *m->precision);
	m->alpha[k] = c->alpha;
}

static int sweeps(struct chain *c, struct rs_err *err)
{
	int total = c->plan->burn_in + c->plan->samples * c->plan->thin, rc;

	for (c->sweep = 0; c->sweep < total; c->sweep++) {
		int after = c->sweep + 1 - c->plan->burn_in;

		if ((rc = half(c, &c->users, &c->items, err)) < 0 || (rc = half(c, &c->items, &c->users, err)) < 0 ||
		    (rc = fit_noise(c, err)) < 0)
			return rc;
		if (after > 0 && after % c->plan->thin == 0)
			keep(c, (uint32_t)(after / c->plan->thin - 1));
		rs_progress("mf: sweeps", (unsigned)c->sweep + 1, (unsigned)total, "sweeps");
	}
	return 0;
}

static int reserve(struct chain *c, struct rs_err *err)
{
	size_t d = c->s.d, p = c->s.p, workers = (size_t)rs_threads();

	if ((c->users.row = rs_array0(c->users.n * c->s.ld, sizeof(float), err)) == NULL ||
	    (c->items.row = rs_array0(c->items.n * c->s.ld, sizeof(float), err)) == NULL ||
	    (c->users.w = rs_array(p * d, sizeof(float), err)) == NULL ||
	    (c->items.w = rs_array(p * d, sizeof(float), err)) == NULL ||
	    (c->users.precision = rs_array(d * d, sizeof(float), err)) == NULL ||
	    (c->items.precision = rs_array(d * d, sizeof(float), err)) == NULL ||
	    (c->noise = rs_array(workers * RS_ROUND_LANES(d), sizeof(float), err)) == NULL ||
	    (c->gram = rs_array((d + p) * (d + p), sizeof(double), err)) == NULL ||
	    (c->small = rs_array(p * p, sizeof(double), err)) == NULL ||
	    (c->side = rs_array(p * d, sizeof(double), err)) == NULL ||
	    (c->spread = rs_array(d * d, sizeof(double), err)) == NULL ||
	    (c->error = rs_array((c->users.n + TILE - 1) / TILE, sizeof(double), err)) == NULL ||
	    (c->scratch = rs_array0(workers, sizeof(struct rs_mf_scratch *), err)) == NULL)
		return RS_ENOMEM;
	for (size_t w = 0; w < workers; w++)
		if (rs_mf_scratch_new(&c->scratch[w], d, err) < 0)
			return RS_ENOMEM;
	return 0;
}

static void release(struct chain *c)
{
	for (int w = 0; c->scratch != NULL && w < rs_threads(); w++)
		rs_mf_scratch_free(c->scratch[w]);
	rs_free(c->scratch);
	rs_free(c->users.row);
	rs_free(c->items.row);
	rs_free(c->users.w);
	rs_free(c->items.w);
	rs_free(c->users.precision);
	rs_free(c->items.precision);
	rs_free(c->noise);
	rs_free(c->gram);
	rs_free(c->small);
	rs_free(c->side);
	rs_free(c->spread);
	rs_free(c->error);
}

/* Rows that have ratings start small and at random, the others' bias and features as they come out of the priors. */
static void start(struct chain *c)
{
	for (uint32_t i = 0; i < c->items.n; i++) {
		float *row = c->items.row + i * c->s.ld;

		for (size_t k = 0; k + 1 < c->s.d; k++)
			row[k] = (float)(START * rs_rand_normal(c->plan->seed, RS_RNG_INIT, i, (uint32_t)(1000 + k)));
	}
	c->alpha = 1.5F;
}

/* The values without the cells that have none. */
static int only_rated(struct rs_csr *out, const struct rs_csr *x, struct rs_err *err)
{
	uint64_t n = x->row_ptr[x->n_rows], to = 0;

	memset(out, 0, sizeof *out);
	out->n_rows = x->n_rows;
	out->n_cols = x->n_cols;
	if ((out->row_ptr = rs_array((size_t)x->n_rows + 1, sizeof *out->row_ptr, err)) == NULL ||
	    (out->col = rs_array(n, sizeof *out->col, err)) == NULL ||
	    (out->val = rs_array(n, sizeof *out->val, err)) == NULL) {
		rs_csr_release(out);
		return RS_ENOMEM;
	}
	for (uint32_t r = 0; r < x->n_rows; r++) {
		out->row_ptr[r] = to;
		for (uint64_t e = x->row_ptr[r]; e < x->row_ptr[r + 1]; e++) {
			if (isnan(x->val[e]))
				continue;
			out->col[to] = x->col[e];
			out->val[to++] = x->val[e];
		}
	}
	out->row_ptr[x->n_rows] = to;
	return 0;
}

int rs_mf_sample(struct rs_mf *m, const struct rs_csr *x, const struct rs_csr *xt, const struct rs_mf_plan *plan,
                 struct rs_err *err)
{
	struct chain c = { .m = m, .s = m->shape, .plan = plan };
	struct rs_csr rated = { 0 }, rated_t = { 0 };
	size_t k = c.s.p - 2;
	int rc;

	c.s.ld = RS_ROUND_LANES(c.s.d + c.s.p);
	c.users = (struct side){ .n = x->n_rows, .number = 0, .x = &rated };
	c.items = (struct side){ .n = x->n_cols, .number = 1, .x = &rated_t };
	if ((rc = only_rated(&rated, x, err)) < 0 || (rc = only_rated(&rated_t, xt, err)) < 0 || (rc = reserve(&c, err)) < 0)
		goto out;
	start(&c);
	if ((rc = rs_mf_implicit_make(&m->implicit, x, xt, k, c.users.row + c.s.d, c.items.row + c.s.d, c.s.ld, plan->seed,
	                              err)) < 0)
		goto out;
	rc = sweeps(&c, err);
out:
	rs_csr_release(&rated);
	rs_csr_release(&rated_t);
	release(&c);
	return rc;
}
