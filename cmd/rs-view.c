/* rs-view.c -- shows a table of a dataset as text, or picks a part of it as a smaller dataset. */
#include "cmd/common.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/export.h"
#include "lib/data/idlist.h"
#include "lib/data/pick.h"
#include "lib/data/schema_out.h"
#include "lib/filter/eval.h"

#include <string.h>

static const char *const tables[] = { "interactions", "users", "items", "actions", "action-interactions", NULL };
static const char *const formats[] = { "csv", "tsv", "jsonl", "dataset", "schema", NULL };
static const char *const orders[] = { "user", "time", NULL };
enum { FORMAT_DATASET = 3, FORMAT_SCHEMA }; /* before it as enum rs_export_format */

static int table = RS_EXPORT_EVENTS, format = RS_EXPORT_CSV, order;
static const char *where, *from, *to, *users_path, *items_path;
static int64_t k_core;
static double sample = 1;

static const struct rs_opt opts[] = {
	RS_OPT_STRING('w', "where", "EXPR", &where, "rows for which this is true: see rs-filter(7)"),
	RS_OPT_CHOICE(0, "table", "TABLE", &table, tables, "the table to show, which --where is about"),
	RS_OPT_CHOICE('f', "format", "FORMAT", &format, formats, "what to write"),
	RS_OPT_CHOICE(0, "order", "ORDER", &order, orders, "order of interactions"),
	RS_OPT_STRING(0, "from", "TIME", &from, "events from this time on"),
	RS_OPT_STRING(0, "to", "TIME", &to, "events before this time"),
	RS_OPT_PATH('u', "users", &users_path, "only these users: ids, one a line; \"-\" is stdin"),
	RS_OPT_PATH('i', "items", &items_path, "only these items: ids, one a line; \"-\" is stdin"),
	RS_OPT_INT(0, "k-core", "N", &k_core, 0, 1000000000, "only users and items with N partners left; 0: all"),
	RS_OPT_REAL(0, "sample", "F", &sample, 0, 1, "only about this share of the users"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-view",
	.synopsis = "[--where EXPR] [--table TABLE] [--format FORMAT] [options] DATASET...",
	.summary = "Show a dataset as text, or pick a part of it.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one DATASET",
};

/* What stays, of the dataset or of its actions. */
struct view {
	struct rs_dataset *d;
	bool main; /* holds the table, so that --where, --items and --k-core are about it */
	struct rs_filter *filter;
	int64_t from_s, to_s;
	uint8_t *event, *user, *item; /* 1: stays */
};

static int read_time(const char *name, const char *text, int64_t *t, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	if (text == NULL || rs_get_iso_time(text, strlen(text), t) || rs_get_i64(text, strlen(text), t))
		return 0;
	return rs_fail(err, RS_EUSAGE, "--%s %s: expected a time such as 2024-05-01 or seconds since 1970", name,
	               rs_quote(q, sizeof q, text, strlen(text)));
}

static int read_options(struct view *v, struct rs_err *err)
{
	int rc;

	v->from_s = INT64_MIN;
	v->to_s = INT64_MAX;
	if ((rc = read_time("from", from, &v->from_s, err)) < 0 || (rc = read_time("to", to, &v->to_s, err)) < 0)
		return rc;
	if (where != NULL && rs_filter_parse(&v->filter, where, err) < 0)
		return rs_fail_prefix(err, "--where");
	return format == FORMAT_DATASET ? rs_refuse_terminal(rs_output, err) : 0;
}

static bool picks_a_part(const struct view *v)
{
	return v->filter != NULL || from != NULL || to != NULL || users_path != NULL || items_path != NULL || k_core > 0 ||
	       sample < 1;
}

/* Only the ids of a list stay. */
static int keep_listed(uint8_t *keep, const struct rs_keys *key, const char *path, struct rs_err *err)
{
	struct rs_idlist list = { 0 };
	size_t n_unknown = 0;
	int rc;

	if (path == NULL)
		return 0;
	if ((rc = rs_idlist_read(&list, path, NULL, err)) == 0) {
		memset(keep, 0, key->n);
		for (size_t i = 0; i < list.n; i++) {
			size_t n;
			const char *id = rs_idlist_get(&list, i, &n);
			uint32_t ix = rs_keys_find(key, id, n);

			if (ix != RS_NONE)
				keep[ix] = 1;
			else
				n_unknown++;
		}
		if (n_unknown > 0)
			rs_say("%s: %zu of %zu ids are not in the data", path, n_unknown, list.n);
	}
	rs_idlist_release(&list);
	return rc;
}

/* The condition narrows what the marks of its table say. */
static int keep_where(struct view *v, struct rs_err *err)
{
	const struct rs_dataset *d = v->d;
	enum rs_filter_table rows = rs_export_of_events((enum rs_export_table)table) ? RS_FILTER_EVENTS :
	                            table == RS_EXPORT_USERS                         ? RS_FILTER_USERS :
	                                                                               RS_FILTER_ITEMS;
	uint64_t n = rows == RS_FILTER_EVENTS ? d->n_events : rows == RS_FILTER_USERS ? d->user_key.n : d->item_key.n;
	uint8_t *keep = rows == RS_FILTER_EVENTS ? v->event : rows == RS_FILTER_USERS ? v->user : v->item;
	uint8_t *fits;
	int rc;

	if (v->filter == NULL)
		return 0;
	if ((fits = rs_array(n, 1, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_filter_rows(v->filter, d, rows, fits, err)) < 0)
		rs_fail_prefix(err, "--where");
	for (uint64_t i = 0; i < n && rc == 0; i++)
		keep[i] &= fits[i];
	rs_free(fits);
	return rc;
}

static int keep_times(struct view *v, struct rs_err *err)
{
	const struct rs_dataset *d = v->d;

	if (from == NULL && to == NULL)
		return 0;
	if (d->time_s == NULL && d->n_events > 0 && v->main)
		return rs_fail(err, RS_EUSAGE, "--%s: the data has no times", from != NULL ? "from" : "to");
	for (uint64_t e = 0; e < d->n_events && d->time_s != NULL; e++)
		v->event[e] &= d->time_s[e] >= v->from_s && d->time_s[e] < v->to_s;
	return 0;
}

static void release_marks(struct view *v)
{
	rs_free(v->event);
	rs_free(v->user);
	rs_free(v->item);
	v->event = v->user = v->item = NULL;
}

/* Replaces v->d by the part that stays; its actions are left to another call. */
static int pick_part(struct view *v, struct rs_dataset **part, struct rs_err *err)
{
	const struct rs_dataset *d = v->d;
	int rc;

	if ((v->event = rs_array(d->n_events, 1, err)) == NULL || (v->user = rs_array(d->user_key.n, 1, err)) == NULL ||
	    (v->item = rs_array(d->item_key.n, 1, err)) == NULL)
		return RS_ENOMEM;
	memset(v->event, 1, d->n_events);
	memset(v->user, 1, d->user_key.n);
	memset(v->item, 1, d->item_key.n);
	if ((rc = keep_listed(v->user, &d->user_key, users_path, err)) < 0 ||
	    (v->main && (rc = keep_listed(v->item, &d->item_key, items_path, err)) < 0))
		return rc;
	if (sample < 1)
		rs_pick_sample(v->user, d, sample, rs_seed);
	if ((v->main && (rc = keep_where(v, err)) < 0) || (rc = keep_times(v, err)) < 0 ||
	    (v->main && k_core > 0 && (rc = rs_pick_core(v->user, v->item, d, v->event, (uint64_t)k_core, err)) < 0))
		return rc;
	return rs_dataset_subset(part, d, v->event, v->user, v->item, true, err);
}

/* The part of both halves. */
static int pick_parts(struct view *v, struct rs_err *err)
{
	struct rs_dataset *whole = v->d, *part = NULL;
	int rc;

	v->main = !rs_export_of_actions((enum rs_export_table)table);
	rc = pick_part(v, &part, err);
	release_marks(v);
	if (rc == 0 && whole->actions != NULL) {
		v->d = whole->actions;
		v->main = !v->main;
		rc = pick_part(v, &part->actions, err);
		release_marks(v);
	}
	v->d = part;
	rs_dataset_free(whole);
	return rc;
}

static int show(const struct rs_dataset *d, struct rs_err *err)
{
	struct rs_out *out = NULL;
	uint64_t *rows = NULL;
	int rc = 0;

	if (rs_export_of_actions((enum rs_export_table)table) && (d = d->actions) == NULL)
		return rs_fail(err, RS_EDATA, "--table %s: the data has no actions", tables[table]);
	if (rs_export_of_events((enum rs_export_table)table) && order == 1) {
		if (d->time_s == NULL && d->n_events > 0)
			return rs_fail(err, RS_EUSAGE, "--order time: the data has no times");
		rc = rs_order_by_time(&rows, d, err);
	}
	if (rc == 0 && (rc = rs_out_open(&out, rs_output, err)) == 0 &&
	    (rc = rs_export(out, d, (enum rs_export_table)table, (enum rs_export_format)format, rows, err)) == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	rs_free(rows);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct view v = { 0 };
	unsigned need = RS_NEED_ALL;
	int rc;

	if ((rc = read_options(&v, err)) < 0)
		goto out;
	if (!picks_a_part(&v) && format != FORMAT_DATASET)
		need = rs_export_needs((enum rs_export_table)table);
	if ((rc = rs_dataset_open(&v.d, (const char *const *)argv, (size_t)argc, need, err)) < 0 ||
	    (picks_a_part(&v) && (rc = pick_parts(&v, err)) < 0))
		goto out;
	rc = format == FORMAT_DATASET ? rs_dataset_write(v.d, rs_output, err) :
	     format == FORMAT_SCHEMA  ? rs_schema_save(rs_output, v.d, (enum rs_table_kind)table, err) :
	                                show(v.d, err);
	if (rc == 0 && format == FORMAT_DATASET)
		rs_say("%u users, %u items, %llu events", v.d->user_key.n, v.d->item_key.n, (unsigned long long)v.d->n_events);
out:
	rs_filter_free(v.filter);
	rs_dataset_free(v.d);
	return rc;
}
