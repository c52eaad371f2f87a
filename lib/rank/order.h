/* order.h -- given items in a person's own order. */
#ifndef RS_RANK_ORDER_H
#define RS_RANK_ORDER_H

#include "lib/rank/rank.h"

/* Who is asked about what. */
struct rs_request {
	uint32_t user;        /* row of the histories; RS_NONE: nothing is known of the person */
	uint64_t first, n;    /* its items: item[first .. first + n) */
};

/* pick[first .. first + n) of each request becomes its items, best first by the model, ties to the lower item id. Items
 * that the model does not know (item[] RS_NONE), or does not recommend, follow in the order given, with a score of NaN and as
 * item the number of those that the model knows plus their place in item[]. from_prior[request]: as in struct rs_list.
 * pick's causes are empty. situation: by request the features of the context that it is made in; NULL: nobody says. */
int rs_order(const struct rs_model *m, const struct rs_histories *h, const struct rs_request *request, size_t n_requests,
             const uint32_t *item, const struct rs_csr *situation, struct rs_pick *pick, uint8_t *from_prior,
             struct rs_err *err);

#endif
