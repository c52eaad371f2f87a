/* dataset_write.c -- a dataset to a file. */
#include "lib/base/mem.h"
#include "lib/data/dataset_file.h"
#include "lib/data/keyfile.h"
#include "lib/data/provenance.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *columns_json(const struct rs_column *c, uint32_t n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++) {
		char type[2] = { (char)c[i].type, 0 };

		json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "name", json_stringn_nocheck(c[i].name, strlen(c[i].name)),
		                                      "type", type, "declared", c[i].declared));
	}
	return list;
}

static int write_schema(struct rs_writer *w, const struct rs_dataset *d, struct rs_err *err)
{
	json_t *root = json_pack("{s:b, s:b, s:b, s:b, s:o}", "time", d->time_s != NULL, "value", d->value != NULL, "type",
	                         d->type != NULL, "keep_duplicates", (int)d->keep_duplicates, "context",
	                         columns_json(d->context, d->n_context));
	char *text = NULL;
	int rc;

	if (root != NULL && d->users.present != NULL)
		json_object_set_new(root, "users", columns_json(d->users.column, d->users.n_columns));
	if (root != NULL && d->items.present != NULL)
		json_object_set_new(root, "items", columns_json(d->items.column, d->items.n_columns));
	if (root != NULL)
		text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
	rc = text == NULL ? rs_fail(err, RS_EDATA, "a column name is not UTF-8") :
	                    rs_writer_chunk(w, RS_CHUNK_SCHEMA, 0, RS_PACK_BYTES, 1, text, strlen(text), err);
	free(text); /* jansson's own memory */
	json_decref(root);
	return rc;
}

static int write_columns(struct rs_writer *w, char t, const struct rs_column *col, uint32_t n, struct rs_err *err)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct rs_column *c = &col[i];
		int rc;

		if (c->type == RS_TYPE_NUMBER) {
			rc = rs_writer_chunk(w, RS_CHUNK_NUMBER(t), i, RS_PACK_FLOAT, 8, c->number, c->n_rows, err);
		} else {
			rc = rs_writer_chunk(w, RS_CHUNK_PTR(t), i, RS_PACK_DELTA, 8, c->ptr, c->n_rows + 1, err);
			if (rc == 0 && c->type == RS_TYPE_TEXT)
				rc = rs_writer_chunk(w, RS_CHUNK_TEXT(t), i, RS_PACK_BYTES, 1, c->text, c->ptr[c->n_rows],
				                     err);
			else if (rc == 0 && (rc = rs_keys_write(w, RS_CHUNK_DICT(t), i, &c->dict, err)) == 0)
				rc = rs_writer_chunk(w, RS_CHUNK_CODE(t), i, RS_PACK_UINT, 4, c->code, c->ptr[c->n_rows],
				                     err);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int write_table(struct rs_writer *w, char t, const struct rs_table *table, uint32_t n, struct rs_err *err)
{
	int rc;

	if (table->present == NULL)
		return 0;
	if ((rc = rs_writer_chunk(w, RS_CHUNK_PRESENT(t), 0, RS_PACK_UINT, 1, table->present, n, err)) < 0)
		return rc;
	return write_columns(w, t, table->column, table->n_columns, err);
}

static int write_events(struct rs_writer *w, const struct rs_dataset *d, struct rs_err *err)
{
	uint64_t n = d->n_events;
	int rc;

	if ((rc = rs_writer_chunk(w, RS_CHUNK_ROW, 0, RS_PACK_DELTA, 8, d->row_ptr, (uint64_t)d->user_key.n + 1, err)) < 0 ||
	    (rc = rs_writer_chunk(w, RS_CHUNK_ITEM, 0, RS_PACK_DELTA, 4, d->item, n, err)) < 0)
		return rc;
	if (d->time_s != NULL && (rc = rs_writer_chunk(w, RS_CHUNK_TIME, 0, RS_PACK_DELTA, 8, d->time_s, n, err)) < 0)
		return rc;
	if (d->value != NULL && (rc = rs_writer_chunk(w, RS_CHUNK_VALUE, 0, RS_PACK_FLOAT, 4, d->value, n, err)) < 0)
		return rc;
	if (d->type != NULL && ((rc = rs_keys_write(w, RS_CHUNK_TYPE_KEY, 0, &d->type_key, err)) < 0 ||
	                        (rc = rs_writer_chunk(w, RS_CHUNK_TYPE, 0, RS_PACK_UINT, 2, d->type, n, err)) < 0))
		return rc;
	return write_columns(w, 'C', d->context, d->n_context, err);
}

int rs_dataset_write(const struct rs_dataset *d, const char *path, struct rs_err *err)
{
	struct rs_writer *w;
	int rc;

	if ((rc = rs_writer_open(&w, path, RS_FILE_DATASET, err)) < 0)
		return rc;
	if ((rc = write_schema(w, d, err)) < 0 || (rc = rs_keys_write(w, RS_CHUNK_USER_KEY, 0, &d->user_key, err)) < 0 ||
	    (rc = rs_keys_write(w, RS_CHUNK_ITEM_KEY, 0, &d->item_key, err)) < 0 || (rc = write_events(w, d, err)) < 0 ||
	    (rc = write_table(w, 'U', &d->users, d->user_key.n, err)) < 0 ||
	    (rc = write_table(w, 'I', &d->items, d->item_key.n, err)) < 0 ||
	    (rc = rs_prov_write(w, &d->prov, err)) < 0) {
		rs_writer_abort(w);
		return rc;
	}
	return rs_writer_commit(&w, err);
}
