/* intake_cut.c -- batches of a file, cut into tiles at ends of records. */
#include "lib/data/intake_parts.h"

#include "lib/base/mem.h"

#include <string.h>

static size_t count_byte(const char *p, size_t n, char c)
{
	size_t total = 0;

	for (size_t i = 0; i < n;) {
		size_t end = n - i < 255 ? n : i + 255;
		uint8_t k = 0; /* narrow, so that the loop runs over many bytes at once */

		for (; i < end; i++)
			k = (uint8_t)(k + (p[i] == c));
		total += k;
	}
	return total;
}

/* Rows that the tile has at most. */
static uint64_t count_room(const struct rs_intake *in, const char *p, size_t n, uint64_t n_lines)
{
	const struct rs_dialect *d = &in->shape.dialect;

	switch (in->shape.format) {
	case RS_FORMAT_JSONL:
		return count_byte(p, n, '{') + 1;
	case RS_FORMAT_LISTS:
	case RS_FORMAT_SESSIONS:
		if (d->n_delimiter == 0)
			return count_byte(p, n, ' ') + count_byte(p, n, '\t') + n_lines + 1;
		return count_byte(p, n, d->delimiter[0]) + n_lines + 1;
	default:
		return n_lines + (n > 0 && p[n - 1] != d->eol); /* exact as a rule: no gaps to close */
	}
}

static int add_tile(struct rs_intake *in, struct intake_batch *b, size_t from, size_t end, bool open, struct rs_err *err)
{
	struct intake_tile *t;
	uint64_t n_lines;

	if (rs_grow(&b->tile, &b->cap_tiles, b->n_tiles + 1, sizeof *b->tile, err) < 0)
		return RS_ENOMEM;
	t = &b->tile[b->n_tiles++];
	memset(t, 0, sizeof *t);
	t->p = b->buf + from;
	t->n = end - from;
	t->open = open;
	t->line = in->line;
	n_lines = count_byte(t->p, t->n, in->shape.dialect.eol);
	t->room = count_room(in, t->p, t->n, n_lines);
	in->line += n_lines;
	return 0;
}

/* The end of a tile from `from`, behind the first record that ends after INTAKE_TILE_BYTES or behind the last one in the
 * batch; `from` if no record ends. *open: the next record goes on behind the batch and is too long. */
static size_t tile_end(const struct rs_intake *in, const struct intake_batch *b, size_t from, bool quotes, bool *open)
{
	const struct rs_dialect *d = &in->shape.dialect;
	size_t want = b->n - from > INTAKE_TILE_BYTES ? from + INTAKE_TILE_BYTES : b->n, end = from;
	const char *e;

	*open = false;
	if (!quotes) {
		if (want == b->n && b->eof)
			return b->n;
		e = want == b->n ? NULL : memchr(b->buf + want, d->eol, b->n - want);
		if (e == NULL)
			e = memrchr(b->buf + from, d->eol, b->n - from);
		if (e != NULL)
			return (size_t)(e - b->buf) + 1;
		if (b->eof)
			return b->n;
		*open = b->n - from > RS_RECORD_MAX;
		return from;
	}
	while (end < want) {
		struct rs_record r;

		if (!rs_record_find(d, b->buf + end, b->n - end, b->eof, &r))
			break;
		if (r.open) {
			*open = end == from;
			break;
		}
		end += r.skip;
	}
	return end;
}

/* The end of a record that is too long; its line counts, its bytes do not. */
static size_t skip_record(struct rs_intake *in, const struct intake_batch *b, size_t from)
{
	const char *e = memchr(b->buf + from, in->shape.dialect.eol, b->n - from);

	if (e == NULL)
		return b->n;
	in->skipping = false;
	in->line++;
	return (size_t)(e - b->buf) + 1;
}

/* Whether a line end may stand inside a record. */
static bool may_hide_ends(const struct rs_dialect *d, const char *p, size_t n)
{
	const char escaped[2] = { '\\', d->eol };

	if (d->quoting == RS_QUOTING_ESCAPES)
		return memmem(p, n, escaped, sizeof escaped) != NULL;
	return d->quoting != RS_QUOTING_NONE && memchr(p, '"', n) != NULL;
}

int intake_cut(struct rs_intake *in, struct intake_batch *b, size_t from, struct rs_err *err)
{
	bool quotes = may_hide_ends(&in->shape.dialect, b->buf + from, b->n - from);
	int rc;

	b->n_tiles = 0;
	while (from < b->n) {
		bool open;
		size_t end;

		if (in->skipping) {
			from = skip_record(in, b, from);
			continue;
		}
		end = tile_end(in, b, from, quotes, &open);
		if (end == from && !open)
			break;
		if (open) {
			if ((rc = add_tile(in, b, from, from + INTAKE_HEAD_BYTES, true, err)) < 0)
				return rc;
			in->skipping = true;
			end = from + INTAKE_HEAD_BYTES;
		} else if ((rc = add_tile(in, b, from, end, false, err)) < 0) {
			return rc;
		}
		from = end;
	}
	b->rest = from;
	if (b->eof && b->n > 0 && b->buf[b->n - 1] != in->shape.dialect.eol)
		in->line++; /* the last line, which has no end */
	return 0;
}

int intake_fill(struct rs_intake *in, struct intake_batch *b, const struct intake_batch *before, struct rs_err *err)
{
	size_t rest = before == NULL ? 0 : before->n - before->rest, got;
	int rc;

	b->n_tiles = 0;
	if (b->buf == NULL && (b->buf = rs_array(INTAKE_BATCH_BYTES, 1, err)) == NULL)
		return RS_ENOMEM;
	if (rest > 0)
		memcpy(b->buf, before->buf + before->rest, rest);
	if ((rc = rs_source_read(in->source, b->buf + rest, INTAKE_BATCH_BYTES - rest, &got, err)) < 0)
		return rc;
	b->n = rest + got;
	b->rest = b->n;
	b->eof = got < INTAKE_BATCH_BYTES - rest;
	return 0;
}
