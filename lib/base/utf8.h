/* utf8.h -- text in UTF-8 and in ISO-8859-1. The one place that knows what UTF-8 is: shortest forms, no surrogates, up to
 * U+10FFFF (RFC 3629). */
#ifndef RS_BASE_UTF8_H
#define RS_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The same of a character beyond ASCII. */
size_t rs_utf8_length_long(const char *p, size_t n);

/* The bytes of the character at p, of which n > 0 are left; 0: there is none. */
static inline size_t rs_utf8_length(const char *p, size_t n)
{
	return (unsigned char)*p < 0x80 ? 1 : rs_utf8_length_long(p, n);
}

/* The same where a terminal only shows it: 0 of a control, too. */
size_t rs_utf8_shown(const char *p, size_t n);

bool rs_utf8_valid(const char *p, size_t n);

/* The same where the text may be cut off inside its last character. */
bool rs_utf8_valid_start(const char *p, size_t n);

bool rs_is_ascii(const char *p, size_t n);

/* ISO-8859-1 to UTF-8; returns the bytes written, at most 2 n. */
size_t rs_latin1_to_utf8(char *out, const char *p, size_t n);

#endif
