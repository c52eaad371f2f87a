/* text_time.c -- points in time as text and back: the proleptic Gregorian calendar, in UTC. */
#include "lib/base/text.h"

#include <stdio.h>

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
static int64_t days_from_date(int64_t y, int m, int d)
{
	int64_t era, year_of_era, day_of_year;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	year_of_era = y - era * 400;
	day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static bool two(const char **p, const char *end, int max, int *v)
{
	if (end - *p < 2 || (*p)[0] < '0' || (*p)[0] > '9' || (*p)[1] < '0' || (*p)[1] > '9')
		return false;
	*v = ((*p)[0] - '0') * 10 + (*p)[1] - '0';
	*p += 2;
	return *v <= max;
}

static bool one(const char **p, const char *end, char c)
{
	if (*p >= end || **p != c)
		return false;
	(*p)++;
	return true;
}

/* "Z", "z", "+hh:mm", "+hhmm", "+hh" or nothing, up to the end. */
static bool get_zone(const char *p, const char *end, int64_t *offset_s)
{
	int h, m = 0, sign;

	*offset_s = 0;
	if (p == end)
		return true;
	if (end - p == 1 && (*p == 'Z' || *p == 'z'))
		return true;
	if (*p != '+' && *p != '-')
		return false;
	sign = *p++ == '-' ? -1 : 1;
	if (!two(&p, end, 23, &h))
		return false;
	if (p < end) {
		one(&p, end, ':');
		if (!two(&p, end, 59, &m))
			return false;
	}
	*offset_s = sign * (h * 3600 + m * 60);
	return p == end;
}

bool rs_get_iso_time(const char *p, size_t n, int64_t *seconds)
{
	static const int days_in[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const char *end = p + n;
	int c, y, m, d, h = 0, min = 0, s = 0;
	int64_t zone = 0;
	bool leap;

	if (!two(&p, end, 99, &c) || !two(&p, end, 99, &y) || !one(&p, end, '-') || !two(&p, end, 12, &m) ||
	    !one(&p, end, '-') || !two(&p, end, 31, &d) || m == 0 || d == 0)
		return false;
	y += c * 100;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d > days_in[m - 1] + (m == 2 && leap))
		return false;
	if (p < end) {
		if (*p != 'T' && *p != 't' && *p != ' ')
			return false;
		p++;
		if (!two(&p, end, 23, &h) || !one(&p, end, ':') || !two(&p, end, 59, &min))
			return false;
		if (one(&p, end, ':')) {
			if (!two(&p, end, 60, &s))
				return false;
			if (p < end && (*p == '.' || *p == ',')) {
				const char *from = ++p;

				while (p < end && *p >= '0' && *p <= '9')
					p++;
				if (p == from)
					return false;
			}
		}
		if (!get_zone(p, end, &zone))
			return false;
	}
	*seconds = days_from_date(y, m, d) * 86400 + h * 3600 + min * 60 + s - zone;
	return *seconds >= -62167219200 && *seconds <= 253402300799; /* an offset may lead out of the years 0 to 9999 */
}

size_t rs_put_iso_time(char *p, int64_t seconds)
{
	int64_t days = seconds / 86400, rest = seconds % 86400, era, doe, yoe, doy, mp, y;
	int m, d;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d = (int)(doy - (153 * mp + 2) / 5 + 1);
	m = (int)(mp < 10 ? mp + 3 : mp - 9);
	y = yoe + era * 400 + (m <= 2);
	if (y < 0 || y > 9999)
		return rs_put_i64(p, seconds);
	return (size_t)snprintf(p, RS_NUM_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)y, m, d, (int)(rest / 3600),
	                        (int)(rest / 60 % 60), (int)(rest % 60));
}
