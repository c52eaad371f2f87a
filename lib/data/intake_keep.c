/* intake_keep.c -- a good row into the arrays, a bad one into the notes. */
#include "lib/data/intake_row.h"

#include "lib/base/mem.h"
#include "lib/data/names.h"

#include <string.h>

static int need_key(struct intake_worker *w, enum rs_role role, struct rs_err *err)
{
	return w->key[role] == NULL ? rs_keymap_new(&w->key[role], err) : 0;
}

int intake_add_key(struct intake_worker *w, enum rs_role role, const struct rs_cell *c, uint32_t *ix, struct rs_err *err)
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
	if ((rc = intake_add_key(w, RS_ROLE_TYPE, &w->row.role[RS_ROLE_TYPE], &ix, err)) < 0)
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
int intake_flush(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err)
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

void intake_set_role(struct intake_row *r, enum rs_role role, uint32_t at, struct rs_cell c)
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
			intake_set_role(r, RS_ROLE_USER, a->at, a->cell);
	}
}

/* The row of w into the arrays, or INTAKE_REFUSED. */
int intake_take_row(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err)
{
	bool events = rs_table_has_events(in->wish.kind);
	uint64_t row = t->piece.first + t->piece.n;
	enum rs_role key = rs_table_key(in->wish.kind);
	float value;
	int64_t time_s;
	int rc;

	if (events)
		name_visitor(&w->row);
	if ((rc = intake_check_row(in, w, &time_s, &value)) != 0)
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
	return ++w->n_waiting == INTAKE_WAITING ? intake_flush(in, t, w, err) : 0;
}

/* ---- bad rows ---- */

/* Notes the row that w->reason speaks of. */
int intake_note_bad(struct intake_tile *t, const struct intake_worker *w, uint64_t line, const char *p, size_t n,
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
