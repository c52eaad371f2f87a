/* timeline.h -- time cut into at most so many equal parts, whose width grows as needed while the events come by.
 *
 * Widths are steps of a ladder of which each divides the next (seconds to hours to days, then doubling), and parts begin at a
 * multiple of the width since 1970, so that the final parts depend on the first and the last time alone. */
#ifndef RS_ANALYZE_TIMELINE_H
#define RS_ANALYZE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

struct rs_timeline {
	int64_t start_s, width_s; /* width 0: nothing yet */
	int64_t first_s, last_s;
	uint32_t n_max;
};

/* Makes room for first .. last, which widens what is there. true: it changed, and what is counted must be moved. */
bool rs_timeline_fit(struct rs_timeline *t, int64_t first_s, int64_t last_s);

/* The part of t_s, which is within. */
static inline uint32_t rs_timeline_at(const struct rs_timeline *t, int64_t t_s)
{
	return (uint32_t)((uint64_t)(t_s - t->start_s) / (uint64_t)t->width_s);
}

/* Where part k of the old timeline is in the new one. */
static inline uint32_t rs_timeline_move(const struct rs_timeline *old, const struct rs_timeline *now, uint32_t k)
{
	return rs_timeline_at(now, old->start_s + (int64_t)k * old->width_s);
}

/* Rounded down, also below 0. */
static inline int64_t rs_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

#endif
