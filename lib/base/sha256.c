/* sha256.c -- see sha256.h. */
#include "lib/base/sha256.h"

#include <string.h>

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, /**/
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, /**/
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, /**/
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, /**/
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, /**/
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, /**/
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, /**/
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void compress(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	for (int i = 16; i < 64; i++) {
		uint32_t s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
		uint32_t s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	memcpy(v, h, sizeof v);
	for (int i = 0; i < 64; i++) {
		uint32_t s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
		uint32_t most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]), t = v[7] + s1 + choice + k[i] + w[i];

		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t;
		v[0] = t + s0 + most;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

void rs_sha256_begin(struct rs_sha256 *s)
{
	static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		                           0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(s->h, start, sizeof start);
	s->n = 0;
}

void rs_sha256_add(struct rs_sha256 *s, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t have = (size_t)(s->n % 64);

	s->n += n;
	while (n > 0) {
		size_t part = 64 - have < n ? 64 - have : n;

		if (part == 64) { /* as it lies */
			compress(s->h, p);
		} else {
			memcpy(s->block + have, p, part);
			if (have + part == 64)
				compress(s->h, s->block);
		}
		have = (have + part) % 64;
		p += part;
		n -= part;
	}
}

void rs_sha256_end(struct rs_sha256 *s, uint8_t out[RS_SHA256_BYTES])
{
	uint64_t bits = s->n * 8;
	uint8_t pad[72] = { 0x80 };
	size_t n = 1 + (size_t)(119 - s->n % 64) % 64;

	for (int i = 0; i < 8; i++)
		pad[n + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
	rs_sha256_add(s, pad, n + 8);
	for (int i = 0; i < RS_SHA256_BYTES; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void rs_hmac_key(struct rs_hmac *m, const void *key, size_t n)
{
	uint8_t pad[64] = { 0 };

	if (n > sizeof pad) {
		struct rs_sha256 s;

		rs_sha256_begin(&s);
		rs_sha256_add(&s, key, n);
		rs_sha256_end(&s, pad);
	} else if (n > 0) {
		memcpy(pad, key, n);
	}
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36;
	rs_sha256_begin(&m->inner);
	rs_sha256_add(&m->inner, pad, sizeof pad);
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	rs_sha256_begin(&m->outer);
	rs_sha256_add(&m->outer, pad, sizeof pad);
}

void rs_hmac(const struct rs_hmac *m, const void *bytes, size_t n, uint8_t out[RS_SHA256_BYTES])
{
	struct rs_sha256 s = m->inner;

	rs_sha256_add(&s, bytes, n);
	rs_sha256_end(&s, out);
	s = m->outer;
	rs_sha256_add(&s, out, RS_SHA256_BYTES);
	rs_sha256_end(&s, out);
}
