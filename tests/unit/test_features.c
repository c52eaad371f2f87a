/* test_features.c -- attribute columns as features: against plain loops, through a file, for one looked-up user. */
#include "tests/unit/sample.h"

#include "lib/data/column.h"
#include "lib/data/features.h"
#include "lib/data/terms.h"

/* ---- terms ---- */

struct seen {
	char text[4096];
	size_t n;
};

static int note(void *ctx, const char *p, size_t n, struct rs_err *err)
{
	struct seen *s = ctx;

	(void)err;
	memcpy(s->text + s->n, p, n);
	s->n += n;
	s->text[s->n++] = ' ';
	return 0;
}

static void assert_terms(const char *text, uint32_t gram, const char *want)
{
	struct seen s = { .n = 0 };
	struct rs_err err = RS_ERR_INIT;

	assert_done(rs_terms_each(text, strlen(text), gram, note, &s, &err));
	s.text[s.n] = 0;
	assert_string_equal(s.text, want);
}

static void text_falls_into_words(void **state)
{
	(void)state;
	assert_terms("", 0, "");
	assert_terms("Toy Story (1995)", 0, "toy story 1995 ");
	assert_terms("It's  a-test,\n\tisn't it?", 0, "it s a test isn t it ");
	assert_terms("\xc3\x89" "COLE \xce\x91\xce\x92 \xd0\x96\xd0\x81", 0,
	             "\xc3\xa9" "cole \xce\xb1\xce\xb2 \xd0\xb6\xd1\x91 ");
	assert_terms("a<b>bold</b><br/>c < d", 0, "a bold c d ");
	assert_terms("\xe6\x9d\xb1\xe4\xba\xac x", 0, "\xe6\x9d\xb1 \xe4\xba\xac \xe6\x9d\xb1\xe4\xba\xac x ");
	assert_terms("a\xff\xfe" "b\xc3", 0, "a b ");
	assert_terms("ab", 3, "ab \1\2ab \1" "ab\3 ");
	assert_terms("a", 5, "a \1\2a\3 ");
}

/* ---- random columns against plain loops ---- */

#define ROWS 60

struct table {
	struct rs_column column[3]; /* "kind" (several values), "size" (number), "words" (text) */
	bool has[ROWS][4];          /* kind a, b, c, d */
	int word[ROWS][5];          /* how often "w0" .. "w4" */
};

static void make_table(struct table *t, uint64_t seed)
{
	static const char *const kinds[] = { "a", "b", "c", "d" };
	struct rs_column *kind = &t->column[0], *size = &t->column[1], *words = &t->column[2];
	struct rs_err err = RS_ERR_INIT;
	struct rs_keymap *map;
	uint64_t n = 0, n_text = 0;
	uint32_t ix;

	memset(t, 0, sizeof *t);
	assert_done(rs_keymap_new(&map, &err));
	for (int k = 0; k < 4; k++)
		assert_done(rs_keymap_add(map, kinds[k], 1, &ix, &err));
	*kind = (struct rs_column){ .type = RS_TYPE_CATEGORICAL, .n_rows = ROWS, .multi = true };
	*size = (struct rs_column){ .type = RS_TYPE_NUMBER, .n_rows = ROWS };
	*words = (struct rs_column){ .type = RS_TYPE_TEXT, .n_rows = ROWS };
	kind->name = rs_strndup("KIND", 4, &err);
	size->name = rs_strndup("size", 4, &err);
	words->name = rs_strndup("words", 5, &err);
	assert_done(rs_keys_from_map(&kind->dict, map, NULL, &err));
	rs_keymap_free(map);
	kind->ptr = rs_array0(ROWS + 1, 8, &err);
	kind->code = rs_array(ROWS * 3, 4, &err);
	size->number = rs_array(ROWS, 8, &err);
	words->ptr = rs_array0(ROWS + 1, 8, &err);
	words->text = rs_array(ROWS * 16, 1, &err);
	for (uint32_t r = 0; r < ROWS; r++) {
		for (uint64_t k = rs_rand_below(4, seed, RS_RNG_TEST, r, 0); k > 0; k--) {
			uint32_t c = (uint32_t)rs_rand_below(4, seed, RS_RNG_TEST, r, (uint32_t)k);

			c = c == 3 && r % 20 != 0 ? 0 : c; /* d is rare */
			kind->code[n++] = c;
			t->has[r][c] = true;
		}
		kind->ptr[r + 1] = n;
		size->number[r] = r % 7 == 3 ? NAN : (double)rs_rand_below(seed % 2 ? 4 : 40, seed, RS_RNG_TEST, r, 9);
		for (uint64_t k = rs_rand_below(4, seed, RS_RNG_TEST, r, 10); k > 0; k--) {
			int w = (int)rs_rand_below(5, seed, RS_RNG_TEST, r, (uint32_t)(10 + k));

			t->word[r][w]++;
			n_text += (uint64_t)snprintf(words->text + n_text, 16, "W%d ", w);
		}
		words->ptr[r + 1] = n_text;
	}
}

static void free_table(struct table *t)
{
	for (int i = 0; i < 3; i++)
		rs_column_release(&t->column[i]);
}

static double cell(const struct rs_csr *x, uint32_t row, uint32_t col)
{
	for (uint64_t e = x->row_ptr[row]; e < x->row_ptr[row + 1]; e++) {
		assert_true(e == x->row_ptr[row] || x->col[e - 1] < x->col[e]);
		if (x->col[e] == col)
			return (double)x->val[e];
	}
	return 0;
}

/* The feature of that name, or RS_NONE. */
static uint32_t feature(const struct rs_features *f, const char *name)
{
	char buf[64];

	for (uint32_t i = 0; i < f->n; i++)
		if (strcmp(rs_features_name(f, i, buf, sizeof buf), name) == 0)
			return i;
	return RS_NONE;
}

static void assert_same(const struct rs_csr *x, const struct rs_features *f, const struct table *t)
{
	for (uint32_t r = 0; r < ROWS; r++) {
		uint32_t total = 0, b = feature(f, "KIND=b");

		assert_true(cell(x, r, feature(f, "KIND=a")) == (t->has[r][0] ? 1 : 0));
		assert_true(b == RS_NONE || cell(x, r, b) == (t->has[r][1] ? 1 : 0));
		assert_true(cell(x, r, feature(f, "words=w1")) == t->word[r][1]);
		for (uint32_t i = 0; i < f->n_columns; i++) {
			const struct rs_feature_column *c = &f->column[i];

			if (c->type != RS_TYPE_NUMBER)
				continue;
			for (uint32_t k = 0; k < c->n; k++) {
				double v = t->column[1].number[r];
				bool in = (k == 0 || v >= c->cut[k - 1]) && (k == c->n - 1 || v < c->cut[k]);

				assert_true(cell(x, r, c->first + k) == (!isnan(v) && in ? 1 : 0));
				total += cell(x, r, c->first + k) > 0;
			}
		}
		assert_int_equal(total, isnan(t->column[1].number[r]) ? 0 : 1);
	}
}

static void features_equal_plain_loops(void **state)
{
	struct rs_feature_how how = { .min_rows = 5, .bins = 4, .text = true, .max_terms = 100 };
	struct rs_row_set all = { .n = ROWS };

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct table t;
		struct rs_features f, again;
		struct rs_csr x, y;
		struct rs_err err = RS_ERR_INIT;
		struct rs_writer *w;
		struct rs_reader *r;

		make_table(&t, seed);
		assert_done(rs_features_learn(&f, t.column, 3, &all, &how, &err));
		assert_int_equal(f.n_columns, 3);
		assert_int_equal(feature(&f, "KIND=d"), RS_NONE); /* too rare */
		assert_done(rs_features_apply(&x, &f, t.column, 3, &all, &err));
		assert_same(&x, &f, &t);
		assert_done(rs_writer_open(&w, "f.rsm", RS_FILE_MODEL, &err));
		assert_done(rs_features_save(&f, 'U', w, &err));
		assert_done(rs_writer_commit(&w, &err));
		assert_done(rs_reader_open(&r, "f.rsm", RS_FILE_MODEL, &err));
		assert_done(rs_features_load(&again, 'I', r, &err));
		assert_int_equal(again.n, 0);
		assert_done(rs_features_load(&again, 'U', r, &err));
		rs_reader_close(r);
		assert_int_equal(again.n, f.n);
		assert_done(rs_features_apply(&y, &again, t.column, 3, &all, &err));
		assert_int_equal(y.row_ptr[ROWS], x.row_ptr[ROWS]);
		assert_memory_equal(x.col, y.col, x.row_ptr[ROWS] * sizeof *x.col);
		assert_memory_equal(x.val, y.val, x.row_ptr[ROWS] * sizeof *x.val);
		rs_features_release(&f);
		rs_features_release(&again);
		rs_csr_release(&x);
		rs_csr_release(&y);
		free_table(&t);
	}
	unlink("f.rsm");
}

/* Rows in any order, absent ones, columns of another type or under another spelling, values never learned. */
static void other_tables(void **state)
{
	static const char *const cells[] = { "3", "x", "38", NULL };
	struct rs_feature_how how = { .min_rows = 1, .bins = 4 };
	struct rs_row_set all = { .n = ROWS };
	uint32_t pick[] = { 5, RS_NONE, 5, 0 };
	struct rs_row_set some = { .row = pick, .n = 4 }, four = { .n = 4 };
	struct rs_err err = RS_ERR_INIT;
	struct rs_column other[2];
	struct rs_features f;
	struct rs_csr x, y;
	struct table t;

	(void)state;
	make_table(&t, 2);
	assert_done(rs_features_learn(&f, t.column, 3, &all, &how, &err));
	assert_int_equal(f.n_columns, 2); /* no text */
	assert_done(rs_features_apply(&x, &f, t.column, 3, &all, &err));
	assert_done(rs_features_apply(&y, &f, t.column, 3, &some, &err));
	assert_int_equal(y.row_ptr[2] - y.row_ptr[1], 0);
	for (uint32_t i = 0; i < f.n; i++) {
		assert_true(cell(&y, 0, i) == cell(&x, 5, i) && cell(&y, 2, i) == cell(&x, 5, i));
		assert_true(cell(&y, 3, i) == cell(&x, 0, i));
	}
	rs_csr_release(&y);
	sample_category(&other[0], "Size", cells, 4);
	sample_category(&other[1], "k_i-n d", cells, 4);
	assert_done(rs_features_apply(&y, &f, other, 2, &four, &err));
	assert_int_equal(y.row_ptr[4], 2); /* 3 and 38 are sizes; no such kinds */
	for (int i = 0; i < 2; i++)
		rs_column_release(&other[i]);
	rs_csr_release(&x);
	rs_csr_release(&y);
	rs_features_release(&f);
	free_table(&t);
}

static void columns_are_chosen_by_name(void **state)
{
	struct rs_feature_how how = { .min_rows = 1, .bins = 4, .text = true, .max_terms = 100 };
	struct rs_row_set all = { .n = ROWS };
	struct rs_err err = RS_ERR_INIT;
	struct rs_features f;
	struct rs_spec spec;
	struct table t;

	(void)state;
	make_table(&t, 3);
	how.columns = &spec;
	assert_done(rs_spec_parse_list(&spec, "kind,WORDS", &err));
	assert_done(rs_features_learn(&f, t.column, 3, &all, &how, &err));
	assert_int_equal(f.n_columns, 2);
	rs_features_release(&f);
	rs_spec_release(&spec);
	assert_done(rs_spec_parse_list(&spec, "none", &err));
	assert_done(rs_features_learn(&f, t.column, 3, &all, &how, &err));
	assert_int_equal(f.n, 0);
	rs_features_release(&f);
	rs_spec_release(&spec);
	assert_done(rs_spec_parse_list(&spec, "colour", &err));
	assert_int_equal(rs_features_learn(&f, t.column, 3, &all, &how, &err), RS_EUSAGE);
	assert_string_equal(err.text, "no column \"colour\": expected the name of an attribute");
	rs_spec_release(&spec);
	free_table(&t);
}

/* ---- one user of a file ---- */

static void a_looked_up_user_has_attributes(void **state)
{
	static const char *const id[] = { "u0", "u1", "u2" }, *const town[] = { "Bonn", NULL, "Kiel" };
	struct rs_feature_how how = { .min_rows = 1, .bins = 2 };
	struct rs_row_set three = { .n = 3 }, one = { .n = 1 };
	struct rs_err err = RS_ERR_INIT;
	struct rs_rows rows = { 0 };
	struct rs_table_in users = { .n_columns = 2 };
	struct rs_dataset *d, *u;
	struct rs_keymap *map;
	struct rs_features f;
	struct rs_csr x, y;
	const char *path = "users.rsd";
	uint32_t ix;

	(void)state;
	assert_done(rs_keymap_new(&map, &err));
	for (int i = 0; i < 3; i++)
		assert_done(rs_keymap_add(map, id[i], 2, &ix, &err));
	assert_done(rs_keys_from_map(&users.key, map, NULL, &err));
	users.column = rs_array0(2, sizeof *users.column, &err);
	sample_category(&users.column[0], "town", town, 3);
	users.column[1] = (struct rs_column){ .type = RS_TYPE_NUMBER, .n_rows = 3, .name = rs_strndup("age", 3, &err) };
	users.column[1].number = rs_array(3, 8, &err);
	for (int i = 0; i < 3; i++)
		users.column[1].number[i] = 10 * i;
	rows.user_map = rows.item_map = rows.type_map = map;
	assert_done(rs_dataset_build(&d, &rows, &users, NULL, false, &err));
	rs_keymap_free(map);
	assert_done(rs_dataset_write(d, path, &err));
	assert_done(rs_features_learn(&f, d->users.column, 2, &three, &how, &err));
	assert_done(rs_features_apply(&x, &f, d->users.column, 2, &three, &err));
	for (uint32_t i = 0; i < 3; i++) {
		assert_done(sample_look_up(&u, &path, 1, id[i], 2, &err));
		assert_int_equal(u->user_key.n, 1);
		assert_done(rs_features_apply(&y, &f, u->users.column, u->users.n_columns, &one, &err));
		for (uint32_t k = 0; k < f.n; k++)
			assert_true(cell(&y, 0, k) == cell(&x, i, k));
		rs_csr_release(&y);
		rs_dataset_free(u);
	}
	rs_csr_release(&x);
	rs_features_release(&f);
	rs_dataset_free(d);
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_falls_into_words),
		cmocka_unit_test(features_equal_plain_loops),
		cmocka_unit_test(other_tables),
		cmocka_unit_test(columns_are_chosen_by_name),
		cmocka_unit_test(a_looked_up_user_has_attributes),
	};

	return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
