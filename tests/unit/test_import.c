/* test_import.c -- text cut at every byte, by every reader of rs-import: each row is kept, merged or rejected, and nothing in
 * front of the cut is lost. */
#include "tests/unit/sample.h"

#include "lib/data/import.h"

#include <fcntl.h>

static struct rs_err err;
static char path[] = "/tmp/rs-import-XXXXXX";

static void put_file(const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

/* One way to write events, and how to read it. */
struct form {
	const char *name, *header, *row; /* row: %d is 0, 1, 2 ... */
	unsigned rows_per_line;
	struct rs_import_options o;
};

static const struct form forms[] = {
	{ "csv", "user,item,rating,time,title\n", "u%d,i%d,%d,15541218%d,\"a, \"\"b\"\" %d\"\n", 1, { 0 } },
	{ "csv with line ends in cells", "user,item,title\n", "\"u%d\",\"i%d\",\"two\nlines %d %d %d\"\n", 1, { 0 } },
	{ "backslash",
	  "user,item,title\n",
	  "u%d,i%d,\"a \\\"b\\\\\\\" %d, %d %d\"\n",
	  1,
	  { .quoting = RS_QUOTING_BACKSLASH } },
	{ "tsv", "user\titem\ttime\n", "u%d\ti%d\t1554%d%d%d\n", 1, { 0 } },
	{ "crlf", "user;item;time\r\n", "u%d;i%d;1554%d%d%d\r\n", 1, { 0 } },
	{ "cr", "user;item;time\r", "u%d;i%d;1554%d%d%d\r", 1, { 0 } },
	{ "two colons", "", "u%d::i%d::%d::%d%d\n", 1, { .columns = "user,item,value,time" } },
	{ "blanks", "", "u%d  i%d\t%d %d%d\n", 1, { .columns = "user,item,value,x", .delimiter = "space" } },
	{ "jsonl", "", "{\"user\":\"u%d\",\"item\":\"i\\u00e9%d\",\"time\":1554%d,\"tags\":[\"a%d\",\"b%d\"]}\n", 1, { 0 } },
	{ "events of calls",
	  "",
	  "{\"userId\":\"u%d\",\"eventList\":[{\"itemId\":\"i%d\",\"sentAt\":%d},{\"itemId\":\"j%d\",\"sentAt\":%d}]}\n",
	  2,
	  { 0 } },
	{ "lists", "", "u%d i%d j%d k%d l%d\n", 4, { .format = RS_FORMAT_LISTS } },
	{ "sessions", "", "i%d,j%d,k%d,l%d,m%d\n", 5, { .format = RS_FORMAT_SESSIONS } },
	{ "utf-8", "user,item,title\n", "\xc3\xa9%d,\xe6\x9d\xb1%d,\xf0\x9f\x8e\xac %d %d %d\n", 1, { 0 } },
};
#define N_FORMS (sizeof forms / sizeof forms[0])

/* The text of a form with n rows; end[k]: its bytes up to row k (or NULL). */
static size_t write_form(char *text, size_t size, const struct form *f, int n_lines, size_t *end)
{
	size_t n = (size_t)snprintf(text, size, "%s", f->header);

	for (int k = 0; k < n_lines; k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		n += (size_t)snprintf(text + n, size - n, f->row, k, k, k % 6, k % 10, k % 3);
#pragma GCC diagnostic pop
		if (end != NULL)
			end[k] = n;
	}
	return n;
}

/* Whole rows among the first n bytes of the text. */
static uint64_t whole_rows(const size_t *end, unsigned n_lines, size_t n, unsigned rows_per_line)
{
	uint64_t k = 0;

	while (k < n_lines && end[k] <= n)
		k++;
	return k * rows_per_line;
}

/* Nothing can be read: one sentence that names the file. */
static void check_refusal(const struct form *f, size_t n)
{
	if (err.code != RS_EDATA || strstr(err.text, path) == NULL)
		fail_msg("%s, %zu bytes: %d %s", f->name, n, err.code, err.text);
}

static void cut_one(const struct form *f, const char *text, size_t n, const size_t *end, unsigned n_lines)
{
	struct rs_import_options o = f->o;
	struct rs_import_counts c;
	const char *file = path;
	struct rs_dataset *d;
	uint64_t least = whole_rows(end, n_lines, n, f->rows_per_line);

	o.max_rejects = UINT64_MAX;
	o.keep_duplicates = true;
	put_file(text, n);
	if (rs_import_events(&d, &o, &file, 1, &c, &err) < 0) { /* a cut header names no columns */
		assert_null(d);
		check_refusal(f, n);
		if (least > 0)
			fail_msg("%s, %zu bytes: %s", f->name, n, err.text);
		return;
	}
	if (c.of[RS_TABLE_EVENTS].read !=
	    c.of[RS_TABLE_EVENTS].kept + c.of[RS_TABLE_EVENTS].merged + c.of[RS_TABLE_EVENTS].rejected)
		fail_msg("%s, %zu bytes: %d read", f->name, n, (int)c.of[RS_TABLE_EVENTS].read);
	/* a quote without its end costs its own line, and the next line of its record is one more row */
	if (c.of[RS_TABLE_EVENTS].kept < least ||
	    c.of[RS_TABLE_EVENTS].read > least + f->rows_per_line + (strstr(f->row, "two\nlines") != NULL))
		fail_msg("%s, %zu bytes: %d rows kept, %d read, %d are there", f->name, n, (int)c.of[RS_TABLE_EVENTS].kept,
		         (int)c.of[RS_TABLE_EVENTS].read, (int)least);
	assert_int_equal(d->n_events, c.of[RS_TABLE_EVENTS].kept);
	rs_dataset_free(d);
}

static void text_cut_at_every_byte(void **state)
{
	enum { LINES = 12 };
	char text[4096];
	size_t end[LINES];

	(void)state;
	for (size_t i = 0; i < N_FORMS; i++) {
		const struct form *f = &forms[i];
		size_t n = write_form(text, sizeof text, f, LINES, end);

		for (size_t cut = 0; cut <= n; cut++)
			cut_one(f, text, cut, end, LINES);
	}
}

/* Any bytes in place of any other: rows add up, or one sentence tells why nothing can be read. */
static void any_byte_replaced(void **state)
{
	char text[4096], was;

	(void)state;
	for (size_t i = 0; i < N_FORMS; i++) {
		const struct form *f = &forms[i];
		size_t n = write_form(text, sizeof text, f, 4, NULL);

		for (size_t at = 0; at < n; at++) {
			static const char other[] = { 0, '"', '\n', '\r', ',', '\\', (char)0xff, '{' };
			struct rs_import_options o = f->o;
			struct rs_import_counts c;
			const char *file = path;
			struct rs_dataset *d;

			was = text[at];
			text[at] = other[(at + i) % sizeof other];
			put_file(text, n);
			text[at] = was;
			o.max_rejects = UINT64_MAX;
			if (rs_import_events(&d, &o, &file, 1, &c, &err) < 0) {
				check_refusal(f, at);
				continue;
			}
			assert_true(c.of[RS_TABLE_EVENTS].read == c.of[RS_TABLE_EVENTS].kept + c.of[RS_TABLE_EVENTS].merged +
			                                                  c.of[RS_TABLE_EVENTS].rejected);
			rs_dataset_free(d);
		}
	}
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd) != 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_cut_at_every_byte),
		cmocka_unit_test(any_byte_replaced),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
