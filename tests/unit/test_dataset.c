/* test_dataset.c -- building, writing, reading, joining, picking parts, looking one user up. */
#include "tests/unit/sample.h"

#include "lib/data/provenance.h"

#include <sys/stat.h>

static const struct sample_row few[] = {
	{ "u2", "b", "view", "tv", 30, 1 },   { "u1", "c", "Buy", NULL, 10, 2 }, { "u1", "a", NULL, "tv", 10, NAN },
	{ "u2", "b", "view", "tv", 30, 1 },   { "u1", "a", "view", "tv", 5, 3 }, { "u1", "a", NULL, "phone", 10, NAN },
	{ "u2", "b", "view", "tv", 30, 1.5 },
};
#define N_FEW (sizeof few / sizeof few[0])

static const char *path = "d.rsd";

static void rows_are_sorted_and_merged(void **state)
{
	struct rs_dataset *d = sample_build(few, N_FEW, false);
	static const uint32_t item[] = { 0, 0, 0, 2, 1, 1 };
	static const int64_t time_s[] = { 5, 10, 10, 10, 30, 30 };

	(void)state;
	assert_int_equal(d->user_key.n, 2);
	assert_int_equal(d->item_key.n, 3);
	assert_int_equal(d->n_events, 6);
	assert_int_equal(d->n_duplicates, 1);
	assert_int_equal(d->row_ptr[1], 4);
	assert_memory_equal(d->item, item, sizeof item);
	assert_memory_equal(d->time_s, time_s, sizeof time_s);
	assert_true(d->value[4] == 1 && d->value[5] == 1.5f);
	assert_true(isnan(d->value[1]));
	assert_int_equal(d->type_key.n, 2);
	assert_int_equal(d->type[0], 1); /* "view" after "Buy" */
	assert_int_equal(d->type[1], UINT16_MAX);
	/* "phone" before "tv" where all else is equal */
	assert_int_equal(d->context[0].code[d->context[0].ptr[1]], 0);
	assert_int_equal(d->context[0].code[d->context[0].ptr[2]], 1);
	rs_dataset_free(d);
}

static void duplicates_can_be_kept(void **state)
{
	struct rs_dataset *d = sample_build(few, N_FEW, true);

	(void)state;
	assert_int_equal(d->n_events, 7);
	assert_int_equal(d->n_duplicates, 0);
	rs_dataset_free(d);
}

static void order_of_rows_and_threads_do_not_matter(void **state)
{
	struct sample_row *row = sample_rows(3000, 90, 40);
	struct rs_dataset *first = sample_build(row, 3000, false);

	(void)state;
	for (int k = 0; k < 20; k++) {
		struct rs_dataset *d;

		for (uint64_t i = 2999; i > 0; i--) {
			uint64_t j = rs_rand_below(i + 1, (uint64_t)k, RS_RNG_TEST, i, 9);
			struct sample_row t = row[i];

			row[i] = row[j];
			row[j] = t;
		}
		rs_threads_set(k % 8 + 1);
		d = sample_build(row, 3000, false);
		assert_same_dataset(d, first);
		rs_dataset_free(d);
	}
	rs_threads_set(0);
	rs_dataset_free(first);
	free(row);
}

static void times_that_no_key_can_hold(void **state)
{
	struct sample_row *row = sample_rows(3000, 9, 40);
	struct rs_dataset *near = sample_build(row, 3000, false), *far;

	(void)state;
	for (int i = 0; i < 3000; i++) /* the same order, from one end of time to the other */
		row[i].time_s = (row[i].time_s - 1700000025) * (INT64_MAX / 25);
	far = sample_build(row, 3000, false);
	assert_int_equal(far->n_events, near->n_events);
	assert_memory_equal(far->row_ptr, near->row_ptr, 10 * sizeof *far->row_ptr);
	assert_memory_equal(far->item, near->item, far->n_events * sizeof *far->item);
	assert_memory_equal(far->type, near->type, far->n_events * sizeof *far->type);
	for (uint64_t e = 0; e < far->n_events; e++)
		assert_true(far->time_s[e] == (near->time_s[e] - 1700000025) * (INT64_MAX / 25));
	rs_dataset_free(near);
	rs_dataset_free(far);
	free(row);
}

static void zeros_and_nulls_have_one_form(void **state)
{
	float other_nan;
	uint32_t bits = 0xffc12345u;
	struct sample_row a[] = { { "u", "i", NULL, NULL, 1, 0.0f }, { "u", "j", NULL, NULL, 1, NAN } };
	struct sample_row b[] = { { "u", "i", NULL, NULL, 1, -0.0f }, { "u", "j", NULL, NULL, 1, 0 } };
	struct rs_dataset *da, *db;

	(void)state;
	memcpy(&other_nan, &bits, 4);
	b[1].value = other_nan;
	da = sample_build(a, 2, false);
	db = sample_build(b, 2, false);
	assert_same_dataset(da, db);
	rs_dataset_free(da);
	rs_dataset_free(db);
}

static void a_file_gives_back_what_was_written(void **state)
{
	struct sample_row *row = sample_rows(3000, 90, 40);
	struct rs_dataset *d = sample_build(row, 3000, false), *back;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_dataset_write(d, path, &err));
	assert_done(rs_dataset_open(&back, &path, 1, RS_NEED_ALL, &err));
	assert_same_dataset(d, back);
	rs_dataset_free(back);
	assert_done(rs_dataset_open(&back, &path, 1, RS_NEED_TIME, &err));
	assert_non_null(back->time_s);
	assert_null(back->value);
	assert_null(back->type);
	assert_int_equal(back->n_context, 0);
	rs_dataset_free(back);
	rs_dataset_free(d);
	free(row);
	unlink(path);
}

static void an_empty_dataset_is_a_dataset(void **state)
{
	struct rs_dataset *d = sample_build(few, 0, false), *back;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_dataset_write(d, path, &err));
	assert_done(rs_dataset_open(&back, &path, 1, RS_NEED_ALL, &err));
	assert_int_equal(back->n_events, 0);
	rs_dataset_free(back);
	rs_dataset_free(d);
	unlink(path);
}

static void files_join_to_what_one_file_would_hold(void **state)
{
	struct sample_row *row = sample_rows(3000, 90, 40);
	struct rs_dataset *whole = sample_build(row, 3000, false), *a = sample_build(row, 2000, false),
	                  *b = sample_build(row + 1000, 2000, false), *joined;
	static const char *const both[] = { "a.rsd", "b.rsd" };
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_dataset_write(a, both[0], &err));
	assert_done(rs_dataset_write(b, both[1], &err));
	assert_done(rs_dataset_open(&joined, both, 2, RS_NEED_ALL, &err));
	assert_same_dataset(joined, whole);
	rs_dataset_free(joined);
	assert_done(rs_dataset_open(&joined, both, 2, 0, &err)); /* repeats are found by columns that nobody asked for */
	assert_int_equal(joined->n_events, whole->n_events);
	assert_null(joined->value);
	rs_dataset_free(joined);
	rs_dataset_free(a);
	rs_dataset_free(b);
	rs_dataset_free(whole);
	free(row);
	unlink(both[0]);
	unlink(both[1]);
}

static void a_part_is_what_was_never_more(void **state)
{
	struct sample_row *row = sample_rows(3000, 90, 40), *rest = malloc(3000 * sizeof *rest);
	struct rs_dataset *whole = sample_build(row, 3000, false), *want, *part;
	uint8_t keep_user[90] = { 0 }, keep_item[40] = { 0 };
	struct rs_err err = RS_ERR_INIT;
	uint64_t n = 0;

	(void)state;
	for (uint32_t u = 0; u < whole->user_key.n; u++)
		keep_user[u] = u % 3 != 0;
	for (uint32_t i = 0; i < whole->item_key.n; i++)
		keep_item[i] = i % 5 != 2;
	for (uint64_t i = 0; i < 3000; i++)
		if (keep_user[rs_keys_find(&whole->user_key, row[i].user, strlen(row[i].user))] &&
		    keep_item[rs_keys_find(&whole->item_key, row[i].item, strlen(row[i].item))])
			rest[n++] = row[i];
	want = sample_build(rest, n, false);
	assert_done(rs_dataset_subset(&part, whole, NULL, keep_user, keep_item, true, &err));
	assert_same_dataset(part, want);
	rs_dataset_free(part);
	rs_dataset_free(want);
	rs_dataset_free(whole);
	free(row);
	free(rest);
}

/* The users of d one by one, looked up, against a subset of d. */
static void check_lookups(const struct rs_dataset *d, const char *const *paths, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_dataset *one, *want;
	uint8_t *some = calloc(d->user_key.n, 1);
	struct rs_keys who;

	for (uint32_t u = 0; u < d->user_key.n; u += 7) {
		uint8_t *keep = calloc(d->user_key.n, 1);
		size_t len;
		const char *key = rs_keys_get(&d->user_key, u, &len);

		keep[u] = some[u] = 1;
		assert_done(sample_look_up(&one, paths, n, key, len, &err));
		assert_done(rs_dataset_subset(&want, d, NULL, keep, NULL, true, &err));
		assert_int_equal(one->user_key.n, 1);
		assert_int_equal(one->n_events, want->n_events);
		assert_int_equal(one->item_key.n, want->item_key.n);
		assert_memory_equal(one->item, want->item, want->n_events * 4);
		assert_memory_equal(one->time_s, want->time_s, want->n_events * 8);
		assert_memory_equal(one->value, want->value, want->n_events * 4);
		assert_memory_equal(one->item_key.bytes, want->item_key.bytes, want->item_key.off[want->item_key.n]);
		assert_memory_equal(one->context[0].code, want->context[0].code,
		                    want->context[0].ptr[want->n_events] * 4);
		assert_int_equal(one->context[0].dict.n, want->context[0].dict.n);
		rs_dataset_free(one);
		rs_dataset_free(want);
		free(keep);
	}
	assert_done(rs_keys_subset(&who, &d->user_key, some, &err));
	assert_done(rs_dataset_lookup(&one, paths, n, &who, &err));
	assert_done(rs_dataset_subset(&want, d, NULL, some, NULL, true, &err));
	assert_int_equal(one->user_key.n, who.n);
	assert_memory_equal(one->row_ptr, want->row_ptr, (who.n + 1) * 8);
	assert_memory_equal(one->item, want->item, want->n_events * 4);
	assert_memory_equal(one->time_s, want->time_s, want->n_events * 8);
	rs_dataset_free(one);
	rs_dataset_free(want);
	rs_keys_release(&who);
	free(some);
	assert_done(sample_look_up(&one, paths, n, "nobody", 6, &err));
	assert_int_equal(one->user_key.n, 0);
	assert_int_equal(one->n_events, 0);
	rs_dataset_free(one);
}

static void one_user_is_found_without_the_rest(void **state)
{
	struct sample_row *row = sample_rows(3000, 90, 40);
	struct rs_dataset *whole = sample_build(row, 3000, false), *a = sample_build(row, 1500, false),
	                  *b = sample_build(row + 1500, 1500, false);
	static const char *const both[] = { "a.rsd", "b.rsd" };
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_dataset_write(whole, path, &err));
	check_lookups(whole, &path, 1);
	assert_done(rs_dataset_write(a, both[0], &err));
	assert_done(rs_dataset_write(b, both[1], &err));
	check_lookups(whole, both, 2);
	rs_dataset_free(a);
	rs_dataset_free(b);
	rs_dataset_free(whole);
	free(row);
	unlink(path);
	unlink(both[0]);
	unlink(both[1]);
}

/* Of two files with the same events, beside one that keeps equal events or not. */
/* A file too large to be verified whole, whose rows of one user lead beyond the events. */
static void a_range_beyond_the_events_is_damage(void **state)
{
	const uint64_t n = 1200000;
	struct sample_row *row = sample_rows(n, 90, 40);
	struct rs_err err = RS_ERR_INIT;
	struct rs_dataset *d, *one;
	struct stat st;
	const char *key;
	size_t len;

	(void)state;
	for (uint64_t i = 0; i < n; i++) { /* hardly to be packed */
		row[i].time_s = (int64_t)rs_rand_below(200000000000, 2, RS_RNG_TEST, i, 0);
		row[i].value = (float)rs_rand_below(1u << 24, 2, RS_RNG_TEST, i, 1);
	}
	d = sample_build(row, n, false);
	for (int in_column = 0; in_column < 2; in_column++) {
		uint64_t *place = in_column ? &d->context[0].ptr[d->row_ptr[45]] : &d->row_ptr[45], right = *place;

		*place = (uint64_t)1 << 37;
		assert_done(rs_dataset_write(d, path, &err));
		*place = right;
		assert_true(stat(path, &st) == 0 && st.st_size > 8 << 20);
		key = rs_keys_get(&d->user_key, 3, &len);
		assert_done(sample_look_up(&one, &path, 1, key, len, &err)); /* what is wrong elsewhere is not looked at */
		rs_dataset_free(one);
		rs_mem_set_cap((uint64_t)1 << 32); /* refused before memory is taken for it */
		for (uint32_t u = 44; u <= 45; u++) {
			key = rs_keys_get(&d->user_key, u, &len);
			assert_int_equal(sample_look_up(&one, &path, 1, key, len, &err), RS_EDATA);
			assert_memory_equal(err.text, "d.rsd: ", 7);
			assert_null(strstr(err.text + 7, "d.rsd")); /* said once */
			err = (struct rs_err)RS_ERR_INIT;
		}
		rs_mem_set_cap(0);
	}
	rs_dataset_free(d);
	free(row);
	unlink(path);
}

static void equal_events_are_kept_where_one_file_says_so(void **state)
{
	static const char *const three[] = { "a.rsd", "b.rsd", "c.rsd" };
	struct sample_row *row = sample_rows(600, 60, 40);
	struct rs_dataset *all = sample_build(row, 600, false), *d;
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_done(rs_dataset_write(all, three[0], &err));
	assert_done(rs_dataset_write(all, three[2], &err));
	for (int keep = 0; keep < 2; keep++) {
		struct rs_dataset *one = sample_build(row, 1, keep != 0);

		assert_done(rs_dataset_write(one, three[1], &err));
		assert_done(rs_dataset_open(&d, three, 3, RS_NEED_ALL, &err));
		assert_int_equal(d->n_events, keep == 0 ? all->n_events : 2 * all->n_events + 1);
		check_lookups(d, three, 3);
		rs_dataset_free(d);
		rs_dataset_free(one);
	}
	rs_dataset_free(all);
	free(row);
	for (int i = 0; i < 3; i++)
		unlink(three[i]);
}

static void rows_of_tables_are_replaced_by_later_ones(void **state)
{
	static const char *const cell[2][2] = { { "red", "green" }, { "blue", NULL } };
	static const char *const key[2][2] = { { "i1", "i2" }, { "i2", "i3" } };
	struct rs_dataset *d[2], *joined;
	struct rs_err err = RS_ERR_INIT;
	const struct rs_column *c;
	uint32_t ix, *place;
	size_t n;

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct rs_rows r = { 0 };
		struct rs_table_in t = { .n_columns = 1 };
		struct rs_keymap *map;

		assert_done(rs_keymap_new(&r.user_map, &err));
		assert_done(rs_keymap_new(&r.item_map, &err));
		assert_done(rs_keymap_new(&map, &err));
		for (int i = 0; i < 2; i++)
			assert_done(rs_keymap_add(map, key[k][i], 2, &ix, &err));
		assert_done(rs_keys_from_map(&t.key, map, &place, &err));
		rs_free(place);
		t.column = rs_array0(1, sizeof *t.column, &err);
		sample_category(t.column, "Colour", cell[k], 2);
		assert_done(rs_dataset_build(&d[k], &r, NULL, &t, false, &err));
		rs_keymap_free(map);
		rs_keymap_free(r.user_map);
		rs_keymap_free(r.item_map);
	}
	assert_done(rs_dataset_union(&joined, (const struct rs_dataset *const *)d, 2, &err));
	assert_int_equal(joined->item_key.n, 3);
	c = rs_column_find(joined->items.column, joined->items.n_columns, "co_lour");
	assert_non_null(c);
	assert_int_equal(c->dict.n, 2); /* "green" was replaced and is gone */
	assert_memory_equal(rs_keys_get(&c->dict, c->code[c->ptr[0]], &n), "red", 3);
	assert_memory_equal(rs_keys_get(&c->dict, c->code[c->ptr[1]], &n), "blue", 4);
	assert_int_equal(c->ptr[2], c->ptr[3]);
	rs_dataset_free(joined);
	rs_dataset_free(d[0]);
	rs_dataset_free(d[1]);
}

/* A dataset whose file remembers one step. */
static void write_with_step(const char *name, const char *step, const char *before)
{
	struct rs_dataset *d = sample_build(few, 2, false);
	struct rs_err err = RS_ERR_INIT;

	assert_done(rs_buf_adds(&d->prov, before, &err));
	assert_done(rs_prov_set_step(step, &err));
	assert_done(rs_dataset_write(d, name, &err));
	assert_done(rs_prov_set_step(NULL, &err));
	rs_dataset_free(d);
}

static void steps_are_remembered_once(void **state)
{
	static const char *const both[] = { "a.rsd", "b.rsd" };
	char *many = malloc(5001 * 6 + 1);
	struct rs_err err = RS_ERR_INIT;
	struct rs_dataset *d;

	(void)state;
	write_with_step(both[0], "step two", "step one\n");
	write_with_step(both[1], "step three", "step one\n");
	assert_done(rs_dataset_open(&d, both, 2, RS_NEED_ALL, &err));
	assert_string_equal(rs_buf_str(&d->prov, &err), "step one\nstep two\nstep three\n");
	rs_dataset_free(d);
	for (int i = 0; i <= 5000; i++)
		snprintf(many + i * 6, 7, "%05d\n", i);
	write_with_step(both[0], "step two", many); /* too much to be kept, and the file can be read all the same */
	assert_done(rs_dataset_open(&d, both, 1, RS_NEED_ALL, &err));
	assert_int_equal(d->prov.n, 0);
	rs_dataset_free(d);
	free(many);
	unlink(both[0]);
	unlink(both[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sorted_and_merged),
		cmocka_unit_test(duplicates_can_be_kept),
		cmocka_unit_test(order_of_rows_and_threads_do_not_matter),
		cmocka_unit_test(times_that_no_key_can_hold),
		cmocka_unit_test(zeros_and_nulls_have_one_form),
		cmocka_unit_test(a_file_gives_back_what_was_written),
		cmocka_unit_test(an_empty_dataset_is_a_dataset),
		cmocka_unit_test(files_join_to_what_one_file_would_hold),
		cmocka_unit_test(a_part_is_what_was_never_more),
		cmocka_unit_test(one_user_is_found_without_the_rest),
		cmocka_unit_test(a_range_beyond_the_events_is_damage),
		cmocka_unit_test(equal_events_are_kept_where_one_file_says_so),
		cmocka_unit_test(rows_of_tables_are_replaced_by_later_ones),
		cmocka_unit_test(steps_are_remembered_once),
	};

	return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
