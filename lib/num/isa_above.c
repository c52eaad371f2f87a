/* isa_above.c -- numbers above a limit, and the order of a few, for one instruction set. */
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

#define FEW 2 /* of 64: found without a branch */

/* Their places, ascending, and FEW more. */
INLINE size_t places_above(uint32_t *place, const float *score, size_t n, float limit)
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
		for (unsigned f = 0; f < FEW; f++, mask &= mask - 1)
			place[found + f] = (uint32_t)i + (uint32_t)__builtin_ctzll(mask | (uint64_t)1 << 63);
		for (unsigned f = FEW; f < n_here; f++, mask &= mask - 1)
			place[found + f] = (uint32_t)i + (uint32_t)__builtin_ctzll(mask);
		found += n_here;
	}
	for (; i < n; i++)
		if (!(score[i] <= limit))
			place[found++] = (uint32_t)i;
	return found;
}

size_t RS_ISA_FN(rs_keys_above)(uint64_t *key, const float *score, size_t n, uint32_t first, float limit, int *odd)
{
	uint32_t place[RS_RUN_MAX + RS_KEYS_SPARE];
	size_t found = places_above(place, score, n, limit), f = 0;

	for (size_t i = 0; i < RS_KEYS_SPARE; i++)
		place[found + i] = 0;
	*odd = 0;
	do /* most often once */
		UNROLL
		for (size_t i = 0; i < RS_KEYS_SPARE; i++) {
			float s = score[place[f + i]];

			key[f + i] = rs_score_key(s, first + place[f + i]);
			*odd |= !(s < __builtin_inff());
		}
	while ((f += RS_KEYS_SPARE) < found);
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

/* ---- order of a few numbers: the place of each is how many are larger, found without a branch ---- */

#ifdef __AVX512F__
void RS_ISA_FN(rs_order)(uint64_t *a, size_t n)
{
	uint64_t sorted[RS_ORDER_MAX];

	for (size_t i = 0; i < n; i += 8) {
		__mmask8 m = (__mmask8)(n - i < 8 ? (1u << (n - i)) - 1 : 0xff);
		__m512i x = _mm512_maskz_loadu_epi64(m, a + i), place = _mm512_setzero_si512();

		for (size_t k = 0; k < n; k++) {
			__mmask8 less = _mm512_cmplt_epu64_mask(x, _mm512_set1_epi64((long long)a[k]));

			place = _mm512_mask_add_epi64(place, less, place, _mm512_set1_epi64(1));
		}
		_mm512_mask_i64scatter_epi64(sorted, m, place, x, 8);
	}
	memcpy(a, sorted, n * sizeof *a);
}
#else
void RS_ISA_FN(rs_order)(uint64_t *a, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t x = a[i];
		size_t at = i;

		for (; at > 0 && a[at - 1] < x; at--)
			a[at] = a[at - 1];
		a[at] = x;
	}
}
#endif
