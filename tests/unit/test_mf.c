/* test_mf.c -- ratings: one row against its equations, features, training, predictions against plain loops. */
#include "tests/unit/num_ref.h"
#include "tests/unit/sample.h"

#include "lib/num/isa.h"
#include "lib/recipe/mf.h"

extern const struct rs_recipe rs_recipe_mf;
static struct rs_err err;

/* ---- one row ---- */

static void a_row_solves_its_equations(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct draws r = { seed, 0 };
		size_t d = 1 + below(&r, 70), p = 2 + below(&r, 6), n = below(&r, 600), ld = RS_ROUND_LANES(d + 3);
		uint32_t n_other = 1 + (uint32_t)below(&r, 40);
		struct rs_mf_shape s = { d, p, ld };
		float *other = draw_array(&r, n_other * ld), *w = draw_array(&r, p * d), *feature = draw_array(&r, p);
		float *rating = draw_array(&r, n), *noise = draw_array(&r, d), *precision = rs_array(d * d, 4, NULL);
		float *mean = rs_array0(RS_ROUND_LANES(d), 4, NULL), *drawn = rs_array0(RS_ROUND_LANES(d), 4, NULL);
		uint32_t *item = rs_array(n, sizeof *item, NULL);
		double *a = rs_array0(d * d, sizeof *a, NULL), *b = rs_array0(d, sizeof *b, NULL);
		double *x = rs_array(d, sizeof *x, NULL), alpha = .5 + (double)below(&r, 4), length = 0;
		struct rs_mf_prior prior = { w, precision, (float)alpha };
		struct rs_mf_scratch *scratch;

		for (size_t i = 0; i < d * d; i++)
			precision[i] = i / d == i % d ? 5 : i / d + 1 == i % d || i % d + 1 == i / d ? 1 : 0;
		for (size_t e = 0; e < n; e++)
			item[e] = (uint32_t)below(&r, n_other);
		for (size_t i = 0; i < d; i++) {
			for (size_t j = 0; j < d; j++) {
				double m = 0;

				for (size_t f = 0; f < p; f++)
					m += (double)w[f * d + j] * (double)feature[f];
				a[i * d + j] = (double)precision[i * d + j];
				b[i] += (double)precision[i * d + j] * m;
			}
		}
		for (size_t e = 0; e < n; e++) {
			const float *z = other + item[e] * ld;

			for (size_t i = 0; i < d; i++) {
				double zi = i + 1 == d ? 1 : (double)z[i];

				b[i] += alpha * zi * ((double)rating[e] - (double)z[d - 1]);
				for (size_t j = 0; j < d; j++)
					a[i * d + j] += alpha * zi * (j + 1 == d ? 1 : (double)z[j]);
			}
		}
		assert_done(rs_mf_scratch_new(&scratch, d, &err));
		assert_done(rs_mf_row(scratch, &s, &prior, feature, other, ld, item, rating, n, NULL, mean, NULL, &err));
		assert_done(rs_mf_row(scratch, &s, &prior, feature, other, ld, item, rating, n, noise, drawn, NULL, &err));
		/* A mean = b, and the deviation of a draw has (drawn - mean)' A (drawn - mean) = |noise|^2 */
		for (size_t i = 0; i < d; i++) {
			double left = 0, scale = fabs(b[i]);

			x[i] = 0;
			for (size_t j = 0; j < d; j++) {
				left += a[i * d + j] * (double)mean[j];
				scale += fabs(a[i * d + j] * (double)mean[j]);
				x[i] += a[i * d + j] * ((double)drawn[j] - (double)mean[j]);
			}
			assert_true(fabs(left - b[i]) <= 2e-4 * scale + 1e-5);
			length += x[i] * ((double)drawn[i] - (double)mean[i]);
		}
		for (size_t i = 0; i < d; i++)
			length -= (double)noise[i] * (double)noise[i];
		assert_true(fabs(length) < 1e-2 * (double)d);
		rs_mf_scratch_free(scratch);
		rs_free(other);
		rs_free(w);
		rs_free(feature);
		rs_free(rating);
		rs_free(noise);
		rs_free(precision);
		rs_free(mean);
		rs_free(drawn);
		rs_free(item);
		rs_free(a);
		rs_free(b);
		rs_free(x);
	}
}

/* ---- a world of ratings ---- */

#define USERS 150
#define ITEMS 60
#define RATED 25 /* of each user, besides 5 that are kept back */

struct world {
	struct rs_events e, back;
};

static double true_rating(uint32_t u, uint32_t i)
{
	double sum = 3;

	sum += .4 * rs_rand_normal(5, RS_RNG_TEST, u, 1) + .5 * rs_rand_normal(5, RS_RNG_TEST, 1000 + i, 1);
	for (uint32_t k = 2; k < 4; k++)
		sum += .7 * rs_rand_normal(5, RS_RNG_TEST, u, k) * rs_rand_normal(5, RS_RNG_TEST, 1000 + i, k);
	return sum;
}

static void draw_part(struct rs_events *e, uint32_t first, uint32_t n)
{
	*e = (struct rs_events){ .n_users = USERS, .n_items = ITEMS };
	e->row_ptr = rs_array(USERS + 1, sizeof *e->row_ptr, NULL);
	e->item = rs_array((size_t)USERS * n, sizeof *e->item, NULL);
	e->value = rs_array((size_t)USERS * n, sizeof *e->value, NULL);
	e->row_ptr[0] = 0;
	for (uint32_t u = 0; u < USERS; u++) {
		uint64_t at = e->row_ptr[u];

		for (uint32_t k = first; k < first + n; k++, at++) {
			e->item[at] = (u * 7 + k * 11) % ITEMS; /* 11 and 60 have no common divisor */
			e->value[at] = (float)(true_rating(u, e->item[at]) +
			                       .2 * rs_rand_normal(5, RS_RNG_TEST, u, 100 + e->item[at]));
		}
		e->row_ptr[u + 1] = at;
	}
}

static struct world world(void)
{
	struct world w;

	draw_part(&w.e, 0, RATED);
	draw_part(&w.back, RATED, 5);
	return w;
}

static void world_release(struct world *w)
{
	rs_events_release(&w->e);
	rs_events_release(&w->back);
}

static struct rs_param_values params_of(const char *set)
{
	struct rs_param_values p;

	rs_params_init(&p, rs_recipe_mf.params);
	assert_done(rs_params_set(&p, "factors=6", &err));
	assert_done(rs_params_set(&p, "implicit=4", &err));
	if (set != NULL)
		assert_done(rs_params_set(&p, set, &err));
	rs_recipe_mf.resolve(&p, NULL);
	return p;
}

static void *train(const struct rs_events *e, const char *set)
{
	struct rs_param_values p = params_of(set);
	void *m;

	assert_done(rs_recipe_mf.train(&m, &(struct rs_train_in){ .events = e, .seed = 3 }, &p, &err));
	return m;
}

/* Predictions for what was kept back, of people with these histories. */
static float *predict_back(const void *m, const struct world *w)
{
	size_t n = (size_t)w->back.row_ptr[USERS];
	uint32_t *who = rs_array(n, sizeof *who, NULL);
	float *out = rs_array(n, sizeof *out, NULL);
	struct rs_pairs pairs = { .n = n, .who = who, .item = w->back.item };
	void *q;

	for (uint32_t u = 0; u < USERS; u++)
		for (uint64_t e = w->back.row_ptr[u]; e < w->back.row_ptr[u + 1]; e++)
			who[e] = u;
	assert_done(rs_recipe_mf.query(m, &(struct rs_people){ .events = &w->e }, &q, &err));
	assert_done(rs_recipe_mf.predict(m, q, &pairs, out, &err));
	rs_recipe_mf.query_free(q);
	rs_free(who);
	return out;
}

static double rmse(const float *p, const struct world *w)
{
	size_t n = (size_t)w->back.row_ptr[USERS];
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ((double)p[i] - (double)w->back.value[i]) * ((double)p[i] - (double)w->back.value[i]);
	return sqrt(sum / (double)n);
}

/* The noise is .2, what biases alone leave over 1. */
static void ratings_that_were_kept_back_are_foreseen(void **state)
{
	struct world w = world();
	void *m = train(&w.e, NULL);
	float *p = predict_back(m, &w);

	(void)state;
	assert_true(rmse(p, &w) < .36);
	rs_free(p);
	rs_recipe_mf.free(m);
	m = train(&w.e, "patience=4");
	p = predict_back(m, &w);
	assert_true(rmse(p, &w) < .34);
	rs_free(p);
	rs_recipe_mf.free(m);
	world_release(&w);
}

/* The n x n system a x = b, by elimination; x is b. */
static void solve_by(double *a, double *b, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < n; i++) {
			double factor = a[i * n + k] / a[k * n + k];

			if (i == k)
				continue;
			for (size_t j = 0; j < n; j++)
				a[i * n + j] -= factor * a[k * n + j];
			b[i] -= factor * b[k];
		}
	}
	for (size_t k = 0; k < n; k++)
		b[k] /= a[k * n + k];
}

/* The row of user u in sample s, from the model's numbers alone. */
static void user_row_by(double *x, const struct rs_mf *m, const struct rs_events *e, uint32_t u, uint32_t s)
{
	size_t d = m->shape.d, p = m->shape.p, ld = m->shape.ld, k = m->implicit.k;
	const float *w = m->prior_w + s * p * d, *precision = m->precision + s * d * d;
	const float *items = m->item + s * (ITEMS + 1) * ld;
	double feature[8] = { 0 }, a[64], alpha = (double)m->alpha[s];

	assert_true(p == k + 2 && p <= 8 && d <= 8);
	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++)
		for (size_t c = 0; c < k; c++)
			feature[c] += (double)m->implicit.item[e->item[i] * k + c] / sqrt(RATED);
	for (size_t c = 0; c < k; c++)
		feature[c] = (feature[c] - (double)m->implicit.shift[c]) * (double)m->implicit.scale[c];
	feature[k + 1] = 1; /* feature k is 0: everybody has as many events */
	for (size_t i = 0; i < d; i++) {
		x[i] = 0;
		for (size_t j = 0; j < d; j++) {
			a[i * d + j] = (double)precision[i * d + j];
			for (size_t f = 0; f < p; f++)
				x[i] += (double)precision[i * d + j] * (double)w[f * d + j] * feature[f];
		}
	}
	for (uint64_t r = e->row_ptr[u]; r < e->row_ptr[u + 1]; r++) {
		const float *y = items + e->item[r] * ld;
		double rating = ((double)e->value[r] - m->mean) / m->sd - (double)y[d - 1];

		for (size_t i = 0; i < d; i++) {
			double yi = i + 1 == d ? 1 : (double)y[i];

			x[i] += alpha * yi * rating;
			for (size_t j = 0; j < d; j++)
				a[i * d + j] += alpha * yi * (j + 1 == d ? 1 : (double)y[j]);
		}
	}
	solve_by(a, x, d);
}

/* A prediction is the mean over the samples of the product of the user's row, solved from the user's events, and the item's. */
static void predictions_equal_plain_loops(void **state)
{
	struct world w = world();
	struct rs_mf *m = train(&w.e, NULL);
	float *got = predict_back(m, &w);
	size_t d = m->shape.d;

	(void)state;
	for (uint32_t u = 0; u < USERS; u++) {
		double sum[5] = { 0 };
		uint64_t from = w.back.row_ptr[u];

		for (uint32_t s = 0; s < m->n_samples; s++) {
			double x[8] = { 0 };

			user_row_by(x, m, &w.e, u, s);
			for (uint64_t e = 0; e < 5 && d >= 1 && d <= 8; e++) {
				const float *y = m->item + (s * (ITEMS + 1) + w.back.item[from + e]) * m->shape.ld;

				sum[e] += x[d - 1] + (double)y[d - 1];
				for (size_t i = 0; i + 1 < d; i++)
					sum[e] += x[i] * (double)y[i];
			}
		}
		for (uint64_t e = 0; e < 5; e++) {
			double want = m->mean + m->sd * sum[e] / m->n_samples;

			want = fmin(fmax(want, m->min), m->max);
			assert_true(fabs((double)got[from + e] - want) < 1e-3);
		}
	}
	rs_free(got);
	rs_recipe_mf.free(m);
	world_release(&w);
}

static void threads_and_batches_do_not_matter(void **state)
{
	struct world w = world();
	void *m, *q;
	float *p, one;

	(void)state;
	rs_threads_set(1);
	m = train(&w.e, NULL);
	p = predict_back(m, &w);
	for (int threads = 2; threads <= 8; threads += threads == 3 ? 5 : 1) {
		struct rs_mf *again, *first = m;

		if (threads > 3 && threads != 8)
			continue;
		rs_threads_set(threads);
		again = train(&w.e, NULL);
		assert_memory_equal(again->item, first->item, first->n_samples * (ITEMS + 1) * first->shape.ld * 4);
		rs_recipe_mf.free(again);
	}
	for (uint32_t u = 0; u < USERS; u += 7) {
		uint64_t ends[2] = { 0, RATED };
		struct rs_events h = { .n_users = 1, .n_items = ITEMS, .row_ptr = ends, .item = w.e.item + w.e.row_ptr[u],
			               .value = w.e.value + w.e.row_ptr[u] };
		uint32_t who = 0;
		struct rs_pairs pair = { .n = 1, .who = &who, .item = w.back.item + w.back.row_ptr[u] };

		assert_done(rs_recipe_mf.query(m, &(struct rs_people){ .events = &h }, &q, &err));
		assert_done(rs_recipe_mf.predict(m, q, &pair, &one, &err));
		assert_true(one == p[w.back.row_ptr[u]]);
		rs_recipe_mf.query_free(q);
	}
	rs_free(p);
	rs_recipe_mf.free(m);
	world_release(&w);
}

/* The features of a person of the training are those that the training saw: mean 0, variance 1 over all. Here everybody
 * has as many events, so that the first vector is the same for all. */
static void features_fold_in(void **state)
{
	struct world w = world();
	struct rs_mf *m = train(&w.e, NULL);
	size_t k = m->implicit.k;
	double sum[8] = { 0 }, squares[8] = { 0 };

	(void)state;
	for (uint32_t u = 0; u < USERS; u++) {
		float f[8];

		rs_mf_implicit_fold(&m->implicit, w.e.item + w.e.row_ptr[u], RATED, f);
		assert_true(f[k + 1] == 1);
		for (size_t c = 0; c < k; c++) {
			sum[c] += (double)f[c];
			squares[c] += (double)f[c] * (double)f[c];
		}
	}
	for (size_t c = 0; c < k; c++) {
		assert_true(fabs(sum[c] / USERS) < 1e-3);
		assert_true(m->implicit.scale[c] == 0 || fabs(squares[c] / USERS - 1) < 1e-2);
	}
	rs_recipe_mf.free(m);
	world_release(&w);
}

static void strangers_and_new_items_get_an_average(void **state)
{
	struct world w = world();
	void *m = train(&w.e, NULL), *q;
	uint64_t ends[2] = { 0, 0 };
	struct rs_events nobody = { .n_users = 1, .n_items = ITEMS, .row_ptr = ends };
	uint32_t who[2] = { 0, 0 }, item[2] = { 3, RS_NONE };
	struct rs_pairs pairs = { .n = 2, .who = who, .item = item };
	float out[2];

	(void)state;
	assert_done(rs_recipe_mf.query(m, &(struct rs_people){ .events = &nobody }, &q, &err));
	assert_done(rs_recipe_mf.predict(m, q, &pairs, out, &err));
	for (int i = 0; i < 2; i++)
		assert_true(out[i] > 1.5F && out[i] < 4.5F);
	rs_recipe_mf.query_free(q);
	rs_recipe_mf.free(m);
	world_release(&w);
}

static void the_file_gives_the_same_predictions(void **state)
{
	struct world w = world();
	struct rs_param_values p = params_of(NULL), other = params_of("factors=9");
	void *m = train(&w.e, NULL), *loaded;
	float *want = predict_back(m, &w), *got;
	char path[] = "/tmp/test_mf.XXXXXX";
	struct rs_writer *out;
	struct rs_reader *in;

	(void)state;
	close(mkstemp(path));
	assert_done(rs_writer_open(&out, path, RS_FILE_MODEL, &err));
	assert_done(rs_recipe_mf.save(m, out, &err));
	assert_done(rs_writer_commit(&out, &err));
	assert_done(rs_reader_open(&in, path, RS_FILE_MODEL, &err));
	assert_done(rs_recipe_mf.load(&loaded, in, ITEMS, &p, &err));
	got = predict_back(loaded, &w);
	assert_memory_equal(got, want, (size_t)w.back.row_ptr[USERS] * sizeof *got);
	rs_recipe_mf.free(loaded);
	assert_int_equal(rs_recipe_mf.load(&loaded, in, ITEMS + 1, &p, &err), RS_EDATA);
	assert_int_equal(rs_recipe_mf.load(&loaded, in, ITEMS, &other, &err), RS_EDATA);
	rs_reader_close(in);
	unlink(path);
	rs_free(want);
	rs_free(got);
	rs_recipe_mf.free(m);
	world_release(&w);
}

static void what_has_no_values_is_refused(void **state)
{
	struct rs_param_values p = params_of(NULL);
	struct world w = world();
	void *m;

	(void)state;
	for (uint64_t e = 0; e < w.e.row_ptr[USERS]; e++)
		w.e.value[e] = 4;
	assert_int_equal(rs_recipe_mf.train(&m, &(struct rs_train_in){ .events = &w.e }, &p, &err), RS_EDATA);
	for (uint64_t e = 0; e < w.e.row_ptr[USERS]; e++)
		w.e.value[e] = NAN;
	assert_int_equal(rs_recipe_mf.train(&m, &(struct rs_train_in){ .events = &w.e }, &p, &err), RS_EDATA);
	rs_free(w.e.value);
	w.e.value = NULL;
	assert_int_equal(rs_recipe_mf.train(&m, &(struct rs_train_in){ .events = &w.e }, &p, &err), RS_EDATA);
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_solves_its_equations),
		cmocka_unit_test(ratings_that_were_kept_back_are_foreseen),
		cmocka_unit_test(predictions_equal_plain_loops),
		cmocka_unit_test(threads_and_batches_do_not_matter),
		cmocka_unit_test(features_fold_in),
		cmocka_unit_test(strangers_and_new_items_get_an_average),
		cmocka_unit_test(the_file_gives_the_same_predictions),
		cmocka_unit_test(what_has_no_values_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
