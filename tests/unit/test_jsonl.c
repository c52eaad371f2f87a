/* test_jsonl.c -- JSON Lines: the short cut for flat objects says of every line what the reader of all JSON says. */
#include "lib/base/rng.h"
#include "lib/data/jsonl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned n_flat;

/* Both readers on one line. */
static void check(const char *line, size_t n)
{
	struct rs_err err = RS_ERR_INIT, err_all = RS_ERR_INIT;
	struct rs_json_rows a = { 0 }, b = { 0 }, c = { 0 };
	int rc = rs_json_rows_parse(&a, line, n, &err), rc_all = rs_json_rows_parse_all(&b, line, n, &err_all);
	bool flat;

	assert_int_equal(rs_json_flat_parse(&c, line, n, &flat, &err), 0);
	n_flat += flat;
	assert_int_equal(rc, rc_all);
	if (rc < 0)
		assert_string_equal(err.text, err_all.text);
	if (rc == 0) {
		assert_int_equal(a.n_rows, b.n_rows);
		assert_int_equal(a.n_cells, b.n_cells);
		for (size_t i = 0; i < a.n_rows; i++)
			assert_int_equal(a.row_end[i], b.row_end[i]);
		for (size_t i = 0; i < a.n_cells; i++) {
			const struct rs_cell *x = &a.cell[i].cell, *y = &b.cell[i].cell;

			assert_string_equal(a.cell[i].name, b.cell[i].name);
			assert_int_equal(a.cell[i].n_name, b.cell[i].n_name);
			assert_int_equal(x->p == NULL, y->p == NULL);
			assert_int_equal(x->n, y->n);
			if (x->n > 0)
				assert_memory_equal(x->p, y->p, x->n);
		}
	}
	rs_json_rows_release(&a);
	rs_json_rows_release(&b);
	rs_json_rows_release(&c);
}

static const char *const lines[] = {
	"{}",
	" { } ",
	"{\"user\":\"u1\",\"item\":\"i1\",\"time\":1500000000,\"value\":-1.5e+3,\"new\":true,\"old\":false,\"none\":null}",
	"{ \"user\" : \"\" , \"item\":12345678901234567890 }\r\n",
	"{\"user\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"\xc3\xa9\":1}",
	"{\"user\":\"a\",\"tags\":[\"x\",\"y\",3],\"q\":\"a\\n\\\"b\\u00e9\"}",
	"{\"userId\":\"u\",\"eventList\":[{\"itemId\":\"i\",\"sentAt\":1},{\"itemId\":\"j\",\"sentAt\":2}]}",
	"{\"user\":\"u\",\"properties\":\"{\\\"a\\\":1}\",\"b\":2}",
	"{\"user\":\"u\",\"Properties\":\"{}\"}",
	"{\"user\":\"u\",\"properties\":{\"a\":\"x\"}}",
	"{\"user\":\"u\",\"properties\":\"plain\",\"other\":\"{}\"}",
};

static void lines_as_they_are(void **state)
{
	static const char *const more[] = {
		"", " ", "[]", "1", "\"x\"", "null", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1}x",
		"{\"a\":1} {}", "{\"a\":1,\"a\":2}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":-}", "{\"a\":+1}",
		"{\"a\":1e}", "{\"a\":1e5}", "{\"a\":-0}", "{\"a\":0}", "{\"a\":1e999}", "{\"a\":tru}", "{\"a\":truex}",
		"{\"a\":nullnull}", "{\"a\":12\"b\":1}", "{\"a\":\"\x01\"}", "{\"a\":\"\x7f\"}", "{\"a\":\"\x80\"}",
		"{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"\xff\":1}", "{\"\":1}",
		"{\"a\":\"\\u0000\"}", "{\"a\\u0000\":1}", "{1:2}", "{\"a\":NaN}", "{\"a\":\"b", "\xef\xbb\xbf{\"a\":1}",
		"{\"a\":1\v}", "{\"a\":[]}", "{\"a\":{}}", "{\"a\":True}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		check(lines[i], strlen(lines[i]));
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		check(more[i], strlen(more[i]));
	check("{\"a\":\"\0\"}", 9);
	check("{\"a\":1}\0", 8);
	n_flat = 0;
	for (size_t i = 0; i < 5; i++)
		check(lines[i], strlen(lines[i]));
	assert_int_equal(n_flat, 5);
}

/* Many members: more than the short cut takes, and just as many. */
static void many_members(void **state)
{
	char line[4096];

	(void)state;
	for (int n = 60; n < 70; n++) {
		for (int twice = 0; twice < 2; twice++) {
			size_t k = 0;

			line[k++] = '{';
			for (int i = 0; i < n; i++)
				k += (size_t)snprintf(line + k, sizeof line - k, "%s\"m%d\":%d", i > 0 ? "," : "",
				                     twice && i == n - 1 ? 3 : i, i);
			line[k++] = '}';
			check(line, k);
		}
	}
}

/* Bytes changed, put in, taken out and doubled at random. */
static void lines_with_damage(void **state)
{
	static const char some[] = "{}[]\",:\\ \t\n0123456789.-+eEtrufalsn\x01\x7f\x80\xc3\xa9\xff";
	uint32_t n_lines = sizeof lines / sizeof lines[0], draws = getenv("RS_SLOW") != NULL ? 5000 : 60000;

	(void)state;
	n_flat = 0;
	for (uint32_t i = 0; i < draws; i++) {
		const char *from = lines[rs_rand_below(n_lines, 1, RS_RNG_TEST, i, 0)];
		size_t n = strlen(from);
		char line[256];

		memcpy(line, from, n);
		for (uint32_t k = 0; k <= rs_rand_below(3, 1, RS_RNG_TEST, i, 1); k++) {
			size_t at = n == 0 ? 0 : (size_t)rs_rand_below(n, 1, RS_RNG_TEST, i, 10 * k + 2);
			char c = some[rs_rand_below(sizeof some - 1, 1, RS_RNG_TEST, i, 10 * k + 3)];

			switch (n == 0 ? 1 : rs_rand_below(3, 1, RS_RNG_TEST, i, 10 * k + 4)) {
			case 0:
				line[at] = c;
				break;
			case 1:
				memmove(line + at + 1, line + at, n - at);
				line[at] = c;
				n++;
				break;
			default:
				memmove(line + at, line + at + 1, n - at - 1);
				n--;
			}
		}
		check(line, n);
	}
	assert_true(n_flat > draws / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_as_they_are),
		cmocka_unit_test(many_members),
		cmocka_unit_test(lines_with_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
