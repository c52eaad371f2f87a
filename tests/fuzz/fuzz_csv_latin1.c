/* fuzz_csv_latin1.c -- any bytes as CSV in ISO 8859-1. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .format = RS_FORMAT_CSV,
		                                       .encoding = RS_ENCODING_LATIN1,
		                                       .columns = "user,item,title" };

	fuzz_import(&form, data, n);
	return 0;
}
