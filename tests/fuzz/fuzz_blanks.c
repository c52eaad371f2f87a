/* fuzz_blanks.c -- any bytes as columns between blanks. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .delimiter = "space", .columns = "user,item,value" };

	fuzz_import(&form, data, n);
	return 0;
}
