/* test_click.c -- event probabilities: one example against its formula, folding in, training, files. */
#include "tests/unit/sample.h"

#include "lib/recipe/click.h"

extern const struct rs_recipe rs_recipe_lr, rs_recipe_fm, rs_recipe_ffm, rs_recipe_fwfm;
static const struct rs_recipe *const all[] = { &rs_recipe_lr, &rs_recipe_fm, &rs_recipe_ffm, &rs_recipe_fwfm };
static struct rs_err err;

#define USERS 240
#define ITEMS 30
#define EACH 24 /* events of a user */

/* Clicks that hang on the user, the item, and whether the user's and the item's colours agree. */
struct world {
	struct rs_events e;
	struct rs_csr users, items;
	struct rs_features user_features, item_features;
	struct rs_feature_column column[2];
};

static struct rs_csr colours(uint32_t n)
{
	struct rs_csr x = { .n_rows = n, .n_cols = 3 };

	x.row_ptr = rs_array(n + 1, sizeof *x.row_ptr, NULL);
	x.col = rs_array(2 * (size_t)n, sizeof *x.col, NULL);
	x.row_ptr[0] = 0;
	for (uint32_t i = 0; i < n; i++) { /* of some two */
		x.col[x.row_ptr[i]] = i % 3;
		x.row_ptr[i + 1] = x.row_ptr[i] + 1;
		if (i % 7 == 0 && i % 3 < 2)
			x.col[x.row_ptr[i + 1]++] = i % 3 + 1;
	}
	return x;
}

static double true_logit(uint32_t u, uint32_t i)
{
	return .7 * rs_rand_normal(9, RS_RNG_TEST, u, 1) + .7 * rs_rand_normal(9, RS_RNG_TEST, 1000 + i, 1) +
	       (u % 3 == i % 3 ? 1.5 : -1);
}

static void world_init(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->e = (struct rs_events){ .n_users = USERS, .n_items = ITEMS };
	w->e.row_ptr = rs_array(USERS + 1, sizeof *w->e.row_ptr, NULL);
	w->e.item = rs_array(USERS * EACH, sizeof *w->e.item, NULL);
	w->e.value = rs_array(USERS * EACH, sizeof *w->e.value, NULL);
	for (uint32_t u = 0; u <= USERS; u++)
		w->e.row_ptr[u] = u * EACH;
	for (uint32_t k = 0; k < USERS * EACH; k++) {
		uint32_t u = k / EACH;

		w->e.item[k] = (u + 7 * (k % EACH)) % ITEMS;
		w->e.value[k] =
		        rs_rand_unit(9, RS_RNG_TEST, u, 100 + w->e.item[k]) < 1 / (1 + exp(-true_logit(u, w->e.item[k])));
	}
	w->users = colours(USERS);
	w->items = colours(ITEMS);
	for (int i = 0; i < 2; i++)
		w->column[i] = (struct rs_feature_column){ .n = 3 };
	w->user_features = (struct rs_features){ 1, 3, &w->column[0] };
	w->item_features = (struct rs_features){ 1, 3, &w->column[1] };
}

static void world_release(struct world *w)
{
	rs_events_release(&w->e);
	rs_csr_release(&w->users);
	rs_csr_release(&w->items);
}

static struct rs_param_values params_of(const struct rs_recipe *r, const struct world *w)
{
	struct rs_param_values p;

	rs_params_init(&p, r->params);
	r->resolve(&p, &(struct rs_train_in){ .events = &w->e });
	return p;
}

static struct rs_click *train(const struct rs_recipe *r, const struct world *w)
{
	struct rs_param_values p = params_of(r, w);
	struct rs_train_in in = { .events = &w->e, .user_features = &w->user_features, .item_features = &w->item_features,
		                  .user_profile = &w->users, .item_profile = &w->items, .seed = 5 };
	void *m;

	assert_done(r->train(&m, &in, &p, &err));
	return m;
}

/* All pairs, of people with all of their history. */
static float *predict_all(const struct rs_recipe *r, const struct rs_click *m, const struct world *w)
{
	static uint32_t who[USERS * ITEMS], item[USERS * ITEMS];
	struct rs_pairs pairs = { .n = USERS * ITEMS, .who = who, .item = item };
	float *out = rs_array(pairs.n, sizeof *out, NULL);
	void *q;

	for (uint32_t k = 0; k < pairs.n; k++) {
		who[k] = k / ITEMS;
		item[k] = k % ITEMS;
	}
	assert_done(r->query(m, &(struct rs_people){ .events = &w->e, .profile = &w->users }, &q, &err));
	assert_done(r->predict(m, q, &pairs, out, &err));
	r->query_free(q);
	return out;
}

/* logit of a pair by the formula, with theta as parameters of field 0. */
static double plain_logit(const struct rs_click *m, const struct world *w, const double *theta, uint32_t u, uint32_t item)
{
	const uint32_t *value[4] = { NULL, &item, w->users.col + w->users.row_ptr[u], w->items.col + w->items.row_ptr[item] };
	uint64_t n[4] = { 1, 1, w->users.row_ptr[u + 1] - w->users.row_ptr[u],
		          w->items.row_ptr[item + 1] - w->items.row_ptr[item] };
	double sum = m->w0 + theta[0];

	for (uint32_t f = 1; f < 4; f++)
		for (uint64_t i = 0; i < n[f]; i++)
			sum += (double)m->w[m->field[f].w_at + value[f][i]] / sqrt((double)n[f]);
	for (uint32_t f = 0; f < 4 && m->kind != RS_CLICK_LR; f++) {
		for (uint32_t g = f + 1; g < 4; g++) {
			bool ffm = m->kind == RS_CLICK_FFM;
			const double *of_user = theta + (ffm ? m->field[g].z_at : 1);
			double r = m->kind == RS_CLICK_FWFM ? (double)m->r[f * 4 + g] : 1;

			if (f == 0 && ffm && m->field[g].owner == RS_CLICK_USER)
				continue;
			for (uint64_t i = 0; i < n[f]; i++) {
				for (uint64_t j = 0; j < n[g]; j++) {
					const float *b =
					        m->v + (m->field[g].w_at + value[g][j]) * m->width + (ffm ? f * m->k : 0);
					const float *a = f == 0 ? NULL
					                        : m->v + (m->field[f].w_at + value[f][i]) * m->width +
					                                  (ffm ? g * m->k : 0);
					double dot = 0;

					for (size_t k = 0; k < m->k; k++)
						dot += (f == 0 ? of_user[k] : (double)a[k]) * (double)b[k];
					sum += r * dot / sqrt((double)(n[f] * n[g]));
				}
			}
		}
	}
	return sum;
}

static void examples_follow_the_formula(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_click *m = train(all[r], &w);
		struct rs_click_history h;
		struct rs_click_cells c;
		double theta[64] = { 0 };
		float z[64];

		assert_done(rs_click_history_init(&h, m, &err));
		assert_int_equal(m->n_fields, 4);
		for (uint32_t k = 0; k < 300; k++) {
			uint32_t u = k * 7 % USERS, item = k * 11 % ITEMS;
			double got, want;

			for (size_t i = 0; i < m->d; i++)
				theta[i] = rs_rand_normal(3, RS_RNG_TEST, k, (uint32_t)i);
			rs_click_cells(m, &c, rs_click_features_of(&w.users, u), &item, rs_click_features_of(NULL, 0));
			got = rs_click_row(m, &c, z, h.sums);
			for (size_t i = 0; i < m->d; i++)
				got += theta[i] * (double)z[i];
			want = plain_logit(m, &w, theta, u, item);
			assert_true(fabs(got - want) < 1e-4 * (1 + fabs(want)));
		}
		rs_click_history_release(&h);
		all[r]->free(m);
	}
	world_release(&w);
}

/* What a logit is does not hang on whether it is told by theta or by x. */
static void whitened_examples_are_the_same(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_click *m = train(all[r], &w);
		double base = .3, x[64] = { 0 }, theta[64];
		float z[64] = { 0 };

		for (uint32_t k = 0; k < 50; k++) {
			double want = base, got = base;

			for (size_t i = 0; i < m->d; i++) {
				x[i] = theta[i] = rs_rand_normal(3, RS_RNG_TEST, k, (uint32_t)i);
				z[i] = (float)rs_rand_normal(4, RS_RNG_TEST, k, (uint32_t)i);
			}
			rs_click_theta(m, theta);
			for (size_t i = 0; i < m->d; i++)
				want += theta[i] * (double)z[i];
			rs_click_whiten(m, 1, &got, z);
			for (size_t i = 0; i < m->d; i++)
				got += x[i] * (double)z[i];
			assert_true(fabs(got - want) < 1e-5 * (1 + fabs(want)));
		}
		all[r]->free(m);
	}
	world_release(&w);
}

/* At the x found the derivative is 0, and what is left in work is the precision there. */
static void folding_in_is_the_maximum(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_click *m = train(all[r], &w);
		struct rs_click_history h;
		double x[64] = { 0 };
		size_t d = m->d;

		assert_done(rs_click_history_init(&h, m, &err));
		for (uint32_t u = 0; u < USERS; u += 9) {
			assert_done(rs_click_history_fill(&h, m, &w.e, u, rs_click_features_of(&w.users, u), NULL, 0, &err));
			assert_int_equal(h.n, EACH);
			assert_int_equal(h.n_train, EACH);
			rs_click_history_solve(&h, m, x);
			for (size_t i = 0; i < d; i++) {
				double slope = -x[i], precision = 1, got = 0;

				for (size_t e = 0; e < h.n; e++) {
					double logit = h.base[e], p, z = (double)h.z[e * d + i];

					for (size_t k = 0; k < d; k++)
						logit += x[k] * (double)h.z[e * d + k];
					p = 1 / (1 + exp(-logit));
					slope += (h.label[e] - p) * z;
					precision += p * (1 - p) * z * z;
				}
				for (size_t k = 0; k <= i; k++)
					got += h.work[i * d + k] * h.work[i * d + k];
				assert_true(fabs(slope) < 2e-2);
				assert_true(fabs(got - precision) < .02 * precision);
			}
		}
		rs_click_history_release(&h);
		all[r]->free(m);
	}
	world_release(&w);
}

/* What is kept out stands behind the others, each event once. */
static void what_is_kept_out_stands_behind(void **state)
{
	struct rs_click_history h, part;
	struct rs_click *m;
	struct world w;
	size_t out = 0;

	(void)state;
	world_init(&w);
	m = train(&rs_recipe_fm, &w);
	assert_done(rs_click_history_init(&h, m, &err));
	assert_done(rs_click_history_init(&part, m, &err));
	for (uint32_t u = 0; u < USERS; u++) {
		size_t at[2] = { 0 };

		assert_done(rs_click_history_fill(&h, m, &w.e, u, rs_click_features_of(&w.users, u), NULL, 0, &err));
		assert_done(rs_click_history_fill(&part, m, &w.e, u, rs_click_features_of(&w.users, u), NULL, .3, &err));
		assert_int_equal(part.n, EACH);
		at[1] = part.n_train;
		for (uint32_t k = 0; k < EACH; k++) {
			size_t i = at[rs_click_kept_out(m->seed, w.e.row_ptr[u] + k, .3)]++;

			assert_true(part.base[i] == h.base[k] && part.label[i] == h.label[k]);
			assert_memory_equal(part.z + i * m->d, h.z + k * m->d, m->d * sizeof *h.z);
		}
		assert_int_equal(at[0], part.n_train);
		out += part.n - part.n_train;
	}
	assert_in_range(out, USERS * EACH / 4, USERS * EACH / 3);
	rs_click_history_release(&h);
	rs_click_history_release(&part);
	rs_recipe_fm.free(m);
	world_release(&w);
}

/* The scores of lists, of any range, are the logits of the pairs. */
static void scores_are_the_logits_of_pairs(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_click *m = train(all[r], &w);
		float *p = predict_all(all[r], m, &w), *s = rs_array(USERS * ITEMS, sizeof *s, NULL);
		void *q;

		assert_done(all[r]->query(m, &(struct rs_people){ .events = &w.e, .profile = &w.users }, &q, &err));
		for (uint32_t lo = 0; lo < ITEMS; lo += 7)
			assert_done(all[r]->score(m, q, lo, lo + 7 < ITEMS ? lo + 7 : ITEMS, s + lo, ITEMS, &err));
		all[r]->query_free(q);
		for (uint32_t k = 0; k < USERS * ITEMS; k++)
			assert_true(fabs(1 / (1 + exp(-(double)s[k])) - (double)p[k]) < 1e-6);
		rs_free(s);
		rs_free(p);
		all[r]->free(m);
	}
	world_release(&w);
}

/* Users who differ by a weight alone, whose spread is known. */
static void the_spread_of_users_is_found(void **state)
{
	struct rs_param_values p;
	struct rs_click *m;
	struct world w;

	(void)state;
	world_init(&w);
	for (uint32_t k = 0; k < USERS * EACH; k++) {
		double of_user = .5 + rs_rand_normal(9, RS_RNG_TEST, k / EACH, 7);

		w.e.value[k] = rs_rand_unit(9, RS_RNG_TEST, k, 8) < 1 / (1 + exp(-of_user));
	}
	p = params_of(&rs_recipe_lr, &w);
	assert_done(rs_params_set(&p, "validation=0.5", &err));
	assert_done(rs_recipe_lr.train((void **)&m, &(struct rs_train_in){ .events = &w.e, .seed = 5 }, &p, &err));
	assert_int_equal(m->d, 1);
	assert_true(fabs(m->w0 + (double)m->mean[0] - .5) < .25);
	assert_true(fabs((double)m->root[0] - 1) < .2);
	rs_recipe_lr.free(m);
	world_release(&w);
}

/* Better than the best that items alone can say, and near the truth. */
static void probabilities_are_found(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_click *m = train(all[r], &w);
		float *p = predict_all(all[r], m, &w);
		double error = 0, constant = 0;

		for (uint32_t k = 0; k < USERS * ITEMS; k++) {
			double truth = 1 / (1 + exp(-true_logit(k / ITEMS, k % ITEMS)));

			assert_true(p[k] >= 0 && p[k] <= 1);
			error += (truth - (double)p[k]) * (truth - (double)p[k]);
			constant += (truth - .5) * (truth - .5);
		}
		assert_true(error < (r == 0 ? .8 : .45) * constant);
		rs_free(p);
		all[r]->free(m);
	}
	world_release(&w);
}

static void threads_do_not_matter(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_click *m;
		float *want;

		rs_threads_set(1);
		m = train(all[r], &w);
		want = predict_all(all[r], m, &w);
		all[r]->free(m);
		for (int threads = 2; threads <= 8; threads += threads == 2 ? 1 : 5) {
			float *got;

			rs_threads_set(threads);
			m = train(all[r], &w);
			got = predict_all(all[r], m, &w);
			assert_memory_equal(got, want, USERS * ITEMS * sizeof *got);
			rs_free(got);
			all[r]->free(m);
		}
		rs_free(want);
	}
	world_release(&w);
}

static void the_file_gives_the_same_predictions(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_param_values p = params_of(all[r], &w);
		struct rs_click *m = train(all[r], &w);
		float *want = predict_all(all[r], m, &w), *got;
		char path[] = "/tmp/test_click.XXXXXX";
		struct rs_writer *out;
		struct rs_reader *in;
		void *loaded;

		close(mkstemp(path));
		assert_done(rs_writer_open(&out, path, RS_FILE_MODEL, &err));
		assert_done(all[r]->save(m, out, &err));
		assert_done(rs_writer_commit(&out, &err));
		assert_done(rs_reader_open(&in, path, RS_FILE_MODEL, &err));
		assert_done(all[r]->load(&loaded, in, ITEMS, &p, &err));
		got = predict_all(all[r], loaded, &w);
		assert_memory_equal(got, want, USERS * ITEMS * sizeof *got);
		all[r]->free(loaded);
		assert_int_equal(all[r]->load(&loaded, in, ITEMS + 1, &p, &err), RS_EDATA);
		rs_reader_close(in);
		unlink(path);
		rs_free(want);
		rs_free(got);
		all[r]->free(m);
	}
	world_release(&w);
}

/* Without values every event is positive, and items drawn at random stand against them. */
static void negatives_are_sampled_where_there_are_none(void **state)
{
	struct world w;
	struct rs_param_values p;
	struct rs_click *m;
	float *out;
	double sum = 0;

	(void)state;
	world_init(&w);
	rs_free(w.e.value);
	w.e.value = NULL;
	p = params_of(&rs_recipe_lr, &w);
	assert_true(rs_param(&p, "negatives") == 4);
	m = train(&rs_recipe_lr, &w);
	out = predict_all(&rs_recipe_lr, m, &w);
	for (uint32_t k = 0; k < USERS * ITEMS; k++)
		sum += (double)out[k];
	assert_true(fabs(sum / USERS - 1) < .3); /* of the items one is next */
	rs_free(out);
	rs_recipe_lr.free(m);
	world_release(&w);
}

static void what_tells_nothing_apart_is_refused(void **state)
{
	struct world w;
	void *m;

	(void)state;
	world_init(&w);
	for (size_t r = 0; r < 4; r++) {
		struct rs_param_values p;

		for (uint32_t k = 0; k < USERS * EACH; k++)
			w.e.value[k] = 1;
		rs_params_init(&p, all[r]->params);
		assert_done(rs_params_set(&p, "positive_from=1", &err));
		assert_done(rs_params_set(&p, "negatives=0", &err));
		assert_int_equal(all[r]->train(&m, &(struct rs_train_in){ .events = &w.e }, &p, &err), RS_EDATA);
	}
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_follow_the_formula),
		cmocka_unit_test(whitened_examples_are_the_same),
		cmocka_unit_test(folding_in_is_the_maximum),
		cmocka_unit_test(what_is_kept_out_stands_behind),
		cmocka_unit_test(scores_are_the_logits_of_pairs),
		cmocka_unit_test(the_spread_of_users_is_found),
		cmocka_unit_test(probabilities_are_found),
		cmocka_unit_test(threads_do_not_matter),
		cmocka_unit_test(the_file_gives_the_same_predictions),
		cmocka_unit_test(negatives_are_sampled_where_there_are_none),
		cmocka_unit_test(what_tells_nothing_apart_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
