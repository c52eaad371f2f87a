/* codec.h -- how the plain bytes of one block become stored bytes and back. Byte tables: rs-dataset(5), CODECS. */
#ifndef RS_DATA_CODEC_H
#define RS_DATA_CODEC_H

#include "lib/data/container.h"

enum rs_codec {
	RS_CODEC_RAW = 0,
	RS_CODEC_LZ4 = 1,
	RS_CODEC_SHUFFLE_LZ4 = 2,
	RS_CODEC_FRAMES = 3,       /* bit-packed frames with exceptions */
	RS_CODEC_DELTA_FRAMES = 4, /* zigzag differences, then frames */
	RS_CODEC_DICT_FRAMES = 5,  /* distinct values, then their numbers in frames */
	RS_CODEC_COUNT
};

#define RS_DICT_MAX 4096 /* distinct values of a block of RS_CODEC_DICT_FRAMES */

/* Stores n elements of elem_bytes (n x elem_bytes <= RS_BLOCK_BYTES) in the smallest way that pack allows, in the place of
 * what out holds. */
int rs_codec_encode(const void *plain, size_t n, size_t elem_bytes, enum rs_pack pack, enum rs_codec *codec,
                    struct rs_buf *out, struct rs_err *err);

/* One stored block: n elements of elem_bytes. */
struct rs_stored {
	enum rs_codec codec;
	const void *p;
	size_t bytes, elem_bytes, n;
};

/* The way back: elements [first, first + count) into plain. What lies before them is passed over where the codec allows it, and
 * what lies behind is left alone. RS_EDATA (no sentence) where the stored bytes do not say just that. */
int rs_codec_decode(const struct rs_stored *s, size_t first, size_t count, void *plain, struct rs_err *err);

#endif
