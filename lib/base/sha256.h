/* sha256.h -- SHA-256 [1] and HMAC with it [2], for digests that people check with other tools and for pseudonyms.
 *
 * [1] FIPS 180-4, Secure Hash Standard, 2015. [2] H. Krawczyk, M. Bellare, R. Canetti, HMAC, RFC 2104, 1997. */
#ifndef RS_BASE_SHA256_H
#define RS_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define RS_SHA256_BYTES 32

struct rs_sha256 {
	uint32_t h[8];
	uint64_t n;        /* bytes so far */
	uint8_t block[64]; /* the last n % 64 of them */
};

void rs_sha256_begin(struct rs_sha256 *s);
void rs_sha256_add(struct rs_sha256 *s, const void *bytes, size_t n);
void rs_sha256_end(struct rs_sha256 *s, uint8_t out[RS_SHA256_BYTES]);

/* A key, ready for any number of messages. */
struct rs_hmac {
	struct rs_sha256 inner, outer;
};

void rs_hmac_key(struct rs_hmac *m, const void *key, size_t n);
void rs_hmac(const struct rs_hmac *m, const void *bytes, size_t n, uint8_t out[RS_SHA256_BYTES]);

#endif
