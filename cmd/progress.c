/* progress.c -- what a long run shows on stderr. */
#include "cmd/progress.h"

#include "lib/base/tiles.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char *command;
	bool terminal, verbose, quiet, drawn;
	double start, stage_start, last_drawn;
	char stage[96], unit[24];
	unsigned long long done;
} state;

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void rs_progress_clear(void)
{
	if (state.drawn)
		fputs("\r\033[K", stderr);
	state.drawn = false;
}

static void end_stage(double now)
{
	double took = now - state.stage_start;

	if (state.stage[0] == 0)
		return;
	rs_progress_clear();
	if (state.verbose && state.done > 0)
		fprintf(stderr, "%s: %s: %llu %s in %.2f s\n", state.command, state.stage, state.done, state.unit, took);
	else if (state.verbose)
		fprintf(stderr, "%s: %s: %.2f s\n", state.command, state.stage, took);
	state.stage[0] = 0;
}

static void draw(unsigned long long done, unsigned long long total, double now)
{
	double took = now - state.stage_start, speed = took > 0 ? (double)done / took : 0;

	fprintf(stderr, "\r\033[K%s: %s", state.command, state.stage);
	if (total > 0) {
		fprintf(stderr, " %3.0f %%", 100.0 * (double)done / (double)total);
		if (done > 0 && done < total && took > 1)
			fprintf(stderr, ", %.0f s left", (double)(total - done) / speed);
	} else {
		fprintf(stderr, " %llu %s", done, state.unit);
	}
	if (speed > 0)
		fprintf(stderr, ", %.3g %s/s", speed, state.unit);
	fflush(stderr);
	state.drawn = true;
	state.last_drawn = now;
}

static void listen(void *ctx, const char *stage, unsigned long long done, unsigned long long total, const char *unit)
{
	double now = seconds_now();

	(void)ctx;
	if (strcmp(stage, state.stage) != 0) {
		end_stage(now);
		snprintf(state.stage, sizeof state.stage, "%s", stage);
		snprintf(state.unit, sizeof state.unit, "%s", unit == NULL ? "" : unit);
		state.stage_start = now;
	}
	state.done = done;
	if (state.terminal && now - state.start > 0.5 && now - state.last_drawn > 0.1)
		draw(done, total, now);
}

void rs_progress_start(const char *command, bool quiet, bool verbose)
{
	state.command = command;
	state.quiet = quiet;
	state.verbose = verbose && !quiet;
	state.terminal = !quiet && isatty(STDERR_FILENO) == 1;
	state.start = seconds_now();
	if (state.terminal || state.verbose)
		rs_progress_listen(listen, NULL);
}

void rs_progress_summary(void)
{
	double now = seconds_now();
	struct rusage u;

	end_stage(now);
	if (!state.verbose && !(state.terminal && now - state.start > 2))
		return;
	getrusage(RUSAGE_SELF, &u);
	fprintf(stderr, "%s: %.2f s, CPU %.2f s, peak memory %.1f MB\n", state.command, now - state.start,
	        (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	                1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec),
	        (double)u.ru_maxrss / 1024);
}
