/* multiply.c -- the product of two large matrices, over the first of them.
 *
 * A tile takes some rows of C, packs them, and then writes them anew, a panel of columns of A at a time. */
#include "lib/num/dense.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/isa.h"

#include <string.h>

#define TILE 128 /* rows */

struct product {
	float *c;
	const float *a;
	size_t n_rows, n, width; /* width: rows of a tile, rounded up to whole blocks */
	float **rows;            /* by worker: rows of C in blocks of mr, n x mr each */
	float **panel;           /* by worker: n x RS_PANEL of A */
};

static void pack_rows(const struct product *p, float *to, size_t first, size_t n)
{
	size_t mr = rs_isa()->mr;

	for (size_t i = 0; i < n; i += mr, to += p->n * mr)
		for (size_t r = 0; r < mr; r++)
			for (size_t k = 0; k < p->n; k++)
				to[k * mr + r] = i + r < n ? p->c[(first + i + r) * p->n + k] : 0;
}

static int multiply_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct product *p = ctx;
	const struct rs_kernels *k = rs_isa();
	size_t first = tile * TILE, n = p->n_rows - first < TILE ? p->n_rows - first : TILE;
	float *panel = p->panel[worker];

	(void)err;
	pack_rows(p, p->rows[worker], first, n);
	for (size_t j = 0; j < p->n; j += RS_PANEL) {
		size_t w = p->n - j < RS_PANEL ? p->n - j : RS_PANEL;

		for (size_t i = 0; i < p->n; i++)
			memcpy(panel + i * RS_PANEL, p->a + i * p->n + j, w * sizeof *panel);
		k->tn(RS_TN_SET, p->c + first * p->n + j, p->n, n, w, p->n, p->rows[worker], k->mr,
		      p->n * k->mr, panel, RS_PANEL);
	}
	rs_progress("product", first + n, p->n_rows, "rows");
	return 0;
}

int rs_multiply(float *c, size_t n_rows, const float *a, size_t n, struct rs_err *err)
{
	struct product p = { .c = c, .a = a, .n_rows = n_rows, .n = n };
	size_t threads = (size_t)rs_threads(), mr = rs_isa()->mr;
	int rc = RS_ENOMEM;

	p.width = (TILE + mr - 1) / mr * mr;
	if ((p.rows = rs_array0(threads, sizeof *p.rows, err)) == NULL
	    || (p.panel = rs_array0(threads, sizeof *p.panel, err)) == NULL)
		goto out;
	for (size_t w = 0; w < threads; w++)
		if ((p.rows[w] = rs_array(p.width * n, sizeof **p.rows, err)) == NULL
		    || (p.panel[w] = rs_array0(n * RS_PANEL, sizeof **p.panel, err)) == NULL)
			goto out;
	rc = rs_tiles_run((n_rows + TILE - 1) / TILE, multiply_tile, &p, err);
out:
	for (size_t w = 0; w < threads; w++) {
		if (p.rows != NULL)
			rs_free(p.rows[w]);
		if (p.panel != NULL)
			rs_free(p.panel[w]);
	}
	rs_free(p.rows);
	rs_free(p.panel);
	return rc;
}
