/* test_buf.c -- growing buffers and varints, good and damaged. */
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct rs_err err;

static void pieces_stand_in_order(void **state)
{
	struct rs_buf b = RS_BUF_INIT;
	char big[5000];

	(void)state;
	memset(big, 'z', sizeof big);
	assert_string_equal(rs_buf_str(&b, &err), "");
	assert_int_equal(rs_buf_add(&b, NULL, 0, &err), 0);
	assert_int_equal(rs_buf_adds(&b, "ab", &err), 0);
	assert_int_equal(rs_buf_addc(&b, 'c', &err), 0);
	assert_int_equal(rs_buf_addf(&b, &err, "%d-%s", 7, "x"), 0);
	assert_string_equal(rs_buf_str(&b, &err), "abc7-x");
	assert_int_equal(b.n, 6);
	assert_int_equal(rs_buf_addf(&b, &err, "%.*s", 5000, big), 0);
	assert_int_equal(b.n, 5006);
	assert_int_equal(b.p[5005], 'z');
	assert_int_equal(rs_buf_reserve(&b, SIZE_MAX, &err), RS_ENOMEM);
	assert_int_equal(b.n, 5006);
	rs_buf_release(&b);
	assert_null(b.p);
	assert_int_equal(b.n + b.cap, 0);
}

static void varint_trips(uint64_t v)
{
	struct rs_buf b = RS_BUF_INIT;
	const uint8_t *p;
	uint64_t got;

	assert_int_equal(rs_buf_varint(&b, v, &err), 0);
	assert_true(b.n >= 1 && b.n <= 10);
	p = (const uint8_t *)b.p;
	assert_int_equal(rs_varint_read(&p, p + b.n, &got), 0);
	assert_int_equal(got, v);
	assert_ptr_equal(p, b.p + b.n);
	for (size_t cut = 0; cut < b.n; cut++) {
		p = (const uint8_t *)b.p;
		assert_int_equal(rs_varint_read(&p, p + cut, &got), RS_EDATA);
	}
	rs_buf_release(&b);
}

static void varints_round_trip(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		varint_trips((uint64_t)1 << bit);
		varint_trips(((uint64_t)1 << bit) - 1);
		varint_trips(~(uint64_t)0 >> bit);
	}
}

static void varints_that_are_too_long_are_damage(void **state)
{
	const uint8_t eleven[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 };
	const uint8_t over[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02 };
	const uint8_t *p = eleven;
	uint64_t v;

	(void)state;
	assert_int_equal(rs_varint_read(&p, eleven + sizeof eleven, &v), RS_EDATA);
	p = over;
	assert_int_equal(rs_varint_read(&p, over + sizeof over, &v), RS_EDATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_stand_in_order),
		cmocka_unit_test(varints_round_trip),
		cmocka_unit_test(varints_that_are_too_long_are_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
