/* synth_world.c -- the world behind a made-up dataset: circles of items, lives of items, tastes of users. See synth.h. */
#include "lib/data/synth_world.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define HOME_SHARE .8     /* of an item's popularity that lies in its home circle */
#define SHARPNESS 2.0     /* of tastes: standard deviation of the logits */
#define AGE_SHARPNESS 1.0
#define COUNTRY_SHARPNESS .7

void rs_synth_init(struct rs_synth_options *o)
{
	*o = (struct rs_synth_options){ .n_users = 1000, .n_items = 500, .n_events = 50000, .first_user = 1, .seed = 42,
		                        .kind = RS_SYNTH_SHOP, .tastes = 16, .zipf = 1, .background = .15, .drift = .5,
		                        .follow = .1, .repeat = .05, .start_s = 1704067200, .days = 180,
		                        .user_prefix = "u", .item_prefix = "i" };
}

static int check_options(const struct rs_synth_options *o, struct rs_err *err)
{
	if (o->n_users == 0 || o->n_items == 0 || o->n_users > RS_IX_MAX || o->n_items > RS_IX_MAX)
		return rs_fail(err, RS_EUSAGE, "%u users and %u items: expected from 1 to %d of each", o->n_users, o->n_items,
		               RS_IX_MAX);
	if (o->first_user > RS_IX_MAX)
		return rs_fail(err, RS_EUSAGE, "first user %u: expected at most %d", o->first_user, RS_IX_MAX);
	if (o->tastes == 0 || o->tastes > RS_SYNTH_TASTES_MAX)
		return rs_fail(err, RS_EUSAGE, "%u tastes: expected from 1 to %d", o->tastes, RS_SYNTH_TASTES_MAX);
	if (o->days == 0)
		return rs_fail(err, RS_EUSAGE, "0 days: expected at least 1");
	if (strlen(o->user_prefix) > RS_KEY_MAX / 2 || strlen(o->item_prefix) > RS_KEY_MAX / 2)
		return rs_fail(err, RS_EUSAGE, "a prefix of more than %d bytes", RS_KEY_MAX / 2);
	return 0;
}

/* ---- items ---- */

struct ranked {
	uint64_t draw;
	uint32_t item;
};

static int cmp_ranked(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->draw != b->draw)
		return a->draw < b->draw ? -1 : 1;
	return (a->item > b->item) - (a->item < b->item);
}

/* Popularity by item: (rank + q)^-zipf, ranks dealt at random. */
static int deal_popularity(const struct rs_synth *s, double *pop, struct rs_err *err)
{
	uint32_t n = s->o.n_items;
	struct ranked *r = rs_array(n, sizeof *r, err);
	double q = 1 + n / 200.0;

	if (r == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		r[i] = (struct ranked){ rs_rand_u64(s->o.seed, SYNTH_RANK, i, 0), i };
	qsort(r, n, sizeof *r, cmp_ranked);
	for (uint32_t i = 0; i < n; i++)
		pop[r[i].item] = pow(i + q, -s->o.zipf);
	rs_free(r);
	return 0;
}

/* When an item came, and its share of full popularity in each step of the time span. Item 0 has always been there. */
static void live(struct rs_synth *s, uint32_t i)
{
	struct synth_draws d = { .seed = s->o.seed, .purpose = SYNTH_LIFE, .row = i };
	double span = (double)(s->end_s - s->o.start_s);
	bool is_new = synth_unit(&d) < .25 && i > 0;
	double since = is_new ? -.95 * span * synth_unit(&d) : 3 * 365.0 * DAY * synth_unit(&d);
	double half_life = (30 + 170 * synth_unit(&d)) * DAY;
	double period = (60 + 180 * synth_unit(&d)) * DAY, phase = synth_unit(&d);

	s->created_s[i] = s->o.start_s - (int64_t)since;
	for (int step = 0; step < SYNTH_STEPS; step++) {
		double t = (step + .5) / SYNTH_STEPS * span, age = t + since > 0 ? t + since : 0;
		double fresh = .3 + .7 * exp2(-age / half_life);
		double wave = .5 + .5 * sin(6.283185307179586 * (t / period + phase));
		double full = 1 - s->o.drift + s->o.drift * fresh * (.25 + .75 * wave);

		s->life[(size_t)i * SYNTH_STEPS + (size_t)step] = (uint8_t)(1 + 254 * full);
	}
}

/* ---- circles ---- */

/* Vose's construction: places whose weight is below the mean are filled up by one above it. */
static int make_alias(const struct synth_circle *c, uint32_t *alias, uint32_t *limit, struct rs_err *err)
{
	double *p = rs_array(c->n, sizeof *p, err);
	uint32_t *stack = rs_array(c->n, sizeof *stack, err), n_small = 0, large = c->n;
	int rc = RS_ENOMEM;

	if (p == NULL || stack == NULL)
		goto out;
	for (uint32_t i = 0; i < c->n; i++) {
		p[i] = (double)c->weight[i] * c->n;
		alias[i] = i;
		limit[i] = UINT32_MAX;
		if (p[i] < 1)
			stack[n_small++] = i;
		else
			stack[--large] = i;
	}
	while (n_small > 0 && large < c->n) {
		uint32_t small = stack[--n_small], big = stack[large];

		limit[small] = (uint32_t)(p[small] * UINT32_MAX);
		alias[small] = big;
		p[big] -= 1 - p[small];
		if (p[big] < 1) {
			large++;
			stack[n_small++] = big;
		}
	}
	rc = 0;
out:
	rs_free(p);
	rs_free(stack);
	return rc;
}

/* Fills circle k with the items of share > 0; room begins at `at` of the storage. Returns the items in it. */
static uint32_t gather_circle(struct rs_synth *s, uint32_t k, const double *pop, size_t at)
{
	struct synth_circle *c = &s->circle[k];
	double sum = 0;

	c->item = s->member + at;
	c->weight = s->weight + at;
	c->alias = s->alias + at;
	c->limit = s->limit + at;
	for (uint32_t i = 0; i < s->o.n_items; i++) {
		double share = k == s->o.tastes ? 1 : HOME_SHARE * (s->home[i] == k) + (1 - HOME_SHARE) * (s->second[i] == k);

		if (share <= 0)
			continue;
		s->member[at + c->n] = i;
		s->weight[at + c->n++] = (float)(share * pop[i]);
		sum += share * pop[i];
	}
	for (uint32_t j = 0; j < c->n; j++) {
		s->weight[at + j] = (float)(s->weight[at + j] / sum);
		c->alive += (double)s->weight[at + j] * s->life[(size_t)c->item[j] * SYNTH_STEPS + SYNTH_STEPS - 1];
	}
	return c->n;
}

static int make_circles(struct rs_synth *s, const double *pop, struct rs_err *err)
{
	size_t at = 0;
	int rc = 0;

	for (uint32_t k = 0; k <= s->o.tastes && rc == 0; k++) {
		uint32_t n = gather_circle(s, k, pop, at);

		rc = make_alias(&s->circle[k], s->alias + at, s->limit + at, err);
		at += n;
	}
	return rc;
}

int rs_synth_open(struct rs_synth **out, const struct rs_synth_options *o, struct rs_err *err)
{
	struct rs_synth *s = NULL;
	double *pop = NULL;
	size_t n = o->n_items, room = 3 * n; /* home, second and background */
	int rc;

	*out = NULL;
	if ((rc = check_options(o, err)) < 0)
		return rc;
	rc = RS_ENOMEM;
	if ((s = rs_array0(1, sizeof *s, err)) == NULL)
		return rc;
	s->o = *o;
	s->end_s = o->start_s + (int64_t)o->days * DAY;
	if ((pop = rs_array(n, sizeof *pop, err)) == NULL ||
	    (s->circle = rs_array0((size_t)o->tastes + 1, sizeof *s->circle, err)) == NULL ||
	    (s->member = rs_array(room, sizeof *s->member, err)) == NULL ||
	    (s->weight = rs_array(room, sizeof *s->weight, err)) == NULL ||
	    (s->alias = rs_array(room, sizeof *s->alias, err)) == NULL ||
	    (s->limit = rs_array(room, sizeof *s->limit, err)) == NULL ||
	    (s->home = rs_array(n, sizeof *s->home, err)) == NULL ||
	    (s->second = rs_array(n, sizeof *s->second, err)) == NULL ||
	    (s->created_s = rs_array(n, sizeof *s->created_s, err)) == NULL ||
	    (s->life = rs_array(n, SYNTH_STEPS, err)) == NULL || (rc = deal_popularity(s, pop, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < o->n_items; i++) {
		s->home[i] = (uint16_t)rs_rand_below(o->tastes, o->seed, SYNTH_CIRCLE, i, 0);
		s->second[i] = (uint16_t)rs_rand_below(o->tastes, o->seed, SYNTH_CIRCLE, i, 1);
		live(s, i);
	}
	if ((rc = make_circles(s, pop, err)) < 0)
		goto out;
	*out = s;
	s = NULL;
out:
	rs_free(pop);
	rs_synth_close(s);
	return rc;
}

void rs_synth_close(struct rs_synth *s)
{
	if (s == NULL)
		return;
	rs_free(s->circle);
	rs_free(s->member);
	rs_free(s->weight);
	rs_free(s->alias);
	rs_free(s->limit);
	rs_free(s->home);
	rs_free(s->second);
	rs_free(s->created_s);
	rs_free(s->life);
	rs_free(s);
}

/* ---- users ---- */

void synth_person(const struct rs_synth *s, uint32_t user, struct synth_person *p)
{
	struct synth_draws d = { .seed = s->o.seed, .purpose = SYNTH_PERSON, .row = user };
	double at = synth_unit(&d), sum = 0;

	/* Some ages and countries are more common than others. */
	p->age = (uint32_t)(SYNTH_AGES * at * (2 - at));
	p->country = (uint32_t)(SYNTH_COUNTRIES * pow(synth_unit(&d), 2));
	p->has_row = synth_unit(&d) >= .02;
	p->bias = .4 * rs_rand_normal(s->o.seed, SYNTH_QUALITY, user, 1);
	for (uint32_t k = 0; k < s->o.tastes; k++) {
		double logit = SHARPNESS * rs_rand_normal(s->o.seed, SYNTH_TASTE, user, k) +
		               AGE_SHARPNESS * rs_rand_normal(s->o.seed, SYNTH_AGE_BIAS, p->age, k) +
		               COUNTRY_SHARPNESS * rs_rand_normal(s->o.seed, SYNTH_COUNTRY_BIAS, p->country, k);

		p->taste[k] = (float)exp(logit);
		sum += p->taste[k];
	}
	for (uint32_t k = 0; k < s->o.tastes; k++)
		p->taste[k] = (float)(p->taste[k] / sum);
}

void rs_synth_truth(const struct rs_synth *s, uint32_t user, float *score)
{
	struct synth_person p;
	double share[RS_SYNTH_TASTES_MAX + 1];
	uint32_t background = s->o.tastes;

	synth_person(s, s->o.first_user + user, &p);
	share[background] = s->o.background;
	for (uint32_t k = 0; k < s->o.tastes; k++) {
		bool empty = s->circle[k].n == 0; /* who seeks there picks from all */

		share[k] = empty ? 0 : (1 - s->o.background) * p.taste[k];
		share[background] += empty ? (1 - s->o.background) * p.taste[k] : 0;
	}
	memset(score, 0, s->o.n_items * sizeof *score);
	for (uint32_t k = 0; k <= background; k++) {
		const struct synth_circle *c = &s->circle[k];

		for (uint32_t j = 0; j < c->n; j++)
			score[c->item[j]] += (float)(share[k] * c->weight[j] / c->alive *
			                             s->life[(size_t)c->item[j] * SYNTH_STEPS + SYNTH_STEPS - 1]);
	}
}
