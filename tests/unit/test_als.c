/* test_als.c -- als: training against explicit normal equations in double precision, fold-in, shares, the file. */
#include "tests/unit/num_ref.h"

#include "lib/data/container.h"
#include "lib/num/dense.h"
#include "lib/recipe/als.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static struct rs_err err;

extern const struct rs_recipe rs_recipe_als;

static struct rs_events draw_events(struct draws *r, uint32_t n_users, uint32_t n_items, bool weighted)
{
	struct rs_events e = { .n_users = n_users, .n_items = n_items };
	uint64_t n = 0;

	e.row_ptr = rs_array((size_t)n_users + 1, sizeof *e.row_ptr, NULL);
	e.item = rs_array((size_t)n_users * 12, sizeof *e.item, NULL);
	e.weight = weighted ? rs_array((size_t)n_users * 12, sizeof *e.weight, NULL) : NULL;
	for (uint32_t u = 0; u < n_users; u++) {
		uint32_t taste = (uint32_t)below(r, 3);

		e.row_ptr[u] = n;
		for (size_t k = below(r, 13); k > 0;
		     k--, n++) { /* repeats happen; users without events as well */
			e.item[n] = (uint32_t)(below(r, n_items / 3)
			                       + (below(r, 5) == 0 ? 0 : taste * (n_items / 3)));
			if (weighted)
				e.weight[n] = (float)below(r, 4) / 2;
		}
	}
	e.row_ptr[n_users] = n;
	return e;
}

static struct rs_events user_of(const struct rs_events *e, uint32_t u, uint64_t row_ptr[2])
{
	struct rs_events h = *e;

	row_ptr[0] = 0;
	row_ptr[1] = e->row_ptr[u + 1] - e->row_ptr[u];
	h.n_users = 1;
	h.row_ptr = row_ptr;
	h.item += e->row_ptr[u];
	h.weight = e->weight == NULL ? NULL : e->weight + e->row_ptr[u];
	return h;
}

static struct rs_als *train(const struct rs_events *e, const char *const *set)
{
	struct rs_train_in in = { .events = e, .seed = 7 };
	struct rs_param_values p;
	void *m = NULL;

	rs_params_init(&p, rs_recipe_als.params);
	for (; *set != NULL; set++)
		assert_done(rs_params_set(&p, *set, &err));
	rs_recipe_als.resolve(&p, &in);
	assert_done(rs_recipe_als.train(&m, &in, &p, &err));
	return m;
}

/* Scores of all users for all items, n_users x n_items. */
static float *score_all(const struct rs_als *m, const struct rs_events *h)
{
	float *scores = rs_array((size_t)h->n_users * h->n_items, sizeof *scores, NULL);
	void *q;

	assert_done(rs_recipe_als.query(m, &(struct rs_people){ .events = h }, &q, &err));
	assert_done(rs_recipe_als.score(m, q, 0, h->n_items, scores, h->n_items, &err));
	rs_recipe_als.query_free(q);
	return scores;
}

/* Busy users and popular items weigh less: c_ui (n_u / mean n_u)^-g (n_i / mean n_i)^-h. */
static void scale_weights(double *c, size_t n_users, size_t n_items, double g, double h)
{
	double *n_u = rs_array0(n_users, sizeof *n_u, NULL), *n_i = rs_array0(n_items, sizeof *n_i, NULL), n = 0;

	for (size_t u = 0; u < n_users; u++) {
		for (size_t i = 0; i < n_items; i++) {
			n_u[u] += c[u * n_items + i] >= 0;
			n_i[i] += c[u * n_items + i] >= 0;
			n += c[u * n_items + i] >= 0;
		}
	}
	for (size_t u = 0; u < n_users; u++)
		for (size_t i = 0; i < n_items; i++)
			if (c[u * n_items + i] >= 0)
				c[u * n_items + i] *= pow(n_u[u] / (n / (double)n_users), -g)
				        * pow(n_i[i] / (n / (double)n_items), -h);
	rs_free(n_u);
	rs_free(n_i);
}

/* Users x items: the heaviest event of each pair, -1 where there is none. */
static double *dense_weights(const struct rs_events *e, double g, double h)
{
	double *c = rs_array((size_t)e->n_users * e->n_items, sizeof *c, NULL);

	for (size_t i = 0; i < (size_t)e->n_users * e->n_items; i++)
		c[i] = -1;
	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint64_t k = e->row_ptr[u]; k < e->row_ptr[u + 1]; k++) {
			double w = e->weight == NULL ? 1 : (double)e->weight[k],
			       *cell = &c[(size_t)u * e->n_items + e->item[k]];

			*cell = w > *cell ? w : *cell;
		}
	}
	scale_weights(c, e->n_users, e->n_items, g, h);
	return c;
}

/* The best rows of f (n x d) given g (m x d), as the objective says it. c(i, j) = c[i * si + j * sj]. */
static void best_rows(double *f, size_t n, const double *g, size_t m, size_t d, const double *c, size_t si,
                      size_t sj, double w0, double lambda, double nu)
{
	double *a = rs_array(d * d, sizeof *a, NULL), *b = rs_array(d, sizeof *b, NULL);

	for (size_t i = 0; i < n; i++) {
		double size = w0 * (double)m;

		memset(a, 0, d * d * sizeof *a);
		memset(b, 0, d * sizeof *b);
		for (size_t j = 0; j < m; j++) {
			double w = c[i * si + j * sj];

			size += w > 0 ? w : 0;
			for (size_t k = 0; k < d; k++) {
				b[k] += w > 0 ? w * g[j * d + k] : 0;
				for (size_t l = 0; l < d; l++)
					a[k * d + l] += (w0 + (w > 0 ? w : 0)) * g[j * d + k] * g[j * d + l];
			}
		}
		for (size_t k = 0; k < d; k++)
			a[k * d + k] += lambda * pow(size, nu);
		assert_true(ref_chol(a, d));
		ref_chol_solve(a, d, b, f + i * d);
	}
	rs_free(a);
	rs_free(b);
}

static void training_is_that_of_the_equations(void **state)
{
	static const double exponent[] = { 1, .5, 0 };

	(void)state;
	for (uint64_t t = 0; t < 12; t++) {
		struct draws r = { 20000 + t, 0 };
		uint32_t n_users = 20 + (uint32_t)below(&r, 20), n_items = 12 + 3 * (uint32_t)below(&r, 5);
		struct rs_events e = draw_events(&r, n_users, n_items, t % 2 == 1);
		size_t d = 1 + below(&r, 10);
		double g = t % 4 == 0 ? 0 : .25 * (double)below(&r, 4), h = t % 4 == 0 ? 0 : .25 * (double)below(&r, 4);
		double *c = dense_weights(&e, g, h), nu = exponent[t % 3], w0 = .1, lambda = .02, linear = 0,
		       powered = 0;
		double *x = rs_array(n_users * d, sizeof *x, NULL),
		       *y = rs_array(n_items * d, sizeof *y, NULL);
		char factors[32], power[32], busy[32], popular[32];
		const char *const set[] = {
			factors, power, busy, popular, "unobserved_weight=0.1", "regularization=0.02", "epochs=2",
			"solver=cholesky", NULL
		};
		struct rs_als *m;
		float *scores;

		snprintf(factors, sizeof factors, "factors=%zu", d);
		snprintf(power, sizeof power, "reg_exponent=%g", nu);
		snprintf(busy, sizeof busy, "user_exponent=%g", g);
		snprintf(popular, sizeof popular, "item_exponent=%g", h);
		m = train(&e, set);
		for (size_t i = 0; i < n_items; i++)
			for (size_t k = 0; k < d; k++)
				y[i * d + k] = .1 / sqrt((double)d)
				        * rs_rand_normal(7, RS_RNG_INIT, i, (uint32_t)k);
		for (size_t s = 0; s < 2; s++) { /* lambda keeps its total */
			for (size_t i = 0; i < (s == 0 ? n_users : n_items); i++) {
				double size = w0 * (double)(s == 0 ? n_items : n_users);

				for (size_t j = 0; j < (s == 0 ? n_items : n_users); j++)
					size += fmax(c[s == 0 ? i * n_items + j : j * n_items + i], 0);
				linear += size;
				powered += pow(size, nu);
			}
		}
		lambda *= linear / powered;
		for (int epoch = 0; epoch < 2; epoch++) {
			best_rows(x, n_users, y, n_items, d, c, n_items, 1, w0, lambda, nu);
			best_rows(y, n_items, x, n_users, d, c, 1, n_items, w0, lambda, nu);
		}
		best_rows(x, n_users, y, n_items, d, c, n_items, 1, w0, lambda, nu); /* folded in */
		scores = score_all(m, &e);
		for (size_t u = 0; u < n_users; u++) {
			for (size_t i = 0; i < n_items; i++) {
				double s = 0;

				for (size_t k = 0; k < d; k++)
					s += x[u * d + k] * y[i * d + k];
				assert_near(scores[u * n_items + i], s, 10);
			}
		}
		rs_recipe_als.free(m);
		rs_free(scores);
		rs_free(x);
		rs_free(y);
		rs_free(c);
		rs_events_release(&e);
	}
}

/* The objective with users folded in: scores enter it as they are, norms through the state. */
static double objective(const struct rs_als *m, const struct rs_events *e, const double *c)
{
	struct rs_als_solver s = { .d = m->items.d, .ld = m->items.ld, .y = m->items.y, .ridge = m->ridge };
	float *x = rs_array(m->items.ld, sizeof *x, NULL), *scores = score_all(m, e);
	struct rs_als_scratch *w;
	double sum = 0, w0 = m->unobserved_weight;

	assert_done(rs_als_scratch_new(&w, &s, 12, &err));
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint32_t item[12], n = 0;
		float weight[12];
		double size = 0;

		for (uint32_t i = 0; i < e->n_items; i++) {
			double score = (double)scores[u * e->n_items + i], cell = c[u * e->n_items + i];

			sum += w0 * score * score;
			if (cell <= 0)
				continue;
			sum += cell * (1 - score) * (1 - score);
			item[n] = i;
			weight[n++] = (float)cell;
			size += cell;
		}
		assert_done(
		        rs_als_solve(&s, w, item, weight, n, rs_als_strength(m, size, e->n_items), NULL, x, NULL, &err));
		sum += m->lambda * (size + w0 * e->n_items) * ref_dot(x, x, m->items.d);
	}
	for (uint32_t i = 0; i < e->n_items; i++) {
		double size = w0 * e->n_users;

		for (uint32_t u = 0; u < e->n_users; u++)
			size += fmax(c[u * e->n_items + i], 0);
		sum += m->lambda * size * ref_dot(m->items.y + i * m->items.ld, m->items.y + i * m->items.ld, m->items.d);
	}
	rs_als_scratch_free(w);
	rs_free(x);
	rs_free(scores);
	return sum;
}

static void every_epoch_lowers_the_objective(void **state)
{
	static const char *const solver[] = { "solver=cholesky", "solver=cg", "solver=ialspp" };
	struct draws r = { 30000, 0 };
	struct rs_events e = draw_events(&r, 200, 60, true);
	double *c = dense_weights(&e, .25, .25), reached[3] = { 0 };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		double before = 1e30;

		for (int n = 1; n <= 12; n++) {
			char epochs[32];
			const char *const set[] = { "factors=24",
				                    "block_size=16",
				                    "unobserved_weight=0.1",
				                    "regularization=0.01",
				                    epochs,
				                    solver[k],
				                    NULL };
			struct rs_als *m;

			snprintf(epochs, sizeof epochs, "epochs=%d", n);
			m = train(&e, set);
			reached[k] = objective(m, &e, c);
			assert_true(reached[k] < before * 1.000001);
			before = reached[k];
			rs_recipe_als.free(m);
		}
		assert_true(fabs(reached[k] / reached[0] - 1) < .01);
	}
	rs_free(c);
	rs_events_release(&e);
}

static const char *const usual[] = { "factors=40", "epochs=3", NULL };

static void threads_batches_and_ranges_do_not_matter(void **state)
{
	struct draws r = { 40000, 0 };
	struct rs_events e = draw_events(&r, 300, 150, true);
	struct rs_als *m;
	float *scores, part[70];

	(void)state;
	rs_threads_set(1);
	m = train(&e, usual);
	scores = score_all(m, &e);
	for (int threads = 2; threads <= 8; threads += 3) {
		struct rs_als *again;

		rs_threads_set(threads);
		again = train(&e, usual);
		assert_memory_equal(again->items.y, m->items.y, (size_t)m->items.n * m->items.ld * sizeof *m->items.y);
		assert_memory_equal(again->ridge, m->ridge, m->items.ld * sizeof *m->ridge);
		rs_recipe_als.free(again);
	}
	for (uint32_t u = 0; u < e.n_users; u++) {
		uint32_t lo = (uint32_t)below(&r, 150), hi = lo + 1 + (uint32_t)below(&r, 150 - lo);
		uint64_t row_ptr[2];
		struct rs_events h = user_of(&e, u, row_ptr);
		void *q;

		hi = hi - lo > 70 ? lo + 70 : hi;
		assert_done(rs_recipe_als.query(m, &(struct rs_people){ .events = &h }, &q, &err));
		assert_done(rs_recipe_als.score(m, q, lo, hi, part, 70, &err));
		assert_memory_equal(part, scores + (size_t)u * e.n_items + lo, (hi - lo) * sizeof *part);
		if (row_ptr[1] == 0)
			assert_true(part[0] == 0);
		rs_recipe_als.query_free(q);
	}
	rs_recipe_als.free(m);
	rs_free(scores);
	rs_events_release(&e);
}

/* y' A^-1 y by elimination, A from its definition. */
static double plain_variance(const struct rs_als *m, const struct rs_csr *h, uint32_t u, uint32_t item)
{
	size_t d = m->items.d;
	double a[64][65], sum = 0, weight = 0;
	const float *target = m->items.y + item * m->items.ld;

	for (uint64_t e = h->row_ptr[u]; e < h->row_ptr[u + 1]; e++)
		weight += h->val == NULL ? 1 : (double)h->val[e];
	for (size_t i = 0; i < d; i++) {
		for (size_t j = 0; j < d; j++) {
			a[i][j] = i == j ? (double)m->ridge[i] + (double)rs_als_strength(m, weight, m->items.n) : 0;
			for (uint64_t e = h->row_ptr[u]; e < h->row_ptr[u + 1]; e++) {
				const float *y = m->items.y + h->col[e] * m->items.ld;

				a[i][j] += (h->val == NULL ? 1 : (double)h->val[e]) * (double)y[i] * (double)y[j];
			}
		}
		a[i][d] = (double)target[i];
	}
	for (size_t p = 0; p < d; p++) {
		for (size_t i = 0; i < d; i++) {
			double by = i == p ? 0 : a[i][p] / a[p][p];

			for (size_t j = p; j <= d && by != 0; j++)
				a[i][j] -= by * a[p][j];
		}
	}
	for (size_t i = 0; i < d; i++)
		sum += (double)target[i] * a[i][d] / a[i][i];
	return sum;
}

static void variance_is_that_of_the_regression(void **state)
{
	struct draws r = { 41000, 0 };
	struct rs_events e = draw_events(&r, 40, 30, true), nobody = { .n_users = 1, .n_items = 30 };
	struct rs_people who = { .events = &e }, stranger = { .events = &nobody };
	struct rs_als *m = train(&e, usual);
	float v[40 * 30], part[40 * 7], none[30];
	uint64_t no_rows[2] = { 0, 0 };
	struct rs_csr h;

	(void)state;
	nobody.row_ptr = no_rows;
	assert_true(m->items.d <= 64);
	assert_done(rs_recipe_als.variance(m, &who, 0, 30, v, 30, &err));
	assert_done(rs_als_cells(&h, &e, &err));
	assert_done(rs_als_scale_apply(m, &h, &err));
	for (uint32_t u = 0; u < 40; u++) {
		for (uint32_t i = 0; i < 30; i++) {
			double want = plain_variance(m, &h, u, i);

			assert_true(fabs((double)v[u * 30 + i] - want) <= 1e-5 * want);
		}
	}
	assert_done(rs_recipe_als.variance(m, &who, 11, 18, part, 7, &err));
	for (uint32_t u = 0; u < 40; u++)
		assert_memory_equal(part + u * 7, v + u * 30 + 11, 7 * sizeof *part);
	assert_done(rs_recipe_als.variance(m, &stranger, 0, 30, none, 30, &err));
	for (uint32_t k = 0; k < 40 * 30; k++) /* nothing is less sure than what is said of a stranger */
		assert_true(none[k % 30] >= v[k]);
	rs_csr_release(&h);
	rs_recipe_als.free(m);
	rs_events_release(&e);
}

/* More factors than are multiplied at once: the parts of a score add up. */
static void many_factors(void **state)
{
	static const char *const set[] = { "factors=600", "epochs=1", NULL };
	struct draws r = { 45000, 0 };
	struct rs_events e = draw_events(&r, 30, 40, false);
	struct rs_als *m = train(&e, set);
	float *scores = score_all(m, &e), share[12];

	(void)state;
	for (uint32_t u = 0; u < e.n_users; u++) {
		uint64_t row_ptr[2];
		struct rs_events h = user_of(&e, u, row_ptr);
		double sum = 0;

		assert_done(rs_recipe_als.explain(m, &h, 3, share, &err));
		for (uint64_t k = 0; k < row_ptr[1]; k++)
			sum += (double)share[k];
		assert_near(sum, scores[u * e.n_items + 3], 10);
	}
	rs_recipe_als.free(m);
	rs_free(scores);
	rs_events_release(&e);
}

static void shares_add_up_to_the_score(void **state)
{
	struct draws r = { 50000, 0 };

	(void)state;
	for (int weighted = 0; weighted < 2; weighted++) {
		struct rs_events e = draw_events(&r, 200, 60, weighted == 1);
		static const char *const set[] = { "factors=8", "epochs=3", NULL }; /* n below and above d */
		struct rs_als *m = train(&e, set);
		float *scores = score_all(m, &e), share[12];

		for (uint32_t u = 0; u < e.n_users; u++) {
			uint64_t row_ptr[2];
			struct rs_events h = user_of(&e, u, row_ptr);
			uint32_t item = (uint32_t)below(&r, e.n_items);
			double sum = 0;

			assert_done(rs_recipe_als.explain(m, &h, item, share, &err));
			for (uint64_t k = 0; k < row_ptr[1]; k++) {
				sum += (double)share[k];
				for (uint64_t l = 0; l < k; l++) /* one event speaks for its item */
					assert_true(h.item[l] != h.item[k] || share[l] == 0 || share[k] == 0);
			}
			assert_near(sum, scores[u * e.n_items + item], 10);
		}
		rs_recipe_als.free(m);
		rs_free(scores);
		rs_events_release(&e);
	}
}

static void similar_is_the_cosine(void **state)
{
	struct draws r = { 60000, 0 };
	struct rs_events e = draw_events(&r, 200, 60, false);
	struct rs_als *m = train(&e, usual);
	float scores[60];

	(void)state;
	assert_done(rs_recipe_als.similar(m, 5, scores, &err));
	for (size_t i = 0; i < 60; i++) {
		const float *a = m->items.y + 5 * m->items.ld, *b = m->items.y + i * m->items.ld;
		double norm = sqrt(ref_dot(a, a, m->items.d) * ref_dot(b, b, m->items.d));

		assert_near(scores[i], norm > 0 ? ref_dot(a, b, m->items.d) / norm : 0, 1);
	}
	assert_near(scores[5], 1, 1);
	rs_recipe_als.free(m);
	rs_events_release(&e);
}

static void the_file_gives_the_same_scores(void **state)
{
	struct draws r = { 70000, 0 };
	struct rs_events e = draw_events(&r, 200, 60, true);
	struct rs_als *m = train(&e, usual);
	float *scores = score_all(m, &e), *again;
	char path[] = "/tmp/test_als.XXXXXX";
	struct rs_param_values p;
	struct rs_writer *w;
	struct rs_reader *in;
	void *loaded;

	(void)state;
	rs_params_init(&p, rs_recipe_als.params);
	rs_recipe_als.resolve(&p, &(struct rs_train_in){ .events = &e });
	assert_done(rs_params_set(&p, usual[0], &err));
	close(mkstemp(path));
	assert_done(rs_writer_open(&w, path, RS_FILE_MODEL, &err));
	assert_done(rs_recipe_als.save(m, w, &err));
	assert_done(rs_writer_commit(&w, &err));
	assert_done(rs_reader_open(&in, path, RS_FILE_MODEL, &err));
	assert_done(rs_recipe_als.load(&loaded, in, 60, &p, &err));
	again = score_all(loaded, &e);
	assert_memory_equal(again, scores, 200 * 60 * sizeof *scores);
	rs_recipe_als.free(loaded);
	/* other items or factors than the file has */
	assert_int_equal(rs_recipe_als.load(&loaded, in, 59, &p, &err), RS_EDATA);
	assert_done(rs_params_set(&p, "factors=64", &err));
	assert_int_equal(rs_recipe_als.load(&loaded, in, 60, &p, &err), RS_EDATA);
	rs_reader_close(in);
	unlink(path);
	rs_recipe_als.free(m);
	rs_free(scores);
	rs_free(again);
	rs_events_release(&e);
}

static void what_cannot_be_is_refused(void **state)
{
	struct draws r = { 80000, 0 };
	struct rs_events e = draw_events(&r, 50, 30, true);
	struct rs_train_in in = { .events = &e, .seed = 7 };
	struct rs_param_values p;
	void *m = NULL;

	(void)state;
	rs_params_init(&p, rs_recipe_als.params);
	rs_recipe_als.resolve(&p, &in);
	rs_mem_set_cap(rs_mem_used() + 100000);
	assert_int_equal(rs_recipe_als.train(&m, &in, &p, &err), RS_ENOMEM);
	assert_non_null(strstr(err.text, "als needs"));
	rs_mem_set_cap(0);
	e.weight[3] = -1;
	assert_int_equal(rs_recipe_als.train(&m, &in, &p, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "weight -1"));
	assert_null(m);
	rs_events_release(&e);
	assert_int_equal(rs_mem_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(training_is_that_of_the_equations),
		cmocka_unit_test(every_epoch_lowers_the_objective),
		cmocka_unit_test(threads_batches_and_ranges_do_not_matter),
		cmocka_unit_test(many_factors),
		cmocka_unit_test(variance_is_that_of_the_regression),
		cmocka_unit_test(shares_add_up_to_the_score),
		cmocka_unit_test(similar_is_the_cosine),
		cmocka_unit_test(the_file_gives_the_same_scores),
		cmocka_unit_test(what_cannot_be_is_refused),
	};
	int failed = 0;

	RUN_WITH_EACH_SET(failed, tests)
	return failed;
}
