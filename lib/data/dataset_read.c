/* dataset_read.c -- a file to a dataset, nothing believed before it is checked. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/column.h"
#include "lib/data/dataset_file.h"
#include "lib/data/keyfile.h"
#include "lib/data/provenance.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static int bad(struct rs_reader *r, struct rs_err *err, const char *what)
{
	return rs_fail(err, RS_EDATA, "%s: damaged: %s", rs_reader_name(r), what);
}

static int read_schema(json_t **out, struct rs_reader *r, struct rs_err *err)
{
	const struct rs_chunk *c;
	void *text;
	int rc;

	*out = NULL;
	if ((rc = rs_reader_need(r, RS_CHUNK_SCHEMA, 0, 1, 1 << 20, &c, err)) < 0 ||
	    (rc = rs_reader_load(r, c, &text, err)) < 0)
		return rc;
	*out = json_loadb(text, (size_t)c->n, JSON_REJECT_DUPLICATES, NULL);
	rs_free(text);
	return json_is_object(*out) ? 0 : bad(r, err, "the schema is not a JSON object");
}

/* A chunk of just n elements. */
static int load_exact(struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n, void *out,
                      struct rs_err *err)
{
	const struct rs_chunk *c;
	void *data;
	int rc;

	if ((rc = rs_reader_need(r, kind, column, elem_bytes, n, &c, err)) < 0)
		return rc;
	if (c->n != n)
		return bad(r, err, "a column is shorter than its table");
	if ((rc = rs_reader_load(r, c, &data, err)) < 0)
		return rc;
	memcpy(out, &data, sizeof data);
	return 0;
}

/* n + 1 offsets that start at 0 and never fall. */
static int load_ptr(struct rs_reader *r, uint32_t kind, uint32_t column, uint64_t n, uint64_t **out, struct rs_err *err)
{
	int rc = load_exact(r, kind, column, 8, n + 1, out, err);

	if (rc < 0)
		return rc;
	if ((*out)[0] != 0 || (*out)[n] > RS_EVENTS_MAX)
		return bad(r, err, "offsets do not start at 0");
	for (uint64_t i = 0; i < n; i++)
		if ((*out)[i] > (*out)[i + 1])
			return bad(r, err, "offsets fall");
	return 0;
}

static int read_column(struct rs_reader *r, char t, uint32_t i, uint64_t n, struct rs_column *c, struct rs_err *err)
{
	int rc;

	c->n_rows = n;
	if (c->type == RS_TYPE_NUMBER) {
		if ((rc = load_exact(r, RS_CHUNK_NUMBER(t), i, 8, n, &c->number, err)) < 0)
			return rc;
		for (uint64_t k = 0; k < n; k++)
			if (isinf(c->number[k]))
				return bad(r, err, "a number is not finite");
		return 0;
	}
	if ((rc = load_ptr(r, RS_CHUNK_PTR(t), i, n, &c->ptr, err)) < 0)
		return rc;
	if (c->type == RS_TYPE_TEXT)
		return load_exact(r, RS_CHUNK_TEXT(t), i, 1, c->ptr[n], &c->text, err);
	if ((rc = rs_keys_load(&c->dict, r, RS_CHUNK_DICT(t), i, RS_IX_MAX, err)) < 0 ||
	    (rc = load_exact(r, RS_CHUNK_CODE(t), i, 4, c->ptr[n], &c->code, err)) < 0)
		return rc;
	for (uint64_t k = 0; k < c->ptr[n]; k++)
		if (c->code[k] >= c->dict.n)
			return bad(r, err, "a category is not in its list");
	for (uint64_t k = 0; k < n; k++)
		c->multi |= c->ptr[k + 1] - c->ptr[k] > 1;
	return 0;
}

static int read_columns(struct rs_reader *r, char t, const json_t *list, uint64_t n, struct rs_column **out,
                        uint32_t *n_out, struct rs_err *err)
{
	size_t n_columns = json_array_size(list);
	int rc;

	*n_out = 0;
	if (!json_is_array(list) || n_columns > RS_COLUMNS_MAX)
		return bad(r, err, "the schema's list of columns");
	if ((*out = rs_array0(n_columns, sizeof **out, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < n_columns; i++) {
		const json_t *o = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(o, "name"));
		const char *type = json_string_value(json_object_get(o, "type"));
		const char *declared = json_string_value(json_object_get(o, "declared"));
		struct rs_column *c = &(*out)[*n_out];

		(*n_out)++;
		if (name == NULL || type == NULL || declared == NULL || strlen(declared) >= sizeof c->declared ||
		    (strcmp(type, "c") != 0 && strcmp(type, "n") != 0 && strcmp(type, "t") != 0))
			return bad(r, err, "the schema's description of a column");
		c->type = (enum rs_type)type[0];
		memcpy(c->declared, declared, strlen(declared) + 1);
		if ((c->name = rs_strndup(name, strlen(name), err)) == NULL)
			return RS_ENOMEM;
		if ((rc = read_column(r, t, (uint32_t)i, n, c, err)) < 0)
			return rc;
	}
	return 0;
}

static int read_table(struct rs_reader *r, char t, const json_t *list, uint32_t n, struct rs_table *table,
                      struct rs_err *err)
{
	int rc;

	if (list == NULL)
		return 0;
	if ((rc = load_exact(r, RS_CHUNK_PRESENT(t), 0, 1, n, &table->present, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n; i++)
		if (table->present[i] > 1)
			return bad(r, err, "a flag is neither 0 nor 1");
	return read_columns(r, t, list, n, &table->column, &table->n_columns, err);
}

struct checking {
	const struct rs_dataset *d;
	struct rs_reader *r;
};

#define TILE (1u << 16)

static int check_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct checking *c = ctx;
	const struct rs_dataset *d = c->d;
	uint64_t lo = tile * TILE, hi = lo + TILE < d->n_events ? lo + TILE : d->n_events;

	(void)worker;
	for (uint64_t e = lo; e < hi; e++) {
		if (d->item[e] >= d->item_key.n)
			return bad(c->r, err, "an event's item is not in the list of items");
		if (d->type != NULL && d->type[e] >= d->type_key.n && d->type[e] != UINT16_MAX)
			return bad(c->r, err, "an event's type is not in the list of types");
		if (d->value != NULL && isinf(d->value[e]))
			return bad(c->r, err, "an event's value is not finite");
	}
	return 0;
}

/* The events of each user are in time order. */
static int check_order(const struct rs_dataset *d, struct rs_reader *r, struct rs_err *err)
{
	if (d->time_s == NULL)
		return 0;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		for (uint64_t e = d->row_ptr[u] + 1; e < d->row_ptr[u + 1]; e++)
			if (d->time_s[e] < d->time_s[e - 1])
				return bad(r, err, "events are not in time order");
	return 0;
}

static int read_events(struct rs_dataset *d, struct rs_reader *r, const json_t *schema, unsigned need,
                       struct rs_err *err)
{
	struct checking c = { d, r };
	int rc;

	if ((rc = load_ptr(r, RS_CHUNK_ROW, 0, d->user_key.n, &d->row_ptr, err)) < 0)
		return rc;
	d->n_events = d->row_ptr[d->user_key.n];
	if ((rc = load_exact(r, RS_CHUNK_ITEM, 0, 4, d->n_events, &d->item, err)) < 0)
		return rc;
	if ((need & RS_NEED_TIME) != 0 && json_is_true(json_object_get(schema, "time")) &&
	    (rc = load_exact(r, RS_CHUNK_TIME, 0, 8, d->n_events, &d->time_s, err)) < 0)
		return rc;
	if ((need & RS_NEED_VALUE) != 0 && json_is_true(json_object_get(schema, "value")) &&
	    (rc = load_exact(r, RS_CHUNK_VALUE, 0, 4, d->n_events, &d->value, err)) < 0)
		return rc;
	if ((need & RS_NEED_TYPE) != 0 && json_is_true(json_object_get(schema, "type")) &&
	    ((rc = rs_keys_load(&d->type_key, r, RS_CHUNK_TYPE_KEY, 0, UINT16_MAX - 1, err)) < 0 ||
	     (rc = load_exact(r, RS_CHUNK_TYPE, 0, 2, d->n_events, &d->type, err)) < 0))
		return rc;
	if ((need & RS_NEED_CONTEXT) != 0 && (rc = read_columns(r, 'C', json_object_get(schema, "context"), d->n_events,
	                                                        &d->context, &d->n_context, err)) < 0)
		return rc;
	if ((rc = rs_tiles_run((size_t)((d->n_events + TILE - 1) / TILE), check_tile, &c, err)) < 0)
		return rc;
	return check_order(d, r, err);
}

int rs_dataset_read(struct rs_dataset **out, struct rs_reader *r, unsigned need, struct rs_err *err)
{
	struct rs_dataset *d = rs_array0(1, sizeof *d, err);
	json_t *schema = NULL;
	int rc;

	*out = NULL;
	if (d == NULL)
		return RS_ENOMEM;
	if ((rc = read_schema(&schema, r, err)) < 0 ||
	    (rc = rs_keys_load(&d->user_key, r, RS_CHUNK_USER_KEY, 0, RS_IX_MAX, err)) < 0 ||
	    (rc = rs_keys_load(&d->item_key, r, RS_CHUNK_ITEM_KEY, 0, RS_IX_MAX, err)) < 0)
		goto out;
	d->keep_duplicates = json_is_true(json_object_get(schema, "keep_duplicates"));
	if ((rc = read_events(d, r, schema, need, err)) < 0)
		goto out;
	if ((need & RS_NEED_USERS) != 0 &&
	    (rc = read_table(r, 'U', json_object_get(schema, "users"), d->user_key.n, &d->users, err)) < 0)
		goto out;
	if ((need & RS_NEED_ITEMS) != 0 &&
	    (rc = read_table(r, 'I', json_object_get(schema, "items"), d->item_key.n, &d->items, err)) < 0)
		goto out;
	if ((rc = rs_prov_inherit(&d->prov, r, err)) < 0)
		goto out;
	*out = d;
	d = NULL;
out:
	json_decref(schema);
	rs_dataset_free(d);
	return rc;
}

static int open_one(struct rs_dataset **out, const char *path, unsigned need, struct rs_err *err)
{
	struct rs_reader *r;
	int rc;

	if ((rc = rs_reader_open(&r, path, RS_FILE_DATASET, err)) < 0)
		return rc;
	if ((rc = rs_reader_verify(r, err)) == 0)
		rc = rs_dataset_read(out, r, need, err);
	rs_reader_close(r);
	return rc;
}

int rs_dataset_open(struct rs_dataset **out, const char *const *path, size_t n, unsigned need, struct rs_err *err)
{
	struct rs_dataset **part;
	int rc = 0;

	*out = NULL;
	if (n == 1)
		return open_one(out, path[0], need, err);
	if ((part = rs_array0(n, sizeof *part, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++) /* all event columns: equal events are found by comparing them */
		rc = open_one(&part[i], path[i], need | RS_NEED_EVENTS | RS_NEED_CONTEXT, err);
	if (rc == 0)
		rc = rs_dataset_union(out, (const struct rs_dataset *const *)part, n, err);
	for (size_t i = 0; i < n; i++)
		rs_dataset_free(part[i]);
	rs_free(part);
	return rc;
}
