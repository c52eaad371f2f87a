/* source.c -- decompression while reading. */
#include "lib/data/source.h"

#include "lib/base/mem.h"

#include <lz4frame.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define ROOM (256u << 10)
#define MEMORY_MAX (256u << 20)
#define MAGIC_MAX 6

struct rs_source;

/* One way of compression. */
struct codec {
	const char *name;
	uint8_t magic[MAGIC_MAX];
	size_t n_magic;
	int (*begin)(struct rs_source *s, struct rs_err *err);
	/* Moves on: takes from in[at .. n), fills up to *room bytes at to, sets *room to what was made, and s->between where a
	 * member is over. */
	int (*step)(struct rs_source *s, uint8_t *to, size_t *room, struct rs_err *err);
	void (*end)(struct rs_source *s);
};

struct rs_source {
	struct rs_in *in;
	const struct codec *codec; /* NULL: plain */
	uint8_t *buf;              /* compressed bytes; of a plain file its beginning */
	size_t at, n;
	bool eof;                  /* nothing behind buf */
	bool between;              /* not inside a member */
	bool begun;
	uint64_t done;
	union {
		z_stream gzip;
		lzma_stream xz;
		ZSTD_DStream *zstd;
		LZ4F_dctx *lz4;
	} state;
};

static int damaged(const struct rs_source *s, struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "%s: damaged %s data before byte %llu", rs_in_name(s->in), s->codec->name,
	               (unsigned long long)(s->done - (s->n - s->at)));
}

static int no_memory(const struct rs_source *s, struct rs_err *err)
{
	return rs_fail(err, RS_ENOMEM, "%s: out of memory for %s data", rs_in_name(s->in), s->codec->name);
}

/* ---- gzip ---- */

static voidpf gzip_memory(voidpf ctx, uInt n, uInt size)
{
	(void)ctx;
	return rs_array(n, size, NULL);
}

static void gzip_free(voidpf ctx, voidpf p)
{
	(void)ctx;
	rs_free(p);
}

static int gzip_begin(struct rs_source *s, struct rs_err *err)
{
	s->state.gzip.zalloc = gzip_memory;
	s->state.gzip.zfree = gzip_free;
	return inflateInit2(&s->state.gzip, 15 + 16) == Z_OK ? 0 : no_memory(s, err);
}

static int gzip_step(struct rs_source *s, uint8_t *to, size_t *room, struct rs_err *err)
{
	z_stream *z = &s->state.gzip;
	uInt n = *room < (1u << 30) ? (uInt)*room : 1u << 30;
	int rc;

	if (s->between && inflateReset(z) != Z_OK)
		return no_memory(s, err);
	s->between = false;
	z->next_in = s->buf + s->at;
	z->avail_in = (uInt)(s->n - s->at);
	z->next_out = to;
	z->avail_out = n;
	rc = inflate(z, Z_NO_FLUSH);
	s->at = s->n - z->avail_in;
	*room = n - z->avail_out;
	if (rc == Z_MEM_ERROR)
		return no_memory(s, err);
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return damaged(s, err);
	s->between = rc == Z_STREAM_END;
	return 0;
}

static void gzip_end(struct rs_source *s)
{
	inflateEnd(&s->state.gzip);
}

/* ---- xz ---- */

static void *xz_memory(void *ctx, size_t n, size_t size)
{
	(void)ctx;
	return rs_array(n, size, NULL);
}

static void xz_free(void *ctx, void *p)
{
	(void)ctx;
	rs_free(p);
}

static const lzma_allocator xz_allocator = { xz_memory, xz_free, NULL };

static int xz_begin(struct rs_source *s, struct rs_err *err)
{
	s->state.xz = (lzma_stream)LZMA_STREAM_INIT;
	s->state.xz.allocator = &xz_allocator;
	if (lzma_stream_decoder(&s->state.xz, MEMORY_MAX, 0) == LZMA_OK)
		return 0;
	lzma_end(&s->state.xz);
	return no_memory(s, err);
}

static int xz_step(struct rs_source *s, uint8_t *to, size_t *room, struct rs_err *err)
{
	lzma_stream *z = &s->state.xz;
	size_t n = *room;
	lzma_ret rc;

	if (s->between && lzma_stream_decoder(z, MEMORY_MAX, 0) != LZMA_OK)
		return no_memory(s, err);
	s->between = false;
	z->next_in = s->buf + s->at;
	z->avail_in = s->n - s->at;
	z->next_out = to;
	z->avail_out = n;
	rc = lzma_code(z, LZMA_RUN);
	s->at = s->n - z->avail_in;
	*room = n - z->avail_out;
	if (rc == LZMA_MEM_ERROR || rc == LZMA_MEMLIMIT_ERROR)
		return no_memory(s, err);
	if (rc != LZMA_OK && rc != LZMA_STREAM_END && rc != LZMA_BUF_ERROR)
		return damaged(s, err);
	s->between = rc == LZMA_STREAM_END;
	return 0;
}

static void xz_end(struct rs_source *s)
{
	lzma_end(&s->state.xz);
}

/* ---- zstd ---- */

static int zstd_begin(struct rs_source *s, struct rs_err *err)
{
	s->state.zstd = ZSTD_createDStream();
	if (s->state.zstd == NULL)
		return no_memory(s, err);
	ZSTD_DCtx_setParameter(s->state.zstd, ZSTD_d_windowLogMax, 27);
	return 0;
}

static int zstd_step(struct rs_source *s, uint8_t *to, size_t *room, struct rs_err *err)
{
	ZSTD_inBuffer in = { s->buf, s->n, s->at };
	ZSTD_outBuffer out = { to, *room, 0 };
	size_t rc = ZSTD_decompressStream(s->state.zstd, &out, &in);

	s->at = in.pos;
	*room = out.pos;
	if (ZSTD_isError(rc))
		return damaged(s, err);
	s->between = rc == 0;
	return 0;
}

static void zstd_end(struct rs_source *s)
{
	ZSTD_freeDStream(s->state.zstd);
}

/* ---- lz4 ---- */

static int lz4_begin(struct rs_source *s, struct rs_err *err)
{
	if (LZ4F_isError(LZ4F_createDecompressionContext(&s->state.lz4, LZ4F_VERSION)))
		return no_memory(s, err);
	return 0;
}

static int lz4_step(struct rs_source *s, uint8_t *to, size_t *room, struct rs_err *err)
{
	size_t n_in = s->n - s->at, rc;

	rc = LZ4F_decompress(s->state.lz4, to, room, s->buf + s->at, &n_in, NULL);
	s->at += n_in;
	if (LZ4F_isError(rc))
		return damaged(s, err);
	s->between = rc == 0;
	return 0;
}

static void lz4_end(struct rs_source *s)
{
	LZ4F_freeDecompressionContext(s->state.lz4);
}

static const struct codec codecs[] = {
	{ "gzip", { 0x1f, 0x8b, 0x08 }, 3, gzip_begin, gzip_step, gzip_end },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, xz_begin, xz_step, xz_end },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, zstd_begin, zstd_step, zstd_end },
	{ "lz4", { 0x04, 0x22, 0x4d, 0x18 }, 4, lz4_begin, lz4_step, lz4_end },
};

/* ---- all ---- */

static bool starts(const struct codec *c, const uint8_t *p, size_t n)
{
	/* zstd and LZ4 share the form of a frame to pass over; a file that starts with one is one of zstd. */
	if (n >= 4 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0)
		return c->begin == zstd_begin || c->begin == lz4_begin;
	return n >= c->n_magic && memcmp(p, c->magic, c->n_magic) == 0;
}

/* More compressed bytes behind what is left of the old ones. */
static int refill(struct rs_source *s, size_t want, struct rs_err *err)
{
	size_t got;
	int rc;

	memmove(s->buf, s->buf + s->at, s->n - s->at);
	s->n -= s->at;
	s->at = 0;
	if ((rc = rs_in_read(s->in, s->buf + s->n, want - s->n, &got, err)) < 0)
		return rc;
	s->eof = got < want - s->n;
	s->n += got;
	s->done += got;
	return 0;
}

int rs_source_open(struct rs_source **out, const char *path, struct rs_err *err)
{
	struct rs_source *s = rs_array0(1, sizeof *s, err);
	int rc = RS_ENOMEM;

	*out = NULL;
	if (s == NULL)
		return RS_ENOMEM;
	if ((s->buf = rs_array(ROOM, 1, err)) == NULL || (rc = rs_in_open(&s->in, path, err)) < 0 ||
	    (rc = refill(s, MAGIC_MAX, err)) < 0)
		goto fail;
	for (size_t i = 0; i < sizeof codecs / sizeof codecs[0] && s->codec == NULL; i++)
		if (starts(&codecs[i], s->buf, s->n))
			s->codec = &codecs[i];
	if (s->codec != NULL) {
		if ((rc = s->codec->begin(s, err)) < 0)
			goto fail;
		s->begun = true;
		s->between = true;
	}
	*out = s;
	return 0;
fail:
	rs_source_close(s);
	return rc;
}

void rs_source_close(struct rs_source *s)
{
	if (s == NULL)
		return;
	if (s->begun)
		s->codec->end(s);
	rs_in_close(s->in);
	rs_free(s->buf);
	rs_free(s);
}

const char *rs_source_name(const struct rs_source *s)
{
	return rs_in_name(s->in);
}

const char *rs_source_codec(const struct rs_source *s)
{
	return s->codec == NULL ? NULL : s->codec->name;
}

uint64_t rs_source_done(const struct rs_source *s)
{
	return s->done;
}

uint64_t rs_source_size(const struct rs_source *s)
{
	return rs_in_size(s->in);
}

static int read_plain(struct rs_source *s, char *to, size_t n, size_t *got, struct rs_err *err)
{
	size_t first = s->n - s->at < n ? s->n - s->at : n;
	int rc;

	memcpy(to, s->buf + s->at, first);
	s->at += first;
	if ((rc = rs_in_read(s->in, to + first, n - first, got, err)) < 0)
		return rc;
	s->done += *got;
	*got += first;
	return 0;
}

/* At the end of a member: whether another one follows. Zeros at the very end are padding. */
static int next_member(struct rs_source *s, bool *more, struct rs_err *err)
{
	int rc;

	*more = false;
	for (;;) {
		if (s->n - s->at < MAGIC_MAX && !s->eof && (rc = refill(s, ROOM, err)) < 0)
			return rc;
		if (s->at == s->n)
			return 0;
		if (s->buf[s->at] != 0)
			break;
		s->at++;
	}
	if (!starts(s->codec, s->buf + s->at, s->n - s->at))
		return rs_fail(err, RS_EDATA, "%s: other bytes behind the %s data", rs_in_name(s->in), s->codec->name);
	*more = true;
	return 0;
}

int rs_source_read(struct rs_source *s, void *buf, size_t n, size_t *got, struct rs_err *err)
{
	uint8_t *to = buf;
	int rc;

	if (s->codec == NULL)
		return read_plain(s, buf, n, got, err);
	*got = 0;
	while (*got < n) {
		size_t room = n - *got, before;
		bool more;

		if (s->between) {
			if ((rc = next_member(s, &more, err)) < 0)
				return rc;
			if (!more)
				return 0;
		} else if (s->at == s->n && !s->eof) {
			if ((rc = refill(s, ROOM, err)) < 0)
				return rc;
		}
		before = s->at;
		if ((rc = s->codec->step(s, to + *got, &room, err)) < 0)
			return rc;
		*got += room;
		if (room > 0 || s->at > before || s->between)
			continue;
		if (s->at < s->n)
			return damaged(s, err);
		if (s->eof)
			return rs_fail(err, RS_EDATA, "%s: cut off inside %s data", rs_in_name(s->in), s->codec->name);
	}
	return 0;
}
