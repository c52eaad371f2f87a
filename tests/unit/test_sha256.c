/* test_sha256.c -- SHA-256 and HMAC against the published examples, and cut in any way. */
#include "lib/base/sha256.h"
#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *hex(const uint8_t out[RS_SHA256_BYTES])
{
	static char text[2 * RS_SHA256_BYTES + 1];

	rs_put_hex(text, out, RS_SHA256_BYTES);
	return text;
}

static const char *digest(const char *message, size_t n)
{
	uint8_t out[RS_SHA256_BYTES];
	struct rs_sha256 s;

	rs_sha256_begin(&s);
	rs_sha256_add(&s, message, n);
	rs_sha256_end(&s, out);
	return hex(out);
}

static const char *mac(const char *key, size_t n_key, const char *message, size_t n)
{
	uint8_t out[RS_SHA256_BYTES];
	struct rs_hmac m;

	rs_hmac_key(&m, key, n_key);
	rs_hmac(&m, message, n, out);
	return hex(out);
}

/* FIPS 180-4, and the empty message. */
static void published_digests(void **state)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char *million = malloc(1000000);

	(void)state;
	assert_string_equal(digest("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(digest("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(digest(two_blocks, sizeof two_blocks - 1),
	                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_non_null(million);
	memset(million, 'a', 1000000);
	assert_string_equal(digest(million, 1000000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

/* RFC 4231, cases 1, 2, 6. */
static void published_macs(void **state)
{
	char key[131];

	(void)state;
	memset(key, 0x0b, 20);
	assert_string_equal(mac(key, 20, "Hi There", 8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_string_equal(mac("Jefe", 4, "what do ya want for nothing?", 28),
	                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	assert_string_equal(mac(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54),
	                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void any_cut_gives_the_same(void **state)
{
	uint8_t message[300], whole[RS_SHA256_BYTES], parts[RS_SHA256_BYTES];
	struct rs_sha256 s;

	(void)state;
	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 0; n <= sizeof message; n += 7) {
		rs_sha256_begin(&s);
		rs_sha256_add(&s, message, n);
		rs_sha256_end(&s, whole);
		for (size_t step = 1; step < 70; step += 3) {
			rs_sha256_begin(&s);
			for (size_t at = 0; at < n; at += step)
				rs_sha256_add(&s, message + at, n - at < step ? n - at : step);
			rs_sha256_end(&s, parts);
			assert_memory_equal(whole, parts, sizeof whole);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_digests),
		cmocka_unit_test(published_macs),
		cmocka_unit_test(any_cut_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
