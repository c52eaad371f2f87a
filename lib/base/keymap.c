/* keymap.c -- byte strings to dense indexes: open addressing over slots of (tag, index), keys in one arena. */
#include "lib/base/keymap.h"

#include "lib/base/mem.h"

#include <string.h>
#include <xxhash.h>

struct slot {
	uint32_t tag; /* high half of the hash */
	uint32_t ix;  /* RS_NONE: free */
};

struct rs_keymap {
	struct slot *slot; /* mask + 1 */
	uint64_t mask;
	uint64_t *off; /* n + 1 offsets into bytes */
	size_t off_cap;
	char *bytes;
	size_t bytes_cap;
	uint32_t n;
};

static struct slot *new_slots(uint64_t n, struct rs_err *err)
{
	struct slot *s = rs_array(n, sizeof *s, err);

	if (s != NULL)
		memset(s, 0xff, n * sizeof *s);
	return s;
}

int rs_keymap_new(struct rs_keymap **out, struct rs_err *err)
{
	struct rs_keymap *m = rs_array0(1, sizeof *m, err);

	*out = NULL;
	if (m == NULL)
		return RS_ENOMEM;
	m->mask = 1023;
	m->slot = new_slots(m->mask + 1, err);
	if (m->slot == NULL || rs_grow(&m->off, &m->off_cap, 1024, sizeof *m->off, err) < 0 ||
	    rs_grow(&m->bytes, &m->bytes_cap, 4096, 1, err) < 0) {
		rs_keymap_free(m);
		return RS_ENOMEM;
	}
	m->off[0] = 0;
	*out = m;
	return 0;
}

void rs_keymap_free(struct rs_keymap *m)
{
	if (m == NULL)
		return;
	rs_free(m->slot);
	rs_free(m->off);
	rs_free(m->bytes);
	rs_free(m);
}

/* Twice the slots; the keys are hashed again from the arena. */
static int widen(struct rs_keymap *m, struct rs_err *err)
{
	uint64_t mask = m->mask * 2 + 1;
	struct slot *slot = new_slots(mask + 1, err);

	if (slot == NULL)
		return RS_ENOMEM;
	for (uint32_t ix = 0; ix < m->n; ix++) {
		uint64_t h = XXH3_64bits(m->bytes + m->off[ix], (size_t)(m->off[ix + 1] - m->off[ix]));
		uint64_t at = h & mask;

		while (slot[at].ix != RS_NONE)
			at = (at + 1) & mask;
		slot[at] = (struct slot){ (uint32_t)(h >> 32), ix };
	}
	rs_free(m->slot);
	m->slot = slot;
	m->mask = mask;
	return 0;
}

/* The slot of the key, or the free one where it would stand. */
static struct slot *find_slot(const struct rs_keymap *m, const void *key, size_t n, uint64_t h)
{
	uint32_t tag = (uint32_t)(h >> 32);
	uint64_t at = h & m->mask;

	for (;; at = (at + 1) & m->mask) {
		struct slot *s = &m->slot[at];

		if (s->ix == RS_NONE)
			return s;
		if (s->tag == tag && m->off[s->ix + 1] - m->off[s->ix] == n &&
		    (n == 0 || memcmp(m->bytes + m->off[s->ix], key, n) == 0))
			return s;
	}
}

static int add_hashed(struct rs_keymap *m, const void *key, size_t n, uint64_t h, uint32_t *ix, struct rs_err *err)
{
	struct slot *s = find_slot(m, key, n, h);
	int rc;

	if (s->ix != RS_NONE) {
		*ix = s->ix;
		return 0;
	}
	if (n > RS_KEY_MAX)
		return rs_fail(err, RS_EDATA, "id of %zu bytes: expected at most %d", n, RS_KEY_MAX);
	if (m->n >= RS_IX_MAX)
		return rs_fail(err, RS_EDATA, "more than %d different ids", RS_IX_MAX);
	if ((rc = rs_grow(&m->off, &m->off_cap, (size_t)m->n + 2, sizeof *m->off, err)) < 0 ||
	    (rc = rs_grow(&m->bytes, &m->bytes_cap, m->off[m->n] + n, 1, err)) < 0)
		return rc;
	if ((uint64_t)m->n * 2 > m->mask) {
		if ((rc = widen(m, err)) < 0)
			return rc;
		s = find_slot(m, key, n, h);
	}
	if (n > 0)
		memcpy(m->bytes + m->off[m->n], key, n);
	m->off[m->n + 1] = m->off[m->n] + n;
	*s = (struct slot){ (uint32_t)(h >> 32), m->n };
	*ix = m->n++;
	return 0;
}

int rs_keymap_add(struct rs_keymap *m, const void *key, size_t n, uint32_t *ix, struct rs_err *err)
{
	return add_hashed(m, key, n, XXH3_64bits(key, n), ix, err);
}

#define GROUP 32

/* Asks for the memory of all keys, step by step, before it is needed. */
static int add_group(struct rs_keymap *m, const struct rs_key *key, size_t n, uint32_t *ix, struct rs_err *err)
{
	uint64_t h[GROUP];
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		h[i] = XXH3_64bits(key[i].p, key[i].n);
		__builtin_prefetch(&m->slot[h[i] & m->mask]);
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t at = m->slot[h[i] & m->mask].ix;

		if (at != RS_NONE)
			__builtin_prefetch(&m->off[at]);
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t at = m->slot[h[i] & m->mask].ix;

		if (at != RS_NONE)
			__builtin_prefetch(m->bytes + m->off[at]);
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_hashed(m, key[i].p, key[i].n, h[i], &ix[i], err);
	return rc;
}

int rs_keymap_add_all(struct rs_keymap *m, const struct rs_key *key, size_t n, uint32_t *ix, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i += GROUP)
		rc = add_group(m, key + i, n - i < GROUP ? n - i : GROUP, ix + i, err);
	return rc;
}

uint32_t rs_keymap_find(const struct rs_keymap *m, const void *key, size_t n)
{
	return find_slot(m, key, n, XXH3_64bits(key, n))->ix;
}

uint32_t rs_keymap_count(const struct rs_keymap *m)
{
	return m->n;
}

const char *rs_keymap_key(const struct rs_keymap *m, uint32_t ix, size_t *n)
{
	*n = (size_t)(m->off[ix + 1] - m->off[ix]);
	return m->bytes + m->off[ix];
}
