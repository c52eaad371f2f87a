/* intake_json.c -- a line of JSON Lines: its objects into rows. */
#include "lib/data/intake_row.h"

#include "lib/base/mem.h"
#include "lib/base/utf8.h"
#include "lib/data/schema.h"

#include <string.h>

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
	pthread_mutex_lock(&in->lock);
	rs_shape_wish_meet(&in->wish, name, n, 0);
	pthread_mutex_unlock(&in->lock);
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
		return intake_refuse_text(w, 0, "an object of more than 1024 members: expected fewer");
	for (int role = 0; role < RS_ROLES; role++) {
		best[role] = UINT32_MAX;
		of_role[role] = SIZE_MAX;
	}
	for (size_t i = 0; i < n; i++) {
		if (cell[i].n_name > RS_COLUMN_NAME_MAX)
			return intake_refuse_text(w, 0, "a name of more than 1024 bytes: expected a shorter one");
		if ((rc = find_member(in, w, &cell[i], &m, err)) < 0)
			return rc;
		if (m->role == RS_ROLE_NONE || m->ignored || cell[i].cell.p == NULL || m->rank >= best[m->role])
			continue;
		best[m->role] = m->rank;
		of_role[m->role] = i;
		intake_set_role(r, m->role, 0, intake_is_null(in, &cell[i].cell) ? (struct rs_cell){ NULL, 0 } : cell[i].cell);
	}
	if (intake_need_attributes(r, n, err) < 0)
		return RS_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if ((rc = find_member(in, w, &cell[i], &m, err)) < 0)
			return rc;
		if (m->ignored || cell[i].cell.p == NULL || intake_is_null(in, &cell[i].cell) ||
		    (m->role != RS_ROLE_NONE && of_role[m->role] == i && !m->session))
			continue;
		if ((rc = member_column(in, m, &cell[i], err)) < 0)
			return rc;
		if (in->wish.has_schema && !m->known && in->column[m->column].field == NULL) {
			w->reason_cell = 0;
			rs_fail(&w->reason, RS_EDATA, "member %s: expected it in the schema",
			        rs_quote(q, sizeof q, cell[i].name, cell[i].n_name));
			return INTAKE_REFUSED;
		}
		for (size_t k = 0; k < r->n_attributes; k++)
			if (r->attribute[k].column == m->column)
				return intake_refuse(w, 0, "a second", &(struct rs_cell){ cell[i].name, cell[i].n_name },
				              "names that differ");
		r->attribute[r->n_attributes++] = (struct intake_attribute){ cell[i].name, m->column, 0, cell[i].cell };
	}
	if (in->wish.kind == RS_TABLE_EVENTS && in->wish.o->event_type != NULL && r->role[RS_ROLE_TYPE].n > 0)
		return intake_refuse(w, 0, "event type", &r->role[RS_ROLE_TYPE], "none beside --event-type");
	intake_set_event_type(in, r);
	return intake_take_row(in, t, w, err);
}

/* A line with its rows, each of which may be bad by itself. */
int intake_take_line(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, const char *p,
                     const struct rs_record *r, uint64_t line, struct rs_err *err)
{
	const char *text = p;
	size_t n = r->n, from = 0;
	int rc;

	if (r->bad != NULL)
		return intake_refuse_text(w, 0, r->bad);
	if ((rc = intake_begin_record(in, w, n, err)) < 0)
		return rc;
	if (in->shape.encoding == RS_ENCODING_LATIN1) {
		n = rs_latin1_to_utf8(w->converted.p, text, n);
		text = w->converted.p;
	}
	if ((rc = rs_json_rows_parse(&w->json, text, n, &w->reason)) == RS_EDATA) {
		w->reason_cell = 0;
		return INTAKE_REFUSED;
	}
	if (rc < 0) {
		*err = w->reason;
		return rc;
	}
	for (size_t i = 0; i < w->json.n_rows; i++) {
		size_t end = w->json.row_end[i];

		rc = take_object(in, t, w, w->json.cell + from, end - from, err);
		if (rc == INTAKE_REFUSED)
			rc = intake_note_bad(t, w, line, p, r->n, 1, err);
		if (rc < 0)
			return rc;
		from = end;
	}
	return 0;
}
