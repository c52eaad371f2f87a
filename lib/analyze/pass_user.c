/* pass_user.c -- what one user adds to the counts: pairs, slices of time, pauses, values. */
#include "lib/analyze/pass_parts.h"

#include "lib/base/mem.h"

#include <math.h>
#include <string.h>

#define AHEAD 12 /* events whose counters are fetched ahead: they are anywhere */

int rs_pass_counter_init(struct rs_pass_counter *c, const struct rs_pass *p, size_t distinct_max, struct rs_err *err)
{
	int rc;

	if ((rc = rs_tally_init(&c->session_events, err)) < 0 || (rc = rs_tally_init(&c->session_minutes, err)) < 0 ||
	    (rc = rs_histogram_init(&c->values, err)) < 0 || (rc = rs_distinct_init(&c->times, distinct_max, err)) < 0 ||
	    (rc = rs_distinct_init(&c->distinct_values, distinct_max, err)) < 0)
		return rc;
	if (!p->type)
		return 0;
	if ((c->type_events = rs_array0((size_t)p->n_types + 1, sizeof *c->type_events, err)) == NULL ||
	    (c->pair_mask = rs_array0(RS_PASS_MASKS, sizeof *c->pair_mask, err)) == NULL ||
	    (c->user_mask = rs_array0(RS_PASS_MASKS, sizeof *c->user_mask, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

void rs_pass_counter_release(struct rs_pass_counter *c)
{
	rs_free(c->slot);
	rs_free(c->type_events);
	rs_free(c->pair_mask);
	rs_free(c->user_mask);
	rs_tally_release(&c->session_events);
	rs_tally_release(&c->session_minutes);
	rs_histogram_release(&c->values);
	rs_distinct_release(&c->times);
	rs_distinct_release(&c->distinct_values);
}

static void add_all(uint64_t *to, const uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

int rs_pass_counter_join(struct rs_pass *p, const struct rs_pass_counter *c, struct rs_err *err)
{
	int rc;

	p->n_pairs += c->n_pairs;
	p->n_equal += c->n_equal;
	add_all(p->hour_of_week, c->hour_of_week, 168);
	add_all(p->part, c->part, RS_TIMELINE_MAX);
	add_all(p->pause, c->pause, 64);
	if (p->type) {
		add_all(p->type_events, c->type_events, (size_t)p->n_types + 1);
		add_all(p->pair_mask, c->pair_mask, RS_PASS_MASKS);
		add_all(p->user_mask, c->user_mask, RS_PASS_MASKS);
	}
	if ((rc = rs_tally_join(&p->session_events, &c->session_events, err)) < 0 ||
	    (rc = rs_tally_join(&p->session_minutes, &c->session_minutes, err)) < 0 ||
	    (rc = rs_histogram_join(&p->values, &c->values, err)) < 0 || (rc = rs_distinct_join(&p->times, &c->times, err)) < 0)
		return rc;
	return rs_distinct_join(&p->distinct_values, &c->distinct_values, err);
}

/* ---- one user ---- */

/* Makes the table of items ready for n events of n_items items. */
static int clear_slots(struct rs_pass_counter *c, uint64_t n, uint32_t n_items, struct rs_err *err)
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

static inline struct rs_pass_slot *find_slot(struct rs_pass_counter *c, uint32_t item)
{
	size_t at = (item * 0x9e3779b1u >> 7) & (c->n_slots - 1);

	while (c->slot[at].item != 0 && c->slot[at].item != item + 1)
		at = (at + 1) & (c->n_slots - 1);
	return &c->slot[at];
}

static int count_pairs(struct rs_pass_counter *c, struct rs_pass *p, const struct rs_wave *w, uint64_t lo, uint64_t hi,
                       struct rs_err *err)
{
	unsigned all = 0;
	int rc = clear_slots(c, hi - lo, p->n_items, err);

	if (rc < 0)
		return rc;
	for (uint64_t e = lo; e < hi; e++) {
		struct rs_pass_slot *s = find_slot(c, w->item[e]);

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

static void count_slices(struct rs_pass_counter *c, struct rs_pass *p, const struct rs_wave *w, uint32_t u, uint64_t lo,
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

static int end_session(struct rs_pass_counter *c, uint64_t n, int64_t length_s, struct rs_err *err)
{
	int rc = rs_tally_add(&c->session_events, n, err);

	return rc < 0 ? rc : rs_tally_add(&c->session_minutes, (uint64_t)(length_s + 30) / 60, err);
}

/* Hours of the week, and the hours of the busiest day. */
static void count_hours(struct rs_pass_counter *c, struct rs_pace *pace, const struct rs_wave *w, uint64_t lo, uint64_t hi)
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

static int count_pauses(struct rs_pass_counter *c, struct rs_pace *pace, const struct rs_pass *p, const struct rs_wave *w,
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

static int count_values(struct rs_pass_counter *c, struct rs_pass_sum *sum, const struct rs_wave *w, uint64_t lo, uint64_t hi,
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
			rc = rs_histogram_add(&c->values, last, n_last, err);
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
	return rc < 0 || n_last == 0 ? rc : rs_histogram_add(&c->values, last, n_last, err);
}

int rs_pass_user(struct rs_pass_counter *c, struct rs_pass *p, const struct rs_wave *w, uint32_t u, struct rs_pass_sum *sum,
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
