/* deal.h -- inside of sorting events: rows dealt into ranges of 2^shift users, by many threads, in the order of the rows.
 *
 * Rows are counted by tile and range first; then every tile knows where its rows of each range go, and tiles are dealt in any
 * order with the same result. */
#ifndef RS_DATA_DEAL_H
#define RS_DATA_DEAL_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

#define RS_DEAL_TILE (1u << 18) /* rows dealt at a time */

/* Set user, n and shift; the others come from rs_deal_count. */
struct rs_deal {
	const uint32_t *user; /* n: of each row */
	uint64_t n;
	unsigned shift; /* range of user u: u >> shift */
	size_t n_ranges, n_tiles;
	uint64_t *place; /* n_tiles x n_ranges: where the next row of a tile goes in a range */
	uint64_t *range; /* n_ranges + 1: first row of each */
};

/* Ranges for users 0 .. n_users - 1. On failure release it all the same. */
int rs_deal_count(struct rs_deal *d, uint32_t n_users, struct rs_err *err);
void rs_deal_release(struct rs_deal *d);

static inline size_t rs_deal_tiles(uint64_t n)
{
	return (size_t)((n + RS_DEAL_TILE - 1) / RS_DEAL_TILE);
}

/* Rows *lo .. *hi - 1 of n are those of a tile. */
static inline void rs_deal_rows(uint64_t n, size_t tile, uint64_t *lo, uint64_t *hi)
{
	*lo = (uint64_t)tile * RS_DEAL_TILE;
	*hi = n - *lo < RS_DEAL_TILE ? n : *lo + RS_DEAL_TILE;
}

/* Bits of the numbers up to v. */
static inline unsigned rs_bits_of(uint64_t v)
{
	return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

#endif
