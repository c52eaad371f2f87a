/* rs-info.c -- what an rs file holds, and whether it is whole.
 *
 * All that is told about a file is one JSON object, printed as it is or as lines of text. */
#include "cmd/common.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/data/json.h"
#include "lib/data/provenance.h"
#include "lib/data/schema.h"
#include "lib/model/model.h"

#include <string.h>

static bool check, as_json;

static const struct rs_opt opts[] = {
	RS_OPT_FLAG('c', "check", &check, "verify every checksum and every index, and say only \"FILE: ok\""),
	RS_OPT_FLAG(0, "json", &as_json, "one JSON object a line for each file"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-info",
	.synopsis = "[--check] [--json] FILE...",
	.summary = "Shows what a dataset or a model holds and how it came to be; checks it.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one FILE",
};

/* Bytes as a JSON string; escaped where they are not UTF-8. */
static json_t *text_of(const char *p, size_t n)
{
	char q[RS_QUOTE_MAX];
	json_t *s;

	rs_json_starved();
	s = json_stringn(p, n);
	return s != NULL || rs_json_starved() ? s : json_string(rs_quote(q, sizeof q, p, n));
}

static int add(json_t *o, const char *name, json_t *value, struct rs_err *err)
{
	if (value == NULL || json_object_set_new(o, name, value) < 0)
		return rs_fail(err, RS_ENOMEM, "out of memory for JSON");
	return 0;
}

static int add_count(json_t *o, const char *name, uint64_t n, struct rs_err *err)
{
	return add(o, name, json_integer((json_int_t)n), err);
}

/* ---- parts of the object ---- */

static int add_chunks(json_t *o, const struct rs_reader *r, struct rs_err *err)
{
	json_t *list = json_array();
	int rc = add(o, "chunks", list, err);

	for (size_t i = 0; i < rs_reader_count(r) && rc == 0; i++) {
		const struct rs_chunk *c = rs_reader_chunk(r, i);
		json_t *chunk = json_object();
		char kind[5] = { 0 }, codec[RS_CODEC_NAME_MAX];

		for (int k = 0; k < 4; k++) {
			kind[k] = (char)(c->kind >> (8 * k));
			kind[k] = kind[k] > ' ' && kind[k] < 127 ? kind[k] : '?';
		}
		if (chunk == NULL || json_array_append_new(list, chunk) < 0)
			return rs_fail(err, RS_ENOMEM, "out of memory for JSON");
		if ((rc = add(chunk, "kind", json_string(kind), err)) < 0 ||
		    (rc = add_count(chunk, "column", c->column, err)) < 0 ||
		    (rc = add_count(chunk, "elements", c->n, err)) < 0 ||
		    (rc = add_count(chunk, "plain_bytes", c->n * c->elem_bytes, err)) < 0 ||
		    (rc = add_count(chunk, "stored_bytes", rs_reader_stored(r, c), err)) < 0)
			return rc;
		rc = add(chunk, "codec", json_string(rs_reader_codec(r, c, codec)), err);
	}
	return rc;
}

static int add_provenance(json_t *o, struct rs_reader *r, struct rs_err *err)
{
	struct rs_buf prov = RS_BUF_INIT;
	json_t *list = json_array();
	int rc;

	if ((rc = add(o, "provenance", list, err)) < 0 || (rc = rs_prov_inherit(&prov, r, err)) < 0)
		goto out;
	for (size_t at = 0; at < prov.n;) {
		const char *p = prov.p + at, *lf = memchr(p, '\n', prov.n - at);
		size_t n = lf == NULL ? prov.n - at : (size_t)(lf - p);

		at += n + 1;
		if (json_array_append_new(list, text_of(p, n)) < 0) {
			rc = rs_fail(err, RS_ENOMEM, "out of memory for JSON");
			break;
		}
	}
out:
	rs_buf_release(&prov);
	return rc;
}

static int add_columns(json_t *o, const char *name, const struct rs_schema_table *t, struct rs_err *err)
{
	json_t *list = json_array();
	int rc = add(o, name, list, err);

	for (uint32_t i = 0; i < t->n_columns && rc == 0; i++) {
		const struct rs_column *c = &t->column[i];
		const char *type = c->type == RS_TYPE_NUMBER ? "number" : c->type == RS_TYPE_TEXT ? "text" : "categorical";
		json_t *column = json_object();

		if (column == NULL || json_array_append_new(list, column) < 0)
			return rs_fail(err, RS_ENOMEM, "out of memory for JSON");
		if ((rc = add(column, "name", text_of(c->name, strlen(c->name)), err)) < 0 ||
		    (rc = add(column, "type", json_string(type), err)) < 0)
			return rc;
		if (c->multi)
			rc = add(column, "multi", json_true(), err);
	}
	return rc;
}

static int add_dataset(json_t *o, struct rs_reader *r, struct rs_err *err)
{
	struct rs_schema s;
	int rc;

	if ((rc = rs_schema_read(&s, r, RS_HALF_ITEMS, err)) < 0)
		return rc;
	if ((rc = add_count(o, "users", s.n_users, err)) < 0 || (rc = add_count(o, "items", s.n_items, err)) < 0 ||
	    (rc = add_count(o, "events", s.n_events, err)) < 0 || (rc = add(o, "times", json_boolean(s.time), err)) < 0 ||
	    (rc = add(o, "values", json_boolean(s.value), err)) < 0 ||
	    (rc = add(o, "event_types", json_boolean(s.type), err)) < 0)
		goto out;
	if (s.n_events > 0 && (rc = add(o, "bytes_per_event", json_real((double)rs_reader_bytes(r) / (double)s.n_events),
	                                err)) < 0)
		goto out;
	if (s.keep_duplicates && (rc = add(o, "keep_duplicates", json_true(), err)) < 0)
		goto out;
	if (s.context.n_columns > 0 && (rc = add_columns(o, "context_columns", &s.context, err)) < 0)
		goto out;
	if (s.users.present && (rc = add_columns(o, "user_columns", &s.users, err)) < 0)
		goto out;
	if (s.items.present)
		rc = add_columns(o, "item_columns", &s.items, err);
out:
	rs_schema_release(&s);
	return rc;
}

static int add_actions(json_t *o, struct rs_reader *r, struct rs_err *err)
{
	struct rs_schema s;
	int rc;

	if (rs_reader_find(r, rs_kind_in(RS_HALF_ACTIONS, RS_CHUNK_SCHEMA), 0) == NULL)
		return 0;
	if ((rc = rs_schema_read(&s, r, RS_HALF_ACTIONS, err)) < 0)
		return rc;
	if ((rc = add_count(o, "actions", s.n_items, err)) < 0 ||
	    (rc = add_count(o, "action_users", s.n_users, err)) < 0 ||
	    (rc = add_count(o, "action_interactions", s.n_events, err)) < 0 ||
	    (s.context.n_columns > 0 && (rc = add_columns(o, "action_context_columns", &s.context, err)) < 0))
		goto out;
	if (s.items.present)
		rc = add_columns(o, "action_columns", &s.items, err);
out:
	rs_schema_release(&s);
	return rc;
}

/* Recipe, parameters, choice and counts as the model's header has them. */
static int add_model(json_t *o, struct rs_reader *r, struct rs_err *err)
{
	json_t *header;
	int rc = rs_model_header(&header, r, err);

	if (rc == 0 && json_object_update_missing(o, header) < 0)
		rc = rs_fail(err, RS_ENOMEM, "out of memory for JSON");
	json_decref(header);
	return rc;
}

static int describe(json_t *o, struct rs_reader *r, enum rs_file_kind kind, struct rs_err *err)
{
	const char *name = rs_reader_name(r);
	char digest[2 * RS_DIGEST_BYTES + 1] = { 0 };
	int rc;

	rs_put_hex(digest, rs_reader_digest(r), RS_DIGEST_BYTES);
	if ((rc = add(o, "file", text_of(name, strlen(name)), err)) < 0 ||
	    (rc = add(o, "kind", json_string(kind == RS_FILE_MODEL ? "model" : "dataset"), err)) < 0 ||
	    (rc = add_count(o, "layout", rs_reader_layout(r), err)) < 0 ||
	    (rc = add_count(o, "bytes", rs_reader_bytes(r), err)) < 0 ||
	    (rc = kind == RS_FILE_MODEL ? add_model(o, r, err) : add_dataset(o, r, err)) < 0 ||
	    (kind == RS_FILE_DATASET && (rc = add_actions(o, r, err)) < 0) ||
	    (rc = add(o, "digest", json_string(digest), err)) < 0 || (rc = add_provenance(o, r, err)) < 0)
		return rc;
	return add_chunks(o, r, err);
}

/* ---- text ---- */

/* Ends the line: ids and names are anybody's, so nothing in it reaches the controls of a terminal. */
static int put_line(struct rs_out *out, struct rs_buf *line, struct rs_err *err)
{
	int rc;

	for (size_t i = 0; i < line->n; i++)
		if ((unsigned char)line->p[i] < 32 || line->p[i] == 127)
			line->p[i] = '?';
	if ((rc = rs_buf_addc(line, '\n', err)) == 0)
		rc = rs_out_write(out, line->p, line->n, err);
	line->n = 0;
	return rc;
}

static int put_value(struct rs_out *out, struct rs_buf *line, const char *name, const json_t *v, struct rs_err *err)
{
	int rc = rs_buf_addf(line, err, "  %-16s ", name);

	if (rc < 0)
		return rc;
	if (json_is_string(v))
		rc = rs_buf_adds(line, json_string_value(v), err);
	else if (json_is_boolean(v))
		rc = rs_buf_adds(line, json_is_true(v) ? "yes" : "no", err);
	else if (json_is_real(v))
		rc = rs_buf_addf(line, err, "%.3f", json_real_value(v));
	else
		rc = rs_json_print(v, line, err);
	return rc < 0 ? rc : put_line(out, line, err);
}

static int put_column(struct rs_out *out, struct rs_buf *line, const char *name, const json_t *c, struct rs_err *err)
{
	int rc = rs_buf_addf(line, err, "  %-16s %s (%s%s)", name, json_string_value(json_object_get(c, "name")),
	                     json_string_value(json_object_get(c, "type")),
	                     json_object_get(c, "multi") != NULL ? ", several values" : "");

	return rc < 0 ? rc : put_line(out, line, err);
}

static int put_chunk(struct rs_out *out, struct rs_buf *line, const json_t *c, struct rs_err *err)
{
	int rc = rs_buf_addf(line, err, "  %-16s %6lld %12lld %12lld  %s", json_string_value(json_object_get(c, "kind")),
	                     (long long)json_integer_value(json_object_get(c, "column")),
	                     (long long)json_integer_value(json_object_get(c, "plain_bytes")),
	                     (long long)json_integer_value(json_object_get(c, "stored_bytes")),
	                     json_string_value(json_object_get(c, "codec")));

	return rc < 0 ? rc : put_line(out, line, err);
}

static bool ends_with(const char *s, const char *end)
{
	return strlen(s) >= strlen(end) && strcmp(s + strlen(s) - strlen(end), end) == 0;
}

/* A list of ours, a line for each element. */
static int put_list(struct rs_out *out, struct rs_buf *line, const char *name, const json_t *list, struct rs_err *err)
{
	bool chunks = strcmp(name, "chunks") == 0;
	int rc = 0;

	if (chunks && ((rc = rs_buf_addf(line, err, "  %-16s %6s %12s %12s  %s", "chunk", "column", "plain", "stored",
	                                 "codec")) < 0 ||
	               (rc = put_line(out, line, err)) < 0))
		return rc;
	for (size_t i = 0; i < json_array_size(list) && rc == 0; i++) {
		const json_t *v = json_array_get(list, i);

		if (chunks)
			rc = put_chunk(out, line, v, err);
		else if (ends_with(name, "_columns"))
			rc = put_column(out, line, i == 0 ? name : "", v, err);
		else
			rc = put_value(out, line, i == 0 ? name : "", v, err);
	}
	return rc;
}

static int put_text(struct rs_out *out, json_t *o, struct rs_err *err)
{
	struct rs_buf line = RS_BUF_INIT;
	const char *name;
	json_t *v;
	int rc = 0;

	json_object_foreach(o, name, v)
	{
		if (strcmp(name, "file") == 0 && (rc = rs_buf_adds(&line, json_string_value(v), err)) == 0)
			rc = put_line(out, &line, err);
		else if (json_is_array(v))
			rc = put_list(out, &line, name, v, err);
		else if (rc == 0)
			rc = put_value(out, &line, name, v, err);
		if (rc < 0)
			break;
	}
	rs_buf_release(&line);
	return rc;
}

/* ---- checking ---- */

/* Everything the readers of this file would check. A model takes the reader over: then *m is the one to free, or *r NULL. */
static int check_contents(struct rs_reader **r, struct rs_model **m, enum rs_file_kind kind, struct rs_err *err)
{
	struct rs_reader *reader = *r;
	struct rs_dataset *d;
	int rc;

	if ((rc = rs_reader_verify(reader, err)) < 0)
		return rc;
	if (kind == RS_FILE_DATASET) {
		if ((rc = rs_dataset_load(&d, reader, RS_NEED_ALL, err)) == 0)
			rs_dataset_free(d);
	} else {
		rc = rs_model_take(m, reader, err);
		if (rc < 0)
			*r = NULL;
	}
	return rc;
}

static int put(struct rs_out *out, json_t *o, struct rs_err *err)
{
	struct rs_buf line = RS_BUF_INIT;
	int rc;

	if (!as_json && !check)
		return put_text(out, o, err);
	if (!as_json) {
		rc = rs_buf_addf(&line, err, "%s: ok", json_string_value(json_object_get(o, "file")));
		if (rc == 0)
			rc = put_line(out, &line, err);
		rs_buf_release(&line);
		return rc;
	}
	if (check && (rc = add(o, "ok", json_true(), err)) < 0)
		return rc;
	if ((rc = rs_json_print(o, &line, err)) == 0 && (rc = rs_buf_addc(&line, '\n', err)) == 0)
		rc = rs_out_write(out, line.p, line.n, err);
	rs_buf_release(&line);
	return rc;
}

static int show(struct rs_out *out, const char *path, struct rs_err *err)
{
	enum rs_file_kind kind;
	struct rs_model *m = NULL;
	struct rs_reader *r;
	json_t *o = NULL;
	int rc;

	if ((rc = rs_reader_open_any(&r, path, &kind, err)) < 0)
		return rc;
	if ((o = json_object()) == NULL)
		rc = rs_fail(err, RS_ENOMEM, "out of memory for JSON");
	if (rc == 0 && check)
		rc = check_contents(&r, &m, kind, err);
	if (rc == 0 && (rc = describe(o, r, kind, err)) == 0)
		rc = put(out, o, err);
	json_decref(o);
	if (m != NULL)
		rs_model_free(m);
	else
		rs_reader_close(r);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_out *out;
	int rc;

	if ((rc = rs_out_open(&out, rs_output, err)) < 0)
		return rc;
	for (int i = 0; i < argc && rc == 0; i++)
		rc = show(out, argv[i], err);
	if (rc < 0) {
		rs_out_abort(out);
		return rc;
	}
	return rs_out_commit(&out, err);
}
