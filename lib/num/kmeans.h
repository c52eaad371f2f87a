/* kmeans.h -- clusters of directions: spherical k-means [1].
 *
 * Rows of length 1 are dealt to k centres of length 1 so that the sum of their products with their centres is large. Starts by
 * k-means++ [2]; sums are made tile by tile in a fixed order, so that the bytes do not depend on the number of threads.
 *
 * [1] I. Dhillon, D. Modha, Concept Decompositions for Large Sparse Text Data Using Clustering, Machine Learning 2001.
 * [2] D. Arthur, S. Vassilvitskii, k-means++: The Advantages of Careful Seeding, SODA 2007. */
#ifndef RS_NUM_KMEANS_H
#define RS_NUM_KMEANS_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define RS_KMEANS_DIMS 64

/* x: n x RS_KMEANS_DIMS, rows of length 1. centre: k x RS_KMEANS_DIMS, by the number of rows in them, most first; k <= n.
 * *quality: the mean product. */
int rs_kmeans(float *centre, double *quality, const float *x, uint32_t n, uint32_t k, uint64_t seed, struct rs_err *err);

/* The centre with the largest product, ties to the lower; *product (may be NULL) is it. */
uint32_t rs_kmeans_nearest(const float *centre, uint32_t k, const float *x, float *product);

/* Makes the row as long as 1; false: it is 0. */
bool rs_kmeans_normalise(float *x);

#endif
