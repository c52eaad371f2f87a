/* jsonstr.c -- see jsonstr.h. */
#include "lib/base/jsonstr.h"

#include "lib/base/text.h"
#include "lib/base/utf8.h"

#include <stdbool.h>
#include <string.h>

static int put_string(struct rs_buf *b, const char *p, size_t n, bool any, struct rs_err *err)
{
	const char *end = p + n;
	char *to;
	int rc;

	if ((rc = rs_buf_reserve(b, 6 * n + 2, err)) < 0)
		return rc;
	to = b->p + b->n;
	*to++ = '"';
	while (p < end) {
		size_t len = rs_utf8_length(p, (size_t)(end - p));
		unsigned char c = (unsigned char)*p;

		if (len == 0 && !any)
			return RS_EDATA;
		if (c == '"' || c == '\\') {
			*to++ = '\\';
			*to++ = *p++;
		} else if (len == 0 || c < 0x20 || c == 0x7f) {
			memcpy(to, "\\u00", 4);
			rs_put_hex(to + 4, &c, 1);
			to += 6;
			p++;
		} else {
			memcpy(to, p, len);
			to += len;
			p += len;
		}
	}
	*to++ = '"';
	b->n = (size_t)(to - b->p);
	return 0;
}

int rs_json_string(struct rs_buf *b, const void *bytes, size_t n, struct rs_err *err)
{
	return put_string(b, bytes, n, false, err);
}

int rs_json_string_any(struct rs_buf *b, const void *bytes, size_t n, struct rs_err *err)
{
	return put_string(b, bytes, n, true, err);
}
