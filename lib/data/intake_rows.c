/* intake_rows.c -- one tile: records into cells, cells into codes and numbers, bad rows set aside. */
#include "lib/data/intake_parts.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/schema.h"
#include "lib/data/utf8.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define REFUSED 1 /* a row is bad, the worker says why */

static int refuse(struct intake_worker *w, uint32_t cell, const char *what, const struct rs_cell *c, const char *expected)
{
	char q[RS_QUOTE_MAX];

	w->reason_cell = cell;
	rs_fail(&w->reason, RS_EDATA, "%s %s: expected %s", what, rs_quote(q, sizeof q, c->p == NULL ? "" : c->p, c->n),
	        expected);
	return REFUSED;
}

static int refuse_text(struct intake_worker *w, uint32_t cell, const char *text)
{
	w->reason_cell = cell;
	rs_fail(&w->reason, RS_EDATA, "%s", text);
	return REFUSED;
}

/* ---- checks: nothing of a row is kept before all of it is good ---- */

static int check_id(struct rs_intake *in, struct intake_worker *w, enum rs_role role)
{
	const struct rs_cell *c = &w->row.role[role];

	if (!w->row.has[role] || c->n == 0)
		return refuse(w, w->row.at[role], rs_role_name[role], c, "an id");
	if (c->n > RS_KEY_MAX)
		return refuse(w, w->row.at[role], rs_role_name[role], c, "an id of at most 1024 bytes");
	if (in->wish.has_schema && rs_avro_is_reserved_word(c->p, c->n))
		return refuse(w, w->row.at[role], rs_role_name[role], c, "an id, not a reserved word");
	return 0;
}

static int check_time(struct rs_intake *in, struct intake_worker *w, int64_t *time_s)
{
	const struct rs_cell *c = &w->row.role[RS_ROLE_TIME];
	uint32_t at = w->row.at[RS_ROLE_TIME];

	if (!in->has_time)
		return w->row.has[RS_ROLE_TIME] && c->n > 0 ? refuse(w, at, "time", c, "none, as the first row has none") : 0;
	if (!w->row.has[RS_ROLE_TIME])
		return refuse_text(w, 0, "no time: expected one, as the first row has one");
	if (!rs_time_read(in->shape.time_unit, c->p, c->n, time_s))
		return refuse(w, at, "time", c, rs_time_expected(in->shape.time_unit));
	return 0;
}

static int check_value(struct rs_intake *in, struct intake_worker *w, float *value)
{
	const struct rs_cell *c = &w->row.role[RS_ROLE_VALUE];
	const struct rs_avro_field *f = in->role_field[RS_ROLE_VALUE];
	double v;

	*value = NAN;
	if (c->n == 0)
		return f != NULL && !f->nullable ? refuse(w, w->row.at[RS_ROLE_VALUE], "value", c, "a number") : 0;
	if (!rs_get_f64(c->p, c->n, &v) || fabs(v) > (double)FLT_MAX)
		return refuse(w, w->row.at[RS_ROLE_VALUE], "value", c, "a number");
	*value = (float)v;
	return 0;
}

static int check_type(struct rs_intake *in, struct intake_worker *w)
{
	const struct rs_cell *c = &w->row.role[RS_ROLE_TYPE];
	const struct rs_avro_field *f = in->role_field[RS_ROLE_TYPE];
	uint32_t at = w->row.at[RS_ROLE_TYPE];

	if (c->n == 0)
		return f != NULL && !f->nullable ? refuse(w, at, "event type", c, "one, as the schema has no null here") : 0;
	if (c->n > RS_KEY_MAX)
		return refuse(w, at, "event type", c, "at most 1024 bytes");
	if (w->key[RS_ROLE_TYPE] != NULL && rs_keymap_find(w->key[RS_ROLE_TYPE], c->p, c->n) != RS_NONE)
		return 0;
	if (!rs_utf8_valid(c->p, c->n))
		return refuse(w, at, "event type", c, "UTF-8, or --encoding latin1");
	if (in->wish.has_schema && rs_avro_is_reserved_word(c->p, c->n))
		return refuse(w, at, "event type", c, "a type, not a reserved word");
	return 0;
}

/* A part of a list of categories is a key of a dictionary. */
static bool parts_fit(const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		const char *bar = memchr(p, '|', (size_t)(end - p));

		if (bar == NULL)
			bar = end;
		if (bar - p > RS_KEY_MAX)
			return false;
		p = bar + 1;
	}
	return true;
}

static int check_attribute(struct rs_intake *in, struct intake_worker *w, const struct intake_attribute *a)
{
	const struct rs_avro_field *f = in->column[a->column].field;
	const struct rs_cell *c = &a->cell;
	const char *expected;

	if (c->n == 0 && (f == NULL || f->nullable))
		return 0;
	if (a->column < w->n_values && rs_values_find(&w->values[a->column], c->p, c->n) != RS_NONE)
		return 0;
	if (!rs_utf8_valid(c->p, c->n))
		return refuse(w, a->at, a->name, c, "UTF-8, or --encoding latin1");
	if (f != NULL && (expected = rs_avro_check(f, c->p, c->n)) != NULL)
		return refuse(w, a->at, a->name, c, expected);
	if (f != NULL && f->categorical && !parts_fit(c->p, c->n))
		return refuse(w, a->at, a->name, c, "categories of at most 1024 bytes");
	return 0;
}

/* The columns that the schema wants in every row and an object may lack. */
static int check_missing(struct rs_intake *in, struct intake_worker *w)
{
	const struct rs_avro *known = in->wish.has_schema ? &in->wish.schema : &in->wish.domain;
	char text[RS_AVRO_NAME_MAX + 64];

	for (uint32_t i = 0; i < known->n; i++) {
		const struct rs_avro_field *f = &known->field[i];
		bool found = f->nullable || f->role != RS_ROLE_NONE;

		for (size_t k = 0; k < w->row.n_attributes && !found; k++)
			found = in->column[w->row.attribute[k].column].field == f;
		if (!found) {
			snprintf(text, sizeof text, "no %s: expected it, as the schema has no null there", f->name);
			return refuse_text(w, 0, text);
		}
	}
	return 0;
}

/* ---- keeping a row ---- */

static int need_key(struct intake_worker *w, enum rs_role role, struct rs_err *err)
{
	return w->key[role] == NULL ? rs_keymap_new(&w->key[role], err) : 0;
}

static int add_key(struct intake_worker *w, enum rs_role role, const struct rs_cell *c, uint32_t *ix, struct rs_err *err)
{
	int rc = need_key(w, role, err);

	return rc < 0 ? rc : rs_keymap_add(w->key[role], c->p, c->n, ix, err);
}

static int add_type(struct rs_intake *in, struct intake_worker *w, uint64_t row, struct rs_err *err)
{
	uint32_t ix;
	int rc;

	in->type[row] = UINT16_MAX;
	if (w->row.role[RS_ROLE_TYPE].n == 0)
		return 0;
	if ((rc = add_key(w, RS_ROLE_TYPE, &w->row.role[RS_ROLE_TYPE], &ix, err)) < 0)
		return rc;
	if (ix >= UINT16_MAX)
		return rs_fail(err, RS_EDATA, "%s: more than %d types of events", in->name, UINT16_MAX);
	in->type[row] = (uint16_t)ix;
	return 0;
}

/* The codes of a column in this tile, all null at first. */
static int need_codes(struct intake_piece *p, uint32_t column, struct rs_err *err)
{
	size_t cap = p->n_codes;

	if (column >= p->n_codes) {
		if (rs_grow(&p->code, &cap, (size_t)column + 1, sizeof *p->code, err) < 0)
			return RS_ENOMEM;
		memset(p->code + p->n_codes, 0, (cap - p->n_codes) * sizeof *p->code);
		p->n_codes = (uint32_t)cap;
	}
	if (p->code[column] == NULL) {
		if ((p->code[column] = rs_array(p->room, sizeof *p->code[column], err)) == NULL)
			return RS_ENOMEM;
		memset(p->code[column], 0xff, p->room * sizeof *p->code[column]);
	}
	return 0;
}

static int need_values(struct intake_worker *w, uint32_t column, struct rs_err *err)
{
	size_t before = w->cap_values;

	if (column < w->n_values)
		return 0;
	if (rs_grow(&w->values, &w->cap_values, (size_t)column + 1, sizeof *w->values, err) < 0)
		return RS_ENOMEM;
	memset(w->values + before, 0, (w->cap_values - before) * sizeof *w->values);
	w->n_values = (uint32_t)w->cap_values;
	return 0;
}

static int add_attribute(struct intake_worker *w, struct intake_piece *p, const struct intake_attribute *a, struct rs_err *err)
{
	int rc;

	if (a->cell.n == 0)
		return 0;
	if ((rc = need_values(w, a->column, err)) < 0 || (rc = need_codes(p, a->column, err)) < 0)
		return rc;
	return rs_values_add(&w->values[a->column], a->cell.p, a->cell.n, &p->code[a->column][p->n], err);
}

/* The ids of the rows that wait are looked up. */
static int flush(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err)
{
	enum rs_role key = rs_table_key(in->wish.kind);
	uint64_t row = t->piece.first + t->piece.n - w->n_waiting;
	size_t n = w->n_waiting;
	int rc;

	w->n_waiting = w->waiting.n = 0;
	if (n == 0)
		return 0;
	if ((rc = need_key(w, key, err)) < 0 ||
	    (rc = rs_keymap_add_all(w->key[key], w->user_waiting, n, &in->user[row], err)) < 0 ||
	    !rs_table_has_events(in->wish.kind))
		return rc;
	if ((rc = need_key(w, RS_ROLE_ITEM, err)) < 0)
		return rc;
	return rs_keymap_add_all(w->key[RS_ROLE_ITEM], w->item_waiting, n, &in->item[row], err);
}

/* An id to wait: as it stands in the tile, or a copy. Room for the copies was made before. */
static struct rs_key waiting_key(struct intake_worker *w, const struct intake_tile *t, const struct rs_cell *c)
{
	char *copy = w->waiting.p + w->waiting.n;

	if (c->p >= t->p && c->p < t->p + t->n)
		return (struct rs_key){ c->p, c->n };
	memcpy(copy, c->p, c->n);
	w->waiting.n += c->n;
	return (struct rs_key){ copy, c->n };
}

static void set_role(struct intake_row *r, enum rs_role role, uint32_t at, struct rs_cell c)
{
	r->role[role] = c;
	r->at[role] = at;
	r->has[role] = true;
}

/* Somebody without a name is the visitor of a session. */
static void name_visitor(struct intake_row *r)
{
	if (r->role[RS_ROLE_USER].n > 0)
		return;
	for (size_t i = 0; i < r->n_attributes; i++) {
		const struct intake_attribute *a = &r->attribute[i];

		if (a->cell.n > 0 && rs_name_is(a->name, "sessionid"))
			set_role(r, RS_ROLE_USER, a->at, a->cell);
	}
}

/* The row of w into the arrays, or REFUSED. */
static int take_row(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err)
{
	bool events = rs_table_has_events(in->wish.kind);
	uint64_t row = t->piece.first + t->piece.n;
	enum rs_role key = rs_table_key(in->wish.kind);
	float value = NAN;
	int64_t time_s = 0;
	int rc;

	if (events)
		name_visitor(&w->row);
	if ((rc = check_id(in, w, key)) != 0)
		return rc;
	if (events && ((rc = check_id(in, w, RS_ROLE_ITEM)) != 0 || (rc = check_time(in, w, &time_s)) != 0 ||
	               (rc = check_value(in, w, &value)) != 0 || (rc = check_type(in, w)) != 0))
		return rc;
	for (size_t i = 0; i < w->row.n_attributes; i++)
		if ((rc = check_attribute(in, w, &w->row.attribute[i])) != 0)
			return rc;
	if (in->shape.format == RS_FORMAT_JSONL && (rc = check_missing(in, w)) != 0)
		return rc;

	w->user_waiting[w->n_waiting] = waiting_key(w, t, &w->row.role[key]);
	if (events)
		w->item_waiting[w->n_waiting] = waiting_key(w, t, &w->row.role[RS_ROLE_ITEM]);
	if (in->has_time)
		in->time_s[row] = time_s;
	if (in->has_value)
		in->value[row] = value;
	if (in->has_type && (rc = add_type(in, w, row, err)) < 0)
		return rc;
	for (size_t i = 0; i < w->row.n_attributes; i++)
		if ((rc = add_attribute(w, &t->piece, &w->row.attribute[i], err)) < 0)
			return rc;
	t->piece.n++;
	return ++w->n_waiting == INTAKE_WAITING ? flush(in, t, w, err) : 0;
}

/* ---- bad rows ---- */

/* Notes the row that w->reason speaks of. */
static int note_bad(struct intake_tile *t, const struct intake_worker *w, uint64_t line, const char *p, size_t n,
                    uint32_t rows, struct rs_err *err)
{
	struct intake_bad *b;

	if (rs_grow(&t->bad, &t->cap_bad, t->n_bad + 1, sizeof *t->bad, err) < 0)
		return RS_ENOMEM;
	b = &t->bad[t->n_bad];
	*b = (struct intake_bad){ line, w->reason_cell, rows, p, n, t->reasons.n };
	if (rs_buf_add(&t->reasons, w->reason.text, strlen(w->reason.text) + 1, err) < 0)
		return RS_ENOMEM;
	t->n_bad++;
	t->n_rows_bad += rows;
	return 0;
}

/* ---- cells on their way into a row ---- */

static bool is_null(const struct rs_intake *in, const struct rs_cell *c)
{
	const char *null = in->wish.o->null;

	return null != NULL && strlen(null) == c->n && c->n > 0 && memcmp(null, c->p, c->n) == 0;
}

/* The text of a cell in UTF-8; room for the whole record was made before. */
static struct rs_cell convert(struct rs_intake *in, struct intake_worker *w, struct rs_cell c, bool id)
{
	size_t start = w->converted.n;

	if (is_null(in, &c))
		return (struct rs_cell){ NULL, 0 };
	if (in->shape.encoding != RS_ENCODING_LATIN1 || (id && !in->shape.convert_ids) || rs_is_ascii(c.p, c.n))
		return c;
	w->converted.n += rs_latin1_to_utf8(w->converted.p + start, c.p, c.n);
	return (struct rs_cell){ w->converted.p + start, w->converted.n - start };
}

static int begin_record(struct rs_intake *in, struct intake_worker *w, size_t n, struct rs_err *err)
{
	w->converted.n = 0;
	return in->shape.encoding == RS_ENCODING_LATIN1 ? rs_buf_reserve(&w->converted, 2 * n + 1, err) : 0;
}

static void set_event_type(struct rs_intake *in, struct intake_row *r)
{
	const char *type = in->wish.o->event_type;

	if (type != NULL && in->wish.kind == RS_TABLE_EVENTS)
		set_role(r, RS_ROLE_TYPE, 0, (struct rs_cell){ type, strlen(type) });
}

static int need_attributes(struct intake_row *r, size_t n, struct rs_err *err)
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
		return refuse_text(w, 0, text);
	}
	r->n_attributes = 0;
	for (size_t i = 0; i < s->n_columns; i++) {
		enum rs_role role = s->column[i].role;
		struct rs_cell c = w->split.cell[i];

		if (role != RS_ROLE_NONE) {
			c = convert(in, w, c, role == RS_ROLE_USER || role == RS_ROLE_ITEM);
			set_role(r, role, (uint32_t)i + 1, c);
		} else if (in->column_of[i] != RS_NONE) {
			c = convert(in, w, c, false);
			r->attribute[r->n_attributes++] =
			        (struct intake_attribute){ s->column[i].name, in->column_of[i], (uint32_t)i + 1, c };
		}
	}
	return take_row(in, t, w, err);
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
		set_role(&w->row, RS_ROLE_USER, 0, (struct rs_cell){ number, k });
	} else {
		set_role(&w->row, RS_ROLE_USER, 1, convert(in, w, cell[0], true));
		if (n == 1) { /* somebody who did nothing */
			uint32_t ix;

			rc = check_id(in, w, RS_ROLE_USER);
			return rc != 0 ? rc : add_key(w, RS_ROLE_USER, &w->row.role[RS_ROLE_USER], &ix, err);
		}
	}
	for (size_t i = sessions ? 0 : 1; i < n; i++) {
		set_role(&w->row, RS_ROLE_ITEM, (uint32_t)i + 1, convert(in, w, cell[i], true));
		if ((rc = check_id(in, w, RS_ROLE_USER)) != 0 || (rc = check_id(in, w, RS_ROLE_ITEM)) != 0)
			return rc;
	}
	w->converted.n = 0;
	if (!sessions)
		set_role(&w->row, RS_ROLE_USER, 1, convert(in, w, cell[0], true));
	for (size_t i = sessions ? 0 : 1; i < n; i++) {
		set_role(&w->row, RS_ROLE_ITEM, (uint32_t)i + 1, convert(in, w, cell[i], true));
		if ((rc = take_row(in, t, w, err)) != 0)
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
		return refuse_text(w, 0, r->bad);
	if (memchr(p, 0, r->n) != NULL)
		return refuse_text(w, 0, "a byte of value 0: expected text");
	if (in->shape.has_header && r->n == in->shape.header.n && memcmp(p, in->shape.header.p, r->n) == 0)
		return refuse_text(w, 0, "the header once more: expected a row");
	if ((rc = begin_record(in, w, r->n, err)) < 0 || (rc = rs_record_split(&w->split, p, r, err)) < 0)
		return rc;
	return in->shape.format == RS_FORMAT_LISTS || in->shape.format == RS_FORMAT_SESSIONS ? take_list(in, t, w, line, err) :
	                                                                                       take_cells(in, t, w, err);
}

/* ---- JSON Lines ---- */

/* What a member of this name is; found once per name and worker. */
static int find_member(struct rs_intake *in, struct intake_worker *w, const struct rs_named_cell *c,
                       struct intake_member **out, struct rs_err *err)
{
	const struct rs_spec_entry *e, *ignored;
	struct intake_member *m;
	uint32_t ix, before;
	const char *name = c->name;
	size_t n = c->n_name;
	int rc;

	if (w->member_map == NULL && (rc = rs_keymap_new(&w->member_map, err)) < 0)
		return rc;
	before = rs_keymap_count(w->member_map);
	if ((rc = rs_keymap_add(w->member_map, name, n, &ix, err)) < 0 ||
	    (rc = rs_grow(&w->member, &w->cap_members, (size_t)ix + 1, sizeof *w->member, err)) < 0)
		return rc;
	*out = m = &w->member[ix];
	if (ix < before)
		return 0;
	e = rs_spec_find(&in->wish.columns, name, n, 0);
	ignored = rs_spec_find(&in->wish.ignore, name, n, 0);
	if (e != NULL) {
		name = e->name;
		n = strlen(name);
	}
	m->role = rs_role_of(in->wish.kind, in->wish.has_schema && e == NULL, name, n, &m->rank);
	m->rank = e != NULL ? 0 : m->rank + 1;
	m->ignored = ignored != NULL && (strcmp(ignored->column, "*") != 0 || (m->role == RS_ROLE_NONE && e == NULL));
	m->column = RS_NONE;
	m->session = e == NULL && rs_table_has_events(in->wish.kind) && rs_name_is(c->name, "sessionid");
	m->known = m->session || rs_avro_is_call_member(c->name, n);
	return 0;
}

static int member_column(struct rs_intake *in, struct intake_member *m, const struct rs_named_cell *c, struct rs_err *err)
{
	const struct rs_spec_entry *e;
	const char *name = c->name;
	size_t n = c->n_name;

	if (m->column != RS_NONE)
		return 0;
	if ((e = rs_spec_find(&in->wish.columns, name, n, 0)) != NULL) {
		name = e->name;
		n = strlen(name);
	}
	return intake_column_of(in, name, n, false, &m->column, err);
}

/* The members of one object into the row: for each role the best one, the others as attributes. */
static int take_object(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w,
                       const struct rs_named_cell *cell, size_t n, struct rs_err *err)
{
	struct intake_row *r = &w->row;
	size_t of_role[RS_ROLES];
	unsigned best[RS_ROLES];
	struct intake_member *m;
	char q[RS_QUOTE_MAX];
	int rc;

	memset(r->has, 0, sizeof r->has);
	memset(r->role, 0, sizeof r->role);
	memset(r->at, 0, sizeof r->at);
	r->n_attributes = 0;
	if (n > RS_COLUMNS_MAX)
		return refuse_text(w, 0, "an object of more than 1024 members: expected fewer");
	for (int role = 0; role < RS_ROLES; role++) {
		best[role] = UINT32_MAX;
		of_role[role] = SIZE_MAX;
	}
	for (size_t i = 0; i < n; i++) {
		if (cell[i].n_name > RS_COLUMN_NAME_MAX)
			return refuse_text(w, 0, "a name of more than 1024 bytes: expected a shorter one");
		if ((rc = find_member(in, w, &cell[i], &m, err)) < 0)
			return rc;
		if (m->role == RS_ROLE_NONE || m->ignored || cell[i].cell.p == NULL || m->rank >= best[m->role])
			continue;
		best[m->role] = m->rank;
		of_role[m->role] = i;
		set_role(r, m->role, 0, is_null(in, &cell[i].cell) ? (struct rs_cell){ NULL, 0 } : cell[i].cell);
	}
	if (need_attributes(r, n, err) < 0)
		return RS_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if ((rc = find_member(in, w, &cell[i], &m, err)) < 0)
			return rc;
		if (m->ignored || cell[i].cell.p == NULL || is_null(in, &cell[i].cell) ||
		    (m->role != RS_ROLE_NONE && of_role[m->role] == i && !m->session))
			continue;
		if ((rc = member_column(in, m, &cell[i], err)) < 0)
			return rc;
		if (in->wish.has_schema && !m->known && in->column[m->column].field == NULL) {
			w->reason_cell = 0;
			rs_fail(&w->reason, RS_EDATA, "member %s: expected it in the schema",
			        rs_quote(q, sizeof q, cell[i].name, cell[i].n_name));
			return REFUSED;
		}
		for (size_t k = 0; k < r->n_attributes; k++)
			if (r->attribute[k].column == m->column)
				return refuse(w, 0, "a second", &(struct rs_cell){ cell[i].name, cell[i].n_name },
				              "names that differ");
		r->attribute[r->n_attributes++] = (struct intake_attribute){ cell[i].name, m->column, 0, cell[i].cell };
	}
	if (in->wish.kind == RS_TABLE_EVENTS && in->wish.o->event_type != NULL && r->role[RS_ROLE_TYPE].n > 0)
		return refuse(w, 0, "event type", &r->role[RS_ROLE_TYPE], "none beside --event-type");
	set_event_type(in, r);
	return take_row(in, t, w, err);
}

/* A line with its rows, each of which may be bad by itself. */
static int take_line(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, const char *p,
                     const struct rs_record *r, uint64_t line, struct rs_err *err)
{
	const char *text = p;
	size_t n = r->n, from = 0;
	int rc;

	if (r->bad != NULL)
		return refuse_text(w, 0, r->bad);
	if ((rc = begin_record(in, w, n, err)) < 0)
		return rc;
	if (in->shape.encoding == RS_ENCODING_LATIN1) {
		n = rs_latin1_to_utf8(w->converted.p, text, n);
		text = w->converted.p;
	}
	if ((rc = rs_json_rows_parse(&w->json, text, n, &w->reason)) == RS_EDATA) {
		w->reason_cell = 0;
		return REFUSED;
	}
	if (rc < 0) {
		*err = w->reason;
		return rc;
	}
	for (size_t i = 0; i < w->json.n_rows; i++) {
		size_t end = w->json.row_end[i];

		rc = take_object(in, t, w, w->json.cell + from, end - from, err);
		if (rc == REFUSED)
			rc = note_bad(t, w, line, p, r->n, 1, err);
		if (rc < 0)
			return rc;
		from = end;
	}
	return 0;
}

/* ---- tiles ---- */

static int begin_tile(struct rs_intake *in, struct intake_worker *w, struct rs_err *err)
{
	w->split.d = &in->shape.dialect;
	memset(&w->row.has, 0, sizeof w->row.has);
	memset(&w->row.role, 0, sizeof w->row.role);
	memset(&w->row.at, 0, sizeof w->row.at);
	w->row.n_attributes = 0;
	set_event_type(in, &w->row);
	w->n_waiting = w->waiting.n = 0;
	if (rs_buf_reserve(&w->waiting, 2 * INTAKE_WAITING * RS_KEY_MAX, err) < 0)
		return RS_ENOMEM;
	return need_attributes(&w->row, in->shape.n_columns, err);
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
			rc = in->shape.format == RS_FORMAT_JSONL ? take_line(in, t, w, p, &r, line, err) :
			                                           take_record(in, t, w, p, &r, line, err);
			if (rc == REFUSED)
				rc = note_bad(t, w, line, p, r.n, rows_of(in, w), err);
			if (rc < 0)
				return rc;
			if (t->n_rows_bad > in->rejects->max)
				break; /* the import ends here */
		}
		line += r.lines;
	}
	return flush(in, t, w, err);
}
