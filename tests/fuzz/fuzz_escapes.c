/* fuzz_escapes.c -- any bytes as text with escapes, as databases copy it out: records and cells against plain ones, then the
 * whole as a log. The first byte chooses the delimiter and the line end. */
#include "lib/base/mem.h"
#include "lib/data/records.h"
#include "tests/fuzz/fuzz_import.h"

#define DELIMITER 256
#define ESCAPED 512 /* beside a byte: it was written as an escape, and is no blank to be cut */

static unsigned digit(uint8_t c)
{
	const char *hex = "0123456789abcdef", *at = c == 0 ? NULL : strchr(hex, c >= 'A' && c <= 'F' ? c + 32 : c);

	return at == NULL ? 16 : (unsigned)(at - hex);
}

/* The text as bytes and delimiters, one number for each; returns how many. */
static size_t plain_bytes(unsigned *to, const uint8_t *p, size_t n, uint8_t delimiter)
{
	static const char from[] = "b\bf\fn\nr\rt\tv\v";
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned value = 0, digits = 0;

		if (p[i] == delimiter) {
			to[k++] = DELIMITER;
			continue;
		}
		if (p[i] != '\\' || i + 1 == n) {
			to[k++] = p[i];
			continue;
		}
		i++;
		if (p[i] == 'x' && i + 1 < n && digit(p[i + 1]) < 16) {
			for (; digits < 2 && i + 1 < n && digit(p[i + 1]) < 16; digits++)
				value = value * 16 + digit(p[++i]);
		} else if (digit(p[i]) < 8) {
			value = digit(p[i]);
			for (digits = 1; digits < 3 && i + 1 < n && digit(p[i + 1]) < 8; digits++)
				value = value * 8 + digit(p[++i]);
		} else {
			value = p[i];
			for (size_t f = 0; f + 1 < sizeof from - 1; f += 2)
				value = p[i] == (uint8_t)from[f] ? (uint8_t)from[f + 1] : value;
		}
		to[k++] = (value & 255) | ESCAPED;
	}
	return k;
}

static bool blank(unsigned c)
{
	return c == ' ' || c == '\t';
}

/* The cell between lo and hi of the plain bytes is this one. */
static void compare(const struct rs_cell *c, const unsigned *plain, size_t lo, size_t hi)
{
	while (lo < hi && blank(plain[lo]))
		lo++;
	while (lo < hi && blank(plain[hi - 1]))
		hi--;
	if (hi - lo == 1 && plain[lo] == ('N' | ESCAPED) && c->n == 0)
		return; /* a null; or the letter, by its number */
	assert(c->n == hi - lo);
	for (size_t i = 0; i < c->n; i++)
		assert((uint8_t)c->p[i] == (plain[lo + i] & 255));
}

static void cut_record(struct rs_splitter *s, const uint8_t *p, const struct rs_record *r)
{
	unsigned *plain = rs_array(r->n + 1, sizeof *plain, NULL);
	size_t n = plain_bytes(plain, p, r->n, (uint8_t)s->d->delimiter[0]), from = 0, cell = 0;
	struct rs_err err = RS_ERR_INIT;

	assert(rs_record_split(s, (const char *)p, r, &err) == 0);
	for (size_t i = 0; i <= n; i++) {
		if (i < n && plain[i] != DELIMITER)
			continue;
		assert(cell < s->n_cells);
		compare(&s->cell[cell++], plain, from, i);
		from = i + 1;
	}
	assert(cell == s->n_cells);
	rs_free(plain);
}

/* Where the record at p ends: at a line end with an even number of backslashes before it. */
static size_t plain_end(const uint8_t *p, size_t n, char eol)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == (uint8_t)eol && k % 2 == 0)
			return i;
		k = p[i] == '\\' ? k + 1 : 0;
	}
	return n;
}

static void cut_records(const struct rs_dialect *d, const uint8_t *p, size_t n)
{
	struct rs_splitter s = { .d = d };
	struct rs_record r, part;

	for (size_t at = 0; at < n; at += r.skip) {
		size_t end = plain_end(p + at, n - at, d->eol);

		assert(rs_record_find(d, (const char *)p + at, n - at, true, &r));
		assert(r.skip == end + (end < n - at) && r.bad == NULL && r.n <= end && end - r.n <= 1);
		/* not all of it in sight: it waits for more, and is the same record then */
		assert(end == 0 || !rs_record_find(d, (const char *)p + at, end / 2, false, &part));
		cut_record(&s, p + at, &r);
	}
	rs_splitter_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char delimiter[] = "\t,|; n0N", *const name[] = { "tab", ",", "|", ";" };
	struct rs_dialect d = { .n_delimiter = 1, .quoting = RS_QUOTING_ESCAPES };
	struct rs_import_options form = { .quoting = RS_QUOTING_ESCAPES, .columns = "user,item,title" };

	if (n == 0)
		return 0;
	d.delimiter[0] = delimiter[data[0] % 8];
	d.eol = data[0] & 8 ? '\r' : '\n';
	cut_records(&d, data + 1, n - 1);
	form.delimiter = name[data[0] % 4];
	fuzz_import(&form, data + 1, n - 1);
	return 0;
}
