/* situation.c -- lifts of items by the situation in which people ask: learned, applied, kept. */
#include "lib/recipe/situation.h"

#include "lib/base/mem.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LIFT_MAX 1e12 /* of events with enormous weights */
#define CHUNK_FIRST RS_KIND('T', 'F', 'I', 'R')
#define CHUNK_BASE RS_KIND('T', 'B', 'A', 'S')
#define CHUNK_PTR RS_KIND('T', 'P', 'T', 'R')
#define CHUNK_ITEM RS_KIND('T', 'I', 'T', 'M')
#define CHUNK_GAIN RS_KIND('T', 'G', 'A', 'I')

void rs_situation_release(struct rs_situation *s)
{
	rs_free(s->first);
	rs_free(s->base);
	rs_csr_release(&s->gain);
	memset(s, 0, sizeof *s);
}

int rs_situation_of_events(struct rs_csr *context, const struct rs_features *f, const struct rs_events *e,
                           const struct rs_dataset *d, struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users];
	struct rs_row_set rows = { .n = (uint32_t)n };
	uint32_t *row;
	int rc;

	memset(context, 0, sizeof *context);
	if (f == NULL || f->n == 0 || d == NULL || e->place == NULL)
		return 0;
	if (n > UINT32_MAX || d->n_events > UINT32_MAX)
		return rs_fail(err, RS_EDATA, "more than 4294967295 events with context");
	if ((row = rs_array(n, sizeof *row, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i < n; i++)
		row[i] = (uint32_t)e->place[i];
	rows.row = row;
	rc = rs_features_apply(context, f, d->context, d->n_context, &rows, err);
	rs_free(row);
	return rc;
}

/* ---- learning ---- */

struct learning {
	const struct rs_events *e;
	const struct rs_csr *context;
	struct rs_csr by_feature; /* features x events */
	double *n_j, *n_fj;       /* by item, of the column and of the feature at hand */
	uint64_t *last;           /* by event: 1 + the column that it was counted in */
	double prior;
	size_t cap_item, cap_gain;
};

static double weight_of(const struct rs_events *e, uint64_t k)
{
	return e->weight == NULL ? 1 : (double)e->weight[k];
}

/* Item by item what the events of feature v weigh; their sum. */
static double count_feature(struct learning *l, uint32_t v)
{
	double sum = 0;

	memset(l->n_fj, 0, l->e->n_items * sizeof *l->n_fj);
	for (uint64_t o = l->by_feature.row_ptr[v]; o < l->by_feature.row_ptr[v + 1]; o++) {
		uint32_t k = l->by_feature.col[o];

		l->n_fj[l->e->item[k]] += weight_of(l->e, k);
		sum += weight_of(l->e, k);
	}
	return sum;
}

/* The events with any value of the column. */
static double count_column(struct learning *l, uint32_t c, uint32_t from, uint32_t to)
{
	double sum = 0;

	memset(l->n_j, 0, l->e->n_items * sizeof *l->n_j);
	for (uint64_t o = l->by_feature.row_ptr[from]; o < l->by_feature.row_ptr[to]; o++) {
		uint32_t k = l->by_feature.col[o];

		if (l->last[k] == c + 1)
			continue;
		l->last[k] = c + 1;
		l->n_j[l->e->item[k]] += weight_of(l->e, k);
		sum += weight_of(l->e, k);
	}
	return sum;
}

/* Row v of the gains. share: P(f). */
static int add_gains(struct rs_situation *s, struct learning *l, uint32_t v, double share, double exponent, struct rs_err *err)
{
	struct rs_csr *g = &s->gain;
	uint64_t n = g->row_ptr[v];

	for (uint32_t i = 0; i < s->n_items && share > 0 && exponent != 0; i++) {
		if (!(l->n_fj[i] > 0))
			continue;
		if (rs_grow(&g->col, &l->cap_item, n + 1, sizeof *g->col, err) < 0 ||
		    rs_grow(&g->val, &l->cap_gain, n + 1, sizeof *g->val, err) < 0)
			return RS_ENOMEM;
		g->col[n] = i;
		g->val[n++] = (float)fmin(LIFT_MAX, pow(1 + l->n_fj[i] / (l->prior * share), exponent));
	}
	g->row_ptr[v + 1] = n;
	return 0;
}

static int learn_column(struct rs_situation *s, struct learning *l, uint32_t c, double exponent, struct rs_err *err)
{
	double total = count_column(l, c, s->first[c], s->first[c + 1]);
	int rc = 0;

	for (uint32_t v = s->first[c]; v < s->first[c + 1] && rc == 0; v++) {
		double n = count_feature(l, v);

		rc = add_gains(s, l, v, total > 0 ? n / total : 0, exponent, err);
	}
	for (uint32_t i = 0; i < s->n_items; i++)
		s->base[(size_t)c * s->n_items + i] = (float)fmax(1 / LIFT_MAX, pow(l->prior / (l->n_j[i] + l->prior),
		         exponent));
	return rc;
}

static int make_room(struct rs_situation *s, struct learning *l, const struct rs_features *f, struct rs_err *err)
{
	uint32_t n = s->n_items;

	if ((s->first = rs_array((size_t)f->n_columns + 1, sizeof *s->first, err)) == NULL ||
	    (s->base = rs_array((size_t)f->n_columns * n, sizeof *s->base, err)) == NULL ||
	    (s->gain.row_ptr = rs_array0((size_t)f->n + 1, sizeof *s->gain.row_ptr, err)) == NULL ||
	    (s->gain.col = rs_array(0, sizeof *s->gain.col, err)) == NULL ||
	    (s->gain.val = rs_array(0, sizeof *s->gain.val, err)) == NULL ||
	    (l->n_j = rs_array(n, sizeof *l->n_j, err)) == NULL || (l->n_fj = rs_array(n, sizeof *l->n_fj, err)) == NULL ||
	    (l->last = rs_array0(l->e->row_ptr[l->e->n_users], sizeof *l->last, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t c = 0; c < f->n_columns; c++)
		s->first[c] = f->column[c].first;
	s->first[f->n_columns] = f->n;
	s->gain.n_rows = f->n;
	s->gain.n_cols = n;
	s->n_columns = f->n_columns;
	return 0;
}

int rs_situation_learn(struct rs_situation *s, const struct rs_features *f, const struct rs_events *e,
                       const struct rs_csr *context, const double *exponent, double prior, struct rs_err *err)
{
	struct learning l = { .e = e, .context = context, .prior = prior };
	int rc;

	*s = (struct rs_situation){ .n_items = e->n_items };
	if ((rc = make_room(s, &l, f, err)) == 0)
		rc = rs_csr_transpose(&l.by_feature, context, err);
	for (uint32_t c = 0; c < f->n_columns && rc == 0; c++)
		rc = learn_column(s, &l, c, exponent[c], err);
	rs_csr_release(&l.by_feature);
	rs_free(l.n_j);
	rs_free(l.n_fj);
	rs_free(l.last);
	if (rc < 0)
		rs_situation_release(s);
	return rc;
}

/* ---- asking ---- */

static float lifted(float score, float lift)
{
	return score > 0 ? score * lift : score / lift;
}

static void add_feature(const struct rs_csr *gain, uint32_t v, size_t n_values, uint32_t lo, uint32_t hi, float *scores)
{
	for (uint64_t e = gain->row_ptr[v]; e < gain->row_ptr[v + 1]; e++) {
		uint32_t i = gain->col[e];

		if (i >= lo && i < hi)
			scores[i - lo] = lifted(scores[i - lo], n_values == 1 ? gain->val[e]
			                                                     : powf(gain->val[e], 1 / (float)n_values));
	}
}

void rs_situation_apply(const struct rs_situation *s, const uint32_t *feature, size_t n, uint32_t lo, uint32_t hi,
                        float *scores)
{
	size_t at = 0;

	for (uint32_t c = 0; c < s->n_columns; c++) {
		const float *base = s->base + (size_t)c * s->n_items;
		size_t from = at;

		while (at < n && feature[at] < s->first[c + 1])
			at++;
		for (uint32_t i = lo; i < hi && at > from; i++)
			scores[i - lo] = lifted(scores[i - lo], base[i]);
		for (size_t k = from; k < at; k++)
			add_feature(&s->gain, feature[k], at - from, lo, hi, scores);
	}
}

/* ---- the file ---- */

int rs_situation_save(const struct rs_situation *s, struct rs_writer *w, struct rs_err *err)
{
	const struct rs_csr *g = &s->gain;
	uint64_t nnz, n_base;
	int rc;

	if (s->n_columns == 0)
		return 0;
	nnz = g->row_ptr[g->n_rows];
	n_base = (uint64_t)s->n_columns * s->n_items;
	if ((rc = rs_writer_chunk(w, CHUNK_FIRST, 0, RS_PACK_UINT, 4, s->first, (uint64_t)s->n_columns + 1, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_BASE, 0, RS_PACK_FLOAT, s->base, n_base, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_PTR, 0, RS_PACK_DELTA, 8, g->row_ptr, (uint64_t)g->n_rows + 1, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_ITEM, 0, RS_PACK_UINT, 4, g->col, nnz, err)) < 0)
		return rc;
	return rs_stored_put_floats(w, CHUNK_GAIN, 0, RS_PACK_FLOAT, g->val, nnz, err);
}

static bool is_whole(const struct rs_situation *s, uint64_t nnz)
{
	const struct rs_csr *g = &s->gain;
	bool whole = s->first[0] == 0 && g->row_ptr[0] == 0 && g->row_ptr[g->n_rows] == nnz;

	for (uint32_t c = 0; c < s->n_columns; c++)
		whole &= s->first[c] <= s->first[c + 1];
	for (uint32_t v = 0; v < g->n_rows; v++)
		whole &= g->row_ptr[v] <= g->row_ptr[v + 1];
	for (uint64_t e = 0; e < nnz; e++)
		whole &= g->col[e] < s->n_items;
	return whole && s->first[s->n_columns] == g->n_rows;
}

int rs_situation_load(struct rs_situation *s, struct rs_reader *r, uint32_t n_items, struct rs_err *err)
{
	uint64_t n_first, n_ptr = 1, nnz = 0;
	int rc;

	*s = (struct rs_situation){ .n_items = n_items };
	if (rs_reader_find(r, CHUNK_FIRST, 0) == NULL)
		return 0;
	if ((rc = rs_stored_array(&s->first, &n_first, r, CHUNK_FIRST, 4, RS_FEATURES_MAX, err)) < 0 ||
	    (rc = rs_stored_array(&s->gain.row_ptr, &n_ptr, r, CHUNK_PTR, 8, (uint64_t)RS_FEATURES_MAX + 1, err)) < 0 ||
	    (rc = rs_stored_array(&s->gain.col, &nnz, r, CHUNK_ITEM, 4, UINT64_MAX, err)) < 0 ||
	    (rc = rs_stored_floats(&s->gain.val, r, CHUNK_GAIN, 0, nnz, 1, "the lifts of items", err)) < 0)
		goto fail;
	if (n_first < 2 || n_ptr < 1) {
		rc = rs_reader_damaged(r, "the columns of context", err);
		goto fail;
	}
	s->n_columns = (uint32_t)n_first - 1;
	s->gain.n_rows = (uint32_t)n_ptr - 1;
	s->gain.n_cols = n_items;
	if ((rc = rs_stored_floats(&s->base, r, CHUNK_BASE, 0, (uint64_t)s->n_columns * n_items, FLT_TRUE_MIN,
	                           "the lifts of items", err)) < 0)
		goto fail;
	if (!is_whole(s, nnz)) {
		rc = rs_reader_damaged(r, "the lifts of items", err);
		goto fail;
	}
	return 0;
fail:
	rs_situation_release(s);
	return rc;
}
