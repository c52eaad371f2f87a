/* isa_hash.c -- XXH3, compiled here for each instruction set: the library's own is made for the oldest processor. */
#include "lib/num/isa_vec.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t RS_ISA_FN(rs_hash)(const void *bytes, size_t n)
{
	return XXH3_64bits(bytes, n);
}
