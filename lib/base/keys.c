/* keys.c -- sorted lists of byte strings. */
#include "lib/base/keys.h"

#include "lib/base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int rs_key_cmp(const void *a, size_t na, const void *b, size_t nb)
{
	size_t n = na < nb ? na : nb;
	int c = n == 0 ? 0 : memcmp(a, b, n);

	return c != 0 ? c : (na > nb) - (na < nb);
}

static int cmp_at(const struct rs_keys *a, uint32_t i, const struct rs_keys *b, uint32_t j)
{
	size_t na, nb;
	const char *ka = rs_keys_get(a, i, &na), *kb = rs_keys_get(b, j, &nb);

	return rs_key_cmp(ka, na, kb, nb);
}

uint32_t rs_keys_find(const struct rs_keys *k, const void *key, size_t n)
{
	uint32_t lo = 0, hi = k->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		size_t nm;
		const char *km = rs_keys_get(k, mid, &nm);
		int c = rs_key_cmp(km, nm, key, n);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return RS_NONE;
}

void rs_keys_release(struct rs_keys *k)
{
	rs_free(k->off);
	rs_free(k->bytes);
	memset(k, 0, sizeof *k);
}

/* Room for n keys of `bytes` bytes together; off[0] is 0. */
static int keys_room(struct rs_keys *k, uint32_t n, uint64_t bytes, struct rs_err *err)
{
	memset(k, 0, sizeof *k);
	k->off = rs_array((size_t)n + 1, sizeof *k->off, err);
	k->bytes = rs_array(bytes, 1, err);
	if (k->off == NULL || k->bytes == NULL) {
		rs_keys_release(k);
		return RS_ENOMEM;
	}
	k->off[0] = 0;
	return 0;
}

static void keys_push(struct rs_keys *k, const char *key, size_t n)
{
	if (n > 0)
		memcpy(k->bytes + k->off[k->n], key, n);
	k->off[k->n + 1] = k->off[k->n] + n;
	k->n++;
}

/* A key to be sorted: its first 8 bytes as a big-endian number decide nearly always. */
struct sortable {
	uint64_t head;
	const char *key;
	uint32_t n, ix;
};

static int cmp_sortable(const void *pa, const void *pb)
{
	const struct sortable *a = pa, *b = pb;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return rs_key_cmp(a->key, a->n, b->key, b->n);
}

static uint64_t head_of(const char *key, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (i < n ? (unsigned char)key[i] : 0);
	return v;
}

/* The keys of the map from number `from` on, sorted. */
static void sort_keys(struct sortable *s, const struct rs_keymap *m, uint32_t from)
{
	uint32_t n = rs_keymap_count(m) - from;

	for (uint32_t i = 0; i < n; i++) {
		size_t len;

		s[i].key = rs_keymap_key(m, from + i, &len);
		s[i].n = (uint32_t)len;
		s[i].ix = from + i;
		s[i].head = head_of(s[i].key, len);
	}
	qsort(s, n, sizeof *s, cmp_sortable);
}

/* How many keys of the map, from the first on, were added in order: a sorted list that others followed. */
static uint32_t sorted_head(const struct rs_keymap *m, uint64_t *bytes)
{
	uint32_t n = rs_keymap_count(m), head = n == 0 ? 0 : 1;
	size_t n_last = 0, len = 0;
	const char *last = n == 0 ? NULL : rs_keymap_key(m, 0, &n_last), *key;

	*bytes = n_last;
	for (uint32_t i = 1; i < n; i++, last = key, n_last = len) {
		key = rs_keymap_key(m, i, &len);
		*bytes += len;
		head += head == i && rs_key_cmp(last, n_last, key, len) < 0;
	}
	return head;
}

int rs_keys_from_map(struct rs_keys *out, const struct rs_keymap *m, uint32_t **perm, struct rs_err *err)
{
	uint64_t bytes;
	uint32_t n = rs_keymap_count(m), n_head = sorted_head(m, &bytes), h = 0, t = 0;
	struct sortable *tail = rs_array(n - n_head, sizeof *tail, err);
	uint32_t *place = NULL;
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	if (perm != NULL)
		*perm = NULL;
	if (tail == NULL || (place = rs_array(n, sizeof *place, err)) == NULL || (rc = keys_room(out, n, bytes, err)) < 0)
		goto out;
	sort_keys(tail, m, n_head);
	while (out->n < n) {
		size_t len = 0;
		const char *key = h == n_head ? NULL : rs_keymap_key(m, h, &len);

		if (t == n - n_head || (key != NULL && rs_key_cmp(key, len, tail[t].key, tail[t].n) < 0)) {
			place[h++] = out->n;
			keys_push(out, key, len);
		} else {
			place[tail[t].ix] = out->n;
			keys_push(out, tail[t].key, tail[t].n);
			t++;
		}
	}
	if (perm != NULL) {
		*perm = place;
		place = NULL;
	}
	rc = 0;
out:
	rs_free(place);
	rs_free(tail);
	return rc;
}

/* The union of two lists, with the places of each. */
static int union2(struct rs_keys *out, const struct rs_keys *a, const struct rs_keys *b, uint32_t *map_a,
                  uint32_t *map_b, struct rs_err *err)
{
	uint64_t total = (uint64_t)a->n + b->n;
	uint32_t i = 0, j = 0;
	int rc;

	if ((rc = keys_room(out, (uint32_t)(total < RS_NONE ? total : RS_NONE - 1), a->off[a->n] + b->off[b->n],
	                    err)) < 0)
		return rc;
	while (i < a->n || j < b->n) {
		int c = i == a->n ? 1 : j == b->n ? -1 : cmp_at(a, i, b, j);
		size_t n;
		const char *key = c <= 0 ? rs_keys_get(a, i, &n) : rs_keys_get(b, j, &n);

		if (out->n >= RS_IX_MAX) {
			rs_keys_release(out);
			return rs_fail(err, RS_EDATA, "more than %d different ids", RS_IX_MAX);
		}
		if (c <= 0)
			map_a[i++] = out->n;
		if (c >= 0)
			map_b[j++] = out->n;
		keys_push(out, key, n);
	}
	return 0;
}

/* a < b */
static void two_shortest(const struct rs_keys *level, size_t n, size_t *a, size_t *b)
{
	*a = level[0].n <= level[1].n ? 0 : 1;
	*b = 1 - *a;
	for (size_t i = 2; i < n; i++) {
		if (level[i].n < level[*a].n) {
			*b = *a;
			*a = i;
		} else if (level[i].n < level[*b].n) {
			*b = i;
		}
	}
	if (*a > *b) {
		size_t t = *a;

		*a = *b;
		*b = t;
	}
}

static int union_long(struct rs_keys *out, const struct rs_keys *const *in, size_t n_in, uint32_t **map, struct rs_err *err)
{
	/* The two shortest lists are joined until one is left, so that a long one is gone through once. place[i] keeps the
	 * places of the members of list i in the list that it is part of, level[owner[i]]. */
	struct rs_keys *level = rs_array0(n_in + 1, sizeof *level, err);
	uint32_t **place = rs_array0(n_in + 1, sizeof *place, err);
	size_t *owner = rs_array(n_in + 1, sizeof *owner, err);
	uint32_t *ma = NULL, *mb = NULL;
	size_t n_level = n_in;
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	if (level == NULL || place == NULL || owner == NULL)
		goto out;
	for (size_t i = 0; i < n_in; i++) {
		if ((rc = rs_keys_copy(&level[i], in[i], err)) < 0)
			goto out;
		rc = RS_ENOMEM;
		if ((place[i] = rs_array(in[i]->n, sizeof **place, err)) == NULL)
			goto out;
		for (uint32_t j = 0; j < in[i]->n; j++)
			place[i][j] = j;
		owner[i] = i;
	}
	while (n_level > 1) {
		struct rs_keys joined;
		size_t a, b;

		two_shortest(level, n_level, &a, &b);
		rc = RS_ENOMEM;
		if ((ma = rs_array(level[a].n, sizeof *ma, err)) == NULL ||
		    (mb = rs_array(level[b].n, sizeof *mb, err)) == NULL ||
		    (rc = union2(&joined, &level[a], &level[b], ma, mb, err)) < 0)
			goto out;
		n_level--;
		for (size_t i = 0; i < n_in; i++) {
			if (owner[i] == a || owner[i] == b)
				for (uint32_t j = 0; j < in[i]->n; j++)
					place[i][j] = (owner[i] == a ? ma : mb)[place[i][j]];
			/* the joined one takes place a, the last one place b */
			owner[i] = owner[i] == b ? a : owner[i] == n_level ? (b == n_level ? a : b) : owner[i];
		}
		rs_keys_release(&level[a]);
		rs_keys_release(&level[b]);
		level[a] = joined;
		if (b != n_level) {
			level[b] = level[n_level];
			memset(&level[n_level], 0, sizeof level[n_level]);
		}
		rs_free(ma);
		rs_free(mb);
		ma = mb = NULL;
	}
	if (n_in == 0) {
		if ((rc = keys_room(out, 0, 0, err)) < 0)
			goto out;
	} else {
		*out = level[0];
		memset(&level[0], 0, sizeof level[0]);
	}
	for (size_t i = 0; i < n_in && map != NULL; i++) {
		map[i] = place[i];
		place[i] = NULL;
	}
	rc = 0;
out:
	rs_free(ma);
	rs_free(mb);
	for (size_t i = 0; i < n_in; i++) {
		if (level != NULL)
			rs_keys_release(&level[i]);
		if (place != NULL)
			rs_free(place[i]);
	}
	rs_free(level);
	rs_free(place);
	rs_free(owner);
	return rc;
}

/* Lists of up to SHORT keys, if there are MANY, are joined through a hash table, so that a thousand of them cost no more than
 * their keys. The longest list goes there before them, if it is not so long that the table would be its own work: then hardly
 * a key of theirs is new as a rule, and only new ones have to be sorted. */
#define SHORT 65536
#define MANY 8

static bool is_short(const struct rs_keys *k)
{
	return k->n <= SHORT;
}

/* The list that goes into the hash table before the short ones, or n_in. */
static size_t choose_first(const struct rs_keys *const *in, size_t n_in)
{
	uint64_t n_short = 0;
	size_t longest = 0;

	for (size_t i = 0; i < n_in; i++) {
		n_short += is_short(in[i]) ? in[i]->n : 0;
		longest = in[i]->n > in[longest]->n ? i : longest;
	}
	return in[longest]->n <= n_short ? longest : n_in;
}

/* place[k]: the number of key k in the map. */
static int add_keys(struct rs_keymap *map, const struct rs_keys *k, uint32_t **place, struct rs_err *err)
{
	struct rs_key key[64];
	int rc = 0;

	if ((*place = rs_array(k->n, sizeof **place, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0, n; i < k->n && rc == 0; i += n) {
		for (n = 0; n < sizeof key / sizeof key[0] && i + n < k->n; n++)
			key[n].p = rs_keys_get(k, i + n, &key[n].n);
		rc = rs_keymap_add_all(map, key, n, *place + i, err);
	}
	return rc;
}

/* The union of the short lists and of list `first`; place[i]: for each key of such a list in[i] its place there. */
static int union_short(struct rs_keys *out, const struct rs_keys *const *in, size_t n_in, size_t first, uint32_t **place,
                       struct rs_err *err)
{
	struct rs_keymap *map = NULL;
	uint32_t *sorted = NULL;
	int rc = rs_keymap_new(&map, err);

	if (rc == 0 && first < n_in)
		rc = add_keys(map, in[first], &place[first], err);
	for (size_t i = 0; i < n_in && rc == 0; i++)
		if (i != first && is_short(in[i]))
			rc = add_keys(map, in[i], &place[i], err);
	if (rc == 0)
		rc = rs_keys_from_map(out, map, &sorted, err);
	for (size_t i = 0; i < n_in && rc == 0; i++)
		for (uint32_t k = 0; place[i] != NULL && k < in[i]->n; k++)
			place[i][k] = sorted[place[i][k]];
	rs_free(sorted);
	rs_keymap_free(map);
	return rc;
}

/* The short lists become one, which is joined with the long ones. */
static int union_both(struct rs_keys *out, const struct rs_keys *const *in, size_t n_in, uint32_t **map, struct rs_err *err)
{
	const struct rs_keys **list = rs_array(n_in + 1, sizeof(struct rs_keys *), err);
	uint32_t **place = rs_array0(n_in, sizeof *place, err), **joined = rs_array0(n_in + 1, sizeof *joined, err);
	size_t n = 1, first = choose_first(in, n_in);
	struct rs_keys all_short = { 0 };
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	if (list == NULL || place == NULL || joined == NULL ||
	    (rc = union_short(&all_short, in, n_in, first, place, err)) < 0)
		goto out;
	list[0] = &all_short;
	for (size_t i = 0; i < n_in; i++)
		if (place[i] == NULL)
			list[n++] = in[i];
	if (n == 1) {
		*out = all_short;
		memset(&all_short, 0, sizeof all_short);
	} else if ((rc = union_long(out, list, n, joined, err)) < 0) {
		goto out;
	}
	n = 1;
	for (size_t i = 0; i < n_in; i++) {
		if (place[i] == NULL) {
			place[i] = joined[n];
			joined[n++] = NULL;
		} else {
			for (uint32_t k = 0; joined[0] != NULL && k < in[i]->n; k++)
				place[i][k] = joined[0][place[i][k]];
		}
		if (map != NULL) {
			map[i] = place[i];
			place[i] = NULL;
		}
	}
out:
	for (size_t i = 0; i < n_in && place != NULL; i++)
		rs_free(place[i]);
	for (size_t i = 0; i <= n_in && joined != NULL; i++)
		rs_free(joined[i]);
	rs_free(list);
	rs_free(place);
	rs_free(joined);
	rs_keys_release(&all_short);
	return rc;
}

int rs_keys_union(struct rs_keys *out, const struct rs_keys *const *in, size_t n_in, uint32_t **map, struct rs_err *err)
{
	size_t n_short = 0;

	for (size_t i = 0; i < n_in; i++)
		n_short += is_short(in[i]);
	return n_short >= MANY ? union_both(out, in, n_in, map, err) : union_long(out, in, n_in, map, err);
}

/* The first key of b, from j on, that is not below key i of a: steps grow until they go beyond it, then halve. *equal: it is
 * that key. */
static uint32_t not_below(const struct rs_keys *a, uint32_t i, const struct rs_keys *b, uint32_t j, bool *equal)
{
	uint32_t hi = j, step = 1; /* what lies before j is below; hi is b->n or not below */
	int c = -1;

	while (hi < b->n && (c = cmp_at(b, hi, a, i)) < 0) {
		j = hi + 1;
		hi = b->n - hi > step ? hi + step : b->n;
		step *= 2;
	}
	*equal = hi < b->n && c == 0;
	while (j < hi && !*equal) {
		uint32_t mid = j + (hi - j) / 2;

		c = cmp_at(b, mid, a, i);
		*equal = c == 0;
		if (c < 0)
			j = mid + 1;
		else
			hi = mid;
	}
	return hi;
}

int rs_keys_match(const struct rs_keys *a, const struct rs_keys *b, uint32_t **map, struct rs_err *err)
{
	uint32_t j = 0;

	*map = rs_array(a->n, sizeof **map, err);
	if (*map == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < a->n; i++) {
		bool equal;

		j = not_below(a, i, b, j, &equal);
		(*map)[i] = equal ? j++ : RS_NONE;
	}
	return 0;
}

int rs_keys_subset(struct rs_keys *out, const struct rs_keys *k, const uint8_t *keep, struct rs_err *err)
{
	uint64_t bytes = 0;
	uint32_t n = 0;
	int rc;

	for (uint32_t i = 0; i < k->n; i++) {
		if (keep[i] == 0)
			continue;
		n++;
		bytes += k->off[i + 1] - k->off[i];
	}
	if ((rc = keys_room(out, n, bytes, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < k->n; i++) {
		size_t len;
		const char *key = rs_keys_get(k, i, &len);

		if (keep[i] != 0)
			keys_push(out, key, len);
	}
	return 0;
}

int rs_keys_copy(struct rs_keys *out, const struct rs_keys *k, struct rs_err *err)
{
	uint64_t bytes = k->n == 0 ? 0 : k->off[k->n];
	int rc = keys_room(out, k->n, bytes, err);

	if (rc < 0)
		return rc;
	if (k->n > 0) {
		memcpy(out->off, k->off, ((size_t)k->n + 1) * sizeof *k->off);
		memcpy(out->bytes, k->bytes, bytes);
	}
	out->n = k->n;
	return 0;
}
