/* test_ease.c -- the closed form against elimination in double precision; what is kept, scores, shares, refusals. */
#include "tests/unit/random_events.h"

#include "lib/recipe/recipe.h"

static const struct rs_recipe *ease;

/* a (n x n, symmetric, positive definite) becomes its inverse, by Gauss and Jordan. */
static void invert_by(double *a, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		double pivot = a[k * n + k];

		a[k * n + k] = 1;
		for (uint32_t j = 0; j < n; j++)
			a[k * n + j] /= pivot;
		for (uint32_t i = 0; i < n; i++) {
			double factor = a[i * n + k];

			if (i == k)
				continue;
			a[i * n + k] = 0;
			for (uint32_t j = 0; j < n; j++)
				a[i * n + j] -= factor * a[k * n + j];
		}
	}
}

/* B of the dense n_users x n matrix x; to be freed. */
static double *weights_by(const double *x, uint32_t n_users, uint32_t n, const struct rs_param_values *p)
{
	double *g = rs_array0((size_t)n * n, sizeof *g, NULL), *b = rs_array0((size_t)n * n, sizeof *b, NULL);
	double dropout = rs_param(p, "dropout");

	for (uint32_t u = 0; u < n_users; u++)
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t j = 0; j < n && x[u * n + i] != 0; j++)
				g[i * n + j] += x[u * n + i] * x[u * n + j];
	for (uint32_t i = 0; i < n; i++)
		g[i * n + i] += rs_param(p, "l2") + dropout / (1 - dropout) * g[i * n + i];
	invert_by(g, n);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
			b[i * n + j] = i == j ? 0 : -g[i * n + j] / g[j * n + j];
	rs_free(g);
	return b;
}

static struct rs_param_values params_of(double l2, double dropout, double top)
{
	struct rs_param_values p;

	rs_params_init(&p, ease->params);
	rs_param_resolve(&p, "l2", l2);
	rs_param_resolve(&p, "dropout", dropout);
	rs_param_resolve(&p, "top", top);
	return p;
}

static bool close_to(double got, double want, double scale)
{
	return fabs(got - want) <= 2e-5 * scale + 1e-6;
}

static void check_weights(const void *m, const double *b, uint32_t n)
{
	float *row = rs_array(n, sizeof *row, NULL);
	struct rs_err err = RS_ERR_INIT;

	for (uint32_t i = 0; i < n; i++) {
		assert_done(ease->similar(m, i, row, &err));
		for (uint32_t j = 0; j < n; j++)
			assert_true(close_to((double)row[j], b[i * n + j], 1));
	}
	rs_free(row);
}

/* Scores of everybody, and the shares of one of the items. */
static void check_lists(const void *m, const struct random_events *r, const double *b)
{
	uint32_t n = r->e.n_items;
	float *scores = rs_array((size_t)r->e.n_users * n, sizeof *scores, NULL);
	struct rs_err err = RS_ERR_INIT;
	void *q;

	assert_done(ease->query(m, &(struct rs_people){ .events = &r->e }, &q, &err));
	assert_done(ease->score(m, q, 0, n, scores, n, &err));
	for (uint32_t u = 0; u < r->e.n_users; u++) {
		uint64_t from = r->e.row_ptr[u], ends[2] = { 0, r->e.row_ptr[u + 1] - from };
		struct rs_events h = { .n_users = 1, .n_items = n, .row_ptr = ends, .item = r->e.item + from,
			               .weight = r->e.weight == NULL ? NULL : r->e.weight + from,
			               .time_s = r->e.time_s == NULL ? NULL : r->e.time_s + from };
		uint32_t item = u < n ? u : n - 1;
		float share[16];
		double sum = 0;

		for (uint32_t j = 0; j < n; j++) {
			double want = 0, size = 0;

			for (uint32_t i = 0; i < n; i++) {
				want += r->x[u * n + i] * b[i * n + j];
				size += fabs(r->x[u * n + i] * b[i * n + j]);
			}
			assert_true(close_to((double)scores[u * n + j], want, 10 * size));
		}
		assert_done(ease->explain(m, &h, item, share, &err));
		for (uint64_t e = 0; e < ends[1]; e++)
			sum += (double)share[e];
		assert_true(close_to(sum, (double)scores[u * n + item], 10));
	}
	ease->query_free(q);
	rs_free(scores);
}

static void weights_equal_the_closed_form(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct rs_param_values p = params_of(seed % 2 == 0 ? .5 : 20, seed % 3 == 0 ? .6 : 0, 0);
		struct random_events r;
		struct rs_train_in in = { .events = &r.e };
		struct rs_err err = RS_ERR_INIT;
		double *b;
		void *m;

		random_events_init(&r, seed, seed % 5 < 2, seed % 4 == 0);
		b = weights_by(r.x, r.e.n_users, r.e.n_items, &p);
		assert_done(ease->train(&m, &in, &p, &err));
		check_weights(m, b, r.e.n_items);
		check_lists(m, &r, b);
		ease->free(m);
		rs_free(b);
		random_events_release(&r);
	}
}

enum { USERS = 300, ITEMS = 201, EACH = 12 }; /* more than one tile, and a part of one */

static struct rs_events many(double *x)
{
	struct rs_events e = { .n_users = USERS, .n_items = ITEMS };

	memset(x, 0, (size_t)USERS * ITEMS * sizeof *x);
	e.row_ptr = rs_array0(USERS + 1, sizeof *e.row_ptr, NULL);
	e.item = rs_array((size_t)USERS * EACH, sizeof *e.item, NULL);
	for (uint32_t u = 0; u < USERS; u++) {
		for (uint32_t k = 0; k < EACH; k++) {
			uint32_t item = (uint32_t)draw(3, u, k, 1 + draw(3, u, k + 100, ITEMS)); /* the first are popular */

			e.item[u * EACH + k] = item;
			x[u * ITEMS + item] = 1;
		}
		e.row_ptr[u + 1] = (uint64_t)(u + 1) * EACH;
	}
	return e;
}

/* With few weights for each target the largest in size are kept; for any number of threads. */
static void many_items(void **state)
{
	double *x = rs_array((size_t)USERS * ITEMS, sizeof *x, NULL), *b;
	float *row = rs_array((size_t)ITEMS * ITEMS, sizeof *row, NULL), *again = rs_array(ITEMS, sizeof *again, NULL);
	struct rs_events e = many(x);
	struct rs_train_in in = { .events = &e };
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (uint32_t top = 0; top <= 20; top += 20) {
		struct rs_param_values p = params_of(5, .2, top);
		void *m, *other;

		b = weights_by(x, USERS, ITEMS, &p);
		rs_threads_set(1);
		assert_done(ease->train(&m, &in, &p, &err));
		rs_threads_set(3);
		assert_done(ease->train(&other, &in, &p, &err));
		for (uint32_t i = 0; i < ITEMS; i++) {
			assert_done(ease->similar(m, i, row + (size_t)i * ITEMS, &err));
			assert_done(ease->similar(other, i, again, &err));
			assert_memory_equal(again, row + (size_t)i * ITEMS, ITEMS * sizeof *again);
		}
		for (uint32_t j = 0; j < ITEMS; j++) {
			double kept = INFINITY, left = 0;
			uint32_t n = 0;

			for (uint32_t i = 0; i < ITEMS; i++) {
				double got = (double)row[i * ITEMS + j], want = b[i * ITEMS + j];

				if (got != 0) {
					assert_true(close_to(got, want, 1));
					kept = fmin(kept, fabs(want));
					n++;
				} else if (i != j) {
					left = fmax(left, fabs(want));
				}
			}
			assert_true(n == top ? kept >= left - 1e-5 : left < 1e-6);
		}
		ease->free(m);
		ease->free(other);
		rs_free(b);
	}
	rs_free(x);
	rs_free(row);
	rs_free(again);
	rs_events_release(&e);
}

static void memory_is_refused_before(void **state)
{
	double *x = rs_array((size_t)USERS * ITEMS, sizeof *x, NULL);
	struct rs_events e = many(x);
	struct rs_train_in in = { .events = &e };
	struct rs_param_values p = params_of(5, 0, 0);
	struct rs_err err = RS_ERR_INIT;
	void *m;

	(void)state;
	rs_mem_set_cap(rs_mem_used() + 100000);
	assert_int_equal(ease->train(&m, &in, &p, &err), RS_ENOMEM);
	rs_mem_set_cap(0);
	assert_non_null(strstr(err.text, "ease"));
	rs_free(x);
	rs_events_release(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_equal_the_closed_form),
		cmocka_unit_test(many_items),
		cmocka_unit_test(memory_is_refused_before),
	};

	ease = rs_recipe_find("ease");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
