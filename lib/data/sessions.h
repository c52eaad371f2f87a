/* sessions.h -- visitors who turn out to be somebody, in a dataset.
 *
 * A visitor is a user who is called like the SESSION_ID of the event. Where another event has that session and another user,
 * the visitor was that user: of several the one of the earliest such event, then the lower id. The same rule as at import,
 * for events that came in different imports. */
#ifndef RS_DATA_SESSIONS_H
#define RS_DATA_SESSIONS_H

#include "lib/data/dataset.h"

/* Gives the events of such visitors to whom they were, and drops visitors of whom nothing is left. *d may be replaced.
 * *n_visitors tells how many were linked. Without a column SESSION_ID nothing happens. */
int rs_sessions_link(struct rs_dataset **d, uint32_t *n_visitors, struct rs_err *err);

#endif
