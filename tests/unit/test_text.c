/* test_text.c -- numbers and times as text: shortest form, round trips, hostile input. */
#include "lib/base/text.h"

#include "lib/base/rng.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *f32(float v)
{
	static char text[RS_NUM_MAX + 1];

	text[rs_put_f32(text, v)] = 0;
	return text;
}

static const char *f64(double v)
{
	static char text[RS_NUM_MAX + 1];

	text[rs_put_f64(text, v)] = 0;
	return text;
}

static void known_forms(void **state)
{
	(void)state;
	assert_string_equal(f32(0.1f), "0.1");
	assert_string_equal(f32(0.01f), "0.01");
	assert_string_equal(f32(3), "3");
	assert_string_equal(f32(-0.f), "0");
	assert_string_equal(f32(1.5e-7f), "1.5e-07");
	assert_string_equal(f32(-2.5f), "-2.5");
	assert_string_equal(f32(16777216), "16777216");
	assert_string_equal(f32(NAN), "nan");
	assert_string_equal(f32(-INFINITY), "-inf");
	assert_string_equal(f32(FLT_MAX), "3.4028235e+38");
	assert_string_equal(f32(1e-45f), "1e-45");
	assert_string_equal(f64(0.1), "0.1");
	assert_string_equal(f64(0.1 + 0.2), "0.30000000000000004");
	assert_string_equal(f64(1e300), "1e+300");
	assert_string_equal(f64(5e-324), "5e-324");
	assert_string_equal(f64(-1234.5), "-1234.5");
	assert_string_equal(f64(INFINITY), "inf");
}

/* Digits of the shortest "%.*e" that reads back. */
static int fewest_digits(float v)
{
	char text[40];
	int n = 0;

	do
		snprintf(text, sizeof text, "%.*e", n++, (double)v);
	while (strtof(text, NULL) != v);
	return n;
}

static int digits_of(const char *p)
{
	int n = 0, zeros = 0;

	for (; *p != 0 && *p != 'e'; p++) {
		if (*p < '0' || *p > '9' || (n == 0 && *p == '0'))
			continue;
		zeros = *p == '0' ? zeros + 1 : 0;
		n++;
	}
	return n - zeros;
}

/* Reads back, with as few digits as can be, and the nearest of those. */
static void is_the_shortest(float v)
{
	const char *text = f32(v);
	char want[40];

	snprintf(want, sizeof want, "%.*e", fewest_digits(v) - 1, (double)v);
	if (strtof(text, NULL) != v || strtod(text, NULL) != strtod(want, NULL) || digits_of(text) > fewest_digits(v))
		fail_msg("%a became %s, not %s", (double)v, text, want);
}

static void powers_and_their_neighbours(void **state)
{
	(void)state;
	for (int i = -149; i < 128; i++) {
		float v[2] = { ldexpf(1, i), (float)pow(10, i) };

		for (int k = 0; k < 2; k++) {
			if (v[k] == 0 || v[k] > 0x1p126f)
				continue;
			is_the_shortest(v[k]);
			is_the_shortest(-v[k]);
			for (float up = v[k], down = v[k]; up < v[k] * (1 + 3e-7f);) {
				is_the_shortest(up = nextafterf(up, INFINITY));
				if ((down = nextafterf(down, 0)) > 0)
					is_the_shortest(down);
			}
		}
	}
	for (int n = 1; n < 100; n++) {
		is_the_shortest((float)n / 10);
		is_the_shortest((float)n / 100);
		is_the_shortest((float)n / 1000);
	}
}

static void a_million_floats_round_trip(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 1000000; i++) {
		uint32_t bits = (uint32_t)rs_rand_u64(7, RS_RNG_TEST, i, 0);
		const char *text;
		float v;

		if (i % 2 == 0) /* half of them of the size that scores have */
			bits = (bits & 0x807fffffu) | ((100 + bits % 50) << 23);
		memcpy(&v, &bits, sizeof v);
		if (!isfinite(v))
			continue;
		text = f32(v);
		if (strlen(text) >= RS_NUM_MAX || strtof(text, NULL) != v)
			fail_msg("%08x became %s", bits, text);
		if (i % 16 == 0)
			is_the_shortest(v);
	}
}

static void doubles_round_trip(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 200000; i++) {
		uint64_t bits = rs_rand_u64(8, RS_RNG_TEST, i, 0);
		const char *text;
		double v, back;

		memcpy(&v, &bits, sizeof v);
		if (!isfinite(v))
			continue;
		if (i % 2 == 0)
			v = (double)(int64_t)bits / 1e12;
		text = f64(v);
		if (strlen(text) >= RS_NUM_MAX || !rs_get_f64(text, strlen(text), &back) || back != v)
			fail_msg("%a became %s", v, text);
	}
}

static void whole_numbers(void **state)
{
	static const int64_t some[] = { 0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN, 1234567890123456789 };
	char text[RS_NUM_MAX];
	int64_t v;
	uint64_t u;

	(void)state;
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		size_t n = rs_put_i64(text, some[i]);

		assert_true(rs_get_i64(text, n, &v));
		assert_int_equal(v, some[i]);
	}
	assert_true(rs_get_u64(text, rs_put_u64(text, UINT64_MAX), &u));
	assert_true(u == UINT64_MAX);
	assert_true(rs_get_i64("+7", 2, &v));
	assert_false(rs_get_u64("18446744073709551616", 20, &u));
	assert_false(rs_get_i64("9223372036854775808", 19, &v));
	assert_false(rs_get_i64("-9223372036854775809", 20, &v));
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = { "", "-", "+", ".", "e5", "1e", "1e+", "--1", "1 ", " 1", "1,5", "0x10", "nan", "inf",
		"infinity", "1e400", "-1e400", "1e99999999999", "1.2.3", "1e5.", "12a", "\xff", "1_0" };
	char many[80];
	double v;
	int64_t i;

	(void)state;
	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		assert_false(rs_get_f64(bad[k], strlen(bad[k]), &v));
		assert_false(rs_get_i64(bad[k], strlen(bad[k]), &i));
	}
	assert_false(rs_get_f64("1\0" "2", 3, &v));
	memset(many, '1', sizeof many);
	assert_true(rs_get_f64(many, 64, &v));
	assert_false(rs_get_f64(many, 65, &v));
}

static void numbers_are_rounded_correctly(void **state)
{
	static const char *const some[] = { "1", "-0", ".5", "5.", "1e5", "1E-5", "0.1", "123456789012345678", "1e22", "1e23",
		"9007199254740993", "2.2250738585072011e-308", "4.9e-324", "1e-400", "1.7976931348623157e308",
		"0.000000000000000000000000000000000001e36", "179769313486231580793e10" };
	double v;

	(void)state;
	for (size_t k = 0; k < sizeof some / sizeof some[0]; k++) {
		assert_true(rs_get_f64(some[k], strlen(some[k]), &v));
		if (v != strtod(some[k], NULL))
			fail_msg("%s became %a", some[k], v);
	}
}

static bool time_of(const char *text, int64_t *t)
{
	return rs_get_iso_time(text, strlen(text), t);
}

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t t;
	} good[] = {
		{ "1970-01-01", 0 },
		{ "2019-04-01", 1554076800 },
		{ "2019-04-01T12:30:00Z", 1554121800 },
		{ "2019-04-01 12:30:00.123", 1554121800 },
		{ "2019-04-01T14:30:00+02:00", 1554121800 },
		{ "2019-04-01T14:30+0200", 1554121800 },
		{ "2000-02-29", 951782400 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "0000-01-01", -62167219200 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};
	static const char *const bad[] = { "", "2019", "2019-04", "2019-4-1", "2019-13-01", "2019-00-01", "2019-02-29",
		"1900-02-29", "2019-04-31", "2019-04-01T", "2019-04-01T24:00:00", "2019-04-01T12", "2019-04-01T12:60",
		"2019-04-01T12:30:00.", "2019-04-01T12:30:00+", "2019-04-01T12:30:00+02:", "2019-04-01X12:30", "2019-04-01Z",
		"2019-04-01T12:30:00Zz", "0000-01-01T00:45+22", "9999-12-31T23:59-01:00", "-019-04-01", "20190401" };
	char text[RS_NUM_MAX];
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(time_of(good[i].text, &t));
		assert_int_equal(t, good[i].t);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (time_of(bad[i], &t))
			fail_msg("%s was taken", bad[i]);
	for (uint64_t i = 0; i < 100000; i++) {
		int64_t want = -62167219200 + (int64_t)rs_rand_below(315569520000, 3, RS_RNG_TEST, i, 0);

		assert_true(rs_get_iso_time(text, rs_put_iso_time(text, want), &t));
		assert_int_equal(t, want);
	}
	rs_put_iso_time(text, INT64_MIN);
	rs_put_iso_time(text, INT64_MAX);
}

static void sizes_are_read(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(rs_get_size("1000", 4, &v) && v == 1000);
	assert_true(rs_get_size("64k", 3, &v) && v == 65536);
	assert_true(rs_get_size("2G", 2, &v) && v == (uint64_t)2 << 30);
	assert_true(rs_get_size("1.5MB", 5, &v) && v == 1572864);
	assert_false(rs_get_size("", 0, &v));
	assert_false(rs_get_size("G", 1, &v));
	assert_false(rs_get_size("-1", 2, &v));
	assert_false(rs_get_size("2X", 2, &v));
	assert_false(rs_get_size("99999999T", 9, &v));
}

static void digits_of_bytes(void **state)
{
	const uint8_t bytes[] = { 0x00, 0x1f, 0xa0, 0xff };
	uint8_t back[4];
	char text[8];

	(void)state;
	rs_put_hex(text, bytes, 4);
	assert_memory_equal(text, "001fa0ff", 8);
	assert_true(rs_get_hex(back, text, 4));
	assert_memory_equal(back, bytes, 4);
	assert_false(rs_get_hex(back, "0g", 1));
	assert_false(rs_get_hex(back, " 1", 1));
	assert_false(rs_get_hex(back, "0X", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_forms),
		cmocka_unit_test(powers_and_their_neighbours),
		cmocka_unit_test(a_million_floats_round_trip),
		cmocka_unit_test(doubles_round_trip),
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(numbers_are_rounded_correctly),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(digits_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
