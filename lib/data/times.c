/* times.c -- points in time as text. */
#include "lib/data/times.h"

#include "lib/base/text.h"

#include <math.h>

const char *const rs_time_unit_name[RS_TIME_UNITS + 1] = { "guess", "s", "ms", "us", "ns", "iso", "ymd", NULL };

static const int64_t per_second[RS_TIME_UNITS] = { 1, 1, 1000, 1000000, 1000000000, 1, 1 };

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* 20190401, midnight. */
static bool read_ymd(const char *p, size_t n, int64_t *seconds)
{
	char iso[10];

	if (n != 8)
		return false;
	for (size_t i = 0, k = 0; i < 8; i++) {
		if (i == 4 || i == 6)
			iso[k++] = '-';
		iso[k++] = p[i];
	}
	return rs_get_iso_time(iso, sizeof iso, seconds);
}

/* Up to 18 digits after a sign, then perhaps a point and digits, which only matter below zero. */
static bool read_plain(int64_t per, const char *p, size_t n, int64_t *seconds)
{
	bool minus = n > 0 && *p == '-', more = false;
	size_t i = minus, first = i;
	int64_t v = 0;

	for (; i < n && (unsigned char)(p[i] - '0') <= 9 && i - first < 18; i++)
		v = v * 10 + (p[i] - '0');
	if (i == first)
		return false;
	if (i < n && p[i] == '.') {
		for (i++; i < n && (unsigned char)(p[i] - '0') <= 9; i++)
			more |= p[i] != '0';
	}
	if (i < n)
		return false;
	*seconds = floor_div(minus ? -v - more : v, per);
	return true;
}

bool rs_time_read(enum rs_time_unit unit, const char *p, size_t n, int64_t *seconds)
{
	double v;

	if (n > 64)
		return false;
	if (unit == RS_TIME_ISO || unit == RS_TIME_YMD) {
		if (!(unit == RS_TIME_ISO ? rs_get_iso_time : read_ymd)(p, n, seconds))
			return false;
	} else if (!read_plain(per_second[unit], p, n, seconds)) {
		/* "1.4e9", "+5", many digits behind the point */
		if (!rs_get_f64(p, n, &v))
			return false;
		v = floor(v / (double)per_second[unit]);
		if (!(v >= RS_TIME_FIRST && v <= RS_TIME_LAST))
			return false;
		*seconds = (int64_t)v;
	}
	return *seconds >= RS_TIME_FIRST && *seconds <= RS_TIME_LAST;
}

const char *rs_time_expected(enum rs_time_unit unit)
{
	static const char *const expected[RS_TIME_UNITS] = {
		"seconds since 1970, or a time such as 2019-04-01T12:30:00Z (see --time-unit)",
		"seconds since 1970 up to the year 9999 (see --time-unit)",
		"milliseconds since 1970 up to the year 9999 (see --time-unit)",
		"microseconds since 1970 up to the year 9999 (see --time-unit)",
		"nanoseconds since 1970 up to the year 9999 (see --time-unit)",
		"a time such as 2019-04-01T12:30:00Z (see --time-unit)",
		"a date such as 20190401 (see --time-unit)",
	};

	return expected[unit];
}

void rs_time_vote(struct rs_time_vote *v, const char *p, size_t n)
{
	int64_t s;
	double x;

	if (rs_get_iso_time(p, n, &s))
		v->n[RS_TIME_ISO]++;
	else if (read_ymd(p, n, &s) && s >= -2208988800 && s < 4102444800) /* of the years 1900 to 2099 */
		v->n[RS_TIME_YMD]++;
	else if (rs_get_f64(p, n, &x))
		v->n[fabs(x) < 1e11 ? RS_TIME_S : fabs(x) < 1e14 ? RS_TIME_MS : fabs(x) < 1e17 ? RS_TIME_US : RS_TIME_NS]++;
}

enum rs_time_unit rs_time_elected(const struct rs_time_vote *v)
{
	enum rs_time_unit best = RS_TIME_S;

	for (int u = RS_TIME_S; u < RS_TIME_UNITS; u++)
		if (v->n[u] > v->n[best])
			best = (enum rs_time_unit)u;
	return best;
}

bool rs_time_looks(const char *p, size_t n)
{
	int64_t s;
	double x;

	if (rs_get_iso_time(p, n, &s))
		return true;
	if (!rs_get_f64(p, n, &x))
		return false;
	x /= x < 1e11 ? 1 : 1000;
	return x >= 946684800 && x < 4102444800;
}
