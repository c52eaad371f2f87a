/* test_topk.c -- the k best against sorting everything, in any order of arrival. */
#include "tests/unit/num_ref.h"

#include "lib/num/topk.h"

#include <stdbool.h>

static int best_first(const void *pa, const void *pb)
{
	const struct rs_scored *a = pa, *b = pb;

	return a->score != b->score ? (a->score < b->score) - (a->score > b->score)
	                            : (a->ix > b->ix) - (a->ix < b->ix);
}

/* Few different scores, so that ties are many; some that may never enter. */
static float odd_score(struct draws *r)
{
	size_t v = below(r, 12);

	return v == 0 ? NAN : v == 1 ? -INFINITY : v == 2 ? INFINITY : v == 3 ? -0.0f : (float)v - 6;
}

static uint32_t sort_all(struct rs_scored *all, const float *score, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		if (score[i] > -INFINITY)
			all[kept++] = (struct rs_scored){ score[i], i };
	qsort(all, kept, sizeof *all, best_first);
	return kept;
}

static void is_the_head_of_the_sorted_list(void **state)
{
	(void)state;
	for (uint64_t test = 0; test < 1000; test++) {
		struct draws r = { test, 0 };
		uint32_t n = (uint32_t)below(&r, 2000), k = (uint32_t)below(&r, test % 3 == 0 ? 400 : 12),
		         kept;
		float *score = rs_array(n, sizeof *score, NULL);
		struct rs_scored *all = rs_array(n, sizeof *all, NULL);
		size_t run = 1 + below(&r, 700), last = 0;
		struct rs_topk t;

		for (uint32_t i = 0; i < n; i++)
			score[i] = test % 2 == 0 ? draw(&r) : odd_score(&r);
		kept = sort_all(all, score, n);
		while (last + run < n)
			last += run;
		kept = kept < k ? kept : k;
		assert_int_equal(rs_topk_init(&t, k, NULL), 0);
		for (int order = 0; order < 3; order++) { /* upwards, downwards, one by one */
			rs_topk_reset(&t);
			for (size_t i = 0; i < n && order < 2; i += run) {
				size_t lo = order == 0 ? i : last - i;

				rs_topk_offer(&t, score + lo, n - lo < run ? n - lo : run, (uint32_t)lo);
			}
			for (uint32_t i = n; i-- > 0 && order == 2;)
				rs_topk_push(&t, score[i], i);
			rs_topk_sort(&t);
			assert_int_equal(t.n, kept);
			for (uint32_t i = 0; i < kept; i++) {
				assert_int_equal(t.best[i].ix, all[i].ix);
				assert_true(t.best[i].score == all[i].score);
			}
		}
		rs_topk_release(&t);
		rs_free(score);
		rs_free(all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_the_head_of_the_sorted_list) };
	int failed = 0;

	RUN_WITH_EACH_SET(failed, tests)
	return failed;
}
