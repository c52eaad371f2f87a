/* rs-merge.c -- several datasets as one. */
#include "cmd/common.h"
#include "lib/base/mem.h"
#include "lib/data/merge.h"

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

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	const char *const *path = (const char *const *)argv;
	struct rs_merge_counts n;
	uint32_t n_visitors = 0;
	int rc;

	rs_mem_keep_freed();
	if ((rc = rs_refuse_terminal(rs_output, err)) < 0 ||
	    (rc = link_sessions ? rs_merge_linked(rs_output, path, (size_t)argc, &n, &n_visitors, err) :
	                          rs_merge(rs_output, path, (size_t)argc, &n, err)) < 0)
		return rc;
	if (link_sessions)
		rs_say("%u visitors became users", n_visitors);
	rs_say("%u users, %u items, %llu events; %llu repeats merged", n.users, n.items, (unsigned long long)n.events,
	       (unsigned long long)n.repeats);
	return 0;
}
