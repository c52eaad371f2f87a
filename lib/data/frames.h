/* frames.h -- unsigned integers in bit-packed frames of RS_FRAME: base, width, and exceptions that do not fit the width.
 *
 * The idea is patched frame of reference [1]: the width of a frame is the one that makes it smallest, and the few values that
 * need more bits keep their low bits in place and their high bits in a list behind.
 *
 * [1] M. Zukowski, S. Heman, N. Nes, P. Boncz, Super-Scalar RAM-CPU Cache Compression, ICDE 2006. */
#ifndef RS_DATA_FRAMES_H
#define RS_DATA_FRAMES_H

#include "lib/base/buf.h"
#include "lib/num/isa.h"

/* Stores n values, n <= RS_FRAME, in the fewest bytes. */
int rs_frame_put(struct rs_buf *out, const uint64_t *v, size_t n, struct rs_err *err);
int rs_frame_put32(struct rs_buf *out, const uint32_t *v, size_t n, struct rs_err *err);

/* Reads n values; advances *p. RS_EDATA where the bytes do not hold them. */
int rs_frames_get(const uint8_t **p, const uint8_t *end, uint64_t *v, size_t n);

/* The same of values that were put as 32 bits; of others the low 32 bits, or RS_EDATA. */
int rs_frames_get32(const uint8_t **p, const uint8_t *end, uint32_t *v, size_t n);

/* Passes over n frames of RS_FRAME values each. */
int rs_frames_skip(const uint8_t **p, const uint8_t *end, size_t n);

#endif
