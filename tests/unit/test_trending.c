/* test_trending.c -- growth of items against plain loops, and bursts among noise. */
#include "tests/unit/random_events.h"

#include "lib/recipe/recipe.h"

static const struct rs_recipe *trending;

static void train_scores(float *score, const struct rs_events *e, const struct rs_param_values *p)
{
	struct rs_train_in in = { .events = e };
	struct rs_events nobody = { .n_users = 1 };
	struct rs_err err = RS_ERR_INIT;
	void *m, *q;

	assert_done(trending->train(&m, &in, p, &err));
	assert_done(trending->query(m, &(struct rs_people){ .events = &nobody }, &q, &err));
	assert_done(trending->score(m, q, 0, e->n_items, score, e->n_items, &err));
	trending->query_free(q);
	trending->free(m);
}

/* Whether user u had the item in the k-th interval before the newest event. */
static bool had(const struct rs_events *e, uint32_t u, uint32_t item, int k, int64_t now, double seconds)
{
	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++)
		if (e->item[i] == item && floor((double)(now - e->time_s[i]) / seconds) == k)
			return true;
	return false;
}

/* Gamma(shape, 1): the chance of less than x, by steps of Simpson. */
static double gamma_below(double shape, double x)
{
	int n = 20000;
	double h = x / n, sum = 0;

	for (int i = 0; i <= n; i++) {
		double t = i * h, f = t > 0 ? exp((shape - 1) * log(t) - t - lgamma(shape)) : 0;

		sum += f * (i == 0 || i == n ? 1 : i % 2 == 1 ? 4 : 2);
	}
	return sum * h / 3;
}

static void scores_equal_plain_loops(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 400; seed++) {
		struct random_events r;
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		float score[10];
		double level[10], last[10], users[10], sum_last = 0, sum_level = 0, hours = 2 + (double)(seed % 5) * 3,
		       weight = 0;
		int64_t now = INT64_MIN, first = INT64_MAX;
		int n_before;

		random_events_init(&r, seed, false, true);
		rs_params_init(&p, trending->params);
		rs_param_resolve(&p, "interval_hours", hours);
		assert_done(rs_params_set(&p, "min_users=1", &err));
		assert_done(rs_params_set(&p, "baseline_intervals=4", &err));
		if (r.e.row_ptr[r.e.n_users] == 0) {
			random_events_release(&r);
			continue;
		}
		train_scores(score, &r.e, &p);
		for (uint64_t i = 0; i < r.e.row_ptr[r.e.n_users]; i++) {
			now = r.e.time_s[i] > now ? r.e.time_s[i] : now;
			first = r.e.time_s[i] < first ? r.e.time_s[i] : first;
		}
		n_before = (int)floor((double)(now - first) / (hours * 3600));
		for (int k = 1; k <= n_before; k++)
			weight += pow(.5, (k - 1) / 4.0);
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			last[i] = level[i] = users[i] = 0;
			for (uint32_t u = 0; u < r.e.n_users; u++) {
				bool any = had(&r.e, u, i, 0, now, hours * 3600);

				last[i] += any;
				for (int k = 1; k <= n_before; k++) {
					bool yes = had(&r.e, u, i, k, now, hours * 3600);

					level[i] += yes ? pow(.5, (k - 1) / 4.0) / weight : 0;
					any = any || yes;
				}
				users[i] += any;
			}
			sum_last += last[i];
			sum_level += level[i];
		}
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			double expected = sum_level > 0 ? level[i] * sum_last / sum_level : 0;

			if (last[i] < 1) {
				assert_true(score[i] > -1 && score[i] < 0);
				for (uint32_t k = 0; k < r.e.n_items; k++)
					assert_false(last[k] < 1 && users[k] > users[i] && score[k] <= score[i]);
			} else { /* one in twenty of such a Gamma lies below the score */
				assert_true(fabs(gamma_below(1 + last[i], (double)score[i] * (1 + expected)) - .05) < .006);
			}
		}
		random_events_release(&r);
	}
}

/* ---- bursts: 2,000 items in Zipf's proportions over 15 days with the traffic of day and night; 100 of them rise in the
 * last two hours by a half and by five people an hour ---- */

enum { N_ITEMS = 2000, N_BURSTS = 100, HOURS = 360 };

static uint64_t poisson(double mean, uint64_t seed, uint64_t row, uint32_t step)
{
	double p = 1, limit = exp(-mean);
	uint64_t k = 0;

	if (mean > 50) {
		double v = mean + sqrt(mean) * rs_rand_normal(seed, RS_RNG_TEST, row, step);

		return v > 0 ? (uint64_t)v : 0;
	}
	while ((p *= rs_rand_unit(seed, RS_RNG_TEST, row, step + (uint32_t)(++k) * 1000)) > limit)
		;
	return k - 1;
}

static double people_per_hour(uint32_t item)
{
	return 200 / pow(item + 1.0, .8);
}

static bool bursts(uint32_t item)
{
	return item % 20 == 7;
}

static struct rs_events make_world(uint64_t seed)
{
	struct rs_events e = { .n_items = N_ITEMS };
	size_t room = 0, cap = 0, cap_t = 0;

	for (int hour = 0; hour < HOURS; hour++) {
		double traffic = 1 + .6 * sin(hour * 2 * M_PI / 24); /* the last hours are quiet ones */

		for (uint32_t i = 0; i < N_ITEMS; i++) {
			double mean = people_per_hour(i) * traffic;
			uint64_t n;

			if (bursts(i) && hour >= HOURS - 2)
				mean = mean * 1.5 + 5;
			n = poisson(mean, seed, i, (uint32_t)hour);
			assert_int_equal(rs_grow(&e.item, &cap, room + n + 1, sizeof *e.item, NULL), 0);
			assert_int_equal(rs_grow(&e.time_s, &cap_t, room + n + 1, sizeof *e.time_s, NULL), 0);
			for (uint64_t k = 0; k < n; k++, room++) {
				e.item[room] = i;
				e.time_s[room] = (int64_t)hour * 3600 + (int64_t)draw(seed, room, 7, 3600);
			}
		}
	}
	e.item[room] = 0; /* the end of the last hour */
	e.time_s[room++] = (int64_t)HOURS * 3600 - 1;
	e.n_users = (uint32_t)room; /* everybody comes once */
	e.row_ptr = rs_array(room + 1, sizeof *e.row_ptr, NULL);
	for (size_t k = 0; k <= room; k++)
		e.row_ptr[k] = k;
	return e;
}

/* How many bursts stand before the n-th false alarm. */
static uint32_t found_before(const float *score, uint32_t n_false)
{
	float *left = malloc(N_ITEMS * sizeof *left);
	uint32_t found = 0;

	memcpy(left, score, N_ITEMS * sizeof *left);
	while (n_false > 0) {
		uint32_t best = 0;

		for (uint32_t i = 1; i < N_ITEMS; i++)
			best = left[i] > left[best] ? i : best;
		left[best] = -INFINITY;
		if (bursts(best))
			found++;
		else
			n_false--;
	}
	free(left);
	return found;
}

/* Growth taken as the difference of the last two intervals. */
static void plain_differences(float *score, const struct rs_events *e)
{
	memset(score, 0, N_ITEMS * sizeof *score);
	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++) {
		int64_t hours_ago = ((int64_t)HOURS * 3600 - 1 - e->time_s[i]) / 3600;

		score[e->item[i]] += hours_ago < 2 ? 1 : hours_ago < 4 ? -1 : 0;
	}
}

static void bursts_are_found(void **state)
{
	static float score[N_ITEMS], plain[N_ITEMS];

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct rs_events e = make_world(seed);
		struct rs_param_values p;
		uint32_t found;

		rs_params_init(&p, trending->params);
		rs_param_resolve(&p, "interval_hours", 2);
		train_scores(score, &e, &p);
		found = found_before(score, 10);
		plain_differences(plain, &e);
		print_message("world %u: %u of %d bursts before 10 false alarms, %u by differences\n", (unsigned)seed, found,
		              N_BURSTS, found_before(plain, 10));
		assert_true(found >= 90); /* a precision of .9 */
		rs_events_release(&e);
	}
}

static void one_who_reloads_is_no_trend(void **state)
{
	static uint32_t item[60];
	static int64_t time_s[60];
	uint64_t row_ptr[] = { 0, 40, 42, 44, 46, 48, 50, 60 };
	struct rs_events e = { .n_users = 7, .n_items = 2, .row_ptr = row_ptr, .item = item, .time_s = time_s };
	struct rs_param_values p;
	float score[2];

	(void)state;
	for (int i = 0; i < 60; i++) { /* the first has item 0 forty times in the last hour, five others item 1 */
		item[i] = i >= 40;
		time_s[i] = i >= 50 ? i * 100 : 1000000 + i;
	}
	rs_params_init(&p, trending->params);
	rs_param_resolve(&p, "interval_hours", 1);
	train_scores(score, &e, &p);
	assert_true(score[0] < 0 && score[1] > 0);
}

static void needs_times(void **state)
{
	struct random_events r;
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;
	struct rs_train_in in = { .events = &r.e };
	void *m;

	(void)state;
	random_events_init(&r, 1, false, false);
	rs_params_init(&p, trending->params);
	assert_int_equal(trending->train(&m, &in, &p, &err), RS_EDATA);
	assert_string_equal(err.text, "growth needs times, and the data has none: use popular");
	random_events_release(&r);
}

/* The alias of Amazon Personalize looks at two hours; by itself the interval is one in which enough happened. */
static void intervals(void **state)
{
	struct rs_events e = make_world(4);
	struct rs_train_in in = { .events = &e };
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_recipe_params(&p, "aws-trending-now", &err));
	trending->resolve(&p, &in);
	assert_true(rs_param(&p, "interval_hours") == 2);
	assert_done(rs_recipe_params(&p, "trending", &err));
	trending->resolve(&p, &in);
	assert_true(rs_param(&p, "interval_hours") == .5);
	for (uint64_t i = 0; i < e.n_users; i++)
		e.time_s[i] *= 10000; /* 410 years */
	rs_params_init(&p, trending->params);
	trending->resolve(&p, &in);
	assert_true(rs_param(&p, "interval_hours") == 8760);
	rs_events_release(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_equal_plain_loops),
		cmocka_unit_test(bursts_are_found),
		cmocka_unit_test(one_who_reloads_is_no_trend),
		cmocka_unit_test(needs_times),
		cmocka_unit_test(intervals),
	};

	trending = rs_recipe_find("trending");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
