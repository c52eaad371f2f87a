/* dense.c -- Gram matrices, rotations. */
#include "lib/num/dense.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/isa.h"

#include <string.h>

/* ---- Gram ---- */

#define BLOCK RS_PANEL /* rows of the result that one tile makes */
#define RUN 256        /* rows of Y between two additions in double precision */

struct gram {
	double *gram;
	const float *y;
	size_t n, d, ld;
};

/* Rows first .. first + m of the upper triangle. */
static int gram_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct gram *g = ctx;
	const struct rs_kernels *k = rs_isa();
	size_t first = tile * BLOCK, m = g->d - first < BLOCK ? g->d - first : BLOCK;
	float part[BLOCK * RS_PANEL];

	(void)worker;
	(void)err;
	for (size_t c = first; c < g->d; c += RS_PANEL) {
		size_t w = g->d - c < RS_PANEL ? g->d - c : RS_PANEL;

		for (size_t i = 0; i < m; i++)
			memset(g->gram + (first + i) * g->d + c, 0, w * sizeof *g->gram);
		for (size_t r = 0; r < g->n; r += RUN) {
			const float *y = g->y + r * g->ld;

			k->tn(RS_TN_SET, part, RS_PANEL, m, w, g->n - r < RUN ? g->n - r : RUN, y + first,
			      g->ld, k->mr, y + c, g->ld);
			for (size_t i = 0; i < m; i++)
				for (size_t j = 0; j < w; j++)
					g->gram[(first + i) * g->d + c + j] += (double)part[i * RS_PANEL + j];
		}
	}
	return 0;
}

int rs_gram(double *gram, const float *y, size_t n, size_t d, size_t ld, struct rs_err *err)
{
	struct gram g = { gram, y, n, d, ld };
	int rc = rs_tiles_run((d + BLOCK - 1) / BLOCK, gram_tile, &g, err);

	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < i; j++)
			gram[i * d + j] = gram[j * d + i];
	return rc;
}

/* ---- rotation ---- */

#define ROWS 252 /* of Y that one tile turns: a multiple of the rows that kernels do at once */

struct rotation {
	float *y;
	size_t n, d, ld;
	float *v;      /* V' in panels: d x RS_PANEL each */
	float *packed; /* by worker: ROWS x d */
};

static int rotate_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct rotation *t = ctx;
	const struct rs_kernels *k = rs_isa();
	size_t first = tile * ROWS, m = t->n - first < ROWS ? t->n - first : ROWS;
	float *packed = t->packed + (size_t)worker * ROWS * t->d, *y = t->y + first * t->ld;

	(void)err;
	for (size_t i = 0; i < m; i += k->mr)
		k->pack_rows(packed + i * t->d, k->mr,
		             (struct rs_rows_of){ y + i * t->ld, t->ld, NULL, m - i < k->mr ? m - i : k->mr },
		             t->d, NULL);
	for (size_t c = 0; c < t->d; c += RS_PANEL)
		k->tn(RS_TN_SET, y + c, t->ld, m, t->d - c < RS_PANEL ? t->d - c : RS_PANEL, t->d, packed,
		      k->mr, k->mr * t->d, t->v + c * t->d, RS_PANEL);
	return 0;
}

int rs_rotate(float *y, size_t n, size_t d, size_t ld, const double *v, struct rs_err *err)
{
	struct rotation t = { .y = y, .n = n, .d = d, .ld = ld };
	size_t panels = (d + RS_PANEL - 1) / RS_PANEL;
	int rc = RS_ENOMEM;

	if ((t.v = rs_array0(panels * RS_PANEL * d, sizeof *t.v, err)) == NULL
	    || (t.packed = rs_array((size_t)rs_threads() * ROWS * d, sizeof *t.packed, err)) == NULL)
		goto out;
	for (size_t c = 0; c < d; c++)
		for (size_t i = 0; i < d; i++)
			t.v[c / RS_PANEL * RS_PANEL * d + i * RS_PANEL + c % RS_PANEL] = (float)v[c * d + i];
	rc = rs_tiles_run((n + ROWS - 1) / ROWS, rotate_tile, &t, err);
out:
	rs_free(t.v);
	rs_free(t.packed);
	return rc;
}
