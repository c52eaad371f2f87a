/* reader_open.c -- opens a container: header, trailer, index and the zeros between chunks, each checked before it is used. */
#include "lib/data/reader_parts.h"

#include "lib/base/mem.h"
#include "lib/data/codec.h"

#include <string.h>
#include <xxhash.h>

#define MAX_CHUNKS 65536
#define MAX_EXPANSION 512 /* no codec gets 512 plain bytes out of one stored byte: what a small file can ask for is bounded */

int rs_reader_damaged_at(const struct rs_reader *r, struct rs_err *err, uint64_t at, const char *what)
{
	return rs_fail(err, RS_EDATA, "%s: damaged at byte %llu: %s", rs_in_name(r->in), (unsigned long long)at, what);
}

static int get_bytes(struct rs_reader *r, void *buf, size_t n, uint64_t off, struct rs_err *err)
{
	if (r->whole == NULL)
		return rs_in_pread(r->in, buf, n, off, err);
	if (off > r->bytes || n > r->bytes - off) {
		rs_reader_damaged_at(r, err, r->bytes, "cut off");
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
		return rs_reader_damaged_at(r, err, 0, "the header's checksum does not agree");
	if (h.readable_from > RS_LAYOUT_VERSION)
		return rs_fail(err, RS_EDATA, "%s: layout %u: this rs reads layouts up to %u", rs_in_name(r->in),
		               h.readable_from, RS_LAYOUT_VERSION);
	for (size_t i = 0; i < sizeof h.zero; i++)
		if (h.zero[i] != 0)
			return rs_reader_damaged_at(r, err, 12 + i, "a reserved byte is not 0");
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
		return rs_reader_damaged_at(r, err, at, "the trailer's checksum does not agree");
	if (t->file_bytes != r->bytes)
		return rs_fail(err, RS_EDATA, "%s: %llu bytes long: the trailer says %llu", rs_in_name(r->in),
		               (unsigned long long)r->bytes, (unsigned long long)t->file_bytes);
	if (t->n_chunks > MAX_CHUNKS ||
	    rs_mul_overflows(t->n_blocks, (uint64_t)sizeof(struct rs_layout_block), &blocks_bytes) ||
	    rs_add_overflows(blocks_bytes, t->n_chunks * sizeof(struct rs_layout_chunk), &index_bytes) ||
	    index_bytes > at || t->index_offset != at - index_bytes)
		return rs_reader_damaged_at(r, err, at, "the trailer does not fit the file");
	return 0;
}

/* Takes one chunk of the index: sizes fit, blocks lie one behind the other. */
static int check_chunk(struct rs_reader *r, const struct rs_layout_chunk *l, size_t i, uint64_t *block, uint64_t *at,
                       struct rs_err *err)
{
	struct rs_chunk *c = &r->chunk[i];
	uint64_t per, want;

	if (l->elem_bytes != 1 && l->elem_bytes != 2 && l->elem_bytes != 4 && l->elem_bytes != 8)
		return rs_reader_damaged_at(r, err, r->index_offset, "element size");
	per = RS_BLOCK_BYTES / l->elem_bytes;
	want = l->n / per + (l->n % per != 0);
	*at += (RS_ALIGN - *at % RS_ALIGN) % RS_ALIGN;
	if (l->pack > RS_PACK_DELTA || l->n_blocks != want || want > r->n_blocks - *block || l->offset != *at)
		return rs_reader_damaged_at(r, err, r->index_offset, "a chunk's sizes do not fit");
	*c = (struct rs_chunk){ l->kind, l->column, l->elem_bytes, (enum rs_pack)l->pack, l->n, l->n_blocks };
	r->place[i].first_block = *block;
	for (uint64_t b = 0; b < want; b++, (*block)++) {
		const struct rs_layout_block *k = &r->block[*block];
		uint64_t plain = (b + 1 < want ? per : l->n - b * per) * l->elem_bytes;

		if (k->codec >= RS_CODEC_COUNT || k->stored_bytes == 0 || k->stored_bytes > plain ||
		    plain / MAX_EXPANSION > k->stored_bytes ||
		    (k->codec == RS_CODEC_RAW) != (k->stored_bytes == plain) ||
		    (l->pack == RS_PACK_RAW && k->codec != RS_CODEC_RAW) || k->stored_bytes > r->index_offset - *at)
			return rs_reader_damaged_at(r, err, r->index_offset, "a block's sizes do not fit");
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
		return rs_reader_damaged_at(r, err, t->index_offset, "the index's checksum does not agree");
	memcpy(r->digest, t->digest, sizeof r->digest);
	r->block = (const struct rs_layout_block *)(const void *)(r->index + chunk_bytes); /* a multiple of 8 */
	for (size_t i = 0; i < r->n_chunks; i++) {
		struct rs_layout_chunk l;

		memcpy(&l, r->index + i * sizeof l, sizeof l);
		if ((rc = check_chunk(r, &l, i, &block, &at, err)) < 0)
			return rc;
	}
	at += (RS_ALIGN - at % RS_ALIGN) % RS_ALIGN;
	if (block != r->n_blocks || at != r->index_offset)
		return rs_reader_damaged_at(r, err, at, "the chunks do not fill the file");
	return 0;
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
				return rs_reader_damaged_at(r, err, r->place[i].end + j, "padding is not 0");
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
	rc = !rs_in_seekable(r->in) ? slurp(r, err) : r->bytes <= RS_READER_SMALL ? take_whole(r, err) : 0;
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
