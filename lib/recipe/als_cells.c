/* als_cells.c -- what an event weighs: c_ui = w_ui (n_u / mean n_u)^-g (n_i / mean n_i)^-h.
 *
 * n_u is the number of items of the history at hand, n_i that of the users of the item at training. g = h = 0 is plain ALS;
 * above 0 the events of busy people and of popular items say less, as in the graph filters that divide by degrees (LightGCN,
 * GF-CF), which makes better lists. The means are those of the training, and the factors of items stand in the model. */
#include "lib/recipe/als.h"

#include "lib/base/mem.h"
#include "lib/recipe/matrix.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>

#define CHUNK_SCALE RS_KIND('I', 'S', 'C', 'L')

int rs_als_scale_make(struct rs_als *m, const struct rs_csr *x, struct rs_err *err)
{
	double n = (double)x->row_ptr[x->n_rows], mean_user = n / x->n_rows, mean_item = n / m->n_warm;

	if (m->user_exponent == 0 && m->item_exponent == 0)
		return 0;
	if ((m->scale = rs_array0(x->n_cols, sizeof *m->scale, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t e = 0; e < x->row_ptr[x->n_rows]; e++)
		m->scale[x->col[e]] += 1;
	for (uint32_t i = 0; i < x->n_cols; i++) {
		double users = m->scale[i] > 0 ? (double)m->scale[i] : 1;

		m->scale[i] = (float)(pow(mean_user, m->user_exponent) * pow(users / mean_item, -m->item_exponent));
	}
	return 0;
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
		uint64_t lo = x->row_ptr[u], hi = x->row_ptr[u + 1];
		float f = hi > lo ? (float)pow((double)(hi - lo), -m->user_exponent) : 0;

		for (uint64_t e = lo; e < hi; e++)
			x->val[e] *= f * m->scale[x->col[e]];
	}
	return 0;
}

int rs_als_cells(struct rs_csr *x, const struct rs_events *e, struct rs_err *err)
{
	int rc = rs_matrix_from_events(x, e, RS_REPEATS_MAX, err);

	for (uint64_t i = 0; rc == 0 && x->val != NULL && i < x->row_ptr[x->n_rows]; i++)
		if (!(x->val[i] >= 0) || !isfinite(x->val[i]))
			rc = rs_fail(err, RS_EDATA, "als: weight %g of an event: expected 0 or more",
			             (double)x->val[i]);
	if (rc < 0)
		rs_csr_release(x);
	return rc;
}

int rs_als_scale_save(const struct rs_als *m, struct rs_writer *w, struct rs_err *err)
{
	return m->scale == NULL ? 0 :
	                          rs_writer_chunk(w, CHUNK_SCALE, 0, RS_PACK_RAW, 4, m->scale, m->items.n, err);
}

int rs_als_scale_load(struct rs_als *m, struct rs_reader *r, struct rs_err *err)
{
	if (m->user_exponent == 0 && m->item_exponent == 0)
		return 0;
	return rs_stored_floats(&m->scale, r, CHUNK_SCALE, 0, m->items.n, FLT_TRUE_MIN, "the scales of items", err);
}
