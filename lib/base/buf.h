/* buf.h -- a growing run of bytes. Starts as RS_BUF_INIT (or all zero); released with rs_buf_release. */
#ifndef RS_BASE_BUF_H
#define RS_BASE_BUF_H

#include "lib/base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct rs_buf {
	char *p;    /* n bytes, not ended by 0 unless rs_buf_str was called */
	size_t n;   /* bytes in use */
	size_t cap; /* bytes of room */
};

#define RS_BUF_INIT                                                                                          \
	{                                                                                                    \
		NULL, 0, 0                                                                                   \
	}

/* Each returns 0 or RS_ENOMEM with the buffer unchanged. */
int rs_buf_reserve(struct rs_buf *b, size_t more, struct rs_err *err);
int rs_buf_add(struct rs_buf *b, const void *bytes, size_t n, struct rs_err *err);
int rs_buf_addc(struct rs_buf *b, char c, struct rs_err *err);
int rs_buf_adds(struct rs_buf *b, const char *str, struct rs_err *err);
int rs_buf_addf(struct rs_buf *b, struct rs_err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int rs_buf_addv(struct rs_buf *b, struct rs_err *err, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
int rs_buf_varint(struct rs_buf *b, uint64_t v, struct rs_err *err); /* LEB128, 1 to 10 bytes */

/* Puts a 0 behind the bytes (not counted in n) and returns them; NULL on RS_ENOMEM. */
const char *rs_buf_str(struct rs_buf *b, struct rs_err *err);

void rs_buf_release(struct rs_buf *b);

int rs_varint_read_long(const uint8_t **p, const uint8_t *end, uint64_t *v);

/* Reads a varint of at most 10 bytes from [*p, end); advances *p. 0, or RS_EDATA where it is cut or too long
 * (no sentence: the caller knows where). */
static inline int rs_varint_read(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	if (*p < end && **p < 0x80) { /* nearly always */
		*v = *(*p)++;
		return 0;
	}
	return rs_varint_read_long(p, end, v);
}

#endif
