/* test_prior.c -- the early-history prior against plain loops. */
#include "tests/unit/random_events.h"

#include "lib/base/tiles.h"
#include "lib/model/prior.h"
#include "lib/recipe/popular.h"

static bool counts(const struct rs_events *e, uint64_t i, uint32_t item)
{
	return e->item[i] == item && !(e->weight != NULL && e->weight[i] < 0);
}

static double weight_at(const struct rs_ageing *a, double age_days)
{
	int s = 0;

	while (a->learned && s < RS_AGE_STEPS - 1 && age_days > rs_age_days[s])
		s++;
	return a->learned ? a->step[s] : 1;
}

/* What the events first <= i < end of a person add: the newest alone. */
static double newest(const struct rs_events *e, const struct rs_ageing *a, uint64_t first, uint64_t end, uint32_t item)
{
	for (uint64_t i = end; i-- > first;)
		if (counts(e, i, item))
			return e->time_s == NULL ? 1 : weight_at(a, (double)(rs_popular_newest(e) - e->time_s[i]) / 86400);
	return 0;
}

static void check(const struct rs_events *e)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_ageing a;
	float *prior;
	uint32_t *users;

	assert_done(rs_popular_learn(&a, e, true, &err));
	assert_done(rs_prior_make(&prior, &users, e, &err));
	for (uint32_t item = 0; item < e->n_items; item++) {
		double early = 0, all = 0;
		uint32_t n = 0;

		for (uint32_t u = 0; u < e->n_users; u++) {
			uint64_t first = e->row_ptr[u], end = e->row_ptr[u + 1];
			uint64_t cut = e->time_s == NULL || end - first < 5 ? end : first + 5;
			bool had = false;

			for (uint64_t i = first; i < end; i++)
				had = had || counts(e, i, item);
			n += had;
			all += newest(e, &a, first, end, item);
			early += newest(e, &a, first, cut, item);
		}
		assert_int_equal(users[item], n);
		assert_true(fabs((double)prior[item] - (early + .2 * all + 1e-3 * n / (e->n_users + 1.))) <
		            1e-5 * (1 + early + all));
	}
	rs_free(prior);
	rs_free(users);
}

static void equals_plain_loops(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 600; seed++) {
		struct random_events r;

		random_events_init(&r, seed, seed % 2 == 0, seed % 3 > 0);
		check(&r.e);
		random_events_release(&r);
	}
}

/* People who come one after the other, to a catalogue that moves on; the weights of ages are learned here. */
static struct rs_events moving(uint32_t n_users, uint32_t n_items, uint32_t per_user)
{
	struct rs_events e = { .n_users = n_users, .n_items = n_items };
	uint64_t n = (uint64_t)n_users * per_user;

	e.row_ptr = rs_array0((size_t)n_users + 1, sizeof *e.row_ptr, NULL);
	e.item = rs_array(n, sizeof *e.item, NULL);
	e.time_s = rs_array(n, sizeof *e.time_s, NULL);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t u = (uint32_t)(i / per_user);

		e.row_ptr[u + 1] = i + 1;
		e.time_s[i] = (int64_t)u * 3600 + (int64_t)(i % per_user) * 60;
		e.item[i] = u * (n_items - 20) / n_users + (uint32_t)draw(3, i, 0, 20);
	}
	return e;
}

static void what_is_old_counts_less(void **state)
{
	struct rs_events e = moving(3000, 100, 8);
	struct rs_err err = RS_ERR_INIT;
	float *prior[2];
	uint32_t *users[2], best = 0;

	(void)state;
	check(&e);
	for (int k = 0; k < 2; k++) {
		rs_threads_set(k == 0 ? 1 : 3);
		assert_done(rs_prior_make(&prior[k], &users[k], &e, &err));
	}
	rs_threads_set(0);
	assert_memory_equal(prior[0], prior[1], e.n_items * sizeof *prior[0]);
	for (uint32_t i = 0; i < e.n_items; i++)
		best = prior[0][i] > prior[0][best] ? i : best;
	assert_true(best >= 70 && prior[0][10] < prior[0][best] / 20);
	for (int k = 0; k < 2; k++) {
		rs_free(prior[k]);
		rs_free(users[k]);
	}
	rs_events_release(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_plain_loops),
		cmocka_unit_test(what_is_old_counts_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
