/* fuzz_source.c -- any bytes as a plain or compressed file: read to the end in pieces of any size, or refused. */
#include "lib/data/source.h"
#include "tests/fuzz/fuzz_file.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char piece[70000];
	struct rs_err err = RS_ERR_INIT;
	struct rs_source *s;
	uint64_t total = 0;
	size_t want = n > 0 ? 1 + data[n - 1] * 257u : 1, got = want;
	int rc;

	if (rs_source_open(&s, fuzz_file(data, n), &err) < 0) {
		assert(err.text[0] != 0);
		return 0;
	}
	while (got == want && total < 16u << 20) {
		if ((rc = rs_source_read(s, piece, want, &got, &err)) < 0) {
			assert(rc == err.code && err.text[0] != 0);
			break;
		}
		assert(got <= want);
		total += got;
	}
	assert(rs_source_codec(s) != NULL || total <= n);
	rs_source_close(s);
	return 0;
}
