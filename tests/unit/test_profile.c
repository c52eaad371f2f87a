/* test_profile.c -- rates by attributes against a plain regression, and the blend with co-occurrence. */
#include "tests/unit/random_events.h"

#include "lib/recipe/attribute_rates.h"
#include "lib/recipe/recipe.h"

#define COLUMN_A 3
#define COLUMN_B 2
#define N_F (COLUMN_A + COLUMN_B)

struct people {
	struct rs_feature_column column[2];
	struct rs_features f;
	struct rs_csr x;
	uint64_t row_ptr[17];
	uint32_t col[16 * N_F];
	float val[16 * N_F];
	double p[16][N_F]; /* less the mean where the column is known, else 0 */
	bool known[16][2];
};

static void people_init(struct people *w, uint64_t seed, uint32_t n_users)
{
	uint64_t n = 0;

	memset(w, 0, sizeof *w);
	w->column[0] = (struct rs_feature_column){ .type = RS_TYPE_CATEGORICAL, .n = COLUMN_A };
	w->column[1] = (struct rs_feature_column){ .type = RS_TYPE_NUMBER, .first = COLUMN_A, .n = COLUMN_B };
	w->f = (struct rs_features){ 2, N_F, w->column };
	for (uint32_t u = 0; u < n_users; u++) {
		for (uint32_t f = 0; f < N_F; f++) {
			bool has = f < COLUMN_A ? draw(seed, 50 + u, f, 2) == 0 : draw(seed, 50 + u, 9, 3) == f - COLUMN_A;

			if (!has)
				continue;
			w->col[n] = f;
			w->val[n++] = 1;
			w->p[u][f] = 1;
			w->known[u][f >= COLUMN_A] = true;
		}
		w->row_ptr[u + 1] = n;
	}
	w->x = (struct rs_csr){ n_users, N_F, w->row_ptr, w->col, w->val };
	for (uint32_t f = 0; f < N_F; f++) {
		double sum = 0, known = 0;

		for (uint32_t u = 0; u < n_users; u++) {
			sum += w->p[u][f];
			known += w->known[u][f >= COLUMN_A];
		}
		for (uint32_t u = 0; u < n_users; u++)
			w->p[u][f] = w->known[u][f >= COLUMN_A] ? w->p[u][f] - sum / known : 0;
	}
}

/* out[u][j]: the rates, by elimination. */
static void plain_rates(double out[16][10], const struct people *w, const struct random_events *r, double l2)
{
	uint32_t nu = r->e.n_users, n = r->e.n_items;
	double a[N_F][N_F + 10] = { { 0 } };

	for (uint32_t f = 0; f < N_F; f++) {
		for (uint32_t g = 0; g < N_F; g++) {
			a[f][g] = f == g ? l2 : 0;
			for (uint32_t u = 0; u < nu; u++)
				a[f][g] += w->p[u][f] * w->p[u][g];
		}
		for (uint32_t j = 0; j < n; j++)
			for (uint32_t u = 0; u < nu; u++)
				a[f][N_F + j] += w->p[u][f] * r->x[u * n + j];
	}
	for (uint32_t p = 0; p < N_F; p++) {
		for (uint32_t i = 0; i < N_F; i++) {
			double by = i == p ? 0 : a[i][p] / a[p][p];

			for (uint32_t j = p; j < N_F + 10 && by != 0; j++)
				a[i][j] -= by * a[p][j];
		}
	}
	for (uint32_t u = 0; u < nu; u++) {
		for (uint32_t j = 0; j < n; j++) {
			out[u][j] = 0;
			for (uint32_t v = 0; v < nu; v++)
				out[u][j] += r->x[v * n + j] / nu;
			for (uint32_t f = 0; f < N_F; f++)
				out[u][j] += w->p[u][f] * a[f][N_F + j] / a[f][f];
		}
	}
}

static bool close_to(double a, double b)
{
	return fabs(a - b) <= 1e-4 * (1 + fabs(b));
}

/* S of the default point: n_u^-.8 (distinct items), n_i^-.6, n_j^-.2 (sums of weights). */
static double plain_link(const struct random_events *r, uint32_t i, uint32_t j)
{
	uint32_t n = r->e.n_items;
	double c = 0, n_i = 0, n_j = 0;

	for (uint32_t u = 0; u < r->e.n_users; u++) {
		double n_u = 0;

		for (uint32_t k = 0; k < n; k++)
			n_u += r->x[u * n + k] > 0;
		c += n_u > 0 ? r->x[u * n + i] * r->x[u * n + j] / pow(n_u, .8) : 0;
		n_i += r->x[u * n + i];
		n_j += r->x[u * n + j];
	}
	return i == j || c == 0 ? 0 : c / (pow(n_i, .6) * pow(n_j, .2));
}

static double plain_score(const struct random_events *r, const double rate[10], uint32_t u, uint32_t item, double weight)
{
	uint32_t n = r->e.n_items;
	double by_history = 0, all = 0, events = 0, rates = 0, b;

	for (uint32_t i = 0; i < n; i++) {
		double x = r->x[u * n + i];

		events += x;
		by_history += x * plain_link(r, i, item);
		for (uint32_t j = 0; j < n; j++)
			all += x * plain_link(r, i, j);
		rates += rate[i] > 0 ? rate[i] : 0;
	}
	b = all > 0 ? weight / (weight + events) : 1;
	return (all > 0 ? (1 - b) * by_history / all : 0) + (rates > 0 && rate[item] > 0 ? b * rate[item] / rates : 0);
}

static void scores_equal_plain_arithmetic(void **state)
{
	const struct rs_recipe *recipe = rs_recipe_find("profile");

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct random_events r;
		struct people w;
		struct rs_param_values v;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e, .user_features = &w.f, .user_profile = &w.x };
		double rate[16][10];
		float score[12 * 10];
		void *m, *q;

		random_events_init(&r, seed, seed % 2 == 0, false);
		people_init(&w, seed, r.e.n_users);
		rs_params_init(&v, recipe->params);
		rs_param_resolve(&v, "attribute_weight", 2);
		rs_param_resolve(&v, "attribute_l2", 1);
		recipe->resolve(&v, &in);
		assert_done(recipe->train(&m, &in, &v, &err));
		assert_done(recipe->query(m, &(struct rs_people){ .events = &r.e, .profile = &w.x }, &q, &err));
		assert_done(recipe->score(m, q, 0, r.e.n_items, score, 10, &err));
		plain_rates(rate, &w, &r, 1);
		for (uint32_t u = 0; u < r.e.n_users; u++) {
			uint32_t row[1] = { u };
			struct rs_events h;
			float share[16];

			for (uint32_t j = 0; j < r.e.n_items; j++)
				assert_true(close_to((double)score[u * 10 + j], plain_score(&r, rate[u], u, j, 2)));
			assert_done(rs_events_rows(&h, &r.e, row, 1, &err));
			for (uint32_t j = 0; j < r.e.n_items; j++) {
				double nothing[10] = { 0 }, shared = 0;

				assert_done(recipe->explain(m, &h, j, share, &err));
				for (uint64_t e = 0; e < h.row_ptr[1]; e++)
					shared += (double)share[e];
				assert_true(close_to(shared, plain_score(&r, nothing, u, j, 2)));
			}
			rs_events_release(&h);
		}
		recipe->query_free(q);
		recipe->free(m);
		random_events_release(&r);
	}
}

/* A person without events and attributes is the mean person; attributes that do not fit the model are refused. */
static void strangers(void **state)
{
	const struct rs_recipe *recipe = rs_recipe_find("profile");
	uint64_t row_ptr[2] = { 0, 0 };
	struct rs_events nobody = { .n_users = 1, .row_ptr = row_ptr };
	struct rs_csr other = { 1, N_F + 1, row_ptr, NULL, NULL };
	struct random_events r;
	struct people w;
	struct rs_param_values v;
	struct rs_err err = RS_ERR_INIT;
	struct rs_train_in in = { .events = &r.e, .user_features = &w.f, .user_profile = &w.x };
	float score[10];
	double sum = 0;
	void *m, *q;

	(void)state;
	random_events_init(&r, 7, false, false);
	people_init(&w, 7, r.e.n_users);
	rs_params_init(&v, recipe->params);
	recipe->resolve(&v, &in);
	assert_done(recipe->train(&m, &in, &v, &err));
	assert_done(recipe->query(m, &(struct rs_people){ .events = &nobody }, &q, &err));
	assert_done(recipe->score(m, q, 0, r.e.n_items, score, 10, &err));
	for (uint32_t j = 0; j < r.e.n_items; j++) {
		double users = 0, all = 0;

		for (uint32_t e = 0; e < r.e.n_users * r.e.n_items; e++) {
			users += e % r.e.n_items == j ? r.x[e] : 0;
			all += r.x[e];
		}
		assert_true(close_to((double)score[j], users / all));
		sum += (double)score[j];
	}
	assert_true(close_to(sum, 1));
	recipe->query_free(q);
	assert_int_equal(recipe->query(m, &(struct rs_people){ .events = &nobody, .profile = &other }, &q, &err), RS_EDATA);
	recipe->free(m);
	random_events_release(&r);
}

/* Without attributes lists are those of itemknn: the same scores, each as a share of the person's sum. */
static void without_attributes(void **state)
{
	const struct rs_recipe *profile = rs_recipe_find("profile"), *knn = rs_recipe_find("itemknn");

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct rs_features none = { 0 };
		struct random_events r;
		struct rs_param_values v, p;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e, .user_features = &none };
		float a[16 * 10], b[16 * 10];
		void *m, *n, *q, *s;

		random_events_init(&r, seed, false, false);
		rs_params_init(&v, profile->params);
		profile->resolve(&v, &in);
		rs_params_init(&p, knn->params);
		knn->resolve(&p, &in);
		assert_done(profile->train(&m, &in, &v, &err));
		assert_done(knn->train(&n, &in, &p, &err));
		assert_done(profile->query(m, &(struct rs_people){ .events = &r.e }, &q, &err));
		assert_done(knn->query(n, &(struct rs_people){ .events = &r.e }, &s, &err));
		assert_done(profile->score(m, q, 0, r.e.n_items, a, 10, &err));
		assert_done(knn->score(n, s, 0, r.e.n_items, b, 10, &err));
		for (uint32_t u = 0; u < r.e.n_users; u++) {
			double sum = 0;

			for (uint32_t j = 0; j < r.e.n_items; j++)
				sum += (double)b[u * 10 + j];
			for (uint32_t j = 0; j < r.e.n_items && sum > 0; j++)
				assert_true(close_to((double)a[u * 10 + j], (double)b[u * 10 + j] / sum));
		}
		profile->query_free(q);
		profile->free(m);
		knn->query_free(s);
		knn->free(n);
		random_events_release(&r);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_equal_plain_arithmetic),
		cmocka_unit_test(strangers),
		cmocka_unit_test(without_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
