/* eval_rows.c -- rows of metrics, with intervals. */
#include "cmd/eval_rows.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FLIPS 10000 /* of the paired test */

void rs_eval_rows_release(struct rs_eval_rows *r)
{
	rs_free(r->row);
	memset(r, 0, sizeof *r);
}

int rs_eval_rows_add(struct rs_eval_rows *r, const char *prefix, size_t metric, double value, const struct rs_scores *a,
                     const struct rs_scores *b, struct rs_err *err)
{
	bool mean = a != NULL && rs_metric_is_mean(&r->metric[metric]);
	struct rs_eval_row *row;
	int rc = rs_grow(&r->row, &r->cap, r->n + 1, sizeof *r->row, err);

	if (rc < 0)
		return rc;
	row = &r->row[r->n++];
	*row = (struct rs_eval_row){ .value = value, .low = NAN, .high = NAN, .metric = metric };
	row->a = mean ? a : NULL;
	row->b = mean ? b : NULL;
	snprintf(row->name, sizeof row->name, "%s%s", prefix, r->metric[metric].name);
	return 0;
}

int rs_eval_rows_add_scores(struct rs_eval_rows *r, const char *prefix, const struct rs_scores *s, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < r->n_metrics && rc == 0; i++)
		rc = rs_eval_rows_add(r, prefix, i, rs_scores_total(s, i), s, NULL, err);
	return rc;
}

static double value_of(const struct rs_eval_rows *rows, const struct rs_eval_row *r, uint32_t u)
{
	size_t at = (size_t)u * rows->n_metrics + r->metric;

	return r->b == NULL ? r->a->value[at] : r->a->value[at] - r->b->value[at];
}

int rs_eval_rows_add_differences(struct rs_eval_rows *r, const struct rs_scores *a, const struct rs_scores *b, uint64_t seed,
                                 struct rs_err *err)
{
	double *difference = rs_array(a->n_users, sizeof *difference, err), p;
	int rc = difference == NULL ? RS_ENOMEM : 0;

	for (size_t i = 0; i < r->n_metrics && rc == 0; i++) {
		rc = rs_eval_rows_add(r, "difference.", i, rs_scores_total(a, i) - rs_scores_total(b, i), a, b, err);
		if (rc < 0 || !rs_metric_is_mean(&r->metric[i]))
			continue;
		for (uint32_t u = 0; u < a->n_users; u++)
			difference[u] = value_of(r, &r->row[r->n - 1], u);
		if ((rc = rs_paired_p(difference, a->n_users, FLIPS, seed, &p, err)) == 0)
			rc = rs_eval_rows_add(r, "p.", i, p, NULL, NULL, err);
	}
	rs_free(difference);
	return rc;
}

int rs_eval_rows_intervals(struct rs_eval_rows *r, uint32_t n_users, uint32_t resamples, double confidence, uint64_t seed,
                           struct rs_err *err)
{
	double *value = rs_array((size_t)n_users * r->n, sizeof *value, err), *low = rs_array(r->n, sizeof *low, err);
	double *high = rs_array(r->n, sizeof *high, err);
	size_t n = 0, c = 0;
	int rc = RS_ENOMEM;

	if (value == NULL || low == NULL || high == NULL)
		goto out;
	for (size_t i = 0; i < r->n; i++)
		n += r->row[i].a != NULL;
	for (uint32_t u = 0; u < n_users; u++)
		for (size_t i = 0; i < r->n; i++)
			if (r->row[i].a != NULL)
				value[c++] = value_of(r, &r->row[i], u);
	rc = rs_bootstrap(value, n, n_users, resamples, confidence, seed, low, high, err);
	c = 0;
	for (size_t i = 0; i < r->n && rc == 0; i++) {
		if (r->row[i].a != NULL) {
			r->row[i].low = low[c];
			r->row[i].high = high[c++];
		}
	}
out:
	rs_free(value);
	rs_free(low);
	rs_free(high);
	return rc;
}

int rs_eval_put_number(struct rs_out *out, const char *before, double v, bool as_json, struct rs_err *err)
{
	char num[RS_NUM_MAX];
	int rc = rs_out_write(out, before, strlen(before), err);

	if (rc < 0 || (isnan(v) && !as_json))
		return rc;
	if (isnan(v))
		return rs_out_write(out, "null", 4, err);
	return rs_out_write(out, num, rs_put_f64(num, v), err);
}

int rs_eval_rows_put(const struct rs_eval_rows *rows, struct rs_out *out, uint32_t n_users, bool as_json, struct rs_err *err)
{
	int rc = as_json ? 0 : rs_out_printf(out, err, "metric\tvalue\tlow\thigh\tusers\n");

	for (size_t i = 0; i < rows->n && rc == 0; i++) {
		const struct rs_eval_row *r = &rows->row[i];

		if ((rc = rs_out_printf(out, err, as_json ? "{\"metric\":\"%s\"" : "%s", r->name)) < 0 ||
		    (rc = rs_eval_put_number(out, as_json ? ",\"value\":" : "\t", r->value, as_json, err)) < 0 ||
		    (rc = rs_eval_put_number(out, as_json ? ",\"low\":" : "\t", r->low, as_json, err)) < 0 ||
		    (rc = rs_eval_put_number(out, as_json ? ",\"high\":" : "\t", r->high, as_json, err)) < 0)
			break;
		rc = rs_out_printf(out, err, as_json ? ",\"users\":%u}\n" : "\t%u\n", n_users);
	}
	return rc;
}
