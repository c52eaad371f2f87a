/* fuzz_merge.c -- any bytes, as they are and with checksums repaired, merged block by block with themselves; then
 * somebody is taken out of the result. */
#include "tests/fuzz/fuzz_file.h"

#include "lib/data/forget.h"
#include "lib/data/merge.h"

#include <unistd.h>

static const char *result(void)
{
	static char path[64];

	snprintf(path, sizeof path, "%s/rs-merged-%ld", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
	return path;
}

static void try(const char *const *path, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_merge_counts counts;
	struct rs_dataset *d, *rest;
	struct rs_forgotten gone;
	struct rs_forget f = { { 0 }, { 0 }, { 0 } };
	char id[] = "person-03";
	uint64_t off[2] = { 0, sizeof id - 1 };
	const char *out = result();

	if (rs_merge(out, path, n, &counts, &err) < 0)
		return;
	f.user = (struct rs_keys){ 1, off, id };
	f.item = f.user;
	if (rs_dataset_open(&d, &out, 1, RS_NEED_ALL, &err) == 0) {
		if (d->n_events != counts.events)
			abort();
		if (rs_forget(&rest, d, &f, &gone, &err) == 0)
			rs_dataset_free(rest);
		rs_dataset_free(d);
	}
	unlink(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *twice[2] = { fuzz_file(data, n), NULL };

	twice[1] = twice[0];
	try(twice, 2);
	twice[0] = twice[1] = fuzz_file_repaired(data, n);
	try(twice, 2);
	return 0;
}
