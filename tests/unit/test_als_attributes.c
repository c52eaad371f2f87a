/* test_als_attributes.c -- als with attributes against plain loops in double precision; shares, the file, threads. */
#include "tests/unit/num_ref.h"

#include "lib/data/container.h"
#include "lib/recipe/als.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

extern const struct rs_recipe rs_recipe_als;
static struct rs_err err;

#define USERS 40
#define ITEMS 24
#define COLD 4 /* the last items have no events */
#define D 6
#define VALUES 3

/* People who take what their kind takes, a column with three values for people and one for items. */
struct world {
	struct rs_events e;
	struct rs_csr user, item;
	struct rs_feature_column column[2];
	struct rs_features user_features, item_features;
};

static struct rs_csr draw_profile(struct draws *r, uint32_t n)
{
	struct rs_csr p = { .n_rows = n, .n_cols = VALUES };

	p.row_ptr = rs_array0((size_t)n + 1, sizeof *p.row_ptr, NULL);
	p.col = rs_array(n, sizeof *p.col, NULL);
	p.val = rs_array(n, sizeof *p.val, NULL);
	for (uint32_t i = 0; i < n; i++) {
		p.row_ptr[i + 1] = p.row_ptr[i];
		if (below(r, 5) == 0) /* not known */
			continue;
		p.val[p.row_ptr[i + 1]] = 1;
		p.col[p.row_ptr[i + 1]++] = i % VALUES;
	}
	return p;
}

static void make_world(struct world *w, uint64_t seed)
{
	struct draws r = { seed, 0 };
	uint64_t n = 0;

	*w = (struct world){ .e = { .n_users = USERS, .n_items = ITEMS } };
	w->e.row_ptr = rs_array0(USERS + 1, sizeof *w->e.row_ptr, NULL);
	w->e.item = rs_array((size_t)USERS * 8, sizeof *w->e.item, NULL);
	for (uint32_t u = 0; u < USERS; u++) {
		for (size_t k = 1 + below(&r, 7); k > 0; k--) {
			uint32_t i = (uint32_t)below(&r, ITEMS - COLD);

			uint32_t liked = i / VALUES * VALUES + u % VALUES;

			w->e.item[n++] = below(&r, 4) == 0 || liked >= ITEMS - COLD ? i : liked;
		}
		w->e.row_ptr[u + 1] = n;
	}
	w->user = draw_profile(&r, USERS);
	w->item = draw_profile(&r, ITEMS);
	for (int t = 0; t < 2; t++)
		w->column[t] = (struct rs_feature_column){ .name = (char[]){ "kind" }, .type = RS_TYPE_CATEGORICAL,
			                                   .n = VALUES };
	w->user_features = (struct rs_features){ 1, VALUES, &w->column[0] };
	w->item_features = (struct rs_features){ 1, VALUES, &w->column[1] };
}

static void release_world(struct world *w)
{
	rs_events_release(&w->e);
	rs_csr_release(&w->user);
	rs_csr_release(&w->item);
}

static const char *const usual[] = { "factors=6", "epochs=5", "solver=cholesky", "unobserved_weight=0.1",
	                             "regularization=0.02", "user_exponent=0", "item_exponent=0", "user_l2=2",
	                             "item_l2=1", "attribute_weight=4", "user_attributes=true", "item_attributes=true", NULL };

static struct rs_als *train(const struct world *w, struct rs_param_values *p)
{
	struct rs_train_in in = { .events = &w->e, .seed = 7, .n_warm = 0,
		                  .user_features = &w->user_features, .item_features = &w->item_features,
		                  .user_profile = &w->user, .item_profile = &w->item };
	uint8_t had[ITEMS] = { 0 };
	void *m = NULL;

	for (uint64_t k = 0; k < w->e.row_ptr[USERS]; k++)
		had[w->e.item[k]] = 1;
	for (size_t i = 0; i < ITEMS; i++)
		in.n_warm += had[i];
	rs_params_init(p, rs_recipe_als.params);
	for (const char *const *set = usual; *set != NULL; set++)
		assert_done(rs_params_set(p, *set, &err));
	rs_recipe_als.resolve(p, &in);
	assert_done(rs_recipe_als.train(&m, &in, p, &err));
	return m;
}

static void score_all(float *scores, const struct rs_als *m, const struct rs_people *who)
{
	void *q;

	assert_done(rs_recipe_als.query(m, who, &q, &err));
	assert_done(rs_recipe_als.score(m, q, 0, ITEMS, scores, ITEMS, &err));
	rs_recipe_als.query_free(q);
}

/* ---- the same by plain loops ---- */

struct plain {
	double f[USERS > ITEMS ? USERS : ITEMS][D], b[1 + VALUES][D];
	size_t n, n_other;
	const struct rs_csr *profile;
	bool known[USERS > ITEMS ? USERS : ITEMS];
	double r[USERS > ITEMS ? USERS : ITEMS];
};

static void foresee(const struct plain *s, size_t i, double m[D])
{
	for (size_t k = 0; k < D; k++) {
		m[k] = s->b[0][k];
		for (uint64_t e = s->profile->row_ptr[i]; e < s->profile->row_ptr[i + 1]; e++)
			m[k] += s->b[1 + s->profile->col[e]][k];
	}
}

/* One row: as in the objective, pulled to 4 / (4 + n) of what is foreseen. c: its cells, stride apart. */
static void best_row(struct plain *s, size_t i, const struct plain *other, const double *c, size_t stride)
{
	double a[D * D] = { 0 }, b[D] = { 0 }, m[D], n = 0;

	for (size_t j = 0; j < other->n; j++) {
		double w = c[j * stride];

		n += w;
		for (size_t k = 0; k < D; k++) {
			b[k] += w * other->f[j][k];
			for (size_t l = 0; l < D; l++)
				a[k * D + l] += (.1 + w) * other->f[j][k] * other->f[j][l];
		}
	}
	foresee(s, i, m);
	for (size_t k = 0; k < D; k++) {
		a[k * D + k] += s->r[i];
		b[k] += s->r[i] * m[k] * 4 / (4 + n);
	}
	assert_true(ref_chol(a, D));
	ref_chol_solve(a, D, b, s->f[i]);
	for (size_t k = 0; k < D && n == 0; k++)
		s->f[i][k] = m[k];
}

static void fit(struct plain *s, double l2, int sweeps)
{
	double mean = 0, n = 0, m[D];

	for (size_t i = 0; i < s->n; i++) {
		mean += s->known[i] ? s->r[i] : 0;
		n += s->known[i];
	}
	for (int sweep = 0; sweep < sweeps; sweep++) {
		for (size_t f = 0; f <= VALUES; f++) {
			double sum[D] = { 0 }, weight = 0;

			for (size_t i = 0; i < s->n; i++) {
				bool has = f == 0;

				for (uint64_t e = s->profile->row_ptr[i]; e < s->profile->row_ptr[i + 1]; e++)
					has |= s->profile->col[e] + 1 == f;
				if (!has || !s->known[i])
					continue;
				foresee(s, i, m);
				weight += s->r[i];
				for (size_t k = 0; k < D; k++)
					sum[k] += s->r[i] * (s->f[i][k] - m[k] + s->b[f][k]);
			}
			for (size_t k = 0; k < D && weight > 0; k++)
				s->b[f][k] = sum[k] / (weight + (f == 0 ? 0 : l2 * mean / n));
		}
	}
}

static void training_is_that_of_plain_loops(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 5; t++) {
		static struct plain users, items;
		struct world w;
		struct rs_param_values p;
		struct rs_als *m;
		double c[USERS * ITEMS] = { 0 };
		float scores[USERS * ITEMS];
		size_t n_warm = 0;

		make_world(&w, t);
		m = train(&w, &p);
		users = (struct plain){ .n = USERS, .profile = &w.user };
		items = (struct plain){ .n = ITEMS, .profile = &w.item };
		for (uint32_t u = 0; u < USERS; u++)
			for (uint64_t e = w.e.row_ptr[u]; e < w.e.row_ptr[u + 1]; e++) {
				c[u * ITEMS + w.e.item[e]] = 1;
				users.known[u] = items.known[w.e.item[e]] = true;
			}
		for (size_t i = 0; i < ITEMS; i++)
			n_warm += items.known[i];
		assert_true(n_warm < ITEMS);
		for (size_t u = 0; u < USERS; u++)
			for (size_t i = 0; i < ITEMS; i++) {
				users.r[u] += .02 * (c[u * ITEMS + i] + (items.known[i] ? .1 : 0));
				items.r[i] += .02 * (c[u * ITEMS + i] + .1);
			}
		for (size_t i = 0; i < ITEMS; i++)
			for (size_t k = 0; k < D && items.known[i]; k++)
				items.f[i][k] = .1 / sqrt((double)D) * rs_rand_normal(7, RS_RNG_INIT, i, (uint32_t)k);
		for (int epoch = 0; epoch < 5; epoch++) {
			for (size_t u = 0; u < USERS; u++)
				best_row(&users, u, &items, c + u * ITEMS, 1);
			if (epoch >= 3)
				fit(&users, 2, epoch == 4 ? 20 : 4);
			for (size_t i = 0; i < ITEMS; i++)
				if (items.known[i])
					best_row(&items, i, &users, c + i, ITEMS);
			if (epoch >= 3)
				fit(&items, 1, epoch == 4 ? 20 : 4);
		}
		for (size_t u = 0; u < USERS; u++) /* folded in before items without events join */
			best_row(&users, u, &items, c + u * ITEMS, 1);
		for (size_t i = 0; i < ITEMS; i++)
			if (!items.known[i])
				foresee(&items, i, items.f[i]);
		score_all(scores, m, &(struct rs_people){ .events = &w.e, .profile = &w.user });
		for (size_t u = 0; u < USERS; u++)
			for (size_t i = 0; i < ITEMS; i++) {
				double s = 0;

				for (size_t k = 0; k < D; k++)
					s += users.f[u][k] * items.f[i][k];
				assert_near(scores[u * ITEMS + i], s, 20);
			}
		rs_recipe_als.free(m);
		release_world(&w);
	}
}

/* Without events somebody is as foreseen; without attributes too as people are on the whole. */
static void strangers_are_as_foreseen(void **state)
{
	uint64_t none[3] = { 0, 0, 0 }, row_ptr[3] = { 0, 1, 1 };
	uint32_t col[1] = { 2 };
	struct rs_events nobody = { .n_users = 2, .n_items = ITEMS, .row_ptr = none };
	struct rs_csr profile = { .n_rows = 2, .n_cols = VALUES, .row_ptr = row_ptr, .col = col };
	struct rs_people who = { .events = &nobody, .profile = &profile };
	struct world w;
	struct rs_param_values p;
	struct rs_als *m;
	float scores[2 * ITEMS], share[1];

	(void)state;
	make_world(&w, 100);
	m = train(&w, &p);
	score_all(scores, m, &who);
	for (uint32_t i = 0; i < ITEMS; i++) {
		const float *y = m->items.y + i * m->items.ld;
		struct rs_people first = { .events = &(struct rs_events){ .n_users = 1, .n_items = ITEMS, .row_ptr = none },
			                   .profile = &profile };

		assert_near(scores[i], ref_dot(y, m->people, D) + ref_dot(y, m->people + 3 * m->items.ld, D), 4);
		assert_near(scores[ITEMS + i], ref_dot(y, m->people, D), 4);
		assert_done(rs_recipe_als.explain_profile(m, &first, i, share, &err));
		assert_near(share[0], scores[i] - scores[ITEMS + i], 20);
	}
	rs_recipe_als.free(m);
	release_world(&w);
}

static void shares_add_up(void **state)
{
	struct world w;
	struct rs_param_values p;
	struct rs_als *m;
	float scores[USERS * ITEMS], share[16], by_kind[1], everybody[ITEMS];

	(void)state;
	make_world(&w, 200);
	m = train(&w, &p);
	score_all(scores, m, &(struct rs_people){ .events = &w.e, .profile = &w.user });
	for (uint32_t u = 0; u < USERS; u++) {
		uint64_t n = w.e.row_ptr[u + 1] - w.e.row_ptr[u], row[2] = { 0, n };
		uint64_t has[2] = { 0, w.user.row_ptr[u + 1] - w.user.row_ptr[u] }, has_not[2] = { 0, 0 };
		struct rs_events h = { .n_users = 1, .n_items = ITEMS, .row_ptr = row, .item = w.e.item + w.e.row_ptr[u] };
		struct rs_csr profile = { .n_rows = 1, .n_cols = VALUES, .row_ptr = has, .col = w.user.col + w.user.row_ptr[u],
			                  .val = w.user.val + w.user.row_ptr[u] }, nothing = profile;
		struct rs_people who = { .events = &h, .profile = &profile };

		nothing.row_ptr = has_not;
		score_all(everybody, m, &(struct rs_people){ .events = &h, .profile = &nothing });
		for (uint32_t i = 0; i < ITEMS; i++) {
			double sum = 0;

			/* the same person without the attribute scores less by its share */
			assert_done(rs_recipe_als.explain_profile(m, &who, i, by_kind, &err));
			sum = has[1] > 0 ? (double)by_kind[0] : 0;
			assert_near(scores[u * ITEMS + i], (double)everybody[i] + sum, 20);
			assert_done(rs_recipe_als.explain(m, &h, i, share, &err));
			for (uint64_t k = 0; k < n; k++)
				assert_true(isfinite(share[k]));
		}
	}
	rs_recipe_als.free(m);
	release_world(&w);
}

static void threads_do_not_matter(void **state)
{
	struct world w;
	struct rs_param_values p;
	struct rs_als *m, *again;

	(void)state;
	make_world(&w, 300);
	rs_threads_set(1);
	m = train(&w, &p);
	rs_threads_set(5);
	again = train(&w, &p);
	assert_memory_equal(again->items.y, m->items.y, (size_t)ITEMS * m->items.ld * sizeof *m->items.y);
	assert_memory_equal(again->people, m->people, (size_t)(1 + VALUES) * m->items.ld * sizeof *m->people);
	rs_recipe_als.free(m);
	rs_recipe_als.free(again);
	release_world(&w);
}

static void the_file_gives_the_same_scores(void **state)
{
	struct world w;
	struct rs_param_values p;
	struct rs_als *m;
	float scores[USERS * ITEMS], again[USERS * ITEMS];
	char path[] = "/tmp/test_als_attributes.XXXXXX";
	struct rs_writer *out;
	struct rs_reader *in;
	struct rs_people who = { 0 };
	void *loaded, *q;

	(void)state;
	make_world(&w, 400);
	m = train(&w, &p);
	who = (struct rs_people){ .events = &w.e, .profile = &w.user };
	score_all(scores, m, &who);
	close(mkstemp(path));
	assert_done(rs_writer_open(&out, path, RS_FILE_MODEL, &err));
	assert_done(rs_recipe_als.save(m, out, &err));
	assert_done(rs_writer_commit(&out, &err));
	assert_done(rs_reader_open(&in, path, RS_FILE_MODEL, &err));
	assert_done(rs_recipe_als.load(&loaded, in, ITEMS, &p, &err));
	score_all(again, loaded, &who);
	assert_memory_equal(again, scores, sizeof scores);
	w.user.n_cols++; /* other attributes than the model's */
	assert_int_equal(rs_recipe_als.query(loaded, &who, &q, &err), RS_EDATA);
	w.user.n_cols--;
	rs_recipe_als.free(loaded);
	rs_reader_close(in);
	unlink(path);
	rs_recipe_als.free(m);
	release_world(&w);
	assert_int_equal(rs_mem_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(training_is_that_of_plain_loops), cmocka_unit_test(strangers_are_as_foreseen),
		cmocka_unit_test(shares_add_up),                   cmocka_unit_test(threads_do_not_matter),
		cmocka_unit_test(the_file_gives_the_same_scores),
	};
	int failed = 0;

	RUN_WITH_EACH_SET(failed, tests)
	return failed;
}
