/* sequence.h -- what came before what: weighted pairs of events of one person, item by item.
 *
 * With i_0 .. i_(n-1) the events of a person, w their weights and D(a, b) what the steps from a to b leave of a weight
 * (rs_recency_step, D(a, a) = 1), the state after event t is the vector
 *
 *     s_t = sum over t - window < a <= t of w_a D(a, t) e_(i_a)
 *
 * Sums over all t of all people that have an event t + 1 give
 *
 *     K = sum of w_(t+1) s_t e_(i_(t+1))'    G = sum of w_(t+1) s_t s_t'
 *
 * Row j of G and column j of K are made by a walk over the events around each event of j: no state is ever written out. */
#ifndef RS_RECIPE_SEQUENCE_H
#define RS_RECIPE_SEQUENCE_H

#include "lib/recipe/cooccur.h"
#include "lib/recipe/history.h"

struct rs_sequence {
	const struct rs_events *e;
	uint32_t window;
	double *step;     /* by event: what the step to the next event of the user leaves; 0 at the last */
	double *rest;     /* by event b: sum over t >= b of w_(t+1) D(b, t)^2 */
	double *beyond;   /* by event a: the part of rest that the window cuts off, as seen from a */
	uint32_t *user;   /* by event */
	uint64_t *at_ptr; /* n_items + 1 */
	uint64_t *at;     /* events by item, ascending */
};

/* r: half_life, gaps and window (not 0) of the states. e is borrowed. RS_EDATA where e has no times. */
int rs_sequence_init(struct rs_sequence *s, const struct rs_events *e, const struct rs_recency *r, struct rs_err *err);
void rs_sequence_release(struct rs_sequence *s);

/* Adds to c: scale * K_ij for all i; scale * K_ji for all i; scale * G_ij for all i. */
void rs_sequence_before(const struct rs_sequence *s, uint32_t j, float scale, struct rs_cooccur *c);
void rs_sequence_after(const struct rs_sequence *s, uint32_t j, float scale, struct rs_cooccur *c);
void rs_sequence_gram(const struct rs_sequence *s, uint32_t j, float scale, struct rs_cooccur *c);

#endif
