/* arrange.c -- sorting of events.
 *
 * A counting sort by user makes the rows of each user adjacent; then users are sorted in tiles, each by one thread. The order
 * within a user is total over all columns, so the order of the input is forgotten. */
#include "lib/data/arrange.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TILE 1024 /* users */

struct arranging {
	struct rs_dataset *d;
	uint32_t *order;    /* event rows, by user */
	uint64_t *row_ptr;  /* n_users + 1, before merging */
	uint64_t *kept;     /* by user: events after merging */
	uint64_t *new_ptr;
};

/* What decides nearly always, beside the row. */
struct sortable {
	int64_t time_s;
	uint32_t item, row;
};

static int cmp_float(float a, float b)
{
	if (isnan(a) || isnan(b))
		return (int)isnan(b) - (int)isnan(a);
	return (a > b) - (a < b);
}

int rs_event_cmp_rest(const struct rs_dataset *d, uint64_t a, uint64_t b)
{
	int c;

	if (d->type != NULL && d->type[a] != d->type[b])
		return d->type[a] < d->type[b] ? -1 : 1;
	if (d->value != NULL && (c = cmp_float(d->value[a], d->value[b])) != 0)
		return c;
	for (uint32_t i = 0; i < d->n_context; i++)
		if ((c = rs_column_cmp(&d->context[i], a, b)) != 0)
			return c;
	return 0;
}

static int cmp_event(const void *pa, const void *pb, void *ctx)
{
	const struct sortable *a = pa, *b = pb;
	int c;

	if (a->time_s != b->time_s)
		return a->time_s < b->time_s ? -1 : 1;
	if (a->item != b->item)
		return a->item < b->item ? -1 : 1;
	if ((c = rs_event_cmp_rest(ctx, a->row, b->row)) != 0)
		return c;
	return (a->row > b->row) - (a->row < b->row); /* equal events: any order */
}

static void insertion_sort(struct sortable *s, size_t n, void *d)
{
	for (size_t i = 1; i < n; i++) {
		struct sortable x = s[i];
		size_t j = i;

		for (; j > 0 && cmp_event(&s[j - 1], &x, d) > 0; j--)
			s[j] = s[j - 1];
		s[j] = x;
	}
}

static bool same_event(const struct rs_dataset *d, const struct sortable *a, const struct sortable *b)
{
	return a->time_s == b->time_s && a->item == b->item && rs_event_cmp_rest(d, a->row, b->row) == 0;
}

/* Sorts the events of one user and drops repeats; the rows that stay stand first. */
static uint64_t sort_user(struct arranging *a, uint32_t u, struct sortable *s)
{
	struct rs_dataset *d = a->d;
	uint64_t first = a->row_ptr[u], n = a->row_ptr[u + 1] - first, kept = 0;
	bool sorted = true;

	for (uint64_t i = 0; i < n; i++) {
		uint32_t row = a->order[first + i];

		s[i] = (struct sortable){ d->time_s == NULL ? 0 : d->time_s[row], d->item[row], row };
		sorted &= i == 0 || cmp_event(&s[i - 1], &s[i], d) <= 0;
	}
	if (!sorted && n <= 24)
		insertion_sort(s, n, d);
	else if (!sorted)
		qsort_r(s, n, sizeof *s, cmp_event, d);
	for (uint64_t i = 0; i < n; i++)
		if (d->keep_duplicates || kept == 0 || !same_event(d, &s[kept - 1], &s[i]))
			s[kept++] = s[i];
	for (uint64_t i = 0; i < kept; i++)
		a->order[first + i] = s[i].row;
	return kept;
}

static int sort_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct arranging *a = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < a->d->user_key.n ? lo + TILE : a->d->user_key.n;
	uint64_t longest = 0;
	struct sortable *s;

	(void)worker;
	for (uint32_t u = lo; u < hi; u++)
		if (a->row_ptr[u + 1] - a->row_ptr[u] > longest)
			longest = a->row_ptr[u + 1] - a->row_ptr[u];
	if ((s = rs_array(longest, sizeof *s, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = lo; u < hi; u++)
		a->kept[u] = sort_user(a, u, s);
	rs_free(s);
	return 0;
}

static int group_by_user(struct arranging *a, const uint32_t *user, struct rs_err *err)
{
	uint32_t nu = a->d->user_key.n;
	uint64_t n = a->d->n_events, *next;

	if ((a->row_ptr = rs_array0((size_t)nu + 1, sizeof *a->row_ptr, err)) == NULL ||
	    (a->new_ptr = rs_array((size_t)nu + 1, sizeof *a->new_ptr, err)) == NULL ||
	    (a->kept = rs_array0(nu, sizeof *a->kept, err)) == NULL ||
	    (a->order = rs_array(n, sizeof *a->order, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t e = 0; e < n; e++)
		a->row_ptr[user[e] + 1]++;
	for (uint32_t u = 0; u < nu; u++)
		a->row_ptr[u + 1] += a->row_ptr[u];
	next = a->new_ptr; /* borrowed as scratch */
	memcpy(next, a->row_ptr, ((size_t)nu + 1) * sizeof *next);
	for (uint64_t e = 0; e < n; e++)
		a->order[next[user[e]]++] = (uint32_t)e;
	return 0;
}

struct gather {
	struct arranging *a;
	const void *in;
	void *out;
	size_t elem_bytes;
};

static int gather_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct gather *g = ctx;
	struct arranging *a = g->a;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < a->d->user_key.n ? lo + TILE : a->d->user_key.n;

	(void)worker;
	(void)err;
	for (uint32_t u = lo; u < hi; u++) {
		const uint32_t *row = a->order + a->row_ptr[u];
		uint64_t to = a->new_ptr[u];

		for (uint64_t i = 0; i < a->kept[u]; i++) {
			switch (g->elem_bytes) {
			case 2: ((uint16_t *)g->out)[to + i] = ((const uint16_t *)g->in)[row[i]]; break;
			case 4: ((uint32_t *)g->out)[to + i] = ((const uint32_t *)g->in)[row[i]]; break;
			default: ((uint64_t *)g->out)[to + i] = ((const uint64_t *)g->in)[row[i]]; break;
			}
		}
	}
	return 0;
}

/* Replaces *column (a pointer to an array, or to NULL) by its rows in the new order. */
static int gather(struct arranging *a, void *column, size_t elem_bytes, uint64_t n, struct rs_err *err)
{
	struct gather g = { .a = a, .elem_bytes = elem_bytes };
	void *old;
	int rc;

	memcpy(&old, column, sizeof old);
	if (old == NULL)
		return 0;
	g.in = old;
	if ((g.out = rs_array(n, elem_bytes, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_tiles_run((a->d->user_key.n + TILE - 1) / TILE, gather_tile, &g, err)) < 0) {
		rs_free(g.out);
		return rc;
	}
	rs_free(old);
	memcpy(column, &g.out, sizeof g.out);
	return 0;
}

static int gather_context(struct arranging *a, uint64_t n, struct rs_err *err)
{
	struct rs_dataset *d = a->d;
	uint64_t *row;
	int rc = 0;

	if (d->n_context == 0)
		return 0;
	if ((row = rs_array(n, sizeof *row, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		for (uint64_t i = 0; i < a->kept[u]; i++)
			row[a->new_ptr[u] + i] = a->order[a->row_ptr[u] + i];
	for (uint32_t c = 0; c < d->n_context && rc == 0; c++) {
		struct rs_column taken;

		if ((rc = rs_column_take(&taken, &d->context[c], row, n, err)) == 0) {
			rs_column_release(&d->context[c]);
			d->context[c] = taken;
		}
	}
	rs_free(row);
	return rc;
}

int rs_arrange(struct rs_dataset *d, const uint32_t *user, struct rs_err *err)
{
	struct arranging a = { .d = d };
	uint64_t n = 0;
	int rc;

	if (d->n_events >= UINT32_MAX)
		return rs_fail(err, RS_EDATA, "%llu events at once: expected at most %u; cut them into several datasets",
		               (unsigned long long)d->n_events, UINT32_MAX - 1);
	if ((rc = group_by_user(&a, user, err)) < 0 ||
	    (rc = rs_tiles_run((d->user_key.n + TILE - 1) / TILE, sort_tile, &a, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < d->user_key.n; u++) {
		a.new_ptr[u] = n;
		n += a.kept[u];
	}
	a.new_ptr[d->user_key.n] = n;
	if ((rc = gather(&a, &d->item, sizeof *d->item, n, err)) < 0 ||
	    (rc = gather(&a, &d->time_s, sizeof *d->time_s, n, err)) < 0 ||
	    (rc = gather(&a, &d->value, sizeof *d->value, n, err)) < 0 ||
	    (rc = gather(&a, &d->type, sizeof *d->type, n, err)) < 0 || (rc = gather_context(&a, n, err)) < 0)
		goto out;
	d->n_duplicates = d->n_events - n;
	d->n_events = n;
	d->row_ptr = a.new_ptr;
	a.new_ptr = NULL;
out:
	rs_free(a.order);
	rs_free(a.row_ptr);
	rs_free(a.kept);
	rs_free(a.new_ptr);
	return rc;
}
