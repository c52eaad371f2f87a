/* stream.h -- a chunk read block by block, forward for the most part; one block of it in memory. */
#ifndef RS_DATA_STREAM_H
#define RS_DATA_STREAM_H

#include "lib/data/container.h"

/* All zero is a stream of nothing. */
struct rs_stream {
	struct rs_reader *r;
	const struct rs_chunk *c;
	uint64_t first, n; /* elements in memory */
	uint8_t *block;
};

/* The chunk has to hold n elements. */
int rs_stream_open(struct rs_stream *s, struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n,
                   struct rs_err *err);
void rs_stream_release(struct rs_stream *s);

/* Frees the memory until the next use. */
void rs_stream_rest(struct rs_stream *s);

/* Element i, which is in the chunk, in *p, and how many lie there in a row in *n (may be NULL); valid until the next call. */
int rs_stream_at(struct rs_stream *s, uint64_t i, const void **p, uint64_t *n, struct rs_err *err);

#endif
