/* rs-recommend.c -- the best items for each user. */
#include "cmd/catalog.h"
#include "cmd/common.h"
#include "cmd/people.h"
#include "lib/base/mem.h"
#include "lib/data/idlist.h"
#include "lib/data/import.h"
#include "lib/rank/rank.h"
#include "lib/rank/situations.h"
#include "lib/report/list.h"

#include <stdio.h>
#include <string.h>

static int64_t top_n = 10, n_causes;
static const char *users_path, *histories_path, *allow_path, *deny_path, *where, *name_column, *columns;
static const char *user_table, *user_columns;
static int format, seen;
static bool strict_users;
static struct rs_idlist asked;
static struct rs_text_columns own_context, common_context;

static int add_user(const char *value, struct rs_err *err)
{
	return rs_idlist_add(&asked, value, strlen(value), err);
}

static int add_context(const char *value, struct rs_err *err)
{
	return rs_text_columns_set(&common_context, value, err);
}

static const struct rs_opt opts[] = {
	RS_OPT_INT('n', "top", "N", &top_n, 1, RS_TOPK_MAX, "items for each user"),
	RS_OPT_CALL('u', "user", "ID", add_user, "a user to serve; repeat for more [all users of the datasets]"),
	RS_OPT_PATH(0, "users", &users_path, "users to serve, an id or {\"userId\":ID,\"context\":{}} per line; \"-\": stdin"),
	RS_OPT_PATH(0, "histories", &histories_path, "what people in no dataset did, as text for rs-import; \"-\" is stdin"),
	RS_OPT_STRING(0, "columns", "LIST", &columns, "columns of --histories, as for rs-import"),
	RS_OPT_CALL(0, "context", "COLUMN=VALUE", add_context, "the situation that all lists are for; repeat for more columns"),
	RS_OPT_PATH(0, "user-table", &user_table, "attributes of people, as text for rs-import; they are served too"),
	RS_OPT_STRING(0, "user-columns", "LIST", &user_columns, "columns of --user-table, as for rs-import"),
	RS_OPT_CHOICE(0, "seen", "WHAT", &seen, rs_seen_name, "items of the user's own history"),
	RS_OPT_PATH(0, "allow", &allow_path, "only these items, one id per line"),
	RS_OPT_PATH(0, "deny", &deny_path, "not these items, one id per line"),
	RS_OPT_STRING(0, "where", "CONDITION", &where, "only items for which this holds: see rs-filter(7)"),
	RS_OPT_CHOICE('f', "format", "FORMAT", &format, rs_text_format_name, "form of the output"),
	RS_OPT_INT(0, "explain", "N", &n_causes, 0, 1000, "name up to N past items or attributes that caused each item"),
	RS_OPT_STRING(0, "name", "COLUMN", &name_column, "add this column of the items table"),
	RS_OPT_FLAG(0, "strict-users", &strict_users, "a user without history is an error"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-recommend",
	.synopsis = "[-n N] [--users FILE|-] MODEL DATASET...",
	.summary = "Write the best items for each user.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected a MODEL and at least one DATASET",
};

/* The people to serve and how they are written. */
struct serving {
	struct rs_dataset *d, *items; /* items: with their table, where it was read apart, else NULL */
	struct rs_histories h;
	struct rs_csr situation; /* by request */
	uint32_t *user;    /* rows of d in the order asked, or NULL: all */
	uint32_t n;
	struct rs_list_writer w;
	uint32_t n_prior, n_empty, n_served;
	uint32_t n_strangers; /* asked for by name, and in no dataset */
};

static int put_list(void *ctx, const struct rs_list *list, struct rs_err *err)
{
	struct serving *s = ctx;
	size_t n;
	const char *key = rs_keys_get(&s->d->user_key, list->user, &n);

	s->n_served++;
	s->n_prior += list->from_prior;
	s->n_empty += list->n == 0;
	if (list->from_prior && strict_users) {
		char q[RS_QUOTE_MAX];

		return rs_fail(err, RS_EDATA, "user %s has no history that the model can use",
		               rs_quote(q, sizeof q, key, n));
	}
	return rs_list_put(&s->w, "userId", key, n, list, err);
}

/* Asked users that no dataset knows join as people without events, so that each request gets its list. */
static int add_strangers(struct serving *s, struct rs_err *err)
{
	struct rs_dataset *strangers = NULL, *joined;
	const struct rs_dataset *both[2] = { s->d, NULL };
	struct rs_rows rows = { 0 };
	struct rs_table_in users = { 0 };
	struct rs_keymap *map = NULL;
	uint32_t ix;
	int rc;

	if ((rc = rs_keymap_new(&map, err)) < 0)
		return rc;
	for (size_t i = 0; i < asked.n && rc == 0; i++) {
		size_t n;
		const char *id = rs_idlist_get(&asked, i, &n);

		if (rs_keys_find(&s->d->user_key, id, n) == RS_NONE)
			rc = rs_keymap_add(map, id, n, &ix, err);
	}
	if (rc < 0 || (s->n_strangers = rs_keymap_count(map)) == 0)
		goto out;
	rc = rs_keys_from_map(&users.key, map, NULL, err);
	rs_keymap_free(map);
	map = NULL;
	if (rc < 0 || (rc = rs_keymap_new(&map, err)) < 0)
		goto out;
	rows.user_map = rows.item_map = rows.type_map = map;
	if ((rc = rs_dataset_build(&strangers, &rows, &users, NULL, false, err)) < 0)
		goto out;
	both[1] = strangers;
	if ((rc = rs_dataset_union(&joined, both, 2, err)) == 0) {
		rs_dataset_free(s->d);
		s->d = joined;
	}
out:
	rs_table_in_release(&users);
	rs_dataset_free(strangers);
	rs_keymap_free(map);
	return rc;
}

static int find_users(struct serving *s, struct rs_err *err)
{
	if ((s->user = rs_array(asked.n, sizeof *s->user, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < asked.n; i++) {
		size_t n;
		const char *id = rs_idlist_get(&asked, i, &n);

		s->user[s->n++] = rs_keys_find(&s->d->user_key, id, n);
	}
	return 0;
}

/* From text: histories, attributes of people, or both. */
static int read_people(struct rs_dataset **out, struct rs_err *err)
{
	struct rs_import_options text = { .columns = columns, .ordered_without_times = true, .user_table = user_table,
		                          .user_columns = user_columns };

	return rs_import_events(out, &text, &histories_path, histories_path != NULL, NULL, err);
}

/* A table of which the model uses nothing is most often a slip: tells what it knows. */
static void check_attributes(const struct rs_model *m, const struct rs_table *t)
{
	char known[512] = "";
	size_t at = 0;

	for (uint32_t k = 0; k < m->user_features.n_columns; k++) {
		const char *name = m->user_features.column[k].name;

		if (rs_column_find(t->column, t->n_columns, name) != NULL)
			return;
		if (at < sizeof known)
			at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", k > 0 ? ", " : "", name);
	}
	if (at > 0)
		rs_say("--user-table: the model knows none of its columns: it knows %s", known);
	else
		rs_say("--user-table: no column is used: the model knows nothing of attributes of people");
}

/* What the table says of people joins the datasets, as if it were the last of them. */
static int add_attributes(struct serving *s, const struct rs_model *m, struct rs_err *err)
{
	struct rs_dataset *table, *joined = NULL;
	int rc = read_people(&table, err);

	if (rc < 0)
		return rc;
	check_attributes(m, &table->users);
	if ((rc = rs_dataset_union(&joined, (const struct rs_dataset *[2]){ s->d, table }, 2, err)) == 0) {
		rs_dataset_free(s->d);
		s->d = joined;
	}
	rs_dataset_free(table);
	return rc;
}

static int open_people(struct serving *s, const struct rs_model *m, const char *const *path, size_t n,
                       struct rs_err *err)
{
	bool by_name = asked.n > 0 || users_path != NULL, items = name_column != NULL || where != NULL;
	bool text = n == 0 || histories_path != NULL, apart = rs_catalog_apart(path, n) || !items || text;
	int rc = 0;

	if (items && apart && (rc = rs_dataset_open_items(&s->items, path, n, err)) < 0)
		return rc;
	if (text)
		rc = read_people(&s->d, err);
	else
		rc = rs_people_open(&s->d, by_name && apart ? &asked : NULL, path, n,
		                    rs_model_needs(m) | (apart ? 0 : RS_NEED_ITEMS), err);
	if (rc == 0 && text && user_table != NULL)
		check_attributes(m, &s->d->users);
	if (rc == 0 && !text && user_table != NULL)
		rc = add_attributes(s, m, err);
	if (rc < 0 || !by_name)
		return rc;
	if ((rc = add_strangers(s, err)) < 0)
		return rc;
	return find_users(s, err);
}

/* The context of each request, where any is given. */
static int find_situations(struct serving *s, const struct rs_model *m, struct rs_err *err)
{
	struct rs_csr common = { 0 };
	int rc;

	if (own_context.n == 0 && common_context.n == 0)
		return 0;
	if ((rc = rs_situations_common(&common, m, &common_context, err)) == 0)
		rc = rs_situations_make(&s->situation, m, &own_context, &common,
		                        s->user == NULL ? s->h.chosen.n_users : s->n, true, err);
	rs_csr_release(&common);
	return rc;
}

static void say_counts(const struct serving *s)
{
	if (s->n_served == 1 && s->n_prior == 1)
		rs_say("the user %s: the list is the early-history list",
		       s->n_strangers > 0 ? "is not in the data" : "has no history that the model can use");
	else if (s->n_prior > 0)
		rs_say("%u of %u users have no history that the model can use: they got the early-history list", s->n_prior,
		       s->n_served);
	if (s->n_served > 1 && s->n_strangers > 0)
		rs_say("%u of the users asked for are not in the data", s->n_strangers);
	if (s->n_empty > 0)
		rs_say("%u of %u lists are empty: the model has no item left for them", s->n_empty, s->n_served);
}

/* What the table of items says: which may be recommended, and what they are called. */
static int find_items(struct serving *s, const struct rs_model *m, uint8_t **mask, uint32_t **row, struct rs_err *err)
{
	const struct rs_dataset *items = s->items != NULL ? s->items : s->d;
	int rc = rs_catalog_mask(mask, m, allow_path, deny_path, err);

	if (rc == 0 && where != NULL)
		rc = rs_catalog_where(mask, m, items, where, err);
	if (rc == 0 && name_column != NULL)
		rc = rs_catalog_names(&s->w.name, row, m, items, name_column, err);
	return rc;
}

static int recommend(struct serving *s, const struct rs_model *m, struct rs_err *err)
{
	struct rs_rank_options o = { .n = (uint32_t)top_n, .seen = (enum rs_seen)seen, .explain = (uint32_t)n_causes };
	uint64_t n_unknown = 0;
	uint32_t *name_row = NULL;
	uint8_t *mask = NULL;
	int rc;

	if ((rc = find_items(s, m, &mask, &name_row, err)) < 0 ||
	    (rc = rs_histories_make(&s->h, m, s->d, &n_unknown, err)) < 0 || (rc = find_situations(s, m, err)) < 0)
		goto out;
	rs_catalog_check_causes(m, n_causes);
	o.situation = s->situation.row_ptr == NULL ? NULL : &s->situation;
	o.allow = mask;
	s->w.name_row = name_row;
	s->w.format = (enum rs_text_format)format;
	s->w.item_key = &m->item_key;
	s->w.because = n_causes > 0;
	s->w.user_features = &m->user_features;
	if ((rc = rs_out_open(&s->w.out, rs_output, err)) < 0 || (rc = rs_list_header(&s->w, "user", "item", err)) < 0 ||
	    ((s->user == NULL || s->n > 0) &&
	     (rc = rs_rank_users(m, &s->h, s->user, s->n, &o, put_list, s, err)) < 0))
		goto out;
	rc = rs_out_commit(&s->w.out, err);
	if (rc == 0)
		say_counts(s);
	if (rc == 0 && rs_verbose && n_unknown > 0)
		rs_say("%llu events are on items that the model does not know", (unsigned long long)n_unknown);
out:
	rs_out_abort(s->w.out);
	rs_buf_release(&s->w.line);
	rs_free(mask);
	rs_free(name_row);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	const char *const *path = (const char *const *)argv + 1;
	struct serving s = { 0 };
	struct rs_model *m = NULL;
	size_t n = (size_t)argc - 1;
	int rc = 0;

	if (histories_path != NULL && n > 0 && name_column == NULL && where == NULL)
		return rs_fail(err, RS_EUSAGE, "--histories stands instead of a DATASET, which is for --name and --where then");
	if ((name_column != NULL || where != NULL) && n == 0)
		return rs_fail(err, RS_EUSAGE, "%s needs a DATASET with a table of items",
		               where != NULL ? "--where" : "--name");
	if (user_columns != NULL && user_table == NULL)
		return rs_fail(err, RS_EUSAGE, "--user-columns is for --user-table");
	if (histories_path == NULL && user_table == NULL && n == 0)
		return rs_fail(err, RS_EUSAGE, "%s: see rs-recommend --help", rs_command.operands_hint);
	if ((users_path == NULL || (rc = rs_idlist_read_context(&asked, &own_context, users_path, "userId", err)) == 0) &&
	    (rc = rs_model_open(&m, argv[0], err)) == 0 && (rc = open_people(&s, m, path, n, err)) == 0)
		rc = recommend(&s, m, err);
	rs_histories_release(&s.h);
	rs_csr_release(&s.situation);
	rs_text_columns_release(&own_context);
	rs_text_columns_release(&common_context);
	rs_dataset_free(s.d);
	rs_dataset_free(s.items);
	rs_free(s.user);
	rs_idlist_release(&asked);
	rs_model_free(m);
	return rc;
}
