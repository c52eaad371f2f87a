/* parse.c -- words to steps, by operator precedence: NOT before AND before OR. */
#include "lib/filter/parse.h"

#include "lib/base/mem.h"
#include "lib/filter/lex.h"

#include <string.h>

enum waiting { WAIT_OPEN, WAIT_OR, WAIT_AND, WAIT_NOT }; /* in the order of precedence */

struct parser {
	struct rs_lexer lexer;
	struct rs_token t;
	struct rs_filter *f;
	enum waiting stack[4 * RS_FILTER_DEPTH];
	size_t n_stack, n_nested; /* nested: parentheses and NOTs on the stack */
	size_t n_operands;
};

static int advance(struct parser *p, struct rs_err *err)
{
	return rs_lex(&p->lexer, &p->t, err);
}

static size_t column_of(const struct parser *p)
{
	return (size_t)(p->t.text - p->lexer.start) + 1;
}

/* ---- steps ---- */

static int add_step(struct parser *p, const struct rs_filter_step *s, struct rs_err *err)
{
	struct rs_filter *f = p->f;
	int rc = rs_grow(&f->step, &f->cap_steps, f->n_steps + 1, sizeof *f->step, err);

	if (rc < 0)
		return rc;
	f->step[f->n_steps++] = *s;
	if (s->op == RS_FILTER_AND || s->op == RS_FILTER_OR)
		p->n_operands--;
	else if (s->op != RS_FILTER_NOT && ++p->n_operands > f->depth)
		f->depth = p->n_operands;
	return 0;
}

static int pop(struct parser *p, struct rs_err *err)
{
	enum waiting w = p->stack[--p->n_stack];
	struct rs_filter_step s = { .op = w == WAIT_OR ? RS_FILTER_OR : w == WAIT_AND ? RS_FILTER_AND : RS_FILTER_NOT };

	if (w == WAIT_NOT)
		p->n_nested--;
	return add_step(p, &s, err);
}

static int push(struct parser *p, enum waiting w, struct rs_err *err)
{
	if (w == WAIT_OPEN || w == WAIT_NOT) {
		if (p->n_nested == RS_FILTER_DEPTH)
			return rs_fail(err, RS_EUSAGE, "column %zu: nested too deeply: expected at most %d levels",
			               column_of(p), RS_FILTER_DEPTH);
		p->n_nested++;
	}
	p->stack[p->n_stack++] = w;
	return 0;
}

/* Does what binds at least as tightly as w. */
static int reduce(struct parser *p, enum waiting w, struct rs_err *err)
{
	int rc = 0;

	while (p->n_stack > 0 && p->stack[p->n_stack - 1] != WAIT_OPEN && p->stack[p->n_stack - 1] >= w && rc == 0)
		rc = pop(p, err);
	return rc;
}

/* ---- conditions ---- */

static int keep_text(char **out, size_t *n, const struct rs_token *t, struct rs_err *err)
{
	if ((*out = rs_strndup(t->text, t->n, err)) == NULL)
		return RS_ENOMEM;
	*n = rs_token_bytes(t, *out);
	(*out)[*n] = 0;
	return 0;
}

static int parse_value(struct parser *p, struct rs_filter_step *s, struct rs_err *err)
{
	struct rs_filter *f = p->f;
	struct rs_filter_value v = { .column = column_of(p), .number = p->t.number,
		                     .is_number = p->t.kind == RS_TOKEN_NUMBER };
	int rc;

	if (p->t.kind != RS_TOKEN_NUMBER && p->t.kind != RS_TOKEN_STRING)
		return rs_lex_fail(&p->lexer, &p->t, err, "a number or text in quotes");
	if ((rc = rs_grow(&f->value, &f->cap_values, f->n_values + 1, sizeof *f->value, err)) < 0 ||
	    (rc = keep_text(&v.text, &v.n, &p->t, err)) < 0)
		return rc;
	f->value[f->n_values++] = v;
	s->n_values++;
	return advance(p, err);
}

static int parse_list(struct parser *p, struct rs_filter_step *s, struct rs_err *err)
{
	int rc;

	if (p->t.kind != RS_TOKEN_OPEN)
		return rs_lex_fail(&p->lexer, &p->t, err, "\"(\"");
	do {
		if ((rc = advance(p, err)) < 0 || (rc = parse_value(p, s, err)) < 0)
			return rc;
	} while (p->t.kind == RS_TOKEN_COMMA);
	if (p->t.kind != RS_TOKEN_CLOSE)
		return rs_lex_fail(&p->lexer, &p->t, err, "\",\" or \")\"");
	return advance(p, err);
}

/* Where a name goes on with other signs than those of names, as Book-Author does, quotes were forgotten. */
static int check_name_end(const struct parser *p, struct rs_err *err)
{
	struct rs_token whole = p->t;
	const char *end = p->lexer.p;

	if (p->t.quoted || *end == 0 || strchr(" \t\n\r.,()<>=!\"'`", *end) != NULL)
		return 0;
	whole.n += strcspn(end, " \t\n\r,()<>=!\"'`");
	return rs_lex_fail(&p->lexer, &whole, err, "backquotes around a name that is not of letters, digits and _ alone");
}

/* NAME or TABLE.NAME */
static int parse_name(struct parser *p, struct rs_filter_step *s, struct rs_err *err)
{
	size_t n;
	int rc;

	s->column = column_of(p);
	if (p->t.kind != RS_TOKEN_NAME)
		return rs_lex_fail(&p->lexer, &p->t, err, "the name of a column");
	if ((rc = check_name_end(p, err)) < 0 || (rc = keep_text(&s->name, &n, &p->t, err)) < 0 ||
	    (rc = advance(p, err)) < 0 || p->t.kind != RS_TOKEN_DOT)
		return rc;
	s->table = s->name;
	s->name = NULL;
	if ((rc = advance(p, err)) < 0)
		return rc;
	if (p->t.kind != RS_TOKEN_NAME)
		return rs_lex_fail(&p->lexer, &p->t, err, "the name of a column");
	if ((rc = check_name_end(p, err)) < 0 || (rc = keep_text(&s->name, &n, &p->t, err)) < 0)
		return rc;
	return advance(p, err);
}

static int parse_is(struct parser *p, struct rs_filter_step *s, struct rs_err *err)
{
	int rc;

	s->op = RS_FILTER_IS_NULL;
	if ((rc = advance(p, err)) < 0)
		return rc;
	if (rs_token_is(&p->t, "NOT")) {
		s->op = RS_FILTER_NOT_NULL;
		if ((rc = advance(p, err)) < 0)
			return rc;
	}
	if (!rs_token_is(&p->t, "NULL"))
		return rs_lex_fail(&p->lexer, &p->t, err, s->op == RS_FILTER_IS_NULL ? "NULL or NOT NULL" : "NULL");
	return advance(p, err);
}

static int parse_test(struct parser *p, struct rs_filter_step *s, struct rs_err *err)
{
	int rc;

	if (p->t.kind >= RS_TOKEN_EQ && p->t.kind <= RS_TOKEN_GE) {
		s->op = (enum rs_filter_op)(RS_FILTER_EQ + (p->t.kind - RS_TOKEN_EQ));
		return (rc = advance(p, err)) < 0 ? rc : parse_value(p, s, err);
	}
	if (rs_token_is(&p->t, "IS"))
		return parse_is(p, s, err);
	s->op = RS_FILTER_IN;
	if (rs_token_is(&p->t, "NOT")) {
		s->op = RS_FILTER_NOT_IN;
		if ((rc = advance(p, err)) < 0)
			return rc;
	}
	if (!rs_token_is(&p->t, "IN"))
		return rs_lex_fail(&p->lexer, &p->t, err,
		                   s->op != RS_FILTER_IN         ? "IN"
		                   : p->t.kind == RS_TOKEN_NAME ? "=, !=, <, <=, >, >=, IN, NOT IN, IS NULL or IS NOT NULL, "
		                                                  "or backquotes around a name with blanks"
		                                                : "=, !=, <, <=, >, >=, IN, NOT IN, IS NULL or IS NOT NULL");
	return (rc = advance(p, err)) < 0 ? rc : parse_list(p, s, err);
}

static int parse_condition(struct parser *p, struct rs_err *err)
{
	struct rs_filter_step s = { .first_value = p->f->n_values };
	int rc;

	if ((rc = parse_name(p, &s, err)) == 0 && (rc = parse_test(p, &s, err)) == 0)
		rc = add_step(p, &s, err);
	if (rc < 0) {
		rs_free(s.table);
		rs_free(s.name);
	}
	return rc;
}

/* ---- the whole ---- */

/* What comes before a condition, and the condition. */
static int parse_operand(struct parser *p, struct rs_err *err)
{
	int rc;

	while (p->t.kind == RS_TOKEN_OPEN || rs_token_is(&p->t, "NOT"))
		if ((rc = push(p, p->t.kind == RS_TOKEN_OPEN ? WAIT_OPEN : WAIT_NOT, err)) < 0 || (rc = advance(p, err)) < 0)
			return rc;
	return parse_condition(p, err);
}

static int close_group(struct parser *p, struct rs_err *err)
{
	int rc = reduce(p, WAIT_OR, err);

	if (rc < 0)
		return rc;
	if (p->n_stack == 0)
		return rs_lex_fail(&p->lexer, &p->t, err, "AND, OR or the end");
	p->n_stack--;
	p->n_nested--;
	return advance(p, err);
}

static int parse_all(struct parser *p, struct rs_err *err)
{
	int rc;

	if ((rc = advance(p, err)) < 0)
		return rc;
	for (;;) {
		enum waiting w;

		if ((rc = parse_operand(p, err)) < 0)
			return rc;
		while (p->t.kind == RS_TOKEN_CLOSE)
			if ((rc = close_group(p, err)) < 0)
				return rc;
		if (p->t.kind == RS_TOKEN_END)
			break;
		if (!rs_token_is(&p->t, "AND") && !rs_token_is(&p->t, "OR"))
			return rs_lex_fail(&p->lexer, &p->t, err, p->n_stack > 0 ? "AND, OR or \")\"" : "AND, OR or the end");
		w = rs_token_is(&p->t, "AND") ? WAIT_AND : WAIT_OR;
		if ((rc = reduce(p, w, err)) < 0 || (rc = push(p, w, err)) < 0 || (rc = advance(p, err)) < 0)
			return rc;
	}
	if ((rc = reduce(p, WAIT_OR, err)) < 0)
		return rc;
	return p->n_stack == 0 ? 0 : rs_lex_fail(&p->lexer, &p->t, err, "\")\"");
}

int rs_filter_parse(struct rs_filter **out, const char *text, struct rs_err *err)
{
	struct parser p = { .lexer = { text, text } };
	int rc;

	*out = NULL;
	if (strlen(text) > RS_FILTER_BYTES_MAX)
		return rs_fail(err, RS_EUSAGE, "a condition of %zu bytes: expected at most %d", strlen(text),
		               RS_FILTER_BYTES_MAX);
	if ((p.f = rs_array0(1, sizeof *p.f, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = parse_all(&p, err)) < 0) {
		rs_filter_free(p.f);
		return rc;
	}
	*out = p.f;
	return 0;
}

void rs_filter_free(struct rs_filter *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n_steps; i++) {
		rs_free(f->step[i].table);
		rs_free(f->step[i].name);
	}
	for (size_t i = 0; i < f->n_values; i++)
		rs_free(f->value[i].text);
	rs_free(f->step);
	rs_free(f->value);
	rs_free(f);
}
