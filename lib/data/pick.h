/* pick.h -- which users and items stay: a sample, the dense core. */
#ifndef RS_DATA_PICK_H
#define RS_DATA_PICK_H

#include "lib/data/dataset.h"

/* Clears keep_user[u] of all but about `share` of the users, whose choice hangs on seed and id alone. */
void rs_pick_sample(uint8_t *keep_user, const struct rs_dataset *d, double share, uint64_t seed);

/* The k-core: clears keep_user and keep_item until each user left has at least k different items left, and each item at
 * least k different users. Counts events whose keep_event is nonzero (NULL: all). Users and items without any fall out. */
int rs_pick_core(uint8_t *keep_user, uint8_t *keep_item, const struct rs_dataset *d, const uint8_t *keep_event,
                 uint64_t k, struct rs_err *err);

#endif
