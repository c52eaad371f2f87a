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

/* The block of the outer sweeps, and the side of a tile: a multiple of RS_PANEL and of the rows that kernels do at
 * once, so that blocks end where panels of both kinds do. Wide ones spare memory traffic, narrow ones the work beside it. */
static size_t block_of(size_t n)
{
	return n >= 4096 ? 480 : n >= 768 ? 192 : 96;
}

struct sweep {
	float *a; /* n x n, row stride ld */
	size_t n, ld;
	size_t block;
	size_t k0, nb; /* the block that is swept: rows k0 .. k0 + nb */
	float *p;      /* nb x nb, row stride `block`: A_KK^-1 */
	size_t unit;   /* columns that stand together in a left operand: mr of the kernels, or RS_PANEL */
	float *left;   /* P as left operand, in units of block x unit */
	float *col;    /* A_K as left operand in the same shape */
	float *prow;   /* P A_K by panels of columns: nb x RS_PANEL each */
	float *panel;  /* by worker: a panel of A_K */
	float *inner;  /* left, col, prow and panel of the inner sweep */
};

static size_t width(const struct sweep *s, size_t j)
{
	return s->n - j < RS_PANEL ? s->n - j : RS_PANEL;
}

static int is_swept(const struct sweep *s, size_t j)
{
	return j >= s->k0 && j < s->k0 + s->nb;
}

/* c (m x n) = or -= left' panel, with nb products each. */
static void times(const struct sweep *s, enum rs_tn how, float *c, size_t ldc, size_t m, size_t n,
                  const float *left, const float *panel)
{
	const struct rs_kernels *k = rs_isa();

	k->tn(how, c, ldc, m, n, s->nb, left, s->unit, s->unit == k->mr ? s->block * k->mr : k->mr, panel,
	      RS_PANEL);
}

/* Panel j of A_K, and P times it. */
static void take_panel(const struct sweep *s, size_t j, float *row)
{
	float *prow = s->prow + j * s->block;
	size_t w = width(s, j);

	if (j < s->k0) {
		struct rs_rows_of rows = { s->a + j * s->ld + s->k0, s->ld, NULL, w };

		rs_isa()->pack_rows(row, RS_PANEL, rows, s->nb, NULL);
	} else {
		for (size_t i = 0; i < s->nb; i++) {
			memcpy(row + i * RS_PANEL, s->a + (s->k0 + i) * s->ld + j, w * sizeof *row);
			memset(row + i * RS_PANEL + w, 0, (RS_PANEL - w) * sizeof *row);
		}
	}
	times(s, RS_TN_SET, prow, RS_PANEL, s->nb, RS_PANEL, s->left, row);
}

/* Columns from .. to of A_K as left operand; from is a multiple of the unit. */
static void take_columns(const struct sweep *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i += s->unit) {
		float *col = s->col + i * s->block;
		size_t m = to - i < s->unit ? to - i : s->unit;

		if (i < s->k0) {
			struct rs_rows_of rows = { s->a + i * s->ld + s->k0, s->ld, NULL, m };

			rs_isa()->pack_rows(col, s->unit, rows, s->nb, NULL);
			continue;
		}
		for (size_t l = 0; l < s->nb; l++)
			memcpy(col + l * s->unit, s->a + (s->k0 + l) * s->ld + i, m * sizeof *col);
	}
}

/* P as left operand. */
static void take_left(const struct sweep *s)
{
	for (size_t i = 0; i < s->nb; i += s->unit) {
		struct rs_rows_of rows = { s->p + i * s->block, s->block, NULL,
			                   s->nb - i < s->unit ? s->nb - i : s->unit };

		rs_isa()->pack_rows(s->left + i * s->block, s->unit, rows, s->nb, NULL);
	}
}

/* Rows i .. i + m of the columns j .. j + RS_PANEL lose A_iK P A_Kj. */
static void update(const struct sweep *s, size_t i, size_t m, size_t j)
{
	times(s, RS_TN_SUB, s->a + i * s->ld + j, s->ld, m, width(s, j), s->col + i * s->block,
	      s->prow + j * s->block);
}

/* Panel j of the swept rows goes back to where it came from. turned: room for a panel. */
static void put_panel(const struct sweep *s, size_t j, float *turned)
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
		rs_isa()->pack_rows(turned, s->nb, (struct rs_rows_of){ prow, RS_PANEL, NULL, s->nb }, w, NULL);
		for (size_t c = 0; c < w; c++)
			memcpy(s->a + (j + c) * s->ld + s->k0, turned + c * s->nb, s->nb * sizeof *turned);
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
	struct sweep s = { .a = outer->p, .n = outer->nb, .ld = outer->block, .block = SMALL, .unit = RS_PANEL };
	float tiny[SMALL * SMALL];

	s.p = tiny;
	s.left = outer->inner;
	s.col = s.left + SMALL * SMALL;
	s.prow = s.col + outer->block * SMALL;
	s.panel = s.prow + outer->block * SMALL;
	for (s.k0 = 0; s.k0 < s.n; s.k0 += SMALL) {
		s.nb = s.n - s.k0 < SMALL ? s.n - s.k0 : SMALL;
		if (invert_tiny(tiny, SMALL, s.a + s.k0 * s.ld + s.k0, s.ld, s.nb) < 0)
			return RS_EDATA;
		take_left(&s);
		take_columns(&s, 0, s.n);
		for (size_t j = 0; j < s.n; j += RS_PANEL)
			take_panel(&s, j, s.panel);
		for (size_t j = 0; j < s.n; j += RS_PANEL)
			for (size_t i = 0; i <= j && !is_swept(&s, j); i += RS_PANEL)
				if (!is_swept(&s, i))
					update(&s, i, width(&s, i), j);
		for (size_t j = 0; j < s.n; j += RS_PANEL)
			put_panel(&s, j, s.panel);
	}
	for (size_t i = 0; i < s.n; i++)
		for (size_t j = i; j < s.n; j++)
			s.a[i * s.ld + j] = s.a[j * s.ld + i] = -s.a[i * s.ld + j];
	return 0;
}

/* ---- the outer sweeps, in tiles ---- */

#define STRIP (3 * RS_PANEL) /* columns of A_K that are taken and put back together: divides a block */
#define TALL 4               /* blocks of rows that a tile of the update goes through with a block of columns */

static size_t end_of(const struct sweep *s, size_t first, size_t n)
{
	return s->n - first < n ? s->n : first + n;
}

/* A strip of A_K is taken, and its rows of P A_K stand in its place. No strip reads another one's. */
static int strip_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sweep *s = ctx;
	size_t first = tile * STRIP, end = end_of(s, first, STRIP);
	float *room = s->panel + (size_t)worker * s->block * RS_PANEL;

	(void)err;
	if (!is_swept(s, first))
		take_columns(s, first, end);
	for (size_t j = first; j < end; j += RS_PANEL) {
		if (!is_swept(s, first))
			take_panel(s, j, room);
		put_panel(s, j, room);
	}
	return 0;
}

/* Rows i .. end of the block of columns from j on, to the right of the diagonal. What stays near: the rows' part of A_K in the
 * first cache, the columns' part of P A_K in the second; the tile of A that comes next is asked for before. */
static void update_rows(const struct sweep *s, size_t i, size_t end, size_t first)
{
	size_t j = first > i ? first : i / RS_PANEL * RS_PANEL, j_end = end_of(s, first, s->block), m = end - i;

	for (; j < j_end; j += RS_PANEL) {
		const float *next = s->a + i * s->ld + j + RS_PANEL;

		if (j + 2 * RS_PANEL <= j_end)
			for (size_t r = 0; r < m; r++)
				for (size_t c = 0; c < RS_PANEL; c += 16)
					__builtin_prefetch(next + r * s->ld + c, 1);
		update(s, i, m, j);
	}
}

/* Tiles of the upper triangle are numbered block of columns by block, the last and longest one first; those below the diagonal
 * do nothing. */
static int update_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sweep *s = ctx;
	size_t blocks = (s->n + s->block - 1) / s->block, tall = (blocks + TALL - 1) / TALL;
	size_t first = (blocks - 1 - tile / tall) * s->block, block = tile % tall * TALL;

	(void)worker;
	(void)err;
	for (size_t b = block; b < block + TALL && b * s->block <= first && first != s->k0; b++) {
		size_t end = end_of(s, b * s->block, s->block);

		for (size_t i = b * s->block; i < end && !is_swept(s, i); i += s->unit)
			update_rows(s, i, end - i < s->unit ? end : i + s->unit, first);
	}
	return 0;
}

/* The blocks of some rows: signs are turned, and the lower triangle made from the upper one. */
static int finish_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sweep *s = ctx;
	size_t first = tile * RS_PANEL, end = first + width(s, first);
	float minus[RS_PANEL], turned[RS_PANEL * RS_PANEL];

	(void)worker;
	(void)err;
	for (size_t i = first; i < end; i++)
		for (size_t c = i; c < end; c++)
			s->a[i * s->ld + c] = s->a[c * s->ld + i] = -s->a[i * s->ld + c];
	for (size_t c = 0; c < RS_PANEL; c++)
		minus[c] = -1;
	for (size_t j = end; j < s->n; j += RS_PANEL) {
		float *block = s->a + first * s->ld + j;
		size_t w = width(s, j);

		rs_isa()->pack_rows(turned, RS_PANEL, (struct rs_rows_of){ block, s->ld, NULL, RS_PANEL }, w, minus);
		for (size_t c = 0; c < w; c++)
			memcpy(s->a + (j + c) * s->ld + first, turned + c * RS_PANEL, RS_PANEL * sizeof *turned);
		for (size_t i = 0; i < RS_PANEL; i++)
			for (size_t c = 0; c < w; c++)
				block[i * s->ld + c] = -block[i * s->ld + c];
	}
	return 0;
}

static int sweep_all(struct sweep *s, struct rs_err *err)
{
	size_t strips = (s->n + STRIP - 1) / STRIP, blocks = (s->n + s->block - 1) / s->block;
	int rc;

	for (s->k0 = 0; s->k0 < s->n; s->k0 += s->block) {
		rs_progress("inverse", s->k0, s->n, "rows");
		s->nb = s->n - s->k0 < s->block ? s->n - s->k0 : s->block;
		for (size_t i = 0; i < s->nb; i++)
			memcpy(s->p + i * s->block, s->a + (s->k0 + i) * s->ld + s->k0, s->nb * sizeof *s->p);
		if (invert_small(s) < 0)
			return rs_fail(err, RS_EDATA,
			               "the matrix is not positive definite: more regularization is needed");
		take_left(s);
		if ((rc = rs_tiles_run(strips, strip_tile, s, err)) < 0
		    || (rc = rs_tiles_run(blocks * ((blocks + TALL - 1) / TALL), update_tile, s, err)) < 0)
			return rc;
	}
	return rs_tiles_run((s->n + RS_PANEL - 1) / RS_PANEL, finish_tile, s, err);
}

/* Floats in each array beside the matrix, in the order of p, left, col, prow, panel, inner. */
static void sizes(size_t n, size_t size[6])
{
	size_t block = block_of(n), tiles = (n + block - 1) / block;

	size[0] = size[1] = block * block;
	size[2] = size[3] = tiles * block * block;
	size[4] = (size_t)rs_threads() * block * RS_PANEL;
	size[5] = SMALL * SMALL + 2 * block * SMALL + SMALL * RS_PANEL;
}

size_t rs_spd_invert_bytes(size_t n)
{
	size_t size[6], total = 0;

	sizes(n, size);
	for (size_t i = 0; i < 6; i++)
		total += size[i];
	return total * sizeof(float);
}

int rs_spd_invert(float *a, size_t n, struct rs_err *err)
{
	struct sweep s = { .a = a, .n = n, .ld = n, .block = block_of(n), .unit = rs_isa()->mr };
	float **array[6] = { &s.p, &s.left, &s.col, &s.prow, &s.panel, &s.inner };
	size_t size[6];
	int rc = 0;

	sizes(n, size);
	for (size_t i = 0; i < 6 && rc == 0; i++)
		if ((*array[i] = rs_array(size[i], sizeof **array[i], err)) == NULL)
			rc = RS_ENOMEM;
	if (rc == 0)
		rc = sweep_all(&s, err);
	for (size_t i = 0; i < 6; i++)
		rs_free(*array[i]);
	return rc;
}
