/* test_isa.c -- the instruction sets give the same lists: models trained and served with each agree in their first ten. */
#include "tests/unit/sample.h"

#include "lib/base/mem.h"
#include "lib/data/synth.h"
#include "lib/num/isa.h"
#include "lib/rank/rank.h"

#define TOP 10
#define LEAST .999 /* of the entries of all lists */

struct lists {
	uint32_t *item; /* TOP for each user, RS_NONE where a list is shorter */
};

static int take_list(void *ctx, const struct rs_list *list, struct rs_err *err)
{
	struct lists *l = ctx;

	(void)err;
	for (uint32_t k = 0; k < TOP; k++)
		l->item[(size_t)list->user * TOP + k] = k < list->n ? list->pick[k].item : RS_NONE;
	return 0;
}

static struct rs_dataset *world(void)
{
	struct rs_synth_options o;
	struct rs_synth *s;
	struct rs_dataset *d;
	struct rs_err err = RS_ERR_INIT;
	bool slow = getenv("RS_SLOW") != NULL;

	rs_synth_init(&o);
	o.kind = RS_SYNTH_RATINGS;
	o.n_users = slow ? 300 : 2500;
	o.n_items = slow ? 100 : 1000;
	o.n_events = slow ? 6000 : 100000;
	assert_done(rs_synth_open(&s, &o, &err));
	assert_done(rs_synth_dataset(&d, s, &err));
	rs_synth_close(s);
	return d;
}

/* The lists of everybody by a model trained and served with the instruction set. */
static void make_lists(struct lists *l, const char *isa, const char *recipe, const char *param, const struct rs_dataset *d)
{
	struct rs_rank_options o = { .n = TOP };
	struct rs_param_values p;
	struct rs_choice choice;
	struct rs_histories h;
	struct rs_model *m;
	struct rs_err err = RS_ERR_INIT;

	assert_done(rs_isa_set(isa, &err));
	rs_choice_init(&choice);
	assert_done(rs_recipe_params(&p, recipe, &err));
	if (param != NULL)
		assert_done(rs_params_set(&p, param, &err));
	assert_done(rs_model_train(&m, rs_recipe_find(recipe), &p, &choice, NULL, d, 42, &err));
	assert_done(rs_histories_make(&h, m, d, NULL, &err));
	l->item = rs_array((size_t)d->user_key.n * TOP, sizeof *l->item, NULL);
	assert_done(rs_rank_users(m, &h, NULL, 0, &o, take_list, l, &err));
	rs_histories_release(&h);
	rs_model_free(m);
	assert_done(rs_isa_set(NULL, &err));
}

/* Entries of a that b has at any place of the same list. */
static double agreement(const struct lists *a, const struct lists *b, uint32_t n_users)
{
	size_t n = 0, common = 0;

	for (uint32_t u = 0; u < n_users; u++) {
		const uint32_t *x = a->item + (size_t)u * TOP, *y = b->item + (size_t)u * TOP;

		for (uint32_t i = 0; i < TOP && x[i] != RS_NONE; i++, n++)
			for (uint32_t k = 0; k < TOP; k++)
				common += x[i] == y[k];
	}
	assert_true(n > 0);
	return (double)common / (double)n;
}

static void lists_agree(void **state)
{
	static const struct {
		const char *recipe, *param;
	} method[] = {
		{ "als", "solver=cg" }, { "als", "solver=cholesky" }, { "als", "solver=ialspp" },
		{ "ease", "top=0" },    { "ease", "top=200" },        { "itemknn", NULL },
	};
	const struct rs_kernels *const *all = rs_isa_all();
	struct rs_dataset *d = world();

	(void)state;
	for (size_t r = 0; r < sizeof method / sizeof method[0]; r++) {
		struct lists plain, l;

		make_lists(&plain, all[0]->name, method[r].recipe, method[r].param, d);
		for (size_t i = 1; all[i] != NULL; i++) {
			double share;

			make_lists(&l, all[i]->name, method[r].recipe, method[r].param, d);
			share = agreement(&plain, &l, d->user_key.n);
			if (share < LEAST)
				fail_msg("%s %s: %s agrees with plain in %.5f of the entries", method[r].recipe,
				         method[r].param == NULL ? "" : method[r].param, all[i]->name, share);
			rs_free(l.item);
		}
		rs_free(plain.item);
	}
	rs_dataset_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lists_agree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
