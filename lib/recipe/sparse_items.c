/* sparse_items.c -- item-item weights with few entries per item. */
#include "lib/recipe/sparse_items.h"

#include "lib/base/mem.h"
#include "lib/recipe/history.h"

#include <math.h>
#include <string.h>

#define CHUNK_PTR RS_KIND('M', 'P', 'T', 'R')
#define CHUNK_COL RS_KIND('M', 'C', 'O', 'L')
#define CHUNK_VAL RS_KIND('M', 'V', 'A', 'L')

int rs_sparse_items_by_source(struct rs_sparse_items *s, const struct rs_scored *kept, const uint32_t *n_kept, uint32_t k,
                              uint32_t n_items, struct rs_err *err)
{
	uint64_t *next = NULL, nnz = 0;

	memset(s, 0, sizeof *s);
	s->w.n_rows = s->w.n_cols = n_items;
	for (uint32_t j = 0; j < n_items; j++)
		nnz += n_kept[j];
	if ((s->w.row_ptr = rs_array0((size_t)n_items + 1, sizeof *s->w.row_ptr, err)) == NULL ||
	    (s->w.col = rs_array(nnz, sizeof *s->w.col, err)) == NULL ||
	    (s->w.val = rs_array(nnz, sizeof *s->w.val, err)) == NULL ||
	    (next = rs_array(n_items, sizeof *next, err)) == NULL) {
		rs_sparse_items_release(s);
		return RS_ENOMEM;
	}
	for (uint32_t j = 0; j < n_items; j++)
		for (uint32_t e = 0; e < n_kept[j]; e++)
			s->w.row_ptr[kept[(size_t)j * k + e].ix + 1]++;
	for (uint32_t i = 0; i < n_items; i++) {
		next[i] = s->w.row_ptr[i];
		s->w.row_ptr[i + 1] += s->w.row_ptr[i];
	}
	for (uint32_t j = 0; j < n_items; j++) { /* targets ascend, so each row comes out sorted */
		for (uint32_t e = 0; e < n_kept[j]; e++) {
			struct rs_scored x = kept[(size_t)j * k + e];
			uint64_t at = next[x.ix]++;

			s->w.col[at] = j;
			s->w.val[at] = x.score;
		}
	}
	rs_free(next);
	return 0;
}

void rs_sparse_items_release(struct rs_sparse_items *s)
{
	if (s->r != NULL) { /* col and val belong to the reader */
		s->w.col = NULL;
		s->w.val = NULL;
	}
	rs_csr_release(&s->w);
	memset(s, 0, sizeof *s);
}

int rs_sparse_items_save(const struct rs_sparse_items *s, struct rs_writer *w, struct rs_err *err)
{
	uint64_t nnz = s->w.row_ptr[s->w.n_rows];
	int rc;

	if ((rc = rs_writer_chunk(w, CHUNK_PTR, 0, RS_PACK_DELTA, 8, s->w.row_ptr, (uint64_t)s->w.n_rows + 1, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_COL, 0, RS_PACK_RAW, 4, s->w.col, nnz, err)) < 0)
		return rc;
	return rs_writer_chunk(w, CHUNK_VAL, 0, RS_PACK_RAW, 4, s->w.val, nnz, err);
}

int rs_sparse_items_load(struct rs_sparse_items *s, struct rs_reader *r, uint32_t n_items, struct rs_err *err)
{
	const struct rs_chunk *ptr;
	const void *p;
	void *data;
	uint64_t nnz;
	int rc;

	memset(s, 0, sizeof *s);
	if ((rc = rs_reader_need(r, CHUNK_PTR, 0, 8, (uint64_t)n_items + 1, &ptr, err)) < 0 ||
	    (rc = rs_reader_need(r, CHUNK_COL, 0, 4, (uint64_t)n_items * n_items, &s->col, err)) < 0 ||
	    (rc = rs_reader_need(r, CHUNK_VAL, 0, 4, (uint64_t)n_items * n_items, &s->val, err)) < 0)
		return rc;
	nnz = s->col->n;
	if (ptr->n != (uint64_t)n_items + 1 || s->val->n != nnz)
		return rs_fail(err, RS_EDATA, "%s: damaged: the item weights do not fit the items", rs_reader_name(r));
	if ((rc = rs_reader_load(r, ptr, &data, err)) < 0)
		return rc;
	s->r = r;
	s->w.n_rows = s->w.n_cols = n_items;
	s->w.row_ptr = data;
	for (uint32_t i = 0; i < n_items; i++)
		if (s->w.row_ptr[i] > s->w.row_ptr[i + 1])
			nnz = UINT64_MAX;
	if (s->w.row_ptr[0] != 0 || s->w.row_ptr[n_items] != nnz) {
		rc = rs_fail(err, RS_EDATA, "%s: damaged: offsets of the item weights", rs_reader_name(r));
		goto fail;
	}
	if ((rc = rs_reader_map(r, s->col, true, &p, err)) < 0)
		goto fail;
	s->w.col = (uint32_t *)(uintptr_t)p;
	if ((rc = rs_reader_map(r, s->val, true, &p, err)) < 0)
		goto fail;
	s->w.val = (float *)(uintptr_t)p;
	return 0;
fail:
	rs_sparse_items_release(s);
	return rc;
}

/* Row i, verified. */
static int row(const struct rs_sparse_items *s, uint32_t i, struct rs_err *err)
{
	uint64_t first = s->w.row_ptr[i], n = s->w.row_ptr[i + 1] - first;
	int rc;

	if (s->r == NULL)
		return 0;
	if ((rc = rs_reader_touch(s->r, s->col, first, n, err)) < 0 ||
	    (rc = rs_reader_touch(s->r, s->val, first, n, err)) < 0)
		return rc;
	for (uint64_t e = first; e < first + n; e++)
		if (s->w.col[e] >= s->w.n_cols || !isfinite(s->w.val[e]))
			return rs_fail(err, RS_EDATA, "%s: damaged: an item weight", rs_reader_name(s->r));
	return 0;
}

static int add_row(const struct rs_sparse_items *s, uint32_t i, float w, float *scores, struct rs_err *err)
{
	int rc = row(s, i, err);

	if (rc < 0)
		return rc;
	for (uint64_t e = s->w.row_ptr[i]; e < s->w.row_ptr[i + 1]; e++)
		scores[s->w.col[e]] += w * s->w.val[e];
	return 0;
}

int rs_sparse_items_score(const struct rs_sparse_items *s, const struct rs_csr *q, float *scores, size_t ld,
                          struct rs_err *err)
{
	for (uint32_t u = 0; u < q->n_rows; u++) {
		float *to = scores + u * ld;

		memset(to, 0, s->w.n_cols * sizeof *to);
		for (uint64_t e = q->row_ptr[u]; e < q->row_ptr[u + 1]; e++) {
			int rc = add_row(s, q->col[e], q->val == NULL ? 1 : q->val[e], to, err);

			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

int rs_sparse_items_explain(const struct rs_sparse_items *s, const struct rs_events *h, uint32_t item, float *share,
                            struct rs_err *err)
{
	for (uint64_t e = 0; e < h->row_ptr[1]; e++) {
		uint32_t i = h->item[e];
		int rc;

		share[e] = 0;
		if (!rs_history_counts(h, e))
			continue;
		if ((rc = row(s, i, err)) < 0)
			return rc;
		for (uint64_t k = s->w.row_ptr[i]; k < s->w.row_ptr[i + 1]; k++)
			if (s->w.col[k] == item)
				share[e] = (h->weight == NULL ? 1 : h->weight[e]) * s->w.val[k];
	}
	return 0;
}

int rs_sparse_items_similar(const struct rs_sparse_items *s, uint32_t item, float *scores, struct rs_err *err)
{
	memset(scores, 0, s->w.n_cols * sizeof *scores);
	return add_row(s, item, 1, scores, err);
}
