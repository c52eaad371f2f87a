/* reader.c -- reads the blocks of a container and believes nothing before its checksum agreed. */
#include "lib/data/reader_parts.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/codec.h"
#include "lib/num/isa.h"

#include <stdio.h>
#include <string.h>

#define VERIFY_WHOLE_BYTES (8u << 20) /* a file up to this size is verified whole, in a few milliseconds */

const char *rs_reader_name(const struct rs_reader *r)
{
	return rs_in_name(r->in);
}

uint64_t rs_reader_bytes(const struct rs_reader *r)
{
	return r->bytes;
}

unsigned rs_reader_layout(const struct rs_reader *r)
{
	return r->layout;
}

const uint8_t *rs_reader_digest(const struct rs_reader *r)
{
	return r->digest;
}

size_t rs_reader_count(const struct rs_reader *r)
{
	return r->n_chunks;
}

const struct rs_chunk *rs_reader_chunk(const struct rs_reader *r, size_t i)
{
	return &r->chunk[i];
}

static size_t number_of(const struct rs_reader *r, const struct rs_chunk *c)
{
	return (size_t)(c - r->chunk);
}

uint64_t rs_reader_stored(const struct rs_reader *r, const struct rs_chunk *c)
{
	uint64_t sum = 0, b = r->place[number_of(r, c)].first_block;

	for (uint64_t i = 0; i < c->n_blocks; i++)
		sum += r->block[b + i].stored_bytes;
	return sum;
}

const char *rs_reader_codec(const struct rs_reader *r, const struct rs_chunk *c, char *name)
{
	static const char *const names[RS_CODEC_COUNT] = { "as-is",  "lz4",          "shuffle-lz4",
		                                           "frames", "delta-frames", "dict-frames" };
	uint64_t first = r->place[number_of(r, c)].first_block;

	size_t n = 0;

	*name = 0;
	for (unsigned k = 0; k < RS_CODEC_COUNT; k++) {
		uint64_t b = 0;

		while (b < c->n_blocks && r->block[first + b].codec != k)
			b++;
		if (b == c->n_blocks)
			continue;
		n += (size_t)snprintf(name + n, RS_CODEC_NAME_MAX - n, "%s%s", n > 0 ? "+" : "", names[k]);
	}
	return name;
}

const struct rs_chunk *rs_reader_find(const struct rs_reader *r, uint32_t kind, uint32_t column)
{
	for (size_t i = 0; i < r->n_chunks; i++)
		if (r->chunk[i].kind == kind && r->chunk[i].column == column)
			return &r->chunk[i];
	return NULL;
}

static int need(const struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n_min, uint64_t n_max,
                const struct rs_chunk **c, struct rs_err *err)
{
	char name[5] = { (char)kind, (char)(kind >> 8), (char)(kind >> 16), (char)(kind >> 24), 0 };

	*c = rs_reader_find(r, kind, column);
	if (*c == NULL)
		return rs_fail(err, RS_EDATA, "%s: chunk %s is missing", rs_reader_name(r), name);
	if ((*c)->elem_bytes != elem_bytes || (*c)->n > n_max || (*c)->n < n_min)
		return rs_fail(err, RS_EDATA, "%s: chunk %s has %llu elements of %u bytes: expected %s%llu of %u",
		               rs_reader_name(r), name, (unsigned long long)(*c)->n, (*c)->elem_bytes,
		               n_min == n_max ? "" : "at most ", (unsigned long long)n_max, elem_bytes);
	return 0;
}

int rs_reader_need(const struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n_max,
                   const struct rs_chunk **c, struct rs_err *err)
{
	return need(r, kind, column, elem_bytes, 0, n_max, c, err);
}

int rs_reader_need_exactly(const struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n,
                           const struct rs_chunk **c, struct rs_err *err)
{
	return need(r, kind, column, elem_bytes, n, n, c, err);
}

int rs_reader_damaged(const struct rs_reader *r, const char *what, struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "%s: damaged: %s", rs_reader_name(r), what);
}

static uint64_t plain_count(const struct rs_chunk *c, uint64_t b)
{
	uint64_t per = RS_BLOCK_BYTES / c->elem_bytes;

	return b + 1 < c->n_blocks ? per : c->n - b * per;
}

static int check_block(struct rs_reader *r, uint64_t b, const uint8_t *stored, struct rs_err *err)
{
	if (rs_isa()->hash(stored, r->block[b].stored_bytes) != r->block[b].hash)
		return rs_reader_damaged_at(r, err, r->state[b].offset, "a block's checksum does not agree");
	__atomic_store_n(&r->state[b].verified, 1, __ATOMIC_RELEASE);
	return 0;
}

/* Stored bytes of a block, checksum agreed. scratch is used where they are not in memory. */
static int stored_block(struct rs_reader *r, uint64_t b, uint8_t *scratch, const uint8_t **p, struct rs_err *err)
{
	const struct rs_layout_block *k = &r->block[b];
	int rc;

	if (r->whole != NULL) {
		*p = r->whole + r->state[b].offset;
	} else {
		if ((rc = rs_in_pread(r->in, scratch, k->stored_bytes, r->state[b].offset, err)) < 0)
			return rc;
		*p = scratch;
	}
	return check_block(r, b, *p, err);
}

/* Elements [first, first + n) of block b of the chunk into plain. */
static int decode_block(struct rs_reader *r, const struct rs_chunk *c, uint64_t b, size_t first, size_t n, void *plain,
                        struct rs_err *err)
{
	uint64_t at = r->place[number_of(r, c)].first_block + b;
	const struct rs_layout_block *k = &r->block[at];
	struct rs_stored s = { .codec = (enum rs_codec)k->codec, .bytes = k->stored_bytes, .elem_bytes = c->elem_bytes,
		               .n = (size_t)plain_count(c, b) };
	uint8_t *scratch = NULL;
	const uint8_t *stored;
	int rc;

	if (r->whole == NULL && s.codec == RS_CODEC_RAW && n == s.n)
		return stored_block(r, at, plain, &stored, err);
	if (r->whole == NULL && (scratch = rs_array(k->stored_bytes, 1, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = stored_block(r, at, scratch, &stored, err)) == 0) {
		s.p = stored;
		if ((rc = rs_codec_decode(&s, first, n, plain, err)) == RS_EDATA)
			rs_reader_damaged_at(r, err, r->state[at].offset, "a block cannot be decoded");
	}
	rs_free(scratch);
	return rc;
}

struct load_job {
	struct rs_reader *r;
	const struct rs_chunk *c;
	uint8_t *data;
};

static int load_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct load_job *j = ctx;

	(void)worker;
	return decode_block(j->r, j->c, tile, 0, (size_t)plain_count(j->c, tile), j->data + tile * RS_BLOCK_BYTES, err);
}

int rs_reader_load(struct rs_reader *r, const struct rs_chunk *c, void **data, struct rs_err *err)
{
	struct load_job j = { r, c, NULL };
	int rc;

	*data = NULL;
	if ((j.data = rs_array(c->n, c->elem_bytes, err)) == NULL) {
		rs_fail_prefix(err, "%s", rs_reader_name(r));
		return RS_ENOMEM;
	}
	if ((rc = rs_tiles_run((size_t)c->n_blocks, load_tile, &j, err)) < 0) {
		rs_free(j.data);
		return rc;
	}
	*data = j.data;
	return 0;
}

int rs_reader_load_exactly(struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n, void *array,
                           struct rs_err *err)
{
	const struct rs_chunk *c;
	void *data;
	int rc;

	if ((rc = rs_reader_need_exactly(r, kind, column, elem_bytes, n, &c, err)) < 0 ||
	    (rc = rs_reader_load(r, c, &data, err)) < 0)
		return rc;
	memcpy(array, &data, sizeof data);
	return 0;
}

int rs_reader_read_exactly(struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n, void *out,
                           struct rs_err *err)
{
	const struct rs_chunk *c;
	int rc = rs_reader_need_exactly(r, kind, column, elem_bytes, n, &c, err);

	return rc < 0 ? rc : rs_reader_slice(r, c, 0, n, out, err);
}

static int check_range(const struct rs_reader *r, const struct rs_chunk *c, uint64_t first, uint64_t n, struct rs_err *err)
{
	if (first <= c->n && n <= c->n - first)
		return 0;
	return rs_fail(err, RS_EDATA, "%s: element %llu of a chunk of %llu", rs_reader_name(r), (unsigned long long)(first + n),
	               (unsigned long long)c->n);
}

int rs_reader_slice(struct rs_reader *r, const struct rs_chunk *c, uint64_t first, uint64_t n, void *out,
                    struct rs_err *err)
{
	uint64_t per = RS_BLOCK_BYTES / c->elem_bytes;
	int rc = check_range(r, c, first, n, err);

	for (uint64_t b = first / per; n > 0 && b * per < first + n && rc == 0; b++) {
		uint64_t lo = b * per > first ? b * per : first, hi = (b + 1) * per < first + n ? (b + 1) * per : first + n;

		rc = decode_block(r, c, b, (size_t)(lo - b * per), (size_t)(hi - lo),
		                  (uint8_t *)out + (lo - first) * c->elem_bytes, err);
	}
	return rc;
}

int rs_reader_map(struct rs_reader *r, const struct rs_chunk *c, bool lazy, const void **data, struct rs_err *err)
{
	size_t i = number_of(r, c);
	uint64_t off = c->n_blocks == 0 ? 0 : r->state[r->place[i].first_block].offset;
	const void *p = r->whole;
	int rc;

	if (c->pack != RS_PACK_RAW)
		return rs_fail(err, RS_EDATA, "%s: a chunk is packed where it has to lie as it is", rs_reader_name(r));
	if (r->place[i].mapped == NULL) {
		if (r->whole != NULL)
			p = r->whole + off;
		else if (c->n > 0 && (rc = rs_in_map(r->in, off, (size_t)(c->n * c->elem_bytes), &p, err)) < 0)
			return rc;
		r->place[i].mapped = p;
	}
	*data = r->place[i].mapped;
	return lazy ? 0 : rs_reader_touch(r, c, 0, c->n, err);
}

int rs_reader_touch(struct rs_reader *r, const struct rs_chunk *c, uint64_t first, uint64_t n, struct rs_err *err)
{
	size_t i = number_of(r, c);
	uint64_t per = RS_BLOCK_BYTES / c->elem_bytes;
	int rc = check_range(r, c, first, n, err);

	for (uint64_t b = first / per; n > 0 && b * per < first + n && rc == 0; b++) {
		uint64_t at = r->place[i].first_block + b;

		if (__atomic_load_n(&r->state[at].verified, __ATOMIC_ACQUIRE) == 0)
			rc = check_block(r, at, r->place[i].mapped + b * RS_BLOCK_BYTES, err);
	}
	return rc;
}

/* Where a block stands in memory, or NULL. */
static const uint8_t *mapped_block(const struct rs_reader *r, uint64_t block)
{
	size_t i = 0;

	while (i + 1 < r->n_chunks && r->place[i + 1].first_block <= block)
		i++;
	return r->place[i].mapped == NULL ? NULL : r->place[i].mapped + (block - r->place[i].first_block) * RS_BLOCK_BYTES;
}

static int verify_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct rs_reader *r = ctx;
	uint8_t *scratch = NULL;
	const uint8_t *p;
	int rc;

	(void)worker;
	if (__atomic_load_n(&r->state[tile].verified, __ATOMIC_ACQUIRE) != 0)
		return 0;
	if ((p = mapped_block(r, tile)) != NULL)
		return check_block(r, tile, p, err);
	if (r->whole == NULL && (scratch = rs_array(r->block[tile].stored_bytes, 1, err)) == NULL)
		return RS_ENOMEM;
	rc = stored_block(r, tile, scratch, &p, err);
	rs_free(scratch);
	return rc;
}

int rs_reader_verify(struct rs_reader *r, struct rs_err *err)
{
	if (r->bytes > RS_READER_SMALL)
		return rs_tiles_run((size_t)r->n_blocks, verify_tile, r, err);
	for (uint64_t b = 0; b < r->n_blocks; b++) { /* not worth a thread */
		int rc = verify_tile(r, (size_t)b, 0, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int rs_reader_verify_small(struct rs_reader *r, struct rs_err *err)
{
	return r->bytes <= VERIFY_WHOLE_BYTES ? rs_reader_verify(r, err) : 0;
}
