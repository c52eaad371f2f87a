/* fuzz_json_rows.c -- any bytes as one line of JSON Lines: cells that lie one behind the other in rows, or a reason; the short
 * cut for flat objects says what the reader of all JSON says. */
#include "lib/data/jsonl.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void agree(const char *line, size_t n)
{
	struct rs_err err = RS_ERR_INIT, err_all = RS_ERR_INIT;
	struct rs_json_rows a = { 0 }, b = { 0 };
	int rc = rs_json_rows_parse(&a, line, n, &err), rc_all = rs_json_rows_parse_all(&b, line, n, &err_all);

	assert(rc == rc_all && strcmp(err.text, err_all.text) == 0);
	if (rc == 0) {
		assert(a.n_rows == b.n_rows && a.n_cells == b.n_cells);
		assert(memcmp(a.row_end, b.row_end, a.n_rows * sizeof *a.row_end) == 0);
		for (size_t i = 0; i < a.n_cells; i++) {
			const struct rs_cell *x = &a.cell[i].cell, *y = &b.cell[i].cell;

			assert(strcmp(a.cell[i].name, b.cell[i].name) == 0);
			assert(x->n == y->n && (x->p == NULL) == (y->p == NULL));
			assert(x->n == 0 || memcmp(x->p, y->p, x->n) == 0);
		}
	}
	rs_json_rows_release(&a);
	rs_json_rows_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_json_rows r = { 0 };
	size_t from = 0;

	for (int again = 0; again < 2; again++) {
		if (rs_json_rows_parse(&r, (const char *)data, n, &err) < 0) {
			assert(err.text[0] != 0 && strchr(err.text, '\n') == NULL);
			continue;
		}
		from = 0;
		for (size_t i = 0; i < r.n_rows; i++) {
			assert(r.row_end[i] >= from && r.row_end[i] <= r.n_cells);
			for (; from < r.row_end[i]; from++)
				assert(strlen(r.cell[from].name) == r.cell[from].n_name);
		}
	}
	rs_json_rows_release(&r);
	agree((const char *)data, n);
	return 0;
}
