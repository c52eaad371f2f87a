/* csr.h -- sparse matrices by row.
 *
 * Row r is col[row_ptr[r] .. row_ptr[r + 1]), sorted, without repeats. */
#ifndef RS_NUM_CSR_H
#define RS_NUM_CSR_H

#include "lib/base/err.h"

#include <stdint.h>

struct rs_csr {
	uint32_t n_rows, n_cols;
	uint64_t *row_ptr; /* n_rows + 1 */
	uint32_t *col;     /* row_ptr[n_rows] */
	float *val;        /* the same number; NULL: all 1 */
};

/* Columns to rows. O(nnz), the same bytes for any number of threads. */
int rs_csr_transpose(struct rs_csr *out, const struct rs_csr *x, struct rs_err *err);

/* Some rows, copied; RS_CSR_NONE: an empty one. */
#define RS_CSR_NONE UINT32_MAX
int rs_csr_rows(struct rs_csr *out, const struct rs_csr *x, const uint32_t *row, uint32_t n, struct rs_err *err);
void rs_csr_release(struct rs_csr *x);

#endif
