/* test_slim.c -- regressions on neighbours against plain elimination and the conditions of an optimum; explanation; products of
 * matrices. */
#include "tests/unit/random_events.h"

#include "lib/num/dense.h"
#include "lib/num/isa.h"
#include "lib/recipe/recipe.h"

#define MAX 16

static const struct rs_recipe *slim;

static void choose(struct rs_param_values *p, uint64_t seed, const char *solver)
{
	struct rs_err err = RS_ERR_INIT;
	char text[32];

	rs_params_init(p, slim->params);
	snprintf(text, sizeof text, "solver=%s", solver);
	assert_done(rs_params_set(p, text, &err));
	rs_param_resolve(p, "l2", draw(seed, 70, 0, 2) == 0 ? 2 : 20);
	rs_param_resolve(p, "dropout", draw(seed, 70, 1, 2) == 0 ? 0 : .6);
	rs_param_resolve(p, "user_exponent", draw(seed, 70, 2, 2) == 0 ? 0 : .7);
	rs_param_resolve(p, "target_exponent", draw(seed, 70, 3, 2) == 0 ? 0 : .2);
	rs_param_resolve(p, "l1", .3);
	rs_param_resolve(p, "sweeps", 2000);
}

static void gram_by(double g[MAX][MAX], double often[MAX], const struct random_events *r,
                    const struct rs_param_values *p)
{
	uint32_t n = r->e.n_items;

	memset(g, 0, MAX * sizeof *g);
	memset(often, 0, MAX * sizeof *often);
	for (uint32_t u = 0; u < r->e.n_users; u++) {
		const double *x = r->x + (size_t)u * n;
		double size = 0;

		for (uint32_t i = 0; i < n; i++) {
			size += x[i] > 0;
			often[i] += x[i] > 0;
		}
		for (uint32_t i = 0; i < n && size > 0; i++)
			for (uint32_t j = 0; j < n; j++)
				g[i][j] += x[i] * x[j] * pow(size, -rs_param(p, "user_exponent"));
	}
}

/* Half the gradient at the weights w of target j: 0 for ridge; for elastic 0 where w is positive, else not below 0. */
static void check_column(double g[MAX][MAX], const double often[MAX], const double w[MAX], uint32_t n,
                         uint32_t j, bool elastic, const struct rs_param_values *p)
{
	double load = rs_param(p, "dropout") / (1 - rs_param(p, "dropout"));

	assert_true(w[j] == 0);
	for (uint32_t i = 0; i < n; i++) {
		double slope = -g[i][j], size = g[i][j];

		if (i == j || g[i][j] == 0) { /* not a candidate */
			assert_true(w[i] == 0);
			continue;
		}
		for (uint32_t k = 0; k < n; k++) {
			double d = g[i][k] * (i == k ? 1 + load : 1) + (i == k ? rs_param(p, "l2") : 0);

			slope += d * w[k] * pow(often[j], rs_param(p, "target_exponent"));
			size += fabs(d * w[k]);
		}
		if (elastic) {
			slope += rs_param(p, "l1");
			assert_true(w[i] >= 0);
			assert_true(w[i] > 0 ? fabs(slope) <= 2e-3 * size + 1e-6
			                     : slope >= -2e-3 * size - 1e-6);
		} else {
			assert_true(fabs(slope) <= 1e-4 * size + 1e-6);
		}
	}
}

static void weights_are_optimal(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		bool elastic = seed % 2 == 1;
		struct random_events r;
		struct rs_train_in in = { .events = &r.e };
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		double g[MAX][MAX], w[MAX][MAX] = { 0 }, often[MAX];
		void *m;

		random_events_init(&r, seed, seed % 3 == 0, seed % 4 == 0);
		choose(&p, seed, elastic ? "elastic" : "ridge");
		gram_by(g, often, &r, &p);
		assert_done(slim->train(&m, &in, &p, &err));
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			float row[MAX];

			assert_done(slim->similar(m, i, row, &err));
			for (uint32_t j = 0; j < r.e.n_items; j++)
				w[j][i] = (double)row[j];
		}
		for (uint32_t j = 0; j < r.e.n_items; j++)
			check_column(g, often, w[j], r.e.n_items, j, elastic, &p);
		slim->free(m);
		random_events_release(&r);
	}
}

/* With few neighbours: as many weights, from the items that rank first. */
static void neighbours_are_the_best(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct random_events r;
		struct rs_train_in in = { .events = &r.e };
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		double g[MAX][MAX], often[MAX];
		void *m;

		random_events_init(&r, seed, false, false);
		choose(&p, seed, "ridge");
		rs_param_resolve(&p, "neighbors", 2);
		gram_by(g, often, &r, &p);
		assert_done(slim->train(&m, &in, &p, &err));
		for (uint32_t j = 0; j < r.e.n_items; j++) {
			double worst = INFINITY, left = 0;
			uint32_t kept = 0;

			for (uint32_t i = 0; i < r.e.n_items; i++) {
				double rank = i == j || often[i] == 0
				        ? 0
				        : g[i][j] * pow(often[i], -rs_param(&p, "discount"));
				float row[MAX];

				assert_done(slim->similar(m, i, row, &err));
				kept += row[j] != 0;
				if (row[j] != 0)
					worst = fmin(worst, rank);
				else
					left = fmax(left, rank);
			}
			assert_true(kept <= 2);
			if (kept == 2)
				assert_true(left <= worst * (1 + 1e-5));
		}
		slim->free(m);
		random_events_release(&r);
	}
}

static void product_equals_plain_loops(void **state)
{
	static const size_t sizes[][2] = { { 1, 1 }, { 3, 5 }, { 130, 33 }, { 257, 100 }, { 40, 260 } };

	(void)state;
	for (int s = 0; s < 5; s++) {
		size_t rows = sizes[s][0], n = sizes[s][1];
		float *c = rs_array(rows * n, sizeof *c, NULL), *a = rs_array(n * n, sizeof *a, NULL);
		double *want = rs_array0(rows * n, sizeof *want, NULL);
		struct rs_err err = RS_ERR_INIT;

		for (size_t i = 0; i < rows * n; i++)
			c[i] = (float)rs_rand_normal(1, RS_RNG_TEST, i, 0);
		for (size_t i = 0; i < n * n; i++)
			a[i] = (float)rs_rand_normal(2, RS_RNG_TEST, i, 0);
		for (size_t i = 0; i < rows; i++)
			for (size_t k = 0; k < n; k++)
				for (size_t j = 0; j < n; j++)
					want[i * n + j] += (double)c[i * n + k] * (double)a[k * n + j];
		assert_done(rs_multiply(c, rows, a, n, &err));
		for (size_t i = 0; i < rows * n; i++)
			assert_true(fabs((double)c[i] - want[i]) <= 1e-4 * sqrt((double)n));
		rs_free(c);
		rs_free(a);
		rs_free(want);
	}
}

static int find(void **state)
{
	(void)state;
	slim = rs_recipe_find("slim");
	return slim == NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_are_optimal),
		cmocka_unit_test(neighbours_are_the_best),
		cmocka_unit_test(product_equals_plain_loops),
	};

	return cmocka_run_group_tests(tests, find, NULL);
}
