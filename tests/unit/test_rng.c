/* test_rng.c -- Philox4x32-10 against its published vectors; ranges, moments, independence of order. */
#include "lib/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void vector(const uint32_t c[4], const uint32_t k[2], const uint32_t want[4])
{
	uint64_t out[2];

	rs_rand2((uint64_t)k[1] << 32 | k[0], c[0], (uint64_t)c[2] << 32 | c[1], c[3], out);
	assert_int_equal((uint32_t)out[0], want[0]);
	assert_int_equal(out[0] >> 32, want[1]);
	assert_int_equal((uint32_t)out[1], want[2]);
	assert_int_equal(out[1] >> 32, want[3]);
}

static void published_vectors(void **state)
{
	(void)state;
	vector((uint32_t[]){ 0, 0, 0, 0 }, (uint32_t[]){ 0, 0 },
	       (uint32_t[]){ 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 });
	vector((uint32_t[]){ 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, (uint32_t[]){ 0xffffffff, 0xffffffff },
	       (uint32_t[]){ 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd });
	vector((uint32_t[]){ 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, (uint32_t[]){ 0xa4093822, 0x299f31d0 },
	       (uint32_t[]){ 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 });
}

static void units_and_normals_have_their_moments(void **state)
{
	double sum = 0, nsum = 0, nsq = 0;
	int n = 200000;

	(void)state;
	for (int i = 0; i < n; i++) {
		double u = rs_rand_unit(1, RS_RNG_TEST, (uint64_t)i, 0), z = rs_rand_normal(1, RS_RNG_TEST, (uint64_t)i, 1);

		assert_true(u >= 0 && u < 1);
		assert_true(isfinite(z));
		sum += u;
		nsum += z;
		nsq += z * z;
	}
	assert_true(fabs(sum / n - 0.5) < 0.005);
	assert_true(fabs(nsum / n) < 0.015);
	assert_true(fabs(nsq / n - 1) < 0.02);
}

static void below_is_even(void **state)
{
	int count[7] = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 70000; i++)
		count[rs_rand_below(7, 5, RS_RNG_TEST, i, 2)]++;
	for (int i = 0; i < 7; i++)
		assert_true(count[i] > 9500 && count[i] < 10500);
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(rs_rand_below(1, 5, RS_RNG_TEST, i, 0), 0);
		assert_true(rs_rand_below(UINT64_MAX, 5, RS_RNG_TEST, i, 0) < UINT64_MAX);
	}
}

static void purposes_seeds_rows_steps_differ(void **state)
{
	uint64_t base = rs_rand_u64(1, 2, 3, 4);

	(void)state;
	assert_int_equal(base, rs_rand_u64(1, 2, 3, 4));
	assert_true(base != rs_rand_u64(2, 2, 3, 4));
	assert_true(base != rs_rand_u64(1, 3, 3, 4));
	assert_true(base != rs_rand_u64(1, 2, 4, 4));
	assert_true(base != rs_rand_u64(1, 2, 3 + ((uint64_t)1 << 32), 4));
	assert_true(base != rs_rand_u64(1, 2, 3, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(units_and_normals_have_their_moments),
		cmocka_unit_test(below_is_even),
		cmocka_unit_test(purposes_seeds_rows_steps_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
