/* als_solve.h -- one person's (or one item's) factors, given the factors of the other side.
 *
 * x minimises  sum over the events of c (1 - x.y)^2  +  w0 sum over all y of (x.y)^2  +  r |x - m|^2, that is
 *     (w0 Y'Y + r I + sum c y y') x = sum c y + r m,
 * where m is what was to be expected before any event, 0 where nothing is known. Without events x is m: who had no chance
 * says nothing by having nothing.
 * The y stand in the coordinates of the eigenvectors of Y'Y, where the first part is a diagonal, ridge + r: what is
 * left costs by the number of events n, and not d^3. The result depends on nothing but the arguments. */
#ifndef RS_RECIPE_ALS_SOLVE_H
#define RS_RECIPE_ALS_SOLVE_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_als_method {
	RS_ALS_EXACT, /* Cholesky */
	RS_ALS_CG,    /* conjugate gradient from x, `steps` of them; exact where that costs no more */
	RS_ALS_BLOCKS /* one sweep over blocks of `block` coordinates from x, each exact; all exact where that is cheaper */
};

struct rs_als_solver {
	enum rs_als_method method;
	size_t steps, block;
	size_t d, ld;       /* coordinates; row stride of y and x, RS_ROUND_LANES(d), what is beyond d is 0 */
	const float *y;     /* in eigenvectors of Y'Y */
	const uint32_t *short_y; /* the same as short rows (num/isa.h), which conjugate gradient reads */
	const float *ridge; /* ld: w0 times the eigenvalues */
};

/* Memory for one thread. n_max: events of the longest row. */
struct rs_als_scratch;
size_t rs_als_scratch_bytes(const struct rs_als_solver *s, size_t n_max);
int rs_als_scratch_new(struct rs_als_scratch **out, const struct rs_als_solver *s, size_t n_max,
                       struct rs_err *err);
void rs_als_scratch_free(struct rs_als_scratch *w);

/* What conjugate gradient fetches of short_y before it is read. */
struct rs_als_ahead {
	bool there;           /* the rows of this one were fetched with the one before */
	const uint32_t *next; /* the n_next rows of the one that comes next */
	size_t n_next;
};

/* Whether solving a row of n events fetches for the next one: by conjugate gradient, and short enough that its own part of
 * short_y stays where it is beside that. */
bool rs_als_looks_ahead(const struct rs_als_solver *s, size_t n);

/* item: n rows of y; c: their weights >= 0, NULL: 1; r > 0; m: ld, NULL: 0. x (ld) is read by methods that start from it.
 * ahead: NULL: nothing is known. RS_EDATA where numbers are out of range. */
int rs_als_solve(const struct rs_als_solver *s, struct rs_als_scratch *w, const uint32_t *item, const float *c, size_t n,
                 float r, const float *m, float *x, const struct rs_als_ahead *ahead, struct rs_err *err);

/* share[i]: what event i adds to x.target; they add up to it where m is 0. target: ld, in the coordinates of y. */
int rs_als_shares(const struct rs_als_solver *s, struct rs_als_scratch *w, const uint32_t *item,
                  const float *c, size_t n, float r, const float *target, float *share, struct rs_err *err);

/* rest (ld), by the shares of the events: rest.m is what m adds to x.target. */
void rs_als_rest(const struct rs_als_solver *s, const uint32_t *item, size_t n, float r, const float *target,
                 const float *share, float *rest);

#endif
