/* fuzz_json_rows.c -- any bytes as one line of JSON Lines: cells that lie one behind the other in rows, or a reason. */
#include "lib/data/jsonl.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

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
	return 0;
}
