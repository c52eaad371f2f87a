/* fuzz_npy.c -- any bytes as a matrix of NumPy: finite numbers, as many as its shape says, or a reason. */
#include "lib/data/npy.h"

#include "tests/fuzz/fuzz_file.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_npy m;
	int rc = rs_npy_read(&m, fuzz_file(data, n), &err);

	if (rc < 0)
		assert(err.code == rc && err.text[0] != 0 && strchr(err.text, '\n') == NULL && m.v == NULL);
	for (uint64_t i = 0; i < (uint64_t)m.n * m.d; i++)
		assert(isfinite(m.v[i]));
	rs_npy_release(&m);
	return 0;
}
