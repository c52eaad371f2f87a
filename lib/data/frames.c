/* frames.c -- bit-packed frames, see frames.h. */
#include "lib/data/frames.h"

#include <string.h>

static unsigned bits_of(uint64_t v)
{
	return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

static uint64_t low_bits(uint64_t v, unsigned b)
{
	return b == 64 ? v : v & (((uint64_t)1 << b) - 1);
}

/* The width with the smallest frame, the lower of equals; count[b]: values of exactly b bits. */
static unsigned best_width(const unsigned count[65], size_t n, unsigned widest)
{
	size_t best_cost = (n * widest + 7) / 8, n_exceptions = 0;
	unsigned best = widest;

	for (unsigned b = widest; b-- > 0;) {
		size_t cost;

		n_exceptions += count[b + 1];
		if (2 * n_exceptions > best_cost) /* an exception costs two bytes or more, and there will be no fewer */
			break;
		cost = (n * b + 7) / 8;
		for (unsigned high = b + 1; high <= widest; high++)
			if (count[high] > 0)
				cost += count[high] * (1 + (high - b + 6) / 7);
		if (cost <= best_cost) {
			best_cost = cost;
			best = b;
		}
	}
	return best;
}

/* The low b bits of each value minus base, one behind the other; writes up to 8 bytes more than they need. */
static void pack(uint8_t *packed, const uint64_t *v, size_t n, uint64_t base, unsigned b)
{
	uint64_t word = 0;
	unsigned used = 0; /* bits of word */

	for (size_t i = 0; i < n && b > 0; i++) {
		uint64_t low = low_bits(v[i] - base, b);

		word |= low << used;
		used += b;
		if (used < 64)
			continue;
		memcpy(packed, &word, 8);
		packed += 8;
		used -= 64;
		word = used > 0 ? low >> (b - used) : 0;
	}
	memcpy(packed, &word, 8);
}

static int put_frame(struct rs_buf *out, const uint64_t *v, size_t n, struct rs_err *err)
{
	unsigned count[65] = { 0 }, widest = 0, b, n_exceptions = 0;
	uint8_t packed[RS_FRAME * 8 + 8], where[RS_FRAME];
	uint64_t base = v[0];
	int rc;

	for (size_t i = 1; i < n; i++)
		base = v[i] < base ? v[i] : base;
	for (size_t i = 0; i < n; i++)
		count[bits_of(v[i] - base)]++;
	for (unsigned i = 0; i <= 64; i++)
		widest = count[i] > 0 ? i : widest;
	b = best_width(count, n, widest);
	pack(packed, v, n, base, b);
	for (size_t i = 0; i < n && b < widest; i++)
		if (bits_of(v[i] - base) > b)
			where[n_exceptions++] = (uint8_t)i;
	if ((rc = rs_buf_addc(out, (char)b, err)) < 0 || (rc = rs_buf_addc(out, (char)n_exceptions, err)) < 0 ||
	    (rc = rs_buf_varint(out, base, err)) < 0 || (rc = rs_buf_add(out, packed, (n * b + 7) / 8, err)) < 0 ||
	    (rc = rs_buf_add(out, where, n_exceptions, err)) < 0)
		return rc;
	for (unsigned e = 0; e < n_exceptions; e++)
		if ((rc = rs_buf_varint(out, (v[where[e]] - base) >> b, err)) < 0)
			return rc;
	return 0;
}

int rs_frames_put(struct rs_buf *out, const uint64_t *v, size_t n, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i += RS_FRAME)
		rc = put_frame(out, v + i, n - i < RS_FRAME ? n - i : RS_FRAME, err);
	return rc;
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return w;
}

/* n values of b bits each from packed bytes with 8 readable bytes behind them. */
static void unpack(const uint8_t *packed, unsigned b, uint64_t base, uint64_t *v, size_t n)
{
	uint64_t mask = b == 64 ? ~(uint64_t)0 : ((uint64_t)1 << b) - 1;

	if (b == 0) {
		for (size_t i = 0; i < n; i++)
			v[i] = base;
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

/* What stands before the packed values of a frame of n, and how many bytes they take. */
struct head {
	unsigned b, n_exceptions;
	uint64_t base;
	size_t bytes;
};

static int get_head(struct head *h, const uint8_t **p, const uint8_t *end, size_t n)
{
	if (end - *p < 2)
		return RS_EDATA;
	h->b = *(*p)++;
	h->n_exceptions = *(*p)++;
	if (h->b > 64 || h->n_exceptions > n || rs_varint_read(p, end, &h->base) < 0)
		return RS_EDATA;
	h->bytes = (n * h->b + 7) / 8;
	return (size_t)(end - *p) < h->bytes + h->n_exceptions ? RS_EDATA : 0;
}

static int get_frame(const uint8_t **p, const uint8_t *end, uint64_t *v, size_t n)
{
	uint8_t padded[RS_FRAME * 8 + 16];
	const uint8_t *packed, *where;
	struct head h;

	if (get_head(&h, p, end, n) < 0)
		return RS_EDATA;
	packed = *p;
	if ((size_t)(end - *p) < h.bytes + 16) { /* near the end: unpack reads up to 9 bytes ahead */
		memset(padded, 0, sizeof padded);
		memcpy(padded, *p, h.bytes);
		packed = padded;
	}
	unpack(packed, h.b, h.base, v, n);
	where = *p + h.bytes;
	*p += h.bytes + h.n_exceptions;
	for (unsigned e = 0; e < h.n_exceptions; e++) {
		uint64_t high;

		if (rs_varint_read(p, end, &high) < 0 || where[e] >= n || h.b >= 64)
			return RS_EDATA;
		v[where[e]] += high << h.b;
	}
	return 0;
}

int rs_frames_get(const uint8_t **p, const uint8_t *end, uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i += RS_FRAME)
		if (get_frame(p, end, v + i, n - i < RS_FRAME ? n - i : RS_FRAME) < 0)
			return RS_EDATA;
	return 0;
}

int rs_frames_skip(const uint8_t **p, const uint8_t *end, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct head h;

		if (get_head(&h, p, end, RS_FRAME) < 0)
			return RS_EDATA;
		*p += h.bytes + h.n_exceptions;
		for (unsigned e = 0; e < h.n_exceptions; (*p)++) {
			if (*p >= end)
				return RS_EDATA;
			e += **p < 0x80; /* the last byte of its varint */
		}
	}
	return 0;
}
