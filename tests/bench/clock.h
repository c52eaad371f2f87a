/* clock.h -- the clocks of the benches: on the wall, or (RS_BENCH_CLOCK=cpu) processor time. */
#ifndef RS_TESTS_BENCH_CLOCK_H
#define RS_TESTS_BENCH_CLOCK_H

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline int processors(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

static inline int by_processor_time(void)
{
	const char *clock = getenv("RS_BENCH_CLOCK");

	return clock != NULL && strcmp(clock, "cpu") == 0;
}

static inline double read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double wall_s(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* For work that `threads` threads of this process share. */
static inline double now_s(int threads)
{
	return by_processor_time() ? read_clock(CLOCK_PROCESS_CPUTIME_ID) / threads : wall_s();
}

#endif
