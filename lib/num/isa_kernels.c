/* isa_kernels.c -- sums of rows and of short rows for one instruction set, and the table of its kernels. */
#include "lib/num/isa_vec.h"

#include <string.h>

/* ---- sums ---- */

/* Even vectors to one sum, odd ones to another, both added up, then the rest. */
float RS_ISA_FN(rs_dot)(const float *a, const float *b, size_t n)
{
	vec s = { 0 }, t = { 0 };
	size_t k = 0;
	float sum;

	for (; k + 2 * VW <= n; k += 2 * VW) {
		s += get(a + k) * get(b + k);
		t += get(a + k + VW) * get(b + k + VW);
	}
	if (k + VW <= n) {
		s += get(a + k) * get(b + k);
		k += VW;
	}
	sum = sum_lanes(s + t);
	for (; k < n; k++)
		sum += a[k] * b[k];
	return sum;
}

/* y += w[0] * r[0], then w[1] * r[1] ...: four rows in one pass over y. */
static void add_4(float *y, size_t n, const float *const r[4], const float w[4])
{
	size_t k = 0;

	for (; k + VW <= n; k += VW) {
		vec s = get(y + k);

		UNROLL
		for (size_t i = 0; i < 4; i++)
			s += w[i] * get(r[i] + k);
		put(y + k, s);
	}
	for (; k < n; k++)
		for (size_t i = 0; i < 4; i++)
			y[k] += w[i] * r[i][k];
}

static void add_1(float *y, size_t n, const float *r, float w)
{
	size_t k = 0;

	for (; k + VW <= n; k += VW)
		put(y + k, get(y + k) + w * get(r + k));
	for (; k < n; k++)
		y[k] += w * r[k];
}

void RS_ISA_FN(rs_add_rows)(float *y, size_t n, struct rs_rows_of rows, const float *w)
{
	static const float ones[4] = { 1, 1, 1, 1 };
	size_t i = 0;

	for (; i + 4 <= rows.n; i += 4) {
		const float *const r[4] = { row_of(&rows, i), row_of(&rows, i + 1), row_of(&rows, i + 2),
			                    row_of(&rows, i + 3) };

		add_4(y, n, r, w == NULL ? ones : w + i);
	}
	for (; i < rows.n; i++)
		add_1(y, n, row_of(&rows, i), w == NULL ? 1 : w[i]);
}

/* ---- short rows ---- */

typedef uint32_t words __attribute__((vector_size(VW * 4)));

INLINE vec upper(const uint32_t *p)
{
	return *(const vec_at *)(const void *)p;
}

INLINE vec lower(const uint32_t *p)
{
	return (vec)((words)upper(p) << 16);
}

INLINE uint32_t short_word(const float *above, uint32_t low)
{
	uint32_t a, size, high;

	memcpy(&a, above, sizeof a);
	size = (a & 0x7fffffff) + 0x8000;
	high = size < low ? 0 : (size - low) & 0xffff0000;
	if (high < 0x00800000) /* no denormal number, which would be slow to add */
		high = low > 0 ? 0x00800000 : 0;
	return (a & 0x80000000) | high | low;
}

INLINE uint32_t rounded_half(const float *below)
{
	uint32_t b;

	memcpy(&b, below, sizeof b);
	return (b & 0x7f800000) == 0 ? 0 : (b + 0x7fff + (b >> 16 & 1)) >> 16;
}

void RS_ISA_FN(rs_shorten)(uint32_t *to, const float *from, size_t n)
{
	size_t n_words = RS_SHORT_WORDS(n), n_lower = n - n_words;

	for (size_t j = 0; j < n_lower; j++)
		to[j] = short_word(from + j, rounded_half(from + n_words + j));
	for (size_t j = n_lower; j < n_words; j++)
		to[j] = short_word(from + j, 0);
}

/* out[0 .. 8) = the sums of the lanes of eight vectors, each in the order of sum_lanes. */
INLINE void sum_lanes_8(float *out, const vec v[8])
{
#if VW == 16
#define PAIR(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define HALVES(a, b)                                                                                                 \
	(PAIR(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)                                          \
	 + PAIR(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define QUARTERS(a, b)                                                                                               \
	(PAIR(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)                                        \
	 + PAIR(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
	vec p = HALVES(v[0], v[2]), q = HALVES(v[1], v[3]), r = HALVES(v[4], v[6]), s = HALVES(v[5], v[7]);
	vec x = QUARTERS(p, r), y = QUARTERS(q, s), z; /* 0 2 4 6, 1 3 5 7: four lanes each */

	z = PAIR(x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
	        + PAIR(x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
	typedef float vec8 __attribute__((vector_size(32)));
	vec8 sum = __builtin_shufflevector(z, z, 0, 2, 4, 6, 8, 10, 12, 14)
	        + __builtin_shufflevector(z, z, 1, 3, 5, 7, 9, 11, 13, 15);
	memcpy(out, &sum, sizeof sum);
#else
	for (size_t i = 0; i < 8; i += 4) {
		vec4 sum = sum_lanes_4(v[i], v[i + 1], v[i + 2], v[i + 3]);

		memcpy(out + i, &sum, sizeof sum);
	}
#endif
}

/* The products of 8 rows with v. */
INLINE void dot_rows(float *out, const uint32_t *const *r, const float *v, const size_t n)
{
	vec s[8] = { { 0 } };

	for (size_t k = 0; k < n; k += VW) {
		vec a = get(v + k), b = get(v + n + k);

		UNROLL
		for (size_t i = 0; i < 8; i++)
			s[i] += upper(r[i] + k) * a;
		UNROLL
		for (size_t i = 0; i < 8; i++)
			s[i] += lower(r[i] + k) * b;
	}
	sum_lanes_8(out, s);
}

/* out += f[0] * r[0], then f[1] * r[1] ... */
INLINE void add_rows_of(float *out, const uint32_t *const *r, const float *f, const size_t n)
{
	for (size_t k = 0; k < n; k += VW) {
		vec s = get(out + k), t = get(out + n + k);

		UNROLL
		for (size_t i = 0; i < 8; i++) {
			s += f[i] * upper(r[i] + k);
			t += f[i] * lower(r[i] + k);
		}
		put(out + k, s);
		put(out + n + k, t);
	}
}

/* Rows first .. first + 8; those from `rows` on count as 0. */
INLINE void add_residual(float *out, const float *v, float target, const struct rs_short_rows *all, const float *w,
                         size_t first, const size_t n, const size_t rows)
{
	const uint32_t *r[8];
	float f[8];

	UNROLL
	for (size_t i = 0; i < 8; i++)
		r[i] = all->base + all->ix[i < rows ? first + i : first] * n;
	dot_rows(f, r, v, n);
	for (size_t i = 0; i < 8; i++)
		f[i] = target - f[i];
	if (w != NULL)
		for (size_t i = 0; i < rows; i++)
			f[i] *= w[first + i];
	for (size_t i = rows; i < 8; i++)
		f[i] = 0;
	__asm__("" : "+m"(f));
	add_rows_of(out, r, f, n);
}

#define NEAR 24 /* so many rows before it is read a row comes from the second cache to the first */

/* The lines of a row come to a cache, and the place of its page to where those are remembered. */
INLINE void fetch(const struct rs_short_rows *rows, uint32_t row, const size_t n, const int cache)
{
	const uint32_t *p = rows->base + row * n;

	for (size_t k = 0; k < n; k += 16) {
		if (cache == 1)
			__builtin_prefetch(p + k, 0, 3);
		else
			__builtin_prefetch(p + k, 0, 2);
	}
}

INLINE void add_residuals(float *out, const float *v, float target, const struct rs_short_rows *rows, const float *w,
                          const size_t n)
{
	size_t i = 0, soon = 0, each = rows->n_soon / (rows->n / 8 + 1) + 1;

	for (; i + 8 <= rows->n; i += 8) {
		for (size_t end = soon + each; soon < end && soon < rows->n_soon; soon++)
			fetch(rows, rows->soon[soon], n, 2);
		for (size_t r = i + NEAR; r < i + NEAR + 8 && r < rows->n; r++)
			fetch(rows, rows->ix[r], n, 1);
		add_residual(out, v, target, rows, w, i, n, 8);
	}
	for (; soon < rows->n_soon; soon++)
		fetch(rows, rows->soon[soon], n, 2);
	if (i < rows->n)
		add_residual(out, v, target, rows, w, i, n, rows->n - i);
}

void RS_ISA_FN(rs_add_residual)(float *out, const float *v, float target, struct rs_short_rows rows, const float *w)
{
	if (rows.n_words == 32)
		add_residuals(out, v, target, &rows, w, 32);
	else
		add_residuals(out, v, target, &rows, w, rows.n_words);
}

const struct rs_kernels RS_ISA_FN(rs_kernels) = {
#define RS_TEXT_(x) #x
#define RS_TEXT(x) RS_TEXT_(x)
	.name = RS_TEXT(RS_ISA),
	.mr = MR,
	.tn = RS_ISA_FN(rs_tn),
	.pack_rows = RS_ISA_FN(rs_pack_rows),
	.dot = RS_ISA_FN(rs_dot),
	.add_rows = RS_ISA_FN(rs_add_rows),
	.shorten = RS_ISA_FN(rs_shorten),
	.add_residual = RS_ISA_FN(rs_add_residual),
	.keys_above = RS_ISA_FN(rs_keys_above),
	.part = RS_ISA_FN(rs_part),
	.order = RS_ISA_FN(rs_order),
	.order_max = ORDER_MAX,
	.hash = RS_ISA_FN(rs_hash),
	.chol = RS_ISA_FN(rs_chol),
	.back = RS_ISA_FN(rs_back),
	.chol_inverse = RS_ISA_FN(rs_chol_inverse),
	.frame_put32 = RS_ISA_FN(rs_frame_put32),
	.frame_put64 = RS_ISA_FN(rs_frame_put64),
	.frame_differences32 = RS_ISA_FN(rs_frame_differences32),
	.frame_differences64 = RS_ISA_FN(rs_frame_differences64),
	.frame_unpack32 = RS_ISA_FN(rs_frame_unpack32),
	.frame_unpack64 = RS_ISA_FN(rs_frame_unpack64),
};
