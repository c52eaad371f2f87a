/* writer.c -- writes a container: blocks are packed in parallel, index and trailer come last. */
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/codec.h"
#include "lib/data/layout.h"

#include <string.h>
#include <xxhash.h>

#define GROUP RS_WRITER_GROUP

struct rs_writer {
	struct rs_out *out;
	struct rs_layout_chunk *chunk;
	size_t n_chunks, cap_chunks;
	struct rs_layout_block *block;
	size_t n_blocks, cap_blocks;
	uint64_t n_left;   /* elements of the open chunk that are still to come */
	uint8_t *pending;  /* plain bytes that wait for a full group, or a block for each worker: GROUP x RS_BLOCK_BYTES */
	size_t n_pending;  /* elements */
	rs_fill_fn *fill;  /* NULL: they are there */
	void *fill_ctx;
	struct rs_buf packed[GROUP];
	enum rs_codec codec[GROUP];
	uint64_t hash[GROUP];
};

static const uint8_t zeros[RS_ALIGN];

static int pad(struct rs_writer *w, struct rs_err *err)
{
	uint64_t over = rs_out_offset(w->out) % RS_ALIGN;

	return over == 0 ? 0 : rs_out_write(w->out, zeros, RS_ALIGN - over, err);
}

int rs_writer_open_as(struct rs_writer **out, const char *path, enum rs_file_kind kind, unsigned layout, struct rs_err *err)
{
	struct rs_layout_header h = { .magic = RS_LAYOUT_MAGIC, .written_as = (uint16_t)layout,
		                      .readable_from = (uint16_t)layout };
	struct rs_writer *w = rs_array0(1, sizeof *w, err);
	int rc;

	*out = NULL;
	if (w == NULL)
		return RS_ENOMEM;
	h.magic[3] = (uint8_t)kind;
	h.hash = XXH3_64bits(&h, sizeof h - sizeof h.hash);
	if ((rc = rs_out_open(&w->out, path, err)) < 0 || (rc = rs_out_write(w->out, &h, sizeof h, err)) < 0) {
		rs_writer_abort(w);
		return rc;
	}
	*out = w;
	return 0;
}

int rs_writer_open(struct rs_writer **out, const char *path, enum rs_file_kind kind, struct rs_err *err)
{
	return rs_writer_open_as(out, path, kind, 1, err);
}

int rs_writer_begin(struct rs_writer *w, uint32_t kind, uint32_t column, enum rs_pack pack, size_t elem_bytes,
                    uint64_t n, struct rs_err *err)
{
	int rc;

	if (w->n_left != 0)
		return rs_fail(err, RS_EINTERNAL, "a chunk was begun inside another");
	if (w->pending == NULL && (w->pending = rs_array(GROUP, RS_BLOCK_BYTES, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = pad(w, err)) < 0 ||
	    (rc = rs_grow(&w->chunk, &w->cap_chunks, w->n_chunks + 1, sizeof *w->chunk, err)) < 0)
		return rc;
	w->chunk[w->n_chunks++] = (struct rs_layout_chunk){ .kind = kind, .column = column,
		.elem_bytes = (uint32_t)elem_bytes, .pack = (uint32_t)pack, .n = n, .offset = rs_out_offset(w->out) };
	w->n_left = n;
	w->n_pending = 0;
	return 0;
}

static size_t per_block(const struct rs_layout_chunk *c)
{
	return RS_BLOCK_BYTES / c->elem_bytes;
}

static int pack_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct rs_writer *w = ctx;
	const struct rs_layout_chunk *c = &w->chunk[w->n_chunks - 1];
	size_t first = tile * per_block(c), n = w->n_pending - first;
	uint8_t *plain = w->pending + (w->fill == NULL ? tile : (size_t)worker) * RS_BLOCK_BYTES;
	int rc;

	if (n > per_block(c))
		n = per_block(c);
	w->packed[tile].n = 0;
	if (w->fill != NULL)
		w->fill(w->fill_ctx, tile, n, plain);
	rc = rs_codec_encode(plain, n, c->elem_bytes, (enum rs_pack)c->pack, &w->codec[tile], &w->packed[tile], err);
	w->hash[tile] = XXH3_64bits(w->packed[tile].p, w->packed[tile].n);
	return rc;
}

static int write_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct rs_writer *w = ctx;
	const struct rs_buf *b = &w->packed[tile];

	(void)worker;
	w->block[w->n_blocks++] = (struct rs_layout_block){ (uint32_t)b->n, (uint32_t)w->codec[tile], w->hash[tile] };
	return rs_out_write(w->out, b->p, b->n, err);
}

/* Packs and writes what is pending. */
static int flush_group(struct rs_writer *w, struct rs_err *err)
{
	struct rs_layout_chunk *c = &w->chunk[w->n_chunks - 1];
	size_t n = (w->n_pending + per_block(c) - 1) / per_block(c);
	int rc;

	if ((rc = rs_grow(&w->block, &w->cap_blocks, w->n_blocks + n, sizeof *w->block, err)) < 0 ||
	    (rc = rs_tiles_run_then(n, pack_tile, write_tile, w, err)) < 0)
		return rc;
	c->n_blocks += n;
	w->n_pending = 0;
	return 0;
}

int rs_writer_append(struct rs_writer *w, const void *data, uint64_t n, struct rs_err *err)
{
	const struct rs_layout_chunk *c = &w->chunk[w->n_chunks - 1];
	size_t room = GROUP * per_block(c);
	const uint8_t *p = data;
	int rc;

	if (n > w->n_left)
		return rs_fail(err, RS_EINTERNAL, "a chunk got more elements than announced");
	while (n > 0) {
		size_t k = room - w->n_pending < n ? room - w->n_pending : (size_t)n;

		memcpy(w->pending + w->n_pending * c->elem_bytes, p, k * c->elem_bytes);
		w->n_pending += k;
		w->n_left -= k;
		n -= k;
		p += k * c->elem_bytes;
		if (w->n_pending == room && (rc = flush_group(w, err)) < 0)
			return rc;
	}
	return 0;
}

int rs_writer_fill(struct rs_writer *w, size_t n, rs_fill_fn *fill, void *ctx, struct rs_err *err)
{
	const struct rs_layout_chunk *c = &w->chunk[w->n_chunks - 1];
	int rc;

	if (n > w->n_left || w->n_pending > 0 || n > GROUP * per_block(c))
		return rs_fail(err, RS_EINTERNAL, "a chunk got more elements than announced");
	w->n_pending = n;
	w->n_left -= n;
	w->fill = fill;
	w->fill_ctx = ctx;
	rc = flush_group(w, err);
	w->fill = NULL;
	return rc;
}

int rs_writer_end(struct rs_writer *w, struct rs_err *err)
{
	if (w->n_left != 0)
		return rs_fail(err, RS_EINTERNAL, "a chunk got fewer elements than announced");
	return w->n_pending > 0 ? flush_group(w, err) : 0;
}

int rs_writer_chunk(struct rs_writer *w, uint32_t kind, uint32_t column, enum rs_pack pack, size_t elem_bytes,
                    const void *data, uint64_t n, struct rs_err *err)
{
	int rc;

	if ((rc = rs_writer_begin(w, kind, column, pack, elem_bytes, n, err)) < 0 ||
	    (rc = rs_writer_append(w, data, n, err)) < 0)
		return rc;
	return rs_writer_end(w, err);
}

int rs_writer_commit(struct rs_writer **pw, struct rs_err *err)
{
	struct rs_writer *w = *pw;
	struct rs_layout_trailer t = { .magic = RS_LAYOUT_END };
	size_t chunk_bytes = w->n_chunks * sizeof *w->chunk, block_bytes = w->n_blocks * sizeof *w->block;
	XXH128_canonical_t digest;
	uint8_t *index = NULL;
	int rc;

	*pw = NULL;
	if ((rc = pad(w, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((index = rs_array(chunk_bytes + block_bytes, 1, err)) == NULL)
		goto out;
	if (chunk_bytes > 0)
		memcpy(index, w->chunk, chunk_bytes);
	if (block_bytes > 0)
		memcpy(index + chunk_bytes, w->block, block_bytes);
	t.index_offset = rs_out_offset(w->out);
	t.n_chunks = w->n_chunks;
	t.n_blocks = w->n_blocks;
	t.file_bytes = t.index_offset + chunk_bytes + block_bytes + sizeof t;
	XXH128_canonicalFromHash(&digest, XXH3_128bits(index, chunk_bytes + block_bytes));
	memcpy(t.digest, digest.digest, sizeof t.digest);
	t.hash = XXH3_64bits(&t, sizeof t - sizeof t.hash);
	if ((rc = rs_out_write(w->out, index, chunk_bytes + block_bytes, err)) < 0 ||
	    (rc = rs_out_write(w->out, &t, sizeof t, err)) < 0)
		goto out;
	rc = rs_out_commit(&w->out, err);
out:
	rs_free(index);
	rs_writer_abort(w);
	return rc;
}

void rs_writer_abort(struct rs_writer *w)
{
	if (w == NULL)
		return;
	rs_out_abort(w->out);
	rs_free(w->chunk);
	rs_free(w->block);
	rs_free(w->pending);
	for (size_t i = 0; i < GROUP; i++)
		rs_buf_release(&w->packed[i]);
	rs_free(w);
}
