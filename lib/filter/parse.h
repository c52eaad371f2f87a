/* parse.h -- a condition as a list of steps, last operand first done: "a AND NOT b" is a, b, NOT, AND.
 *
 * The grammar stands in rs-filter(7). Parsing keeps its own stack, at most RS_FILTER_DEPTH deep, so hostile text cannot
 * exhaust ours. */
#ifndef RS_FILTER_PARSE_H
#define RS_FILTER_PARSE_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RS_FILTER_DEPTH 64       /* parentheses and NOTs that are open at a time */
#define RS_FILTER_BYTES_MAX 65536

enum rs_filter_op {
	RS_FILTER_AND,
	RS_FILTER_OR,
	RS_FILTER_NOT,
	/* conditions */
	RS_FILTER_EQ,
	RS_FILTER_NE,
	RS_FILTER_LT,
	RS_FILTER_LE,
	RS_FILTER_GT,
	RS_FILTER_GE,
	RS_FILTER_IN,
	RS_FILTER_NOT_IN,
	RS_FILTER_IS_NULL,
	RS_FILTER_NOT_NULL
};

struct rs_filter_value {
	char *text;     /* what stood in quotes, or the number as written; n bytes */
	size_t n;
	bool is_number;
	double number;
	size_t column;  /* where it stands, from 1 */
};

struct rs_filter_step {
	enum rs_filter_op op;
	char *table;    /* "Items" of Items.PRICE, or NULL */
	char *name;     /* of the column */
	size_t column;  /* where the name stands, from 1 */
	size_t first_value, n_values;
};

struct rs_filter {
	struct rs_filter_step *step;
	size_t n_steps, cap_steps;
	struct rs_filter_value *value;
	size_t n_values, cap_values;
	size_t depth; /* operands that wait at a time, at most */
};

/* RS_EUSAGE names the column. */
int rs_filter_parse(struct rs_filter **out, const char *text, struct rs_err *err);
void rs_filter_free(struct rs_filter *f);

#endif
