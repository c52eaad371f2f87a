/* test_model.c -- training on a dataset, the file there and back, what must not be in it, damage. */
#include "tests/unit/random_events.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/model/model.h"

#include <fcntl.h>
#include <sys/stat.h>

static char path[64];

/* A table of one column, and of one text; ids whose cell is NULL have no row. */
static void give_table(struct rs_table *t, uint32_t n, const char *name, const char *const *cell)
{
	struct rs_column *text;

	t->column = rs_array0(2, sizeof *t->column, NULL);
	t->present = rs_array(n, 1, NULL);
	for (uint32_t i = 0; i < n; i++)
		t->present[i] = cell[i] != NULL;
	t->n_columns = 2;
	sample_category(&t->column[0], name, cell, n);
	text = &t->column[1];
	*text = (struct rs_column){ .name = rs_strndup("about", 5, NULL), .type = RS_TYPE_TEXT, .n_rows = n };
	text->ptr = rs_array0(n + 1, sizeof *text->ptr, NULL);
	text->text = rs_array((size_t)n * 16 + 1, 1, NULL);
	for (uint32_t i = 0; i < n; i++)
		text->ptr[i + 1] = text->ptr[i] +
		                   (cell[i] == NULL ? 0 : (uint64_t)snprintf(text->text + text->ptr[i], 17, "so %s", cell[i]));
}

static void give_attributes(struct rs_table *t, uint32_t n, const char *name)
{
	static const char *const value[] = { "north", "south", "east" };
	const char *cell[400];

	for (uint32_t i = 0; i < n; i++)
		cell[i] = value[i * i % 3];
	give_table(t, n, name, cell);
}

static struct rs_dataset *dataset(uint32_t n_users)
{
	struct rs_dataset *d;
	struct sample_row row[400];
	static char name[400][2][24];
	uint32_t n = 0;

	for (uint32_t u = 0; u < n_users; u++) {
		for (uint32_t k = 0; k < 2 + u % 7; k++, n++) {
			snprintf(name[n][0], sizeof name[n][0], "secret-user-%03u", u);
			snprintf(name[n][1], sizeof name[n][1], "item-%02u", (u * 5 + k * k) % 23);
			row[n] = (struct sample_row){ name[n][0], name[n][1], k % 2 ? "buy" : "view", NULL, 1000 * k + u,
				                      (float)(k % 5) };
		}
	}
	d = sample_build(row, n, false);
	give_attributes(&d->items, d->item_key.n, "kind");
	give_attributes(&d->users, d->user_key.n, "town");
	return d;
}

static struct rs_model *train(const char *recipe, const struct rs_dataset *d, const struct rs_choice *choice)
{
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;
	struct rs_model *m;

	assert_done(rs_recipe_params(&p, recipe, &err));
	assert_done(rs_model_train(&m, rs_recipe_find(recipe), &p, choice, NULL, d, 42, &err));
	return m;
}

static char *slurp(const char *name, size_t *n)
{
	FILE *f = fopen(name, "rb");
	char *p = rs_array(1 << 20, 1, NULL);

	assert_non_null(f);
	*n = fread(p, 1, 1 << 20, f);
	fclose(f);
	return p;
}

/* Every member that a reader sees is what was trained, for every recipe. */
static void there_and_back(void **state)
{
	struct rs_dataset *d = dataset(40);
	struct rs_choice choice;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_choice_init(&choice);
	assert_done(rs_choice_parse_event(&choice, "buy:weight=3", &err));
	assert_done(rs_choice_parse_event(&choice, "view:min=1", &err));
	choice.half_life_days = 12.5;
	for (size_t r = 0; rs_recipes[r] != NULL; r++) {
		struct rs_model *m = train(rs_recipes[r]->name, d, &choice), *o;

		assert_done(rs_model_write(m, path, &err));
		assert_done(rs_model_open(&o, path, &err));
		assert_ptr_equal(o->recipe, m->recipe);
		assert_int_equal(o->item_key.n, m->item_key.n);
		assert_memory_equal(o->item_key.bytes, m->item_key.bytes, m->item_key.off[m->item_key.n]);
		assert_memory_equal(o->item_users, m->item_users, m->item_key.n * sizeof *m->item_users);
		assert_memory_equal(o->item_prior, m->item_prior, m->item_key.n * sizeof *m->item_prior);
		assert_true(o->n_users == m->n_users && o->n_events == m->n_events && o->newest_s == m->newest_s);
		assert_true(o->seed == 42 && o->choice.n_rules == 2 && o->choice.half_life_days == 12.5);
		assert_memory_equal(o->data_digest, m->data_digest, sizeof m->data_digest);
		for (size_t i = 0; m->params.table[i].name != NULL; i++)
			assert_true(o->params.v[i] == m->params.v[i] ||
			            (isnan(o->params.v[i]) && isnan(m->params.v[i])));
		if (m->recipe->similar != NULL) {
			float a[32], b[32];

			for (uint32_t i = 0; i < m->item_key.n; i++) {
				assert_done(m->recipe->similar(m->state, i, a, &err));
				assert_done(o->recipe->similar(o->state, i, b, &err));
				assert_memory_equal(a, b, m->item_key.n * sizeof *a);
			}
		}
		rs_model_free(m);
		rs_model_free(o);
	}
	rs_dataset_free(d);
}

/* So much that models of it are mapped. */
static struct rs_dataset *big_dataset(void)
{
	enum { USERS = 2000, EACH = 20, N = USERS * EACH };
	static struct sample_row row[N];
	static char name[N][2][8];

	for (uint32_t i = 0; i < N; i++) {
		snprintf(name[i][0], sizeof name[i][0], "u%u", i / EACH);
		snprintf(name[i][1], sizeof name[i][1], "i%u", (i * 7 + i / EACH * (i % 11)) % 1200);
		row[i] = (struct sample_row){ name[i][0], name[i][1], "buy", NULL, i, 1 };
	}
	return sample_build(row, N, false);
}

static void related(const struct rs_model *m)
{
	float scores[1200];

	for (uint32_t i = 0; i < m->item_key.n; i++)
		(void)m->recipe->similar(m->state, i, scores, NULL);
}

/* Somebody writes over a model that is in use, after all of it was found whole. */
static void written_over_while_in_use(void **state)
{
	static const char *const recipe[] = { "itemknn", "slim" };
	const struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct rs_dataset *d = big_dataset();
	struct rs_choice choice;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_choice_init(&choice);
	for (size_t r = 0; r < sizeof recipe / sizeof recipe[0]; r++) {
		struct rs_model *m = train(recipe[r], d, &choice);
		struct rs_out *out;
		struct stat st;
		FILE *f;

		assert_done(rs_model_write(m, path, &err));
		rs_model_free(m);
		assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
		assert_done(rs_model_open(&m, path, &err));
		related(m);
		assert_done(rs_out_open(&out, "/dev/null", &err));
		assert_done(rs_out_commit(&out, &err));
		assert_non_null(f = fopen(path, "r+b"));
		assert_true(fstat(fileno(f), &st) == 0 && st.st_size > 1 << 18);
		for (off_t i = 0; i < st.st_size; i++)
			fputc(0xfe, f);
		fclose(f);
		related(m);
		assert_done(rs_out_open(&out, "/dev/null", &err));
		assert_int_equal(rs_out_commit(&out, &err), RS_EDATA);
		rs_model_free(m);
		assert_done(rs_in_check_mapped(&err));
	}
	rs_dataset_free(d);
}

static void no_user_is_in_the_file(void **state)
{
	struct rs_dataset *d = dataset(40);
	struct rs_choice choice;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_choice_init(&choice);
	for (size_t r = 0; rs_recipes[r] != NULL; r++) {
		struct rs_model *m = train(rs_recipes[r]->name, d, &choice);
		size_t n;
		char *p;

		assert_done(rs_model_write(m, path, &err));
		p = slurp(path, &n);
		assert_null(memmem(p, n, "secret", 6));
		assert_null(memmem(p, n, "user-0", 6));
		rs_free(p);
		rs_model_free(m);
	}
	rs_dataset_free(d);
}

/* The same bytes for any number of threads. */
static void threads_do_not_matter(void **state)
{
	static const int threads[] = { 1, 2, 3, 8 };
	struct rs_dataset *d = dataset(60);
	struct rs_choice choice;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_choice_init(&choice);
	for (size_t r = 0; rs_recipes[r] != NULL; r++) {
		char *first = NULL;
		size_t n_first = 0;

		for (size_t t = 0; t < 4; t++) {
			struct rs_model *m;
			char *p;
			size_t n;

			rs_threads_set(threads[t]);
			m = train(rs_recipes[r]->name, d, &choice);
			assert_done(rs_model_write(m, path, &err));
			rs_model_free(m);
			p = slurp(path, &n);
			if (t == 0) {
				first = p;
				n_first = n;
				continue;
			}
			assert_int_equal(n, n_first);
			assert_memory_equal(p, first, n);
			rs_free(p);
		}
		rs_free(first);
	}
	rs_threads_set(0);
	rs_dataset_free(d);
}

/* Early items of the few come before items that many had late; popularity decides among equals. */
static void the_prior_counts_first_events(void **state)
{
	static const struct sample_row row[] = {
		{ "u1", "a", NULL, NULL, 1, NAN }, { "u1", "b", NULL, NULL, 2, NAN }, { "u1", "c", NULL, NULL, 3, NAN },
		{ "u1", "d", NULL, NULL, 4, NAN }, { "u1", "e", NULL, NULL, 5, NAN }, { "u1", "late", NULL, NULL, 6, NAN },
		{ "u2", "a", NULL, NULL, 1, NAN }, { "u2", "a", NULL, NULL, 2, NAN }, { "u2", "b", NULL, NULL, 3, NAN },
		{ "u2", "a", NULL, NULL, 4, NAN }, { "u2", "b", NULL, NULL, 5, NAN }, { "u2", "late", NULL, NULL, 6, NAN },
		{ "u2", "c", NULL, NULL, 7, NAN },
	};
	struct rs_dataset *d = sample_build(row, sizeof row / sizeof row[0], false);
	struct rs_choice choice;
	struct rs_model *m;
	/* a b c d e late: early 2 2 1 1 1 0, all 2 2 2 1 1 2, of 2 users */
	static const float want[] = { 2 + .4f, 2 + .4f, 1 + .4f, 1 + .2f, 1 + .2f, .4f };

	(void)state;
	rs_choice_init(&choice);
	m = train("popular", d, &choice);
	assert_int_equal(m->item_key.n, 6);
	for (int i = 0; i < 6; i++)
		assert_true(near((double)m->item_prior[i], (double)want[i] + 1e-3 * m->item_users[i] / 3));
	assert_int_equal(m->item_users[5], 2);
	rs_model_free(m);
	rs_dataset_free(d);
}

/* Users and items without an event that counts leave no trace, nor does the way the dataset came to be. */
static void what_does_not_count_leaves_no_trace(void **state)
{
	struct sample_row row[] = { { "u1", "a", "buy", NULL, 1, 3 }, { "u1", "b", "buy", NULL, 2, 4 },
		                    { "u3", "b", "buy", NULL, 3, 3 }, { "u2", "c", "view", NULL, 4, 3 } };
	static const char *const kind[] = { "round", "round", NULL }, *const town[] = { "Bonn", "Kiel", "Bonn" };
	struct rs_dataset *few = sample_build(row, 3, false), *more = sample_build(row, 4, false);
	struct rs_choice choice;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_choice_init(&choice);
	assert_done(rs_choice_parse_event(&choice, "buy", &err));
	assert_done(rs_buf_adds(&few->prov, "rs-import 0.1\n", &err));
	give_table(&few->items, 2, "kind", kind);
	give_table(&more->items, 3, "kind", kind);
	give_table(&more->users, 3, "town", town);
	for (size_t r = 0; rs_recipes[r] != NULL; r++) {
		struct rs_model *m = train(rs_recipes[r]->name, few, &choice), *o = train(rs_recipes[r]->name, more, &choice);
		size_t n, k;
		char *p, *q;

		rs_buf_release(&m->prov);
		assert_int_equal(o->item_key.n, 2);
		assert_int_equal(o->n_users, 2);
		assert_done(rs_model_write(m, path, &err));
		p = slurp(path, &n);
		assert_done(rs_model_write(o, path, &err));
		q = slurp(path, &k);
		assert_int_equal(n, k);
		assert_memory_equal(p, q, n);
		rs_free(p);
		rs_free(q);
		rs_model_free(m);
		rs_model_free(o);
	}
	rs_dataset_free(few);
	rs_dataset_free(more);
}

static void nothing_to_learn_from(void **state)
{
	struct rs_dataset *d = dataset(3);
	struct rs_param_values p;
	struct rs_choice choice;
	struct rs_model *m;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_choice_init(&choice);
	choice.min_value = 1000;
	assert_done(rs_recipe_params(&p, "popular", &err));
	assert_int_equal(rs_model_train(&m, rs_recipe_find("popular"), &p, &choice, NULL, d, 1, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "--min-value"));
	assert_null(m);
	rs_dataset_free(d);
}

static int make_path(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/test_model.%d.rsm", (int)getpid());
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(written_over_while_in_use),
		cmocka_unit_test(no_user_is_in_the_file),
		cmocka_unit_test(threads_do_not_matter),
		cmocka_unit_test(the_prior_counts_first_events),
		cmocka_unit_test(what_does_not_count_leaves_no_trace),
		cmocka_unit_test(nothing_to_learn_from),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
