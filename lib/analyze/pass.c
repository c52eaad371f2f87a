/* pass.c -- see pass.h. */
#include "lib/analyze/pass.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define TILE_EVENTS 16384
#define TILE_USERS 16384
#define MASKS 65536 /* sets of RS_FUNNEL_TYPES types */
#define SLICE_BYTES ((uint64_t)256 << 20) /* for item_slice, as long as it is not below 8 slices */
#define AHEAD 12 /* events whose counters are fetched ahead: they are anywhere */
#define PARTS RS_TIMELINE_MAX

struct slot { /* of the items of one user */
	uint32_t item; /* + 1; 0: free */
	uint32_t mask; /* of types */
};

/* What each worker counts for itself. */
struct counter {
	struct slot *slot;
	size_t cap_slots, n_slots;
	uint64_t n_pairs, n_equal;
	uint64_t hour_of_week[168], part[PARTS], pause[64];
	uint64_t *type_events, *pair_mask, *user_mask;
	struct rs_tally session_events, session_minutes;
	struct rs_values values;
	struct rs_distinct times, distinct_values;
};

/* Sums of a tile, added up in the order of tiles. */
struct tile_sum {
	double sum, square, min, max;
	uint64_t n_null;
	int64_t first_s, last_s;
};

struct counting {
	struct rs_pass *p;
	const struct rs_wave *w;
	struct counter *counter;
	uint32_t *tile; /* n_tiles + 1 users */
	size_t n_tiles, cap_tiles;
	struct tile_sum *sum;
	size_t cap_sums;
};

/* ---- before and after ---- */

static int counter_init(struct counter *c, const struct rs_pass *p, size_t distinct_max, struct rs_err *err)
{
	int rc;

	if ((rc = rs_tally_init(&c->session_events, err)) < 0 || (rc = rs_tally_init(&c->session_minutes, err)) < 0 ||
	    (rc = rs_values_init(&c->values, err)) < 0 || (rc = rs_distinct_init(&c->times, distinct_max, err)) < 0 ||
	    (rc = rs_distinct_init(&c->distinct_values, distinct_max, err)) < 0)
		return rc;
	if (!p->type)
		return 0;
	if ((c->type_events = rs_array0((size_t)p->n_types + 1, sizeof *c->type_events, err)) == NULL ||
	    (c->pair_mask = rs_array0(MASKS, sizeof *c->pair_mask, err)) == NULL ||
	    (c->user_mask = rs_array0(MASKS, sizeof *c->user_mask, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

static void counter_release(struct counter *c)
{
	rs_free(c->slot);
	rs_free(c->type_events);
	rs_free(c->pair_mask);
	rs_free(c->user_mask);
	rs_tally_release(&c->session_events);
	rs_tally_release(&c->session_minutes);
	rs_values_release(&c->values);
	rs_distinct_release(&c->times);
	rs_distinct_release(&c->distinct_values);
}

static void add_all(uint64_t *to, const uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

static int counter_join(struct rs_pass *p, const struct counter *c, struct rs_err *err)
{
	int rc;

	p->n_pairs += c->n_pairs;
	p->n_equal += c->n_equal;
	add_all(p->hour_of_week, c->hour_of_week, 168);
	add_all(p->part, c->part, PARTS);
	add_all(p->pause, c->pause, 64);
	if (p->type) {
		add_all(p->type_events, c->type_events, (size_t)p->n_types + 1);
		add_all(p->pair_mask, c->pair_mask, MASKS);
		add_all(p->user_mask, c->user_mask, MASKS);
	}
	if ((rc = rs_tally_join(&p->session_events, &c->session_events, err)) < 0 ||
	    (rc = rs_tally_join(&p->session_minutes, &c->session_minutes, err)) < 0 ||
	    (rc = rs_values_join(&p->values, &c->values, err)) < 0 || (rc = rs_distinct_join(&p->times, &c->times, err)) < 0)
		return rc;
	return rs_distinct_join(&p->distinct_values, &c->distinct_values, err);
}

static int pass_init(struct rs_pass *p, struct rs_tape *t, const struct rs_analyze_options *o, struct rs_err *err)
{
	const struct rs_schema *s = rs_tape_schema(t);
	uint64_t cells;
	int rc;

	memset(p, 0, sizeof *p);
	p->gap_s = o->session_gap_s;
	p->time = s->time;
	p->value = s->value;
	p->type = s->type;
	p->n_users = s->n_users;
	p->n_items = s->n_items;
	p->n_types = rs_tape_types(t)->n;
	p->row_ptr = rs_tape_rows(t);
	p->value_min = INFINITY;
	p->value_max = -INFINITY;
	p->n_slices = RS_SLICES_MAX;
	while (p->n_slices > 8 && (uint64_t)p->n_items * p->n_slices * 2 * sizeof *p->item_slice > SLICE_BYTES)
		p->n_slices /= 2;
	p->slices.n_max = p->n_slices;
	p->parts.n_max = PARTS;
	cells = (uint64_t)p->n_items * p->n_slices * 2;
	if ((p->item_events = rs_array0(p->n_items, sizeof *p->item_events, err)) == NULL ||
	    (p->item_users = rs_array0(p->n_items, sizeof *p->item_users, err)) == NULL ||
	    (p->time && (p->item_slice = rs_array0(cells, sizeof *p->item_slice, err)) == NULL) ||
	    (p->time && (p->pace = rs_array0(p->n_users, sizeof *p->pace, err)) == NULL))
		return RS_ENOMEM;
	if (p->type && ((p->type_events = rs_array0((size_t)p->n_types + 1, sizeof *p->type_events, err)) == NULL ||
	                (p->pair_mask = rs_array0(MASKS, sizeof *p->pair_mask, err)) == NULL ||
	                (p->user_mask = rs_array0(MASKS, sizeof *p->user_mask, err)) == NULL))
		return RS_ENOMEM;
	if (o->suspects && s->n_events <= o->suspect_events &&
	    ((p->item = rs_array(s->n_events, sizeof *p->item, err)) == NULL ||
	     (p->value && (p->item_value = rs_array(s->n_events, sizeof *p->item_value, err)) == NULL)))
		return RS_ENOMEM;
	if ((rc = rs_tally_init(&p->session_events, err)) < 0 || (rc = rs_tally_init(&p->session_minutes, err)) < 0 ||
	    (rc = rs_values_init(&p->values, err)) < 0 || (rc = rs_distinct_init(&p->times, o->distinct_max, err)) < 0)
		return rc;
	return rs_distinct_init(&p->distinct_values, o->distinct_max, err);
}

void rs_pass_release(struct rs_pass *p)
{
	rs_free(p->item_events);
	rs_free(p->item_users);
	rs_free(p->item_slice);
	rs_free(p->pace);
	rs_free(p->item);
	rs_free(p->item_value);
	rs_free(p->type_events);
	rs_free(p->pair_mask);
	rs_free(p->user_mask);
	rs_tally_release(&p->session_events);
	rs_tally_release(&p->session_minutes);
	rs_values_release(&p->values);
	rs_distinct_release(&p->times);
	rs_distinct_release(&p->distinct_values);
	memset(p, 0, sizeof *p);
}

/* ---- one user ---- */

/* Makes the table of items ready for n events of n_items items. */
static int clear_slots(struct counter *c, uint64_t n, uint32_t n_items, struct rs_err *err)
{
	uint64_t most = n < n_items ? n : n_items;
	size_t want = 16;

	while (want < 2 * most)
		want *= 2;
	if (want > c->cap_slots) {
		rs_free(c->slot);
		c->cap_slots = 0;
		if ((c->slot = rs_array(want, sizeof *c->slot, err)) == NULL)
			return RS_ENOMEM;
		c->cap_slots = want;
	}
	c->n_slots = want;
	memset(c->slot, 0, want * sizeof *c->slot);
	return 0;
}

static inline struct slot *find_slot(struct counter *c, uint32_t item)
{
	size_t at = (item * 0x9e3779b1u >> 7) & (c->n_slots - 1);

	while (c->slot[at].item != 0 && c->slot[at].item != item + 1)
		at = (at + 1) & (c->n_slots - 1);
	return &c->slot[at];
}

static int count_pairs(struct counter *c, struct rs_pass *p, const struct rs_wave *w, uint64_t lo, uint64_t hi,
                       struct rs_err *err)
{
	unsigned all = 0;
	int rc = clear_slots(c, hi - lo, p->n_items, err);

	if (rc < 0)
		return rc;
	for (uint64_t e = lo; e < hi; e++) {
		struct slot *s = find_slot(c, w->item[e]);

		if (e + AHEAD < hi)
			__builtin_prefetch(&p->item_users[w->item[e + AHEAD]], 1);
		if (s->item == 0) {
			s->item = w->item[e] + 1;
			c->n_pairs++;
			__atomic_fetch_add(&p->item_users[w->item[e]], 1, __ATOMIC_RELAXED);
		}
		if (w->type != NULL) {
			uint16_t type = w->type[e];

			c->type_events[type == UINT16_MAX ? p->n_types : type]++;
			if (type < RS_FUNNEL_TYPES) {
				s->mask |= 1u << type;
				all |= 1u << type;
			}
		}
	}
	if (w->type == NULL)
		return 0;
	c->user_mask[all]++;
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slot[i].item != 0)
			c->pair_mask[c->slot[i].mask]++;
	return 0;
}

static bool same_event(const struct rs_wave *w, uint64_t a, uint64_t b)
{
	return w->item[a] == w->item[b] && (w->time_s == NULL || w->time_s[a] == w->time_s[b]) &&
	       (w->type == NULL || w->type[a] == w->type[b]) &&
	       (w->value == NULL || w->value[a] == w->value[b] || (isnan(w->value[a]) && isnan(w->value[b])));
}

/* Items without times: events of the dataset alone. */
static void count_items(struct rs_pass *p, const struct rs_wave *w, uint64_t lo, uint64_t hi)
{
	for (uint64_t e = lo; e < hi; e++)
		__atomic_fetch_add(&p->item_events[w->item[e]], 1, __ATOMIC_RELAXED);
}

/* A stretch of time in which a look-up need not be repeated: events come in order of time. */
struct stretch {
	int64_t end_s;
	uint32_t at;
};

static inline uint32_t find_stretch(struct stretch *s, const struct rs_timeline *t, int64_t time_s)
{
	if (time_s >= s->end_s) {
		s->at = rs_timeline_at(t, time_s);
		s->end_s = t->start_s + ((int64_t)s->at + 1) * t->width_s;
	}
	return s->at;
}

static void count_slices(struct counter *c, struct rs_pass *p, const struct rs_wave *w, uint32_t u, uint64_t lo,
                         uint64_t hi)
{
	struct stretch slice = { INT64_MIN, 0 }, part = { INT64_MIN, 0 };
	unsigned half = rs_half(u);

	for (uint64_t e = lo; e < hi; e++) {
		uint32_t k = find_stretch(&slice, &p->slices, w->time_s[e]);
		uint64_t cell = ((uint64_t)w->item[e] * p->n_slices + k) * 2 + half;

		if (e + AHEAD < hi) /* most likely in the same slice */
			__builtin_prefetch(&p->item_slice[((uint64_t)w->item[e + AHEAD] * p->n_slices + k) * 2 + half], 1);
		__atomic_fetch_add(&p->item_slice[cell], 1, __ATOMIC_RELAXED);
		c->part[find_stretch(&part, &p->parts, w->time_s[e])]++;
	}
}

static int end_session(struct counter *c, uint64_t n, int64_t length_s, struct rs_err *err)
{
	int rc = rs_tally_add(&c->session_events, n, err);

	return rc < 0 ? rc : rs_tally_add(&c->session_minutes, (uint64_t)(length_s + 30) / 60, err);
}

/* Hours of the week, and the hours of the busiest day. */
static void count_hours(struct counter *c, struct rs_pace *pace, const struct rs_wave *w, uint64_t lo, uint64_t hi)
{
	int64_t end_s = INT64_MIN, day = INT64_MIN;
	uint32_t of_week = 0, of_day = 0;

	for (uint64_t e = lo; e < hi; e++) {
		if (w->time_s[e] >= end_s) {
			int64_t hour = rs_floor_div(w->time_s[e], 3600), this_day = rs_floor_div(hour, 24);

			of_week = (uint32_t)(((hour + 3 * 24) % 168 + 168) % 168); /* 1970-01-01 was a Thursday */
			end_s = (hour + 1) * 3600;
			of_day = this_day == day ? of_day + 1 : 1;
			day = this_day;
			pace->hours = of_day > pace->hours ? (uint8_t)of_day : pace->hours;
		}
		c->hour_of_week[of_week]++;
	}
}

static int count_pauses(struct counter *c, struct rs_pace *pace, const struct rs_pass *p, const struct rs_wave *w,
                        uint64_t lo, uint64_t hi, struct rs_err *err)
{
	uint64_t first = lo, window = lo;
	double sum = 0, square = 0;
	int rc;

	for (uint64_t e = lo; e < hi; e++) {
		int64_t pause = e == lo ? 0 : w->time_s[e] - w->time_s[e - 1];

		while (w->time_s[e] - w->time_s[window] > 60)
			window++;
		pace->burst = e - window + 1 > pace->burst ? (uint32_t)(e - window + 1) : pace->burst;
		if (e == lo)
			continue;
		c->pause[pause == 0 ? 0 : 64 - __builtin_clzll((uint64_t)pause)]++;
		if (pause > p->gap_s) {
			if ((rc = end_session(c, e - first, w->time_s[e - 1] - w->time_s[first], err)) < 0)
				return rc;
			first = e;
		} else if (pause > 0) {
			pace->steady++;
			sum += (double)pause;
			square += (double)pause * (double)pause;
		}
		c->n_equal += same_event(w, e - 1, e);
	}
	pace->cv = NAN;
	if (pace->steady >= 2) {
		double mean = sum / pace->steady, variance = square / pace->steady - mean * mean;

		pace->cv = (float)(sqrt(variance > 0 ? variance : 0) / mean);
	}
	pace->first_s = w->time_s[lo];
	pace->last_s = w->time_s[hi - 1];
	return end_session(c, hi - first, w->time_s[hi - 1] - w->time_s[first], err);
}

static int count_values(struct counter *c, struct tile_sum *sum, const struct rs_wave *w, uint64_t lo, uint64_t hi,
                        struct rs_err *err)
{
	float last = NAN;
	uint64_t n_last = 0; /* a run of equal values is added at once */
	int rc = 0;

	for (uint64_t e = lo; e < hi && rc == 0; e++) {
		float v = w->value[e];

		if (isnan(v)) {
			sum->n_null++;
			continue;
		}
		sum->sum += v;
		sum->square += (double)v * v;
		sum->min = v < sum->min ? v : sum->min;
		sum->max = v > sum->max ? v : sum->max;
		if (v != last && n_last > 0) {
			rc = rs_values_add(&c->values, last, n_last, err);
			n_last = 0;
		}
		if (v != last && rc == 0) {
			double number = v + 0.0f;
			uint64_t bits;

			memcpy(&bits, &number, sizeof bits);
			rc = rs_distinct_add(&c->distinct_values, bits, err);
		}
		last = v;
		n_last++;
	}
	return rc < 0 || n_last == 0 ? rc : rs_values_add(&c->values, last, n_last, err);
}

static int count_user(struct counter *c, struct rs_pass *p, const struct rs_wave *w, uint32_t u, struct tile_sum *sum,
                      struct rs_err *err)
{
	uint64_t lo = w->row_ptr[u] - w->first, hi = w->row_ptr[u + 1] - w->first;
	int rc;

	if (lo == hi)
		return 0;
	if ((rc = count_pairs(c, p, w, lo, hi, err)) < 0 ||
	    (w->value != NULL && (rc = count_values(c, sum, w, lo, hi, err)) < 0))
		return rc;
	if (w->time_s == NULL) {
		count_items(p, w, lo, hi);
		for (uint64_t e = lo + 1; e < hi; e++)
			c->n_equal += same_event(w, e - 1, e);
		return 0;
	}
	for (uint64_t e = lo; e < hi && rc == 0; e++)
		if (e == lo || w->time_s[e] != w->time_s[e - 1])
			rc = rs_distinct_add(&c->times, (uint64_t)w->time_s[e], err);
	if (rc < 0)
		return rc;
	count_slices(c, p, w, u, lo, hi);
	count_hours(c, &p->pace[u], w, lo, hi);
	return count_pauses(c, &p->pace[u], p, w, lo, hi, err);
}

static int count_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct counting *k = ctx;
	struct rs_pass *p = k->p;
	const struct rs_wave *w = k->w;
	uint32_t lo = k->tile[tile], hi = k->tile[tile + 1];
	int rc = 0;

	for (uint32_t u = lo; u < hi && rc == 0; u++)
		rc = count_user(&k->counter[worker], p, w, u, &k->sum[tile], err);
	if (p->item != NULL && rc == 0) {
		uint64_t first = w->row_ptr[lo], n = w->row_ptr[hi] - first;

		if (n > 0)
			memcpy(p->item + first, w->item + (first - w->first), n * sizeof *p->item);
		if (n > 0 && p->item_value != NULL)
			memcpy(p->item_value + first, w->value + (first - w->first), n * sizeof *p->item_value);
	}
	return rc;
}

/* ---- a wave ---- */

/* Tiles of whole users, cut by events alone. */
static int cut_tiles(struct counting *k, struct rs_err *err)
{
	const struct rs_wave *w = k->w;
	uint32_t u = w->lo;
	int rc;

	k->n_tiles = 0;
	while (u < w->hi) {
		uint64_t from = w->row_ptr[u];
		uint32_t first = u;

		if ((rc = rs_grow(&k->tile, &k->cap_tiles, k->n_tiles + 2, sizeof *k->tile, err)) < 0 ||
		    (rc = rs_grow(&k->sum, &k->cap_sums, k->n_tiles + 1, sizeof *k->sum, err)) < 0)
			return rc;
		while (u < w->hi && u - first < TILE_USERS && w->row_ptr[u] - from < TILE_EVENTS)
			u++;
		k->sum[k->n_tiles] = (struct tile_sum){ .min = INFINITY, .max = -INFINITY, .first_s = INT64_MAX,
			                                .last_s = INT64_MIN };
		k->tile[k->n_tiles++] = first;
		k->tile[k->n_tiles] = u;
	}
	return 0;
}

static int span_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct counting *k = ctx;
	const struct rs_wave *w = k->w;
	struct tile_sum *s = &k->sum[tile];

	(void)worker;
	(void)err;
	for (uint32_t u = k->tile[tile]; u < k->tile[tile + 1]; u++) {
		uint64_t lo = w->row_ptr[u] - w->first, hi = w->row_ptr[u + 1] - w->first;

		if (lo == hi)
			continue;
		s->first_s = w->time_s[lo] < s->first_s ? w->time_s[lo] : s->first_s;
		s->last_s = w->time_s[hi - 1] > s->last_s ? w->time_s[hi - 1] : s->last_s;
	}
	return 0;
}

struct moving {
	struct rs_pass *p;
	const struct rs_timeline *old;
};

#define MOVE_TILE 4096 /* items */

static int move_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct moving *m = ctx;
	struct rs_pass *p = m->p;
	uint64_t lo = tile * MOVE_TILE, hi = p->n_items - lo < MOVE_TILE ? p->n_items : lo + MOVE_TILE;

	(void)worker;
	(void)err;
	for (uint64_t i = lo; i < hi; i++) {
		uint32_t *cell = p->item_slice + i * p->n_slices * 2, was[2 * RS_SLICES_MAX];

		memcpy(was, cell, 2 * p->n_slices * sizeof *cell);
		memset(cell, 0, 2 * p->n_slices * sizeof *cell);
		for (uint32_t k = 0; k < 2 * p->n_slices; k++)
			if (was[k] > 0)
				cell[2 * rs_timeline_move(m->old, &p->slices, k / 2) + k % 2] += was[k];
	}
	return 0;
}

static void move_parts(struct counter *c, const struct rs_timeline *old, const struct rs_timeline *now)
{
	uint64_t was[PARTS];

	memcpy(was, c->part, sizeof was);
	memset(c->part, 0, sizeof c->part);
	for (uint32_t k = 0; k < PARTS; k++)
		if (was[k] > 0)
			c->part[rs_timeline_move(old, now, k)] += was[k];
}

/* Widens the timelines to the times of this wave. */
static int fit_times(struct counting *k, struct rs_err *err)
{
	struct rs_pass *p = k->p;
	struct rs_timeline slices = p->slices, parts = p->parts;
	struct moving m = { p, &slices };
	int64_t first = INT64_MAX, last = INT64_MIN;
	int rc;

	if ((rc = rs_tiles_run(k->n_tiles, span_tile, k, err)) < 0)
		return rc;
	for (size_t i = 0; i < k->n_tiles; i++) {
		first = k->sum[i].first_s < first ? k->sum[i].first_s : first;
		last = k->sum[i].last_s > last ? k->sum[i].last_s : last;
	}
	if (first > last)
		return 0;
	if (rs_timeline_fit(&p->slices, first, last) &&
	    (rc = rs_tiles_run(((size_t)p->n_items + MOVE_TILE - 1) / MOVE_TILE, move_tile, &m, err)) < 0)
		return rc;
	if (rs_timeline_fit(&p->parts, first, last))
		for (int i = 0; i < rs_threads(); i++)
			move_parts(&k->counter[i], &parts, &p->parts);
	return 0;
}

static int count_wave(struct counting *k, struct rs_err *err)
{
	struct rs_pass *p = k->p;
	int rc;

	if ((rc = cut_tiles(k, err)) < 0 || (p->time && (rc = fit_times(k, err)) < 0) ||
	    (rc = rs_tiles_run(k->n_tiles, count_tile, k, err)) < 0)
		return rc;
	for (size_t i = 0; i < k->n_tiles; i++) {
		const struct tile_sum *s = &k->sum[i];

		p->value_sum += s->sum;
		p->value_square += s->square;
		p->value_min = s->min < p->value_min ? s->min : p->value_min;
		p->value_max = s->max > p->value_max ? s->max : p->value_max;
		p->null_values += s->n_null;
	}
	return 0;
}

static void sum_slices(struct rs_pass *p)
{
	for (uint64_t i = 0; i < p->n_items; i++)
		for (uint32_t k = 0; k < 2 * p->n_slices; k++)
			p->item_events[i] += p->item_slice[i * p->n_slices * 2 + k];
}

int rs_pass_run(struct rs_pass *p, struct rs_tape *t, const struct rs_analyze_options *o, struct rs_err *err)
{
	struct rs_wave w;
	struct counting k = { .p = p, .w = &w };
	int n = rs_threads(), rc;

	if ((rc = pass_init(p, t, o, err)) < 0)
		return rc;
	if ((k.counter = rs_array0((size_t)n, sizeof *k.counter, err)) == NULL)
		return RS_ENOMEM;
	for (int i = 0; i < n && rc == 0; i++)
		rc = counter_init(&k.counter[i], p, o->distinct_max, err);
	while (rc == 0 && (rc = rs_tape_next(t, &w, err)) > 0) {
		rc = count_wave(&k, err);
		rs_progress("events", w.row_ptr[w.hi], w.row_ptr[p->n_users], "events");
	}
	for (int i = 0; i < n && rc == 0; i++)
		rc = counter_join(p, &k.counter[i], err);
	if (rc == 0 && p->time)
		sum_slices(p);
	for (int i = 0; i < n; i++)
		counter_release(&k.counter[i]);
	rs_free(k.counter);
	rs_free(k.tile);
	rs_free(k.sum);
	return rc;
}
