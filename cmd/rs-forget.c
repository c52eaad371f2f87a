/* rs-forget.c -- a dataset as if some users or items had never been in it. */
#include "cmd/common.h"
#include "cmd/idlist.h"
#include "lib/base/mem.h"
#include "lib/data/dataset.h"

#include <string.h>

static const char *users_path, *items_path;
static bool strict;

static const struct rs_opt opts[] = {
	RS_OPT_PATH('u', "users", &users_path, "users to forget: ids, one a line; \"-\" is stdin"),
	RS_OPT_PATH('i', "items", &items_path, "items to forget: ids, one a line; \"-\" is stdin"),
	RS_OPT_FLAG(0, "strict", &strict, "an id that is not in the dataset is an error"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-forget",
	.synopsis = "--users FILE [--items FILE] DATASET...",
	.summary = "Writes the dataset without these users and items, as if they had never been in it.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one DATASET",
};

/* Clears keep[] for each id of the list; counts those that are not there. */
static int strike(const char *path, const struct rs_keys *key, uint8_t *keep, uint64_t *n_unknown, struct rs_err *err)
{
	struct rs_idlist list = { 0 };
	int rc = rs_idlist_read(&list, path, NULL, err);

	for (size_t i = 0; i < list.n && rc == 0; i++) {
		size_t n;
		const char *id = rs_idlist_get(&list, i, &n);
		uint32_t ix = rs_keys_find(key, id, n);
		char q[RS_QUOTE_MAX];

		if (ix != RS_NONE)
			keep[ix] = 0;
		else if (strict)
			rc = rs_fail(err, RS_EDATA, "%s: unknown id %s: expected one of the dataset", path,
			             rs_quote(q, sizeof q, id, n));
		else
			(*n_unknown)++;
	}
	rs_idlist_release(&list);
	return rc;
}

static int forget(struct rs_dataset **out, const struct rs_dataset *d, uint64_t *n_unknown, struct rs_err *err)
{
	uint8_t *keep_user = rs_array(d->user_key.n, 1, err), *keep_item = rs_array(d->item_key.n, 1, err);
	int rc = RS_ENOMEM;

	if (keep_user == NULL || keep_item == NULL)
		goto out;
	memset(keep_user, 1, d->user_key.n);
	memset(keep_item, 1, d->item_key.n);
	if (users_path != NULL && (rc = strike(users_path, &d->user_key, keep_user, n_unknown, err)) < 0)
		goto out;
	if (items_path != NULL && (rc = strike(items_path, &d->item_key, keep_item, n_unknown, err)) < 0)
		goto out;
	rc = rs_dataset_subset(out, d, NULL, keep_user, keep_item, true, err);
out:
	rs_free(keep_user);
	rs_free(keep_item);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_dataset *d = NULL, *rest = NULL;
	uint64_t n_unknown = 0;
	int rc;

	rs_output_is_binary = true;
	if (users_path == NULL && items_path == NULL)
		return rs_fail(err, RS_EUSAGE, "nothing to forget: expected --users FILE or --items FILE");
	if (users_path != NULL && items_path != NULL && strcmp(users_path, "-") == 0 && strcmp(items_path, "-") == 0)
		return rs_fail(err, RS_EUSAGE, "--users and --items cannot both read stdin");
	if ((rc = rs_refuse_terminal(rs_output, err)) < 0 ||
	    (rc = rs_dataset_open(&d, (const char *const *)argv, (size_t)argc, RS_NEED_ALL, err)) < 0 ||
	    (rc = forget(&rest, d, &n_unknown, err)) < 0 || (rc = rs_dataset_write(rest, rs_output, err)) < 0)
		goto out;
	rs_say("%u users, %u items, %llu events forgotten; %llu ids unknown", d->user_key.n - rest->user_key.n,
	       d->item_key.n - rest->item_key.n, (unsigned long long)(d->n_events - rest->n_events),
	       (unsigned long long)n_unknown);
out:
	rs_dataset_free(d);
	rs_dataset_free(rest);
	return rc;
}
