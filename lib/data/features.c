/* features.c -- what the features of columns are: learning them. */
#include "lib/data/features.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/column.h"
#include "lib/data/terms.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rs_features_release(struct rs_features *f)
{
	for (uint32_t i = 0; i < f->n_columns; i++) {
		rs_free(f->column[i].name);
		rs_keys_release(&f->column[i].value);
		rs_free(f->column[i].cut);
	}
	rs_free(f->column);
	memset(f, 0, sizeof *f);
}

static uint64_t row_at(const struct rs_row_set *rows, uint32_t i)
{
	return rows->row == NULL ? rows->first + i : rows->row[i] == RS_NONE ? UINT64_MAX : rows->row[i];
}

/* ---- categories ---- */

/* The values that at least min_rows rows have. */
static int learn_values(struct rs_feature_column *f, const struct rs_column *c, const struct rs_row_set *rows,
                        const struct rs_feature_how *how, struct rs_err *err)
{
	uint32_t *n = rs_array0(c->dict.n, sizeof *n, err), *last = rs_array0(c->dict.n, sizeof *last, err);
	uint8_t *keep = rs_array(c->dict.n, 1, err);
	int rc = RS_ENOMEM;

	if (n == NULL || last == NULL || keep == NULL)
		goto out;
	for (uint32_t i = 0; i < rows->n; i++) {
		uint64_t row = row_at(rows, i);

		for (uint64_t e = row == UINT64_MAX ? 0 : c->ptr[row]; row != UINT64_MAX && e < c->ptr[row + 1]; e++) {
			if (last[c->code[e]] == i + 1)
				continue;
			last[c->code[e]] = i + 1;
			n[c->code[e]]++;
		}
	}
	for (uint32_t v = 0; v < c->dict.n; v++)
		keep[v] = n[v] >= how->min_rows;
	if ((rc = rs_keys_subset(&f->value, &c->dict, keep, err)) == 0)
		f->n = how->max_values > 0 && f->value.n > how->max_values ? 0 : f->value.n;
out:
	rs_free(n);
	rs_free(last);
	rs_free(keep);
	return rc;
}

/* ---- numbers ---- */

static int cmp_f64(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* Limits between ranges of about as many rows each; where there are no more different numbers than ranges, one for each. */
static void cut_ranges(struct rs_feature_column *f, const double *sorted, uint32_t n, uint32_t bins)
{
	uint32_t distinct = n > 0, k = 0;

	for (uint32_t i = 1; i < n; i++)
		distinct += sorted[i] != sorted[i - 1];
	if (distinct <= bins) {
		for (uint32_t i = 1; i < n; i++)
			if (sorted[i] != sorted[i - 1])
				f->cut[k++] = sorted[i];
	} else {
		for (uint32_t b = 1; b < bins; b++) {
			double at = sorted[(uint64_t)n * b / bins];

			if (at > sorted[0] && (k == 0 || at > f->cut[k - 1]))
				f->cut[k++] = at;
		}
	}
	f->n = n > 0 ? k + 1 : 0;
}

static int learn_ranges(struct rs_feature_column *f, const struct rs_column *c, const struct rs_row_set *rows,
                        const struct rs_feature_how *how, struct rs_err *err)
{
	double *sorted = rs_array(rows->n, sizeof *sorted, err);
	uint32_t n = 0;

	if (sorted == NULL || (f->cut = rs_array(how->bins, sizeof *f->cut, err)) == NULL) {
		rs_free(sorted);
		return RS_ENOMEM;
	}
	for (uint32_t i = 0; i < rows->n; i++) {
		uint64_t row = row_at(rows, i);

		if (row != UINT64_MAX && !isnan(c->number[row]))
			sorted[n++] = c->number[row];
	}
	qsort(sorted, n, sizeof *sorted, cmp_f64);
	assert(how->min_rows > 0);
	if (n >= how->min_rows)
		cut_ranges(f, sorted, n, n / how->min_rows < how->bins ? n / how->min_rows : how->bins);
	rs_free(sorted);
	return 0;
}

/* ---- text ---- */

struct counting {
	struct rs_keymap *map;
	uint32_t *n, *last; /* by term: rows, and the last row, plus 1, that counted */
	size_t cap_n, cap_last;
	uint32_t row;
};

static int count_term(void *ctx, const char *p, size_t n, struct rs_err *err)
{
	struct counting *c = ctx;
	uint32_t ix, before = rs_keymap_count(c->map);
	int rc;

	if ((rc = rs_keymap_add(c->map, p, n, &ix, err)) < 0)
		return rc;
	if (ix == before) {
		if ((rc = rs_grow(&c->n, &c->cap_n, (size_t)ix + 1, sizeof *c->n, err)) < 0 ||
		    (rc = rs_grow(&c->last, &c->cap_last, (size_t)ix + 1, sizeof *c->last, err)) < 0)
			return rc;
		c->n[ix] = c->last[ix] = 0;
	}
	if (c->last[ix] != c->row + 1) {
		c->last[ix] = c->row + 1;
		c->n[ix]++;
	}
	return 0;
}

/* The least number of rows with which no more than max_terms terms are left. */
static int least_rows(uint32_t *least, const uint32_t *n, uint32_t n_terms, uint32_t n_rows, uint32_t max_terms,
                      struct rs_err *err)
{
	uint32_t *terms = rs_array0((size_t)n_rows + 2, sizeof *terms, err), left = n_terms;

	if (terms == NULL)
		return RS_ENOMEM;
	for (uint32_t t = 0; t < n_terms; t++)
		terms[n[t]]++;
	for (uint32_t k = 0; k < *least && k <= n_rows; k++)
		left -= terms[k];
	while (left > max_terms && *least <= n_rows)
		left -= terms[(*least)++];
	rs_free(terms);
	return 0;
}

/* Terms of enough rows, but not those of more than half of them, which tell nothing. */
static int keep_terms(struct rs_feature_column *f, const struct counting *k, uint32_t n_rows, uint32_t min_rows,
                      uint32_t max_terms, struct rs_err *err)
{
	uint32_t n_terms = rs_keymap_count(k->map), *place = NULL, least = min_rows,
	         most = n_rows / 2 > 2 ? n_rows / 2 : n_rows;
	struct rs_keys all = { 0 };
	uint8_t *keep = rs_array(n_terms, 1, err);
	int rc = RS_ENOMEM;

	if (keep == NULL || (rc = least_rows(&least, k->n, n_terms, n_rows, max_terms, err)) < 0 ||
	    (rc = rs_keys_from_map(&all, k->map, &place, err)) < 0)
		goto out;
	for (uint32_t t = 0; t < n_terms; t++)
		keep[place[t]] = k->n[t] >= least && k->n[t] <= most;
	if ((rc = rs_keys_subset(&f->value, &all, keep, err)) == 0)
		f->n = f->value.n;
out:
	rs_keys_release(&all);
	rs_free(place);
	rs_free(keep);
	return rc;
}

static int learn_terms(struct rs_feature_column *f, const struct rs_column *c, const struct rs_row_set *rows,
                       const struct rs_feature_how *how, struct rs_err *err)
{
	struct counting k = { 0 };
	int rc;

	f->gram = how->gram;
	if ((rc = rs_keymap_new(&k.map, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < rows->n && rc == 0; i++) {
		uint64_t row = row_at(rows, i);

		k.row = i;
		if (row != UINT64_MAX)
			rc = rs_terms_each(c->text + c->ptr[row], (size_t)(c->ptr[row + 1] - c->ptr[row]), how->gram,
			                   count_term, &k, err);
	}
	if (rc == 0)
		rc = keep_terms(f, &k, rows->n, how->min_rows, how->max_terms, err);
	rs_keymap_free(k.map);
	rs_free(k.n);
	rs_free(k.last);
	return rc;
}

/* ---- columns ---- */

static int by_name(const void *pa, const void *pb)
{
	const struct rs_column *const *a = pa, *const *b = pb;

	return strcmp((*a)->name, (*b)->name);
}

static int check_names(const struct rs_spec *s, const struct rs_column *column, uint32_t n, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	for (size_t i = 0; s != NULL && i < s->n; i++) {
		const char *name = s->entry[i].column;

		if (strcmp(name, "*") != 0 && !(s->n == 1 && strcmp(name, "none") == 0) &&
		    rs_column_find(column, n, name) == NULL)
			return rs_fail(err, RS_EUSAGE, "no column %s: expected the name of an attribute",
			               rs_quote(q, sizeof q, name, strlen(name)));
	}
	return 0;
}

static bool is_wanted(const struct rs_column *c, const struct rs_feature_how *how)
{
	if (how->columns != NULL && how->columns->n > 0 &&
	    rs_spec_find(how->columns, c->name, strlen(c->name), 0) == NULL)
		return false;
	return c->type == RS_TYPE_TEXT ? how->text || how->text_only : !how->text_only;
}

static int learn_column(struct rs_feature_column *f, const struct rs_column *c, const struct rs_row_set *rows,
                        const struct rs_feature_how *how, struct rs_err *err)
{
	f->type = c->type;
	if ((f->name = rs_strndup(c->name, strlen(c->name), err)) == NULL)
		return RS_ENOMEM;
	return c->type == RS_TYPE_CATEGORICAL ? learn_values(f, c, rows, how, err) :
	       c->type == RS_TYPE_NUMBER      ? learn_ranges(f, c, rows, how, err) :
	                                        learn_terms(f, c, rows, how, err);
}

int rs_features_learn(struct rs_features *out, const struct rs_column *column, uint32_t n_columns,
                      const struct rs_row_set *rows, const struct rs_feature_how *how, struct rs_err *err)
{
	const struct rs_column **sorted = rs_array(n_columns, sizeof(struct rs_column *), err);
	int rc;

	memset(out, 0, sizeof *out);
	if (sorted == NULL || (out->column = rs_array0(n_columns, sizeof *out->column, err)) == NULL) {
		rs_free(sorted);
		return RS_ENOMEM;
	}
	for (uint32_t i = 0; i < n_columns; i++)
		sorted[i] = &column[i];
	qsort(sorted, n_columns, sizeof(struct rs_column *), by_name);
	rc = check_names(how->columns, column, n_columns, err);
	for (uint32_t i = 0; i < n_columns && rc == 0; i++) {
		struct rs_feature_column *f = &out->column[out->n_columns];

		if (!is_wanted(sorted[i], how))
			continue;
		out->n_columns++;
		f->first = out->n;
		if ((rc = learn_column(f, sorted[i], rows, how, err)) < 0)
			break;
		if (f->n > RS_FEATURES_MAX - out->n) {
			rc = rs_fail(err, RS_EDATA, "more than %u different attribute values: leave columns out",
			             RS_FEATURES_MAX);
			break;
		}
		out->n += f->n;
		if (f->n == 0) { /* nothing to tell */
			out->n_columns--;
			rs_free(f->name);
			rs_keys_release(&f->value);
			rs_free(f->cut);
			memset(f, 0, sizeof *f);
		}
	}
	rs_free(sorted);
	if (rc < 0)
		rs_features_release(out);
	return rc;
}

/* ---- names ---- */

static size_t put_range(char *p, const struct rs_feature_column *c, uint32_t k)
{
	size_t n = 0;

	if (k > 0)
		n = rs_put_f64(p, c->cut[k - 1]);
	p[n++] = '.';
	p[n++] = '.';
	if (k < c->n - 1)
		n += rs_put_f64(p + n, c->cut[k]);
	return n;
}

const char *rs_features_name(const struct rs_features *f, uint32_t feature, char *buf, size_t size)
{
	for (uint32_t i = 0; i < f->n_columns; i++) {
		const struct rs_feature_column *c = &f->column[i];
		char range[2 * RS_NUM_MAX + 2];
		const char *value = range;
		size_t n;

		if (feature < c->first || feature >= c->first + c->n)
			continue;
		if (c->type == RS_TYPE_NUMBER)
			n = put_range(range, c, feature - c->first);
		else
			value = rs_keys_get(&c->value, feature - c->first, &n);
		snprintf(buf, size, "%s=%.*s", c->name, (int)n, value);
	}
	return buf;
}
