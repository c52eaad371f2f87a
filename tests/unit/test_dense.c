/* test_dense.c -- Gram matrices, eigenvectors, rotations and inverses against their plain meaning, any number of threads. */
#include "tests/unit/num_ref.h"

#include "lib/num/dense.h"

#include <limits.h>

static double *gram_ref(const float *y, size_t n, size_t d, size_t ld)
{
	double *g = rs_array0(d * d, sizeof *g, NULL);

	for (size_t r = 0; r < n; r++)
		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j < d; j++)
				g[i * d + j] += (double)y[r * ld + i] * (double)y[r * ld + j];
	return g;
}

static void gram_eigen_rotate(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 100; t++) {
		struct draws r = { t, 0 };
		size_t n = below(&r, t % 5 == 0 ? 1000 : 40), d = 1 + below(&r, t % 7 == 0 ? 100 : 20);
		size_t ld = RS_ROUND_LANES(d);
		float *y = draw_array(&r, n * ld), *was = rs_array(n * ld, sizeof *was, NULL);
		double *g = rs_array(d * d, sizeof *g, NULL), *want = gram_ref(y, n, d, ld), *again;
		double *v = rs_array(d * d, sizeof *v, NULL), *value = rs_array(d, sizeof *value, NULL);

		memcpy(was, y, n * ld * sizeof *y);
		rs_threads_set(1 + (int)below(&r, 4));
		assert_int_equal(rs_gram(g, y, n, d, ld, NULL), 0);
		for (size_t i = 0; i < d * d; i++)
			assert_near(g[i], want[i], sqrt((double)n));
		memcpy(v, g, d * d * sizeof *v);
		assert_int_equal(rs_eigen(v, value, d, NULL), 0);
		for (size_t a = 0; a < d; a++) { /* G v = value v */
			assert_true(a == 0 || value[a] >= value[a - 1]);
			for (size_t i = 0; i < d; i++) {
				double s = 0;

				for (size_t j = 0; j < d; j++)
					s += g[i * d + j] * v[a * d + j];
				assert_near(s, value[a] * v[a * d + i], 1 + value[d - 1] * 1e-3);
			}
		}
		assert_int_equal(rs_rotate(y, n, d, ld, v, NULL), 0);
		for (size_t i = 0; i < n; i++) {
			for (size_t a = 0; a < ld; a++) {
				double s = 0;

				for (size_t j = 0; j < d && a < d; j++)
					s += v[a * d + j] * (double)was[i * ld + j];
				assert_near(y[i * ld + a], a < d ? s : (double)was[i * ld + a],
				            sqrt((double)d));
			}
		}
		again = gram_ref(y, n, d, ld);
		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j < d; j++)
				assert_near(again[i * d + j], i == j ? value[i] : 0, 1 + value[d - 1]);
		rs_free(y);
		rs_free(was);
		rs_free(g);
		rs_free(want);
		rs_free(again);
		rs_free(v);
		rs_free(value);
	}
}

static void eigen_refuses_what_is_not_finite(void **state)
{
	double a[] = { 1, 2, NAN, 1 }, value[2];
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_int_equal(rs_eigen(a, value, 2, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "regularization"));
}

static void eigen_refuses_what_its_ints_cannot_hold(void **state)
{
	double a = 1, value;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_int_equal(rs_eigen(&a, &value, RS_EIGEN_MAX + 1, &err), RS_EDATA); /* before it looks at a */
	assert_non_null(strstr(err.text, "32001"));
	assert_true(1 + 6.0 * RS_EIGEN_MAX + 2.0 * RS_EIGEN_MAX * RS_EIGEN_MAX <= INT_MAX);
}

/* X'X / n + I of random X, below the diagonal something that must not count. */
static float *draw_spd(struct draws *r, size_t n)
{
	size_t rows = below(r, n + 10);
	float *x = draw_array(r, rows * n), *a = rs_array(n * n, sizeof *a, NULL);

	for (size_t i = 0; i < n; i++) {
		for (size_t j = i; j < n; j++) {
			double s = 0;

			for (size_t l = 0; l < rows; l++)
				s += (double)x[l * n + i] * (double)x[l * n + j];
			a[i * n + j] = (float)(s / (double)n + (i == j));
			if (i != j)
				a[j * n + i] = 1e30f;
		}
	}
	rs_free(x);
	return a;
}

static double upper(const float *a, size_t n, size_t i, size_t j)
{
	return i < j ? (double)a[i * n + j] : (double)a[j * n + i];
}

static void assert_inverse(const float *a, const float *p, size_t n, size_t step)
{
	for (size_t i = 0; i < n; i += step) {
		for (size_t j = 0; j < n; j++) {
			double s = 0;

			for (size_t k = 0; k < n; k++)
				s += (double)p[i * n + k] * upper(a, n, k, j);
			assert_near(s, i == j, 10);
			assert_true(p[i * n + j] == p[j * n + i]);
		}
	}
}

static void spd_inverse(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 120; t++) {
		struct draws r = { 1000 + t, 0 };
		size_t n = t < 100 ? 1 + below(&r, 70) : 100 + below(&r, 400);
		float *a = draw_spd(&r, n), *p = rs_array(n * n, sizeof *p, NULL),
		      *again = rs_array(n * n, sizeof *p, NULL);

		memcpy(p, a, n * n * sizeof *p);
		memcpy(again, a, n * n * sizeof *p);
		rs_threads_set(1);
		assert_int_equal(rs_spd_invert(p, n, NULL), 0);
		assert_inverse(a, p, n, n / 70 + 1);
		rs_threads_set(2 + (int)below(&r, 4));
		assert_int_equal(rs_spd_invert(again, n, NULL), 0);
		assert_memory_equal(again, p, n * n * sizeof *p);
		rs_free(a);
		rs_free(p);
		rs_free(again);
	}
}

static void spd_inverse_refuses(void **state)
{
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (size_t at = 0; at < 200; at += 33) {
		struct draws r = { 2000, 0 };
		float *a = draw_spd(&r, 200);

		a[at * 200 + at] = at % 2 == 0 ? -1 : NAN;
		assert_int_equal(rs_spd_invert(a, 200, &err), RS_EDATA);
		assert_non_null(strstr(err.text, "not positive definite"));
		rs_free(a);
	}
}

static void spd_inverse_keeps_its_promise_of_memory(void **state)
{
	struct draws r = { 3000, 0 };
	float *a = draw_spd(&r, 300);
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_mem_set_cap(rs_mem_used() + rs_spd_invert_bytes(300) + 256);
	assert_int_equal(rs_spd_invert(a, 300, &err), 0);
	rs_mem_set_cap(rs_mem_used() + 1000);
	assert_int_equal(rs_spd_invert(a, 300, &err), RS_ENOMEM);
	rs_mem_set_cap(0);
	rs_free(a);
	assert_int_equal(rs_mem_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gram_eigen_rotate),
		cmocka_unit_test(eigen_refuses_what_is_not_finite),
		cmocka_unit_test(eigen_refuses_what_its_ints_cannot_hold),
		cmocka_unit_test(spd_inverse),
		cmocka_unit_test(spd_inverse_refuses),
		cmocka_unit_test(spd_inverse_keeps_its_promise_of_memory),
	};
	int failed = 0;

	RUN_WITH_EACH_SET(failed, tests)
	return failed;
}
