/* progress.h -- what a long run shows on stderr.
 *
 * On a terminal one line is drawn again and again: stage, share done, speed, time left. In a log (with --verbose) each stage
 * gets one line when it is over. A summary closes a long run. */
#ifndef RS_CMD_PROGRESS_H
#define RS_CMD_PROGRESS_H

#include <stdbool.h>

/* Listens to the library from now on. */
void rs_progress_start(const char *command, bool quiet, bool verbose);

/* Wipes the drawn line, so that something else can be printed. */
void rs_progress_clear(void);

/* Wall time, CPU time and peak memory: with --verbose, or on a terminal after more than two seconds. */
void rs_progress_summary(void);

#endif
