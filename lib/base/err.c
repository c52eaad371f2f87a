/* err.c -- errors travel up with their story. */
#include "lib/base/err.h"

#include "lib/base/text.h"
#include "lib/base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUOTED 64 /* bytes of a text that are quoted, as a rule */

/* A byte as \xHH; returns the 4 bytes of that. */
static size_t put_escape(char *to, unsigned char c)
{
	memcpy(to, "\\x", 2);
	rs_put_hex(to + 2, &c, 1);
	return 4;
}

void rs_one_line(char *to, size_t size, const char *text)
{
	const char *end = text + strlen(text);
	size_t k = 0;

	while (text < end) {
		size_t n = rs_utf8_shown(text, (size_t)(end - text));

		if (k + (n == 0 ? 4 : n) >= size)
			break;
		if (n == 0) {
			k += put_escape(to + k, (unsigned char)*text++);
			continue;
		}
		memcpy(to + k, text, n);
		text += n;
		k += n;
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
	const char *p = bytes;
	size_t k = 0, i = 0, len;

	if (size < 6) {
		if (size > 0)
			buf[0] = 0;
		return buf;
	}
	buf[k++] = '"';
	for (; i < n && i < QUOTED && k + 9 < size; i += len) {
		len = rs_utf8_shown(p + i, n - i);
		if (p[i] == '"' || p[i] == '\\')
			buf[k++] = '\\';
		if (len == 0) {
			k += put_escape(buf + k, (unsigned char)p[i]);
			len = 1;
			continue;
		}
		memcpy(buf + k, p + i, len);
		k += len;
	}
	buf[k++] = '"';
	if (i < n && k + 4 <= size) {
		memcpy(buf + k, "...", 3);
		k += 3;
	}
	buf[k] = 0;
	return buf;
}
