/* lookup.c -- some users of large files: of each column only the blocks that hold their rows are read and decoded. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/check.h"
#include "lib/data/dataset.h"
#include "lib/data/keyfile.h"
#include "lib/data/schema.h"

#include <stdlib.h>
#include <string.h>

#define TILE 8                  /* parts */

/* A file while it is looked into. */
struct part {
	struct rs_reader *r;
	struct rs_schema s; /* these are read when somebody is found: most of many files know nobody who is asked for */
	struct rs_keys type_key;
	bool has_schema;
};

static int load_schema(struct part *p, struct rs_err *err)
{
	int rc;

	if (p->has_schema)
		return 0;
	if ((rc = rs_schema_read(&p->s, p->r, RS_HALF_ITEMS, err)) < 0)
		return rc;
	p->has_schema = true;
	return p->s.type ? rs_keys_load(&p->type_key, p->r, RS_CHUNK_TYPES, 0, UINT16_MAX - 1, err) : 0;
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
	if (first > c->n || n > c->n - first) /* before memory is taken for it */
		return rs_reader_slice(r, c, first, n, NULL, err);
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

static int check_column(const struct part *p, const struct rs_column *c, uint64_t n_values, struct rs_err *err)
{
	int rc = rs_column_check(c, n_values, err);

	if (rc < 0)
		rs_fail_prefix(err, "%s", rs_reader_name(p->r));
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
		return check_column(p, c, 0, err);
	}
	if ((rc = slice(p->r, RS_CHUNK_PTR(owner), i, 8, n_rows + 1, first, n + 1, &c->ptr, err)) < 0)
		return rc;
	from = c->ptr[0];
	for (uint64_t k = 0; k <= n; k++) {
		if (c->ptr[k] < from || (k > 0 && c->ptr[k] - from < n_values))
			return rs_fail(err, RS_EDATA, "%s: damaged: the rows of a column are out of order",
			               rs_reader_name(p->r));
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
	return check_column(p, c, n_values, err);
}

static int slice_events(struct part *p, struct rs_dataset *d, uint32_t user, struct rs_err *err)
{
	uint64_t all = p->s.n_events, first, n;
	int rc;

	if ((rc = slice(p->r, RS_CHUNK_ROWS, 0, 8, (uint64_t)p->s.n_users + 1, user, 2, &d->row_ptr, err)) < 0)
		return rc;
	first = d->row_ptr[0];
	if (d->row_ptr[1] < first || d->row_ptr[1] > all)
		return rs_reader_damaged(p->r, "the rows of users are out of order", err);
	n = d->n_events = d->row_ptr[1] - first;
	d->row_ptr[0] = 0;
	d->row_ptr[1] = n;
	d->keep_duplicates = p->s.keep_duplicates;
	if ((rc = slice(p->r, RS_CHUNK_ITEM, 0, 4, all, first, n, &d->item, err)) < 0 ||
	    (p->s.time && (rc = slice(p->r, RS_CHUNK_TIME, 0, 8, all, first, n, &d->time_s, err)) < 0) ||
	    (p->s.value && (rc = slice(p->r, RS_CHUNK_VALUE, 0, 4, all, first, n, &d->value, err)) < 0) ||
	    (p->s.type && (rc = slice(p->r, RS_CHUNK_TYPE, 0, 2, all, first, n, &d->type, err)) < 0) ||
	    (p->s.type && (rc = rs_keys_copy(&d->type_key, &p->type_key, err)) < 0) ||
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
		return rs_reader_damaged(p->r, "a row is neither there nor not", err);
	if ((t->column = rs_array0(p->s.users.n_columns, sizeof *t->column, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < p->s.users.n_columns; i++) {
		t->n_columns = i + 1;
		if ((rc = slice_column(p, 'U', i, user, 1, &t->column[i], err)) < 0)
			return rc;
	}
	return 0;
}

/* *out stays NULL where the user is unknown. */
static int look_up(struct part *p, const void *key, size_t n, struct rs_dataset **out, struct rs_err *err)
{
	uint32_t user;
	int rc;

	if ((rc = rs_keys_seek(p->r, RS_CHUNK_USERS, 0, key, n, &user, err)) < 0 || user == RS_NONE ||
	    (rc = load_schema(p, err)) < 0)
		return rc;
	if ((*out = rs_array0(1, sizeof **out, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_keys_pick(&(*out)->user_key, p->r, RS_CHUNK_USERS, 0, &user, 1, err)) < 0)
		return rc;
	return (rc = slice_events(p, *out, user, err)) < 0 ? rc : slice_user(p, *out, user, err);
}

struct search {
	const char *const *path;
	size_t n; /* of paths */
	const struct rs_keys *users;
	struct rs_dataset **found; /* by part and user, or NULL */
	bool *keep;                /* by part: equal events are kept */
};

static int search_part(struct search *s, size_t i, struct rs_err *err)
{
	struct part p = { 0 };
	int rc = rs_reader_open(&p.r, s->path[i], RS_FILE_DATASET, err);

	if (rc < 0)
		return rc;
	rc = rs_reader_verify_small(p.r, err);
	if (rc == 0)
		rc = rs_schema_keeps_duplicates(&s->keep[i], p.r, RS_HALF_ITEMS, err);
	for (uint32_t u = 0; u < s->users->n && rc == 0; u++) {
		size_t n;
		const char *key = rs_keys_get(s->users, u, &n);

		rc = look_up(&p, key, n, &s->found[i * s->users->n + u], err);
	}
	rs_schema_release(&p.s);
	rs_keys_release(&p.type_key);
	rs_reader_close(p.r);
	return rc;
}

static int search_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct search *s = ctx;
	int rc = 0;

	(void)worker;
	for (size_t i = tile * TILE; i < s->n && i < (tile + 1) * TILE && rc == 0; i++)
		rc = search_part(s, i, err);
	return rc;
}

/* What the parts know of one user, as one dataset; *out stays NULL where no part knows the user. */
static int join_parts(const struct search *s, uint32_t user, bool keep, struct rs_dataset **out, struct rs_err *err)
{
	struct rs_dataset **of_user = rs_array(s->n, sizeof(struct rs_dataset *), err);
	size_t n = 0;
	int rc = 0;

	if (of_user == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		struct rs_dataset **at = &s->found[i * s->users->n + user];

		if (*at != NULL)
			of_user[n++] = *at;
		*at = NULL;
	}
	if (n > 0)
		of_user[0]->keep_duplicates = keep;
	if (n == 1) {
		*out = of_user[0];
		n = 0;
	} else if (n > 1) {
		rc = rs_dataset_union(out, (const struct rs_dataset *const *)of_user, n, err);
	}
	for (size_t i = 0; i < n; i++)
		rs_dataset_free(of_user[i]);
	rs_free(of_user);
	return rc;
}

int rs_dataset_lookup(struct rs_dataset **out, const char *const *path, size_t n, const struct rs_keys *users,
                      struct rs_err *err)
{
	struct search s = { .path = path, .n = n, .users = users };
	struct rs_dataset **of_user = rs_array0(users->n, sizeof(struct rs_dataset *), err);
	bool keep = false; /* one file that keeps equal events lets all of them stay, as in the union of the whole files */
	size_t n_found = 0, n_all;
	int rc = RS_ENOMEM;

	*out = NULL;
	if (rs_mul_overflows(n, (size_t)users->n, &n_all))
		n_all = SIZE_MAX;
	if (of_user == NULL || (s.found = rs_array0(n_all, sizeof(struct rs_dataset *), err)) == NULL ||
	    (s.keep = rs_array0(n, sizeof *s.keep, err)) == NULL)
		goto out;
	if ((rc = rs_tiles_run((n + TILE - 1) / TILE, search_tile, &s, err)) < 0)
		goto out;
	for (size_t i = 0; i < n; i++)
		keep |= s.keep[i];
	for (uint32_t u = 0; u < users->n && rc == 0; u++) {
		rc = join_parts(&s, u, keep, &of_user[n_found], err);
		n_found += of_user[n_found] != NULL;
	}
	if (rc == 0 && n_found == 1) {
		*out = of_user[0];
		n_found = 0;
	} else if (rc == 0) {
		rc = rs_dataset_union(out, (const struct rs_dataset *const *)of_user, n_found, err);
	}
out:
	for (size_t i = 0; i < n_found; i++)
		rs_dataset_free(of_user[i]);
	for (size_t i = 0; s.keep != NULL && i < n_all; i++)
		rs_dataset_free(s.found[i]);
	rs_free(of_user);
	rs_free(s.found);
	rs_free(s.keep);
	return rc;
}
