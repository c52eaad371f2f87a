/* fuzz_idlist.c -- any bytes as a list of ids, one a line, some of them as requests: ids within bounds, or a reason. */
#include "lib/data/idlist.h"

#include "lib/base/keymap.h"
#include "tests/fuzz/fuzz_file.h"

#include <assert.h>

static void read_ids(const char *path, const char *json_key)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_idlist l = { 0 };
	struct rs_text_columns context = { 0 };
	int rc = rs_idlist_read_context(&l, &context, path, json_key, &err);
	size_t total = 0;

	if (rc < 0)
		assert(err.code == rc && err.text[0] != 0 && strchr(err.text, '\n') == NULL);
	for (size_t i = 0; i < l.n; i++) {
		size_t n;
		const char *id = rs_idlist_get(&l, i, &n);

		assert((l.bytes.p == NULL || id == l.bytes.p + total) && n <= RS_KEY_MAX);
		assert(json_key != NULL || memchr(id, '\n', n) == NULL);
		total += n;
	}
	assert(total == l.bytes.n);
	rs_text_columns_release(&context);
	rs_idlist_release(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *path = fuzz_file(data, n);

	read_ids(path, NULL);
	read_ids(path, "userId");
	return 0;
}
