/* mem.h -- the one layer through which memory comes.
 *
 * Sizes are checked for overflow, every failure has a sentence, the total is counted against an optional
 * cap (--memory), and a test build (FAULTS=1) can make the N-th allocation fail. free(NULL) is fine. */
#ifndef RS_BASE_MEM_H
#define RS_BASE_MEM_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* n elements of size bytes, aligned to 64 bytes, contents undefined. n or size 0 gives a valid pointer.
 * NULL on failure, with err filled (RS_ENOMEM). Free with rs_free. Thread-safe. */
void *rs_array(size_t n, size_t size, struct rs_err *err);

/* The same, all bytes 0. */
void *rs_array0(size_t n, size_t size, struct rs_err *err);

/* Makes room for at least `need` elements in *p, which has room for *cap: grows by half at least, keeps
 * the contents (alignment is malloc's). 0 or RS_ENOMEM; on failure *p and *cap are unchanged. */
int rs_grow(void *p, size_t *cap, size_t need, size_t size, struct rs_err *err);

/* A copy of n bytes with a 0 behind them. */
char *rs_strndup(const void *bytes, size_t n, struct rs_err *err);

void rs_free(void *p);

/* What is freed stays with the process for what is taken next, up to a point, instead of going back to the system page by page
 * and coming anew from there: for work that takes and frees blocks of a megabyte all the time. Called once, at the start. */
void rs_mem_keep_freed(void);

/* The cap in bytes for all live allocations of the process together; 0 (the start) is no cap. */
void rs_mem_set_cap(uint64_t bytes);
uint64_t rs_mem_cap(void);
uint64_t rs_mem_used(void);
uint64_t rs_mem_peak(void);

/* Refuses before the work starts: fails with RS_ENOMEM and a sentence that names `what`, the need, the cap
 * and `hint` (which option makes it smaller; may be NULL) if `bytes` more would go over the cap. */
int rs_mem_require(uint64_t bytes, const char *what, const char *hint, struct rs_err *err);

/* Products and sums of sizes: nonzero if the result does not fit. */
#define rs_mul_overflows(a, b, out) __builtin_mul_overflow(a, b, out)
#define rs_add_overflows(a, b, out) __builtin_add_overflow(a, b, out)

#endif
