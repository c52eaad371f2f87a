/* common.c -- main(), the option table, messages, the closing of stdout. */
#include "cmd/common.h"

#include "cmd/progress.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
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

#define MAX_OPTIONS 96

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

/* The command's options, then the common ones. */
static const struct rs_opt *all[MAX_OPTIONS];
static size_t n_all;
/* The values as given, for the provenance: by option, joined by LF where an option repeats. */
static struct rs_buf given[MAX_OPTIONS];

static void collect_options(void)
{
	for (const struct rs_opt *o = rs_command.opts; o->type != RS_OPT_TYPE_END; o++)
		all[n_all++] = o;
	for (const struct rs_opt *o = common_opts; o->type != RS_OPT_TYPE_END; o++)
		all[n_all++] = o;
}

/* ---- help ---- */

static void put_default(const struct rs_opt *o)
{
	char num[RS_NUM_MAX + 1];

	switch (o->type) {
	case RS_OPT_TYPE_INT:
		printf(" [%lld]", (long long)*(const int64_t *)o->target);
		break;
	case RS_OPT_TYPE_REAL:
		if (*(const double *)o->target == *(const double *)o->target) {
			num[rs_put_f64(num, *(const double *)o->target)] = 0;
			printf(" [%s]", num);
		}
		break;
	case RS_OPT_TYPE_SIZE:
		printf(" [%llu]", (unsigned long long)*(const uint64_t *)o->target);
		break;
	case RS_OPT_TYPE_CHOICE:
		printf(" (");
		for (int i = 0; o->choices[i] != NULL; i++)
			printf("%s%s", i > 0 ? ", " : "", o->choices[i]);
		if (*(const int *)o->target >= 0)
			printf(") [%s]", o->choices[*(const int *)o->target]);
		else
			printf(")");
		break;
	case RS_OPT_TYPE_STRING:
	case RS_OPT_TYPE_PATH:
	case RS_OPT_TYPE_OUT:
		if (*(const char *const *)o->target != NULL)
			printf(" [%s]", *(const char *const *)o->target);
		break;
	default:
		break;
	}
}

static void put_help(void)
{
	printf("usage: %s %s\n%s\n\n", rs_command.name, rs_command.synopsis, rs_command.summary);
	for (size_t i = 0; i < n_all; i++) {
		char left[64];

		if (all[i] == &common_opts[0])
			printf("\n");
		snprintf(left, sizeof left, "%c%c%s--%s%s%s", all[i]->letter ? '-' : ' ', all[i]->letter ? all[i]->letter : ' ',
		         all[i]->letter ? ", " : "  ", all[i]->name, all[i]->arg ? " " : "", all[i]->arg ? all[i]->arg : "");
		printf("  %-26s %s", left, all[i]->help);
		put_default(all[i]);
		printf("\n");
	}
	printf("\nManual: man %s\n", rs_command.name);
}

/* For the completions and the test of the manual: letter, name, argument, type or choices, help. */
static void put_options(void)
{
	static const char *const type_name[] = { "", "flag", "int", "real", "string", "path", "size", "", "call", "path" };

	for (size_t i = 0; i < n_all; i++) {
		const struct rs_opt *o = all[i];

		printf("%c\t%s\t%s\t", o->letter ? o->letter : '-', o->name, o->arg ? o->arg : "");
		if (o->type == RS_OPT_TYPE_CHOICE)
			for (int c = 0; o->choices[c] != NULL; c++)
				printf("%s%s", c > 0 ? "|" : "", o->choices[c]);
		else
			printf("%s", type_name[o->type]);
		printf("\t%s\n", o->help);
	}
}

/* ---- parsing ---- */

static int bad_value(const struct rs_opt *o, const char *value, struct rs_err *err, const char *expected)
{
	char q[RS_QUOTE_MAX];

	return rs_fail(err, RS_EUSAGE, "--%s %s: expected %s", o->name, rs_quote(q, sizeof q, value, strlen(value)),
	               expected);
}

static int set_int(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	char expected[96];
	int64_t v;

	if (!rs_get_i64(value, strlen(value), &v) || (double)v < o->min || (double)v > o->max) {
		snprintf(expected, sizeof expected, "a whole number from %.0f to %.0f", o->min, o->max);
		return bad_value(o, value, err, expected);
	}
	*(int64_t *)o->target = v;
	return 0;
}

static int set_real(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	char expected[96];
	double v;

	if (!rs_get_f64(value, strlen(value), &v) || v < o->min || v > o->max) {
		snprintf(expected, sizeof expected, "a number from %g to %g", o->min, o->max);
		return bad_value(o, value, err, expected);
	}
	*(double *)o->target = v;
	return 0;
}

static int set_choice(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	char expected[256];
	size_t n = 0;

	for (int i = 0; o->choices[i] != NULL; i++) {
		if (strcmp(o->choices[i], value) == 0) {
			*(int *)o->target = i;
			return 0;
		}
	}
	for (int i = 0; o->choices[i] != NULL && n < sizeof expected - 40; i++)
		n += (size_t)snprintf(expected + n, sizeof expected - n, "%s%s",
		                      i == 0 ? "" : o->choices[i + 1] == NULL ? " or " : ", ", o->choices[i]);
	return bad_value(o, value, err, expected);
}

static int set_option(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	int rc;

	if (o->type == RS_OPT_TYPE_FLAG) {
		*(bool *)o->target = true;
		return 0;
	}
	if (value == NULL)
		return rs_fail(err, RS_EUSAGE, "--%s: expected a value (%s)", o->name, o->arg);
	switch (o->type) {
	case RS_OPT_TYPE_INT:
		return set_int(o, value, err);
	case RS_OPT_TYPE_REAL:
		return set_real(o, value, err);
	case RS_OPT_TYPE_STRING:
	case RS_OPT_TYPE_PATH:
	case RS_OPT_TYPE_OUT:
		if (*value == 0 && o->type != RS_OPT_TYPE_STRING)
			return bad_value(o, value, err, "the name of a file");
		*(const char **)o->target = value;
		return 0;
	case RS_OPT_TYPE_SIZE:
		if (!rs_get_size(value, strlen(value), (uint64_t *)o->target))
			return bad_value(o, value, err, "a size such as 512M or 2G");
		return 0;
	case RS_OPT_TYPE_CHOICE:
		return set_choice(o, value, err);
	case RS_OPT_TYPE_CALL:
		if ((rc = o->parse(value, err)) < 0)
			rs_fail_prefix(err, "--%s", o->name);
		return rc == RS_EDATA ? (err->code = RS_EUSAGE) : rc; /* what is typed is usage */
	default:
		return rs_fail(err, RS_EINTERNAL, "option --%s has no type", o->name);
	}
}

/* word: "--min-valeu=3", or "-top" where getopt saw the letter t (else 0). */
static int unknown_word(const char *word, int letter, struct rs_err *err)
{
	char q[RS_QUOTE_MAX], hint[RS_NEAREST_MAX], alone[3] = { '-', (char)letter, 0 };
	size_t dashes = strspn(word, "-"), n = strcspn(word + dashes, "=");
	struct rs_nearest near;

	if (rs_command.no_option != NULL && rs_command.no_option(word + dashes, n) != NULL)
		return rs_fail(err, RS_EUSAGE, "unknown option %s: expected %s", rs_quote(q, sizeof q, word, dashes + n),
		               rs_command.no_option(word + dashes, n));
	rs_nearest_init(&near, word + dashes, n);
	for (size_t i = 0; i < n_all; i++)
		rs_nearest_show(&near, all[i]->name);
	if (near.name == NULL && letter != 0)
		rs_quote(q, sizeof q, alone, 2);
	else
		rs_quote(q, sizeof q, word, dashes + n);
	return rs_fail(err, RS_EUSAGE, "unknown option %s%s: see %s --help", q,
	               rs_nearest_hint(&near, "--", hint, sizeof hint), rs_command.name);
}

/* The word that getopt takes its letters from. */
static const char *letters_word(char **argv, int at, int letter)
{
	const char *word = argv[at];

	return word != NULL && word[0] == '-' && word[1] != '-' && strchr(word, letter) != NULL ? word : argv[at - 1];
}

static int unknown_option(int code, char **argv, struct rs_err *err)
{
	bool letter = optopt != 0 && optopt < 256;

	for (size_t i = 0; i < n_all; i++)
		if (optopt != 0 && (optopt == all[i]->letter || optopt == 256 + (int)i))
			return rs_fail(err, RS_EUSAGE, code == ':' ? "--%s: expected a value (%s)" : "--%s takes no value",
			               all[i]->name, all[i]->arg ? all[i]->arg : "");
	return unknown_word(letter ? letters_word(argv, optind, optopt) : argv[optind - 1], letter ? optopt : 0, err);
}

/* "-user ID": getopt reads the letter u with the value "ser". Told apart where the word is the name of an option. */
static int check_dashes(const char *word, const char *value, struct rs_err *err)
{
	if (value != word + 2)
		return 0;
	for (size_t i = 0; i < n_all; i++)
		if (strcmp(word + 1, all[i]->name) == 0)
			return unknown_word(word, word[1], err);
	return 0;
}

static int parse_options(int argc, char **argv, struct rs_err *err)
{
	struct option lo[MAX_OPTIONS + 2];
	char letters[2 * MAX_OPTIONS + 2];
	size_t n = 0;
	int c, rc;

	memset(lo, 0, sizeof lo);
	letters[n++] = ':';
	for (size_t i = 0; i < n_all; i++) {
		lo[i].name = all[i]->name;
		lo[i].has_arg = all[i]->type == RS_OPT_TYPE_FLAG ? no_argument : required_argument;
		lo[i].val = 256 + (int)i;
		if (all[i]->letter != 0) {
			letters[n++] = all[i]->letter;
			if (lo[i].has_arg != no_argument)
				letters[n++] = ':';
		}
	}
	lo[n_all] = (struct option){ "print-options", no_argument, NULL, 255 };
	letters[n] = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, lo, NULL)) != -1) {
		size_t i = (size_t)c - 256;

		if (c == '?' || c == ':')
			return unknown_option(c, argv, err);
		if (c == 255) {
			print_options = true;
			continue;
		}
		if (c < 256) {
			for (i = 0; i < n_all && all[i]->letter != c;)
				i++;
			if ((rc = check_dashes(argv[optind - 1], optarg, err)) < 0)
				return rc;
		}
		if ((rc = set_option(all[i], optarg, err)) < 0)
			return rc;
		if ((given[i].n > 0 && (rc = rs_buf_addc(&given[i], '\n', err)) < 0) ||
		    (rc = rs_buf_adds(&given[i], optarg ? optarg : "", err)) < 0 ||
		    (optarg == NULL && (rc = rs_buf_addc(&given[i], '\1', err)) < 0))
			return rc;
	}
	return 0;
}

/* Whether the option can change the bytes of the result. Paths do not: what is in the files does. */
static bool matters(const struct rs_opt *o)
{
	if (o->type == RS_OPT_TYPE_PATH || o->type == RS_OPT_TYPE_OUT)
		return false;
	return o->target != &threads && o->target != &memory && o->target != &rs_quiet && o->target != &rs_verbose;
}

/* "rs-train 0.1.0 --recipe als --param factors=64": what this run did, in the order of the option table. */
static int set_step(struct rs_err *err)
{
	struct rs_buf step = RS_BUF_INIT;
	const char *text;
	int rc;

	rc = rs_buf_addf(&step, err, "%s %s", rs_command.name, RS_VERSION);
	for (size_t i = 0; i < n_all && rc == 0; i++) {
		size_t from = 0;

		if (given[i].n == 0 || !matters(all[i]))
			continue;
		while (from < given[i].n && rc == 0) {
			const char *p = given[i].p + from, *lf = memchr(p, '\n', given[i].n - from);
			size_t n = lf == NULL ? given[i].n - from : (size_t)(lf - p);
			char q[RS_QUOTE_MAX];

			from += n + 1;
			if (n == 1 && *p == '\1')
				rc = rs_buf_addf(&step, err, " --%s", all[i]->name);
			else if (memchr(p, ' ', n) != NULL || memchr(p, '"', n) != NULL || n == 0)
				rc = rs_buf_addf(&step, err, " --%s %s", all[i]->name, rs_quote(q, sizeof q, p, n));
			else
				rc = rs_buf_addf(&step, err, " --%s %.*s", all[i]->name, (int)n, p);
		}
	}
	if (rc == 0 && (text = rs_buf_str(&step, err)) != NULL)
		rc = rs_prov_set_step(text, err);
	rs_buf_release(&step);
	return rc;
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

/* What stands on standard input is read once, by whoever it is named for. */
static int check_stdin(int n_operands, char *const *operand, struct rs_err *err)
{
	unsigned n = 0;

	for (int i = 0; i < n_operands; i++)
		n += strcmp(operand[i], "-") == 0;
	for (size_t i = 0; i < n_all; i++)
		n += all[i]->type == RS_OPT_TYPE_PATH && given[i].n > 0 &&
		     strcmp(*(const char *const *)all[i]->target, "-") == 0;
	return n <= 1 ? 0 : rs_fail(err, RS_EUSAGE, "\"-\" is named %u times: standard input can be read once", n);
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
	collect_options();
	rc = parse_options(argc, argv, &err);
	if (rc == 0 && (help || version || print_options)) {
		if (help)
			put_help();
		else if (version)
			printf("%s (rs) %s\n", rs_command.name, RS_VERSION);
		else
			put_options();
		return finish(0, &err);
	}
	if (rc == 0)
		rc = check_operands(argc - optind, &err);
	if (rc == 0)
		rc = check_stdin(argc - optind, argv + optind, &err);
	if (rc == 0) {
		rs_seed = (uint64_t)seed;
		rs_threads_set((int)threads);
		rs_mem_set_cap(memory);
		prepare_process();
		rs_progress_start(rs_command.name, rs_quiet, rs_verbose);
		rs_note_listen(say_note, NULL);
		if ((rc = rs_isa_set(getenv("RS_ISA"), &err)) == 0)
			rc = set_step(&err);
	}
	if (rc == 0)
		rc = rs_command_main(argc - optind, argv + optind, &err);
	status = finish(rc, &err);
	for (size_t i = 0; i < n_all; i++)
		rs_buf_release(&given[i]);
	rs_prov_set_step(NULL, NULL);
	return status;
}
