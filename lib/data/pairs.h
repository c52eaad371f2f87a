/* pairs.h -- pairs of users and items, read from text in their order, a part at a time.
 *
 * What the text looks like is found out as for events (shape.h): delimited text, with or without a header, or JSON Lines.
 * Columns beside user, item, time, value and event type are the context of the pair. A bad row is an error. */
#ifndef RS_DATA_PAIRS_H
#define RS_DATA_PAIRS_H

#include "lib/data/dataset.h"

/* Pairs as they stood, and their context. */
struct rs_pair_rows {
	size_t n;
	struct rs_buf bytes;   /* ids, one behind the other */
	size_t *end;           /* 2 n: of user and item of each pair */
	size_t cap_end;
	uint32_t n_context;
	struct rs_column *context; /* categorical, n rows each, names as they stand in the text */
};

/* The user (which 0) or the item (which 1) of pair i. */
const char *rs_pair_id(const struct rs_pair_rows *r, size_t i, int which, size_t *n);

struct rs_pair_reader;

/* columns: as for rs-import, or NULL. with_context: reads the further columns too. */
int rs_pair_reader_open(struct rs_pair_reader **out, const char *path, const char *columns, bool with_context,
                        struct rs_err *err);
void rs_pair_reader_close(struct rs_pair_reader *r); /* NULL is fine */

/* The next pairs, at most max and a few more; none at the end. *rows are valid until the next call. */
int rs_pair_reader_next(struct rs_pair_reader *r, size_t max, const struct rs_pair_rows **rows, struct rs_err *err);

#endif
