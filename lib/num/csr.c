/* csr.c -- sparse matrices by row. */
#include "lib/num/csr.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <string.h>

/* A transposition cuts the rows into parts of about equal length. Each part counts its entries per column; from all
 * counts each part knows where its entries of a column go, behind those of the parts before. */
#define PARTS_MAX 64
#define EARLY 32 /* entries: where they go lies anywhere, and is asked for so long before */

struct turning {
	const struct rs_csr *x;
	struct rs_csr *out;
	uint32_t part[PARTS_MAX + 1]; /* first row of each part */
	uint64_t *at;                 /* part x column: the count, then the next place */
};

static uint64_t *places(const struct turning *t, size_t part)
{
	return t->at + part * t->x->n_cols;
}

static int count_part(void *ctx, size_t part, int worker, struct rs_err *err)
{
	struct turning *t = ctx;
	const struct rs_csr *x = t->x;
	uint64_t *at = places(t, part);

	(void)worker;
	(void)err;
	memset(at, 0, x->n_cols * sizeof *at);
	for (uint64_t e = x->row_ptr[t->part[part]]; e < x->row_ptr[t->part[part + 1]]; e++)
		at[x->col[e]]++;
	return 0;
}

static int place_part(void *ctx, size_t part, int worker, struct rs_err *err)
{
	struct turning *t = ctx;
	const struct rs_csr *x = t->x;
	uint64_t *at = places(t, part), end = x->row_ptr[t->part[part + 1]];

	(void)worker;
	(void)err;
	for (uint32_t r = t->part[part]; r < t->part[part + 1]; r++) {
		for (uint64_t e = x->row_ptr[r]; e < x->row_ptr[r + 1]; e++) {
			uint64_t to = at[x->col[e]]++;

			if (e + EARLY < end)
				__builtin_prefetch(t->out->col + at[x->col[e + EARLY]], 1);
			t->out->col[to] = r;
			if (x->val != NULL)
				t->out->val[to] = x->val[e];
		}
	}
	return 0;
}

/* Parts cost n_cols counters each, so they are fewer where rows are few per column. */
static size_t cut_rows(struct turning *t)
{
	const struct rs_csr *x = t->x;
	uint64_t nnz = x->row_ptr[x->n_rows], n = nnz / (1 + 4 * (uint64_t)x->n_cols);
	uint32_t r = 0;

	n = n < 1 ? 1 : n > PARTS_MAX ? PARTS_MAX : n;
	for (uint64_t p = 0; p <= n; p++) {
		while (r < x->n_rows && (p == n || x->row_ptr[r] < nnz / n * p))
			r++;
		t->part[p] = p == 0 ? 0 : r;
	}
	return n;
}

int rs_csr_transpose(struct rs_csr *out, const struct rs_csr *x, struct rs_err *err)
{
	uint64_t nnz = x->row_ptr[x->n_rows], sum = 0;
	struct turning t = { .x = x, .out = out };
	size_t n = cut_rows(&t);
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	out->n_rows = x->n_cols;
	out->n_cols = x->n_rows;
	if ((out->row_ptr = rs_array((size_t)x->n_cols + 1, sizeof *out->row_ptr, err)) == NULL
	    || (out->col = rs_array(nnz, sizeof *out->col, err)) == NULL
	    || (x->val != NULL && (out->val = rs_array(nnz, sizeof *out->val, err)) == NULL)
	    || (t.at = rs_array(n * x->n_cols, sizeof *t.at, err)) == NULL
	    || (rc = rs_tiles_run(n, count_part, &t, err)) < 0)
		goto out;
	for (uint32_t c = 0; c < x->n_cols; c++) {
		out->row_ptr[c] = sum;
		for (size_t p = 0; p < n; p++) {
			uint64_t *at = &places(&t, p)[c], count = *at;

			*at = sum;
			sum += count;
		}
	}
	out->row_ptr[x->n_cols] = sum;
	rc = rs_tiles_run(n, place_part, &t, err);
out:
	rs_free(t.at);
	if (rc < 0)
		rs_csr_release(out);
	return rc;
}

int rs_csr_rows(struct rs_csr *out, const struct rs_csr *x, const uint32_t *row, uint32_t n, struct rs_err *err)
{
	uint64_t nnz = 0;

	memset(out, 0, sizeof *out);
	for (uint32_t i = 0; i < n; i++)
		nnz += row[i] == RS_CSR_NONE ? 0 : x->row_ptr[row[i] + 1] - x->row_ptr[row[i]];
	out->n_rows = n;
	out->n_cols = x->n_cols;
	if ((out->row_ptr = rs_array0((size_t)n + 1, sizeof *out->row_ptr, err)) == NULL
	    || (out->col = rs_array(nnz, sizeof *out->col, err)) == NULL
	    || (x->val != NULL && (out->val = rs_array(nnz, sizeof *out->val, err)) == NULL)) {
		rs_csr_release(out);
		return RS_ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t to = out->row_ptr[i], from = row[i] == RS_CSR_NONE ? 0 : x->row_ptr[row[i]];
		uint64_t k = row[i] == RS_CSR_NONE ? 0 : x->row_ptr[row[i] + 1] - from;

		out->row_ptr[i + 1] = to + k;
		memcpy(out->col + to, x->col + from, k * sizeof *out->col);
		if (x->val != NULL)
			memcpy(out->val + to, x->val + from, k * sizeof *out->val);
	}
	return 0;
}

void rs_csr_release(struct rs_csr *x)
{
	rs_free(x->row_ptr);
	rs_free(x->col);
	rs_free(x->val);
	memset(x, 0, sizeof *x);
}
