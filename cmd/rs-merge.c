/* rs-merge.c -- several datasets as one. */
#include "cmd/common.h"
#include "lib/data/dataset.h"

static const struct rs_opt opts[] = { RS_OPT_END };

const struct rs_command rs_command = {
	.name = "rs-merge",
	.synopsis = "[options] DATASET...",
	.summary = "Joins datasets: equal events once, later files win for rows of users and items.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one DATASET",
};

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_dataset *d;
	int rc;

	rs_output_is_binary = true;
	if ((rc = rs_refuse_terminal(rs_output, err)) < 0 ||
	    (rc = rs_dataset_open(&d, (const char *const *)argv, (size_t)argc, RS_NEED_ALL, err)) < 0)
		return rc;
	if ((rc = rs_dataset_write(d, rs_output, err)) == 0)
		rs_say("%u users, %u items, %llu events; %llu repeats merged", d->user_key.n, d->item_key.n,
		       (unsigned long long)d->n_events, (unsigned long long)d->n_duplicates);
	rs_dataset_free(d);
	return rc;
}
