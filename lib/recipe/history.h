/* history.h -- small things that item-item recipes share about histories. */
#ifndef RS_RECIPE_HISTORY_H
#define RS_RECIPE_HISTORY_H

#include "lib/data/events.h"
#include "lib/num/csr.h"

/* Whether event e of the one user h is the one that counts for its item where repeats take the largest weight: no other event
 * of the item weighs more, nor as much and earlier. */
bool rs_history_counts(const struct rs_events *h, uint64_t e);

/* Histories as rows of distinct items; the query of recipes that score by item-item weights. */
int rs_history_query(const struct rs_events *h, void **query, struct rs_err *err);
void rs_history_query_free(void *query); /* a struct rs_csr */

/* The training matrix less what robots and strangers would spoil: users outside the percentiles of history length and items
 * outside those of interaction counts are left out (0 .. 1 keeps all); of each user only the last max_history events count
 * (0: all). */
struct rs_trim {
	double min_user, max_user, min_item, max_item;
	uint32_t max_history;
};
int rs_history_matrix(struct rs_csr *x, const struct rs_events *e, const struct rs_trim *t, struct rs_err *err);

#endif
