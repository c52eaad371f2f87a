/* idlist.h -- a file of ids, one per line. */
#ifndef RS_DATA_IDLIST_H
#define RS_DATA_IDLIST_H

#include "lib/base/buf.h"
#include "lib/data/text_columns.h"

#include <jansson.h>
#include <stdint.h>

struct rs_idlist {
	struct rs_buf bytes;
	uint64_t *off; /* n + 1 */
	size_t n, cap;
};

/* Appends the ids of a file ("-": stdin), compressed (source.h) or not: one per line, LF or CR LF; empty lines, a byte order
 * mark and a first line USER_ID, ITEM_ID or ACTION_ID are passed over. Lines that start with '{' are requests as JSON objects,
 * whose member `json_key` is the id (NULL: no JSON). RS_EDATA with file and line. */
int rs_idlist_read(struct rs_idlist *l, const char *path, const char *json_key, struct rs_err *err);

/* The same, with the object "context" of each request (column: value) in the row of its id. */
int rs_idlist_read_context(struct rs_idlist *l, struct rs_text_columns *context, const char *path, const char *json_key,
                           struct rs_err *err);

/* The member "context" of a request, if it has one. */
int rs_context_from_json(struct rs_text_columns *context, size_t row, const json_t *request, struct rs_err *err);

/* RS_EDATA where the request asks for what only options say here (filterValues, numResults ...), or has a context and
 * `known`, ended by NULL, does not name it. The first other member that is not known is told in a note, once: *told. */
int rs_request_check(json_t *request, const char *const *known, bool *told, const char *name, size_t line,
                     struct rs_err *err);

/* RS_EDATA where the id is empty or too long. */
int rs_idlist_add(struct rs_idlist *l, const void *id, size_t n, struct rs_err *err);
/* A string, or a whole number as it is written. RS_EDATA, which names `what`. */
int rs_idlist_add_json(struct rs_idlist *l, const json_t *id, const char *what, struct rs_err *err);
const char *rs_idlist_get(const struct rs_idlist *l, size_t i, size_t *n);
void rs_idlist_release(struct rs_idlist *l);

#endif
