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

static int too_many(uint64_t n, struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "a user has %llu events: expected at most 4294967295", (unsigned long long)n);
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
		return too_many(longest, err);
	if ((key = rs_array(2 * longest, sizeof *key, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = lo; u < hi; u++)
		m->n_cells[u] = make_row(m, u, key, key + longest);
	rs_free(key);
	return 0;
}

/* The cells of each user, which stand where the events stood, close up. row_ptr: of the events; may be that of x. */
static void pack(struct rs_csr *x, const uint64_t *row_ptr, const uint64_t *n_cells)
{
	uint64_t k = 0;

	for (uint32_t u = 0; u < x->n_rows; u++) {
		uint64_t from = row_ptr[u];

		x->row_ptr[u] = k;
		if (k < from) {
			memmove(x->col + k, x->col + from, n_cells[u] * sizeof *x->col);
			if (x->val != NULL)
				memmove(x->val + k, x->val + from, n_cells[u] * sizeof *x->val);
		}
		k += n_cells[u];
	}
	x->row_ptr[x->n_rows] = k;
}

int rs_matrix_from_events(struct rs_csr *x, const struct rs_events *e, enum rs_repeats repeats,
                          struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users];
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
	pack(x, e->row_ptr, m.n_cells);
	rc = 0;
out:
	rs_free(m.n_cells);
	if (rc < 0)
		rs_csr_release(x);
	return rc;
}

/* ---- rows as they came ---- */

struct taking {
	const struct rs_events *e;
	struct rs_csr *x;  /* its arrays may be those of e */
	uint64_t *n_cells; /* by user */
	uint32_t **place;  /* by worker and item: where in its row the item stands, if it stands there */
};

static uint64_t take_row(const struct taking *t, uint32_t u, uint32_t *place)
{
	const struct rs_events *e = t->e;
	uint64_t first = e->row_ptr[u], n = e->row_ptr[u + 1] - first, k = 0;
	uint32_t *col = t->x->col + first;
	float *val = t->x->val == NULL ? NULL : t->x->val + first;

	for (uint64_t i = 0; i < n; i++) {
		uint32_t item = e->item[first + i], at = place[item];

		if (at < k && col[at] == item) {
			if (val != NULL)
				val[at] = join(RS_REPEATS_MAX, val[at], e->weight[first + i]);
			continue;
		}
		place[item] = (uint32_t)k;
		if (val != NULL)
			val[k] = e->weight[first + i];
		col[k++] = item;
	}
	return k;
}

static int take_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct taking *t = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = t->e->n_users - lo < TILE ? t->e->n_users : lo + TILE;

	if (t->place[worker] == NULL
	    && (t->place[worker] = rs_array0(t->e->n_items, sizeof **t->place, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = lo; u < hi; u++) {
		if (t->e->row_ptr[u + 1] - t->e->row_ptr[u] > UINT32_MAX)
			return too_many(t->e->row_ptr[u + 1] - t->e->row_ptr[u], err);
		t->n_cells[u] = take_row(t, u, t->place[worker]);
	}
	return 0;
}

/* The arrays of x: those of spent, or new ones. */
static int take_arrays(struct rs_csr *x, const struct rs_events *e, struct rs_events *spent, struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users];

	*x = (struct rs_csr){ .n_rows = e->n_users, .n_cols = e->n_items };
	if (spent != NULL) {
		x->row_ptr = spent->row_ptr;
		x->col = spent->item;
		x->val = spent->weight;
		return 0;
	}
	if ((x->row_ptr = rs_array((size_t)e->n_users + 1, sizeof *x->row_ptr, err)) == NULL
	    || (x->col = rs_array(n, sizeof *x->col, err)) == NULL
	    || (e->weight != NULL && (x->val = rs_array(n, sizeof *x->val, err)) == NULL))
		return RS_ENOMEM;
	return 0;
}

int rs_matrix_as_they_came(struct rs_csr *x, const struct rs_events *e, struct rs_events *spent, struct rs_err *err)
{
	struct taking t = { .e = e, .x = x };
	int rc = take_arrays(x, e, spent, err);

	if (rc < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((t.n_cells = rs_array(e->n_users, sizeof *t.n_cells, err)) == NULL
	    || (t.place = rs_array0((size_t)rs_threads(), sizeof(uint32_t *), err)) == NULL
	    || (rc = rs_tiles_run((e->n_users + TILE - 1) / TILE, take_tile, &t, err)) < 0)
		goto out;
	pack(x, e->row_ptr, t.n_cells);
	rc = 0;
out:
	for (int w = 0; t.place != NULL && w < rs_threads(); w++)
		rs_free(t.place[w]);
	rs_free(t.place);
	rs_free(t.n_cells);
	if (rc < 0 && spent != NULL) /* its arrays stay its own */
		memset(x, 0, sizeof *x);
	else if (rc < 0)
		rs_csr_release(x);
	if (rc < 0 || spent == NULL)
		return rc;
	spent->row_ptr = NULL;
	spent->item = NULL;
	spent->weight = NULL;
	rs_events_release(spent);
	return 0;
}
