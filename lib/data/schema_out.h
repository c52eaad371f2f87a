/* schema_out.h -- the schema of a table in the form that Amazon Personalize takes, found out from what the table holds. */
#ifndef RS_DATA_SCHEMA_OUT_H
#define RS_DATA_SCHEMA_OUT_H

#include "lib/data/dataset.h"
#include "lib/data/names.h"

/* Appends the schema as JSON, ended by a line feed. d is the whole dataset. Columns keep the type they were declared with; else
 * numbers are long where all are whole, or double, categories categorical strings, and the longest text of items is textual.
 * RS_EDATA where the rules for schemas cannot be met: a name that cannot stand in one, no times, too many columns. */
int rs_schema_out(struct rs_buf *out, const struct rs_dataset *d, enum rs_table_kind kind, struct rs_err *err);

/* The same into a file. */
int rs_schema_save(const char *path, const struct rs_dataset *d, enum rs_table_kind kind, struct rs_err *err);

#endif
