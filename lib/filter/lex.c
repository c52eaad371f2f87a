/* lex.c -- text to words. */
#include "lib/filter/lex.h"

#include "lib/base/text.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int rs_lex_fail(const struct rs_lexer *l, const struct rs_token *t, struct rs_err *err, const char *expected)
{
	char q[RS_QUOTE_MAX];
	size_t column = (size_t)(t->text - l->start) + 1;

	if (t->kind == RS_TOKEN_END)
		return rs_fail(err, RS_EUSAGE, "column %zu: unexpected end: expected %s", column, expected);
	return rs_fail(err, RS_EUSAGE, "column %zu: unexpected %s: expected %s", column,
	               rs_quote(q, sizeof q, t->text, t->n), expected);
}

bool rs_token_is(const struct rs_token *t, const char *keyword)
{
	if (t->kind != RS_TOKEN_NAME || t->quoted || strlen(keyword) != t->n)
		return false;
	for (size_t i = 0; i < t->n; i++) {
		char c = t->text[i];

		if ((c >= 'a' && c <= 'z' ? c - 32 : c) != keyword[i])
			return false;
	}
	return true;
}

size_t rs_token_bytes(const struct rs_token *t, char *out)
{
	char quote = t->text[0];
	size_t n = 0;

	if (t->kind != RS_TOKEN_STRING && !t->quoted) {
		memcpy(out, t->text, t->n);
		return t->n;
	}
	for (size_t i = 1; i + 1 < t->n; i++) {
		if (t->text[i] == quote)
			i++;
		out[n++] = t->text[i];
	}
	return n;
}

static int lex_quoted(struct rs_lexer *l, struct rs_token *t, struct rs_err *err)
{
	char quote = *l->p++;

	for (;; l->p++) {
		if (*l->p == 0) {
			t->n = (size_t)(l->p - t->text);
			return rs_lex_fail(l, t, err, "the closing quote");
		}
		if (*l->p == quote && *++l->p != quote)
			break;
	}
	t->kind = quote == '`' ? RS_TOKEN_NAME : RS_TOKEN_STRING;
	t->quoted = quote == '`';
	return 0;
}

static int lex_number(struct rs_lexer *l, struct rs_token *t, struct rs_err *err)
{
	while (is_digit(*l->p) || is_letter(*l->p) || *l->p == '.' ||
	       ((*l->p == '+' || *l->p == '-') && (l->p == t->text || l->p[-1] == 'e' || l->p[-1] == 'E')))
		l->p++;
	t->kind = RS_TOKEN_NUMBER;
	t->n = (size_t)(l->p - t->text);
	if (!rs_get_f64(t->text, t->n, &t->number))
		return rs_lex_fail(l, t, err, "a number, a name, or text in quotes");
	return 0;
}

static int lex_sign(struct rs_lexer *l, struct rs_token *t, struct rs_err *err)
{
	static const struct {
		char text[3];
		enum rs_token_kind kind;
	} signs[] = { { "<=", RS_TOKEN_LE }, { ">=", RS_TOKEN_GE }, { "!=", RS_TOKEN_NE }, { "<>", RS_TOKEN_NE },
		      { "==", RS_TOKEN_EQ }, { "=", RS_TOKEN_EQ }, { "<", RS_TOKEN_LT }, { ">", RS_TOKEN_GT },
		      { "(", RS_TOKEN_OPEN }, { ")", RS_TOKEN_CLOSE }, { ",", RS_TOKEN_COMMA }, { ".", RS_TOKEN_DOT } };

	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		size_t n = strlen(signs[i].text);

		if (strncmp(l->p, signs[i].text, n) == 0) {
			t->kind = signs[i].kind;
			l->p += n;
			return 0;
		}
	}
	t->kind = RS_TOKEN_NAME;
	t->n = 1;
	return rs_lex_fail(l, t, err, "a name, a number, text in quotes, a comparison or a parenthesis");
}

int rs_lex(struct rs_lexer *l, struct rs_token *t, struct rs_err *err)
{
	int rc = 0;

	while (is_space(*l->p))
		l->p++;
	*t = (struct rs_token){ .kind = RS_TOKEN_END, .text = l->p };
	if (*l->p == 0)
		return 0;
	if (is_letter(*l->p)) {
		t->kind = RS_TOKEN_NAME;
		while (is_letter(*l->p) || is_digit(*l->p))
			l->p++;
	} else if (*l->p == '"' || *l->p == '\'' || *l->p == '`') {
		rc = lex_quoted(l, t, err);
	} else if (is_digit(*l->p) || *l->p == '-' || *l->p == '+' || (*l->p == '.' && is_digit(l->p[1]))) {
		rc = lex_number(l, t, err);
	} else {
		rc = lex_sign(l, t, err);
	}
	t->n = (size_t)(l->p - t->text);
	return rc;
}
