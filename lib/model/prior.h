/* prior.h -- scores for a person of whom nothing is known. */
#ifndef RS_MODEL_PRIOR_H
#define RS_MODEL_PRIOR_H

#include "lib/data/events.h"

/* The early-history prior: the people who had an item among their first RS_PRIOR_EVENTS events, and RS_PRIOR_LATER for each
 * who had it at all. Where there are times, an event counts less the older it is, as in the recipe popular: by what the last
 * part of the data teaches. The share of all people who ever had the item, times RS_PRIOR_TIE, decides between equals.
 * Events of negative weight do not count. users: distinct people per item. Both of n_items entries, owned by the caller.
 *
 * RS_PRIOR_LATER was chosen on parts held back of public sets, among what is as good for the first five events of
 * people to come as for all of their events. */
#define RS_PRIOR_EVENTS 5
#define RS_PRIOR_LATER .2
#define RS_PRIOR_TIE 1e-3
int rs_prior_make(float **prior, uint32_t **users, const struct rs_events *e, struct rs_err *err);

#endif
