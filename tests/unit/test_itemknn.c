/* test_itemknn.c -- the family of co-occurrence weights against plain loops, pruning, explanation, histories. */
#include "tests/unit/random_events.h"

#include "lib/num/isa.h"
#include "lib/recipe/cooccur.h"
#include "lib/recipe/recipe.h"

#define MAX 16

static const struct rs_recipe *knn;

/* x weighted as the similarity wants it, in place. */
static void weigh(double *x, uint32_t n_u, uint32_t n_i, const char *similarity)
{
	double length[MAX] = { 0 }, total = 0;

	for (uint32_t u = 0; u < n_u; u++)
		for (uint32_t i = 0; i < n_i; i++) {
			length[i] += x[u * n_i + i];
			total += x[u * n_i + i];
		}
	for (uint32_t u = 0; u < n_u; u++) {
		double n = 0, idf;

		for (uint32_t i = 0; i < n_i; i++)
			n += x[u * n_i + i] > 0;
		idf = log(n_i / (1 + n));
		idf = idf > 0 ? idf : 0;
		for (uint32_t i = 0; i < n_i; i++) {
			double *c = &x[u * n_i + i];

			if (*c > 0 && strcmp(similarity, "tfidf") == 0)
				*c = sqrt(*c) * idf;
			else if (*c > 0)
				*c = *c * 2.2 / (*c + 1.2 * (.25 + .75 * length[i] * n_i / total)) * idf;
		}
	}
}

/* S by its definition. */
static void weights_by(double s[MAX][MAX], const struct random_events *r, const struct rs_param_values *p,
                       const char *similarity)
{
	uint32_t n_u = r->e.n_users, n_i = r->e.n_items;
	bool jaccard = strcmp(similarity, "jaccard") == 0, text = similarity[0] == 't' || similarity[0] == 'b';
	bool squares = jaccard || text || similarity[0] == 'c';
	double *x = rs_array((size_t)n_u * n_i, sizeof *x, NULL), n[MAX] = { 0 };

	memcpy(x, r->x, (size_t)n_u * n_i * sizeof *x);
	if (text)
		weigh(x, n_u, n_i, similarity);
	for (uint32_t u = 0; u < n_u; u++)
		for (uint32_t i = 0; i < n_i; i++)
			n[i] += squares ? x[u * n_i + i] * x[u * n_i + i] : x[u * n_i + i];
	for (uint32_t i = 0; i < n_i; i++) {
		for (uint32_t j = 0; j < n_i; j++) {
			double c = 0, common = 0, w;

			for (uint32_t u = 0; u < n_u; u++) {
				double n_user = 0;

				for (uint32_t k = 0; k < n_i; k++)
					n_user += r->x[u * n_i + k] > 0;
				if (n_user > 0)
					c += x[u * n_i + i] * x[u * n_i + j] / pow(n_user, rs_param(p, "user_exponent"));
				common += r->x[u * n_i + i] > 0 && r->x[u * n_i + j] > 0;
			}
			w = c / pow(n[i], rs_param(p, "source_exponent")) / pow(n[j], rs_param(p, "target_exponent"));
			if (jaccard)
				w /= n[i] + n[j] - c;
			w = pow(w, rs_param(p, "power")) * c / (c + rs_param(p, "shrink"));
			w /= pow(n[j], rs_param(p, "popularity_discount"));
			s[i][j] = i == j || !(c > 0) || common < rs_param(p, "min_cooccurrence") ? 0 : w;
		}
	}
	rs_free(x);
}

/* A random choice of parameters. */
static const char *choose(struct rs_param_values *p, uint64_t seed, struct rs_err *err)
{
	static const char *const similarities[] = { "oneshot", "cosine",  "jaccard", "tfidf",      "bm25",
		                                    "rp3beta", "p3alpha", "lift",    "probability" };
	const char *similarity = similarities[draw(seed, 99, 0, 9)];
	char text[64];

	rs_params_init(p, knn->params);
	snprintf(text, sizeof text, "similarity=%s", similarity);
	assert_int_equal(rs_params_set(p, text, err), 0);
	if (draw(seed, 99, 1, 3) == 0)
		rs_param_resolve(p, "power", .7);
	if (draw(seed, 99, 2, 3) == 0)
		rs_param_resolve(p, "shrink", 2.5);
	if (draw(seed, 99, 3, 3) == 0)
		rs_param_resolve(p, "user_exponent", 1.1);
	if (draw(seed, 99, 4, 4) == 0)
		rs_param_resolve(p, "min_cooccurrence", 2);
	if (draw(seed, 99, 5, 4) == 0)
		rs_param_resolve(p, "popularity_discount", .5);
	rs_param_resolve(p, "neighbors", draw(seed, 99, 6, 2) == 0 ? 3 : 100);
	rs_param_resolve(p, "prune", (double)draw(seed, 99, 7, 2));
	return similarity;
}

/* Of one row or column of n pairs: the k largest were kept, each as it is. */
static void check_kept(const double *want, const double *got, uint32_t n, uint32_t k)
{
	uint32_t positive = 0, kept = 0;
	double least_kept = INFINITY, most_left = 0;

	for (uint32_t i = 0; i < n; i++) {
		positive += want[i] > 0;
		kept += got[i] > 0;
		if (got[i] > 0) {
			assert_true(near(got[i], want[i]));
			least_kept = fmin(least_kept, want[i]);
		} else {
			most_left = fmax(most_left, want[i]);
		}
	}
	assert_int_equal(kept, positive < k ? positive : k);
	assert_true(kept == positive || most_left <= least_kept * (1 + 1e-5));
}

static void check_weights(double want[MAX][MAX], void *m, uint32_t n, const struct rs_param_values *p)
{
	double got[MAX][MAX];
	uint32_t k = (uint32_t)rs_param(p, "neighbors");

	for (uint32_t i = 0; i < n; i++) {
		float row[MAX];
		struct rs_err err = RS_ERR_INIT;

		assert_done(knn->similar(m, i, row, &err));
		for (uint32_t j = 0; j < n; j++)
			got[i][j] = (double)row[j];
	}
	for (uint32_t i = 0; i < n; i++) {
		double a[MAX], b[MAX];

		for (uint32_t j = 0; j < n; j++) {
			a[j] = rs_param(p, "prune") == 0 ? want[j][i] : want[i][j];
			b[j] = rs_param(p, "prune") == 0 ? got[j][i] : got[i][j];
		}
		check_kept(a, b, n, k);
	}
}

static void weights_equal_plain_loops(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1500; seed++) {
		struct random_events r;
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e };
		const char *similarity = choose(&p, seed, &err);
		double want[MAX][MAX];
		void *m;

		random_events_init(&r, seed, seed % 2 == 1, false);
		rs_threads_set((int)(seed % 4) + 1);
		assert_done(rs_isa_set(seed % 3 == 0 ? "plain" : "", &err));
		knn->resolve(&p, &in);
		assert_done(knn->train(&m, &in, &p, &err));
		weights_by(want, &r, &p, similarity);
		check_weights(want, m, r.e.n_items, &p);
		knn->free(m);
		random_events_release(&r);
	}
	assert_int_equal(rs_isa_set("", NULL), 0);
}

/* score = sum over the history of weight times row; the explanation adds up to it. */
static void scores_and_shares_add_up(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct random_events r;
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct rs_train_in in = { .events = &r.e };
		float score[MAX * MAX], row[MAX], share[64];
		void *m, *q;

		random_events_init(&r, seed, seed % 2 == 1, false);
		rs_params_init(&p, knn->params);
		assert_done(knn->train(&m, &in, &p, &err));
		assert_done(knn->query(m, &(struct rs_people){ .events = &r.e }, &q, &err));
		assert_done(knn->score(m, q, 0, r.e.n_items, score, MAX, &err));
		for (uint32_t u = 0; u < r.e.n_users; u++) {
			double want[MAX] = { 0 };
			struct rs_events one;

			for (uint32_t i = 0; i < r.e.n_items; i++) {
				assert_done(knn->similar(m, i, row, &err));
				for (uint32_t j = 0; j < r.e.n_items; j++)
					want[j] += r.x[u * r.e.n_items + i] * (double)row[j];
			}
			assert_done(rs_events_rows(&one, &r.e, &u, 1, &err));
			for (uint32_t j = 0; j < r.e.n_items; j++) {
				double sum = 0;

				assert_done(knn->explain(m, &one, j, share, &err));
				for (uint64_t e = 0; e < one.row_ptr[1]; e++)
					sum += (double)share[e];
				assert_true(near(sum, want[j]));
				assert_true(near((double)score[u * MAX + j], want[j]));
			}
			rs_events_release(&one);
		}
		knn->query_free(q);
		knn->free(m);
		random_events_release(&r);
	}
}

/* Thousands of sums against a sort, for every instruction set. */
static void best_of_a_row(void **state)
{
	const struct rs_kernels *const *all = rs_isa_all();

	(void)state;
	for (; *all != NULL; all++) {
		assert_int_equal(rs_isa_set((*all)->name, NULL), 0);
		for (uint32_t k = 1; k <= 3000; k = k * 3 + 1) {
			enum { N = 2000 };
			struct rs_cooccur c;
			float *scale = rs_array0(2048, sizeof *scale, NULL), *want = rs_array0(N, sizeof *want, NULL);
			uint32_t col[N];
			struct rs_err err = RS_ERR_INIT;
			size_t n;

			assert_done(rs_cooccur_init(&c, N, k, &err));
			for (uint32_t i = 0; i < N; i++) {
				col[i] = i;
				scale[i] = 1;
			}
			for (uint64_t add = 0; add < 40; add++) { /* many equal sums */
				uint32_t from = (uint32_t)draw(k, add, 0, N), m = (uint32_t)draw(k, add, 1, N - from);

				rs_cooccur_isa()->add(c.acc, c.mark, col + from, NULL, m, 1);
				for (uint32_t i = from; i < from + m; i++)
					want[i]++;
			}
			n = rs_cooccur_best(&c, scale);
			for (size_t i = 0; i < n; i++) {
				uint32_t j = rs_candidate_column(c.candidate[i]), better = 0;

				assert_true(want[j] > 0);
				assert_true(i == 0 || rs_candidate_column(c.candidate[i - 1]) < j);
				for (uint32_t o = 0; o < N; o++)
					better += want[o] > want[j] || (o < j && want[o] == want[j]);
				assert_true(better < k);
			}
			for (uint32_t i = 0, positive = 0; i < N; i++) {
				positive += want[i] > 0;
				assert_true(c.acc[i] == 0);
				if (i == N - 1)
					assert_int_equal(n, positive < k ? positive : k);
			}
			rs_cooccur_release(&c);
			rs_free(scale);
			rs_free(want);
		}
	}
	assert_int_equal(rs_isa_set("", NULL), 0);
}

static void memory_is_refused_before(void **state)
{
	enum { U = 200, N = 300 };
	uint64_t row_ptr[U + 1];
	uint32_t *item = rs_array(U * N, sizeof *item, NULL);
	struct rs_events e = { .n_users = U, .n_items = N, .row_ptr = row_ptr, .item = item };
	struct rs_train_in in = { .events = &e };
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;
	void *m;

	(void)state;
	for (uint32_t u = 0; u <= U; u++)
		row_ptr[u] = (uint64_t)u * N;
	for (uint32_t i = 0; i < U * N; i++)
		item[i] = i % N;
	rs_params_init(&p, knn->params);
	rs_param_resolve(&p, "neighbors", 300);
	rs_mem_set_cap(rs_mem_used() + 2000000);
	assert_int_equal(knn->train(&m, &in, &p, &err), RS_ENOMEM);
	assert_non_null(strstr(err.text, "neighbors"));
	rs_mem_set_cap(0);
	rs_free(item);
}

static int find(void **state)
{
	(void)state;
	knn = rs_recipe_find("itemknn");
	return knn == NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_equal_plain_loops), cmocka_unit_test(scores_and_shares_add_up),
		cmocka_unit_test(best_of_a_row),
		cmocka_unit_test(memory_is_refused_before),
	};

	return cmocka_run_group_tests(tests, find, NULL);
}
