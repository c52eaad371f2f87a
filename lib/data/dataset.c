/* dataset.c -- freeing, and picking a part of a dataset. */
#include "lib/data/dataset.h"

#include "lib/base/mem.h"
#include "lib/data/column.h"

#include <string.h>

static void release_table(struct rs_table *t)
{
	rs_columns_free(t->column, t->n_columns);
	rs_free(t->present);
	memset(t, 0, sizeof *t);
}

void rs_dataset_drop_events(struct rs_dataset *d)
{
	rs_free(d->row_ptr);
	rs_free(d->item);
	rs_free(d->time_s);
	rs_free(d->value);
	rs_free(d->type);
	rs_columns_free(d->context, d->n_context);
	d->row_ptr = NULL;
	d->item = NULL;
	d->time_s = NULL;
	d->value = NULL;
	d->type = NULL;
	d->context = NULL;
	d->n_context = 0;
	d->n_events = 0;
}

void rs_dataset_free(struct rs_dataset *d)
{
	if (d == NULL)
		return;
	rs_dataset_drop_events(d);
	rs_keys_release(&d->user_key);
	rs_keys_release(&d->item_key);
	rs_keys_release(&d->type_key);
	release_table(&d->users);
	release_table(&d->items);
	rs_buf_release(&d->prov);
	rs_dataset_free(d->actions);
	rs_free(d);
}

uint32_t rs_dataset_user_of(const struct rs_dataset *d, uint64_t event)
{
	uint32_t lo = 0, hi = d->user_key.n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (d->row_ptr[mid] <= event)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* What of the old dataset stays, and where. */
struct selection {
	uint8_t *user, *item;        /* 1: stays */
	uint32_t *item_place;        /* old to new */
	uint64_t *event, *user_row, *item_row; /* new to old */
	uint64_t n_events;
	uint32_t n_users, n_items;
};

static void release_selection(struct selection *s)
{
	rs_free(s->user);
	rs_free(s->item);
	rs_free(s->item_place);
	rs_free(s->event);
	rs_free(s->user_row);
	rs_free(s->item_row);
}

static void start_keep(uint8_t *to, const uint8_t *keep, const struct rs_table *t, uint32_t n, bool drop_unused)
{
	for (uint32_t i = 0; i < n; i++) {
		to[i] = keep == NULL || keep[i] != 0;
		if (drop_unused && (t->present == NULL || t->present[i] == 0))
			to[i] = to[i] ? 2 : 0; /* stays if an event shows up */
	}
}

static int select_parts(struct selection *s, const struct rs_dataset *d, const uint8_t *keep_event,
                        const uint8_t *keep_user, const uint8_t *keep_item, bool drop_unused, struct rs_err *err)
{
	uint32_t nu = d->user_key.n, ni = d->item_key.n;

	if ((s->user = rs_array(nu, 1, err)) == NULL || (s->item = rs_array(ni, 1, err)) == NULL ||
	    (s->item_place = rs_array(ni, sizeof *s->item_place, err)) == NULL ||
	    (s->event = rs_array(d->n_events, sizeof *s->event, err)) == NULL ||
	    (s->user_row = rs_array(nu, sizeof *s->user_row, err)) == NULL ||
	    (s->item_row = rs_array(ni, sizeof *s->item_row, err)) == NULL)
		return RS_ENOMEM;
	start_keep(s->user, keep_user, &d->users, nu, drop_unused);
	start_keep(s->item, keep_item, &d->items, ni, drop_unused);
	for (uint32_t u = 0; u < nu; u++) {
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1] && s->user[u] != 0; e++) {
			if ((keep_event != NULL && keep_event[e] == 0) || s->item[d->item[e]] == 0)
				continue;
			s->event[s->n_events++] = e;
			s->item[d->item[e]] = 1;
			s->user[u] = 1;
		}
	}
	for (uint32_t u = 0; u < nu; u++)
		if ((s->user[u] = s->user[u] == 1) != 0)
			s->user_row[s->n_users++] = u;
	for (uint32_t i = 0; i < ni; i++) {
		s->item[i] = s->item[i] == 1;
		s->item_place[i] = s->item[i] ? s->n_items : RS_NONE;
		if (s->item[i])
			s->item_row[s->n_items++] = i;
	}
	return 0;
}

static int take_table(struct rs_table *out, const struct rs_table *in, const uint64_t *row, uint32_t n,
                      struct rs_err *err)
{
	int rc;

	if (in->present == NULL)
		return 0;
	if ((out->present = rs_array(n, 1, err)) == NULL ||
	    (out->column = rs_array0(in->n_columns, sizeof *out->column, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		out->present[i] = in->present[row[i]];
	for (; out->n_columns < in->n_columns; out->n_columns++)
		if ((rc = rs_column_take(&out->column[out->n_columns], &in->column[out->n_columns], row, n, err)) < 0)
			return rc;
	return 0;
}

static int take_types(struct rs_dataset *o, const struct rs_dataset *d, const struct selection *s, struct rs_err *err)
{
	uint8_t *used = rs_array0(d->type_key.n, 1, err);
	uint16_t *place = rs_array(d->type_key.n, sizeof *place, err), k = 0;
	int rc = RS_ENOMEM;

	if (used == NULL || place == NULL || (o->type = rs_array(s->n_events, sizeof *o->type, err)) == NULL)
		goto out;
	for (uint64_t e = 0; e < s->n_events; e++)
		if (d->type[s->event[e]] != UINT16_MAX)
			used[d->type[s->event[e]]] = 1;
	for (uint32_t t = 0; t < d->type_key.n; t++)
		place[t] = used[t] ? k++ : UINT16_MAX;
	for (uint64_t e = 0; e < s->n_events; e++)
		o->type[e] = d->type[s->event[e]] == UINT16_MAX ? UINT16_MAX : place[d->type[s->event[e]]];
	rc = rs_keys_subset(&o->type_key, &d->type_key, used, err);
out:
	rs_free(used);
	rs_free(place);
	return rc;
}

static int take_events(struct rs_dataset *o, const struct rs_dataset *d, const struct selection *s, struct rs_err *err)
{
	uint64_t e = 0;
	int rc;

	o->n_events = s->n_events;
	if ((o->row_ptr = rs_array((size_t)s->n_users + 1, sizeof *o->row_ptr, err)) == NULL ||
	    (o->item = rs_array(s->n_events, sizeof *o->item, err)) == NULL ||
	    (d->time_s != NULL && (o->time_s = rs_array(s->n_events, sizeof *o->time_s, err)) == NULL) ||
	    (d->value != NULL && (o->value = rs_array(s->n_events, sizeof *o->value, err)) == NULL) ||
	    (o->context = rs_array0(d->n_context, sizeof *o->context, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < s->n_users; u++) {
		o->row_ptr[u] = e;
		while (e < s->n_events && s->event[e] < d->row_ptr[s->user_row[u] + 1])
			e++;
	}
	o->row_ptr[s->n_users] = e;
	for (e = 0; e < s->n_events; e++) {
		uint64_t old = s->event[e];

		o->item[e] = s->item_place[d->item[old]];
		if (o->time_s != NULL)
			o->time_s[e] = d->time_s[old];
		if (o->value != NULL)
			o->value[e] = d->value[old];
	}
	for (; o->n_context < d->n_context; o->n_context++)
		if ((rc = rs_column_take(&o->context[o->n_context], &d->context[o->n_context], s->event, s->n_events,
		                         err)) < 0)
			return rc;
	return d->type == NULL ? 0 : take_types(o, d, s, err);
}

int rs_dataset_subset(struct rs_dataset **out, const struct rs_dataset *d, const uint8_t *keep_event,
                      const uint8_t *keep_user, const uint8_t *keep_item, bool drop_unused, struct rs_err *err)
{
	struct rs_dataset *o = rs_array0(1, sizeof *o, err);
	struct selection s = { 0 };
	int rc = RS_ENOMEM;

	*out = NULL;
	if (o == NULL)
		return RS_ENOMEM;
	o->keep_duplicates = d->keep_duplicates;
	if ((rc = select_parts(&s, d, keep_event, keep_user, keep_item, drop_unused, err)) < 0 ||
	    (rc = rs_keys_subset(&o->user_key, &d->user_key, s.user, err)) < 0 ||
	    (rc = rs_keys_subset(&o->item_key, &d->item_key, s.item, err)) < 0 ||
	    (rc = take_events(o, d, &s, err)) < 0 ||
	    (rc = take_table(&o->users, &d->users, s.user_row, s.n_users, err)) < 0 ||
	    (rc = take_table(&o->items, &d->items, s.item_row, s.n_items, err)) < 0)
		goto out;
	if (d->prov.n > 0 && (rc = rs_buf_add(&o->prov, d->prov.p, d->prov.n, err)) < 0)
		goto out;
	*out = o;
	o = NULL;
out:
	release_selection(&s);
	rs_dataset_free(o);
	return rc;
}
