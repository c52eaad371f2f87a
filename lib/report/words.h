/* words.h -- numbers and names as people read them. Each fills text, of RS_WORD_MAX bytes, and returns it. */
#ifndef RS_REPORT_WORDS_H
#define RS_REPORT_WORDS_H

#include "lib/analyze/analyze.h"

#define RS_WORD_MAX 64

const char *rs_word_count(char *text, uint64_t n);   /* "1,234,567" */
const char *rs_word_number(char *text, double v);    /* four digits, "-" for NaN */
const char *rs_word_percent(char *text, double share); /* "12.3 %" */
const char *rs_word_bytes(char *text, uint64_t n);   /* "44.5 MiB" */
const char *rs_word_date(char *text, int64_t s);     /* "2024-01-31" */
const char *rs_word_bar(char *text, const struct rs_bar *b, bool whole); /* "16-31"; whole: of whole numbers */

/* The bytes of a name that fit n columns, with what is no printable UTF-8 as '?' and a cut, in the middle, shown by "...". */
int rs_word_name(struct rs_buf *out, const char *p, size_t n, size_t n_columns, struct rs_err *err);

#endif
