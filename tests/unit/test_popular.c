/* test_popular.c -- counts of people and events, with window and half life, against plain loops. */
#include "tests/unit/random_events.h"

#include "lib/recipe/popular.h"
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

/* ---- the learned weight of an age, against plain loops over pairs ---- */

enum { AGES = RS_AGE_STEPS };

static struct rs_events many_events(uint64_t seed, uint32_t n_users, uint32_t n_items, double spread_days, bool moving)
{
	uint32_t per_user = 8;
	uint64_t n = (uint64_t)n_users * per_user;
	struct rs_events e = { .n_users = n_users, .n_items = n_items };

	e.row_ptr = rs_array(n_users + 1, sizeof *e.row_ptr, NULL);
	e.item = rs_array(n, sizeof *e.item, NULL);
	e.time_s = rs_array(n, sizeof *e.time_s, NULL);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t u = (uint32_t)(i / per_user), k = (uint32_t)(i % per_user);
		double at = (u + (k + rs_rand_unit(seed, RS_RNG_TEST, i, 0)) / 10) / n_users;

		e.row_ptr[u] = (uint64_t)u * per_user;
		e.time_s[i] = (int64_t)(at * spread_days * 86400);
		e.item[i] = (uint32_t)draw(seed, i, 1, moving ? n_items / 10 : n_items);
		e.item[i] += moving ? (uint32_t)(at * n_items * .89) : 0;
	}
	e.row_ptr[n_users] = n;
	return e;
}

static uint32_t age_of(const struct rs_events *e, uint64_t i, int64_t now)
{
	double age = (double)(now - e->time_s[i]) / 86400;
	uint32_t s = 0;

	for (uint32_t k = 0; k < AGES - 1; k++)
		s += age > rs_age_days[k];
	return s;
}

static int cmp_i64(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

/* share[item * AGES + W]: of the window W, of people's newest events before `start`; 0 where fewer than 20 people were. */
static void window_shares(double *share, const struct rs_events *e, int64_t start)
{
	double sum[AGES] = { 0 };
	uint32_t people[AGES] = { 0 };
	int64_t now = INT64_MIN;

	memset(share, 0, (size_t)e->n_items * AGES * sizeof *share);
	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++)
		now = e->time_s[i] < start && e->time_s[i] > now ? e->time_s[i] : now;
	for (uint32_t u = 0; u < e->n_users; u++) {
		bool in[AGES] = { false };

		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			bool newest = e->time_s[i] < start;

			for (uint64_t k = i + 1; k < e->row_ptr[u + 1]; k++)
				newest = newest && !(e->item[k] == e->item[i] && e->time_s[k] < start);
			for (uint32_t w = newest ? age_of(e, i, now) : AGES; w < AGES; w++) {
				share[e->item[i] * AGES + w]++;
				sum[w]++;
				in[w] = true;
			}
		}
		for (int w = 0; w < AGES; w++)
			people[w] += in[w];
	}
	for (uint32_t k = 0; k < e->n_items * AGES; k++)
		share[k] = people[k % AGES] >= 20 ? share[k] / sum[k % AGES] : 0;
}

/* Adds the gradient steps of one part to next. */
static void plain_part(double *next, const double *lambda, const double *share, const struct rs_events *e, int64_t start)
{
	double part[AGES] = { 0 };
	uint32_t people = 0;

	for (uint32_t u = 0; u < e->n_users; u++) {
		double add[AGES] = { 0 };
		uint32_t n = 0;

		for (uint32_t item = 0; item < e->n_items; item++) {
			bool before = false, after = false;
			double sum = 0;

			for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
				before = before || (e->item[i] == item && e->time_s[i] < start);
				after = after || (e->item[i] == item && e->time_s[i] >= start);
			}
			if (before || !after)
				continue;
			n++;
			for (int w = 0; w < AGES; w++)
				sum += lambda[w] * share[item * AGES + (uint32_t)w];
			for (int w = 0; w < AGES && sum > 0; w++)
				add[w] += lambda[w] * share[item * AGES + (uint32_t)w] / sum;
		}
		people += n > 0;
		for (int w = 0; w < AGES && n > 0; w++)
			part[w] += add[w] / n;
	}
	for (int w = 0; w < AGES; w++)
		next[w] += part[w] / people;
}

static void plain_steps(double *step, const struct rs_events *e)
{
	uint64_t n = e->row_ptr[e->n_users];
	int64_t *t = malloc(n * sizeof *t), start[2];
	double *share[3], lambda[AGES], sum = 0;
	uint32_t newest_n[AGES] = { 0 }, people[AGES] = { 0 };
	int64_t now = rs_popular_newest(e);

	memcpy(t, e->time_s, n * sizeof *t);
	qsort(t, n, sizeof *t, cmp_i64);
	start[0] = t[(uint64_t)((double)(n - 1) * .9)];
	start[1] = t[(uint64_t)((double)(n - 1) * .8)];
	for (int k = 0; k < 2; k++) {
		share[k] = malloc((size_t)e->n_items * AGES * sizeof *share[k]);
		window_shares(share[k], e, start[k]);
	}
	for (int w = 0; w < AGES; w++)
		lambda[w] = 1.0 / AGES;
	for (int round = 0; round < 60; round++) {
		double next[AGES] = { 0 };

		plain_part(next, lambda, share[0], e, start[0]);
		plain_part(next, lambda, share[1], e, start[1]);
		sum = 0;
		for (int w = 0; w < AGES; w++)
			sum += next[w];
		for (int w = 0; w < AGES; w++)
			lambda[w] = next[w] / sum;
	}
	for (uint32_t u = 0; u < e->n_users; u++) { /* people's newest events in each window that ends now */
		bool in[AGES] = { false };

		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			bool newest = true;

			for (uint64_t k = i + 1; k < e->row_ptr[u + 1]; k++)
				newest = newest && e->item[k] != e->item[i];
			for (uint32_t w = newest ? age_of(e, i, now) : AGES; w < AGES; w++)
				in[w] = ++newest_n[w] > 0;
		}
		for (int w = 0; w < AGES; w++)
			people[w] += in[w];
	}
	for (int s = 0; s < AGES; s++) {
		step[s] = 0;
		for (int w = s; w < AGES; w++)
			step[s] += people[w] >= 20 ? lambda[w] / newest_n[w] : 0;
	}
	for (int s = AGES - 1; s >= 0; s--)
		step[s] /= step[0];
	free(t);
	free(share[0]);
	free(share[1]);
}

static void ageing_equals_plain_loops(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct rs_events e = many_events(seed, 300, 40, seed % 2 == 0 ? 20 : 600, seed % 3 > 0);
		struct rs_err err = RS_ERR_INIT;
		struct rs_ageing a;
		double want[AGES];

		assert_done(rs_popular_learn(&a, &e, true, &err));
		assert_true(a.learned && a.step[0] == 1);
		plain_steps(want, &e);
		for (int s = 0; s < AGES; s++)
			assert_true(fabs(a.step[s] - want[s]) < 1e-4);
		rs_events_release(&e);
	}
}

/* Where the catalogue moves old events count little, where nothing changes much; with few people, or without times, alike. */
static void ageing_follows_the_data(void **state)
{
	struct rs_events moving = many_events(1, 2000, 200, 100, true), still = many_events(1, 2000, 200, 100, false);
	struct rs_events few = many_events(1, 15, 10, 10, false);
	struct rs_err err = RS_ERR_INIT;
	struct rs_ageing m, s, f;

	(void)state;
	assert_done(rs_popular_learn(&m, &moving, true, &err));
	assert_done(rs_popular_learn(&s, &still, true, &err));
	assert_true(m.step[7] < 1e-6 && s.step[7] > .05); /* 30 to 90 days */
	for (int k = 1; k < AGES; k++)
		assert_true(m.step[k] <= m.step[k - 1] && s.step[k] <= s.step[k - 1]);
	assert_done(rs_popular_learn(&f, &few, true, &err));
	assert_false(f.learned);
	rs_free(still.time_s);
	still.time_s = NULL;
	assert_done(rs_popular_learn(&s, &still, true, &err));
	assert_false(s.learned);
	rs_events_release(&moving);
	rs_events_release(&still);
	rs_events_release(&few);
}

/* One person who comes last, with much, says what that one likes: all that is younger counts alike. */
static void a_few_people_are_no_trend(void **state)
{
	struct rs_events e = many_events(1, 400, 100, 400, true);
	struct rs_err err = RS_ERR_INIT;
	struct rs_ageing a;
	uint64_t n = e.row_ptr[e.n_users];

	(void)state;
	for (uint64_t i = e.row_ptr[e.n_users - 1]; i < n; i++)
		e.time_s[i] = 401 * 86400;
	assert_done(rs_popular_learn(&a, &e, true, &err));
	assert_true(a.learned);
	for (int k = 0; k <= 4; k++) /* a week: fewer than 20 people at a person a day */
		assert_true(a.step[k] == 1);
	assert_true(a.step[AGES - 1] < .5);
	rs_events_release(&e);
}

/* The same people in another order. */
static void turn_around(struct rs_events *e)
{
	uint64_t n = e->row_ptr[e->n_users];
	uint32_t *item = rs_array(n, sizeof *item, NULL);
	int64_t *time_s = rs_array(n, sizeof *time_s, NULL);

	for (uint32_t u = 0; u < e->n_users; u++) { /* histories of one length */
		uint64_t from = e->row_ptr[u], to = e->row_ptr[e->n_users - 1 - u], length = e->row_ptr[u + 1] - from;

		memcpy(item + to, e->item + from, length * sizeof *item);
		memcpy(time_s + to, e->time_s + from, length * sizeof *time_s);
	}
	rs_free(e->item);
	rs_free(e->time_s);
	e->item = item;
	e->time_s = time_s;
}

/* Of two million events half are looked at: nearly what all of them teach, and the same whatever people are called. */
static void many_are_sampled_by_what_they_did(void **state)
{
	struct rs_events e = many_events(7, 250000, 500, 200, true);
	struct rs_err err = RS_ERR_INIT;
	struct rs_ageing a, b, c;

	(void)state;
	assert_done(rs_popular_learn(&a, &e, true, &err));
	turn_around(&e);
	assert_done(rs_popular_learn(&b, &e, true, &err));
	assert_memory_equal(a.step, b.step, sizeof a.step);
	for (uint32_t u = 0; u < e.n_users / 2; u++) { /* every second person: a million events, all are looked at */
		memcpy(e.item + e.row_ptr[u], e.item + e.row_ptr[2 * u], 8 * sizeof *e.item);
		memcpy(e.time_s + e.row_ptr[u], e.time_s + e.row_ptr[2 * u], 8 * sizeof *e.time_s);
	}
	e.n_users /= 2;
	assert_done(rs_popular_learn(&c, &e, true, &err));
	assert_true(a.learned && c.learned);
	for (int k = 2; k < AGES; k++) /* the windows of hours hold few people: they say less */
		assert_true(fabs(a.step[k] - c.step[k]) < .01);
	rs_events_release(&e);
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
		cmocka_unit_test(ageing_equals_plain_loops),
		cmocka_unit_test(ageing_follows_the_data),
		cmocka_unit_test(a_few_people_are_no_trend),
		cmocka_unit_test(many_are_sampled_by_what_they_did),
		cmocka_unit_test(age_needs_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
