/* keymap.c -- byte strings to dense indexes: open addressing, keys in one arena.
 *
 * A slot holds a short key itself, so that one look at memory finds it; of a long one it holds some bits of the hash and the
 * place in the arena. Maps are larger than caches, and each look elsewhere is one more wait. */
#include "lib/base/keymap.h"

#include "lib/base/mem.h"

#include <stdbool.h>
#include <string.h>
#include <xxhash.h>

#define SHORT_MAX 11 /* bytes of a key that fits a slot */
#define LONG_MARK 15

/* head: the first 8 bytes of a short key (of one of up to 8, all of them in some order), or offset in the arena << 16 | bytes
 * of a long one. tail: the last bytes of a short key, or bits of the hash, above 4 bits of length or LONG_MARK. */
struct slot {
	uint64_t head;
	uint32_t tail;
	uint32_t ix; /* RS_NONE: free */
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

/* A key that is looked for. */
struct wanted {
	const char *p;
	size_t n;
	uint64_t hash;
	uint64_t head; /* short: as in its slot */
	uint32_t tail;
	bool is_short;
};

static uint32_t load32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t load64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static struct wanted want(const void *key, size_t n)
{
	const char *p = key;
	struct wanted w = { p, n, XXH3_64bits(p, n), 0, (uint32_t)n, n <= SHORT_MAX };

	if (!w.is_short) {
		w.tail = (uint32_t)(w.hash >> 32 << 4) | LONG_MARK;
	} else if (n > 8) {
		w.head = load64(p);
		w.tail |= load32(p + n - 4) >> 8 << 8;
	} else if (n >= 4) {
		w.head = load32(p) | (uint64_t)load32(p + n - 4) << 32;
	} else if (n > 0) {
		w.head = (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
		         (uint64_t)(unsigned char)p[n - 1] << 16;
	}
	return w;
}

/* The slot of the key, or the free one where it would stand. */
static struct slot *find_slot(const struct rs_keymap *m, const struct wanted *w)
{
	for (uint64_t at = w->hash & m->mask;; at = (at + 1) & m->mask) {
		struct slot *s = &m->slot[at];

		if (s->ix == RS_NONE)
			return s;
		if (s->tail != w->tail)
			continue;
		if (w->is_short ? s->head == w->head :
		                  (s->head & 0xffff) == w->n && memcmp(m->bytes + (s->head >> 16), w->p, w->n) == 0)
			return s;
	}
}

/* Twice the slots; the keys are hashed again from the arena. */
static int widen(struct rs_keymap *m, struct rs_err *err)
{
	uint64_t mask = m->mask * 2 + 1;
	struct slot *slot = new_slots(mask + 1, err);

	if (slot == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i <= m->mask; i++) {
		const struct slot *s = &m->slot[i];
		uint64_t at;

		if (s->ix == RS_NONE)
			continue;
		at = XXH3_64bits(m->bytes + m->off[s->ix], (size_t)(m->off[s->ix + 1] - m->off[s->ix])) & mask;
		while (slot[at].ix != RS_NONE)
			at = (at + 1) & mask;
		slot[at] = *s;
	}
	rs_free(m->slot);
	m->slot = slot;
	m->mask = mask;
	return 0;
}

static int add_wanted(struct rs_keymap *m, const struct wanted *w, uint32_t *ix, struct rs_err *err)
{
	struct slot *s = find_slot(m, w);
	int rc;

	if (s->ix != RS_NONE) {
		*ix = s->ix;
		return 0;
	}
	if (w->n > RS_KEY_MAX)
		return rs_fail(err, RS_EDATA, "id of %zu bytes: expected at most %d", w->n, RS_KEY_MAX);
	if (m->n >= RS_IX_MAX)
		return rs_fail(err, RS_EDATA, "more than %d different ids", RS_IX_MAX);
	if ((rc = rs_grow(&m->off, &m->off_cap, (size_t)m->n + 2, sizeof *m->off, err)) < 0 ||
	    (rc = rs_grow(&m->bytes, &m->bytes_cap, m->off[m->n] + w->n, 1, err)) < 0)
		return rc;
	if ((uint64_t)m->n * 2 > m->mask) {
		if ((rc = widen(m, err)) < 0)
			return rc;
		s = find_slot(m, w);
	}
	if (w->n > 0)
		memcpy(m->bytes + m->off[m->n], w->p, w->n);
	m->off[m->n + 1] = m->off[m->n] + w->n;
	*s = (struct slot){ w->is_short ? w->head : m->off[m->n] << 16 | w->n, w->tail, m->n };
	*ix = m->n++;
	return 0;
}

int rs_keymap_add(struct rs_keymap *m, const void *key, size_t n, uint32_t *ix, struct rs_err *err)
{
	struct wanted w = want(key, n);

	return add_wanted(m, &w, ix, err);
}

#define GROUP 32

/* Asks for the memory of all keys, step by step, before it is needed. */
static int add_group(struct rs_keymap *m, const struct rs_key *key, size_t n, uint32_t *ix, struct rs_err *err)
{
	struct wanted w[GROUP];
	bool all_short = true;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		w[i] = want(key[i].p, key[i].n);
		all_short &= w[i].is_short;
		__builtin_prefetch(&m->slot[w[i].hash & m->mask]);
	}
	for (size_t i = 0; i < n && !all_short; i++) {
		const struct slot *s = &m->slot[w[i].hash & m->mask];

		if (s->tail == w[i].tail && !w[i].is_short && s->ix != RS_NONE)
			__builtin_prefetch(m->bytes + (s->head >> 16));
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_wanted(m, &w[i], &ix[i], err);
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
	struct wanted w = want(key, n);

	return find_slot(m, &w)->ix;
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
