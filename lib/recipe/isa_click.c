/* isa_click.c -- the hot loops of event probabilities, compiled once per instruction set. */
#include "lib/num/isa_vec.h"
#include "lib/recipe/click_steps.h"

#include <math.h>
#include <string.h>

#define NAME RS_ISA_FN(rs_click)
#define AHEAD 8 /* rows whose records are fetched before */
#define LINE 16 /* floats of a line of the cache */
#define PIECES (VW / RS_CLICK_PART) /* fields in a vector of a group */

typedef int32_t ivec __attribute__((vector_size(VW * 4)));

/* 1 / sqrt(x), x > 0, to 5e-6. */
INLINE vec inverse_root(vec x)
{
	vec y = (vec)(0x5f375a86 - ((ivec)x >> 1)), half = .5F * x;

	y *= 1.5F - half * y * y;
	return y * (1.5F - half * y * y);
}

INLINE void step(float *v, float *sum, vec d, float rate)
{
	vec s = get(sum) + d * d;

	put(sum, s);
	put(v, get(v) - rate * d * inverse_root(s));
}

/* The sum of the lanes: halves onto halves. */
INLINE float add_up(vec v)
{
	vec4 s = fold_4(v);

	return (s[0] + s[2]) + (s[1] + s[3]);
}

INLINE uint32_t code_at(struct rs_click_run run, size_t row, size_t at)
{
	return run.block[row / RS_CLICK_BLOCK][at + row % RS_CLICK_BLOCK];
}

INLINE float share(uint32_t n)
{
	return n > 1 ? 1 / sqrtf((float)n) : 1;
}

/* The record of the cell, or in sum (width) that of several, added up. */
INLINE const float *record(const struct rs_click_side *s, struct rs_click_run run, size_t row, size_t width, float *sum)
{
	uint32_t code = code_at(run, row, s->at), n;
	const uint32_t *list;

	if (!s->column->several)
		return s->table + code * 2 * width;
	list = rs_click_cell(s->column, &code, &n);
	if (n == 1)
		return s->table + *list * 2 * width;
	memset(sum, 0, width * sizeof *sum);
	for (uint32_t i = 0; i < n; i++) {
		const float *v = s->table + list[i] * 2 * width;

		for (size_t j = 0; j < width; j += VW)
			put(sum + j, get(sum + j) + share(n) * get(v + j));
	}
	return sum;
}

INLINE void fetch(const struct rs_click_side *s, struct rs_click_run run, size_t row, size_t floats, size_t width)
{
	const float *v;

	if (s->column->several || row >= run.n)
		return;
	v = s->table + code_at(run, row, s->at) * 2 * width;
	for (size_t i = 0; i < floats; i += LINE)
		__builtin_prefetch(v + i, 1);
}

/* ---- linear ---- */

static void linear(float *logit, const float *w, size_t at, struct rs_click_run run)
{
	for (size_t b = 0; b < (run.n + RS_CLICK_BLOCK - 1) / RS_CLICK_BLOCK; b++) {
		const uint32_t *code = run.block[b] + at;

		for (size_t i = 0; i < RS_CLICK_BLOCK; i++)
			logit[b * RS_CLICK_BLOCK + i] += w[code[i]];
	}
}

/* ---- pairs of groups of fields ---- */

/* What lies at `at` in PIECES records. */
INLINE vec beside(const float *const *record, size_t at)
{
	typedef float vec4_at __attribute__((vector_size(16), aligned(4), may_alias));
	vec4 p[PIECES];

	for (size_t i = 0; i < PIECES; i++)
		p[i] = *(const vec4_at *)(record[i] + at);
#if VW == 4
	return p[0];
#elif VW == 8
	return __builtin_shufflevector(p[0], p[1], 0, 1, 2, 3, 4, 5, 6, 7);
#else
	typedef float vec8 __attribute__((vector_size(32)));
	vec8 lo = __builtin_shufflevector(p[0], p[1], 0, 1, 2, 3, 4, 5, 6, 7);
	vec8 hi = __builtin_shufflevector(p[2], p[3], 0, 1, 2, 3, 4, 5, 6, 7);

	return __builtin_shufflevector(lo, hi, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
}

INLINE void records(const float **to, const struct rs_click_side *s, struct rs_click_run run, size_t row, size_t width,
                    bool several, float *scratch)
{
	for (size_t i = 0; i < RS_CLICK_GROUP; i++)
		to[i] = several ? record(&s[i], run, row, width, scratch + i * width)
		                : s[i].table + code_at(run, row, s[i].at) * 2 * width;
}

INLINE float add_pairs(const struct rs_click_pairs *p, const float *const *a, const float *const *b, size_t width)
{
	vec sum = { 0 };

	for (size_t f = 0; f < RS_CLICK_GROUP; f++)
		for (size_t c = 0; c < width; c += RS_LANES)
			for (size_t h = 0; h < RS_LANES / VW; h++)
				sum += get(a[f] + c + h * VW) * beside(b + h * PIECES, c + f * RS_CLICK_PART);
	return (p->same ? .5F : 1) * add_up(sum);
}

INLINE void pairs_of(float *logit, const struct rs_click_pairs *p, struct rs_click_run run, float *scratch, size_t width,
                     bool several)
{
	const float *a[RS_CLICK_GROUP], *b[RS_CLICK_GROUP];

	for (size_t row = 0; row < run.n; row++) {
		for (size_t f = 0; f < RS_CLICK_GROUP; f++) {
			fetch(&p->a[f], run, row + AHEAD, width, width);
			if (!p->same)
				fetch(&p->b[f], run, row + AHEAD, width, width);
		}
		records(a, p->a, run, row, width, several, scratch);
		if (!p->same)
			records(b, p->b, run, row, width, several, scratch + RS_CLICK_GROUP * width);
		logit[row] += add_pairs(p, a, p->same ? a : b, width);
	}
}

static void pairs(float *logit, const struct rs_click_pairs *p, struct rs_click_run run, float *scratch)
{
	if (p->several)
		pairs_of(logit, p, run, scratch, p->width, true);
	else if (p->width == RS_LANES)
		pairs_of(logit, p, run, scratch, RS_LANES, false);
	else
		pairs_of(logit, p, run, scratch, p->width, false);
}

/* Which fields of the group have a value in the row, as factors 1 and 0. */
INLINE void present(float *mask, const struct rs_click_side *s, struct rs_click_run run, size_t row)
{
	for (size_t i = 0; i < RS_CLICK_GROUP; i++) {
		uint32_t code = code_at(run, row, s[i].at), n = 1;

		if (s[i].column->holes || s[i].column->n == 0)
			rs_click_cell(s[i].column, &code, &n);
		for (size_t k = 0; k < RS_CLICK_PART; k++)
			mask[i * RS_CLICK_PART + k] = n > 0;
	}
}

/* One record, which is field number `f` of its group. */
INLINE void step_record(const struct rs_click_pairs *p, float *v, size_t f, const float *const *other, const float *mask,
                        float slope, size_t width)
{
	for (size_t c = 0; c < width; c += RS_LANES) {
		for (size_t h = 0; h < RS_LANES / VW; h++) {
			float *x = v + c + h * VW;
			vec d = slope * beside(other + h * PIECES, c + f * RS_CLICK_PART) + p->ridge * get(x);

			step(x, x + width, d * get(mask + h * VW), p->rate);
		}
	}
}

INLINE void step_side(const struct rs_click_pairs *p, const struct rs_click_side *s, struct rs_click_run run, size_t row,
                      const float *const *other, const float *mask, float slope, size_t width)
{
	for (size_t f = 0; f < RS_CLICK_GROUP; f++) {
		uint32_t code = code_at(run, row, s[f].at), n;
		const uint32_t *list = rs_click_cell(s[f].column, &code, &n);

		for (uint32_t i = 0; i < n; i++)
			step_record(p, s[f].table + list[i] * 2 * width, f, other, mask, slope * share(n), width);
	}
}

INLINE void step_pairs_of(const struct rs_click_pairs *p, struct rs_click_run run, const float *slope, float *scratch,
                          size_t width, bool several)
{
	const float *a[RS_CLICK_GROUP], *b[RS_CLICK_GROUP];
	float mask[2][RS_LANES] __attribute__((aligned(64)));

	for (size_t row = 0; row < run.n; row++) {
		for (size_t f = 0; f < RS_CLICK_GROUP; f++) {
			fetch(&p->a[f], run, row + AHEAD, 2 * width, width);
			if (!p->same)
				fetch(&p->b[f], run, row + AHEAD, 2 * width, width);
		}
		records(a, p->a, run, row, width, several, scratch);
		present(mask[0], p->a, run, row);
		for (size_t f = 0; f < RS_CLICK_GROUP; f++) { /* as they were */
			float *old = scratch + f * width;

			for (size_t j = 0; j < width; j += VW)
				put(old + j, get(a[f] + j));
			a[f] = old;
		}
		if (p->same) {
			step_side(p, p->a, run, row, a, mask[0], slope[row], width);
			continue;
		}
		records(b, p->b, run, row, width, several, scratch + RS_CLICK_GROUP * width);
		present(mask[1], p->b, run, row);
		step_side(p, p->a, run, row, b, mask[1], slope[row], width);
		step_side(p, p->b, run, row, a, mask[0], slope[row], width);
	}
}

static void step_pairs(const struct rs_click_pairs *p, struct rs_click_run run, const float *slope, float *scratch)
{
	if (p->several)
		step_pairs_of(p, run, slope, scratch, p->width, true);
	else if (p->width == RS_LANES)
		step_pairs_of(p, run, slope, scratch, RS_LANES, false);
	else
		step_pairs_of(p, run, slope, scratch, p->width, false);
}

/* ---- factors that all fields share ---- */

INLINE void find_records(const float **v, const struct rs_click_factors *f, struct rs_click_run run, size_t row, float *scratch)
{
	for (uint32_t g = 0; g < f->n_fields; g++) {
		fetch(&f->field[g], run, row + AHEAD, f->width, f->width);
		v[g] = record(&f->field[g], run, row, f->width, scratch + g * f->width);
	}
}

static void factors(float *logit, float *other, const struct rs_click_factors *f, struct rs_click_run run, float *scratch)
{
	const float *v[RS_CLICK_FIELDS_MAX];
	uint32_t n = f->n_fields;

	for (size_t row = 0; row < run.n; row++) {
		float *to = other + row * n * f->width;
		vec sum = { 0 };

		find_records(v, f, run, row, scratch);
		for (size_t j = 0; j < f->width; j += VW) {
			vec all = { 0 };

			for (uint32_t g = 0; g < n; g++)
				all += get(v[g] + j);
			for (uint32_t g = 0; g < n; g++) {
				vec o = all - get(v[g] + j);

				if (f->r != NULL) {
					o = (vec){ 0 };
					for (uint32_t h = 0; h < n; h++)
						o += f->r[g * n + h] * get(v[h] + j);
				}
				put(to + g * f->width + j, o);
				sum += o * get(v[g] + j);
			}
		}
		logit[row] += .5F * add_up(sum);
	}
}

static void step_factors(const struct rs_click_factors *f, uint32_t field, struct rs_click_run run, const float *slope,
                         const float *other)
{
	const struct rs_click_side *s = &f->field[field];

	for (size_t row = 0; row < run.n; row++) {
		const float *o = other + (row * f->n_fields + field) * f->width;
		uint32_t code = code_at(run, row, s->at), n;
		const uint32_t *list = rs_click_cell(s->column, &code, &n);

		fetch(s, run, row + AHEAD, 2 * f->width, f->width);
		for (uint32_t i = 0; i < n; i++) {
			float *v = s->table + list[i] * 2 * f->width, by = slope[row] * share(n);

			for (size_t j = 0; j < f->width; j += VW)
				step(v + j, v + f->width + j, by * get(o + j) + f->ridge * get(v + j), f->rate);
		}
	}
}

static void pair_products(float *r, const struct rs_click_factors *f, struct rs_click_run run, const float *slope,
                          float *scratch)
{
	const float *v[RS_CLICK_FIELDS_MAX];

	for (size_t row = 0; row < run.n; row++) {
		find_records(v, f, run, row, scratch);
		for (uint32_t g = 0; g < f->n_fields; g++) {
			for (uint32_t h = g + 1; h < f->n_fields; h++) {
				vec sum = { 0 };

				for (size_t j = 0; j < f->width; j += VW)
					sum += get(v[g] + j) * get(v[h] + j);
				r[g * f->n_fields + h] += slope[row] * add_up(sum);
			}
		}
	}
}

extern const struct rs_click_isa NAME;
const struct rs_click_isa NAME = { linear, pairs, step_pairs, factors, step_factors, pair_products };
