/* isa_kernels.c -- products, packing, sums of rows and the search of scores above a limit, for one instruction set. */
#include "lib/num/isa_vec.h"

#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

/* ---- c = a'b in tiles of registers ---- */

#define DEEP 320 /* rows of b from which on a panel of it outgrows the first cache: they are asked for in time */
#define AHEAD 64

/* sum += a'b, one row of each after the other. */
INLINE void tn_products(vec sum[MR][2], size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                        const size_t rows, const size_t vectors, const size_t ahead)
{
	vec y[2];

	for (size_t i = 0; i < k; i++) {
		UNROLL
		for (size_t v = 0; v < vectors; v++)
			y[v] = get(b + v * VW);
		for (size_t v = 0; v < vectors * VW && ahead > 0; v += 16)
			__builtin_prefetch(b + ahead * ldb + v);
		UNROLL
		for (size_t r = 0; r < rows; r++)
			UNROLL
		for (size_t v = 0; v < vectors; v++)
			sum[r][v] += a[r] * y[v];
		a += lda;
		b += ldb;
	}
}

/* sum = c, with the sign turned where c is to lose the products, or 0; tn_end puts it back. */
INLINE void tn_begin(vec sum[MR][2], enum rs_tn how, const float *c, size_t ldc, const size_t rows,
                     const size_t vectors)
{
	UNROLL
	for (size_t r = 0; r < rows; r++)
		UNROLL
	for (size_t v = 0; v < vectors; v++) {
		vec old = { 0 };

		if (how != RS_TN_SET)
			old = get(c + r * ldc + v * VW);
		sum[r][v] = how == RS_TN_SUB ? -old : old;
	}
}

INLINE void tn_end(vec sum[MR][2], enum rs_tn how, float *c, size_t ldc, const size_t rows,
                   const size_t vectors)
{
	UNROLL
	for (size_t r = 0; r < rows; r++)
		UNROLL
	for (size_t v = 0; v < vectors; v++)
		put(c + r * ldc + v * VW, how == RS_TN_SUB ? -sum[r][v] : sum[r][v]);
}

/* One tile of `rows` x (2 vectors), of which n columns are wanted. All of c is loaded into registers before, and stored
 * after, one pass over k. */
INLINE void tn_tile(enum rs_tn how, float *c, size_t ldc, size_t n, size_t k, const float *a, size_t lda,
                    const float *b, size_t ldb, const size_t rows, const size_t vectors)
{
	vec sum[MR][2];
	float edge[MR * 2 * VW];
	float *to = c;
	size_t ldt = ldc;

	if (n < vectors * VW) { /* columns that are not c's own go to a tile beside it */
		to = edge;
		ldt = 2 * VW;
		if (how != RS_TN_SET)
			for (size_t r = 0; r < rows; r++)
				memcpy(edge + r * ldt, c + r * ldc, n * sizeof *c);
	}
	tn_begin(sum, how, to, ldt, rows, vectors);
	if (k >= DEEP)
		tn_products(sum, k, a, lda, b, ldb, rows, vectors, AHEAD);
	else
		tn_products(sum, k, a, lda, b, ldb, rows, vectors, 0);
	tn_end(sum, how, to, ldt, rows, vectors);
	if (to == edge)
		for (size_t r = 0; r < rows; r++)
			memcpy(c + r * ldc, edge + r * ldt, n * sizeof *c);
}

/* A whole tile of packed operands, where most of the time goes: with strides that are known, and without edges, what is
 * between two tiles costs little. */
static __attribute__((noinline)) void tile_packed(enum rs_tn how, float *c, size_t ldc, size_t k, const float *a,
                                                  const float *b)
{
	vec sum[MR][2];

	tn_begin(sum, how, c, ldc, MR, 2);
	if (k >= DEEP)
		tn_products(sum, k, a, MR, b, RS_PANEL, MR, 2, AHEAD);
	else
		tn_products(sum, k, a, MR, b, RS_PANEL, MR, 2, 0);
	tn_end(sum, how, c, ldc, MR, 2);
}

#define TILE(rows, vectors)                                                                                  \
	static __attribute__((noinline)) void tile_##rows##_##vectors(                                       \
	        enum rs_tn how, float *c, size_t ldc, size_t n, size_t k, const float *a, size_t lda,        \
	        const float *b, size_t ldb)                                                                  \
	{                                                                                                    \
		tn_tile(how, c, ldc, n, k, a, lda, b, ldb, rows, vectors);                                   \
	}
#define TILES(rows) TILE(rows, 1) TILE(rows, 2)

TILES(1)
TILES(2)
TILES(4)
#if MR == 12
TILES(8)
TILES(12)
#else
TILES(6)
#endif

typedef void tile_fn(enum rs_tn how, float *c, size_t ldc, size_t n, size_t k, const float *a, size_t lda,
                     const float *b, size_t ldb);

/* The tile for the next rows out of m that are left, and how many rows that is. */
static tile_fn *next_tile(size_t m, size_t vectors, size_t *rows)
{
	static const struct {
		size_t rows;
		tile_fn *fn[2];
	} tile[] = {
#if MR == 12
		{ 12, { tile_12_1, tile_12_2 } },
		{ 8, { tile_8_1, tile_8_2 } },
#else
		{ 6, { tile_6_1, tile_6_2 } },
#endif
		{ 4, { tile_4_1, tile_4_2 } },
		{ 2, { tile_2_1, tile_2_2 } },
		{ 1, { tile_1_1, tile_1_2 } },
	};
	size_t i = 0;

	while (tile[i].rows > m)
		i++;
	*rows = tile[i].rows;
	return tile[i].fn[vectors - 1]; /* cppcheck-suppress CastIntegerToAddressAtReturn */
}

#define LONG 96 /* products after which the next tile of c is there, if asked for before */

INLINE void fetch_early(const float *c, size_t ldc, size_t rows, size_t n)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < n; i += 16)
			__builtin_prefetch(c + r * ldc + i, 1);
}

/* n <= 2 vectors. */
static void tn_columns(enum rs_tn how, float *c, size_t ldc, size_t m, size_t n, size_t k, const float *a,
                       size_t lda, size_t a_next, const float *b, size_t ldb)
{
	size_t vectors = n <= VW ? 1 : 2, in_panel = 0;
	const int packed = n == 2 * VW && lda == MR && ldb == RS_PANEL;

	while (m > 0) {
		size_t left = MR - in_panel, rows;
		tile_fn *fn = next_tile(m < left ? m : left, vectors, &rows);

		m -= rows;
		if (how != RS_TN_SET && k >= LONG)
			fetch_early(c + rows * ldc, ldc, m < MR ? m : MR, n);
		if (packed && rows == MR)
			tile_packed(how, c, ldc, k, a, b);
		else
			fn(how, c, ldc, n, k, a + in_panel, lda, b, ldb);
		c += rows * ldc;
		in_panel += rows;
		if (in_panel == MR) {
			in_panel = 0;
			a += a_next;
		}
	}
}

void RS_ISA_FN(rs_tn)(enum rs_tn how, float *c, size_t ldc, size_t m, size_t n, size_t k, const float *a,
                      size_t lda, size_t a_next, const float *b, size_t ldb)
{
	for (size_t j = 0; j < n; j += 2 * VW)
		tn_columns(how, c + j, ldc, m, n - j < 2 * VW ? n - j : 2 * VW, k, a, lda, a_next, b + j,
		           ldb);
}

/* ---- packing ---- */

static const float *row_of(const struct rs_rows_of *rows, size_t i)
{
	return rows->base + (rows->ix == NULL ? i : rows->ix[i]) * rows->ld;
}

typedef float vec4_at __attribute__((vector_size(16), aligned(4), may_alias));

INLINE void put4(float *p, vec4 v)
{
	*(vec4_at *)p = v;
}

/* dst[k * width + 0 .. 3] = scale[k] * r[0 .. 3][k], 0 for rows from n on. */
INLINE void pack_4(float *dst, size_t width, const float *const r[4], size_t n, size_t n_k,
                   const float *scale)
{
	const vec4 zero = { 0 };
	size_t k = 0;

	for (; k + 4 <= n_k; k += 4, dst += 4 * width) {
		vec4 a = *(const vec4_at *)(r[0] + k), b = zero, c = zero, d = zero, p, q, s, t;

		if (n > 1)
			b = *(const vec4_at *)(r[1] + k);
		if (n > 2)
			c = *(const vec4_at *)(r[2] + k);
		if (n > 3)
			d = *(const vec4_at *)(r[3] + k);
		if (scale != NULL) {
			vec4 f = *(const vec4_at *)(scale + k);

			a *= f;
			b *= f;
			c *= f;
			d *= f;
		}
		p = __builtin_shufflevector(a, b, 0, 4, 1, 5);
		q = __builtin_shufflevector(c, d, 0, 4, 1, 5);
		s = __builtin_shufflevector(a, b, 2, 6, 3, 7);
		t = __builtin_shufflevector(c, d, 2, 6, 3, 7);
		put4(dst, __builtin_shufflevector(p, q, 0, 1, 4, 5));
		put4(dst + width, __builtin_shufflevector(p, q, 2, 3, 6, 7));
		put4(dst + 2 * width, __builtin_shufflevector(s, t, 0, 1, 4, 5));
		put4(dst + 3 * width, __builtin_shufflevector(s, t, 2, 3, 6, 7));
	}
	for (; k < n_k; k++, dst += width)
		for (size_t i = 0; i < 4; i++)
			dst[i] = i < n ? (scale == NULL ? 1 : scale[k]) * r[i][k] : 0;
}

/* The same for n < 4 rows, written one by one: the last columns of a panel whose width is no multiple of 4. */
static void pack_few(float *dst, size_t width, size_t n_dst, const float *const r[4], size_t n, size_t n_k,
                     const float *scale)
{
	for (size_t k = 0; k < n_k; k++, dst += width)
		for (size_t i = 0; i < n_dst; i++)
			dst[i] = i < n ? (scale == NULL ? 1 : scale[k]) * r[i][k] : 0;
}

static void clear_4(float *dst, size_t width, size_t n_k)
{
	const vec4 zero = { 0 };

	for (size_t k = 0; k < n_k; k++)
		put4(dst + k * width, zero);
}

void RS_ISA_FN(rs_pack_rows)(float *dst, size_t width, struct rs_rows_of rows, size_t n_k, const float *scale)
{
	for (size_t i = 0; i < width; i += 4) {
		size_t n = i >= rows.n ? 0 : rows.n - i < 4 ? rows.n - i : 4;
		const float *r[4] = { NULL };

		for (size_t l = 0; l < n; l++)
			r[l] = row_of(&rows, i + l);
		if (width - i < 4)
			pack_few(dst + i, width, width - i, r, n, n_k, scale);
		else if (n == 4)
			pack_4(dst + i, width, r, 4, n_k, scale);
		else if (n == 0)
			clear_4(dst + i, width, n_k);
		else
			pack_4(dst + i, width, r, n, n_k, scale);
	}
}

/* ---- sums ---- */

/* Even vectors to one sum, odd ones to another, both added up, then the rest. */
INLINE float dot(const float *a, const float *b, size_t n)
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

float RS_ISA_FN(rs_dot)(const float *a, const float *b, size_t n)
{
	return dot(a, b, n);
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

#define EARLY 24 /* rows lie anywhere: they are asked for so long before */

INLINE void add_residuals(float *out, const float *v, float target, const struct rs_short_rows *rows, const float *w,
                          const size_t n)
{
	size_t i = 0;

	for (; i + 8 <= rows->n; i += 8) {
		for (size_t r = i + EARLY; r < i + EARLY + 8 && r < rows->n; r++)
			for (size_t k = 0; k < n; k += 16)
				__builtin_prefetch(rows->base + rows->ix[r] * n + k, 0, 2);
		add_residual(out, v, target, rows, w, i, n, 8);
	}
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

/* ---- scores above a limit ---- */

#if defined __AVX512F__
INLINE unsigned lanes_above(const float *p, float limit)
{
	return _mm512_cmp_ps_mask(_mm512_loadu_ps(p), _mm512_set1_ps(limit), _CMP_NLE_UQ);
}
#elif defined __AVX2__
INLINE unsigned lanes_above(const float *p, float limit)
{
	return (unsigned)_mm256_movemask_ps(
	        _mm256_cmp_ps(_mm256_loadu_ps(p), _mm256_set1_ps(limit), _CMP_NLE_UQ));
}
#elif defined __SSE2__
INLINE unsigned lanes_above(const float *p, float limit)
{
	return (unsigned)_mm_movemask_ps(_mm_cmpnle_ps(_mm_loadu_ps(p), _mm_set1_ps(limit)));
}
#else
INLINE unsigned lanes_above(const float *p, float limit)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < VW; i++)
		mask |= (unsigned)!(p[i] <= limit) << i;
	return mask;
}
#endif

size_t RS_ISA_FN(rs_above)(uint32_t *place, const float *score, size_t n, float limit)
{
	size_t found = 0, i = 0;

	for (; i + 64 <= n; i += 64) {
		uint64_t mask = 0;
		unsigned n_here;

		UNROLL
		for (unsigned v = 0; v < 64 / VW; v++)
			mask |= (uint64_t)lanes_above(score + i + v * VW, limit) << v * VW;
		n_here = (unsigned)__builtin_popcountll(mask);
		UNROLL
		for (unsigned f = 0; f < RS_ABOVE_SPARE; f++, mask &= mask - 1)
			place[found + f] = (uint32_t)i + (uint32_t)__builtin_ctzll(mask | (uint64_t)1 << 63);
		for (unsigned f = RS_ABOVE_SPARE; f < n_here; f++, mask &= mask - 1)
			place[found + f] = (uint32_t)i + (uint32_t)__builtin_ctzll(mask);
		found += n_here;
	}
	for (; i < n; i++)
		if (!(score[i] <= limit))
			place[found++] = (uint32_t)i;
	return found;
}

/* ---- numbers above a limit ---- */

size_t RS_ISA_FN(rs_part)(uint64_t *a, size_t n, uint64_t limit)
{
	uint64_t rest[RS_PART_MAX + 8];
	size_t above = 0, others = 0, i = 0;

#ifdef __AVX512F__
	for (; i + 8 <= n; i += 8) { /* what is written beyond the ends was read before, or is written over */
		__m512i x = _mm512_loadu_si512(a + i);
		__mmask8 m = _mm512_cmpgt_epu64_mask(x, _mm512_set1_epi64((long long)limit));

		_mm512_storeu_si512(a + above, _mm512_maskz_compress_epi64(m, x));
		_mm512_storeu_si512(rest + others, _mm512_maskz_compress_epi64((__mmask8)~m, x));
		above += (size_t)__builtin_popcount(m);
		others = i + 8 - above;
	}
#endif
	for (; i < n; i++) {
		uint64_t x = a[i];

		a[above] = x;
		rest[others] = x;
		above += x > limit;
		others += x <= limit;
	}
	memcpy(a + above, rest, others * sizeof *a); /* cppcheck-suppress uninitvar */
	return above;
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
	.above = RS_ISA_FN(rs_above),
	.part = RS_ISA_FN(rs_part),
	.hash = RS_ISA_FN(rs_hash),
	.chol = RS_ISA_FN(rs_chol),
	.back = RS_ISA_FN(rs_back),
	.chol_inverse = RS_ISA_FN(rs_chol_inverse),
	.frame_width = RS_ISA_FN(rs_frame_width),
	.frame_width32 = RS_ISA_FN(rs_frame_width32),
	.frame_pack = RS_ISA_FN(rs_frame_pack),
	.frame_unpack = RS_ISA_FN(rs_frame_unpack),
};
