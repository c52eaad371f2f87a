/* idlist.h -- a file of ids, one per line. */
#ifndef RS_DATA_IDLIST_H
#define RS_DATA_IDLIST_H

#include "lib/base/buf.h"

#include <stdint.h>

struct rs_idlist {
	struct rs_buf bytes;
	uint64_t *off; /* n + 1 */
	size_t n, cap;
};

/* Appends the ids of a file ("-": stdin): one per line, LF or CR LF; empty lines are passed over. Lines that start with '{' are
 * requests as JSON objects, whose member `json_key` is the id (NULL: no JSON). RS_EDATA with file and line. */
int rs_idlist_read(struct rs_idlist *l, const char *path, const char *json_key, struct rs_err *err);

int rs_idlist_add(struct rs_idlist *l, const void *id, size_t n, struct rs_err *err);
const char *rs_idlist_get(const struct rs_idlist *l, size_t i, size_t *n);
void rs_idlist_release(struct rs_idlist *l);

#endif
