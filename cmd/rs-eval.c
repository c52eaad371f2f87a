/* rs-eval.c -- how good a model's lists are. */
#include "cmd/common.h"
#include "cmd/eval_gates.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/eval/judge.h"
#include "lib/eval/protocol.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const seen_names[] = { "drop", "keep", NULL };

static const char *truth_path, *versus_path, *lists_path, *per_user_path;
static const char default_metrics[] = "recall@20,ndcg@10,precision@10,mrr@25,map@20,hit@10,coverage@10,novelty@10,gini@10";
static const char list_metrics[] = "recall@20,ndcg@10,precision@10,mrr@25,map@20,hit@10,coverage@10,gini@10";
static const char *metrics = default_metrics;
static int64_t resamples = 1000;
static double confidence = .95;
static int seen;
static bool baselines, as_json, with_context;

static struct rs_metric metric[RS_METRICS_MAX];
static size_t n_metrics;
static struct rs_eval_rows rows;
static struct rs_eval_gates gates;

static int add_required(const char *value, struct rs_err *err)
{
	return rs_eval_gates_add(&gates, value, err);
}

static const struct rs_opt opts[] = {
	RS_OPT_PATH('t', "truth", &truth_path, "the dataset of what people did next"),
	RS_OPT_STRING('m', "metrics", "LIST", &metrics, "metrics, joined by commas, or a set such as \"personalize\""),
	RS_OPT_PATH(0, "versus", &versus_path, "a second model, compared user by user"),
	RS_OPT_FLAG(0, "baselines", &baselines, "add rows for the popular and the random lists"),
	RS_OPT_PATH(0, "lists", &lists_path, "judge these lists (TSV, CSV, JSON Lines) instead of a model"),
	RS_OPT_CHOICE(0, "seen", "WHAT", &seen, seen_names, "items of the user's own history"),
	RS_OPT_FLAG(0, "context", &with_context, "make each list for the context of the person's first event in the truth"),
	RS_OPT_INT(0, "resamples", "N", &resamples, 100, 1000000, "resamples for intervals"),
	RS_OPT_REAL(0, "confidence", "P", &confidence, .5, .9999, "what the intervals hold"),
	RS_OPT_CALL(0, "require", "METRIC>=X", add_required, "exit with 1 if this is not met; repeat for more"),
	RS_OPT_FLAG(0, "json", &as_json, "write one JSON object a line"),
	RS_OPT_OUT(0, "per-user", &per_user_path, "write the values by user to this file"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-eval",
	.synopsis = "--truth DATASET [--metrics LIST] [--versus MODEL] MODEL DATASET...",
	.summary = "Measure how well a model's lists foresee what people did next.",
	.opts = opts,
	.min_operands = 0,
	.max_operands = -1,
	.operands_hint = "expected a MODEL and at least one DATASET",
};

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
			    (rc = rs_eval_put_number(out, "\t", s->value[(size_t)u * s->n_metrics + i], false, err)) < 0)
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

/* What is to be said of the lists of a model. */
struct tale {
	uint64_t n_users, n_relevant, n_prior, n_unknown, n_hidden;
	const struct rs_recipe *predicts; /* NULL: its recipe ranks */
};

/* Everything that is known once the model, the truth and the history are read. */
struct evaluation {
	struct rs_dataset *truth_data, *history;
	struct rs_model *m;
	struct rs_truth t;
	struct rs_scores s, popular, random, other;
	struct tale tale[2]; /* of the model and of --versus */
	struct rs_out *out;
};

static void say_share(const char *who, uint64_t n, uint64_t of, const char *what)
{
	rs_say("%s%llu of %llu %s", who, (unsigned long long)n, (unsigned long long)of, what);
}

/* What hurts the figures; of a second model only what differs from the first. */
static void tell(const struct tale *t, const struct tale *first, const char *who)
{
	if (t->n_prior != first->n_prior)
		say_share(who, t->n_prior, t->n_users,
		          "users have no history that the model can use: they got the early-history list");
	if (t->n_unknown != first->n_unknown)
		say_share(who, t->n_unknown, t->n_relevant, "relevant items are not in the model: they count as misses");
	if (t->n_hidden != first->n_hidden)
		say_share(who, t->n_hidden, t->n_relevant,
		          "relevant items stand in the user's own history: without --seen keep they are misses");
	if (t->predicts != NULL && first->predicts == NULL) {
		const char *what = t->predicts->answer == RS_ANSWER_PROBABILITY ? "probabilities" : "ratings";

		rs_say("%srecipe %s is for %s: --metrics %s judges those", who, t->predicts->name, what, what);
	}
}

static int judge(struct evaluation *e, const struct rs_truth *t, const struct rs_model *m, const char *prefix,
                 enum rs_lister lister, struct rs_scores *s, struct rs_err *err)
{
	struct rs_csr situation = { 0 };
	struct rs_eval_notes notes;
	int rc;

	if ((rc = rs_scores_init(s, metric, n_metrics, t, err)) < 0 ||
	    (with_context && (rc = rs_eval_situations(&situation, m, e->truth_data, err)) < 0))
		return rc;
	rc = rs_eval_model(s, t, m, e->history, with_context ? &situation : NULL, lister, (enum rs_seen)seen, rs_seed,
	                   &notes, err);
	rs_csr_release(&situation);
	if (rc < 0)
		return rc;
	if (lister == RS_LISTER_MODEL)
		e->tale[prefix[0] != 0] = (struct tale){ .n_users = t->n_users,
			                                 .n_relevant = t->row_ptr[t->n_users],
			                                 .n_prior = notes.n_prior,
			                                 .n_unknown = t->n_unknown,
			                                 .n_hidden = notes.n_hidden,
			                                 .predicts = m->recipe->predict == NULL ? NULL : m->recipe };
	return rs_eval_rows_add_scores(&rows, prefix, s, err);
}

static int versus(struct evaluation *e, struct rs_err *err)
{
	struct rs_model *m = NULL;
	struct rs_truth t = { 0 }; /* the other model numbers the items in its own way; the users are the same */
	int rc;

	if ((rc = rs_model_open(&m, versus_path, err)) == 0 &&
	    (rc = rs_truth_make(&t, e->truth_data, &m->item_key, err)) == 0 &&
	    (rc = judge(e, &t, m, "versus.", RS_LISTER_MODEL, &e->other, err)) == 0)
		rc = rs_eval_rows_add_differences(&rows, &e->s, &e->other, rs_seed, err);
	rs_truth_release(&t);
	rs_model_free(m);
	return rc;
}

static int judge_model(struct evaluation *e, const char *model_path, const char *const *path, size_t n, struct rs_err *err)
{
	int rc;

	if ((rc = rs_model_open(&e->m, model_path, err)) < 0 ||
	    (rc = rs_dataset_open(&e->history, path, n, RS_NEED_EVENTS | RS_NEED_USERS, err)) < 0 ||
	    (rc = rs_truth_make(&e->t, e->truth_data, &e->m->item_key, err)) < 0)
		return rc;
	if (e->t.n_users == 0)
		return rs_fail(err, RS_EDATA, "%s: the truth holds no events", truth_path);
	if ((rc = judge(e, &e->t, e->m, "", RS_LISTER_MODEL, &e->s, err)) < 0)
		return rc;
	if (baselines && ((rc = judge(e, &e->t, e->m, "popular.", RS_LISTER_POPULAR, &e->popular, err)) < 0 ||
	                  (rc = judge(e, &e->t, e->m, "random.", RS_LISTER_RANDOM, &e->random, err)) < 0))
		return rc;
	return versus_path == NULL ? 0 : versus(e, err);
}

/* ---- predictions ---- */

/* Metrics of predictions and of lists cannot be had together: the one reads pairs that happened, the other ranks. */
static int check_kinds(bool *of_predictions, struct rs_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < n_metrics; i++)
		n += rs_metric_is_of_predictions(&metric[i]);
	*of_predictions = n > 0;
	if (n > 0 && n < n_metrics)
		return rs_fail(err, RS_EUSAGE, "metrics of predictions (%s) and of lists: ask for them in two runs",
		               rs_metric_is_of_predictions(&metric[0]) ? metric[0].name : metric[n_metrics - 1].name);
	if (n > 0 && (lists_path != NULL || baselines || with_context || per_user_path != NULL))
		return rs_fail(err, RS_EUSAGE,
		               "metrics of predictions go without --lists, --baselines, --context and --per-user");
	return 0;
}

static int check_probability(const struct rs_model *m, struct rs_err *err)
{
	for (size_t i = 0; i < n_metrics && m->recipe->answer != RS_ANSWER_PROBABILITY; i++)
		if (metric[i].kind >= RS_METRIC_AUC)
			return rs_fail(err, RS_EUSAGE,
			               "metric %s judges probabilities, and a model of recipe %s predicts ratings",
			               metric[i].name, m->recipe->name);
	return 0;
}

/* Rows of a second model, and how much better the first is. */
static int versus_predictions(const struct rs_judged *j, const struct rs_dataset *history, const struct rs_dataset *truth,
                              struct rs_err *err)
{
	struct rs_judged_difference d[RS_METRICS_MAX];
	struct rs_judged other = { 0 };
	struct rs_model *m = NULL;
	int rc;

	if ((rc = rs_model_open(&m, versus_path, err)) < 0 || (rc = rs_predict_able(m, err)) < 0 ||
	    (rc = check_probability(m, err)) < 0 || (rc = rs_judged_make(&other, m, history, truth, err)) < 0 ||
	    (rc = rs_judged_compare(j, &other, metric, n_metrics, (uint32_t)resamples, confidence, rs_seed, d, err)) < 0)
		goto out;
	for (size_t i = 0; i < n_metrics && rc == 0; i++)
		rc = rs_eval_rows_add(&rows, "versus.", i, d[i].other, NULL, NULL, err);
	for (size_t i = 0; i < n_metrics && rc == 0; i++) {
		if ((rc = rs_eval_rows_add(&rows, "difference.", i, d[i].difference, NULL, NULL, err)) < 0)
			break;
		rows.row[rows.n - 1].low = d[i].low;
		rows.row[rows.n - 1].high = d[i].high;
		rc = rs_eval_rows_add(&rows, "p.", i, d[i].p, NULL, NULL, err);
	}
out:
	rs_judged_release(&other);
	rs_model_free(m);
	return rc;
}

/* What both models need of the datasets. */
static int needs_of_both(const struct rs_model *m, unsigned *needs, struct rs_err *err)
{
	struct rs_model *other;
	int rc;

	*needs = rs_model_needs(m);
	if (versus_path == NULL)
		return 0;
	if ((rc = rs_model_open(&other, versus_path, err)) < 0)
		return rc;
	*needs |= rs_model_needs(other);
	rs_model_free(other);
	return 0;
}

static int judge_predictions(const char *model_path, const char *const *path, size_t n, struct rs_err *err)
{
	double value[RS_METRICS_MAX], low[RS_METRICS_MAX], high[RS_METRICS_MAX];
	struct rs_dataset *truth = NULL, *history = NULL;
	struct rs_judged j = { 0 };
	struct rs_model *m = NULL;
	struct rs_out *out = NULL;
	unsigned needs;
	int rc;

	if ((rc = rs_model_open(&m, model_path, err)) < 0 || (rc = rs_predict_able(m, err)) < 0 ||
	    (rc = check_probability(m, err)) < 0 || (rc = needs_of_both(m, &needs, err)) < 0 ||
	    (rc = rs_dataset_open(&truth, &truth_path, 1, needs, err)) < 0 ||
	    (rc = rs_dataset_open(&history, path, n, needs, err)) < 0 ||
	    (rc = rs_out_open(&out, rs_output, err)) < 0 || (rc = rs_judged_make(&j, m, history, truth, err)) < 0 ||
	    (rc = rs_judged_measure(&j, metric, n_metrics, (uint32_t)resamples, confidence, rs_seed, value, low, high,
	                            err)) < 0)
		goto out;
	for (size_t i = 0; i < n_metrics && rc == 0; i++) {
		if ((rc = rs_eval_rows_add(&rows, "", i, value[i], NULL, NULL, err)) == 0) {
			rows.row[i].low = low[i];
			rows.row[i].high = high[i];
		}
	}
	if (j.n_unknown_users + j.n_unknown_items > 0)
		rs_say("of %zu pairs, %llu are of users of whom the model knows nothing "
		       "and %llu of items that it does not know",
		       j.n, (unsigned long long)j.n_unknown_users, (unsigned long long)j.n_unknown_items);
	if (rc == 0 && versus_path != NULL)
		rc = versus_predictions(&j, history, truth, err);
	if (rc == 0 && (rc = rs_eval_rows_put(&rows, out, j.n_users, as_json, err)) == 0 &&
	    (rc = rs_out_commit(&out, err)) == 0)
		rc = rs_eval_gates_check(&gates, &rows, err);
out:
	rs_out_abort(out);
	rs_judged_release(&j);
	rs_dataset_free(truth);
	rs_dataset_free(history);
	rs_model_free(m);
	return rc;
}

static int judge_lists(struct evaluation *e, struct rs_err *err)
{
	int rc;

	if (versus_path != NULL || baselines || with_context)
		return rs_fail(err, RS_EUSAGE, "--versus, --baselines and --context need a MODEL, not --lists");
	for (size_t i = 0; i < n_metrics; i++)
		if (metric[i].kind == RS_METRIC_NOVELTY || metric[i].kind == RS_METRIC_DIVERSITY)
			return rs_fail(err, RS_EUSAGE, "metric %s needs a MODEL, not --lists", metric[i].name);
	if ((rc = rs_eval_lists(&e->s, &e->t, lists_path, e->truth_data, metric, n_metrics, err)) < 0)
		return rc;
	if (e->t.n_users == 0)
		return rs_fail(err, RS_EDATA, "%s: the truth holds no events", truth_path);
	return rs_eval_rows_add_scores(&rows, "", &e->s, err);
}

static int check_options(int n_operands, struct rs_err *err)
{
	int rc;

	if (truth_path == NULL)
		return rs_fail(err, RS_EUSAGE, "expected --truth DATASET: see rs-eval --help");
	if (lists_path == NULL ? n_operands < 2 : n_operands > 0)
		return rs_fail(err, RS_EUSAGE, "%s: see rs-eval --help",
		               lists_path == NULL ? "expected a MODEL and at least one DATASET" : "--lists takes no operands");
	if (lists_path != NULL && metrics == default_metrics)
		metrics = list_metrics;
	if ((rc = rs_metrics_parse(metric, &n_metrics, metrics, err)) < 0)
		return rc;
	rows.metric = metric;
	if ((rc = rs_eval_gates_metrics(&gates, metric, &n_metrics, err)) == 0)
		rows.n_metrics = n_metrics;
	return rc;
}

/* Where the data is no good: more models than one are most often a wish to compare. */
static int tell_second_model(int rc, char **argv, int n, struct rs_err *err)
{
	for (int i = 1; i < n && rc == RS_EDATA; i++) {
		struct rs_reader *r = NULL;
		enum rs_file_kind kind;

		if (rs_path_reads_once(argv[i]) || rs_reader_open_any(&r, argv[i], &kind, NULL) < 0)
			continue;
		rs_reader_close(r);
		if (kind == RS_FILE_MODEL)
			return rs_fail(err, RS_EDATA, "%s: a second model: expected a dataset, or --versus before it", argv[i]);
	}
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct evaluation e = { 0 };
	bool of_predictions;
	int rc;

	if ((rc = check_options(argc, err)) < 0 || (rc = check_kinds(&of_predictions, err)) < 0)
		return rc;
	if (of_predictions) {
		rc = judge_predictions(argv[0], (const char *const *)argv + 1, (size_t)argc - 1, err);
		rs_eval_rows_release(&rows);
		return tell_second_model(rc, argv, argc, err);
	}
	if ((rc = rs_dataset_open(&e.truth_data, &truth_path, 1, RS_NEED_TIME | (with_context ? RS_NEED_CONTEXT : 0),
	    err)) < 0 ||
	    (rc = rs_out_open(&e.out, rs_output, err)) < 0)
		goto out;
	rc = lists_path != NULL ? judge_lists(&e, err) :
	                          judge_model(&e, argv[0], (const char *const *)argv + 1, (size_t)argc - 1, err);
	if (rc == 0 && (rc = rs_eval_rows_intervals(&rows, e.t.n_users, (uint32_t)resamples, confidence, rs_seed, err)) == 0 &&
	    (rc = rs_eval_rows_put(&rows, e.out, e.t.n_users, as_json, err)) == 0 &&
	    (rc = put_per_user(&e.s, &e.t, err)) == 0 && (rc = rs_out_commit(&e.out, err)) == 0) {
		if (lists_path == NULL)
			tell(&e.tale[0], &(struct tale){ 0 }, "");
		if (versus_path != NULL)
			tell(&e.tale[1], &e.tale[0], "--versus: ");
		rc = rs_eval_gates_check(&gates, &rows, err);
	}
out:
	rs_out_abort(e.out);
	rs_eval_rows_release(&rows);
	rs_scores_release(&e.s);
	rs_scores_release(&e.popular);
	rs_scores_release(&e.random);
	rs_scores_release(&e.other);
	rs_truth_release(&e.t);
	rs_dataset_free(e.truth_data);
	rs_dataset_free(e.history);
	rs_model_free(e.m);
	return tell_second_model(rc, argv, argc, err);
}
