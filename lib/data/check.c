/* check.c -- every index and every order that hot loops rely on, checked once. */
#include "lib/data/check.h"

#include "lib/base/tiles.h"
#include "lib/data/arrange.h"
#include "lib/data/times.h"

#include <math.h>

#define TILE 1024 /* users */

static int bad(struct rs_err *err, const char *what)
{
	return rs_fail(err, RS_EDATA, "damaged: %s", what);
}

struct checking {
	const struct rs_dataset *d;
	bool all;
};

/* Whether event b may stand behind event a of the same user. */
static bool in_order(const struct checking *k, uint64_t a, uint64_t b)
{
	const struct rs_dataset *d = k->d;
	int c;

	if (d->time_s != NULL && d->time_s[a] != d->time_s[b])
		return d->time_s[a] < d->time_s[b];
	if (!k->all) /* without the times nothing is known about the items */
		return d->time_s == NULL || d->item[a] <= d->item[b];
	if (d->item[a] != d->item[b])
		return d->item[a] < d->item[b];
	c = rs_event_cmp_rest(d, a, b);
	return c < 0 || (c == 0 && d->keep_duplicates);
}

static int check_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct checking *k = ctx;
	const struct rs_dataset *d = k->d;
	uint32_t lo = (uint32_t)tile * TILE, hi = d->user_key.n - lo < TILE ? d->user_key.n : lo + TILE;

	(void)worker;
	for (uint32_t u = lo; u < hi; u++) {
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++) {
			if (d->item[e] >= d->item_key.n)
				return bad(err, "an event of an item that is not there");
			if (d->type != NULL && d->type[e] != UINT16_MAX && d->type[e] >= d->type_key.n)
				return bad(err, "an event of a type that is not there");
			if (d->value != NULL && isinf(d->value[e]))
				return bad(err, "a value is infinite");
			if (d->time_s != NULL && !rs_time_in_calendar(d->time_s[e]))
				return bad(err, "a time outside the years 1 to 9999");
			if (e > d->row_ptr[u] && !in_order(k, e - 1, e))
				return bad(err, "events are out of order");
		}
	}
	return 0;
}

int rs_dataset_check(const struct rs_dataset *d, bool all, struct rs_err *err)
{
	struct checking k = { d, all };

	if (d->row_ptr[0] != 0 || d->row_ptr[d->user_key.n] != d->n_events)
		return bad(err, "the rows of users do not cover the events");
	for (uint32_t u = 0; u < d->user_key.n; u++)
		if (d->row_ptr[u] > d->row_ptr[u + 1])
			return bad(err, "the rows of users are out of order");
	return rs_tiles_run(((size_t)d->user_key.n + TILE - 1) / TILE, check_tile, &k, err);
}

static int check_offsets(const struct rs_column *c, uint64_t n_values, struct rs_err *err)
{
	if (c->ptr[0] != 0 || c->ptr[c->n_rows] != n_values)
		return bad(err, "the rows of a column do not cover its values");
	for (uint64_t i = 0; i < c->n_rows; i++) {
		if (c->ptr[i] > c->ptr[i + 1])
			return bad(err, "the rows of a column are out of order");
		if (c->type == RS_TYPE_CATEGORICAL && !c->multi && c->ptr[i + 1] - c->ptr[i] > 1)
			return bad(err, "several values in a column of single values");
	}
	return 0;
}

int rs_column_check(const struct rs_column *c, uint64_t n_values, struct rs_err *err)
{
	int rc;

	if (c->type == RS_TYPE_NUMBER) {
		for (uint64_t i = 0; i < c->n_rows; i++)
			if (isinf(c->number[i]))
				return bad(err, "a number is infinite");
		return 0;
	}
	if ((rc = check_offsets(c, n_values, err)) < 0)
		return rc;
	if (c->type == RS_TYPE_CATEGORICAL)
		for (uint64_t i = 0; i < n_values; i++)
			if (c->code[i] >= c->dict.n)
				return bad(err, "a category that is not in the dictionary");
	return 0;
}
