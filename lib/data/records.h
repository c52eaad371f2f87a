/* records.h -- delimited text: where a record ends, and which cells it has.
 *
 * A record ends at a line end that is not inside a quoted cell. A cell is quoted if its first character, blanks aside, is a
 * double quote; elsewhere a quote is a character like others. After the closing quote only blanks may come before the
 * delimiter. Where that is not so, or a quote is never closed, the bad record is the one line in which it starts, so that
 * a stray quote costs one row and not the rest of the file. Blanks around an unquoted cell do not belong to it.
 *
 * Text with escapes, as databases copy it out, has no quotes: a backslash and what follows stand for one byte, also a
 * delimiter or line end, and a cell of backslash and N alone is null. */
#ifndef RS_DATA_RECORDS_H
#define RS_DATA_RECORDS_H

#include "lib/base/err.h"

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RS_RECORD_MAX (1u << 20) /* bytes */

enum rs_quoting {
	RS_QUOTING_GUESS,
	RS_QUOTING_RFC4180,   /* a quote inside a quoted cell is doubled */
	RS_QUOTING_BACKSLASH, /* it has a backslash before it, and so has a backslash */
	RS_QUOTING_NONE,
	RS_QUOTING_ESCAPES    /* no quotes; \t, \n, \\ and others anywhere */
};

#define RS_DELIMITER_MAX 7

struct rs_dialect {
	char delimiter[RS_DELIMITER_MAX + 1];
	unsigned n_delimiter; /* bytes; 0: runs of blanks and tabs */
	char eol;             /* LF, with or without CR before it, or CR alone */
	enum rs_quoting quoting; /* not GUESS; NONE unless the delimiter is one byte */
};

struct rs_record {
	size_t n;     /* bytes, without the line end */
	size_t skip;  /* bytes up to the next record */
	size_t lines; /* line ends among them */
	bool quoted;  /* a cell is quoted */
	bool escaped; /* ESCAPES: a backslash is in it */
	bool open;    /* longer than RS_RECORD_MAX, and its end is not in sight */
	const char *bad; /* "what: expected ..." if it cannot be cut into cells, or NULL */
};

/* The record that starts at p; eof: nothing comes behind the n bytes. false: its end is not among them. */
bool rs_record_find(const struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_record *r);

/* p is NULL for a null (of JSON, or of text with escapes). */
struct rs_cell {
	const char *p;
	size_t n;
};

/* Cuts records into cells; one per thread. All zero but d is a start; released with rs_splitter_release. */
struct rs_splitter {
	const struct rs_dialect *d;
	struct rs_cell *cell; /* valid until the next record */
	size_t n_cells, cap;
	struct csv_parser csv;
	bool csv_ready;
	char *arena; /* unquoted cells: RS_RECORD_MAX bytes */
	size_t n_arena;
	bool zero;   /* an escape stands for a byte of value 0 */
	struct rs_err *err; /* of the record being cut, for the callbacks of libcsv */
	int rc;
};

/* escapes.c: the cells of a record with escapes into the arena, which has room. */
int rs_escapes_split(struct rs_splitter *s, const char *p, const char *end, struct rs_err *err);
int rs_splitter_push(struct rs_splitter *s, const char *p, size_t n, struct rs_err *err);

int rs_record_split(struct rs_splitter *s, const char *p, const struct rs_record *r, struct rs_err *err);
void rs_splitter_release(struct rs_splitter *s);

/* A blank or tab. */
static inline bool rs_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

#endif
