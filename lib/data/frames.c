/* frames.c -- bit-packed frames, see frames.h. */
#include "lib/data/frames.h"

#include <string.h>

#define PADDED (RS_FRAME * 8 + RS_FRAME_SLACK)

int rs_frame_put(struct rs_buf *out, const uint64_t *v, size_t n, struct rs_err *err)
{
	int rc = rs_buf_reserve(out, RS_FRAME_ROOM, err);

	if (rc == 0)
		out->n = (size_t)(rs_isa()->frame_put64((uint8_t *)out->p + out->n, v, n) - (uint8_t *)out->p);
	return rc;
}

int rs_frame_put32(struct rs_buf *out, const uint32_t *v, size_t n, struct rs_err *err)
{
	int rc = rs_buf_reserve(out, RS_FRAME_ROOM, err);

	if (rc == 0)
		out->n = (size_t)(rs_isa()->frame_put32((uint8_t *)out->p + out->n, v, n) - (uint8_t *)out->p);
	return rc;
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

/* The packed values at *p, with RS_FRAME_SLACK readable bytes behind them: where they stand, or in padded. */
static const uint8_t *with_slack(const struct head *h, const uint8_t *p, const uint8_t *end, uint8_t *padded)
{
	if ((size_t)(end - p) >= h->bytes + RS_FRAME_SLACK)
		return p;
	memset(padded, 0, PADDED);
	memcpy(padded, p, h->bytes);
	return padded;
}

/* The next exception of those whose places stand at where: what is to be added at *at. */
static inline int get_exception(const struct head *h, const uint8_t *where, size_t n, const uint8_t **p, const uint8_t *end,
                                size_t *at, uint64_t *more)
{
	uint64_t high;

	if (rs_varint_read(p, end, &high) < 0 || *where >= n || h->b >= 64)
		return RS_EDATA;
	*at = *where;
	*more = high << h->b;
	return 0;
}

static int get_frame(const struct rs_kernels *isa, const uint8_t **p, const uint8_t *end, uint64_t *v, size_t n)
{
	uint8_t padded[PADDED];
	const uint8_t *where;
	uint64_t more;
	struct head h;
	size_t at;

	if (get_head(&h, p, end, n) < 0)
		return RS_EDATA;
	isa->frame_unpack64(v, with_slack(&h, *p, end, padded), n, h.base, h.b);
	where = *p + h.bytes;
	*p = where + h.n_exceptions;
	for (unsigned e = 0; e < h.n_exceptions; e++) {
		if (get_exception(&h, &where[e], n, p, end, &at, &more) < 0)
			return RS_EDATA;
		v[at] += more;
	}
	return 0;
}

static int get_frame32(const struct rs_kernels *isa, const uint8_t **p, const uint8_t *end, uint32_t *v, size_t n)
{
	uint8_t padded[PADDED];
	const uint8_t *where;
	uint64_t more;
	struct head h;
	size_t at;

	if (get_head(&h, p, end, n) < 0 || h.b > 32)
		return RS_EDATA;
	isa->frame_unpack32(v, with_slack(&h, *p, end, padded), n, (uint32_t)h.base, h.b);
	where = *p + h.bytes;
	*p = where + h.n_exceptions;
	for (unsigned e = 0; e < h.n_exceptions; e++) {
		if (get_exception(&h, &where[e], n, p, end, &at, &more) < 0)
			return RS_EDATA;
		v[at] += (uint32_t)more;
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

int rs_frames_get32(const uint8_t **p, const uint8_t *end, uint32_t *v, size_t n)
{
	const struct rs_kernels *isa = rs_isa();

	for (size_t i = 0; i < n; i += RS_FRAME)
		if (get_frame32(isa, p, end, v + i, n - i < RS_FRAME ? n - i : RS_FRAME) < 0)
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
