/* schema.c -- counts and columns of a dataset file as JSON. */
#include "lib/data/schema.h"

#include "lib/base/mem.h"
#include "lib/data/json.h"

#include <string.h>

#define MAX_BYTES (4u << 20)

static const char *type_name(enum rs_type t)
{
	return t == RS_TYPE_NUMBER ? "number" : t == RS_TYPE_TEXT ? "text" : "categorical";
}

static int pack_failed(const json_error_t *e, const char *name, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	if (rs_json_starved() || json_error_code(e) != json_error_invalid_utf8)
		return rs_fail(err, RS_ENOMEM, "out of memory for the schema");
	return rs_fail(err, RS_EDATA, "column %s: the name is not UTF-8", rs_quote(q, sizeof q, name, strlen(name)));
}

static int columns_to_json(json_t **out, const struct rs_column *c, uint32_t n, struct rs_err *err)
{
	json_error_t e;

	if ((*out = json_array()) == NULL)
		return rs_fail(err, RS_ENOMEM, "out of memory for the schema");
	for (uint32_t i = 0; i < n; i++) {
		json_t *o = json_pack_ex(&e, 0, "{s:s, s:s, s:s, s:b}", "name", c[i].name, "type", type_name(c[i].type),
		                         "declared", c[i].declared, "multi", (int)c[i].multi);

		if (o == NULL) {
			json_decref(*out);
			*out = NULL;
			return pack_failed(&e, c[i].name, err);
		}
		if (json_array_append_new(*out, o) < 0) {
			json_decref(*out);
			*out = NULL;
			return rs_fail(err, RS_ENOMEM, "out of memory for the schema");
		}
	}
	return 0;
}

int rs_schema_write(struct rs_writer *w, enum rs_half half, const struct rs_dataset *d, const struct rs_events_out *events,
                    struct rs_err *err)
{
	struct rs_events_out own = { d->n_events, d->time_s != NULL, d->value != NULL, d->type != NULL, NULL, NULL };
	const struct rs_events_out *from = events == NULL ? &own : events;
	json_t *context = NULL, *users = NULL, *items = NULL, *all = NULL;
	struct rs_buf text = RS_BUF_INIT;
	json_error_t e;
	int rc;

	if ((rc = columns_to_json(&context, d->context, d->n_context, err)) < 0 ||
	    (rc = columns_to_json(&users, d->users.column, d->users.n_columns, err)) < 0 ||
	    (rc = columns_to_json(&items, d->items.column, d->items.n_columns, err)) < 0)
		goto out;
	all = json_pack_ex(&e, 0, "{s:{s:I, s:b, s:b, s:b, s:b, s:O}, s:{s:I, s:b, s:O}, s:{s:I, s:b, s:O}}", /**/
	                   "events", "n", (json_int_t)from->n, "time", (int)from->time, /**/
	                   "value", (int)from->value, "type", (int)from->type, /**/
	                   "keep_duplicates", (int)d->keep_duplicates, "columns", context, /**/
	                   "users", "n", (json_int_t)d->user_key.n, "table", (int)(d->users.present != NULL), /**/
	                   "columns", users, /**/
	                   "items", "n", (json_int_t)d->item_key.n, "table", (int)(d->items.present != NULL), /**/
	                   "columns", items);
	if (all == NULL)
		rc = rs_fail(err, RS_ENOMEM, "out of memory for the schema");
	else if ((rc = rs_json_print(all, &text, err)) == 0)
		rc = rs_writer_chunk(w, rs_kind_in(half, RS_CHUNK_SCHEMA), 0, RS_PACK_BYTES, 1, text.p, text.n, err);
out:
	json_decref(context);
	json_decref(users);
	json_decref(items);
	json_decref(all);
	rs_buf_release(&text);
	return rc;
}

static int bad_schema(struct rs_reader *r, const char *what, struct rs_err *err)
{
	if (rs_json_starved())
		return rs_fail(err, RS_ENOMEM, "out of memory for the schema");
	return rs_fail(err, RS_EDATA, "%s: damaged: schema: %s", rs_reader_name(r), what);
}

static int column_from_json(struct rs_column *c, const struct rs_schema_table *t, json_t *o, struct rs_reader *r,
                            struct rs_err *err)
{
	const char *name, *type, *declared;
	size_t n_name;
	int multi;

	if (json_unpack(o, "{s:s%, s:s, s:s, s:b}", "name", &name, &n_name, "type", &type, "declared", &declared, "multi",
	                &multi) < 0)
		return bad_schema(r, "a column is not described", err);
	if (n_name == 0 || n_name > RS_COLUMN_NAME_MAX || strlen(declared) >= sizeof c->declared)
		return bad_schema(r, "a column's name is empty or too long", err);
	if (rs_column_find(t->column, t->n_columns, name) != NULL)
		return bad_schema(r, "two columns have one name", err);
	if (strcmp(type, "categorical") == 0)
		c->type = RS_TYPE_CATEGORICAL;
	else if (strcmp(type, "number") == 0)
		c->type = RS_TYPE_NUMBER;
	else if (strcmp(type, "text") == 0)
		c->type = RS_TYPE_TEXT;
	else
		return bad_schema(r, "a column's type is unknown", err);
	if (multi && c->type != RS_TYPE_CATEGORICAL)
		return bad_schema(r, "only a category can have several values", err);
	memcpy(c->declared, declared, strlen(declared) + 1);
	c->multi = multi;
	c->name = rs_strndup(name, n_name, err);
	return c->name == NULL ? RS_ENOMEM : 0;
}

static int columns_from_json(struct rs_schema_table *t, json_t *array, uint64_t n_rows, struct rs_reader *r,
                             struct rs_err *err)
{
	size_t n = json_array_size(array);
	int rc;

	if (!json_is_array(array) || n > RS_COLUMNS_MAX)
		return bad_schema(r, "too many columns", err);
	if (!t->present && n > 0)
		return bad_schema(r, "columns without a table", err);
	if ((t->column = rs_array0(n, sizeof *t->column, err)) == NULL)
		return RS_ENOMEM;
	for (; t->n_columns < n; t->n_columns++) {
		struct rs_column *c = &t->column[t->n_columns];

		if ((rc = column_from_json(c, t, json_array_get(array, t->n_columns), r, err)) < 0) {
			rs_column_release(c);
			return rc;
		}
		c->n_rows = n_rows;
	}
	return 0;
}

static int from_json(struct rs_schema *s, json_t *all, struct rs_reader *r, struct rs_err *err)
{
	json_t *context, *user_columns, *item_columns;
	int time, value, type, keep, users, items, rc;
	json_int_t n_events, n_users, n_items;

	if (json_unpack(all, "{s:{s:I, s:b, s:b, s:b, s:b, s:o}, s:{s:I, s:b, s:o}, s:{s:I, s:b, s:o}}", /**/
	                "events", "n", &n_events, "time", &time, "value", &value, "type", &type, /**/
	                "keep_duplicates", &keep, "columns", &context, /**/
	                "users", "n", &n_users, "table", &users, "columns", &user_columns, /**/
	                "items", "n", &n_items, "table", &items, "columns", &item_columns) < 0)
		return bad_schema(r, "a member is missing", err);
	if (n_events < 0 || n_users < 0 || n_items < 0 || (uint64_t)n_events > RS_EVENTS_MAX || n_users > RS_IX_MAX ||
	    n_items > RS_IX_MAX)
		return bad_schema(r, "a count is out of range", err);
	s->n_events = (uint64_t)n_events;
	s->n_users = (uint32_t)n_users;
	s->n_items = (uint32_t)n_items;
	s->time = time;
	s->value = value;
	s->type = type;
	s->keep_duplicates = keep;
	s->context.present = true;
	s->users.present = users;
	s->items.present = items;
	if ((rc = columns_from_json(&s->context, context, s->n_events, r, err)) < 0 ||
	    (rc = columns_from_json(&s->users, user_columns, s->n_users, r, err)) < 0)
		return rc;
	return columns_from_json(&s->items, item_columns, s->n_items, r, err);
}

static int load_text(void **text, size_t *n, struct rs_reader *r, enum rs_half half, struct rs_err *err)
{
	const struct rs_chunk *c;
	int rc;

	if ((rc = rs_reader_need(r, rs_kind_in(half, RS_CHUNK_SCHEMA), 0, 1, MAX_BYTES, &c, err)) < 0)
		return rc;
	*n = (size_t)c->n;
	return rs_reader_load(r, c, text, err);
}

int rs_schema_read(struct rs_schema *out, struct rs_reader *r, enum rs_half half, struct rs_err *err)
{
	json_t *all = NULL;
	void *text;
	size_t n;
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = load_text(&text, &n, r, half, err)) < 0)
		return rc;
	if ((rc = rs_json_parse(&all, text, n, err)) == RS_EDATA)
		rs_fail_prefix(err, "%s: damaged: schema", rs_reader_name(r));
	else if (rc == 0)
		rc = from_json(out, all, r, err);
	json_decref(all);
	rs_free(text);
	if (rc < 0)
		rs_schema_release(out);
	return rc;
}

int rs_schema_keeps_duplicates(bool *keep, struct rs_reader *r, enum rs_half half, struct rs_err *err)
{
	static const char yes[] = "\"keep_duplicates\":true", no[] = "\"keep_duplicates\":false"; /* never inside of a name */
	struct rs_schema s;
	bool known;
	void *text;
	size_t n;
	int rc;

	if ((rc = load_text(&text, &n, r, half, err)) < 0)
		return rc;
	*keep = memmem(text, n, yes, sizeof yes - 1) != NULL;
	known = *keep != (memmem(text, n, no, sizeof no - 1) != NULL);
	rs_free(text);
	if (known)
		return 0;
	if ((rc = rs_schema_read(&s, r, half, err)) == 0) {
		*keep = s.keep_duplicates;
		rs_schema_release(&s);
	}
	return rc;
}

void rs_schema_release(struct rs_schema *s)
{
	rs_columns_free(s->context.column, s->context.n_columns);
	rs_columns_free(s->users.column, s->users.n_columns);
	rs_columns_free(s->items.column, s->items.n_columns);
	memset(s, 0, sizeof *s);
}
