/* intake_row.h -- inside of reading a tile: a row, from the cells of some text to the arrays of the intake. */
#ifndef RS_DATA_INTAKE_ROW_H
#define RS_DATA_INTAKE_ROW_H

#include "lib/data/intake_parts.h"

#define INTAKE_REFUSED 1 /* a row is bad, the worker says why */

/* ---- intake_check.c ---- */

/* Both return INTAKE_REFUSED. */
int intake_refuse(struct intake_worker *w, uint32_t cell, const char *what, const struct rs_cell *c, const char *expected);
int intake_refuse_text(struct intake_worker *w, uint32_t cell, const char *text);

/* 0 or INTAKE_REFUSED: the cells of the worker's row. */
int intake_check_id(struct rs_intake *in, struct intake_worker *w, enum rs_role role);
int intake_check_row(struct rs_intake *in, struct intake_worker *w, int64_t *time_s, float *value);

/* ---- intake_keep.c ---- */

void intake_set_role(struct intake_row *r, enum rs_role role, uint32_t at, struct rs_cell c);
int intake_add_key(struct intake_worker *w, enum rs_role role, const struct rs_cell *c, uint32_t *ix, struct rs_err *err);

/* The row of w into the arrays, or INTAKE_REFUSED. Its ids wait, and are looked up some at a time; intake_flush does
 * the rest. */
int intake_take_row(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err);
int intake_flush(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err);

/* Notes the row that w->reason speaks of. */
int intake_note_bad(struct intake_tile *t, const struct intake_worker *w, uint64_t line, const char *p, size_t n, uint32_t rows,
                    struct rs_err *err);

/* ---- intake_rows.c ---- */

bool intake_is_null(const struct rs_intake *in, const struct rs_cell *c);
int intake_begin_record(struct rs_intake *in, struct intake_worker *w, size_t n, struct rs_err *err);
void intake_set_event_type(struct rs_intake *in, struct intake_row *r);
int intake_need_attributes(struct intake_row *r, size_t n, struct rs_err *err);

/* ---- intake_json.c ---- */

/* A line with its rows, each of which may be bad by itself. */
int intake_take_line(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, const char *p,
                     const struct rs_record *r, uint64_t line, struct rs_err *err);

#endif
