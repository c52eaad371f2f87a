/* matrix.c -- events to a user x item matrix. */
#include "lib/recipe/matrix.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

struct making {
	const struct rs_events *e;
	enum rs_repeats repeats;
	struct rs_csr *x;  /* rows at the places of the events, not yet packed */
	uint64_t *n_cells; /* by user */
};

#define TILE 1024
#define RUN 16

/* Sorts: runs of 16, in no time where they are in order, then merged. */
static void sort(uint64_t *a, uint64_t *work, size_t n)
{
	for (size_t lo = 0; lo < n; lo += RUN) {
		size_t hi = lo + RUN < n ? lo + RUN : n;

		for (size_t i = lo + 1; i < hi; i++) {
			uint64_t x = a[i];
			size_t at = i;

			for (; at > lo && a[at - 1] > x; at--)
				a[at] = a[at - 1];
			a[at] = x;
		}
	}
	for (size_t width = RUN; width < n; width *= 2) {
		for (size_t lo = 0; lo < n; lo += 2 * width) {
			size_t mid = lo + width < n ? lo + width : n, hi = mid + width < n ? mid + width : n;
			size_t i = lo, k = mid;

			for (size_t to = lo; to < hi; to++)
				work[to] = k == hi || (i < mid && a[i] <= a[k]) ? a[i++] : a[k++];
		}
		memcpy(a, work, n * sizeof *a);
	}
}

bool rs_weight_beats(float a, float b)
{
	return fabsf(a) > fabsf(b) || (a == -b && a < b);
}

static float join(enum rs_repeats repeats, float old, float new)
{
	if (repeats == RS_REPEATS_LAST)
		return isnan(new) ? old : new;
	return repeats == RS_REPEATS_SUM ? old + new : rs_weight_beats(new, old) ? new : old;
}

/* key: item above place, so that repeats keep their order in time. */
static uint64_t make_row(const struct making *m, uint32_t u, uint64_t *key, uint64_t *work)
{
	const struct rs_events *e = m->e;
	uint64_t first = e->row_ptr[u], n = e->row_ptr[u + 1] - first, k = 0;
	uint32_t *col = m->x->col + first;
	float *val = m->x->val == NULL ? NULL : m->x->val + first;

	for (uint64_t i = 0; i < n; i++)
		key[i] = (uint64_t)e->item[first + i] << 32 | i;
	sort(key, work, n);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t item = (uint32_t)(key[i] >> 32);
		float w = e->weight == NULL ? 1 : e->weight[first + (uint32_t)key[i]];

		if (k > 0 && col[k - 1] == item) {
			if (val != NULL)
				val[k - 1] = join(m->repeats, val[k - 1], w);
			continue;
		}
		col[k] = item;
		if (val != NULL)
			val[k] = w;
		k++;
	}
	return k;
}

static int make_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct making *m = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < m->e->n_users ? lo + TILE : m->e->n_users;
	uint64_t longest = 0, *key;

	(void)worker;
	for (uint32_t u = lo; u < hi; u++)
		if (m->e->row_ptr[u + 1] - m->e->row_ptr[u] > longest)
			longest = m->e->row_ptr[u + 1] - m->e->row_ptr[u];
	if (longest > UINT32_MAX)
		return rs_fail(err, RS_EDATA, "a user has %llu events: expected at most 4294967295",
		               (unsigned long long)longest);
	if ((key = rs_array(2 * longest, sizeof *key, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = lo; u < hi; u++)
		m->n_cells[u] = make_row(m, u, key, key + longest);
	rs_free(key);
	return 0;
}

int rs_matrix_from_events(struct rs_csr *x, const struct rs_events *e, enum rs_repeats repeats,
                          struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users], k = 0;
	struct making m = { e, repeats, x, NULL };
	int rc = RS_ENOMEM;

	memset(x, 0, sizeof *x);
	x->n_rows = e->n_users;
	x->n_cols = e->n_items;
	if ((m.n_cells = rs_array(e->n_users, sizeof *m.n_cells, err)) == NULL
	    || (x->row_ptr = rs_array((size_t)e->n_users + 1, sizeof *x->row_ptr, err)) == NULL
	    || (x->col = rs_array(n, sizeof *x->col, err)) == NULL
	    || ((e->weight != NULL || repeats == RS_REPEATS_SUM)
	        && (x->val = rs_array(n, sizeof *x->val, err)) == NULL)
	    || (rc = rs_tiles_run((e->n_users + TILE - 1) / TILE, make_tile, &m, err)) < 0)
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
