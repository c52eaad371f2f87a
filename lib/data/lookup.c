/* lookup.c -- one user of large files: of each column only the blocks that hold this user's rows are read and decoded. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/check.h"
#include "lib/data/dataset.h"
#include "lib/data/keyfile.h"
#include "lib/data/schema.h"

#include <stdlib.h>
#include <string.h>

#define VERIFY_BYTES (8u << 20) /* files up to this size are verified whole */

struct part {
	const char *path;
	struct rs_reader *r;
	struct rs_schema s;
	struct rs_keys type_key; /* loaded when somebody is found */
	bool has_types;
};

struct rs_lookup {
	size_t n;
	struct part *part;
};

#define TILE 8 /* parts */

static int open_part(struct part *p, struct rs_err *err)
{
	int rc;

	if ((rc = rs_reader_open(&p->r, p->path, RS_FILE_DATASET, err)) < 0)
		return rc;
	return rs_schema_read(&p->s, p->r, RS_HALF_ITEMS, err);
}

static int open_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct rs_lookup *l = ctx;
	int rc = 0;

	(void)worker;
	for (size_t i = tile * TILE; i < l->n && i < (tile + 1) * TILE && rc == 0; i++)
		rc = open_part(&l->part[i], err);
	return rc;
}

static int load_types(struct part *p, struct rs_err *err)
{
	int rc = 0;

	if (p->s.type && !p->has_types &&
	    (rc = rs_keys_load(&p->type_key, p->r, RS_CHUNK_TYPES, 0, UINT16_MAX - 1, err)) == 0)
		p->has_types = true;
	return rc;
}

int rs_lookup_open(struct rs_lookup **out, const char *const *path, size_t n, struct rs_err *err)
{
	struct rs_lookup *l = rs_array0(1, sizeof *l, err);
	int rc = RS_ENOMEM;

	*out = NULL;
	if (l == NULL || (l->part = rs_array0(n, sizeof *l->part, err)) == NULL)
		goto fail;
	for (; l->n < n; l->n++)
		l->part[l->n].path = path[l->n];
	if ((rc = rs_tiles_run((n + TILE - 1) / TILE, open_tile, l, err)) < 0)
		goto fail;
	for (size_t i = 0; i < n; i++)
		if (rs_reader_bytes(l->part[i].r) <= VERIFY_BYTES && (rc = rs_reader_verify(l->part[i].r, err)) < 0)
			goto fail;
	*out = l;
	return 0;
fail:
	rs_lookup_close(l);
	return rc;
}

void rs_lookup_close(struct rs_lookup *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n && l->part != NULL; i++) {
		rs_schema_release(&l->part[i].s);
		rs_keys_release(&l->part[i].type_key);
		rs_reader_close(l->part[i].r);
	}
	rs_free(l->part);
	rs_free(l);
}

/* Rows [first, first + n) of a chunk that has n_rows of them, as a new array. */
static int slice(struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n_rows, uint64_t first,
                 uint64_t n, void *array, struct rs_err *err)
{
	const struct rs_chunk *c;
	void *data;
	int rc;

	if ((rc = rs_reader_need(r, kind, column, elem_bytes, n_rows, &c, err)) < 0)
		return rc;
	if ((data = rs_array(n, elem_bytes, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_reader_slice(r, c, first, n, data, err)) < 0) {
		rs_free(data);
		return rc;
	}
	memcpy(array, &data, sizeof data);
	return 0;
}

static int cmp_u32(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* The keys that the n indexes name, and the indexes renumbered among them. */
static int pick_keys(struct rs_keys *out, struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t *ix, uint64_t n,
                     struct rs_err *err)
{
	uint32_t *distinct = rs_array(n, sizeof *distinct, err), k = 0;
	int rc;

	if (distinct == NULL)
		return RS_ENOMEM;
	memcpy(distinct, ix, n * sizeof *ix);
	qsort(distinct, n, sizeof *distinct, cmp_u32);
	for (uint64_t i = 0; i < n; i++)
		if (k == 0 || distinct[k - 1] != distinct[i])
			distinct[k++] = distinct[i];
	if ((rc = rs_keys_pick(out, r, kind, column, distinct, k, err)) == 0) {
		for (uint64_t i = 0; i < n; i++) {
			const uint32_t *at = bsearch(&ix[i], distinct, k, sizeof *distinct, cmp_u32);

			ix[i] = (uint32_t)(at - distinct);
		}
	}
	rs_free(distinct);
	return rc;
}

/* Rows [first, first + n) of column i of the context of events or of the table of users, by the owner's letter. */
static int slice_column(struct part *p, char owner, uint32_t i, uint64_t first, uint64_t n, struct rs_column *c,
                        struct rs_err *err)
{
	const struct rs_column *like = owner == 'C' ? &p->s.context.column[i] : &p->s.users.column[i];
	uint64_t from, n_values = 0, n_rows = owner == 'C' ? p->s.n_events : p->s.n_users;
	const struct rs_chunk *values;
	int rc;

	*c = (struct rs_column){ .type = like->type, .multi = like->multi, .n_rows = n };
	memcpy(c->declared, like->declared, sizeof c->declared);
	if ((c->name = rs_strndup(like->name, strlen(like->name), err)) == NULL)
		return RS_ENOMEM;
	if (c->type == RS_TYPE_NUMBER) {
		if ((rc = slice(p->r, RS_CHUNK_NUMBER(owner), i, 8, n_rows, first, n, &c->number, err)) < 0)
			return rc;
		return rs_column_check(c, 0, err);
	}
	if ((rc = slice(p->r, RS_CHUNK_PTR(owner), i, 8, n_rows + 1, first, n + 1, &c->ptr, err)) < 0)
		return rc;
	from = c->ptr[0];
	for (uint64_t k = 0; k <= n; k++) {
		if (c->ptr[k] < from || (k > 0 && c->ptr[k] - from < n_values))
			return rs_fail(err, RS_EDATA, "damaged: the rows of a column are out of order");
		n_values = c->ptr[k] -= from;
	}
	if (c->type == RS_TYPE_TEXT) {
		if ((rc = rs_reader_need(p->r, RS_CHUNK_TEXT(owner), i, 1, UINT64_MAX, &values, err)) < 0)
			return rc;
		return slice(p->r, RS_CHUNK_TEXT(owner), i, 1, values->n, from, n_values, &c->text, err);
	}
	if ((rc = rs_reader_need(p->r, RS_CHUNK_CODE(owner), i, 4, UINT64_MAX, &values, err)) < 0 ||
	    (rc = slice(p->r, RS_CHUNK_CODE(owner), i, 4, values->n, from, n_values, &c->code, err)) < 0 ||
	    (rc = pick_keys(&c->dict, p->r, RS_CHUNK_DICT(owner), i, c->code, n_values, err)) < 0)
		return rc;
	return rs_column_check(c, n_values, err);
}

static int slice_events(struct part *p, struct rs_dataset *d, uint32_t user, struct rs_err *err)
{
	uint64_t all = p->s.n_events, first, n;
	int rc;

	if ((rc = slice(p->r, RS_CHUNK_ROWS, 0, 8, (uint64_t)p->s.n_users + 1, user, 2, &d->row_ptr, err)) < 0)
		return rc;
	first = d->row_ptr[0];
	if (d->row_ptr[1] < first || d->row_ptr[1] > all)
		return rs_fail(err, RS_EDATA, "%s: damaged: the rows of users are out of order", rs_reader_name(p->r));
	n = d->n_events = d->row_ptr[1] - first;
	d->row_ptr[0] = 0;
	d->row_ptr[1] = n;
	d->keep_duplicates = p->s.keep_duplicates;
	if ((rc = slice(p->r, RS_CHUNK_ITEM, 0, 4, all, first, n, &d->item, err)) < 0 ||
	    (p->s.time && (rc = slice(p->r, RS_CHUNK_TIME, 0, 8, all, first, n, &d->time_s, err)) < 0) ||
	    (p->s.value && (rc = slice(p->r, RS_CHUNK_VALUE, 0, 4, all, first, n, &d->value, err)) < 0) ||
	    (p->s.type && (rc = slice(p->r, RS_CHUNK_TYPE, 0, 2, all, first, n, &d->type, err)) < 0) ||
	    (rc = load_types(p, err)) < 0 || (p->s.type && (rc = rs_keys_copy(&d->type_key, &p->type_key, err)) < 0) ||
	    (rc = pick_keys(&d->item_key, p->r, RS_CHUNK_ITEMS, 0, d->item, n, err)) < 0)
		return rc;
	if ((d->context = rs_array0(p->s.context.n_columns, sizeof *d->context, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < p->s.context.n_columns; i++) {
		d->n_context = i + 1;
		if ((rc = slice_column(p, 'C', i, first, n, &d->context[i], err)) < 0)
			return rc;
	}
	if ((rc = rs_dataset_check(d, true, err)) < 0)
		rs_fail_prefix(err, "%s", rs_reader_name(p->r));
	return rc;
}

/* The attributes of the user, where the file has such a table. */
static int slice_user(struct part *p, struct rs_dataset *d, uint32_t user, struct rs_err *err)
{
	struct rs_table *t = &d->users;
	int rc;

	if (!p->s.users.present)
		return 0;
	if ((rc = slice(p->r, RS_CHUNK_PRESENT('U'), 0, 1, p->s.n_users, user, 1, &t->present, err)) < 0)
		return rc;
	if (t->present[0] > 1)
		return rs_fail(err, RS_EDATA, "%s: damaged: a row is neither there nor not", rs_reader_name(p->r));
	if ((t->column = rs_array0(p->s.users.n_columns, sizeof *t->column, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < p->s.users.n_columns; i++) {
		t->n_columns = i + 1;
		if ((rc = slice_column(p, 'U', i, user, 1, &t->column[i], err)) < 0) {
			rs_fail_prefix(err, "%s", rs_reader_name(p->r));
			return rc;
		}
	}
	return 0;
}

/* *out stays NULL where the user is unknown. */
static int look_up(struct part *p, const void *key, size_t n, struct rs_dataset **out, struct rs_err *err)
{
	uint32_t user;
	int rc;

	if ((rc = rs_keys_seek(p->r, RS_CHUNK_USERS, 0, key, n, &user, err)) < 0 || user == RS_NONE)
		return rc;
	if ((*out = rs_array0(1, sizeof **out, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_keys_pick(&(*out)->user_key, p->r, RS_CHUNK_USERS, 0, &user, 1, err)) < 0)
		return rc;
	return (rc = slice_events(p, *out, user, err)) < 0 ? rc : slice_user(p, *out, user, err);
}

static int nobody(struct rs_dataset **out, struct part *p, struct rs_err *err)
{
	struct rs_dataset *d = rs_array0(1, sizeof *d, err);
	int rc;

	if ((*out = d) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_keys_pick(&d->user_key, p->r, RS_CHUNK_USERS, 0, NULL, 0, err)) < 0 ||
	    (rc = rs_keys_pick(&d->item_key, p->r, RS_CHUNK_ITEMS, 0, NULL, 0, err)) < 0)
		return rc;
	if ((d->row_ptr = rs_array0(1, sizeof *d->row_ptr, err)) == NULL || (d->item = rs_array(0, 4, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

struct search {
	struct rs_lookup *l;
	const void *key;
	size_t n;
	struct rs_dataset **found; /* by part */
};

static int search_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct search *s = ctx;
	int rc = 0;

	(void)worker;
	for (size_t i = tile * TILE; i < s->l->n && i < (tile + 1) * TILE && rc == 0; i++)
		rc = look_up(&s->l->part[i], s->key, s->n, &s->found[i], err);
	return rc;
}

int rs_lookup_user(struct rs_lookup *l, const void *key, size_t n, struct rs_dataset **out, struct rs_err *err)
{
	struct rs_dataset **found = rs_array0(l->n, sizeof(struct rs_dataset *), err);
	struct search s = { l, key, n, found };
	bool keep_duplicates = false;
	size_t n_found = 0;
	int rc;

	*out = NULL;
	if (found == NULL)
		return RS_ENOMEM;
	rc = rs_tiles_run((l->n + TILE - 1) / TILE, search_tile, &s, err);
	for (size_t i = 0; i < l->n; i++) {
		struct rs_dataset *d = found[i];

		keep_duplicates |= l->part[i].s.keep_duplicates;
		found[i] = NULL;
		if (d != NULL)
			found[n_found++] = d;
	}
	if (n_found > 0)
		found[0]->keep_duplicates = keep_duplicates; /* of all, as in the union of the whole files */
	if (rc == 0 && n_found == 0)
		rc = nobody(&found[n_found++], &l->part[0], err);
	if (rc == 0 && n_found == 1) {
		*out = found[0];
		found[0] = NULL;
	} else if (rc == 0) {
		rc = rs_dataset_union(out, (const struct rs_dataset *const *)found, n_found, err);
	}
	for (size_t i = 0; i < n_found; i++)
		rs_dataset_free(found[i]);
	rs_free(found);
	return rc;
}
