/* ease.c -- item-item linear autoencoder with a closed form.
 *
 * Finds B minimising |X - XB|^2 + l2 |B|^2 with diag(B) = 0 [1]:  P = (X'X + l2 I)^-1, B_ij = -P_ij / P_jj, B_jj = 0. X is the
 * matrix of users and items; lambda in [1] is `l2` here. With dropout p the diagonal gets l2 + p / (1 - p) diag(X'X) [2].
 * score(u, j) = sum over i in the history of u of x_ui B_ij. Time of order n_items^3, memory 4 n_items^2 bytes while training:
 * 20,000 items need 1.6 GB. With `top` only the largest weights by target are kept, 8 top n_items bytes.
 *
 * [1] H. Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019.
 * [2] H. Steck, Autoencoders that don't overfit towards the Identity, NeurIPS 2020. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/dense.h"
#include "lib/recipe/links.h"

#include <math.h>
#include <string.h>

#define DENSE_ITEMS 8192 /* up to so many items all weights are kept by default */
#define TILE 64
#define AHEAD 8    /* users */
#define FETCHED 64 /* items */

static const struct rs_param params[] = {
	{ "l2", RS_PARAM_REAL, 1e-3, 1e9, 300, 10, 3000, RS_SCALE_LOG, NULL, "regularisation (lambda)" },
	{ "dropout", RS_PARAM_REAL, 0, .95, 0, 0, .8, RS_SCALE_LINEAR, NULL,
	  "share of the input that training leaves out in the mean (EDLAE)" },
	{ "top", RS_PARAM_INT, 0, 1e6, NAN, 0, 0, RS_SCALE_LINEAR, NULL,
	  "weights kept for each item to recommend; 0: all; auto: all up to 8,192 items, else 500" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct work {
	float *g; /* n x n: Gram matrix, then its inverse, then B transposed: row j holds the weights of target j */
	uint32_t n, top;
	struct rs_csr *x, *xt; /* given up after the Gram matrix */
	double l2, dropout;
	float *diagonal; /* of P */
};

/* The items of a user are far from those of the user before: their end is asked for some users early. */
static void fetch_end(const struct rs_csr *x, uint32_t u)
{
	const uint32_t *end = x->col + x->row_ptr[u + 1], *from = x->col + x->row_ptr[u];

	for (size_t back = 1; back <= FETCHED && (size_t)(end - from) >= back; back += 16)
		__builtin_prefetch(end - back);
}

/* row += v times the row of user u, for the items from i on. */
static void add_from(float *row, uint32_t i, const struct rs_csr *x, uint32_t u, float v)
{
	const uint32_t *from = x->col + x->row_ptr[u], *col = x->col + x->row_ptr[u + 1];

	if (x->val == NULL) {
		while (col > from && *--col >= i)
			row[*col] += v;
		return;
	}
	for (const float *val = x->val + x->row_ptr[u + 1]; col > from && *--col >= i;)
		row[*col] += v * *--val;
}

/* Rows of the upper triangle of the Gram matrix, each by one thread: users ascend, so the order of additions is fixed. */
static int gram_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct work *w = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < w->n ? lo + TILE : w->n;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++) {
		float *row = w->g + (size_t)i * w->n;

		memset(row, 0, w->n * sizeof *row);
		for (uint64_t e = w->xt->row_ptr[i]; e < w->xt->row_ptr[i + 1]; e++) {
			if (e + AHEAD < w->xt->row_ptr[i + 1])
				fetch_end(w->x, w->xt->col[e + AHEAD]);
			add_from(row, i, w->x, w->xt->col[e], w->xt->val == NULL ? 1 : w->xt->val[e]);
		}
		row[i] += (float)(w->l2 + w->dropout / (1 - w->dropout) * (double)row[i]);
	}
	rs_progress("ease: Gram matrix", hi, w->n, "items");
	return 0;
}

/* Row j of P (a column as well) becomes the weights of target j. */
static int weights_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct work *w = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < w->n ? lo + TILE : w->n;

	(void)worker;
	(void)err;
	for (uint32_t j = lo; j < hi; j++) {
		float *row = w->g + (size_t)j * w->n, scale = -1 / w->diagonal[j];

		for (uint32_t i = 0; i < w->n; i++)
			row[i] *= scale;
		row[j] = 0;
	}
	return 0;
}

static int solve(struct work *w, struct rs_links *m, struct rs_err *err)
{
	size_t n_tiles = (w->n + TILE - 1) / TILE;
	int rc;

	if ((rc = rs_tiles_run(n_tiles, gram_tile, w, err)) < 0)
		return rc;
	rs_csr_release(w->x);
	rs_csr_release(w->xt);
	if ((rc = rs_spd_invert(w->g, w->n, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < w->n; i++) {
		w->diagonal[i] = w->g[(size_t)i * w->n + i];
		if (!(w->diagonal[i] > 0) || !isfinite(w->diagonal[i]))
			return rs_fail(err, RS_EDATA, "ease: the inverse is not finite: a larger l2 helps");
	}
	if ((rc = rs_tiles_run(n_tiles, weights_tile, w, err)) < 0)
		return rc;
	return rs_item_weights_take(&m->w, &w->g, w->n, w->top, err);
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	static const struct rs_trim all = { 0, 1, 0, 1, 0 };
	uint32_t n = in->events->n_items;
	struct rs_csr x = { 0 }, xt = { 0 };
	struct work w = { .n = n, .x = &x, .xt = &xt, .l2 = rs_param(p, "l2"), .dropout = rs_param(p, "dropout") };
	struct rs_links *m = rs_links_new(p, err);
	double top = rs_param(p, "top");
	int rc = RS_ENOMEM;

	if (m == NULL)
		return rc;
	w.top = isnan(top) ? (n <= DENSE_ITEMS ? 0 : 500) : (uint32_t)top;
	if (w.top >= n)
		w.top = 0;
	if ((rc = rs_mem_require((uint64_t)n * n * 4 + rs_spd_invert_bytes(n) + (uint64_t)n * w.top * 16, "ease",
	                         "itemknn and als need less", err)) < 0 ||
	    (rc = rs_history_matrix(&x, in->events, &all, err)) < 0)
		goto out;
	rs_train_spend(in);
	if ((rc = rs_csr_transpose(&xt, &x, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((w.g = rs_array((size_t)n * n, sizeof *w.g, err)) == NULL ||
	    (w.diagonal = rs_array(n, sizeof *w.diagonal, err)) == NULL || (rc = solve(&w, m, err)) < 0)
		goto out;
	*state = m;
	m = NULL;
	rc = 0;
out:
	rs_free(w.g);
	rs_free(w.diagonal);
	rs_csr_release(&x);
	rs_csr_release(&xt);
	rs_links_free(m);
	return rc;
}

extern const struct rs_recipe rs_recipe_ease;
const struct rs_recipe rs_recipe_ease = {
	.name = "ease",
	.summary = "linear weights between items in closed form; the best of the simple where its matrix fits",
	.params = params,
	.no_times = true,
	.negative_weights = true,
	.train = train,
	RS_LINKS_MEMBERS,
};
