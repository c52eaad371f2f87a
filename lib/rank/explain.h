/* explain.h -- which past items, and attributes of the person, caused a recommendation. */
#ifndef RS_RANK_EXPLAIN_H
#define RS_RANK_EXPLAIN_H

#include "lib/rank/rank.h"

/* Fills n_causes, cause (from room: list->n x n_max) and rest of each pick. Events of one item are one cause. Without a notion
 * of causes in the recipe n_causes is 0 and rest 1. */
int rs_explain(const struct rs_model *m, const struct rs_histories *h, struct rs_list *list, uint32_t n_max,
               struct rs_cause *room, struct rs_err *err);

#endif
