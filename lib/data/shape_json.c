/* shape_json.c -- the members of JSON Lines: what the first rows hold, and which is which there.
 *
 * Every row finds its own members when it is read; what stands here is for people, and for the unit of times. */
#include "lib/data/shape_parts.h"

#include "lib/base/keymap.h"
#include "lib/base/mem.h"
#include "lib/data/jsonl.h"
#include "lib/data/schema.h"

#include <stdio.h>
#include <string.h>

struct looking {
	struct rs_shape *s;
	const struct rs_shape_wish *w;
	struct rs_keymap *map; /* names, numbered as s->member */
	size_t cap;
	struct rs_time_vote vote;
	bool first;            /* no row was read before */
};

/* The role of a member, as the user says or by its name; the lowest rank of a row has it. */
static enum rs_role member_role(const struct rs_shape_wish *w, const struct rs_named_cell *c, unsigned *rank)
{
	const struct rs_spec_entry *e = rs_spec_find(&w->columns, c->name, c->n_name, 0);
	enum rs_role role;

	if (e == NULL) {
		role = rs_role_of(w->kind, w->has_schema, c->name, c->n_name, rank);
		++*rank;
	} else {
		role = rs_role_of(w->kind, false, e->name, strlen(e->name), rank);
		*rank = 0;
	}
	return role;
}

static bool is_ignored(const struct rs_shape_wish *w, const struct rs_named_cell *c, enum rs_role role)
{
	const struct rs_spec_entry *e = rs_spec_find(&w->ignore, c->name, c->n_name, 0);

	return e != NULL && (strcmp(e->column, "*") != 0 ||
	                     (role == RS_ROLE_NONE && rs_spec_find(&w->columns, c->name, c->n_name, 0) == NULL));
}

/* The member of this name; NULL in *out above the limit of columns. */
static int find_member(struct looking *l, const struct rs_named_cell *c, struct rs_shape_column **out, struct rs_err *err)
{
	struct rs_shape *s = l->s;
	uint32_t ix;
	int rc;

	*out = NULL;
	if (c->n_name > RS_COLUMN_NAME_MAX ||
	    (s->n_members == RS_COLUMNS_MAX && rs_keymap_find(l->map, c->name, c->n_name) == RS_NONE))
		return 0;
	if ((rc = rs_keymap_add(l->map, c->name, c->n_name, &ix, err)) < 0 ||
	    (rc = rs_grow(&s->member, &l->cap, (size_t)ix + 1, sizeof *s->member, err)) < 0)
		return rc;
	*out = &s->member[ix];
	if (ix < s->n_members)
		return 0;
	(*out)->role = RS_ROLE_NONE;
	(*out)->ignored = false;
	if (((*out)->name = rs_strndup(c->name, c->n_name, err)) == NULL)
		return RS_ENOMEM;
	s->n_members++;
	return 0;
}

static int look_at_row(struct looking *l, const struct rs_named_cell *cell, size_t n, struct rs_err *err)
{
	size_t of_role[RS_ROLES];
	unsigned best[RS_ROLES], rank;
	struct rs_shape_column *m;
	enum rs_role role;
	int rc;

	for (int r = 0; r < RS_ROLES; r++) {
		best[r] = UINT32_MAX;
		of_role[r] = SIZE_MAX;
	}
	for (size_t i = 0; i < n; i++) {
		role = member_role(l->w, &cell[i], &rank);
		if (role == RS_ROLE_NONE || cell[i].cell.p == NULL || rank >= best[role] || is_ignored(l->w, &cell[i], role))
			continue;
		best[role] = rank;
		of_role[role] = i;
	}
	for (size_t i = 0; i < n; i++) {
		role = member_role(l->w, &cell[i], &rank);
		if ((rc = find_member(l, &cell[i], &m, err)) < 0)
			return rc;
		if (m == NULL)
			continue;
		m->ignored = is_ignored(l->w, &cell[i], role);
		if (role != RS_ROLE_NONE && of_role[role] == i)
			m->role = role;
	}
	return 0;
}

static void look_at_times(struct looking *l, const struct rs_named_cell *cell, size_t n)
{
	struct rs_shape *s = l->s;
	unsigned rank;

	for (size_t i = 0; i < n; i++) {
		const struct rs_named_cell *c = &cell[i];
		enum rs_role role = member_role(l->w, c, &rank);

		if (c->cell.p != NULL && role == RS_ROLE_TIME) {
			rs_time_vote(&l->vote, c->cell.p, c->cell.n);
			s->has_time |= l->first;
		} else if (l->first && s->time_like[0] == 0 && role == RS_ROLE_NONE && c->cell.p != NULL &&
		           rs_time_looks(c->cell.p, c->cell.n)) {
			snprintf(s->time_like, sizeof s->time_like, "%.*s", (int)c->n_name, c->name);
		}
	}
}

static int look_at_rows(struct looking *l, const struct rs_json_rows *rows, struct rs_err *err)
{
	int rc = 0;

	look_at_times(l, rows->cell, rows->n_cells);
	l->first = false;
	for (size_t i = 0, from = 0; i < rows->n_rows && rc == 0; from = rows->row_end[i++])
		rc = look_at_row(l, rows->cell + from, rows->row_end[i] - from, err);
	return rc;
}

/* Whether somebody and something is named anywhere, where that is asked. */
static void find_lack(const struct looking *l, const char *name)
{
	const char *const what[RS_ROLES] = { "users", l->w->kind >= RS_TABLE_ACTIONS ? "actions" : "items" };
	enum rs_role first = rs_table_key(l->w->kind), last = rs_table_has_events(l->w->kind) ? RS_ROLE_ITEM : first;
	char names[600];

	for (int r = (int)first; r <= (int)last && l->s->n_members > 0 && l->w->lack != NULL; r++) {
		bool found = false;

		for (size_t i = 0; i < l->s->n_members; i++)
			found |= l->s->member[i].role == (enum rs_role)r;
		if (!found && l->w->lack->code == 0)
			rs_fail(l->w->lack, RS_EDATA, "%s: no member of %s among %s: name it with %s %s=NAME", name, what[r],
			        rs_shape_names(names, sizeof names, l->s->member, l->s->n_members),
			        rs_columns_option[l->w->kind], rs_role_name[r]);
	}
}

int rs_shape_of_json(struct rs_shape *s, const struct rs_shape_wish *w, const char *name, const char *p, size_t n, bool eof,
                     struct rs_err *err)
{
	struct rs_sample sample = { .p = p, .n = n, .eof = eof, .split = { .d = &s->dialect } };
	struct looking l = { .s = s, .w = w, .first = true };
	struct rs_err reason = RS_ERR_INIT;
	struct rs_json_rows rows = { 0 };
	int rc = rs_keymap_new(&l.map, err);

	while (rc == 0 && (rc = rs_sample_next(&sample, err)) > 0) {
		rc = rs_json_rows_parse(&rows, p + sample.at - sample.record.skip, sample.record.n, &reason);
		if (rc == RS_ENOMEM)
			*err = reason;
		else
			rc = rc == 0 ? look_at_rows(&l, &rows, err) : 0; /* a bad line is told when it is read */
	}
	s->time_unit = rs_shape_unit(w->o, &l.vote);
	s->no_unit = rs_shape_no_unit(w->o, &l.vote);
	if (s->has_time || !rs_table_has_events(w->kind) || w->o->ordered || w->has_schema || w->ignore.n > 0)
		s->time_like[0] = 0;
	if (sample.n_records == 0)
		s->format = RS_FORMAT_GUESS;
	if (rc == 0)
		find_lack(&l, name);
	rs_keymap_free(l.map);
	rs_json_rows_release(&rows);
	rs_splitter_release(&sample.split);
	return rc;
}
