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

/* Stores n elements of elem_bytes (n x elem_bytes <= RS_BLOCK_BYTES) in the smallest way that pack allows. out is
 * appended to. */
int rs_codec_encode(const void *plain, size_t n, size_t elem_bytes, enum rs_pack pack, enum rs_codec *codec,
                    struct rs_buf *out, struct rs_err *err);

/* The way back, exactly n elements into plain. RS_EDATA (no sentence) where the stored bytes do not say just that. */
int rs_codec_decode(enum rs_codec codec, const void *stored, size_t stored_bytes, size_t elem_bytes, void *plain,
                    size_t n, struct rs_err *err);

#endif
