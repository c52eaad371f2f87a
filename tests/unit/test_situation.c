/* test_situation.c -- lifts by their definition, for items and columns of any kind; application; what a file may not hold. */
#include "tests/unit/random_events.h"

#include "lib/base/mem.h"
#include "lib/recipe/situation.h"

#define COLUMNS 3
#define FEATURES 7

static const uint32_t first[COLUMNS + 1] = { 0, 3, 5, FEATURES };

/* The features of the tests: 3, 2 and 2 values. */
static struct rs_features features_of(struct rs_feature_column *column)
{
	memset(column, 0, COLUMNS * sizeof *column);
	for (uint32_t c = 0; c < COLUMNS; c++) {
		column[c].first = first[c];
		column[c].n = first[c + 1] - first[c];
	}
	return (struct rs_features){ .n_columns = COLUMNS, .n = FEATURES, .column = column };
}

/* Each event has each feature once in three times. */
static void draw_context(struct rs_csr *x, uint64_t seed, uint64_t n)
{
	uint64_t k = 0;

	*x = (struct rs_csr){ .n_rows = (uint32_t)n, .n_cols = FEATURES };
	x->row_ptr = rs_array(n + 1, sizeof *x->row_ptr, NULL);
	x->col = rs_array(n * FEATURES, sizeof *x->col, NULL);
	for (uint64_t r = 0; r < n; r++) {
		x->row_ptr[r] = k;
		for (uint32_t f = 0; f < FEATURES; f++)
			if (draw(seed, 1000 + r, f, 3) == 0)
				x->col[k++] = f;
	}
	x->row_ptr[n] = k;
}

static bool has(const struct rs_csr *x, uint64_t r, uint32_t from, uint32_t to)
{
	for (uint64_t e = x->row_ptr[r]; e < x->row_ptr[r + 1]; e++)
		if (x->col[e] >= from && x->col[e] < to)
			return true;
	return false;
}

/* The lift of an item by feature f of column c, from all events. */
static double lift_of(const struct rs_events *e, const struct rs_csr *x, uint32_t c, uint32_t f, uint32_t item, double prior)
{
	double n_fj = 0, n_j = 0, n_f = 0, n = 0;

	for (uint64_t k = 0; k < e->row_ptr[e->n_users]; k++) {
		double w = e->weight == NULL ? 1 : (double)e->weight[k];
		bool any = has(x, k, first[c], first[c + 1]), it = has(x, k, f, f + 1);

		n += any ? w : 0;
		n_f += it ? w : 0;
		n_j += any && e->item[k] == item ? w : 0;
		n_fj += it && e->item[k] == item ? w : 0;
	}
	return n_f > 0 ? (n_fj + prior * n_f / n) / ((n_j + prior) * n_f / n) : prior / (n_j + prior);
}

static void lifts_equal_their_definition(void **state)
{
	static const double exponent[COLUMNS] = { 1, .5, 0 };
	struct rs_feature_column column[COLUMNS];
	struct rs_features f = features_of(column);

	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct random_events r;
		struct rs_situation s;
		struct rs_csr x;

		random_events_init(&r, seed, seed % 2, false);
		draw_context(&x, seed, r.e.row_ptr[r.e.n_users]);
		assert_int_equal(rs_situation_learn(&s, &f, &r.e, &x, exponent, 2, NULL), 0);
		for (uint32_t a = 0; a < FEATURES; a++) {
			for (uint32_t b = a; b < FEATURES; b++) {
				const uint32_t asked[2] = { a, b };
				float score[10], one = 1;
				size_t n = b > a ? 2 : 1;

				for (uint32_t i = 0; i < r.e.n_items; i++)
					score[i] = i % 2 ? -3 : 2;
				rs_situation_apply(&s, asked, n, 0, r.e.n_items, score);
				for (uint32_t i = 0; i < r.e.n_items; i++) {
					double want = 1;

					for (uint32_t c = 0; c < COLUMNS; c++) {
						double product = 1, k = 0;

						for (size_t v = 0; v < n; v++) {
							if (asked[v] < first[c] || asked[v] >= first[c + 1])
								continue;
							product *= lift_of(&r.e, &x, c, asked[v], i, 2);
							k++;
						}
						want *= k > 0 ? pow(product, exponent[c] / k) : 1;
					}
					assert_true(near((double)score[i], i % 2 ? -3 / want : 2 * want));
					one = i % 2 ? -3 : 2;
					rs_situation_apply(&s, asked, n, i, i + 1, &one); /* one item alone */
					assert_true(one == score[i]);
				}
			}
		}
		rs_situation_release(&s);
		rs_csr_release(&x);
		random_events_release(&r);
	}
}

/* Four events of two items by hand: item 0 twice on value 0; item 1 once on 0 and once on 1. */
static void a_lift_by_hand(void **state)
{
	uint64_t row_ptr[] = { 0, 4 }, context_ptr[] = { 0, 1, 2, 3, 4 };
	uint32_t item[] = { 0, 0, 1, 1 }, value[] = { 0, 0, 0, 1 };
	struct rs_events e = { .n_users = 1, .n_items = 2, .row_ptr = row_ptr, .item = item };
	struct rs_csr x = { 4, 2, context_ptr, value, NULL };
	struct rs_feature_column column = { .first = 0, .n = 2 };
	struct rs_features f = { 1, 2, &column };
	const double one = 1;
	const uint32_t asked = 1;
	float score[] = { 1, 1 };
	struct rs_situation s;

	(void)state;
	assert_int_equal(rs_situation_learn(&s, &f, &e, &x, &one, 4, NULL), 0);
	rs_situation_apply(&s, &asked, 1, 0, 2, score);
	assert_true(near((double)score[0], (0 + 4 * .25) / ((2 + 4) * .25)));
	assert_true(near((double)score[1], (1 + 4 * .25) / ((2 + 4) * .25)));
	rs_situation_apply(&s, NULL, 0, 0, 2, score); /* nothing is known */
	assert_true(near((double)score[0], 2. / 3));
	rs_situation_release(&s);
}

/* Weights beyond all measure still give numbers. */
static void lifts_are_finite(void **state)
{
	uint64_t row_ptr[] = { 0, 2 }, context_ptr[] = { 0, 1, 2 };
	uint32_t item[] = { 0, 1 }, value[] = { 0, 1 };
	float weight[] = { 1e30F, 1e-30F }, score[] = { 1, 1 };
	struct rs_events e = { .n_users = 1, .n_items = 2, .row_ptr = row_ptr, .item = item, .weight = weight };
	struct rs_csr x = { 2, 2, context_ptr, value, NULL };
	struct rs_feature_column column = { .first = 0, .n = 2 };
	struct rs_features f = { 1, 2, &column };
	const double exponent = 2;
	struct rs_situation s;

	(void)state;
	assert_int_equal(rs_situation_learn(&s, &f, &e, &x, &exponent, 1e-3, NULL), 0);
	for (uint32_t asked = 0; asked < 2; asked++) {
		rs_situation_apply(&s, &asked, 1, 0, 2, score);
		assert_true(isfinite(score[0]) && isfinite(score[1]) && score[0] > 0 && score[1] > 0);
	}
	rs_situation_release(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifts_equal_their_definition),
		cmocka_unit_test(a_lift_by_hand),
		cmocka_unit_test(lifts_are_finite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
