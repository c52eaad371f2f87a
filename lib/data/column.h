/* column.h -- columns of attributes and context: compare rows, pick rows, join. See struct rs_column in dataset.h. */
#ifndef RS_DATA_COLUMN_H
#define RS_DATA_COLUMN_H

#include "lib/data/dataset.h"

/* Order of two rows of one column: nulls first; < 0, 0, > 0. */
int rs_column_cmp(const struct rs_column *c, uint64_t a, uint64_t b);

bool rs_column_is_null(const struct rs_column *c, uint64_t row);

/* The rows row[0 .. n), in that order; UINT64_MAX: a null. Values that no row uses leave the dictionary. */
int rs_column_take(struct rs_column *out, const struct rs_column *in, const uint64_t *row, uint64_t n,
                   struct rs_err *err);

/* The rows of n columns of one name, one behind the other; NULL (not all of them) stands for n_rows[i] nulls. Where the types
 * differ, a column without any value takes the type of the others; else all become text if one is, or categories. */
int rs_column_concat(struct rs_column *out, const struct rs_column *const *in, const uint64_t *n_rows, size_t n,
                     struct rs_err *err);

/* The column as text (several values joined by '|'), or numbers as categories. */
int rs_column_as(struct rs_column *out, const struct rs_column *in, enum rs_type type, struct rs_err *err);

#endif
