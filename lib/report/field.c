/* field.c -- bytes of the data in text formats. */
#include "lib/report/field.h"

#include <stdbool.h>
#include <string.h>

int rs_field_tsv(struct rs_buf *b, const char *p, size_t n, struct rs_err *err)
{
	int rc = rs_buf_reserve(b, 2 * n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		char c = p[i], e = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\\' ? '\\' : 0;

		if (e != 0) {
			b->p[b->n++] = '\\';
			c = e;
		}
		b->p[b->n++] = c;
	}
	return 0;
}

int rs_field_csv(struct rs_buf *b, const char *p, size_t n, struct rs_err *err)
{
	bool quote = n > 0 && (p[0] == ' ' || p[n - 1] == ' ');
	int rc;

	for (size_t i = 0; i < n; i++)
		quote |= p[i] == ',' || p[i] == '"' || p[i] == '\n' || p[i] == '\r';
	if (!quote)
		return rs_buf_add(b, p, n, err);
	if ((rc = rs_buf_reserve(b, 2 * n + 2, err)) < 0)
		return rc;
	b->p[b->n++] = '"';
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			b->p[b->n++] = '"';
		b->p[b->n++] = p[i];
	}
	b->p[b->n++] = '"';
	return 0;
}

/* The length of the UTF-8 sequence at p, or 0: shortest form, no surrogates, up to U+10FFFF. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 :
	             p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

int rs_field_json(struct rs_buf *b, const char *bytes, size_t n, struct rs_err *err)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)bytes;
	int rc = rs_buf_reserve(b, 6 * n + 2, err);

	if (rc < 0)
		return rc;
	b->p[b->n++] = '"';
	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(p + i, n - i);

		if (p[i] == '"' || p[i] == '\\') {
			b->p[b->n++] = '\\';
			b->p[b->n++] = (char)p[i++];
		} else if (len == 0 || p[i] < 0x20 || p[i] == 0x7f) {
			memcpy(b->p + b->n, "\\u00", 4);
			b->p[b->n + 4] = hex[p[i] >> 4];
			b->p[b->n + 5] = hex[p[i] & 15];
			b->n += 6;
			i++;
		} else {
			memcpy(b->p + b->n, p + i, len);
			b->n += len;
			i += len;
		}
	}
	b->p[b->n++] = '"';
	return 0;
}

int rs_field(struct rs_buf *b, enum rs_text_format f, const char *p, size_t n, struct rs_err *err)
{
	return f == RS_TEXT_CSV ? rs_field_csv(b, p, n, err) : rs_field_tsv(b, p, n, err);
}
