/* test_events.c -- the choice of events: as an option, as JSON, applied. */
#include "tests/unit/sample.h"

#include "lib/data/events.h"
#include "lib/data/json.h"

static const struct sample_row rows[] = {
	{ "u1", "a", "view", NULL, 0, 1 },          { "u1", "b", "buy", NULL, 86400, 5 },
	{ "u1", "c", "Buy", NULL, 2 * 86400, NAN }, { "u2", "a", "buy", NULL, 86400, 2 },
	{ "u2", "c", NULL, NULL, 2 * 86400, 4 },    { "u3", "b", "view", NULL, 0, 3 },
};

static struct rs_dataset *d;

static int set_up(void **state)
{
	if (sample_enter(state) != 0)
		return -1;
	d = sample_build(rows, 6, false);
	return 0;
}

static int tear_down(void **state)
{
	rs_dataset_free(d);
	return sample_leave(state);
}

/* The events of the choice as "user:item*weight" in order. */
static void expect(const struct rs_choice *c, const uint32_t *map, int64_t now_s, const char *want)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf got = RS_BUF_INIT;
	struct rs_events e;

	assert_done(rs_events_make(&e, d, c, map, 3, now_s, &err));
	assert_int_equal(e.n_users, 3);
	for (uint32_t u = 0; u < e.n_users; u++)
		for (uint64_t i = e.row_ptr[u]; i < e.row_ptr[u + 1]; i++)
			assert_done(rs_buf_addf(&got, &err, "%u:%u*%g ", u + 1, e.item[i],
			                        (double)(e.weight == NULL ? 1 : e.weight[i])));
	assert_string_equal(rs_buf_str(&got, &err), want);
	rs_buf_release(&got);
	rs_events_release(&e);
}

static void everything_counts_by_default(void **state)
{
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	expect(&c, NULL, INT64_MIN, "1:0*1 1:1*1 1:2*1 2:0*1 2:2*1 3:1*1 ");
	c.min_value = 3;
	expect(&c, NULL, INT64_MIN, "1:1*1 2:2*1 3:1*1 ");
}

static void types_without_case_with_weights_and_limits(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	assert_done(rs_choice_parse_event(&c, "BUY:weight=5", &err));
	expect(&c, NULL, INT64_MIN, "1:1*5 1:2*5 2:0*5 ");
	assert_done(rs_choice_parse_event(&c, "view:min=2", &err));
	expect(&c, NULL, INT64_MIN, "1:1*5 1:2*5 2:0*5 3:1*1 ");
	c.min_value = 3; /* both limits hold */
	expect(&c, NULL, INT64_MIN, "1:1*5 3:1*1 ");
}

static void items_are_mapped_or_left_out(void **state)
{
	static const uint32_t map[] = { 2, RS_NONE, 0 };
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	expect(&c, map, INT64_MIN, "1:2*1 1:0*1 2:2*1 2:0*1 ");
}

static void weights_fade_with_age(void **state)
{
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	c.half_life_days = 1;
	expect(&c, NULL, INT64_MIN, "1:0*0.25 1:1*0.5 1:2*1 2:0*0.5 2:2*1 3:1*0.25 ");
	expect(&c, NULL, 86400, "1:0*0.5 1:1*1 1:2*1 2:0*1 2:2*1 3:1*0.5 "); /* the future is not worth more */
}

static void dislike_is_a_weight_below_0(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	assert_done(rs_choice_parse_event(&c, "view:weight=-2", &err));
	assert_done(rs_choice_parse_event(&c, "buy", &err));
	expect(&c, NULL, INT64_MIN, "1:0*-2 1:1*1 1:2*1 2:0*1 3:1*-2 ");
	c.half_life_days = 1;
	expect(&c, NULL, INT64_MIN, "1:0*-0.5 1:1*0.5 1:2*1 2:0*0.5 3:1*-0.5 ");
}

/* Nulls are 1, 0 does not count; a column of another dataset that is not there is passed over. */
static void weights_from_a_column(void **state)
{
	struct rs_column qty = { .name = d->context[0].name, .type = RS_TYPE_NUMBER, .n_rows = 6 }, kept = d->context[0];
	double number[] = { 2, NAN, 0, 3, .5, 1 };
	struct rs_err err = RS_ERR_INIT;
	struct rs_choice c;
	struct rs_events e;

	(void)state;
	qty.number = number;
	rs_choice_init(&c);
	snprintf(c.weight_column, sizeof c.weight_column, "device");
	assert_int_equal(rs_events_make(&e, d, &c, NULL, 3, INT64_MIN, &err), RS_EDATA);
	assert_string_equal(err.text, "weight column \"device\": not a column of numbers");
	d->context[0] = qty;
	expect(&c, NULL, INT64_MIN, "1:0*2 1:1*1 2:0*3 2:2*0.5 3:1*1 ");
	d->context[0] = kept;
	snprintf(c.weight_column, sizeof c.weight_column, "Value");
	expect(&c, NULL, INT64_MIN, "1:0*1 1:1*5 1:2*1 2:0*2 2:2*4 3:1*3 ");
	snprintf(c.weight_column, sizeof c.weight_column, "absent");
	expect(&c, NULL, INT64_MIN, "1:0*1 1:1*1 1:2*1 2:0*1 2:2*1 3:1*1 ");
}

static void expect_trimmed(double min, double max, uint32_t last, const char *want)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf got = RS_BUF_INIT;
	struct rs_choice c;
	struct rs_events e;

	rs_choice_init(&c);
	assert_done(rs_events_make(&e, d, &c, NULL, 3, INT64_MIN, &err));
	c.min_history = min;
	c.max_history = max;
	c.last_events = last;
	assert_done(rs_events_trim(&e, &c, &err));
	for (uint32_t u = 0; u < e.n_users; u++)
		for (uint64_t i = e.row_ptr[u]; i < e.row_ptr[u + 1]; i++)
			assert_done(rs_buf_addf(&got, &err, "%u:%u@%d ", u + 1, e.item[i], (int)(e.time_s[i] / 86400)));
	assert_string_equal(rs_buf_str(&got, &err), want);
	rs_buf_release(&got);
	rs_events_release(&e);
}

/* Histories of 3, 2 and 1 events. */
static void short_long_and_old_histories_go(void **state)
{
	(void)state;
	expect_trimmed(0, 0, 0, "1:0@0 1:1@1 1:2@2 2:0@1 2:2@2 3:1@0 ");
	expect_trimmed(0, 1, 0, "1:0@0 1:1@1 1:2@2 2:0@1 2:2@2 3:1@0 ");
	expect_trimmed(.5, 1, 0, "1:0@0 1:1@1 1:2@2 2:0@1 2:2@2 ");
	expect_trimmed(0, .99, 0, "2:0@1 2:2@2 3:1@0 ");
	expect_trimmed(.5, .5, 0, "2:0@1 2:2@2 ");
	expect_trimmed(0, 0, 1, "1:2@2 2:2@2 3:1@0 ");
	expect_trimmed(.5, 1, 2, "1:1@1 1:2@2 2:0@1 2:2@2 ");
}

static void rows_of_some_users(void **state)
{
	static const uint32_t users[] = { 2, 0, 2 }, want[] = { 1, 0, 1, 2, 1 };
	struct rs_err err = RS_ERR_INIT;
	struct rs_events e, some;
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	assert_done(rs_events_make(&e, d, &c, NULL, 3, INT64_MIN, &err));
	assert_done(rs_events_rows(&some, &e, users, 3, &err));
	assert_int_equal(some.row_ptr[3], 5);
	assert_memory_equal(some.item, want, sizeof want);
	assert_int_equal(some.time_s[2], 86400);
	rs_events_release(&e);
	rs_events_release(&some);
}

static void what_is_missing_is_said(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	uint16_t *type = d->type;
	struct rs_events e;
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	assert_done(rs_choice_parse_event(&c, "buy", &err));
	d->type = NULL;
	assert_int_equal(rs_events_make(&e, d, &c, NULL, 3, INT64_MIN, &err), RS_EDATA);
	assert_string_equal(err.text, "the events have no types: they cannot be chosen with --event");
	d->type = type;
}

static void specifications(void **state)
{
	static const char *const good[] = { "a", "a:b", "a:min=-1.5", "a:weight=2:min=1", "a:min=1:weight=.5", "min=3" };
	static const char *const bad[] = { "",
		                           ":min=1",
		                           "a:min=x",
		                           "a:min=1e60",
		                           "a:weight=-2e6",
		                           "a:weight=nan",
		                           "a:weight=",
		                           "a:weight=1:weight=2",
		                           "0123456789012345678901234567890123456789012345678901234567890123" };
	struct rs_err err = RS_ERR_INIT;
	struct rs_choice c;
	char type[16];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		rs_choice_init(&c);
		assert_done(rs_choice_parse_event(&c, good[i], &err));
		assert_int_equal(rs_choice_parse_event(&c, good[i], &err), RS_EUSAGE); /* each type once */
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		rs_choice_init(&c);
		assert_int_equal(rs_choice_parse_event(&c, bad[i], &err), RS_EUSAGE);
	}
	rs_choice_init(&c);
	for (int i = 0; i < 32; i++) {
		snprintf(type, sizeof type, "t%d", i);
		assert_done(rs_choice_parse_event(&c, type, &err));
	}
	assert_int_equal(rs_choice_parse_event(&c, "t32", &err), RS_EUSAGE);
}

static void objectives(void **state)
{
	static const char *const bad[] = { "", ":low", "PRICE:huge", "a:b",
		                           "0123456789012345678901234567890123456789012345678901234567890123" };
	struct rs_err err = RS_ERR_INIT;
	struct rs_choice c;

	(void)state;
	rs_choice_init(&c);
	assert_done(rs_choice_parse_objective(&c, "PRICE", &err));
	assert_true(strcmp(c.objective, "PRICE") == 0 && c.sensitivity == RS_SENSITIVITY_MEDIUM);
	assert_done(rs_choice_parse_objective(&c, "P:HIGH", &err));
	assert_true(strcmp(c.objective, "P") == 0 && c.sensitivity == RS_SENSITIVITY_HIGH);
	assert_done(rs_choice_parse_objective(&c, "PRICE:off", &err));
	assert_true(c.sensitivity == RS_SENSITIVITY_OFF);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(rs_choice_parse_objective(&c, bad[i], &err), RS_EUSAGE);
}

static void json_there_and_back(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf a = RS_BUF_INIT, b = RS_BUF_INIT;
	struct rs_choice c, back;
	json_t *o = json_object(), *again = json_object();

	(void)state;
	rs_choice_init(&c);
	assert_done(rs_choice_parse_event(&c, "buy:weight=0.1:min=4", &err));
	assert_done(rs_choice_parse_event(&c, "view", &err));
	c.min_value = 3.5f;
	c.half_life_days = 30;
	c.min_history = .25;
	c.max_history = .5;
	c.last_events = 100;
	snprintf(c.weight_column, sizeof c.weight_column, "QTY");
	assert_done(rs_choice_parse_objective(&c, "PRICE:low", &err));
	assert_done(rs_choice_to_json(&c, o, &err));
	assert_done(rs_json_print(o, &a, &err));
	assert_done(rs_choice_from_json(&back, o, &err));
	assert_done(rs_choice_to_json(&back, again, &err));
	assert_done(rs_json_print(again, &b, &err));
	assert_string_equal(rs_buf_str(&a, &err), rs_buf_str(&b, &err));
	assert_string_equal(a.p, "{\"events\":[{\"min\":4.0,\"type\":\"buy\",\"weight\":0.10000000000000001},"
	                         "{\"type\":\"view\"}],\"half_life_days\":30.0,\"last_events\":100,\"max_history\":0.5,"
	                         "\"min_history\":0.25,\"min_value\":3.5,"
	                         "\"objective\":{\"column\":\"PRICE\",\"sensitivity\":\"low\"},\"weight_column\":\"QTY\"}");
	assert_true(back.rule[0].weight == 0.1f);
	json_decref(o);
	json_decref(again);
	rs_buf_release(&a);
	rs_buf_release(&b);
}

static void json_from_outside(void **state)
{
	static const char *const bad[] = { "[]", "{\"events\":1}", "{\"events\":[{}]}", "{\"events\":[{\"type\":\"\"}]}",
		                           "{\"events\":[{\"type\":\"a\",\"weight\":-1e7}]}", "{\"min_value\":\"x\"}",
		                           "{\"half_life_days\":-1}", "{\"min_history\":2}", "{\"max_history\":1.5}",
		                           "{\"min_history\":0.5,\"max_history\":0.4}", "{\"last_events\":-1}",
		                           "{\"weight_column\":\"\"}", "{\"objective\":1}",
		                           "{\"objective\":{\"column\":\"P\",\"sensitivity\":\"huge\"}}" };
	struct rs_err err = RS_ERR_INIT;
	struct rs_choice c;
	char deep[200];
	json_t *o;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_done(rs_json_parse(&o, bad[i], strlen(bad[i]), &err));
		assert_int_equal(rs_choice_from_json(&c, o, &err), RS_EDATA);
		json_decref(o);
	}
	memset(deep, '[', sizeof deep);
	assert_int_equal(rs_json_parse(&o, deep, sizeof deep, &err), RS_EDATA);
	assert_string_equal(err.text, "JSON nested deeper than 64 at byte 64");
	assert_int_equal(rs_json_parse(&o, "{\"a\":1,\"a\":2}", 13, &err), RS_EDATA);
	assert_int_equal(rs_json_parse(&o, "{\"a\":", 5, &err), RS_EDATA);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_counts_by_default),
		cmocka_unit_test(types_without_case_with_weights_and_limits),
		cmocka_unit_test(items_are_mapped_or_left_out),
		cmocka_unit_test(weights_fade_with_age),
		cmocka_unit_test(dislike_is_a_weight_below_0),
		cmocka_unit_test(weights_from_a_column),
		cmocka_unit_test(short_long_and_old_histories_go),
		cmocka_unit_test(rows_of_some_users),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(specifications),
		cmocka_unit_test(objectives),
		cmocka_unit_test(json_there_and_back),
		cmocka_unit_test(json_from_outside),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
