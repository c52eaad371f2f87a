/* eval_gates.c -- what is required of the result of rs-eval. */
#include "cmd/eval_gates.h"

#include "lib/base/text.h"

#include <stdio.h>
#include <string.h>

int rs_eval_gates_add(struct rs_eval_gates *gates, const char *value, struct rs_err *err)
{
	size_t n = strcspn(value, "<>"), n_sign = strspn(value + n, "<>=");
	struct rs_eval_gate *g = &gates->gate[gates->n];
	char q[RS_QUOTE_MAX];

	if (gates->n == RS_EVAL_GATES_MAX || n == 0 || n >= sizeof g->name || n_sign == 0 || n_sign >= sizeof g->sign ||
	    (n_sign == 2 && value[n + 1] != '=') || !rs_get_f64(value + n + n_sign, strlen(value + n + n_sign), &g->bound))
		return rs_fail(err, RS_EUSAGE, "%s: expected METRIC>=NUMBER (or >, <=, <), at most %d times",
		               rs_quote(q, sizeof q, value, strlen(value)), RS_EVAL_GATES_MAX);
	memcpy(g->name, value, n);
	g->name[n] = 0;
	memcpy(g->sign, value + n, n_sign);
	g->sign[n_sign] = 0;
	gates->n++;
	return 0;
}

static bool holds(const struct rs_eval_gate *g, double v)
{
	bool equal = v == g->bound && g->sign[1] == '=';

	return equal || (g->sign[0] == '>' ? v > g->bound : v < g->bound);
}

int rs_eval_gates_check(const struct rs_eval_gates *gates, const struct rs_eval_rows *r, struct rs_err *err)
{
	char num[RS_NUM_MAX + 1];

	for (size_t g = 0; g < gates->n; g++) {
		size_t i = 0;

		while (i < r->n && strcmp(r->row[i].name, gates->gate[g].name) != 0)
			i++;
		if (i == r->n)
			return rs_fail(err, RS_EUSAGE, "--require %s: expected one of the rows of the result",
			               gates->gate[g].name);
		num[rs_put_f64(num, r->row[i].value)] = 0;
		if (!holds(&gates->gate[g], r->row[i].value))
			return rs_fail(err, RS_EGATE, "%s is %s: required %s %g", gates->gate[g].name, num, gates->gate[g].sign,
			               gates->gate[g].bound);
	}
	return 0;
}

int rs_eval_gates_metrics(const struct rs_eval_gates *gates, struct rs_metric *metric, size_t *n_metrics, struct rs_err *err)
{
	for (size_t g = 0; g < gates->n; g++) {
		bool there = strchr(gates->gate[g].name, '.') != NULL;

		for (size_t i = 0; i < *n_metrics; i++)
			there |= strcmp(metric[i].name, gates->gate[g].name) == 0;
		if (!there && rs_metrics_parse(metric, n_metrics, gates->gate[g].name, err) < 0)
			return rs_fail_prefix(err, "--require");
	}
	return 0;
}
