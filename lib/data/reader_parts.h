/* reader_parts.h -- inside of reading a container: what opening and reading share. */
#ifndef RS_DATA_READER_PARTS_H
#define RS_DATA_READER_PARTS_H

#include "lib/base/file.h"
#include "lib/data/container.h"
#include "lib/data/layout.h"

#define RS_READER_SMALL (1u << 18) /* a file up to this size is read at once, so that thousands of them may be open */

struct rs_chunk_place {
	uint64_t first_block;
	uint64_t end;          /* of its stored bytes */
	const uint8_t *mapped; /* where it was mapped, or NULL */
};

struct rs_block_state {
	uint64_t offset;
	uint8_t verified; /* its checksum agreed; read and set atomically */
};

struct rs_reader {
	struct rs_in *in;
	enum rs_file_kind kind;
	unsigned layout;
	uint8_t *whole; /* the file in memory, where it is small or came through a pipe */
	uint64_t bytes;
	uint64_t index_offset;
	size_t n_chunks;
	struct rs_chunk *chunk;
	struct rs_chunk_place *place; /* by chunk */
	uint64_t n_blocks;
	uint8_t *index;                      /* as it stands in the file */
	const struct rs_layout_block *block; /* part of it */
	struct rs_block_state *state;        /* by block */
	uint8_t digest[RS_DIGEST_BYTES];
};

/* "FILE: damaged at byte AT: WHAT"; returns RS_EDATA. */
int rs_reader_damaged_at(const struct rs_reader *r, struct rs_err *err, uint64_t at, const char *what);

#endif
