/* pass.c -- waves of users cut into tiles, counted side by side, added up in order; see pass.h. */
#include "lib/analyze/pass_parts.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define TILE_EVENTS 16384
#define TILE_USERS 16384
#define SLICE_BYTES ((uint64_t)256 << 20) /* for item_slice, as long as it is not below 8 slices */

struct counting {
	struct rs_pass *p;
	const struct rs_wave *w;
	struct rs_pass_counter *counter;
	uint32_t *tile; /* n_tiles + 1 users */
	size_t n_tiles, cap_tiles;
	struct rs_pass_sum *sum;
	size_t cap_sums;
};

/* ---- before and after ---- */

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
	p->parts.n_max = RS_TIMELINE_MAX;
	cells = (uint64_t)p->n_items * p->n_slices * 2;
	if ((p->item_events = rs_array0(p->n_items, sizeof *p->item_events, err)) == NULL ||
	    (p->item_users = rs_array0(p->n_items, sizeof *p->item_users, err)) == NULL ||
	    (p->time && (p->item_slice = rs_array0(cells, sizeof *p->item_slice, err)) == NULL) ||
	    (p->time && (p->pace = rs_array0(p->n_users, sizeof *p->pace, err)) == NULL))
		return RS_ENOMEM;
	if (p->type && ((p->type_events = rs_array0((size_t)p->n_types + 1, sizeof *p->type_events, err)) == NULL ||
	                (p->pair_mask = rs_array0(RS_PASS_MASKS, sizeof *p->pair_mask, err)) == NULL ||
	                (p->user_mask = rs_array0(RS_PASS_MASKS, sizeof *p->user_mask, err)) == NULL))
		return RS_ENOMEM;
	if (o->suspects && s->n_events <= o->suspect_events &&
	    ((p->item = rs_array(s->n_events, sizeof *p->item, err)) == NULL ||
	     (p->value && (p->item_value = rs_array(s->n_events, sizeof *p->item_value, err)) == NULL)))
		return RS_ENOMEM;
	if ((rc = rs_tally_init(&p->session_events, err)) < 0 || (rc = rs_tally_init(&p->session_minutes, err)) < 0 ||
	    (rc = rs_histogram_init(&p->values, err)) < 0 || (rc = rs_distinct_init(&p->times, o->distinct_max, err)) < 0)
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
	rs_histogram_release(&p->values);
	rs_distinct_release(&p->times);
	rs_distinct_release(&p->distinct_values);
	memset(p, 0, sizeof *p);
}

static int count_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct counting *k = ctx;
	struct rs_pass *p = k->p;
	const struct rs_wave *w = k->w;
	uint32_t lo = k->tile[tile], hi = k->tile[tile + 1];
	int rc = 0;

	for (uint32_t u = lo; u < hi && rc == 0; u++)
		rc = rs_pass_user(&k->counter[worker], p, w, u, &k->sum[tile], err);
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
		k->sum[k->n_tiles] = (struct rs_pass_sum){ .min = INFINITY, .max = -INFINITY, .first_s = INT64_MAX,
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
	struct rs_pass_sum *s = &k->sum[tile];

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

static void move_parts(struct rs_pass_counter *c, const struct rs_timeline *old, const struct rs_timeline *now)
{
	uint64_t was[RS_TIMELINE_MAX];

	memcpy(was, c->part, sizeof was);
	memset(c->part, 0, sizeof c->part);
	for (uint32_t k = 0; k < RS_TIMELINE_MAX; k++)
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
		const struct rs_pass_sum *s = &k->sum[i];

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
		rc = rs_pass_counter_init(&k.counter[i], p, o->distinct_max, err);
	while (rc == 0 && (rc = rs_tape_next(t, &w, err)) > 0) {
		rc = count_wave(&k, err);
		rs_progress("events", w.row_ptr[w.hi], w.row_ptr[p->n_users], "events");
	}
	for (int i = 0; i < n && rc == 0; i++)
		rc = rs_pass_counter_join(p, &k.counter[i], err);
	if (rc == 0 && p->time)
		sum_slices(p);
	for (int i = 0; i < n; i++)
		rs_pass_counter_release(&k.counter[i]);
	rs_free(k.counter);
	rs_free(k.tile);
	rs_free(k.sum);
	return rc;
}
