/* sparse_items.c -- item-item weights with few entries per item. */
#include "lib/recipe/sparse_items.h"

#include "lib/base/mem.h"
#include "lib/recipe/stored.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

#define CHUNK_PTR RS_KIND('M', 'P', 'T', 'R')
#define CHUNK_COL RS_KIND('M', 'C', 'O', 'L')
#define CHUNK_VAL RS_KIND('M', 'V', 'A', 'L')
#define CHUNK_SUM RS_KIND('M', 'S', 'U', 'M')

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
	rs_free(s->checked);
	memset(s, 0, sizeof *s);
}

static uint64_t sum_row(const struct rs_csr *w, uint32_t i)
{
	uint64_t first = w->row_ptr[i], bytes = (w->row_ptr[i + 1] - first) * 4;

	return XXH3_64bits_withSeed(w->val + first, bytes, XXH3_64bits(w->col + first, bytes));
}

static int save_sums(const struct rs_csr *w, struct rs_writer *out, struct rs_err *err)
{
	uint64_t *sum = rs_array(w->n_rows, sizeof *sum, err);
	int rc;

	if (sum == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < w->n_rows; i++)
		sum[i] = sum_row(w, i);
	rc = rs_writer_chunk(out, CHUNK_SUM, 0, RS_PACK_RAW, 8, sum, w->n_rows, err);
	rs_free(sum);
	return rc;
}

int rs_sparse_items_save(const struct rs_sparse_items *s, struct rs_writer *w, struct rs_err *err)
{
	uint64_t nnz = s->w.row_ptr[s->w.n_rows];
	int rc;

	if ((rc = rs_writer_chunk(w, CHUNK_PTR, 0, RS_PACK_DELTA, 8, s->w.row_ptr, (uint64_t)s->w.n_rows + 1, err)) < 0 ||
	    (rc = save_sums(&s->w, w, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_COL, 0, RS_PACK_RAW, 4, s->w.col, nnz, err)) < 0)
		return rc;
	return rs_stored_put_floats(w, CHUNK_VAL, 0, RS_PACK_RAW, s->w.val, nnz, err);
}

static int map(struct rs_reader *r, const struct rs_chunk *c, void *array, struct rs_err *err)
{
	const void *p;
	int rc = rs_reader_map(r, c, true, &p, err);

	if (rc == 0)
		memcpy(array, &p, sizeof p);
	return rc;
}

static int check_offsets(const struct rs_sparse_items *s, uint64_t nnz, struct rs_err *err)
{
	bool whole = s->w.row_ptr[0] == 0 && s->w.row_ptr[s->w.n_rows] == nnz;

	for (uint32_t i = 0; i < s->w.n_rows; i++)
		whole &= s->w.row_ptr[i] <= s->w.row_ptr[i + 1];
	return whole ? 0 : rs_reader_damaged(s->r, "offsets of the item weights", err);
}

int rs_sparse_items_load(struct rs_sparse_items *s, struct rs_reader *r, uint32_t n_items, struct rs_err *err)
{
	const struct rs_chunk *col, *val;
	int rc;

	memset(s, 0, sizeof *s);
	if ((rc = rs_reader_need_exactly(r, CHUNK_SUM, 0, 8, n_items, &s->sum, err)) < 0 ||
	    (rc = rs_reader_need(r, CHUNK_COL, 0, 4, (uint64_t)n_items * n_items, &col, err)) < 0 ||
	    (rc = rs_reader_need_exactly(r, CHUNK_VAL, 0, 4, col->n, &val, err)) < 0 ||
	    (rc = rs_reader_load_exactly(r, CHUNK_PTR, 0, 8, (uint64_t)n_items + 1, &s->w.row_ptr, err)) < 0)
		return rc;
	s->r = r;
	s->w.n_rows = s->w.n_cols = n_items;
	if ((rc = check_offsets(s, col->n, err)) < 0 || (rc = map(r, s->sum, &s->row_sum, err)) < 0 ||
	    (rc = map(r, col, &s->w.col, err)) < 0 || (rc = map(r, val, &s->w.val, err)) < 0)
		goto fail;
	rc = RS_ENOMEM;
	if ((s->checked = rs_array0(n_items, 1, err)) == NULL)
		goto fail;
	return 0;
fail:
	rs_sparse_items_release(s);
	return rc;
}

/* Row i, found whole before it is first used. */
static int row(const struct rs_sparse_items *s, uint32_t i, struct rs_err *err)
{
	const struct rs_csr *w = &s->w;
	bool whole = true;
	int rc;

	if (s->r == NULL || __atomic_load_n(&s->checked[i], __ATOMIC_ACQUIRE) != 0)
		return 0;
	if ((rc = rs_reader_touch(s->r, s->sum, i, 1, err)) < 0)
		return rc;
	if (sum_row(w, i) != s->row_sum[i])
		return rs_fail(err, RS_EDATA, "%s: damaged: the checksum of an item's weights does not agree",
		               rs_reader_name(s->r));
	for (uint64_t e = w->row_ptr[i]; e < w->row_ptr[i + 1]; e++)
		whole &= w->col[e] < w->n_cols && isfinite(w->val[e]) &&
		         (e == w->row_ptr[i] || w->col[e - 1] < w->col[e]);
	if (!whole)
		return rs_fail(err, RS_EDATA, "%s: damaged: an item weight", rs_reader_name(s->r));
	__atomic_store_n(&s->checked[i], 1, __ATOMIC_RELEASE);
	return 0;
}

static int add_row(const struct rs_sparse_items *s, uint32_t i, float w, float *scores, struct rs_err *err)
{
	const uint32_t n = s->w.n_cols;
	int rc = row(s, i, err);

	if (rc < 0)
		return rc;
	for (uint64_t e = s->w.row_ptr[i]; e < s->w.row_ptr[i + 1]; e++) {
		uint32_t c = s->w.col[e];

		if (c < n) /* a mapped file can be written over after it was checked */
			scores[c] += w * s->w.val[e];
	}
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

/* The weight of item in row i, verified; 0: none. */
static float weight(const struct rs_csr *w, uint32_t i, uint32_t item)
{
	uint64_t lo = w->row_ptr[i], hi = w->row_ptr[i + 1];

	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (w->col[mid] <= item)
			lo = mid;
		else
			hi = mid;
	}
	return lo < hi && w->col[lo] == item ? w->val[lo] : 0;
}

int rs_sparse_items_weight(const void *sparse_items, uint32_t i, uint32_t item, float *w, struct rs_err *err)
{
	const struct rs_sparse_items *s = sparse_items;
	int rc = row(s, i, err);

	*w = rc < 0 ? 0 : weight(&s->w, i, item);
	return rc;
}

int rs_sparse_items_similar(const struct rs_sparse_items *s, uint32_t item, float *scores, struct rs_err *err)
{
	memset(scores, 0, s->w.n_cols * sizeof *scores);
	return add_row(s, item, 1, scores, err);
}
