/* order.c -- the events of all users in another order: by time, or dealt at random.
 *
 * A counting sort by the high bits of the key, then each bucket is sorted by itself; equal keys stay in the order of the
 * rows. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/data/export.h"

#include <stdlib.h>

#define BUCKETS 65536

struct ordering {
	const struct rs_dataset *d;
	uint64_t seed, first, span; /* keys: time - first, up to span */
	bool at_random;
	uint64_t *order;
	uint64_t *start; /* BUCKETS + 1 */
};

static uint64_t key_of(const struct ordering *o, uint64_t e)
{
	return o->at_random ? rs_rand_u64(o->seed, RS_RNG_SAMPLE, e, 1) : (uint64_t)o->d->time_s[e] - o->first;
}

static size_t bucket_of(const struct ordering *o, uint64_t key)
{
	return (size_t)((double)key / ((double)o->span + 1) * (BUCKETS - 1));
}

static int cmp_event(const void *pa, const void *pb, void *ctx)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb, ka = key_of(ctx, a), kb = key_of(ctx, b);

	if (ka != kb)
		return ka < kb ? -1 : 1;
	return (a > b) - (a < b);
}

static int sort_bucket(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct ordering *o = ctx;

	(void)worker;
	(void)err;
	qsort_r(o->order + o->start[tile], (size_t)(o->start[tile + 1] - o->start[tile]), sizeof *o->order, cmp_event, o);
	return 0;
}

static int sort_events(struct ordering *o, uint64_t **order, struct rs_err *err)
{
	uint64_t n = o->d->n_events, at = 0;
	int rc = RS_ENOMEM;

	*order = NULL;
	if ((o->order = rs_array(n, sizeof *o->order, err)) == NULL ||
	    (o->start = rs_array0(BUCKETS + 1, sizeof *o->start, err)) == NULL)
		goto out;
	for (uint64_t e = 0; e < n; e++)
		o->start[bucket_of(o, key_of(o, e))]++;
	for (size_t b = 0; b <= BUCKETS; b++) {
		uint64_t here = o->start[b];

		o->start[b] = at;
		at += here;
	}
	for (uint64_t e = 0; e < n; e++)
		o->order[o->start[bucket_of(o, key_of(o, e))]++] = e;
	for (size_t b = BUCKETS; b > 0; b--) /* each start has moved to the end of its bucket */
		o->start[b] = o->start[b - 1];
	o->start[0] = 0;
	if ((rc = rs_tiles_run(BUCKETS, sort_bucket, o, err)) < 0)
		goto out;
	*order = o->order;
	o->order = NULL;
out:
	rs_free(o->order);
	rs_free(o->start);
	return rc;
}

int rs_order_by_time(uint64_t **order, const struct rs_dataset *d, struct rs_err *err)
{
	struct ordering o = { .d = d };
	int64_t first = INT64_MAX, last = INT64_MIN;

	for (uint64_t e = 0; e < d->n_events; e++) {
		first = d->time_s[e] < first ? d->time_s[e] : first;
		last = d->time_s[e] > last ? d->time_s[e] : last;
	}
	o.first = (uint64_t)first;
	o.span = (uint64_t)last - (uint64_t)first;
	return sort_events(&o, order, err);
}

int rs_order_at_random(uint64_t **order, const struct rs_dataset *d, uint64_t seed, struct rs_err *err)
{
	struct ordering o = { .d = d, .seed = seed, .at_random = true, .span = UINT64_MAX };

	return sort_events(&o, order, err);
}
