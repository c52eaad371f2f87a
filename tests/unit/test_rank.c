/* test_rank.c -- lists against scores of whole rows, masked and sorted by plain loops. */
#include "tests/unit/sample.h"

#include "lib/data/synth.h"
#include "lib/rank/batch.h"

static struct rs_dataset *d;
static struct rs_model *m;
static struct rs_histories h;

static void make_world(const char *recipe)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_synth_options o;
	struct rs_synth *s;
	struct rs_param_values p;
	struct rs_choice c;

	rs_synth_init(&o);
	o.n_users = 300;
	o.n_items = 1300; /* more than two tiles, and no whole number of them */
	o.n_events = 6000;
	assert_done(rs_synth_open(&s, &o, &err));
	assert_done(rs_synth_dataset(&d, s, &err));
	rs_synth_close(s);
	rs_choice_init(&c);
	assert_done(rs_recipe_params(&p, recipe, &err));
	if (strcmp(recipe, "als") == 0)
		assert_done(rs_params_set(&p, "factors=8", &err));
	assert_done(rs_model_train(&m, rs_recipe_find(recipe), &p, &c, NULL, d, 1, &err));
	assert_true(m->item_key.n > 1024);
	assert_done(rs_histories_make(&h, m, d, NULL, &err));
}

static void drop_world(void)
{
	rs_histories_release(&h);
	rs_model_free(m);
	rs_dataset_free(d);
}

static void score_row(float *row, uint32_t user)
{
	uint32_t tile = rs_batch_tile(m), n = m->item_key.n;
	struct rs_err err = RS_ERR_INIT;
	struct rs_batch b;

	assert_done(rs_batch_open(&b, m, &h, &user, 1, &err));
	for (uint32_t lo = 0; lo < n; lo += tile)
		assert_done(rs_batch_score(&b, lo, n - lo < tile ? n : lo + tile, row + lo, n, &err));
	rs_batch_close(&b);
}

static bool has_seen(uint32_t user, uint32_t item)
{
	for (uint64_t e = h.seen.row_ptr[user]; e < h.seen.row_ptr[user + 1]; e++)
		if (h.seen.item[e] == item)
			return true;
	return false;
}

static int best_first(const void *pa, const void *pb)
{
	const struct rs_pick *a = pa, *b = pb;

	return a->score != b->score ? (a->score < b->score) - (a->score > b->score) : (a->item > b->item) - (a->item < b->item);
}

struct expected {
	const struct rs_rank_options *o;
	const uint32_t *user; /* NULL: all */
	uint32_t next;
	float *row;           /* n_items of each user */
	struct rs_pick *all;
};

static int compare(void *ctx, const struct rs_list *list, struct rs_err *err)
{
	struct expected *x = ctx;
	uint32_t n = 0, user = x->user == NULL ? x->next : x->user[x->next];
	const float *row = x->row + (size_t)user * m->item_key.n;

	(void)err;
	x->next++;
	assert_int_equal(list->user, user);
	for (uint32_t i = 0; i < m->item_key.n; i++)
		if ((x->o->allow == NULL || x->o->allow[i] != 0) &&
		    (x->o->seen == RS_SEEN_KEEP || has_seen(user, i) == (x->o->seen == RS_SEEN_ONLY)))
			x->all[n++] = (struct rs_pick){ .item = i, .score = row[i] };
	qsort(x->all, n, sizeof *x->all, best_first);
	assert_int_equal(list->n, n < x->o->n ? n : x->o->n);
	for (uint32_t k = 0; k < list->n; k++) {
		assert_int_equal(list->pick[k].item, x->all[k].item);
		assert_true(list->pick[k].score == x->all[k].score);
	}
	return 0;
}

static void lists_are_the_heads_of_sorted_rows(const char *recipe)
{
	static const uint32_t few[] = { 17, 3, 17 };
	static const uint32_t top[] = { 3, 100, 2000 };
	struct rs_err err = RS_ERR_INIT;
	uint8_t *allow;
	float *row;
	struct rs_pick *all;

	make_world(recipe);
	allow = rs_array(m->item_key.n, 1, NULL);
	row = rs_array((size_t)d->user_key.n * m->item_key.n, sizeof *row, NULL);
	all = rs_array(m->item_key.n, sizeof *all, NULL);
	for (uint32_t i = 0; i < m->item_key.n; i++)
		allow[i] = i % 3 != 1;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		score_row(row + (size_t)u * m->item_key.n, u);
	for (unsigned test = 0; test < 3 * 3 * 2 * 2; test++) {
		struct rs_rank_options o = { .n = top[test % 3], .seen = (enum rs_seen)(test / 3 % 3),
			                     .allow = test / 9 % 2 == 0 ? NULL : allow };
		struct expected x = { .o = &o, .user = test / 18 == 0 ? NULL : few, .row = row, .all = all };

		rs_threads_set(test % 2 == 0 ? 1 : 3);
		assert_done(rs_rank_users(m, &h, x.user, 3, &o, compare, &x, &err));
		assert_int_equal(x.next, x.user == NULL ? d->user_key.n : 3);
	}
	rs_threads_set(0);
	rs_free(allow);
	rs_free(row);
	rs_free(all);
	drop_world();
}

static void in_tiles(void **state)
{
	(void)state;
	lists_are_the_heads_of_sorted_rows("als");
}

/* Few items are reached by a history: the others come by popularity. */
static void in_whole_rows(void **state)
{
	(void)state;
	lists_are_the_heads_of_sorted_rows("itemknn");
}

static void for_everybody(void **state)
{
	(void)state;
	lists_are_the_heads_of_sorted_rows("popular");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_tiles),
		cmocka_unit_test(in_whole_rows),
		cmocka_unit_test(for_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
