/* lines.h -- much text, written fast: tiles are filled in parallel and written in order. */
#ifndef RS_DATA_LINES_H
#define RS_DATA_LINES_H

#include "lib/base/buf.h"
#include "lib/base/file.h"

/* Appends the text of one tile to b, which is empty. What it appends depends on the tile alone. */
typedef int rs_lines_fn(void *ctx, size_t tile, struct rs_buf *b, struct rs_err *err);

int rs_lines_write(struct rs_out *out, size_t n_tiles, rs_lines_fn *fn, void *ctx, struct rs_err *err);

#endif
