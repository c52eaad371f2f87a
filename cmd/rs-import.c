/* rs-import.c -- text in, a dataset out. */
#include "cmd/common.h"
#include "lib/base/mem.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/data/import.h"
#include "lib/data/schema_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct rs_import_options o;
static int format, quoting, encoding, time_unit, duplicates, domain;
static const char *schema_out[RS_TABLES];
static bool header, no_header, show_guess;
static const char *counts_path;
static bool max_given;

static const char *const formats[] = { "guess", "csv", "tsv", "jsonl", "lists", "sessions", NULL };
static const char *const quotings[] = { "guess", "rfc4180", "backslash", "none", "escapes", NULL };
static const char *const encodings[] = { "guess", "utf-8", "latin1", NULL };
static const char *const duplicates_names[] = { "merge", "keep", NULL };

/* "100" or "0.5%". */
static int set_max_rejects(const char *value, struct rs_err *err)
{
	size_t n = strlen(value);
	char q[RS_QUOTE_MAX];
	double percent;

	max_given = true;
	o.max_rejects_share = 0;
	if (rs_get_u64(value, n, &o.max_rejects))
		return 0;
	if (n == 0 || value[n - 1] != '%' || !rs_get_f64(value, n - 1, &percent) || percent <= 0 || percent > 100)
		return rs_fail(err, RS_EUSAGE, "%s: expected a number of rows, or a share such as 0.5%%",
		               rs_quote(q, sizeof q, value, n));
	o.max_rejects_share = percent / 100;
	return 0;
}

static const struct rs_opt opts[] = {
	RS_OPT_PATH(0, "user-table", &o.user_table, "attributes of users"),
	RS_OPT_PATH(0, "item-table", &o.item_table, "attributes of items"),
	RS_OPT_PATH(0, "action-table", &o.action_table, "attributes of actions"),
	RS_OPT_PATH(0, "action-interactions", &o.action_interactions, "events on actions"),
	RS_OPT_STRING(0, "columns", "LIST", &o.columns, "user=2,item=3,value=rating, or all names in order"),
	RS_OPT_STRING(0, "user-columns", "LIST", &o.user_columns, "the same for the table of users"),
	RS_OPT_STRING(0, "item-columns", "LIST", &o.item_columns, "the same for the table of items"),
	RS_OPT_STRING(0, "action-columns", "LIST", &o.action_columns, "the same for the table of actions"),
	RS_OPT_STRING(0, "action-interaction-columns", "LIST", &o.action_interaction_columns, "the same for events on actions"),
	RS_OPT_STRING(0, "ignore", "LIST", &o.ignore, "columns to leave out, by name or number; \"*\": all without a role"),
	RS_OPT_CHOICE(0, "format", "FORMAT", &format, formats, "form of the files"),
	RS_OPT_STRING(0, "delimiter", "TEXT", &o.delimiter, "what separates cells: tab, space (runs of blanks), other text"),
	RS_OPT_CHOICE(0, "quoting", "STYLE", &quoting, quotings, "how cells are quoted"),
	RS_OPT_FLAG(0, "header", &header, "the first record holds names"),
	RS_OPT_FLAG(0, "no-header", &no_header, "the first record is a row"),
	RS_OPT_CHOICE(0, "encoding", "NAME", &encoding, encodings, "encoding of the text"),
	RS_OPT_CHOICE(0, "time-unit", "UNIT", &time_unit, rs_time_unit_name, "unit of times"),
	RS_OPT_STRING(0, "null", "TEXT", &o.null, "cells with this text are empty, as are empty cells"),
	RS_OPT_PATH(0, "schema", &o.schema, "schema of the interactions, as for Amazon Personalize"),
	RS_OPT_PATH(0, "user-schema", &o.user_schema, "schema of the users"),
	RS_OPT_PATH(0, "item-schema", &o.item_schema, "schema of the items"),
	RS_OPT_PATH(0, "action-schema", &o.action_schema, "schema of the actions"),
	RS_OPT_PATH(0, "action-interaction-schema", &o.action_interaction_schema, "schema of the events on actions"),
	RS_OPT_CHOICE(0, "domain", "NAME", &domain, rs_domain_name, "columns and events of a domain of Amazon Personalize"),
	RS_OPT_OUT(0, "schema-out", &schema_out[RS_TABLE_EVENTS], "write the schema of the interactions here"),
	RS_OPT_OUT(0, "user-schema-out", &schema_out[RS_TABLE_USERS], "write the schema of the users here"),
	RS_OPT_OUT(0, "item-schema-out", &schema_out[RS_TABLE_ITEMS], "write the schema of the items here"),
	RS_OPT_OUT(0, "action-schema-out", &schema_out[RS_TABLE_ACTIONS], "write the schema of the actions here"),
	RS_OPT_OUT(0, "action-interaction-schema-out", &schema_out[RS_TABLE_ACTION_EVENTS],
	            "write the schema of the events on actions here"),
	RS_OPT_PATH(0, "hash-ids", &o.hash_ids, "replace ids of users by a hash, with the key in this file"),
	RS_OPT_STRING(0, "event-type", "NAME", &o.event_type, "event type of all rows"),
	RS_OPT_FLAG(0, "ordered", &o.ordered, "the rows of a user are in order: give them the times 1, 2, 3 ..."),
	RS_OPT_STRING(0, "session-prefix", "TEXT", &o.session_prefix, "comes before the line number that names a session"),
	RS_OPT_CHOICE(0, "duplicates", "WHAT", &duplicates, duplicates_names, "events that are equal in all columns"),
	RS_OPT_OUT(0, "rejects", &o.rejects, "write bad rows here, with reasons, and go on"),
	RS_OPT_CALL(0, "max-rejects", "N|P%", set_max_rejects, "fail above so many bad rows [0; with --rejects: no limit]"),
	RS_OPT_OUT(0, "counts", &counts_path, "write the counts of rows here, as JSON"),
	RS_OPT_FLAG(0, "show-guess", &show_guess, "print what would be guessed about each file, and stop"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-import",
	.synopsis = "[--user-table FILE] [--item-table FILE] [FILE...] > DATASET",
	.summary = "Make a dataset of CSV, TSV or JSON Lines.",
	.opts = opts,
	.min_operands = 0,
	.max_operands = -1,
};

static int check_options(struct rs_err *err)
{
	if (header && no_header)
		return rs_fail(err, RS_EUSAGE, "--header beside --no-header: use one of them");
	if (o.session_prefix != NULL && format != RS_FORMAT_SESSIONS)
		return rs_fail(err, RS_EUSAGE, "--session-prefix goes with --format sessions");
	if (o.session_prefix != NULL && strlen(o.session_prefix) > RS_KEY_MAX / 2)
		return rs_fail(err, RS_EUSAGE, "--session-prefix: expected at most %d bytes", RS_KEY_MAX / 2);
	if (o.event_type != NULL && (o.event_type[0] == 0 || strlen(o.event_type) > RS_KEY_MAX))
		return rs_fail(err, RS_EUSAGE, "--event-type: expected 1 to %d bytes", RS_KEY_MAX);
	if (domain != RS_DOMAIN_NONE && (o.action_table != NULL || o.action_interactions != NULL))
		return rs_fail(err, RS_EUSAGE, "--domain beside a table of actions: domains have no actions");
	o.domain = (enum rs_domain)domain;
	o.format = (enum rs_format)format;
	o.quoting = (enum rs_quoting)quoting;
	o.encoding = (enum rs_encoding)encoding;
	o.time_unit = (enum rs_time_unit)time_unit;
	o.header = header ? RS_HEADER_YES : no_header ? RS_HEADER_NO : RS_HEADER_GUESS;
	o.keep_duplicates = duplicates == 1;
	if (o.rejects != NULL && !max_given)
		o.max_rejects = UINT64_MAX;
	return 0;
}

static int print_guess(const char *const *path, size_t n, struct rs_err *err)
{
	struct rs_err lack = RS_ERR_INIT;
	struct rs_buf text = RS_BUF_INIT;
	struct rs_out *out = NULL;
	int rc;

	if ((rc = rs_import_guess(&text, &o, path, n, &lack, err)) == 0 && (rc = rs_out_open(&out, rs_output, err)) == 0 &&
	    (rc = rs_out_write(out, text.p, text.n, err)) == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	rs_buf_release(&text);
	if (rc == 0 && lack.code != 0) {
		*err = lack;
		rc = lack.code;
	}
	return rc;
}

/* In the order in which they are told: the events last. */
static const enum rs_table_kind tables[RS_TABLES] = { RS_TABLE_USERS, RS_TABLE_ITEMS, RS_TABLE_ACTIONS, RS_TABLE_ACTION_EVENTS,
	                                              RS_TABLE_EVENTS };

static int write_counts(const struct rs_import_counts *c, struct rs_err *err)
{
	struct rs_out *out = NULL;
	int rc;

	if (counts_path == NULL)
		return 0;
	if ((rc = rs_out_open(&out, counts_path, err)) < 0)
		return rc;
	for (int k = 0; k < RS_TABLES && rc == 0; k++) {
		const struct rs_import_count *t = &c->of[k];

		if (k > RS_TABLE_ITEMS && rs_import_table_path(&o, (enum rs_table_kind)k) == NULL)
			continue;
		rc = rs_out_printf(out, err,
		                   "{\"table\":\"%s\",\"read\":%" PRIu64 ",\"kept\":%" PRIu64 ",\"merged\":%" PRIu64
		                   ",\"rejected\":%" PRIu64 "}\n",
		                   rs_table_name[k], t->read, t->kept, t->merged, t->rejected);
	}
	if (rc == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	return rc;
}

static void say_counts(const struct rs_dataset *d, const struct rs_import_counts *c)
{
	char more[128], from[RS_NUM_MAX + 1], to[RS_NUM_MAX + 1];
	int64_t first = INT64_MAX, last = INT64_MIN;
	bool several = false;

	snprintf(more, sizeof more, "; %u users, %u items", d->user_key.n, d->item_key.n);
	for (uint32_t u = 0; u < d->user_key.n && d->time_s != NULL; u++) { /* who are in order of time */
		uint64_t from_e = d->row_ptr[u], to_e = d->row_ptr[u + 1];

		if (from_e == to_e)
			continue;
		first = d->time_s[from_e] < first ? d->time_s[from_e] : first;
		last = d->time_s[to_e - 1] > last ? d->time_s[to_e - 1] : last;
	}
	if (first <= last && !o.ordered) {
		from[rs_put_iso_time(from, first)] = 0;
		to[rs_put_iso_time(to, last)] = 0;
		snprintf(more + strlen(more), sizeof more - strlen(more), ", %s to %s", from, to);
	}
	for (size_t i = 0; i < RS_TABLES; i++) {
		const struct rs_import_count *t = &c->of[tables[i]];
		bool events = tables[i] == RS_TABLE_EVENTS;

		if (!events && rs_import_table_path(&o, tables[i]) == NULL)
			continue;
		several |= !events;
		rs_say("%s%s%" PRIu64 " rows read = %" PRIu64 " kept + %" PRIu64 " merged + %" PRIu64 " rejected%s",
		       several ? rs_table_name[tables[i]] : "", several ? ": " : "", t->read, t->kept, t->merged, t->rejected,
		       events ? more : "");
	}
}

/* Where few ids with events have a row in their table, the id is most often another column of it. */
static void check_match(const struct rs_table *t, uint32_t n, const uint8_t *has_event, enum rs_table_kind kind,
                        const char *option)
{
	const char *what = rs_table_name[kind];
	uint32_t n_met = 0, n_events = 0, n_rows = 0;

	if (rs_import_table_path(&o, kind) == NULL)
		return;
	for (uint32_t i = 0; i < n; i++) {
		n_events += has_event[i];
		n_rows += t->present[i];
		n_met += has_event[i] && t->present[i];
	}
	if (n_rows > 0 && n_met < n_events - n_met)
		rs_say("%s: only %u of %u with events have a row in the table, and %u rows have no event: are ids written "
		       "alike, or is another column the id (%s=NAME)?",
		       what, n_met, n_events, n_rows - n_met, option);
}

static int check_tables(const struct rs_dataset *d, struct rs_err *err)
{
	uint8_t *user = rs_array0(d->user_key.n, 1, err), *item = rs_array0(d->item_key.n, 1, err);
	int rc = user == NULL || item == NULL ? RS_ENOMEM : 0;

	for (uint32_t u = 0; u < d->user_key.n && rc == 0; u++) {
		user[u] = d->row_ptr[u] < d->row_ptr[u + 1];
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++)
			item[d->item[e]] = 1;
	}
	if (rc == 0) {
		check_match(&d->users, d->user_key.n, user, RS_TABLE_USERS, "--user-columns user");
		check_match(&d->items, d->item_key.n, item, RS_TABLE_ITEMS, "--item-columns item");
	}
	rs_free(user);
	rs_free(item);
	return rc;
}

/* What to do where a bad row ended the import. */
static int fail_row(const struct rs_import_counts *c, struct rs_err *err)
{
	struct rs_err row = *err;
	bool bad = false;

	for (int k = 0; k < RS_TABLES; k++)
		bad |= c->of[k].rejected > 0;
	if (!bad || row.code != RS_EDATA || o.rejects != NULL || max_given)
		return row.code;
	return rs_fail(err, row.code, "%s (--rejects FILE sets bad rows aside)", row.text);
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	static const char *const only_stdin[] = { "-" };
	const char *const *path = argc > 0 ? (const char *const *)argv : only_stdin;
	size_t n = argc > 0 ? (size_t)argc : 1;
	struct rs_import_counts counts = { 0 };
	struct rs_dataset *d;
	int rc;

	if ((rc = check_options(err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		rs_say_awaited(path[i], "events");
	if (show_guess)
		return print_guess(path, n, err);
	if ((rc = rs_refuse_terminal(rs_output, err)) < 0)
		return rc;
	if (rs_import_events(&d, &o, path, n, &counts, err) < 0)
		return fail_row(&counts, err);
	for (int k = 0; k < RS_TABLES && rc == 0; k++)
		if (schema_out[k] != NULL)
			rc = rs_schema_save(schema_out[k], d, (enum rs_table_kind)k, err);
	if (rc == 0 && (rc = rs_dataset_write(d, rs_output, err)) == 0 && (rc = write_counts(&counts, err)) == 0 &&
	    (rc = check_tables(d, err)) == 0)
		say_counts(d, &counts);
	rs_dataset_free(d);
	return rc;
}
