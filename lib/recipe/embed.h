/* embed.h -- rows of a sparse matrix as short vectors whose products are those of a ridge regression on its columns.
 *
 * For F (items x columns), K = F (F'F + ridge I)^-1 F' tells for each item what regression on the columns foresees of it
 * from the others: with x the items of a person, Kx is that person's own regression. K = YY' with Y = U s / sqrt(s^2 +
 * ridge), F = U s V' being the singular value decomposition, of which the d largest values are found by a randomised
 * subspace iteration [1]; exact where d covers the rank. Time of order nnz d + (rows + columns) d^2.
 *
 * [1] N. Halko, P. Martinsson, J. Tropp, Finding Structure with Randomness, SIAM Review 2011. */
#ifndef RS_RECIPE_EMBED_H
#define RS_RECIPE_EMBED_H

#include "lib/num/csr.h"

#include <stddef.h>

/* How many numbers a row gets where `wanted` are asked for. */
size_t rs_embed_width(const struct rs_csr *f, size_t wanted);

/* y: f->n_rows x ld, ld a multiple of RS_LANES, at least d = rs_embed_width(); what is beyond d becomes 0. */
int rs_embed(float *y, size_t ld, size_t d, const struct rs_csr *f, double ridge, uint64_t seed, struct rs_err *err);

#endif
