/* fuzz_csv.c -- any bytes as a log whose form is guessed. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .null = "NULL" };

	fuzz_import(&form, data, n);
	return 0;
}
