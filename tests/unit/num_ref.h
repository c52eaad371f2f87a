/* num_ref.h -- the plain meaning of the hot loops, and what the tests of numbers share.
 *
 * References add up in double precision; a fast one may differ by rounding only. */
#ifndef RS_TESTS_NUM_REF_H
#define RS_TESTS_NUM_REF_H

#include "tests/unit/done.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/num/isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Runs the array of tests with each instruction set of this machine; gives the number of failures. */
#define RUN_WITH_EACH_SET(failed, tests)                                                                     \
	for (const struct rs_kernels *const *set = rs_isa_all(); *set != NULL; set++) {                      \
		rs_isa_set((*set)->name, NULL);                                                              \
		(failed) += cmocka_run_group_tests(tests, NULL, NULL);                                       \
	}

/* A run of test numbers: draw(&r) and below(&r, n) are the next. */
struct draws {
	uint64_t test;
	uint32_t step;
};

static inline float draw(struct draws *r)
{
	return (float)rs_rand_normal(7, RS_RNG_TEST, r->test, r->step++);
}

static inline size_t below(struct draws *r, size_t n)
{
	return (size_t)rs_rand_below(n, 7, RS_RNG_TEST, r->test, r->step++);
}

/* n random floats and RS_PANEL more, which may be read but must not count. */
static inline float *draw_array(struct draws *r, size_t n)
{
	float *p = rs_array(n + RS_PANEL, sizeof *p, NULL);

	for (size_t i = 0; i < n + RS_PANEL; i++)
		p[i] = draw(r);
	return p;
}

static inline int near(double got, double want, double scale)
{
	return fabs(got - want) <= 1e-5 * (scale + fabs(want));
}

#define assert_near(got, want, scale)                                                                        \
	assert_near_((double)(got), (double)(want), (double)(scale), #got, __FILE__, __LINE__)

static inline void assert_near_(double got, double want, double scale, const char *what, const char *file,
                                int line)
{
	if (!near(got, want, scale)) {
		print_error("%s: got %.9g, want %.9g (scale %.3g)\n", what, got, want, scale);
		_fail(file, line);
	}
}

static inline void ref_tn(enum rs_tn how, double *c, size_t ldc, size_t m, size_t n, size_t k, const float *a,
                          size_t lda, size_t mr, size_t a_next, const float *b, size_t ldb)
{
	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j < n; j++) {
			double s = 0;

			for (size_t l = 0; l < k; l++)
				s += (double)a[i / mr * a_next + l * lda + i % mr] * (double)b[l * ldb + j];
			c[i * ldc + j] = how == RS_TN_SET ? s
			        : how == RS_TN_ADD        ? c[i * ldc + j] + s
			                                  : c[i * ldc + j] - s;
		}
	}
}

static inline const float *ref_row(const struct rs_rows_of *rows, size_t i)
{
	return rows->base + (rows->ix == NULL ? i : rows->ix[i]) * rows->ld;
}

static inline double ref_dot(const float *a, const float *b, size_t n)
{
	double s = 0;

	for (size_t k = 0; k < n; k++)
		s += (double)a[k] * (double)b[k];
	return s;
}

/* Upper triangle of a (n x n, double) becomes U with U'U = a. False where it is not positive definite. */
static inline int ref_chol(double *a, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		for (size_t l = 0; l < k; l++)
			for (size_t j = k; j < n; j++)
				a[k * n + j] -= a[l * n + k] * a[l * n + j];
		if (!(a[k * n + k] > 0))
			return 0;
		for (size_t j = n; j-- > k;)
			a[k * n + j] /= sqrt(a[k * n + k]);
	}
	return 1;
}

/* x = A^-1 b, with U of ref_chol. */
static inline void ref_chol_solve(const double *u, size_t n, const double *b, double *x)
{
	for (size_t i = 0; i < n; i++) {
		x[i] = b[i];
		for (size_t k = 0; k < i; k++)
			x[i] -= u[k * n + i] * x[k];
		x[i] /= u[i * n + i];
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t k = i + 1; k < n; k++)
			x[i] -= u[i * n + k] * x[k];
		x[i] /= u[i * n + i];
	}
}

#endif
