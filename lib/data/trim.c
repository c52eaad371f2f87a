/* trim.c -- training without users whose histories are too short or too long to teach anything, and without old events. */
#include "lib/data/events.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

static int cmp_u64(const void *pa, const void *pb)
{
	uint64_t a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

int rs_percentiles(uint64_t *least, uint64_t *most, const uint64_t *n, size_t count, double lo, double hi, struct rs_err *err)
{
	uint64_t *sorted;

	*least = 0;
	*most = UINT64_MAX;
	if (count == 0 || (lo <= 0 && hi >= 1))
		return 0;
	if ((sorted = rs_array(count, sizeof *sorted, err)) == NULL)
		return RS_ENOMEM;
	memcpy(sorted, n, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, cmp_u64);
	*least = sorted[(size_t)(lo * (double)(count - 1))];
	if (hi < 1)
		*most = sorted[(size_t)(hi * (double)(count - 1))];
	rs_free(sorted);
	return 0;
}

/* The shortest and the longest history that stays, of users with any. */
static int find_limits(uint64_t *least, uint64_t *most, const struct rs_events *e, const struct rs_choice *c,
                       struct rs_err *err)
{
	uint64_t *n = rs_array(e->n_users, sizeof *n, err);
	size_t k = 0;
	int rc;

	if (n == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < e->n_users; u++)
		if (e->row_ptr[u + 1] > e->row_ptr[u])
			n[k++] = e->row_ptr[u + 1] - e->row_ptr[u];
	rc = rs_percentiles(least, most, n, k, c->min_history, c->max_history > 0 ? c->max_history : 1, err);
	rs_free(n);
	return rc;
}

static void move(struct rs_events *e, uint64_t to, uint64_t from, uint64_t n)
{
	memmove(e->item + to, e->item + from, n * sizeof *e->item);
	if (e->weight != NULL)
		memmove(e->weight + to, e->weight + from, n * sizeof *e->weight);
	if (e->time_s != NULL)
		memmove(e->time_s + to, e->time_s + from, n * sizeof *e->time_s);
	if (e->value != NULL)
		memmove(e->value + to, e->value + from, n * sizeof *e->value);
	if (e->place != NULL)
		memmove(e->place + to, e->place + from, n * sizeof *e->place);
}

int rs_events_trim(struct rs_events *e, const struct rs_choice *c, struct rs_err *err)
{
	uint64_t least = 0, most = UINT64_MAX, to = 0, from = 0;
	bool limits = c->min_history > 0 || (c->max_history > 0 && c->max_history < 1);
	int rc;

	if (!limits && c->last_events == 0)
		return 0;
	if (limits && (rc = find_limits(&least, &most, e, c, err)) < 0)
		return rc;
	if (c->last_events > 0 && e->time_s == NULL && e->row_ptr[e->n_users] > 0)
		return rs_fail(err, RS_EDATA, "the events have no times: which are the last is not known");
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t end = e->row_ptr[u + 1], n = end - from;

		if (n < least || n > most)
			n = 0;
		else if (c->last_events > 0 && n > c->last_events)
			n = c->last_events;
		move(e, to, end - n, n);
		to += n;
		from = end;
		e->row_ptr[u + 1] = to;
	}
	return 0;
}
