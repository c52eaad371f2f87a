/* rs-forget -- a dataset as if some users or items had never been in it. */
#include "cmd/common.h"
#include "lib/base/file.h"
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

#define MAX_LIST_BYTES ((size_t)1 << 36)

/* The whole of a list, whose last line need not end. */
static int read_list(struct rs_buf *text, struct rs_in *in, struct rs_err *err)
{
	size_t got;
	int rc;

	do {
		if (text->n > MAX_LIST_BYTES)
			return rs_fail(err, RS_EDATA, "%s: too long a list", rs_in_name(in));
		if ((rc = rs_buf_reserve(text, 1 << 16, err)) < 0 ||
		    (rc = rs_in_read(in, text->p + text->n, 1 << 16, &got, err)) < 0)
			return rc;
		text->n += got;
	} while (got > 0);
	return 0;
}

/* Clears keep[] for each id of the list; counts those that are not there. */
static int strike(const char *path, const struct rs_keys *key, uint8_t *keep, uint64_t *n_unknown, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_in *in;
	uint64_t line = 0;
	int rc;

	if ((rc = rs_in_open(&in, path, err)) < 0)
		return rc;
	rc = read_list(&text, in, err);
	for (size_t at = 0; at < text.n && rc == 0;) {
		const char *p = text.p + at, *lf = memchr(p, '\n', text.n - at);
		size_t n = lf == NULL ? text.n - at : (size_t)(lf - p);
		char q[RS_QUOTE_MAX];
		uint32_t ix;

		at += n + 1;
		line++;
		if (n > 0 && p[n - 1] == '\r')
			n--;
		if (n == 0)
			continue;
		ix = rs_keys_find(key, p, n);
		if (ix != RS_NONE)
			keep[ix] = 0;
		else if (strict)
			rc = rs_fail(err, RS_EDATA, "%s:%llu: unknown id %s: expected one of the dataset", rs_in_name(in),
			             (unsigned long long)line, rs_quote(q, sizeof q, p, n));
		else
			(*n_unknown)++;
	}
	rs_in_close(in);
	rs_buf_release(&text);
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
