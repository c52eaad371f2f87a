/* matrix.c -- events to a user x item matrix. */
#include "lib/recipe/matrix.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <stdlib.h>
#include <string.h>

struct cell {
	uint32_t item, place; /* place: time order within the user */
	float weight;
};

struct making {
	const struct rs_events *e;
	enum rs_repeats repeats;
	struct rs_csr *x;  /* rows at the places of the events, not yet packed */
	uint64_t *n_cells; /* by user */
};

#define TILE 1024

static int cmp_cell(const void *pa, const void *pb)
{
	const struct cell *a = pa, *b = pb;

	if (a->item != b->item)
		return a->item < b->item ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static float join(enum rs_repeats repeats, float old, float new)
{
	return repeats == RS_REPEATS_SUM ? old + new : repeats == RS_REPEATS_LAST || new > old ? new : old;
}

static uint64_t make_row(const struct making *m, uint32_t u, struct cell *c)
{
	const struct rs_events *e = m->e;
	uint64_t first = e->row_ptr[u], n = e->row_ptr[u + 1] - first, k = 0;
	uint32_t *col = m->x->col + first;
	float *val = m->x->val == NULL ? NULL : m->x->val + first;

	for (uint64_t i = 0; i < n; i++)
		c[i] = (struct cell){ e->item[first + i], (uint32_t)i, e->weight == NULL ? 1 : e->weight[first + i] };
	qsort(c, n, sizeof *c, cmp_cell);
	for (uint64_t i = 0; i < n; i++) {
		if (k > 0 && col[k - 1] == c[i].item) {
			if (val != NULL)
				val[k - 1] = join(m->repeats, val[k - 1], c[i].weight);
			continue;
		}
		col[k] = c[i].item;
		if (val != NULL)
			val[k] = c[i].weight;
		k++;
	}
	return k;
}

static int make_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct making *m = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < m->e->n_users ? lo + TILE : m->e->n_users;
	uint64_t longest = 0;
	struct cell *c;

	(void)worker;
	for (uint32_t u = lo; u < hi; u++)
		if (m->e->row_ptr[u + 1] - m->e->row_ptr[u] > longest)
			longest = m->e->row_ptr[u + 1] - m->e->row_ptr[u];
	if ((c = rs_array(longest, sizeof *c, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = lo; u < hi; u++)
		m->n_cells[u] = make_row(m, u, c);
	rs_free(c);
	return 0;
}

int rs_matrix_from_events(struct rs_csr *x, const struct rs_events *e, enum rs_repeats repeats, struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users], k = 0;
	struct making m = { e, repeats, x, NULL };
	int rc = RS_ENOMEM;

	memset(x, 0, sizeof *x);
	x->n_rows = e->n_users;
	x->n_cols = e->n_items;
	if ((m.n_cells = rs_array(e->n_users, sizeof *m.n_cells, err)) == NULL ||
	    (x->row_ptr = rs_array((size_t)e->n_users + 1, sizeof *x->row_ptr, err)) == NULL ||
	    (x->col = rs_array(n, sizeof *x->col, err)) == NULL ||
	    ((e->weight != NULL || repeats == RS_REPEATS_SUM) && (x->val = rs_array(n, sizeof *x->val, err)) == NULL) ||
	    (rc = rs_tiles_run((e->n_users + TILE - 1) / TILE, make_tile, &m, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < e->n_users; u++) { /* pack */
		uint64_t from = e->row_ptr[u];

		x->row_ptr[u] = k;
		memmove(x->col + k, x->col + from, m.n_cells[u] * sizeof *x->col);
		if (x->val != NULL)
			memmove(x->val + k, x->val + from, m.n_cells[u] * sizeof *x->val);
		k += m.n_cells[u];
	}
	x->row_ptr[e->n_users] = k;
	rc = 0;
out:
	rs_free(m.n_cells);
	if (rc < 0)
		rs_csr_release(x);
	return rc;
}
