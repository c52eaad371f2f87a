/* codec.c -- plain elements into stored bytes, in the smallest way or the one that samples of the block speak for.
 * decode.c is the way back. */
#include "lib/data/codec.h"

#include "lib/base/mem.h"
#include "lib/data/frames.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 4 /* pieces of a block that LZ4 is tried on first */
#define SAMPLE_BYTES 4096
#define SAMPLED 64 /* frames, or elements of a block, that speak for all */

/* Elements [from, from + n), of four bytes at most, as 32-bit numbers; little-endian machines only, see rs-dataset(5). plain
 * need not be aligned. */
static void widen(const uint8_t *plain, size_t from, size_t n, size_t elem_bytes, uint32_t *v)
{
	uint16_t w16;

	plain += from * elem_bytes;
	switch (elem_bytes) {
	case 1:
		for (size_t i = 0; i < n; i++)
			v[i] = plain[i];
		break;
	case 2:
		for (size_t i = 0; i < n; i++) {
			memcpy(&w16, plain + i * 2, 2);
			v[i] = w16;
		}
		break;
	default:
		memcpy(v, plain, n * 4);
	}
}

static int put_lz4(const void *plain, size_t bytes, struct rs_buf *out, struct rs_err *err)
{
	int bound = LZ4_compressBound((int)bytes), n, rc;

	if ((rc = rs_buf_reserve(out, (size_t)bound, err)) < 0)
		return rc;
	n = LZ4_compress_default(plain, out->p, (int)bytes, bound);
	if (n <= 0)
		return rs_fail(err, RS_EINTERNAL, "LZ4 failed on %zu bytes", bytes);
	out->n = (size_t)n;
	return 0;
}

/* All first bytes, then all second bytes, ... */
static void shuffle(const uint8_t *in, uint8_t *out, size_t n, size_t elem_bytes)
{
	uint32_t w;

	if (elem_bytes == 4) /* vectors in the compiler's hands */
		for (unsigned b = 0; b < 4; b++)
			for (size_t i = 0; i < n; i++) {
				memcpy(&w, in + i * 4, 4);
				out[b * n + i] = (uint8_t)(w >> 8 * b);
			}
	else
		for (size_t b = 0; b < elem_bytes; b++)
			for (size_t i = 0; i < n; i++)
				out[b * n + i] = in[i * elem_bytes + b];
}

static int cmp_u64(const void *pa, const void *pb)
{
	uint64_t a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

/* The distinct values of a block: in a hash table, or, where elements have two bytes at most, a slot for each. */
#define SLOTS 65536
struct distinct {
	uint64_t value[RS_DICT_MAX]; /* in order of appearance */
	uint16_t place[RS_DICT_MAX]; /* among the sorted ones */
	uint16_t slot[SLOTS];         /* 1 + index into value; 0: free */
	size_t k;
};

/* The slot that holds v or would. */
static size_t slot_of(const struct distinct *t, uint64_t v, size_t elem_bytes)
{
	size_t at;

	if (elem_bytes <= 2)
		return (size_t)v;
	at = (size_t)((v * 0x9E3779B97F4A7C15u) >> 48);
	while (t->slot[at] != 0 && t->value[t->slot[at] - 1] != v)
		at = (at + 1) % SLOTS;
	return at;
}

static inline __attribute__((always_inline)) bool number_values(struct distinct *t, const uint8_t *plain, size_t n,
                                                                size_t elem_bytes, uint16_t *number)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = 0;
		size_t at;

		memcpy(&v, plain + i * elem_bytes, elem_bytes);
		at = slot_of(t, v, elem_bytes);
		if (t->slot[at] == 0) {
			if (t->k == RS_DICT_MAX)
				return false;
			t->value[t->k++] = v;
			t->slot[at] = (uint16_t)t->k;
		}
		number[i] = (uint16_t)(t->slot[at] - 1);
	}
	return true;
}

/* Also the number of each value, in order of appearance. False where there are more than RS_DICT_MAX. */
static bool find_distinct(struct distinct *t, const uint8_t *plain, size_t n, size_t elem_bytes, uint16_t *number)
{
	switch (elem_bytes) {
	case 1: return number_values(t, plain, n, 1, number);
	case 2: return number_values(t, plain, n, 2, number);
	case 4: return number_values(t, plain, n, 4, number);
	default: return number_values(t, plain, n, 8, number);
	}
}

/* The number that more than half of all have, or RS_DICT_MAX. Samples name it. */
static size_t find_most(const uint16_t *number, size_t n)
{
	uint16_t count[RS_DICT_MAX] = { 0 };
	size_t step = n / SAMPLED + 1, most = 0, n_most = 0;

	for (size_t i = 0; i < n; i += step)
		if (++count[number[i]] > count[most])
			most = number[i];
	for (size_t i = 0; i < n; i += RS_FRAME) {
		size_t k = n - i < RS_FRAME ? n - i : RS_FRAME;
		uint16_t sum = 0;

		for (size_t j = i; j < i + k; j++)
			sum = (uint16_t)(sum + (number[j] == (uint16_t)most));
		n_most += sum;
	}
	return n_most > n / 2 ? most : RS_DICT_MAX;
}

/* Varint count, then the values in order, but the one with the number `most` first, as differences; their places are found. */
static int put_distinct(struct distinct *t, size_t elem_bytes, size_t most, struct rs_buf *out, struct rs_err *err)
{
	uint64_t sorted[RS_DICT_MAX], last = 0;
	size_t to = 0;
	int rc;

	if (most < t->k)
		sorted[to++] = t->value[most];
	for (size_t i = 0; i < t->k; i++)
		if (i != most)
			sorted[to++] = t->value[i];
	to = most < t->k ? 1 : 0;
	qsort(sorted + to, t->k - to, sizeof *sorted, cmp_u64);
	rc = rs_buf_varint(out, t->k, err);
	for (size_t i = 0; i < t->k && rc == 0; i++) {
		t->place[t->slot[slot_of(t, sorted[i], elem_bytes)] - 1] = (uint16_t)i;
		rc = rs_buf_varint(out, sorted[i] - last, err);
		last = sorted[i];
	}
	return rc;
}

struct encoding {
	const uint8_t *plain;
	size_t n, elem_bytes;
	enum rs_codec codec; /* the smallest so far, which takes best bytes */
	size_t best;
	struct rs_buf kept, tried; /* kept: stored by codec, unless that is RAW */
	void *work; /* n elements, of two bytes at least */
};

static int need_work(struct encoding *e, struct rs_err *err)
{
	if (e->work == NULL)
		e->work = rs_array(e->n, e->elem_bytes < 2 ? 2 : e->elem_bytes, err);
	return e->work == NULL ? RS_ENOMEM : 0;
}

/* The frame of n elements from i on behind out. Elements are used where they lie, if they are numbers there and one is before
 * them. */
static int put_narrow_frame(const struct encoding *e, bool delta, size_t i, size_t n, struct rs_buf *out, struct rs_err *err)
{
	size_t before = i > 0 ? 1 : 0;
	uint32_t copy[RS_FRAME + 1], d[RS_FRAME];
	const uint32_t *v = copy + 1;

	copy[0] = 0; /* what is before the first one */
	if (i > 0 && e->elem_bytes == 4 && (uintptr_t)e->plain % 4 == 0)
		v = (const uint32_t *)(const void *)e->plain + i;
	else
		widen(e->plain, i - before, n + before, e->elem_bytes, copy + 1 - before);
	if (!delta)
		return rs_frame_put32(out, v, n, err);
	rs_isa()->frame_differences32(d, v, n, (unsigned)e->elem_bytes);
	return rs_frame_put32(out, d, n, err);
}

static int put_wide_frame(const struct encoding *e, bool delta, size_t i, size_t n, struct rs_buf *out, struct rs_err *err)
{
	size_t before = i > 0 ? 1 : 0;
	uint64_t copy[RS_FRAME + 1], d[RS_FRAME];
	const uint64_t *v = copy + 1;

	copy[0] = 0;
	if (i > 0 && (uintptr_t)e->plain % 8 == 0)
		v = (const uint64_t *)(const void *)e->plain + i;
	else
		memcpy(copy + 1 - before, e->plain + (i - before) * 8, (n + before) * 8);
	if (!delta)
		return rs_frame_put(out, v, n, err);
	rs_isa()->frame_differences64(d, v, n);
	return rs_frame_put(out, d, n, err);
}

static int put_frame(const struct encoding *e, bool delta, size_t i, struct rs_buf *out, struct rs_err *err)
{
	size_t n = e->n - i < RS_FRAME ? e->n - i : RS_FRAME;

	return e->elem_bytes == 8 ? put_wide_frame(e, delta, i, n, out, err) : put_narrow_frame(e, delta, i, n, out, err);
}

/* Whether frames of differences are smaller, by samples; of equals the frames of values themselves are better. */
static int choose_frames(struct encoding *e, bool *delta, struct rs_err *err)
{
	size_t bytes[2] = { 0, 0 }, step = (e->n / RS_FRAME / SAMPLED + 1) * RS_FRAME;
	int rc;

	for (size_t i = 0; i < e->n; i += step) {
		for (int way = 0; way < 2; way++) {
			e->tried.n = 0;
			if ((rc = put_frame(e, way == 1, i, &e->tried, err)) < 0)
				return rc;
			bytes[way] += e->tried.n;
		}
	}
	*delta = bytes[1] < bytes[0];
	return 0;
}

static int put_frames(struct encoding *e, bool delta, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < e->n && e->kept.n < e->best && rc == 0; i += RS_FRAME)
		rc = put_frame(e, delta, i, &e->kept, err);
	if (e->kept.n < e->best) {
		e->best = e->kept.n;
		e->codec = delta ? RS_CODEC_DELTA_FRAMES : RS_CODEC_FRAMES;
	}
	return rc;
}

/* Keeps what was tried if it is smaller. */
static void judge(struct encoding *e, enum rs_codec codec)
{
	struct rs_buf t = e->kept;

	if (e->tried.n == 0 || e->tried.n >= e->best)
		return;
	e->kept = e->tried;
	e->tried = t;
	e->best = e->kept.n;
	e->codec = codec;
}

/* The numbers of all values as places in the dictionary, in frames behind it in tried, which is left empty where that is not
 * the smallest. */
static int put_numbers(struct encoding *e, const struct distinct *t, const uint16_t *number, struct rs_err *err)
{
	uint32_t v[RS_FRAME];
	int rc = 0;

	for (size_t i = 0, n; i < e->n && e->tried.n < e->best && rc == 0; i += n) {
		n = e->n - i < RS_FRAME ? e->n - i : RS_FRAME;
		for (size_t k = 0; k < n; k++)
			v[k] = t->place[number[i + k]];
		rc = rs_frame_put32(&e->tried, v, n, err);
	}
	return rc;
}

/* Distinct values, then their numbers, unless there are too many. */
static int try_dict(struct encoding *e, struct rs_err *err)
{
	struct distinct *t = rs_array0(1, sizeof *t, err);
	int rc = t == NULL ? RS_ENOMEM : need_work(e, err);

	e->tried.n = 0;
	if (rc == 0 && find_distinct(t, e->plain, e->n, e->elem_bytes, e->work) &&
	    (rc = put_distinct(t, e->elem_bytes, find_most(e->work, e->n), &e->tried, err)) == 0 &&
	    (rc = put_numbers(e, t, e->work, err)) == 0)
		judge(e, RS_CODEC_DICT_FRAMES);
	rs_free(t);
	return rc;
}

/* Elements [from, from + n) by LZ4, into tried. */
static int try_lz4(struct encoding *e, bool shuffled, size_t from, size_t n, struct rs_err *err)
{
	const uint8_t *p = e->plain + from * e->elem_bytes;

	e->tried.n = 0;
	if (!shuffled)
		return put_lz4(p, n * e->elem_bytes, &e->tried, err);
	if (need_work(e, err) < 0)
		return RS_ENOMEM;
	shuffle(p, e->work, n, e->elem_bytes);
	return put_lz4(e->work, n * e->elem_bytes, &e->tried, err);
}

/* Beside other codecs LZ4 is tried where samples say that it is the smallest, and only in the better way. */
static int choose_lz4(struct encoding *e, bool *plain, bool *shuffled, struct rs_err *err)
{
	size_t n = SAMPLE_BYTES / e->elem_bytes, bytes[2] = { 0, 0 };
	int rc;

	*plain = *shuffled = true;
	if (e->n / SAMPLES / 4 < n)
		return 0;
	for (size_t i = 0; i < SAMPLES; i++) {
		for (int way = 0; way < 2; way++) {
			if ((rc = try_lz4(e, way == 1, e->n / SAMPLES * i, n, err)) < 0)
				return rc;
			bytes[way] += e->tried.n;
		}
	}
	*shuffled = bytes[1] < bytes[0];
	*plain = !*shuffled;
	if (bytes[*shuffled ? 1 : 0] * (e->n / n / SAMPLES) > e->best)
		*plain = *shuffled = false;
	return 0;
}

/* The codecs of fixed-size elements. */
static int encode_elements(struct encoding *e, enum rs_pack pack, struct rs_err *err)
{
	bool plain, shuffled, delta = false;
	int rc;

	if (pack >= RS_PACK_DELTA && (rc = choose_frames(e, &delta, err)) < 0)
		return rc;
	if (pack >= RS_PACK_UINT && (rc = put_frames(e, delta, err)) < 0)
		return rc;
	if ((e->best > e->n / 2 /* else it is small enough */ && (rc = try_dict(e, err)) < 0) ||
	    (rc = choose_lz4(e, &plain, &shuffled, err)) < 0)
		return rc;
	if (plain) {
		if ((rc = try_lz4(e, false, 0, e->n, err)) < 0)
			return rc;
		judge(e, RS_CODEC_LZ4);
	}
	if (shuffled) {
		if ((rc = try_lz4(e, true, 0, e->n, err)) < 0)
			return rc;
		judge(e, RS_CODEC_SHUFFLE_LZ4);
	}
	return 0;
}

static int encode_bytes(struct encoding *e, struct rs_err *err)
{
	int rc = try_lz4(e, false, 0, e->n, err);

	if (rc == 0)
		judge(e, RS_CODEC_LZ4);
	return rc;
}

int rs_codec_encode(const void *plain, size_t n, size_t elem_bytes, enum rs_pack pack, enum rs_codec *codec,
                    struct rs_buf *out, struct rs_err *err)
{
	struct encoding e = { .plain = plain, .n = n, .elem_bytes = elem_bytes, .codec = RS_CODEC_RAW,
		              .best = n * elem_bytes, .kept = { out->p, 0, out->cap } };
	int rc = 0;

	if (pack == RS_PACK_BYTES)
		rc = encode_bytes(&e, err);
	else if (pack >= RS_PACK_FLOAT)
		rc = encode_elements(&e, pack, err);
	if (rc == 0 && e.codec == RS_CODEC_RAW) {
		e.kept.n = 0;
		rc = rs_buf_add(&e.kept, plain, n * elem_bytes, err);
	}
	*codec = e.codec;
	*out = e.kept;
	rs_free(e.work);
	rs_buf_release(&e.tried);
	return rc;
}
