/* spec.c -- metrics by name. */
#include "lib/eval/spec.h"

#include "lib/base/nearest.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum rs_metric_kind kind;
} names[] = {
	{ "recall", RS_METRIC_RECALL },
	{ "recall-capped", RS_METRIC_RECALL_CAPPED },
	{ "precision", RS_METRIC_PRECISION },
	{ "ndcg", RS_METRIC_NDCG },
	{ "ndcg-retrieved", RS_METRIC_NDCG_RETRIEVED },
	{ "mrr", RS_METRIC_MRR },
	{ "map", RS_METRIC_MAP },
	{ "hit", RS_METRIC_HIT },
	{ "novelty", RS_METRIC_NOVELTY },
	{ "diversity", RS_METRIC_DIVERSITY },
	{ "coverage", RS_METRIC_COVERAGE },
	{ "gini", RS_METRIC_GINI },
	{ "hit-rate", RS_METRIC_HIT },
	{ "hr", RS_METRIC_HIT },
	{ "mean_reciprocal_rank", RS_METRIC_MRR },
	{ "normalized_discounted_cumulative_gain", RS_METRIC_NDCG_RETRIEVED },
};

/* Without a cut-off: metrics of predictions. */
static const struct {
	const char *name;
	enum rs_metric_kind kind;
} bare[] = {
	{ "coverage", RS_METRIC_COVERAGE }, /* Personalize's, of lists of 25 */
	{ "rmse", RS_METRIC_RMSE },
	{ "mae", RS_METRIC_MAE },
	{ "rmse-user", RS_METRIC_RMSE_USER },
	{ "mae-user", RS_METRIC_MAE_USER },
	{ "auc", RS_METRIC_AUC },
	{ "auc-user", RS_METRIC_AUC_USER },
	{ "logloss", RS_METRIC_LOGLOSS },
	{ "ne", RS_METRIC_NE },
	{ "ece", RS_METRIC_ECE },
};

/* Sets of metrics, as different communities print them. */
static const struct {
	const char *name, *list;
} sets[] = {
	{ "personalize", "coverage,mean_reciprocal_rank_at_25,normalized_discounted_cumulative_gain_at_5,"
			 "normalized_discounted_cumulative_gain_at_10,normalized_discounted_cumulative_gain_at_25,"
			 "precision_at_5,precision_at_10,precision_at_25" },
	{ "liang", "recall-capped@20,recall-capped@50,ndcg@100" },
	{ "lightgcn", "recall@20,ndcg@20" },
	{ "loo", "hit@10,ndcg@10,mrr@10" },
	{ "session", "hit@20,mrr@20,precision@20,recall@20,map@20" },
	{ "ratings", "rmse,mae,rmse-user,mae-user" },
	{ "probabilities", "auc,auc-user,logloss,ne,ece" },
	{ "recbole", "recall@10,mrr@10,ndcg@10,hit@10,precision@10" },
};

/* A metric of lists is named with a cut-off, as the nearest name is then. */
static int unknown(const char *p, size_t n, struct rs_err *err)
{
	const char *at = memchr(p, '@', n);
	char q[RS_QUOTE_MAX], hint[RS_NEAREST_MAX] = "";
	struct rs_nearest near, alone;

	rs_nearest_init(&near, p, at == NULL ? n : (size_t)(at - p));
	alone = near;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		rs_nearest_show(&near, names[i].name);
	for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
		rs_nearest_show(&alone, bare[i].name);
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
		rs_nearest_show(&alone, sets[i].name);
	if (alone.distance < near.distance)
		rs_nearest_hint(&alone, "", hint, sizeof hint);
	else if (near.name != NULL)
		snprintf(hint, sizeof hint, " (did you mean %s@10?)", near.name);
	return rs_fail(err, RS_EUSAGE,
	               "metric %s%s: expected recall, recall-capped, precision, ndcg, ndcg-retrieved, mrr, map, hit, novelty, "
	               "diversity, coverage or gini, and @K, or rmse, mae, rmse-user, mae-user, auc, auc-user, logloss, ne or "
	               "ece",
	               rs_quote(q, sizeof q, p, n), hint);
}

static int parse_one(struct rs_metric *m, const char *p, size_t n, struct rs_err *err)
{
	const char *at = memchr(p, '@', n);
	size_t n_name, skip = 1;
	uint64_t k = 0;

	if (at == NULL) {
		at = memmem(p, n, "_at_", 4);
		skip = 4;
	}
	for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
		if (strlen(bare[i].name) == n && memcmp(bare[i].name, p, n) == 0) {
			*m = (struct rs_metric){ .kind = bare[i].kind, .k = bare[i].kind == RS_METRIC_COVERAGE ? 25 : 0 };
			memcpy(m->name, p, n);
			return 0;
		}
	}
	n_name = at == NULL ? n : (size_t)(at - p);
	if (at != NULL && rs_get_u64(at + skip, n - n_name - skip, &k) && k > 0 && k <= RS_METRIC_K_MAX &&
	    n < sizeof m->name) {
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
			if (strlen(names[i].name) == n_name && memcmp(names[i].name, p, n_name) == 0) {
				m->kind = names[i].kind;
				m->k = (uint32_t)k;
				memcpy(m->name, p, n);
				m->name[n] = 0;
				return 0;
			}
		}
	}
	return unknown(p, n, err);
}

static int parse_list(struct rs_metric *m, size_t *n, const char *list, struct rs_err *err)
{
	while (*list != 0) {
		size_t len = strcspn(list, ",");
		int rc;

		if (*n == RS_METRICS_MAX)
			return rs_fail(err, RS_EUSAGE, "more than %d metrics", RS_METRICS_MAX);
		if ((rc = parse_one(&m[*n], list, len, err)) < 0)
			return rc;
		(*n)++;
		list += len;
		list += *list == ',';
	}
	return *n > 0 ? 0 : rs_fail(err, RS_EUSAGE, "no metric given");
}

int rs_metrics_parse(struct rs_metric *m, size_t *n, const char *list, struct rs_err *err)
{
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
		if (strcmp(list, sets[i].name) == 0)
			list = sets[i].list;
	return parse_list(m, n, list, err);
}

bool rs_metric_is_mean(const struct rs_metric *m)
{
	return m->kind < RS_METRIC_COVERAGE;
}

bool rs_metric_is_of_predictions(const struct rs_metric *m)
{
	return m->kind >= RS_METRIC_RMSE;
}
