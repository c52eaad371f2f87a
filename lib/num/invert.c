/* invert.c -- the inverse of a large symmetric positive definite matrix, in place, by blocks.
 *
 * The sweep of block K takes A to
 *     A_KK = -P,   A_Kj = P A_Kj,   A_ij = A_ij - A_iK P A_Kj      P = A_KK^-1,  i, j outside of K
 * and stays symmetric; once every block was swept, A is -A^-1 of the start. For a positive definite matrix every P
 * exists without a search for pivots. Each step is one product of the whole triangle, so that the work divides evenly
 * over threads: n^3 multiplications and additions in all, as Cholesky and its inverse take, with one kind of loop.
 *
 * Only blocks on and above the diagonal are kept up to date; P is found by the same sweeps with small blocks. */
#include "lib/num/dense.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/isa.h"

#include <string.h>

#define SMALL RS_PANEL /* block of the inner sweeps */

/* The block of the outer sweeps. Wide ones spare memory traffic, narrow ones the work beside it. */
static size_t block_of(size_t n)
{
	return n >= 6144 ? 512 : n >= 1024 ? 256 : 128;
}

static size_t panels_of(size_t n)
{
	return (n + RS_PANEL - 1) / RS_PANEL;
}

struct sweep {
	float *a; /* n x n, row stride ld */
	size_t n, ld;
	size_t block;  /* a multiple of RS_PANEL */
	size_t k0, nb; /* the block that is swept: rows k0 .. k0 + nb */
	float *p;      /* nb x nb, row stride `block`: A_KK^-1 */
	float *row;    /* A_K by panels of columns: nb x RS_PANEL each */
	float *prow;   /* P A_K in the same shape */
	float *inner;  /* row and prow of the inner sweep, then p of it */
};

static size_t width(const struct sweep *s, size_t j)
{
	return s->n - j < RS_PANEL ? s->n - j : RS_PANEL;
}

/* Panel j of A_K and of P A_K. */
static void take_panel(const struct sweep *s, size_t j)
{
	const struct rs_kernels *k = rs_isa();
	float *row = s->row + j * s->block, *prow = s->prow + j * s->block;
	size_t w = width(s, j);

	if (j < s->k0) {
		struct rs_rows_of rows = { s->a + j * s->ld + s->k0, s->ld, NULL, w };

		k->pack_rows(row, RS_PANEL, rows, s->nb, NULL);
	} else {
		for (size_t i = 0; i < s->nb; i++) {
			memcpy(row + i * RS_PANEL, s->a + (s->k0 + i) * s->ld + j, w * sizeof *row);
			memset(row + i * RS_PANEL + w, 0, (RS_PANEL - w) * sizeof *row);
		}
	}
	k->tn(RS_TN_SET, prow, RS_PANEL, s->nb, RS_PANEL, s->nb, s->p, s->block, k->mr, row, RS_PANEL);
}

/* Rows i .. i + RS_PANEL of the columns j .. j + RS_PANEL lose A_iK P A_Kj. */
static void update(const struct sweep *s, size_t i, size_t j)
{
	const struct rs_kernels *k = rs_isa();

	k->tn(RS_TN_SUB, s->a + i * s->ld + j, s->ld, width(s, i), width(s, j), s->nb, s->prow + i * s->block,
	      RS_PANEL, k->mr, s->row + j * s->block, RS_PANEL);
}

static int is_swept(const struct sweep *s, size_t j)
{
	return j >= s->k0 && j < s->k0 + s->nb;
}

/* Panel j of the swept rows goes back to where it came from. */
static void put_panel(const struct sweep *s, size_t j)
{
	const float *prow = s->prow + j * s->block;
	size_t w = width(s, j);

	if (is_swept(s, j)) {
		for (size_t i = 0; i < s->nb; i++)
			for (size_t c = 0; c < w; c++)
				s->a[(s->k0 + i) * s->ld + j + c] = -s->p[i * s->block + j - s->k0 + c];
	} else if (j > s->k0) {
		for (size_t i = 0; i < s->nb; i++)
			memcpy(s->a + (s->k0 + i) * s->ld + j, prow + i * RS_PANEL, w * sizeof *prow);
	} else {
		for (size_t c = 0; c < w; c++)
			for (size_t i = 0; i < s->nb; i++)
				s->a[(j + c) * s->ld + s->k0 + i] = prow[i * RS_PANEL + c];
	}
}

/* p (n x n, row stride ld, n <= SMALL) = a^-1, through U^-1 U'^-1. */
static int invert_tiny(float *p, size_t ld, const float *a, size_t lda, size_t n)
{
	const struct rs_kernels *k = rs_isa();
	float inv[SMALL * SMALL], turned[SMALL * SMALL];

	for (size_t i = 0; i < n; i++)
		memcpy(inv + i * SMALL, a + i * lda, n * sizeof *inv);
	if (!k->chol_inverse(inv, SMALL, n))
		return RS_EDATA;
	k->pack_rows(turned, SMALL, (struct rs_rows_of){ inv, SMALL, NULL, n }, n, NULL);
	k->tn(RS_TN_SET, p, ld, n, n, n, turned, SMALL, k->mr, turned, SMALL);
	return 0;
}

/* The inverse of a small matrix, in one thread: a becomes it, both triangles. */
static int invert_small(const struct sweep *outer)
{
	struct sweep s = { .a = outer->p, .n = outer->nb, .ld = outer->block, .block = SMALL };
	float tiny[SMALL * SMALL];

	s.row = outer->inner;
	s.prow = s.row + outer->block * SMALL;
	s.p = tiny;
	for (s.k0 = 0; s.k0 < s.n; s.k0 += SMALL) {
		s.nb = s.n - s.k0 < SMALL ? s.n - s.k0 : SMALL;
		if (invert_tiny(tiny, SMALL, s.a + s.k0 * s.ld + s.k0, s.ld, s.nb) < 0)
			return RS_EDATA;
		for (size_t j = 0; j < s.n; j += RS_PANEL)
			take_panel(&s, j);
		for (size_t i = 0; i < s.n; i += RS_PANEL)
			for (size_t j = i; j < s.n && !is_swept(&s, i); j += RS_PANEL)
				if (!is_swept(&s, j))
					update(&s, i, j);
		for (size_t j = 0; j < s.n; j += RS_PANEL)
			put_panel(&s, j);
	}
	for (size_t i = 0; i < s.n; i++)
		for (size_t j = i; j < s.n; j++)
			s.a[i * s.ld + j] = s.a[j * s.ld + i] = -s.a[i * s.ld + j];
	return 0;
}

/* ---- the outer sweeps, in tiles ---- */

#define GROUP 8 /* panels of a side of a tile */

static size_t groups_of(size_t n)
{
	return (panels_of(n) + GROUP - 1) / GROUP;
}

static int take_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sweep *s = ctx;

	(void)worker;
	(void)err;
	for (size_t j = tile * GROUP * RS_PANEL; j < s->n && j < (tile + 1) * GROUP * RS_PANEL; j += RS_PANEL)
		take_panel(s, j);
	return 0;
}

static int put_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sweep *s = ctx;

	(void)worker;
	(void)err;
	for (size_t j = tile * GROUP * RS_PANEL; j < s->n && j < (tile + 1) * GROUP * RS_PANEL; j += RS_PANEL)
		put_panel(s, j);
	return 0;
}

/* Tiles of the upper triangle are numbered row by row; those below it do nothing. */
static int update_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sweep *s = ctx;
	size_t side = groups_of(s->n), gi = tile / side, gj = tile % side;
	size_t i_end = (gi + 1) * GROUP * RS_PANEL, j_end = (gj + 1) * GROUP * RS_PANEL;

	(void)worker;
	(void)err;
	for (size_t j = gj * GROUP * RS_PANEL; gi <= gj && j < s->n && j < j_end; j += RS_PANEL)
		for (size_t i = gi * GROUP * RS_PANEL; i <= j && i < i_end; i += RS_PANEL)
			if (!is_swept(s, i) && !is_swept(s, j))
				update(s, i, j);
	return 0;
}

/* Blocks of the lower triangle from the upper one, signs turned. */
static int finish_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sweep *s = ctx;
	size_t first = tile * RS_PANEL, end = first + width(s, first);

	(void)worker;
	(void)err;
	for (size_t j = first; j < s->n; j += RS_PANEL) {
		for (size_t i = first; i < end; i++) {
			for (size_t c = j > i ? j : i; c < s->n && c < j + RS_PANEL; c++) {
				float v = -s->a[i * s->ld + c];

				s->a[i * s->ld + c] = v;
				s->a[c * s->ld + i] = v;
			}
		}
	}
	return 0;
}

static int sweep_all(struct sweep *s, struct rs_err *err)
{
	size_t tiles = groups_of(s->n);
	int rc;

	for (s->k0 = 0; s->k0 < s->n; s->k0 += s->block) {
		rs_progress("inverse", s->k0, s->n, "rows");
		s->nb = s->n - s->k0 < s->block ? s->n - s->k0 : s->block;
		for (size_t i = 0; i < s->nb; i++)
			memcpy(s->p + i * s->block, s->a + (s->k0 + i) * s->ld + s->k0, s->nb * sizeof *s->p);
		if (invert_small(s) < 0)
			return rs_fail(err, RS_EDATA,
			               "the matrix is not positive definite: more regularization is needed");
		if ((rc = rs_tiles_run(tiles, take_tile, s, err)) < 0
		    || (rc = rs_tiles_run(tiles * tiles, update_tile, s, err)) < 0
		    || (rc = rs_tiles_run(tiles, put_tile, s, err)) < 0)
			return rc;
	}
	return rs_tiles_run(panels_of(s->n), finish_tile, s, err);
}

size_t rs_spd_invert_bytes(size_t n)
{
	size_t block = block_of(n);

	return (2 * panels_of(n) * RS_PANEL * block + block * block + 2 * block * SMALL) * sizeof(float);
}

int rs_spd_invert(float *a, size_t n, struct rs_err *err)
{
	struct sweep s = { .a = a, .n = n, .ld = n, .block = block_of(n) };
	size_t panel_floats = panels_of(n) * RS_PANEL * s.block;
	int rc = RS_ENOMEM;

	if ((s.row = rs_array(panel_floats, sizeof *s.row, err)) != NULL
	    && (s.prow = rs_array(panel_floats, sizeof *s.prow, err)) != NULL
	    && (s.p = rs_array(s.block * s.block, sizeof *s.p, err)) != NULL
	    && (s.inner = rs_array(2 * s.block * SMALL, sizeof *s.inner, err)) != NULL)
		rc = sweep_all(&s, err);
	rs_free(s.row);
	rs_free(s.prow);
	rs_free(s.p);
	rs_free(s.inner);
	return rc;
}
