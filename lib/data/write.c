/* write.c -- a dataset to a file. */
#include "lib/data/dataset.h"
#include "lib/data/keyfile.h"
#include "lib/data/provenance.h"
#include "lib/data/schema.h"

static int write_column(struct rs_writer *w, enum rs_half h, char owner, uint32_t i, const struct rs_column *c,
                        struct rs_err *err)
{
	uint64_t n = c->n_rows;
	int rc;

	if (c->type == RS_TYPE_NUMBER)
		return rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_NUMBER(owner)), i, RS_PACK_FLOAT, 8, c->number, n, err);
	if ((rc = rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_PTR(owner)), i, RS_PACK_DELTA, 8, c->ptr, n + 1, err)) < 0)
		return rc;
	if (c->type == RS_TYPE_TEXT)
		return rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_TEXT(owner)), i, RS_PACK_BYTES, 1, c->text, c->ptr[n], err);
	if ((rc = rs_keys_write(w, rs_kind_in(h, RS_CHUNK_DICT(owner)), i, &c->dict, err)) < 0)
		return rc;
	return rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_CODE(owner)), i, RS_PACK_DELTA, 4, c->code, c->ptr[n], err);
}

static int write_columns(struct rs_writer *w, enum rs_half h, char owner, const struct rs_column *c, uint32_t n,
                         struct rs_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = write_column(w, h, owner, i, &c[i], err);
	return rc;
}

static int write_table(struct rs_writer *w, enum rs_half h, char owner, const struct rs_table *t, uint32_t n_rows,
                       struct rs_err *err)
{
	int rc;

	if (t->present == NULL)
		return 0;
	if ((rc = rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_PRESENT(owner)), 0, RS_PACK_UINT, 1, t->present, n_rows, err)) < 0)
		return rc;
	return write_columns(w, h, owner, t->column, t->n_columns, err);
}

static int write_events(struct rs_writer *w, enum rs_half h, const struct rs_dataset *d, struct rs_err *err)
{
	uint64_t n = d->n_events;
	int rc;

	if ((rc = rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_ROWS), 0, RS_PACK_DELTA, 8, d->row_ptr,
	                          (uint64_t)d->user_key.n + 1, err)) < 0 ||
	    (rc = rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_ITEM), 0, RS_PACK_DELTA, 4, d->item, n, err)) < 0)
		return rc;
	if (d->time_s != NULL &&
	    (rc = rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_TIME), 0, RS_PACK_DELTA, 8, d->time_s, n, err)) < 0)
		return rc;
	if (d->value != NULL &&
	    (rc = rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_VALUE), 0, RS_PACK_FLOAT, 4, d->value, n, err)) < 0)
		return rc;
	if (d->type != NULL &&
	    ((rc = rs_keys_write(w, rs_kind_in(h, RS_CHUNK_TYPES), 0, &d->type_key, err)) < 0 ||
	     (rc = rs_writer_chunk(w, rs_kind_in(h, RS_CHUNK_TYPE), 0, RS_PACK_UINT, 2, d->type, n, err)) < 0))
		return rc;
	return write_columns(w, h, 'C', d->context, d->n_context, err);
}

static int write_half(struct rs_writer *w, enum rs_half h, const struct rs_dataset *d, const struct rs_events_out *events,
                      struct rs_err *err)
{
	int rc;

	if ((rc = rs_schema_write(w, h, d, events, err)) < 0 ||
	    (rc = rs_keys_write(w, rs_kind_in(h, RS_CHUNK_USERS), 0, &d->user_key, err)) < 0 ||
	    (rc = rs_keys_write(w, rs_kind_in(h, RS_CHUNK_ITEMS), 0, &d->item_key, err)) < 0 ||
	    (rc = events == NULL ? write_events(w, h, d, err) : events->write(events->ctx, w, err)) < 0 ||
	    (rc = write_table(w, h, 'U', &d->users, d->user_key.n, err)) < 0)
		return rc;
	return write_table(w, h, 'I', &d->items, d->item_key.n, err);
}

int rs_dataset_write_with(const struct rs_dataset *d, const struct rs_events_out *events, const char *path,
                          struct rs_err *err)
{
	struct rs_writer *w;
	int rc;

	if ((rc = rs_writer_open_as(&w, path, RS_FILE_DATASET, d->actions == NULL ? 1 : 2, err)) < 0)
		return rc;
	if ((rc = write_half(w, RS_HALF_ITEMS, d, events, err)) < 0 ||
	    (d->actions != NULL && (rc = write_half(w, RS_HALF_ACTIONS, d->actions, NULL, err)) < 0) ||
	    (rc = rs_prov_write(w, &d->prov, err)) < 0) {
		rs_writer_abort(w);
		return rc;
	}
	return rs_writer_commit(&w, err);
}

int rs_dataset_write(const struct rs_dataset *d, const char *path, struct rs_err *err)
{
	return rs_dataset_write_with(d, NULL, path, err);
}
