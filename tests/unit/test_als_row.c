/* test_als_row.c -- one row of als against explicit normal equations in double precision. */
#include "tests/unit/num_ref.h"

#include "lib/num/dense.h"
#include "lib/recipe/als.h"

#include <stdbool.h>

static struct rs_err err;

struct one {
	struct rs_als_solver s;
	float *y, *ridge;
	uint32_t *short_y; /* the same numbers: those of y have few bits */
	uint32_t n_items, n;
	uint32_t *item;
	float *c, r;
};

/* short_y from y, which becomes what stands there. */
static void shorten(struct one *o, size_t ld)
{
	size_t n_words = RS_SHORT_WORDS(ld);

	rs_free(o->short_y);
	o->short_y = rs_array(o->n_items * n_words, sizeof *o->short_y, NULL);
	for (size_t i = 0; i < o->n_items; i++) {
		uint32_t *words = o->short_y + i * n_words;

		rs_isa()->shorten(words, o->y + i * ld, ld);
		for (size_t k = 0; k < ld; k++) {
			uint32_t bits = k < n_words ? words[k] : words[k - n_words] << 16;

			memcpy(&o->y[i * ld + k], &bits, sizeof bits);
		}
	}
}

/* A random side of items in its eigenvectors, and n events. */
static struct one draw_one(struct draws *r, uint32_t n_items, size_t d, uint32_t n, bool weighted, double w0)
{
	struct one o = { .n_items = n_items, .n = n };
	size_t ld = RS_ROUND_LANES(d);
	double *v = rs_array(d * d, sizeof *v, NULL), *value = rs_array(d, sizeof *value, NULL);

	o.y = rs_array0((size_t)n_items * ld, sizeof *o.y, NULL);
	for (uint32_t i = 0; i < n_items; i++)
		for (size_t k = 0; k < d; k++)
			o.y[i * ld + k] = draw(r) / 2;
	o.ridge = rs_array0(ld, sizeof *o.ridge, NULL);
	assert_done(rs_gram(v, o.y, n_items, d, ld, &err));
	assert_done(rs_eigen(v, value, d, &err));
	assert_done(rs_rotate(o.y, n_items, d, ld, v, &err));
	for (size_t k = 0; k < d; k++)
		o.ridge[k] = (float)(w0 * fmax(value[k], 0));
	shorten(&o, ld);
	o.item = rs_array(n, sizeof *o.item, NULL);
	o.c = weighted ? rs_array(n, sizeof *o.c, NULL) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		o.item[i] = (uint32_t)below(r, n_items);
		if (weighted)
			o.c[i] = fabsf(draw(r)) * (float)below(r, 4);
	}
	o.r = .05f + fabsf(draw(r));
	o.s = (struct rs_als_solver){ .steps = 3, .block = 16, .d = d, .ld = ld, .y = o.y, .short_y = o.short_y,
	                                .ridge = o.ridge };
	rs_free(v);
	rs_free(value);
	return o;
}

static void release_one(struct one *o)
{
	rs_free(o->y);
	rs_free(o->short_y);
	rs_free(o->ridge);
	rs_free(o->item);
	rs_free(o->c);
}

static double weight_of(const struct one *o, uint32_t i)
{
	return o->c == NULL ? 1 : (double)o->c[i];
}

/* The factor of (diag(ridge) + r + sum c y y'), d x d. */
static double *normal_factor(const struct one *o)
{
	size_t d = o->s.d, ld = o->s.ld;
	double *a = rs_array0(d * d, sizeof *a, NULL);

	for (size_t k = 0; k < d; k++)
		a[k * d + k] = (double)o->ridge[k] + (double)o->r;
	for (uint32_t i = 0; i < o->n; i++) {
		const float *y = o->y + o->item[i] * ld;

		for (size_t k = 0; k < d; k++)
			for (size_t l = k; l < d; l++)
				a[k * d + l] += weight_of(o, i) * (double)y[k] * (double)y[l];
	}
	assert_true(ref_chol(a, d));
	return a;
}

static void rows_are_solved(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 600; t++) {
		struct draws r = { t, 0 };
		size_t d = 1 + below(&r, t % 10 == 0 ? 90 : 30);
		struct one o = draw_one(&r, 50 + (uint32_t)below(&r, 50), d,
		                        (uint32_t)below(&r, t % 10 == 0 ? 300 : 40), t % 3 == 0,
		                        (double)below(&r, 2) / 10);
		double *a = normal_factor(&o), *b = rs_array0(d, sizeof *b, NULL),
		       *want = rs_array(d, sizeof *want, NULL);
		float *m = t % 4 == 1 ? draw_array(&r, o.s.ld) : NULL;
		float *x = draw_array(&r, o.s.ld), *share = rs_array(o.n, sizeof *share, NULL), *target = o.y;
		struct rs_als_scratch *w;
		double score = 0;

		for (uint32_t i = 0; i < o.n; i++)
			for (size_t k = 0; k < d; k++)
				b[k] += weight_of(&o, i) * (double)o.y[o.item[i] * o.s.ld + k];
		for (size_t k = 0; k < o.s.ld && m != NULL; k++) {
			m[k] = k < d ? m[k] : 0;
			if (k < d)
				b[k] += (double)o.r * (double)m[k];
		}
		ref_chol_solve(a, d, b, want);
		for (size_t k = 0; k < d && m != NULL && o.n == 0; k++) /* nothing is known but m */
			want[k] = (double)m[k];
		memset(x + d, 0, (o.s.ld - d) * sizeof *x);
		for (o.s.method = RS_ALS_EXACT; o.s.method <= RS_ALS_BLOCKS; o.s.method++) {
			assert_done(rs_als_scratch_new(&w, &o.s, o.n, &err));
			/* the others come near, round by round */
			for (int round = 0; round < (o.s.method == RS_ALS_EXACT ? 1 : 60); round++)
				assert_done(rs_als_solve(&o.s, w, o.item, o.c, o.n, o.r, m, x, NULL, &err));
			for (size_t k = 0; k < o.s.ld; k++)
				assert_near(x[k], k < d ? want[k] : 0, 20);
			rs_als_scratch_free(w);
		}
		o.s.method = RS_ALS_EXACT;
		assert_done(rs_als_scratch_new(&w, &o.s, o.n, &err));
		assert_done(rs_als_shares(&o.s, w, o.item, o.c, o.n, o.r, target, share, &err));
		for (size_t k = 0; k < d; k++)
			b[k] = (double)target[k];
		score = -ref_dot(target, x, d);
		if (m != NULL && o.n > 0) {
			float *rest = rs_array(o.s.ld, sizeof *rest, NULL);

			rs_als_rest(&o.s, o.item, o.n, o.r, target, share, rest);
			score += ref_dot(rest, m, d);
			rs_free(rest);
		} else if (m != NULL) {
			score = 0;
		}
		ref_chol_solve(a, d, b, want);
		for (uint32_t i = 0; i < o.n; i++) {
			double s = 0;

			for (size_t k = 0; k < d; k++)
				s += weight_of(&o, i) * (double)o.y[o.item[i] * o.s.ld + k] * want[k];
			assert_near(share[i], s, 20);
			score += (double)share[i];
		}
		assert_near(score, 0, 20 + (double)o.n / 10);
		rs_als_scratch_free(w);
		rs_free(a);
		rs_free(b);
		rs_free(want);
		rs_free(m);
		rs_free(x);
		rs_free(share);
		release_one(&o);
	}
}

static void gradient_and_blocks_are_really_used(void **state)
{
	struct draws r = { 9000, 0 };
	struct one o = draw_one(&r, 400, 80, 200, true, .1);
	float *exact = draw_array(&r, 80), *x = draw_array(&r, 80);
	struct rs_als_scratch *w;
	size_t i;

	(void)state;
	assert_done(rs_als_scratch_new(&w, &o.s, o.n, &err));
	assert_done(rs_als_solve(&o.s, w, o.item, o.c, o.n, o.r, NULL, exact, NULL, &err));
	for (o.s.method = RS_ALS_CG; o.s.method <= RS_ALS_BLOCKS; o.s.method++) {
		memset(x, 0, 80 * sizeof *x);
		assert_done(rs_als_solve(&o.s, w, o.item, o.c, o.n, o.r, NULL, x, NULL, &err));
		for (i = 0; i < 80 && x[i] == exact[i];)
			i++;
		assert_true(i < 80);
	}
	rs_als_scratch_free(w);
	rs_free(exact);
	rs_free(x);
	release_one(&o);
}

static void a_row_out_of_range_is_refused(void **state)
{
	struct draws r = { 9100, 0 };

	(void)state;
	for (uint32_t n = 5; n < 50; n += 40) {
		struct one o = draw_one(&r, 60, 20, n, false, .1);
		float *x = draw_array(&r, 32);
		struct rs_als_scratch *w;

		o.y[o.item[2] * o.s.ld + 3] = NAN;
		shorten(&o, o.s.ld);
		o.s.short_y = o.short_y;
		assert_done(rs_als_scratch_new(&w, &o.s, o.n, &err));
		for (o.s.method = RS_ALS_EXACT; o.s.method <= RS_ALS_BLOCKS; o.s.method++)
			assert_int_equal(rs_als_solve(&o.s, w, o.item, o.c, o.n, o.r, NULL, x, NULL, &err), RS_EDATA);
		rs_als_scratch_free(w);
		rs_free(x);
		release_one(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_solved),
		cmocka_unit_test(gradient_and_blocks_are_really_used),
		cmocka_unit_test(a_row_out_of_range_is_refused),
	};
	int failed = 0;

	RUN_WITH_EACH_SET(failed, tests)
	return failed;
}
