/* test_matrix.c -- events to a matrix, trimming, histories, against plain loops. */
#include "tests/unit/random_events.h"

#include "lib/recipe/history.h"
#include "lib/recipe/matrix.h"

static float cell_by(const struct rs_events *e, uint32_t u, uint32_t item, enum rs_repeats repeats)
{
	float v = 0;

	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
		float w = e->weight == NULL ? 1 : e->weight[i];

		if (e->item[i] == item)
			v = repeats == RS_REPEATS_SUM ? v + w : repeats == RS_REPEATS_LAST || w > v ? w : v;
	}
	return v;
}

static void check_matrix(const struct rs_csr *x, const struct rs_events *e, enum rs_repeats repeats)
{
	assert_int_equal(x->n_rows, e->n_users);
	assert_int_equal(x->n_cols, e->n_items);
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t k = x->row_ptr[u];

		for (uint32_t i = 0; i < e->n_items; i++) {
			float want = cell_by(e, u, i, repeats);

			if (want == 0)
				continue;
			assert_true(k < x->row_ptr[u + 1] && x->col[k] == i);
			assert_true((x->val == NULL ? 1 : x->val[k]) == want);
			k++;
		}
		assert_int_equal(k, x->row_ptr[u + 1]);
	}
}

static void matrices_equal_plain_loops(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct random_events r;
		struct rs_csr x = { 0 };
		struct rs_err err = RS_ERR_INIT;
		enum rs_repeats repeats = (enum rs_repeats)(seed % 3);

		random_events_init(&r, seed, seed % 2 == 1, seed % 4 < 2);
		rs_threads_set((int)(seed % 5) + 1);
		assert_done(rs_matrix_from_events(&x, &r.e, repeats, &err));
		check_matrix(&x, &r.e, repeats);
		rs_csr_release(&x);
		random_events_release(&r);
	}
}

static int copy_events(struct rs_events *out, const struct rs_events *e, struct rs_err *err)
{
	uint32_t *all = rs_array(e->n_users, sizeof *all, err);
	int rc;

	for (uint32_t u = 0; u < e->n_users; u++)
		all[u] = u;
	rc = rs_events_rows(out, e, all, e->n_users, err);
	rs_free(all);
	return rc;
}

/* Row u holds what came, in the order in which it first did. */
static void check_order(const struct rs_csr *x, const struct rs_events *e)
{
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t k = x->row_ptr[u];

		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			uint64_t first = e->row_ptr[u];

			while (e->item[first] != e->item[i])
				first++;
			if (first == i)
				assert_int_equal(x->col[k++], e->item[i]);
		}
		assert_int_equal(k, x->row_ptr[u + 1]);
	}
}

/* Turned twice, its rows are sorted. Events that are given up make the same matrix. */
static void rows_as_they_came(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct random_events r;
		struct rs_csr x = { 0 }, xt = { 0 }, sorted = { 0 }, taken = { 0 };
		struct rs_events spent = { 0 };
		struct rs_err err = RS_ERR_INIT;

		random_events_init(&r, seed, seed % 2 == 1, seed % 4 < 2);
		rs_threads_set((int)(seed % 5) + 1);
		assert_done(rs_matrix_as_they_came(&x, &r.e, NULL, &err));
		check_order(&x, &r.e);
		assert_done(rs_csr_transpose(&xt, &x, &err));
		assert_done(rs_csr_transpose(&sorted, &xt, &err));
		check_matrix(&sorted, &r.e, RS_REPEATS_MAX);
		assert_done(copy_events(&spent, &r.e, &err));
		assert_done(rs_matrix_as_they_came(&taken, &spent, &spent, &err));
		assert_null(spent.item);
		assert_memory_equal(taken.row_ptr, x.row_ptr, ((size_t)x.n_rows + 1) * sizeof *x.row_ptr);
		assert_memory_equal(taken.col, x.col, x.row_ptr[x.n_rows] * sizeof *x.col);
		if (x.val != NULL)
			assert_memory_equal(taken.val, x.val, x.row_ptr[x.n_rows] * sizeof *x.val);
		rs_csr_release(&x);
		rs_csr_release(&xt);
		rs_csr_release(&sorted);
		rs_csr_release(&taken);
		random_events_release(&r);
	}
}

/* A long row, for which sorting is another way. */
static void long_rows(void **state)
{
	enum { N = 5000 };
	uint64_t row_ptr[2] = { 0, N };
	uint32_t *item = rs_array(N, sizeof *item, NULL);
	float *weight = rs_array(N, sizeof *weight, NULL);
	struct rs_events e = { .n_users = 1, .n_items = 1000, .row_ptr = row_ptr, .item = item, .weight = weight };

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		item[i] = (uint32_t)draw(1, i, 0, 1000);
		weight[i] = (float)(1 + draw(1, i, 1, 9));
	}
	for (int repeats = 0; repeats < 3; repeats++) {
		struct rs_csr x = { 0 };
		struct rs_err err = RS_ERR_INIT;

		assert_done(rs_matrix_from_events(&x, &e, (enum rs_repeats)repeats, &err));
		check_matrix(&x, &e, (enum rs_repeats)repeats);
		rs_csr_release(&x);
	}
	rs_free(item);
	rs_free(weight);
}

static void only_the_last_events_of_a_user(void **state)
{
	uint64_t row_ptr[] = { 0, 4, 5 };
	uint32_t item[] = { 0, 1, 2, 1, 3 };
	struct rs_events e = { .n_users = 2, .n_items = 4, .row_ptr = row_ptr, .item = item };
	struct rs_trim trim = { 0, 1, 0, 1, 2 };
	struct rs_csr x = { 0 };
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_history_matrix(&x, &e, &trim, &err));
	assert_int_equal(x.row_ptr[1], 2);
	assert_int_equal(x.col[0], 1);
	assert_int_equal(x.col[1], 2);
	assert_int_equal(x.row_ptr[2], 3);
	rs_csr_release(&x);
}

static void extremes_are_left_out(void **state)
{
	/* Histories of length 1, 1, 2, 4; items with 4, 2, 1, 1 users. */
	uint64_t row_ptr[] = { 0, 1, 2, 4, 8 };
	uint32_t item[] = { 0, 0, 0, 1, 0, 1, 2, 3 };
	struct rs_events e = { .n_users = 4, .n_items = 4, .row_ptr = row_ptr, .item = item };
	struct rs_trim users = { .4, .9, 0, 1, 0 }, items = { 0, 1, .5, .9, 0 };
	struct rs_csr x = { 0 };
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_history_matrix(&x, &e, &users, &err));
	assert_int_equal(x.row_ptr[4], 4); /* the longest is gone; equal lengths share their fate */
	assert_int_equal(x.row_ptr[3], 4);
	rs_csr_release(&x);
	assert_done(rs_history_matrix(&x, &e, &items, &err));
	for (uint64_t k = 0; k < x.row_ptr[4]; k++)
		assert_true(x.col[k] != 0);
	rs_csr_release(&x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrices_equal_plain_loops),
		cmocka_unit_test(rows_as_they_came),
		cmocka_unit_test(long_rows),
		cmocka_unit_test(only_the_last_events_of_a_user),
		cmocka_unit_test(extremes_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
