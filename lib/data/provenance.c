/* provenance.c -- the chain of steps that made a file. */
#include "lib/data/provenance.h"

#include "lib/base/mem.h"

#include <string.h>

#define KIND_PROV RS_KIND('p', 'r', 'o', 'v')
#define MAX_BYTES (1u << 18)
#define MAX_LINES 4096

static char *running_step;

int rs_prov_set_step(const char *step, struct rs_err *err)
{
	rs_free(running_step);
	running_step = NULL;
	if (step == NULL)
		return 0;
	running_step = rs_strndup(step, strlen(step), err);
	return running_step == NULL ? RS_ENOMEM : 0;
}

static bool has_line(const struct rs_buf *b, const char *line, size_t n)
{
	for (size_t at = 0; at < b->n;) {
		const char *lf = memchr(b->p + at, '\n', b->n - at);
		size_t len = lf == NULL ? b->n - at : (size_t)(lf - (b->p + at));

		if (len == n && memcmp(b->p + at, line, n) == 0)
			return true;
		at += len + 1;
	}
	return false;
}

static int add_line(struct rs_buf *b, const char *line, size_t n, struct rs_err *err)
{
	int rc;

	if (n == 0 || has_line(b, line, n))
		return 0;
	if ((rc = rs_buf_add(b, line, n, err)) < 0)
		return rc;
	return rs_buf_addc(b, '\n', err);
}

int rs_prov_join(struct rs_buf *prov, const char *steps, size_t n, struct rs_err *err)
{
	int rc = 0;

	for (size_t at = 0; at < n && rc == 0;) {
		const char *p = steps + at, *lf = memchr(p, '\n', n - at);
		size_t len = lf == NULL ? n - at : (size_t)(lf - p);

		rc = add_line(prov, p, len, err);
		at += len + 1;
	}
	return rc;
}

/* Whether it is a text that joining can go through in no time. */
static bool is_short(const char *text, uint64_t n)
{
	size_t lines = 0;

	if (n > MAX_BYTES)
		return false;
	for (uint64_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines <= MAX_LINES;
}

int rs_prov_inherit(struct rs_buf *prov, struct rs_reader *in, struct rs_err *err)
{
	const struct rs_chunk *c = rs_reader_find(in, KIND_PROV, 0);
	void *text = NULL;
	int rc;

	if (c == NULL)
		return 0;
	if (c->elem_bytes == 1 && c->n <= MAX_BYTES && (rc = rs_reader_load(in, c, &text, err)) < 0)
		return rc;
	if (text != NULL && is_short(text, c->n))
		rc = rs_prov_join(prov, text, (size_t)c->n, err);
	else
		rc = rs_fail(err, RS_EDATA, "%s: damaged: chunk prov is not a short text", rs_reader_name(in));
	rs_free(text);
	return rc;
}

int rs_prov_write(struct rs_writer *w, const struct rs_buf *prov, struct rs_err *err)
{
	struct rs_buf all = RS_BUF_INIT;
	int rc = 0;

	if (prov != NULL && prov->n > 0)
		rc = rs_buf_add(&all, prov->p, prov->n, err);
	if (rc == 0 && running_step != NULL)
		rc = add_line(&all, running_step, strlen(running_step), err);
	/* A longer history is left out, so that the file can be read. */
	if (rc == 0 && all.n > 0 && is_short(all.p, all.n))
		rc = rs_writer_chunk(w, KIND_PROV, 0, RS_PACK_BYTES, 1, all.p, all.n, err);
	rs_buf_release(&all);
	return rc;
}
