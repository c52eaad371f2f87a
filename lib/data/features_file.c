/* features_file.c -- what was learned about columns, to a model file and back. Chunks: rs-model(5). */
#include "lib/base/mem.h"
#include "lib/data/features.h"
#include "lib/data/json.h"
#include "lib/data/keyfile.h"
#include "lib/data/schema.h"

#include <math.h>
#include <string.h>

#define CHUNK_COLUMNS(table) RS_KIND('F', table, 'C', 'L')
#define CHUNK_VALUES(table) RS_KIND('F', table, 'V', 'A')
#define CHUNK_CUTS(table) RS_KIND('F', table, 'C', 'U')

static const char *type_name(enum rs_type t)
{
	return t == RS_TYPE_NUMBER ? "number" : t == RS_TYPE_TEXT ? "text" : "categorical";
}

static int print_columns(struct rs_buf *out, const struct rs_features *f, struct rs_err *err)
{
	json_t *list = json_array();
	int rc = 0;

	for (uint32_t i = 0; i < f->n_columns && rc == 0; i++) {
		const struct rs_feature_column *c = &f->column[i];
		json_t *o = json_pack("{s:s%, s:s, s:I}", "name", c->name, strlen(c->name), "type", type_name(c->type),
		                      "features", (json_int_t)c->n);

		if (o != NULL && c->type == RS_TYPE_TEXT)
			json_object_set_new(o, "gram", json_integer(c->gram));
		if (o == NULL || json_array_append_new(list, o) < 0)
			rc = rs_fail(err, RS_EDATA, "column %u: its name is not UTF-8", i + 1);
	}
	if (rc == 0)
		rc = rs_json_print(list, out, err);
	json_decref(list);
	return rc;
}

int rs_features_save(const struct rs_features *f, char table, struct rs_writer *w, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	int rc;

	if (f->n == 0)
		return 0;
	if ((rc = print_columns(&text, f, err)) == 0)
		rc = rs_writer_chunk(w, CHUNK_COLUMNS(table), 0, RS_PACK_BYTES, 1, text.p, text.n, err);
	rs_buf_release(&text);
	for (uint32_t i = 0; i < f->n_columns && rc == 0; i++) {
		const struct rs_feature_column *c = &f->column[i];

		if (c->type == RS_TYPE_NUMBER)
			rc = rs_writer_chunk(w, CHUNK_CUTS(table), i, RS_PACK_FLOAT, 8, c->cut, c->n - 1, err);
		else
			rc = rs_keys_write(w, CHUNK_VALUES(table), i, &c->value, err);
	}
	return rc;
}

static int load_cuts(struct rs_feature_column *c, char table, uint32_t i, struct rs_reader *r, struct rs_err *err)
{
	int rc = rs_reader_load_exactly(r, CHUNK_CUTS(table), i, 8, c->n - 1, &c->cut, err);

	for (uint32_t k = 0; k + 1 < c->n && rc == 0; k++)
		if (!isfinite(c->cut[k]) || (k > 0 && !(c->cut[k] > c->cut[k - 1])))
			return rs_reader_damaged(r, "the limits of an attribute are out of order", err);
	return rc;
}

static int load_column(struct rs_features *f, const json_t *o, char table, uint32_t i, struct rs_reader *r,
                       struct rs_err *err)
{
	const char *name = json_string_value(json_object_get(o, "name")), *type = json_string_value(json_object_get(o, "type"));
	json_int_t n = json_integer_value(json_object_get(o, "features")),
	           gram = json_integer_value(json_object_get(o, "gram"));
	struct rs_feature_column *c = &f->column[i];
	int rc;

	if (name == NULL || name[0] == 0 || type == NULL || n < 1 || n > RS_FEATURES_MAX - (json_int_t)f->n || gram < 0 ||
	    gram > RS_FEATURE_GRAM_MAX)
		return rs_reader_damaged(r, "the attributes", err);
	if ((c->name = rs_strndup(name, strlen(name), err)) == NULL)
		return RS_ENOMEM;
	c->first = f->n;
	c->n = (uint32_t)n;
	c->gram = (uint32_t)gram;
	f->n += c->n;
	if (strcmp(type, "number") == 0) {
		c->type = RS_TYPE_NUMBER;
		return load_cuts(c, table, i, r, err);
	}
	c->type = strcmp(type, "text") == 0 ? RS_TYPE_TEXT : RS_TYPE_CATEGORICAL;
	if (c->type == RS_TYPE_CATEGORICAL && strcmp(type, "categorical") != 0)
		return rs_reader_damaged(r, "the type of an attribute", err);
	if ((rc = rs_keys_load(&c->value, r, CHUNK_VALUES(table), i, c->n, err)) < 0)
		return rc;
	return c->value.n == c->n ? 0 : rs_reader_damaged(r, "the values of an attribute", err);
}

int rs_features_load(struct rs_features *out, char table, struct rs_reader *r, struct rs_err *err)
{
	const struct rs_chunk *chunk = rs_reader_find(r, CHUNK_COLUMNS(table), 0);
	json_t *list = NULL;
	void *text;
	int rc;

	memset(out, 0, sizeof *out);
	if (chunk == NULL)
		return 0;
	if ((rc = rs_reader_need(r, CHUNK_COLUMNS(table), 0, 1, 1 << 23, &chunk, err)) < 0 ||
	    (rc = rs_reader_load(r, chunk, &text, err)) < 0)
		return rc;
	rc = rs_json_parse(&list, text, (size_t)chunk->n, err);
	rs_free(text);
	if (rc < 0) {
		rs_fail_prefix(err, "%s: the attributes", rs_reader_name(r));
		return rc;
	}
	rc = RS_ENOMEM;
	if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > RS_COLUMNS_MAX)
		rc = rs_reader_damaged(r, "the attributes", err);
	else if ((out->column = rs_array0(json_array_size(list), sizeof *out->column, err)) != NULL)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
		out->n_columns++;
		rc = load_column(out, json_array_get(list, i), table, (uint32_t)i, r, err);
	}
	json_decref(list);
	if (rc < 0)
		rs_features_release(out);
	return rc;
}
