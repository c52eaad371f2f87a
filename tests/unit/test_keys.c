/* test_keys.c -- sorted keys: order, search, union, match, subset, against plain loops. */
#include "lib/base/keys.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct rs_err err;

/* The keys of the map as a list, each where its place says. */
static void take_keys(struct rs_keys *k, const struct rs_keymap *m)
{
	uint32_t *place;

	assert_int_equal(rs_keys_from_map(k, m, &place, &err), 0);
	assert_int_equal(k->n, rs_keymap_count(m));
	for (uint32_t i = 0; i < k->n; i++) {
		size_t na, nb;
		const char *a = rs_keymap_key(m, i, &na), *b = rs_keys_get(k, place[i], &nb);

		assert_int_equal(rs_key_cmp(a, na, b, nb), 0);
	}
	rs_free(place);
}

/* Up to n random keys; short alphabets give shared beginnings and zero bytes. */
static void draw_keys(struct rs_keys *k, uint64_t seed, uint32_t n)
{
	struct rs_keymap *m;
	uint32_t ix;
	char key[16];

	assert_int_equal(rs_keymap_new(&m, &err), 0);
	for (uint32_t i = 0; i < n; i++) {
		size_t len = (size_t)rs_rand_below(sizeof key, seed, RS_RNG_TEST, i, 0);

		for (size_t j = 0; j < len; j++)
			key[j] = (char)(rs_rand_below(3, seed, RS_RNG_TEST, i, 1 + (uint32_t)j) * 127);
		assert_int_equal(rs_keymap_add(m, key, len, &ix, &err), 0);
	}
	take_keys(k, m);
	rs_keymap_free(m);
}

static void assert_sorted(const struct rs_keys *k)
{
	for (uint32_t i = 1; i < k->n; i++) {
		size_t na, nb;
		const char *a = rs_keys_get(k, i - 1, &na), *b = rs_keys_get(k, i, &nb);

		assert_true(rs_key_cmp(a, na, b, nb) < 0);
	}
}

static void order_is_of_bytes(void **state)
{
	(void)state;
	assert_true(rs_key_cmp("a", 1, "b", 1) < 0);
	assert_true(rs_key_cmp("a", 1, "aa", 2) < 0);
	assert_true(rs_key_cmp("", 0, "", 0) == 0);
	assert_true(rs_key_cmp("\xff", 1, "a", 1) > 0);
	assert_true(rs_key_cmp("a", 1, "a\0", 2) < 0);
	assert_true(rs_key_cmp("12345678a", 9, "12345678b", 9) < 0);
}

static void lists_are_sorted_and_searched(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct rs_keys k, copy;

		draw_keys(&k, seed, seed == 0 ? 0 : 1u << (seed % 15));
		assert_sorted(&k);
		assert_int_equal(rs_keys_copy(&copy, &k, &err), 0);
		for (uint32_t i = 0; i < k.n; i++) {
			size_t n;
			const char *key = rs_keys_get(&k, i, &n);

			assert_int_equal(rs_keys_find(&copy, key, n), i);
		}
		assert_int_equal(rs_keys_find(&k, "not there", 9), RS_NONE);
		rs_keys_release(&copy);
		rs_keys_release(&k);
	}
}

static void others_may_follow_a_sorted_list(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct rs_keys list[2], all;
		struct rs_keymap *m;
		uint32_t ix;

		draw_keys(&list[0], seed, (uint32_t)seed % 7 * 50);
		draw_keys(&list[1], seed + 500, (uint32_t)seed % 5 * 50);
		assert_int_equal(rs_keymap_new(&m, &err), 0);
		for (int l = 0; l < 2; l++) {
			for (uint32_t i = 0; i < list[l].n; i++) {
				size_t n;
				const char *key = rs_keys_get(&list[l], l == 0 ? i : list[1].n - 1 - i, &n);

				assert_int_equal(rs_keymap_add(m, key, n, &ix, &err), 0);
			}
		}
		take_keys(&all, m);
		assert_sorted(&all);
		rs_keymap_free(m);
		rs_keys_release(&all);
		rs_keys_release(&list[0]);
		rs_keys_release(&list[1]);
	}
}

/* Lists of 300 keys; but 13 and more of them hold long ones, and 14 and 15 so many others that a long one is hashed with
 * them. */
static uint32_t length_of(size_t i, size_t n_in)
{
	if (i == 3)
		return 0;
	if (i == 2 ? n_in > 12 : i % 7 == 2 && n_in > 12 && n_in != 15)
		return 100000;
	return n_in == 14 || n_in == 15 ? 20000 : 300;
}

static void unions_hold_everything_once(void **state)
{
	(void)state;
	for (size_t n_in = 0; n_in <= 20; n_in++) {
		struct rs_keys in[20], all;
		const struct rs_keys *list[20] = { NULL };
		uint32_t *map[20];
		uint8_t *seen;

		for (size_t i = 0; i < n_in; i++) {
			draw_keys(&in[i], 100 * n_in + i, length_of(i, n_in));
			list[i] = &in[i];
		}
		assert_int_equal(rs_keys_union(&all, list, n_in, map, &err), 0);
		assert_sorted(&all);
		seen = rs_array0(all.n, 1, &err);
		for (size_t i = 0; i < n_in; i++) {
			for (uint32_t j = 0; j < in[i].n; j++) {
				size_t na, nb;
				const char *a = rs_keys_get(&in[i], j, &na), *b = rs_keys_get(&all, map[i][j], &nb);

				assert_int_equal(rs_key_cmp(a, na, b, nb), 0);
				seen[map[i][j]] = 1;
			}
			rs_free(map[i]);
			rs_keys_release(&in[i]);
		}
		for (uint32_t i = 0; i < all.n; i++)
			assert_int_equal(seen[i], 1);
		rs_free(seen);
		rs_keys_release(&all);
	}
}

static void match_and_subset_agree_with_search(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 30; seed++) {
		struct rs_keys a, b, some;
		uint32_t *map, n_kept = 0;
		uint8_t *keep;

		draw_keys(&a, seed, seed % 3 == 0 ? (uint32_t)seed : (uint32_t)seed * 20);
		draw_keys(&b, seed + 1000, seed % 5 == 0 ? 0 : seed % 3 == 0 ? 3000 : 400);
		assert_int_equal(rs_keys_match(&a, &b, &map, &err), 0);
		keep = rs_array(a.n, 1, &err);
		for (uint32_t i = 0; i < a.n; i++) {
			size_t n;
			const char *key = rs_keys_get(&a, i, &n);

			assert_int_equal(map[i], rs_keys_find(&b, key, n));
			keep[i] = map[i] != RS_NONE;
			n_kept += keep[i];
		}
		assert_int_equal(rs_keys_subset(&some, &a, keep, &err), 0);
		assert_int_equal(some.n, n_kept);
		assert_sorted(&some);
		for (uint32_t i = 0; i < a.n; i++) {
			size_t n;
			const char *key = rs_keys_get(&a, i, &n);

			assert_int_equal(rs_keys_find(&some, key, n) != RS_NONE, keep[i]);
		}
		rs_free(keep);
		rs_free(map);
		rs_keys_release(&some);
		rs_keys_release(&a);
		rs_keys_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_of_bytes),
		cmocka_unit_test(lists_are_sorted_and_searched),
		cmocka_unit_test(others_may_follow_a_sorted_list),
		cmocka_unit_test(unions_hold_everything_once),
		cmocka_unit_test(match_and_subset_agree_with_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
