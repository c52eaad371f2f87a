/* utf8.h -- text in UTF-8 and in ISO-8859-1. */
#ifndef RS_DATA_UTF8_H
#define RS_DATA_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are UTF-8: shortest forms, no surrogates, up to U+10FFFF. */
bool rs_utf8_valid(const char *p, size_t n);

/* The same where the text may be cut off inside its last character. */
bool rs_utf8_valid_start(const char *p, size_t n);

bool rs_is_ascii(const char *p, size_t n);

/* ISO-8859-1 to UTF-8; returns the bytes written, at most 2 n. */
size_t rs_latin1_to_utf8(char *out, const char *p, size_t n);

#endif
