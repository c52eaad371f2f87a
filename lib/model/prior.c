/* prior.c -- scores for a person of whom nothing is known.
 *
 * Counts are sums of integers, one set for each worker, so that neither threads nor the order of people show in them. */
#include "lib/model/prior.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/popular.h"

#include <math.h>

#define TILE 4096     /* people */
#define ONE (1 << 20) /* an event of today */

struct count {
	uint64_t *early, *all;  /* by item: weights of the people's newest event, of the first few and of all */
	uint32_t *users, *last; /* people; the user, plus 1, who was counted last */
};

struct counting {
	const struct rs_events *e;
	int64_t oldest_s[RS_AGE_STEPS - 1]; /* the oldest time of each step of age */
	uint32_t weight[RS_AGE_STEPS];
	struct count *count; /* by worker */
};

static void release(struct counting *c)
{
	for (int w = 0; w < rs_threads() && c->count != NULL; w++) {
		rs_free(c->count[w].early);
		rs_free(c->count[w].all);
		rs_free(c->count[w].users);
		rs_free(c->count[w].last);
	}
	rs_free(c->count);
}

/* A worker's counts, when it has its first tile. */
static int make_room(struct count *k, size_t n, struct rs_err *err)
{
	if (k->last != NULL)
		return 0;
	if ((k->early = rs_array0(n, sizeof *k->early, err)) == NULL || (k->all = rs_array0(n, sizeof *k->all, err)) == NULL ||
	    (k->users = rs_array0(n, sizeof *k->users, err)) == NULL || (k->last = rs_array0(n, sizeof *k->last, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

static int weigh_ages(struct counting *c, struct rs_err *err)
{
	struct rs_ageing a;
	int64_t newest = rs_popular_newest(c->e);
	int rc = rs_popular_learn(&a, c->e, true, err);

	for (int s = 0; s < RS_AGE_STEPS; s++)
		c->weight[s] = a.learned ? (uint32_t)lround(a.step[s] * ONE) : ONE;
	for (int s = 0; s < RS_AGE_STEPS - 1; s++)
		c->oldest_s[s] = a.learned ? newest - (int64_t)(rs_age_days[s] * 86400) : INT64_MIN;
	return rc;
}

/* Among the first few events of the row, k is the newest of its item that counts. */
static bool newest_early(const struct rs_events *e, uint64_t k, uint64_t end)
{
	for (uint64_t i = k + 1; i < end; i++)
		if (e->item[i] == e->item[k] && !(e->weight != NULL && e->weight[i] < 0))
			return false;
	return true;
}

static int count_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct counting *c = ctx;
	const struct rs_events *e = c->e;
	struct count *to = &c->count[worker];
	uint32_t lo = (uint32_t)tile * TILE, hi = e->n_users - lo < TILE ? e->n_users : lo + TILE;

	if (make_room(to, e->n_items, err) < 0)
		return RS_ENOMEM;
	for (uint32_t u = lo; u < hi; u++) {
		uint64_t first = e->row_ptr[u], end = e->row_ptr[u + 1];
		uint64_t early = e->time_s == NULL || end - first < RS_PRIOR_EVENTS ? end : first + RS_PRIOR_EVENTS;

		for (uint64_t i = end, s = 0; i-- > first;) { /* the newest first */
			uint32_t item = e->item[i];

			if (e->weight != NULL && e->weight[i] < 0)
				continue;
			while (e->time_s != NULL && s < RS_AGE_STEPS - 1 && e->time_s[i] < c->oldest_s[s])
				s++;
			if (to->last[item] != u + 1) {
				to->last[item] = u + 1;
				to->users[item]++;
				to->all[item] += c->weight[s];
				to->early[item] += e->time_s == NULL ? c->weight[s] : 0;
			}
			if (e->time_s != NULL && i < early && newest_early(e, i, early))
				to->early[item] += c->weight[s];
		}
	}
	return 0;
}

int rs_prior_make(float **prior, uint32_t **users, const struct rs_events *e, struct rs_err *err)
{
	struct counting c = { .e = e };
	float *p = rs_array(e->n_items, sizeof *p, err);
	uint32_t *n = rs_array0(e->n_items, sizeof *n, err);
	int rc = RS_ENOMEM;

	if (p != NULL && n != NULL && (c.count = rs_array0((size_t)rs_threads(), sizeof *c.count, err)) != NULL &&
	    (rc = weigh_ages(&c, err)) == 0)
		rc = rs_tiles_run(((size_t)e->n_users + TILE - 1) / TILE, count_tile, &c, err);
	for (uint32_t i = 0; i < e->n_items && rc == 0; i++) {
		uint64_t early = 0, all = 0;

		for (int w = 0; w < rs_threads(); w++) {
			if (c.count[w].last == NULL)
				continue;
			early += c.count[w].early[i];
			all += c.count[w].all[i];
			n[i] += c.count[w].users[i];
		}
		p[i] = (float)(((double)early + RS_PRIOR_LATER * (double)all) / ONE +
		               RS_PRIOR_TIE * n[i] / ((double)e->n_users + 1));
	}
	release(&c);
	if (rc < 0) {
		rs_free(p);
		rs_free(n);
		return rc;
	}
	*prior = p;
	*users = n;
	return 0;
}
