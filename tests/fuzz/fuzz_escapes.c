/* fuzz_escapes.c -- any bytes as text with escapes, as databases copy it out. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .quoting = RS_QUOTING_ESCAPES, .header = RS_HEADER_YES };

	fuzz_import(&form, data, n);
	return 0;
}
