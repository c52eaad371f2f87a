/* isa_above.c -- the search of numbers above a limit, for one instruction set. */
#include "lib/num/isa_vec.h"

#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

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
