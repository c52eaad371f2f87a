/* isa_frames.c -- integers in bit-packed frames of up to RS_FRAME values, for one instruction set; see data/frames.h. */
#include "lib/num/isa_vec.h"

#include <string.h>

#ifdef __AVX512BW__
#include <immintrin.h>
#endif

static unsigned bits_of(uint64_t v)
{
	return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

static uint64_t mask_of(unsigned b)
{
	return b == 64 ? ~(uint64_t)0 : ((uint64_t)1 << b) - 1;
}

INLINE unsigned count_above(const void *offset, size_t elem_bytes, size_t n, uint64_t limit)
{
	const uint64_t *wide = offset;
	const uint32_t *narrow = offset;
	uint32_t count = 0, limit32 = (uint32_t)limit;

	if (elem_bytes == 4)
		for (size_t i = 0; i < n; i++)
			count += narrow[i] > limit32;
	else
		for (size_t i = 0; i < n; i++)
			count += wide[i] > limit;
	return count;
}

/* The width of the smallest frame, the lower of equals. An exception of h bits more than the width costs a byte for its place
 * and one for each seven bits, so that the exceptions of width b cost above[b] + (above[b] + above[b + 7] + ...), where
 * above[b] is the number of values of more than b bits. */
INLINE unsigned best_width(const void *offset, size_t elem_bytes, size_t n, unsigned widest, size_t *bytes)
{
	unsigned above[65] = { 0 }, best = widest;

	*bytes = (n * widest + 7) / 8;
	for (unsigned b = widest; b-- > 0;) {
		size_t cost = (n * b + 7) / 8;

		above[b] = count_above(offset, elem_bytes, n, mask_of(b));
		if (2 * above[b] > *bytes) /* two bytes or more each, and there will be no fewer */
			break;
		cost += above[b];
		for (unsigned high = b; high < widest; high += 7)
			cost += above[high];
		if (cost <= *bytes) {
			*bytes = cost;
			best = b;
		}
	}
	return best;
}

INLINE unsigned width32(const uint32_t *v, size_t n, uint64_t *base, unsigned *widest, size_t *bytes)
{
	uint32_t lo = v[0], hi = v[0], offset[RS_FRAME];

	for (size_t i = 0; i < n; i++) {
		lo = v[i] < lo ? v[i] : lo;
		hi = v[i] > hi ? v[i] : hi;
	}
	*base = lo;
	*widest = bits_of(hi - lo);
	for (size_t i = 0; i < n; i++)
		offset[i] = v[i] - lo;
	return best_width(offset, sizeof *offset, n, *widest, bytes);
}

unsigned RS_ISA_FN(rs_frame_width32)(const uint32_t *v, size_t n, uint64_t *base, unsigned *widest, size_t *bytes)
{
	return n == RS_FRAME ? width32(v, RS_FRAME, base, widest, bytes) : width32(v, n, base, widest, bytes);
}

unsigned RS_ISA_FN(rs_frame_width)(const uint64_t *v, size_t n, uint64_t *base, unsigned *widest, size_t *bytes)
{
	uint64_t lo = v[0], hi = v[0], wide[RS_FRAME];
	uint32_t narrow[RS_FRAME];

	for (size_t i = 0; i < n; i++) {
		lo = v[i] < lo ? v[i] : lo;
		hi = v[i] > hi ? v[i] : hi;
	}
	*base = lo;
	*widest = bits_of(hi - lo);
	if (*widest <= 32) {
		for (size_t i = 0; i < n; i++)
			narrow[i] = (uint32_t)(v[i] - lo);
		if (n == RS_FRAME)
			return best_width(narrow, sizeof *narrow, RS_FRAME, *widest, bytes);
		return best_width(narrow, sizeof *narrow, n, *widest, bytes);
	}
	for (size_t i = 0; i < n; i++)
		wide[i] = v[i] - lo;
	return best_width(wide, sizeof *wide, n, *widest, bytes);
}

/* Words of b bits each in a row; n words take (n b + 63) / 64 of to. */
static void put_words(uint64_t *to, const uint64_t *w, size_t n, unsigned b)
{
	uint64_t word = 0;
	unsigned used = 0;

	for (size_t i = 0; i < n; i++) {
		word |= w[i] << used;
		used += b;
		if (used < 64)
			continue;
		*to++ = word;
		used -= 64;
		word = used > 0 ? w[i] >> (b - used) : 0;
	}
	if (used > 0)
		*to = word;
}

/* Neighbours are joined as long as two fit a word: few words are left to be put one by one. */
void RS_ISA_FN(rs_frame_pack)(uint64_t *to, const uint64_t *v, size_t n, uint64_t base, unsigned b)
{
	uint64_t mask = mask_of(b), w[2][RS_FRAME];
	unsigned at = 0;

	if (b == 0)
		return;
	for (size_t i = 0; i < n; i++)
		w[0][i] = (v[i] - base) & mask;
	memset(w[0] + n, 0, (RS_FRAME - n) * sizeof w[0][0]);
	n = RS_FRAME;
	for (; 2 * b <= 64 && n > 2; b *= 2, n /= 2, at = 1 - at)
		for (size_t i = 0; i < n / 2; i++)
			w[1 - at][i] = w[at][2 * i] | w[at][2 * i + 1] << b;
	put_words(to, w[at], n, b);
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return w;
}

#ifdef __AVX512BW__
/* Eight values at a time: b bytes, of which each lane picks the four 16-bit words that hold its value. */
static void unpack_vectors(const uint8_t *packed, unsigned b, uint64_t base, uint64_t *v)
{
	const __m512i mask = _mm512_set1_epi64((long long)mask_of(b)), start = _mm512_set1_epi64((long long)base);
	uint16_t word[32];
	uint64_t shift[8];
	__m512i pick, by;

	for (unsigned i = 0; i < 8; i++) {
		shift[i] = i * b % 16;
		for (unsigned k = 0; k < 4; k++)
			word[4 * i + k] = (uint16_t)(i * b / 16 + k);
	}
	pick = _mm512_loadu_si512(word);
	by = _mm512_loadu_si512(shift);
	for (size_t i = 0; i < RS_FRAME; i += 8, packed += b) {
		__m512i x = _mm512_srlv_epi64(_mm512_permutexvar_epi16(pick, _mm512_loadu_si512(packed)), by);

		_mm512_storeu_si512(v + i, _mm512_add_epi64(_mm512_and_si512(x, mask), start));
	}
}
#endif

void RS_ISA_FN(rs_frame_unpack)(uint64_t *v, const uint8_t *packed, size_t n, uint64_t base, unsigned b)
{
	uint64_t mask = mask_of(b);

	if (b == 0) {
		for (size_t i = 0; i < n; i++)
			v[i] = base;
#ifdef __AVX512BW__
	} else if (b <= 49 && n == RS_FRAME) {
		unpack_vectors(packed, b, base, v);
#endif
	} else if (b <= 57) {
		for (size_t i = 0; i < n; i++)
			v[i] = base + (load64(packed + (i * b >> 3)) >> (i * b & 7) & mask);
	} else {
		for (size_t i = 0; i < n; i++) {
			size_t at = i * b >> 3;
			unsigned shift = (unsigned)(i * b & 7);
			uint64_t w = load64(packed + at) >> shift;

			if (shift > 0)
				w |= (uint64_t)packed[at + 8] << (64 - shift);
			v[i] = base + (w & mask);
		}
	}
}
