/* options.h -- the option table at work, for main(): parsing, --help, what was given. */
#ifndef RS_CMD_OPTIONS_H
#define RS_CMD_OPTIONS_H

#include "cmd/common.h"

/* The command's options and the common ones; both stay the caller's. */
void rs_options_use(const struct rs_opt *own, const struct rs_opt *common);
void rs_options_release(void);

/* Sets the targets; the operands stand from optind on. *print becomes true with the hidden --print-options. */
int rs_options_parse(int argc, char **argv, bool *print, struct rs_err *err);

/* To stdout: the help; and a line for each option for the completions and the test of the manual: letter, name, argument,
 * type or choices, help. */
void rs_options_help(void);
void rs_options_print(void);

/* What stands on standard input is read once, by whoever it is named for: RS_EUSAGE. */
int rs_options_check_stdin(int n_operands, char *const *operand, struct rs_err *err);

/* "rs-train 0.1.0 --recipe als --param factors=64": what this run did, by the options given that matter for the result, in the
 * order of the table, is the step of all writers. */
int rs_options_set_step(bool (*matters)(const struct rs_opt *o), struct rs_err *err);

#endif
