/* isa_vec.h -- vectors of floats for the files isa_*.c, which are compiled with RS_ISA = plain, avx2 or avx512. */
#ifndef RS_NUM_ISA_VEC_H
#define RS_NUM_ISA_VEC_H

#include "lib/num/isa.h"

extern const struct rs_kernels rs_kernels_plain, rs_kernels_avx2, rs_kernels_avx512;

#ifdef RS_ISA

#define RS_PASTE_(a, b) a##_##b
#define RS_PASTE(a, b) RS_PASTE_(a, b)
#define RS_ISA_FN(name) RS_PASTE(name, RS_ISA) /* rs_tn_avx2 */

/* VW: lanes of a vector. MR: rows of the register tile, which is MR x 2 vectors. ORDER_MAX: numbers to be put in order. */
#if defined __AVX512F__
#define VW 16
#define MR 12
#define ORDER_MAX 64
#elif defined __AVX2__
#define VW 8
#define MR 6
#define ORDER_MAX 16
#else
#define VW 4
#define MR 6
#define ORDER_MAX 16
#endif

typedef float vec __attribute__((vector_size(VW * 4)));
typedef float vec_at __attribute__((vector_size(VW * 4), aligned(4), may_alias)); /* anywhere in memory */

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

INLINE vec get(const float *p)
{
	return *(const vec_at *)p;
}

INLINE void put(float *p, vec v)
{
	*(vec_at *)p = v;
}

INLINE const float *row_of(const struct rs_rows_of *rows, size_t i)
{
	return rows->base + (rows->ix == NULL ? i : rows->ix[i]) * rows->ld;
}

/* The sum of the lanes, always in the same order: halves onto halves. */
INLINE float sum_lanes(vec v)
{
	float lane[VW];

	put(lane, v);
	for (size_t half = VW / 2; half > 0; half /= 2)
		for (size_t i = 0; i < half; i++)
			lane[i] += lane[i + half];
	return lane[0];
}

typedef float vec4 __attribute__((vector_size(16)));

/* The sums of the lanes of four vectors, each in the order of sum_lanes. */
INLINE vec4 fold_4(vec v)
{
#if VW == 16
	typedef float vec8 __attribute__((vector_size(32)));
	vec8 h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)
	        + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);

	return __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
#elif VW == 8
	return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
	return v;
#endif
}

INLINE vec4 sum_lanes_4(vec a, vec b, vec c, vec d)
{
	vec4 p = fold_4(a), q = fold_4(b), r = fold_4(c), s = fold_4(d);
	vec4 pq = __builtin_shufflevector(p, q, 0, 1, 4, 5) + __builtin_shufflevector(p, q, 2, 3, 6, 7);
	vec4 rs = __builtin_shufflevector(r, s, 0, 1, 4, 5) + __builtin_shufflevector(r, s, 2, 3, 6, 7);

	return __builtin_shufflevector(pq, rs, 0, 2, 4, 6) + __builtin_shufflevector(pq, rs, 1, 3, 5, 7);
}

void RS_ISA_FN(rs_tn)(enum rs_tn how, float *c, size_t ldc, size_t m, size_t n, size_t k, const float *a,
                      size_t lda, size_t a_next, const float *b, size_t ldb);
void RS_ISA_FN(rs_pack_rows)(float *dst, size_t width, struct rs_rows_of rows, size_t n_k,
                             const float *scale);
float RS_ISA_FN(rs_dot)(const float *a, const float *b, size_t n);
void RS_ISA_FN(rs_add_rows)(float *y, size_t n, struct rs_rows_of rows, const float *w);
void RS_ISA_FN(rs_shorten)(uint32_t *to, const float *from, size_t n);
void RS_ISA_FN(rs_add_residual)(float *out, const float *v, float target, struct rs_short_rows rows, const float *w);
size_t RS_ISA_FN(rs_keys_above)(uint64_t *key, const float *score, size_t n, uint32_t first, float limit, int *odd);
uint64_t RS_ISA_FN(rs_hash)(const void *bytes, size_t n);
size_t RS_ISA_FN(rs_part)(uint64_t *a, size_t n, uint64_t limit);
void RS_ISA_FN(rs_order)(uint64_t *a, size_t n);
int RS_ISA_FN(rs_chol)(float *a, size_t ld, size_t n, size_t n_cols);
void RS_ISA_FN(rs_back)(float *x, const float *a, size_t ld, size_t n);
int RS_ISA_FN(rs_chol_inverse)(float *a, size_t ld, size_t n);
uint8_t *RS_ISA_FN(rs_frame_put32)(uint8_t *to, const uint32_t *v, size_t n);
uint8_t *RS_ISA_FN(rs_frame_put64)(uint8_t *to, const uint64_t *v, size_t n);
void RS_ISA_FN(rs_frame_differences32)(uint32_t *d, const uint32_t *v, size_t n, unsigned elem_bytes);
void RS_ISA_FN(rs_frame_differences64)(uint64_t *d, const uint64_t *v, size_t n);
void RS_ISA_FN(rs_frame_unpack32)(uint32_t *v, const uint8_t *packed, size_t n, uint32_t base, unsigned b);
void RS_ISA_FN(rs_frame_unpack64)(uint64_t *v, const uint8_t *packed, size_t n, uint64_t base, unsigned b);

#endif
#endif
