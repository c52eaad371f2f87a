/* jsonl_flat.c -- a line of JSON Lines that is one flat object of plain strings, numbers, true, false and null.
 *
 * Nearly every line is such an object. It is read where it stands, without a value being made; a string may hold no escape.
 * Whatever is not just so, an error among it, is left to the reader of all JSON, so that it alone says what is wrong. */
#include "lib/data/jsonl.h"

#include "lib/base/mem.h"
#include "lib/base/utf8.h"
#include "lib/data/names.h"

#include <string.h>

#define MEMBERS_MAX 64 /* names are compared with each other */

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

/* The quote that closes the string whose text starts at p; NULL: not a plain string. */
static const char *plain_end(const char *p, const char *end)
{
	const char *start = p;
	unsigned char all = 0;

	while (p < end && *p != '"') {
		unsigned char c = (unsigned char)*p++;

		if (c < 0x20 || c == '\\')
			return NULL;
		all |= c;
	}
	return p < end && (all < 0x80 || rs_utf8_valid(start, (size_t)(p - start))) ? p : NULL;
}

static bool is_word(const char *p, const char *end, const char *word, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

/* The value at p; returns what stands behind it, or NULL: not one of these. */
static const char *take_value(const char *p, const char *end, struct rs_cell *c)
{
	size_t n;

	if (p < end && *p == '"') {
		const char *close = plain_end(p + 1, end);

		*c = (struct rs_cell){ p + 1, close == NULL ? 0 : (size_t)(close - p - 1) };
		return close == NULL ? NULL : close + 1;
	}
	if ((n = rs_json_number_length(p, end)) == 0)
		n = is_word(p, end, "true", 4) || is_word(p, end, "null", 4) ? 4 : is_word(p, end, "false", 5) ? 5 : 0;
	if (n == 0)
		return NULL;
	*c = (struct rs_cell){ *p == 'n' ? NULL : p, *p == 'n' ? 0 : n };
	p += n;
	return p < end && (*p == ',' || *p == '}' || *p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') ? p : NULL;
}

static bool is_new(const struct rs_json_rows *r, const char *name, size_t n)
{
	for (size_t i = 0; i < r->n_cells; i++)
		if (r->cell[i].n_name == n && memcmp(r->cell[i].name, name, n) == 0)
			return false;
	return true;
}

/* A member, of which p is the first byte; returns what stands behind it, or NULL. Room for it and for its name was made. */
static const char *take_member(struct rs_json_rows *r, const char *p, const char *end)
{
	struct rs_named_cell *c = &r->cell[r->n_cells];
	const char *close = p < end && *p == '"' ? plain_end(p + 1, end) : NULL;
	char *name = r->quoted.p + r->quoted.n;
	size_t n;

	if (close == NULL)
		return NULL;
	n = (size_t)(close - p - 1);
	memcpy(name, p + 1, n);
	name[n] = 0;
	r->quoted.n += n + 1;
	if (!is_new(r, name, n))
		return NULL;
	p = skip_blanks(close + 1, end);
	if (p == end || *p != ':' || (p = take_value(skip_blanks(p + 1, end), end, &c->cell)) == NULL ||
	    (c->cell.n > 0 && c->cell.p[0] == '{' && rs_name_is(name, "properties")))
		return NULL;
	c->name = name;
	c->n_name = n;
	r->n_cells++;
	return skip_blanks(p, end);
}

static bool take_object(struct rs_json_rows *r, const char *p, const char *end)
{
	p = skip_blanks(p, end);
	if (p == end || *p != '{')
		return false;
	p = skip_blanks(p + 1, end);
	if (p < end && *p == '}')
		return skip_blanks(p + 1, end) == end;
	while (r->n_cells < MEMBERS_MAX && (p = take_member(r, p, end)) != NULL && p < end) {
		if (*p == '}')
			return skip_blanks(p + 1, end) == end;
		if (*p != ',')
			return false;
		p = skip_blanks(p + 1, end);
	}
	return false;
}

int rs_json_flat_parse(struct rs_json_rows *r, const char *line, size_t n, bool *flat, struct rs_err *err)
{
	int rc;

	*flat = false;
	r->quoted.n = 0;
	if ((rc = rs_buf_reserve(&r->quoted, n + 1, err)) < 0 ||
	    (rc = rs_grow(&r->cell, &r->cap_cells, MEMBERS_MAX, sizeof *r->cell, err)) < 0 ||
	    (rc = rs_grow(&r->row_end, &r->cap_rows, 1, sizeof *r->row_end, err)) < 0)
		return rc;
	if (take_object(r, line, line + n)) {
		r->row_end[r->n_rows++] = r->n_cells;
		*flat = true;
	} else {
		r->n_cells = 0;
	}
	return 0;
}
