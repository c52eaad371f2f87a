/* jsonstr.h -- bytes as a JSON string. */
#ifndef RS_BASE_JSONSTR_H
#define RS_BASE_JSONSTR_H

#include "lib/base/buf.h"

/* Appends the n bytes in quotes, escaped. RS_EDATA (no sentence) where they are not UTF-8, and the buffer unchanged. */
int rs_json_string(struct rs_buf *b, const void *bytes, size_t n, struct rs_err *err);

/* The same of any bytes: those that are not UTF-8 become \u00HH, as if they were Latin-1. */
int rs_json_string_any(struct rs_buf *b, const void *bytes, size_t n, struct rs_err *err);

#endif
