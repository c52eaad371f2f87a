/* rs-split.c -- keeps some events back as truth, to measure on what a model cannot know. */
#include "cmd/common.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/split.h"

#include <string.h>

static const char *const methods[] = { "last", "random", "time", "users", "file", NULL };

static int by = RS_SPLIT_LAST;
static double fraction = .1, hold = .1;
static int64_t count, min_events;
static const char *at, *test_path, *train_path, *truth_path, *history_path;

static const struct rs_opt opts[] = {
	RS_OPT_CHOICE(0, "by", "METHOD", &by, methods, "which events become truth"),
	RS_OPT_REAL(0, "fraction", "F", &fraction, 0, 1, "share of events (by users: share of users)"),
	RS_OPT_INT(0, "count", "N", &count, 0, 4294967295.0, "by last, random: so many of each user instead; 0: --fraction"),
	RS_OPT_STRING(0, "at", "TIME", &at, "by time: truth begins here"),
	RS_OPT_REAL(0, "hold", "F", &hold, 0, 1, "by users: share of the events of such a user that is truth"),
	RS_OPT_INT(0, "min-events", "N", &min_events, 0, 4294967295.0, "users with fewer events train with all of them"),
	RS_OPT_PATH(0, "test", &test_path, "by file: the dataset whose events are truth"),
	RS_OPT_OUT(0, "train", &train_path, "where to write the training dataset"),
	RS_OPT_OUT(0, "truth", &truth_path, "where to write the truth"),
	RS_OPT_OUT(0, "history", &history_path, "where to write what the users of the truth did before"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-split",
	.synopsis = "--by METHOD [--fraction F] --train FILE --truth FILE [--history FILE] DATASET...",
	.summary = "Split a dataset into training, history and truth.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one DATASET",
};

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static int read_options(struct rs_split_options *o, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	*o = (struct rs_split_options){ .by = (enum rs_split_by)by, .fraction = fraction, .count = (uint64_t)count,
		                        .hold = hold, .at_s = INT64_MIN, .min_events = (uint64_t)min_events,
		                        .seed = rs_seed };
	if (strcmp(rs_output, "-") != 0)
		return rs_fail(err, RS_EUSAGE, "--output: expected --train, --truth and --history, each with a file");
	if (train_path == NULL && truth_path == NULL && history_path == NULL)
		return rs_fail(err, RS_EUSAGE, "nothing to write: expected --train FILE and --truth FILE");
	if (same(train_path, truth_path) || same(train_path, history_path) || same(truth_path, history_path))
		return rs_fail(err, RS_EUSAGE, "two parts to one file: expected one each for --train, --history and --truth");
	if (count > 0 && by != RS_SPLIT_LAST && by != RS_SPLIT_RANDOM)
		return rs_fail(err, RS_EUSAGE, "--count: expected --by last or --by random");
	if (at != NULL && by != RS_SPLIT_TIME)
		return rs_fail(err, RS_EUSAGE, "--at: expected --by time");
	if ((test_path != NULL) != (by == RS_SPLIT_FILE))
		return rs_fail(err, RS_EUSAGE,
		               "--by file and --test FILE: expected both or neither (what is held back is written to "
		               "--truth FILE)");
	if (at != NULL && !rs_get_iso_time(at, strlen(at), &o->at_s) && !rs_get_i64(at, strlen(at), &o->at_s))
		return rs_fail(err, RS_EUSAGE, "--at %s: expected a time such as 2024-05-01 or seconds since 1970",
		               rs_quote(q, sizeof q, at, strlen(at)));
	return 0;
}

static int write_part(const struct rs_split *s, const struct rs_dataset *d, enum rs_part part, const char *name,
                      const char *path, struct rs_err *err)
{
	struct rs_dataset *out = NULL;
	uint32_t n_users = 0;
	int rc;

	if (path == NULL)
		return 0;
	if ((rc = rs_refuse_terminal(path, err)) == 0 && (rc = rs_split_take(&out, s, d, part, err)) == 0 &&
	    (rc = rs_dataset_write(out, path, err)) == 0) {
		for (uint32_t u = 0; u < out->user_key.n; u++)
			n_users += out->row_ptr[u + 1] > out->row_ptr[u];
		rs_say("%s: %llu events of %u users with %u items", name, (unsigned long long)out->n_events, n_users,
		       out->item_key.n);
	}
	rs_dataset_free(out);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_split_options o;
	struct rs_split s = { 0 };
	struct rs_dataset *d = NULL, *test = NULL;
	int rc;

	if ((rc = read_options(&o, err)) < 0 ||
	    (rc = rs_dataset_open(&d, (const char *const *)argv, (size_t)argc, RS_NEED_ALL, err)) < 0 ||
	    (test_path != NULL && (rc = rs_dataset_open(&test, &test_path, 1, RS_NEED_TIME | RS_NEED_TYPE, err)) < 0))
		goto out;
	o.test = test;
	if ((rc = rs_split_make(&s, d, &o, err)) < 0)
		goto out;
	if (test != NULL && s.n_unmatched > 0)
		rs_say("%llu of %llu events of %s are not in the data", (unsigned long long)s.n_unmatched,
		       (unsigned long long)test->n_events, test_path);
	if ((rc = write_part(&s, d, RS_PART_TRAIN, "train", train_path, err)) == 0 &&
	    (rc = write_part(&s, d, RS_PART_HISTORY, "history", history_path, err)) == 0)
		rc = write_part(&s, d, RS_PART_TRUTH, "truth", truth_path, err);
out:
	rs_split_release(&s);
	rs_dataset_free(d);
	rs_dataset_free(test);
	return rc;
}
