/* merge_cells.c -- cells of context columns, from files that may hold them in other types. */
#include "lib/data/merge_parts.h"

#include "lib/base/text.h"

#include <math.h>
#include <string.h>

static int damaged(const struct rs_stream *s, struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "%s: damaged: the rows of a column are out of order", rs_reader_name(s->r));
}

/* Elements [from, to) of the values, appended. */
static int add_values(struct rs_stream *s, uint64_t from, uint64_t to, struct rs_buf *out, struct rs_err *err)
{
	while (from < to) {
		const void *p;
		uint64_t n;
		int rc = rs_stream_at(s, from, &p, &n, err);

		if (rc < 0)
			return rc;
		n = n < to - from ? n : to - from;
		if ((rc = rs_buf_add(out, p, (size_t)n * s->c->elem_bytes, err)) < 0)
			return rc;
		from += n;
	}
	return 0;
}

/* The codes that stand at the end of out, from `start` on, as text. */
static int codes_to_text(const struct rs_keys *dict, struct rs_buf *out, size_t start, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	int rc = 0;

	for (size_t at = start; at < out->n && rc == 0; at += sizeof(uint32_t)) {
		uint32_t code;
		size_t n;
		const char *p;

		memcpy(&code, out->p + at, sizeof code);
		p = rs_keys_get(dict, code, &n);
		if (at > start && (rc = rs_buf_addc(&text, '|', err)) < 0)
			break;
		rc = rs_buf_add(&text, p, n, err);
	}
	out->n = start;
	if (rc == 0)
		rc = rs_buf_add(out, text.p, text.n, err);
	rs_buf_release(&text);
	return rc;
}

static int number_cell(struct merge_part *p, uint64_t row, enum rs_type as, struct rs_buf *out, struct rs_err *err)
{
	char text[RS_NUM_MAX];
	const void *at;
	uint32_t code;
	double v;
	int rc = rs_stream_at(&p->rows, row, &at, NULL, err);

	if (rc < 0)
		return rc;
	memcpy(&v, at, sizeof v);
	if (isinf(v))
		return rs_fail(err, RS_EDATA, "%s: damaged: a number is infinite", rs_reader_name(p->rows.r));
	if (isnan(v))
		return 0;
	if (as == RS_TYPE_NUMBER)
		return rs_buf_add(out, &v, sizeof v, err);
	if (as == RS_TYPE_TEXT)
		return rs_buf_add(out, text, rs_put_f64(text, v), err);
	code = p->map[rs_keys_find(&p->dict, text, rs_put_f64(text, v))]; /* the dictionary was made of these numbers */
	return rs_buf_add(out, &code, sizeof code, err);
}

int merge_cell(struct merging *m, size_t source, uint32_t k, uint64_t row, struct rs_buf *out, struct rs_err *err)
{
	const struct rs_column *c = &m->d->context[k];
	struct merge_part *p = &m->source[source].context[k];
	uint64_t from, to;
	size_t start = out->n;
	const void *at;
	int rc;

	if (p->rows.c == NULL)
		return 0;
	if (p->type == RS_TYPE_NUMBER)
		return number_cell(p, row, c->type, out, err);
	if ((rc = rs_stream_at(&p->rows, row, &at, NULL, err)) < 0)
		return rc;
	memcpy(&from, at, sizeof from);
	if ((rc = rs_stream_at(&p->rows, row + 1, &at, NULL, err)) < 0)
		return rc;
	memcpy(&to, at, sizeof to);
	if (from > to || to > p->values.c->n)
		return damaged(&p->rows, err);
	if ((rc = add_values(&p->values, from, to, out, err)) < 0 || p->type == RS_TYPE_TEXT)
		return rc;
	for (size_t i = start; i < out->n; i += sizeof(uint32_t)) {
		uint32_t code;

		memcpy(&code, out->p + i, sizeof code);
		if (code >= p->dict.n)
			return rs_fail(err, RS_EDATA, "%s: damaged: a category that is not in the dictionary",
			               rs_reader_name(p->rows.r));
		if (p->map != NULL)
			memcpy(out->p + i, &p->map[code], sizeof code);
	}
	return c->type == RS_TYPE_TEXT ? codes_to_text(&p->dict, out, start, err) : 0;
}

int merge_cmp_cells(const struct rs_column *c, const struct rs_buf *a, const struct rs_buf *b)
{
	if (c->type == RS_TYPE_TEXT)
		return rs_key_cmp(a->p, a->n, b->p, b->n);
	if (a->n == 0 || b->n == 0)
		return (a->n > 0) - (b->n > 0);
	if (c->type == RS_TYPE_NUMBER) {
		double x, y;

		memcpy(&x, a->p, sizeof x);
		memcpy(&y, b->p, sizeof y);
		return (x > y) - (x < y);
	}
	for (size_t i = 0; i < a->n && i < b->n; i += sizeof(uint32_t)) {
		uint32_t x, y;

		memcpy(&x, a->p + i, sizeof x);
		memcpy(&y, b->p + i, sizeof y);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a->n > b->n) - (a->n < b->n);
}
