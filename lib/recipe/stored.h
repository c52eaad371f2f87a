/* stored.h -- arrays of a state into a model file and out of it. */
#ifndef RS_RECIPE_STORED_H
#define RS_RECIPE_STORED_H

#include "lib/data/container.h"

/* A whole chunk of floats, each of them finite: RS_EDATA otherwise, for what nobody could read is not written. */
int rs_stored_put_floats(struct rs_writer *w, uint32_t kind, uint32_t column, enum rs_pack pack, const float *x, uint64_t n,
                         struct rs_err *err);

/* A chunk of any length up to n_max into *array, a pointer to elements of elem_bytes that the caller owns (rs_free). */
int rs_stored_array(void *array, uint64_t *n, struct rs_reader *r, uint32_t kind, uint32_t elem_bytes, uint64_t n_max,
                    struct rs_err *err);

/* Exactly n floats, each finite and at least `least`, as above. Otherwise RS_EDATA: "FILE: damaged: WHAT". */
int rs_stored_floats(float **array, struct rs_reader *r, uint32_t kind, uint32_t column, uint64_t n, float least,
                     const char *what, struct rs_err *err);

/* The arrays of floats of a state, each described once for both ways. An array of 0 numbers is not there. */
struct rs_stored_part {
	float **x; /* n */
	uint64_t n;
	uint32_t kind, column;
	float least;
	const char *what;
};
int rs_stored_put_parts(struct rs_writer *w, const struct rs_stored_part *part, size_t n_parts, enum rs_pack pack,
                        struct rs_err *err);
int rs_stored_parts(const struct rs_stored_part *part, size_t n_parts, struct rs_reader *r, struct rs_err *err);

#endif
