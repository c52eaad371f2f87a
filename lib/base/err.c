/* err.c -- errors travel up with their story. */
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

/* The bytes of the character at p, if a terminal only shows it; 0: it is a control, or no UTF-8. */
static size_t shown(const unsigned char *p)
{
	size_t n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f;
	if (*p < 0xc2 || *p > 0xf4 || (*p == 0xc2 && p[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void rs_one_line(char *to, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t k = 0;

	while (*p != 0) {
		size_t n = shown(p);

		if (k + (n == 0 ? 4 : n) >= size)
			break;
		if (n == 0) {
			to[k++] = '\\';
			to[k++] = 'x';
			to[k++] = hex[*p >> 4];
			to[k++] = hex[*p++ & 15];
		}
		for (; n > 0; n--)
			to[k++] = (char)*p++;
	}
	to[k] = 0;
}

static void __attribute__((format(printf, 2, 0))) set_text(struct rs_err *err, const char *fmt, va_list ap)
{
	char text[sizeof err->text];

	if (vsnprintf(text, sizeof text, fmt, ap) < 0)
		text[0] = 0;
	rs_one_line(err->text, sizeof err->text, text);
}

#undef rs_fail
int rs_fail(struct rs_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err != NULL) {
		err->code = code;
		va_start(ap, fmt);
		set_text(err, fmt, ap);
		va_end(ap);
	}
	return code;
}

int rs_fail_errno(struct rs_err *err, int code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	if (err != NULL) {
		err->code = code;
		va_start(ap, fmt);
		set_text(err, fmt, ap);
		va_end(ap);
		n = strlen(err->text);
		snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
	}
	return code;
}

int rs_fail_prefix(struct rs_err *err, const char *fmt, ...)
{
	char old[sizeof err->text];
	va_list ap;
	size_t n;

	if (err == NULL)
		return 0;
	memcpy(old, err->text, sizeof old);
	va_start(ap, fmt);
	set_text(err, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %.*s", (int)(sizeof old - 1), old);
	return err->code;
}

const char *rs_quote(char *buf, size_t size, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t cut = n < 64 ? n : 64, k = 0;

	if (size < 6) {
		if (size > 0)
			buf[0] = 0;
		return buf;
	}
	buf[k++] = '"';
	for (size_t i = 0; i < cut && k + 9 < size; i++) {
		if (p[i] == '"' || p[i] == '\\') {
			buf[k++] = '\\';
			buf[k++] = (char)p[i];
		} else if (p[i] >= 0x20 && p[i] < 0x7f) {
			buf[k++] = (char)p[i];
		} else {
			buf[k++] = '\\';
			buf[k++] = 'x';
			buf[k++] = hex[p[i] >> 4];
			buf[k++] = hex[p[i] & 15];
		}
	}
	buf[k++] = '"';
	if (cut < n && k + 4 <= size) {
		memcpy(buf + k, "...", 3);
		k += 3;
	}
	buf[k] = 0;
	return buf;
}
