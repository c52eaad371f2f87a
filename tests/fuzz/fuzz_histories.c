/* fuzz_histories.c -- any bytes as what strangers did, whatever form it has: rows without times are in their order. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .ordered_without_times = true };

	fuzz_import(&form, data, n);
	return 0;
}
