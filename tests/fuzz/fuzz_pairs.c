/* fuzz_pairs.c -- any bytes as pairs of users and items with context: ids and columns within bounds, or a reason. */
#include "lib/data/pairs.h"

#include "tests/fuzz/fuzz_file.h"

#include <assert.h>

#define PART 3 /* pairs at a time */

static void check(const struct rs_pair_rows *rows)
{
	for (size_t i = 0; i < 2 * rows->n; i++) {
		size_t n;
		const char *id = rs_pair_id(rows, i / 2, (int)(i % 2), &n);

		assert(n > 0 && n <= RS_KEY_MAX && id >= rows->bytes.p && id + n <= rows->bytes.p + rows->bytes.n);
	}
	for (uint32_t c = 0; c < rows->n_context; c++) {
		const struct rs_column *k = &rows->context[c];

		assert(k->n_rows == rows->n && k->ptr[0] == 0);
		for (size_t i = 0; i < rows->n; i++)
			assert(k->ptr[i] <= k->ptr[i + 1]);
		for (uint64_t e = 0; e < k->ptr[rows->n]; e++)
			assert(k->code[e] < k->dict.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	const struct rs_pair_rows *rows = NULL;
	struct rs_pair_reader *r;
	int rc = rs_pair_reader_open(&r, fuzz_file(data, n), NULL, true, &err);

	assert((rc < 0) == (r == NULL));
	while (rc == 0 && (rc = rs_pair_reader_next(r, PART, &rows, &err)) == 0 && rows->n > 0)
		check(rows);
	if (rc < 0)
		assert(err.text[0] != 0 && strchr(err.text, '\n') == NULL);
	rs_pair_reader_close(r);
	return 0;
}
