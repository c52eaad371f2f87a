/* fuzz_tsv.c -- any bytes as TSV with times and values. */
#include "tests/fuzz/fuzz_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rs_import_options form = { .format = RS_FORMAT_TSV, .columns = "user,item,time,value,type" };

	fuzz_import(&form, data, n);
	return 0;
}
