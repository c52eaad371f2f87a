/* rs-analyze.c -- what a dataset holds, what is wrong with it, and what to do about it. */
#include "cmd/common.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/report/analysis.h"

#include <sys/ioctl.h>
#include <unistd.h>

static bool as_json, compare, actions, trust;
static const char *html_path, *suspects_path, *truth_path, *funnel;
static double session_gap = 30;
static int64_t width;

static const struct rs_opt opts[] = {
	RS_OPT_FLAG(0, "json", &as_json, "one JSON object instead of text"),
	RS_OPT_OUT(0, "html", &html_path, "write a page with plots, too"),
	RS_OPT_FLAG(0, "compare", &compare, "what changed from the first DATASET to the second"),
	RS_OPT_PATH(0, "truth", &truth_path, "warn where this truth of a split leaks or cannot be answered"),
	RS_OPT_OUT(0, "suspects", &suspects_path, "write the ids of suspicious users, one a line"),
	RS_OPT_FLAG(0, "trust", &trust, "look for no suspicious users"),
	RS_OPT_REAL(0, "session-gap", "MINUTES", &session_gap, 0, 1e7, "a longer pause ends a session"),
	RS_OPT_STRING(0, "funnel", "TYPES", &funnel, "steps of the funnel, as view,cart,buy [widest first]"),
	RS_OPT_FLAG(0, "actions", &actions, "look at actions instead of items"),
	RS_OPT_INT(0, "width", "N", &width, 0, 200, "columns of the text; 0: those of the terminal, else 80"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-analyze",
	.synopsis = "[--json] [--html FILE] [--truth FILE] [--compare] [options] DATASET...",
	.summary = "Show what a dataset holds, what is wrong with it and what to do.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one DATASET",
};

static unsigned columns(void)
{
	struct winsize w;

	if (width > 0)
		return width < 40 ? 40 : (unsigned)width;
	if (isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col < 40 ? 40 : w.ws_col > 200 ? 200 : w.ws_col;
	return 80;
}

static int write_suspects(const struct rs_suspects *s, struct rs_err *err)
{
	struct rs_out *out;
	int rc;

	if ((rc = rs_out_open(&out, suspects_path, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < s->n && rc == 0; i++)
		if ((rc = rs_out_write(out, s->user[i].name.text, s->user[i].name.n, err)) == 0)
			rc = rs_out_write(out, "\n", 1, err);
	if (rc == 0)
		return rs_out_commit(&out, err);
	rs_out_abort(out);
	return rc;
}

/* What is written where: the report, and beside it the page and the list. */
static int write_all(const struct rs_analysis *a, const struct rs_comparison *c, struct rs_err *err)
{
	struct rs_out *out = NULL;
	int rc = 0;

	if (html_path != NULL && (rc = rs_out_open(&out, html_path, err)) == 0 &&
	    (rc = c != NULL ? rs_comparison_html(out, c, err) : rs_analysis_html(out, a, err)) == 0)
		rc = rs_out_commit(&out, err);
	if (rc == 0 && suspects_path != NULL && a != NULL)
		rc = write_suspects(&a->suspects, err);
	if (rc < 0 || (rc = rs_out_open(&out, rs_output, err)) < 0)
		goto out;
	if (as_json)
		rc = c != NULL ? rs_comparison_json(out, c, err) : rs_analysis_json(out, a, err);
	else
		rc = c != NULL ? rs_comparison_text(out, c, columns(), err) : rs_analysis_text(out, a, columns(), err);
	if (rc == 0)
		rc = rs_out_commit(&out, err);
out:
	rs_out_abort(out);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	const char *const *path = (const char *const *)argv;
	struct rs_analyze_options o;
	struct rs_comparison *c = NULL;
	struct rs_analysis *a = NULL;
	int rc;

	rs_analyze_init(&o);
	o.session_gap_s = (int64_t)(session_gap * 60);
	o.funnel = funnel;
	o.truth = truth_path;
	o.actions = actions;
	o.suspects = !trust;
	if (compare && argc != 2)
		return rs_fail(err, RS_EUSAGE, "--compare: expected two datasets, the old one and the new one");
	if (compare && (truth_path != NULL || suspects_path != NULL))
		return rs_fail(err, RS_EUSAGE, "--compare: goes with neither --truth nor --suspects");
	if (trust && suspects_path != NULL)
		return rs_fail(err, RS_EUSAGE, "--suspects: not with --trust");
	if (compare)
		rc = rs_compare(&c, path[0], path[1], &o, err);
	else
		rc = rs_analyze(&a, path, (size_t)argc, &o, err);
	if (rc == 0)
		rc = write_all(a, c, err);
	rs_analysis_free(a);
	rs_comparison_free(c);
	return rc;
}
