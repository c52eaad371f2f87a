/* synth_events.c -- what the people of a made-up world do: sessions of picks, each user from an own stream of numbers.
 *
 * The events of a user come out in order of time, no two at the same second, so that they need no sorting and none is equal
 * to another. How many there are is known before (a log-normal share of the total), so users are made in parallel tiles
 * straight into their place. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/synth_world.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define TILE 256       /* users */
#define TRIES 32       /* draws for one pick before anything goes */
#define STAY .75       /* chance that a pick stays in the circle of its session */
#define CART .2        /* at most, of views */
#define BUY .5         /* of carts */
#define DAY 86400

enum { BUYING, CARTING, VIEWING }; /* as the names of event types are sorted */

struct synthesis {
	const struct rs_synth *s;
	struct rs_dataset *d;
	atomic_ullong done;
};

/* Scratch of one tile. */
struct scratch {
	uint32_t *seen; /* hash set of items, RS_NONE where free */
	size_t seen_mask;
	double *share;  /* by session */
	int64_t *start_s;
};

/* A user at work. */
struct shopper {
	const struct rs_synth *s;
	struct synth_person who;
	struct synth_draws draws;
	struct scratch *scratch;
	uint32_t circle; /* of the session */
};

/* ---- items already picked ---- */

static uint32_t *seen_place(const struct scratch *c, uint32_t item)
{
	size_t at = item * 0x9E3779B1u & c->seen_mask;

	while (c->seen[at] != RS_NONE && c->seen[at] != item)
		at = (at + 1) & c->seen_mask;
	return &c->seen[at];
}

static bool is_seen(const struct scratch *c, uint32_t item)
{
	return *seen_place(c, item) == item;
}

static void clear_seen(struct scratch *c, uint64_t n)
{
	size_t size = 4;

	while (size < 2 * n)
		size *= 2;
	c->seen_mask = size - 1;
	memset(c->seen, 0xff, size * sizeof *c->seen);
}

/* ---- picks ---- */

static uint32_t pick_circle(struct shopper *p)
{
	double at = synth_unit(&p->draws);
	uint32_t k = 0;

	while (k + 1 < p->s->o.tastes && at >= p->who.taste[k])
		at -= p->who.taste[k++];
	return k;
}

static uint32_t draw_item(struct shopper *p, const struct synth_circle *c)
{
	uint64_t w = synth_u64(&p->draws);
	uint32_t place = (uint32_t)(((w >> 32) * c->n) >> 32);

	return c->item[(uint32_t)w <= c->limit[place] ? place : c->alias[place]];
}

/* The next volume: the neighbour in the item's home circle. */
static uint32_t next_volume(const struct rs_synth *s, uint32_t item)
{
	const struct synth_circle *c = &s->circle[s->home[item]];
	uint32_t lo = 0, hi = c->n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (c->item[mid] <= item)
			lo = mid;
		else
			hi = mid;
	}
	return c->item[(lo + 1) % c->n];
}

/* Any item that is there: item 0 always is. */
static uint32_t any_item(struct shopper *p, int64_t t)
{
	uint32_t i = (uint32_t)(((synth_u64(&p->draws) >> 32) * p->s->o.n_items) >> 32);

	while (p->s->created_s[i] > t)
		i = i + 1 < p->s->o.n_items ? i + 1 : 0;
	return i;
}

static uint32_t pick_item(struct shopper *p, uint32_t last, int64_t t)
{
	const struct rs_synth *s = p->s;
	const struct synth_circle *c;
	uint32_t found = RS_NONE, k = p->circle;

	if (last != RS_NONE && synth_unit(&p->draws) < s->o.follow) {
		uint32_t next = next_volume(s, last);

		if (s->created_s[next] <= t && !is_seen(p->scratch, next))
			return next;
	}
	if (synth_unit(&p->draws) < s->o.background)
		k = s->o.tastes;
	else if (synth_unit(&p->draws) >= STAY)
		k = pick_circle(p);
	c = s->circle[k].n > 0 ? &s->circle[k] : &s->circle[s->o.tastes];
	for (int i = 0; i < TRIES; i++) {
		uint32_t item = draw_item(p, c);
		uint64_t w = synth_u64(&p->draws);

		if ((w & 255) >= synth_life(s, item, t))
			continue;
		found = item;
		if (!is_seen(p->scratch, item) || (double)(w >> 11) * 0x1p-53 < s->o.repeat)
			break;
	}
	return found != RS_NONE ? found : any_item(p, t);
}

static float rating(struct shopper *p, uint32_t item)
{
	const struct rs_synth *s = p->s;
	double liking = log(p->who.taste[s->home[item]] * s->o.tastes + .05);
	double quality = rs_rand_normal(s->o.seed, SYNTH_QUALITY, item, 0);
	double mood = sqrt(-2 * log(1 - synth_unit(&p->draws))) * cos(6.283185307179586 * synth_unit(&p->draws));
	double v = floor(3.6 + p->who.bias + .4 * quality + .35 * liking + .6 * mood);

	return (float)(v < 1 ? 1 : v > 5 ? 5 : v);
}

/* ---- sessions ---- */

static int cmp_time(const void *pa, const void *pb)
{
	int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

	return (a > b) - (a < b);
}

/* When the sessions of a user begin, ascending: from the day of joining on, more in the evening. */
static void plan_sessions(const struct rs_synth *s, uint32_t user, struct scratch *c, uint64_t n)
{
	struct synth_draws d = { .seed = s->o.seed, .purpose = SYNTH_SESSIONS, .row = user };
	double joined = .8 * s->o.days * pow(synth_unit(&d), 2), sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		double day = floor(joined + (s->o.days - joined) * synth_unit(&d));
		double hour = fmod(20 + 12 * (synth_unit(&d) + synth_unit(&d) - 1), 24);

		c->start_s[i] = s->o.start_s + (int64_t)day * DAY + (int64_t)(hour * 3600);
		c->share[i] = .1 - log(1 - synth_unit(&d));
		sum += c->share[i];
	}
	for (uint64_t i = 0; i < n; i++)
		c->share[i] /= sum;
	qsort(c->start_s, n, sizeof *c->start_s, cmp_time);
}

/* Events to .. of the user in one session, from time t on. Returns the time of the last. */
static int64_t do_session(struct shopper *p, struct rs_dataset *d, uint64_t from, uint64_t to, int64_t t)
{
	uint32_t item = RS_NONE;
	int stage = BUYING;

	for (uint64_t e = from; e < to; e++) {
		double more = synth_unit(&p->draws), gap = synth_unit(&p->draws);

		if (d->type != NULL && item != RS_NONE && stage == VIEWING && more < CART)
			stage = CARTING;
		else if (d->type != NULL && item != RS_NONE && stage == CARTING && more < BUY)
			stage = BUYING;
		else {
			item = pick_item(p, item, t);
			stage = VIEWING;
		}
		*seen_place(p->scratch, item) = item;
		d->item[e] = item;
		d->time_s[e] = t;
		if (d->type != NULL)
			d->type[e] = (uint16_t)stage;
		if (d->value != NULL && d->type == NULL)
			d->value[e] = rating(p, item);
		else if (d->value != NULL)
			d->value[e] = stage == VIEWING ? NAN : (float)synth_price(p->s, item);
		t += 5 + (int64_t)(-50 * log(1 - gap));
	}
	return d->time_s[to - 1];
}

static void do_user(struct synthesis *y, uint32_t row, struct scratch *c)
{
	const struct rs_synth *s = y->s;
	struct rs_dataset *d = y->d;
	uint32_t user = s->o.first_user + row;
	uint64_t e = d->row_ptr[row], n = d->row_ptr[row + 1] - e, n_sessions = 1 + n / 8, session = 0;
	struct shopper p = { .s = s, .scratch = c, .draws = { .seed = s->o.seed, .purpose = SYNTH_EVENTS, .row = user } };
	int64_t last = INT64_MIN;
	double done = 0;

	synth_person(s, user, &p.who);
	plan_sessions(s, user, c, n_sessions);
	clear_seen(c, n);
	for (; e < d->row_ptr[row + 1]; session++) {
		uint64_t to = d->row_ptr[row + 1];
		uint64_t device = synth_u64(&p.draws) % 8;

		done += c->share[session];
		if (session + 1 < n_sessions && (uint64_t)(done * n) < n)
			to = d->row_ptr[row] + (uint64_t)(done * n);
		if (to == e)
			continue;
		if (d->n_context > 0)
			for (uint64_t i = e; i < to; i++)
				d->context[0].code[i] = device < 5 ? 1 : device < 7 ? 0 : 2;
		p.circle = pick_circle(&p);
		last = do_session(&p, d, e, to, c->start_s[session] > last ? c->start_s[session] : last + 1);
		e = to;
	}
}

static int do_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct synthesis *y = ctx;
	uint32_t n_users = y->s->o.n_users, lo = (uint32_t)tile * TILE, hi = n_users - lo > TILE ? lo + TILE : n_users;
	struct scratch c = { 0 };
	uint64_t most = 0, n;
	int rc = RS_ENOMEM;

	(void)worker;
	for (uint32_t u = lo; u < hi; u++) {
		n = y->d->row_ptr[u + 1] - y->d->row_ptr[u];
		most = n > most ? n : most;
	}
	if ((c.seen = rs_array(4 * most + 4, sizeof *c.seen, err)) == NULL ||
	    (c.share = rs_array(most / 8 + 1, sizeof *c.share, err)) == NULL ||
	    (c.start_s = rs_array(most / 8 + 1, sizeof *c.start_s, err)) == NULL)
		goto out;
	for (uint32_t u = lo; u < hi; u++)
		if (y->d->row_ptr[u + 1] > y->d->row_ptr[u])
			do_user(y, u, &c);
	n = y->d->row_ptr[hi] - y->d->row_ptr[lo];
	rs_progress("synth: events", atomic_fetch_add(&y->done, n) + n, y->d->n_events, "events");
	rc = 0;
out:
	rs_free(c.seen);
	rs_free(c.share);
	rs_free(c.start_s);
	return rc;
}

/* ---- the dataset ---- */

/* Everybody has one event where there are enough; the rest goes by log-normal activity. */
static int deal_events(struct rs_dataset *d, const struct rs_synth *s, struct rs_err *err)
{
	uint32_t n = s->o.n_users;
	uint64_t each = s->o.n_events >= n ? 1 : 0, rest = s->o.n_events - each * n, given = 0;
	double *share = rs_array(n, sizeof *share, err), sum = 0, before = 0;

	if (share == NULL || (d->row_ptr = rs_array((size_t)n + 1, sizeof *d->row_ptr, err)) == NULL) {
		rs_free(share);
		return RS_ENOMEM;
	}
	for (uint32_t u = 0; u < n; u++)
		sum += share[u] = exp(rs_rand_normal(s->o.seed, SYNTH_ACTIVITY, s->o.first_user + u, 0));
	for (uint32_t u = 0; u < n; u++) {
		uint64_t upto;

		before += share[u];
		upto = u + 1 == n || before >= sum ? rest : (uint64_t)(before / sum * (double)rest);
		if (upto > rest)
			upto = rest;
		d->row_ptr[u] = given + each * u;
		given = upto > given ? upto : given;
	}
	d->row_ptr[n] = s->o.n_events;
	rs_free(share);
	return 0;
}

/* n names in order. */
static int name(struct rs_keys *out, const char *const *names, uint32_t n, struct rs_err *err)
{
	uint64_t bytes = 0;
	int rc;

	for (uint32_t i = 0; i < n; i++)
		bytes += strlen(names[i]);
	if ((rc = rs_keys_room(out, n, bytes, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n; i++)
		rs_keys_push(out, names[i], strlen(names[i]));
	return 0;
}

static int add_device(struct rs_dataset *d, struct rs_err *err)
{
	static const char *const names[] = { "desktop", "phone", "tablet" };
	struct rs_column *c = rs_array0(1, sizeof *c, err);

	if (c == NULL)
		return RS_ENOMEM;
	d->context = c;
	d->n_context = 1;
	c->type = RS_TYPE_CATEGORICAL;
	c->n_rows = d->n_events;
	if ((c->name = rs_strndup("DEVICE", 6, err)) == NULL ||
	    name(&c->dict, names, 3, err) < 0 ||
	    (c->ptr = rs_array(d->n_events + 1, sizeof *c->ptr, err)) == NULL ||
	    (c->code = rs_array(d->n_events, sizeof *c->code, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t e = 0; e <= d->n_events; e++)
		c->ptr[e] = e;
	return 0;
}

static int make_room(struct rs_dataset *d, const struct rs_synth *s, struct rs_err *err)
{
	static const char *const types[] = { "buy", "cart", "view" };
	uint64_t n = s->o.n_events;
	int rc;

	d->n_events = n;
	if ((d->item = rs_array(n, sizeof *d->item, err)) == NULL ||
	    (d->time_s = rs_array(n, sizeof *d->time_s, err)) == NULL ||
	    (s->o.kind != RS_SYNTH_PLAIN && (d->value = rs_array(n, sizeof *d->value, err)) == NULL) ||
	    (s->o.kind == RS_SYNTH_SHOP && (d->type = rs_array(n, sizeof *d->type, err)) == NULL))
		return RS_ENOMEM;
	if (s->o.kind == RS_SYNTH_SHOP && (rc = name(&d->type_key, types, 3, err)) < 0)
		return rc;
	return s->o.context ? add_device(d, err) : 0;
}

/* Small data may lack an event type or a device, and then its dictionary must too. */
static bool has_unused_names(const struct rs_dataset *d)
{
	unsigned types = 0, devices = 0;

	for (uint64_t e = 0; e < d->n_events && (types != 7 || devices != 7); e++) {
		types |= d->type != NULL ? 1u << d->type[e] : 7;
		devices |= d->n_context > 0 ? 1u << d->context[0].code[e] : 7;
	}
	return types != 7 || devices != 7;
}

int rs_synth_dataset(struct rs_dataset **out, const struct rs_synth *s, struct rs_err *err)
{
	struct synthesis y = { .s = s };
	uint64_t bytes = s->o.n_events * (s->o.kind == RS_SYNTH_SHOP ? 18 : s->o.kind == RS_SYNTH_RATINGS ? 16 : 12) +
	                 s->o.n_users * 40ull + s->o.n_items * 300ull + s->o.n_events * (s->o.context ? 12 : 0);
	struct rs_dataset *d;
	int rc;

	*out = NULL;
	if ((rc = rs_mem_require(bytes, "the dataset", "fewer --events, --users or --items need less", err)) < 0)
		return rc;
	if ((d = rs_array0(1, sizeof *d, err)) == NULL)
		return RS_ENOMEM;
	y.d = d;
	if ((rc = synth_keys(&d->user_key, s->o.user_prefix, s->o.first_user, s->o.n_users, 6, err)) < 0 ||
	    (rc = synth_keys(&d->item_key, s->o.item_prefix, 1, s->o.n_items, 5, err)) < 0 ||
	    (rc = deal_events(d, s, err)) < 0 || (rc = make_room(d, s, err)) < 0 ||
	    (rc = rs_tiles_run((s->o.n_users + TILE - 1ul) / TILE, do_tile, &y, err)) < 0 ||
	    (rc = synth_user_table(&d->users, s, err)) < 0 || (rc = synth_item_table(&d->items, s, err)) < 0) {
		rs_dataset_free(d);
		return rc;
	}
	if (has_unused_names(d)) {
		rc = rs_dataset_subset(out, d, NULL, NULL, NULL, false, err);
		rs_dataset_free(d);
		return rc;
	}
	*out = d;
	return 0;
}
