/* test_kernels.c -- each hot loop of each instruction set against its plain meaning, on 1,000 random small shapes. */
#include "tests/unit/num_ref.h"

#include <stdbool.h>

#include <xxhash.h>

#define SHAPES 1000

static void tn_is_the_product(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { t, 0 };
		int both = below(&r, 4) == 0; /* operands are packed, as in the long products */
		size_t m = 1 + below(&r, 40), n = both ? RS_PANEL : 1 + below(&r, RS_PANEL), len = below(&r, both ? 400 : 50);
		size_t ldb = both ? RS_PANEL : RS_ROUND_LANES(n) + below(&r, 5), ldc = n + below(&r, 5);
		int packed = both || below(&r, 2);
		size_t panels = (m + k->mr - 1) / k->mr, lda = packed ? k->mr : m + below(&r, 5);
		size_t a_next = packed ? len * k->mr : k->mr;
		enum rs_tn how = (enum rs_tn)below(&r, 3);
		float *a = draw_array(&r, packed ? panels * len * k->mr : len * lda),
		      *b = draw_array(&r, len * ldb);
		float *c = draw_array(&r, m * ldc), *two = rs_array(m * ldc, sizeof *two, NULL);
		double *want = rs_array(m * ldc, sizeof *want, NULL);
		size_t half = below(&r, len + 1);

		for (size_t i = 0; i < m * ldc; i++) {
			want[i] = (double)c[i];
			two[i] = c[i];
		}
		ref_tn(how, want, ldc, m, n, len, a, lda, k->mr, a_next, b, ldb);
		k->tn(how, c, ldc, m, n, len, a, lda, a_next, b, ldb);
		for (size_t i = 0; i < m * ldc; i++)
			assert_near(c[i], want[i], sqrt((double)len) + 1);
		/* in two parts: the same bits */
		k->tn(how, two, ldc, m, n, half, a, lda, a_next, b, ldb);
		k->tn(how == RS_TN_SET ? RS_TN_ADD : how, two, ldc, m, n, len - half, a + half * lda, lda,
		      a_next, b + half * ldb, ldb);
		assert_memory_equal(two, c, m * ldc * sizeof *c);
		rs_free(a);
		rs_free(b);
		rs_free(c);
		rs_free(two);
		rs_free(want);
	}
}

/* One output has the same bits whatever is asked for beside it. */
static void tn_does_not_depend_on_the_neighbours(void **state)
{
	const struct rs_kernels *k = *state;
	struct draws r = { 5000, 0 };
	size_t len = 70, m = 61;
	float *a = draw_array(&r, len * m), *b = draw_array(&r, len * RS_PANEL), whole[61 * RS_PANEL], one[1];
	float *packed = rs_array0(len * (m + k->mr), sizeof *packed, NULL), again[61 * RS_PANEL];

	k->tn(RS_TN_SET, whole, RS_PANEL, m, RS_PANEL, len, a, m, k->mr, b, RS_PANEL);
	for (size_t i = 0; i < m; i++)
		for (size_t l = 0; l < len; l++)
			packed[i / k->mr * k->mr * len + l * k->mr + i % k->mr] = a[l * m + i];
	k->tn(RS_TN_SET, again, RS_PANEL, m, RS_PANEL, len, packed, k->mr, k->mr * len, b, RS_PANEL);
	assert_memory_equal(again, whole, sizeof whole);
	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j < RS_PANEL / 2; j++) {
			k->tn(RS_TN_SET, one, 1, 1, 1, len, a + i, m, k->mr, b + j, RS_PANEL);
			assert_memory_equal(one, &whole[i * RS_PANEL + j], sizeof *one);
		}
	}
	rs_free(a);
	rs_free(b);
	rs_free(packed);
}

/* Rows of random numbers, some in a shuffled order. */
static struct rs_rows_of draw_rows(struct draws *r, size_t n, size_t cols, uint32_t *ix)
{
	struct rs_rows_of rows = { NULL, cols + below(r, 4), below(r, 2) ? ix : NULL, n };
	size_t stored = n + 5;

	rows.base = draw_array(r, stored * rows.ld);
	for (size_t i = 0; i < n; i++)
		ix[i] = (uint32_t)below(r, stored);
	return rows;
}

static void pack_rows_transposes(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 10000 + t, 0 };
		uint32_t ix[40];
		size_t n = below(&r, 33), cols = below(&r, 40), width = n + below(&r, 8);
		struct rs_rows_of rows = draw_rows(&r, n, cols, ix);
		float *scale = draw_array(&r, cols), *got = draw_array(&r, cols * width);
		int scaled = below(&r, 2) == 1;

		k->pack_rows(got, width, rows, cols, scaled ? scale : NULL);
		for (size_t c = 0; c < cols; c++)
			for (size_t i = 0; i < width; i++)
				assert_true(got[c * width + i]
				            == (i >= n ? 0 : ref_row(&rows, i)[c] * (scaled ? scale[c] : 1)));
		rs_free(scale);
		rs_free(got);
		rs_free((void *)(uintptr_t)rows.base);
	}
}

static void sums_of_rows(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 20000 + t, 0 };
		uint32_t ix[40];
		size_t n = below(&r, 33), cols = below(&r, 100), padded = RS_ROUND_LANES(cols);
		struct rs_rows_of rows = draw_rows(&r, n, padded, ix);
		float *w = draw_array(&r, n), *v = draw_array(&r, padded), *got = draw_array(&r, padded);
		float *was = rs_array(padded, sizeof *was, NULL);
		int weighted = below(&r, 2) == 1;

		memcpy(was, got, padded * sizeof *got);
		k->add_rows(got, cols, rows, weighted ? w : NULL);
		for (size_t c = 0; c < cols; c++) {
			double want = (double)was[c];

			for (size_t i = 0; i < n; i++)
				want += (weighted ? (double)w[i] : 1) * (double)ref_row(&rows, i)[c];
			assert_near(got[c], want, sqrt((double)n) + 1);
		}
		assert_true(padded == cols
		            || memcmp(got + cols, was + cols, (padded - cols) * sizeof *got) == 0);
		assert_near(k->dot(v, was, cols), ref_dot(v, was, cols), sqrt((double)cols) + 1);
		rs_free(w);
		rs_free(v);
		rs_free(got);
		rs_free(was);
		rs_free((void *)(uintptr_t)rows.base);
	}
}

static float as_float(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

/* Number i of a short row. */
static float short_number(const uint32_t *row, size_t n_words, size_t i)
{
	return as_float(i < n_words ? row[i] : row[i - n_words] << 16);
}

static void short_rows_are_near(void **state)
{
	static const float special[] = { 0, -0.f, 1e-45f, -1e-40f, 2e-38f, 3e38f, -3e38f, 1, -1, 65535 };
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 70000 + t, 0 };
		size_t n = RS_ROUND_LANES(1 + below(&r, 150)), n_words = RS_SHORT_WORDS(n);
		float *row = draw_array(&r, n), *back = rs_array(n, sizeof *back, NULL);
		uint32_t *words = rs_array(n_words, sizeof *words, NULL), *again = rs_array(n_words, sizeof *again, NULL);

		for (size_t i = 0; i < n; i++)
			row[i] = below(&r, 8) == 0 ? special[below(&r, 10)] : row[i] * exp2f((float)below(&r, 60) - 30);
		k->shorten(words, row, n);
		for (size_t i = 0; i < 2 * n_words; i++) {
			float got = short_number(words, n_words, i);

			if (i >= n)
				assert_true(got == 0);
			else
				assert_true(fabsf(got - row[i]) <= fabsf(row[i]) / 256 + 2e-38f);
			assert_true(got == 0 || fabsf(got) >= 1e-38f); /* denormal words are slow */
			if (i < n)
				back[i] = got;
		}
		k->shorten(again, back, n);
		assert_memory_equal(again, words, n_words * sizeof *words); /* what is short stays as it is */
		rs_free(row);
		rs_free(back);
		rs_free(words);
		rs_free(again);
	}
}

static void residuals_of_short_rows(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 80000 + t, 0 };
		size_t n_rows = 1 + below(&r, 30), n = below(&r, 60), cols = RS_ROUND_LANES(1 + below(&r, 150));
		size_t n_words = RS_SHORT_WORDS(cols), padded = 2 * n_words;
		float *w = draw_array(&r, n), *v = draw_array(&r, padded), *got = draw_array(&r, padded), target = draw(&r);
		float *was = rs_array(padded, sizeof *was, NULL), *row = draw_array(&r, cols);
		uint32_t *base = rs_array(n_rows * n_words, sizeof *base, NULL), *ix = rs_array(n, sizeof *ix, NULL);
		int weighted = below(&r, 2) == 1;

		for (size_t i = 0; i < n_rows; i++) {
			k->shorten(base + i * n_words, row, cols);
			for (size_t c = 0; c < cols; c++)
				row[c] = draw(&r);
		}
		for (size_t i = 0; i < n; i++)
			ix[i] = (uint32_t)below(&r, n_rows);
		memcpy(was, got, padded * sizeof *got);
		k->add_residual(got, v, target,
		                (struct rs_short_rows){ .base = base, .n_words = n_words, .ix = ix, .n = n, .soon = ix,
		                                        .n_soon = below(&r, n + 1) },
		                weighted ? w : NULL);
		for (size_t c = 0; c < padded; c++) {
			double want = (double)was[c], size = 1;

			for (size_t i = 0; i < n; i++) {
				const uint32_t *y = base + ix[i] * n_words;
				double f = (double)target;

				for (size_t l = 0; l < padded; l++)
					f -= (double)short_number(y, n_words, l) * (double)v[l];
				f *= weighted ? (double)w[i] : 1;
				want += f * (double)short_number(y, n_words, c);
				size += fabs(f * (double)short_number(y, n_words, c)) + sqrt((double)padded);
			}
			assert_near(got[c], want, size);
		}
		rs_free(w);
		rs_free(v);
		rs_free(got);
		rs_free(was);
		rs_free(row);
		rs_free(base);
		rs_free(ix);
	}
}

static void keys_of_every_score_above(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 30000 + t, 0 };
		size_t n = t == 0 ? RS_RUN_MAX : 1 + below(&r, 300), found, next = 0, rare = t % 2 == 0 ? 20 : 2000;
		uint32_t first = (uint32_t)below(&r, 1000);
		float *score = draw_array(&r, n), limit = t % 5 == 0 ? -INFINITY : draw(&r);
		uint64_t *key = rs_array(n + RS_KEYS_SPARE, sizeof *key, NULL);
		bool numbers = true;
		int odd;

		for (size_t i = 0; i < n; i++) {
			size_t what = below(&r, rare);

			score[i] = what == 0 ? NAN
			        : what == 1  ? -INFINITY
			        : what == 2  ? limit
			        : what == 3  ? INFINITY
			        : what == 4  ? -0.0f
			                     : score[i];
		}
		found = k->keys_above(key, score, n, first, limit, &odd);
		for (size_t i = 0; i < n; i++)
			if (!(score[i] <= limit)) {
				assert_true(next < found);
				assert_true(key[next++] == rs_score_key(score[i], first + (uint32_t)i));
				numbers &= score[i] < INFINITY;
			}
		assert_int_equal(next, found);
		assert_true(odd == !numbers);
		rs_free(score);
		rs_free(key);
	}
}

static void keys_are_in_the_order_of_scores(void **state)
{
	static const float up[] = { -INFINITY, -3, -1e-40f, 0, 1e-45f, 2, INFINITY };

	(void)state;
	for (size_t i = 0; i + 1 < sizeof up / sizeof up[0]; i++)
		assert_true(rs_score_key(up[i], 0) < rs_score_key(up[i + 1], UINT32_MAX));
	assert_true(rs_score_key(1, 7) > rs_score_key(1, 8));
	assert_true(rs_score_key(-0.0f, 7) == rs_score_key(0, 7));
}

static int largest_first(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a < *b) - (*a > *b);
}

static void a_few_numbers_are_put_in_order(void **state)
{
	const struct rs_kernels *k = *state;

	assert_in_range(k->order_max, 16, RS_ORDER_MAX);
	for (uint64_t t = 0; t < 20 * SHAPES; t++) {
		struct draws r = { 37000 + t, 0 };
		size_t n = t % (k->order_max + 1);
		uint64_t a[RS_ORDER_MAX + 1], want[RS_ORDER_MAX] = { 0 };

		for (size_t i = 0; i < n; i++)
			want[i] = a[i] = (uint64_t)below(&r, 1000) << (i % 3 == 0 ? 54 : 7) | i;
		a[n] = 77;
		qsort(want, n, sizeof *want, largest_first);
		k->order(a, n);
		assert_memory_equal(a, want, n * sizeof *a);
		assert_true(a[n] == 77);
	}
}

static void part_keeps_the_order(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 35000 + t, 0 };
		size_t n = t == 0 ? RS_PART_MAX : below(&r, 300), above = 0, others = 0;
		uint64_t *a = rs_array(n, sizeof *a, NULL), *want = rs_array(n, sizeof *want, NULL), limit;

		for (size_t i = 0; i < n; i++)
			a[i] = (uint64_t)below(&r, 50) << (i % 3 == 0 ? 58 : 0);
		limit = n == 0 ? 0 : a[below(&r, n)];
		for (size_t i = 0; i < n; i++)
			if (a[i] > limit)
				want[above++] = a[i];
		for (size_t i = 0; i < n; i++)
			if (a[i] <= limit)
				want[above + others++] = a[i];
		assert_int_equal(k->part(a, n, limit), above);
		assert_memory_equal(a, want, n * sizeof *a);
		rs_free(a);
		rs_free(want);
	}
}

/* A = X'X + I and right sides b: U'^-1 b, then A^-1 b. */
static void chol_solves(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 40000 + t, 0 };
		size_t n = 1 + below(&r, t % 10 == 0 ? 150 : 40), sides = 1 + below(&r, 3),
		       rows = below(&r, n + 10);
		size_t ld = RS_ROUND_LANES(n + sides);
		float *x = draw_array(&r, rows * n), *a = rs_array0(n * ld, sizeof *a, NULL),
		      *b = draw_array(&r, n * sides);
		float *got = rs_array(n, sizeof *got, NULL);
		double *u = rs_array(n * n, sizeof *u, NULL), *want = rs_array(n, sizeof *want, NULL);
		double *side = rs_array(n, sizeof *side, NULL);

		for (size_t i = 0; i < n; i++) {
			for (size_t j = i; j < n; j++) {
				double s = i == j;

				for (size_t l = 0; l < rows; l++)
					s += (double)x[l * n + i] * (double)x[l * n + j];
				u[i * n + j] = (double)(a[i * ld + j] = (float)s);
			}
			for (size_t s = 0; s < sides; s++)
				a[i * ld + n + s] = b[i * sides + s];
		}
		assert_true(ref_chol(u, n));
		assert_true(k->chol(a, ld, n, n + sides));
		for (size_t i = 0; i < n; i++)
			for (size_t j = i; j < n; j++)
				assert_near(a[i * ld + j], u[i * n + j], 10 * sqrt((double)rows));
		for (size_t s = 0; s < sides; s++) {
			for (size_t i = 0; i < n; i++) {
				side[i] = (double)b[i * sides + s];
				got[i] = a[i * ld + n + s];
			}
			ref_chol_solve(u, n, side, want);
			k->back(got, a, ld, n);
			for (size_t i = 0; i < n; i++)
				assert_near(got[i], want[i], 10);
		}
		rs_free(x);
		rs_free(a);
		rs_free(b);
		rs_free(got);
		rs_free(u);
		rs_free(want);
		rs_free(side);
	}
}

/* U'U = A, U a^-1 = I */
static void chol_inverse_is_the_inverse(void **state)
{
	const struct rs_kernels *k = *state;

	for (uint64_t t = 0; t < SHAPES; t++) {
		struct draws r = { 50000 + t, 0 };
		size_t n = 1 + below(&r, RS_PANEL), ld = n + below(&r, 4);
		float *x = draw_array(&r, n * n), *a = draw_array(&r, n * ld);
		double *u = rs_array(n * n, sizeof *u, NULL);

		for (size_t i = 0; i < n; i++)
			for (size_t j = i; j < n; j++)
				u[i * n + j] = a[i * ld + j] = (float)ref_dot(x + i * n, x + j * n, n) + (i == j);
		assert_true(ref_chol(u, n));
		assert_true(k->chol_inverse(a, ld, n));
		for (size_t i = 0; i < n; i++) {
			for (size_t j = 0; j < n; j++) { /* U inv = I */
				double s = 0;

				for (size_t l = i; l < n; l++)
					s += u[i * n + l] * (double)a[l * ld + j];
				assert_near(s, i == j, 10);
				assert_true(j >= i || a[i * ld + j] == 0);
			}
		}
		rs_free(x);
		rs_free(a);
		rs_free(u);
	}
}

static void chol_refuses(void **state)
{
	const struct rs_kernels *k = *state;
	static const float bad[] = { 0, -1, NAN, INFINITY };
	float *a = rs_array0(70 * 80, sizeof *a, NULL);

	for (size_t at = 0; at < 70; at += 23) {
		for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
			memset(a, 0, 70 * 80 * sizeof *a);
			for (size_t i = 0; i < 70; i++)
				a[i * 80 + i] = 1;
			a[at * 80 + at] = bad[b];
			assert_false(k->chol(a, 80, 70, 70));
		}
	}
	rs_free(a);
}

static void hash_is_that_of_the_library(void **state)
{
	const struct rs_kernels *k = *state;
	uint8_t *bytes = malloc(70000);

	for (size_t i = 0; i < 70000; i++)
		bytes[i] = (uint8_t)rs_rand_u64(3, RS_RNG_TEST, i, 0);
	for (size_t n = 0; n <= 70000; n += n < 2100 ? 1 : 7919)
		assert_int_equal(k->hash(bytes, n), XXH3_64bits(bytes, n));
	free(bytes);
}

static void sets_are_chosen_by_name(void **state)
{
	const struct rs_kernels *k = *state;
	struct rs_err err = RS_ERR_INIT;

	assert_int_equal(rs_isa_set(k->name, &err), 0);
	assert_ptr_equal(rs_isa(), k);
	assert_int_equal(rs_isa_set("mmx", &err), RS_EUSAGE);
	assert_ptr_equal(rs_isa(), k);
	assert_int_equal(rs_isa_set(NULL, &err), 0);
	assert_int_equal(rs_isa_set("", &err), 0);
}

int main(void)
{
	const struct rs_kernels *const *all = rs_isa_all();
	int failed = 0;

	for (size_t i = 0; all[i] != NULL; i++) {
		void *k = (void *)(uintptr_t)all[i];
		const struct CMUnitTest tests[] = {
			cmocka_unit_test_prestate(tn_is_the_product, k),
			cmocka_unit_test_prestate(tn_does_not_depend_on_the_neighbours, k),
			cmocka_unit_test_prestate(pack_rows_transposes, k),
			cmocka_unit_test_prestate(sums_of_rows, k),
			cmocka_unit_test_prestate(short_rows_are_near, k),
			cmocka_unit_test_prestate(residuals_of_short_rows, k),
			cmocka_unit_test_prestate(keys_of_every_score_above, k),
			cmocka_unit_test_prestate(keys_are_in_the_order_of_scores, k),
			cmocka_unit_test_prestate(a_few_numbers_are_put_in_order, k),
			cmocka_unit_test_prestate(part_keeps_the_order, k),
			cmocka_unit_test_prestate(chol_solves, k),
			cmocka_unit_test_prestate(chol_inverse_is_the_inverse, k),
			cmocka_unit_test_prestate(chol_refuses, k),
			cmocka_unit_test_prestate(hash_is_that_of_the_library, k),
			cmocka_unit_test_prestate(sets_are_chosen_by_name, k),
		};

		failed += cmocka_run_group_tests_name(all[i]->name, tests, NULL, NULL);
	}
	return failed;
}
