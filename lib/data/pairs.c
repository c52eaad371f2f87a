/* pairs.c -- pairs of users and items from text, in their order. */
#include "lib/data/pairs.h"

#include "lib/base/mem.h"
#include "lib/data/jsonl.h"
#include "lib/data/shape.h"
#include "lib/data/source.h"
#include "lib/data/text_columns.h"

#include <string.h>

struct rs_pair_reader {
	struct rs_source *source;
	struct rs_shape_wish wish;
	struct rs_import_options options;
	struct rs_shape shape;
	struct rs_splitter split;
	struct rs_json_rows json;
	bool with_context;
	char *buf;
	size_t n, cap, at;
	bool eof;
	uint64_t line; /* of the byte at `at` */
	struct rs_pair_rows rows;
	struct rs_text_columns context; /* of rows, while they come in */
};

const char *rs_pair_id(const struct rs_pair_rows *r, size_t i, int which, size_t *n)
{
	size_t at = 2 * i + (size_t)which, from = at == 0 ? 0 : r->end[at - 1];

	*n = r->end[at] - from;
	return r->bytes.p + from;
}

static void release_context(struct rs_pair_rows *r)
{
	rs_columns_free(r->context, r->n_context);
	r->context = NULL;
	r->n_context = 0;
}

void rs_pair_reader_close(struct rs_pair_reader *r)
{
	if (r == NULL)
		return;
	rs_text_columns_release(&r->context);
	release_context(&r->rows);
	rs_buf_release(&r->rows.bytes);
	rs_free(r->rows.end);
	rs_json_rows_release(&r->json);
	rs_splitter_release(&r->split);
	rs_shape_release(&r->shape);
	rs_shape_wish_release(&r->wish);
	rs_source_close(r->source);
	rs_free(r->buf);
	rs_free(r);
}

/* More bytes behind those that are left. */
static int fill(struct rs_pair_reader *r, struct rs_err *err)
{
	size_t got;
	int rc;

	memmove(r->buf, r->buf + r->at, r->n - r->at);
	r->n -= r->at;
	r->at = 0;
	if (r->n == r->cap || r->eof)
		return 0;
	rc = rs_source_read(r->source, r->buf + r->n, r->cap - r->n, &got, err);
	r->eof = rc == 0 && got < r->cap - r->n;
	r->n += rc == 0 ? got : 0;
	return rc;
}

int rs_pair_reader_open(struct rs_pair_reader **out, const char *path, const char *columns, bool with_context,
                        struct rs_err *err)
{
	struct rs_pair_reader *r = rs_array0(1, sizeof *r, err);
	int rc;

	*out = NULL;
	if (r == NULL)
		return RS_ENOMEM;
	r->with_context = with_context;
	r->options.columns = columns;
	r->cap = 2 * RS_SAMPLE_BYTES;
	if ((rc = rs_shape_wish_make(&r->wish, RS_TABLE_EVENTS, &r->options, err)) < 0)
		goto fail;
	rc = RS_ENOMEM;
	if ((r->buf = rs_array(r->cap, 1, err)) == NULL || (rc = rs_source_open(&r->source, path, err)) < 0 ||
	    (rc = fill(r, err)) < 0 ||
	    (rc = rs_shape_find(&r->shape, &r->wish, rs_source_name(r->source), r->buf, r->n, r->eof, err)) < 0)
		goto fail;
	r->at = r->shape.skip;
	r->line = 1 + r->shape.skip_lines;
	r->split.d = &r->shape.dialect;
	*out = r;
	return 0;
fail:
	rs_pair_reader_close(r);
	return rc;
}

static int bad_row(const struct rs_pair_reader *r, const char *why, struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "%s:%llu: %s", rs_source_name(r->source), (unsigned long long)r->line, why);
}

static int add_id(struct rs_pair_reader *r, const struct rs_cell *cell, size_t which, struct rs_err *err)
{
	struct rs_pair_rows *rows = &r->rows;
	int rc;

	if (cell->p == NULL || cell->n == 0)
		return bad_row(r, which == 0 ? "no user: expected one in each row" : "no item: expected one in each row", err);
	if (cell->n > RS_KEY_MAX)
		return bad_row(r, "an id is longer than 1024 bytes", err);
	if ((rc = rs_grow(&rows->end, &rows->cap_end, 2 * rows->n + 2, sizeof *rows->end, err)) < 0 ||
	    (rc = rs_buf_add(&rows->bytes, cell->p, cell->n, err)) < 0)
		return rc;
	rows->end[2 * rows->n + which] = rows->bytes.n;
	return 0;
}

static int add_context(struct rs_pair_reader *r, const char *name, size_t n_name, const struct rs_cell *cell,
                       struct rs_err *err)
{
	int rc = rs_text_columns_add(&r->context, r->rows.n, name, n_name, cell->p, cell->p == NULL ? 0 : cell->n, err);

	if (rc == RS_EDATA)
		rs_fail_prefix(err, "%s:%llu", rs_source_name(r->source), (unsigned long long)r->line);
	return rc;
}

static int take_cells(struct rs_pair_reader *r, struct rs_err *err)
{
	const struct rs_cell *cell = r->split.cell;
	size_t user = r->shape.of_role[RS_ROLE_USER], item = r->shape.of_role[RS_ROLE_ITEM];
	int rc;

	if (user >= r->split.n_cells || item >= r->split.n_cells)
		return bad_row(r, "too few cells: expected a user and an item", err);
	if ((rc = add_id(r, &cell[user], 0, err)) < 0 || (rc = add_id(r, &cell[item], 1, err)) < 0)
		return rc;
	for (size_t c = 0; r->with_context && c < r->shape.n_columns && c < r->split.n_cells; c++) {
		const struct rs_shape_column *column = &r->shape.column[c];

		if (column->role == RS_ROLE_NONE && !column->ignored &&
		    (rc = add_context(r, column->name, strlen(column->name), &cell[c], err)) < 0)
			return rc;
	}
	r->rows.n++;
	return 0;
}

/* A member by what --columns says, or by its name. */
static enum rs_role role_of_member(const struct rs_pair_reader *r, const struct rs_named_cell *c, unsigned *rank)
{
	const struct rs_spec_entry *e = rs_spec_find(&r->wish.columns, c->name, c->n_name, 0);

	*rank = 0;
	for (int role = 0; e != NULL && role < RS_ROLES; role++)
		if (strcmp(e->name, rs_role_name[role]) == 0)
			return (enum rs_role)role;
	return rs_role_of(RS_TABLE_EVENTS, false, c->name, c->n_name, rank);
}

static int take_object(struct rs_pair_reader *r, const struct rs_named_cell *cell, size_t n, struct rs_err *err)
{
	static const struct rs_cell none = { NULL, 0 };
	const struct rs_cell *of[RS_ROLES] = { &none, &none, &none, &none, &none };
	unsigned best[RS_ROLES] = { 0 };
	int rc;

	for (size_t c = 0; c < n; c++) {
		unsigned rank;
		enum rs_role role = role_of_member(r, &cell[c], &rank);

		if (role == RS_ROLE_NONE) {
			if (r->with_context && (rc = add_context(r, cell[c].name, cell[c].n_name, &cell[c].cell, err)) < 0)
				return rc;
		} else if (of[role] == &none || rank < best[role]) {
			of[role] = &cell[c].cell;
			best[role] = rank;
		}
	}
	if ((rc = add_id(r, of[RS_ROLE_USER], 0, err)) < 0 || (rc = add_id(r, of[RS_ROLE_ITEM], 1, err)) < 0)
		return rc;
	r->rows.n++;
	return 0;
}

static int take_json(struct rs_pair_reader *r, const char *line, size_t n, struct rs_err *err)
{
	size_t from = 0;
	int rc = rs_json_rows_parse(&r->json, line, n, err);

	if (rc < 0) {
		rs_fail_prefix(err, "%s:%llu", rs_source_name(r->source), (unsigned long long)r->line);
		return rc;
	}
	for (size_t i = 0; i < r->json.n_rows && rc == 0; i++) {
		rc = take_object(r, r->json.cell + from, r->json.row_end[i] - from, err);
		from = r->json.row_end[i];
	}
	return rc;
}

/* One record at `at`; *more: whether there was one. */
static int take_record(struct rs_pair_reader *r, bool *more, struct rs_err *err)
{
	struct rs_record rec;
	const char *p;
	int rc = 0;

	*more = false;
	if (r->at == r->n || !rs_record_find(r->split.d, r->buf + r->at, r->n - r->at, r->eof, &rec)) {
		if (r->eof || (rc = fill(r, err)) < 0 || r->n == 0 ||
		    !rs_record_find(r->split.d, r->buf, r->n, r->eof, &rec))
			return rc;
	}
	*more = true;
	p = r->buf + r->at;
	if (rec.open)
		return bad_row(r, "a row is longer than 1 MiB", err);
	if (rs_is_blank_text(p, rec.n)) {
		rc = 0;
	} else if (r->shape.format == RS_FORMAT_JSONL) {
		rc = take_json(r, p, rec.n, err);
	} else if (rec.bad != NULL) {
		rc = bad_row(r, rec.bad, err);
	} else if ((rc = rs_record_split(&r->split, p, &rec, err)) < 0) {
		if (rc == RS_EDATA)
			rs_fail_prefix(err, "%s:%llu", rs_source_name(r->source), (unsigned long long)r->line);
	} else {
		rc = take_cells(r, err);
	}
	r->at += rec.skip;
	r->line += rec.lines;
	return rc;
}

int rs_pair_reader_next(struct rs_pair_reader *r, size_t max, const struct rs_pair_rows **rows, struct rs_err *err)
{
	bool more = r->shape.format != RS_FORMAT_GUESS;
	int rc = 0;

	release_context(&r->rows);
	r->rows.n = 0;
	r->rows.bytes.n = 0;
	while (more && r->rows.n < max && rc == 0)
		rc = take_record(r, &more, err);
	if (rc == 0)
		rc = rs_text_columns_finish(&r->context, r->rows.n, &r->rows.context, &r->rows.n_context, err);
	*rows = &r->rows;
	return rc;
}
