/* test_links.c -- recipes similar and semantic: their weights against plain loops. */
#include "tests/unit/random_items.h"

#include "lib/recipe/recipe.h"

static bool close_to(double a, double b)
{
	return fabs(a - b) <= 1e-4 * (1 + fabs(b));
}

static double cosine(const double *a, const double *b)
{
	double sum = 0;

	for (int c = 0; c < COLUMNS; c++)
		sum += a[c] * b[c];
	return sum;
}

/* people[i][j] by the formula of similar.c, discount .5, shrink 5, at least 2 in common. */
static void plain_people(double people[10][10], double users[10], const struct random_events *r)
{
	uint32_t n = r->e.n_items;
	double sum[10] = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		users[i] = 0;
		for (uint32_t u = 0; u < r->e.n_users; u++) {
			sum[i] += r->x[u * n + i];
			users[i] += r->x[u * n + i] > 0;
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < n; j++) {
			double c = 0, both = 0;

			for (uint32_t u = 0; u < r->e.n_users; u++) {
				c += r->x[u * n + i] * r->x[u * n + j];
				both += r->x[u * n + i] * r->x[u * n + j] > 0;
			}
			people[i][j] = i != j && both >= 2 ? c / (sum[i] * sqrt(sum[j])) * c / (c + 5) : 0;
		}
	}
}

static double most(const double *v, uint32_t n, uint32_t skip)
{
	double m = 0;

	for (uint32_t j = 0; j < n; j++)
		m = j != skip && v[j] > m ? v[j] : m;
	return m > 0 ? m : 1;
}

static void similar_equals_plain_loops(void **state)
{
	const struct rs_recipe *similar = rs_recipe_find("similar");

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		double people[10][10], users[10], f[16][COLUMNS], cos_row[10];
		struct random_events r;
		struct random_items items;
		struct rs_param_values v;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e, .item_features = &items.f, .item_profile = &items.x };
		float got[16];
		void *m;

		random_events_init(&r, seed, seed % 2 == 0, false);
		random_items_init(&items, seed, r.e.n_items);
		rs_params_init(&v, similar->params);
		assert_done(similar->train(&m, &in, &v, &err));
		plain_people(people, users, &r);
		for (uint32_t i = 0; i < r.e.n_items; i++)
			plain_blocks(f[i], &items, r.e.n_items, i, true, false, false, 1, .3, 1);
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			assert_done(similar->similar(m, i, got, &err));
			for (uint32_t j = 0; j < r.e.n_items; j++)
				cos_row[j] = cosine(f[i], f[j]);
			for (uint32_t j = 0; j < r.e.n_items; j++) {
				double few = users[i] < users[j] ? users[i] : users[j];
				double want = people[i][j] / most(people[i], r.e.n_items, i) +
				              10 / (10 + few) * cos_row[j] / most(cos_row, r.e.n_items, i);

				assert_true(i == j || close_to((double)got[j], want));
			}
		}
		similar->free(m);
		random_events_release(&r);
	}
}

static void without_attributes_people_decide(void **state)
{
	const struct rs_recipe *similar = rs_recipe_find("similar");
	struct rs_features none = { 0 };
	struct rs_csr no_rows = { 0 };
	struct random_events r;
	struct rs_param_values v;
	struct rs_err err = RS_ERR_INIT;
	struct rs_train_in in = { .events = &r.e, .item_features = &none, .item_profile = &no_rows };
	double people[10][10], users[10];
	float got[16];
	void *m;

	(void)state;
	random_events_init(&r, 4, false, false);
	rs_params_init(&v, similar->params);
	assert_done(similar->train(&m, &in, &v, &err));
	plain_people(people, users, &r);
	for (uint32_t i = 0; i < r.e.n_items; i++) {
		assert_done(similar->similar(m, i, got, &err));
		for (uint32_t j = 0; j < r.e.n_items; j++)
			assert_true(close_to((double)got[j], people[i][j] / most(people[i], r.e.n_items, i)));
	}
	similar->free(m);
	random_events_release(&r);
}

static void semantic_equals_plain_loops(void **state)
{
	const struct rs_recipe *semantic = rs_recipe_find("semantic");

	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		double people[10][10], users[10], f[16][COLUMNS], created[10] = { 0 }, popularity = seed % 3 * .2,
		                                                               freshness = seed % 2 * .3;
		struct rs_column column = { .name = (char[]){ "creation_timestamp" },
			                    .type = RS_TYPE_NUMBER,
			                    .number = created };
		struct rs_dataset d = { .items = { .n_columns = 1, .column = &column } };
		uint32_t place[10];
		struct random_events r;
		struct random_items items;
		struct rs_param_values v;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e, .item = place, .data = &d, .item_features = &items.f,
			                  .item_profile = &items.x };
		float got[16];
		void *m;
		double old = 1e30, new = 0, top = 1;

		random_events_init(&r, seed, false, false);
		random_items_init(&items, seed, r.e.n_items);
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			created[i] = (double)draw(seed, 300 + i, 0, 1000);
			place[i] = i;
			old = created[i] < old ? created[i] : old;
			new = created[i] > new ? created[i] : new;
		}
		rs_params_init(&v, semantic->params);
		rs_param_resolve(&v, "popularity", popularity);
		rs_param_resolve(&v, "freshness", freshness);
		assert_done(semantic->train(&m, &in, &v, &err));
		plain_people(people, users, &r);
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			plain_blocks(f[i], &items, r.e.n_items, i, true, false, false, 0, 0, 1);
			top = users[i] > top ? users[i] : top;
		}
		for (uint32_t i = 0; i < r.e.n_items; i++) {
			assert_done(semantic->similar(m, i, got, &err));
			for (uint32_t j = 0; j < r.e.n_items; j++) {
				double want = cosine(f[i], f[j]);

				want = i == j || want < 1e-9 ? 0 :
				       (1 - popularity - freshness) * want + popularity * users[j] / top +
				               (new > old ? freshness * (created[j] - old) / (new - old) : 0);
				assert_true(close_to((double)got[j], want));
			}
		}
		semantic->free(m);
		random_events_release(&r);
	}
}

static void what_semantic_cannot_use(void **state)
{
	const struct rs_recipe *semantic = rs_recipe_find("semantic");
	struct rs_dataset d = { 0 };
	struct rs_features none = { 0 };
	struct rs_csr no_rows = { 0 };
	struct random_events r;
	struct rs_param_values v;
	struct rs_err err = RS_ERR_INIT;
	struct rs_train_in in = { .events = &r.e, .data = &d, .item_features = &none, .item_profile = &no_rows };
	void *m;

	(void)state;
	random_events_init(&r, 4, false, false);
	rs_params_init(&v, semantic->params);
	assert_int_equal(semantic->train(&m, &in, &v, &err), RS_EDATA);
	assert_string_equal(err.text, "no texts of items to learn from: semantic needs a text column in the table of items");
	rs_param_resolve(&v, "freshness", .7);
	assert_int_equal(semantic->check(&v, &d, &err), RS_EDATA);
	assert_string_equal(err.text, "freshness needs a column CREATION_TIMESTAMP of numbers in the table of items");
	rs_param_resolve(&v, "popularity", .7);
	assert_int_equal(semantic->check(&v, &d, &err), RS_EUSAGE);
	random_events_release(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(similar_equals_plain_loops),
		cmocka_unit_test(without_attributes_people_decide),
		cmocka_unit_test(semantic_equals_plain_loops),
		cmocka_unit_test(what_semantic_cannot_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
