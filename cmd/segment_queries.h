/* segment_queries.h -- what people are wanted for: items, and conditions on items. */
#ifndef RS_CMD_SEGMENT_QUERIES_H
#define RS_CMD_SEGMENT_QUERIES_H

#include "lib/data/idlist.h"

#include <stdbool.h>

enum rs_query_kind { RS_QUERY_ITEM, RS_QUERY_WHERE };

struct rs_queries {
	struct rs_idlist text; /* ids, conditions */
	uint8_t *kind;         /* text.n */
	size_t cap;
};

int rs_queries_add(struct rs_queries *q, enum rs_query_kind kind, const char *text, size_t n, struct rs_err *err);

/* A line each: an id, or {"itemId":ID}, or {"itemAttributes":CONDITION}. RS_EDATA with file and line. */
int rs_queries_read(struct rs_queries *q, const char *path, struct rs_err *err);
bool rs_queries_have_where(const struct rs_queries *q);
void rs_queries_release(struct rs_queries *q);

#endif
