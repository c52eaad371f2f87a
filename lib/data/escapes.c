/* escapes.c -- cells of text with escapes: what COPY of PostgreSQL and INTO OUTFILE of MySQL (mysqldump --tab) write.
 *
 * A backslash and one of b, f, n, r, t, v stand for the control character of C, a backslash and one to three octal digits, or
 * x and one or two hexadecimal ones, for the byte of that value; any other byte behind a backslash, also a delimiter, a line
 * end or another backslash, is that byte. A cell of backslash and N alone is null. A backslash at the end of the record is
 * one. */
#include "lib/data/records.h"

#include "lib/base/mem.h"

#include <string.h>

/* The digits of the base from p on, at most n of them; returns how many. */
static size_t get_digits(const char *p, const char *end, unsigned base, size_t n, unsigned *value)
{
	size_t k = 0;

	for (*value = 0; k < n && p + k < end; k++) {
		char c = p[k];
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') :
		                 c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) :
		                 c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) :
		                                        99;

		if (digit >= base)
			break;
		*value = *value * base + digit;
	}
	return k;
}

/* The byte for what stands behind a backslash; returns how many bytes that is. p < end. */
static size_t get_escape(const char *p, const char *end, char *to)
{
	static const char names[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
	const char *name = memchr(names, *p, sizeof names - 1);
	unsigned value;
	size_t k;

	if (name != NULL) {
		*to = bytes[name - names];
		return 1;
	}
	if ((k = get_digits(p, end, 8, 3, &value)) > 0 ||
	    (*p == 'x' && (k = get_digits(p + 1, end, 16, 2, &value)) > 0 && k++ > 0)) {
		*to = (char)value;
		return k;
	}
	*to = *p;
	return 1;
}

/* The cell at p into the arena; returns where its delimiter stands, or end. */
static const char *take_cell(struct rs_splitter *s, const char *p, const char *end, struct rs_cell *c)
{
	char *start = s->arena + s->n_arena, *to = start;
	char *keep = start; /* behind the last byte that is not a blank to be cut */
	const char *from;

	while (p < end && rs_is_blank(*p) && *p != s->d->delimiter[0])
		p++;
	from = p;
	while (p < end && *p != s->d->delimiter[0]) {
		if (*p == '\\' && p + 1 < end) {
			p++;
			p += get_escape(p, end, to);
			s->zero |= *to++ == 0;
			keep = to;
		} else {
			*to++ = *p;
			keep = rs_is_blank(*p) ? keep : to;
			p++;
		}
	}
	*c = (struct rs_cell){ start, (size_t)(keep - start) };
	if (c->n == 1 && *start == 'N' && from[0] == '\\' && from[1] == 'N')
		c->n = 0;
	s->n_arena += (size_t)(to - start);
	return p;
}

int rs_escapes_split(struct rs_splitter *s, const char *p, const char *end, struct rs_err *err)
{
	for (;; p++) {
		struct rs_cell c;
		int rc;

		p = take_cell(s, p, end, &c);
		if ((rc = rs_splitter_push(s, c.p, c.n, err)) < 0 || p == end)
			return rc;
	}
}
