/* codec.c -- plain elements into stored bytes, in the smallest way: sizes are measured first, and only the winner is packed.
 * decode.c is the way back. */
#include "lib/data/codec.h"

#include "lib/base/mem.h"
#include "lib/data/frames.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 4 /* pieces of a block that LZ4 is tried on first */
#define SAMPLE_BYTES 4096

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
	uint64_t last = 0;
	size_t n_last = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t v = 0;

		memcpy(&v, plain + i * elem_bytes, elem_bytes);
		if (v != last || i == 0) {
			size_t at = slot_of(t, v, elem_bytes);

			if (t->slot[at] == 0) {
				if (t->k == RS_DICT_MAX)
					return false;
				t->value[t->k++] = v;
				t->slot[at] = (uint16_t)t->k;
			}
			n_last = t->slot[at] - 1u;
			last = v;
		}
		number[i] = (uint16_t)n_last;
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

/* Varint count, then the values as differences; their places are found. */
static int put_distinct(struct distinct *t, size_t elem_bytes, struct rs_buf *out, struct rs_err *err)
{
	uint64_t sorted[RS_DICT_MAX];
	int rc;

	memcpy(sorted, t->value, t->k * sizeof *sorted);
	qsort(sorted, t->k, sizeof *sorted, cmp_u64);
	rc = rs_buf_varint(out, t->k, err);
	for (size_t i = 0; i < t->k && rc == 0; i++) {
		t->place[t->slot[slot_of(t, sorted[i], elem_bytes)] - 1] = (uint16_t)i;
		rc = rs_buf_varint(out, i == 0 ? sorted[0] : sorted[i] - sorted[i - 1], err);
	}
	return rc;
}

static uint64_t zigzag(uint64_t d)
{
	return d << 1 ^ -(d >> 63);
}

/* d[i] = v[i + 1] - v[i] modulo 2^(8 elem_bytes), read as signed, in zigzag. */
static void to_differences(uint32_t *d, const uint32_t *v, size_t n, size_t elem_bytes)
{
	unsigned unused = 32 - 8 * (unsigned)elem_bytes;

	for (size_t i = 0; i < n; i++) {
		uint32_t x = (uint32_t)((int32_t)((v[i + 1] - v[i]) << unused) >> unused);

		d[i] = x << 1 ^ -(x >> 31);
	}
}

struct encoding {
	const uint8_t *plain;
	size_t n, elem_bytes;
	struct rs_frame *frame; /* of all frames as they are, and of all as differences */
	size_t n_frames;
	void *work; /* n elements, of two bytes at least */
	enum rs_codec codec; /* the smallest so far, which takes best bytes */
	size_t best;
	struct rs_buf kept, tried;
	enum rs_codec kept_codec; /* what kept is stored by */
};

/* Of elements of four bytes at most. */
static void narrow_values(const struct encoding *e, bool delta, size_t i, size_t n, uint32_t *v)
{
	uint32_t plain[RS_FRAME + 1];

	if (!delta) {
		widen(e->plain, i, n, e->elem_bytes, v);
		return;
	}
	widen(e->plain, i, n, e->elem_bytes, plain + 1);
	plain[0] = 0;
	if (i > 0)
		widen(e->plain, i - 1, 1, e->elem_bytes, plain);
	to_differences(v, plain, n, e->elem_bytes);
}

static void lengthen(const uint32_t *narrow, size_t n, uint64_t *v)
{
	for (size_t i = 0; i < n; i++)
		v[i] = narrow[i];
}

static void frame_values(const struct encoding *e, bool delta, size_t i, size_t n, uint64_t *v)
{
	uint64_t plain[RS_FRAME + 1] = { 0 };
	uint32_t narrow[RS_FRAME];

	if (e->elem_bytes < 8) {
		narrow_values(e, delta, i, n, narrow);
		lengthen(narrow, n, v);
		return;
	}
	if (!delta) {
		memcpy(v, e->plain + i * 8, n * 8);
		return;
	}
	if (i > 0)
		memcpy(plain, e->plain + (i - 1) * 8, 8);
	memcpy(plain + 1, e->plain + i * 8, n * 8);
	for (size_t k = 0; k < n; k++)
		v[k] = zigzag(plain[k + 1] - plain[k]);
}

/* The frame at element i: adds up its bytes, and puts it into out where that is not NULL. */
static int measure_frame(const struct encoding *e, bool delta, size_t i, struct rs_frame *f, size_t *bytes, struct rs_buf *out,
                         struct rs_err *err)
{
	size_t n = e->n - i < RS_FRAME ? e->n - i : RS_FRAME;
	uint32_t narrow[RS_FRAME] = { 0 };
	uint64_t wide[RS_FRAME];

	if (e->elem_bytes < 8) {
		narrow_values(e, delta, i, n, narrow);
		*bytes += rs_frame_measure32(f, narrow, n);
		if (out != NULL)
			lengthen(narrow, n, wide);
	} else {
		frame_values(e, delta, i, n, wide);
		*bytes += rs_frame_measure(f, wide, n);
	}
	return out == NULL ? 0 : rs_frame_put(out, f, wide, n, err);
}

/* Of equals the frames of values themselves are the best, whichever way is measured first. That way is packed at once, into
 * kept: it is the smallest as a rule. */
static int measure_frames(struct encoding *e, bool delta, bool first, struct rs_err *err)
{
	struct rs_frame *f = e->frame + (delta ? e->n_frames : 0);
	size_t bytes = 0, limit = e->best + (e->codec == RS_CODEC_DELTA_FRAMES ? 1 : 0);
	enum rs_codec codec = delta ? RS_CODEC_DELTA_FRAMES : RS_CODEC_FRAMES;
	int rc = 0;

	for (size_t i = 0; i < e->n && bytes < limit && rc == 0; i += RS_FRAME)
		rc = measure_frame(e, delta, i, f++, &bytes, first ? &e->kept : NULL, err);
	if (bytes < limit) {
		e->best = bytes;
		e->codec = codec;
	}
	if (first)
		e->kept_codec = codec;
	return rc;
}

/* Both ways; the one that the first frames speak for goes first, so that the other ends early. */
static int measure_both(struct encoding *e, struct rs_err *err)
{
	size_t bytes[2] = { 0, 0 };
	bool delta;
	int rc;

	for (size_t i = 0; i < e->n && i < SAMPLES * RS_FRAME; i += RS_FRAME)
		for (int way = 0; way < 2; way++)
			(void)measure_frame(e, way == 1, i, e->frame, &bytes[way], NULL, err);
	delta = bytes[1] < bytes[0];
	rc = measure_frames(e, delta, true, err);
	return rc < 0 ? rc : measure_frames(e, !delta, false, err);
}

static int put_frames(const struct encoding *e, bool delta, struct rs_buf *out, struct rs_err *err)
{
	const struct rs_frame *f = e->frame + (delta ? e->n_frames : 0);
	uint64_t v[RS_FRAME];
	int rc = 0;

	for (size_t i = 0; i < e->n && rc == 0; i += RS_FRAME) {
		size_t n = e->n - i < RS_FRAME ? e->n - i : RS_FRAME;

		frame_values(e, delta, i, n, v);
		rc = rs_frame_put(out, f++, v, n, err);
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
	e->codec = e->kept_codec = codec;
}

/* The numbers of n values as places in the dictionary. */
static void to_places(const struct distinct *t, const uint16_t *number, size_t n, uint32_t *v)
{
	for (size_t i = 0; i < n; i++)
		v[i] = t->place[number[i]];
}

/* The numbers of all values in frames behind the dictionary in tried, which is left empty where that is not the smallest. */
static int put_numbers(struct encoding *e, const struct distinct *t, const uint16_t *number, struct rs_err *err)
{
	struct rs_frame *frame = e->frame + (e->codec == RS_CODEC_DELTA_FRAMES ? 0 : e->n_frames); /* the free ones */
	struct rs_frame *f = frame;
	size_t bytes = e->tried.n;
	uint32_t v[RS_FRAME];
	uint64_t wide[RS_FRAME];
	int rc = 0;

	for (size_t i = 0, n; i < e->n && bytes < e->best; i += n) {
		n = e->n - i < RS_FRAME ? e->n - i : RS_FRAME;
		to_places(t, number + i, n, v);
		bytes += rs_frame_measure32(f++, v, n);
	}
	if (bytes >= e->best)
		e->tried.n = 0;
	f = frame;
	for (size_t i = 0, n; i < e->n && bytes < e->best && rc == 0; i += n) {
		n = e->n - i < RS_FRAME ? e->n - i : RS_FRAME;
		to_places(t, number + i, n, v);
		lengthen(v, n, wide);
		rc = rs_frame_put(&e->tried, f++, wide, n, err);
	}
	return rc;
}

/* Distinct values, then their numbers, unless there are too many. */
static int try_dict(struct encoding *e, struct rs_err *err)
{
	struct distinct *t = rs_array0(1, sizeof *t, err);
	uint16_t *number = e->work;
	int rc = 0;

	if (t == NULL)
		return RS_ENOMEM;
	e->tried.n = 0;
	if (find_distinct(t, e->plain, e->n, e->elem_bytes, number) &&
	    (rc = put_distinct(t, e->elem_bytes, &e->tried, err)) == 0 && (rc = put_numbers(e, t, number, err)) == 0)
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
	shuffle(p, e->work, n, e->elem_bytes);
	return put_lz4(e->work, n * e->elem_bytes, &e->tried, err);
}

/* Beside other codecs LZ4 is tried where samples say that it could be the smallest, and only in the better way. */
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
	if (bytes[*shuffled ? 1 : 0] * (e->n / n / SAMPLES) > e->best + e->best / 2)
		*plain = *shuffled = false;
	return 0;
}

/* The codecs of fixed-size elements. */
static int encode_elements(struct encoding *e, enum rs_pack pack, struct rs_err *err)
{
	bool plain, shuffled;
	int rc;

	e->n_frames = (e->n + RS_FRAME - 1) / RS_FRAME;
	if ((e->frame = rs_array(2 * e->n_frames, sizeof *e->frame, err)) == NULL ||
	    (e->work = rs_array(e->n, e->elem_bytes < 2 ? 2 : e->elem_bytes, err)) == NULL)
		return RS_ENOMEM;
	rc = pack >= RS_PACK_DELTA ? measure_both(e, err) : pack == RS_PACK_UINT ? measure_frames(e, false, true, err) : 0;
	if (rc < 0)
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
	if (rc == 0 && (e.codec == RS_CODEC_RAW || e.codec != e.kept_codec)) {
		e.kept.n = 0;
		rc = e.codec == RS_CODEC_RAW ? rs_buf_add(&e.kept, plain, n * elem_bytes, err) :
		                               put_frames(&e, e.codec == RS_CODEC_DELTA_FRAMES, &e.kept, err);
	}
	*codec = e.codec;
	*out = e.kept;
	rs_free(e.frame);
	rs_free(e.work);
	rs_buf_release(&e.tried);
	return rc;
}
