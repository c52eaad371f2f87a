/* fuzz_import.h -- any bytes as a log in one form of text: every row is kept, merged or rejected, or one sentence says why
 * nothing can be read. */
#ifndef RS_TESTS_FUZZ_IMPORT_H
#define RS_TESTS_FUZZ_IMPORT_H

#include "lib/data/import.h"
#include "tests/fuzz/fuzz_file.h"

#include <assert.h>

static inline void fuzz_import(const struct rs_import_options *form, const uint8_t *data, size_t n)
{
	struct rs_import_options o = *form;
	const char *path = fuzz_file(data, n);
	struct rs_err err = RS_ERR_INIT;
	struct rs_import_counts c;
	struct rs_dataset *d;

	o.max_rejects = UINT64_MAX;
	if (rs_import_events(&d, &o, &path, 1, &c, &err) < 0) {
		assert(d == NULL && err.code < 0 && err.text[0] != 0 && strchr(err.text, '\n') == NULL);
		return;
	}
	for (int t = 0; t < RS_TABLES; t++)
		assert(c.of[t].read == c.of[t].kept + c.of[t].merged + c.of[t].rejected);
	assert(d->n_events == c.of[RS_TABLE_EVENTS].kept);
	rs_dataset_free(d);
}

#endif
