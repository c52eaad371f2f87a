/* test_sketch.c -- sketches, spreads, timelines: against plain counting, and the same for any order and any partition. */
#include "tests/unit/num_ref.h"

#include "lib/analyze/parts.h"

/* Numbers dealt to three sketches and joined are one sketch. */
static void distinct_is_exact_then_near_and_joins(void **state)
{
	static const uint64_t sizes[] = { 1, 100, 5000, 5001, 300000 };

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		struct rs_distinct one, part[3];
		bool over, joined_over;
		uint64_t n;

		assert_int_equal(rs_distinct_init(&one, 5000, NULL), 0);
		for (int k = 0; k < 3; k++)
			assert_int_equal(rs_distinct_init(&part[k], 5000, NULL), 0);
		for (uint64_t i = 0; i < sizes[s] * 2; i++) { /* each twice, in different parts */
			assert_int_equal(rs_distinct_add(&one, i % sizes[s], NULL), 0);
			assert_int_equal(rs_distinct_add(&part[i * 7 % 3], i % sizes[s], NULL), 0);
		}
		n = rs_distinct_count(&one, &over);
		assert_int_equal(over, sizes[s] > 5000);
		if (!over)
			assert_int_equal(n, sizes[s]);
		else
			assert_true(fabs((double)n - (double)sizes[s]) < .03 * (double)sizes[s]);
		for (int k = 1; k < 3; k++)
			assert_int_equal(rs_distinct_join(&part[0], &part[k], NULL), 0);
		assert_int_equal(rs_distinct_count(&part[0], &joined_over), n);
		assert_int_equal(joined_over, over);
		rs_distinct_release(&one);
		for (int k = 0; k < 3; k++)
			rs_distinct_release(&part[k]);
	}
}

static void values_round_only_when_they_are_many_and_join(void **state)
{
	static const size_t sizes[] = { 10, 3000, RS_HISTOGRAM_MAX, 200000 };

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		struct rs_histogram one, part[2];
		struct rs_run *run, *joined;
		size_t n, m;
		uint64_t all = 0;

		assert_int_equal(rs_histogram_init(&one, NULL), 0);
		assert_int_equal(rs_histogram_init(&part[0], NULL), 0);
		assert_int_equal(rs_histogram_init(&part[1], NULL), 0);
		for (size_t i = 0; i < sizes[s]; i++) {
			double v = (double)i * 1.37 - 100;

			assert_int_equal(rs_histogram_add(&one, v, 1 + i % 3, NULL), 0);
			assert_int_equal(rs_histogram_add(&part[i > sizes[s] / 3], v, 1 + i % 3, NULL), 0);
		}
		assert_int_equal(rs_histogram_join(&part[1], &part[0], NULL), 0);
		assert_int_equal(rs_histogram_runs(&one, &run, &n, NULL), 0);
		assert_int_equal(rs_histogram_runs(&part[1], &joined, &m, NULL), 0);
		assert_int_equal(n, m);
		assert_memory_equal(run, joined, n * sizeof *run);
		assert_int_equal(one.dropped > 0, sizes[s] > RS_HISTOGRAM_MAX);
		if (one.dropped == 0)
			assert_int_equal(n, sizes[s]);
		for (size_t i = 0; i < n; i++) {
			all += run[i].n;
			assert_true(i == 0 || run[i].value > run[i - 1].value);
		}
		assert_int_equal(all, (uint64_t)(sizes[s] / 3 * 6 + (sizes[s] % 3 > 0) + (sizes[s] % 3 > 1 ? 2 : 0)));
		rs_free(run);
		rs_free(joined);
		rs_histogram_release(&one);
		rs_histogram_release(&part[0]);
		rs_histogram_release(&part[1]);
	}
}

/* 1, 1, 2, 6: mean 2.5, half at most 1, Gini = (2 (1*1 + 2*1 + 3*2 + 4*6) / (4 * 10)) - 5/4 = 0.4. */
static void spread_by_hand(void **state)
{
	static const struct rs_run run[] = { { 1, 2 }, { 2, 1 }, { 6, 1 } };
	struct rs_spread s;

	(void)state;
	rs_spread_of(&s, run, 3);
	assert_int_equal(s.n, 4);
	assert_near(s.mean, 2.5, 1);
	assert_near(s.sd, sqrt((1.5 * 1.5 * 2 + .25 + 3.5 * 3.5) / 4), 1);
	assert_true(s.min == 1 && s.max == 6 && s.q[RS_Q01] == 1 && s.q[RS_Q50] == 1 && s.q[RS_Q75] == 2 && s.q[RS_Q90] == 6);
	assert_near(s.gini, .4, 1);
	assert_int_equal(s.n_bars, 3);
	assert_int_equal(s.bar[0].n, 2);
	rs_spread_of(&s, run, 0);
	assert_int_equal(s.n, 0);
}

/* Bars hold every number once, whatever their shape. */
static void outliers_are_no_long_tail(void **state)
{
	struct rs_run ratings[] = { { 1, 10 }, { 2, 20 }, { 3, 40 }, { 4, 50 }, { 5, 30 }, { 1e9, 2 } };
	struct rs_run signs[] = { { -900, 1 }, { -1, 50 }, { 0, 50 }, { 1, 50 }, { 900, 3 } };
	struct rs_run zeros[] = { { 0, 50 }, { 1, 30 }, { 2, 20 }, { 3, 20 }, { 20, 1 }, { 1e6, 4 } };
	struct rs_run same[] = { { 0, 1 }, { 7, 98 }, { 1e6, 1 } };
	struct rs_run amounts[200];
	struct rs_spread s;

	(void)state;
	rs_spread_of(&s, ratings, 6);
	assert_int_equal(s.n_outliers, 2);
	rs_spread_of(&s, signs, 5);
	assert_int_equal(s.n_outliers, 4);
	rs_spread_of(&s, zeros, 6);
	assert_int_equal(s.n_outliers, 4); /* quartiles 0 and 2: up to 3 * 3^3 - 1 */
	rs_spread_of(&s, same, 3);
	assert_int_equal(s.n_outliers, 0);
	for (int i = 0; i < 200; i++)
		amounts[i] = (struct rs_run){ exp(i / 20.0), 1 };
	rs_spread_of(&s, amounts, 200);
	assert_int_equal(s.n_outliers, 0);
	amounts[199].value = 1e15;
	rs_spread_of(&s, amounts, 200);
	assert_int_equal(s.n_outliers, 1);
	for (int i = 0; i < 200; i++)
		amounts[i].value -= 1e4; /* the same below 0: distances count as they are */
	rs_spread_of(&s, amounts, 200);
	assert_true(s.n_outliers > 10);
}

static void bars_cover_everything(void **state)
{
	(void)state;
	for (uint64_t test = 0; test < 200; test++) {
		struct draws r = { test, 0 };
		size_t n = 1 + below(&r, 300);
		struct rs_run *run = rs_array(n, sizeof *run, NULL);
		struct rs_spread s;
		uint64_t all = 0, in_bars = 0;
		double v = test % 6 == 0 ? -50 : 0;

		for (size_t i = 0; i < n; i++) {
			v += test % 2 == 0 ? 1 + (double)below(&r, 9) : (v + 1) * .2;
			run[i] = (struct rs_run){ v, 1 + below(&r, 5) };
			all += run[i].n;
		}
		rs_spread_of(&s, run, n);
		for (uint32_t k = 0; k < s.n_bars; k++) {
			in_bars += s.bar[k].n;
			assert_true(k == 0 || s.bar[k].lo >= s.bar[k - 1].hi);
		}
		assert_int_equal(in_bars, all);
		assert_true(s.bar[0].lo <= run[0].value && s.bar[s.n_bars - 1].hi >= run[n - 1].value);
		rs_free(run);
	}
}

/* count = 10000 / rank is a line of slope -1. */
static void power_law_of_a_power_law(void **state)
{
	struct rs_run run[500];
	struct rs_power p;

	(void)state;
	for (int k = 0; k < 500; k++)
		run[499 - k] = (struct rs_run){ 10000.0 / (k + 1), 1 };
	rs_power_of(&p, run, 500);
	assert_true(fabs(p.slope + 1) < .15 && p.r2 > .95);
	assert_true(p.top[0] < p.top[1] && p.top[1] < p.top[2] && p.top[2] < 1);
	rs_power_of(&p, run, 5);
	assert_true(isnan(p.slope));
}

static void spearman_by_hand(void **state)
{
	static const uint64_t a[] = { 1, 2, 3, 4, 5 }, up[] = { 10, 20, 30, 40, 50 }, down[] = { 9, 7, 5, 3, 1 },
	                      same[] = { 4, 4, 4, 4, 4 }, ties[] = { 1, 1, 2, 2, 2 };
	double rho;

	(void)state;
	assert_int_equal(rs_spearman(&rho, a, up, 5, NULL), 0);
	assert_near(rho, 1, 1);
	assert_int_equal(rs_spearman(&rho, a, down, 5, NULL), 0);
	assert_near(rho, -1, 1);
	assert_int_equal(rs_spearman(&rho, a, same, 5, NULL), 0);
	assert_true(isnan(rho));
	assert_int_equal(rs_spearman(&rho, a, ties, 5, NULL), 0);
	assert_near(rho, .8660254, 1); /* ranks .5 .5 3 3 3 about 2: 7.5 / sqrt(10 * 7.5) */
}

/* However the times come, the parts are those of the first and the last; what was counted moves to where it belongs. */
static void timeline_hangs_on_the_ends_alone(void **state)
{
	(void)state;
	for (uint64_t test = 0; test < 300; test++) {
		struct draws r = { test, 0 };
		int64_t range = (int64_t)1 << below(&r, 40), base = (int64_t)below(&r, 4000000000u) - 2000000000;
		struct rs_timeline t = { .n_max = 32 }, whole = { .n_max = 32 };
		uint64_t count[32] = { 0 }, want[32] = { 0 };
		int64_t time[100], first = INT64_MAX, last = INT64_MIN;

		for (int i = 0; i < 100; i++) {
			time[i] = base + (int64_t)below(&r, (size_t)range);
			first = time[i] < first ? time[i] : first;
			last = time[i] > last ? time[i] : last;
		}
		for (int i = 0; i < 100; i++) {
			struct rs_timeline old = t;
			uint64_t was[32];

			if (rs_timeline_fit(&t, time[i], time[i])) {
				memcpy(was, count, sizeof was);
				memset(count, 0, sizeof count);
				for (uint32_t k = 0; k < 32; k++)
					if (was[k] > 0)
						count[rs_timeline_move(&old, &t, k)] += was[k];
			}
			count[rs_timeline_at(&t, time[i])]++;
		}
		rs_timeline_fit(&whole, first, last);
		assert_int_equal(t.start_s, whole.start_s);
		assert_int_equal(t.width_s, whole.width_s);
		for (int i = 0; i < 100; i++)
			want[rs_timeline_at(&whole, time[i])]++;
		assert_memory_equal(count, want, sizeof want);
		assert_int_equal(rs_floor_div(whole.start_s, whole.width_s) * whole.width_s, whole.start_s);
	}
}

static void spans_in_words(void **state)
{
	char text[RS_SPAN_MAX];

	(void)state;
	assert_string_equal(rs_span(text, 0), "0 seconds");
	assert_string_equal(rs_span(text, 60), "1 minute");
	assert_string_equal(rs_span(text, 5400), "1.5 hours");
	assert_string_equal(rs_span(text, 86400), "1 day");
	assert_string_equal(rs_span(text, 877 * 86400), "877 days");
	assert_string_equal(rs_span(text, 10 * (int64_t)31556952), "10 years");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distinct_is_exact_then_near_and_joins),
		cmocka_unit_test(values_round_only_when_they_are_many_and_join),
		cmocka_unit_test(spread_by_hand),
		cmocka_unit_test(outliers_are_no_long_tail),
		cmocka_unit_test(bars_cover_everything),
		cmocka_unit_test(power_law_of_a_power_law),
		cmocka_unit_test(spearman_by_hand),
		cmocka_unit_test(timeline_hangs_on_the_ends_alone),
		cmocka_unit_test(spans_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
