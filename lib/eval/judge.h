/* judge.h -- predictions of pairs against what happened: errors of ratings, order and calibration of probabilities.
 *
 * Exact definitions: rs-eval(1). */
#ifndef RS_EVAL_JUDGE_H
#define RS_EVAL_JUDGE_H

#include "lib/eval/spec.h"
#include "lib/rank/predict.h"

/* Pairs by ascending prediction. */
struct rs_judged {
	size_t n;
	uint32_t n_users;
	uint32_t *user;   /* 0 .. n_users - 1, those with a pair */
	float *predicted, *actual;
	uint64_t n_unknown_users, n_unknown_items; /* pairs whose user (item) the model knows nothing of */
};

/* Every event of truth that tells what should have been answered. history: what is known of the users. RS_EDATA where there
 * is none. truth: read with the needs of the recipe, and context where the model has some. */
int rs_judged_make(struct rs_judged *j, const struct rs_model *m, const struct rs_dataset *history,
                   const struct rs_dataset *truth, struct rs_err *err);
void rs_judged_release(struct rs_judged *j);

/* The metrics, and of `resamples` bootstrap samples of the users the interval that holds `confidence` of them. NaN where a
 * metric is not defined (auc of one class). */
int rs_judged_measure(const struct rs_judged *j, const struct rs_metric *metric, size_t n_metrics, uint32_t resamples,
                      double confidence, uint64_t seed, double *value, double *low, double *high, struct rs_err *err);

/* Of another model that judged the same truth: its metrics, those of j less those of the other, an interval of the
 * difference from resamples of the users, the same for both, and how probable one at least as large is by chance: the
 * share of the resamples whose difference is as far from the measured one as that is from 0. out: n_metrics. RS_EDATA
 * where the pairs are not the same. */
struct rs_judged_difference {
	double other, difference, low, high, p;
};
int rs_judged_compare(const struct rs_judged *j, const struct rs_judged *other, const struct rs_metric *metric,
                      size_t n_metrics, uint32_t resamples, double confidence, uint64_t seed,
                      struct rs_judged_difference *out, struct rs_err *err);

#endif
