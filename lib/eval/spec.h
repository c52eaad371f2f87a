/* spec.h -- a metric by name: "recall@20", or as Amazon Personalize spells it, "precision_at_5". */
#ifndef RS_EVAL_SPEC_H
#define RS_EVAL_SPEC_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_metric_kind {
	RS_METRIC_RECALL,
	RS_METRIC_RECALL_CAPPED,
	RS_METRIC_PRECISION,
	RS_METRIC_NDCG,
	RS_METRIC_NDCG_RETRIEVED,
	RS_METRIC_MRR,
	RS_METRIC_MAP,
	RS_METRIC_HIT,
	RS_METRIC_NOVELTY,
	RS_METRIC_DIVERSITY,
	RS_METRIC_COVERAGE, /* from here on: of all lists together, not the mean over users */
	RS_METRIC_GINI,
	RS_METRIC_RMSE, /* from here on: of predictions, not of lists */
	RS_METRIC_MAE,
	RS_METRIC_RMSE_USER,
	RS_METRIC_MAE_USER,
	RS_METRIC_AUC, /* from here on: of probabilities */
	RS_METRIC_AUC_USER,
	RS_METRIC_LOGLOSS,
	RS_METRIC_NE,
	RS_METRIC_ECE,
	RS_METRIC_KINDS
};

struct rs_metric {
	enum rs_metric_kind kind;
	uint32_t k;
	char name[64]; /* as the user wrote it */
};

#define RS_METRICS_MAX 64
#define RS_METRIC_K_MAX 10000

/* "recall@20,ndcg@10": names joined by commas, or the name of a set, "personalize"; see rs-eval(1). Adds to the *n metrics that
 * m (RS_METRICS_MAX) holds. RS_EUSAGE. */
int rs_metrics_parse(struct rs_metric *m, size_t *n, const char *list, struct rs_err *err);

/* Whether it is a mean over users, which has an interval; coverage and gini are of all lists together. */
bool rs_metric_is_mean(const struct rs_metric *m);

/* Whether it judges predictions; such metrics have no cut-off. */
bool rs_metric_is_of_predictions(const struct rs_metric *m);

#endif
