/* keys.h -- a sorted list of distinct byte strings: the ids of users, items, categories.
 *
 * Order is that of memcmp, the shorter first where one is the beginning of the other. The index of a key is
 * its place in the list, so that it does not depend on the order of rows in any input. Immutable once made. */
#ifndef RS_BASE_KEYS_H
#define RS_BASE_KEYS_H

#include "lib/base/err.h"
#include "lib/base/keymap.h"

struct rs_keys {
	uint32_t n;
	uint64_t *off; /* n + 1 offsets into bytes */
	char *bytes;
};

/* Compares as memcmp with length: < 0, 0, > 0. */
int rs_key_cmp(const void *a, size_t na, const void *b, size_t nb);

/* The same of key i of a and key j of b. */
int rs_keys_cmp_at(const struct rs_keys *a, uint32_t i, const struct rs_keys *b, uint32_t j);

static inline const char *rs_keys_get(const struct rs_keys *k, uint32_t ix, size_t *n)
{
	*n = (size_t)(k->off[ix + 1] - k->off[ix]);
	return k->bytes + k->off[ix];
}

/* A list made key by key, which come in order: room for n keys of `bytes` bytes together, then each. */
int rs_keys_room(struct rs_keys *k, uint32_t n, uint64_t bytes, struct rs_err *err);
void rs_keys_push(struct rs_keys *k, const void *key, size_t n);

/* The index of a key, or RS_NONE. O(log n). */
uint32_t rs_keys_find(const struct rs_keys *k, const void *key, size_t n);

/* Sorts what a map holds. *perm (may be NULL) gets an array, owned by the caller, that tells for each map
 * index the place in the list. */
int rs_keys_from_map(struct rs_keys *out, const struct rs_keymap *m, uint32_t **perm, struct rs_err *err);

/* The union of n_in lists. map[i] (map may be NULL) gets an array, owned by the caller, that tells for each
 * index of in[i] the place in the union. */
int rs_keys_union(struct rs_keys *out, const struct rs_keys *const *in, size_t n_in, uint32_t **map,
                  struct rs_err *err);

/* For each key of a its index in b, or RS_NONE: n entries in *map, owned by the caller. O(|a| + |b|), and of the order of
 * |a| log(|b| / |a|) where a is short. */
int rs_keys_match(const struct rs_keys *a, const struct rs_keys *b, uint32_t **map, struct rs_err *err);

/* The keys whose keep[] is nonzero. */
int rs_keys_subset(struct rs_keys *out, const struct rs_keys *k, const uint8_t *keep, struct rs_err *err);

int rs_keys_copy(struct rs_keys *out, const struct rs_keys *k, struct rs_err *err);

/* Frees what *k holds and empties it. */
void rs_keys_release(struct rs_keys *k);

#endif
