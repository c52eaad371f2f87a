/* keys_union.c -- the union of many lists. */
#include "lib/base/keys.h"

#include "lib/base/mem.h"

#include <stdbool.h>
#include <string.h>

/* The union of two lists, with the places of each. */
static int union2(struct rs_keys *out, const struct rs_keys *a, const struct rs_keys *b, uint32_t *map_a,
                  uint32_t *map_b, struct rs_err *err)
{
	uint64_t total = (uint64_t)a->n + b->n;
	uint32_t i = 0, j = 0;
	int rc;

	if ((rc = rs_keys_room(out, (uint32_t)(total < RS_NONE ? total : RS_NONE - 1), a->off[a->n] + b->off[b->n], err)) < 0)
		return rc;
	while (i < a->n || j < b->n) {
		int c = i == a->n ? 1 : j == b->n ? -1 : rs_keys_cmp_at(a, i, b, j);
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
		rs_keys_push(out, key, n);
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

/* The two shortest lists are joined until one is left, so that a long one is gone through once. */
struct joining {
	const struct rs_keys *const *in;
	size_t n_in, n_lists;
	struct rs_keys *list; /* n_lists that are left */
	size_t *owner;        /* by list of `in`: the list that it is part of */
	uint32_t **place;     /* and the places of its keys there */
};

static int start_joining(struct joining *j, struct rs_err *err)
{
	j->n_lists = j->n_in;
	if ((j->list = rs_array0(j->n_in + 1, sizeof *j->list, err)) == NULL ||
	    (j->place = rs_array0(j->n_in + 1, sizeof *j->place, err)) == NULL ||
	    (j->owner = rs_array(j->n_in + 1, sizeof *j->owner, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < j->n_in; i++) {
		int rc = rs_keys_copy(&j->list[i], j->in[i], err);

		if (rc < 0)
			return rc;
		if ((j->place[i] = rs_array(j->in[i]->n, sizeof **j->place, err)) == NULL)
			return RS_ENOMEM;
		for (uint32_t k = 0; k < j->in[i]->n; k++)
			j->place[i][k] = k;
		j->owner[i] = i;
	}
	return 0;
}

/* The joined list takes the place of list a, the last one that of b > a. */
static void put_joined(struct joining *j, struct rs_keys joined, size_t a, size_t b, const uint32_t *map_a,
                       const uint32_t *map_b)
{
	size_t last = --j->n_lists;

	for (size_t i = 0; i < j->n_in; i++) {
		const uint32_t *map = j->owner[i] == a ? map_a : j->owner[i] == b ? map_b : NULL;

		for (uint32_t k = 0; map != NULL && k < j->in[i]->n; k++)
			j->place[i][k] = map[j->place[i][k]];
		j->owner[i] = j->owner[i] == b ? a : j->owner[i] == last ? b : j->owner[i];
	}
	rs_keys_release(&j->list[a]);
	rs_keys_release(&j->list[b]);
	j->list[a] = joined;
	if (b != last) {
		j->list[b] = j->list[last];
		memset(&j->list[last], 0, sizeof j->list[last]);
	}
}

static int join_shortest(struct joining *j, struct rs_err *err)
{
	struct rs_keys joined;
	uint32_t *map_a, *map_b;
	size_t a, b;
	int rc = RS_ENOMEM;

	two_shortest(j->list, j->n_lists, &a, &b);
	map_a = rs_array(j->list[a].n, sizeof *map_a, err);
	map_b = rs_array(j->list[b].n, sizeof *map_b, err);
	if (map_a != NULL && map_b != NULL && (rc = union2(&joined, &j->list[a], &j->list[b], map_a, map_b, err)) == 0)
		put_joined(j, joined, a, b, map_a, map_b);
	rs_free(map_a);
	rs_free(map_b);
	return rc;
}

static int union_long(struct rs_keys *out, const struct rs_keys *const *in, size_t n_in, uint32_t **map, struct rs_err *err)
{
	struct joining j = { .in = in, .n_in = n_in };
	int rc = start_joining(&j, err);

	memset(out, 0, sizeof *out);
	while (rc == 0 && j.n_lists > 1)
		rc = join_shortest(&j, err);
	if (rc == 0 && n_in == 0)
		rc = rs_keys_room(out, 0, 0, err);
	if (rc == 0 && n_in > 0) {
		*out = j.list[0];
		memset(&j.list[0], 0, sizeof j.list[0]);
	}
	for (size_t i = 0; i < n_in && rc == 0 && map != NULL; i++) {
		map[i] = j.place[i];
		j.place[i] = NULL;
	}
	for (size_t i = 0; i < n_in; i++) {
		if (j.list != NULL)
			rs_keys_release(&j.list[i]);
		if (j.place != NULL)
			rs_free(j.place[i]);
	}
	rs_free(j.list);
	rs_free(j.place);
	rs_free(j.owner);
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
