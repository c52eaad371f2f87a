/* test_frames.c -- bit-packed frames: every instruction set stores the same bytes, no width would be smaller, and all comes
 * back. */
#include "lib/base/rng.h"
#include "lib/data/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct rs_err err;

/* Numbers of up to `bits` bits, some of up to `wide`, all above base. */
static size_t draw(uint64_t *v, uint64_t seed, unsigned bits, unsigned wide, uint64_t base)
{
	size_t n = seed % 3 == 0 ? 1 + (size_t)rs_rand_below(RS_FRAME, seed, RS_RNG_TEST, 0, 1) : RS_FRAME;

	for (uint32_t i = 0; i < n; i++) {
		unsigned b = rs_rand_below(20, seed, RS_RNG_TEST, i, 2) == 0 ? wide : bits;
		uint64_t x = rs_rand_below(UINT64_MAX, seed, RS_RNG_TEST, i, 3);

		v[i] = base + (b == 0 ? 0 : x >> (64 - b));
	}
	return n;
}

/* The size of the frame as it is with the width b, by its definition. */
static size_t size_with(const uint64_t *v, size_t n, unsigned b)
{
	struct rs_buf base = RS_BUF_INIT;
	uint64_t least = v[0];
	size_t bytes;

	for (size_t i = 1; i < n; i++)
		least = v[i] < least ? v[i] : least;
	assert_int_equal(rs_buf_varint(&base, least, &err), 0);
	bytes = 2 + base.n + (n * b + 7) / 8;
	for (size_t i = 0; i < n && b < 64; i++) {
		uint64_t high = (v[i] - least) >> b;

		base.n = 0;
		assert_int_equal(rs_buf_varint(&base, high, &err), 0);
		bytes += high == 0 ? 0 : 1 + base.n;
	}
	rs_buf_release(&base);
	return bytes;
}

static void check(const uint64_t *v, size_t n)
{
	const struct rs_kernels *const *all = rs_isa_all();
	struct rs_buf first = RS_BUF_INIT;
	uint32_t narrow[RS_FRAME];
	bool fit = true;

	for (size_t i = 0; i < n; i++) {
		narrow[i] = (uint32_t)v[i];
		fit &= narrow[i] == v[i];
	}

	for (size_t k = 0; all[k] != NULL; k++) {
		struct rs_buf b = RS_BUF_INIT;
		uint64_t back[RS_FRAME];
		uint32_t back32[RS_FRAME];
		const uint8_t *p;

		assert_int_equal(rs_isa_set(all[k]->name, &err), 0);
		assert_int_equal(rs_frame_put(&b, v, n, &err), 0);
		if (k == 0)
			assert_int_equal(rs_buf_add(&first, b.p, b.n, &err), 0);
		if (fit) {
			b.n = 0;
			assert_int_equal(rs_frame_put32(&b, narrow, n, &err), 0);
			assert_int_equal(b.n, first.n);
			assert_memory_equal(b.p, first.p, b.n);
		}
		assert_int_equal(b.n, size_with(v, n, (uint8_t)b.p[0]));
		for (unsigned w = 0; w <= 64; w++)
			assert_true(size_with(v, n, w) >= b.n);
		assert_int_equal(b.n, first.n);
		assert_memory_equal(b.p, first.p, b.n);
		for (size_t cut = 0; cut < b.n; cut += 1 + b.n / 7) {
			p = (const uint8_t *)b.p;
			assert_true(rs_frames_get(&p, p + cut, back, n) < 0);
		}
		for (size_t more = 0; more <= 2; more++) { /* with and without room to read ahead */
			assert_int_equal(rs_buf_reserve(&b, 100, &err), 0);
			memset(b.p + b.n, 0xee, 100);
			p = (const uint8_t *)b.p;
			assert_int_equal(rs_frames_get(&p, p + b.n + 50 * more, back, n), 0);
			assert_ptr_equal(p, b.p + b.n);
			assert_memory_equal(back, v, n * sizeof *v);
			p = (const uint8_t *)b.p;
			if (fit) {
				assert_int_equal(rs_frames_get32(&p, p + b.n + 50 * more, back32, n), 0);
				assert_ptr_equal(p, b.p + b.n);
				assert_memory_equal(back32, narrow, n * sizeof *narrow);
			}
		}
		rs_buf_release(&b);
	}
	rs_buf_release(&first);
	assert_int_equal(rs_isa_set(NULL, &err), 0);
}

static void all_sets_store_the_smallest_frame(void **state)
{
	uint64_t v[RS_FRAME] = { 0 };

	(void)state;
	for (unsigned bits = 0; bits <= 64; bits++) {
		for (unsigned more = 0; bits + more <= 64; more += 5) {
			uint64_t seed = bits * 100 + more;
			uint64_t base = bits + more < 60 ? rs_rand_below((uint64_t)1 << 60, seed, RS_RNG_TEST, 0, 4) : 0;

			check(v, draw(v, seed, bits, bits + more, base));
			if (bits + more < 32)
				check(v, draw(v, seed, bits, bits + more, base % ((uint64_t)1 << 31)));
		}
	}
}

static void extremes_come_back(void **state)
{
	uint64_t v[RS_FRAME] = { 0 };

	(void)state;
	for (size_t i = 0; i < RS_FRAME; i++)
		v[i] = i % 2 == 0 ? 0 : UINT64_MAX;
	check(v, RS_FRAME);
	check(v, 1);
	check(v + 1, 1);
	for (size_t i = 0; i < RS_FRAME; i++)
		v[i] = UINT64_MAX;
	check(v, RS_FRAME);
	v[64] = 0;
	check(v, RS_FRAME);
	check(v, 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sets_store_the_smallest_frame),
		cmocka_unit_test(extremes_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
