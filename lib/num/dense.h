/* dense.h -- dense matrices that are worked on by all threads; rows are contiguous.
 *
 * The same bytes for any number of threads. The one caller of LAPACK, which runs in one thread. */
#ifndef RS_NUM_DENSE_H
#define RS_NUM_DENSE_H

#include "lib/base/err.h"

#include <stddef.h>

/* gram (d x d) = Y'Y, both triangles, sums over the rows in double precision by runs of 256. Y: n x d, row stride ld, a
 * multiple of RS_LANES. */
int rs_gram(double *gram, const float *y, size_t n, size_t d, size_t ld, struct rs_err *err);

/* Eigenvalues of the symmetric a (d x d), ascending, and in the rows of a their eigenvectors. RS_EDATA where a is not
 * finite or d is over RS_EIGEN_MAX, where the room that LAPACK asks for no longer fits its ints. */
#define RS_EIGEN_MAX 32000
int rs_eigen(double *a, double *value, size_t d, struct rs_err *err);

/* Y = Y V', in place: each row in the coordinates of the rows of V (d x d, orthonormal). Y: n x d, row stride ld, a
 * multiple of RS_LANES; the ld - d further columns stay. */
int rs_rotate(float *y, size_t n, size_t d, size_t ld, const double *v, struct rs_err *err);

/* a (n x n, symmetric, positive definite; only the upper triangle is read) becomes its inverse, both triangles. In place,
 * with rs_spd_invert_bytes(n) beside it; n^3 multiplications and additions. RS_EDATA where a is not positive definite. */
int rs_spd_invert(float *a, size_t n, struct rs_err *err);

/* C = C A in place. C: n_rows x n, A: n x n, rows contiguous. */
int rs_multiply(float *c, size_t n_rows, const float *a, size_t n, struct rs_err *err);

/* Memory that rs_spd_invert takes. */
size_t rs_spd_invert_bytes(size_t n);

#endif
