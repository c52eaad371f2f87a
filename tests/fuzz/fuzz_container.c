/* fuzz_container.c -- the container reader on any bytes, and every chunk of it decoded.
 *
 * Checksums would stop nearly all inputs at the door, so the input is first tried as it is and then with the checksums of
 * header, trailer, index and blocks repaired. */
#include "tests/fuzz/fuzz_file.h"

#include "lib/base/mem.h"
#include "lib/data/container.h"

static void read_all(const char *path)
{
	struct rs_reader *r;
	struct rs_err err = RS_ERR_INIT;
	enum rs_file_kind kind;

	if (rs_reader_open_any(&r, path, &kind, &err) < 0)
		return;
	for (size_t i = 0; i < rs_reader_count(r); i++) {
		const struct rs_chunk *c = rs_reader_chunk(r, i);
		uint8_t few[64];
		void *all;

		if (c->n > 0)
			rs_reader_slice(r, c, c->n / 2, 1, few, &err);
		if (rs_reader_load(r, c, &all, &err) == 0)
			rs_free(all);
	}
	rs_reader_verify(r, &err);
	rs_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	read_all(fuzz_file(data, n));
	read_all(fuzz_file_repaired(data, n));
	return 0;
}
