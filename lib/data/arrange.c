/* arrange.c -- sorting of events.
 *
 * Rows are dealt into ranges of users, each range is sorted by one thread, and what is equal is merged. Time and item of a row
 * stand in one 64-bit key wherever they fit, so that nearly every comparison is one of numbers that lie side by side. The
 * order within a user is total over all columns, so the order of the input is forgotten. */
#include "lib/data/arrange.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/column.h"
#include "lib/data/deal.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RANGES 512
#define SHORT_RUN 16

struct record {
	uint64_t key;
	uint32_t row, user;
};

struct arranging {
	struct rs_dataset *d;
	bool packed;            /* key: time - earliest, then item; else time alone */
	unsigned item_bits;
	int64_t earliest;
	struct rs_deal deal;
	struct record *record;  /* n_events; after sorting those that stay stand first in their range */
	const struct rs_column *event_id; /* NULL: equal events alone are one */
	uint64_t *row_ptr;      /* n_users + 1: events that stay */
	void *in, *out;         /* of a column that is gathered */
	size_t elem_bytes;
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

/* ---- keys ---- */

struct span {
	const int64_t *time_s;
	uint64_t n;
	int64_t earliest, latest;
	pthread_mutex_t lock;
};

static int span_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct span *s = ctx;
	int64_t earliest = INT64_MAX, latest = INT64_MIN;
	uint64_t lo, hi;

	(void)worker;
	(void)err;
	rs_deal_rows(s->n, tile, &lo, &hi);
	for (uint64_t e = lo; e < hi; e++) {
		earliest = s->time_s[e] < earliest ? s->time_s[e] : earliest;
		latest = s->time_s[e] > latest ? s->time_s[e] : latest;
	}
	pthread_mutex_lock(&s->lock);
	s->earliest = earliest < s->earliest ? earliest : s->earliest;
	s->latest = latest > s->latest ? latest : s->latest;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

int rs_arrange_span(const struct rs_dataset *d, int64_t *earliest, int64_t *latest, struct rs_err *err)
{
	struct span s = { d->time_s, d->n_events, 0, 0, PTHREAD_MUTEX_INITIALIZER };
	int rc = 0;

	if (d->time_s != NULL && d->n_events > 0) {
		s.earliest = s.latest = d->time_s[0];
		rc = rs_tiles_run(rs_deal_tiles(s.n), span_tile, &s, err);
	}
	*earliest = s.earliest;
	*latest = s.latest;
	return rc;
}

/* Whether time and item fit one key. */
static int choose_key(struct arranging *a, struct rs_err *err)
{
	int64_t latest;
	int rc = rs_arrange_span(a->d, &a->earliest, &latest, err);

	a->item_bits = rs_bits_of(a->d->item_key.n);
	a->packed = rs_bits_of((uint64_t)latest - (uint64_t)a->earliest) + a->item_bits <= 64;
	return rc;
}

static uint64_t key_of(const struct arranging *a, uint64_t e)
{
	const struct rs_dataset *d = a->d;
	uint64_t t = d->time_s == NULL ? 0 : (uint64_t)d->time_s[e] - (uint64_t)a->earliest;

	return a->packed ? t << a->item_bits | d->item[e] : t;
}

static int cmp_record(const struct arranging *a, const struct record *x, const struct record *y)
{
	const struct rs_dataset *d = a->d;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (!a->packed && d->item[x->row] != d->item[y->row])
		return d->item[x->row] < d->item[y->row] ? -1 : 1;
	return rs_event_cmp_rest(d, x->row, y->row); /* equal events: any order */
}

/* ---- dealing rows into ranges ---- */

static int deal_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct arranging *a = ctx;
	uint64_t *place = a->deal.place + tile * a->deal.n_ranges, lo, hi;

	(void)worker;
	(void)err;
	rs_deal_rows(a->deal.n, tile, &lo, &hi);
	for (uint64_t e = lo; e < hi; e++) {
		uint32_t u = a->deal.user[e];

		a->record[place[u >> a->deal.shift]++] = (struct record){ key_of(a, e), (uint32_t)e, u };
	}
	return 0;
}

static int deal(struct arranging *a, struct rs_err *err)
{
	uint32_t nu = a->d->user_key.n;
	int rc;

	while (nu > 0 && (nu - 1) >> a->deal.shift >= MAX_RANGES)
		a->deal.shift++;
	if ((rc = rs_deal_count(&a->deal, nu, err)) < 0)
		return rc;
	if ((a->row_ptr = rs_array0((size_t)nu + 1, sizeof *a->row_ptr, err)) == NULL ||
	    (a->record = rs_array(a->d->n_events, sizeof *a->record, err)) == NULL)
		return RS_ENOMEM;
	return rs_tiles_run(a->deal.n_tiles, deal_tile, a, err);
}

/* ---- sorting one range ---- */

static void insertion_sort(const struct arranging *a, struct record *r, uint64_t n)
{
	for (uint64_t i = 1; i < n; i++) {
		struct record x = r[i];
		uint64_t j = i;

		for (; j > 0 && cmp_record(a, &r[j - 1], &x) > 0; j--)
			r[j] = r[j - 1];
		r[j] = x;
	}
}

static void merge(const struct arranging *a, const struct record *x, uint64_t nx, const struct record *y, uint64_t ny,
                  struct record *to)
{
	const struct record *x_end = x + nx, *y_end = y + ny;

	while (x < x_end && y < y_end) { /* no branch but for equal keys, which are rare */
		bool first = x->key < y->key;
		const struct record *least;

		if (x->key == y->key)
			first = cmp_record(a, x, y) <= 0;
		least = first ? x : y;
		*to++ = *least;
		x += first;
		y += !first;
	}
	nx = (uint64_t)(x_end - x);
	ny = (uint64_t)(y_end - y);
	memcpy(to, x, nx * sizeof *x);
	memcpy(to + nx, y, ny * sizeof *y);
}

/* Sorts the records of one user; spare has room for n. */
static void sort_user(const struct arranging *a, struct record *r, uint64_t n, struct record *spare)
{
	struct record *from = r, *to = spare;
	uint64_t i = 1;

	while (i < n && cmp_record(a, &r[i - 1], &r[i]) <= 0)
		i++;
	if (i >= n)
		return;
	for (i = 0; i < n; i += SHORT_RUN)
		insertion_sort(a, r + i, n - i < SHORT_RUN ? n - i : SHORT_RUN);
	for (uint64_t run = SHORT_RUN; run < n; run *= 2) {
		struct record *t = from;

		for (i = 0; i < n; i += 2 * run) {
			uint64_t nx = n - i < run ? n - i : run, ny = n - i - nx < run ? n - i - nx : run;

			merge(a, from + i, nx, from + i + nx, ny, to + i);
		}
		from = to;
		to = t;
	}
	if (from != r)
		memcpy(r, from, n * sizeof *r);
}

/* Drops repeats of one sorted user; returns how many stay, which are moved to `to`. */
static uint64_t merge_repeats(const struct arranging *a, const struct record *r, uint64_t n, struct record *to)
{
	uint64_t kept = 0;

	for (uint64_t i = 0; i < n; i++)
		if (a->d->keep_duplicates || kept == 0 || cmp_record(a, &to[kept - 1], &r[i]) != 0)
			to[kept++] = r[i];
	return kept;
}

struct by_id {
	const struct rs_column *id;
	const struct record *r;
};

/* Of events with one id the first in the order of the dataset comes first. */
static int cmp_ids(const void *px, const void *py, void *ctx)
{
	const uint32_t *x = px, *y = py;
	const struct by_id *b = ctx;
	int c = rs_column_cmp(b->id, b->r[*x].row, b->r[*y].row);

	return c != 0 ? c : (*x > *y) - (*x < *y);
}

/* Of the events of one user that have the same id only the first stays; place has room for n. Returns how many stay. */
static uint64_t merge_ids(const struct arranging *a, struct record *r, uint64_t n, uint32_t *place)
{
	struct by_id b = { a->event_id, r };
	uint64_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		place[i] = i;
	qsort_r(place, n, sizeof *place, cmp_ids, &b);
	for (uint64_t i = n; i-- > 1;)
		if (!rs_column_is_null(a->event_id, r[place[i]].row) &&
		    rs_column_cmp(a->event_id, r[place[i]].row, r[place[i - 1]].row) == 0)
			r[place[i]].user = RS_NONE;
	for (uint64_t i = 0; i < n; i++)
		if (r[i].user != RS_NONE)
			r[kept++] = r[i];
	return kept;
}

static int sort_range(void *ctx, size_t r, int worker, struct rs_err *err)
{
	struct arranging *a = ctx;
	uint64_t n = a->deal.range[r + 1] - a->deal.range[r], at = 0, kept = 0;
	uint32_t first = (uint32_t)(r << a->deal.shift), n_users = (uint32_t)1 << a->deal.shift;
	struct record *in = a->record + a->deal.range[r], *by_user = rs_array(n, sizeof *by_user, err);
	uint64_t *next = rs_array0((size_t)n_users + 1, sizeof *next, err);
	uint32_t *place = a->event_id == NULL ? NULL : rs_array(n, sizeof *place, err);

	(void)worker;
	if (by_user == NULL || next == NULL || (a->event_id != NULL && place == NULL)) {
		rs_free(by_user);
		rs_free(next);
		rs_free(place);
		return RS_ENOMEM;
	}
	for (uint64_t i = 0; i < n; i++)
		next[in[i].user - first + 1]++;
	for (uint32_t u = 0; u < n_users; u++)
		next[u + 1] += next[u];
	for (uint64_t i = 0; i < n; i++)
		by_user[next[in[i].user - first]++] = in[i];
	for (uint32_t u = 0; u < n_users && at < n; u++) { /* next[u] is now the end of user u */
		uint64_t k = next[u] - at, stay;

		sort_user(a, by_user + at, k, in + at); /* what stood there has been dealt */
		stay = merge_repeats(a, by_user + at, k, in + kept);
		if (place != NULL && stay > 1)
			stay = merge_ids(a, in + kept, stay, place);
		if (k > 0)
			a->row_ptr[(uint64_t)first + u + 1] = stay;
		kept += stay;
		at += k;
	}
	rs_free(by_user);
	rs_free(next);
	rs_free(place);
	return 0;
}

/* ---- writing columns in the new order ---- */

/* First event of a range in the result, and the records that stay. */
static uint64_t place_of(const struct arranging *a, size_t r, uint64_t *n)
{
	uint64_t nu = a->d->user_key.n, lo = (uint64_t)r << a->deal.shift, hi = ((uint64_t)r + 1) << a->deal.shift;

	*n = a->row_ptr[hi < nu ? hi : nu] - a->row_ptr[lo];
	return a->row_ptr[lo];
}

/* Time and item out of the keys, over the old ones, which nobody needs any more. */
static int unpack_range(void *ctx, size_t r, int worker, struct rs_err *err)
{
	struct arranging *a = ctx;
	const struct record *from = a->record + a->deal.range[r];
	uint64_t n, to = place_of(a, r, &n), mask = ((uint64_t)1 << a->item_bits) - 1;

	(void)worker;
	(void)err;
	for (uint64_t i = 0; i < n; i++) {
		a->d->item[to + i] = (uint32_t)(from[i].key & mask);
		if (a->d->time_s != NULL)
			a->d->time_s[to + i] = (int64_t)((from[i].key >> a->item_bits) + (uint64_t)a->earliest);
	}
	return 0;
}

static int gather_range(void *ctx, size_t r, int worker, struct rs_err *err)
{
	struct arranging *a = ctx;
	const struct record *from = a->record + a->deal.range[r];
	uint64_t n, to = place_of(a, r, &n);

	(void)worker;
	(void)err;
	for (uint64_t i = 0; i < n; i++) {
		switch (a->elem_bytes) {
		case 2:
			((uint16_t *)a->out)[to + i] = ((const uint16_t *)a->in)[from[i].row];
			break;
		case 4:
			((uint32_t *)a->out)[to + i] = ((const uint32_t *)a->in)[from[i].row];
			break;
		default:
			((uint64_t *)a->out)[to + i] = ((const uint64_t *)a->in)[from[i].row];
		}
	}
	return 0;
}

/* Replaces *column (a pointer to an array, or to NULL) by its rows in the new order. */
static int gather(struct arranging *a, void *column, size_t elem_bytes, uint64_t n, struct rs_err *err)
{
	int rc;

	memcpy(&a->in, column, sizeof a->in);
	a->elem_bytes = elem_bytes;
	if (a->in == NULL)
		return 0;
	if ((a->out = rs_array(n, elem_bytes, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_tiles_run(a->deal.n_ranges, gather_range, a, err)) < 0) {
		rs_free(a->out);
		return rc;
	}
	rs_free(a->in);
	memcpy(column, &a->out, sizeof a->out);
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
	for (size_t r = 0; r < a->deal.n_ranges; r++) {
		uint64_t k, to = place_of(a, r, &k);

		for (uint64_t i = 0; i < k; i++)
			row[to + i] = a->record[a->deal.range[r] + i].row;
	}
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

static int write_columns(struct arranging *a, uint64_t n, struct rs_err *err)
{
	struct rs_dataset *d = a->d;
	int rc;

	if ((rc = gather(a, &d->value, sizeof *d->value, n, err)) < 0 ||
	    (rc = gather(a, &d->type, sizeof *d->type, n, err)) < 0 || (rc = gather_context(a, n, err)) < 0)
		return rc;
	if (a->packed)
		return rs_tiles_run(a->deal.n_ranges, unpack_range, a, err);
	if ((rc = gather(a, &d->item, sizeof *d->item, n, err)) < 0)
		return rc;
	return gather(a, &d->time_s, sizeof *d->time_s, n, err);
}

int rs_arrange(struct rs_dataset *d, const uint32_t *user, struct rs_err *err)
{
	struct arranging a = { .d = d, .deal = { .user = user, .n = d->n_events } };
	bool done;
	int rc;

	if (d->n_events >= UINT32_MAX)
		return rs_fail(err, RS_EDATA, "%llu events at once: expected at most %u; cut them into several datasets",
		               (unsigned long long)d->n_events, UINT32_MAX - 1);
	if ((rc = rs_arrange_packed(d, user, &done, err)) < 0 || done || (rc = choose_key(&a, err)) < 0)
		return rc;
	if (!d->keep_duplicates)
		a.event_id = rs_column_find(d->context, d->n_context, RS_EVENT_ID);
	if ((rc = deal(&a, err)) < 0 || (rc = rs_tiles_run(a.deal.n_ranges, sort_range, &a, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		a.row_ptr[u + 1] += a.row_ptr[u];
	if ((rc = write_columns(&a, a.row_ptr[d->user_key.n], err)) < 0)
		goto out;
	d->n_duplicates = d->n_events - a.row_ptr[d->user_key.n];
	d->n_events = a.row_ptr[d->user_key.n];
	d->row_ptr = a.row_ptr;
	a.row_ptr = NULL;
out:
	rs_deal_release(&a.deal);
	rs_free(a.record);
	rs_free(a.row_ptr);
	return rc;
}
