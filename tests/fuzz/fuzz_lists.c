/* fuzz_lists.c -- any bytes as a user and items in each line, the form of histories. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .format = RS_FORMAT_LISTS };

	fuzz_import(&form, data, n);
	return 0;
}
