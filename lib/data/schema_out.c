/* schema_out.c -- the schema of a table in the form that Amazon Personalize takes. */
#include "lib/data/schema_out.h"

#include "lib/base/file.h"
#include "lib/data/avro.h"
#include "lib/data/column.h"

#include <math.h>
#include <string.h>

struct writing {
	struct rs_buf *out;
	bool first;
};

static int put_field(struct writing *w, const char *name, const char *type, bool nullable, const char *flag, struct rs_err *err)
{
	int rc = rs_buf_addf(w->out, err, "%s\n  {\"name\":\"%s\",\"type\":", w->first ? "" : ",", name);

	w->first = false;
	if (rc == 0)
		rc = rs_buf_addf(w->out, err, nullable ? "[\"%s\",\"null\"]" : "\"%s\"", type);
	if (rc == 0 && flag != NULL)
		rc = rs_buf_addf(w->out, err, ",\"%s\":true", flag);
	return rc < 0 ? rc : rs_buf_addc(w->out, '}', err);
}

/* The name with '_' for what a schema cannot hold and readers pass over. */
static int schema_name(char out[RS_AVRO_NAME_MAX + 1], const char *name, struct rs_err *err)
{
	size_t n = strlen(name);
	char q[RS_QUOTE_MAX];
	bool good = n > 0 && n <= RS_AVRO_NAME_MAX && (name[0] < '0' || name[0] > '9');

	for (size_t i = 0; i < n && good; i++) {
		char c = name[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		good = letter || c == '_' || c == '-' || c == '.' || c == ' ';
		out[i] = (char)(letter ? c : '_');
		out[i + 1] = 0;
	}
	if (good)
		return 0;
	return rs_fail(err, RS_EDATA, "column %s: expected a name of up to 150 letters, digits and _, as in a schema",
	               rs_quote(q, sizeof q, name, n));
}

static bool has_null(const struct rs_column *c)
{
	for (uint64_t i = 0; i < c->n_rows; i++)
		if (rs_column_is_null(c, i))
			return true;
	return false;
}

static bool all_whole(const struct rs_column *c)
{
	for (uint64_t i = 0; i < c->n_rows; i++)
		if (!isnan(c->number[i]) && (c->number[i] != floor(c->number[i]) || fabs(c->number[i]) > 0x1p53))
			return false;
	return true;
}

static int put_column(struct writing *w, const struct rs_column *c, enum rs_table_kind kind, bool textual,
                      const uint8_t *present, struct rs_err *err)
{
	char name[RS_AVRO_NAME_MAX + 1];
	const char *type = c->declared, *flag = NULL;
	const struct rs_avro_reserved *reserved;
	bool nullable = present == NULL ? has_null(c) : false;
	int rc;

	for (uint64_t i = 0; i < c->n_rows && present != NULL && !nullable; i++)
		nullable = present[i] != 0 && rs_column_is_null(c, i);
	if ((rc = schema_name(name, c->name, err)) < 0)
		return rc;
	if ((reserved = rs_avro_reserved_find(kind, name)) != NULL)
		return put_field(w, reserved->name, rs_avro_type_name[reserved->type], nullable, NULL, err);
	if (type[0] == 0)
		type = c->type != RS_TYPE_NUMBER ? "string" : all_whole(c) ? "long" : "double";
	if (c->type == RS_TYPE_CATEGORICAL && strcmp(type, "string") == 0)
		flag = "categorical";
	else if (textual)
		flag = "textual";
	return put_field(w, name, type, nullable, flag, err);
}

/* The column of text with the most bytes, or n. */
static uint32_t longest_text(const struct rs_column *c, uint32_t n)
{
	uint64_t most = 0;
	uint32_t best = n;

	for (uint32_t i = 0; i < n; i++) {
		if (c[i].type != RS_TYPE_TEXT || c[i].ptr[c[i].n_rows] <= most)
			continue;
		best = i;
		most = c[i].ptr[c[i].n_rows];
	}
	return best;
}

static int put_events(struct writing *w, const struct rs_dataset *d, enum rs_table_kind kind, struct rs_err *err)
{
	bool null_type = false, null_value = false;
	int rc;

	if (d->time_s == NULL)
		return rs_fail(err, RS_EDATA, "the data has no times, which a schema of events needs");
	for (uint64_t e = 0; e < d->n_events; e++) {
		null_type |= d->type != NULL && d->type[e] == UINT16_MAX;
		null_value |= d->value != NULL && isnan(d->value[e]);
	}
	if (null_type)
		return rs_fail(err, RS_EDATA, "events without a type beside others with one: a schema allows no null there");
	if ((rc = put_field(w, "USER_ID", "string", false, NULL, err)) < 0 ||
	    (rc = put_field(w, kind == RS_TABLE_EVENTS ? "ITEM_ID" : "ACTION_ID", "string", false, NULL, err)) < 0 ||
	    (rc = put_field(w, "TIMESTAMP", "long", false, NULL, err)) < 0 ||
	    (d->type != NULL && (rc = put_field(w, "EVENT_TYPE", "string", false, NULL, err)) < 0) ||
	    (d->value != NULL && (rc = put_field(w, "EVENT_VALUE", "float", null_value, NULL, err)) < 0))
		return rc;
	for (uint32_t i = 0; i < d->n_context && rc == 0; i++)
		rc = put_column(w, &d->context[i], kind, false, NULL, err);
	return rc;
}

static int put_table(struct writing *w, const struct rs_table *t, enum rs_table_kind kind, struct rs_err *err)
{
	uint32_t text = kind == RS_TABLE_ITEMS ? longest_text(t->column, t->n_columns) : t->n_columns;
	int rc = put_field(w, kind == RS_TABLE_USERS ? "USER_ID" : kind == RS_TABLE_ITEMS ? "ITEM_ID" : "ACTION_ID", "string",
	                   false, NULL, err);

	for (uint32_t i = 0; i < t->n_columns && rc == 0; i++)
		rc = put_column(w, &t->column[i], kind, i == text, t->present, err);
	return rc;
}

int rs_schema_out(struct rs_buf *out, const struct rs_dataset *d, enum rs_table_kind kind, struct rs_err *err)
{
	struct writing w = { out, true };
	struct rs_avro check;
	size_t start = out->n;
	int rc;

	if (kind >= RS_TABLE_ACTIONS && (d = d->actions) == NULL)
		return rs_fail(err, RS_EDATA, "the data has no actions");
	if ((rc = rs_buf_addf(out, err,
	                      "{\"type\":\"record\",\"name\":\"%s\","
	                      "\"namespace\":\"com.amazonaws.personalize.schema\",\"fields\":[",
	                      rs_avro_record_name[kind])) < 0)
		return rc;
	rc = rs_table_has_events(kind) ? put_events(&w, d, kind, err) :
	                                 put_table(&w, kind == RS_TABLE_USERS ? &d->users : &d->items, kind, err);
	if (rc < 0 || (rc = rs_buf_adds(out, "\n],\"version\":\"1.0\"}\n", err)) < 0)
		return rc;
	/* what is written can be read */
	if ((rc = rs_avro_parse(&check, out->p + start, out->n - start, kind, err)) == 0)
		rs_avro_release(&check);
	return rc;
}

int rs_schema_save(const char *path, const struct rs_dataset *d, enum rs_table_kind kind, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_out *out = NULL;
	int rc;

	if ((rc = rs_schema_out(&text, d, kind, err)) < 0)
		rs_fail_prefix(err, "schema of %s", rs_table_name[kind]);
	else if ((rc = rs_out_open(&out, path, err)) == 0 && (rc = rs_out_write(out, text.p, text.n, err)) == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	rs_buf_release(&text);
	return rc;
}
