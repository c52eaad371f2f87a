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

/* The rows of a, then those of b, which has the same name; b may be NULL (n_b nulls), so may a. Where the types
 * differ, a column without any value takes the type of the other; else both become text if one is, or categories. */
int rs_column_append(struct rs_column *out, const struct rs_column *a, uint64_t n_a, const struct rs_column *b,
                     uint64_t n_b, struct rs_err *err);

/* The column as text (several values joined by '|'), or numbers as categories. */
int rs_column_as(struct rs_column *out, const struct rs_column *in, enum rs_type type, struct rs_err *err);

/* A column of n nulls with the name, type and declaration of `like`. */
int rs_column_nulls(struct rs_column *out, const struct rs_column *like, uint64_t n, struct rs_err *err);

#endif
