/* objective.h -- lists between what the person wants and what they shall be rich in.
 *
 * Of more candidates than are asked for, the best by score, each gets (1 - s) r + s o: r its score, 0 the last .. 1 the
 * first of the candidates, o its place in the objective column, s .2 (low), .5 (medium) or .8 (high). */
#ifndef RS_RANK_OBJECTIVE_H
#define RS_RANK_OBJECTIVE_H

#include "lib/rank/rank.h"

/* Whether lists of the model have an objective. *room: candidates for a list of n. */
bool rs_objective_room(const struct rs_model *m, uint32_t n, uint32_t *room);

/* Sorts n picks (best first by score) anew. goal[k] is what the k-th now has, its score stays. */
void rs_objective_sort(const struct rs_model *m, struct rs_pick *pick, uint32_t n, float *goal);

#endif
