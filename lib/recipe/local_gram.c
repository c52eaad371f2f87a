/* local_gram.c -- a sparse symmetric matrix whose rows are read in small parts: a dense block for the items that come often,
 * rows for the others. */
#include "lib/recipe/local.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 4096 /* items of the block: 64 MiB */
#define TILE 64

struct rows { /* of one tile */
	uint32_t *col;
	float *val;
	size_t n, cap_col, cap_val;
};

struct building {
	struct rs_local_gram *g;
	rs_row_fn *row;
	const void *ctx;
	struct rs_cooccur *sums; /* by worker */
	struct rows *rows;       /* by tile */
};

struct ranked {
	uint64_t often;
	uint32_t item;
};

static int by_often(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->often != b->often)
		return a->often > b->often ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

static int find_head(struct rs_local_gram *g, const uint64_t *often, struct rs_err *err)
{
	struct ranked *r = rs_array(g->n, sizeof *r, err);

	if (r == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < g->n; i++) {
		r[i] = (struct ranked){ often[i], i };
		g->head[i] = UINT32_MAX;
	}
	qsort(r, g->n, sizeof *r, by_often);
	for (uint32_t k = 0; k < g->n_head; k++)
		g->head[r[k].item] = k;
	rs_free(r);
	return 0;
}

/* Takes one row out of the sums, which become 0. */
static int take_row(const struct building *b, uint32_t j, struct rs_cooccur *c, struct rows *r,
                    struct rs_err *err)
{
	struct rs_local_gram *g = b->g;
	float *dense = g->head[j] == UINT32_MAX ? NULL : g->block + (size_t)g->head[j] * g->n_head;
	int rc;

	g->diagonal[j] = c->acc[j];
	for (uint32_t k = 0; (k = rs_cooccur_next(c, k)) < c->n_groups; k++) {
		float *acc = c->acc + (size_t)k * RS_GROUP;

		c->mark[k] = 0;
		if ((rc = rs_grow(&r->col, &r->cap_col, r->n + RS_GROUP, sizeof *r->col, err)) < 0
		    || (rc = rs_grow(&r->val, &r->cap_val, r->n + RS_GROUP, sizeof *r->val, err)) < 0)
			return rc;
		for (uint32_t i = 0; i < RS_GROUP; i++) {
			uint32_t item = k * RS_GROUP + i;

			if (acc[i] == 0 || item == j)
				continue;
			if (dense == NULL) {
				r->col[r->n] = item;
				r->val[r->n++] = acc[i];
			} else if (g->head[item] != UINT32_MAX) {
				dense[g->head[item]] = acc[i];
			}
		}
		memset(acc, 0, RS_GROUP * sizeof *acc);
	}
	if (dense == NULL)
		g->row_ptr[j + 1] = r->n; /* within the tile, for now */
	return 0;
}

static int build_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct building *b = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < b->g->n ? lo + TILE : b->g->n;
	struct rs_cooccur *c = &b->sums[worker];
	int rc;

	for (uint32_t j = lo; j < hi; j++) {
		b->row(b->ctx, j, c);
		b->g->row_ptr[j + 1] = b->rows[tile].n;
		if ((rc = take_row(b, j, c, &b->rows[tile], err)) < 0)
			return rc;
	}
	rs_progress("pairs", hi, b->g->n, "items");
	return 0;
}

static int gather(struct building *b, size_t n_tiles, struct rs_err *err)
{
	struct rs_local_gram *g = b->g;
	uint64_t at = 0;

	for (size_t t = 0; t < n_tiles; t++) {
		for (uint32_t j = (uint32_t)t * TILE; j < g->n && j < (t + 1) * TILE; j++)
			g->row_ptr[j + 1] += at;
		at += b->rows[t].n;
	}
	g->row_ptr[0] = 0;
	if ((g->col = rs_array(at, sizeof *g->col, err)) == NULL
	    || (g->val = rs_array(at, sizeof *g->val, err)) == NULL)
		return RS_ENOMEM;
	at = 0;
	for (size_t t = 0; t < n_tiles; t++) {
		struct rows *r = &b->rows[t];

		if (r->n > 0) {
			memcpy(g->col + at, r->col, r->n * sizeof *r->col);
			memcpy(g->val + at, r->val, r->n * sizeof *r->val);
		}
		at += r->n;
		rs_free(r->col);
		rs_free(r->val);
		*r = (struct rows){ 0 };
	}
	return 0;
}

void rs_local_gram_release(struct rs_local_gram *g)
{
	rs_free(g->head);
	rs_free(g->block);
	rs_free(g->row_ptr);
	rs_free(g->col);
	rs_free(g->val);
	rs_free(g->diagonal);
	memset(g, 0, sizeof *g);
}

/* Rows are collected by tile, then joined: both are there for a while. */
static int require(const struct rs_local_gram *g, rs_room_fn *room, const void *ctx, struct rs_err *err)
{
	uint64_t entries = 0;

	for (uint32_t j = 0; j < g->n; j++) {
		uint64_t n = g->head[j] == UINT32_MAX ? room(ctx, j) : 0;

		entries += n < g->n ? n : g->n;
	}
	return rs_mem_require(entries * 20, "the pairs of items", "the recipe itemknn needs less", err);
}

int rs_local_gram_init(struct rs_local_gram *g, uint32_t n, const uint64_t *often, rs_row_fn *row,
                       rs_room_fn *room, const void *ctx, struct rs_err *err)
{
	struct building b = { .g = g, .row = row, .ctx = ctx };
	size_t n_tiles = ((size_t)n + TILE - 1) / TILE;
	int rc = RS_ENOMEM;

	memset(g, 0, sizeof *g);
	g->n = n;
	g->n_head = n < HEAD ? n : HEAD;
	if ((g->head = rs_array(n, sizeof *g->head, err)) == NULL
	    || (g->block = rs_array0((size_t)g->n_head * g->n_head, sizeof *g->block, err)) == NULL
	    || (g->row_ptr = rs_array0((size_t)n + 1, sizeof *g->row_ptr, err)) == NULL
	    || (g->diagonal = rs_array(n, sizeof *g->diagonal, err)) == NULL
	    || (b.rows = rs_array0(n_tiles, sizeof *b.rows, err)) == NULL
	    || (b.sums = rs_array0((size_t)rs_threads(), sizeof *b.sums, err)) == NULL
	    || (rc = find_head(g, often, err)) < 0 || (rc = require(g, room, ctx, err)) < 0)
		goto out;
	for (int w = 0; w < rs_threads() && rc == 0; w++)
		rc = rs_cooccur_init(&b.sums[w], n, 1, err);
	if (rc == 0 && (rc = rs_tiles_run(n_tiles, build_tile, &b, err)) == 0)
		rc = gather(&b, n_tiles, err);
out:
	for (size_t t = 0; t < n_tiles && b.rows != NULL; t++) {
		rs_free(b.rows[t].col);
		rs_free(b.rows[t].val);
	}
	for (int w = 0; w < rs_threads() && b.sums != NULL; w++)
		rs_cooccur_release(&b.sums[w]);
	rs_free(b.rows);
	rs_free(b.sums);
	if (rc < 0)
		rs_local_gram_release(g);
	return rc;
}
