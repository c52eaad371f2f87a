/* decode.c -- stored bytes into plain elements: those of a block that are asked for. */
#include "lib/data/codec.h"

#include "lib/base/mem.h"
#include "lib/data/frames.h"

#include <lz4.h>
#include <stdbool.h>
#include <string.h>

#define RUN (8 * RS_FRAME) /* elements decoded at a time, through a small buffer that stays in cache */

static uint64_t unzigzag(uint64_t z)
{
	return z >> 1 ^ -(z & 1);
}

static uint32_t unzigzag32(uint32_t z)
{
	return z >> 1 ^ -(z & 1);
}

/* Distinct values. */
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

/* Frames of a block one after another, as elements. */
struct frames {
	const uint8_t *p, *end;
	enum rs_codec codec;
	uint64_t last; /* element */
	struct dict d; /* of RS_CODEC_DICT_FRAMES */
};

/* The next n elements of four bytes at most. */
static int next_narrow(struct frames *f, uint32_t *v, size_t n)
{
	uint32_t last = (uint32_t)f->last, most = 0;

	if (rs_frames_get32(&f->p, f->end, v, n) < 0)
		return RS_EDATA;
	if (f->codec == RS_CODEC_DELTA_FRAMES) {
		for (size_t i = 0; i < n; i++)
			v[i] = last += unzigzag32(v[i]);
		f->last = last;
	} else if (f->codec == RS_CODEC_DICT_FRAMES) {
		for (size_t i = 0; i < n; i++)
			most = v[i] > most ? v[i] : most;
		if (most >= f->d.n)
			return RS_EDATA;
		for (size_t i = 0; i < n; i++)
			v[i] = (uint32_t)f->d.value[v[i]];
	}
	return 0;
}

static int next_wide(struct frames *f, uint64_t *v, size_t n)
{
	uint64_t last = f->last, most = 0;

	if (rs_frames_get(&f->p, f->end, v, n) < 0)
		return RS_EDATA;
	if (f->codec == RS_CODEC_DELTA_FRAMES) {
		for (size_t i = 0; i < n; i++)
			v[i] = last += unzigzag(v[i]);
		f->last = last;
	} else if (f->codec == RS_CODEC_DICT_FRAMES) {
		for (size_t i = 0; i < n; i++)
			most = v[i] > most ? v[i] : most;
		if (most >= f->d.n)
			return RS_EDATA;
		for (size_t i = 0; i < n; i++)
			v[i] = f->d.value[v[i]];
	}
	return 0;
}

/* The next n elements, of which [lo, hi) are put where `to` is. */
static int next_part(struct frames *f, size_t elem_bytes, size_t n, size_t lo, size_t hi, uint8_t *to)
{
	uint64_t wide[RUN];
	uint32_t narrow[RUN];

	if (elem_bytes == 8) {
		if (next_wide(f, wide, n) < 0)
			return RS_EDATA;
		if (lo < hi)
			memcpy(to, wide + lo, (hi - lo) * 8);
		return 0;
	}
	if (next_narrow(f, narrow, n) < 0)
		return RS_EDATA;
	if (elem_bytes == 4 && lo < hi)
		memcpy(to, narrow + lo, (hi - lo) * 4);
	else if (elem_bytes == 2)
		for (size_t i = lo; i < hi; i++, to += 2)
			memcpy(to, &(uint16_t){ (uint16_t)narrow[i] }, 2);
	else
		for (size_t i = lo; i < hi && elem_bytes == 1; i++)
			*to++ = (uint8_t)narrow[i];
	return 0;
}

/* Frames before first are passed over, but added up where they are differences. */
static int decode_frames(const struct rs_stored *s, size_t first, size_t count, uint8_t *plain)
{
	bool aligned = (uintptr_t)plain % 8 == 0;
	size_t to = first + count, i = 0;
	struct frames f;

	f.p = s->p;
	f.end = f.p + s->bytes;
	f.codec = s->codec;
	f.last = 0;
	if (s->codec == RS_CODEC_DICT_FRAMES && read_dict(&f.d, &f.p, f.end) < 0)
		return RS_EDATA;
	if (s->codec != RS_CODEC_DELTA_FRAMES) {
		i = first / RS_FRAME * RS_FRAME;
		if (rs_frames_skip(&f.p, f.end, i / RS_FRAME) < 0)
			return RS_EDATA;
	}
	for (size_t k; i < to; i += k) {
		size_t rest = (to - i + RS_FRAME - 1) / RS_FRAME * RS_FRAME, lo, hi;
		uint8_t *at;
		int rc;

		k = s->n - i < rest ? s->n - i : rest;
		k = k < RUN ? k : RUN;
		lo = i > first ? 0 : first - i < k ? first - i : k;
		hi = to - i < k ? to - i : k;
		at = lo < hi ? plain + (i + lo - first) * s->elem_bytes : plain;
		if (aligned && lo == 0 && hi == k && s->elem_bytes == 8) /* where they belong */
			rc = next_wide(&f, (uint64_t *)(void *)at, k);
		else if (aligned && lo == 0 && hi == k && s->elem_bytes == 4)
			rc = next_narrow(&f, (uint32_t *)(void *)at, k);
		else
			rc = next_part(&f, s->elem_bytes, k, lo, hi, at);
		if (rc < 0)
			return RS_EDATA;
	}
	return to < s->n || f.p == f.end ? 0 : RS_EDATA;
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
