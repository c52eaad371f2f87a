/* rng.c -- Philox4x32-10, see rng.h. */
#include "lib/base/rng.h"

#include <math.h>

static void philox(uint32_t c[4], uint32_t k0, uint32_t k1)
{
	for (int round = 0; round < 10; round++) {
		uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
		uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;

		c[1] = (uint32_t)p1;
		c[3] = (uint32_t)p0;
		c[0] = n0;
		c[2] = n2;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
}

void rs_rand2(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step, uint64_t out[2])
{
	uint32_t c[4] = { purpose, (uint32_t)row, (uint32_t)(row >> 32), step };

	philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
	out[0] = (uint64_t)c[1] << 32 | c[0];
	out[1] = (uint64_t)c[3] << 32 | c[2];
}

uint64_t rs_rand_u64(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step)
{
	uint64_t w[2];

	rs_rand2(seed, purpose, row, step, w);
	return w[0];
}

static double unit_of(uint64_t w)
{
	return (double)(w >> 11) * 0x1p-53;
}

double rs_rand_unit(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step)
{
	return unit_of(rs_rand_u64(seed, purpose, row, step));
}

double rs_rand_normal(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step)
{
	uint64_t w[2];

	rs_rand2(seed, purpose, row, step, w);
	return sqrt(-2.0 * log(1.0 - unit_of(w[0]))) * cos(6.283185307179586 * unit_of(w[1]));
}

uint64_t rs_rand_below(uint64_t n, uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step)
{
	__extension__ typedef unsigned __int128 u128;

	return (uint64_t)(((u128)rs_rand_u64(seed, purpose, row, step) * n) >> 64);
}
