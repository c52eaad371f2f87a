/* history.c -- small things that item-item recipes share about histories. */
#include "lib/recipe/history.h"

#include "lib/base/mem.h"
#include "lib/recipe/matrix.h"

#include <stdlib.h>
#include <string.h>

bool rs_history_counts(const struct rs_events *h, uint64_t e)
{
	float w = h->weight == NULL ? 1 : h->weight[e];

	for (uint64_t f = 0; f < h->row_ptr[1]; f++) {
		float v = h->weight == NULL ? 1 : h->weight[f];

		if (f != e && h->item[f] == h->item[e] && (v > w || (v == w && f < e)))
			return false;
	}
	return true;
}

int rs_history_query(const struct rs_events *h, void **query, struct rs_err *err)
{
	struct rs_csr *x = rs_array0(1, sizeof *x, err);
	int rc;

	if (x == NULL)
		return RS_ENOMEM;
	if ((rc = rs_matrix_from_events(x, h, RS_REPEATS_MAX, err)) < 0) {
		rs_free(x);
		return rc;
	}
	*query = x;
	return 0;
}

void rs_history_query_free(void *query)
{
	if (query == NULL)
		return;
	rs_csr_release(query);
	rs_free(query);
}

static int cmp_u64(const void *pa, const void *pb)
{
	uint64_t a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

/* keep[i]: lo <= percentile of n[i] <= hi, by value, so that equal counts share their fate. */
static int keep_between(uint8_t *keep, const uint64_t *n, size_t count, double lo, double hi, struct rs_err *err)
{
	uint64_t *sorted, from, to;

	memset(keep, 1, count);
	if (count == 0 || (lo <= 0 && hi >= 1))
		return 0;
	if ((sorted = rs_array(count, sizeof *sorted, err)) == NULL)
		return RS_ENOMEM;
	memcpy(sorted, n, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, cmp_u64);
	from = sorted[(size_t)(lo * (double)(count - 1))];
	to = sorted[(size_t)(hi * (double)(count - 1))];
	rs_free(sorted);
	for (size_t i = 0; i < count; i++)
		keep[i] = n[i] >= from && n[i] <= to;
	return 0;
}

static int count_all(const struct rs_csr *x, uint64_t *by_row, uint64_t *by_col)
{
	memset(by_col, 0, x->n_cols * sizeof *by_col);
	for (uint32_t u = 0; u < x->n_rows; u++)
		by_row[u] = x->row_ptr[u + 1] - x->row_ptr[u];
	for (uint64_t e = 0; e < x->row_ptr[x->n_rows]; e++)
		by_col[x->col[e]]++;
	return 0;
}

static void drop_cells(struct rs_csr *x, const uint8_t *keep_row, const uint8_t *keep_col)
{
	uint64_t k = 0, from = 0;

	for (uint32_t u = 0; u < x->n_rows; u++) {
		uint64_t to = x->row_ptr[u + 1];

		for (uint64_t e = from; e < to; e++) {
			if (keep_row[u] == 0 || keep_col[x->col[e]] == 0)
				continue;
			x->col[k] = x->col[e];
			if (x->val != NULL)
				x->val[k] = x->val[e];
			k++;
		}
		from = to;
		x->row_ptr[u + 1] = k;
	}
}

/* A view of the last max events of each user. */
static int last_events(struct rs_events *out, const struct rs_events *e, uint32_t max, struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users], at = 0;

	memset(out, 0, sizeof *out);
	out->n_users = e->n_users;
	out->n_items = e->n_items;
	if ((out->row_ptr = rs_array((size_t)e->n_users + 1, sizeof *out->row_ptr, err)) == NULL ||
	    (out->item = rs_array(n, sizeof *out->item, err)) == NULL ||
	    (e->weight != NULL && (out->weight = rs_array(n, sizeof *out->weight, err)) == NULL)) {
		rs_events_release(out);
		return RS_ENOMEM;
	}
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t to = e->row_ptr[u + 1], from = e->row_ptr[u];

		if (to - from > max)
			from = to - max;
		out->row_ptr[u] = at;
		for (; from < to; from++, at++) {
			out->item[at] = e->item[from];
			if (e->weight != NULL)
				out->weight[at] = e->weight[from];
		}
	}
	out->row_ptr[e->n_users] = at;
	return 0;
}

int rs_history_matrix(struct rs_csr *x, const struct rs_events *e, const struct rs_trim *t, struct rs_err *err)
{
	struct rs_events last = { 0 };
	uint8_t *keep_row = NULL, *keep_col = NULL;
	uint64_t *by_row = NULL, *by_col = NULL;
	int rc;

	memset(x, 0, sizeof *x);
	if (t->max_history > 0 && (rc = last_events(&last, e, t->max_history, err)) < 0)
		return rc;
	if ((rc = rs_matrix_from_events(x, t->max_history > 0 ? &last : e, RS_REPEATS_MAX, err)) < 0)
		goto out;
	if (t->min_user <= 0 && t->max_user >= 1 && t->min_item <= 0 && t->max_item >= 1)
		goto out;
	rc = RS_ENOMEM;
	if ((keep_row = rs_array(x->n_rows, 1, err)) == NULL || (keep_col = rs_array(x->n_cols, 1, err)) == NULL ||
	    (by_row = rs_array(x->n_rows, sizeof *by_row, err)) == NULL ||
	    (by_col = rs_array(x->n_cols, sizeof *by_col, err)) == NULL)
		goto out;
	count_all(x, by_row, by_col);
	if ((rc = keep_between(keep_row, by_row, x->n_rows, t->min_user, t->max_user, err)) < 0 ||
	    (rc = keep_between(keep_col, by_col, x->n_cols, t->min_item, t->max_item, err)) < 0)
		goto out;
	drop_cells(x, keep_row, keep_col);
out:
	rs_events_release(&last);
	rs_free(keep_row);
	rs_free(keep_col);
	rs_free(by_row);
	rs_free(by_col);
	if (rc < 0)
		rs_csr_release(x);
	return rc;
}
