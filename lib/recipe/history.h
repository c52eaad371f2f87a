/* history.h -- small things that item-item recipes share about histories. */
#ifndef RS_RECIPE_HISTORY_H
#define RS_RECIPE_HISTORY_H

#include "lib/data/events.h"
#include "lib/num/csr.h"
#include "lib/recipe/matrix.h"
#include "lib/recipe/param.h"

/* Whether event e of the one user h is the one that counts for its item where repeats take the largest weight: no other event
 * of the item weighs more, nor as much and earlier. */
bool rs_history_counts(const struct rs_events *h, uint64_t e);

/* How much each event of a history counts when it is asked what comes next: the newest most. All zero: all alike.
 * An event of weight w that k later ones follow counts w 2^(-k / half_life) times the gaps in between, each
 * max(gap_floor, 2^(-hours / gap_half_life)). */
struct rs_recency {
	double half_life;              /* events; 0: age does not matter */
	uint32_t window;               /* only so many last events count; 0: all */
	double gap_half_life, gap_floor; /* hours; 0: gaps do not matter */
	enum rs_repeats repeats;       /* what becomes of several events with one item */
};

/* The rows of a parameter table that recipes with such a history have in common, and what they say. */
#define RS_RECENCY_PARAMS_FROM(preset)                                                                                  \
	{ "history_half_life", RS_PARAM_REAL, 0, 1e6, preset, 1, 50, RS_SCALE_LOG, NULL,                                \
	  "when asked: an event that so many later ones follow counts half; 0: all alike" },                            \
	{ "history_window", RS_PARAM_INT, 0, 1e6, 0, 0, 0, RS_SCALE_LINEAR, NULL,                                       \
	  "when asked: only so many last events of a history count; 0: all" }
#define RS_RECENCY_PARAMS RS_RECENCY_PARAMS_FROM(0)
struct rs_recency rs_recency_of(const struct rs_param_values *p);

/* What one step back in time, over a gap of so many seconds, leaves of a weight. */
double rs_recency_step(const struct rs_recency *r, int64_t gap_s);

/* RS_EDATA where the order matters and e has no times. */
int rs_recency_check(const struct rs_events *e, const struct rs_recency *r, struct rs_err *err);

/* Histories as rows of distinct items; the query of recipes that score by item-item weights. r may be NULL. */
int rs_history_query(const struct rs_events *h, const struct rs_recency *r, void **query, struct rs_err *err);
void rs_history_query_free(void *query); /* a struct rs_csr */

/* share[e] for each event of the one user h: what it counts in the query, times the weight that its item gives to
 * `item`. */
typedef int rs_weight_fn(const void *weights, uint32_t i, uint32_t item, float *w, struct rs_err *err);
int rs_history_explain(const struct rs_events *h, const struct rs_recency *r, rs_weight_fn *weight, const void *weights,
                       uint32_t item, float *share, struct rs_err *err);

/* The training matrix less what robots and strangers would spoil: users outside the percentiles of history length and items
 * outside those of interaction counts are left out (0 .. 1 keeps all); of each user only the last max_history events count
 * (0: all). */
struct rs_trim {
	double min_user, max_user, min_item, max_item;
	uint32_t max_history;
};
int rs_history_matrix(struct rs_csr *x, const struct rs_events *e, const struct rs_trim *t, struct rs_err *err);

#endif
