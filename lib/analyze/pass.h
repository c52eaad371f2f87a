/* pass.h -- the one pass over the events: everything that is counted, and nothing that is concluded.
 *
 * Waves of users come off the tape; tiles of users are counted in parallel. Sums that are shared are integers, so that
 * the order of threads does not matter. */
#ifndef RS_ANALYZE_PASS_H
#define RS_ANALYZE_PASS_H

#include "lib/analyze/analyze.h"
#include "lib/analyze/timeline.h"
#include "lib/data/tape.h"

/* How a user goes about it; without times all 0. */
struct rs_pace {
	int64_t first_s, last_s;
	uint32_t burst;  /* most events within 60 seconds */
	uint32_t steady; /* pauses of 1 second up to the gap of sessions */
	float cv;        /* their standard deviation / mean; NaN: fewer than 2 */
	uint8_t hours;   /* different hours of the busiest day */
};

struct rs_pass {
	int64_t gap_s;
	bool time, value, type;
	uint32_t n_users, n_items, n_types;
	const uint64_t *row_ptr;

	/* by item */
	uint64_t *item_events;
	uint32_t *item_users;
	uint32_t n_slices;
	uint32_t *item_slice; /* n_items x n_slices x 2 halves of the users; NULL without times */
	struct rs_timeline slices, parts;

	/* by user */
	struct rs_pace *pace; /* NULL without times */

	/* by event, kept for the comparison of profiles; NULL: too many */
	uint32_t *item;
	float *item_value; /* NULL: no values */

	/* all together */
	uint64_t n_pairs, n_equal;
	uint64_t hour_of_week[168], part[RS_TIMELINE_MAX], pause[64];
	uint64_t *type_events;      /* n_types, then the nulls */
	uint64_t *pair_mask, *user_mask; /* by set of the first 16 types; NULL without types */
	struct rs_tally session_events, session_minutes;
	struct rs_histogram values;
	struct rs_distinct times, distinct_values;
	uint64_t null_values;
	double value_sum, value_square, value_min, value_max;
};

/* The half of the users that u belongs to, 0 or 1. */
static inline unsigned rs_half(uint32_t u)
{
	return (u * 0x9e3779b9u) >> 31;
}

int rs_pass_run(struct rs_pass *p, struct rs_tape *t, const struct rs_analyze_options *o, struct rs_err *err);
void rs_pass_release(struct rs_pass *p);

#endif
