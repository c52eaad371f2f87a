/* fuzz_numbers.c -- numbers, times and sizes from text: what is read is written back and read as the same. */
#include "lib/base/text.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data;
	char text[RS_NUM_MAX];
	uint64_t u, u_again;
	int64_t i, i_again;
	double d, d_again;

	if (rs_get_i64(p, n, &i))
		assert(rs_get_i64(text, rs_put_i64(text, i), &i_again) && i == i_again);
	if (rs_get_u64(p, n, &u))
		assert(rs_get_u64(text, rs_put_u64(text, u), &u_again) && u == u_again);
	if (rs_get_f64(p, n, &d)) {
		assert(isfinite(d));
		assert(rs_get_f64(text, rs_put_f64(text, d), &d_again) && d == d_again);
	}
	if (rs_get_iso_time(p, n, &i))
		assert(rs_get_iso_time(text, rs_put_iso_time(text, i), &i_again) && i == i_again);
	if (rs_get_size(p, n, &u))
		assert(rs_get_size(text, rs_put_u64(text, u), &u_again) && u == u_again);
	if (n >= sizeof d) {
		float f;

		memcpy(&d, data, sizeof d);
		memcpy(&f, data, sizeof f);
		if (isfinite(d))
			assert(rs_get_f64(text, rs_put_f64(text, d), &d_again) && d == d_again);
		if (isfinite(f))
			assert(rs_get_f64(text, rs_put_f32(text, f), &d_again) && f == (float)d_again);
	}
	return 0;
}
