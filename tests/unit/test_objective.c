/* test_objective.c -- lists between relevance and an objective, against plain sorting. */
#include "tests/unit/sample.h"

#include "lib/model/objective.h"
#include "lib/rank/objective.h"

static uint64_t draw(uint64_t seed, uint64_t row, uint32_t step, uint64_t n)
{
	return rs_rand_below(n, seed, RS_RNG_TEST, row, step);
}

/* A pick beats another by what it has of both, then by the lower item. */
static void sorting_equals_plain_selection(void **state)
{
	static const float share[] = { 0, .2f, .5f, .8f };

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		float objective[50], goal[50];
		struct rs_model m = { .item_objective = objective };
		struct rs_pick pick[50], left[50];
		uint32_t n = 1 + (uint32_t)draw(seed, 0, 0, 50);

		m.choice.sensitivity = (enum rs_sensitivity)(1 + seed % 3);
		for (uint32_t k = 0; k < n; k++) {
			objective[k] = (float)draw(seed, k, 1, 5) / 4;
			pick[k] = (struct rs_pick){ .item = (k * 7 + 3) % n,
				                    .score = 10 - floorf((float)k / (float)(1 + seed % 4)) };
			if (n % 7 == 0)
				pick[k].item = n - 1 - k;
			left[k] = pick[k];
		}
		rs_objective_sort(&m, pick, n, goal);
		for (uint32_t k = 0; k < n; k++) {
			uint32_t best = 0;
			float best_goal = -1, s = share[m.choice.sensitivity];

			for (uint32_t i = 0; i < n; i++) {
				float span = left[0].score - left[n - 1].score;
				float r = span > 0 ? 1 - (left[0].score - left[i].score) / span : 1;
				float g = (1 - s) * r + s * objective[left[i].item];

				if (left[i].n_causes == 0 &&
				    (g > best_goal || (g == best_goal && left[i].item < left[best].item))) {
					best = i;
					best_goal = g;
				}
			}
			left[best].n_causes = 1; /* taken */
			assert_true(fabsf(goal[k] - best_goal) < 1e-6f);
			assert_true(pick[k].item == left[best].item || fabsf(goal[k] - goal[k > 0 ? k - 1 : 0]) < 1e-6f ||
			            (k + 1 < n && fabsf(goal[k] - goal[k + 1]) < 1e-6f));
			assert_true(k == 0 || goal[k] <= goal[k - 1]);
		}
	}
}

static void room_for_candidates(void **state)
{
	struct rs_model m = { .item_key.n = 1000 };
	float objective;
	uint32_t room;

	(void)state;
	assert_false(rs_objective_room(&m, 10, &room));
	assert_int_equal(room, 10);
	m.item_objective = &objective;
	assert_false(rs_objective_room(&m, 10, &room));
	m.choice.sensitivity = RS_SENSITIVITY_LOW;
	assert_true(rs_objective_room(&m, 10, &room));
	assert_int_equal(room, 100);
	assert_true(rs_objective_room(&m, 150, &room));
	assert_int_equal(room, 750);
	assert_true(rs_objective_room(&m, 999, &room));
	assert_int_equal(room, 1000);
}

/* Prices 5 null 1 5 9, of which the items 4 0 1 2 are asked for. */
static void places_in_a_column(void **state)
{
	static char name[] = "PRICE";
	double number[] = { 5, NAN, 1, 5, 9 };
	struct rs_column column = { .name = name, .type = RS_TYPE_NUMBER, .n_rows = 5, .number = number };
	struct rs_dataset d = { .items = { .n_columns = 1, .column = &column } };
	const uint32_t item[] = { 4, 0, 1, 2, 3 };
	const float want[] = { 1, .5f, 0, 0, .5f };
	struct rs_err err = RS_ERR_INIT;
	struct rs_choice c;
	float *got;

	(void)state;
	rs_choice_init(&c);
	assert_done(rs_choice_parse_objective(&c, "price:high", &err));
	assert_done(rs_objective_make(&got, &c, &d, item, 5, &err));
	for (int i = 0; i < 5; i++)
		assert_true(got[i] == want[i]);
	rs_free(got);
	assert_done(rs_choice_parse_objective(&c, "weight", &err));
	assert_int_equal(rs_objective_make(&got, &c, &d, item, 5, &err), RS_EDATA);
	assert_string_equal(err.text, "objective \"weight\": the items of the datasets have no such column of numbers");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorting_equals_plain_selection),
		cmocka_unit_test(room_for_candidates),
		cmocka_unit_test(places_in_a_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
