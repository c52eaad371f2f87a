/* test_history.c -- recency of histories: weights by position, window and gap against plain loops; explanation; refusals. */
#include "tests/unit/random_events.h"

#include "lib/recipe/history.h"
#include "lib/recipe/recipe.h"

/* What event e of user u counts, by definition. */
static double weight_by(const struct rs_events *h, const struct rs_recency *r, uint32_t u, uint64_t e)
{
	uint64_t end = h->row_ptr[u + 1];
	double w = h->weight == NULL ? 1 : (double)h->weight[e];

	if (r->window > 0 && end - e > r->window)
		return 0;
	if (r->half_life > 0)
		w *= pow(2, -(double)(end - 1 - e) / r->half_life);
	for (uint64_t k = e; k + 1 < end && r->gap_half_life > 0; k++) {
		double hours = (double)(h->time_s[k + 1] - h->time_s[k]) / 3600;

		w *= fmax(r->gap_floor, pow(2, -hours / r->gap_half_life));
	}
	return w;
}

static struct rs_recency choose(uint64_t seed)
{
	static const double half_lives[] = { 0, 0, .5, 3, 20 };
	struct rs_recency r = { .half_life = half_lives[draw(seed, 90, 0, 5)] };

	if (draw(seed, 90, 1, 2) == 0)
		r.window = 1 + (uint32_t)draw(seed, 90, 2, 6);
	if (draw(seed, 90, 3, 2) == 0) {
		r.gap_half_life = 5;
		r.gap_floor = draw(seed, 90, 4, 2) == 0 ? 0 : .3;
	}
	r.repeats = draw(seed, 90, 5, 2) == 0 ? RS_REPEATS_MAX : RS_REPEATS_SUM;
	return r;
}

static void rows_equal_plain_loops(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct rs_recency r = choose(seed);
		struct rs_err err = RS_ERR_INIT;
		struct random_events data;
		void *q;

		random_events_init(&data, seed, seed % 2 == 0, true);
		assert_done(rs_history_query(&data.e, &r, &q, &err));
		for (uint32_t u = 0; u < data.e.n_users; u++) {
			const struct rs_csr *x = q;
			double want[16] = { 0 };

			for (uint64_t e = data.e.row_ptr[u]; e < data.e.row_ptr[u + 1]; e++) {
				double w = weight_by(&data.e, &r, u, e), *cell = &want[data.e.item[e]];

				*cell = r.repeats == RS_REPEATS_SUM ? *cell + w : fmax(*cell, w);
			}
			for (uint64_t c = x->row_ptr[u]; c < x->row_ptr[u + 1]; c++) {
				assert_true(near(x->val == NULL ? 1 : (double)x->val[c], want[x->col[c]]));
				want[x->col[c]] = 0;
			}
			for (uint32_t i = 0; i < data.e.n_items; i++)
				assert_true(want[i] < 1e-30);
		}
		rs_history_query_free(q);
		random_events_release(&data);
	}
}

/* Shares of every item-item recipe add up to what is scored, whatever the recency. */
static void shares_add_up(void **state)
{
	static const char *const names[] = { "ease", "itemknn", "slim" };

	(void)state;
	for (uint64_t seed = 0; seed < 400; seed++) {
		const struct rs_recipe *recipe = rs_recipe_find(names[seed % 3]);
		struct random_events data;
		struct rs_train_in in = { .events = &data.e };
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		float score[16 * 16], share[16];
		void *m, *q;

		random_events_init(&data, seed, seed % 3 == 0, true);
		rs_params_init(&p, recipe->params);
		rs_param_resolve(&p, "history_half_life", seed % 5 == 0 ? 0 : 2);
		rs_param_resolve(&p, "history_window", (double)(seed % 4));
		if (recipe->resolve != NULL)
			recipe->resolve(&p, &in);
		assert_done(recipe->train(&m, &in, &p, &err));
		assert_done(recipe->query(m, &(struct rs_people){ .events = &data.e }, &q, &err));
		assert_done(recipe->score(m, q, 0, data.e.n_items, score, 16, &err));
		for (uint32_t u = 0; u < data.e.n_users; u++) {
			struct rs_events h;

			assert_done(rs_events_rows(&h, &data.e, &u, 1, &err));
			for (uint32_t i = 0; i < data.e.n_items; i++) {
				double sum = 0, size = 0;

				assert_done(recipe->explain(m, &h, i, share, &err));
				for (uint64_t e = 0; e < h.row_ptr[1]; e++) {
					sum += (double)share[e];
					size += fabs((double)share[e]);
				}
				assert_true(fabs(sum - (double)score[u * 16 + i]) <= 1e-5 * size + 1e-12);
			}
			rs_events_release(&h);
		}
		recipe->query_free(q);
		recipe->free(m);
		random_events_release(&data);
	}
}

static void order_is_needed(void **state)
{
	uint64_t row_ptr[] = { 0, 1, 3 };
	uint32_t item[] = { 0, 1, 0 };
	struct rs_events e = { .n_users = 1, .n_items = 2, .row_ptr = row_ptr, .item = item };
	struct rs_recency r = { .half_life = 2 };
	struct rs_err err = RS_ERR_INIT;
	float share[3];
	void *q;

	(void)state;
	assert_done(rs_history_query(&e, &r, &q, &err)); /* one event is in order */
	rs_history_query_free(q);
	e.n_users = 2;
	assert_int_equal(rs_history_query(&e, &r, &q, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "no times"));
	row_ptr[1] = 3;
	assert_int_equal(rs_history_explain(&e, &r, NULL, NULL, 0, share, &err), RS_EDATA);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_equal_plain_loops),
		cmocka_unit_test(shares_add_up),
		cmocka_unit_test(order_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
