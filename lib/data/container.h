/* container.h -- the one binary format: chunks of blocks, each with a checksum, and an index at the end.
 *
 * Byte tables: rs-dataset(5), section THE CONTAINER. A file is: header; chunks, each 64-byte aligned; index; trailer.
 * A chunk is a one-dimensional array of elements of 1, 2, 4 or 8 bytes, little-endian, cut into blocks of at most
 * RS_BLOCK_BYTES of plain data. Readers treat every file as hostile: nothing is used before header, index, sizes
 * and the checksum of the block agreed. Any input can be a pipe, which is then read whole, as stored. */
#ifndef RS_DATA_CONTAINER_H
#define RS_DATA_CONTAINER_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RS_BLOCK_BYTES (1u << 20)

/* How the blocks of a chunk may be stored. A writer tries what a class allows and keeps the smallest, per block. */
enum rs_pack {
	RS_PACK_RAW = 0,   /* as is, contiguous, 64-byte aligned: can be mapped */
	RS_PACK_BYTES = 1, /* LZ4, or as is where that is not smaller */
	RS_PACK_FLOAT = 2, /* as BYTES, or byte-shuffled + LZ4, or a dictionary of values + packed codes */
	RS_PACK_UINT = 3,  /* as FLOAT, or bit-packed frames (small unsigned integers) */
	RS_PACK_DELTA = 4  /* as UINT, or zigzag differences in bit-packed frames (times, offsets) */
};

enum rs_file_kind { RS_FILE_DATASET = 'D', RS_FILE_MODEL = 'M' };

/* Four letters; a lower-case first letter means that a reader that does not know it may skip it. */
#define RS_KIND(a, b, c, d)                                                                                  \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* ---- writing ---- */

struct rs_writer;

int rs_writer_open(struct rs_writer **out, const char *path, enum rs_file_kind kind, struct rs_err *err);

/* The same with a layout above 1, which is the lowest that a reader has to know. */
int rs_writer_open_as(struct rs_writer **out, const char *path, enum rs_file_kind kind, unsigned layout, struct rs_err *err);

/* One whole chunk: n elements of elem_bytes. column numbers chunks of one kind (0 where there is one). */
int rs_writer_chunk(struct rs_writer *w, uint32_t kind, uint32_t column, enum rs_pack pack, size_t elem_bytes,
                    const void *data, uint64_t n, struct rs_err *err);

/* The same in pieces: begin with the total number of elements, append in order until all are there, end. */
int rs_writer_begin(struct rs_writer *w, uint32_t kind, uint32_t column, enum rs_pack pack, size_t elem_bytes,
                    uint64_t n, struct rs_err *err);
int rs_writer_append(struct rs_writer *w, const void *data, uint64_t n, struct rs_err *err);
int rs_writer_end(struct rs_writer *w, struct rs_err *err);

/* The next n elements, at most RS_WRITER_GROUP blocks and whole blocks but at the end: fill makes n of block `block` of them,
 * from any thread. Not mixed with rs_writer_append in one chunk. */
#define RS_WRITER_GROUP 16 /* blocks that are packed at a time */
typedef void rs_fill_fn(void *ctx, size_t block, size_t n, void *out);
int rs_writer_fill(struct rs_writer *w, size_t n, rs_fill_fn *fill, void *ctx, struct rs_err *err);

/* Index, trailer, commit. *w is freed and NULL whatever the result. */
int rs_writer_commit(struct rs_writer **w, struct rs_err *err);
void rs_writer_abort(struct rs_writer *w);

/* ---- reading ---- */

struct rs_chunk {
	uint32_t kind, column;
	uint32_t elem_bytes;
	enum rs_pack pack;
	uint64_t n;        /* elements */
	uint64_t n_blocks; /* each but the last holds RS_BLOCK_BYTES / elem_bytes elements */
};

struct rs_reader;

/* Reads and checks header, trailer and index (a pipe: everything). RS_EDATA names the file and what is wrong: not an
 * rs file, a model where a dataset is wanted, a newer layout, cut off, damaged at a byte offset. */
int rs_reader_open(struct rs_reader **out, const char *path, enum rs_file_kind kind, struct rs_err *err);

/* The same for either kind; *kind tells which. */
int rs_reader_open_any(struct rs_reader **out, const char *path, enum rs_file_kind *kind, struct rs_err *err);
void rs_reader_close(struct rs_reader *r);

const char *rs_reader_name(const struct rs_reader *r);
uint64_t rs_reader_bytes(const struct rs_reader *r);  /* size of the file */
unsigned rs_reader_layout(const struct rs_reader *r); /* layout version that it was written as */
#define RS_DIGEST_BYTES 16
const uint8_t *rs_reader_digest(const struct rs_reader *r); /* XXH3-128 of the index, so of all contents */

size_t rs_reader_count(const struct rs_reader *r);
const struct rs_chunk *rs_reader_chunk(const struct rs_reader *r, size_t i);
uint64_t rs_reader_stored(const struct rs_reader *r, const struct rs_chunk *c); /* bytes in the file */

/* How its blocks are stored: the names of the codecs in use, joined by "+". Returns name, of RS_CODEC_NAME_MAX bytes. */
#define RS_CODEC_NAME_MAX 80
const char *rs_reader_codec(const struct rs_reader *r, const struct rs_chunk *c, char *name);

/* The chunk, or NULL where there is none. */
const struct rs_chunk *rs_reader_find(const struct rs_reader *r, uint32_t kind, uint32_t column);

/* The same where it must be there with this element size: RS_EDATA otherwise. n_max: RS_EDATA above it; exactly: or below. */
int rs_reader_need(const struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n_max,
                   const struct rs_chunk **c, struct rs_err *err);
int rs_reader_need_exactly(const struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n,
                           const struct rs_chunk **c, struct rs_err *err);

/* All elements into a new array, owned by the caller (rs_free); blocks are decoded in parallel. */
int rs_reader_load(struct rs_reader *r, const struct rs_chunk *c, void **data, struct rs_err *err);

/* A chunk of exactly n elements: whole, into *array, a pointer to elements that the caller owns (rs_free); or into out. */
int rs_reader_load_exactly(struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n, void *array,
                           struct rs_err *err);
int rs_reader_read_exactly(struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t elem_bytes, uint64_t n, void *out,
                           struct rs_err *err);

/* Elements [first, first + n) into out; reads only the blocks that hold them, and decodes of these what is needed to know
 * them. Thread-safe. */
int rs_reader_slice(struct rs_reader *r, const struct rs_chunk *c, uint64_t first, uint64_t n, void *out,
                    struct rs_err *err);

/* A RS_PACK_RAW chunk in place (mapped, or memory of the reader), valid until close, every checksum verified unless
 * lazy, where rs_reader_touch verifies the blocks that hold [first, first + n), each once; thread-safe. */
int rs_reader_map(struct rs_reader *r, const struct rs_chunk *c, bool lazy, const void **data, struct rs_err *err);
int rs_reader_touch(struct rs_reader *r, const struct rs_chunk *c, uint64_t first, uint64_t n, struct rs_err *err);

/* "FILE: damaged: WHAT"; returns RS_EDATA. */
int rs_reader_damaged(const struct rs_reader *r, const char *what, struct rs_err *err);

/* Verifies every checksum in the file. */
int rs_reader_verify(struct rs_reader *r, struct rs_err *err);

/* The same for a file of up to 8 MiB; where only blocks of a larger one are used, these alone are verified as they are. */
int rs_reader_verify_small(struct rs_reader *r, struct rs_err *err);

#endif
