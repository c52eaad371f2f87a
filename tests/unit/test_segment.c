/* test_segment.c -- people for items, given items in order, and clusters, against plain loops over full lists. */
#include "tests/unit/sample.h"

#include "lib/num/kmeans.h"
#include "lib/rank/cluster.h"
#include "lib/rank/order.h"
#include "lib/rank/profile.h"
#include "lib/rank/segment.h"

#define N_USERS 60
#define N_ITEMS 40

static struct rs_dataset *d;
static struct rs_model *m;
static struct rs_histories h;
static float scores[N_USERS][N_ITEMS]; /* -1: had */

static int take_list(void *ctx, const struct rs_list *list, struct rs_err *err)
{
	(void)ctx;
	(void)err;
	for (uint32_t k = 0; k < list->n; k++)
		scores[list->user][list->pick[k].item] = list->pick[k].score;
	return 0;
}

/* A model of the recipe, and every score by the pipeline that the other tests hold. */
static void make_world(const char *recipe, enum rs_seen seen)
{
	struct rs_err err = RS_ERR_INIT;
	struct sample_row *row = sample_rows(700, N_USERS, N_ITEMS);
	struct rs_rank_options o = { .n = N_ITEMS, .seen = seen };
	struct rs_param_values p;
	struct rs_choice c;

	rs_choice_init(&c);
	d = sample_build(row, 700, false);
	assert_done(rs_recipe_params(&p, recipe, &err));
	if (strcmp(recipe, "als") == 0)
		assert_done(rs_params_set(&p, "factors=4", &err));
	assert_done(rs_model_train(&m, rs_recipe_find(recipe), &p, &c, NULL, d, 1, &err));
	assert_int_equal(m->item_key.n, N_ITEMS);
	assert_int_equal(d->user_key.n, N_USERS);
	assert_done(rs_histories_make(&h, m, d, NULL, &err));
	for (int u = 0; u < N_USERS; u++)
		for (int i = 0; i < N_ITEMS; i++)
			scores[u][i] = -INFINITY;
	assert_done(rs_rank_users(m, &h, NULL, 0, &o, take_list, NULL, &err));
	free(row);
}

static void drop_world(void)
{
	rs_histories_release(&h);
	rs_model_free(m);
	rs_dataset_free(d);
}

static double value_of(uint32_t u, uint32_t item, enum rs_segment_by by)
{
	double events = (double)(h.chosen.row_ptr[u + 1] - h.chosen.row_ptr[u]);
	uint32_t before = 0;

	if (by == RS_SEGMENT_SCORE)
		return (double)scores[u][item];
	for (uint32_t i = 0; i < N_ITEMS; i++)
		before += scores[u][i] > scores[u][item];
	return sqrt(events) / (21.0 + before);
}

/* The mean of the best few of a set; NaN where the person has none of it. */
static double plain_value(uint32_t u, const uint32_t *item, uint64_t n, uint32_t best_of, enum rs_segment_by by)
{
	double left[N_ITEMS], sum = 0;
	uint32_t k = 0, taken = 0;

	for (uint64_t i = 0; i < n; i++)
		if (scores[u][item[i]] != -INFINITY)
			left[k++] = value_of(u, item[i], by);
	for (; taken < best_of && taken < k; taken++) {
		uint32_t best = 0;

		for (uint32_t i = 1; i < k; i++)
			best = left[i] > left[best] ? i : best;
		sum += left[best];
		left[best] = -INFINITY;
	}
	return taken == 0 ? NAN : sum / taken;
}

static void segments_equal_plain_loops_by(const char *recipe, enum rs_segment_by by, enum rs_seen seen)
{
	/* one item; the same again; five; none; all but a few */
	static const uint32_t item[] = { 7, 7, 3, 9, 11, 20, 39, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 31 };
	static const uint64_t ptr[] = { 0, 1, 2, 7, 7, 20 };
	struct rs_segment_queries q = { .n = 5, .ptr = ptr, .item = item };
	uint8_t allow[N_USERS];
	struct rs_segment_options o = { .by = by, .seen = seen, .allow = allow, .best_of = 3 };
	struct rs_topk top[5];
	struct rs_err err = RS_ERR_INIT;

	make_world(recipe, seen);
	for (uint32_t u = 0; u < N_USERS; u++)
		allow[u] = u % 7 != 3;
	for (int k = 0; k < 5; k++)
		assert_done(rs_topk_init(&top[k], 9, &err));
	assert_done(rs_segment(m, &h, &q, &o, top, &err));
	for (int k = 0; k < 5; k++) {
		double want[N_USERS];

		rs_topk_sort(&top[k]);
		for (uint32_t u = 0; u < N_USERS; u++)
			want[u] = allow[u] == 0 || !rs_histories_known(&h, u) ?
			                  NAN :
			                  plain_value(u, item + ptr[k], ptr[k + 1] - ptr[k], 3, by);
		for (uint32_t r = 0; r < 9; r++) {
			uint32_t best = N_USERS;

			for (uint32_t u = 0; u < N_USERS; u++)
				if (!isnan(want[u]) && (best == N_USERS || want[u] > want[best]))
					best = u;
			if (best == N_USERS) {
				assert_int_equal(top[k].n, r);
				break;
			}
			assert_true(fabs((double)top[k].best[r].score - want[best]) <= 1e-5 * fabs(want[best]));
			assert_true(fabs(want[top[k].best[r].ix] - want[best]) <= 1e-5 * fabs(want[best]));
			want[top[k].best[r].ix] = NAN;
		}
		rs_topk_release(&top[k]);
	}
	drop_world();
}

static void segments_equal_plain_loops(void **state)
{
	static const char *const recipes[] = { "itemknn", "als", "ease" };

	(void)state;
	for (size_t r = 0; r < 3; r++)
		for (int by = 0; by < 2; by++)
			for (int seen = 0; seen < 3; seen++)
				segments_equal_plain_loops_by(recipes[r], (enum rs_segment_by)by, (enum rs_seen)seen);
}

static void given_items_in_order(void **state)
{
	static const char *const recipes[] = { "itemknn", "als", "ease", "popular" };

	(void)state;
	for (size_t r = 0; r < 4; r++) {
		uint32_t item[N_USERS * 6];
		struct rs_request q[N_USERS];
		struct rs_pick pick[N_USERS * 6];
		uint8_t from_prior[N_USERS];
		struct rs_err err = RS_ERR_INIT;

		make_world(recipes[r], RS_SEEN_KEEP);
		for (uint32_t u = 0; u < N_USERS; u++) {
			q[u] = (struct rs_request){ .user = u % 9 == 4 ? RS_NONE : u, .first = u * 6, .n = u % 7 };
			for (uint32_t k = 0; k < 6; k++)
				item[u * 6 + k] = (u + k) % 5 == 2 ? RS_NONE : (u * 11 + k * 7) % N_ITEMS;
		}
		assert_done(rs_order(m, &h, q, N_USERS, item, NULL, pick, from_prior, &err));
		for (uint32_t u = 0; u < N_USERS; u++) {
			uint64_t last = 0;

			for (uint32_t k = 0; k < q[u].n; k++) {
				const struct rs_pick *p = &pick[u * 6 + k];

				if (p->item >= N_ITEMS) { /* unknown, in the order given, last */
					assert_true(isnan(p->score) && p->item > last && item[p->item - N_ITEMS] == RS_NONE);
					last = p->item;
					continue;
				}
				assert_true(last == 0);
				if (q[u].user != RS_NONE)
					assert_true(p->score == scores[u][p->item]);
				else if (r < 3)
					assert_true(p->score == m->item_prior[p->item]);
				if (k > 0)
					assert_true(p[-1].score > p->score ||
					            (p[-1].score == p->score && p[-1].item <= p->item));
			}
			assert_int_equal(from_prior[u], r < 3 && q[u].user == RS_NONE);
		}
		drop_world();
	}
}

/* ---- clusters ---- */

/* By plain loops: quality is the mean product of the rows and their nearest centres, and a centre is the direction of the
 * sum of its rows, so that another sweep would change nothing. */
static void check_centres(const float *centre, double quality, const float *x, uint32_t n, uint32_t k)
{
	double *sum = calloc((size_t)k * RS_KMEANS_DIMS, sizeof *sum), total = 0;

	for (uint32_t i = 0; i < n; i++) {
		double most = -2;
		uint32_t nearest = 0;

		for (uint32_t c = 0; c < k; c++) {
			double product = 0;

			for (uint32_t v = 0; v < RS_KMEANS_DIMS; v++)
				product += (double)centre[c * RS_KMEANS_DIMS + v] * (double)x[(size_t)i * RS_KMEANS_DIMS + v];
			nearest = product > most ? c : nearest;
			most = product > most ? product : most;
		}
		total += most;
		for (uint32_t v = 0; v < RS_KMEANS_DIMS; v++)
			sum[nearest * RS_KMEANS_DIMS + v] += (double)x[(size_t)i * RS_KMEANS_DIMS + v];
	}
	assert_true(fabs(total / n - quality) < 1e-5);
	for (uint32_t c = 0; c < k; c++) {
		double length = 0, along = 0;

		for (uint32_t v = 0; v < RS_KMEANS_DIMS; v++) {
			length += sum[c * RS_KMEANS_DIMS + v] * sum[c * RS_KMEANS_DIMS + v];
			along += sum[c * RS_KMEANS_DIMS + v] * (double)centre[c * RS_KMEANS_DIMS + v];
		}
		assert_true(along > (1 - 1e-5) * sqrt(length));
	}
	free(sum);
}

/* Directions around a few centres: found again, whatever the order, and the same for any number of threads. */
static void clusters_of_directions(void **state)
{
	enum { N = 3000, K = 5 };
	float *x = malloc((size_t)N * RS_KMEANS_DIMS * sizeof *x), centre[2][K * RS_KMEANS_DIMS];
	uint32_t at[K];
	struct rs_err err = RS_ERR_INIT;
	double quality;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		for (uint32_t k = 0; k < RS_KMEANS_DIMS; k++) {
			double v = (double)rs_rand_normal(1, RS_RNG_TEST, i, k) * .3;

			v += k == (i % 10 < 4 ? 0 : i % 10 < 7 ? 1 : i % 10 == 7 ? 2 : i % 10 == 8 ? 3 : 4) ? 3 : 0;
			x[(size_t)i * RS_KMEANS_DIMS + k] = (float)v;
		}
		assert_true(rs_kmeans_normalise(x + (size_t)i * RS_KMEANS_DIMS));
	}
	rs_threads_set(1);
	assert_done(rs_kmeans(centre[0], &quality, x, N, K, 7, &err));
	rs_threads_set(3);
	assert_done(rs_kmeans(centre[1], &quality, x, N, K, 7, &err));
	assert_memory_equal(centre[0], centre[1], sizeof centre[0]);
	assert_true(quality > .7);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t c = rs_kmeans_nearest(centre[0], K, x + (size_t)i * RS_KMEANS_DIMS, NULL);
		uint32_t kind = i % 10 < 4 ? 0 : i % 10 < 7 ? 1 : i % 10 == 7 ? 2 : i % 10 == 8 ? 3 : 4;

		if (i < 10)
			at[kind] = c;
		assert_int_equal(c, at[kind]);
	}
	check_centres(centre[0], quality, x, N, K);
	assert_int_equal(at[0], 0); /* the largest first */
	assert_int_equal(at[1], 1);
	free(x);
}

static void as_many_clusters_as_rows(void **state)
{
	float x[3 * RS_KMEANS_DIMS] = { 0 }, centre[3 * RS_KMEANS_DIMS], zero[RS_KMEANS_DIMS] = { 0 };
	struct rs_err err = RS_ERR_INIT;
	double quality;

	(void)state;
	x[0] = x[RS_KMEANS_DIMS] = x[2 * RS_KMEANS_DIMS + 1] = 1; /* two rows alike */
	assert_done(rs_kmeans(centre, &quality, x, 3, 3, 1, &err));
	assert_true(quality > .999999);
	assert_done(rs_kmeans(centre, &quality, x, 1, 1, 1, &err));
	assert_false(rs_kmeans_normalise(zero));
}

/* Two circles of people who share no item, and one who did nothing. */
static void circles_and_what_marks_them(void **state)
{
	struct sample_row row[400];
	char user[40][8], item[20][8];
	struct rs_err err = RS_ERR_INIT;
	struct rs_param_values p;
	struct rs_choice c;
	struct rs_clusters clusters, again;
	struct rs_marks_in in = { 0 };
	struct rs_mark mark[2][6];
	struct rs_profile profile[2] = { { mark[0], 0, 6 }, { mark[1], 0, 6 } };
	uint64_t n = 0;

	(void)state;
	for (int u = 0; u < 40; u++) {
		snprintf(user[u], sizeof user[u], "u%02d", u);
		for (int k = 0; k < 10; k++) {
			int i = (u < 25 ? 0 : 10) + (u * 3 + k * (1 + u % 3)) % 10;

			snprintf(item[i], sizeof item[i], "i%02d", i);
			row[n] = (struct sample_row){ user[u], item[i], NULL, NULL, (int64_t)n, NAN };
			n++;
		}
	}
	rs_choice_init(&c);
	d = sample_build(row, n, false);
	assert_done(rs_recipe_params(&p, "itemknn", &err));
	assert_done(rs_model_train(&m, rs_recipe_find("itemknn"), &p, &c, NULL, d, 1, &err));
	assert_done(rs_histories_make(&h, m, d, NULL, &err));
	assert_done(rs_cluster_users(&clusters, m, &h, 2, 1, &err));
	assert_int_equal(clusters.k, 2);
	assert_true(clusters.size[0] == 25 && clusters.size[1] == 15);
	for (uint32_t u = 0; u < 40; u++)
		assert_true(clusters.cluster[u] == (u >= 25) && clusters.closeness[u] > .5f);
	assert_done(rs_profile_users(profile, &clusters, &h, &in, 2, &err));
	for (int k = 0; k < 2; k++) {
		assert_int_equal(profile[k].n, 2);
		for (uint32_t i = 0; i < profile[k].n; i++) {
			const struct rs_mark *a = &profile[k].mark[i];
			double all = (double)m->item_users[a->ix], share = k == 0 ? 25. / 40 : 15. / 40;

			assert_true(a->kind == RS_MARK_ITEM && (a->ix >= 10) == (k == 1));
			assert_int_equal(a->count, m->item_users[a->ix]);
			assert_true(fabs((double)a->lift - (all + 10) / (all * share + 10)) < 1e-5);
		}
	}
	rs_threads_set(1);
	assert_done(rs_cluster_users(&again, m, &h, 2, 1, &err));
	rs_threads_set(3);
	assert_memory_equal(again.cluster, clusters.cluster, 40 * sizeof *again.cluster);
	assert_memory_equal(again.closeness, clusters.closeness, 40 * sizeof *again.closeness);
	rs_clusters_release(&again);
	rs_clusters_release(&clusters);
	assert_done(rs_cluster_items(&clusters, m, 2, 1, &err));
	for (uint32_t i = 1; i < 20; i++)
		assert_true((clusters.cluster[i] == clusters.cluster[0]) == (i < 10));
	profile[0].n = profile[1].n = 0;
	assert_done(rs_profile_items(profile, &clusters, m, &in, 3, &err));
	assert_true(profile[0].n == 3 && isnan(profile[0].mark[0].lift) &&
	            profile[0].mark[0].count == m->item_users[profile[0].mark[0].ix]);
	rs_clusters_release(&clusters);
	drop_world();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_equal_plain_loops),
		cmocka_unit_test(given_items_in_order),
		cmocka_unit_test(clusters_of_directions),
		cmocka_unit_test(as_many_clusters_as_rows),
		cmocka_unit_test(circles_and_what_marks_them),
	};

	return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
