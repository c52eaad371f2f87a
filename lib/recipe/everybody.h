/* everybody.h -- a state that is one score for each item, the same for everybody: what popular and trending share. */
#ifndef RS_RECIPE_EVERYBODY_H
#define RS_RECIPE_EVERYBODY_H

#include "lib/recipe/recipe.h"

struct rs_everybody {
	uint32_t n_items;
	float *score;
};

/* Scores are not set. */
int rs_everybody_new(struct rs_everybody **out, uint32_t n_items, struct rs_err *err);

/* Members of a recipe with this state. */
void rs_everybody_free(void *state);
int rs_everybody_save(const void *state, struct rs_writer *w, struct rs_err *err);
int rs_everybody_load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                      struct rs_err *err);
int rs_everybody_query(const void *state, const struct rs_people *who, void **query, struct rs_err *err);
void rs_everybody_query_free(void *query);
int rs_everybody_score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                       struct rs_err *err);

#define RS_EVERYBODY                                                                                         \
	.for_everybody = true, .free = rs_everybody_free, .save = rs_everybody_save, .load = rs_everybody_load, \
	.query = rs_everybody_query, .query_free = rs_everybody_query_free, .tile_items = 4096,              \
	.score = rs_everybody_score

#endif
