/* pick.c -- samples and cores, see pick.h. */
#include "lib/data/pick.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <stdlib.h>
#include <xxhash.h>

#define TILE 1024 /* users */

void rs_pick_sample(uint8_t *keep_user, const struct rs_dataset *d, double share, uint64_t seed)
{
	for (uint32_t u = 0; u < d->user_key.n; u++) {
		size_t n;
		const char *key = rs_keys_get(&d->user_key, u, &n);

		if (rs_rand_unit(seed, RS_RNG_SAMPLE, XXH3_64bits(key, n), 0) >= share)
			keep_user[u] = 0;
	}
}

/* ---- the core ---- */

struct core {
	const struct rs_dataset *d;
	const uint8_t *keep_event;
	uint8_t *user, *item;
	uint32_t *pair;     /* the different items of user u: pair[row_ptr[u] .. row_ptr[u] + n_pairs[u]) */
	uint64_t *n_pairs;
	uint64_t *n_users;  /* by item */
};

static int cmp_u32(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static int pair_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct core *c = ctx;
	const struct rs_dataset *d = c->d;
	uint32_t lo = (uint32_t)tile * TILE, hi = d->user_key.n - lo > TILE ? lo + TILE : d->user_key.n;

	(void)worker;
	(void)err;
	for (uint32_t u = lo; u < hi; u++) {
		uint32_t *p = c->pair + d->row_ptr[u];
		uint64_t n = 0, different = 0;

		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1] && c->user[u]; e++)
			if ((c->keep_event == NULL || c->keep_event[e]) && c->item[d->item[e]])
				p[n++] = d->item[e];
		qsort(p, n, sizeof *p, cmp_u32);
		for (uint64_t i = 0; i < n; i++)
			if (i == 0 || p[i] != p[i - 1])
				p[different++] = p[i];
		c->n_pairs[u] = different;
	}
	return 0;
}

/* Drops who has too few; whether anybody was. */
static bool peel(struct core *c, uint64_t k)
{
	const struct rs_dataset *d = c->d;
	bool changed = false;

	for (uint32_t i = 0; i < d->item_key.n; i++)
		c->n_users[i] = 0;
	for (uint32_t u = 0; u < d->user_key.n; u++) {
		const uint32_t *p = c->pair + d->row_ptr[u];
		uint64_t n = 0;

		if (!c->user[u])
			continue;
		for (uint64_t i = 0; i < c->n_pairs[u]; i++)
			n += c->item[p[i]];
		if (n < k || n == 0) {
			c->user[u] = 0;
			changed = true;
			continue;
		}
		for (uint64_t i = 0; i < c->n_pairs[u]; i++)
			c->n_users[p[i]] += c->item[p[i]];
	}
	for (uint32_t i = 0; i < d->item_key.n; i++) {
		if (c->item[i] && (c->n_users[i] < k || c->n_users[i] == 0)) {
			c->item[i] = 0;
			changed = true;
		}
	}
	return changed;
}

int rs_pick_core(uint8_t *keep_user, uint8_t *keep_item, const struct rs_dataset *d, const uint8_t *keep_event,
                 uint64_t k, struct rs_err *err)
{
	struct core c = { .d = d, .keep_event = keep_event, .user = keep_user, .item = keep_item };
	int rc = RS_ENOMEM;

	if ((c.pair = rs_array(d->n_events, sizeof *c.pair, err)) == NULL ||
	    (c.n_pairs = rs_array(d->user_key.n, sizeof *c.n_pairs, err)) == NULL ||
	    (c.n_users = rs_array(d->item_key.n, sizeof *c.n_users, err)) == NULL ||
	    (rc = rs_tiles_run((d->user_key.n + TILE - 1ul) / TILE, pair_tile, &c, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		keep_user[u] = keep_user[u] != 0;
	for (uint32_t i = 0; i < d->item_key.n; i++)
		keep_item[i] = keep_item[i] != 0;
	while (peel(&c, k))
		;
out:
	rs_free(c.pair);
	rs_free(c.n_pairs);
	rs_free(c.n_users);
	return rc;
}
