/* rs-eval.c -- how good a model's lists are. */
#include "cmd/common.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/eval/protocol.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_REQUIRED 32

static const char *const seen_names[] = { "drop", "keep", NULL };

static const char *truth_path, *versus_path, *lists_path, *per_user_path;
static const char *metrics = "recall@20,ndcg@10,precision@10,mrr@25,map@20,hit@10,coverage@10,novelty@10,gini@10";
static int64_t resamples = 1000;
static double confidence = .95;
static int seen;
static bool baselines;

static struct gate {
	char name[64];
	bool at_least;
	double bound;
} required[MAX_REQUIRED];
static size_t n_required;

static int add_required(const char *value, struct rs_err *err)
{
	const char *op = strpbrk(value, "<>");
	struct gate *g = &required[n_required];
	char q[RS_QUOTE_MAX];

	if (n_required == MAX_REQUIRED || op == NULL || op[1] != '=' || (size_t)(op - value) >= sizeof g->name ||
	    !rs_get_f64(op + 2, strlen(op + 2), &g->bound))
		return rs_fail(err, RS_EUSAGE, "%s: expected METRIC>=NUMBER or METRIC<=NUMBER",
		               rs_quote(q, sizeof q, value, strlen(value)));
	memcpy(g->name, value, (size_t)(op - value));
	g->name[op - value] = 0;
	g->at_least = *op == '>';
	n_required++;
	return 0;
}

static const struct rs_opt opts[] = {
	RS_OPT_PATH('t', "truth", &truth_path, "the dataset of what people did next"),
	RS_OPT_STRING('m', "metrics", "LIST", &metrics, "metrics, joined by commas; \"personalize\" is a set"),
	RS_OPT_PATH(0, "versus", &versus_path, "a second model, compared user by user"),
	RS_OPT_FLAG(0, "baselines", &baselines, "add rows for the popular and the random lists"),
	RS_OPT_PATH(0, "lists", &lists_path, "judge these lists (TSV: user, item, rank) instead of a model"),
	RS_OPT_CHOICE(0, "seen", "WHAT", &seen, seen_names, "items of the user's own history"),
	RS_OPT_INT(0, "resamples", "N", &resamples, 100, 1000000, "resamples for intervals and the paired test"),
	RS_OPT_REAL(0, "confidence", "P", &confidence, .5, .9999, "what the intervals hold"),
	RS_OPT_CALL(0, "require", "METRIC>=X", add_required, "exit with 1 if this is not met; repeat for more"),
	RS_OPT_PATH(0, "per-user", &per_user_path, "write the values by user to this file"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-eval",
	.synopsis = "--truth DATASET [--metrics LIST] [--versus MODEL] MODEL DATASET...",
	.summary = "Measure how well a model's lists foresee what people did next.",
	.opts = opts,
	.min_operands = 0,
	.max_operands = -1,
};

static struct rs_metric metric[RS_METRICS_MAX];
static size_t n_metrics;

static int put_number(struct rs_out *out, const char *before, double v, struct rs_err *err)
{
	char num[RS_NUM_MAX];
	int rc = rs_out_write(out, before, strlen(before), err);

	if (rc < 0 || isnan(v))
		return rc;
	return rs_out_write(out, num, rs_put_f64(num, v), err);
}

static int put_row(struct rs_out *out, const char *prefix, const char *name, double value, double low, double high,
                   uint32_t n_users, struct rs_err *err)
{
	int rc;

	if ((rc = rs_out_printf(out, err, "%s%s", prefix, name)) < 0 || (rc = put_number(out, "\t", value, err)) < 0 ||
	    (rc = put_number(out, "\t", low, err)) < 0 || (rc = put_number(out, "\t", high, err)) < 0)
		return rc;
	return rs_out_printf(out, err, "\t%u\n", n_users);
}

/* A row for each metric: the value and its interval over users. */
static int put_scores(struct rs_out *out, const char *prefix, const struct rs_scores *s, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < s->n_metrics && rc == 0; i++) {
		double low = NAN, high = NAN, total = rs_scores_total(s, i);

		if (rs_metric_is_mean(&s->metric[i]) && !isnan(total))
			rc = rs_bootstrap(s->value + i, NULL, s->n_metrics, s->n_users, (uint32_t)resamples, confidence,
			                  rs_seed, &low, &high, err);
		if (rc == 0)
			rc = put_row(out, prefix, s->metric[i].name, total, low, high, s->n_users, err);
	}
	return rc;
}

static int put_differences(struct rs_out *out, const struct rs_scores *a, const struct rs_scores *b, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < a->n_metrics && rc == 0; i++) {
		double low, high, p, d = rs_scores_total(a, i) - rs_scores_total(b, i);

		if (!rs_metric_is_mean(&a->metric[i]) || isnan(d))
			continue;
		if ((rc = rs_bootstrap(a->value + i, b->value + i, a->n_metrics, a->n_users, (uint32_t)resamples, confidence,
		                       rs_seed, &low, &high, err)) < 0 ||
		    (rc = put_row(out, "difference.", a->metric[i].name, d, low, high, a->n_users, err)) < 0 ||
		    (rc = rs_paired_p(a->value + i, b->value + i, a->n_metrics, a->n_users, (uint32_t)resamples * 10, rs_seed,
		                      &p, err)) < 0)
			break;
		rc = put_row(out, "p.", a->metric[i].name, p, NAN, NAN, a->n_users, err);
	}
	return rc;
}

static int put_per_user(const struct rs_scores *s, const struct rs_truth *t, struct rs_err *err)
{
	struct rs_out *out;
	int rc;

	if (per_user_path == NULL)
		return 0;
	if ((rc = rs_out_open(&out, per_user_path, err)) < 0)
		return rc;
	rc = rs_out_printf(out, err, "user\tmetric\tvalue\n");
	for (uint32_t u = 0; u < t->n_users && rc == 0; u++) {
		for (size_t i = 0; i < s->n_metrics && rc == 0; i++) {
			size_t n;
			const char *key = rs_keys_get(&t->user_key, u, &n);

			if (!rs_metric_is_mean(&s->metric[i]))
				continue;
			if ((rc = rs_out_write(out, key, n, err)) < 0 ||
			    (rc = rs_out_printf(out, err, "\t%s", s->metric[i].name)) < 0 ||
			    (rc = put_number(out, "\t", s->value[(size_t)u * s->n_metrics + i], err)) < 0)
				break;
			rc = rs_out_write(out, "\n", 1, err);
		}
	}
	if (rc < 0) {
		rs_out_abort(out);
		return rc;
	}
	return rs_out_commit(&out, err);
}

static int check_required(const struct rs_scores *s, struct rs_err *err)
{
	for (size_t g = 0; g < n_required; g++) {
		size_t i = 0;
		double v;

		while (i < s->n_metrics && strcmp(s->metric[i].name, required[g].name) != 0)
			i++;
		if (i == s->n_metrics)
			return rs_fail(err, RS_EUSAGE, "--require %s: not among --metrics", required[g].name);
		v = rs_scores_total(s, i);
		if (!(required[g].at_least ? v >= required[g].bound : v <= required[g].bound))
			return rs_fail(err, RS_EGATE, "%s is %.6g: required %s %g", required[g].name, v,
			               required[g].at_least ? ">=" : "<=", required[g].bound);
	}
	return 0;
}

/* Everything that is known once the model, the truth and the history are read. */
struct evaluation {
	struct rs_dataset *truth_data, *history;
	struct rs_model *m;
	struct rs_truth t;
	struct rs_scores s;
	struct rs_out *out;
};

static int judge(struct evaluation *e, struct rs_model *m, const char *prefix, enum rs_lister lister, struct rs_scores *s,
                 struct rs_err *err)
{
	uint32_t n_prior = 0;
	int rc;

	if ((rc = rs_scores_init(s, metric, n_metrics, &e->t, err)) < 0 ||
	    (rc = rs_eval_model(s, &e->t, m, e->history, lister, (enum rs_seen)seen, rs_seed, &n_prior, err)) < 0)
		return rc;
	if (n_prior > 0)
		rs_say("%u of %u users have no history that the model can use: they got the early-history list", n_prior,
		       e->t.n_users);
	return put_scores(e->out, prefix, s, err);
}

static int versus(struct evaluation *e, struct rs_err *err)
{
	struct rs_scores other = { 0 };
	struct rs_model *m = NULL;
	struct rs_truth t = { 0 }, kept;
	int rc;

	if ((rc = rs_model_open(&m, versus_path, err)) < 0 ||
	    (rc = rs_truth_make(&t, e->truth_data, &m->item_key, err)) < 0)
		goto out;
	kept = e->t; /* the other model numbers the items in its own way; the users are the same */
	e->t = t;
	rc = judge(e, m, "versus.", RS_LISTER_MODEL, &other, err);
	e->t = kept;
	if (rc == 0)
		rc = put_differences(e->out, &e->s, &other, err);
out:
	rs_scores_release(&other);
	rs_truth_release(&t);
	rs_model_free(m);
	return rc;
}

static int judge_model(struct evaluation *e, const char *model_path, const char *const *path, size_t n, struct rs_err *err)
{
	struct rs_scores base = { 0 };
	int rc;

	if ((rc = rs_model_open(&e->m, model_path, err)) < 0 ||
	    (rc = rs_dataset_open(&e->history, path, n, rs_choice_needs(&e->m->choice), err)) < 0 ||
	    (rc = rs_truth_make(&e->t, e->truth_data, &e->m->item_key, err)) < 0)
		return rc;
	if (e->t.n_users == 0)
		return rs_fail(err, RS_EDATA, "%s: the truth holds no events", truth_path);
	if (rs_verbose && e->t.n_unknown > 0)
		rs_say("%llu of %llu relevant items are not in the model: they count as misses",
		       (unsigned long long)e->t.n_unknown, (unsigned long long)e->t.row_ptr[e->t.n_users]);
	if ((rc = judge(e, e->m, "", RS_LISTER_MODEL, &e->s, err)) < 0)
		return rc;
	if (baselines) {
		if ((rc = judge(e, e->m, "popular.", RS_LISTER_POPULAR, &base, err)) == 0) {
			rs_scores_release(&base);
			rc = judge(e, e->m, "random.", RS_LISTER_RANDOM, &base, err);
		}
		rs_scores_release(&base);
	}
	return rc < 0 || versus_path == NULL ? rc : versus(e, err);
}

static int judge_lists(struct evaluation *e, struct rs_err *err)
{
	int rc;

	if (versus_path != NULL || baselines)
		return rs_fail(err, RS_EUSAGE, "--versus and --baselines need a MODEL, not --lists");
	for (size_t i = 0; i < n_metrics; i++)
		if (metric[i].kind == RS_METRIC_NOVELTY || metric[i].kind == RS_METRIC_DIVERSITY)
			return rs_fail(err, RS_EUSAGE, "metric %s needs a MODEL, not --lists", metric[i].name);
	if ((rc = rs_eval_lists(&e->s, &e->t, lists_path, e->truth_data, metric, n_metrics, err)) < 0)
		return rc;
	if (e->t.n_users == 0)
		return rs_fail(err, RS_EDATA, "%s: the truth holds no events", truth_path);
	return put_scores(e->out, "", &e->s, err);
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct evaluation e = { 0 };
	int rc;

	if (truth_path == NULL)
		return rs_fail(err, RS_EUSAGE, "expected --truth DATASET: see rs-eval --help");
	if (lists_path == NULL ? argc < 2 : argc > 0)
		return rs_fail(err, RS_EUSAGE, "%s: see rs-eval --help",
		               lists_path == NULL ? "expected a MODEL and at least one DATASET" : "--lists takes no operands");
	if ((rc = rs_metrics_parse(metric, &n_metrics, metrics, err)) < 0)
		return rc;
	if ((rc = rs_dataset_open(&e.truth_data, &truth_path, 1, RS_NEED_TIME, err)) < 0 ||
	    (rc = rs_out_open(&e.out, rs_output, err)) < 0 ||
	    (rc = rs_out_printf(e.out, err, "metric\tvalue\tlow\thigh\tusers\n")) < 0)
		goto out;
	rc = lists_path != NULL ? judge_lists(&e, err) :
	                          judge_model(&e, argv[0], (const char *const *)argv + 1, (size_t)argc - 1, err);
	if (rc == 0 && (rc = put_per_user(&e.s, &e.t, err)) == 0 && (rc = rs_out_commit(&e.out, err)) == 0)
		rc = check_required(&e.s, err);
out:
	rs_out_abort(e.out);
	rs_scores_release(&e.s);
	rs_truth_release(&e.t);
	rs_dataset_free(e.truth_data);
	rs_dataset_free(e.history);
	rs_model_free(e.m);
	return rc;
}
