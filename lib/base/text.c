/* text.c -- numbers as text and back, the same in every locale. */
#include "lib/base/text.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 10^0 .. 10^22 are exact in a double. */
static const double pow10_exact[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
	                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

#define DIGITS 20 /* at most, of 64 bits */

static const char pair[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940"
                           "4142434445464748495051525354555657585960616263646566676869707172737475767778798081"
                           "828384858687888990919293949596979899";

/* Writes the digits of v before `end`, two at a time; returns where they begin. */
static char *put_digits(char *end, uint64_t v)
{
	for (; v >= 10; v /= 100)
		memcpy(end -= 2, pair + 2 * (v % 100), 2);
	if (v > 0)
		*--end = (char)('0' + v);
	return end;
}

size_t rs_put_u64(char *p, uint64_t v)
{
	char digit[DIGITS] = { 0 };
	const char *from;
	size_t n;

	if (v < 10) {
		*p = (char)('0' + v);
		return 1;
	}
	if (v < 100) {
		memcpy(p, pair + 2 * v, 2);
		return 2;
	}
	from = put_digits(digit + DIGITS, v);
	n = (size_t)(digit + DIGITS - from);
	for (size_t i = 0; i < n; i++)
		p[i] = from[i];
	return n;
}

size_t rs_put_i64(char *p, int64_t v)
{
	if (v >= 0)
		return rs_put_u64(p, (uint64_t)v);
	*p = '-';
	return 1 + rs_put_u64(p + 1, -(uint64_t)v);
}

/* digits x 10^exp10 in the shorter of plain and scientific form; digits > 0 without zeros at its end. */
static size_t put_decimal(char *p, uint64_t digits, int exp10)
{
	char text[2 * DIGITS] = { 0 };
	const char *d = put_digits(text + DIGITS, digits);
	size_t n = (size_t)(text + DIGITS - d), k = 0;
	int point = (int)n + exp10; /* digits before the decimal point */

	if (point >= -4 && point <= 0) {
		p[k++] = '0';
		p[k++] = '.';
		for (int i = point; i < 0; i++)
			p[k++] = '0';
		memcpy(p + k, d, DIGITS); /* of a known size, so without a call; there is room */
		return k + n;
	}
	if (point > 0 && point <= 17) {
		for (int i = 0; i < point; i++)
			p[k++] = i < (int)n ? d[i] : '0';
		if ((int)n > point) {
			p[k++] = '.';
			memcpy(p + k, d + point, n - (size_t)point);
			k += n - (size_t)point;
		}
		return k;
	}
	p[k++] = d[0];
	if (n > 1) {
		p[k++] = '.';
		memcpy(p + k, d + 1, n - 1);
		k += n - 1;
	}
	p[k++] = 'e';
	point--;
	p[k++] = point < 0 ? '-' : '+';
	if (point < 0)
		point = -point;
	if (point < 10)
		p[k++] = '0';
	return k + rs_put_u64(p + k, (uint64_t)point);
}

static size_t put_special(char *p, double v)
{
	const char *s = isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";

	memcpy(p, s, strlen(s));
	return strlen(s);
}

/* What "%.*e" wrote, as digits and exponent. */
static size_t put_scientific(char *p, const char *text)
{
	uint64_t digits = 0;
	int exp10 = 0, after = 0;
	const char *c = text;

	for (; *c != 'e'; c++) {
		if (*c == '.') {
			after = 1;
			continue;
		}
		digits = digits * 10 + (uint64_t)(*c - '0');
		exp10 -= after;
	}
	exp10 += (int)strtol(c + 1, NULL, 10);
	while (digits % 10 == 0) {
		digits /= 10;
		exp10++;
	}
	return put_decimal(p, digits, exp10);
}

static size_t put_f32_slowly(char *p, float v)
{
	char text[40];

	for (int precision = v < FLT_MIN ? 0 : 5; precision < 9; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, (double)v);
		if (strtof(text, NULL) == v)
			break;
	}
	return put_scientific(p, text);
}

/* The 8 digits of v < 10^8, zeros in front among them, as bytes: the first is the lowest. Pairs of halves, at once. */
static uint64_t eight_digits(uint32_t v)
{
	uint64_t x = v / 10000 | (uint64_t)(v % 10000) << 32, q;

	q = (x * 10486 >> 20) & 0x0000007f0000007f; /* x / 100 in each half */
	x = q | (x - q * 100) << 16;
	q = (x * 103 >> 10) & 0x000f000f000f000f; /* x / 10 in each quarter */
	return (q | (x - q * 10) << 8) + 0x3030303030303030;
}

#define TO_INTEGER 6755399441055744.0 /* 1.5 x 2^52: added and taken away again it rounds to the nearest integer */

/* ---- the plain form of a float, 10^-4 to 10^6 ---- */

#define PLAIN_LEAST 0x38d1b717u /* 1e-4f */
#define PLAIN_END 0x49742400u   /* 1e6f */
#define FRACTION 23             /* bits of a float */
#define TRIES 4                 /* 6, 7, 8 or 9 digits */

typedef double doubles __attribute__((vector_size(16)));
typedef int64_t truths __attribute__((vector_size(16))); /* 0 or -1 */

/* The fewest digits that read back as v, about 10^e: the nearest integer to v x 10^(n - 1 - e), if it is less than half the
 * distance of two floats away, or as much where v is even. All of it is exact: the powers are up to 5^12 x 2^12, so that no
 * product has more than 53 bits. *t: how many more than 6 digits; what one number of digits can, more can, and nine always. */
static uint32_t fewest_digits(float v, uint32_t bits, int e, unsigned *t)
{
	static const double tie[] = { 0.5, 0 };
	uint64_t half_bits = (uint64_t)((bits >> FRACTION) + 1023 - 127 - FRACTION - 1) << 52;
	double half;
	doubles power[TRIES / 2], nearest[TRIES / 2];
	truths same[TRIES / 2];

	memcpy(&half, &half_bits, sizeof half);
	memcpy(power, pow10_exact + (5 - e), sizeof power);
	for (int k = 0; k < TRIES / 2; k++) {
		doubles x = (double)v * power[k];

		nearest[k] = x + TO_INTEGER - TO_INTEGER;
		x = (doubles)((truths)(x - nearest[k]) & INT64_MAX); /* how far */
		same[k] = x < half * power[k] + half * tie[bits & 1];
	}
	*t = (unsigned)(TRIES - 1 + same[0][0] + same[0][1] + same[1][0]);
	return (uint32_t)nearest[*t / 2][*t % 2];
}

/* PLAIN_LEAST <= bits < PLAIN_END, those of a float that is neither an integer nor a power of two. */
static size_t put_plain_f32(char *p, float v, uint32_t bits)
{
	static const float least[] = { 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f };
	static const uint32_t scale[TRIES] = { 1000, 100, 10, 1 };
	unsigned e = ((bits >> FRACTION) * 1233 - (127 * 1233 - 5 * 4096)) / 4096, t; /* that of the power of two, and 5 */
	uint64_t eight;
	uint32_t x;
	int point; /* digits before it */
	size_t n;

	e -= v < least[e]; /* least[e] <= v < least[e + 1] */
	point = (int)e - 3;
	x = fewest_digits(v, bits, point - 1, &t);
	n = 6 + t;
	if (t == 0)
		for (uint32_t rest = x; rest % 10 == 0; rest /= 10)
			n--;
	x *= scale[t]; /* nine digits */
	eight = eight_digits(x % 100000000);
	if (point <= 0) {
		memcpy(p, "0.000", 5);
		p += 2 - point;
	}
	*p = (char)('0' + x / 100000000);
	memcpy(p + 1, &eight, 8);
	if (point <= 0)
		return (size_t)(2 - point) + n;
	eight >>= 8 * (point - 1);
	p[point] = '.';
	memcpy(p + point + 1, &eight, 8);
	return n + 1;
}

/* ---- any float ---- */

/* The logarithm of a, from 1e-13 to 1e15, or one less. */
static int floor_log10(double a)
{
	uint64_t bits;

	memcpy(&bits, &a, sizeof bits);
	return (int)((double)((int)(bits >> 52) - 1023) * 0.30102999566398120 + 64) - 64;
}

/* Where the plain form is not it, or not found as above. */
static __attribute__((noinline)) size_t put_any_f32(char *p, float v)
{
	double a = fabs((double)v);
	size_t sign = 0;
	int e;

	if (!isfinite(v))
		return put_special(p, (double)v);
	if (v == 0) {
		*p = '0';
		return 1;
	}
	if (v < 0) {
		*p++ = '-';
		sign = 1;
	}
	if (a < 16777216 && a == (double)(uint64_t)a)
		return sign + rs_put_u64(p, (uint64_t)a);
	if (a < 1e-13 || a >= 1e15)
		return sign + put_f32_slowly(p, (float)a);
	/* 10^(e) <= a < 10^(e + 1), to within one: then 7, 8 or 9 digits through exact powers of ten. */
	e = floor_log10(a);
	assert(e >= -14 && e <= 14);
	if (a >= (e + 1 >= 0 ? pow10_exact[e + 1] : 1 / pow10_exact[-(e + 1)]))
		e++;
	for (int n = 6; n <= 9; n++) {
		int shift = n - 1 - e; /* a x 10^shift has n digits */
		double scaled = shift >= 0 ? a * pow10_exact[shift] : a / pow10_exact[-shift];
		double r = scaled + TO_INTEGER - TO_INTEGER, back;
		uint64_t digits;

		back = shift >= 0 ? r / pow10_exact[shift] : r * pow10_exact[-shift];
		if ((float)back != (float)a)
			continue;
		digits = (uint64_t)r;
		while (digits % 10 == 0) {
			digits /= 10;
			shift--;
		}
		return sign + put_decimal(p, digits, -shift);
	}
	return sign + put_f32_slowly(p, (float)a);
}

size_t rs_put_f32(char *p, float v)
{
	uint32_t bits, size;
	float a = fabsf(v);

	memcpy(&bits, &v, sizeof bits);
	memcpy(&size, &a, sizeof size);
	if (size < PLAIN_LEAST || size >= PLAIN_END || a == (float)(int32_t)a || size << (32 - FRACTION) == 0)
		return put_any_f32(p, v);
	*p = '-';
	return (bits >> 31) + put_plain_f32(p + (bits >> 31), a, size);
}

size_t rs_put_f64(char *p, double v)
{
	char text[40];
	size_t sign = 0;

	if (!isfinite(v))
		return put_special(p, v);
	if (v == 0) {
		*p = '0';
		return 1;
	}
	if (v < 0) {
		*p++ = '-';
		sign = 1;
		v = -v;
	}
	if (v < 9007199254740992.0 && v == floor(v))
		return sign + rs_put_u64(p, (uint64_t)v);
	for (int precision = v < DBL_MIN ? 0 : 14; precision < 17; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	return sign + put_scientific(p, text);
}

bool rs_get_u64(const char *p, size_t n, uint64_t *v)
{
	uint64_t x = 0;

	if (n == 0 || n > 64)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(unsigned char)p[i] - '0';

		if (d > 9 || __builtin_mul_overflow(x, (uint64_t)10, &x) || __builtin_add_overflow(x, (uint64_t)d, &x))
			return false;
	}
	*v = x;
	return true;
}

bool rs_get_i64(const char *p, size_t n, int64_t *v)
{
	bool minus = n > 0 && *p == '-';
	uint64_t x;

	if (n > 0 && (*p == '-' || *p == '+')) {
		p++;
		n--;
	}
	if (!rs_get_u64(p, n, &x) || x > (uint64_t)INT64_MAX + (minus ? 1 : 0))
		return false;
	*v = (int64_t)(minus ? -x : x);
	return true;
}

bool rs_get_f64(const char *p, size_t n, double *v)
{
	char text[65];
	uint64_t digits = 0;
	size_t i = 0, n_digits = 0, n_seen = 0;
	int64_t exp10 = 0;
	bool minus, point = false;
	double x;

	if (n == 0 || n > 64)
		return false;
	minus = p[0] == '-';
	if (p[0] == '-' || p[0] == '+')
		i++;
	for (; i < n; i++) {
		unsigned d = (unsigned)(unsigned char)p[i] - '0';

		if (p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (d > 9)
			break;
		n_seen++;
		if (n_digits > 0 || d > 0)
			n_digits++;
		if (n_digits <= 19)
			digits = digits * 10 + d;
		exp10 -= point;
	}
	if (n_seen == 0)
		return false;
	if (i < n) {
		int64_t e;

		if ((p[i] != 'e' && p[i] != 'E') || !rs_get_i64(p + i + 1, n - i - 1, &e) || e < -100000 || e > 100000)
			return false;
		exp10 += e;
	}
	if (n_digits <= 15 && exp10 >= -22 && exp10 <= 22) {
		x = exp10 < 0 ? (double)digits / pow10_exact[-exp10] : (double)digits * pow10_exact[exp10];
		*v = minus ? -x : x;
		return true;
	}
	memcpy(text, p, n);
	text[n] = 0;
	x = strtod(text, NULL);
	if (!isfinite(x))
		return false;
	*v = x;
	return true;
}

bool rs_get_size(const char *p, size_t n, uint64_t *bytes)
{
	unsigned shift = 0;
	double v;

	if (n > 1 && (p[n - 1] == 'B' || p[n - 1] == 'b'))
		n--;
	if (n > 1) {
		switch (p[n - 1]) {
		case 'k':
		case 'K': shift = 10; break;
		case 'm':
		case 'M': shift = 20; break;
		case 'g':
		case 'G': shift = 30; break;
		case 't':
		case 'T': shift = 40; break;
		default: break;
		}
		if (shift > 0)
			n--;
	}
	if (!rs_get_f64(p, n, &v) || v < 0 || v * (double)((uint64_t)1 << shift) > 9e18)
		return false;
	*bytes = (uint64_t)(v * (double)((uint64_t)1 << shift));
	return true;
}

void rs_put_hex(char *p, const uint8_t *bytes, size_t n)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		p[2 * i] = digit[bytes[i] >> 4];
		p[2 * i + 1] = digit[bytes[i] & 15];
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool rs_get_hex(uint8_t *bytes, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
