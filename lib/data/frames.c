/* frames.c -- bit-packed frames, see frames.h. */
#include "lib/data/frames.h"

#include <string.h>

#define HEAD_MAX 12 /* width, exceptions, base */

static size_t varint_bytes(uint64_t v)
{
	return v == 0 ? 1 : (70 - (size_t)__builtin_clzll(v)) / 7;
}

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static size_t measured(struct rs_frame *f, unsigned bits, unsigned widest, size_t bytes)
{
	f->bits = (uint8_t)bits;
	f->widest = (uint8_t)widest;
	return 2 + varint_bytes(f->base) + bytes;
}

size_t rs_frame_measure(struct rs_frame *f, const uint64_t *v, size_t n)
{
	size_t bytes;
	unsigned widest, bits = rs_isa()->frame_width(v, n, &f->base, &widest, &bytes);

	return measured(f, bits, widest, bytes);
}

size_t rs_frame_measure32(struct rs_frame *f, const uint32_t *v, size_t n)
{
	size_t bytes;
	unsigned widest, bits = rs_isa()->frame_width32(v, n, &f->base, &widest, &bytes);

	return measured(f, bits, widest, bytes);
}

int rs_frame_put(struct rs_buf *out, const struct rs_frame *f, const uint64_t *v, size_t n, struct rs_err *err)
{
	uint64_t packed[RS_FRAME];
	uint8_t where[RS_FRAME], *p;
	size_t bytes = (n * f->bits + 7) / 8, n_exceptions = 0;
	int rc = rs_buf_reserve(out, HEAD_MAX + RS_FRAME * 12, err); /* an exception: its place, up to 10 bytes */

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && f->bits < f->widest; i++) {
		where[n_exceptions] = (uint8_t)i;
		n_exceptions += (v[i] - f->base) >> f->bits != 0;
	}
	p = (uint8_t *)out->p + out->n;
	*p++ = f->bits;
	*p++ = (uint8_t)n_exceptions;
	p = put_varint(p, f->base);
	rs_isa()->frame_pack(packed, v, n, f->base, f->bits);
	memcpy(p, packed, bytes);
	p += bytes;
	memcpy(p, where, n_exceptions);
	p += n_exceptions;
	for (size_t e = 0; e < n_exceptions; e++)
		p = put_varint(p, (v[where[e]] - f->base) >> f->bits);
	out->n = (size_t)((char *)p - out->p);
	return 0;
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

static int get_frame(const struct rs_kernels *isa, const uint8_t **p, const uint8_t *end, uint64_t *v, size_t n)
{
	uint8_t padded[RS_FRAME * 8 + RS_FRAME_SLACK];
	const uint8_t *packed, *where;
	struct head h;

	if (get_head(&h, p, end, n) < 0)
		return RS_EDATA;
	packed = *p;
	if ((size_t)(end - *p) < h.bytes + RS_FRAME_SLACK) {
		memset(padded, 0, sizeof padded);
		memcpy(padded, *p, h.bytes);
		packed = padded;
	}
	isa->frame_unpack(v, packed, n, h.base, h.b);
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
	const struct rs_kernels *isa = rs_isa();

	for (size_t i = 0; i < n; i += RS_FRAME)
		if (get_frame(isa, p, end, v + i, n - i < RS_FRAME ? n - i : RS_FRAME) < 0)
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
