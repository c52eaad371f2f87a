/* text_columns.h -- categorical columns that come in cell by cell, as text with the name of the column: the context of
 * pairs and of requests. */
#ifndef RS_DATA_TEXT_COLUMNS_H
#define RS_DATA_TEXT_COLUMNS_H

#include "lib/data/dataset.h"

#define RS_TEXT_COLUMNS_MAX 256

struct rs_text_columns {
	struct rs_text_column *column;
	uint32_t n;
};

/* The values of a cell, which '|' joins; an empty one has none. row: never below that of a call before. RS_EDATA where there
 * are too many columns or a value is too long. */
int rs_text_columns_add(struct rs_text_columns *t, size_t row, const char *name, size_t n_name, const char *cell, size_t n_cell,
                        struct rs_err *err);

/* "COLUMN=VALUE" into row 0. RS_EUSAGE. */
int rs_text_columns_set(struct rs_text_columns *t, const char *text, struct rs_err *err);

/* The columns, n_rows each, into an array that the caller owns; t is empty after that. */
int rs_text_columns_finish(struct rs_text_columns *t, size_t n_rows, struct rs_column **out, uint32_t *n_out,
                           struct rs_err *err);

void rs_text_columns_release(struct rs_text_columns *t);

#endif
