/* npy.h -- vectors from a file of NumPy, one for each row of a list of ids.
 *
 * The format .npy, versions 1.0 to 3.0: a matrix of two dimensions in C order, of little-endian floats of 2, 4 or 8 bytes.
 * Anything else is refused with a reason, and so is a number that is not finite. Memory grows with what is there, not with
 * what the header says. */
#ifndef RS_DATA_NPY_H
#define RS_DATA_NPY_H

#include "lib/base/err.h"
#include "lib/base/keymap.h"

#include <stdint.h>

#define RS_NPY_COLUMNS_MAX 65536

struct rs_npy {
	uint32_t n, d;
	float *v; /* n x d */
};

/* "-" is stdin. */
int rs_npy_read(struct rs_npy *out, const char *path, struct rs_err *err);
void rs_npy_release(struct rs_npy *m);

/* A matrix whose rows are those of ids. */
struct rs_vectors {
	struct rs_npy m;
	struct rs_keymap *id; /* numbered as the rows */
};

/* ids_path: one id a line, as many as rows, none twice. */
int rs_vectors_read(struct rs_vectors *out, const char *path, const char *ids_path, struct rs_err *err);
void rs_vectors_release(struct rs_vectors *v);

#endif
