/* content_links.c -- for each item the items that say the same about themselves. */
#include "lib/recipe/content_links.h"

#include "lib/base/mem.h"
#include "lib/recipe/neighbours.h"

#include <string.h>

/* Empties the rows (values) that too many items share. */
static void drop_common(struct rs_csr *by_value)
{
	uint64_t from = 0, n = 0;

	for (uint32_t v = 0; v < by_value->n_rows; v++) {
		uint64_t end = by_value->row_ptr[v + 1];

		for (uint64_t e = from; end - from <= RS_LINK_ITEMS && e < end; e++, n++) {
			by_value->col[n] = by_value->col[e];
			by_value->val[n] = by_value->val[e];
		}
		from = end;
		by_value->row_ptr[v + 1] = n;
	}
}

int rs_content_links(struct rs_csr *w, const struct rs_features *f, const struct rs_csr *x, const struct rs_block_how *how,
                     uint32_t k, struct rs_err *err)
{
	struct rs_neighbours nearest = { .power = 1, .k = k };
	struct rs_csr blocks = { 0 }, by_value = { 0 };
	int rc;

	memset(w, 0, sizeof *w);
	if ((rc = rs_item_blocks(&blocks, f, x, how, err)) < 0)
		return rc;
	if ((rc = rs_csr_transpose(&by_value, &blocks, err)) == 0) {
		drop_common(&by_value);
		rc = rs_neighbours(w, &by_value, &nearest, err); /* values in the place of users */
	}
	rs_csr_release(&blocks);
	rs_csr_release(&by_value);
	return rc;
}
