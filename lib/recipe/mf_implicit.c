/* mf_implicit.c -- what the bare fact of a rating tells: features of users and items from who rated what.
 *
 * The leading k singular vectors of N = Du^-1/2 B Di^-1/2, B the pattern of events, Du and Di its row and column sums, by
 * subspace iteration [1]. User u has the features N V of its row, item i those of N'U of its column; each feature is
 * shifted and scaled to mean 0 and variance 1.
 *
 * [1] N. Halko, P. Martinsson, J. Tropp, Finding Structure with Randomness, SIAM Review 2011. */
#include "lib/recipe/mf.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/num/dense.h"
#include "lib/num/isa.h"

#include <math.h>
#include <string.h>

#define TILE 64
#define ROUNDS 4

struct product {
	const struct rs_csr *x;
	const float *root_row, *root_col; /* 1 / sqrt of the sums; 0 for empty rows */
	const float *in;                  /* n_cols x k */
	float *out;                       /* n_rows x k */
	size_t ld;
};

/* out = N in. Rows of `in` are scaled by root_col beforehand. */
static int product_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct product *t = ctx;
	const struct rs_kernels *k = rs_isa();
	uint32_t lo = (uint32_t)tile * TILE, hi = t->x->n_rows - lo < TILE ? t->x->n_rows : lo + TILE;

	(void)worker;
	(void)err;
	for (uint32_t r = lo; r < hi; r++) {
		uint64_t e = t->x->row_ptr[r];
		float *out = t->out + r * t->ld;

		memset(out, 0, t->ld * sizeof *out);
		k->add_rows(out, t->ld,
		            (struct rs_rows_of){ t->in, t->ld, t->x->col + e, (size_t)(t->x->row_ptr[r + 1] - e) }, NULL);
		for (size_t i = 0; i < t->ld; i++)
			out[i] *= t->root_row[r];
	}
	return 0;
}

static void scale_rows(float *y, uint32_t n, size_t ld, const float *by)
{
	for (uint32_t i = 0; i < n; i++)
		for (size_t c = 0; c < ld; c++)
			y[i * ld + c] *= by[i];
}

static int multiply(const struct rs_csr *x, const float *root_row, const float *root_col, float *in, float *out, size_t ld,
                    struct rs_err *err)
{
	struct product t = { x, root_row, root_col, in, out, ld };

	scale_rows(in, x->n_cols, ld, root_col);
	return rs_tiles_run(((size_t)x->n_rows + TILE - 1) / TILE, product_tile, &t, err);
}

/* The columns of y (n x k) become orthonormal, the strongest last. */
static int orthonormalize(float *y, uint32_t n, size_t k, size_t ld, double *v, double *value, struct rs_err *err)
{
	int rc;

	if ((rc = rs_gram(v, y, n, k, ld, err)) < 0 || (rc = rs_eigen(v, value, k, err)) < 0 ||
	    (rc = rs_rotate(y, n, k, ld, v, err)) < 0)
		return rc;
	for (size_t c = 0; c < k; c++) {
		float by = value[c] > value[k - 1] * 1e-9 ? (float)(1 / sqrt(value[c])) : 0;

		for (uint32_t i = 0; i < n; i++)
			y[i * ld + c] *= by;
	}
	return 0;
}

static float *roots(const struct rs_csr *x, struct rs_err *err)
{
	float *root = rs_array(x->n_rows, sizeof *root, err);

	for (uint32_t i = 0; root != NULL && i < x->n_rows; i++) {
		uint64_t n = x->row_ptr[i + 1] - x->row_ptr[i];

		root[i] = n > 0 ? 1 / sqrtf((float)n) : 0;
	}
	return root;
}

/* Shift and scale of column c of a side to mean 0 and variance 1. */
static void moments(const float *y, uint32_t n, size_t ld, size_t c, float *shift, float *scale)
{
	double sum = 0, squares = 0, var;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)y[i * ld + c];
	sum /= n;
	for (uint32_t i = 0; i < n; i++)
		squares += ((double)y[i * ld + c] - sum) * ((double)y[i * ld + c] - sum);
	var = squares / n;
	*shift = (float)sum;
	*scale = var > 1e-8 * sum * sum + 1e-20 ? (float)(1 / sqrt(var)) : 0; /* less is rounding */
}

static float log_count(uint64_t n)
{
	return logf(1 + (float)n);
}

/* Features of a side into its rows. y: n x k vectors, ld_y; shift and scale get k + 1 numbers. */
static void put_features(float *rows, size_t ld, const float *y, size_t ld_y, const struct rs_csr *x, size_t k, float *shift,
                         float *scale)
{
	uint32_t n = x->n_rows;

	for (size_t c = 0; c < k; c++)
		moments(y, n, ld_y, c, &shift[c], &scale[c]);
	for (uint32_t i = 0; i < n; i++)
		rows[i * ld + k] = log_count(x->row_ptr[i + 1] - x->row_ptr[i]);
	moments(rows, n, ld, k, &shift[k], &scale[k]);
	for (uint32_t i = 0; i < n; i++) {
		for (size_t c = 0; c < k; c++)
			rows[i * ld + c] = (y[i * ld_y + c] - shift[c]) * scale[c];
		rows[i * ld + k] = (rows[i * ld + k] - shift[k]) * scale[k];
		rows[i * ld + k + 1] = 1;
	}
}

struct work {
	size_t ld;
	float *u, *v, *root_u, *root_v, *scratch;
	double *gram, *value;
};

static int iterate(struct work *w, const struct rs_csr *x, const struct rs_csr *xt, size_t k, uint64_t seed, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < x->n_cols; i++)
		for (size_t c = 0; c < k; c++)
			w->v[i * w->ld + c] = (float)rs_rand_normal(seed, RS_RNG_INIT, i, (uint32_t)c);
	for (int round = 0; round < ROUNDS && rc == 0; round++) {
		if ((rc = multiply(x, w->root_u, w->root_v, w->v, w->u, w->ld, err)) < 0 ||
		    (rc = orthonormalize(w->u, x->n_rows, k, w->ld, w->gram, w->value, err)) < 0 ||
		    (rc = multiply(xt, w->root_v, w->root_u, w->u, w->v, w->ld, err)) < 0)
			break;
		rc = round + 1 < ROUNDS ? orthonormalize(w->v, x->n_cols, k, w->ld, w->gram, w->value, err) : 0;
	}
	return rc;
}

int rs_mf_implicit_make(struct rs_mf_implicit *m, const struct rs_csr *x, const struct rs_csr *xt, size_t k,
                        float *users, float *items, size_t ld, uint64_t seed, struct rs_err *err)
{
	struct work w = { .ld = RS_ROUND_LANES(k) };
	int rc = RS_ENOMEM;

	memset(m, 0, sizeof *m);
	m->k = k;
	if ((m->shift = rs_array0(k + 1, sizeof *m->shift, err)) == NULL ||
	    (m->scale = rs_array0(k + 1, sizeof *m->scale, err)) == NULL ||
	    (m->item = rs_array(x->n_cols * k, sizeof *m->item, err)) == NULL ||
	    (w.u = rs_array0(x->n_rows * w.ld, sizeof *w.u, err)) == NULL ||
	    (w.v = rs_array0(x->n_cols * w.ld, sizeof *w.v, err)) == NULL ||
	    (w.scratch = rs_array(2 * (k + 1), sizeof *w.scratch, err)) == NULL ||
	    (w.gram = rs_array(k * k, sizeof *w.gram, err)) == NULL ||
	    (w.value = rs_array(k, sizeof *w.value, err)) == NULL || (w.root_u = roots(x, err)) == NULL ||
	    (w.root_v = roots(xt, err)) == NULL || (k > 0 && (rc = iterate(&w, x, xt, k, seed, err)) < 0))
		goto out;
	put_features(items, ld, w.v, w.ld, xt, k, w.scratch, w.scratch + k + 1);
	if (k > 0 && ((rc = orthonormalize(w.v, x->n_cols, k, w.ld, w.gram, w.value, err)) < 0 ||
	              (rc = multiply(x, w.root_u, w.root_v, w.v, w.u, w.ld, err)) < 0))
		goto out;
	rc = 0;
	put_features(users, ld, w.u, w.ld, x, k, m->shift, m->scale);
	for (uint32_t i = 0; i < x->n_cols; i++)
		memcpy(m->item + i * k, w.v + i * w.ld, k * sizeof *m->item);
	m->log_min = INFINITY;
	for (uint32_t u = 0; u < x->n_rows; u++) {
		m->log_min = fminf(m->log_min, log_count(x->row_ptr[u + 1] - x->row_ptr[u]));
		m->log_max = fmaxf(m->log_max, log_count(x->row_ptr[u + 1] - x->row_ptr[u]));
	}
out:
	rs_free(w.u);
	rs_free(w.v);
	rs_free(w.root_u);
	rs_free(w.root_v);
	rs_free(w.scratch);
	rs_free(w.gram);
	rs_free(w.value);
	if (rc < 0)
		rs_mf_implicit_release(m);
	return rc;
}

void rs_mf_implicit_fold(const struct rs_mf_implicit *m, const uint32_t *item, size_t n, float *feature)
{
	float root = n > 0 ? 1 / sqrtf((float)n) : 0, count = fminf(fmaxf(log_count(n), m->log_min), m->log_max);
	size_t k = m->k;

	memset(feature, 0, (k + 1) * sizeof *feature);
	feature[k + 1] = 1;
	if (n == 0)
		return;
	for (size_t e = 0; e < n; e++)
		for (size_t c = 0; c < k; c++)
			feature[c] += m->item[item[e] * k + c];
	for (size_t c = 0; c < k; c++)
		feature[c] = (feature[c] * root - m->shift[c]) * m->scale[c];
	feature[k] = (count - m->shift[k]) * m->scale[k];
}

void rs_mf_implicit_release(struct rs_mf_implicit *m)
{
	rs_free(m->item);
	rs_free(m->shift);
	rs_free(m->scale);
	memset(m, 0, sizeof *m);
}
