/* test_filter.c -- random conditions against a plain evaluation, row by row, that shares no code with the compiled one. */
#include "tests/unit/sample.h"

#include "lib/data/synth.h"
#include "lib/filter/eval.h"

#define TRIALS 600
#define LEAVES 8

static struct rs_dataset *d;

static int setup(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_synth_options o;
	struct rs_synth *s;

	(void)state;
	rs_synth_init(&o);
	o.n_users = 60;
	o.n_items = 40;
	o.n_events = 2000;
	o.context = true;
	assert_done(rs_synth_open(&s, &o, &err));
	assert_done(rs_synth_dataset(&d, s, &err));
	rs_synth_close(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rs_dataset_free(d);
	return 0;
}

/* A condition under construction: its text, and for each event 0 false, 1 unknown, 2 true. */
struct made {
	char text[4096];
	uint8_t value[2000];
};

static const char *key_text(const struct rs_keys *k, uint32_t ix, char out[64])
{
	size_t n;
	const char *p = rs_keys_get(k, ix, &n);

	snprintf(out, 64, "%.*s", (int)n, p);
	return out;
}

static uint32_t user_of(uint64_t e)
{
	uint32_t u = 0;

	while (d->row_ptr[u + 1] <= e)
		u++;
	return u;
}

/* Whether a categorical cell has the value; *null. */
static bool cell_has(const struct rs_column *c, uint64_t row, const char *value, bool *null)
{
	char text[64];

	*null = c->ptr[row] == c->ptr[row + 1];
	for (uint64_t i = c->ptr[row]; i < c->ptr[row + 1]; i++)
		if (strcmp(key_text(&c->dict, c->code[i], text), value) == 0)
			return true;
	return false;
}

static uint32_t draw(uint32_t n, uint32_t trial, uint32_t step)
{
	return (uint32_t)rs_rand_below(n, 99, RS_RNG_TEST, trial, step);
}

static void compare(struct made *m, const char *name, double (*of)(uint64_t e), double than, uint32_t sign)
{
	static const char *const signs[] = { "=", "!=", "<", "<=", ">", ">=" };

	snprintf(m->text, sizeof m->text, "%s %s %.17g", name, signs[sign], than);
	for (uint64_t e = 0; e < d->n_events; e++) {
		double x = of(e);
		bool is = sign == 0 ? x == than : sign == 1 ? x != than : sign == 2 ? x < than : sign == 3 ? x <= than :
		          sign == 4 ? x > than : x >= than;

		m->value[e] = isnan(x) ? 1 : is ? 2 : 0;
	}
}

static double time_of(uint64_t e)
{
	return (double)d->time_s[e];
}

static double value_of(uint64_t e)
{
	return d->value[e];
}

static double price_of(uint64_t e)
{
	return rs_column_find(d->items.column, d->items.n_columns, "PRICE")->number[d->item[e]];
}

static void has_value(struct made *m, const char *name, const struct rs_column *c, int whose, bool not, uint32_t value)
{
	char text[64];
	bool null;

	key_text(&c->dict, value % c->dict.n, text);
	snprintf(m->text, sizeof m->text, "%s %s (\"nothing\", '%s')", name, not ? "NOT IN" : "in", text);
	for (uint64_t e = 0; e < d->n_events; e++) {
		uint64_t row = whose == 0 ? e : whose == 1 ? user_of(e) : d->item[e];
		bool has = cell_has(c, row, text, &null);

		m->value[e] = null ? 1 : has != not ? 2 : 0;
	}
}

static void is_null(struct made *m, bool not)
{
	snprintf(m->text, sizeof m->text, "value is %snull", not ? "not " : "");
	for (uint64_t e = 0; e < d->n_events; e++)
		m->value[e] = isnan(d->value[e]) != not ? 2 : 0;
}

static void is_user(struct made *m, uint32_t u)
{
	char text[64];

	snprintf(m->text, sizeof m->text, "User_Id = \"%s\"", key_text(&d->user_key, u, text));
	for (uint64_t e = 0; e < d->n_events; e++)
		m->value[e] = user_of(e) == u ? 2 : 0;
}

static void is_type(struct made *m)
{
	char text[64];

	snprintf(m->text, sizeof m->text, "Interactions.EVENT_TYPE = 'BUY'");
	for (uint64_t e = 0; e < d->n_events; e++)
		m->value[e] = strcmp(key_text(&d->type_key, d->type[e], text), "buy") == 0 ? 2 : 0;
}

static void make_leaf(struct made *m, uint32_t trial, uint32_t step)
{
	uint32_t e = draw(2000, trial, step), more = draw(1000, trial, step + 1), sign = draw(6, trial, step + 2);

	switch (draw(8, trial, step + 3)) {
	case 0: compare(m, "time", time_of, time_of(e), sign); break;
	case 1: compare(m, "EVENT_VALUE", value_of, isnan(value_of(e)) ? 20 : value_of(e), sign); break;
	case 2: compare(m, "Items.price", price_of, isnan(price_of(e)) ? 20 : price_of(e), sign); break;
	case 3: has_value(m, "Tags", rs_column_find(d->items.column, d->items.n_columns, "TAGS"), 2, sign % 2, more); break;
	case 4: has_value(m, "`COUNTRY`", rs_column_find(d->users.column, d->users.n_columns, "COUNTRY"), 1, sign % 2, more);
		break;
	case 5: has_value(m, "device", &d->context[0], 0, sign % 2, more); break;
	case 6: is_user(m, more % 60); break;
	default: sign % 2 ? is_type(m) : is_null(m, sign > 2); break;
	}
}

/* a becomes (a) AND (b), NOT (a) OR (b) and so on; the parentheses are left out where AND and OR do not need them. */
static void join(struct made *a, const struct made *b, uint32_t how)
{
	static char text[sizeof a->text];
	bool negate = how & 1, both = how & 2;

	snprintf(text, sizeof text, both ? "%s(%.1900s) AND (%.1900s)" : "%s(%.1900s) OR %.1900s", negate ? "not " : "",
	         a->text, b->text);
	memcpy(a->text, text, sizeof text);
	for (uint64_t e = 0; e < d->n_events; e++) {
		uint8_t x = negate ? (uint8_t)(2 - a->value[e]) : a->value[e], y = b->value[e];

		a->value[e] = both ? (x < y ? x : y) : (x > y ? x : y);
	}
}

static void random_conditions(void **state)
{
	static struct made all, leaf;
	uint8_t keep[2000];
	struct rs_err err = RS_ERR_INIT;
	uint64_t n_kept = 0;

	(void)state;
	for (uint32_t trial = 0; trial < TRIALS; trial++) {
		struct rs_filter *f;
		uint32_t n = 1 + draw(LEAVES, trial, 0);

		make_leaf(&all, trial, 1);
		for (uint32_t i = 1; i < n; i++) {
			make_leaf(&leaf, trial, 10 * i);
			join(&all, &leaf, draw(4, trial, 10 * i + 9));
		}
		assert_done(rs_filter_parse(&f, all.text, &err));
		assert_done(rs_filter_rows(f, d, RS_FILTER_EVENTS, keep, &err));
		for (uint64_t e = 0; e < d->n_events; e++) {
			if (keep[e] != (all.value[e] == 2))
				fail_msg("event %u: kept %d, want %d: %s", (unsigned)e, keep[e], all.value[e], all.text);
			n_kept += keep[e];
		}
		rs_filter_free(f);
	}
	assert_true(n_kept > 100000 && n_kept < 1000000);
}

/* Long conditions and deep ones stay within their stacks. */
static void long_and_deep(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf b = RS_BUF_INIT;
	struct rs_filter *f;
	uint8_t keep[2000];

	(void)state;
	for (int i = 0; i < 3000; i++)
		assert_done(rs_buf_adds(&b, i % 3 ? "time > 0 AND " : "time < 0 OR ", &err));
	assert_done(rs_buf_adds(&b, "time > 0", &err));
	assert_done(rs_filter_parse(&f, rs_buf_str(&b, &err), &err));
	assert_true(f->depth <= 3);
	assert_done(rs_filter_rows(f, d, RS_FILTER_EVENTS, keep, &err));
	assert_int_equal(keep[0], 1);
	rs_filter_free(f);

	b.n = 0;
	for (int i = 0; i < 64; i++)
		assert_done(rs_buf_adds(&b, i % 2 ? "(" : "time < 0 OR time > 0 AND NOT ", &err));
	assert_done(rs_buf_adds(&b, "time < 0", &err));
	for (int i = 0; i < 32; i++)
		assert_done(rs_buf_addc(&b, ')', &err));
	assert_done(rs_filter_parse(&f, rs_buf_str(&b, &err), &err));
	assert_done(rs_filter_rows(f, d, RS_FILTER_EVENTS, keep, &err));
	rs_filter_free(f);
	rs_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_conditions),
		cmocka_unit_test(long_and_deep),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
