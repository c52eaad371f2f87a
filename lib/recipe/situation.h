/* situation.h -- how the situation in which people ask (their device, the time of day) shifts what they want.
 *
 * A situation is a row of features of the context columns of events. By the rule of Bayes the chance of an item j given
 * somebody's history and the value f of a column is its chance given the history times the lift
 *
 *     P(f | j) / P(f) = (n_fj + a P(f)) / ((n_j + a) P(f))
 *
 * if the value hangs on the item alone: n_fj the weights of events of j with f, n_j those with any value of the column, a a
 * prior. It hangs on the history too, so that each column has an exponent 0 .. 1.5, chosen on events held back: the last of up
 * to 4,000 people. A column whose lifts do not place those better, beyond doubt, has the exponent 0, and nothing of it is
 * kept. Of several values of one column the geometric mean of their lifts counts. */
#ifndef RS_RECIPE_SITUATION_H
#define RS_RECIPE_SITUATION_H

#include "lib/recipe/links.h"

struct rs_situation {
	uint32_t n_items, n_columns; /* all columns of the features, or none */
	uint32_t *first;             /* n_columns + 1: where the features of a column begin */
	float *base;                 /* n_columns x n_items: (a / (n_j + a))^exponent */
	struct rs_csr gain;          /* features x items: (1 + n_fj / (a P(f)))^exponent; those of 1 are left out */
};

/* The features of the events of e, rows in their order; row_ptr stays NULL where the model or the data has no context. RS_EDATA
 * where there are too many. */
int rs_situation_of_events(struct rs_csr *context, const struct rs_features *f, const struct rs_events *e,
                           const struct rs_dataset *d, struct rs_err *err);

/* context: as above. exponent: by column of f. */
int rs_situation_learn(struct rs_situation *s, const struct rs_features *f, const struct rs_events *e,
                       const struct rs_csr *context, const double *exponent, double prior, struct rs_err *err);

/* Trains links of e: what the exponents are chosen with. */
typedef int rs_situation_fit(struct rs_links *m, const struct rs_events *e, const struct rs_param_values *p,
                             struct rs_err *err);

/* exponent: by column of in->context_features. recency: of histories. */
int rs_situation_choose(double *exponent, const struct rs_train_in *in, const struct rs_param_values *p,
                        const struct rs_csr *context,
                        double prior, const struct rs_recency *recency, rs_situation_fit *fit, struct rs_err *err);

/* Scores (of the items lo <= i < hi) times the lifts of n features, ascending. A score below 0 is divided by them. */
void rs_situation_apply(const struct rs_situation *s, const uint32_t *feature, size_t n, uint32_t lo, uint32_t hi,
                        float *scores);

/* Nothing is written where no column counts. */
int rs_situation_save(const struct rs_situation *s, struct rs_writer *w, struct rs_err *err);
int rs_situation_load(struct rs_situation *s, struct rs_reader *r, uint32_t n_items, struct rs_err *err);
void rs_situation_release(struct rs_situation *s);

#endif
