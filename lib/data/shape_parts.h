/* shape_parts.h -- what the parts of shape.h share. */
#ifndef RS_DATA_SHAPE_PARTS_H
#define RS_DATA_SHAPE_PARTS_H

#include "lib/data/shape.h"

/* What the sample of a table tells beside the cells of the first record. */
struct rs_survey {
	struct rs_cell *first; /* n cells of the first record, in `text` */
	size_t n;
	struct rs_buf text;
	struct rs_record record;
	size_t start, skip; /* of the first record */
	uint64_t lines;
	bool *all_numbers;  /* by column: all others are numbers or empty, and one is a number */
	bool *any_number;
	bool *all_times;    /* all others look like times or are empty, and one does */
	bool *any_time;
	struct rs_time_vote *vote; /* n */
};

extern const char *const rs_columns_option[RS_TABLES]; /* the option that names the columns of a table */

/* Header, names and roles of delimited text. */
int rs_shape_of_table(struct rs_shape *s, const struct rs_shape_wish *w, const char *name, const char *p, size_t n, bool eof,
                      struct rs_err *err);

/* The members of the first objects of JSON Lines, and the unit of their times. */
int rs_shape_of_json(struct rs_shape *s, const struct rs_shape_wish *w, const char *name, const char *p, size_t n, bool eof,
                     struct rs_err *err);

/* The first names of columns, quoted, for a message. */
const char *rs_shape_names(char *out, size_t size, const struct rs_shape_column *column, size_t n_columns);

/* Whether the columns found are those that were asked for and those that are needed: RS_EDATA says what is missing. */
int rs_shape_check(const struct rs_shape_wish *w, const struct rs_shape *s, const struct rs_survey *v, const char *name,
                   struct rs_err *err);

/* What was asked for, or what the times at hand say. */
enum rs_time_unit rs_shape_unit(const struct rs_import_options *o, const struct rs_time_vote *vote);
bool rs_shape_no_unit(const struct rs_import_options *o, const struct rs_time_vote *vote);

#endif
