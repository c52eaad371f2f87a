/* shape.c -- what a file of text looks like: what is wished, format, encoding, members of JSON; told in words. */
#include "lib/data/shape_parts.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/data/schema.h"

#include <stdio.h>
#include <string.h>

const char *const rs_columns_option[RS_TABLES] = { "--columns", "--user-columns", "--item-columns", "--action-columns",
	                                           "--action-interaction-columns" };

int rs_shape_wish_make(struct rs_shape_wish *w, enum rs_table_kind kind, const struct rs_import_options *o,
                       struct rs_err *err)
{
	const char *const columns[RS_TABLES] = { o->columns, o->user_columns, o->item_columns, o->action_columns,
		                                 o->action_interaction_columns };
	const char *const schema[RS_TABLES] = { o->schema, o->user_schema, o->item_schema, o->action_schema,
		                                o->action_interaction_schema };
	int rc;

	memset(w, 0, sizeof *w);
	w->kind = kind;
	w->o = o;
	if ((rc = rs_spec_parse(&w->columns, columns[kind], err)) < 0) {
		rs_fail_prefix(err, "%s", rs_columns_option[kind]);
	} else if ((rc = rs_spec_parse_list(&w->ignore, o->ignore, err)) < 0) {
		rs_fail_prefix(err, "--ignore");
	} else if ((w->ignore_met = rs_array0(w->ignore.n, sizeof *w->ignore_met, err)) == NULL) {
		rc = RS_ENOMEM;
	} else if (schema[kind] != NULL) {
		w->has_schema = true;
		rc = rs_avro_load(&w->schema, schema[kind], kind, err);
	}
	if (rc == 0 && o->domain != RS_DOMAIN_NONE && (rc = rs_domain_fields(&w->domain, o->domain, kind, err)) == 0 &&
	    w->has_schema) {
		if ((rc = rs_domain_check(&w->schema, o->domain, &w->domain, err)) < 0)
			rs_fail_prefix(err, "%s", schema[kind]);
		rs_avro_release(&w->domain);
	}
	if (rc < 0)
		rs_shape_wish_release(w);
	return rc;
}

void rs_shape_wish_release(struct rs_shape_wish *w)
{
	rs_spec_release(&w->columns);
	rs_spec_release(&w->ignore);
	rs_free(w->ignore_met);
	w->ignore_met = NULL;
	rs_avro_release(&w->schema);
	rs_avro_release(&w->domain);
}

void rs_shape_wish_meet(const struct rs_shape_wish *w, const char *name, size_t n, uint32_t number)
{
	for (size_t i = 0; i < w->ignore.n; i++)
		w->ignore_met[i] |= rs_spec_is_for(&w->ignore.entry[i], name, n, number);
}

/* ---- what cannot be read at all ---- */

/* "[{", "[ [" and the like, which open no header. */
static bool is_json_array(const char *p, size_t n)
{
	size_t at[2] = { 0 };

	for (size_t i = 0, k = 0; k < 2; i++) {
		if (i == n)
			return false;
		if (!rs_is_blank_text(p + i, 1))
			at[k++] = i;
	}
	return p[at[0]] == '[' && (p[at[1]] == '{' || p[at[1]] == '[' || p[at[1]] == ']');
}

static int refuse_binary(const char *name, const char *p, size_t n, struct rs_err *err)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *what;
	} known[] = {
		{ "\xff\xfe", 2, "text in UTF-16: expected UTF-8, as from iconv -f UTF-16 -t UTF-8" },
		{ "\xfe\xff", 2, "text in UTF-16: expected UTF-8, as from iconv -f UTF-16 -t UTF-8" },
		{ "\x89RSD", 4, "a dataset already: expected text" },
		{ "\x89RSM", 4, "a model: expected text" },
		{ "BZh", 3, "bzip2 data: expected text, or gzip, zstd, xz or lz4; use bzip2 -dc" },
		{ "PK\003\004", 4, "a zip archive: expected text, or gzip, zstd, xz or lz4; use unzip -p" },
		{ "PAR1", 4, "a Parquet file: expected text" },
		{ "SQLite format 3", 16, "an SQLite database: expected text, as from sqlite3 -header -csv" },
	};
	size_t zeros[2] = { 0, 0 };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (n >= known[i].n && memcmp(p, known[i].magic, known[i].n) == 0)
			return rs_fail(err, RS_EDATA, "%s: %s", name, known[i].what);
	if (is_json_array(p, n))
		return rs_fail(err, RS_EDATA, "%s: a JSON array: expected an object a line, as from jq -c '.[]'", name);
	for (size_t i = 0; i < n && i < 64; i++)
		zeros[i % 2] += p[i] == 0;
	if (zeros[0] + zeros[1] >= 8 && (zeros[0] + zeros[1]) * 3 > (n < 64 ? n : 64))
		return rs_fail(err, RS_EDATA, "%s: %s", name,
		               zeros[0] == 0 || zeros[1] == 0 ? known[0].what : "binary data: expected text");
	return 0;
}

/* ---- all ---- */

static enum rs_format find_format(const struct rs_shape_wish *w, const char *p, size_t n)
{
	enum rs_format asked = w->o->format;

	/* lists and sessions are forms of events only */
	if (asked != RS_FORMAT_GUESS && (w->kind == RS_TABLE_EVENTS || asked < RS_FORMAT_LISTS))
		return asked;
	for (size_t i = 0; i < n; i++)
		if (!rs_is_blank_text(p + i, 1))
			return p[i] == '{' ? RS_FORMAT_JSONL : RS_FORMAT_CSV;
	return RS_FORMAT_CSV;
}

int rs_shape_find(struct rs_shape *s, const struct rs_shape_wish *w, const char *name, const char *p, size_t n, bool eof,
                  struct rs_err *err)
{
	int rc;

	memset(s, 0, sizeof *s);
	for (int r = 0; r < RS_ROLES; r++)
		s->of_role[r] = SIZE_MAX;
	if ((rc = refuse_binary(name, p, n, err)) < 0)
		return rc;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		s->skip = 3;
	if (n > RS_SAMPLE_BYTES) {
		n = RS_SAMPLE_BYTES;
		eof = false;
	}
	p += s->skip;
	n -= s->skip;
	s->format = find_format(w, p, n);
	s->encoding = w->o->encoding;
	s->convert_ids = s->encoding == RS_ENCODING_LATIN1;
	if (s->encoding == RS_ENCODING_GUESS)
		s->encoding = rs_table_has_events(w->kind) || rs_utf8_valid_start(p, n) ? RS_ENCODING_UTF8 : RS_ENCODING_LATIN1;
	if ((rc = rs_dialect_find(&s->dialect, w->o, s->format, name, p, n, eof, err)) < 0) {
		if (rc != RS_ENOMEM && rc != RS_EUSAGE)
			rs_fail_prefix(err, "%s", name);
	} else if (s->format == RS_FORMAT_JSONL) {
		rc = rs_shape_of_json(s, w, name, p, n, eof, err);
	} else if (s->format == RS_FORMAT_LISTS || s->format == RS_FORMAT_SESSIONS) {
		s->format = rs_is_blank_text(p, n) ? RS_FORMAT_GUESS : s->format;
	} else {
		size_t bom = s->skip;

		s->skip = 0;
		rc = rs_shape_of_table(s, w, name, p, n, eof, err);
		s->skip += bom;
	}
	if (rc < 0)
		rs_shape_release(s);
	return rc;
}

static void release_columns(struct rs_shape_column *column, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rs_free(column[i].name);
	rs_free(column);
}

void rs_shape_release(struct rs_shape *s)
{
	release_columns(s->column, s->n_columns);
	release_columns(s->member, s->n_members);
	rs_buf_release(&s->header);
	memset(s, 0, sizeof *s);
}

/* ---- for people ---- */

static const char *delimiter_word(char *q, size_t size, const struct rs_dialect *d)
{
	if (d->n_delimiter == 0)
		return "space (runs of blanks)";
	if (d->n_delimiter == 1 && d->delimiter[0] == '\t')
		return "tab";
	return rs_quote(q, size, d->delimiter, d->n_delimiter);
}

/* A name as it is, but for what would end the line or speak to a terminal. */
static int put_name(struct rs_buf *out, const char *name, struct rs_err *err)
{
	int rc = 0;

	for (const char *p = name; *p != 0 && rc == 0; p++)
		rc = (unsigned char)*p < 32 || *p == 127 ? rs_buf_addf(out, err, "\\x%02x", (unsigned char)*p)
		                                         : rs_buf_addc(out, *p, err);
	return rc == 0 ? rs_buf_addc(out, '\n', err) : rc;
}

static int describe_columns(struct rs_buf *out, const char *what, const struct rs_shape_column *column, size_t n,
                            const char *name, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct rs_shape_column *c = &column[i];

		rc = rs_buf_addf(out, err, "%s\t%s %zu\t%s\t", name, what, i + 1,
		                 c->ignored ? "ignored" : c->role == RS_ROLE_NONE ? "attribute" : rs_role_name[c->role]);
		if (rc == 0)
			rc = put_name(out, c->name, err);
	}
	return rc;
}

int rs_shape_describe(struct rs_buf *out, const struct rs_shape *s, const char *file, const char *codec, struct rs_err *err)
{
	static const char *const format[] = { "empty", "csv", "csv", "jsonl", "lists", "sessions" };
	static const char *const quoting[] = { "", "rfc4180", "backslash", "none", "escapes" };
	bool cells = s->format == RS_FORMAT_CSV || s->format == RS_FORMAT_TSV;
	bool time = cells ? s->of_role[RS_ROLE_TIME] != SIZE_MAX : s->format == RS_FORMAT_JSONL && s->has_time;
	char q[RS_QUOTE_MAX], name[4096];
	int rc;

	rs_one_line(name, sizeof name, file);
	if ((rc = rs_buf_addf(out, err, "%s\tcompression\t%s\n", name, codec == NULL ? "none" : codec)) < 0 ||
	    (rc = rs_buf_addf(out, err, "%s\tformat\t%s\n", name, format[s->format])) < 0 || s->format == RS_FORMAT_GUESS)
		return rc;
	if ((rc = rs_buf_addf(out, err, "%s\tencoding\t%s\n", name, s->encoding == RS_ENCODING_UTF8 ? "utf-8" : "latin1")) < 0)
		return rc;
	if (s->format != RS_FORMAT_JSONL &&
	    ((rc = rs_buf_addf(out, err, "%s\tline end\t%s\n", name, s->dialect.eol == '\r' ? "cr" : "lf")) < 0 ||
	     (rc = rs_buf_addf(out, err, "%s\tdelimiter\t%s\n", name, delimiter_word(q, sizeof q, &s->dialect))) < 0 ||
	     (rc = rs_buf_addf(out, err, "%s\tquoting\t%s\n", name, quoting[s->dialect.quoting])) < 0))
		return rc;
	if (cells && (rc = rs_buf_addf(out, err, "%s\theader\t%s\n", name, s->has_header ? "yes" : "no")) < 0)
		return rc;
	if ((rc = describe_columns(out, "column", s->column, s->n_columns, name, err)) < 0 ||
	    (rc = describe_columns(out, "member", s->member, s->n_members, name, err)) < 0)
		return rc;
	return time ? rs_buf_addf(out, err, "%s\ttime unit\t%s\n", name, rs_time_unit_name[s->time_unit]) : 0;
}
