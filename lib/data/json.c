/* json.c -- jansson, kept within limits. */
#include "lib/data/json.h"

#include "lib/base/mem.h"

#include <stdbool.h>

static _Thread_local bool starved;

static void *json_memory(size_t n)
{
	void *p = rs_array(n, 1, NULL);

	starved |= p == NULL;
	return p;
}

bool rs_json_starved(void)
{
	bool was = starved;

	starved = false;
	return was;
}

/* Before main(), so that no value is made by one allocator and freed by another. */
__attribute__((constructor)) static void use_our_memory(void)
{
	json_set_alloc_funcs(json_memory, rs_free);
}

/* The parser is recursive, so the depth is bounded before it runs. */
static int check_depth(const char *text, size_t n, struct rs_err *err)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > RS_JSON_DEPTH)
				return rs_fail(err, RS_EDATA, "JSON nested deeper than %d at byte %zu", RS_JSON_DEPTH, i);
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return 0;
}

/* RS_ENOMEM, or RS_EDATA with the text of jansson. */
static int fail(const json_error_t *e, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	size_t n = 0;

	if (rs_json_starved() || json_error_code(e) == json_error_out_of_memory)
		return rs_fail(err, RS_ENOMEM, "out of memory for JSON");
	while (n < sizeof e->text && e->text[n] != 0)
		n++;
	if (e->line < 0)
		return rs_fail(err, RS_EDATA, "JSON: %s", rs_quote(q, sizeof q, e->text, n));
	return rs_fail(err, RS_EDATA, "JSON, line %d, column %d: %s", e->line, e->column,
	               rs_quote(q, sizeof q, e->text, n));
}

int rs_json_parse(json_t **out, const char *text, size_t n, struct rs_err *err)
{
	json_error_t e;
	int rc;

	*out = NULL;
	if ((rc = check_depth(text, n, err)) < 0)
		return rc;
	rs_json_starved();
	*out = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (*out == NULL)
		return fail(&e, err);
	if (!rs_json_starved())
		return 0;
	json_decref(*out); /* a part may be missing */
	*out = NULL;
	return rs_fail(err, RS_ENOMEM, "out of memory for JSON");
}

struct sink {
	struct rs_buf *out;
	struct rs_err *err;
	int rc; /* kept here: not every failure of put comes back through jansson */
};

static int put(const char *bytes, size_t n, void *ctx)
{
	struct sink *s = ctx;

	if (s->rc == 0)
		s->rc = rs_buf_add(s->out, bytes, n, s->err);
	return s->rc < 0 ? -1 : 0;
}

int rs_json_print(const json_t *value, struct rs_buf *out, struct rs_err *err)
{
	struct sink s = { out, err, 0 };

	size_t how = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17);
	bool whole = json_dump_callback(value, put, &s, how) == 0;

	if (rs_json_starved() || !whole || s.rc < 0) /* starved: while it was made, too */
		return rs_fail(err, RS_ENOMEM, "out of memory for JSON");
	return 0;
}
