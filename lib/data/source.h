/* source.h -- the bytes of a file as they were before somebody compressed it.
 *
 * gzip, zstd, xz and LZ4 (frames) are recognised by their first bytes; several members behind one another are one text.
 * Memory is bounded whatever a file claims: xz and zstd may use up to 256 MiB. */
#ifndef RS_DATA_SOURCE_H
#define RS_DATA_SOURCE_H

#include "lib/base/file.h"

struct rs_source;

int rs_source_open(struct rs_source **out, const char *path, struct rs_err *err);
void rs_source_close(struct rs_source *s); /* NULL is fine */
const char *rs_source_name(const struct rs_source *s);

/* "gzip", "zstd", "xz", "lz4" or NULL. */
const char *rs_source_codec(const struct rs_source *s);

/* Reads up to n bytes in sequence; *got < n only at the end. RS_EDATA where compressed data is damaged or cut off. */
int rs_source_read(struct rs_source *s, void *buf, size_t n, size_t *got, struct rs_err *err);

/* Bytes of the file read so far, and its size (0: not known). */
uint64_t rs_source_done(const struct rs_source *s);
uint64_t rs_source_size(const struct rs_source *s);

#endif
