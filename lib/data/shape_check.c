/* shape_check.c -- whether the columns of a table are those that were asked for and those that are needed. */
#include "lib/data/shape_parts.h"

#include "lib/base/nearest.h"
#include "lib/base/utf8.h"
#include "lib/data/schema.h"

#include <stdio.h>
#include <string.h>

const char *rs_shape_names(char *out, size_t size, const struct rs_shape_column *column, size_t n_columns)
{
	char q[RS_QUOTE_MAX];
	size_t n = 0;

	out[0] = 0;
	for (size_t i = 0; i < n_columns && n + RS_QUOTE_MAX + 8 < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? ", " : "",
		                      rs_quote(q, sizeof q, column[i].name, strlen(column[i].name)));
	return out;
}

static int check_roles(const struct rs_shape_wish *w, const struct rs_shape *s, const char *name, struct rs_err *err)
{
	const char *const what[RS_ROLES] = { "users", w->kind >= RS_TABLE_ACTIONS ? "actions" : "items" };
	enum rs_role first = rs_table_key(w->kind), last = w->kind == RS_TABLE_USERS ? RS_ROLE_USER : RS_ROLE_ITEM;
	const char *example = rs_table_has_events(w->kind) ? "user=1,item=2" : first == RS_ROLE_USER ? "user=1" : "item=1";
	char names[600];

	static const char *const table[] = { " (a table of items goes with --item-table)",
		                             " (a table of users goes with --user-table)" };

	for (int r = (int)first; r <= (int)last; r++) {
		int other = r == RS_ROLE_USER ? RS_ROLE_ITEM : RS_ROLE_USER;

		if (s->of_role[r] != SIZE_MAX)
			continue;
		if (!s->has_header && w->columns.n == 0)
			return rs_fail(err, RS_EDATA,
			               "%s: no header that names a column of %s: expected one, or %s such as %s "
			               "(a record has %zu cells)",
			               name, what[r], rs_columns_option[w->kind], example, s->n_columns);
		return rs_fail(err, RS_EDATA, "%s: no column of %s among %s: name it with %s %s=NAME%s", name, what[r],
		               rs_shape_names(names, sizeof names, s->column, s->n_columns),
		               rs_columns_option[w->kind], rs_role_name[r],
		               w->kind != RS_TABLE_EVENTS || s->of_role[other] == SIZE_MAX ? "" : table[r]);
	}
	return 0;
}

static bool has_column(const struct rs_shape *s, const char *name)
{
	bool found = false;

	for (size_t k = 0; k < s->n_columns; k++)
		found |= !s->column[k].ignored &&
		         rs_same_name(name, strlen(name), s->column[k].name, strlen(s->column[k].name));
	return found;
}

/* What the options name is there. */
static int check_asked(const struct rs_shape_wish *w, const struct rs_shape *s, const struct rs_survey *v, const char *name,
                         struct rs_err *err)
{
	char q[RS_QUOTE_MAX], names[600], hint[RS_NEAREST_MAX];
	struct rs_nearest near;

	for (size_t i = 0; i < w->columns.n && !w->columns.in_order; i++) {
		const struct rs_spec_entry *e = &w->columns.entry[i];
		bool found = e->number > 0 && e->number <= s->n_columns;

		for (size_t k = 0; k < v->n && s->has_header; k++)
			found |= rs_same_name(e->column, strlen(e->column), v->first[k].p, v->first[k].n);
		if (found)
			continue;
		rs_quote(q, sizeof q, e->column, strlen(e->column));
		if (!s->has_header)
			return rs_fail(err, RS_EDATA, "%s: no column %s: expected one of the %zu that are there (%s)", name, q,
			               s->n_columns, rs_columns_option[w->kind]);
		rs_nearest_init(&near, e->column, strlen(e->column));
		for (size_t k = 0; k < s->n_columns; k++)
			rs_nearest_show(&near, s->column[k].name);
		return rs_fail(err, RS_EDATA, "%s: no column %s among %s%s (%s)", name, q,
		               rs_shape_names(names, sizeof names, s->column, s->n_columns),
		               rs_nearest_hint(&near, "", hint, sizeof hint), rs_columns_option[w->kind]);
	}
	if (w->columns.in_order && w->columns.n != s->n_columns)
		return rs_fail(err, RS_EDATA, "%s: %zu columns: expected %zu as in %s (\"-\" leaves one out)", name,
		               s->n_columns, w->columns.n, rs_columns_option[w->kind]);
	return 0;
}

/* Names of columns are text, different, and in the schema. */
static int check_names(const struct rs_shape_wish *w, const struct rs_shape *s, const char *name, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	for (size_t i = 0; i < s->n_columns; i++) {
		const struct rs_shape_column *c = &s->column[i];

		if (c->ignored)
			continue;
		if (!rs_utf8_valid(c->name, strlen(c->name)))
			return rs_fail(err, RS_EDATA, "%s: name of column %zu, %s: expected UTF-8, or --encoding latin1", name,
			               i + 1, rs_quote(q, sizeof q, c->name, strlen(c->name)));
		for (size_t k = 0; k < i; k++)
			if (!s->column[k].ignored &&
			    rs_same_name(c->name, strlen(c->name), s->column[k].name, strlen(s->column[k].name)))
				return rs_fail(err, RS_EDATA,
				               "%s: columns %zu and %zu are both called %s: rename one with %s, or --ignore it",
				               name, k + 1, i + 1, rs_quote(q, sizeof q, c->name, strlen(c->name)),
				               rs_columns_option[w->kind]);
		if (w->has_schema && rs_avro_find(&w->schema, c->name, strlen(c->name)) == NULL)
			return rs_fail(err, RS_EDATA, "%s: column %s is not in the schema: expected it there, or in --ignore",
			               name, rs_quote(q, sizeof q, c->name, strlen(c->name)));
	}
	return 0;
}

/* What the schema and the domain need is there. */
static int check_needed(const struct rs_shape_wish *w, const struct rs_shape *s, const char *name, struct rs_err *err)
{
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

int rs_shape_check(const struct rs_shape_wish *w, const struct rs_shape *s, const struct rs_survey *v, const char *name,
                   struct rs_err *err)
{
	int rc;

	if ((rc = check_asked(w, s, v, name, err)) < 0 || (rc = check_names(w, s, name, err)) < 0 ||
	    (rc = check_needed(w, s, name, err)) < 0)
		return rc;
	return check_roles(w, s, name, err);
}
