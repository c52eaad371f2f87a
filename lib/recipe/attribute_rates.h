/* attribute_rates.h -- how likely people are to have each item, by nothing but their attributes.
 *
 * A ridge regression of the users x items matrix X on the features P of users: rate(u, j) = mean of X_j plus, for each
 * attribute that is known of u, sum_f (p_uf - mean p_f) B_fj, with B minimising |X - mean - P~B|^2 + l2 |B|^2, where P~ is
 * P less the mean over those of whom the attribute is known, and 0 where it is not. So a person of whom nothing is known is
 * the mean person. Time of order features x (events + items x features); memory 8 bytes x features x items. */
#ifndef RS_RECIPE_ATTRIBUTE_RATES_H
#define RS_RECIPE_ATTRIBUTE_RATES_H

#include "lib/data/features.h"

struct rs_attribute_rates {
	uint32_t n_items, n_features, n_columns;
	uint32_t *length; /* by column: its features */
	float *rate;      /* n_items each: the means; B_f for each feature; for each column the sum of mean p_f times B_f */
};

/* profile: users x features of f (which may be empty); x: users x items. */
int rs_attribute_rates_learn(struct rs_attribute_rates *m, const struct rs_features *f, const struct rs_csr *profile,
                             const struct rs_csr *x, double l2, struct rs_err *err);
int rs_attribute_rates_save(const struct rs_attribute_rates *m, struct rs_writer *w, struct rs_err *err);
int rs_attribute_rates_load(struct rs_attribute_rates *m, struct rs_reader *r, uint32_t n_items, struct rs_err *err);
void rs_attribute_rates_release(struct rs_attribute_rates *m);

/* out[0 .. n_items) = the rates of person u of profile; NULL: of the mean person. */
void rs_attribute_rates_of(const struct rs_attribute_rates *m, const struct rs_csr *profile, uint32_t u, float *out);

#endif
