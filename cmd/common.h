/* common.h -- what every command shares: main(), the option table, messages, the closing of stdout.
 *
 * A command defines rs_command and rs_command_main. One table of options feeds the parser, --help, the completions and
 * the test of the manual page (through the hidden --print-options). */
#ifndef RS_CMD_COMMON_H
#define RS_CMD_COMMON_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum rs_opt_type {
	RS_OPT_TYPE_END,
	RS_OPT_TYPE_FLAG,   /* bool, set to true */
	RS_OPT_TYPE_INT,    /* int64_t within min .. max */
	RS_OPT_TYPE_REAL,   /* double within min .. max */
	RS_OPT_TYPE_STRING, /* const char * */
	RS_OPT_TYPE_PATH,   /* const char *, completed as a file: one that is read */
	RS_OPT_TYPE_SIZE,   /* uint64_t bytes, "2G" */
	RS_OPT_TYPE_CHOICE, /* int, index into choices */
	RS_OPT_TYPE_CALL,   /* parse(value), may repeat */
	RS_OPT_TYPE_OUT     /* as PATH: one that is written */
};

struct rs_opt {
	char letter;            /* 0: none */
	const char *name;       /* without "--" */
	const char *arg;        /* what stands for the value in --help: "FILE"; NULL: no value */
	enum rs_opt_type type;
	void *target;
	double min, max;
	const char *const *choices; /* NULL-ended */
	int (*parse)(const char *value, struct rs_err *err);
	const char *help;       /* one line; the default is added from the target */
};

#define RS_OPT_FLAG(l, n, t, h) { l, n, 0, RS_OPT_TYPE_FLAG, t, 0, 0, 0, 0, h }
#define RS_OPT_INT(l, n, a, t, lo, hi, h) { l, n, a, RS_OPT_TYPE_INT, t, lo, hi, 0, 0, h }
#define RS_OPT_REAL(l, n, a, t, lo, hi, h) { l, n, a, RS_OPT_TYPE_REAL, t, lo, hi, 0, 0, h }
#define RS_OPT_STRING(l, n, a, t, h) { l, n, a, RS_OPT_TYPE_STRING, t, 0, 0, 0, 0, h }
#define RS_OPT_PATH(l, n, t, h) { l, n, "FILE", RS_OPT_TYPE_PATH, t, 0, 0, 0, 0, h }
#define RS_OPT_OUT(l, n, t, h) { l, n, "FILE", RS_OPT_TYPE_OUT, t, 0, 0, 0, 0, h }
#define RS_OPT_SIZE(l, n, t, h) { l, n, "SIZE", RS_OPT_TYPE_SIZE, t, 0, 0, 0, 0, h }
#define RS_OPT_CHOICE(l, n, a, t, c, h) { l, n, a, RS_OPT_TYPE_CHOICE, t, 0, 0, c, 0, h }
#define RS_OPT_CALL(l, n, a, f, h) { l, n, a, RS_OPT_TYPE_CALL, 0, 0, 0, 0, f, h }
#define RS_OPT_END { 0, 0, 0, RS_OPT_TYPE_END, 0, 0, 0, 0, 0, 0 }

/* What a command is. Operands are checked for number before rs_command_main runs. */
struct rs_command {
	const char *name;     /* "rs-train" */
	const char *synopsis; /* "-r RECIPE [-p NAME=VALUE]... DATASET..." */
	const char *summary;  /* one line */
	const struct rs_opt *opts; /* the command's own; the common ones are added */
	int min_operands, max_operands; /* max < 0: any number */
	const char *operands_hint; /* "expected a MODEL and at least one DATASET" */
	const char *(*no_option)(const char *name, size_t n); /* what to write for a name that is no option; may be NULL */
};

extern const struct rs_command rs_command;

/* The story. Operands are argv[0 .. argc). Returns 0, or an RS_E* code with err filled: main prints
 * "NAME: sentence" and exits with the code's status. Common options are already in force. */
int rs_command_main(int argc, char **argv, struct rs_err *err);

/* ---- common options, in force before rs_command_main ---- */
extern const char *rs_output;   /* -o, --output FILE; "-" */
extern uint64_t rs_seed;        /* -s, --seed N; 42 */
extern bool rs_quiet;           /* -q, --quiet */
extern bool rs_verbose;         /* -v, --verbose */

/* RS_EUSAGE if `path` is "-" and stdout is a terminal: binary output is refused there, with -o as the hint. */
int rs_refuse_terminal(const char *path, struct rs_err *err);

/* Where `path` is "-" and stdin is a terminal, says what is awaited there: "pairs". */
void rs_say_awaited(const char *path, const char *what);

/* A line on stderr, "NAME: ..."; not with --quiet. */
void rs_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
