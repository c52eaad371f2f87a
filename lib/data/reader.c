/* reader.c -- reads a container and believes nothing before its checksum agreed. */
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/codec.h"
#include "lib/data/layout.h"
#include "lib/num/isa.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define MAX_CHUNKS 65536
#define SMALL_BYTES (1u << 18) /* a file up to this size is read at once, so that thousands of them may be open */
#define MAX_EXPANSION 512 /* no codec gets 512 plain bytes out of one stored byte: what a small file can ask for is bounded */

struct chunk_place {
	uint64_t first_block;
	uint64_t end;          /* of its stored bytes */
	const uint8_t *mapped; /* where it was mapped, or NULL */
};

struct block_state {
	uint64_t offset;
	uint8_t verified; /* its checksum agreed; read and set atomically */
};

struct rs_reader {
	struct rs_in *in;
	enum rs_file_kind kind;
	unsigned layout;
	uint8_t *whole; /* the file in memory, where it is small or came through a pipe */
	uint64_t bytes;
	uint64_t index_offset;
	size_t n_chunks;
	struct rs_chunk *chunk;
	struct chunk_place *place; /* by chunk */
	uint64_t n_blocks;
	uint8_t *index;                      /* as it stands in the file */
	const struct rs_layout_block *block; /* part of it */
	struct block_state *state;           /* by block */
	uint8_t digest[16];
};

static int damaged(const struct rs_reader *r, struct rs_err *err, uint64_t at, const char *what)
{
	return rs_fail(err, RS_EDATA, "%s: damaged at byte %llu: %s", rs_in_name(r->in), (unsigned long long)at, what);
}

static int get_bytes(struct rs_reader *r, void *buf, size_t n, uint64_t off, struct rs_err *err)
{
	if (r->whole == NULL)
		return rs_in_pread(r->in, buf, n, off, err);
	if (off > r->bytes || n > r->bytes - off) {
		damaged(r, err, r->bytes, "cut off");
		return RS_EDATA;
	}
	memcpy(buf, r->whole + off, n);
	return 0;
}

static int slurp(struct rs_reader *r, struct rs_err *err)
{
	size_t cap = 0, got = 1;
	int rc;

	while (got > 0) {
		if (r->bytes == cap && (rc = rs_grow(&r->whole, &cap, cap + (1u << 20), 1, err)) < 0)
			return rc;
		if ((rc = rs_in_read(r->in, r->whole + r->bytes, cap - r->bytes, &got, err)) < 0)
			return rc;
		r->bytes += got;
	}
	return 0;
}

static int take_whole(struct rs_reader *r, struct rs_err *err)
{
	int rc;

	if (r->bytes == 0)
		return 0;
	if ((r->whole = rs_array(r->bytes, 1, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_in_pread(r->in, r->whole, r->bytes, 0, err)) == 0)
		rs_in_let_go(r->in);
	return rc;
}

static int check_header(struct rs_reader *r, struct rs_err *err)
{
	static const uint8_t magic[8] = RS_LAYOUT_MAGIC;
	struct rs_layout_header h;
	uint8_t start[8] = { 0 };
	uint8_t kind;
	int rc;

	if (r->bytes == 0)
		return rs_fail(err, RS_EDATA, "%s: empty: expected an rs file", rs_in_name(r->in));
	if ((rc = get_bytes(r, start, r->bytes < 8 ? (size_t)r->bytes : 8, 0, err)) < 0)
		return rc;
	kind = start[3];
	start[3] = 0;
	if (memcmp(start, magic, r->bytes < 8 ? (size_t)r->bytes : 8) != 0 ||
	    (r->bytes > 3 && kind != RS_FILE_DATASET && kind != RS_FILE_MODEL))
		return rs_fail(err, RS_EDATA, "%s: not an rs file: text is turned into a dataset by rs-import",
		               rs_in_name(r->in));
	if (r->bytes < sizeof h + sizeof(struct rs_layout_trailer))
		return rs_fail(err, RS_EDATA, "%s: cut off at byte %llu", rs_in_name(r->in), (unsigned long long)r->bytes);
	if ((rc = get_bytes(r, &h, sizeof h, 0, err)) < 0)
		return rc;
	if (h.hash != XXH3_64bits(&h, sizeof h - sizeof h.hash))
		return damaged(r, err, 0, "the header's checksum does not agree");
	if (h.readable_from > RS_LAYOUT_VERSION)
		return rs_fail(err, RS_EDATA, "%s: layout %u: this rs reads layouts up to %u", rs_in_name(r->in),
		               h.readable_from, RS_LAYOUT_VERSION);
	for (size_t i = 0; i < sizeof h.zero; i++)
		if (h.zero[i] != 0)
			return damaged(r, err, 12 + i, "a reserved byte is not 0");
	r->kind = (enum rs_file_kind)kind;
	r->layout = h.written_as;
	return 0;
}

static int read_trailer(struct rs_reader *r, struct rs_layout_trailer *t, struct rs_err *err)
{
	static const uint8_t magic[8] = RS_LAYOUT_END;
	uint64_t at = r->bytes - sizeof *t, index_bytes, blocks_bytes;
	int rc;

	if ((rc = get_bytes(r, t, sizeof *t, at, err)) < 0)
		return rc;
	if (memcmp(t->magic, magic, sizeof magic) != 0)
		return rs_fail(err, RS_EDATA, "%s: cut off, or something stands behind it: no end mark at byte %llu",
		               rs_in_name(r->in), (unsigned long long)at);
	if (t->hash != XXH3_64bits(t, sizeof *t - sizeof t->hash))
		return damaged(r, err, at, "the trailer's checksum does not agree");
	if (t->file_bytes != r->bytes)
		return rs_fail(err, RS_EDATA, "%s: %llu bytes long: the trailer says %llu", rs_in_name(r->in),
		               (unsigned long long)r->bytes, (unsigned long long)t->file_bytes);
	if (t->n_chunks > MAX_CHUNKS ||
	    rs_mul_overflows(t->n_blocks, (uint64_t)sizeof(struct rs_layout_block), &blocks_bytes) ||
	    rs_add_overflows(blocks_bytes, t->n_chunks * sizeof(struct rs_layout_chunk), &index_bytes) ||
	    index_bytes > at || t->index_offset != at - index_bytes)
		return damaged(r, err, at, "the trailer does not fit the file");
	return 0;
}

/* Takes one chunk of the index: sizes fit, blocks lie one behind the other. */
static int check_chunk(struct rs_reader *r, const struct rs_layout_chunk *l, size_t i, uint64_t *block, uint64_t *at,
                       struct rs_err *err)
{
	struct rs_chunk *c = &r->chunk[i];
	uint64_t per, want;

	if (l->elem_bytes != 1 && l->elem_bytes != 2 && l->elem_bytes != 4 && l->elem_bytes != 8)
		return damaged(r, err, r->index_offset, "element size");
	per = RS_BLOCK_BYTES / l->elem_bytes;
	want = l->n / per + (l->n % per != 0);
	*at += (RS_ALIGN - *at % RS_ALIGN) % RS_ALIGN;
	if (l->pack > RS_PACK_DELTA || l->n_blocks != want || want > r->n_blocks - *block || l->offset != *at)
		return damaged(r, err, r->index_offset, "a chunk's sizes do not fit");
	*c = (struct rs_chunk){ l->kind, l->column, l->elem_bytes, (enum rs_pack)l->pack, l->n, l->n_blocks };
	r->place[i].first_block = *block;
	for (uint64_t b = 0; b < want; b++, (*block)++) {
		const struct rs_layout_block *k = &r->block[*block];
		uint64_t plain = (b + 1 < want ? per : l->n - b * per) * l->elem_bytes;

		if (k->codec >= RS_CODEC_COUNT || k->stored_bytes == 0 || k->stored_bytes > plain ||
		    plain / MAX_EXPANSION > k->stored_bytes ||
		    (k->codec == RS_CODEC_RAW) != (k->stored_bytes == plain) ||
		    (l->pack == RS_PACK_RAW && k->codec != RS_CODEC_RAW) || k->stored_bytes > r->index_offset - *at)
			return damaged(r, err, r->index_offset, "a block's sizes do not fit");
		r->state[*block].offset = *at;
		*at += k->stored_bytes;
	}
	r->place[i].end = *at;
	return 0;
}

static int read_index(struct rs_reader *r, const struct rs_layout_trailer *t, struct rs_err *err)
{
	size_t chunk_bytes = t->n_chunks * sizeof(struct rs_layout_chunk);
	size_t bytes = (size_t)(r->bytes - sizeof *t - t->index_offset);
	uint64_t block = 0, at = sizeof(struct rs_layout_header);
	XXH128_canonical_t digest;
	int rc;

	r->index_offset = t->index_offset;
	r->n_chunks = t->n_chunks;
	r->n_blocks = t->n_blocks;
	if ((r->index = rs_array(bytes, 1, err)) == NULL ||
	    (r->chunk = rs_array(r->n_chunks, sizeof *r->chunk, err)) == NULL ||
	    (r->place = rs_array0(r->n_chunks, sizeof *r->place, err)) == NULL ||
	    (r->state = rs_array0(r->n_blocks, sizeof *r->state, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = get_bytes(r, r->index, bytes, t->index_offset, err)) < 0)
		return rc;
	XXH128_canonicalFromHash(&digest, XXH3_128bits(r->index, bytes));
	if (memcmp(digest.digest, t->digest, sizeof t->digest) != 0)
		return damaged(r, err, t->index_offset, "the index's checksum does not agree");
	memcpy(r->digest, t->digest, sizeof r->digest);
	r->block = (const struct rs_layout_block *)(const void *)(r->index + chunk_bytes); /* a multiple of 8 */
	for (size_t i = 0; i < r->n_chunks; i++) {
		struct rs_layout_chunk l;

		memcpy(&l, r->index + i * sizeof l, sizeof l);
		if ((rc = check_chunk(r, &l, i, &block, &at, err)) < 0)
			return rc;
	}
	at += (RS_ALIGN - at % RS_ALIGN) % RS_ALIGN;
	return block == r->n_blocks && at == r->index_offset ? 0 : damaged(r, err, at, "the chunks do not fill the file");
}

/* The padding between chunks holds only zeros. */
static int check_padding(struct rs_reader *r, struct rs_err *err)
{
	for (size_t i = 0; i < r->n_chunks; i++) {
		uint8_t pad[RS_ALIGN];
		size_t n = (size_t)((RS_ALIGN - r->place[i].end % RS_ALIGN) % RS_ALIGN);
		int rc;

		if ((rc = get_bytes(r, pad, n, r->place[i].end, err)) < 0)
			return rc;
		for (size_t j = 0; j < n; j++)
			if (pad[j] != 0)
				return damaged(r, err, r->place[i].end + j, "padding is not 0");
	}
	return 0;
}

int rs_reader_open_any(struct rs_reader **out, const char *path, enum rs_file_kind *kind, struct rs_err *err)
{
	struct rs_reader *r = rs_array0(1, sizeof *r, err);
	struct rs_layout_trailer t;
	int rc;

	*out = NULL;
	if (r == NULL)
		return RS_ENOMEM;
	if ((rc = rs_in_open(&r->in, path, err)) < 0)
		goto fail;
	if (rs_in_seekable(r->in))
		r->bytes = rs_in_size(r->in);
	rc = !rs_in_seekable(r->in) ? slurp(r, err) : r->bytes <= SMALL_BYTES ? take_whole(r, err) : 0;
	if (rc < 0)
		goto fail;
	if ((rc = check_header(r, err)) < 0 || (rc = read_trailer(r, &t, err)) < 0 || (rc = read_index(r, &t, err)) < 0 ||
	    (rc = check_padding(r, err)) < 0)
		goto fail;
	*kind = r->kind;
	*out = r;
	return 0;
fail:
	rs_reader_close(r);
	return rc;
}

int rs_reader_open(struct rs_reader **out, const char *path, enum rs_file_kind kind, struct rs_err *err)
{
	enum rs_file_kind found;
	int rc = rs_reader_open_any(out, path, &found, err);

	if (rc == 0 && found != kind) {
		rc = rs_fail(err, RS_EDATA, "%s: %s: expected %s", rs_in_name((*out)->in),
		             found == RS_FILE_MODEL ? "a model" : "a dataset",
		             kind == RS_FILE_MODEL ? "a model" : "a dataset");
		rs_reader_close(*out);
		*out = NULL;
	}
	return rc;
}

void rs_reader_close(struct rs_reader *r)
{
	if (r == NULL)
		return;
	rs_in_close(r->in);
	rs_free(r->whole);
	rs_free(r->chunk);
	rs_free(r->place);
	rs_free(r->index);
	rs_free(r->state);
	rs_free(r);
}

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

int rs_reader_need(const struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n_max,
                   const struct rs_chunk **c, struct rs_err *err)
{
	char name[5] = { (char)kind, (char)(kind >> 8), (char)(kind >> 16), (char)(kind >> 24), 0 };

	*c = rs_reader_find(r, kind, column);
	if (*c == NULL)
		return rs_fail(err, RS_EDATA, "%s: chunk %s is missing", rs_reader_name(r), name);
	if ((*c)->elem_bytes != elem_bytes || (*c)->n > n_max)
		return rs_fail(err, RS_EDATA, "%s: chunk %s has %llu elements of %u bytes: expected at most %llu of %u",
		               rs_reader_name(r), name, (unsigned long long)(*c)->n, (*c)->elem_bytes,
		               (unsigned long long)n_max, elem_bytes);
	return 0;
}

static uint64_t plain_count(const struct rs_chunk *c, uint64_t b)
{
	uint64_t per = RS_BLOCK_BYTES / c->elem_bytes;

	return b + 1 < c->n_blocks ? per : c->n - b * per;
}

static int check_block(struct rs_reader *r, uint64_t b, const uint8_t *stored, struct rs_err *err)
{
	if (rs_isa()->hash(stored, r->block[b].stored_bytes) != r->block[b].hash)
		return damaged(r, err, r->state[b].offset, "a block's checksum does not agree");
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
			damaged(r, err, r->state[at].offset, "a block cannot be decoded");
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

int rs_reader_slice(struct rs_reader *r, const struct rs_chunk *c, uint64_t first, uint64_t n, void *out,
                    struct rs_err *err)
{
	uint64_t per = RS_BLOCK_BYTES / c->elem_bytes;
	int rc = 0;

	if (first > c->n || n > c->n - first)
		return rs_fail(err, RS_EDATA, "%s: element %llu of a chunk of %llu", rs_reader_name(r),
		               (unsigned long long)(first + n), (unsigned long long)c->n);
	if (n == 0)
		return 0;
	for (uint64_t b = first / per; b * per < first + n && rc == 0; b++) {
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
	int rc = 0;

	if (first > c->n || n > c->n - first)
		return rs_fail(err, RS_EDATA, "%s: element %llu of a chunk of %llu", rs_reader_name(r),
		               (unsigned long long)(first + n), (unsigned long long)c->n);
	if (n == 0)
		return 0;
	for (uint64_t b = first / per; b * per < first + n && rc == 0; b++) {
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
	if (r->bytes > SMALL_BYTES)
		return rs_tiles_run((size_t)r->n_blocks, verify_tile, r, err);
	for (uint64_t b = 0; b < r->n_blocks; b++) { /* not worth a thread */
		int rc = verify_tile(r, (size_t)b, 0, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
