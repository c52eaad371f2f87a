/* codec.c -- plain elements into stored bytes, in the smallest way; decode.c is the way back. */
#include "lib/data/codec.h"

#include "lib/base/mem.h"
#include "lib/data/frames.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_BYTES 65536

/* Elements as 64-bit numbers; little-endian machines only, see rs-dataset(5). plain need not be aligned. */
static void widen(const uint8_t *plain, uint64_t *v, size_t n, size_t elem_bytes)
{
	uint32_t w;

	switch (elem_bytes) {
	case 4:
		for (size_t i = 0; i < n; i++) {
			memcpy(&w, plain + i * 4, 4);
			v[i] = w;
		}
		break;
	case 8:
		memcpy(v, plain, n * 8);
		break;
	default:
		for (size_t i = 0; i < n; i++) {
			v[i] = 0;
			memcpy(&v[i], plain + i * elem_bytes, elem_bytes);
		}
	}
}

static int try_lz4(const void *plain, size_t bytes, struct rs_buf *out, struct rs_err *err)
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

static void shuffle(const uint8_t *in, uint8_t *out, size_t n, size_t elem_bytes)
{
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

/* A hash table of the distinct values of a block. */
struct distinct {
	uint64_t value[RS_DICT_MAX]; /* in order of appearance */
	uint16_t place[RS_DICT_MAX]; /* among the sorted ones */
	uint16_t slot[4 * RS_DICT_MAX]; /* 1 + index into value; 0: free */
	size_t k;
};

/* The slot that holds v or would. */
static size_t slot_of(const struct distinct *t, uint64_t v)
{
	size_t at = (size_t)((v * 0x9E3779B97F4A7C15u) >> 50);

	while (t->slot[at] != 0 && t->value[t->slot[at] - 1] != v)
		at = (at + 1) & (4 * RS_DICT_MAX - 1);
	return at;
}

/* False where there are more than RS_DICT_MAX. */
static bool find_distinct(struct distinct *t, const uint64_t *v, size_t n)
{
	memset(t->slot, 0, sizeof t->slot);
	t->k = 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = slot_of(t, v[i]);

		if (t->slot[at] != 0)
			continue;
		if (t->k == RS_DICT_MAX)
			return false;
		t->value[t->k++] = v[i];
		t->slot[at] = (uint16_t)t->k;
	}
	return true;
}

/* Varint count, the values as differences, the numbers in frames. Leaves out empty where there are too many values. */
static int try_dict(const uint64_t *v, size_t n, uint64_t *work, struct rs_buf *out, struct rs_err *err)
{
	struct distinct *t = rs_array(1, sizeof *t, err);
	uint64_t sorted[RS_DICT_MAX];
	int rc;

	if (t == NULL)
		return RS_ENOMEM;
	if (!find_distinct(t, v, n)) {
		rs_free(t);
		return 0;
	}
	memcpy(sorted, t->value, t->k * sizeof *sorted);
	qsort(sorted, t->k, sizeof *sorted, cmp_u64);
	rc = rs_buf_varint(out, t->k, err);
	for (size_t i = 0; i < t->k && rc == 0; i++) {
		t->place[t->slot[slot_of(t, sorted[i])] - 1] = (uint16_t)i;
		rc = rs_buf_varint(out, i == 0 ? sorted[0] : sorted[i] - sorted[i - 1], err);
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		work[i] = t->place[t->slot[slot_of(t, v[i])] - 1];
	if (rc == 0)
		rc = rs_frames_put(out, work, n, err);
	rs_free(t);
	return rc;
}

static uint64_t zigzag(uint64_t d)
{
	return d << 1 ^ -(d >> 63);
}

/* Differences of elements of elem_bytes are taken modulo 2^(8 elem_bytes) and read as signed. */
static uint64_t difference(uint64_t a, uint64_t b, size_t elem_bytes)
{
	uint64_t d = a - b;
	unsigned unused = 64 - 8 * (unsigned)elem_bytes;

	return zigzag((uint64_t)((int64_t)(d << unused) >> unused));
}

static int try_one(enum rs_codec codec, const uint8_t *plain, size_t n, size_t elem_bytes, const uint64_t *v,
                   uint64_t *work, struct rs_buf *out, struct rs_err *err)
{
	out->n = 0;
	switch (codec) {
	case RS_CODEC_LZ4:
		return try_lz4(plain, n * elem_bytes, out, err);
	case RS_CODEC_SHUFFLE_LZ4:
		shuffle(plain, (uint8_t *)work, n, elem_bytes);
		return try_lz4(work, n * elem_bytes, out, err);
	case RS_CODEC_FRAMES:
		return rs_frames_put(out, v, n, err);
	case RS_CODEC_DELTA_FRAMES:
		for (size_t i = 0; i < n; i++)
			work[i] = difference(v[i], i == 0 ? 0 : v[i - 1], elem_bytes);
		return rs_frames_put(out, work, n, err);
	case RS_CODEC_DICT_FRAMES:
		return try_dict(v, n, work, out, err);
	default:
		return rs_fail(err, RS_EINTERNAL, "no codec %d", (int)codec);
	}
}

static bool allows(enum rs_pack pack, enum rs_codec codec)
{
	switch (codec) {
	case RS_CODEC_LZ4: return pack >= RS_PACK_BYTES;
	case RS_CODEC_SHUFFLE_LZ4:
	case RS_CODEC_DICT_FRAMES: return pack >= RS_PACK_FLOAT;
	case RS_CODEC_FRAMES: return pack >= RS_PACK_UINT;
	case RS_CODEC_DELTA_FRAMES: return pack >= RS_PACK_DELTA;
	default: return false;
	}
}

/* The order in which codecs are tried: LZ4 last, as it is the slowest and seldom wins against frames. */
static const enum rs_codec order[] = { RS_CODEC_FRAMES, RS_CODEC_DELTA_FRAMES, RS_CODEC_DICT_FRAMES, RS_CODEC_LZ4,
	                               RS_CODEC_SHUFFLE_LZ4 };

/* Whether LZ4 of a sample says that all of the block would become much larger than best bytes. */
static int is_hopeless(enum rs_codec codec, const uint8_t *plain, size_t n, size_t elem_bytes, size_t best, uint64_t *work,
                       struct rs_buf *tried, bool *hopeless, struct rs_err *err)
{
	size_t sample = SAMPLE_BYTES / elem_bytes;
	int rc;

	*hopeless = false;
	if (n / 4 < sample || (codec != RS_CODEC_LZ4 && codec != RS_CODEC_SHUFFLE_LZ4))
		return 0;
	if ((rc = try_one(codec, plain + n / 2 * elem_bytes, sample, elem_bytes, NULL, work, tried, err)) == 0)
		*hopeless = tried->n * (n / sample) > best + best / 2;
	return rc;
}

int rs_codec_encode(const void *plain, size_t n, size_t elem_bytes, enum rs_pack pack, enum rs_codec *codec,
                    struct rs_buf *out, struct rs_err *err)
{
	size_t bytes = n * elem_bytes, best = bytes;
	struct rs_buf kept = RS_BUF_INIT, tried = RS_BUF_INIT;
	uint64_t *v = NULL, *work = NULL;
	int rc = 0;

	*codec = RS_CODEC_RAW;
	if (pack >= RS_PACK_FLOAT) {
		rc = RS_ENOMEM;
		if ((v = rs_array(n, sizeof *v, err)) == NULL || (work = rs_array(n, sizeof *work, err)) == NULL)
			goto out;
		widen(plain, v, n, elem_bytes);
	}
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		enum rs_codec c = order[i];
		bool hopeless;

		if (!allows(pack, c))
			continue;
		if (pack >= RS_PACK_FLOAT &&
		    (rc = is_hopeless(c, plain, n, elem_bytes, best, work, &tried, &hopeless, err)) < 0)
			goto out;
		if (pack >= RS_PACK_FLOAT && hopeless)
			continue;
		if ((rc = try_one(c, plain, n, elem_bytes, v, work, &tried, err)) < 0)
			goto out;
		if (tried.n > 0 && tried.n < best) {
			struct rs_buf t = kept;

			kept = tried;
			tried = t;
			best = kept.n;
			*codec = c;
		}
	}
	rc = *codec == RS_CODEC_RAW ? rs_buf_add(out, plain, bytes, err) : rs_buf_add(out, kept.p, kept.n, err);
out:
	rs_free(v);
	rs_free(work);
	rs_buf_release(&kept);
	rs_buf_release(&tried);
	return rc;
}
