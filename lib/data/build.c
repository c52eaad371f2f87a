/* build.c -- a dataset from coded rows and attribute tables. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/arrange.h"
#include "lib/data/column.h"

#include <math.h>
#include <string.h>

void rs_rows_release(struct rs_rows *r)
{
	rs_free(r->user);
	rs_free(r->item);
	rs_free(r->time_s);
	rs_free(r->value);
	rs_free(r->type);
	rs_columns_free(r->context, r->n_context);
	r->user = r->item = NULL;
	r->time_s = NULL;
	r->value = NULL;
	r->type = NULL;
	r->context = NULL;
	r->n_context = 0;
	r->n = 0;
}

void rs_table_in_release(struct rs_table_in *t)
{
	rs_keys_release(&t->key);
	rs_columns_free(t->column, t->n_columns);
	memset(t, 0, sizeof *t);
}

#define TILE (1u << 16)

struct recode {
	uint32_t *ix;
	const uint32_t *place;
	uint64_t n;
};

static int recode_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct recode *r = ctx;
	uint64_t lo = tile * TILE, hi = lo + TILE < r->n ? lo + TILE : r->n;

	(void)worker;
	(void)err;
	for (uint64_t i = lo; i < hi; i++)
		r->ix[i] = r->place[r->ix[i]];
	return 0;
}

/* Sorted keys of a map and (may be NULL) of a table; ix is recoded; table_row gets for each key its row in the table or
 * UINT64_MAX. */
static int join_keys(struct rs_keys *out, const struct rs_keymap *map, uint32_t *ix, uint64_t n,
                     const struct rs_table_in *table, uint64_t **table_row, struct rs_err *err)
{
	uint32_t *perm = NULL, *place[2] = { NULL, NULL };
	struct rs_keys seen = { 0 };
	const struct rs_keys *in[2] = { &seen, table == NULL ? NULL : &table->key };
	struct recode r = { ix, NULL, n };
	int rc;

	*table_row = NULL;
	if ((rc = rs_keys_from_map(&seen, map, &perm, err)) < 0)
		return rc;
	if (table == NULL) {
		*out = seen;
		memset(&seen, 0, sizeof seen);
	} else {
		if ((rc = rs_keys_union(out, in, 2, place, err)) < 0)
			goto out;
		for (uint32_t i = 0; i < rs_keymap_count(map); i++)
			perm[i] = place[0][perm[i]];
		rc = RS_ENOMEM;
		if ((*table_row = rs_array(out->n, sizeof **table_row, err)) == NULL)
			goto out;
		memset(*table_row, 0xff, out->n * sizeof **table_row);
		for (uint32_t i = 0; i < table->key.n; i++)
			(*table_row)[place[1][i]] = i;
	}
	r.place = perm;
	rc = rs_tiles_run((size_t)((n + TILE - 1) / TILE), recode_tile, &r, err);
out:
	rs_keys_release(&seen);
	rs_free(perm);
	rs_free(place[0]);
	rs_free(place[1]);
	return rc;
}

static int fill_table(struct rs_table *out, const struct rs_table_in *in, const uint64_t *row, uint32_t n,
                      struct rs_err *err)
{
	int rc;

	if (in == NULL)
		return 0;
	if ((out->present = rs_array(n, 1, err)) == NULL ||
	    (out->column = rs_array0(in->n_columns, sizeof *out->column, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		out->present[i] = row[i] != UINT64_MAX;
	for (; out->n_columns < in->n_columns; out->n_columns++)
		if ((rc = rs_column_take(&out->column[out->n_columns], &in->column[out->n_columns], row, n, err)) < 0)
			return rc;
	return 0;
}

static int sort_types(struct rs_dataset *d, const struct rs_rows *rows, struct rs_err *err)
{
	uint32_t *perm;
	int rc;

	if (rows->type == NULL)
		return 0;
	if (rs_keymap_count(rows->type_map) >= UINT16_MAX)
		return rs_fail(err, RS_EDATA, "%u event types: expected at most %u", rs_keymap_count(rows->type_map),
		               UINT16_MAX - 1);
	if ((rc = rs_keys_from_map(&d->type_key, rows->type_map, &perm, err)) < 0)
		return rc;
	for (uint64_t e = 0; e < rows->n; e++)
		if (rows->type[e] != UINT16_MAX)
			rows->type[e] = (uint16_t)perm[rows->type[e]];
	rs_free(perm);
	return 0;
}

/* Equal numbers get equal bytes: one zero, one null. */
static int one_form_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct rs_rows *r = ctx;
	uint64_t lo = tile * TILE, hi = lo + TILE < r->n ? lo + TILE : r->n;

	(void)worker;
	(void)err;
	for (uint64_t i = lo; i < hi; i++)
		r->value[i] = isnan(r->value[i]) ? NAN : r->value[i] + 0.0f;
	return 0;
}

static void one_form_columns(struct rs_column *c, uint32_t n_columns)
{
	for (uint32_t k = 0; k < n_columns; k++)
		for (uint64_t i = 0; i < c[k].n_rows && c[k].type == RS_TYPE_NUMBER; i++)
			c[k].number[i] = isnan(c[k].number[i]) ? NAN : c[k].number[i] + 0.0;
}

int rs_dataset_build(struct rs_dataset **out, struct rs_rows *rows, struct rs_table_in *users,
                     struct rs_table_in *items, bool keep_duplicates, struct rs_err *err)
{
	struct rs_dataset *d = rs_array0(1, sizeof *d, err);
	uint64_t *user_row = NULL, *item_row = NULL;
	uint32_t *user = rows->user;
	int rc = RS_ENOMEM;

	*out = NULL;
	if (d == NULL)
		goto out;
	d->keep_duplicates = keep_duplicates;
	if (rows->value != NULL && (rc = rs_tiles_run((size_t)((rows->n + TILE - 1) / TILE), one_form_tile, rows, err)) < 0)
		goto out;
	one_form_columns(rows->context, rows->n_context);
	if (users != NULL)
		one_form_columns(users->column, users->n_columns);
	if (items != NULL)
		one_form_columns(items->column, items->n_columns);
	if ((rc = join_keys(&d->user_key, rows->user_map, rows->user, rows->n, users, &user_row, err)) < 0 ||
	    (rc = join_keys(&d->item_key, rows->item_map, rows->item, rows->n, items, &item_row, err)) < 0 ||
	    (rc = sort_types(d, rows, err)) < 0 ||
	    (rc = fill_table(&d->users, users, user_row, d->user_key.n, err)) < 0 ||
	    (rc = fill_table(&d->items, items, item_row, d->item_key.n, err)) < 0)
		goto out;
	d->n_events = rows->n;
	d->item = rows->item;
	d->time_s = rows->time_s;
	d->value = rows->value;
	d->type = rows->type;
	d->n_context = rows->n_context;
	d->context = rows->context;
	rows->user = rows->item = NULL;
	rows->time_s = NULL;
	rows->value = NULL;
	rows->type = NULL;
	rows->context = NULL;
	rows->n_context = 0;
	if ((rc = rs_arrange(d, user, err)) < 0)
		goto out;
	*out = d;
	d = NULL;
out:
	if (rows->user == NULL)
		rs_free(user);
	rs_free(user_row);
	rs_free(item_row);
	rs_rows_release(rows);
	if (users != NULL)
		rs_table_in_release(users);
	if (items != NULL)
		rs_table_in_release(items);
	rs_dataset_free(d);
	return rc;
}
