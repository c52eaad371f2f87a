/* item_blocks.h -- the attributes of items as weighted columns: what content compares.
 *
 * Each attribute column is a block. A category counts 1; of a number the range it lies in counts 1 and those beside it a
 * half; a text is weighted by BM25 (1.2, .75) [1] and brought to length 1. For comparing by cosine categories count by
 * their rarity, ln(1 + items / items with it), every block is brought to length 1 and then the whole row.
 *
 * [1] S. Robertson, H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. */
#ifndef RS_RECIPE_ITEM_BLOCKS_H
#define RS_RECIPE_ITEM_BLOCKS_H

#include "lib/data/features.h"
#include "lib/data/npy.h"

struct rs_block_how {
	bool cosine;
	bool pairs;    /* also a column for each two values that at least 3 items share in one attribute */
	bool constant; /* also a column of ones */
	double categories, numbers, text; /* weights of the blocks */
};

/* out: rows of x, columns ascending; x: the features f of items. */
int rs_item_blocks(struct rs_csr *out, const struct rs_features *f, const struct rs_csr *x,
                   const struct rs_block_how *how, struct rs_err *err);

/* Adds a vector as a block to each row i, of length `weight`: row row[i] of v, RS_NONE: none. Its columns come last. */
int rs_item_blocks_vectors(struct rs_csr *blocks, const struct rs_npy *v, const uint32_t *row, double weight,
                           struct rs_err *err);

#endif
