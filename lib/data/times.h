/* times.h -- points in time as text, in the units that logs use, to seconds since 1970. */
#ifndef RS_DATA_TIMES_H
#define RS_DATA_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_time_unit {
	RS_TIME_GUESS,
	RS_TIME_S,
	RS_TIME_MS,
	RS_TIME_US,
	RS_TIME_NS,
	RS_TIME_ISO, /* RFC 3339 / ISO 8601 */
	RS_TIME_YMD, /* 20190401 */
	RS_TIME_UNITS
};

#define RS_TIME_FIRST (-62135596800) /* 0001-01-01 */
#define RS_TIME_LAST 253402300799    /* 9999-12-31T23:59:59 */

/* From the year 1 to 9999: what a dataset may hold, so that differences of times never overflow. */
static inline bool rs_time_in_calendar(int64_t seconds)
{
	return (uint64_t)seconds - (uint64_t)RS_TIME_FIRST <= (uint64_t)RS_TIME_LAST - (uint64_t)RS_TIME_FIRST;
}

extern const char *const rs_time_unit_name[RS_TIME_UNITS + 1]; /* "guess", "s", ..., NULL */

/* Whole seconds, rounded down; from the year 1 to 9999, or false. The unit is not GUESS. */
bool rs_time_read(enum rs_time_unit unit, const char *p, size_t n, int64_t *seconds);

/* What the unit wants, for messages: "seconds since 1970, from ..." */
const char *rs_time_expected(enum rs_time_unit unit); /* GUESS: anything that can be read */

/* A vote on the unit: each cell counts for the unit in which it makes sense, numbers by their magnitude. */
struct rs_time_vote {
	uint64_t n[RS_TIME_UNITS];
};
void rs_time_vote(struct rs_time_vote *v, const char *p, size_t n);
enum rs_time_unit rs_time_elected(const struct rs_time_vote *v); /* S where nobody voted */

/* Whether the text can hardly be anything but a point in time: RFC 3339, or (milli)seconds of the years 2000 to 2099. */
bool rs_time_looks(const char *p, size_t n);

#endif
