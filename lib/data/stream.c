/* stream.c -- a chunk read block by block. */
#include "lib/data/stream.h"

#include "lib/base/mem.h"

#include <string.h>

int rs_stream_open(struct rs_stream *s, struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n,
                   struct rs_err *err)
{
	int rc = rs_reader_need(r, kind, column, elem_bytes, n, &s->c, err);

	if (rc < 0)
		return rc;
	if (s->c->n != n)
		return rs_fail(err, RS_EDATA, "%s: damaged: a column of %llu rows: expected %llu", rs_reader_name(r),
		               (unsigned long long)s->c->n, (unsigned long long)n);
	s->r = r;
	return 0;
}

void rs_stream_rest(struct rs_stream *s)
{
	rs_free(s->block);
	s->block = NULL;
	s->n = 0;
}

void rs_stream_release(struct rs_stream *s)
{
	rs_stream_rest(s);
	memset(s, 0, sizeof *s);
}

static int load(struct rs_stream *s, uint64_t i, struct rs_err *err)
{
	uint64_t per = RS_BLOCK_BYTES / s->c->elem_bytes, first = i / per * per;
	uint64_t n = s->c->n - first < per ? s->c->n - first : per;
	int rc;

	if (s->block == NULL && (s->block = rs_array(s->c->n < per ? s->c->n : per, s->c->elem_bytes, err)) == NULL)
		return RS_ENOMEM;
	s->n = 0;
	if ((rc = rs_reader_slice(s->r, s->c, first, n, s->block, err)) < 0)
		return rc;
	s->first = first;
	s->n = n;
	return 0;
}

int rs_stream_at(struct rs_stream *s, uint64_t i, const void **p, uint64_t *n, struct rs_err *err)
{
	int rc;

	if ((s->n == 0 || i < s->first || i - s->first >= s->n) && (rc = load(s, i, err)) < 0)
		return rc;
	*p = s->block + (i - s->first) * s->c->elem_bytes;
	if (n != NULL)
		*n = s->n - (i - s->first);
	return 0;
}
