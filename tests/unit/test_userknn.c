/* test_userknn.c -- scores, shares and companions against plain loops; rows that tell nothing of who came first. */
#include "tests/unit/random_events.h"

#include "lib/recipe/recipe.h"

#define NEAR 3

static double row_items(const struct random_events *r, uint32_t v)
{
	double n = 0;

	for (uint32_t i = 0; i < r->e.n_items; i++)
		n += r->x[v * r->e.n_items + i] > 0;
	return n;
}

static double item_people(const struct random_events *r, uint32_t i)
{
	double n = 0;

	for (uint32_t v = 0; v < r->e.n_users; v++)
		n += r->x[v * r->e.n_items + i] > 0;
	return n;
}

static double likeness(const struct random_events *r, uint32_t u, uint32_t v)
{
	double sim = 0, n = row_items(r, v);

	for (uint32_t i = 0; i < r->e.n_items; i++) {
		double both = r->x[u * r->e.n_items + i] * r->x[v * r->e.n_items + i];

		sim += both > 0 ? both / sqrt(item_people(r, i)) : 0;
	}
	return n > 0 ? sim / sqrt(n) : 0;
}

/* Sums over the NEAR most alike are unique but where likeness ties at the edge: then false. */
static bool plain_scores(double score[10], const struct random_events *r, uint32_t u)
{
	double sim[16], edge = 0;
	uint32_t n = r->e.n_items, better, equal;

	memset(score, 0, 10 * sizeof *score);
	for (uint32_t v = 0; v < r->e.n_users; v++)
		sim[v] = likeness(r, u, v);
	for (uint32_t v = 0; v < r->e.n_users; v++) {
		better = equal = 0;
		for (uint32_t w = 0; w < r->e.n_users; w++) {
			better += sim[w] > sim[v] * (1 + 1e-6);
			equal += w != v && fabs(sim[w] - sim[v]) <= 1e-6 * sim[v];
		}
		edge += sim[v] > 0 && better < NEAR && better + equal >= NEAR;
		for (uint32_t i = 0; i < n && better < NEAR; i++)
			score[i] += sim[v] * r->x[v * n + i] * (item_people(r, i) > 0 ? pow(item_people(r, i), -.1) : 0);
	}
	return edge == 0;
}

static bool close_to(double a, double b)
{
	return fabs(a - b) <= 1e-4 * (1 + fabs(b));
}

static void scores_equal_plain_loops(void **state)
{
	const struct rs_recipe *recipe = rs_recipe_find("userknn");
	uint32_t n_checked = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct random_events r;
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e };
		float score[12 * 10], alike[10];
		void *m, *q;

		random_events_init(&r, seed, seed % 2 == 0, false);
		rs_params_init(&p, recipe->params);
		rs_param_resolve(&p, "neighbors", NEAR);
		rs_param_resolve(&p, "item_exponent", .5);
		rs_param_resolve(&p, "user_exponent", .5);
		rs_param_resolve(&p, "target_exponent", .1);
		assert_done(recipe->train(&m, &in, &p, &err));
		assert_done(recipe->query(m, &(struct rs_people){ .events = &r.e }, &q, &err));
		assert_done(recipe->score(m, q, 0, r.e.n_items, score, 10, &err));
		for (uint32_t u = 0; u < r.e.n_users; u++) {
			double want[10];
			uint32_t row[1] = { u };
			struct rs_events h;

			assert_done(rs_events_rows(&h, &r.e, row, 1, &err));
			for (uint32_t i = 0; i < r.e.n_items && plain_scores(want, &r, u); i++, n_checked++) {
				float share[16];
				double sum = 0;

				assert_true(close_to((double)score[u * 10 + i], want[i]));
				assert_done(recipe->explain(m, &h, i, share, &err));
				for (uint64_t e = 0; e < h.row_ptr[1]; e++)
					sum += (double)share[e];
				assert_true(close_to(sum, want[i]));
			}
			rs_events_release(&h);
		}
		assert_done(recipe->similar(m, 0, alike, &err));
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			double want = 0;

			for (uint32_t v = 0; v < r.e.n_users; v++)
				want += row_items(&r, v) > 0 ? r.x[v * r.e.n_items] * r.x[v * r.e.n_items + i] /
				                                       sqrt(row_items(&r, v)) : 0;
			assert_true(close_to((double)alike[i], item_people(&r, i) > 0 ? want / sqrt(item_people(&r, i)) : 0));
		}
		recipe->query_free(q);
		recipe->free(m);
		random_events_release(&r);
	}
	assert_true(n_checked > 5000);
}

/* The same people in another order give the same scores to the last bit. */
static void the_order_of_people_is_gone(void **state)
{
	const struct rs_recipe *recipe = rs_recipe_find("userknn");

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct random_events r;
		struct rs_events turned;
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e };
		uint32_t order[16];
		float a[12 * 10], b[12 * 10];
		void *m, *o, *q;

		random_events_init(&r, seed, true, false);
		for (uint32_t u = 0; u < r.e.n_users; u++)
			order[u] = r.e.n_users - 1 - u;
		assert_done(rs_events_rows(&turned, &r.e, order, r.e.n_users, &err));
		rs_params_init(&p, recipe->params);
		rs_param_resolve(&p, "neighbors", 2);
		assert_done(recipe->train(&m, &in, &p, &err));
		in.events = &turned;
		assert_done(recipe->train(&o, &in, &p, &err));
		assert_done(recipe->query(m, &(struct rs_people){ .events = &r.e }, &q, &err));
		assert_done(recipe->score(m, q, 0, r.e.n_items, a, r.e.n_items, &err));
		recipe->query_free(q);
		assert_done(recipe->query(o, &(struct rs_people){ .events = &r.e }, &q, &err));
		assert_done(recipe->score(o, q, 0, r.e.n_items, b, r.e.n_items, &err));
		recipe->query_free(q);
		assert_memory_equal(a, b, (size_t)r.e.n_users * r.e.n_items * sizeof *a);
		recipe->free(m);
		recipe->free(o);
		rs_events_release(&turned);
		random_events_release(&r);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_equal_plain_loops),
		cmocka_unit_test(the_order_of_people_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
