/* split.c -- marks each event as training, history or truth. */
#include "lib/data/split.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define TILE 256 /* users */
#define SLACK 1e-9 /* so that 0.1 of 10 is 1, whatever the last bit of the product */

struct splitting {
	const struct rs_dataset *d;
	const struct rs_split_options *o;
	struct rs_split *s;
	const uint32_t *test_user, *test_item; /* FILE: indexes in the test, or RS_NONE */
	const uint32_t *test_type;
	uint8_t *test_hit; /* FILE: by event of the test: found in the data */
};

/* A number that hangs on the ids alone. */
static uint64_t draw_user(const struct splitting *p, uint32_t u)
{
	size_t n;
	const char *key = rs_keys_get(&p->d->user_key, u, &n);

	return rs_rand_u64(p->o->seed, RS_RNG_SPLIT, XXH3_64bits(key, n), 0);
}

static uint64_t draw_pair(const struct splitting *p, uint32_t u, uint32_t item)
{
	size_t n_user, n_item;
	const char *user_key = rs_keys_get(&p->d->user_key, u, &n_user);
	const char *item_key = rs_keys_get(&p->d->item_key, item, &n_item);

	return rs_rand_u64(p->o->seed, RS_RNG_SPLIT, XXH3_64bits_withSeed(item_key, n_item, XXH3_64bits(user_key, n_user)), 1);
}

/* How many of n are kept back, at least one of which stays. */
static uint64_t share_of(const struct rs_split_options *o, uint64_t n, bool up, double fraction)
{
	double part = up ? ceil((double)n * fraction - SLACK) : floor((double)n * fraction + SLACK);
	uint64_t k = o->count > 0 ? o->count : (uint64_t)part;

	if (n == 0)
		return 0;
	return k < n ? k : n - 1;
}

static void mark(uint8_t *event, uint64_t n, enum rs_part part)
{
	memset(event, (int)part, n);
}

/* ---- the newest of each user ---- */

static void split_last(const struct splitting *p, uint32_t u, enum rs_part older, double fraction)
{
	uint64_t first = p->d->row_ptr[u], n = p->d->row_ptr[u + 1] - first, k = share_of(p->o, n, true, fraction);

	mark(p->s->event + first, n - k, older);
	mark(p->s->event + first + n - k, k, RS_PART_TRUTH);
}

/* ---- some items of each user ---- */

struct drawn {
	uint64_t draw;
	uint32_t item;
	uint32_t event; /* within the user */
};

static int cmp_item(const void *pa, const void *pb)
{
	const struct drawn *a = pa, *b = pb;

	return (a->item > b->item) - (a->item < b->item);
}

static int cmp_drawn(const void *pa, const void *pb)
{
	const struct drawn *a = pa, *b = pb;

	if (a->draw != b->draw)
		return a->draw < b->draw ? -1 : 1;
	return cmp_item(pa, pb);
}

static int split_random(const struct splitting *p, uint32_t u, struct rs_err *err)
{
	const struct rs_dataset *d = p->d;
	uint64_t first = d->row_ptr[u], n = d->row_ptr[u + 1] - first, n_items = 0, k;
	struct drawn *x = rs_array(n, sizeof *x, err);
	uint32_t last = RS_NONE;

	if (x == NULL)
		return RS_ENOMEM;
	for (uint64_t e = 0; e < n; e++)
		x[e] = (struct drawn){ 0, d->item[first + e], (uint32_t)e };
	qsort(x, n, sizeof *x, cmp_item);
	for (uint64_t e = 0; e < n; e++) {
		bool again = e > 0 && x[e].item == x[e - 1].item;

		x[e].draw = again ? x[e - 1].draw : draw_pair(p, u, x[e].item);
		n_items += !again;
	}
	qsort(x, n, sizeof *x, cmp_drawn);
	k = share_of(p->o, n_items, false, p->o->fraction);
	for (uint64_t e = 0; e < n; e++) {
		if (x[e].item != last && k > 0)
			k--;
		else if (x[e].item != last)
			break;
		last = x[e].item;
		p->s->event[first + x[e].event] = RS_PART_TRUTH;
	}
	rs_free(x);
	return 0;
}

/* ---- the newest of all ---- */

/* The k-th newest time, k >= 1: its bits from the highest 16 down, by counting. */
static int nth_newest(int64_t *out, const struct rs_dataset *d, uint64_t k, struct rs_err *err)
{
	uint64_t *count = rs_array(65536, sizeof *count, err), prefix = 0;

	if (count == NULL)
		return RS_ENOMEM;
	for (int shift = 48; shift >= 0; shift -= 16) {
		uint32_t digit = 65535;

		memset(count, 0, 65536 * sizeof *count);
		for (uint64_t e = 0; e < d->n_events; e++) {
			uint64_t t = (uint64_t)d->time_s[e] ^ 1ull << 63; /* in the order of the times */

			if (shift == 48 || t >> (shift + 16) == prefix)
				count[t >> shift & 65535]++;
		}
		while (count[digit] < k)
			k -= count[digit--];
		prefix = prefix << 16 | digit;
	}
	rs_free(count);
	*out = (int64_t)(prefix ^ 1ull << 63);
	return 0;
}

static int split_time(const struct splitting *p, struct rs_err *err)
{
	const struct rs_dataset *d = p->d;
	uint64_t k = (uint64_t)ceil((double)d->n_events * p->o->fraction - SLACK);
	int64_t at = p->o->at_s;
	int rc;

	if (d->n_events == 0 || (at == INT64_MIN && k == 0))
		return 0;
	if (at == INT64_MIN && (rc = nth_newest(&at, d, k, err)) < 0)
		return rc;
	for (uint64_t e = 0; e < d->n_events; e++)
		if (d->time_s[e] >= at)
			p->s->event[e] = RS_PART_TRUTH;
	return 0;
}

/* ---- some users ---- */

static int split_users(const struct splitting *p, struct rs_err *err)
{
	const struct rs_dataset *d = p->d;
	uint64_t least = p->o->min_events > 2 ? p->o->min_events : 2, k;
	struct drawn *x = rs_array(d->user_key.n, sizeof *x, err);
	uint32_t n = 0;

	if (x == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		if (d->row_ptr[u + 1] - d->row_ptr[u] >= least)
			x[n++] = (struct drawn){ draw_user(p, u), u, 0 };
	qsort(x, n, sizeof *x, cmp_drawn);
	k = (uint64_t)(n * p->o->fraction + SLACK);
	if (k == 0 && n > 0 && p->o->fraction > 0)
		k = 1;
	for (uint64_t i = 0; i < k; i++)
		split_last(p, x[i].item, RS_PART_HISTORY, p->o->hold);
	rs_free(x);
	return 0;
}

/* ---- those of a given test ---- */

static bool same_event(const struct splitting *p, uint64_t e, uint64_t t)
{
	const struct rs_dataset *d = p->d, *test = p->o->test;

	if (d->time_s != NULL && test->time_s != NULL && d->time_s[e] != test->time_s[t])
		return false;
	if (d->type != NULL && test->type != NULL) {
		uint32_t type = d->type[e] == UINT16_MAX ? UINT16_MAX : p->test_type[d->type[e]];

		if (type != test->type[t])
			return false;
	}
	return true;
}

struct place {
	uint32_t item;
	uint64_t event; /* of the test */
};

static int cmp_place(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->item != b->item)
		return a->item < b->item ? -1 : 1;
	return (a->event > b->event) - (a->event < b->event);
}

static int split_file(const struct splitting *p, uint32_t u, struct rs_err *err)
{
	const struct rs_dataset *d = p->d, *test = p->o->test;
	uint32_t v = p->test_user[u];
	uint64_t first, n;
	struct place *x;

	if (v == RS_NONE)
		return 0;
	first = test->row_ptr[v];
	n = test->row_ptr[v + 1] - first;
	if ((x = rs_array(n, sizeof *x, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t t = 0; t < n; t++)
		x[t] = (struct place){ test->item[first + t], first + t };
	qsort(x, n, sizeof *x, cmp_place);
	for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++) {
		uint32_t item = p->test_item[d->item[e]];
		uint64_t lo = 0, hi = n;

		while (lo < hi) {
			uint64_t mid = lo + (hi - lo) / 2;

			if (x[mid].item < item)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < n && x[lo].item == item; lo++) {
			if (!same_event(p, e, x[lo].event))
				continue;
			p->s->event[e] = RS_PART_TRUTH;
			p->test_hit[x[lo].event] = 1;
		}
	}
	rs_free(x);
	return 0;
}

/* ---- all of them ---- */

static int split_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct splitting *p = ctx;
	const struct rs_dataset *d = p->d;
	uint32_t lo = (uint32_t)tile * TILE, hi = d->user_key.n - lo > TILE ? lo + TILE : d->user_key.n;
	int rc = 0;

	(void)worker;
	for (uint32_t u = lo; u < hi && rc == 0; u++) {
		if (p->o->by == RS_SPLIT_FILE)
			rc = split_file(p, u, err);
		else if (d->row_ptr[u + 1] - d->row_ptr[u] < p->o->min_events)
			continue;
		else if (p->o->by == RS_SPLIT_RANDOM)
			rc = split_random(p, u, err);
		else
			split_last(p, u, RS_PART_TRAIN, p->o->fraction);
	}
	return rc;
}

static int run_tiles(struct splitting *p, struct rs_err *err)
{
	return rs_tiles_run((p->d->user_key.n + TILE - 1ul) / TILE, split_tile, p, err);
}

static int run_file(struct splitting *p, struct rs_err *err)
{
	const struct rs_dataset *test = p->o->test;
	uint32_t *user = NULL, *item = NULL, *type = NULL;
	int rc;

	if ((rc = rs_keys_match(&p->d->user_key, &test->user_key, &user, err)) < 0 ||
	    (rc = rs_keys_match(&p->d->item_key, &test->item_key, &item, err)) < 0 ||
	    (rc = rs_keys_match(&p->d->type_key, &test->type_key, &type, err)) < 0)
		goto out;
	p->test_user = user;
	p->test_item = item;
	p->test_type = type;
	rc = RS_ENOMEM;
	if ((p->test_hit = rs_array0(test->n_events, 1, err)) == NULL || (rc = run_tiles(p, err)) < 0)
		goto out;
	p->s->n_unmatched = test->n_events;
	for (uint64_t t = 0; t < test->n_events; t++)
		p->s->n_unmatched -= p->test_hit[t];
out:
	rs_free(p->test_hit);
	rs_free(user);
	rs_free(item);
	rs_free(type);
	return rc;
}

int rs_split_make(struct rs_split *s, const struct rs_dataset *d, const struct rs_split_options *o, struct rs_err *err)
{
	struct splitting p = { .d = d, .o = o, .s = s };
	int rc = RS_ENOMEM;

	memset(s, 0, sizeof *s);
	if (d->time_s == NULL && d->n_events > 0 && o->by != RS_SPLIT_RANDOM && o->by != RS_SPLIT_FILE)
		return rs_fail(err, RS_EUSAGE,
		               "the data has no times, and the order of its rows is not kept: expected --by random or file");
	if ((s->event = rs_array(d->n_events, 1, err)) == NULL || (s->user = rs_array0(d->user_key.n, 1, err)) == NULL)
		goto out;
	mark(s->event, d->n_events, RS_PART_TRAIN);
	rc = o->by == RS_SPLIT_TIME  ? split_time(&p, err) :
	     o->by == RS_SPLIT_USERS ? split_users(&p, err) :
	     o->by == RS_SPLIT_FILE  ? run_file(&p, err) :
	                               run_tiles(&p, err);
	for (uint32_t u = 0; u < d->user_key.n && rc == 0; u++)
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++)
			s->user[u] |= s->event[e];
out:
	if (rc < 0)
		rs_split_release(s);
	return rc;
}

void rs_split_release(struct rs_split *s)
{
	rs_free(s->event);
	rs_free(s->user);
	memset(s, 0, sizeof *s);
}

int rs_split_take(struct rs_dataset **out, const struct rs_split *s, const struct rs_dataset *d, enum rs_part part,
                  struct rs_err *err)
{
	uint8_t *event = rs_array0(d->n_events, 1, err), *user = rs_array0(d->user_key.n, 1, err);
	uint8_t *item = rs_array0(d->item_key.n, 1, err);
	int rc = RS_ENOMEM;

	*out = NULL;
	if (event == NULL || user == NULL || item == NULL)
		goto out;
	for (uint32_t u = 0; u < d->user_key.n; u++) {
		uint8_t wanted = (uint8_t)part;

		if (part == RS_PART_HISTORY) /* of users of the truth, whatever they did before */
			wanted = RS_PART_HISTORY | RS_PART_TRAIN;
		user[u] = part == RS_PART_TRAIN ? (s->user[u] & RS_PART_HISTORY) == 0 : (s->user[u] & RS_PART_TRUTH) != 0;
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++) {
			event[e] = user[u] && (s->event[e] & wanted) != 0;
			item[d->item[e]] |= event[e];
		}
	}
	rc = rs_dataset_subset(out, d, event, user, part == RS_PART_TRUTH ? item : NULL, true, err);
	if (rc == 0 && part == RS_PART_TRAIN && d->actions != NULL) /* nobody tests on them: they are training data */
		rc = rs_dataset_subset(&(*out)->actions, d->actions, NULL, NULL, NULL, false, err);
out:
	rs_free(event);
	rs_free(user);
	rs_free(item);
	return rc;
}
