/* fuzz_jsonl.c -- any bytes as JSON Lines. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .format = RS_FORMAT_JSONL };

	fuzz_import(&form, data, n);
	return 0;
}
