/* test_field.c -- cells of TSV, CSV and JSON against plain loops, for every length about that of an id. */
#include "tests/unit/sample.h"

#include "lib/report/field.h"

/* Bytes that some format writes in another way, and those beside them. */
static const char odd[] = "\t\n\r\\\",  !#+-[]~\x7f\x1f\x01" "az09";

static size_t plain_tsv(char *to, const char *p, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = strchr("\tt\nn\rr\\\\", p[i]);

		if (at != NULL && (p[i] == '\t' || p[i] == '\n' || p[i] == '\r' || p[i] == '\\')) {
			to[k++] = '\\';
			to[k++] = at[1];
		} else {
			to[k++] = p[i];
		}
	}
	return k;
}

static size_t plain_csv(char *to, const char *p, size_t n)
{
	bool quote = n > 0 && (p[0] == ' ' || p[n - 1] == ' ');
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		quote |= p[i] == ',' || p[i] == '"' || p[i] == '\n' || p[i] == '\r';
	if (quote)
		to[k++] = '"';
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			to[k++] = '"';
		to[k++] = p[i];
	}
	if (quote)
		to[k++] = '"';
	return k;
}

/* Of ASCII. */
static size_t plain_json(char *to, const char *p, size_t n)
{
	size_t k = 0;

	to[k++] = '"';
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"' || p[i] == '\\')
			to[k++] = '\\';
		if (p[i] < 0x20 || p[i] == 0x7f)
			k += (size_t)snprintf(to + k, 7, "\\u%04x", (unsigned)p[i]);
		else
			to[k++] = p[i];
	}
	to[k++] = '"';
	return k;
}

static void same(struct rs_buf *b, const char *want, size_t n)
{
	assert_int_equal(b->n, n);
	assert_memory_equal(b->p, want, n);
	b->n = 0;
}

static void cells_are_those_of_plain_loops(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf b = RS_BUF_INIT;
	char cell[20], want[6 * sizeof cell + 2];

	(void)state;
	for (uint64_t test = 0; test < 200000; test++) {
		size_t n = test % sizeof cell;

		for (size_t i = 0; i < n; i++) { /* few odd bytes, so that most cells have one or none */
			uint64_t r = rs_rand_u64(11, RS_RNG_TEST, test, (uint32_t)i);

			cell[i] = r % 16 == 0 ? odd[(r >> 8) % (sizeof odd - 1)] : (char)('0' + (r >> 8) % 10);
		}
		assert_done(rs_field_tsv(&b, cell, n, &err));
		same(&b, want, plain_tsv(want, cell, n));
		assert_done(rs_field_csv(&b, cell, n, &err));
		same(&b, want, plain_csv(want, cell, n));
		assert_done(rs_field_json(&b, cell, n, &err));
		same(&b, want, plain_json(want, cell, n));
	}
	/* beyond ASCII, at each place of an id: as UTF-8, and alone */
	for (size_t n = 2; n < sizeof cell; n++)
		for (size_t i = 0; i + 1 < n; i++) {
			memset(cell, 'x', n);
			memcpy(cell + i, "\xc3\xa9", 2);
			assert_done(rs_field_json(&b, cell, n, &err));
			assert_int_equal(b.n, n + 2);
			assert_memory_equal(b.p + 1, cell, n);
			b.n = 0;
			cell[i + 1] = 'x';
			assert_done(rs_field_json(&b, cell, n, &err));
			assert_int_equal(b.n, n + 2 + 5);
			assert_memory_equal(b.p + 1 + i, "\\u00c3", 6);
			b.n = 0;
		}
	rs_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cells_are_those_of_plain_loops) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
