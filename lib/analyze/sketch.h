/* sketch.h -- how many different, and how they are spread, in bounded memory and without regard to order.
 *
 * Both sketches take numbers in any order and from any thread's own copy: joining copies gives the same bytes as one copy
 * that saw everything. They are exact as long as there is room and say when they no longer are. */
#ifndef RS_ANALYZE_SKETCH_H
#define RS_ANALYZE_SKETCH_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- distinct: a set of hashes while it has room, HyperLogLog [1] beyond (standard error 0.8 %) ----
 *
 * [1] P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, HyperLogLog: the analysis of a near-optimal cardinality estimation
 *     algorithm, AofA 2007. */
#define RS_HLL_BITS 14

struct rs_distinct {
	uint64_t *slot; /* 0: free; NULL: nothing yet, or over */
	size_t n_slots, n, n_max;
	bool has_zero, over; /* the hash 0 is counted in n and has no slot */
	uint8_t *rank; /* 2^RS_HLL_BITS registers */
};

/* n_max: so many different ones are counted exactly. */
int rs_distinct_init(struct rs_distinct *d, size_t n_max, struct rs_err *err);
void rs_distinct_release(struct rs_distinct *d);
/* The hash is one to one for numbers. */
int rs_distinct_add(struct rs_distinct *d, uint64_t number, struct rs_err *err);
int rs_distinct_add_bytes(struct rs_distinct *d, const void *p, size_t n, struct rs_err *err);
int rs_distinct_join(struct rs_distinct *d, const struct rs_distinct *other, struct rs_err *err);
uint64_t rs_distinct_count(const struct rs_distinct *d, bool *estimated);

/* ---- histogram: how often each number occurs; with too many different ones, rounded to fewer and fewer bits ---- */

#define RS_HISTOGRAM_MAX 65536

struct rs_histogram {
	uint64_t *key; /* bits of the number, rounded */
	uint64_t *n;   /* 0: free */
	size_t n_slots, n_used;
	unsigned dropped; /* low bits of the mantissa that are rounded away; 0: exact */
};

struct rs_run {
	double value;
	uint64_t n;
};

int rs_histogram_init(struct rs_histogram *v, struct rs_err *err);
void rs_histogram_release(struct rs_histogram *v);
int rs_histogram_add(struct rs_histogram *v, double number, uint64_t n, struct rs_err *err);
int rs_histogram_join(struct rs_histogram *v, const struct rs_histogram *other, struct rs_err *err);
/* Runs in ascending order, owned by the caller. */
int rs_histogram_runs(const struct rs_histogram *v, struct rs_run **run, size_t *n, struct rs_err *err);

#endif
