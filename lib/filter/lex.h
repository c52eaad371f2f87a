/* lex.h -- the words of the filter language: see rs-filter(7). */
#ifndef RS_FILTER_LEX_H
#define RS_FILTER_LEX_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum rs_token_kind {
	RS_TOKEN_END,
	RS_TOKEN_NAME,   /* letters, digits and _; or anything between backquotes */
	RS_TOKEN_STRING, /* between double or single quotes; a doubled quote is a quote */
	RS_TOKEN_NUMBER,
	RS_TOKEN_DOT,
	RS_TOKEN_COMMA,
	RS_TOKEN_OPEN,
	RS_TOKEN_CLOSE,
	RS_TOKEN_EQ,
	RS_TOKEN_NE,
	RS_TOKEN_LT,
	RS_TOKEN_LE,
	RS_TOKEN_GT,
	RS_TOKEN_GE
};

struct rs_token {
	enum rs_token_kind kind;
	bool quoted;       /* a NAME in backquotes: never a keyword */
	const char *text;  /* as written, with quotes */
	size_t n;
	double number;     /* NUMBER */
};

struct rs_lexer {
	const char *start, *p; /* ends with 0 */
};

/* The next word. RS_EUSAGE says at which column the text is no word. */
int rs_lex(struct rs_lexer *l, struct rs_token *t, struct rs_err *err);

/* Whether the word is this keyword (given in upper case), in any case. */
bool rs_token_is(const struct rs_token *t, const char *keyword);

/* The contents of a STRING or a NAME without its quotes, into out, which has room for t->n bytes. Returns the bytes. */
size_t rs_token_bytes(const struct rs_token *t, char *out);

/* Fails with the column of the word: "column 7: unexpected "x": expected ...". */
int rs_lex_fail(const struct rs_lexer *l, const struct rs_token *t, struct rs_err *err, const char *expected);

#endif
