/* fuzz_csv_backslash.c -- any bytes as CSV with backslashes before quotes. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .delimiter = ",",
		                                       .quoting = RS_QUOTING_BACKSLASH,
		                                       .header = RS_HEADER_YES };

	fuzz_import(&form, data, n);
	return 0;
}
