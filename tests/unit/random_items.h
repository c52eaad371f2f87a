/* random_items.h -- random attributes of the items of random_events.h, and plain columns made of them. */
#ifndef RS_TESTS_RANDOM_ITEMS_H
#define RS_TESTS_RANDOM_ITEMS_H

#include "tests/unit/random_events.h"

#include "lib/recipe/recipe.h"

#define KINDS 4
#define RANGES 3
#define WORDS 4
#define FEATURES (KINDS + RANGES + WORDS)
#define COLUMNS (FEATURES + KINDS * KINDS + 1)

struct random_items {
	struct rs_feature_column column[3]; /* kinds, a number, a text */
	struct rs_features f;
	struct rs_csr x;
	uint64_t row_ptr[17];
	uint32_t col[16 * FEATURES];
	float val[16 * FEATURES];
	double dense[16][FEATURES];
};

static inline void random_items_init(struct random_items *r, uint64_t seed, uint32_t n_items)
{
	uint64_t n = 0;

	memset(r, 0, sizeof *r);
	r->column[0] = (struct rs_feature_column){ .type = RS_TYPE_CATEGORICAL, .n = KINDS };
	r->column[1] = (struct rs_feature_column){ .type = RS_TYPE_NUMBER, .first = KINDS, .n = RANGES };
	r->column[2] = (struct rs_feature_column){ .type = RS_TYPE_TEXT, .first = KINDS + RANGES, .n = WORDS };
	r->f = (struct rs_features){ 3, FEATURES, r->column };
	for (uint32_t i = 0; i < n_items; i++) {
		uint64_t range = draw(seed, 100 + i, 30, RANGES + 1);

		for (uint32_t k = 0; k < KINDS; k++)
			r->dense[i][k] = draw(seed, 100 + i, k, 2) == 0;
		if (range < RANGES)
			r->dense[i][KINDS + range] = 1;
		for (uint32_t k = 0; k < WORDS; k++)
			r->dense[i][KINDS + RANGES + k] = (double)draw(seed, 100 + i, 40 + k, 3);
		for (uint32_t k = 0; k < FEATURES; k++) {
			if (r->dense[i][k] == 0)
				continue;
			r->col[n] = k;
			r->val[n++] = (float)r->dense[i][k];
		}
		r->row_ptr[i + 1] = n;
	}
	r->x = (struct rs_csr){ n_items, FEATURES, r->row_ptr, r->col, r->val };
}

static inline double length_of(const double *v, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i] * v[i];
	return sqrt(sum);
}

static inline void stretch(double *v, int n, double to)
{
	double length = length_of(v, n);

	for (int i = 0; i < n && length > 0; i++)
		v[i] *= to / length;
}

/* The columns of item i as item_blocks.h tells; pairs of kinds behind the features, the constant last. */
static inline void plain_blocks(double *out, const struct random_items *r, uint32_t n_items, uint32_t i, bool cosine,
                                bool pairs, bool constant, double kinds, double numbers, double text)
{
	const double *x = r->dense[i];
	double length = 0, total = 0, with = 0, df[FEATURES] = { 0 };

	memset(out, 0, COLUMNS * sizeof *out);
	for (uint32_t j = 0; j < n_items; j++) {
		double words = 0;

		for (int k = 0; k < FEATURES; k++) {
			df[k] += r->dense[j][k] > 0;
			words += k >= KINDS + RANGES ? r->dense[j][k] : 0;
		}
		total += words;
		with += words > 0;
	}
	for (int k = 0; k < KINDS; k++)
		out[k] = x[k] * (cosine ? log(1 + n_items / df[k]) : kinds);
	for (int k = 0; k < KINDS; k++)
		out[k] = x[k] > 0 ? out[k] : 0;
	for (int k = 0; k < RANGES; k++)
		for (int d = -1; d <= 1; d++)
			if (k + d >= 0 && k + d < RANGES && x[KINDS + k + d] > 0)
				out[KINDS + k] = numbers * (d == 0 ? 1 : .5);
	for (int k = 0; k < WORDS; k++)
		length += x[KINDS + RANGES + k];
	for (int k = KINDS + RANGES; k < FEATURES; k++)
		if (x[k] > 0)
			out[k] = x[k] * 2.2 / (x[k] + 1.2 * (.25 + .75 * length / (total / with)))
			       * log(1 + (n_items - df[k] + .5) / (df[k] + .5));
	stretch(out + KINDS + RANGES, WORDS, text);
	if (cosine) {
		stretch(out, KINDS, kinds);
		stretch(out + KINDS, RANGES, numbers);
	}
	for (int a = 0; a < KINDS && pairs; a++) {
		for (int b = a + 1; b < KINDS; b++) {
			int both = 0;

			for (uint32_t j = 0; j < n_items; j++)
				both += r->dense[j][a] > 0 && r->dense[j][b] > 0;
			out[FEATURES + a * KINDS + b] = both >= 3 && x[a] > 0 && x[b] > 0 ? kinds : 0;
		}
	}
	out[COLUMNS - 1] = constant;
	if (cosine)
		stretch(out, COLUMNS, 1);
}

#endif
