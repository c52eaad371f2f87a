/* local.h -- regressions of an item on a few others: the columns of a large linear model, each over its own candidates.
 *
 * The columns need small parts G_MM of a symmetric, sparse, non-negative matrix G of n_items squared. Rows of the items that
 * come often are long, and kept only as a dense block among themselves; all other pairs stand in the rows of the rest. */
#ifndef RS_RECIPE_LOCAL_H
#define RS_RECIPE_LOCAL_H

#include "lib/recipe/cooccur.h"
#include "lib/recipe/sparse_items.h"

/* Adds row j of a matrix to the sums of c. */
typedef void rs_row_fn(const void *ctx, uint32_t j, struct rs_cooccur *c);

struct rs_local_gram {
	uint32_t n, n_head;
	uint32_t *head;    /* by item: its place in the block, or UINT32_MAX */
	float *block;      /* n_head x n_head */
	uint64_t *row_ptr; /* n + 1; rows of head items are empty */
	uint32_t *col;
	float *val;
	float *diagonal;   /* n */
};

/* often[i]: how often item i comes. room(ctx, j): at most so many entries has row j. RS_ENOMEM before the work where that
 * does not fit. */
typedef uint64_t rs_room_fn(const void *ctx, uint32_t j);
int rs_local_gram_init(struct rs_local_gram *g, uint32_t n, const uint64_t *often, rs_row_fn *row, rs_room_fn *room,
                       const void *ctx, struct rs_err *err);
void rs_local_gram_release(struct rs_local_gram *g);

/* How the column of target j is found: w minimises w'(G_MM + D)w / 2 - r_M'w + l1 |w|, with
 * l2 often_i^l2_exponent + load G_ii on the diagonal of D, and M the `candidates` items with the largest
 * r_i often_i^-discount. j itself is one of them where `self` is set, its r is self(ctx, j) then. */
struct rs_local {
	const struct rs_local_gram *gram;
	rs_row_fn *row;              /* r of all items but j; what it adds for j itself is not used */
	double (*self)(const void *ctx, uint32_t j);
	const void *ctx;
	const uint64_t *often;
	double discount, l2, l2_exponent, load, l1;
	double target_exponent;      /* w times often_j^-target_exponent is the column */
	bool nonnegative;            /* with l1 > 0 or this: by coordinate descent; else by Cholesky */
	uint32_t candidates, sweeps;
	const char *stage;           /* for progress */
};

/* The columns of all targets as rows by source. RS_EDATA where a system has no solution. */
int rs_local_solve(struct rs_sparse_items *s, const struct rs_local *how, struct rs_err *err);

#endif
