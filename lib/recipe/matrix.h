/* matrix.h -- events to a user x item matrix: repeats of a pair become one cell. */
#ifndef RS_RECIPE_MATRIX_H
#define RS_RECIPE_MATRIX_H

#include "lib/data/events.h"
#include "lib/num/csr.h"

/* What becomes of several events of one user with one item. */
enum rs_repeats {
	RS_REPEATS_MAX = 0, /* the largest weight in size (plain events: 1); of w and -w the latter */
	RS_REPEATS_SUM = 1,
	RS_REPEATS_LAST = 2 /* that is not NaN */
};

/* Whether of two events of a person with an item the one of weight a counts rather than the one of weight b: the larger in
 * size, and of equals the dislike. */
bool rs_weight_beats(float a, float b);

/* val is NULL when every cell is 1. Cells of weight 0 are left out. */
int rs_matrix_from_events(struct rs_csr *x, const struct rs_events *e, enum rs_repeats repeats, struct rs_err *err);

/* The same with RS_REPEATS_MAX for those who go through the rows in any order: a row stands as its items first came, not
 * sorted. spent: e where it may be given up (its arrays become those of x, and it is released on success); NULL: it stays. */
int rs_matrix_as_they_came(struct rs_csr *x, const struct rs_events *e, struct rs_events *spent, struct rs_err *err);

#endif
