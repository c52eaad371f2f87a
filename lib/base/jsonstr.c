/* jsonstr.c -- escaping and the check of UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF). */
#include "lib/base/jsonstr.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the character at p, of which n > 0 are left; 0 where there is none. */
static size_t utf8_len(const uint8_t *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return len;
}

int rs_json_string(struct rs_buf *b, const void *bytes, size_t n, struct rs_err *err)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = bytes, *end = p + n;
	size_t before = b->n;
	char *to;
	int rc;

	if ((rc = rs_buf_reserve(b, 6 * n + 2, err)) < 0)
		return rc;
	to = b->p + b->n;
	*to++ = '"';
	while (p < end) {
		size_t len = utf8_len(p, (size_t)(end - p));

		if (len == 0) {
			b->n = before;
			return RS_EDATA;
		}
		if (*p == '"' || *p == '\\') {
			*to++ = '\\';
			*to++ = (char)*p;
		} else if (*p < 0x20 || *p == 0x7f) {
			memcpy(to, "\\u00", 4);
			to[4] = hex[*p >> 4];
			to[5] = hex[*p & 15];
			to += 6;
		} else {
			memcpy(to, p, len);
			to += len;
		}
		p += len;
	}
	*to++ = '"';
	b->n = (size_t)(to - b->p);
	return 0;
}
