/* shape.c -- what a file of text looks like: format, header, columns, unit of times. */
#include "lib/data/shape.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/jsonl.h"
#include "lib/data/schema.h"
#include "lib/data/utf8.h"

#include <stdio.h>
#include <string.h>

static const char *const key_option[RS_TABLES] = { "--columns", "--user-columns", "--item-columns", "--action-columns",
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
		rs_fail_prefix(err, "%s", key_option[kind]);
	} else if ((rc = rs_spec_parse_list(&w->ignore, o->ignore, err)) < 0) {
		rs_fail_prefix(err, "--ignore");
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
	rs_avro_release(&w->schema);
	rs_avro_release(&w->domain);
}

/* ---- what cannot be read at all ---- */

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
	};
	size_t zeros = 0;

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (n >= known[i].n && memcmp(p, known[i].magic, known[i].n) == 0)
			return rs_fail(err, RS_EDATA, "%s: %s", name, known[i].what);
	for (size_t i = 0; i < n && i < 64; i++)
		zeros += p[i] == 0;
	if (zeros >= 8 && zeros * 3 > (n < 64 ? n : 64))
		return rs_fail(err, RS_EDATA, "%s: %s", name, known[0].what);
	return 0;
}

/* ---- columns of delimited text ---- */

static bool is_number(const struct rs_cell *c)
{
	double v;

	return rs_get_f64(c->p, c->n, &v);
}

/* What the sample tells beside the cells of the first record. */
struct survey {
	struct rs_cell *first; /* n cells of the first record, in `text` */
	size_t n;
	struct rs_buf text;
	struct rs_record record;
	size_t start, skip; /* of the first record */
	uint64_t lines;
	bool *all_numbers;  /* by column: all others are numbers or empty, and one is a number */
	bool *any_number;
	struct rs_time_vote *vote; /* n */
};

static void survey_release(struct survey *v)
{
	rs_free(v->first);
	rs_free(v->all_numbers);
	rs_free(v->any_number);
	rs_free(v->vote);
	rs_buf_release(&v->text);
}

static int survey_first(struct survey *v, const struct rs_sample *s, struct rs_err *err)
{
	int rc;

	v->n = s->split.n_cells;
	v->record = s->record;
	v->start = s->at - s->record.skip;
	v->skip = s->at;
	v->lines = s->n_lines;
	if ((v->first = rs_array(v->n, sizeof *v->first, err)) == NULL ||
	    (v->all_numbers = rs_array(v->n, sizeof *v->all_numbers, err)) == NULL ||
	    (v->any_number = rs_array0(v->n, sizeof *v->any_number, err)) == NULL ||
	    (v->vote = rs_array0(v->n, sizeof *v->vote, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < v->n; i++) {
		v->all_numbers[i] = true;
		v->first[i].n = s->split.cell[i].n;
		if ((rc = rs_buf_add(&v->text, s->split.cell[i].p, s->split.cell[i].n, err)) < 0)
			return rc;
	}
	for (size_t i = 0, at = 0; i < v->n; at += v->first[i++].n)
		v->first[i].p = v->text.p == NULL ? "" : v->text.p + at;
	return 0;
}

/* Reads the sample once; v->n is 0 where there is no record. */
static int survey_make(struct survey *v, const struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_err *err)
{
	struct rs_sample s = { .p = p, .n = n, .eof = eof, .split = { .d = d } };
	int rc;

	memset(v, 0, sizeof *v);
	while ((rc = rs_sample_next(&s, err)) > 0) {
		if (v->first == NULL) {
			if ((rc = survey_first(v, &s, err)) < 0)
				break;
			continue;
		}
		for (size_t i = 0; i < v->n && i < s.split.n_cells; i++) {
			const struct rs_cell *c = &s.split.cell[i];
			bool number = is_number(c);

			v->all_numbers[i] &= number || c->n == 0;
			v->any_number[i] |= number;
			rs_time_vote(&v->vote[i], c->p, c->n);
		}
	}
	rs_splitter_release(&s.split);
	return rc;
}

static bool same_name(const char *a, size_t na, const char *b, size_t nb)
{
	char fa[RS_FOLD_MAX], fb[RS_FOLD_MAX];
	size_t n = rs_name_fold(fa, a, na);

	return n > 0 && rs_name_fold(fb, b, nb) == n && memcmp(fa, fb, n) == 0;
}

/* Whether the first record is a header, as far as it can be told. */
static bool looks_like_header(const struct rs_shape_wish *w, const struct survey *v)
{
	size_t n_named = 0;

	for (size_t i = 0; i < v->n && i < w->columns.n && w->columns.in_order; i++)
		n_named += same_name(w->columns.entry[i].name, strlen(w->columns.entry[i].name), v->first[i].p, v->first[i].n);
	if (n_named > 0)
		return true;
	for (size_t i = 0; i < w->columns.n && !w->columns.in_order; i++)
		if (w->columns.entry[i].number == 0)
			return true; /* a column is asked for by name */
	for (size_t i = 0; i < v->n; i++) {
		const struct rs_cell *c = &v->first[i];
		unsigned rank;
		enum rs_role role = rs_role_of(w->kind, false, c->p, c->n, &rank);

		if (c->n == 0 || is_number(c))
			continue;
		if (v->any_number[i] && v->all_numbers[i])
			return true; /* a word above numbers */
		if (role == RS_ROLE_USER || role == RS_ROLE_ITEM)
			return true;
		if (w->has_schema && rs_avro_find(&w->schema, c->p, c->n) != NULL)
			return true;
	}
	return false;
}

static char *column_name(const struct rs_shape_wish *w, const struct rs_shape *s, const struct survey *v, size_t i,
                         struct rs_err *err)
{
	const struct rs_spec_entry *e;
	const char *p = s->has_header ? v->first[i].p : NULL;
	size_t n = s->has_header ? v->first[i].n : 0;
	char made[32], *name;

	e = rs_spec_find(&w->columns, p == NULL ? "" : p, n, (uint32_t)i + 1);
	if (e != NULL)
		return rs_strndup(e->name, strlen(e->name), err);
	if (n == 0 && !s->has_header && w->has_schema && w->schema.n == v->n) {
		p = w->schema.field[i].name;
		n = strlen(p);
	}
	if (n == 0) {
		p = made;
		n = (size_t)snprintf(made, sizeof made, "column%zu", i + 1);
	}
	if (s->encoding != RS_ENCODING_LATIN1)
		return rs_strndup(p, n, err);
	if ((name = rs_array(2 * n + 1, 1, err)) != NULL)
		name[rs_latin1_to_utf8(name, p, n)] = 0;
	return name;
}

/* The roles that the user named, then for each role the best name. */
static void find_roles(const struct rs_shape_wish *w, struct rs_shape *s, const struct survey *v)
{
	unsigned best[RS_ROLES];

	for (int r = 0; r < RS_ROLES; r++)
		best[r] = UINT32_MAX;
	for (size_t i = 0; i < s->n_columns; i++) {
		struct rs_shape_column *c = &s->column[i];
		const struct rs_spec_entry *e = rs_spec_find(&w->columns, s->has_header ? v->first[i].p : "",
		                                             s->has_header ? v->first[i].n : 0, (uint32_t)i + 1);
		unsigned rank;
		enum rs_role role = rs_role_of(w->kind, w->has_schema && e == NULL, c->name, strlen(c->name), &rank);

		if (c->ignored || role == RS_ROLE_NONE)
			continue;
		if (e != NULL)
			rank = 0;
		else
			rank++;
		if (rank >= best[role])
			continue;
		if (s->of_role[role] != SIZE_MAX)
			s->column[s->of_role[role]].role = RS_ROLE_NONE;
		best[role] = rank;
		s->of_role[role] = i;
		c->role = role;
	}
}

static bool is_ignored(const struct rs_shape_wish *w, const struct rs_shape *s, const struct survey *v, size_t i)
{
	const char *p = s->has_header ? v->first[i].p : "";
	size_t n = s->has_header ? v->first[i].n : 0;
	const struct rs_spec_entry *e = rs_spec_find(&w->ignore, p, n, (uint32_t)i + 1);

	if (w->columns.in_order && strcmp(s->column[i].name, "-") == 0)
		return true;
	return e != NULL && strcmp(e->column, "*") != 0;
}

/* With "*" all goes that has no role and was not asked for. */
static void ignore_the_rest(const struct rs_shape_wish *w, struct rs_shape *s, const struct survey *v)
{
	bool star = false;

	for (size_t i = 0; i < w->ignore.n; i++)
		star |= strcmp(w->ignore.entry[i].column, "*") == 0;
	for (size_t i = 0; i < s->n_columns && star; i++) {
		struct rs_shape_column *c = &s->column[i];

		if (c->role == RS_ROLE_NONE && rs_spec_find(&w->columns, s->has_header ? v->first[i].p : "",
		                                            s->has_header ? v->first[i].n : 0, (uint32_t)i + 1) == NULL)
			c->ignored = true;
	}
}

/* The names of the columns, for a message. */
static const char *list_names(char *out, size_t size, const struct rs_shape *s)
{
	char q[RS_QUOTE_MAX];
	size_t n = 0;

	out[0] = 0;
	for (size_t i = 0; i < s->n_columns && n + RS_QUOTE_MAX + 8 < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? ", " : "",
		                      rs_quote(q, sizeof q, s->column[i].name, strlen(s->column[i].name)));
	return out;
}

static int check_roles(const struct rs_shape_wish *w, const struct rs_shape *s, const char *name, struct rs_err *err)
{
	const char *const what[RS_ROLES] = { "users", w->kind >= RS_TABLE_ACTIONS ? "actions" : "items" };
	enum rs_role first = rs_table_key(w->kind), last = w->kind == RS_TABLE_USERS ? RS_ROLE_USER : RS_ROLE_ITEM;
	const char *example = rs_table_has_events(w->kind) ? "user=1,item=2" : first == RS_ROLE_USER ? "user=1" : "item=1";
	char names[600];

	for (int r = (int)first; r <= (int)last; r++) {
		if (s->of_role[r] != SIZE_MAX)
			continue;
		if (!s->has_header && w->columns.n == 0)
			return rs_fail(err, RS_EDATA,
			               "%s: no header that names a column of %s: expected one, or %s such as %s "
			               "(a record has %zu cells)",
			               name, what[r], key_option[w->kind], example, s->n_columns);
		return rs_fail(err, RS_EDATA, "%s: no column of %s among %s: name it with %s %s=NAME", name, what[r],
		               list_names(names, sizeof names, s), key_option[w->kind], rs_role_name[r]);
	}
	return 0;
}

static bool has_column(const struct rs_shape *s, const char *name)
{
	bool found = false;

	for (size_t k = 0; k < s->n_columns; k++)
		found |= !s->column[k].ignored &&
		         same_name(name, strlen(name), s->column[k].name, strlen(s->column[k].name));
	return found;
}

static int check_columns(const struct rs_shape_wish *w, const struct rs_shape *s, const struct survey *v, const char *name,
                         struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	for (size_t i = 0; i < w->columns.n && !w->columns.in_order; i++) {
		const struct rs_spec_entry *e = &w->columns.entry[i];
		bool found = e->number > 0 && e->number <= s->n_columns;

		for (size_t k = 0; k < v->n && s->has_header; k++)
			found |= same_name(e->column, strlen(e->column), v->first[k].p, v->first[k].n);
		if (!found)
			return rs_fail(err, RS_EDATA, "%s: no column %s: expected one of the %zu that are there (%s)", name,
			               rs_quote(q, sizeof q, e->column, strlen(e->column)), s->n_columns,
			               key_option[w->kind]);
	}
	if (w->columns.in_order && w->columns.n != s->n_columns)
		return rs_fail(err, RS_EDATA, "%s: %zu columns: expected %zu as in %s (\"-\" leaves one out)", name,
		               s->n_columns, w->columns.n, key_option[w->kind]);
	for (size_t i = 0; i < s->n_columns; i++) {
		const struct rs_shape_column *c = &s->column[i];

		if (c->ignored)
			continue;
		if (!rs_utf8_valid(c->name, strlen(c->name)))
			return rs_fail(err, RS_EDATA, "%s: name of column %zu, %s: expected UTF-8, or --encoding latin1", name,
			               i + 1, rs_quote(q, sizeof q, c->name, strlen(c->name)));
		for (size_t k = 0; k < i; k++)
			if (!s->column[k].ignored &&
			    same_name(c->name, strlen(c->name), s->column[k].name, strlen(s->column[k].name)))
				return rs_fail(err, RS_EDATA,
				               "%s: columns %zu and %zu are both called %s: rename one with %s, or --ignore it",
				               name, k + 1, i + 1, rs_quote(q, sizeof q, c->name, strlen(c->name)),
				               key_option[w->kind]);
		if (w->has_schema && rs_avro_find(&w->schema, c->name, strlen(c->name)) == NULL)
			return rs_fail(err, RS_EDATA, "%s: column %s is not in the schema: expected it there, or in --ignore",
			               name, rs_quote(q, sizeof q, c->name, strlen(c->name)));
	}
	for (uint32_t i = 0; i < w->schema.n; i++)
		if (!has_column(s, w->schema.field[i].name))
			return rs_fail(err, RS_EDATA, "%s: no column %s, which the schema has", name, w->schema.field[i].name);
	for (uint32_t i = 0; i < w->domain.n; i++) {
		const struct rs_avro_field *f = &w->domain.field[i];
		bool given = f->role != RS_ROLE_NONE && (s->of_role[f->role] != SIZE_MAX || w->o->event_type != NULL);

		if (!f->nullable && !given && !has_column(s, f->name))
			return rs_fail(err, RS_EDATA, "%s: no column %s, which domain %s needs", name, f->name,
			               rs_domain_name[w->o->domain]);
	}
	return 0;
}

static int find_columns(const struct rs_shape_wish *w, struct rs_shape *s, const struct survey *v, const char *name,
                        const char *p, struct rs_err *err)
{
	enum rs_header asked = w->o->header;
	int rc;

	if (v->n > RS_COLUMNS_MAX)
		return rs_fail(err, RS_EDATA, "%s: %zu columns: expected at most %d (is the delimiter right?)", name, v->n,
		               RS_COLUMNS_MAX);
	s->has_header = asked == RS_HEADER_YES || (asked == RS_HEADER_GUESS && looks_like_header(w, v));
	if (s->has_header) {
		if ((rc = rs_buf_add(&s->header, p + v->start, v->record.n, err)) < 0)
			return rc;
		s->skip = v->skip;
		s->skip_lines = v->lines;
	}
	if ((s->column = rs_array0(v->n, sizeof *s->column, err)) == NULL)
		return RS_ENOMEM;
	for (; s->n_columns < v->n; s->n_columns++) {
		struct rs_shape_column *c = &s->column[s->n_columns];

		if ((c->name = column_name(w, s, v, s->n_columns, err)) == NULL)
			return RS_ENOMEM;
		c->role = RS_ROLE_NONE;
		c->ignored = is_ignored(w, s, v, s->n_columns);
	}
	find_roles(w, s, v);
	ignore_the_rest(w, s, v);
	if ((rc = check_columns(w, s, v, name, err)) < 0)
		return rc;
	return check_roles(w, s, name, err);
}

static enum rs_time_unit choose_unit(const struct rs_import_options *o, const struct rs_time_vote *vote)
{
	return o->time_unit != RS_TIME_GUESS ? o->time_unit : rs_time_elected(vote);
}

static int shape_of_table(struct rs_shape *s, const struct rs_shape_wish *w, const char *name, const char *p, size_t n,
                          bool eof, struct rs_err *err)
{
	struct survey v;
	int rc;

	if ((rc = survey_make(&v, &s->dialect, p, n, eof, err)) < 0)
		goto out;
	if (v.first == NULL) {
		s->format = RS_FORMAT_GUESS;
		goto out;
	}
	if (v.n == 0) {
		rc = rs_fail(err, RS_EDATA, "%s:%llu: %s", name, (unsigned long long)v.lines, v.record.bad);
		goto out;
	}
	if ((rc = find_columns(w, s, &v, name, p, err)) < 0)
		goto out;
	if (s->of_role[RS_ROLE_TIME] != SIZE_MAX) {
		size_t i = s->of_role[RS_ROLE_TIME];

		if (!s->has_header)
			rs_time_vote(&v.vote[i], v.first[i].p, v.first[i].n);
		s->time_unit = choose_unit(w->o, &v.vote[i]);
	}
out:
	survey_release(&v);
	return rc;
}

/* ---- JSON Lines ---- */

/* The role of a member, as the user says or by its name. */
static enum rs_role member_role(const struct rs_shape_wish *w, const struct rs_named_cell *c)
{
	const struct rs_spec_entry *e = rs_spec_find(&w->columns, c->name, c->n_name, 0);
	unsigned rank;

	return e != NULL ? rs_role_of(w->kind, false, e->name, strlen(e->name), &rank) :
	                   rs_role_of(w->kind, w->has_schema, c->name, c->n_name, &rank);
}

static int shape_of_json(struct rs_shape *s, const struct rs_shape_wish *w, const char *p, size_t n, bool eof,
                         struct rs_err *err)
{
	struct rs_sample sample = { .p = p, .n = n, .eof = eof, .split = { .d = &s->dialect } };
	struct rs_json_rows rows = { 0 };
	struct rs_time_vote vote = { { 0 } };
	struct rs_err reason = RS_ERR_INIT;
	bool first = true;
	int rc;

	while ((rc = rs_sample_next(&sample, err)) > 0) {
		const char *line = p + sample.at - sample.record.skip;

		if ((rc = rs_json_rows_parse(&rows, line, sample.record.n, &reason)) == RS_ENOMEM) {
			*err = reason;
			break;
		}
		for (size_t i = 0; rc == 0 && i < rows.n_cells; i++) {
			const struct rs_named_cell *c = &rows.cell[i];

			if (c->cell.p == NULL || member_role(w, c) != RS_ROLE_TIME)
				continue;
			rs_time_vote(&vote, c->cell.p, c->cell.n);
			s->has_time |= first;
		}
		first = first && rc < 0;
	}
	s->time_unit = choose_unit(w->o, &vote);
	if (sample.n_records == 0)
		s->format = RS_FORMAT_GUESS;
	rs_json_rows_release(&rows);
	rs_splitter_release(&sample.split);
	return rc == RS_ENOMEM ? rc : 0;
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
		rc = shape_of_json(s, w, p, n, eof, err);
	} else if (s->format == RS_FORMAT_LISTS || s->format == RS_FORMAT_SESSIONS) {
		s->format = rs_is_blank_text(p, n) ? RS_FORMAT_GUESS : s->format;
	} else {
		size_t bom = s->skip;

		s->skip = 0;
		rc = shape_of_table(s, w, name, p, n, eof, err);
		s->skip += bom;
	}
	if (rc < 0)
		rs_shape_release(s);
	return rc;
}

void rs_shape_release(struct rs_shape *s)
{
	for (size_t i = 0; i < s->n_columns; i++)
		rs_free(s->column[i].name);
	rs_free(s->column);
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

int rs_shape_describe(struct rs_buf *out, const struct rs_shape *s, const char *name, const char *codec, struct rs_err *err)
{
	static const char *const format[] = { "empty", "csv", "csv", "jsonl", "lists", "sessions" };
	static const char *const quoting[] = { "", "rfc4180", "backslash", "none" };
	bool cells = s->format == RS_FORMAT_CSV || s->format == RS_FORMAT_TSV;
	bool time = cells ? s->of_role[RS_ROLE_TIME] != SIZE_MAX : s->format == RS_FORMAT_JSONL && s->has_time;
	char q[RS_QUOTE_MAX];
	int rc;

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
	for (size_t i = 0; i < s->n_columns; i++) {
		const struct rs_shape_column *c = &s->column[i];

		if ((rc = rs_buf_addf(out, err, "%s\tcolumn %zu\t%s\t%s\n", name, i + 1,
		                      c->ignored ? "ignored" : c->role == RS_ROLE_NONE ? "attribute" : rs_role_name[c->role],
		                      c->name)) < 0)
			return rc;
	}
	return time ? rs_buf_addf(out, err, "%s\ttime unit\t%s\n", name, rs_time_unit_name[s->time_unit]) : 0;
}
