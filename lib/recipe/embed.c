/* embed.c -- rows of a sparse matrix as short vectors. */
#include "lib/recipe/embed.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/num/dense.h"
#include "lib/num/isa.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define EXTRA 16 /* more directions than asked for: they make the last of those asked for better */
#define TURNS 3
#define TILE 64
#define LEAST 1e-6 /* of the largest eigenvalue: below is noise */

size_t rs_embed_width(const struct rs_csr *f, size_t wanted)
{
	size_t rank = f->n_rows < f->n_cols ? f->n_rows : f->n_cols;

	return wanted < rank ? wanted : rank;
}

/* out = f dense. */
struct product {
	const struct rs_csr *f;
	const float *dense;
	float *out;
	size_t ld;
};

static int product_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct product *p = ctx;
	const struct rs_csr *f = p->f;
	uint32_t lo = (uint32_t)tile * TILE, hi = f->n_rows - lo < TILE ? f->n_rows : lo + TILE;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++) {
		uint64_t e = f->row_ptr[i];
		struct rs_rows_of rows = { p->dense, p->ld, f->col + e, (size_t)(f->row_ptr[i + 1] - e) };
		float *y = p->out + i * p->ld;

		memset(y, 0, p->ld * sizeof *y);
		rs_isa()->add_rows(y, p->ld, rows, f->val == NULL ? NULL : f->val + e);
	}
	return 0;
}

static int multiply(float *out, const struct rs_csr *f, const float *dense, size_t ld, struct rs_err *err)
{
	struct product p = { f, dense, out, ld };

	return rs_tiles_run(((size_t)f->n_rows + TILE - 1) / TILE, product_tile, &p, err);
}

struct work {
	size_t k, ld;   /* directions; row stride */
	double *v, *value; /* k x k, k */
};

/* y (n rows) in its own principal directions, largest first, each times scale(eigenvalue). */
static int turn(float *y, size_t n, const struct work *w, double (*scale)(double value, double ridge), double ridge,
                struct rs_err *err)
{
	size_t k = w->k;
	int rc;

	if ((rc = rs_gram(w->v, y, n, k, w->ld, err)) < 0 || (rc = rs_eigen(w->v, w->value, k, err)) < 0)
		return rc;
	for (size_t i = 0; i < k / 2; i++) { /* largest first */
		double t = w->value[i];

		w->value[i] = w->value[k - 1 - i];
		w->value[k - 1 - i] = t;
		for (size_t c = 0; c < k; c++) {
			t = w->v[i * k + c];
			w->v[i * k + c] = w->v[(k - 1 - i) * k + c];
			w->v[(k - 1 - i) * k + c] = t;
		}
	}
	for (size_t i = 0; i < k; i++)
		for (size_t c = 0; c < k; c++)
			w->v[i * k + c] *= w->value[i] > LEAST * w->value[0] ? scale(w->value[i], ridge) : 0;
	return rs_rotate(y, n, k, w->ld, w->v, err);
}

static double to_length_1(double value, double ridge)
{
	(void)ridge;
	return 1 / sqrt(value);
}

/* From U s: its columns have length s. */
static double to_regression(double value, double ridge)
{
	return 1 / sqrt(value + ridge);
}

/* n rows of w->ld to start from: random, or those of the identity. */
struct start {
	float *x;
	size_t n, k, ld;
	uint64_t seed;
	bool identity;
};

static int start_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct start *s = ctx;
	size_t lo = tile * TILE, hi = s->n - lo < TILE ? s->n : lo + TILE;

	(void)worker;
	(void)err;
	for (size_t i = lo; i < hi; i++)
		for (size_t c = 0; c < s->ld; c++)
			s->x[i * s->ld + c] = s->identity ? i == c :
			                      c < s->k    ? (float)rs_rand_normal(s->seed, RS_RNG_EMBED, i, (uint32_t)c) : 0;
	return 0;
}

/* Orthonormal directions in b (columns of f) that hold the largest values: all there are where k covers the columns or the
 * rows, else those that a random start turns to. a: room for rows. */
static int find_directions(float *a, float *b, const struct rs_csr *f, const struct rs_csr *ft, const struct work *w,
                           uint64_t seed, struct rs_err *err)
{
	bool all_columns = w->k == f->n_cols, all_rows = !all_columns && w->k == f->n_rows;
	struct start s = { all_rows ? a : b, all_rows ? f->n_rows : f->n_cols, w->k, w->ld, seed, all_rows || all_columns };
	int rc = rs_tiles_run((s.n + TILE - 1) / TILE, start_tile, &s, err);

	if (rc < 0 || all_columns)
		return rc;
	for (int i = 0; i < TURNS && !all_rows; i++)
		if ((rc = multiply(a, f, b, w->ld, err)) < 0 || (rc = turn(a, f->n_rows, w, to_length_1, 0, err)) < 0 ||
		    (rc = multiply(b, ft, a, w->ld, err)) < 0 || (rc = turn(b, f->n_cols, w, to_length_1, 0, err)) < 0)
			return rc;
	if (all_rows && (rc = multiply(b, ft, a, w->ld, err)) == 0)
		rc = turn(b, f->n_cols, w, to_length_1, 0, err);
	return rc;
}

int rs_embed(float *y, size_t ld, size_t d, const struct rs_csr *f, double ridge, uint64_t seed, struct rs_err *err)
{
	struct work w = { .k = rs_embed_width(f, d + EXTRA) };
	struct rs_csr ft = { 0 };
	float *a = NULL, *b = NULL;
	int rc;

	w.ld = RS_ROUND_LANES(w.k);
	if ((rc = rs_mem_require(((uint64_t)f->n_rows + f->n_cols) * w.ld * sizeof *a + 40 * (uint64_t)w.k * w.ld,
	                         "the vectors of items", "fewer dimensions need less", err)) < 0 ||
	    (rc = rs_csr_transpose(&ft, f, err)) < 0)
		return rc;
	rc = RS_ENOMEM;
	if ((a = rs_array((size_t)f->n_rows * w.ld, sizeof *a, err)) == NULL ||
	    (b = rs_array((size_t)f->n_cols * w.ld, sizeof *b, err)) == NULL ||
	    (w.v = rs_array(w.k * w.k, sizeof *w.v, err)) == NULL || (w.value = rs_array(w.k, sizeof *w.value, err)) == NULL)
		goto out;
	if ((rc = find_directions(a, b, f, &ft, &w, seed, err)) < 0 ||
	    (rc = multiply(a, f, b, w.ld, err)) < 0 || /* U s */
	    (rc = turn(a, f->n_rows, &w, to_regression, ridge, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < f->n_rows; i++)
		for (size_t c = 0; c < ld; c++)
			y[i * ld + c] = c < d ? a[i * w.ld + c] : 0;
out:
	rs_csr_release(&ft);
	rs_free(a);
	rs_free(b);
	rs_free(w.v);
	rs_free(w.value);
	return rc;
}
