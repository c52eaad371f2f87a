/* csr.c -- sparse matrices by row. */
#include "lib/num/csr.h"

#include "lib/base/mem.h"

#include <string.h>

int rs_csr_transpose(struct rs_csr *out, const struct rs_csr *x, struct rs_err *err)
{
	uint64_t nnz = x->row_ptr[x->n_rows], *next = NULL;

	memset(out, 0, sizeof *out);
	out->n_rows = x->n_cols;
	out->n_cols = x->n_rows;
	if ((out->row_ptr = rs_array0((size_t)x->n_cols + 1, sizeof *out->row_ptr, err)) == NULL ||
	    (out->col = rs_array(nnz, sizeof *out->col, err)) == NULL ||
	    (x->val != NULL && (out->val = rs_array(nnz, sizeof *out->val, err)) == NULL) ||
	    (next = rs_array(x->n_cols, sizeof *next, err)) == NULL) {
		rs_csr_release(out);
		return RS_ENOMEM;
	}
	for (uint64_t e = 0; e < nnz; e++)
		out->row_ptr[x->col[e] + 1]++;
	for (uint32_t c = 0; c < x->n_cols; c++) {
		next[c] = out->row_ptr[c];
		out->row_ptr[c + 1] += out->row_ptr[c];
	}
	for (uint32_t r = 0; r < x->n_rows; r++) {
		for (uint64_t e = x->row_ptr[r]; e < x->row_ptr[r + 1]; e++) {
			uint64_t to = next[x->col[e]]++;

			out->col[to] = r;
			if (x->val != NULL)
				out->val[to] = x->val[e];
		}
	}
	rs_free(next);
	return 0;
}

void rs_csr_release(struct rs_csr *x)
{
	rs_free(x->row_ptr);
	rs_free(x->col);
	rs_free(x->val);
	memset(x, 0, sizeof *x);
}
