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

int rs_keys_cmp_at(const struct rs_keys *a, uint32_t i, const struct rs_keys *b, uint32_t j)
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

int rs_keys_room(struct rs_keys *k, uint32_t n, uint64_t bytes, struct rs_err *err)
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

void rs_keys_push(struct rs_keys *k, const void *key, size_t n)
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
	if (tail == NULL || (place = rs_array(n, sizeof *place, err)) == NULL || (rc = rs_keys_room(out, n, bytes, err)) < 0)
		goto out;
	sort_keys(tail, m, n_head);
	while (out->n < n) {
		size_t len = 0;
		const char *key = h == n_head ? NULL : rs_keymap_key(m, h, &len);

		if (t == n - n_head || (key != NULL && rs_key_cmp(key, len, tail[t].key, tail[t].n) < 0)) {
			place[h++] = out->n;
			rs_keys_push(out, key, len);
		} else {
			place[tail[t].ix] = out->n;
			rs_keys_push(out, tail[t].key, tail[t].n);
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

/* The first key of b, from j on, that is not below key i of a: steps grow until they go beyond it, then halve. *equal: it is
 * that key. */
static uint32_t not_below(const struct rs_keys *a, uint32_t i, const struct rs_keys *b, uint32_t j, bool *equal)
{
	uint32_t hi = j, step = 1; /* what lies before j is below; hi is b->n or not below */
	int c = -1;

	while (hi < b->n && (c = rs_keys_cmp_at(b, hi, a, i)) < 0) {
		j = hi + 1;
		hi = b->n - hi > step ? hi + step : b->n;
		step *= 2;
	}
	*equal = hi < b->n && c == 0;
	while (j < hi && !*equal) {
		uint32_t mid = j + (hi - j) / 2;

		c = rs_keys_cmp_at(b, mid, a, i);
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
	if ((rc = rs_keys_room(out, n, bytes, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < k->n; i++) {
		size_t len;
		const char *key = rs_keys_get(k, i, &len);

		if (keep[i] != 0)
			rs_keys_push(out, key, len);
	}
	return 0;
}

int rs_keys_copy(struct rs_keys *out, const struct rs_keys *k, struct rs_err *err)
{
	uint64_t bytes = k->n == 0 ? 0 : k->off[k->n];
	int rc = rs_keys_room(out, k->n, bytes, err);

	if (rc < 0)
		return rc;
	if (k->n > 0) {
		memcpy(out->off, k->off, ((size_t)k->n + 1) * sizeof *k->off);
		memcpy(out->bytes, k->bytes, bytes);
	}
	out->n = k->n;
	return 0;
}
