/* buf.c -- a growing run of bytes. */
#include "lib/base/buf.h"

#include "lib/base/mem.h"

#include <stdio.h>
#include <string.h>

int rs_buf_reserve(struct rs_buf *b, size_t more, struct rs_err *err)
{
	size_t need;

	if (more <= b->cap - b->n)
		return 0;
	if (rs_add_overflows(b->n, more, &need))
		return rs_fail(err, RS_ENOMEM, "out of memory (%zu bytes wanted)", more);
	return rs_grow(&b->p, &b->cap, need, 1, err);
}

int rs_buf_add(struct rs_buf *b, const void *bytes, size_t n, struct rs_err *err)
{
	int rc = rs_buf_reserve(b, n, err);

	if (rc < 0)
		return rc;
	if (n > 0)
		memcpy(b->p + b->n, bytes, n);
	b->n += n;
	return 0;
}

int rs_buf_addc(struct rs_buf *b, char c, struct rs_err *err)
{
	return rs_buf_add(b, &c, 1, err);
}

int rs_buf_adds(struct rs_buf *b, const char *str, struct rs_err *err)
{
	return rs_buf_add(b, str, strlen(str), err);
}

int rs_buf_addv(struct rs_buf *b, struct rs_err *err, const char *fmt, va_list ap)
{
	va_list again;
	int n, rc;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	rc = n < 0 ? rs_fail(err, RS_EINTERNAL, "cannot format \"%s\"", fmt) : rs_buf_reserve(b, (size_t)n + 1, err);
	if (rc == 0) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	return rc;
}

int rs_buf_addf(struct rs_buf *b, struct rs_err *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = rs_buf_addv(b, err, fmt, ap);
	va_end(ap);
	return rc;
}

int rs_buf_varint(struct rs_buf *b, uint64_t v, struct rs_err *err)
{
	uint8_t byte[10];
	size_t n = 0;

	while (v >= 0x80) {
		byte[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	byte[n++] = (uint8_t)v;
	return rs_buf_add(b, byte, n, err);
}

const char *rs_buf_str(struct rs_buf *b, struct rs_err *err)
{
	if (rs_buf_reserve(b, 1, err) < 0)
		return NULL;
	b->p[b->n] = 0;
	return b->p;
}

void rs_buf_release(struct rs_buf *b)
{
	rs_free(b->p);
	b->p = NULL;
	b->n = 0;
	b->cap = 0;
}

int rs_varint_read_long(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	uint64_t x = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t byte;

		if (*p >= end)
			return RS_EDATA;
		byte = *(*p)++;
		if (shift == 63 && byte > 1)
			return RS_EDATA;
		x |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*v = x;
			return 0;
		}
	}
	return RS_EDATA;
}
