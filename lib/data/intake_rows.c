/* intake_rows.c -- one tile: delimited records into cells, cells into rows, bad rows set aside. */
#include "lib/data/intake_row.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

#include <stdio.h>
#include <string.h>

bool intake_is_null(const struct rs_intake *in, const struct rs_cell *c)
{
	const char *null = in->wish.o->null;

	return null != NULL && strlen(null) == c->n && c->n > 0 && memcmp(null, c->p, c->n) == 0;
}

/* The text of a cell in UTF-8; room for the whole record was made before. */
static struct rs_cell convert(struct rs_intake *in, struct intake_worker *w, struct rs_cell c, bool id)
{
	size_t start = w->converted.n;

	if (intake_is_null(in, &c))
		return (struct rs_cell){ NULL, 0 };
	if (in->shape.encoding != RS_ENCODING_LATIN1 || (id && !in->shape.convert_ids) || rs_is_ascii(c.p, c.n))
		return c;
	w->converted.n += rs_latin1_to_utf8(w->converted.p + start, c.p, c.n);
	return (struct rs_cell){ w->converted.p + start, w->converted.n - start };
}

int intake_begin_record(struct rs_intake *in, struct intake_worker *w, size_t n, struct rs_err *err)
{
	w->converted.n = 0;
	return in->shape.encoding == RS_ENCODING_LATIN1 ? rs_buf_reserve(&w->converted, 2 * n + 1, err) : 0;
}

void intake_set_event_type(struct rs_intake *in, struct intake_row *r)
{
	const char *type = in->wish.o->event_type;

	if (type != NULL && in->wish.kind == RS_TABLE_EVENTS)
		intake_set_role(r, RS_ROLE_TYPE, 0, (struct rs_cell){ type, strlen(type) });
}

int intake_need_attributes(struct intake_row *r, size_t n, struct rs_err *err)
{
	return rs_grow(&r->attribute, &r->cap_attributes, n, sizeof *r->attribute, err);
}

/* ---- delimited text ---- */

static int take_cells(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err)
{
	const struct rs_shape *s = &in->shape;
	struct intake_row *r = &w->row;
	char text[96];

	if (w->split.n_cells != s->n_columns) {
		snprintf(text, sizeof text, "%zu cells: expected %zu", w->split.n_cells, s->n_columns);
		return intake_refuse_text(w, 0, text);
	}
	r->n_attributes = 0;
	for (size_t i = 0; i < s->n_columns; i++) {
		enum rs_role role = s->column[i].role;
		struct rs_cell c = w->split.cell[i];

		if (role != RS_ROLE_NONE) {
			c = convert(in, w, c, role == RS_ROLE_USER || role == RS_ROLE_ITEM);
			intake_set_role(r, role, (uint32_t)i + 1, c);
		} else if (in->column_of[i] != RS_NONE) {
			c = convert(in, w, c, false);
			r->attribute[r->n_attributes++] =
			        (struct intake_attribute){ s->column[i].name, in->column_of[i], (uint32_t)i + 1, c };
		}
	}
	return intake_take_row(in, t, w, err);
}

/* A user and items, or items alone; a bad cell costs the whole record. */
static int take_list(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, uint64_t line, struct rs_err *err)
{
	bool sessions = in->shape.format == RS_FORMAT_SESSIONS;
	const char *prefix = in->wish.o->session_prefix == NULL ? "" : in->wish.o->session_prefix;
	char number[RS_KEY_MAX + RS_NUM_MAX];
	struct rs_cell *cell = w->split.cell;
	size_t n = w->split.n_cells;
	int rc = 0;

	if (sessions) {
		size_t k = strlen(prefix);

		memcpy(number, prefix, k);
		k += rs_put_u64(number + k, in->lines_before + line);
		intake_set_role(&w->row, RS_ROLE_USER, 0, (struct rs_cell){ number, k });
	} else {
		intake_set_role(&w->row, RS_ROLE_USER, 1, convert(in, w, cell[0], true));
		if (n == 1) { /* somebody who did nothing */
			uint32_t ix;

			rc = intake_check_id(in, w, RS_ROLE_USER);
			return rc != 0 ? rc : intake_add_key(w, RS_ROLE_USER, &w->row.role[RS_ROLE_USER], &ix, err);
		}
	}
	for (size_t i = sessions ? 0 : 1; i < n; i++) {
		intake_set_role(&w->row, RS_ROLE_ITEM, (uint32_t)i + 1, convert(in, w, cell[i], true));
		if ((rc = intake_check_id(in, w, RS_ROLE_USER)) != 0 || (rc = intake_check_id(in, w, RS_ROLE_ITEM)) != 0)
			return rc;
	}
	w->converted.n = 0;
	if (!sessions)
		intake_set_role(&w->row, RS_ROLE_USER, 1, convert(in, w, cell[0], true));
	for (size_t i = sessions ? 0 : 1; i < n; i++) {
		intake_set_role(&w->row, RS_ROLE_ITEM, (uint32_t)i + 1, convert(in, w, cell[i], true));
		if ((rc = intake_take_row(in, t, w, err)) != 0)
			return rc;
	}
	return 0;
}

static uint32_t rows_of(const struct rs_intake *in, const struct intake_worker *w)
{
	if (in->shape.format == RS_FORMAT_SESSIONS)
		return w->split.n_cells > 0 ? (uint32_t)w->split.n_cells : 1;
	if (in->shape.format == RS_FORMAT_LISTS)
		return w->split.n_cells > 1 ? (uint32_t)w->split.n_cells - 1 : 1;
	return 1;
}

static int take_record(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, const char *p,
                       const struct rs_record *r, uint64_t line, struct rs_err *err)
{
	int rc;

	w->split.n_cells = 0;
	if (r->bad != NULL)
		return intake_refuse_text(w, 0, r->bad);
	if (memchr(p, 0, r->n) != NULL)
		return intake_refuse_text(w, 0, "a byte of value 0: expected text");
	if (in->shape.has_header && r->n == in->shape.header.n && memcmp(p, in->shape.header.p, r->n) == 0)
		return intake_refuse_text(w, 0, "the header once more: expected a row");
	if ((rc = intake_begin_record(in, w, r->n, err)) < 0 || (rc = rs_record_split(&w->split, p, r, err)) < 0)
		return rc;
	if (w->split.zero)
		return intake_refuse_text(w, 0, "a byte of value 0: expected text");
	return in->shape.format == RS_FORMAT_LISTS || in->shape.format == RS_FORMAT_SESSIONS ? take_list(in, t, w, line, err) :
	                                                                                       take_cells(in, t, w, err);
}

/* ---- tiles ---- */

static int begin_tile(struct rs_intake *in, struct intake_worker *w, struct rs_err *err)
{
	w->split.d = &in->shape.dialect;
	memset(&w->row.has, 0, sizeof w->row.has);
	memset(&w->row.role, 0, sizeof w->row.role);
	memset(&w->row.at, 0, sizeof w->row.at);
	w->row.n_attributes = 0;
	intake_set_event_type(in, &w->row);
	w->n_waiting = w->waiting.n = 0;
	if (rs_buf_reserve(&w->waiting, 2 * INTAKE_WAITING * RS_KEY_MAX, err) < 0)
		return RS_ENOMEM;
	return intake_need_attributes(&w->row, in->shape.n_columns, err);
}

int intake_read_tile(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err)
{
	uint64_t line = t->line;
	size_t at = 0;
	int rc;

	if ((rc = begin_tile(in, w, err)) < 0)
		return rc;
	while (at < t->n) {
		struct rs_record r;
		const char *p = t->p + at;

		rs_record_find(&in->shape.dialect, p, t->n - at, true, &r);
		if (t->open)
			r.bad = "a record of more than 1048576 bytes: expected a line end before";
		at += r.skip;
		if (!rs_is_blank_text(p, r.n)) {
			rc = in->shape.format == RS_FORMAT_JSONL ? intake_take_line(in, t, w, p, &r, line, err) :
			                                           take_record(in, t, w, p, &r, line, err);
			if (rc == INTAKE_REFUSED)
				rc = intake_note_bad(t, w, line, p, r.n, rows_of(in, w), err);
			if (rc < 0)
				return rc;
			if (t->n_rows_bad > in->rejects->max)
				break; /* the import ends here */
		}
		line += r.lines;
	}
	return intake_flush(in, t, w, err);
}
