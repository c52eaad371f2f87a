/* content_links.h -- for each item the items that say the same about themselves: cosines of attributes, the best kept. */
#ifndef RS_RECIPE_CONTENT_LINKS_H
#define RS_RECIPE_CONTENT_LINKS_H

#include "lib/recipe/item_blocks.h"

/* w: items squared, row i the k items with the largest cosines to item i, columns ascending. x: the features f of items. A
 * value that more than RS_LINK_ITEMS items share is left out where there are more items than that: it would link everything
 * with everything. Time: sum over values of the square of their items. */
#define RS_LINK_ITEMS 20000
int rs_content_links(struct rs_csr *w, const struct rs_features *f, const struct rs_csr *x,
                     const struct rs_block_how *how, uint32_t k, struct rs_err *err);

#endif
