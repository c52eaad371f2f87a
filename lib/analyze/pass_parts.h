/* pass_parts.h -- what the parts of the pass share: the counts of a worker, and what a user adds to them. */
#ifndef RS_ANALYZE_PASS_PARTS_H
#define RS_ANALYZE_PASS_PARTS_H

#include "lib/analyze/pass.h"

#define RS_PASS_MASKS 65536 /* sets of RS_FUNNEL_TYPES types */

struct rs_pass_slot { /* of the items of one user */
	uint32_t item; /* + 1; 0: free */
	uint32_t mask; /* of types */
};

/* What each worker counts for itself. */
struct rs_pass_counter {
	struct rs_pass_slot *slot;
	size_t cap_slots, n_slots;
	uint64_t n_pairs, n_equal;
	uint64_t hour_of_week[168], part[RS_TIMELINE_MAX], pause[64];
	uint64_t *type_events, *pair_mask, *user_mask;
	struct rs_tally session_events, session_minutes;
	struct rs_histogram values;
	struct rs_distinct times, distinct_values;
};

/* Sums of a tile, added up in the order of tiles. */
struct rs_pass_sum {
	double sum, square, min, max;
	uint64_t n_null;
	int64_t first_s, last_s;
};

int rs_pass_counter_init(struct rs_pass_counter *c, const struct rs_pass *p, size_t distinct_max, struct rs_err *err);
void rs_pass_counter_release(struct rs_pass_counter *c);

/* Adds what a worker counted. */
int rs_pass_counter_join(struct rs_pass *p, const struct rs_pass_counter *c, struct rs_err *err);

/* Counts user u of the wave; sum is that of its tile. */
int rs_pass_user(struct rs_pass_counter *c, struct rs_pass *p, const struct rs_wave *w, uint32_t u, struct rs_pass_sum *sum,
                 struct rs_err *err);

#endif
