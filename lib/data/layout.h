/* layout.h -- the fixed parts of the container, byte for byte as in rs-dataset(5). Little-endian machines only. */
#ifndef RS_DATA_LAYOUT_H
#define RS_DATA_LAYOUT_H

#include <assert.h>
#include <stdint.h>

#define RS_LAYOUT_VERSION 2 /* read up to this one; 2: a dataset with actions */
#define RS_ALIGN 64

struct rs_layout_header {
	uint8_t magic[8];       /* 89 52 53 'D' or 'M' 0D 0A 1A 0A */
	uint16_t written_as;    /* layout version of the writer */
	uint16_t readable_from; /* lowest version that a reader must know */
	uint8_t zero[44];
	uint64_t hash; /* XXH3-64 of the 56 bytes before */
};

struct rs_layout_chunk { /* in the index */
	uint32_t kind, column, elem_bytes, pack;
	uint64_t n, n_blocks;
	uint64_t offset; /* of the first block in the file; a multiple of 64 */
};

struct rs_layout_block { /* in the index, behind all chunks */
	uint32_t stored_bytes;
	uint32_t codec;
	uint64_t hash; /* XXH3-64 of the stored bytes */
};

struct rs_layout_trailer {
	uint8_t magic[8]; /* "RS-END\r\n" */
	uint64_t index_offset, n_chunks, n_blocks, file_bytes;
	uint8_t digest[16]; /* XXH3-128 of the index */
	uint64_t hash;      /* XXH3-64 of the 56 bytes before */
};

static_assert(sizeof(struct rs_layout_header) == 64, "header");
static_assert(sizeof(struct rs_layout_chunk) == 40, "chunk");
static_assert(sizeof(struct rs_layout_block) == 16, "block");
static_assert(sizeof(struct rs_layout_trailer) == 64, "trailer");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rs runs on little-endian machines");

#define RS_LAYOUT_MAGIC { 0x89, 'R', 'S', 0, '\r', '\n', 0x1a, '\n' } /* [3] is the kind */
#define RS_LAYOUT_END { 'R', 'S', '-', 'E', 'N', 'D', '\r', '\n' }

#endif
