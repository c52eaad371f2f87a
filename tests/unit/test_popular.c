/* test_popular.c -- counts of people and events, with window and half life, against plain loops. */
#include "tests/unit/random_events.h"

#include "lib/recipe/recipe.h"

static double weight_of(const struct rs_events *e, uint64_t i, int64_t now, double half_life, double window)
{
	double w = e->weight == NULL ? 1 : (double)e->weight[i], age;

	if (e->time_s == NULL)
		return w;
	age = (double)(now - e->time_s[i]) / 86400;
	return window > 0 && age > window ? 0 : half_life > 0 ? w * pow(.5, age / half_life) : w;
}

static double score_by(const struct rs_events *e, uint32_t item, bool users, double half_life, double window)
{
	int64_t now = 0;
	double sum = 0;

	for (uint64_t i = 0; e->time_s != NULL && i < e->row_ptr[e->n_users]; i++)
		now = e->time_s[i] > now ? e->time_s[i] : now;
	for (uint32_t u = 0; u < e->n_users; u++) {
		double best = 0;

		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			double w = e->item[i] == item ? weight_of(e, i, now, half_life, window) : 0;

			best = users ? (w > best ? w : best) : best + w;
		}
		sum += best;
	}
	return sum;
}

static void scores_equal_plain_loops(void **state)
{
	const struct rs_recipe *popular = rs_recipe_find("popular");

	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		bool users = seed % 2 == 0, timed = seed % 4 < 2;
		double half_life = timed && seed % 3 == 1 ? .7 : 0, window = timed && seed % 5 == 1 ? 1.5 : 0;
		struct random_events r;
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e };
		float score[2 * 10];
		void *m, *q;
		struct rs_events two = { .n_users = 2 };

		random_events_init(&r, seed, seed % 7 < 3, timed);
		rs_params_init(&p, popular->params);
		assert_done(rs_params_set(&p, users ? "count=users" : "count=events", &err));
		rs_param_resolve(&p, "half_life_days", half_life);
		rs_param_resolve(&p, "window_days", window);
		assert_done(popular->train(&m, &in, &p, &err));
		assert_done(popular->query(m, &(struct rs_people){ .events = &two }, &q, &err));
		assert_done(popular->score(m, q, 0, r.e.n_items, score, r.e.n_items, &err));
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			assert_true(near((double)score[i], score_by(&r.e, i, users, half_life, window)));
			assert_true(score[r.e.n_items + i] == score[i]);
		}
		popular->query_free(q);
		popular->free(m);
		random_events_release(&r);
	}
}

static void age_needs_times(void **state)
{
	const struct rs_recipe *popular = rs_recipe_find("popular");
	struct random_events r;
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;
	struct rs_train_in in = { .events = &r.e };
	void *m;

	(void)state;
	random_events_init(&r, 1, false, false);
	rs_params_init(&p, popular->params);
	assert_done(rs_params_set(&p, "window_days=7", &err));
	assert_int_equal(popular->train(&m, &in, &p, &err), RS_EDATA);
	assert_string_equal(err.text, "half_life_days and window_days need times, and the data has none");
	random_events_release(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_equal_plain_loops),
		cmocka_unit_test(age_needs_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
