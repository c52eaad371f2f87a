/* isa_cooccur.c -- the inner loops of a co-occurrence row, compiled once per instruction set. */
#include "lib/recipe/cooccur.h"

#include <string.h>
#ifdef __SSE2__
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

/* One bit for each marked group of a run. */
static unsigned marked(const uint8_t *mark)
{
#ifdef __SSE2__
	__m128i m = _mm_loadu_si128((const __m128i *)(const void *)mark);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(m, _mm_setzero_si128())) ^ 0xffff;
#else
	unsigned bits = 0;

	for (unsigned g = 0; g < RS_RUN / RS_GROUP; g++)
		bits |= (unsigned)(mark[g] != 0) << g;
	return bits;
#endif
}

/* The columns of the group from `first` on whose acc * scale is above limit, as candidates. Room for a group is there. */
#if defined(__AVX512F__)
static size_t search(const float *acc, const float *scale, uint32_t first, float limit, uint64_t *out)
{
	__m512 score = _mm512_mul_ps(_mm512_loadu_ps(acc), _mm512_loadu_ps(scale));
	unsigned bits = _mm512_cmp_ps_mask(score, _mm512_set1_ps(limit), _CMP_GT_OQ);
	__m512i column = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), s = _mm512_castps_si512(score);

	if (bits == 0)
		return 0;
	for (int half = 0; half < 2; half++) {
		__m512i high = _mm512_slli_epi64(_mm512_cvtepu32_epi64(half == 0 ? _mm512_castsi512_si256(s)
		                                                             : _mm512_extracti64x4_epi64(s, 1)), 32);
		__m512i low = _mm512_sub_epi64(_mm512_set1_epi64(~(first + 8 * (uint32_t)half)), column);
		__mmask8 above = (__mmask8)(bits >> 8 * half);

		_mm512_storeu_si512(out, _mm512_maskz_compress_epi64(above, _mm512_or_si512(high, low)));
		out += __builtin_popcount(above);
	}
	return (size_t)__builtin_popcount(bits);
}
#else
static unsigned above(const float *score, float limit)
{
	unsigned bits = 0;

#if defined(__AVX2__)
	for (int i = 0; i < RS_GROUP; i += 8)
		bits |= (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(score + i), _mm256_set1_ps(limit),
		                                                   _CMP_GT_OQ)) << i;
#else
	for (int i = 0; i < RS_GROUP; i++)
		bits |= (unsigned)(score[i] > limit) << i;
#endif
	return bits;
}

static size_t search(const float *acc, const float *scale, uint32_t first, float limit, uint64_t *out)
{
	float score[RS_GROUP];
	size_t n = 0;

	for (int i = 0; i < RS_GROUP; i++)
		score[i] = acc[i] * scale[i];
	for (unsigned bits = above(score, limit); bits != 0; bits &= bits - 1) {
		int i = __builtin_ctz(bits);
		uint32_t high;

		memcpy(&high, &score[i], sizeof high);
		out[n++] = (uint64_t)high << 32 | (uint32_t) ~(first + (uint32_t)i);
	}
	return n;
}
#endif

static size_t take(float *acc, uint8_t *mark, const float *scale, uint32_t *run, uint32_t n_runs, float limit,
                   size_t enough, uint64_t *out)
{
	size_t n = 0;

	for (; *run < n_runs && n < enough; ++*run) {
		uint8_t *m = mark + *run * (RS_RUN / RS_GROUP);
		unsigned groups = marked(m);

		if (groups == 0)
			continue;
		memset(m, 0, RS_RUN / RS_GROUP);
		for (; groups != 0; groups &= groups - 1) {
			uint32_t first = *run * RS_RUN + (uint32_t)__builtin_ctz(groups) * RS_GROUP;

			n += search(acc + first, scale + first, first, limit, out + n);
			memset(acc + first, 0, RS_GROUP * sizeof *acc);
		}
	}
	return n;
}

extern const struct rs_cooccur_isa NAME;
const struct rs_cooccur_isa NAME = { add, take };
