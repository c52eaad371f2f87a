/* isa_frames.c -- integers in bit-packed frames of up to RS_FRAME values, for one instruction set; see data/frames.h. */
#include "lib/num/isa_vec.h"

#include <string.h>

#ifdef __AVX512BW__
#include <immintrin.h>
#endif

static uint64_t mask_of(unsigned b)
{
	return b == 64 ? ~(uint64_t)0 : ((uint64_t)1 << b) - 1;
}

static uint64_t load64(const void *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return w;
}

/* ---- widths ---- */

static unsigned bits_of(uint64_t v)
{
	return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

/* Bits of each of RS_FRAME numbers. */
INLINE void lengths(uint8_t *bits, const uint32_t *v)
{
#ifdef __AVX512BW__
	const __m512i all = _mm512_set1_epi32(32);

	for (size_t i = 0; i < RS_FRAME; i += 16)
		_mm_storeu_si128((__m128i *)(void *)(bits + i),
		                 _mm512_cvtepi32_epi8(_mm512_sub_epi32(all, _mm512_lzcnt_epi32(_mm512_loadu_si512(v + i)))));
#else
	for (size_t i = 0; i < RS_FRAME; i++)
		bits[i] = (uint8_t)bits_of(v[i]);
#endif
}

INLINE void lengths_wide(uint8_t *bits, const uint64_t *v)
{
	for (size_t i = 0; i < RS_FRAME; i++)
		bits[i] = (uint8_t)bits_of(v[i]);
}

/* How many of RS_FRAME numbers have more than b bits. */
INLINE unsigned count_above(const uint8_t *bits, unsigned b)
{
#ifdef __AVX512BW__
	const __m512i limit = _mm512_set1_epi8((char)b);

	return (unsigned)(__builtin_popcountll(_mm512_cmpgt_epu8_mask(_mm512_loadu_si512(bits), limit)) +
	                  __builtin_popcountll(_mm512_cmpgt_epu8_mask(_mm512_loadu_si512(bits + 64), limit)));
#else
	uint8_t count = 0, limit = (uint8_t)b;

	for (size_t i = 0; i < RS_FRAME; i++)
		count = (uint8_t)(count + (bits[i] > limit));
	return count;
#endif
}

/* The width of the smallest frame, the lower of equals. An exception of h bits more than the width costs a byte for its place
 * and one for each seven bits, so that the exceptions of width b cost above[b] + (above[b] + above[b + 7] + ...), where
 * above[b] is the number of values of more than b bits. */
INLINE unsigned best_width(const uint8_t *bits, size_t n, unsigned widest)
{
	unsigned above[65], best = widest;
	size_t bytes = (n * widest + 7) / 8;

	above[widest] = 0;
	for (unsigned b = widest; b-- > 0;) {
		size_t cost = (n * b + 7) / 8;

		above[b] = count_above(bits, b);
		if (2 * above[b] > bytes) /* two bytes or more each, and there will be no fewer */
			break;
		cost += above[b];
		for (unsigned high = b; high < widest; high += 7)
			cost += above[high];
		if (cost <= bytes) {
			bytes = cost;
			best = b;
		}
	}
	return best;
}

/* ---- packing ---- */

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

/* Words of b bits each in a row, which make a multiple of 128 bits: the lower and the upper half side by side. */
INLINE void put_words(uint8_t *to, const uint64_t *w, size_t n, unsigned b)
{
	const uint64_t *lower = w, *upper = w + n / 2;
	uint8_t *to_upper = to + n / 2 * b / 8;
	uint64_t x = 0, y = 0;
	unsigned used = 0;

	for (size_t i = 0; i < n / 2; i++) {
		x |= lower[i] << used;
		y |= upper[i] << used;
		memcpy(to, &x, 8);
		memcpy(to_upper, &y, 8);
		used += b;
		if (used < 64)
			continue;
		used -= 64;
		to += 8;
		to_upper += 8;
		x = used > 0 ? lower[i] >> (b - used) : 0;
		y = used > 0 ? upper[i] >> (b - used) : 0;
	}
}

/* n words of b bits, as many as make RS_FRAME values. Neighbours are joined as long as two fit a word: few words are left to
 * be put one by one. */
INLINE void join_words(uint8_t *to, uint64_t w[2][RS_FRAME], size_t n, unsigned b)
{
	unsigned at = 0;

	for (; 2 * b <= 64 && n > 2; b *= 2, n /= 2, at = 1 - at)
		for (size_t i = 0; i < n / 2; i++)
			w[1 - at][i] = w[at][2 * i] | w[at][2 * i + 1] << b;
	put_words(to, w[at], n, b);
}

/* The low b bits of RS_FRAME values. */
INLINE void pack(uint8_t *to, const uint32_t *v, unsigned b)
{
	uint64_t mask = mask_of(b), w[2][RS_FRAME];

	if (b == 0)
		return;
	for (size_t i = 0; i < RS_FRAME / 2; i++) {
		uint64_t two = load64(v + 2 * i);

		w[0][i] = (two & mask) | (two >> 32 & mask) << b;
	}
	join_words(to, w, RS_FRAME / 2, 2 * b);
}

INLINE void pack_wide(uint8_t *to, const uint64_t *v, unsigned b)
{
	uint64_t mask = mask_of(b), w[2][RS_FRAME];

	if (b == 0)
		return;
	for (size_t i = 0; i < RS_FRAME; i++)
		w[0][i] = v[i] & mask;
	join_words(to, w, RS_FRAME, b);
}

/* The places of the numbers of more than b bits; returns how many there are. */
INLINE unsigned find_above(uint8_t *where, const uint8_t *bits, unsigned b)
{
	unsigned n = 0;

#ifdef __AVX512BW__
	const __m512i limit = _mm512_set1_epi8((char)b);

	for (unsigned i = 0; i < RS_FRAME; i += 64)
		for (uint64_t m = _mm512_cmpgt_epu8_mask(_mm512_loadu_si512(bits + i), limit); m != 0; m &= m - 1)
			where[n++] = (uint8_t)(i + (unsigned)__builtin_ctzll(m));
#else
	for (unsigned i = 0; i < RS_FRAME; i++) {
		where[n] = (uint8_t)i;
		n += bits[i] > b;
	}
#endif
	return n;
}

/* What stands before the packed values, and where these start. */
static uint8_t *put_head(uint8_t *to, unsigned b, unsigned n_exceptions, uint64_t base)
{
	*to++ = (uint8_t)b;
	*to++ = (uint8_t)n_exceptions;
	return put_varint(to, base);
}

/* Values as offsets from the base, zeros behind n. */
INLINE uint8_t *put_narrow(uint8_t *to, const uint32_t *offset, size_t n, uint64_t base, unsigned widest)
{
	uint8_t bits[RS_FRAME], where[RS_FRAME + 1];
	unsigned b, n_exceptions;

	lengths(bits, offset);
	b = best_width(bits, n, widest);
	n_exceptions = b < widest ? find_above(where, bits, b) : 0;
	to = put_head(to, b, n_exceptions, base);
	pack(to, offset, b);
	to += (n * b + 7) / 8;
	for (unsigned e = 0; e < n_exceptions; e++)
		*to++ = where[e];
	for (unsigned e = 0; e < n_exceptions; e++)
		to = put_varint(to, offset[where[e]] >> b);
	return to;
}

static uint8_t *put_wide(uint8_t *to, const uint64_t *offset, size_t n, uint64_t base, unsigned widest)
{
	uint8_t bits[RS_FRAME], where[RS_FRAME + 1];
	unsigned b, n_exceptions;

	lengths_wide(bits, offset);
	b = best_width(bits, n, widest);
	n_exceptions = b < widest ? find_above(where, bits, b) : 0;
	to = put_head(to, b, n_exceptions, base);
	pack_wide(to, offset, b);
	to += (n * b + 7) / 8;
	for (unsigned e = 0; e < n_exceptions; e++)
		*to++ = where[e];
	for (unsigned e = 0; e < n_exceptions; e++)
		to = put_varint(to, offset[where[e]] >> b);
	return to;
}

INLINE uint8_t *put32(uint8_t *to, const uint32_t *v, size_t n)
{
	uint32_t lo = v[0], hi = v[0], offset[RS_FRAME];

	for (size_t i = 0; i < n; i++) {
		lo = v[i] < lo ? v[i] : lo;
		hi = v[i] > hi ? v[i] : hi;
	}
	for (size_t i = 0; i < n; i++)
		offset[i] = v[i] - lo;
	memset(offset + n, 0, (RS_FRAME - n) * sizeof *offset);
	return put_narrow(to, offset, n, lo, bits_of(hi - lo));
}

uint8_t *RS_ISA_FN(rs_frame_put32)(uint8_t *to, const uint32_t *v, size_t n)
{
	return n == RS_FRAME ? put32(to, v, RS_FRAME) : put32(to, v, n);
}

INLINE uint8_t *put64(uint8_t *to, const uint64_t *v, size_t n)
{
	uint64_t lo = v[0], hi = v[0], wide[RS_FRAME];
	uint32_t narrow[RS_FRAME];

	for (size_t i = 0; i < n; i++) {
		lo = v[i] < lo ? v[i] : lo;
		hi = v[i] > hi ? v[i] : hi;
	}
	if (hi - lo <= UINT32_MAX) {
		for (size_t i = 0; i < n; i++)
			narrow[i] = (uint32_t)(v[i] - lo);
		memset(narrow + n, 0, (RS_FRAME - n) * sizeof *narrow);
		return put_narrow(to, narrow, n, lo, bits_of(hi - lo));
	}
	for (size_t i = 0; i < n; i++)
		wide[i] = v[i] - lo;
	memset(wide + n, 0, (RS_FRAME - n) * sizeof *wide);
	return put_wide(to, wide, n, lo, bits_of(hi - lo));
}

uint8_t *RS_ISA_FN(rs_frame_put64)(uint8_t *to, const uint64_t *v, size_t n)
{
	return n == RS_FRAME ? put64(to, v, RS_FRAME) : put64(to, v, n);
}

/* ---- differences ---- */

INLINE void differences32(uint32_t *d, const uint32_t *v, size_t n, unsigned unused)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t x = (uint32_t)((int32_t)((v[i] - v[i - 1]) << unused) >> unused);

		d[i] = x << 1 ^ -(x >> 31);
	}
}

void RS_ISA_FN(rs_frame_differences32)(uint32_t *d, const uint32_t *v, size_t n, unsigned elem_bytes)
{
	if (n == RS_FRAME && elem_bytes == 4)
		differences32(d, v, RS_FRAME, 0);
	else
		differences32(d, v, n, 32 - 8 * elem_bytes);
}

INLINE void differences64(uint64_t *d, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t x = v[i] - v[i - 1];

		d[i] = x << 1 ^ -(x >> 63);
	}
}

void RS_ISA_FN(rs_frame_differences64)(uint64_t *d, const uint64_t *v, size_t n)
{
	if (n == RS_FRAME)
		differences64(d, v, RS_FRAME);
	else
		differences64(d, v, n);
}

/* ---- unpacking ---- */

#ifdef __AVX512BW__
/* Sixteen values at a time: 2 b bytes, of which each lane picks the two 16-bit words that hold its value. */
INLINE void unpack_narrow(const uint8_t *packed, unsigned b, uint32_t base, uint32_t *v)
{
	const __m512i mask = _mm512_set1_epi32((int)mask_of(b)), start = _mm512_set1_epi32((int)base);
	uint16_t word[32];
	uint32_t shift[16];
	__m512i pick, by;

	for (unsigned i = 0; i < 16; i++) {
		shift[i] = i * b % 16;
		word[2 * i] = (uint16_t)(i * b / 16);
		word[2 * i + 1] = (uint16_t)(i * b / 16 + 1);
	}
	pick = _mm512_loadu_si512(word);
	by = _mm512_loadu_si512(shift);
	for (size_t i = 0; i < RS_FRAME; i += 16, packed += 2 * (size_t)b) {
		__m512i x = _mm512_srlv_epi32(_mm512_permutexvar_epi16(pick, _mm512_loadu_si512(packed)), by);

		_mm512_storeu_si512(v + i, _mm512_add_epi32(_mm512_and_si512(x, mask), start));
	}
}

/* Eight values at a time: b bytes, of which each lane picks the four 16-bit words that hold its value. */
INLINE void unpack_wide(const uint8_t *packed, unsigned b, uint64_t base, uint64_t *v)
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

void RS_ISA_FN(rs_frame_unpack32)(uint32_t *v, const uint8_t *packed, size_t n, uint32_t base, unsigned b)
{
	uint32_t mask = (uint32_t)mask_of(b);

	if (b == 0) {
		for (size_t i = 0; i < n; i++)
			v[i] = base;
#ifdef __AVX512BW__
	} else if (b <= 17 && n == RS_FRAME) {
		unpack_narrow(packed, b, base, v);
#endif
	} else {
		for (size_t i = 0; i < n; i++)
			v[i] = base + ((uint32_t)(load64(packed + (i * b >> 3)) >> (i * b & 7)) & mask);
	}
}

void RS_ISA_FN(rs_frame_unpack64)(uint64_t *v, const uint8_t *packed, size_t n, uint64_t base, unsigned b)
{
	uint64_t mask = mask_of(b);

	if (b == 0) {
		for (size_t i = 0; i < n; i++)
			v[i] = base;
#ifdef __AVX512BW__
	} else if (b <= 49 && n == RS_FRAME) {
		unpack_wide(packed, b, base, v);
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
