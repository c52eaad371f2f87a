/* arrange_packed.c -- sorting of events each of which fits one number of 64 bits.
 *
 * The number is, from the top: user within a range, time since the earliest, item, type, value; its order is that of events,
 * and equal numbers are equal events. Values count as their rank among all values, of which there are few in nearly any log:
 * stars, prices of ten levels, ones. Rows are dealt into ranges of users that fit a cache, a range is sorted as plain numbers
 * and taken apart again into the columns that it came from, whose old contents nobody needs any more. */
#include "lib/data/arrange.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/deal.h"
#include "lib/data/few_values.h"
#include "lib/num/sort.h"

#include <pthread.h>
#include <string.h>

#define RANGE_EVENTS (1u << 15)
#define MAX_RANGES 4096

struct field {
	unsigned at, bits; /* in the packed event */
};

struct packing {
	struct rs_dataset *d;
	struct field user_low, time, item, type, value;
	int64_t earliest;
	struct few_values values;
	pthread_mutex_t lock; /* of values */
	struct rs_deal deal;
	uint64_t *kept;    /* by range: events that stay */
	uint64_t *key;     /* n_events, by range */
	uint64_t *row_ptr; /* n_users + 1: events that stay */
	struct rs_sort_u64 sort[RS_THREADS_MAX];
};

/* ---- the packed event ---- */

static int values_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct packing *a = ctx;
	struct few_values found;
	uint64_t lo, hi;

	(void)worker;
	(void)err;
	rs_deal_rows(a->d->n_events, tile, &lo, &hi);
	pthread_mutex_lock(&a->lock);
	found = a->values;
	pthread_mutex_unlock(&a->lock);
	for (uint64_t e = lo; e < hi && !found.too_many; e++)
		few_values_add(&found, a->d->value[e]);
	pthread_mutex_lock(&a->lock);
	few_values_join(&a->values, &found);
	pthread_mutex_unlock(&a->lock);
	return 0;
}

/* Where the fields stand; false if they do not fit. One bit stays free, so that no shift is by 64. */
static bool place_fields(struct packing *a)
{
	struct field *const field[5] = { &a->value, &a->type, &a->item, &a->time, &a->user_low };
	unsigned at = 0;

	for (size_t i = 0; i < 5; i++) {
		field[i]->at = at;
		at += field[i]->bits;
	}
	return at < 64;
}

/* Ranges are of 2^bits users, and as many as events fill, not threads. */
static void choose_ranges(struct packing *a)
{
	uint64_t most = a->d->n_events / RANGE_EVENTS, nu = a->d->user_key.n;

	most = most < 1 ? 1 : most > MAX_RANGES ? MAX_RANGES : most;
	while (nu > 0 && (nu - 1) >> a->user_low.bits >= most)
		a->user_low.bits++;
	a->deal.shift = a->user_low.bits;
}

static int choose_fields(struct packing *a, bool *fits, struct rs_err *err)
{
	const struct rs_dataset *d = a->d;
	int64_t latest;
	int rc;

	*fits = false;
	if (d->n_context > 0)
		return 0;
	if ((rc = rs_arrange_span(d, &a->earliest, &latest, err)) < 0)
		return rc;
	choose_ranges(a);
	a->time.bits  = rs_bits_of((uint64_t)latest - (uint64_t)a->earliest);
	a->item.bits  = rs_bits_of(d->item_key.n);
	a->type.bits = d->type == NULL ? 0 : rs_bits_of(d->type_key.n); /* the last one: null */
	if (!place_fields(a))
		return 0;
	if (d->value != NULL) {
		if ((rc = rs_tiles_run(rs_deal_tiles(d->n_events), values_tile, a, err)) < 0)
			return rc;
		if (a->values.too_many)
			return 0;
		few_values_rank(&a->values);
		a->value.bits  = rs_bits_of(a->values.n);
	}
	*fits = place_fields(a);
	return 0;
}

static uint64_t low_bits(unsigned n)
{
	return ((uint64_t)1 << n) - 1;
}

static uint64_t pack(struct packing *a, uint64_t e)
{
	const struct rs_dataset *d = a->d;
	uint64_t k = (a->deal.user[e] & low_bits(a->user_low.bits)) << a->user_low.at | (uint64_t)d->item[e] << a->item.at;

	if (d->time_s != NULL)
		k |= ((uint64_t)d->time_s[e] - (uint64_t)a->earliest) << a->time.at;
	if (d->type != NULL)
		k |= (uint64_t)(d->type[e] == UINT16_MAX ? d->type_key.n : d->type[e]) << a->type.at;
	if (d->value != NULL)
		k |= (uint64_t)few_values_number(&a->values, d->value[e]) << a->value.at;
	return k;
}

static uint64_t get(struct field f, uint64_t key)
{
	return key >> f.at & low_bits(f.bits);
}

/* ---- dealing rows into ranges ---- */

static int deal_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct packing *a = ctx;
	uint64_t *place = a->deal.place + tile * a->deal.n_ranges, lo, hi;

	(void)worker;
	(void)err;
	rs_deal_rows(a->deal.n, tile, &lo, &hi);
	for (uint64_t e = lo; e < hi; e++)
		a->key[place[a->deal.user[e] >> a->deal.shift]++] = pack(a, e);
	return 0;
}

static int deal(struct packing *a, struct rs_err *err)
{
	int rc;

	if ((rc = rs_deal_count(&a->deal, a->d->user_key.n, err)) < 0)
		return rc;
	if ((a->kept = rs_array(a->deal.n_ranges, sizeof *a->kept, err)) == NULL ||
	    (a->row_ptr = rs_array0((size_t)a->d->user_key.n + 1, sizeof *a->row_ptr, err)) == NULL ||
	    (a->key = rs_array(a->d->n_events, sizeof *a->key, err)) == NULL)
		return RS_ENOMEM;
	return rs_tiles_run(a->deal.n_tiles, deal_tile, a, err);
}

/* ---- one range, out of the numbers and back into columns ---- */

static size_t drop_repeats(uint64_t *k, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || k[kept - 1] != k[i])
			k[kept++] = k[i];
	return kept;
}

static void count_users(struct packing *a, size_t r, const uint64_t *k, size_t n)
{
	uint64_t *count = a->row_ptr + 1 + ((uint64_t)r << a->user_low.bits);

	for (size_t i = 0; i < n;) {
		uint64_t user = get(a->user_low, k[i]);
		size_t first = i;

		while (i < n && get(a->user_low, k[i]) == user)
			i++;
		count[user] = i - first;
	}
}

static void unpack(const struct packing *a, const uint64_t *k, size_t n, uint64_t to)
{
	struct rs_dataset *d = a->d;

	for (size_t i = 0; i < n; i++)
		d->item[to + i] = (uint32_t)get(a->item, k[i]);
	for (size_t i = 0; i < n && d->time_s != NULL; i++)
		d->time_s[to + i] = (int64_t)(get(a->time, k[i]) + (uint64_t)a->earliest);
	for (size_t i = 0; i < n && d->value != NULL; i++)
		d->value[to + i] = a->values.value[get(a->value, k[i])];
	for (size_t i = 0; i < n && d->type != NULL; i++) {
		uint64_t type = get(a->type, k[i]);

		d->type[to + i] = type == d->type_key.n ? UINT16_MAX : (uint16_t)type;
	}
}

static int sort_range(void *ctx, size_t r, int worker, struct rs_err *err)
{
	struct packing *a = ctx;
	size_t n = (size_t)(a->deal.range[r + 1] - a->deal.range[r]);
	uint64_t *k = a->key + a->deal.range[r];
	int rc;

	if ((rc = rs_sort_u64(&k, n, a->user_low.at + a->user_low.bits, &a->sort[worker], err)) < 0)
		return rc;
	if (!a->d->keep_duplicates)
		n = drop_repeats(k, n);
	a->kept[r] = n;
	count_users(a, r, k, n);
	unpack(a, k, n, a->deal.range[r]);
	return 0;
}

/* ---- where repeats were ---- */

#define COLUMNS 4

/* A tile is a column. */
static int close_gaps(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct packing *a = ctx;
	const struct rs_dataset *d = a->d;
	void *const column[COLUMNS] = { d->time_s, d->item, d->value, d->type };
	static const size_t elem_bytes[COLUMNS] = { sizeof *d->time_s, sizeof *d->item, sizeof *d->value, sizeof *d->type };
	char *p = column[tile];
	size_t size = elem_bytes[tile];
	uint64_t at = 0;

	(void)worker;
	(void)err;
	for (size_t r = 0; r < a->deal.n_ranges && p != NULL; r++) {
		if (at < a->deal.range[r])
			memmove(p + at * size, p + a->deal.range[r] * size, a->kept[r] * size);
		at += a->kept[r];
	}
	return 0;
}

int rs_arrange_packed(struct rs_dataset *d, const uint32_t *user, bool *done, struct rs_err *err)
{
	struct packing *a = rs_array0(1, sizeof *a, err);
	uint64_t *row_ptr;
	int rc;

	*done = false;
	if (a == NULL)
		return RS_ENOMEM;
	a->d = d;
	a->deal.user = user;
	a->deal.n = d->n_events;
	pthread_mutex_init(&a->lock, NULL);
	if ((rc = choose_fields(a, done, err)) < 0 || !*done)
		goto out;
	if ((rc = deal(a, err)) < 0 || (rc = rs_tiles_run(a->deal.n_ranges, sort_range, a, err)) < 0 ||
	    (rc = rs_tiles_run(COLUMNS, close_gaps, a, err)) < 0)
		goto out;
	row_ptr = a->row_ptr;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		row_ptr[u + 1] += row_ptr[u];
	d->n_duplicates = d->n_events - row_ptr[d->user_key.n];
	d->n_events = row_ptr[d->user_key.n];
	d->row_ptr = row_ptr;
	a->row_ptr = NULL;
out:
	for (int i = 0; i < RS_THREADS_MAX; i++)
		rs_sort_u64_release(&a->sort[i]);
	rs_deal_release(&a->deal);
	rs_free(a->kept);
	rs_free(a->key);
	rs_free(a->row_ptr);
	pthread_mutex_destroy(&a->lock);
	rs_free(a);
	return rc;
}
