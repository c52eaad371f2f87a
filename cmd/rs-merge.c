/* rs-merge.c -- several datasets as one. */
#include "cmd/common.h"
#include "lib/data/merge.h"
#include "lib/data/sessions.h"

static bool link_sessions;

static const struct rs_opt opts[] = {
	RS_OPT_FLAG(0, "link-sessions", &link_sessions, "visitors of a session become the user that it turned out to be"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-merge",
	.synopsis = "[options] DATASET...",
	.summary = "Joins datasets: equal events once, later files win for rows of users, items and actions.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one DATASET",
};

/* All in memory, as anybody's events may be somebody else's. */
static int merge_linked(const char *const *path, size_t n, struct rs_merge_counts *c, struct rs_err *err)
{
	struct rs_dataset *d = NULL;
	uint32_t n_visitors = 0, more = 0;
	int rc;

	if ((rc = rs_dataset_open(&d, path, n, RS_NEED_ALL, err)) < 0 ||
	    (rc = rs_sessions_link(&d, &n_visitors, err)) < 0 ||
	    (d->actions != NULL && (rc = rs_sessions_link(&d->actions, &more, err)) < 0) ||
	    (rc = rs_dataset_write(d, rs_output, err)) < 0)
		goto out;
	*c = (struct rs_merge_counts){ d->user_key.n, d->item_key.n, d->n_events, d->n_duplicates };
	rs_say("%u visitors became users", n_visitors + more);
out:
	rs_dataset_free(d);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_merge_counts n;
	int rc;

	rs_output_is_binary = true;
	if ((rc = rs_refuse_terminal(rs_output, err)) < 0 ||
	    (rc = link_sessions ? merge_linked((const char *const *)argv, (size_t)argc, &n, err) :
	                          rs_merge(rs_output, (const char *const *)argv, (size_t)argc, &n, err)) < 0)
		return rc;
	rs_say("%u users, %u items, %llu events; %llu repeats merged", n.users, n.items, (unsigned long long)n.events,
	       (unsigned long long)n.repeats);
	return 0;
}
