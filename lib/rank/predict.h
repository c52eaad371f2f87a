/* predict.h -- pairs of people and items to ratings or probabilities. */
#ifndef RS_RANK_PREDICT_H
#define RS_RANK_PREDICT_H

#include "lib/rank/rank.h"

/* out[k] for each of the pairs, in their order; who is a row of h, or RS_NONE: somebody of whom nothing is known. A prediction
 * depends on its own person, item and context alone. deviation, which may be NULL: how unsure each is. RS_EUSAGE where the
 * recipe does not predict, or does not tell. */
int rs_predict_pairs(const struct rs_model *m, const struct rs_histories *h, const struct rs_pairs *pairs, float *out,
                     float *deviation, struct rs_err *err);

/* Refuses a model that does not predict, RS_EUSAGE. */
int rs_predict_able(const struct rs_model *m, struct rs_err *err);

#endif
