/* rejects.h -- bad rows, written out so that they can be mended and read again.
 *
 * A line per row: FILE:LINE[:COLUMN] TAB reason TAB the record as it stood. Before the first row of a file that has a header
 * comes "position TAB reason TAB header", so that `cut -f 3-` gives a file to import. */
#ifndef RS_DATA_REJECTS_H
#define RS_DATA_REJECTS_H

#include "lib/base/file.h"

struct rs_rejects {
	struct rs_out *out; /* NULL: only counted */
	uint64_t n;
	uint64_t max;       /* more are an error */
};

/* path may be NULL. */
int rs_rejects_open(struct rs_rejects *r, const char *path, uint64_t max, struct rs_err *err);

int rs_rejects_header(struct rs_rejects *r, const char *header, size_t n, struct rs_err *err);

/* A row of `rows` rows (of a list). RS_EDATA, with position and reason as its sentence, where it is one too many. */
int rs_rejects_add(struct rs_rejects *r, const char *position, const char *reason, const char *record, size_t n,
                   uint64_t rows, struct rs_err *err);

/* Puts the file in its place, also after too many rows. */
int rs_rejects_commit(struct rs_rejects *r, struct rs_err *err);
void rs_rejects_abort(struct rs_rejects *r);

#endif
