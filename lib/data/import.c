/* import.c -- text into a dataset: the story. */
#include "lib/data/import.h"

#include "lib/base/mem.h"
#include "lib/base/nearest.h"
#include "lib/base/tiles.h"
#include "lib/data/intake.h"
#include "lib/data/shape.h"
#include "lib/data/source.h"

#include <inttypes.h>
#include <string.h>

const char *rs_import_table_path(const struct rs_import_options *o, enum rs_table_kind kind)
{
	const char *const path[RS_TABLES] = { NULL, o->user_table, o->item_table, o->action_table, o->action_interactions };

	return path[kind];
}

struct importing {
	const struct rs_import_options *o;
	struct rs_rejects rejects;
	struct rs_hmac key; /* if ids are to be hidden */
	struct rs_spec ignore;
	bool *ignore_met; /* by entry of ignore: a file had such a column */
	struct rs_import_counts counts;
};

static int new_intake(struct importing *im, enum rs_table_kind kind, struct rs_intake **in, struct rs_err *err)
{
	int rc = rs_intake_new(in, kind, im->o, &im->rejects, err);

	if (rc == 0 && im->o->hash_ids != NULL)
		rs_intake_hide(*in, &im->key);
	return rc;
}

static int read_table(struct importing *im, enum rs_table_kind kind, struct rs_table_in *table, struct rs_err *err)
{
	const char *path = rs_import_table_path(im->o, kind);
	struct rs_import_count *count = &im->counts.of[kind];
	struct rs_intake *in = NULL;
	int rc;

	if (path == NULL)
		return 0;
	if ((rc = new_intake(im, kind, &in, err)) == 0 && (rc = rs_intake_file(in, path, err)) == 0)
		rc = rs_intake_table(in, table, &count->merged, err);
	if (in != NULL) {
		rs_intake_ignored(in, im->ignore_met);
		count->read = rs_intake_read(in);
		count->rejected = rs_intake_rejected(in);
		count->kept = count->read - count->rejected - count->merged;
	}
	rs_intake_free(in);
	return rc;
}

/* The events of n files; the maps of rows stay with the intake. */
static int read_events(struct importing *im, enum rs_table_kind kind, const char *const *path, size_t n,
                       struct rs_intake **in, struct rs_rows *rows, struct rs_err *err)
{
	int rc = new_intake(im, kind, in, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = rs_intake_file(*in, path[i], err);
	rs_intake_ignored(*in, im->ignore_met);
	im->counts.of[kind].read = rs_intake_read(*in);
	im->counts.of[kind].rejected = rs_intake_rejected(*in);
	return rc < 0 ? rc : rs_intake_events(*in, rows, err);
}

/* A limit that is a share can only be checked in the end. */
static int check_share(const struct importing *im, struct rs_err *err)
{
	double share = im->o->max_rejects_share;
	uint64_t read = 0;

	for (int k = 0; k < RS_TABLES; k++)
		read += im->counts.of[k].read;
	if (share <= 0 || (double)im->rejects.n <= share * (double)read)
		return 0;
	return rs_fail(err, RS_EDATA, "%" PRIu64 " bad rows of %" PRIu64 ": --max-rejects allows %g %%", im->rejects.n, read,
	               100 * share);
}

/* Everything that one half of the dataset is made of. */
struct half {
	struct rs_table_in users, items;
	struct rs_rows rows;
	struct rs_intake *in;
};

static void release_half(struct half *h)
{
	rs_intake_free(h->in);
	rs_rows_release(&h->rows);
	rs_table_in_release(&h->users);
	rs_table_in_release(&h->items);
}

static int build_half(struct importing *im, struct rs_dataset **out, struct half *h, enum rs_table_kind events,
                      struct rs_err *err)
{
	const struct rs_import_options *o = im->o;
	bool actions = events == RS_TABLE_ACTION_EVENTS, items = (actions ? o->action_table : o->item_table) != NULL;
	int rc = rs_dataset_build(out, &h->rows, !actions && o->user_table != NULL ? &h->users : NULL, items ? &h->items : NULL,
	                          o->keep_duplicates, err);

	if (rc < 0)
		return rc;
	im->counts.of[events].kept = (*out)->n_events;
	im->counts.of[events].merged = (*out)->n_duplicates;
	return 0;
}

static int import(struct importing *im, struct rs_dataset **out, const char *const *path, size_t n, struct rs_err *err)
{
	const struct rs_import_options *o = im->o;
	bool actions = o->action_table != NULL || o->action_interactions != NULL;
	struct half main = { 0 }, second = { 0 };
	struct rs_dataset *d = NULL;
	int rc;

	if ((rc = read_table(im, RS_TABLE_USERS, &main.users, err)) < 0 ||
	    (rc = read_table(im, RS_TABLE_ITEMS, &main.items, err)) < 0 ||
	    (rc = read_table(im, RS_TABLE_ACTIONS, &second.items, err)) < 0 ||
	    (actions && (rc = read_events(im, RS_TABLE_ACTION_EVENTS, &o->action_interactions, o->action_interactions != NULL,
	                                  &second.in, &second.rows, err)) < 0) ||
	    (rc = read_events(im, RS_TABLE_EVENTS, path, n, &main.in, &main.rows, err)) < 0 || (rc = check_share(im, err)) < 0)
		goto out;
	rs_progress("sort", 0, 0, "rows");
	if ((rc = build_half(im, &d, &main, RS_TABLE_EVENTS, err)) == 0 && actions)
		rc = build_half(im, &d->actions, &second, RS_TABLE_ACTION_EVENTS, err);
out:
	release_half(&main);
	release_half(&second);
	if (rc < 0)
		rs_dataset_free(d);
	else
		*out = d;
	return rc;
}

/* ---- what --ignore names and no file has ---- */

static void show_columns(struct rs_nearest *near, const struct rs_column *column, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rs_nearest_show(near, column[i].name);
}

/* A column that was to be left out, and now is part of d under another spelling, perhaps. */
static void note_unmet(const struct importing *im, const struct rs_dataset *d)
{
	char q[RS_QUOTE_MAX], hint[RS_NEAREST_MAX];
	struct rs_nearest near;

	for (size_t i = 0; i < im->ignore.n; i++) {
		const char *name = im->ignore.entry[i].column;

		if (im->ignore_met[i])
			continue;
		rs_nearest_init(&near, name, strlen(name));
		for (const struct rs_dataset *half = d; half != NULL; half = half->actions) {
			show_columns(&near, half->context, half->n_context);
			show_columns(&near, half->users.column, half->users.n_columns);
			show_columns(&near, half->items.column, half->items.n_columns);
		}
		rs_note("--ignore: no file has a column %s%s", rs_quote(q, sizeof q, name, strlen(name)),
		        rs_nearest_hint(&near, "", hint, sizeof hint));
	}
}

int rs_import_events(struct rs_dataset **out, const struct rs_import_options *o, const char *const *path, size_t n,
                     struct rs_import_counts *counts, struct rs_err *err)
{
	struct importing im = { .o = o };
	uint64_t max = o->max_rejects_share > 0 ? UINT64_MAX : o->max_rejects;
	struct rs_err first = RS_ERR_INIT;
	int rc;

	*out = NULL;
	if (o->hash_ids != NULL && (rc = rs_pseudonym_load(&im.key, o->hash_ids, err)) < 0)
		return rc;
	if ((rc = rs_spec_parse_list(&im.ignore, o->ignore, err)) < 0) {
		rs_fail_prefix(err, "--ignore");
		goto out;
	}
	if ((im.ignore_met = rs_array0(im.ignore.n, sizeof *im.ignore_met, err)) == NULL) {
		rc = RS_ENOMEM;
		goto out;
	}
	if ((rc = rs_rejects_open(&im.rejects, o->rejects, max, err)) < 0)
		goto out;
	rc = import(&im, out, path, n, &first);
	/* too many bad rows are to be seen, too */
	if (rc == 0 || rc == RS_EDATA) {
		int rc_commit = rs_rejects_commit(&im.rejects, rc == 0 ? &first : NULL);

		rc = rc == 0 ? rc_commit : rc;
	}
	rs_rejects_abort(&im.rejects);
	if (counts != NULL)
		*counts = im.counts;
	if (rc == 0) {
		note_unmet(&im, *out);
	} else {
		rs_dataset_free(*out);
		*out = NULL;
		if (err != NULL)
			*err = first;
	}
out:
	explicit_bzero(&im.key, sizeof im.key);
	rs_spec_release(&im.ignore);
	rs_free(im.ignore_met);
	return rc;
}

/* ---- what would be guessed ---- */

/* lack: keeps the first sentence on what lacks. */
static int guess_file(struct rs_buf *out, enum rs_table_kind kind, const struct rs_import_options *o, const char *path,
                      struct rs_err *lack, struct rs_err *err)
{
	struct rs_err of_file = RS_ERR_INIT;
	struct rs_shape_wish wish;
	struct rs_source *s = NULL;
	struct rs_shape shape = { 0 };
	char *buf = NULL;
	size_t got;
	int rc;

	if ((rc = rs_shape_wish_make(&wish, kind, o, err)) < 0)
		return rc;
	wish.lack = &of_file;
	rc = RS_ENOMEM;
	if ((buf = rs_array(RS_SAMPLE_BYTES, 1, err)) == NULL || (rc = rs_source_open(&s, path, err)) < 0 ||
	    (rc = rs_source_read(s, buf, RS_SAMPLE_BYTES, &got, err)) < 0 ||
	    (rc = rs_shape_find(&shape, &wish, rs_source_name(s), buf, got, got < RS_SAMPLE_BYTES, err)) < 0)
		goto out;
	rc = rs_shape_describe(out, &shape, rs_source_name(s), rs_source_codec(s), err);
	if (lack->code == 0)
		*lack = of_file;
out:
	rs_shape_release(&shape);
	rs_source_close(s);
	rs_free(buf);
	rs_shape_wish_release(&wish);
	return rc;
}

int rs_import_guess(struct rs_buf *out, const struct rs_import_options *o, const char *const *path, size_t n,
                    struct rs_err *lack, struct rs_err *err)
{
	int rc = 0;

	*lack = (struct rs_err)RS_ERR_INIT;
	for (int k = RS_TABLE_USERS; k < RS_TABLES && rc == 0; k++)
		if (rs_import_table_path(o, (enum rs_table_kind)k) != NULL)
			rc = guess_file(out, (enum rs_table_kind)k, o, rs_import_table_path(o, (enum rs_table_kind)k), lack,
			                err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = guess_file(out, RS_TABLE_EVENTS, o, path[i], lack, err);
	return rc;
}
