/* field.h -- bytes of the data in text formats: ids and titles as a cell of TSV, CSV or JSON. */
#ifndef RS_REPORT_FIELD_H
#define RS_REPORT_FIELD_H

#include "lib/base/buf.h"

enum rs_text_format { RS_TEXT_TSV, RS_TEXT_CSV, RS_TEXT_JSONL };
extern const char *const rs_text_format_name[]; /* "tsv", ...; NULL at the end */

/* TSV: tab, LF, CR and backslash become \t \n \r \\. */
int rs_field_tsv(struct rs_buf *b, const char *p, size_t n, struct rs_err *err);

/* CSV: as RFC 4180, quoted only where needed. */
int rs_field_csv(struct rs_buf *b, const char *p, size_t n, struct rs_err *err);

/* A JSON string with its quotes. Bytes that are not UTF-8 become \u00HH, as if they were Latin-1. */
int rs_field_json(struct rs_buf *b, const char *p, size_t n, struct rs_err *err);

/* In the format, which is TSV or CSV. */
int rs_field(struct rs_buf *b, enum rs_text_format f, const char *p, size_t n, struct rs_err *err);

/* The same where there is room for RS_FIELD_MAX(n) bytes; returns what is behind it. */
#define RS_FIELD_MAX(n) (2 * (n) + 2)
char *rs_field_put(char *to, enum rs_text_format f, const char *p, size_t n);

#endif
