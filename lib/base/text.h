/* text.h -- numbers as text and back, the same in every locale.
 *
 * Writers put the shortest decimal form that reads back as the same number and return the number of bytes, without a
 * final 0; RS_NUM_MAX bytes always suffice. Readers take the whole of [p, p + n) or fail with false. */
#ifndef RS_BASE_TEXT_H
#define RS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RS_NUM_MAX 40

size_t rs_put_u64(char *p, uint64_t v);
size_t rs_put_i64(char *p, int64_t v);
size_t rs_put_f32(char *p, float v);  /* "0.1", "3", "1.5e-07"; "nan", "inf", "-inf" */
size_t rs_put_f64(char *p, double v);

bool rs_get_i64(const char *p, size_t n, int64_t *v); /* sign, digits; no overflow */
bool rs_get_u64(const char *p, size_t n, uint64_t *v);
/* Decimal number, finite, up to 64 bytes; no hexadecimal, no "inf", no "nan". Correctly rounded. */
bool rs_get_f64(const char *p, size_t n, double *v);

/* RFC 3339 / ISO 8601 date or date-time ("2019-04-01", "2019-04-01T12:30:00Z", "...+02:00", " " for T, fraction
 * ignored after the second; without zone: UTC) to seconds since 1970, of the years 0 to 9999. */
bool rs_get_iso_time(const char *p, size_t n, int64_t *seconds);
size_t rs_put_iso_time(char *p, int64_t seconds); /* "2019-04-01T12:30:00Z" */

/* n bytes as 2 n hexadecimal digits in lower case, not ended by 0; and back. */
void rs_put_hex(char *p, const uint8_t *bytes, size_t n);
bool rs_get_hex(uint8_t *bytes, const char *p, size_t n);

/* "2G", "512M", "64k", "1000" (powers of 1024) to bytes. */
bool rs_get_size(const char *p, size_t n, uint64_t *bytes);

#endif
