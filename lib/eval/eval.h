/* eval.h -- lists against the truth: values by user and over all.
 *
 * Items are numbered as in the list of ids that the lists come from (a model's); the truth is translated to it, and what it
 * does not know gets numbers behind, so that it counts as a miss. */
#ifndef RS_EVAL_EVAL_H
#define RS_EVAL_EVAL_H

#include "lib/data/dataset.h"
#include "lib/eval/spec.h"
#include "lib/num/csr.h"

struct rs_truth {
	uint32_t n_users, n_items;
	struct rs_keys user_key; /* the users with at least one relevant item, sorted */
	uint64_t *row_ptr;       /* n_users + 1 */
	uint32_t *relevant;      /* sorted, distinct */
	uint64_t n_unknown;      /* relevant items that item_key does not know */
};

int rs_truth_make(struct rs_truth *t, const struct rs_dataset *d, const struct rs_keys *item_key, struct rs_err *err);
void rs_truth_release(struct rs_truth *t);

/* What novelty and diversity need to know of items; either may be NULL where no such metric is asked for. */
struct rs_item_facts {
	const uint32_t *users;  /* distinct users per item */
	double n_users;
	const struct rs_csr *by_item; /* item x user; for diversity */
};

/* The cosine of a pair of items, kept for the next list that holds both. */
struct rs_pair {
	uint32_t a, b; /* a < b; both 0 where nothing is kept */
	double cosine;
};
#define RS_PAIRS (1u << 18)

struct rs_scores {
	size_t n_metrics;
	const struct rs_metric *metric;
	uint32_t n_users, n_items;
	double *value;    /* n_users x n_metrics; unused for metrics over all lists */
	uint32_t *shown;  /* n_metrics x n_items: how often shown; only for metrics over all lists, else NULL */
	struct rs_pair *pair; /* RS_PAIRS; only for diversity, else NULL */
};

int rs_scores_init(struct rs_scores *s, const struct rs_metric *m, size_t n_metrics, const struct rs_truth *t,
                   struct rs_err *err);
void rs_scores_release(struct rs_scores *s);

/* The list of user u of the truth: item numbers, best first, distinct. One thread at a time. */
void rs_scores_take(struct rs_scores *s, const struct rs_truth *t, const struct rs_item_facts *facts, uint32_t u,
                    const uint32_t *item, size_t n);

/* The metric over all users: the mean, or the share of items shown, or the Gini coefficient of showing. */
double rs_scores_total(const struct rs_scores *s, size_t metric);

/* A percentile bootstrap over users [1] of the means of n_columns columns at once, so that all see the same resamples:
 * value[u * n_columns + c]. low and high hold the confidence (0.95), n_columns each. More than 10,000 users are dealt to
 * 10,000 groups, which are resampled.
 * [1] B. Efron, Bootstrap Methods: Another Look at the Jackknife, Annals of Statistics 1979. */
int rs_bootstrap(const double *value, size_t n_columns, uint32_t n, uint32_t resamples, double confidence, uint64_t seed,
                 double *low, double *high, struct rs_err *err);

/* Two-sided p of paired differences. Up to 1,000 users by randomisation: the share of `flips` random sign changes whose mean is
 * at least as far from 0 as the observed one (counting the observed); beyond by the t statistic, taken as normal. */
int rs_paired_p(const double *difference, uint32_t n, uint32_t flips, uint64_t seed, double *p, struct rs_err *err);

#endif
