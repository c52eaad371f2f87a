/* union.c -- several datasets as one: later files win for rows of users and items, equal events count once. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/arrange.h"
#include "lib/data/column.h"
#include "lib/data/provenance.h"

#include <math.h>
#include <string.h>

struct joining {
	const struct rs_dataset *const *in;
	size_t n;
	struct rs_union_maps *map;
	struct rs_dataset *d;
	uint32_t *user; /* by event */
};

/* Users, items and types side by side. */
static int join_keys(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct joining *j = ctx;
	const struct rs_keys **key = rs_array(j->n, sizeof(struct rs_keys *), err);
	struct rs_keys *out[] = { &j->d->user_key, &j->d->item_key, &j->d->type_key };
	uint32_t **map[] = { j->map->user, j->map->item, j->map->type };
	int rc;

	(void)worker;
	if (key == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < j->n; i++)
		key[i] = tile == 0 ? &j->in[i]->user_key : tile == 1 ? &j->in[i]->item_key : &j->in[i]->type_key;
	rc = rs_keys_union(out[tile], key, j->n, map[tile], err);
	if (rc == 0 && tile == 2 && j->d->type_key.n >= UINT16_MAX)
		rc = rs_fail(err, RS_EDATA, "%u event types: expected at most %u", j->d->type_key.n, UINT16_MAX - 1);
	rs_free(key);
	return rc;
}

/* The events of all inputs one behind the other, not yet sorted. */
static int join_events(struct joining *j, struct rs_err *err)
{
	struct rs_dataset *d = j->d;
	bool time = false, timed = false, no_time = false, value = false, type = false;
	uint64_t at = 0;

	for (size_t i = 0; i < j->n; i++) {
		d->n_events += j->in[i]->n_events;
		time |= j->in[i]->time_s != NULL;
		timed |= j->in[i]->time_s != NULL && j->in[i]->n_events > 0;
		no_time |= j->in[i]->time_s == NULL && j->in[i]->n_events > 0;
		value |= j->in[i]->value != NULL;
		type |= j->in[i]->type != NULL;
		d->keep_duplicates |= j->in[i]->keep_duplicates;
	}
	if (timed && no_time)
		return rs_fail(err, RS_EDATA, "some of the datasets have times and some have none: they cannot be joined");
	time &= !no_time;
	if ((j->user = rs_array(d->n_events, sizeof *j->user, err)) == NULL ||
	    (d->item = rs_array(d->n_events, sizeof *d->item, err)) == NULL ||
	    (time && (d->time_s = rs_array(d->n_events, sizeof *d->time_s, err)) == NULL) ||
	    (value && (d->value = rs_array(d->n_events, sizeof *d->value, err)) == NULL) ||
	    (type && (d->type = rs_array(d->n_events, sizeof *d->type, err)) == NULL))
		return RS_ENOMEM;
	for (size_t i = 0; i < j->n; i++) {
		const struct rs_dataset *s = j->in[i];

		for (uint32_t u = 0; u < s->user_key.n; u++)
			for (uint64_t e = s->row_ptr[u]; e < s->row_ptr[u + 1]; e++)
				j->user[at + e] = j->map->user[i][u];
		for (uint64_t e = 0; e < s->n_events; e++)
			d->item[at + e] = j->map->item[i][s->item[e]];
		if (time && s->n_events > 0)
			memcpy(d->time_s + at, s->time_s, s->n_events * sizeof *d->time_s);
		for (uint64_t e = 0; e < s->n_events && value; e++)
			d->value[at + e] = s->value == NULL ? NAN : s->value[e];
		for (uint64_t e = 0; e < s->n_events && type; e++)
			d->type[at + e] = s->type == NULL || s->type[e] == UINT16_MAX ?
			                          UINT16_MAX :
			                          (uint16_t)j->map->type[i][s->type[e]];
		at += s->n_events;
	}
	return 0;
}

/* Columns of some kind in the inputs, joined by name in the order of first appearance, rows one input behind the other. */
typedef const struct rs_column *columns_of(const struct rs_dataset *d, uint32_t *n_columns, uint64_t *n_rows);

static int join_columns(struct joining *j, columns_of *of, struct rs_column **out, uint32_t *n_out, struct rs_err *err)
{
	const struct rs_column **same = rs_array(j->n, sizeof(struct rs_column *), err);
	uint64_t *n_rows = rs_array(j->n, sizeof *n_rows, err);
	uint32_t most = 0, nc;
	int rc = RS_ENOMEM;

	*n_out = 0;
	if (same == NULL || n_rows == NULL)
		goto out;
	for (size_t i = 0; i < j->n; i++) {
		of(j->in[i], &nc, &n_rows[i]);
		most += nc;
	}
	if ((*out = rs_array0(most, sizeof **out, err)) == NULL)
		goto out;
	rc = 0;
	for (size_t i = 0; i < j->n && rc == 0; i++) {
		uint64_t nr;
		const struct rs_column *c = of(j->in[i], &nc, &nr);

		for (uint32_t k = 0; k < nc && rc == 0; k++) {
			if (rs_column_find(*out, *n_out, c[k].name) != NULL)
				continue;
			for (size_t h = 0; h < j->n; h++) {
				uint32_t n_other;
				const struct rs_column *other = of(j->in[h], &n_other, &nr);

				same[h] = rs_column_find(other, n_other, c[k].name);
			}
			rc = rs_column_concat(&(*out)[*n_out], same, n_rows, j->n, err);
			*n_out += rc == 0;
		}
	}
out:
	rs_free(same);
	rs_free(n_rows);
	return rc;
}

static const struct rs_column *context_of(const struct rs_dataset *d, uint32_t *nc, uint64_t *nr)
{
	*nc = d->n_context;
	*nr = d->n_events;
	return d->context;
}

static const struct rs_column *users_of(const struct rs_dataset *d, uint32_t *nc, uint64_t *nr)
{
	*nc = d->users.n_columns;
	*nr = d->user_key.n;
	return d->users.column;
}

static const struct rs_column *items_of(const struct rs_dataset *d, uint32_t *nc, uint64_t *nr)
{
	*nc = d->items.n_columns;
	*nr = d->item_key.n;
	return d->items.column;
}

/* For each key of the union the row of the last input that has one, replaced whole. */
static int join_table(struct joining *j, columns_of *of, uint32_t n_keys, struct rs_table *out, struct rs_err *err)
{
	uint64_t *row = rs_array(n_keys, sizeof *row, err), before = 0;
	bool any = false, users = of == users_of;
	struct rs_column *all = NULL;
	uint32_t n_all = 0;
	int rc = RS_ENOMEM;

	if (row == NULL)
		return rc;
	memset(row, 0xff, n_keys * sizeof *row);
	for (size_t i = 0; i < j->n; i++) {
		const struct rs_table *t = users ? &j->in[i]->users : &j->in[i]->items;
		uint32_t n = users ? j->in[i]->user_key.n : j->in[i]->item_key.n;
		const uint32_t *map = users ? j->map->user[i] : j->map->item[i];

		any |= t->present != NULL;
		for (uint32_t k = 0; k < n && t->present != NULL; k++)
			if (t->present[k] != 0)
				row[map[k]] = before + k;
		before += n;
	}
	rc = 0;
	if (!any || (rc = join_columns(j, of, &all, &n_all, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((out->present = rs_array(n_keys, 1, err)) == NULL ||
	    (out->column = rs_array0(n_all, sizeof *out->column, err)) == NULL)
		goto out;
	for (uint32_t k = 0; k < n_keys; k++)
		out->present[k] = row[k] != UINT64_MAX;
	for (rc = 0; out->n_columns < n_all; out->n_columns++)
		if ((rc = rs_column_take(&out->column[out->n_columns], &all[out->n_columns], row, n_keys, err)) < 0)
			goto out;
out:
	rs_free(row);
	rs_columns_free(all, n_all);
	return rc;
}

static int join_provenance(struct joining *j, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < j->n && rc == 0; i++) {
		const struct rs_buf *p = &j->in[i]->prov;

		rc = rs_prov_join(&j->d->prov, p->p, p->n, err);
	}
	return rc;
}

/* The actions of those that have some. */
static int join_actions(struct joining *j, struct rs_err *err)
{
	const struct rs_dataset **in = rs_array(j->n, sizeof(struct rs_dataset *), err);
	size_t n = 0;
	int rc = 0;

	if (in == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < j->n; i++)
		if (j->in[i]->actions != NULL)
			in[n++] = j->in[i]->actions;
	if (n > 0)
		rc = rs_dataset_union(&j->d->actions, in, n, err);
	rs_free(in);
	return rc;
}

int rs_dataset_union_maps(struct rs_dataset **out, const struct rs_dataset *const *in, size_t n, struct rs_union_maps *maps,
                          struct rs_err *err)
{
	struct joining j = { .in = in, .n = n, .map = maps };
	int rc = RS_ENOMEM;

	*out = NULL;
	memset(maps, 0, sizeof *maps);
	if ((j.d = rs_array0(1, sizeof *j.d, err)) == NULL ||
	    (maps->user = rs_array0(n, sizeof *maps->user, err)) == NULL ||
	    (maps->item = rs_array0(n, sizeof *maps->item, err)) == NULL ||
	    (maps->type = rs_array0(n, sizeof *maps->type, err)) == NULL)
		goto out;
	maps->n = n;
	if ((rc = rs_tiles_run(3, join_keys, &j, err)) < 0 || (rc = join_events(&j, err)) < 0 ||
	    (rc = join_columns(&j, context_of, &j.d->context, &j.d->n_context, err)) < 0 ||
	    (rc = join_table(&j, users_of, j.d->user_key.n, &j.d->users, err)) < 0 ||
	    (rc = join_table(&j, items_of, j.d->item_key.n, &j.d->items, err)) < 0 ||
	    (rc = join_provenance(&j, err)) < 0 || (rc = rs_arrange(j.d, j.user, err)) < 0 ||
	    (rc = join_actions(&j, err)) < 0)
		goto out;
	*out = j.d;
	j.d = NULL;
out:
	rs_free(j.user);
	rs_dataset_free(j.d);
	return rc;
}

void rs_union_maps_release(struct rs_union_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++) {
		rs_free(maps->user[i]);
		rs_free(maps->item[i]);
		rs_free(maps->type[i]);
	}
	rs_free(maps->user);
	rs_free(maps->item);
	rs_free(maps->type);
	memset(maps, 0, sizeof *maps);
}

int rs_dataset_union(struct rs_dataset **out, const struct rs_dataset *const *in, size_t n, struct rs_err *err)
{
	struct rs_union_maps maps;
	int rc = rs_dataset_union_maps(out, in, n, &maps, err);

	rs_union_maps_release(&maps);
	return rc;
}
