/* popular.h -- counts of items with events weighted by age, and how fast they age. */
#ifndef RS_RECIPE_POPULAR_H
#define RS_RECIPE_POPULAR_H

#include "lib/data/events.h"

/* Ages are cut into steps; an event of step s is of an age up to rs_age_days[s] days, of the last step beyond. */
#define RS_AGE_STEPS 12
extern const double rs_age_days[RS_AGE_STEPS - 1];

struct rs_ageing {
	double half_life_days; /* 2^(-age / half life); 0: age does not matter */
	double window_days;    /* older events do not count; 0: all do */
	bool learned;          /* instead of both: step[] */
	double step[RS_AGE_STEPS]; /* falling from 1 */
};

/* The newest time; INT64_MIN: there is none. */
int64_t rs_popular_newest(const struct rs_events *e);

/* sum[item]: the events' weights, aged from the newest event. by_user: of each person only the event that weighs most
 * counts for an item. best: n_items zeros, which are left zeros. */
void rs_popular_count(double *sum, double *best, const struct rs_events *e, const struct rs_ageing *a, bool by_user);

/* Learns the steps from the last part of the data: see popular_age.c. Without times, or with too few people, age does not
 * matter. */
int rs_popular_learn(struct rs_ageing *a, const struct rs_events *e, bool by_user, struct rs_err *err);

#endif
