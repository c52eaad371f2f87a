/* keymap.h -- byte strings to dense indexes, in order of first appearance (a hash map).
 *
 * Keys are any bytes, of length 0 to RS_KEY_MAX. Not thread-safe: use one per thread and join. The hash is
 * unkeyed XXH3 over the bytes; an index never depends on it. */
#ifndef RS_BASE_KEYMAP_H
#define RS_BASE_KEYMAP_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

#define RS_KEY_MAX 1024     /* bytes of one id */
#define RS_NONE UINT32_MAX  /* "no such index" everywhere */
#define RS_IX_MAX INT32_MAX /* users, items: at most 2^31 - 1 each */

struct rs_keymap;

int rs_keymap_new(struct rs_keymap **out, struct rs_err *err);
void rs_keymap_free(struct rs_keymap *m);

/* The index of the key, which is added if it is new. RS_EDATA if the key is too long or the map is full. */
int rs_keymap_add(struct rs_keymap *m, const void *key, size_t n, uint32_t *ix, struct rs_err *err);

struct rs_key {
	const char *p;
	size_t n;
};

/* The same for n keys in order, several times as fast: while one waits for memory, others go on. */
int rs_keymap_add_all(struct rs_keymap *m, const struct rs_key *key, size_t n, uint32_t *ix, struct rs_err *err);

/* The index, or RS_NONE. */
uint32_t rs_keymap_find(const struct rs_keymap *m, const void *key, size_t n);

uint32_t rs_keymap_count(const struct rs_keymap *m);

/* The bytes of key ix (valid until the next add) and their number. */
const char *rs_keymap_key(const struct rs_keymap *m, uint32_t ix, size_t *n);

#endif
