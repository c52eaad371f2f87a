/* json.h -- JSON from outside: bounded in depth, no name twice; and JSON of ours: the same bytes for the same contents. */
#ifndef RS_DATA_JSON_H
#define RS_DATA_JSON_H

#include "lib/base/buf.h"

#include <jansson.h>
#include <stdbool.h>

#define RS_JSON_DEPTH 64

/* Any JSON value. RS_EDATA with line and column where the text is not JSON, is nested deeper than RS_JSON_DEPTH, or
 * names a member twice. json_decref(*out) is the caller's. All memory of jansson comes through lib/base/mem.h. */
int rs_json_parse(json_t **out, const char *text, size_t n, struct rs_err *err);

/* Compact, members sorted by name, appended to out. */
int rs_json_print(const json_t *value, struct rs_buf *out, struct rs_err *err);

/* Whether jansson went without memory since the last call: its own messages often hide it. Per thread. */
bool rs_json_starved(void);

#endif
