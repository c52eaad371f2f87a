/* history.c -- small things that item-item recipes share about histories. */
#include "lib/recipe/history.h"

#include "lib/base/mem.h"

#include <math.h>
#include <string.h>

bool rs_history_counts(const struct rs_events *h, uint64_t e)
{
	float w = h->weight == NULL ? 1 : h->weight[e];

	for (uint64_t f = 0; f < h->row_ptr[1]; f++) {
		float v = h->weight == NULL ? 1 : h->weight[f];

		if (f != e && h->item[f] == h->item[e] && (rs_weight_beats(v, w) || (v == w && f < e)))
			return false;
	}
	return true;
}

struct rs_recency rs_recency_of(const struct rs_param_values *p)
{
	struct rs_recency r = { .half_life = rs_param(p, "history_half_life"),
		                .window = (uint32_t)rs_param(p, "history_window") };

	return r;
}

double rs_recency_step(const struct rs_recency *r, int64_t gap_s)
{
	double step = r->half_life > 0 ? exp2(-1 / r->half_life) : 1;

	if (r->gap_half_life > 0)
		step *= fmax(r->gap_floor, exp2((double)-gap_s / 3600 / r->gap_half_life));
	return step;
}

/* weight[0 .. n) of the events of user u. */
static void weigh(float *weight, const struct rs_events *e, uint32_t u, const struct rs_recency *r)
{
	uint64_t first = e->row_ptr[u], n = e->row_ptr[u + 1] - first;
	double left = 1;

	for (uint64_t k = n; k-- > 0;) {
		const int64_t *t = e->time_s == NULL ? NULL : e->time_s + first + k;

		if (k + 1 < n)
			left *= rs_recency_step(r, t == NULL ? 0 : (int64_t)((uint64_t)t[1] - (uint64_t)t[0]));
		if (r->window > 0 && n - k > r->window)
			left = 0;
		weight[k] = (float)(left * (e->weight == NULL ? 1 : (double)e->weight[first + k]));
	}
}

static bool asks_for_order(const struct rs_recency *r)
{
	return r->half_life > 0 || r->window > 0 || r->gap_half_life > 0;
}

int rs_recency_check(const struct rs_events *e, const struct rs_recency *r, struct rs_err *err)
{
	for (uint32_t u = 0; u < e->n_users && e->time_s == NULL && asks_for_order(r); u++)
		if (e->row_ptr[u + 1] - e->row_ptr[u] > 1)
			return rs_fail(err, RS_EDATA,
			               "the history has no times, but what came last counts most: import it with times, "
			               "or with --ordered");
	return 0;
}

/* The events that count, weighted: of each user the last ones. */
static int take_recent(struct rs_events *out, const struct rs_events *e, const struct rs_recency *r, struct rs_err *err)
{
	uint32_t *all = rs_array(e->n_users, sizeof *all, err);
	uint64_t at = 0, from = 0;
	int rc;

	memset(out, 0, sizeof *out);
	if (all == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < e->n_users; u++)
		all[u] = u;
	rc = rs_events_rows(out, e, all, e->n_users, err);
	rs_free(all);
	if (rc == 0 && out->weight == NULL
	    && (out->weight = rs_array(out->row_ptr[out->n_users], sizeof *out->weight, err)) == NULL)
		rc = RS_ENOMEM;
	for (uint32_t u = 0; u < e->n_users && rc == 0; u++) {
		uint64_t to = out->row_ptr[u + 1];

		weigh(out->weight + from, e, u, r);
		for (; from < to; from++) {
			if (out->weight[from] == 0)
				continue;
			out->item[at] = out->item[from];
			out->weight[at] = out->weight[from];
			if (out->time_s != NULL)
				out->time_s[at] = out->time_s[from];
			if (out->value != NULL)
				out->value[at] = out->value[from];
			at++;
		}
		out->row_ptr[u + 1] = at;
	}
	if (rc < 0)
		rs_events_release(out);
	return rc;
}

int rs_history_query(const struct rs_events *h, const struct rs_recency *r, void **query, struct rs_err *err)
{
	struct rs_csr *x = rs_array0(1, sizeof *x, err);
	struct rs_events recent = { 0 };
	bool by_age = r != NULL && asks_for_order(r);
	int rc = 0;

	if (x == NULL)
		return RS_ENOMEM;
	if (by_age && (rc = rs_recency_check(h, r, err)) == 0)
		rc = take_recent(&recent, h, r, err);
	if (rc == 0)
		rc = rs_matrix_from_events(x, by_age ? &recent : h, r == NULL ? RS_REPEATS_MAX : r->repeats, err);
	rs_events_release(&recent);
	if (rc < 0) {
		rs_free(x);
		return rc;
	}
	*query = x;
	return 0;
}

int rs_history_explain(const struct rs_events *h, const struct rs_recency *r, rs_weight_fn *weight, const void *weights,
                       uint32_t item, float *share, struct rs_err *err)
{
	static const struct rs_recency none = { 0 };
	struct rs_events counted = { .n_users = 1, .row_ptr = h->row_ptr, .item = h->item, .weight = share };
	float w = 0;
	int rc = rs_recency_check(h, r == NULL ? &none : r, err);

	if (rc < 0)
		return rc;
	weigh(share, h, 0, r == NULL ? &none : r);
	for (uint64_t e = 0; e < h->row_ptr[1]; e++) {
		if ((rc = weight(weights, h->item[e], item, &w, err)) < 0)
			return rc;
		if (w == 0 || ((r == NULL || r->repeats == RS_REPEATS_MAX) && !rs_history_counts(&counted, e)))
			share[e] = 0;
	}
	for (uint64_t e = 0; e < h->row_ptr[1]; e++) {
		if (share[e] != 0 && (rc = weight(weights, h->item[e], item, &w, err)) < 0)
			return rc;
		share[e] *= share[e] != 0 ? w : 0;
	}
	return 0;
}

void rs_history_query_free(void *query)
{
	if (query == NULL)
		return;
	rs_csr_release(query);
	rs_free(query);
}

static int keep_between(uint8_t *keep, const uint64_t *n, size_t count, double lo, double hi, struct rs_err *err)
{
	uint64_t least, most;
	int rc = rs_percentiles(&least, &most, n, count, lo, hi, err);

	for (size_t i = 0; i < count && rc == 0; i++)
		keep[i] = n[i] >= least && n[i] <= most;
	return rc;
}

static void count_all(const struct rs_csr *x, uint64_t *by_row, uint64_t *by_col)
{
	memset(by_col, 0, x->n_cols * sizeof *by_col);
	for (uint32_t u = 0; u < x->n_rows; u++)
		by_row[u] = x->row_ptr[u + 1] - x->row_ptr[u];
	for (uint64_t e = 0; e < x->row_ptr[x->n_rows]; e++)
		by_col[x->col[e]]++;
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

int rs_history_matrix(struct rs_csr *x, const struct rs_events *e, const struct rs_trim *t, struct rs_err *err)
{
	struct rs_recency recency = { .window = t->max_history };
	struct rs_events last = { 0 };
	uint8_t *keep_row = NULL, *keep_col = NULL;
	uint64_t *by_row = NULL, *by_col = NULL;
	int rc;

	memset(x, 0, sizeof *x);
	if (t->max_history > 0 && (rc = take_recent(&last, e, &recency, err)) < 0)
		return rc;
	if (e->weight == NULL) { /* all are 1 still */
		rs_free(last.weight);
		last.weight = NULL;
	}
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
