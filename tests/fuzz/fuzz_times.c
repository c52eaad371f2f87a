/* fuzz_times.c -- any bytes as a time in each unit: within the years 1 to 9999, and rounded down; or not a time. */
#include "lib/base/text.h"
#include "lib/data/times.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_time_vote vote = { { 0 } };
	char text[RS_NUM_MAX];
	int64_t s, again;

	for (int unit = RS_TIME_S; unit < RS_TIME_UNITS; unit++) {
		if (!rs_time_read((enum rs_time_unit)unit, (const char *)data, n, &s))
			continue;
		assert(s >= -62135596800 && s <= 253402300799);
		assert(rs_time_read(RS_TIME_ISO, text, rs_put_iso_time(text, s), &again) && again == s);
	}
	rs_time_vote(&vote, (const char *)data, n);
	assert(rs_time_expected(rs_time_elected(&vote)) != NULL);
	return 0;
}
