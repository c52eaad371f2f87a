/* records.c -- delimited text. */
#include "lib/data/records.h"

#include "lib/base/mem.h"

#include <string.h>

#define QUOTE '"'

/* How far the scan of a record got. */
enum scan { SCAN_DONE, SCAN_MORE, SCAN_BAD };

static bool at_delimiter(const struct rs_dialect *d, const char *p, size_t n)
{
	if (d->n_delimiter == 1)
		return n > 0 && *p == d->delimiter[0];
	return d->n_delimiter > 0 && n >= d->n_delimiter && memcmp(p, d->delimiter, d->n_delimiter) == 0;
}

static bool blank_here(const struct rs_dialect *d, char c)
{
	return rs_is_blank(c) && !(d->n_delimiter == 1 && c == d->delimiter[0]);
}

/* The place behind the closing quote of a cell that was opened before `at`; 0: not among these bytes. */
static size_t close_quote(const struct rs_dialect *d, const char *p, size_t at, size_t n, bool eof)
{
	while (at < n) {
		const char *q = memchr(p + at, QUOTE, n - at), *b;
		size_t i;

		if (q == NULL)
			return 0;
		i = (size_t)(q - p);
		if (d->quoting == RS_QUOTING_BACKSLASH && (b = memchr(p + at, '\\', i - at)) != NULL) {
			at = (size_t)(b - p) + 2; /* what stands behind a backslash counts for nothing */
			continue;
		}
		if (i + 1 == n && !eof)
			return 0;
		if (i + 1 < n && p[i + 1] == QUOTE) {
			at = i + 2;
			continue;
		}
		return i + 1;
	}
	return 0;
}

/* A record that holds quotes, cell by cell. On SCAN_DONE r->n and r->skip are set, on SCAN_BAD r->bad. */
static enum scan scan_quoted(const struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_record *r)
{
	size_t i = 0, limit = n > RS_RECORD_MAX + 1 ? RS_RECORD_MAX + 1 : n, eol = 0;

	for (;;) {
		const char *e;

		while (i < n && blank_here(d, p[i]))
			i++;
		if (i < n && p[i] == QUOTE) {
			size_t k = close_quote(d, p, i + 1, limit, eof && limit == n);

			if (k == 0) {
				r->bad = "a quote is not closed: expected a closing quote within the record (see --quoting)";
				return eof || limit < n ? SCAN_BAD : SCAN_MORE;
			}
			r->quoted = true;
			for (i = k; i < n && blank_here(d, p[i]); i++)
				;
			if (i < n && p[i] != d->eol && !(p[i] == '\r' && (i + 1 == n || p[i + 1] == d->eol)) &&
			    !at_delimiter(d, p + i, n - i)) {
				r->bad = "text behind a closing quote: expected the delimiter (see --quoting)";
				return SCAN_BAD;
			}
		}
		/* the rest of an unquoted cell, or nothing */
		if (eol < i || i == 0) {
			e = i < n ? memchr(p + i, d->eol, n - i) : NULL;
			eol = e == NULL ? n : (size_t)(e - p);
		}
		for (; i < eol && !at_delimiter(d, p + i, n - i); i++)
			;
		if (i == n && !eof)
			return SCAN_MORE;
		if (i == eol) {
			r->n = i;
			r->skip = i + (i < n);
			return SCAN_DONE;
		}
		i += d->n_delimiter;
	}
}

/* What is the same for all records. Returns true. */
static bool end_record(const struct rs_dialect *d, const char *p, struct rs_record *r, bool too_long)
{
	if (r->n > RS_RECORD_MAX || r->open || too_long)
		r->bad = "a record of more than 1048576 bytes: expected a line end before";
	if (d->eol == '\n' && r->n > 0 && p[r->n - 1] == '\r')
		r->n--;
	return true;
}

/* A line end with an odd number of backslashes before it belongs to a cell. */
static bool find_escaped(const struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_record *r)
{
	const char *e = NULL, *from = p;

	for (;; from = e + 1) {
		size_t k = 0;

		if ((e = memchr(from, d->eol, n - (size_t)(from - p))) == NULL)
			break;
		r->lines++;
		while ((size_t)(e - p) > k && *(e - k - 1) == '\\')
			k++;
		if (k % 2 == 0)
			break;
	}
	if (e == NULL && !eof && n <= RS_RECORD_MAX)
		return false;
	r->n = e == NULL ? n : (size_t)(e - p);
	r->skip = r->n + (e != NULL);
	r->open = e == NULL && !eof;
	r->escaped = memchr(p, '\\', r->n) != NULL;
	return true;
}

bool rs_record_find(const struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_record *r)
{
	const char *e = memchr(p, d->eol, n);
	size_t line = e != NULL ? (size_t)(e - p) : n;
	enum scan scan = SCAN_BAD;

	memset(r, 0, sizeof *r);
	if (d->quoting == RS_QUOTING_ESCAPES) {
		if (!find_escaped(d, p, n, eof, r))
			return false;
		return end_record(d, p, r, false);
	}
	if (d->quoting != RS_QUOTING_NONE && memchr(p, QUOTE, line) != NULL)
		scan = scan_quoted(d, p, n, eof, r);
	if (n <= RS_RECORD_MAX && !eof && (scan == SCAN_MORE || (scan == SCAN_BAD && e == NULL)))
		return false;
	if (scan == SCAN_DONE) {
		for (size_t i = 0; i < r->skip; i++)
			r->lines += p[i] == d->eol;
	} else {
		/* the line in which it starts */
		r->n = line;
		r->skip = line + (e != NULL);
		r->lines = e != NULL;
		r->open = e == NULL && !eof;
	}
	return end_record(d, p, r, scan == SCAN_MORE);
}

/* ---- cells ---- */

int rs_splitter_push(struct rs_splitter *s, const char *p, size_t n, struct rs_err *err)
{
	if (s->n_cells == s->cap && rs_grow(&s->cell, &s->cap, s->n_cells + 64, sizeof *s->cell, err) < 0)
		return RS_ENOMEM;
	s->cell[s->n_cells++] = (struct rs_cell){ p, n };
	return 0;
}

static int push_trimmed(struct rs_splitter *s, const char *p, const char *end, struct rs_err *err)
{
	while (p < end && rs_is_blank(*p))
		p++;
	while (p < end && rs_is_blank(end[-1]))
		end--;
	return rs_splitter_push(s, p, (size_t)(end - p), err);
}

static int split_blanks(struct rs_splitter *s, const char *p, const char *end, struct rs_err *err)
{
	int rc = 0;

	while (rc == 0) {
		const char *from;

		while (p < end && rs_is_blank(*p))
			p++;
		if (p == end)
			break;
		for (from = p; p < end && !rs_is_blank(*p); p++)
			;
		rc = rs_splitter_push(s, from, (size_t)(p - from), err);
	}
	return rc;
}

static int split_plain(struct rs_splitter *s, const char *p, const char *end, struct rs_err *err)
{
	const struct rs_dialect *d = s->d;
	int rc;

	for (;;) {
		const char *q = d->n_delimiter == 1 ? memchr(p, d->delimiter[0], (size_t)(end - p)) :
			                              memmem(p, (size_t)(end - p), d->delimiter, d->n_delimiter);

		if ((rc = push_trimmed(s, p, q == NULL ? end : q, err)) < 0 || q == NULL)
			return rc;
		p = q + d->n_delimiter;
	}
}

static const char *find_byte(const char *p, const char *end, char c)
{
	return p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
}

/* Quoted cells with backslashes; the record is known to be well formed. */
static int split_backslash(struct rs_splitter *s, const char *p, const char *end, struct rs_err *err)
{
	const struct rs_dialect *d = s->d;
	int rc;

	for (;;) {
		const char *q;

		while (p < end && blank_here(d, *p))
			p++;
		if (p < end && *p == QUOTE) {
			char *to = s->arena + s->n_arena, *from = to;

			for (p++; *p != QUOTE || (p + 1 < end && p[1] == QUOTE); p++) {
				if (*p == QUOTE || (*p == '\\' && p + 1 < end && (p[1] == QUOTE || p[1] == '\\')))
					p++;
				*to++ = *p;
			}
			s->n_arena += (size_t)(to - from);
			rc = rs_splitter_push(s, from, (size_t)(to - from), err);
			q = find_byte(++p, end, d->delimiter[0]);
		} else {
			q = find_byte(p, end, d->delimiter[0]);
			rc = push_trimmed(s, p, q == NULL ? end : q, err);
		}
		if (rc < 0 || q == NULL)
			return rc;
		p = q + 1;
	}
}

static void take_cell(void *bytes, size_t n, void *ctx)
{
	struct rs_splitter *s = ctx;

	if (s->rc < 0)
		return;
	memcpy(s->arena + s->n_arena, bytes, n);
	s->rc = rs_splitter_push(s, s->arena + s->n_arena, n, s->err);
	s->n_arena += n;
}

static void take_record(int end, void *ctx)
{
	(void)end;
	(void)ctx;
}

/* Line ends inside a record are those of quoted cells. */
static int never(unsigned char c)
{
	(void)c;
	return 0;
}

/* The buffer of libcsv is made once, large enough for any record. */
static void *csv_memory(void *old, size_t n)
{
	return old == NULL ? rs_array(n, 1, NULL) : NULL;
}

static int split_rfc4180(struct rs_splitter *s, const char *p, size_t n, struct rs_err *err)
{
	if (!s->csv_ready) {
		csv_init(&s->csv, 0);
		csv_set_realloc_func(&s->csv, csv_memory);
		csv_set_free_func(&s->csv, rs_free);
		csv_set_blk_size(&s->csv, RS_RECORD_MAX + 1);
		csv_set_term_func(&s->csv, never);
		s->csv_ready = true;
	}
	csv_set_delim(&s->csv, (unsigned char)s->d->delimiter[0]);
	s->err = err;
	s->rc = 0;
	if (csv_parse(&s->csv, p, n, take_cell, take_record, s) != n ||
	    csv_fini(&s->csv, take_cell, take_record, s) != 0)
		return rs_fail(err, RS_ENOMEM, "out of memory for a record of %zu bytes", n);
	return s->rc;
}

int rs_record_split(struct rs_splitter *s, const char *p, const struct rs_record *r, struct rs_err *err)
{
	s->n_cells = s->n_arena = 0;
	s->zero = false;
	if (s->d->n_delimiter == 0)
		return split_blanks(s, p, p + r->n, err);
	if (!r->quoted && !r->escaped)
		return split_plain(s, p, p + r->n, err);
	if (s->arena == NULL && (s->arena = rs_array(RS_RECORD_MAX, 1, err)) == NULL)
		return RS_ENOMEM;
	if (r->escaped)
		return rs_escapes_split(s, p, p + r->n, err);
	if (s->d->quoting == RS_QUOTING_BACKSLASH)
		return split_backslash(s, p, p + r->n, err);
	return split_rfc4180(s, p, r->n, err);
}

void rs_splitter_release(struct rs_splitter *s)
{
	if (s->csv_ready)
		csv_free(&s->csv);
	rs_free(s->cell);
	rs_free(s->arena);
	memset(s, 0, sizeof *s);
}
