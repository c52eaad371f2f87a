/* test_content.c -- the columns of attributes, the regression on them and the scores, against dense plain arithmetic. */
#include "tests/unit/random_items.h"

#include "lib/num/isa.h"
#include "lib/recipe/embed.h"
#include "lib/recipe/item_blocks.h"

/* k = f (f'f + ridge)^-1 f' for f n x COLUMNS, by elimination. */
static void plain_kernel(double k[16][16], double f[16][COLUMNS], uint32_t n, double ridge)
{
	static double a[COLUMNS][COLUMNS + 16];

	for (int i = 0; i < COLUMNS; i++) {
		for (int j = 0; j < COLUMNS; j++) {
			a[i][j] = i == j ? ridge : 0;
			for (uint32_t r = 0; r < n; r++)
				a[i][j] += f[r][i] * f[r][j];
		}
		for (uint32_t r = 0; r < n; r++)
			a[i][COLUMNS + r] = f[r][i];
	}
	for (int p = 0; p < COLUMNS; p++) {
		for (int i = 0; i < COLUMNS; i++) {
			double by = i == p ? 0 : a[i][p] / a[p][p];

			for (int j = p; j < COLUMNS + 16 && by != 0; j++)
				a[i][j] -= by * a[p][j];
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < n; j++) {
			k[i][j] = 0;
			for (int c = 0; c < COLUMNS; c++)
				k[i][j] += f[i][c] * a[c][COLUMNS + j] / a[c][c];
		}
	}
}

static bool close_to(double a, double b)
{
	return fabs(a - b) <= 2e-4 * (1 + fabs(b));
}

static void blocks_equal_plain_loops(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		bool cosine = seed % 2 == 0, pairs = seed % 3 != 0, constant = seed % 5 != 0;
		struct rs_block_how how = { cosine, pairs, constant, 1.5, .5, 2 };
		struct rs_err err = RS_ERR_INIT;
		struct random_items r;
		struct rs_csr out;
		double want[COLUMNS];

		random_items_init(&r, seed, 12);
		assert_done(rs_item_blocks(&out, &r.f, &r.x, &how, &err));
		for (uint32_t i = 0; i < 12; i++) {
			double want_sum = 0, sum = 0;

			plain_blocks(want, &r, 12, i, cosine, pairs, constant, 1.5, .5, 2);
			for (uint64_t e = out.row_ptr[i]; e < out.row_ptr[i + 1]; e++) {
				assert_true(e == out.row_ptr[i] || out.col[e - 1] < out.col[e]);
				assert_true(out.col[e] < out.n_cols);
				sum += (double)out.val[e];
				if (out.col[e] < FEATURES)
					assert_true(close_to((double)out.val[e], want[out.col[e]]));
			}
			for (int c = 0; c < COLUMNS; c++)
				want_sum += want[c];
			assert_true(close_to(sum, want_sum));
		}
		rs_csr_release(&out);
	}
}

/* Fewer directions than the rank: the products are those of the largest singular values. */
static void few_directions_are_the_best(void **state)
{
	enum { N = 300, M = 120, D = 16 };
	uint64_t *row_ptr = rs_array0(N + 1, sizeof *row_ptr, NULL), n = 0;
	uint32_t *col = rs_array(N * 8, sizeof *col, NULL);
	struct rs_csr f = { N, M, row_ptr, col, NULL };
	float *all = rs_array((size_t)N * 128, sizeof *all, NULL), *few = rs_array((size_t)N * D, sizeof *few, NULL);
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (uint32_t i = 0; i < N; i++) { /* frequent columns and rare ones */
		for (uint32_t c = 0; c < M; c++)
			if (n < (uint64_t)N * 8 && draw(1, i, c, 1 + c) == 0)
				col[n++] = c;
		row_ptr[i + 1] = n;
	}
	assert_int_equal(rs_embed_width(&f, 500), M);
	assert_done(rs_embed(all, 128, M, &f, 10, 1, &err));
	assert_done(rs_embed(few, D, D, &f, 10, 2, &err));
	for (uint32_t i = 0; i < 20; i++) { /* directions agree but for their signs */
		for (int c = 0; c < 4; c++)
			assert_true(fabs(fabs((double)all[i * 128 + c]) - fabs((double)few[i * D + c])) < 1e-3);
	}
	rs_free(row_ptr);
	rs_free(col);
	rs_free(all);
	rs_free(few);
}

static void scores_equal_dense_regression(void **state)
{
	const struct rs_recipe *content = rs_recipe_find("content");

	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		double f[16][COLUMNS], k[16][16], p[16] = { 0 }, users[16] = { 0 }, total = 0, warm = 0;
		double popularity = seed % 3 == 0 ? 0 : 1.5;
		struct random_events e;
		struct random_items r;
		struct rs_param_values v;
		struct rs_err err = RS_ERR_INIT;
		struct rs_csr none = { 0 };
		struct rs_features nothing = { 0 };
		struct rs_train_in in = { .events = &e.e, .seed = seed, .user_features = &nothing, .context_features = &nothing,
			                  .user_profile = &none };
		float score[12 * 10], unsure[12 * 10], alike[16];
		uint32_t n;
		void *m, *q;

		random_events_init(&e, seed, seed % 2 == 0, false);
		n = e.e.n_items;
		random_items_init(&r, seed, n);
		in.item_features = &r.f;
		in.item_profile = &r.x;
		rs_params_init(&v, content->params);
		rs_param_resolve(&v, "ridge", 3);
		rs_param_resolve(&v, "popularity", popularity);
		assert_done(content->train(&m, &in, &v, &err));
		assert_done(content->query(m, &(struct rs_people){ .events = &e.e }, &q, &err));
		assert_done(content->score(m, q, 0, n, score, 10, &err));
		assert_done(content->variance(m, &(struct rs_people){ .events = &e.e }, 0, n, unsure, 10, &err));
		for (uint32_t i = 0; i < n; i++) {
			plain_blocks(f[i], &r, n, i, false, true, true, 1, 1, 3);
			for (uint32_t u = 0; u < e.e.n_users; u++)
				users[i] += e.x[u * n + i] > 0;
			total += users[i];
			warm += users[i] > 0;
		}
		plain_kernel(k, f, n, 3);
		for (uint32_t i = 0; i < n; i++)
			p[i] = users[i] > 0 ? sqrt(users[i] * warm / total) : 1;
		for (uint32_t u = 0; u < e.e.n_users; u++) {
			double sum = 0;

			for (uint32_t i = 0; i < n; i++)
				sum += e.x[u * n + i];
			for (uint32_t j = 0; j < n; j++) {
				double want = 0, beyond = p[j];

				assert_true(close_to((double)unsure[u * 10 + j], n / (sum > 0 ? sum : 1) * k[j][j]));

				for (uint32_t i = 0; i < n; i++) {
					want += sum > 0 ? n * e.x[u * n + i] / sum * k[i][j] : 0;
					beyond -= k[j][i] * p[i];
				}
				want += users[j] > 0 ? popularity * beyond : 0;
				if (!close_to((double)score[u * 10 + j], want))
					print_message("seed %d u %u j %u n %u: %g want %g\n", (int)seed, u, j, n,
					              (double)score[u * 10 + j], want);
				assert_true(close_to((double)score[u * 10 + j], want));
			}
		}
		for (uint32_t u = 0; u < e.e.n_users; u++) {
			uint32_t row[1] = { u };
			struct rs_events h;
			float share[16], shared = 0;

			assert_done(rs_events_rows(&h, &e.e, row, 1, &err));
			assert_done(content->explain(m, &h, 0, share, &err));
			for (uint64_t i = 0; i < h.row_ptr[1]; i++)
				shared += share[i];
			if (popularity == 0)
				assert_true(close_to((double)shared, (double)score[u * 10]));
			rs_events_release(&h);
		}
		assert_done(content->similar(m, 0, alike, &err));
		for (uint32_t j = 0; j < n; j++)
			assert_true(close_to((double)alike[j], k[0][j] / sqrt(k[0][0] * k[j][j])));
		content->query_free(q);
		content->free(m);
		random_events_release(&e);
	}
}

static void no_attributes_are_refused(void **state)
{
	const struct rs_recipe *content = rs_recipe_find("content");
	struct rs_features nothing = { 0 };
	struct rs_csr none = { 0 };
	struct random_events e;
	struct rs_param_values v;
	struct rs_err err = RS_ERR_INIT;
	struct rs_train_in in = { .events = &e.e, .item_features = &nothing, .item_profile = &none };
	void *m;

	(void)state;
	random_events_init(&e, 1, false, false);
	rs_params_init(&v, content->params);
	assert_int_equal(content->train(&m, &in, &v, &err), RS_EDATA);
	assert_string_equal(err.text, "no attributes of items to learn from: content needs a table of items, or vectors");
	random_events_release(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_equal_plain_loops),
		cmocka_unit_test(few_directions_are_the_best),
		cmocka_unit_test(scores_equal_dense_regression),
		cmocka_unit_test(no_attributes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
