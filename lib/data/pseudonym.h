/* pseudonym.h -- ids of people replaced by a keyed hash: the first 128 bits of HMAC-SHA-256, as 32 hexadecimal digits.
 *
 * The same key gives the same pseudonyms everywhere, also in other programs; without the key nobody can tell, or try out,
 * whose one is. The key is never stored. */
#ifndef RS_DATA_PSEUDONYM_H
#define RS_DATA_PSEUDONYM_H

#include "lib/base/keymap.h"
#include "lib/base/sha256.h"

#define RS_PSEUDONYM_BYTES 32

/* Reads the key: the bytes of the file, without one line feed at its end. RS_EDATA outside of 16 to 4096 bytes. */
int rs_pseudonym_load(struct rs_hmac *key, const char *path, struct rs_err *err);

void rs_pseudonym(const struct rs_hmac *key, const void *id, size_t n, char out[RS_PSEUDONYM_BYTES]);

/* A map of the pseudonyms of all keys of m, with the same indexes. */
int rs_pseudonym_map(struct rs_keymap **out, const struct rs_hmac *key, const struct rs_keymap *m, struct rs_err *err);

#endif
