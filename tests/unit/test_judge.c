/* test_judge.c -- metrics of predictions, by hand and against plain loops. */
#include "tests/unit/sample.h"

#include "lib/eval/judge.h"

static struct rs_err err;

static void by_hand(void **state)
{
	uint32_t user[] = { 0, 1, 0, 1, 0 };
	float predicted[] = { .125F, .25F, .5F, .5F, .75F }, actual[] = { 0, 1, 0, 1, 1 };
	struct rs_judged j = { .n = 5, .n_users = 2, .user = user, .predicted = predicted, .actual = actual };
	struct rs_metric m[RS_METRICS_MAX];
	double value[9], low[9], high[9], squares = 0, losses = 0, base = -.6 * log(.6) - .4 * log(.4);
	size_t n = 0;

	(void)state;
	assert_done(rs_metrics_parse(m, &n, "rmse,mae,rmse-user,mae-user,auc,auc-user,logloss,ne,ece", &err));
	assert_done(rs_judged_measure(&j, m, n, 200, .95, 1, value, low, high, &err));
	for (int i = 0; i < 5; i++) {
		double p = (double)predicted[i], y = (double)actual[i];

		squares += (p - y) * (p - y);
		losses -= y > 0 ? log(p) : log(1 - p);
	}
	assert_true(fabs(value[0] - sqrt(squares / 5)) < 1e-12);
	assert_true(fabs(value[1] - (.125 + .75 + .5 + .5 + .25) / 5) < 1e-12);
	assert_true(fabs(value[2] - (sqrt((.125 * .125 + .25 + .0625) / 3) + sqrt((.5625 + .25) / 2)) / 2) < 1e-12);
	assert_true(fabs(value[3] - ((.125 + .5 + .25) / 3 + (.75 + .5) / 2) / 2) < 1e-12);
	/* positives .25, .5, .75 against negatives .125, .5: 1 + 1.5 + 2 of 6 */
	assert_true(fabs(value[4] - 4.5 / 6) < 1e-12);
	assert_true(fabs(value[5] - 1) < 1e-12); /* user 1 has one class alone */
	assert_true(fabs(value[6] - losses / 5) < 1e-12);
	assert_true(fabs(value[7] - losses / 5 / base) < 1e-12);
	/* of 15 bins: {.125}, {.25}, {.5, .5}, {.75} */
	assert_true(fabs(value[8] - (.125 + .75 + 0 + .25) / 5) < 1e-12);
	for (size_t i = 0; i < n; i++)
		assert_true(low[i] <= value[i] + 1e-12 && value[i] <= high[i] + 1e-12);
}

static void what_is_not_defined_is_not_a_number(void **state)
{
	uint32_t user[] = { 0, 0 };
	float predicted[] = { .2F, .9F }, actual[] = { 1, 1 };
	struct rs_judged j = { .n = 2, .n_users = 1, .user = user, .predicted = predicted, .actual = actual };
	struct rs_metric m[RS_METRICS_MAX];
	double value[3], low[3], high[3];
	size_t n = 0;

	(void)state;
	assert_done(rs_metrics_parse(m, &n, "auc,auc-user,ne", &err));
	assert_done(rs_judged_measure(&j, m, n, 100, .95, 1, value, low, high, &err));
	for (size_t i = 0; i < n; i++)
		assert_true(isnan(value[i]) && isnan(low[i]) && isnan(high[i]));
}

static void threads_do_not_matter(void **state)
{
	enum { N = 3000 };
	static uint32_t user[N];
	static float predicted[N], actual[N];
	struct rs_judged j = { .n = N, .n_users = 300, .user = user, .predicted = predicted, .actual = actual };
	struct rs_metric m[RS_METRICS_MAX];
	double want[3][9], got[3][9];
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		user[i] = i % 300;
		predicted[i] = (float)(i - i % 3) / 3000;
		actual[i] = rs_rand_unit(2, RS_RNG_TEST, i, 0) < (double)predicted[i];
	}
	assert_done(rs_metrics_parse(m, &n, "rmse,mae,rmse-user,mae-user,auc,auc-user,logloss,ne,ece", &err));
	rs_threads_set(1);
	assert_done(rs_judged_measure(&j, m, n, 300, .95, 1, want[0], want[1], want[2], &err));
	assert_true(want[0][4] > .75 && want[0][8] < .1);
	for (int threads = 2; threads <= 8; threads *= 2) {
		rs_threads_set(threads);
		assert_done(rs_judged_measure(&j, m, n, 300, .95, 1, got[0], got[1], got[2], &err));
		assert_memory_equal(got, want, sizeof got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(what_is_not_defined_is_not_a_number),
		cmocka_unit_test(threads_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
