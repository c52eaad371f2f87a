/* shape.h -- what a file of text looks like: found out from its beginning, as far as the options do not say it. */
#ifndef RS_DATA_SHAPE_H
#define RS_DATA_SHAPE_H

#include "lib/base/buf.h"
#include "lib/data/avro.h"
#include "lib/data/import.h"
#include "lib/data/names.h"
#include "lib/data/records.h"

#define RS_SAMPLE_BYTES (RS_RECORD_MAX + 64)
#define RS_SAMPLE_RECORDS 1000

/* What is asked of all files of one table. */
struct rs_shape_wish {
	enum rs_table_kind kind;
	const struct rs_import_options *o;
	struct rs_spec columns, ignore;
	bool *ignore_met;      /* by entry of ignore: a file had such a column */
	struct rs_avro schema;
	bool has_schema;
	struct rs_avro domain; /* where there is no schema: columns that a domain knows */
	struct rs_err *lack;   /* NULL, or the sentence on columns that lack or are wrong, which is no failure then */
};

int rs_shape_wish_make(struct rs_shape_wish *w, enum rs_table_kind kind, const struct rs_import_options *o,
                       struct rs_err *err);
void rs_shape_wish_release(struct rs_shape_wish *w);

/* A file has a column of this name and number (0: none): what --ignore says of it is met. */
void rs_shape_wish_meet(const struct rs_shape_wish *w, const char *name, size_t n, uint32_t number);

struct rs_shape_column {
	char *name;        /* what the user calls it, or the header, or the schema, or "column7" */
	enum rs_role role; /* RS_ROLE_NONE: an attribute or context */
	bool ignored;
};

struct rs_shape {
	enum rs_format format; /* GUESS: there is no record at all */
	struct rs_dialect dialect;
	enum rs_encoding encoding;
	bool convert_ids;      /* ids are bytes, unless the encoding was asked for */
	enum rs_time_unit time_unit;
	bool no_unit;          /* times there may be, but none that could be read */
	char time_like[64];    /* no column of times, but this one (cut to fit) could be: "" where there is none, or no need */
	size_t skip;           /* bytes before the first row: a byte order mark, the header */
	uint64_t skip_lines;
	bool has_header;
	struct rs_buf header;  /* as it stands */
	size_t n_columns;      /* CSV: cells of a record */
	struct rs_shape_column *column;
	size_t of_role[RS_ROLES]; /* CSV: the column, or SIZE_MAX */
	bool has_time;         /* JSON: the first row has one */
	size_t n_members;      /* JSON: names in the first rows, as they come up; to be told, each row finds its own */
	struct rs_shape_column *member;
};

/* From the first bytes of a file, which all of it are where eof. */
int rs_shape_find(struct rs_shape *out, const struct rs_shape_wish *w, const char *name, const char *p, size_t n,
                  bool eof, struct rs_err *err);
void rs_shape_release(struct rs_shape *s);

/* Lines of file TAB property TAB value. */
int rs_shape_describe(struct rs_buf *out, const struct rs_shape *s, const char *file, const char *codec,
                      struct rs_err *err);

/* ---- parts, in dialect.c ---- */

/* The line end, the delimiter and the quoting. */
int rs_dialect_find(struct rs_dialect *d, const struct rs_import_options *o, enum rs_format format, const char *name,
                    const char *p, size_t n, bool eof, struct rs_err *err);

/* A sample cut into cells, record by record, blank ones left out. */
struct rs_sample {
	const char *p;
	size_t n;
	bool eof;
	struct rs_splitter split;
	struct rs_record record;
	size_t at;        /* the next record */
	uint64_t n_lines; /* before it */
	size_t n_records;
};

/* Moves on; 0: no more, 1: a record (split.n_cells is 0 where it is bad), or an error. */
int rs_sample_next(struct rs_sample *s, struct rs_err *err);

/* Whether the bytes are all blanks and line ends. */
bool rs_is_blank_text(const char *p, size_t n);

#endif
