/* fuzz_dataset.c -- the dataset reader on any bytes, as they are and with checksums repaired: opened whole, by parts, and one
 * user looked up. */
#include "tests/fuzz/fuzz_file.h"

#include "lib/data/dataset.h"

static void read_dataset(const char *path)
{
	struct rs_dataset *d;
	static uint64_t off[] = { 0, 9 };
	static char name[] = "person-03";
	static const struct rs_keys who = { 1, off, name };
	struct rs_err err = RS_ERR_INIT;

	if (rs_dataset_open(&d, &path, 1, RS_NEED_ALL, &err) == 0) {
		for (uint64_t i = 0; i < d->n_events; i++)
			if (d->item[i] >= d->item_key.n)
				abort();
		rs_dataset_free(d);
	}
	if (rs_dataset_open(&d, &path, 1, RS_NEED_TIME, &err) == 0)
		rs_dataset_free(d);
	if (rs_dataset_lookup(&d, &path, 1, &who, &err) == 0)
		rs_dataset_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	read_dataset(fuzz_file(data, n));
	read_dataset(fuzz_file_repaired(data, n));
	return 0;
}
