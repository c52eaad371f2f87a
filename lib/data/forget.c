/* forget.c -- a dataset as if somebody had never been in it. See forget.h. */
#include "lib/data/forget.h"

#include "lib/base/mem.h"
#include "lib/data/arrange.h"
#include "lib/data/column.h"
#include "lib/data/names.h"
#include "lib/data/values.h"

#include <math.h>
#include <string.h>

/* 0 for each key of the list, 1 for the others; *n_there tells how many of the list are there. */
static uint8_t *keep_others(const struct rs_keys *key, const struct rs_keys *list, uint32_t *n_there, struct rs_err *err)
{
	uint8_t *keep = rs_array(key->n, 1, err);

	*n_there = 0;
	if (keep == NULL)
		return NULL;
	memset(keep, 1, key->n);
	for (uint32_t i = 0; i < list->n; i++) {
		size_t n;
		const char *id = rs_keys_get(list, i, &n);
		uint32_t ix = rs_keys_find(key, id, n);

		if (ix != RS_NONE) {
			keep[ix] = 0;
			(*n_there)++;
		}
	}
	return keep;
}

/* ---- lists of impressions ---- */

static bool is_impression(const struct rs_column *c)
{
	return c->type == RS_TYPE_CATEGORICAL && rs_name_is(c->name, "impression");
}

/* Takes the items of the list out of the column; *n_struck is added to. */
static int strike_column(struct rs_column *c, const struct rs_keys *item, uint64_t *n_struck, struct rs_err *err)
{
	uint32_t n_there;
	uint8_t *keep = keep_others(&c->dict, item, &n_there, err);
	uint64_t *row = NULL, at = 0;
	struct rs_column taken;
	int rc = RS_ENOMEM;

	if (keep == NULL || n_there == 0) {
		rc = keep == NULL ? rc : 0;
		goto out;
	}
	for (uint64_t i = 0; i < c->n_rows; i++) {
		uint64_t from = c->ptr[i];

		c->ptr[i] = at;
		for (uint64_t k = from; k < c->ptr[i + 1]; k++)
			if (keep[c->code[k]] != 0)
				c->code[at++] = c->code[k];
	}
	*n_struck += c->ptr[c->n_rows] - at;
	c->ptr[c->n_rows] = at;
	/* what is used no more leaves the dictionary */
	if ((row = rs_array(c->n_rows, sizeof *row, err)) == NULL)
		goto out;
	for (uint64_t i = 0; i < c->n_rows; i++)
		row[i] = i;
	if ((rc = rs_column_take(&taken, c, row, c->n_rows, err)) < 0)
		goto out;
	rs_column_release(c);
	*c = taken;
out:
	rs_free(row);
	rs_free(keep);
	return rc;
}

/* ---- types that were found out from the values ---- */

/* The column as an import would make it of the same cells. */
static int infer(struct rs_column *out, const struct rs_column *c, struct rs_err *err)
{
	uint32_t *code = rs_array(c->n_rows, sizeof *code, err);
	struct rs_values values = { 0 };
	struct rs_column text = { 0 };
	int rc = RS_ENOMEM;

	if (code == NULL || (c->type != RS_TYPE_TEXT && (rc = rs_column_as(&text, c, RS_TYPE_TEXT, err)) < 0))
		goto out;
	rc = 0;
	for (uint64_t i = 0; i < c->n_rows && rc == 0; i++) {
		const struct rs_column *from = c->type == RS_TYPE_TEXT ? c : &text;
		size_t n = (size_t)(from->ptr[i + 1] - from->ptr[i]);

		code[i] = RS_NONE;
		if (n > 0)
			rc = rs_values_add(&values, from->text + from->ptr[i], n, &code[i], err);
	}
	if (rc == 0)
		rc = rs_values_column(out, &values, c->name, NULL, code, c->n_rows, err);
out:
	rs_column_release(&text);
	rs_values_release(&values);
	rs_free(code);
	return rc;
}

static bool has_numbers(const struct rs_column *c)
{
	for (uint64_t i = 0; i < c->n_rows; i++)
		if (!isnan(c->number[i]))
			return true;
	return false;
}

/* A column that had the type of its values has the type of those that are left. *changed becomes true if it is another one. */
static int retype(struct rs_column *c, const struct rs_column *before, bool *changed, struct rs_err *err)
{
	struct rs_column now = { 0 }, then = { 0 };
	bool followed;
	int rc;

	if (c->declared[0] != 0 || (c->type == RS_TYPE_NUMBER && has_numbers(c)))
		return 0;
	if ((rc = infer(&now, c, err)) != 0)
		return rc;
	if (now.type == c->type) {
		rs_column_release(&now);
		return 0;
	}
	if ((rc = infer(&then, before, err)) != 0) {
		rs_column_release(&now);
		return rc;
	}
	followed = then.type == before->type;
	rs_column_release(&then);
	if (followed) {
		rs_column_release(c);
		*c = now;
		*changed = true;
	} else {
		rs_column_release(&now);
	}
	return 0;
}

static int retype_table(struct rs_table *t, const struct rs_table *before, struct rs_err *err)
{
	bool changed;
	int rc = 0;

	for (uint32_t i = 0; i < t->n_columns && rc == 0; i++)
		rc = retype(&t->column[i], &before->column[i], &changed, err);
	return rc;
}

/* Values and types that are all null are no columns. */
static void drop_null_columns(struct rs_dataset *d)
{
	bool value = false;

	for (uint64_t e = 0; e < d->n_events && d->value != NULL && !value; e++)
		value = !isnan(d->value[e]);
	if (!value) {
		rs_free(d->value);
		d->value = NULL;
	}
	if (d->type_key.n == 0) {
		rs_free(d->type);
		d->type = NULL;
	}
}

/* Sorts the events anew. */
static int rearrange(struct rs_dataset *d, struct rs_err *err)
{
	uint32_t *user = rs_array(d->n_events, sizeof *user, err);
	int rc;

	if (user == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++)
			user[e] = u;
	rs_free(d->row_ptr);
	d->row_ptr = NULL;
	rc = rs_arrange(d, user, err);
	rs_free(user);
	return rc;
}

/* ---- halves ---- */

struct half {
	const struct rs_keys *user, *item;
	uint32_t users, items; /* there */
	uint64_t impressions;
};

static int forget_half(struct rs_dataset **out, const struct rs_dataset *d, struct half *h, struct rs_err *err)
{
	uint8_t *keep_user = keep_others(&d->user_key, h->user, &h->users, err);
	uint8_t *keep_item = keep_others(&d->item_key, h->item, &h->items, err);
	struct rs_dataset *o = NULL;
	bool changed = false;
	int rc = RS_ENOMEM;

	*out = NULL;
	if (keep_user == NULL || keep_item == NULL ||
	    (rc = rs_dataset_subset(&o, d, NULL, keep_user, keep_item, true, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < o->n_context && rc == 0; i++) {
		if (is_impression(&o->context[i]))
			rc = strike_column(&o->context[i], h->item, &h->impressions, err);
		else
			rc = retype(&o->context[i], &d->context[i], &changed, err);
	}
	if (rc < 0 || (rc = retype_table(&o->users, &d->users, err)) < 0 ||
	    (rc = retype_table(&o->items, &d->items, err)) < 0)
		goto out;
	drop_null_columns(o);
	if (h->impressions > 0 || changed)
		rc = rearrange(o, err);
out:
	rs_free(keep_user);
	rs_free(keep_item);
	if (rc < 0)
		rs_dataset_free(o);
	else
		*out = o;
	return rc;
}

/* ---- steps ---- */

static int forget_steps(struct rs_dataset *d, const struct rs_forget *f, uint64_t *n_steps, struct rs_err *err)
{
	struct rs_buf kept = RS_BUF_INIT;
	int rc = 0;

	for (size_t at = 0, n; at < d->prov.n && rc == 0; at += n) {
		const char *p = d->prov.p + at, *lf = memchr(p, '\n', d->prov.n - at);

		n = lf == NULL ? d->prov.n - at : (size_t)(lf - p) + 1;
		if (rs_forget_names_step(f, p, n))
			(*n_steps)++;
		else
			rc = rs_buf_add(&kept, p, n, err);
	}
	if (rc < 0) {
		rs_buf_release(&kept);
		return rc;
	}
	rs_buf_release(&d->prov);
	d->prov = kept;
	return 0;
}

int rs_forget(struct rs_dataset **out, const struct rs_dataset *d, const struct rs_forget *f, struct rs_forgotten *n,
              struct rs_err *err)
{
	struct half main = { .user = &f->user, .item = &f->item }, second = { .user = &f->user, .item = &f->action };
	struct rs_dataset *o;
	int rc;

	*out = NULL;
	memset(n, 0, sizeof *n);
	if ((rc = forget_half(&o, d, &main, err)) < 0)
		return rc;
	if ((d->actions != NULL && (rc = forget_half(&o->actions, d->actions, &second, err)) < 0) ||
	    (rc = forget_steps(o, f, &n->steps, err)) < 0) {
		rs_dataset_free(o);
		return rc;
	}
	n->items = main.items;
	n->actions = second.items;
	n->events = d->n_events - o->n_events;
	n->action_events = d->actions == NULL ? 0 : d->actions->n_events - o->actions->n_events;
	n->impressions = main.impressions + second.impressions;
	for (uint32_t i = 0; i < f->user.n; i++) {
		size_t len;
		const char *id = rs_keys_get(&f->user, i, &len);

		n->users += rs_keys_find(&d->user_key, id, len) != RS_NONE ||
		            (d->actions != NULL && rs_keys_find(&d->actions->user_key, id, len) != RS_NONE);
	}
	if (n->users == 0 && n->items == 0 && n->actions == 0 && n->impressions == 0 && n->steps == 0) {
		rs_dataset_free(o);
		return 0;
	}
	n->items = d->item_key.n - o->item_key.n;
	n->actions = d->actions == NULL ? 0 : d->actions->item_key.n - o->actions->item_key.n;
	*out = o;
	return 0;
}
