/* transition.h -- parts of the transition recipe. */
#ifndef RS_RECIPE_TRANSITION_H
#define RS_RECIPE_TRANSITION_H

#include "lib/recipe/item_weights.h"
#include "lib/recipe/sequence.h"

/* What all solvers need: K = (1 - order_free) K_sequence + order_free X'X without its diagonal, G accordingly. */
struct rs_transition {
	struct rs_sequence seq;
	struct rs_csr x, xt; /* people x items and turned; where order_free > 0 */
	uint64_t *often;     /* events by item */
	uint32_t n_items;
	double order_free, l2, l2_exponent, load;
	uint32_t neighbors, top;
	double discount;                               /* of frequent candidates: local */
	double source_exponent, target_exponent, back; /* oneshot */
};

int rs_transition_closed(struct rs_item_weights *w, const struct rs_transition *t, struct rs_err *err);
int rs_transition_local(struct rs_item_weights *w, const struct rs_transition *t, struct rs_err *err);
int rs_transition_oneshot(struct rs_item_weights *w, const struct rs_transition *t, struct rs_err *err);

#endif
