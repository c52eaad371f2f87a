/* pseudonym.c -- ids of people replaced by a keyed hash. */
#include "lib/data/pseudonym.h"

#include "lib/base/file.h"
#include "lib/base/text.h"

#include <string.h>

#define KEY_MIN 16
#define KEY_MAX 4096

int rs_pseudonym_load(struct rs_hmac *key, const char *path, struct rs_err *err)
{
	char bytes[KEY_MAX + 2];
	struct rs_in *in;
	size_t n;
	int rc;

	if ((rc = rs_in_open(&in, path, err)) < 0)
		return rc;
	if ((rc = rs_in_read(in, bytes, sizeof bytes, &n, err)) == 0) {
		n -= n > 0 && bytes[n - 1] == '\n';
		if (n < KEY_MIN || n > KEY_MAX)
			rc = rs_fail(err, RS_EDATA, "%s: a key of %s bytes: expected %d to %d, as from openssl rand -hex 32",
			             rs_in_name(in), n < KEY_MIN ? "too few" : "too many", KEY_MIN, KEY_MAX);
		else
			rs_hmac_key(key, bytes, n);
	}
	explicit_bzero(bytes, sizeof bytes);
	rs_in_close(in);
	return rc;
}

void rs_pseudonym(const struct rs_hmac *key, const void *id, size_t n, char out[RS_PSEUDONYM_BYTES])
{
	uint8_t hash[RS_SHA256_BYTES];

	rs_hmac(key, id, n, hash);
	rs_put_hex(out, hash, RS_PSEUDONYM_BYTES / 2);
}

int rs_pseudonym_map(struct rs_keymap **out, const struct rs_hmac *key, const struct rs_keymap *m, struct rs_err *err)
{
	int rc = rs_keymap_new(out, err);

	for (uint32_t i = 0; i < rs_keymap_count(m) && rc == 0; i++) {
		char name[RS_PSEUDONYM_BYTES];
		size_t n;
		const char *id = rs_keymap_key(m, i, &n);
		uint32_t ix;

		rs_pseudonym(key, id, n, name);
		if ((rc = rs_keymap_add(*out, name, sizeof name, &ix, err)) == 0 && ix != i)
			rc = rs_fail(err, RS_EDATA, "two ids have one pseudonym: expected another key");
	}
	if (rc < 0) {
		rs_keymap_free(*out);
		*out = NULL;
	}
	return rc;
}
