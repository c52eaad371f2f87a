/* test_err.c -- sentences, prefixes, quoting of hostile bytes. */
#include "lib/base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void fail_keeps_code_and_sentence(void **state)
{
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	assert_int_equal(rs_fail(&err, RS_EDATA, "line %d", 3), RS_EDATA);
	assert_int_equal(err.code, RS_EDATA);
	assert_string_equal(err.text, "line 3");
	assert_int_equal(rs_fail(&err, RS_EIO, "new"), RS_EIO);
	assert_string_equal(err.text, "new");
	assert_int_equal(rs_fail(NULL, RS_EIO, "nobody listens"), RS_EIO);
	errno = ENOENT;
	assert_int_equal(rs_fail_errno(&err, RS_ENOINPUT, "cannot open %s", "x"), RS_ENOINPUT);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
	assert_int_equal(rs_fail_errno(NULL, RS_EIO, "x"), RS_EIO);
}

static void prefix_stands_before(void **state)
{
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_fail(&err, RS_EDATA, "bad");
	assert_int_equal(rs_fail_prefix(&err, "f.csv:%d", 9), RS_EDATA);
	assert_string_equal(err.text, "f.csv:9: bad");
}

static void long_sentences_are_cut(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	rs_fail(&err, RS_EDATA, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	rs_fail_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	errno = EIO;
	rs_fail_errno(&err, RS_EIO, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void quotes_are_safe_for_a_terminal(void **state)
{
	char q[RS_QUOTE_MAX], small[8];
	unsigned char every[256];

	(void)state;
	assert_string_equal(rs_quote(q, sizeof q, "abc", 3), "\"abc\"");
	assert_string_equal(rs_quote(q, sizeof q, "", 0), "\"\"");
	assert_string_equal(rs_quote(q, sizeof q, "a\"\\b", 4), "\"a\\\"\\\\b\"");
	assert_string_equal(rs_quote(q, sizeof q, "\u043d\u0435\u0442 \xd0", 8), "\"\u043d\u0435\u0442 \\xd0\"");
	assert_string_equal(rs_quote(q, sizeof q, "\033[2J\n\0", 6), "\"\\x1b[2J\\x0a\\x00\"");
	for (int i = 0; i < 256; i++)
		every[i] = (unsigned char)i;
	for (size_t from = 0; from < 256; from++) {
		rs_quote(q, sizeof q, every + from, 256 - from);
		for (const char *c = q; *c != 0; c++)
			assert_true(*c >= 0x20 && *c < 0x7f);
		assert_int_equal(strcmp(q + strlen(q) - 3, "...") == 0, 256 - from > 64);
	}
	for (size_t size = 0; size <= sizeof small; size++) {
		memset(small, 0x55, sizeof small);
		rs_quote(small, size, every, 256);
		for (size_t i = size; i < sizeof small; i++)
			assert_int_equal(small[i], 0x55);
	}
}

static void names_of_files_stay_one_line(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	char to[8];

	(void)state;
	rs_fail(&err, RS_EDATA, "%s: no", "new\nline\033[31m\177.rsd");
	assert_string_equal(err.text, "new\\x0aline\\x1b[31m\\x7f.rsd: no");
	rs_fail_prefix(&err, "a\tb");
	assert_string_equal(err.text, "a\\x09b: new\\x0aline\\x1b[31m\\x7f.rsd: no");
	rs_fail(&err, RS_EDATA, "\xd0\xb6 \xe2\x80\x99 \xf0\x9f\x98\x80 \xc2\xa0"); /* letters of 2, 3, 4 bytes */
	assert_string_equal(err.text, "\xd0\xb6 \xe2\x80\x99 \xf0\x9f\x98\x80 \xc2\xa0");
	rs_fail(&err, RS_EDATA, "\xc2\x9b \x9b \xc0\x8a \xe2\x80 \xff \xd0"); /* controls, cut, overlong, cut */
	assert_string_equal(err.text, "\\xc2\\x9b \\x9b \\xc0\\x8a \\xe2\\x80 \\xff \\xd0");
	rs_one_line(to, sizeof to, "1234567890");
	assert_string_equal(to, "1234567");
	rs_one_line(to, sizeof to, "1234\n");
	assert_string_equal(to, "1234");
	rs_one_line(to, sizeof to, "123\n4");
	assert_string_equal(to, "123\\x0a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_keeps_code_and_sentence),
		cmocka_unit_test(prefix_stands_before),
		cmocka_unit_test(long_sentences_are_cut),
		cmocka_unit_test(quotes_are_safe_for_a_terminal),
		cmocka_unit_test(names_of_files_stay_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
