/* item_blocks.c -- the attributes of items as weighted columns. */
#include "lib/recipe/item_blocks.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAIR_VALUES 30 /* a row with more values of one attribute gives no pairs */
#define PAIR_ITEMS 3

struct making {
	struct rs_csr *out;
	const struct rs_features *f;
	const struct rs_csr *x;
	const struct rs_block_how *how;
	size_t cap_col, cap_val;
	uint32_t *df;         /* by feature: items that have it */
	double *mean_length;  /* by column: terms of an item that has any */
	uint64_t *pair;       /* n_pairs values (a << 32 | b), sorted */
	size_t n_pairs;
};

static int put(struct making *m, uint32_t col, double v, struct rs_err *err)
{
	struct rs_csr *o = m->out;
	uint64_t n = o->row_ptr[o->n_rows];
	int rc;

	if (v == 0)
		return 0;
	if ((rc = rs_grow(&o->col, &m->cap_col, n + 1, sizeof *o->col, err)) < 0 ||
	    (rc = rs_grow(&o->val, &m->cap_val, n + 1, sizeof *o->val, err)) < 0)
		return rc;
	o->col[n] = col;
	o->val[n] = (float)v;
	o->row_ptr[o->n_rows]++;
	return 0;
}

/* The cells of row i in column c: first .. *end. */
static uint64_t cells(const struct rs_csr *x, uint32_t i, const struct rs_feature_column *c, uint64_t from, uint64_t *end)
{
	while (from < x->row_ptr[i + 1] && x->col[from] < c->first)
		from++;
	*end = from;
	while (*end < x->row_ptr[i + 1] && x->col[*end] < c->first + c->n)
		(*end)++;
	return from;
}

static bool gives_pairs(const struct making *m, const struct rs_feature_column *c, uint64_t n_values)
{
	return m->how->pairs && c->type == RS_TYPE_CATEGORICAL && n_values > 1 && n_values <= PAIR_VALUES;
}

static uint64_t pair_of(const struct rs_csr *x, uint64_t a, uint64_t b)
{
	return (uint64_t)x->col[a] << 32 | x->col[b];
}

static int cmp_u64(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static int find_pairs(struct making *m, struct rs_err *err)
{
	const struct rs_csr *x = m->x;
	size_t n = 0, cap = 0, kept = 0;
	int rc;

	for (uint32_t i = 0; i < x->n_rows; i++) {
		uint64_t from = x->row_ptr[i], end;

		for (uint32_t k = 0; k < m->f->n_columns; k++) {
			from = cells(x, i, &m->f->column[k], from, &end);
			for (uint64_t a = from; a < end && gives_pairs(m, &m->f->column[k], end - from); a++) {
				if ((rc = rs_grow(&m->pair, &cap, n + (size_t)(end - a), sizeof *m->pair, err)) < 0)
					return rc;
				for (uint64_t b = a + 1; b < end; b++)
					m->pair[n++] = pair_of(x, a, b);
			}
			from = end;
		}
	}
	if (n > 0)
		qsort(m->pair, n, sizeof *m->pair, cmp_u64);
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i; next < n && m->pair[next] == m->pair[i];)
			next++;
		if (next - i >= PAIR_ITEMS)
			m->pair[kept++] = m->pair[i];
	}
	m->n_pairs = kept;
	return 0;
}

static int put_pairs(struct making *m, uint64_t from, uint64_t end, struct rs_err *err)
{
	int rc = 0;

	for (uint64_t a = from; a < end; a++) {
		for (uint64_t b = a + 1; b < end && rc == 0; b++) {
			uint64_t key = pair_of(m->x, a, b);
			const uint64_t *at = m->n_pairs == 0 ? NULL : bsearch(&key, m->pair, m->n_pairs, sizeof key, cmp_u64);

			if (at != NULL)
				rc = put(m, m->f->n + (uint32_t)(at - m->pair), m->how->categories, err);
		}
	}
	return rc;
}

/* ---- one block of one row ---- */

static double bm25(const struct making *m, uint32_t column, uint64_t e, double length)
{
	double tf = (double)m->x->val[e], n = (double)m->x->n_rows, df = (double)m->df[m->x->col[e]];

	return tf * 2.2 / (tf + 1.2 * (.25 + .75 * length / m->mean_length[column])) * log(1 + (n - df + .5) / (df + .5));
}

static int put_number(struct making *m, const struct rs_feature_column *c, uint32_t feature, struct rs_err *err)
{
	double w = m->how->numbers;
	int rc = 0;

	if (feature > c->first)
		rc = put(m, feature - 1, w / 2, err);
	if (rc == 0)
		rc = put(m, feature, w, err);
	return rc == 0 && feature + 1 < c->first + c->n ? put(m, feature + 1, w / 2, err) : rc;
}

/* What was put since `from` to length w. */
static void bring_to_length(struct rs_csr *o, uint64_t from, double w)
{
	uint64_t end = o->row_ptr[o->n_rows];
	double sum = 0;

	for (uint64_t e = from; e < end; e++)
		sum += (double)o->val[e] * (double)o->val[e];
	for (uint64_t e = from; e < end && sum > 0; e++)
		o->val[e] = (float)((double)o->val[e] * w / sqrt(sum));
}

static int put_block(struct making *m, uint32_t column, uint64_t from, uint64_t end, struct rs_err *err)
{
	const struct rs_feature_column *c = &m->f->column[column];
	uint64_t start = m->out->row_ptr[m->out->n_rows];
	double length = 0;
	int rc = 0;

	for (uint64_t e = from; e < end; e++)
		length += (double)m->x->val[e];
	for (uint64_t e = from; e < end && rc == 0; e++) {
		uint32_t feature = m->x->col[e];

		if (c->type == RS_TYPE_NUMBER)
			rc = put_number(m, c, feature, err);
		else if (c->type == RS_TYPE_TEXT)
			rc = put(m, feature, bm25(m, column, e, length), err);
		else
			rc = put(m, feature,
			         m->how->cosine ? log(1 + (double)m->x->n_rows / (double)m->df[feature])
			                        : m->how->categories,
			         err);
	}
	if (c->type == RS_TYPE_TEXT || m->how->cosine)
		bring_to_length(m->out, start, c->type == RS_TYPE_TEXT ? m->how->text : c->type == RS_TYPE_NUMBER ?
		                                                         m->how->numbers : m->how->categories);
	return rc;
}

static int put_row(struct making *m, uint32_t i, struct rs_err *err)
{
	const struct rs_csr *x = m->x;
	uint64_t start = m->out->row_ptr[m->out->n_rows], from = x->row_ptr[i], end;
	int rc = 0;

	for (uint32_t k = 0; k < m->f->n_columns && rc == 0; k++) {
		from = cells(x, i, &m->f->column[k], from, &end);
		rc = put_block(m, k, from, end, err);
		from = end;
	}
	from = x->row_ptr[i];
	for (uint32_t k = 0; k < m->f->n_columns && rc == 0; k++) {
		from = cells(x, i, &m->f->column[k], from, &end);
		if (gives_pairs(m, &m->f->column[k], end - from))
			rc = put_pairs(m, from, end, err);
		from = end;
	}
	if (rc == 0 && m->how->constant)
		rc = put(m, m->out->n_cols - 1, 1, err);
	if (m->how->cosine)
		bring_to_length(m->out, start, 1);
	return rc;
}

static void count(struct making *m)
{
	const struct rs_csr *x = m->x;

	for (uint64_t e = 0; e < x->row_ptr[x->n_rows]; e++)
		m->df[x->col[e]]++;
	for (uint32_t k = 0; k < m->f->n_columns; k++) {
		uint64_t n = 0;

		for (uint32_t i = 0; i < x->n_rows; i++) {
			uint64_t end, from = cells(x, i, &m->f->column[k], x->row_ptr[i], &end);

			n += end > from;
			for (; from < end; from++)
				m->mean_length[k] += (double)x->val[from];
		}
		m->mean_length[k] = n > 0 ? m->mean_length[k] / (double)n : 1;
	}
}

int rs_item_blocks(struct rs_csr *out, const struct rs_features *f, const struct rs_csr *x, const struct rs_block_how *how,
                   struct rs_err *err)
{
	struct making m = { .out = out, .f = f, .x = x, .how = how };
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	if ((m.df = rs_array0(f->n, sizeof *m.df, err)) == NULL ||
	    (m.mean_length = rs_array0(f->n_columns, sizeof *m.mean_length, err)) == NULL ||
	    (out->row_ptr = rs_array0((size_t)x->n_rows + 1, sizeof *out->row_ptr, err)) == NULL ||
	    rs_grow(&out->col, &m.cap_col, 1, sizeof *out->col, err) < 0 ||
	    rs_grow(&out->val, &m.cap_val, 1, sizeof *out->val, err) < 0)
		goto out;
	count(&m);
	if ((rc = find_pairs(&m, err)) < 0)
		goto out;
	rc = m.n_pairs > RS_FEATURES_MAX ? rs_fail(err, RS_EDATA, "too many pairs of attribute values: set pairs=false") : 0;
	out->n_cols = f->n + (uint32_t)m.n_pairs + (how->constant ? 1 : 0);
	for (uint32_t i = 0; i < x->n_rows && rc == 0; i++) {
		out->row_ptr[i + 1] = out->row_ptr[i];
		out->n_rows = i + 1;
		rc = put_row(&m, i, err);
	}
out:
	rs_free(m.df);
	rs_free(m.mean_length);
	rs_free(m.pair);
	if (rc < 0)
		rs_csr_release(out);
	return rc;
}

int rs_item_blocks_vectors(struct rs_csr *blocks, const struct rs_npy *v, const uint32_t *row, double weight,
                           struct rs_err *err)
{
	struct rs_csr to = { .n_cols = blocks->n_cols + v->d };
	uint64_t room = blocks->row_ptr[blocks->n_rows] + (uint64_t)blocks->n_rows * v->d, n = 0;

	if (rs_mem_require(room * 8, "vectors of items", "shorter vectors need less", err) < 0 ||
	    (to.row_ptr = rs_array0((size_t)blocks->n_rows + 1, sizeof *to.row_ptr, err)) == NULL ||
	    (to.col = rs_array(room, sizeof *to.col, err)) == NULL || (to.val = rs_array(room, sizeof *to.val, err)) == NULL) {
		rs_csr_release(&to);
		return RS_ENOMEM;
	}
	for (uint32_t i = 0; i < blocks->n_rows; i++) {
		uint64_t from = blocks->row_ptr[i], n_old = blocks->row_ptr[i + 1] - from, start = n + n_old;
		const float *x = row[i] == RS_NONE ? NULL : v->v + (size_t)row[i] * v->d;

		memcpy(to.col + n, blocks->col + from, n_old * sizeof *to.col);
		memcpy(to.val + n, blocks->val + from, n_old * sizeof *to.val);
		n = start;
		for (uint32_t k = 0; x != NULL && weight > 0 && k < v->d; k++) {
			if (x[k] == 0)
				continue;
			to.col[n] = blocks->n_cols + k;
			to.val[n++] = x[k];
		}
		to.row_ptr[i + 1] = n;
		to.n_rows = i + 1;
		bring_to_length(&to, start, weight);
	}
	rs_csr_release(blocks);
	*blocks = to;
	return 0;
}
