/* cooccur.h -- one row of a co-occurrence matrix at a time: add up, then keep the best.
 *
 * A row is a dense array of sums with one mark for each group of RS_GROUP columns that were touched, so that a sparse row is
 * read back without a walk over all columns, and in ascending order. The add and find loops are compiled for several
 * instruction sets (isa_cooccur.c). */
#ifndef RS_RECIPE_COOCCUR_H
#define RS_RECIPE_COOCCUR_H

#include "lib/num/csr.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RS_GROUP 16 /* a vector of floats */
#define RS_RUN (16 * RS_GROUP) /* columns that are searched between two looks at the candidates */

/* A candidate: the bits of its positive score above the complement of its column, so that the larger number is the better
 * candidate and ties go to the lower column. */
static inline uint32_t rs_candidate_column(uint64_t c)
{
	return ~(uint32_t)c;
}

struct rs_cooccur_isa {
	/* acc[col[e]] += w * val[e] (val NULL: w) for e < n, and the groups are marked. */
	void (*add)(float *acc, uint8_t *mark, const uint32_t *col, const float *val, size_t n, float w);
	/* From run *run on (of n_runs) the columns of marked groups whose acc * scale is above limit, as candidates in
	 * ascending order of columns, until there are `enough`; returns how many, less than enough + RS_RUN. *run is the
	 * next run. Marks and sums of what was searched become 0. */
	size_t (*take)(float *acc, uint8_t *mark, const float *scale, uint32_t *run, uint32_t n_runs, float limit,
	               size_t enough, uint64_t *out);
};

/* Those of rs_isa(). */
const struct rs_cooccur_isa *rs_cooccur_isa(void);

/* Scratch for one row of n_cols columns of which k are kept; by one thread at a time. */
struct rs_cooccur {
	uint32_t n_groups;
	uint32_t k;
	float *acc;          /* n_groups * RS_GROUP sums, all 0 between rows */
	uint8_t *mark;       /* n_groups, filled up to whole runs; all 0 between rows */
	uint64_t *candidate; /* 2 * k + RS_RUN */
	uint64_t *work;      /* the same */
};

int rs_cooccur_init(struct rs_cooccur *c, uint32_t n_cols, uint32_t k, struct rs_err *err);
void rs_cooccur_release(struct rs_cooccur *c);

/* The first marked group from g on; n_groups: there is none. */
static inline uint32_t rs_cooccur_next(const struct rs_cooccur *c, uint32_t g)
{
	const uint8_t *at = g < c->n_groups ? memchr(c->mark + g, 1, c->n_groups - g) : NULL;

	return at == NULL ? c->n_groups : (uint32_t)(at - c->mark);
}

/* Leaves the k best columns by acc * scale > 0 in c->candidate, columns ascending; returns how many. scale has n_groups *
 * RS_GROUP entries. All sums and marks become 0. */
size_t rs_cooccur_best(struct rs_cooccur *c, const float *scale);

/* Adds scale * (X'X)_jk for all k; x: users x items, xt: the same turned. */
void rs_cooccur_together(struct rs_cooccur *c, const struct rs_csr *x, const struct rs_csr *xt, uint32_t j, float scale);

/* The additions that it takes. */
uint64_t rs_cooccur_together_cost(const struct rs_csr *x, const struct rs_csr *xt, uint32_t j);

#endif
