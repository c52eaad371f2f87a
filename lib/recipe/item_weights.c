/* item_weights.c -- weights between items: a dense matrix by history item, or the largest of each target. */
#include "lib/recipe/item_weights.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/stored.h"

#include <math.h>
#include <string.h>

#define CHUNK_WEIGHTS RS_KIND('M', 'D', 'E', 'N')
#define TILE 64

void rs_item_weights_release(struct rs_item_weights *m)
{
	rs_free(m->own);
	rs_sparse_items_release(&m->s);
	memset(m, 0, sizeof *m);
}

struct taking {
	float *g; /* row j: the weights of target j */
	uint32_t n, top;
	struct rs_scored *kept;
	uint32_t *n_kept;
};

static int keep_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct taking *w = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < w->n ? lo + TILE : w->n;
	struct rs_topk top;
	int rc = rs_topk_init(&top, w->top, err);

	(void)worker;
	for (uint32_t j = lo; j < hi && rc == 0; j++) {
		float *row = w->g + (size_t)j * w->n;

		rs_topk_reset(&top);
		for (uint32_t i = 0; i < w->n; i += TILE) { /* large in size, of either sign */
			uint32_t n = w->n - i < TILE ? w->n - i : TILE;
			float size[TILE];

			for (uint32_t k = 0; k < n; k++)
				size[k] = row[i + k] == 0 ? -INFINITY : fabsf(row[i + k]);
			rs_topk_offer(&top, size, n, i);
		}
		rs_topk_take(&top);
		w->n_kept[j] = top.n;
		for (uint32_t k = 0; k < top.n; k++)
			w->kept[(size_t)j * w->top + k] =
			        (struct rs_scored){ row[top.best[k].ix], top.best[k].ix };
	}
	rs_topk_release(&top);
	return rc;
}

/* In place: rows by target become rows by history item. */
static int turn_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct taking *w = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < w->n ? lo + TILE : w->n;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++) {
		for (uint32_t j = 0; j < i; j++) {
			float x = w->g[(size_t)i * w->n + j];

			w->g[(size_t)i * w->n + j] = w->g[(size_t)j * w->n + i];
			w->g[(size_t)j * w->n + i] = x;
		}
	}
	return 0;
}

int rs_item_weights_take(struct rs_item_weights *m, float **g, uint32_t n, uint32_t top, struct rs_err *err)
{
	struct taking w = { .g = *g, .n = n, .top = top };
	size_t n_tiles = ((size_t)n + TILE - 1) / TILE;
	int rc = RS_ENOMEM;

	m->n = n;
	if (top == 0) {
		rc = rs_tiles_run(n_tiles, turn_tile, &w, err);
		m->own = *g;
		m->b = m->own;
		*g = NULL;
		return rc;
	}
	if ((w.kept = rs_array((size_t)n * top, sizeof *w.kept, err)) != NULL
	    && (w.n_kept = rs_array(n, sizeof *w.n_kept, err)) != NULL
	    && (rc = rs_tiles_run(n_tiles, keep_tile, &w, err)) == 0) {
		rs_free(*g);
		*g = NULL;
		rc = rs_sparse_items_by_source(&m->s, w.kept, w.n_kept, top, n, err);
	}
	rs_free(w.kept);
	rs_free(w.n_kept);
	return rc;
}

int rs_item_weights_save(const struct rs_item_weights *m, struct rs_writer *w, struct rs_err *err)
{
	if (m->b == NULL)
		return rs_sparse_items_save(&m->s, w, err);
	return rs_stored_put_floats(w, CHUNK_WEIGHTS, 0, RS_PACK_RAW, m->b, (uint64_t)m->n * m->n, err);
}

int rs_item_weights_load(struct rs_item_weights *m, struct rs_reader *r, uint32_t n_items, struct rs_err *err)
{
	const void *data;
	int rc;

	memset(m, 0, sizeof *m);
	m->n = n_items;
	if (rs_reader_find(r, CHUNK_WEIGHTS, 0) == NULL)
		return rs_sparse_items_load(&m->s, r, n_items, err);
	if ((rc = rs_reader_need_exactly(r, CHUNK_WEIGHTS, 0, 4, (uint64_t)n_items * n_items, &m->chunk, err)) < 0 ||
	    (rc = rs_reader_map(r, m->chunk, true, &data, err)) < 0)
		return rc;
	m->r = r;
	m->b = data;
	return 0;
}

/* Row i, verified where it comes from a file. */
static int row(const struct rs_item_weights *m, uint32_t i, const float **p, struct rs_err *err)
{
	int rc = m->r == NULL ? 0 : rs_reader_touch(m->r, m->chunk, (uint64_t)i * m->n, m->n, err);

	*p = m->b + (size_t)i * m->n;
	return rc;
}

int rs_item_weights_score(const struct rs_item_weights *m, const struct rs_csr *q, uint32_t lo, uint32_t hi,
                          float *scores, size_t ld, struct rs_err *err)
{
	if (m->b == NULL)
		return rs_sparse_items_score(&m->s, q, scores, ld, err);
	for (uint32_t u = 0; u < q->n_rows; u++) {
		float *to = scores + u * ld;

		memset(to, 0, (hi - lo) * sizeof *to);
		for (uint64_t e = q->row_ptr[u]; e < q->row_ptr[u + 1]; e++) {
			float w = q->val == NULL ? 1 : q->val[e];
			const float *b;
			int rc = row(m, q->col[e], &b, err);

			if (rc < 0)
				return rc;
			for (uint32_t j = lo; j < hi; j++)
				to[j - lo] += w * b[j];
		}
	}
	return 0;
}

/* An rs_weight_fn. */
static int weight(const void *weights, uint32_t i, uint32_t item, float *w, struct rs_err *err)
{
	const struct rs_item_weights *m = weights;
	const float *b;
	int rc;

	if (m->b == NULL)
		return rs_sparse_items_weight(&m->s, i, item, w, err);
	if ((rc = row(m, i, &b, err)) == 0)
		*w = b[item];
	return rc;
}

int rs_item_weights_explain(const struct rs_item_weights *m, const struct rs_events *h,
                            const struct rs_recency *r, uint32_t item, float *share, struct rs_err *err)
{
	return rs_history_explain(h, r, weight, m, item, share, err);
}

int rs_item_weights_similar(const struct rs_item_weights *m, uint32_t item, float *scores, struct rs_err *err)
{
	const float *b;
	int rc;

	if (m->b == NULL)
		return rs_sparse_items_similar(&m->s, item, scores, err);
	if ((rc = row(m, item, &b, err)) == 0)
		memcpy(scores, b, m->n * sizeof *scores);
	return rc;
}
