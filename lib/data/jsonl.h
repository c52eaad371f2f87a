/* jsonl.h -- one line of JSON Lines into rows of named cells.
 *
 * A flat object is one row. PutEvents, PutActionInteractions, PutItems, PutUsers and PutActions of Amazon Personalize are a
 * row per element of their list, to which the other members of the envelope are added; `properties`, an object or its
 * text, and `metricAttribution` stand for their members. A list of scalars is one cell, joined by '|'.
 * Numbers keep their text, so that an id of 20 digits stays what it is. */
#ifndef RS_DATA_JSONL_H
#define RS_DATA_JSONL_H

#include "lib/base/buf.h"
#include "lib/data/records.h"

#include <jansson.h>

struct rs_named_cell {
	const char *name;
	size_t n_name;
	struct rs_cell cell; /* p NULL: null */
};

/* All zero is a start; used again for each line; released with rs_json_rows_release. */
struct rs_json_rows {
	struct rs_named_cell *cell; /* of all rows, one behind the other */
	size_t *row_end;            /* n_rows ends among the cells */
	size_t n_cells, n_rows;
	/* memory behind the cells */
	size_t cap_cells, cap_rows, cap_kept, n_kept;
	json_t **kept;
	struct rs_buf quoted, joined;
};

/* RS_EDATA, with a reason that starts with what is wrong, where the line is no row. Cells are valid until the next call. */
int rs_json_rows_parse(struct rs_json_rows *r, const char *line, size_t n, struct rs_err *err);

/* The same by the reader of all JSON alone: what the short cut for flat objects has to agree with. */
int rs_json_rows_parse_all(struct rs_json_rows *r, const char *line, size_t n, struct rs_err *err);

/* That short cut: *flat tells whether the line is such an object, whose row is in r then. r holds no rows before. */
int rs_json_flat_parse(struct rs_json_rows *r, const char *line, size_t n, bool *flat, struct rs_err *err);

/* The length of the JSON number at p; 0: none. */
size_t rs_json_number_length(const char *p, const char *end);

void rs_json_rows_release(struct rs_json_rows *r);

#endif
