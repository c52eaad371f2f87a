/* mf_people.c -- people of the recipe mf: a user solved from what they rated, and what the samples say of pairs. */
#include "lib/recipe/mf.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/num/isa.h"
#include "lib/recipe/matrix.h"

#include <math.h>

/* ---- ratings ---- */

int rs_mf_matrix(struct rs_csr *x, const struct rs_events *e, struct rs_err *err)
{
	struct rs_events values = *e;
	uint64_t n;
	int rc;

	values.weight = e->value;
	if ((rc = rs_matrix_from_events(x, &values, RS_REPEATS_LAST, err)) < 0)
		return rc;
	n = x->row_ptr[x->n_rows];
	if (x->val != NULL)
		return 0;
	if ((x->val = rs_array(n, sizeof *x->val, err)) == NULL) {
		rs_csr_release(x);
		return RS_ENOMEM;
	}
	for (uint64_t i = 0; i < n; i++)
		x->val[i] = NAN;
	return 0;
}

void rs_mf_standardize(const struct rs_mf *m, struct rs_csr *x)
{
	for (uint64_t i = 0; i < x->row_ptr[x->n_rows]; i++)
		x->val[i] = (float)(((double)x->val[i] - m->mean) / m->sd);
}

/* ---- people ---- */

struct query {
	uint32_t n;
	size_t ld;
	float *x;     /* n_samples x n x ld: the last of the d numbers is the bias */
	float *stray; /* the same: a draw of how far the user may be from there */

	/* for products with all items: the ratings of a user are base + the sum over the samples of side'y */
	float *side;  /* n_samples of n rows of ld in panels of mr: x, with 1 for the bias, by sd / n_samples */
	float *base;  /* n: the mean of values and the user's bias */
	float *panel; /* items of a product */
};

void rs_mf_query_free(void *query)
{
	struct query *q = query;

	if (q == NULL)
		return;
	rs_free(q->x);
	rs_free(q->stray);
	rs_free(q->side);
	rs_free(q->base);
	rs_free(q->panel);
	rs_free(q);
}

/* Rows of items lo .. hi of every sample, verified where they come from a file. */
static int touch(const struct rs_mf *m, uint32_t lo, uint32_t hi, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t s = 0; s < m->n_samples && m->r != NULL && rc == 0; s++)
		rc = rs_reader_touch(m->r, m->chunk, (s * ((uint64_t)m->n_items + 1) + lo) * m->shape.ld,
		                     (uint64_t)(hi - lo) * m->shape.ld, err);
	return rc;
}

static const float *sample_items(const struct rs_mf *m, uint32_t s)
{
	return m->item + s * ((size_t)m->n_items + 1) * m->shape.ld;
}

/* What a user had (have) and rated (item, rating): the features come from the first, the solve from the others. */
static int fold_in(const struct rs_mf *m, struct rs_mf_scratch *w, struct query *q, uint32_t u, const struct rs_csr *h,
                   uint32_t *item, float *rating, float *feature, const float *noise, struct rs_err *err)
{
	uint64_t e = h->row_ptr[u];
	size_t n = (size_t)(h->row_ptr[u + 1] - e), rated = 0, d = m->shape.d;

	for (size_t i = 0; i < n; i++) {
		if (isnan(h->val[e + i]))
			continue;
		item[rated] = h->col[e + i];
		rating[rated++] = h->val[e + i];
	}
	rs_mf_implicit_fold(&m->implicit, h->col + e, n, feature);
	for (uint32_t s = 0; s < m->n_samples; s++) {
		struct rs_mf_prior prior = { m->prior_w + s * m->shape.p * d, m->precision + s * d * d, m->alpha[s] };
		int rc = rs_mf_row(w, &m->shape, &prior, feature, sample_items(m, s), m->shape.ld, item, rating, rated,
		                   noise + s * q->ld, q->x + ((size_t)s * q->n + u) * q->ld,
		                   q->stray + ((size_t)s * q->n + u) * q->ld, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Floats of the panels of one sample. */
static size_t side_floats(const struct query *q)
{
	size_t mr = rs_isa()->mr;

	return (q->n + mr - 1) / mr * mr * q->ld;
}

/* x as products want it. */
static int make_sides(const struct rs_mf *m, struct query *q, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	size_t bias = m->shape.d - 1, size = side_floats(q);
	float *row = rs_array0(k->mr * q->ld, sizeof *row, err), scale = (float)(m->sd / m->n_samples);

	if (row == NULL || (q->side = rs_array(m->n_samples * size, sizeof *q->side, err)) == NULL ||
	    (q->base = rs_array(q->n, sizeof *q->base, err)) == NULL ||
	    (q->panel = rs_array(q->ld * RS_PANEL, sizeof *q->panel, err)) == NULL) {
		rs_free(row);
		return RS_ENOMEM;
	}
	for (uint32_t u = 0; u < q->n; u++)
		q->base[u] = (float)m->mean;
	for (uint32_t s = 0; s < m->n_samples; s++)
		for (uint32_t u = 0; u < q->n; u += (uint32_t)k->mr) {
			size_t n = q->n - u < k->mr ? q->n - u : k->mr;

			for (size_t i = 0; i < n; i++) {
				const float *x = q->x + ((size_t)s * q->n + u + i) * q->ld;

				for (size_t j = 0; j < bias; j++)
					row[i * q->ld + j] = x[j] * scale;
				row[i * q->ld + bias] = scale;
				q->base[u + i] += x[bias] * scale;
			}
			k->pack_rows(q->side + s * size + u * q->ld, k->mr, (struct rs_rows_of){ row, q->ld, NULL, n },
			             q->ld, NULL);
		}
	rs_free(row);
	return 0;
}

int rs_mf_query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	const struct rs_mf *m = state;
	struct query *q = rs_array0(1, sizeof *q, err);
	struct rs_mf_scratch *w = NULL;
	struct rs_csr x = { 0 };
	float *rating = NULL, *feature = NULL, *noise = NULL;
	uint32_t *item = NULL;
	uint64_t n;
	int rc = RS_ENOMEM;

	if (q == NULL)
		return rc;
	q->n = who->events->n_users;
	q->ld = m->shape.ld;
	if ((rc = rs_mf_matrix(&x, who->events, err)) < 0)
		goto out;
	rs_mf_standardize(m, &x);
	n = x.row_ptr[x.n_rows];
	for (uint64_t i = 0; i < n && rc == 0; i++)
		rc = touch(m, x.col[i], x.col[i] + 1, err);
	if (rc < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((q->x = rs_array0((size_t)m->n_samples * q->n * q->ld, sizeof *q->x, err)) == NULL ||
	    (q->stray = rs_array0((size_t)m->n_samples * q->n * q->ld, sizeof *q->stray, err)) == NULL ||
	    (noise = rs_array(m->n_samples * q->ld, sizeof *noise, err)) == NULL ||
	    (item = rs_array(n, sizeof *item, err)) == NULL || (rating = rs_array(n, sizeof *rating, err)) == NULL ||
	    (feature = rs_array(m->shape.p, sizeof *feature, err)) == NULL ||
	    (rc = rs_mf_scratch_new(&w, m->shape.d, err)) < 0)
		goto out;
	for (uint32_t k = 0; k < m->n_samples; k++) /* the same for all, so that nobody hangs on the company */
		for (size_t i = 0; i < q->ld; i++)
			noise[k * q->ld + i] = (float)rs_rand_normal(0, RS_RNG_STRAY, k, (uint32_t)i);
	for (uint32_t u = 0; u < q->n && rc == 0; u++)
		rc = fold_in(m, w, q, u, &x, item, rating, feature, noise, err);
	if (rc == 0 && (rc = make_sides(m, q, err)) == 0) {
		*out = q;
		q = NULL;
	}
out:
	rs_mf_scratch_free(w);
	rs_csr_release(&x);
	rs_free(item);
	rs_free(rating);
	rs_free(feature);
	rs_free(noise);
	rs_mf_query_free(q);
	return rc;
}

/* ---- answers ---- */

static int rate(const struct rs_mf *m, const struct query *q, uint32_t u, uint32_t item, float *out, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	size_t d = m->shape.d;
	double sum = 0, value;

	for (uint32_t s = 0; s < m->n_samples; s++) {
		const float *x = q->x + ((size_t)s * q->n + u) * q->ld, *y = sample_items(m, s) + item * m->shape.ld;

		sum += (double)(k->dot(x, y, d - 1) + x[d - 1] + y[d - 1]);
	}
	value = m->mean + m->sd * sum / m->n_samples;
	if (!isfinite(value))
		return rs_fail(err, RS_EDATA, "mf: factors are out of range");
	*out = (float)value;
	return 0;
}

int rs_mf_predict(const void *state, const void *query_state, const struct rs_pairs *pairs, float *out, struct rs_err *err)
{
	const struct rs_mf *m = state;

	for (size_t i = 0; i < pairs->n; i++) {
		uint32_t item = pairs->item[i] == RS_NONE ? m->n_items : pairs->item[i];
		int rc;

		if ((rc = touch(m, item, item + 1, err)) < 0 ||
		    (rc = rate(m, query_state, pairs->who[i], item, &out[i], err)) < 0)
			return rc;
		out[i] = fminf(fmaxf(out[i], (float)m->min), (float)m->max);
	}
	return 0;
}

/* Noise, and how far the samples are apart, of which each has the user stray once. Of an item that nobody rated no sample
 * tells more than that its ratings are some values. */
int rs_mf_deviation(const void *state, const void *query_state, const struct rs_pairs *pairs, float *out, struct rs_err *err)
{
	const struct rs_mf *m = state;
	const struct query *q = query_state;
	const struct rs_kernels *k = rs_isa();
	size_t d = m->shape.d;

	for (size_t i = 0; i < pairs->n; i++) {
		double sum = 0, squares = 0, noise = 0, n = m->n_samples;
		uint32_t item = pairs->item[i];
		int rc;

		out[i] = (float)m->sd;
		if (item == RS_NONE)
			continue;
		if ((rc = touch(m, item, item + 1, err)) < 0)
			return rc;
		for (uint32_t s = 0; s < m->n_samples; s++) {
			size_t at = ((size_t)s * q->n + pairs->who[i]) * q->ld;
			const float *x = q->x + at, *stray = q->stray + at, *y = sample_items(m, s) + item * m->shape.ld;
			double v = (double)(k->dot(x, y, d - 1) + k->dot(stray, y, d - 1) + x[d - 1] + stray[d - 1] + y[d - 1]);

			sum += v;
			squares += v * v;
			noise += 1 / (double)m->alpha[s];
		}
		out[i] = (float)(m->sd * sqrt(noise / n + (n > 1 ? fmax(squares - sum * sum / n, 0) / (n - 1) : 0)));
		if (!isfinite(out[i]))
			return rs_fail(err, RS_EDATA, "mf: factors are out of range");
	}
	return 0;
}

/* A column of the output is an item, of which at most RS_PANEL are done at once. */
int rs_mf_score(const void *state, const void *query_state, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                 struct rs_err *err)
{
	const struct rs_mf *m = state;
	const struct query *q = query_state;
	const struct rs_kernels *k = rs_isa();
	size_t size = side_floats(q);
	bool bad = false;
	int rc;

	if ((rc = touch(m, lo, hi, err)) < 0)
		return rc;
	for (uint32_t i = lo; i < hi; i += RS_PANEL) {
		size_t n = hi - i < RS_PANEL ? hi - i : RS_PANEL;
		float *out = scores + (i - lo);

		for (uint32_t u = 0; u < q->n; u++)
			for (size_t j = 0; j < n; j++)
				out[u * ld + j] = q->base[u];
		for (uint32_t s = 0; s < m->n_samples; s++) {
			struct rs_rows_of rows = { sample_items(m, s) + i * q->ld, q->ld, NULL, n };

			k->pack_rows(q->panel, RS_PANEL, rows, q->ld, NULL);
			k->tn(RS_TN_ADD, out, ld, q->n, n, q->ld, q->side + s * size, k->mr, q->ld * k->mr, q->panel, RS_PANEL);
		}
		for (uint32_t u = 0; u < q->n; u++)
			for (size_t j = 0; j < n; j++)
				bad |= !isfinite(out[u * ld + j]);
	}
	return bad ? rs_fail(err, RS_EDATA, "mf: factors are out of range") : 0;
}
