/* requests.c -- a stream of people with items each, in one of several forms of text. */
#include "lib/data/requests.h"

#include "lib/base/mem.h"
#include "lib/data/json.h"
#include "lib/data/names.h"
#include "lib/data/records.h"
#include "lib/data/source.h"

#include <stdio.h>
#include <string.h>

#define READ_BYTES (1u << 16)
#define LINE_MAX (16u << 20)

struct rs_requests {
	struct rs_source *in;
	struct rs_buf text;  /* what was read */
	size_t at;           /* of it, what was used */
	bool eof;
	size_t line;         /* the last that was taken */
	bool json, told;
	struct rs_dialect dialect;
	struct rs_splitter splitter;
	size_t user_cell, item_cell;
	struct rs_buf user, item; /* a row that was read and belongs to the next request */
	bool waiting;
};

void rs_requests_close(struct rs_requests *r)
{
	if (r == NULL)
		return;
	rs_source_close(r->in);
	rs_splitter_release(&r->splitter);
	rs_buf_release(&r->text);
	rs_buf_release(&r->user);
	rs_buf_release(&r->item);
	rs_free(r);
}

static int fail_at(const struct rs_requests *r, struct rs_err *err)
{
	return rs_fail_prefix(err, "%s:%zu", rs_source_name(r->in), r->line);
}

/* More text behind what is there. */
static int read_more(struct rs_requests *r, struct rs_err *err)
{
	size_t got;
	int rc;

	if (r->at > 0)
		memmove(r->text.p, r->text.p + r->at, r->text.n - r->at);
	r->text.n -= r->at;
	r->at = 0;
	if ((rc = rs_buf_reserve(&r->text, READ_BYTES, err)) < 0 ||
	    (rc = rs_source_read(r->in, r->text.p + r->text.n, READ_BYTES, &got, err)) < 0)
		return rc;
	r->text.n += got;
	r->eof = got < READ_BYTES;
	return 0;
}

/* The next line that is not empty, without its end. 1, 0 at the end. */
static int next_line(struct rs_requests *r, char **line, size_t *n, struct rs_err *err)
{
	for (;;) {
		char *p = r->text.n > r->at ? r->text.p + r->at : NULL, *lf = NULL;
		int rc;

		if (p != NULL)
			lf = memchr(p, '\n', r->text.n - r->at);
		if (lf == NULL && !r->eof) {
			if (r->text.n - r->at > LINE_MAX) {
				r->line++;
				rs_fail(err, RS_EDATA, "a line of more than %u bytes", LINE_MAX);
				return fail_at(r, err);
			}
			if ((rc = read_more(r, err)) < 0)
				return rc;
			continue;
		}
		if (p == NULL)
			return 0;
		*n = lf == NULL ? r->text.n - r->at : (size_t)(lf - p);
		r->at += *n + (lf != NULL);
		r->line++;
		if (*n > 0 && p[*n - 1] == '\r')
			(*n)--;
		*line = p;
		if (*n > 0)
			return 1;
	}
}

/* ---- JSON Lines ---- */

static int take_json(struct rs_requests *r, json_t *o, struct rs_idlist *user, struct rs_idlist *item,
                     struct rs_err *err)
{
	static const char *const known[] = { "userId", "itemList", "context", NULL };
	const json_t *items = json_object_get(o, "itemList");
	int rc;

	if (!json_is_object(o) || !json_is_array(items))
		return rs_fail(err, RS_EDATA, "expected an object with \"userId\" and a list \"itemList\"");
	if ((rc = rs_idlist_add_json(user, json_object_get(o, "userId"), "userId", err)) < 0 ||
	    (rc = rs_request_check(o, known, &r->told, rs_source_name(r->in), r->line, err)) < 0)
		return rc;
	for (size_t i = 0; i < json_array_size(items) && rc == 0; i++)
		rc = rs_idlist_add_json(item, json_array_get(items, i), "itemList", err);
	return rc;
}

static int next_json(struct rs_requests *r, struct rs_idlist *user, struct rs_idlist *item, struct rs_text_columns *context,
                     struct rs_err *err)
{
	json_t *o;
	char *line = NULL;
	size_t n = 0;
	int rc = next_line(r, &line, &n, err);

	if (rc <= 0)
		return rc;
	if (rs_json_parse(&o, line, n, err) < 0)
		return fail_at(r, err);
	if ((rc = take_json(r, o, user, item, err)) == 0)
		rc = rs_context_from_json(context, user->n - 1, o, err);
	json_decref(o);
	return rc < 0 ? fail_at(r, err) : 1;
}

/* ---- TSV and CSV ---- */

/* Undoes \t \n \r \\ of TSV in place. */
static size_t unescape(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = p[i] == '\\' && i + 1 < n ? memchr("tnr\\", p[i + 1], 4) : NULL;

		p[to++] = at == NULL ? p[i] : "\t\n\r\\"[at - "tnr\\"];
		i += at != NULL;
	}
	return to;
}

/* Cuts the next record. 1, 0 at the end. */
static int next_record(struct rs_requests *r, struct rs_err *err)
{
	struct rs_record rec;
	int rc;

	for (;;) {
		const char *p = r->text.n > r->at ? r->text.p + r->at : NULL;

		if (p == NULL && r->eof)
			return 0;
		if (p == NULL || !rs_record_find(&r->dialect, p, r->text.n - r->at, r->eof, &rec)) {
			if ((rc = read_more(r, err)) < 0)
				return rc;
			continue;
		}
		r->at += rec.skip;
		r->line += rec.lines > 0 ? rec.lines : 1;
		if (rec.n == 0)
			continue;
		if (rec.bad != NULL || rec.open)
			rc = rs_fail(err, RS_EDATA, "%s", rec.open ? "a record without an end" : rec.bad);
		else
			rc = rs_record_split(&r->splitter, p, &rec, err);
		return rc < 0 ? fail_at(r, err) : 1;
	}
}

static int read_header(struct rs_requests *r, struct rs_err *err)
{
	unsigned best[RS_ROLES] = { 0 };
	bool found[RS_ROLES] = { false };
	int rc = next_record(r, err);

	if (rc <= 0)
		return rc < 0 ? rc : rs_fail(err, RS_EDATA, "%s: empty", rs_source_name(r->in));
	for (size_t i = 0; i < r->splitter.n_cells; i++) {
		unsigned rank;
		enum rs_role role = rs_role_of(RS_TABLE_EVENTS, false, r->splitter.cell[i].p, r->splitter.cell[i].n, &rank);

		if ((role != RS_ROLE_USER && role != RS_ROLE_ITEM) || (found[role] && rank >= best[role]))
			continue;
		found[role] = true;
		best[role] = rank;
		if (role == RS_ROLE_USER)
			r->user_cell = i;
		else
			r->item_cell = i;
	}
	if (!found[RS_ROLE_USER] || !found[RS_ROLE_ITEM]) {
		rs_fail(err, RS_EDATA, "expected a header with the columns user and item, or JSON Lines");
		return fail_at(r, err);
	}
	return 0;
}

static int keep_cell(const struct rs_requests *r, struct rs_buf *b, size_t i, struct rs_err *err)
{
	int rc;

	b->n = 0;
	if ((rc = rs_buf_add(b, r->splitter.cell[i].p, r->splitter.cell[i].n, err)) < 0)
		return rc;
	if (r->dialect.delimiter[0] == '\t')
		b->n = unescape(b->p, b->n);
	return 0;
}

/* The next row into r->user and r->item. */
static int next_row(struct rs_requests *r, struct rs_err *err)
{
	int rc = next_record(r, err);

	if (rc <= 0)
		return rc;
	if (r->splitter.n_cells <= r->user_cell || r->splitter.n_cells <= r->item_cell) {
		rs_fail(err, RS_EDATA, "expected as many cells as in the header");
		return fail_at(r, err);
	}
	if ((rc = keep_cell(r, &r->user, r->user_cell, err)) < 0 || (rc = keep_cell(r, &r->item, r->item_cell, err)) < 0)
		return rc;
	return 1;
}

static int next_rows(struct rs_requests *r, struct rs_idlist *user, struct rs_idlist *item, struct rs_err *err)
{
	const char *first;
	size_t n;
	int rc = r->waiting ? 1 : next_row(r, err);

	r->waiting = false;
	if (rc <= 0)
		return rc;
	if (rs_idlist_add(user, r->user.p, r->user.n, err) < 0)
		return fail_at(r, err);
	first = rs_idlist_get(user, user->n - 1, &n);
	do {
		if (rs_idlist_add(item, r->item.p, r->item.n, err) < 0)
			return fail_at(r, err);
		if ((rc = next_row(r, err)) < 0)
			return rc;
		r->waiting = rc == 1;
	} while (rc == 1 && r->user.n == n && (n == 0 || memcmp(r->user.p, first, n) == 0));
	return 1;
}

/* ---- */

static int find_form(struct rs_requests *r, struct rs_err *err)
{
	size_t at = 0;
	const char *lf;
	int rc;

	if ((rc = read_more(r, err)) < 0)
		return rc;
	if (r->text.n >= 3 && memcmp(r->text.p, "\xef\xbb\xbf", 3) == 0)
		r->at = 3;
	for (at = r->at; at < r->text.n && memchr(" \t\r\n", r->text.p[at], 4) != NULL; at++)
		;
	if (at == r->text.n && r->eof) {
		r->json = true; /* nothing to do */
		return 0;
	}
	if (at < r->text.n && r->text.p[at] == '{') {
		r->json = true;
		return 0;
	}
	lf = memchr(r->text.p + at, '\n', r->text.n - at);
	r->dialect = (struct rs_dialect){ .delimiter = ",", .n_delimiter = 1, .eol = '\n', .quoting = RS_QUOTING_RFC4180 };
	if (memchr(r->text.p + at, '\t', lf == NULL ? r->text.n - at : (size_t)(lf - r->text.p) - at) != NULL) {
		r->dialect.delimiter[0] = '\t';
		r->dialect.quoting = RS_QUOTING_NONE;
	}
	r->splitter.d = &r->dialect;
	return read_header(r, err);
}

int rs_requests_open(struct rs_requests **out, const char *path, struct rs_err *err)
{
	struct rs_requests *r = rs_array0(1, sizeof *r, err);
	int rc;

	*out = NULL;
	if (r == NULL)
		return RS_ENOMEM;
	if ((rc = rs_source_open(&r->in, path, err)) < 0 || (rc = find_form(r, err)) < 0) {
		rs_requests_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

int rs_requests_next(struct rs_requests *r, struct rs_idlist *user, struct rs_idlist *item, struct rs_text_columns *context,
                     struct rs_err *err)
{
	return r->json ? next_json(r, user, item, context, err) : next_rows(r, user, item, err);
}
