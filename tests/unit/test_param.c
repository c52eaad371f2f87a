/* test_param.c -- parameter tables: setting, refusing, JSON there and back; names and aliases of recipes. */
#include "tests/unit/sample.h"

#include "lib/recipe/recipe.h"

static const char *const sorts[] = { "plain", "fancy", NULL };
static const struct rs_param table[] = {
	{ "count", RS_PARAM_INT, 1, 9, 3, 0, 0, RS_SCALE_LINEAR, NULL, "how many" },
	{ "rate", RS_PARAM_REAL, 0, 2.5, NAN, 0, 1, RS_SCALE_LOG, NULL, "how fast" },
	{ "sort", RS_PARAM_CHOICE, 0, 1, 1, 0, 0, RS_SCALE_LINEAR, sorts, "which" },
	{ "loud", RS_PARAM_BOOL, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, NULL, "whether" },
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

static void values_are_set(void **state)
{
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_params_init(&p, table);
	assert_true(rs_param(&p, "count") == 3 && isnan(rs_param(&p, "rate")) && rs_param(&p, "sort") == 1);
	assert_false(p.given[0]);
	assert_done(rs_params_set(&p, "count=9", &err));
	assert_done(rs_params_set(&p, "rate=2.5", &err));
	assert_done(rs_params_set(&p, "sort=plain", &err));
	assert_done(rs_params_set(&p, "loud=true", &err));
	assert_true(rs_param(&p, "count") == 9 && rs_param(&p, "rate") == 2.5 && rs_param(&p, "sort") == 0);
	assert_true(rs_param(&p, "loud") == 1 && p.given[0]);
	assert_done(rs_params_set(&p, "rate=auto", &err));
	assert_true(isnan(rs_param(&p, "rate")));
	rs_param_resolve(&p, "rate", 1.5);
	assert_true(rs_param(&p, "rate") == 1.5);
}

static void yes_and_no_in_all_their_words(void **state)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1", "False", "True", "NO", "Yes",
		                             "OFF", "ON" };
	struct rs_param_values p;

	(void)state;
	rs_params_init(&p, table);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct rs_err err = RS_ERR_INIT;
		char text[32];

		snprintf(text, sizeof text, "loud=%s", words[i]);
		assert_done(rs_params_set(&p, text, &err));
		assert_true(rs_param(&p, "loud") == (double)(i % 2));
	}
}

static void wrong_values_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "count", "parameter \"count\": expected NAME=VALUE" },
		{ "=1", "parameter \"=1\": expected NAME=VALUE" },
		{ "number=1", "unknown parameter \"number\": expected one of count, rate, sort, loud" },
		{ "count=0", "parameter count: \"0\": expected a whole number from 1 to 9" },
		{ "count=10", "parameter count: \"10\": expected a whole number from 1 to 9" },
		{ "count=1.5", "parameter count: \"1.5\": expected a whole number from 1 to 9" },
		{ "count=", "parameter count: \"\": expected a whole number from 1 to 9" },
		{ "count=auto", "parameter count: \"auto\": expected a whole number from 1 to 9" },
		{ "rate=-1", "parameter rate: \"-1\": expected a number from 0 to 2.5 or auto" },
		{ "rate=nan", "parameter rate: \"nan\": expected a number from 0 to 2.5 or auto" },
		{ "sort=other", "parameter sort: \"other\": expected one of plain, fancy" },
		{ "loud=maybe", "parameter loud: \"maybe\": expected true or false (or yes, no, on, off, 1, 0)" },
		{ "loud=", "parameter loud: \"\": expected true or false (or yes, no, on, off, 1, 0)" },
		{ "loud=2", "parameter loud: \"2\": expected true or false (or yes, no, on, off, 1, 0)" },
		{ "loud=falsely", "parameter loud: \"falsely\": expected true or false (or yes, no, on, off, 1, 0)" },
		{ "loud=truetruetrue", "parameter loud: \"truetruetrue\": expected true or false (or yes, no, on, off, 1, 0)" },
	};
	struct rs_param_values p;

	(void)state;
	rs_params_init(&p, table);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct rs_err err = RS_ERR_INIT;

		assert_int_equal(rs_params_set(&p, bad[i][0], &err), RS_EUSAGE);
		assert_string_equal(err.text, bad[i][1]);
	}
	assert_true(rs_param(&p, "count") == 3);
}

static void json_there_and_back(void **state)
{
	struct rs_param_values p, q;
	struct rs_err err = RS_ERR_INIT;
	json_t *o = json_object();

	(void)state;
	rs_params_init(&p, table);
	assert_done(rs_params_set(&p, "count=7", &err));
	assert_done(rs_params_set(&p, "sort=plain", &err));
	assert_done(rs_params_set(&p, "loud=true", &err));
	assert_done(rs_params_to_json(&p, o, &err));
	rs_params_init(&q, table);
	assert_done(rs_params_from_json(&q, o, &err));
	for (int i = 0; i < 4; i++)
		assert_true(p.v[i] == q.v[i] || (isnan(p.v[i]) && isnan(q.v[i])));
	json_decref(o);
}

static void damaged_json_is_refused(void **state)
{
	static const char *const bad[] = { "{\"count\":0}", "{\"count\":1.5}", "{\"count\":\"x\"}", "{\"count\":[]}",
		                           "{\"count\":true}", "{\"sort\":\"x\"}", "{\"sort\":1}", "{\"loud\":3}",
		                           "{\"rate\":1e9}", "{\"rate\":false}" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct rs_err err = RS_ERR_INIT;
		struct rs_param_values p;
		json_t *o = json_loads(bad[i], 0, NULL);

		rs_params_init(&p, table);
		if (rs_params_from_json(&p, o, &err) != RS_EDATA)
			fail_msg("taken: %s", bad[i]);
		json_decref(o);
	}
}

static void recipes_are_found_by_any_name(void **state)
{
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_string_equal(rs_recipe_find("Popularity_Count")->name, "popular");
	assert_string_equal(rs_recipe_find("AWS-SIMS")->name, "itemknn");
	assert_null(rs_recipe_find("itemkn"));
	assert_null(rs_recipe_find("itemknn2"));
	assert_null(rs_recipe_find(""));
	assert_done(rs_recipe_params(&p, "aws_sims", &err));
	assert_true(rs_param(&p, "min_cooccurrence") == 3 && rs_param(&p, "popularity_discount") == .5);
	assert_done(rs_recipe_params(&p, "item-knn", &err));
	assert_true(rs_param(&p, "min_cooccurrence") == 0);
}

/* What help, tuning and the model header rely on. */
static void tables_of_recipes_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; rs_recipes[i] != NULL; i++) {
		for (const struct rs_param *p = rs_recipes[i]->params; p->name != NULL; p++) {
			assert_true(p->min <= p->max);
			assert_true(isnan(p->preset) || (p->preset >= p->min && p->preset <= p->max));
			assert_true(p->tune_min <= p->tune_max);
			assert_true(p->tune_min == p->tune_max || p->scale == RS_SCALE_LINEAR || p->tune_min >= 0);
			assert_true((p->type == RS_PARAM_CHOICE) == (p->choices != NULL));
			assert_non_null(p->meaning);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_set),
		cmocka_unit_test(yes_and_no_in_all_their_words),
		cmocka_unit_test(wrong_values_are_refused),
		cmocka_unit_test(json_there_and_back),
		cmocka_unit_test(damaged_json_is_refused),
		cmocka_unit_test(recipes_are_found_by_any_name),
		cmocka_unit_test(tables_of_recipes_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
