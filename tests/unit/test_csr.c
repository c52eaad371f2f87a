/* test_csr.c -- rows to columns, with any number of threads. */
#include "tests/unit/num_ref.h"

#include "lib/num/csr.h"

#include <stdbool.h>

static struct rs_csr draw_csr(struct draws *r, uint32_t n_rows, uint32_t n_cols, double density,
                              bool weighted)
{
	struct rs_csr x = { .n_rows = n_rows, .n_cols = n_cols };
	uint64_t n = 0;

	x.row_ptr = rs_array((size_t)n_rows + 1, sizeof *x.row_ptr, NULL);
	x.col = rs_array((size_t)n_rows * n_cols, sizeof *x.col, NULL);
	x.val = weighted ? rs_array((size_t)n_rows * n_cols, sizeof *x.val, NULL) : NULL;
	for (uint32_t i = 0; i < n_rows; i++) {
		x.row_ptr[i] = n;
		for (uint32_t j = 0; j < n_cols; j++) {
			if ((double)below(r, 1000) >= 1000 * density)
				continue;
			x.col[n] = j;
			if (weighted)
				x.val[n] = draw(r);
			n++;
		}
	}
	x.row_ptr[n_rows] = n;
	return x;
}

static uint64_t size(const struct rs_csr *x)
{
	return x->row_ptr[x->n_rows];
}

static void assert_same(const struct rs_csr *a, const struct rs_csr *b)
{
	assert_int_equal(a->n_rows, b->n_rows);
	assert_int_equal(a->n_cols, b->n_cols);
	assert_memory_equal(a->row_ptr, b->row_ptr, ((size_t)a->n_rows + 1) * sizeof *a->row_ptr);
	assert_memory_equal(a->col, b->col, size(a) * sizeof *a->col);
	assert_true((a->val == NULL) == (b->val == NULL));
	if (a->val != NULL)
		assert_memory_equal(a->val, b->val, size(a) * sizeof *a->val);
}

/* Each cell of the one stands in the other, and rows are sorted. */
static void assert_turned(const struct rs_csr *x, const struct rs_csr *t)
{
	uint64_t *next = rs_array(t->n_rows, sizeof *next, NULL);

	assert_int_equal(size(x), size(t));
	memcpy(next, t->row_ptr, t->n_rows * sizeof *next);
	for (uint32_t i = 0; i < x->n_rows; i++) {
		for (uint64_t e = x->row_ptr[i]; e < x->row_ptr[i + 1]; e++) {
			uint64_t at = next[x->col[e]]++;

			assert_int_equal(t->col[at], i);
			assert_true(x->val == NULL || x->val[e] == t->val[at]);
		}
	}
	for (uint32_t j = 0; j < t->n_rows; j++)
		assert_int_equal(next[j], t->row_ptr[j + 1]);
	rs_free(next);
}

static void transposes(void **state)
{
	(void)state;
	for (uint64_t test = 0; test < 200; test++) {
		struct draws r = { test, 0 };
		uint32_t n_rows = (uint32_t)below(&r, test % 10 == 0 ? 400 : 30);
		struct rs_csr x = draw_csr(&r, n_rows, (uint32_t)below(&r, 30), (double)below(&r, 11) / 10,
		                           test % 2 == 0);
		struct rs_csr t, back, again;

		rs_threads_set(1);
		assert_int_equal(rs_csr_transpose(&t, &x, NULL), 0);
		assert_turned(&x, &t);
		assert_int_equal(rs_csr_transpose(&back, &t, NULL), 0);
		assert_same(&back, &x);
		rs_threads_set(1 + (int)below(&r, 8));
		assert_int_equal(rs_csr_transpose(&again, &x, NULL), 0);
		assert_same(&again, &t);
		rs_csr_release(&x);
		rs_csr_release(&t);
		rs_csr_release(&back);
		rs_csr_release(&again);
	}
}

static void refuses_without_memory(void **state)
{
	struct draws r = { 1, 0 };
	struct rs_csr x = draw_csr(&r, 100, 30, .5, true), t;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_mem_set_cap(rs_mem_used() + 1000);
	assert_int_equal(rs_csr_transpose(&t, &x, &err), RS_ENOMEM);
	rs_mem_set_cap(0);
	assert_null(t.row_ptr);
	rs_csr_release(&x);
	assert_int_equal(rs_mem_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(transposes),
		                            cmocka_unit_test(refuses_without_memory) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
