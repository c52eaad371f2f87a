/* als_cells.c -- what an event weighs: c_ui = w_ui (n_u / mean n_u)^-g (n_i / mean n_i)^-h.
 *
 * n_u is the number of items of the history at hand, n_i that of the users of the item at training. g = h = 0 is plain ALS;
 * above 0 the events of busy people and of popular items say less, as in the graph filters that divide by degrees (LightGCN,
 * GF-CF), which makes better lists. The means are those of the training, and the factors of items stand in the model. */
#include "lib/recipe/als.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/matrix.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>

#define TILE 64 /* rows */
#define CHUNK_SCALE RS_KIND('I', 'S', 'C', 'L')

/* What the items at hand make of the weights of a user of n of them. */
static float user_part(const struct rs_als *m, uint64_t n)
{
	return n > 0 ? (float)pow((double)n, -m->user_exponent) : 0;
}

static uint64_t row_length(const struct rs_csr *x, uint32_t row)
{
	return x->row_ptr[row + 1] - x->row_ptr[row];
}

int rs_als_scale_make(struct rs_als *m, const struct rs_csr *xt, struct rs_err *err)
{
	double n = (double)xt->row_ptr[xt->n_rows], mean_user = n / xt->n_cols, mean_item = n / m->n_warm;

	if (m->user_exponent == 0 && m->item_exponent == 0)
		return 0;
	if ((m->scale = rs_array(xt->n_rows, sizeof *m->scale, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < xt->n_rows; i++) {
		double users = row_length(xt, i) > 0 ? (double)row_length(xt, i) : 1;

		m->scale[i] = (float)(pow(mean_user, m->user_exponent) * pow(users / mean_item, -m->item_exponent));
	}
	return 0;
}

const float *rs_als_row_cells(const struct rs_als *m, const struct rs_csr *x, uint32_t u, float *room)
{
	uint64_t n = row_length(x, u);
	const uint32_t *item = x->col + x->row_ptr[u];
	const float *val = x->val == NULL ? NULL : x->val + x->row_ptr[u];
	float f = user_part(m, n);

	if (m->scale == NULL)
		return val;
	for (uint64_t e = 0; e < n; e++)
		room[e] = (val == NULL ? 1 : val[e]) * (f * m->scale[item[e]]);
	return room;
}

struct scaling {
	const struct rs_als *m;
	struct rs_csr *xt;
	float *user; /* the parts of the users */
	bool raw;    /* xt has weights already, of the events */
};

static int scale_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct scaling *s = ctx;
	struct rs_csr *xt = s->xt;
	uint32_t lo = (uint32_t)tile * TILE, hi = xt->n_rows - lo < TILE ? xt->n_rows : lo + TILE;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++)
		for (uint64_t e = xt->row_ptr[i]; e < xt->row_ptr[i + 1]; e++)
			xt->val[e] = (s->raw ? xt->val[e] : 1) * (s->user[xt->col[e]] * s->m->scale[i]);
	return 0;
}

int rs_als_scale_columns(const struct rs_als *m, struct rs_csr *xt, const struct rs_csr *x, struct rs_err *err)
{
	struct scaling s = { .m = m, .xt = xt, .raw = xt->val != NULL };
	int rc = RS_ENOMEM;

	if (m->scale == NULL)
		return 0;
	if ((s.user = rs_array(x->n_rows, sizeof *s.user, err)) == NULL
	    || (!s.raw && (xt->val = rs_array(x->row_ptr[x->n_rows], sizeof *xt->val, err)) == NULL))
		goto out;
	for (uint32_t u = 0; u < x->n_rows; u++)
		s.user[u] = user_part(m, row_length(x, u));
	rc = rs_tiles_run(((size_t)xt->n_rows + TILE - 1) / TILE, scale_tile, &s, err);
out:
	rs_free(s.user);
	return rc;
}

/* The cells of x, whose weights are made where all were 1, times what user and item make of them. */
int rs_als_scale_apply(const struct rs_als *m, struct rs_csr *x, struct rs_err *err)
{
	uint64_t n = x->row_ptr[x->n_rows];

	if (m->scale == NULL)
		return 0;
	if (x->val == NULL) {
		if ((x->val = rs_array(n, sizeof *x->val, err)) == NULL)
			return RS_ENOMEM;
		for (uint64_t e = 0; e < n; e++)
			x->val[e] = 1;
	}
	for (uint32_t u = 0; u < x->n_rows; u++) {
		float f = user_part(m, row_length(x, u));

		for (uint64_t e = x->row_ptr[u]; e < x->row_ptr[u + 1]; e++)
			x->val[e] *= f * m->scale[x->col[e]];
	}
	return 0;
}

static int check_weights(struct rs_csr *x, struct rs_err *err)
{
	for (uint64_t i = 0; x->val != NULL && i < x->row_ptr[x->n_rows]; i++) {
		if (x->val[i] >= 0 && isfinite(x->val[i]))
			continue;
		rs_fail(err, RS_EDATA, "als: weight %g of an event: expected 0 or more", (double)x->val[i]);
		rs_csr_release(x);
		return RS_EDATA;
	}
	return 0;
}

int rs_als_cells(struct rs_csr *x, const struct rs_events *e, struct rs_err *err)
{
	int rc = rs_matrix_from_events(x, e, RS_REPEATS_MAX, err);

	return rc < 0 ? rc : check_weights(x, err);
}

int rs_als_cells_as_they_came(struct rs_csr *x, const struct rs_train_in *in, struct rs_err *err)
{
	int rc = rs_matrix_as_they_came(x, in->events, in->spent, err);

	return rc < 0 ? rc : check_weights(x, err);
}

int rs_als_scale_save(const struct rs_als *m, struct rs_writer *w, struct rs_err *err)
{
	return m->scale == NULL ? 0 :
	                          rs_stored_put_floats(w, CHUNK_SCALE, 0, RS_PACK_RAW, m->scale, m->items.n, err);
}

int rs_als_scale_load(struct rs_als *m, struct rs_reader *r, struct rs_err *err)
{
	if (m->user_exponent == 0 && m->item_exponent == 0)
		return 0;
	return rs_stored_floats(&m->scale, r, CHUNK_SCALE, 0, m->items.n, FLT_TRUE_MIN, "the scales of items", err);
}
