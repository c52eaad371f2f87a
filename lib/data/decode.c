/* decode.c -- stored bytes into plain elements: those of a block that are asked for. */
#include "lib/data/codec.h"

#include "lib/base/mem.h"
#include "lib/data/frames.h"

#include <lz4.h>
#include <string.h>

#define RUN (8 * RS_FRAME) /* elements decoded at a time, through a small buffer that stays in cache */

static uint64_t unzigzag(uint64_t z)
{
	return z >> 1 ^ -(z & 1);
}

static void store(uint8_t *plain, const uint64_t *v, size_t n, size_t elem_bytes)
{
	switch (elem_bytes) {
	case 4:
		for (size_t i = 0; i < n; i++)
			((uint32_t *)(void *)plain)[i] = (uint32_t)v[i];
		break;
	case 8:
		memcpy(plain, v, n * 8);
		break;
	default:
		for (size_t i = 0; i < n; i++)
			memcpy(plain + i * elem_bytes, &v[i], elem_bytes);
	}
}

/* Distinct values, ascending. */
struct dict {
	uint64_t n, value[RS_DICT_MAX];
};

static int read_dict(struct dict *d, const uint8_t **p, const uint8_t *end)
{
	uint64_t sum = 0, difference;

	if (rs_varint_read(p, end, &d->n) < 0 || d->n == 0 || d->n > RS_DICT_MAX)
		return RS_EDATA;
	for (uint64_t i = 0; i < d->n; i++) {
		if (rs_varint_read(p, end, &difference) < 0)
			return RS_EDATA;
		d->value[i] = sum += difference;
	}
	return 0;
}

static int translate(uint64_t *v, size_t n, const struct dict *d)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i] >= d->n)
			return RS_EDATA;
		v[i] = d->value[v[i]];
	}
	return 0;
}

/* Frames before first are passed over, but added up where they are differences. */
static int decode_frames(const struct rs_stored *s, size_t first, size_t count, uint8_t *plain)
{
	const uint8_t *p = s->p, *end = p + s->bytes;
	uint64_t v[RUN], last = 0;
	size_t to = first + count, i = 0;
	struct dict d;

	if (s->codec == RS_CODEC_DICT_FRAMES && read_dict(&d, &p, end) < 0)
		return RS_EDATA;
	if (s->codec != RS_CODEC_DELTA_FRAMES) {
		i = first / RS_FRAME * RS_FRAME;
		if (rs_frames_skip(&p, end, i / RS_FRAME) < 0)
			return RS_EDATA;
	}
	for (size_t k; i < to; i += k) {
		size_t rest = (to - i + RS_FRAME - 1) / RS_FRAME * RS_FRAME, lo, hi;

		k = s->n - i < rest ? s->n - i : rest;
		k = k < RUN ? k : RUN;
		if (rs_frames_get(&p, end, v, k) < 0)
			return RS_EDATA;
		if (s->codec == RS_CODEC_DELTA_FRAMES)
			for (size_t j = 0; j < k; j++)
				v[j] = last += unzigzag(v[j]);
		else if (s->codec == RS_CODEC_DICT_FRAMES && translate(v, k, &d) < 0)
			return RS_EDATA;
		lo = i > first ? i : first;
		hi = i + k < to ? i + k : to;
		if (lo < hi)
			store(plain + (lo - first) * s->elem_bytes, v + (lo - i), hi - lo, s->elem_bytes);
	}
	return to < s->n || p == end ? 0 : RS_EDATA;
}

static int decode_lz4(const struct rs_stored *s, size_t first, size_t count, uint8_t *plain, struct rs_err *err)
{
	size_t want = (first + count) * s->elem_bytes, skip = first * s->elem_bytes;
	bool whole = count == s->n;
	uint8_t *work = plain;
	int n;

	if (first > 0 && (work = rs_array(want, 1, err)) == NULL)
		return RS_ENOMEM;
	n = whole ? LZ4_decompress_safe(s->p, (char *)work, (int)s->bytes, (int)want) :
	            LZ4_decompress_safe_partial(s->p, (char *)work, (int)s->bytes, (int)want, (int)want);
	if (first > 0) {
		if (n > 0 && (size_t)n == want)
			memcpy(plain, work + skip, want - skip);
		rs_free(work);
	}
	return n > 0 && (size_t)n == want ? 0 : RS_EDATA;
}

static int decode_shuffled(const struct rs_stored *s, size_t first, size_t count, uint8_t *plain, struct rs_err *err)
{
	struct rs_stored bytes = { RS_CODEC_LZ4, s->p, s->bytes, 1, s->n * s->elem_bytes };
	uint8_t *work = rs_array(bytes.n, 1, err);
	int rc;

	if (work == NULL)
		return RS_ENOMEM;
	if ((rc = decode_lz4(&bytes, 0, bytes.n, work, err)) == 0)
		for (size_t b = 0; b < s->elem_bytes; b++)
			for (size_t i = 0; i < count; i++)
				plain[i * s->elem_bytes + b] = work[b * s->n + first + i];
	rs_free(work);
	return rc;
}

int rs_codec_decode(const struct rs_stored *s, size_t first, size_t count, void *plain, struct rs_err *err)
{
	if (s->bytes > LZ4_COMPRESSBOUND(RS_BLOCK_BYTES))
		return RS_EDATA;
	switch (s->codec) {
	case RS_CODEC_RAW:
		if (s->bytes != s->n * s->elem_bytes)
			return RS_EDATA;
		memcpy(plain, (const uint8_t *)s->p + first * s->elem_bytes, count * s->elem_bytes);
		return 0;
	case RS_CODEC_LZ4:
		return decode_lz4(s, first, count, plain, err);
	case RS_CODEC_FRAMES:
	case RS_CODEC_DELTA_FRAMES:
	case RS_CODEC_DICT_FRAMES:
		return decode_frames(s, first, count, plain);
	case RS_CODEC_SHUFFLE_LZ4:
		return decode_shuffled(s, first, count, plain, err);
	default:
		return RS_EDATA;
	}
}
