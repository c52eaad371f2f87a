/* open.c -- datasets from files: each loaded and checked, then joined. */
#include "lib/base/mem.h"
#include "lib/data/check.h"
#include "lib/data/dataset.h"
#include "lib/data/keyfile.h"
#include "lib/data/provenance.h"
#include "lib/data/schema.h"

#include <string.h>

static int load_array(struct rs_reader *r, enum rs_half h, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n,
                      void *array, struct rs_err *err)
{
	return rs_reader_load_exactly(r, rs_kind_in(h, kind), column, elem_bytes, n, array, err);
}

int rs_column_load(struct rs_reader *r, enum rs_half h, char owner, uint32_t i, struct rs_column *c, struct rs_err *err)
{
	uint64_t n_values = 0;
	int rc;

	if (c->type == RS_TYPE_NUMBER) {
		if ((rc = load_array(r, h, RS_CHUNK_NUMBER(owner), i, 8, c->n_rows, &c->number, err)) < 0)
			return rc;
	} else {
		if ((rc = load_array(r, h, RS_CHUNK_PTR(owner), i, 8, c->n_rows + 1, &c->ptr, err)) < 0)
			return rc;
		n_values = c->ptr[c->n_rows];
		if (c->type == RS_TYPE_TEXT)
			rc = load_array(r, h, RS_CHUNK_TEXT(owner), i, 1, n_values, &c->text, err);
		else if ((rc = rs_keys_load(&c->dict, r, rs_kind_in(h, RS_CHUNK_DICT(owner)), i, RS_IX_MAX, err)) == 0)
			rc = load_array(r, h, RS_CHUNK_CODE(owner), i, 4, n_values, &c->code, err);
		if (rc < 0)
			return rc;
	}
	if ((rc = rs_column_check(c, n_values, err)) < 0)
		rs_fail_prefix(err, "%s", rs_reader_name(r));
	return rc;
}

/* Takes the columns of the schema over and fills them. */
static int load_columns(struct rs_reader *r, enum rs_half h, char owner, struct rs_schema_table *t, struct rs_column **column,
                        uint32_t *n_columns, struct rs_err *err)
{
	int rc = 0;

	*column = t->column;
	*n_columns = t->n_columns;
	t->column = NULL;
	t->n_columns = 0;
	for (uint32_t i = 0; i < *n_columns && rc == 0; i++)
		rc = rs_column_load(r, h, owner, i, &(*column)[i], err);
	return rc;
}

static int load_table(struct rs_reader *r, enum rs_half h, char owner, struct rs_schema_table *from, struct rs_table *t,
                      uint32_t n_rows, struct rs_err *err)
{
	int rc;

	if (!from->present)
		return 0;
	if ((rc = load_array(r, h, RS_CHUNK_PRESENT(owner), 0, 1, n_rows, &t->present, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n_rows; i++)
		if (t->present[i] > 1)
			return rs_reader_damaged(r, "a row is neither there nor not", err);
	return load_columns(r, h, owner, from, &t->column, &t->n_columns, err);
}

static int load_keys(struct rs_keys *k, struct rs_reader *r, uint32_t kind, uint32_t n, struct rs_err *err)
{
	int rc = rs_keys_load(k, r, kind, 0, n, err);

	if (rc == 0 && k->n != n)
		rc = rs_fail(err, RS_EDATA, "%s: damaged: %u ids: expected %u", rs_reader_name(r), k->n, n);
	return rc;
}

static int load_events(struct rs_dataset *d, struct rs_reader *r, enum rs_half h, struct rs_schema *s, unsigned need,
                       struct rs_err *err)
{
	unsigned all = (s->time ? RS_NEED_TIME : 0u) | (s->value ? RS_NEED_VALUE : 0u) | (s->type ? RS_NEED_TYPE : 0u) |
	               (s->context.n_columns > 0 ? RS_NEED_CONTEXT : 0u);
	uint64_t n = s->n_events;
	int rc;

	d->n_events = n;
	d->keep_duplicates = s->keep_duplicates;
	if ((rc = load_keys(&d->user_key, r, rs_kind_in(h, RS_CHUNK_USERS), s->n_users, err)) < 0 ||
	    (rc = load_keys(&d->item_key, r, rs_kind_in(h, RS_CHUNK_ITEMS), s->n_items, err)) < 0 ||
	    (rc = load_array(r, h, RS_CHUNK_ROWS, 0, 8, (uint64_t)s->n_users + 1, &d->row_ptr, err)) < 0 ||
	    (rc = load_array(r, h, RS_CHUNK_ITEM, 0, 4, n, &d->item, err)) < 0)
		return rc;
	if ((need & all & RS_NEED_TIME) != 0 && (rc = load_array(r, h, RS_CHUNK_TIME, 0, 8, n, &d->time_s, err)) < 0)
		return rc;
	if ((need & all & RS_NEED_VALUE) != 0 && (rc = load_array(r, h, RS_CHUNK_VALUE, 0, 4, n, &d->value, err)) < 0)
		return rc;
	if ((need & all & RS_NEED_TYPE) != 0 &&
	    ((rc = rs_keys_load(&d->type_key, r, rs_kind_in(h, RS_CHUNK_TYPES), 0, UINT16_MAX - 1, err)) < 0 ||
	     (rc = load_array(r, h, RS_CHUNK_TYPE, 0, 2, n, &d->type, err)) < 0))
		return rc;
	if ((need & all & RS_NEED_CONTEXT) != 0 &&
	    (rc = load_columns(r, h, 'C', &s->context, &d->context, &d->n_context, err)) < 0)
		return rc;
	if ((rc = rs_dataset_check(d, (need & all) == all, err)) < 0)
		rs_fail_prefix(err, "%s", rs_reader_name(r));
	return rc;
}

static int load_tables(struct rs_dataset *d, struct rs_reader *r, enum rs_half h, struct rs_schema *s, unsigned need,
                       struct rs_err *err)
{
	int rc = 0;

	if ((need & RS_NEED_USERS) != 0)
		rc = load_table(r, h, 'U', &s->users, &d->users, s->n_users, err);
	if (rc == 0 && (need & RS_NEED_ITEMS) != 0)
		rc = load_table(r, h, 'I', &s->items, &d->items, s->n_items, err);
	return rc;
}

/* One half of the file. */
static int load_half(struct rs_dataset *d, struct rs_reader *r, enum rs_half h, unsigned need, struct rs_err *err)
{
	struct rs_schema s;
	int rc;

	if ((rc = rs_schema_read(&s, r, h, err)) < 0)
		return rc;
	if ((rc = load_events(d, r, h, &s, need, err)) == 0)
		rc = load_tables(d, r, h, &s, need, err);
	rs_schema_release(&s);
	return rc;
}

static int load_actions(struct rs_dataset *d, struct rs_reader *r, struct rs_err *err)
{
	if (rs_reader_find(r, rs_kind_in(RS_HALF_ACTIONS, RS_CHUNK_SCHEMA), 0) == NULL)
		return 0;
	if ((d->actions = rs_array0(1, sizeof *d->actions, err)) == NULL)
		return RS_ENOMEM;
	return load_half(d->actions, r, RS_HALF_ACTIONS, RS_NEED_ALL, err);
}

static int load(struct rs_dataset *d, struct rs_reader *r, unsigned need, struct rs_err *err)
{
	int rc;

	if ((rc = load_half(d, r, RS_HALF_ITEMS, need, err)) < 0 ||
	    ((need & RS_NEED_ACTIONS) != 0 && (rc = load_actions(d, r, err)) < 0))
		return rc;
	if ((rc = rs_prov_inherit(&d->prov, r, err)) < 0)
		return rc;
	return rs_reader_verify(r, err);
}

int rs_dataset_load(struct rs_dataset **out, struct rs_reader *r, unsigned need, struct rs_err *err)
{
	struct rs_dataset *d = rs_array0(1, sizeof *d, err);
	int rc = d == NULL ? RS_ENOMEM : load(d, r, need, err);

	*out = d;
	if (rc < 0) {
		rs_dataset_free(d);
		*out = NULL;
	}
	return rc;
}

static int load_without_events(struct rs_dataset *d, struct rs_reader *r, struct rs_schema *s, struct rs_err *err)
{
	int rc;

	d->keep_duplicates = s->keep_duplicates;
	if ((rc = load_keys(&d->user_key, r, RS_CHUNK_USERS, s->n_users, err)) < 0 ||
	    (rc = load_keys(&d->item_key, r, RS_CHUNK_ITEMS, s->n_items, err)) < 0 ||
	    (s->type && (rc = rs_keys_load(&d->type_key, r, RS_CHUNK_TYPES, 0, UINT16_MAX - 1, err)) < 0) ||
	    (rc = load_tables(d, r, RS_HALF_ITEMS, s, RS_NEED_ALL, err)) < 0 || (rc = load_actions(d, r, err)) < 0 ||
	    (rc = rs_prov_inherit(&d->prov, r, err)) < 0)
		return rc;
	d->row_ptr = rs_array0((size_t)s->n_users + 1, sizeof *d->row_ptr, err);
	return d->row_ptr == NULL || (d->item = rs_array(0, sizeof *d->item, err)) == NULL ? RS_ENOMEM : 0;
}

int rs_dataset_load_tables(struct rs_dataset **out, struct rs_reader *r, struct rs_schema *s, struct rs_err *err)
{
	struct rs_dataset *d = rs_array0(1, sizeof *d, err);
	int rc = d == NULL ? RS_ENOMEM : load_without_events(d, r, s, err);

	*out = d;
	if (rc < 0) {
		rs_dataset_free(d);
		*out = NULL;
	}
	return rc;
}

/* The items with their table; nobody, and no events. */
static int load_items(struct rs_dataset *d, struct rs_reader *r, struct rs_err *err)
{
	struct rs_schema s;
	int rc = rs_schema_read(&s, r, RS_HALF_ITEMS, err);

	if (rc < 0)
		return rc;
	if ((rc = load_keys(&d->item_key, r, RS_CHUNK_ITEMS, s.n_items, err)) == 0)
		rc = load_tables(d, r, RS_HALF_ITEMS, &s, RS_NEED_ITEMS, err);
	rs_schema_release(&s);
	if (rc == 0 && (rs_keys_room(&d->user_key, 0, 0, err) < 0 ||
	                (d->row_ptr = rs_array0(1, sizeof *d->row_ptr, err)) == NULL ||
	                (d->item = rs_array(0, sizeof *d->item, err)) == NULL))
		rc = RS_ENOMEM;
	return rc;
}

static int open_items(struct rs_dataset **out, const char *path, struct rs_err *err)
{
	struct rs_dataset *d = rs_array0(1, sizeof *d, err);
	struct rs_reader *r;
	int rc;

	*out = d;
	if (d == NULL)
		return RS_ENOMEM;
	if ((rc = rs_reader_open(&r, path, RS_FILE_DATASET, err)) < 0)
		return rc;
	if ((rc = load_items(d, r, err)) == 0)
		rc = rs_reader_verify_small(r, err);
	rs_reader_close(r);
	return rc;
}

static int open_one(struct rs_dataset **out, const char *path, unsigned need, struct rs_err *err)
{
	struct rs_reader *r;
	int rc;

	*out = NULL;
	if ((rc = rs_reader_open(&r, path, RS_FILE_DATASET, err)) < 0)
		return rc;
	rc = rs_dataset_load(out, r, need, err);
	rs_reader_close(r);
	return rc;
}

/* Columns that were read only to tell equal events apart. */
static void forget_columns(struct rs_dataset *d, unsigned need)
{
	if ((need & RS_NEED_TIME) == 0) {
		rs_free(d->time_s);
		d->time_s = NULL;
	}
	if ((need & RS_NEED_VALUE) == 0) {
		rs_free(d->value);
		d->value = NULL;
	}
	if ((need & RS_NEED_TYPE) == 0) {
		rs_free(d->type);
		d->type = NULL;
		rs_keys_release(&d->type_key);
	}
	while ((need & RS_NEED_CONTEXT) == 0 && d->n_context > 0)
		rs_column_release(&d->context[--d->n_context]);
}

/* part[0 .. n) as one dataset; they are freed. rc: how it went with them. */
static int join_parts(struct rs_dataset **out, struct rs_dataset **part, size_t n, int rc, struct rs_err *err)
{
	if (rc == 0 && n == 1) {
		*out = part[0];
		part[0] = NULL;
	} else if (rc == 0) {
		rc = rs_dataset_union(out, (const struct rs_dataset *const *)part, n, err);
	}
	for (size_t i = 0; i < n; i++)
		rs_dataset_free(part[i]);
	rs_free(part);
	return rc;
}

int rs_dataset_open(struct rs_dataset **out, const char *const *path, size_t n, unsigned need, struct rs_err *err)
{
	unsigned apart = n == 1 ? 0 : RS_NEED_EVENTS | RS_NEED_CONTEXT; /* what tells equal events apart */
	struct rs_dataset **part = rs_array0(n, sizeof(struct rs_dataset *), err);
	int rc = 0;

	*out = NULL;
	if (part == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = open_one(&part[i], path[i], need | apart, err);
	if ((rc = join_parts(out, part, n, rc, err)) == 0)
		forget_columns(*out, need);
	return rc;
}

int rs_dataset_open_items(struct rs_dataset **out, const char *const *path, size_t n, struct rs_err *err)
{
	struct rs_dataset **part = rs_array0(n, sizeof(struct rs_dataset *), err);
	int rc = 0;

	*out = NULL;
	if (part == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = open_items(&part[i], path[i], err);
	return join_parts(out, part, n, rc, err);
}
