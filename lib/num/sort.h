/* sort.h -- sorting of plain numbers. */
#ifndef RS_NUM_SORT_H
#define RS_NUM_SORT_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Scratch memory, which grows to the longest list that was sorted with it; all zero at first. */
struct rs_sort_u64 {
	uint64_t *key;
	size_t key_room;
	size_t *place;
	size_t place_room;
};

/* Sorts n numbers below 2^bits (1 to 64), ascending. *k, whose memory is used up, then points at them: there, or in the
 * scratch. */
int rs_sort_u64(uint64_t **k, size_t n, unsigned bits, struct rs_sort_u64 *s, struct rs_err *err);
void rs_sort_u64_release(struct rs_sort_u64 *s);

#endif
