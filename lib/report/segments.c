/* segments.c -- segments of people as text. */
#include "lib/report/segments.h"

#include "lib/base/text.h"

int rs_segment_header(struct rs_segment_writer *w, struct rs_err *err)
{
	const char *sep = w->format == RS_TEXT_CSV ? "," : "\t";

	return w->format == RS_TEXT_JSONL ? 0 : rs_out_printf(w->out, err, "item%suser%srank%sscore\n", sep, sep, sep);
}

static int put_number(struct rs_buf *b, float v, struct rs_err *err)
{
	int rc = rs_buf_reserve(b, RS_NUM_MAX, err);

	if (rc == 0)
		b->n += rs_put_f32(b->p + b->n, v);
	return rc;
}

static int put_row(struct rs_segment_writer *w, const char *key, size_t n_key, const struct rs_scored *s, uint32_t rank,
                   struct rs_err *err)
{
	char sep = w->format == RS_TEXT_CSV ? ',' : '\t';
	struct rs_buf *b = &w->line;
	size_t n;
	const char *user = rs_keys_get(w->user_key, s->ix, &n);
	int rc;

	b->n = 0;
	if ((rc = rs_field(b, w->format, key, n_key, err)) < 0 || (rc = rs_buf_addc(b, sep, err)) < 0 ||
	    (rc = rs_field(b, w->format, user, n, err)) < 0 || (rc = rs_buf_addf(b, err, "%c%u%c", sep, rank, sep)) < 0 ||
	    (rc = put_number(b, s->score, err)) < 0 || (rc = rs_buf_addc(b, '\n', err)) < 0)
		return rc;
	return rs_out_write(w->out, b->p, b->n, err);
}

static int put_json(struct rs_segment_writer *w, const char *what, const char *key, size_t n_key, const struct rs_scored *best,
                    uint32_t n, struct rs_err *err)
{
	struct rs_buf *b = &w->line;
	int rc;

	b->n = 0;
	if ((rc = rs_buf_addf(b, err, "{\"input\":{\"%s\":", what)) < 0 || (rc = rs_field_json(b, key, n_key, err)) < 0 ||
	    (rc = rs_buf_adds(b, "},\"output\":{\"recommendedUsers\":[", err)) < 0)
		return rc;
	for (uint32_t k = 0; k < n; k++) {
		size_t n_user;
		const char *user = rs_keys_get(w->user_key, best[k].ix, &n_user);

		if ((k > 0 && (rc = rs_buf_addc(b, ',', err)) < 0) || (rc = rs_field_json(b, user, n_user, err)) < 0)
			return rc;
	}
	if ((rc = rs_buf_adds(b, "],\"scores\":[", err)) < 0)
		return rc;
	for (uint32_t k = 0; k < n; k++)
		if ((k > 0 && (rc = rs_buf_addc(b, ',', err)) < 0) || (rc = put_number(b, best[k].score, err)) < 0)
			return rc;
	if ((rc = rs_buf_adds(b, "]},\"error\":null}\n", err)) < 0)
		return rc;
	return rs_out_write(w->out, b->p, b->n, err);
}

int rs_segment_put(struct rs_segment_writer *w, const char *what, const char *key, size_t n_key, const struct rs_scored *best,
                   uint32_t n, struct rs_err *err)
{
	int rc = 0;

	if (w->format == RS_TEXT_JSONL)
		return put_json(w, what, key, n_key, best, n, err);
	for (uint32_t k = 0; k < n && rc == 0; k++)
		rc = put_row(w, key, n_key, &best[k], k + 1, err);
	return rc;
}
