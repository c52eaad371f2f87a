/* eval.h -- a condition applied to the rows of a table of a dataset.
 *
 * Names are bound once; what hangs on a user, an item or a dictionary value alone is worked out once for each of these, so
 * that a row costs a look-up. Nulls follow three-valued logic: a comparison with a null is unknown, NOT unknown is
 * unknown, and only rows for which the whole is true are kept. */
#ifndef RS_FILTER_EVAL_H
#define RS_FILTER_EVAL_H

#include "lib/data/dataset.h"
#include "lib/filter/parse.h"

enum rs_filter_table { RS_FILTER_EVENTS, RS_FILTER_USERS, RS_FILTER_ITEMS };

/* keep[row] becomes 1 where the condition is true, else 0. RS_EUSAGE where a name is unknown or a value does not fit. */
int rs_filter_rows(const struct rs_filter *f, const struct rs_dataset *d, enum rs_filter_table table, uint8_t *keep,
                   struct rs_err *err);

#endif
