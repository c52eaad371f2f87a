/* isa_cooccur.c -- the inner loops of a co-occurrence row, compiled once per instruction set. */
#include "lib/recipe/cooccur.h"

#include <string.h>
#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#define PASTE2(a, b) a##b
#define PASTE(a, b) PASTE2(a, b)
#define NAME PASTE(rs_cooccur_, RS_ISA)

static void add(float *acc, uint8_t *mark, const uint32_t *col, const float *val, size_t n, float w)
{
	if (val == NULL) {
		for (size_t e = 0; e < n; e++) {
			acc[col[e]] += w;
			mark[col[e] / RS_GROUP] = 1;
		}
		return;
	}
	for (size_t e = 0; e < n; e++) {
		acc[col[e]] += w * val[e];
		mark[col[e] / RS_GROUP] = 1;
	}
}

/* One bit for each column of the group that is above the limit, its score in t. */
static uint64_t above(const float *acc, const float *scale, float limit, float *t)
{
	uint64_t bits = 0;

#if defined(__AVX512F__)
	__m512 l = _mm512_set1_ps(limit);

	for (int i = 0; i < RS_GROUP; i += 16) {
		__m512 x = _mm512_mul_ps(_mm512_loadu_ps(acc + i), _mm512_loadu_ps(scale + i));

		_mm512_storeu_ps(t + i, x);
		bits |= (uint64_t)_mm512_cmp_ps_mask(x, l, _CMP_GT_OQ) << i;
	}
#elif defined(__AVX2__)
	__m256 l = _mm256_set1_ps(limit);

	for (int i = 0; i < RS_GROUP; i += 8) {
		__m256 x = _mm256_mul_ps(_mm256_loadu_ps(acc + i), _mm256_loadu_ps(scale + i));

		_mm256_storeu_ps(t + i, x);
		bits |= (uint64_t)(unsigned)_mm256_movemask_ps(_mm256_cmp_ps(x, l, _CMP_GT_OQ)) << i;
	}
#else
	for (int i = 0; i < RS_GROUP; i++) {
		t[i] = acc[i] * scale[i];
		bits |= (uint64_t)(t[i] > limit) << i;
	}
#endif
	return bits;
}

static size_t take(float *acc, const float *scale, uint32_t g, float limit, uint64_t *out)
{
	uint32_t first = g * RS_GROUP;
	float t[RS_GROUP];
	size_t n = 0;

	for (uint64_t bits = above(acc + first, scale + first, limit, t); bits != 0; bits &= bits - 1) {
		int i = __builtin_ctzll(bits);
		uint32_t score;

		memcpy(&score, &t[i], sizeof score);
		out[n++] = (uint64_t)score << 32 | (uint32_t) ~(first + (uint32_t)i);
	}
	memset(acc + first, 0, RS_GROUP * sizeof *acc);
	return n;
}

extern const struct rs_cooccur_isa NAME;
const struct rs_cooccur_isa NAME = { add, take };
