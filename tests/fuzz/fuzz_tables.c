/* fuzz_tables.c -- the same bytes as log and as tables of users and items. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_import_options form = { .user_table = fuzz_file(data, n), .item_table = fuzz_file(data, n) };

	fuzz_import(&form, data, n);
	return 0;
}
