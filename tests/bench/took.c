/* took.c -- took COMMAND...: runs a command and prints its seconds and its peak memory in bytes.
 *
 * Seconds are those of the clock on the wall; with RS_BENCH_CLOCK=cpu processor time divided by the number of processors, for
 * a machine that others use at the same time (it does not see waiting). What the command prints on stdout is dropped. */
#include "tests/bench/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv)
{
	double start = wall_s();
	struct rusage used;
	pid_t child;
	int status;

	if (argc < 2)
		return 64;
	if ((child = fork()) == 0) {
		int null = open("/dev/null", O_WRONLY);

		if (null >= 0)
			dup2(null, STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(71);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || getrusage(RUSAGE_CHILDREN, &used) < 0) {
		perror("took");
		return 71;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return 70;
	printf("%.4f %.0f\n",
	       by_processor_time() ? (seconds(used.ru_utime) + seconds(used.ru_stime)) / (double)processors() :
	                             wall_s() - start,
	       1024. * (double)used.ru_maxrss);
	return 0;
}
