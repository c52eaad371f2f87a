/* neighbours.h -- for each item the items that go with it: a normalised co-occurrence, the best kept. See itemknn.c. */
#ifndef RS_RECIPE_NEIGHBOURS_H
#define RS_RECIPE_NEIGHBOURS_H

#include "lib/num/csr.h"

#include <stdbool.h>

/* The point of the family that itemknn and profile start from; see itemknn.c. */
#define RS_NEIGHBOURS_USER_EXPONENT .8
#define RS_NEIGHBOURS_SOURCE_EXPONENT .6
#define RS_NEIGHBOURS_TARGET_EXPONENT .2

struct rs_neighbours {
	double user_exponent, source_exponent, target_exponent, power, shrink;
	bool jaccard;       /* divide by n_i + n_j - C_ij as well */
	bool squares;       /* n_i: sum of squares of the weights, not of the weights */
	bool by_target;     /* the k best sources of each target are kept, not the k best targets of each source */
	uint32_t k;
	uint32_t min_users; /* pairs with fewer users in common are left out */
};

/* w: x->n_cols squared, row i the weights of the items that item i of a history speaks for, columns ascending; no item speaks
 * for itself. RS_EDATA where a weight is not finite. x: users x items. */
int rs_neighbours(struct rs_csr *w, const struct rs_csr *x, const struct rs_neighbours *how, struct rs_err *err);

#endif
