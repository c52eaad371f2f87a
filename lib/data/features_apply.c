/* features_apply.c -- rows of a table as features, found by what was learned. */
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/column.h"
#include "lib/data/features.h"
#include "lib/data/terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One learned column and where it stands in the table at hand. */
struct source {
	const struct rs_feature_column *f;
	const struct rs_column *c; /* NULL: not in this table */
	struct rs_column as;       /* the column as the learned type, where it was of another */
	uint32_t *feature;         /* CATEGORICAL: by code, its value, or RS_NONE */
};

struct applying {
	struct rs_csr *out;
	size_t cap_col, cap_val;
	uint64_t n;
	struct source *source; /* of all learned columns */
	const struct rs_feature_column *f; /* at hand, for terms */
	uint64_t row_start;    /* of the cells of this column in this row */
};

/* A number column from categories or text: cells that are one number, the others null. */
static int as_numbers(struct rs_column *out, const struct rs_column *in, struct rs_err *err)
{
	out->type = RS_TYPE_NUMBER;
	out->n_rows = in->n_rows;
	if ((out->name = rs_strndup(in->name, strlen(in->name), err)) == NULL ||
	    (out->number = rs_array(in->n_rows, sizeof *out->number, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i < in->n_rows; i++) {
		size_t n = (size_t)(in->ptr[i + 1] - in->ptr[i]);
		const char *p = in->text == NULL ? NULL : in->text + in->ptr[i];

		out->number[i] = NAN;
		if (in->type == RS_TYPE_CATEGORICAL && n == 1)
			p = rs_keys_get(&in->dict, in->code[in->ptr[i]], &n);
		if (p != NULL && n > 0 && !rs_get_f64(p, n, &out->number[i]))
			out->number[i] = NAN;
	}
	return 0;
}

/* The column by name as the type that was learned. Text does not become categories. */
static int find_source(struct source *s, const struct rs_feature_column *f, const struct rs_column *column, uint32_t n,
                       struct rs_err *err)
{
	const struct rs_column *c = rs_column_find(column, n, f->name);
	int rc = 0;

	s->f = f;
	if (c == NULL || (c->type == RS_TYPE_TEXT && f->type == RS_TYPE_CATEGORICAL))
		return 0;
	if (c->type != f->type && f->type == RS_TYPE_NUMBER)
		rc = as_numbers(&s->as, c, err);
	else if (c->type != f->type)
		rc = rs_column_as(&s->as, c, f->type, err);
	if (rc < 0)
		return rc;
	s->c = c->type == f->type ? c : &s->as;
	return f->type == RS_TYPE_CATEGORICAL ? rs_keys_match(&s->c->dict, &f->value, &s->feature, err) : 0;
}

static int put(struct applying *a, uint32_t feature, struct rs_err *err)
{
	struct rs_csr *x = a->out;
	int rc;

	if ((rc = rs_grow(&x->col, &a->cap_col, a->n + 1, sizeof *x->col, err)) < 0 ||
	    (rc = rs_grow(&x->val, &a->cap_val, a->n + 1, sizeof *x->val, err)) < 0)
		return rc;
	x->col[a->n] = feature;
	x->val[a->n++] = 1;
	return 0;
}

static int cmp_u32(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* Puts what came for one row of one column in order, and counts what came several times. */
static void order_cells(struct applying *a)
{
	struct rs_csr *x = a->out;
	uint64_t n = a->row_start;

	qsort(x->col + a->row_start, a->n - a->row_start, sizeof *x->col, cmp_u32);
	for (uint64_t e = a->row_start; e < a->n; e++) {
		if (n > a->row_start && x->col[n - 1] == x->col[e]) {
			x->val[n - 1] += 1;
		} else {
			x->col[n] = x->col[e];
			x->val[n++] = 1;
		}
	}
	a->n = n;
}

static int put_term(void *ctx, const char *p, size_t n, struct rs_err *err)
{
	struct applying *a = ctx;
	uint32_t at = rs_keys_find(&a->f->value, p, n);

	return at == RS_NONE ? 0 : put(a, a->f->first + at, err);
}

static uint32_t range_of(const struct rs_feature_column *f, double x)
{
	uint32_t lo = 0, hi = f->n - 1;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (x < f->cut[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int put_row(struct applying *a, const struct source *s, uint64_t row, struct rs_err *err)
{
	const struct rs_column *c = s->c;
	int rc = 0;

	a->f = s->f;
	a->row_start = a->n;
	if (c->type == RS_TYPE_NUMBER)
		return isnan(c->number[row]) ? 0 : put(a, s->f->first + range_of(s->f, c->number[row]), err);
	if (c->type == RS_TYPE_TEXT) {
		rc = rs_terms_each(c->text + c->ptr[row], (size_t)(c->ptr[row + 1] - c->ptr[row]), s->f->gram, put_term, a,
		                   err);
		order_cells(a);
		return rc;
	}
	for (uint64_t e = c->ptr[row]; e < c->ptr[row + 1] && rc == 0; e++)
		if (s->feature[c->code[e]] != RS_NONE)
			rc = put(a, s->f->first + s->feature[c->code[e]], err);
	order_cells(a);
	for (uint64_t e = a->row_start; e < a->n; e++)
		a->out->val[e] = 1; /* a value given twice is given */
	return rc;
}

static int put_rows(struct applying *a, uint32_t n_sources, const struct rs_row_set *rows, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < rows->n && rc == 0; i++) {
		bool none = rows->row != NULL && rows->row[i] == RS_NONE;
		uint64_t row = rows->row == NULL ? rows->first + i : rows->row[i];

		for (uint32_t k = 0; k < n_sources && !none && rc == 0; k++)
			if (a->source[k].c != NULL)
				rc = put_row(a, &a->source[k], row, err);
		a->out->row_ptr[i + 1] = a->n;
	}
	return rc;
}

int rs_features_apply(struct rs_csr *out, const struct rs_features *f, const struct rs_column *column,
                      uint32_t n_columns, const struct rs_row_set *rows, struct rs_err *err)
{
	struct applying a = { .out = out };
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	out->n_rows = rows->n;
	out->n_cols = f->n;
	if ((a.source = rs_array0(f->n_columns, sizeof *a.source, err)) == NULL ||
	    (out->row_ptr = rs_array0((size_t)rows->n + 1, sizeof *out->row_ptr, err)) == NULL ||
	    rs_grow(&out->col, &a.cap_col, 1, sizeof *out->col, err) < 0 ||
	    rs_grow(&out->val, &a.cap_val, 1, sizeof *out->val, err) < 0)
		goto out;
	rc = 0;
	for (uint32_t k = 0; k < f->n_columns && rc == 0; k++)
		rc = find_source(&a.source[k], &f->column[k], column, n_columns, err);
	if (rc == 0)
		rc = put_rows(&a, f->n_columns, rows, err);
out:
	for (uint32_t k = 0; k < f->n_columns && a.source != NULL; k++) {
		rs_column_release(&a.source[k].as);
		rs_free(a.source[k].feature);
	}
	rs_free(a.source);
	if (rc < 0)
		rs_csr_release(out);
	return rc;
}
