/* objective.c -- how rich each item is in what lists shall be rich in. */
#include "lib/model/objective.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	double value;
	uint32_t item;
};

static int cmp_entry(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return (a->value > b->value) - (a->value < b->value);
}

/* Places of sorted values as shares; equal ones share the middle of theirs. */
static void spread(float *out, const struct entry *e, uint32_t n)
{
	for (uint32_t lo = 0, hi; lo < n; lo = hi) {
		for (hi = lo + 1; hi < n && e[hi].value == e[lo].value; hi++)
			;
		for (uint32_t k = lo; k < hi; k++)
			out[e[k].item] = n > 1 ? (float)((lo + hi - 1) / 2.0 / (n - 1)) : .5f;
	}
}

int rs_objective_make(float **out, const struct rs_choice *c, const struct rs_dataset *d, const uint32_t *item, uint32_t n,
                      struct rs_err *err)
{
	const struct rs_column *column = rs_column_find(d->items.column, d->items.n_columns, c->objective);
	char q[RS_QUOTE_MAX];
	struct entry *e;
	uint32_t k = 0;

	if (column == NULL || column->type != RS_TYPE_NUMBER)
		return rs_fail(err, RS_EDATA, "objective %s: the items of the datasets have no such column of numbers",
		               rs_quote(q, sizeof q, c->objective, strlen(c->objective)));
	*out = rs_array0(n, sizeof **out, err); /* nothing is known: 0 */
	e = rs_array(n, sizeof *e, err);
	if (*out == NULL || e == NULL) {
		rs_free(e);
		return RS_ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++)
		if (!isnan(column->number[item[i]]))
			e[k++] = (struct entry){ column->number[item[i]], i };
	qsort(e, k, sizeof *e, cmp_entry);
	spread(*out, e, k);
	rs_free(e);
	return 0;
}
