/* test_keymap.c -- interning: a million keys, keys that are empty, binary, long, or too long. */
#include "lib/base/keymap.h"

#include <stdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct rs_err err;

static void a_million_keys(void **state)
{
	struct rs_keymap *m;
	char key[32];
	uint32_t ix;

	(void)state;
	assert_int_equal(rs_keymap_new(&m, &err), 0);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < 1000000; i++) {
			size_t n = (size_t)snprintf(key, sizeof key, "user-%u", i * 2654435761u);

			if (rs_keymap_add(m, key, n, &ix, &err) != 0 || ix != i)
				fail_msg("key %u got %u", i, ix);
		}
		assert_int_equal(rs_keymap_count(m), 1000000);
	}
	for (uint32_t i = 0; i < 1000000; i++) {
		size_t want = (size_t)snprintf(key, sizeof key, "user-%u", i * 2654435761u), n;
		const char *got = rs_keymap_key(m, i, &n);

		if (n != want || memcmp(got, key, n) != 0 || rs_keymap_find(m, key, n) != i)
			fail_msg("key %u is lost", i);
	}
	assert_int_equal(rs_keymap_find(m, "user-", 5), RS_NONE);
	rs_keymap_free(m);
	rs_keymap_free(NULL);
}

static void odd_keys(void **state)
{
	struct rs_keymap *m;
	char big[RS_KEY_MAX + 1] = { 0 };
	uint32_t ix;
	size_t n;

	(void)state;
	assert_int_equal(rs_keymap_new(&m, &err), 0);
	assert_int_equal(rs_keymap_find(m, "", 0), RS_NONE);
	assert_int_equal(rs_keymap_add(m, "", 0, &ix, &err), 0);
	assert_int_equal(ix, 0);
	rs_keymap_key(m, 0, &n);
	assert_int_equal(n, 0);
	for (size_t len = 1; len <= RS_KEY_MAX; len++) {
		assert_int_equal(rs_keymap_add(m, big, len, &ix, &err), 0);
		assert_int_equal(ix, len);
	}
	assert_int_equal(rs_keymap_add(m, big, RS_KEY_MAX + 1, &ix, &err), RS_EDATA);
	assert_int_equal(rs_keymap_count(m), RS_KEY_MAX + 1);
	assert_int_equal(rs_keymap_find(m, big, RS_KEY_MAX + 1), RS_NONE);
	rs_keymap_free(m);
}

#define NEAR_LEN 20
#define NEAR_MAX (1 + NEAR_LEN * 255)

/* Keys of each length that differ in one byte are different keys, in a group too. */
static void near_keys(void **state)
{
	static char byte[NEAR_MAX][NEAR_LEN];
	static struct rs_key key[NEAR_MAX];
	static uint32_t ix[NEAR_MAX];
	struct rs_keymap *m;
	uint32_t before = 0;

	(void)state;
	assert_int_equal(rs_keymap_new(&m, &err), 0);
	for (size_t len = 0; len <= NEAR_LEN; len++) {
		size_t n = 0;

		memset(byte, 0, sizeof byte);
		key[n++] = (struct rs_key){ byte[0], len };
		for (size_t at = 0; at < len; at++)
			for (int b = 1; b < 256; b++, n++) {
				byte[n][at] = (char)b;
				key[n] = (struct rs_key){ byte[n], len };
			}
		for (int pass = 0; pass < 2; pass++) {
			assert_int_equal(rs_keymap_add_all(m, key, n, ix, &err), 0);
			for (size_t i = 0; i < n; i++)
				if (ix[i] != before + i || rs_keymap_find(m, key[i].p, len) != ix[i])
					fail_msg("key %zu of %zu bytes got %u", i, len, ix[i]);
		}
		before += (uint32_t)n;
	}
	assert_int_equal(rs_keymap_count(m), before);
	rs_keymap_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_keys),
		cmocka_unit_test(odd_keys),
		cmocka_unit_test(near_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
