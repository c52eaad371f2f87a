/* objective.h -- how rich each item is in what lists shall be rich in. */
#ifndef RS_MODEL_OBJECTIVE_H
#define RS_MODEL_OBJECTIVE_H

#include "lib/data/events.h"

/* For item[0 .. n) of d the place of its value in the choice's objective column among theirs, 0 the least .. 1 the most,
 * nulls 0.
 * *out belongs to the caller. RS_EDATA where there is no such column of numbers. */
int rs_objective_make(float **out, const struct rs_choice *c, const struct rs_dataset *d, const uint32_t *item, uint32_t n,
                      struct rs_err *err);

#endif
