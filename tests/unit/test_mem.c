/* test_mem.c -- overflow, alignment, growth, the cap and the count of memory in use. */
#include "lib/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct rs_err err;

static void arrays_are_aligned_and_counted(void **state)
{
	uint64_t before = rs_mem_used();

	(void)state;
	for (size_t n = 0; n < 300; n += 7) {
		unsigned char *p = rs_array0(n, 3, &err);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (size_t i = 0; i < 3 * n; i++)
			assert_int_equal(p[i], 0);
		assert_true(rs_mem_used() >= before + 3 * n);
		assert_true(rs_mem_peak() >= rs_mem_used());
		rs_free(p);
		assert_int_equal(rs_mem_used(), before);
	}
	rs_free(NULL);
}

static void products_that_overflow_are_refused(void **state)
{
	int *p = NULL;
	size_t room = 0;

	(void)state;
	assert_null(rs_array(SIZE_MAX / 2, 3, &err));
	assert_int_equal(err.code, RS_ENOMEM);
	assert_null(rs_array(SIZE_MAX, 1, NULL));
	assert_null(rs_strndup("", SIZE_MAX, &err));
	assert_int_equal(rs_grow(&p, &room, SIZE_MAX / 2, sizeof *p, &err), RS_ENOMEM);
	assert_null(p);
	assert_int_equal(room, 0);
}

static void growing_keeps_the_contents(void **state)
{
	uint64_t before = rs_mem_used();
	uint32_t *p = NULL;
	size_t room = 0;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		assert_int_equal(rs_grow(&p, &room, (size_t)i + 1, sizeof *p, &err), 0);
		assert_true(room > i);
		p[i] = i;
	}
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(p[i], i);
	assert_true(room < 200000);
	rs_free(p);
	assert_int_equal(rs_mem_used(), before);
}

static void copies_end_with_0(void **state)
{
	char *p = rs_strndup("abc", 2, &err);

	(void)state;
	assert_string_equal(p, "ab");
	rs_free(p);
	p = rs_strndup("", 0, &err);
	assert_string_equal(p, "");
	rs_free(p);
}

static void the_cap_holds(void **state)
{
	void *p, *q = NULL;
	size_t room = 0;

	(void)state;
	rs_mem_set_cap(rs_mem_used() + 100000);
	p = rs_array(90000, 1, &err);
	assert_non_null(p);
	assert_null(rs_array(90000, 1, &err));
	assert_int_equal(err.code, RS_ENOMEM);
	assert_non_null(strstr(err.text, "--memory"));
	assert_int_equal(rs_grow(&q, &room, 90000, 1, &err), RS_ENOMEM);
	assert_int_equal(rs_mem_require(1000, "the matrix", NULL, &err), 0);
	assert_int_equal(rs_mem_require(90000, "the matrix", "fewer --top", &err), RS_ENOMEM);
	assert_non_null(strstr(err.text, "the matrix"));
	assert_non_null(strstr(err.text, "fewer --top"));
	assert_int_equal(rs_mem_require(UINT64_MAX, "all", NULL, &err), RS_ENOMEM);
	rs_free(p);
	p = rs_array(90000, 1, &err);
	assert_non_null(p);
	rs_free(p);
	rs_mem_set_cap(0);
	assert_int_equal(rs_mem_cap(), 0);
	assert_int_equal(rs_mem_require(UINT64_MAX, "all", NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_are_aligned_and_counted),
		cmocka_unit_test(products_that_overflow_are_refused),
		cmocka_unit_test(growing_keeps_the_contents),
		cmocka_unit_test(copies_end_with_0),
		cmocka_unit_test(the_cap_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
