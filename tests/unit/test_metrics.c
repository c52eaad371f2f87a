/* test_metrics.c -- every metric on lists that can be checked by hand; intervals and the paired test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/eval/eval.h"
#include "lib/eval/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define NEAR 1e-12

static void is_near(double got, double want)
{
	if (!(fabs(got - want) <= NEAR * (1 + fabs(want))))
		fail_msg("got %.17g, want %.17g", got, want);
}

/* Amazon Personalize's worked example: hits at ranks 2 and 5 of 5. */
static void worked_example(void **state)
{
	const uint32_t ranked[] = { 30, 10, 31, 32, 20 }, relevant[] = { 10, 20 };
	double gain = 1 / log2(3) + 1 / log2(6), ideal = 1 + 1 / log2(3);

	(void)state;
	assert_int_equal(rs_hits(ranked, 5, relevant, 2, 5), 2);
	is_near(rs_reciprocal_rank(ranked, 5, relevant, 2, 5), .5);
	is_near(rs_precision(ranked, 5, relevant, 2, 5), .4);
	is_near(rs_ndcg_retrieved(ranked, 5, relevant, 2, 5), gain / ideal);
	is_near(rs_ndcg(ranked, 5, relevant, 2, 5), gain / ideal);
	is_near(floor(rs_ndcg_retrieved(ranked, 5, relevant, 2, 5) * 10000 + .5), 6241);
	is_near(rs_average_precision(ranked, 5, relevant, 2, 5), (1. / 2 + 2. / 5) / 2);
	is_near(rs_recall(ranked, 5, relevant, 2, 5), 1);
	is_near(rs_hit(ranked, 5, relevant, 2, 5), 1);
}

/* Cut after 2; four relevant, of which one is never shown. */
static void cut_offs(void **state)
{
	const uint32_t ranked[] = { 4, 7, 9, 1 }, relevant[] = { 1, 4, 9, 50 };

	(void)state;
	is_near(rs_recall(ranked, 4, relevant, 4, 2), 1. / 4);
	is_near(rs_recall_capped(ranked, 4, relevant, 4, 2), 1. / 2);
	is_near(rs_precision(ranked, 4, relevant, 4, 2), 1. / 2);
	is_near(rs_ndcg(ranked, 4, relevant, 4, 2), 1 / (1 + 1 / log2(3)));
	is_near(rs_ndcg_retrieved(ranked, 4, relevant, 4, 2), 1);
	is_near(rs_average_precision(ranked, 4, relevant, 4, 2), 1. / 2);
	is_near(rs_recall_capped(ranked, 4, relevant, 4, 100), 3. / 4);
	is_near(rs_average_precision(ranked, 4, relevant, 4, 4), (1 + 2. / 3 + 3. / 4) / 4);
	is_near(rs_ndcg(ranked, 4, relevant, 4, 10), (1 + .5 + 1 / log2(5)) / (1 + 1 / log2(3) + .5 + 1 / log2(5)));
	/* A list that is shorter than the cut-off still has its precision divided by the cut-off. */
	is_near(rs_precision(ranked, 4, relevant, 4, 10), .3);
}

/* One relevant item, found at rank 2 of 3: gain 1/log2(3), ideal 1. */
static void one_relevant(void **state)
{
	const uint32_t ranked[] = { 7, 4, 9 }, relevant[] = { 4 };

	(void)state;
	is_near(rs_ndcg(ranked, 3, relevant, 1, 3), 0.63092975357145743);
	is_near(rs_average_precision(ranked, 3, relevant, 1, 3), .5);
}

static void nothing_found(void **state)
{
	const uint32_t ranked[] = { 1, 2, 3 }, relevant[] = { 4, 5 };

	(void)state;
	for (size_t n = 0; n <= 3; n++) {
		is_near(rs_recall(ranked, n, relevant, 2, 3), 0);
		is_near(rs_recall_capped(ranked, n, relevant, 2, 3), 0);
		is_near(rs_precision(ranked, n, relevant, 2, 3), 0);
		is_near(rs_ndcg(ranked, n, relevant, 2, 3), 0);
		is_near(rs_ndcg_retrieved(ranked, n, relevant, 2, 3), 0);
		is_near(rs_reciprocal_rank(ranked, n, relevant, 2, 3), 0);
		is_near(rs_average_precision(ranked, n, relevant, 2, 3), 0);
		is_near(rs_hit(ranked, n, relevant, 2, 3), 0);
	}
}

/* Against a plain count over a thousand random lists. */
static void random_lists(void **state)
{
	(void)state;
	for (uint32_t trial = 0; trial < 1000; trial++) {
		uint32_t ranked[20], relevant[20];
		bool is_relevant[40] = { false };
		size_t n = rs_rand_below(21, trial, RS_RNG_TEST, 0, 0), k = 1 + rs_rand_below(25, trial, RS_RNG_TEST, 1, 0);
		size_t nr = 0;
		double hits = 0, ap = 0, dcg = 0, ideal = 0;

		for (uint32_t i = 0; i < 40 && nr < 20; i++) {
			is_relevant[i] = rs_rand_below(4, trial, RS_RNG_TEST, 2, i) == 0;
			if (is_relevant[i])
				relevant[nr++] = i;
		}
		if (nr == 0)
			continue;
		for (uint32_t i = 0; i < n; i++) /* distinct: a walk through 40 numbers */
			ranked[i] = (uint32_t)((trial + i * 7) % 40);
		for (size_t r = 0; r < n && r < k; r++) {
			if (!is_relevant[ranked[r]])
				continue;
			hits++;
			ap += hits / (double)(r + 1);
			dcg += 1 / log2((double)(r + 2));
		}
		for (size_t r = 0; r < nr && r < k; r++)
			ideal += 1 / log2((double)(r + 2));
		is_near(rs_recall(ranked, n, relevant, nr, k), hits / (double)nr);
		is_near(rs_precision(ranked, n, relevant, nr, k), hits / (double)k);
		is_near(rs_average_precision(ranked, n, relevant, nr, k), ap / (double)(nr < k ? nr : k));
		is_near(rs_ndcg(ranked, n, relevant, nr, k), dcg / ideal);
		is_near(rs_hit(ranked, n, relevant, nr, k), hits > 0);
	}
}

/* ---- names ---- */

static void names(void **state)
{
	struct rs_metric m[RS_METRICS_MAX];
	struct rs_err err = RS_ERR_INIT;
	static const char *const bad[] = { "", "recall", "recall@", "recall@0", "recall@x", "recall@10001", "nonsense@5", ",",
		                           "recall@20,,ndcg@5", "recall_at_-1" };
	size_t n = 0;

	(void)state;
	assert_int_equal(rs_metrics_parse(m, &n, "recall@20,precision_at_5,coverage", &err), 0);
	assert_int_equal(n, 3);
	assert_int_equal(m[0].kind, RS_METRIC_RECALL);
	assert_int_equal(m[0].k, 20);
	assert_int_equal(m[1].kind, RS_METRIC_PRECISION);
	assert_int_equal(m[1].k, 5);
	assert_string_equal(m[1].name, "precision_at_5");
	assert_int_equal(m[2].kind, RS_METRIC_COVERAGE);
	assert_int_equal(m[2].k, 25);
	assert_int_equal(rs_metrics_parse(m, &n, "personalize", &err), 0);
	assert_int_equal(n, 11);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		n = 0;
		if (rs_metrics_parse(m, &n, bad[i], &err) != RS_EUSAGE)
			fail_msg("%s was accepted", bad[i]);
	}
}

/* ---- lists over all users ---- */

static void over_all(void **state)
{
	struct rs_metric m[RS_METRICS_MAX];
	struct rs_err err = RS_ERR_INIT;
	size_t n = 0;
	uint64_t row_ptr[] = { 0, 1, 2 }, by_item_ptr[] = { 0, 2, 4, 4, 5 };
	uint32_t relevant[] = { 0, 9 }, users[] = { 2, 2, 1, 1 }, of_item[] = { 0, 1, 1, 2, 3 };
	struct rs_truth t = { .n_users = 2, .n_items = 4, .row_ptr = row_ptr, .relevant = relevant };
	struct rs_csr by_item = { .n_rows = 4, .n_cols = 4, .row_ptr = by_item_ptr, .col = of_item };
	struct rs_item_facts facts = { users, 4, &by_item };
	const uint32_t one[] = { 0, 1 }, two[] = { 0, 3 };
	struct rs_scores s;

	(void)state;
	assert_int_equal(rs_metrics_parse(m, &n, "recall@2,coverage@2,gini@2,novelty@2,diversity@2,coverage@1", &err), 0);
	assert_int_equal(rs_scores_init(&s, m, n, &t, &err), 0);
	rs_scores_take(&s, &t, &facts, 0, one, 2);
	rs_scores_take(&s, &t, &facts, 1, two, 2);
	is_near(rs_scores_total(&s, 0), .5);
	is_near(rs_scores_total(&s, 1), 3. / 4);
	/* Shown 2, 1, 0, 1 times: sorted 0 1 1 2, Gini (-3 * 0 - 1 + 1 + 3 * 2) / (4 * 4). */
	is_near(rs_scores_total(&s, 2), 6. / 16);
	/* Half of the people, and half or a quarter: 1 and 1.5 bits. */
	is_near(rs_scores_total(&s, 3), 1.25);
	/* Items 0 and 1 share one of their two users each: cosine 1/2; items 0 and 3 share none. */
	is_near(rs_scores_total(&s, 4), .75);
	is_near(rs_scores_total(&s, 5), 1. / 4);
	rs_scores_release(&s);
}

/* ---- intervals ---- */

static void intervals(void **state)
{
	enum { N = 400 };
	double value[N * 2], low[2], high[2], again_low[2], again_high[2], sd;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (uint32_t u = 0; u < N; u++) {
		value[2 * u] = u % 2; /* mean .5, standard error .025 */
		value[2 * u + 1] = 3;
	}
	sd = .5 / sqrt(N);
	assert_int_equal(rs_bootstrap(value, 2, N, 2000, .95, 1, low, high, &err), 0);
	assert_true(fabs(low[0] - (.5 - 1.96 * sd)) < .2 * sd && fabs(high[0] - (.5 + 1.96 * sd)) < .2 * sd);
	assert_true(low[1] == 3 && high[1] == 3);
	rs_threads_set(1);
	assert_int_equal(rs_bootstrap(value, 2, N, 2000, .95, 1, again_low, again_high, &err), 0);
	rs_threads_set(0);
	assert_memory_equal(low, again_low, sizeof low);
	assert_memory_equal(high, again_high, sizeof high);
}

/* Many users: groups of them give the interval that the users would. */
static void grouped_intervals(void **state)
{
	enum { N = 50000 };
	struct rs_err err = RS_ERR_INIT;
	double *value = rs_array(N, sizeof *value, &err), low, high, se = .5 / sqrt(N);

	(void)state;
	for (uint32_t u = 0; u < N; u++)
		value[u] = rs_rand_unit(5, RS_RNG_TEST, u, 0) < .5;
	assert_int_equal(rs_bootstrap(value, 1, N, 1000, .95, 1, &low, &high, &err), 0);
	assert_true(fabs((high - low) / (2 * 1.96 * se) - 1) < .1);
	rs_free(value);
}

static void paired(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	double same[5] = { 0, 0, 0, 0, 0 }, three[3] = { 1, 1, 1 }, *many, p;
	enum { N = 2000 };

	(void)state;
	assert_int_equal(rs_paired_p(same, 5, 1000, 1, &p, &err), 0);
	is_near(p, 1);
	/* Of eight ways to set the signs of three equal differences two are as extreme. */
	assert_int_equal(rs_paired_p(three, 3, 100000, 1, &p, &err), 0);
	assert_true(fabs(p - .25) < .01);
	many = rs_array(N, sizeof *many, &err);
	for (uint32_t u = 0; u < N; u++)
		many[u] = u % 2 == 0 ? 1.1 : -1; /* mean .05, standard error .0235: z 2.13 */
	assert_int_equal(rs_paired_p(many, N, 10, 1, &p, &err), 0);
	assert_true(fabs(p - .0332) < .002);
	rs_free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_example),    cmocka_unit_test(cut_offs),  cmocka_unit_test(one_relevant),
		cmocka_unit_test(nothing_found),     cmocka_unit_test(random_lists), cmocka_unit_test(names),
		cmocka_unit_test(over_all),          cmocka_unit_test(intervals), cmocka_unit_test(grouped_intervals),
		cmocka_unit_test(paired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
