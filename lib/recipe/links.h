/* links.h -- what the linear recipes share: a state of weights between items, and how it is used.
 *
 * A recipe whose state has more to it has this first in its struct, and so may use the members below as they are. */
#ifndef RS_RECIPE_LINKS_H
#define RS_RECIPE_LINKS_H

#include "lib/recipe/item_weights.h"
#include "lib/recipe/recipe.h"

struct rs_links {
	struct rs_item_weights w;
	struct rs_recency recency; /* of histories */
};

/* Empty, with the recency of p. */
struct rs_links *rs_links_new(const struct rs_param_values *p, struct rs_err *err);

/* The members of struct rs_recipe. */
void rs_links_free(void *state);
int rs_links_save(const void *state, struct rs_writer *w, struct rs_err *err);
int rs_links_load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                  struct rs_err *err);
int rs_links_query(const void *state, const struct rs_people *who, void **query, struct rs_err *err);
int rs_links_score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                   struct rs_err *err);
int rs_links_explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err);
int rs_links_similar(const void *state, uint32_t item, float *scores, struct rs_err *err);

/* All of them, in the row of a recipe. */
#define RS_LINKS_MEMBERS                                                                                             \
	.free = rs_links_free, .save = rs_links_save, .load = rs_links_load, .query = rs_links_query,                \
	.query_free = rs_history_query_free, .tile_items = 0, .score = rs_links_score, .explain = rs_links_explain,  \
	.similar = rs_links_similar

/* How many neighbours an item has where nobody says: a fortieth of the items, from 50 to 1000, less in huge
 * catalogues. */
uint32_t rs_links_neighbors(uint32_t n_items);

/* Users of each item (items of e). */
int rs_links_count(uint32_t *users, const struct rs_events *e, struct rs_err *err);

#endif
