/* common.c -- main(), the common options, messages, the closing of stdout. */
#include "cmd/common.h"

#include "cmd/options.h"
#include "cmd/progress.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/provenance.h"
#include "lib/num/isa.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const char *rs_output = "-";
uint64_t rs_seed = 42;
bool rs_quiet;
bool rs_verbose;

static int64_t threads, seed = 42;
static uint64_t memory;
static bool help, version, print_options;

static const struct rs_opt common_opts[] = {
	RS_OPT_OUT('o', "output", &rs_output, "where to write; \"-\" is stdout"),
	RS_OPT_INT('j', "threads", "N", &threads, 0, RS_THREADS_MAX, "threads; 0: as many as there are processors"),
	RS_OPT_INT('s', "seed", "N", &seed, 0, 9007199254740992.0, "start of all random numbers"),
	RS_OPT_SIZE(0, "memory", &memory, "use at most this much memory (2G), or refuse; 0: no limit"),
	RS_OPT_FLAG('q', "quiet", &rs_quiet, "say nothing but errors"),
	RS_OPT_FLAG('v', "verbose", &rs_verbose, "say more: stages, times, memory"),
	RS_OPT_FLAG(0, "help", &help, "show this help"),
	RS_OPT_FLAG(0, "version", &version, "show the version"),
	RS_OPT_END
};

/* Whether the option can change the bytes of the result. Paths do not: what is in the files does. */
static bool matters(const struct rs_opt *o)
{
	if (o->type == RS_OPT_TYPE_PATH || o->type == RS_OPT_TYPE_OUT)
		return false;
	return o->target != &threads && o->target != &memory && o->target != &rs_quiet && o->target != &rs_verbose;
}

/* ---- messages ---- */

void rs_say(const char *fmt, ...)
{
	char text[4096], line[4096];
	va_list ap;

	if (rs_quiet)
		return;
	rs_progress_clear();
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	rs_one_line(line, sizeof line, text);
	fprintf(stderr, "%s: %s\n", rs_command.name, line);
}

static void say_note(void *ctx, const char *text)
{
	(void)ctx;
	rs_say("%s", text);
}

int rs_refuse_terminal(const char *path, struct rs_err *err)
{
	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO) == 1)
		return rs_fail(err, RS_EUSAGE, "binary output to a terminal: use -o FILE, or a pipe");
	return 0;
}

void rs_say_awaited(const char *path, const char *what)
{
	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO) == 1)
		rs_say("%s are read from the terminal, up to Ctrl-D", what);
}

/* ---- main ---- */

/* Descriptors 0 to 2 are there, so that no file of ours gets their number. A closed stdout becomes one on which every
 * write fails. */
static void hold_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY);
}

static int check_operands(int n, struct rs_err *err)
{
	if (n >= rs_command.min_operands && (rs_command.max_operands < 0 || n <= rs_command.max_operands))
		return 0;
	return rs_fail(err, RS_EUSAGE, "%s: see %s --help",
	               rs_command.operands_hint ? rs_command.operands_hint : "unexpected operand", rs_command.name);
}

static int finish(int rc, struct rs_err *err)
{
	/* Anything printed through stdio (help, reports) has to have reached its place. */
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = rs_fail_errno(err, RS_EIO, "(stdout): cannot write");
	rs_progress_clear();
	if (rc == 0) {
		rs_progress_summary();
		return 0;
	}
	if (err->code == 0)
		rs_fail(err, rc, "failed without a reason");
	fprintf(stderr, "%s: %s\n", rs_command.name, err->text);
	return -rc;
}

/* A mapped file that somebody cut short: its last pages are gone. Only what a handler may call is called. */
static void die_of_cut_file(int sig)
{
	static const char text[] = ": an input file was cut off while it was read\n";
	ssize_t n;

	(void)sig;
	rs_out_remove_temporaries();
	n = write(STDERR_FILENO, rs_command.name, strlen(rs_command.name));
	if (n > 0)
		n = write(STDERR_FILENO, text, sizeof text - 1);
	_exit(n < 0 ? -RS_EIO : -RS_EDATA);
}

/* Signals that end a command, and as many files at once as the system grants. */
static void prepare_process(void)
{
	struct sigaction cut = { .sa_handler = die_of_cut_file };
	struct rlimit files;

	rs_out_catch_signals();
	sigaction(SIGBUS, &cut, NULL);
	signal(SIGXFSZ, SIG_IGN); /* a write over the limit fails, and is told */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

int main(int argc, char **argv)
{
	struct rs_err err = RS_ERR_INIT;
	int rc, status;

	hold_standard_files();
	signal(SIGPIPE, SIG_DFL);
	rs_options_use(rs_command.opts, common_opts);
	rc = rs_options_parse(argc, argv, &print_options, &err);
	if (rc == 0 && (help || version || print_options)) {
		if (help)
			rs_options_help();
		else if (version)
			printf("%s (rs) %s\n", rs_command.name, RS_VERSION);
		else
			rs_options_print();
		return finish(0, &err);
	}
	if (rc == 0)
		rc = check_operands(argc - optind, &err);
	if (rc == 0)
		rc = rs_options_check_stdin(argc - optind, argv + optind, &err);
	if (rc == 0) {
		rs_seed = (uint64_t)seed;
		rs_threads_set((int)threads);
		rs_mem_set_cap(memory);
		prepare_process();
		rs_progress_start(rs_command.name, rs_quiet, rs_verbose);
		rs_note_listen(say_note, NULL);
		if ((rc = rs_isa_set(getenv("RS_ISA"), &err)) == 0)
			rc = rs_options_set_step(matters, &err);
	}
	if (rc == 0)
		rc = rs_command_main(argc - optind, argv + optind, &err);
	status = finish(rc, &err);
	rs_options_release();
	rs_prov_set_step(NULL, NULL);
	return status;
}
