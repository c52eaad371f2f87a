/* isa_product.c -- products of packed panels, and packing, for one instruction set. */
#include "lib/num/isa_vec.h"

#include <string.h>

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
