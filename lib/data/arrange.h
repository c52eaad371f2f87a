/* arrange.h -- from coded rows in any order to a dataset: sorted by user, time and the rest, equal events merged. */
#ifndef RS_DATA_ARRANGE_H
#define RS_DATA_ARRANGE_H

#include "lib/data/dataset.h"

/* d has keys, type_key and keep_duplicates set, and events in any order: user[e] beside d->item, time_s, value, type and
 * context of d->n_events rows (all indexes final). Sorts, merges, makes row_ptr, sets n_duplicates. */
int rs_arrange(struct rs_dataset *d, const uint32_t *user, struct rs_err *err);

/* Order of two events of one user with the same time and item: by type, value and context; < 0, 0, > 0. */
int rs_event_cmp_rest(const struct rs_dataset *d, uint64_t a, uint64_t b);

/* ---- inside: the two ways ---- */

/* arrange_packed.c: the same, where an event fits 64 bits; *done tells whether. If not, nothing has changed. */
int rs_arrange_packed(struct rs_dataset *d, const uint32_t *user, bool *done, struct rs_err *err);

/* The first and the last time of all events; 0 and 0 if there are none. */
int rs_arrange_span(const struct rs_dataset *d, int64_t *earliest, int64_t *latest, struct rs_err *err);

#endif
