/* dense_items.h -- items as vectors of floats, and their products with those of people: the state that factor models and
 * content share.
 *
 * Vectors of a file stay mapped; the blocks of an item are verified when it is first used. */
#ifndef RS_RECIPE_DENSE_ITEMS_H
#define RS_RECIPE_DENSE_ITEMS_H

#include "lib/data/container.h"
#include "lib/num/csr.h"

struct rs_dense_items {
	uint32_t n;
	size_t d, ld;        /* numbers of an item; row stride, RS_ROUND_LANES(d), what is beyond d is 0 */
	float *own;          /* n x ld after training, or NULL */
	const float *y;      /* the same wherever it lies */
	struct rs_reader *r; /* where y is mapped in, or NULL */
	const struct rs_chunk *chunk;
};

int rs_dense_items_save(const struct rs_dense_items *m, uint32_t kind, struct rs_writer *w, struct rs_err *err);

/* n, d and ld stand in m. */
int rs_dense_items_load(struct rs_dense_items *m, uint32_t kind, struct rs_reader *r, struct rs_err *err);
void rs_dense_items_release(struct rs_dense_items *m);

/* Items lo .. hi, or those in x, verified where they come from a file. */
int rs_dense_items_touch(const struct rs_dense_items *m, uint32_t lo, uint32_t hi, struct rs_err *err);
int rs_dense_items_touch_rows(const struct rs_dense_items *m, const struct rs_csr *x, struct rs_err *err);

/* Vectors of people, in the shape that products want. */
struct rs_dense_people {
	size_t n;
	float *x;     /* in panels of mr people: ld x mr each */
	float *panel; /* items of a product */
};
int rs_dense_people_init(struct rs_dense_people *p, const struct rs_dense_items *m, size_t n, struct rs_err *err);
void rs_dense_people_release(struct rs_dense_people *p);

/* Vectors of the people first .. first + n, rows of ld; first is a multiple of rs_isa()->mr, and so is n but at the end. */
void rs_dense_people_put(struct rs_dense_people *p, const struct rs_dense_items *m, size_t first, const float *x, size_t n);

/* As the members of struct rs_recipe; similar: cosine. */
int rs_dense_items_score(const struct rs_dense_items *m, const struct rs_dense_people *p, uint32_t lo, uint32_t hi,
                         float *scores, size_t ld, struct rs_err *err);
int rs_dense_items_similar(const struct rs_dense_items *m, uint32_t item, float *scores, struct rs_err *err);

#endif
