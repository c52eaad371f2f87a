/* fuzz_utf8.c -- any bytes as UTF-8, against a plain decoder; ISO 8859-1 always becomes valid UTF-8. */
#include "lib/base/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool plain_valid(const uint8_t *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	for (size_t i = 0; i < n;) {
		size_t len = p[i] < 0x80 ? 1 : p[i] >> 5 == 6 ? 2 : p[i] >> 4 == 14 ? 3 : p[i] >> 3 == 30 ? 4 : 0;
		uint32_t c = len == 1 ? p[i] : p[i] & (0x7fu >> len);

		if (len == 0 || len > n - i)
			return false;
		for (size_t k = 1; k < len; k++) {
			if (p[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (p[i + k] & 0x3f);
		}
		if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		i += len;
	}
	return true;
}

static bool valid_by_character(const char *p, size_t n)
{
	for (size_t i = 0, len; i < n; i += len)
		if ((len = rs_utf8_length(p + i, n - i)) == 0)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *out = malloc(2 * n + 1);

	if (out == NULL)
		abort();
	assert(rs_utf8_valid((const char *)data, n) == plain_valid(data, n));
	assert(valid_by_character((const char *)data, n) == plain_valid(data, n));
	if (rs_utf8_valid((const char *)data, n))
		for (size_t cut = n < 4 ? 0 : n - 4; cut <= n; cut++)
			assert(rs_utf8_valid_start((const char *)data, cut));
	assert(rs_utf8_valid(out, rs_latin1_to_utf8(out, (const char *)data, n)));
	free(out);
	return 0;
}
