/* prior.h -- scores for a person of whom nothing is known. */
#ifndef RS_MODEL_PRIOR_H
#define RS_MODEL_PRIOR_H

#include "lib/data/events.h"

/* Items by the number of people who had them among their first few events (RS_PRIOR_EVENTS), the early-history prior; without
 * times by the number of people. Ties are broken by the share of all people who ever had the item (below 1). users: distinct
 * people per item. Both of n_items entries, owned by the caller. */
#define RS_PRIOR_EVENTS 5
int rs_prior_make(float **prior, uint32_t **users, const struct rs_events *e, struct rs_err *err);

#endif
