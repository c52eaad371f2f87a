/* jsonl.c -- one line of JSON Lines into rows of named cells. */
#include "lib/data/jsonl.h"

#include "lib/base/mem.h"
#include "lib/data/json.h"
#include "lib/data/names.h"

#include <string.h>

#define ENVELOPE_MAX 16

/* ---- numbers become strings of their own text ---- */

static size_t digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

size_t rs_json_number_length(const char *p, const char *end)
{
	const char *start = p;
	size_t n;

	p += p < end && *p == '-';
	if ((n = digits(p, end)) == 0 || (n > 1 && *p == '0'))
		return 0;
	p += n;
	if (p < end && *p == '.') {
		if ((n = digits(p + 1, end)) == 0)
			return 0;
		p += 1 + n;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		if ((n = digits(p, end)) == 0)
			return 0;
		p += n;
	}
	return (size_t)(p - start);
}

static bool colon_follows(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p < end && *p == ':';
}

static const char *string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

/* out gets the text with each number in quotes. */
static int quote_numbers(struct rs_buf *out, const char *p, size_t n, struct rs_err *err)
{
	const char *end = p + n, *from = p;
	int rc;

	out->n = 0;
	/* a number of one digit grows threefold */
	if ((rc = rs_buf_reserve(out, 3 * n + 1, err)) < 0)
		return rc;
	while (p < end) {
		size_t len;

		if (*p == '"') {
			p = string_end(p, end);
			continue;
		}
		len = *p == '-' || (*p >= '0' && *p <= '9') ? rs_json_number_length(p, end) : 0;
		if (len == 0 || colon_follows(p + len, end)) {
			len = len == 0 ? digits(p, end) : len; /* no number starts inside its own digits */
			p += len == 0 ? 1 : len;
			continue;
		}
		if ((rc = rs_buf_add(out, from, (size_t)(p - from), err)) < 0 || (rc = rs_buf_addc(out, '"', err)) < 0 ||
		    (rc = rs_buf_add(out, p, len, err)) < 0 || (rc = rs_buf_addc(out, '"', err)) < 0)
			return rc;
		from = p += len;
	}
	return rs_buf_add(out, from, (size_t)(end - from), err);
}

/* A value whose memory stays until the next line. */
static int parse(struct rs_json_rows *r, json_t **out, const char *text, size_t n, struct rs_err *err)
{
	int rc;

	if ((rc = quote_numbers(&r->quoted, text, n, err)) < 0 ||
	    (rc = rs_grow(&r->kept, &r->cap_kept, r->n_kept + 1, sizeof(json_t *), err)) < 0 ||
	    (rc = rs_json_parse(out, r->quoted.p, r->quoted.n, err)) < 0)
		return rc;
	r->kept[r->n_kept++] = *out;
	return 0;
}

/* ---- cells ---- */

static int add_cell(struct rs_json_rows *r, const char *name, const char *p, size_t n, struct rs_err *err)
{
	if (rs_grow(&r->cell, &r->cap_cells, r->n_cells + 1, sizeof *r->cell, err) < 0)
		return RS_ENOMEM;
	r->cell[r->n_cells++] = (struct rs_named_cell){ name, strlen(name), { p, n } };
	return 0;
}

/* The text of a string, number or boolean; false for other kinds. */
static bool scalar(const json_t *v, const char **p, size_t *n)
{
	if (json_is_string(v)) {
		*p = json_string_value(v);
		*n = json_string_length(v);
	} else if (json_is_boolean(v)) {
		*p = json_is_true(v) ? "true" : "false";
		*n = strlen(*p);
	} else {
		return false;
	}
	return true;
}

static int nested(const char *name, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	return rs_fail(err, RS_EDATA, "member %s holds an object or a list of such: expected a flat object",
	               rs_quote(q, sizeof q, name, strlen(name)));
}

/* Room in `joined` was made for all of the line. */
static int add_list(struct rs_json_rows *r, const char *name, const json_t *list, struct rs_err *err)
{
	size_t start = r->joined.n, n, i;
	const json_t *v;
	const char *p;
	int rc;

	json_array_foreach(list, i, v) {
		if (!scalar(v, &p, &n))
			return nested(name, err);
		if ((i > 0 && (rc = rs_buf_addc(&r->joined, '|', err)) < 0) ||
		    (rc = rs_buf_add(&r->joined, p, n, err)) < 0)
			return rc;
	}
	return add_cell(r, name, r->joined.p + start, r->joined.n - start, err);
}

static int add_members(struct rs_json_rows *r, const json_t *object, bool inner, struct rs_err *err);

/* Text of `properties`: a JSON object, or just text. */
static int add_properties(struct rs_json_rows *r, const char *name, const char *p, size_t n, struct rs_err *err)
{
	json_t *inner;
	int rc;

	if (n == 0 || *p != '{')
		return add_cell(r, name, p, n, err);
	if ((rc = parse(r, &inner, p, n, err)) < 0)
		return rc == RS_EDATA ? rs_fail_prefix(err, "properties") : rc;
	return add_members(r, inner, true, err);
}

static int add_value(struct rs_json_rows *r, const char *name, const json_t *v, bool inner, struct rs_err *err)
{
	const char *p;
	size_t n;

	if (json_is_null(v))
		return add_cell(r, name, NULL, 0, err);
	if (scalar(v, &p, &n))
		return !inner && json_is_string(v) && rs_name_is(name, "properties") ? add_properties(r, name, p, n, err) :
			                                                          add_cell(r, name, p, n, err);
	if (json_is_array(v))
		return add_list(r, name, v, err);
	if (!inner && (rs_name_is(name, "properties") || rs_name_is(name, "metricattribution")))
		return add_members(r, v, true, err);
	return nested(name, err);
}

static int add_members(struct rs_json_rows *r, const json_t *object, bool inner, struct rs_err *err)
{
	void *it = json_object_iter((json_t *)(uintptr_t)object);
	int rc = 0;

	for (; it != NULL && rc == 0; it = json_object_iter_next((json_t *)(uintptr_t)object, it))
		rc = add_value(r, json_object_iter_key(it), json_object_iter_value(it), inner, err);
	return rc;
}

static int end_row(struct rs_json_rows *r, struct rs_err *err)
{
	if (rs_grow(&r->row_end, &r->cap_rows, r->n_rows + 1, sizeof *r->row_end, err) < 0)
		return RS_ENOMEM;
	r->row_end[r->n_rows++] = r->n_cells;
	return 0;
}

/* ---- envelopes ---- */

static bool is_list_of_objects(const json_t *v)
{
	const json_t *element;
	size_t i;

	json_array_foreach(v, i, element)
		if (!json_is_object(element))
			return false;
	return json_array_size(v) > 0;
}

/* The list of rows in an envelope, or NULL: a row by itself. */
static const json_t *find_list(json_t *object)
{
	static const char *const lists[] = { "eventlist", "actioninteractions", "items", "users", "actions" };

	for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it))
		for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
			if (rs_name_is(json_object_iter_key(it), lists[i]) && is_list_of_objects(json_object_iter_value(it)))
				return json_object_iter_value(it);
	return NULL;
}

/* What the envelope says about each of its rows. */
static int add_envelope(struct rs_json_rows *r, json_t *object, const json_t *list, struct rs_err *err)
{
	int rc = 0;

	for (void *it = json_object_iter(object); it != NULL && rc == 0; it = json_object_iter_next(object, it)) {
		const char *name = json_object_iter_key(it);

		if (json_object_iter_value(it) != list && !rs_name_is(name, "trackingid") && !rs_name_is(name, "datasetarn"))
			rc = add_value(r, name, json_object_iter_value(it), false, err);
	}
	if (rc == 0 && r->n_cells > ENVELOPE_MAX)
		return rs_fail(err, RS_EDATA, "%zu members beside the list: expected at most %d", r->n_cells, ENVELOPE_MAX);
	return rc;
}

/* A copy of the cells of the envelope, which stand first. */
static int copy_envelope(struct rs_json_rows *r, size_t n, struct rs_err *err)
{
	if (rs_grow(&r->cell, &r->cap_cells, r->n_cells + n, sizeof *r->cell, err) < 0)
		return RS_ENOMEM;
	if (n > 0)
		memcpy(r->cell + r->n_cells, r->cell, n * sizeof *r->cell);
	r->n_cells += n;
	return 0;
}

static void forget(struct rs_json_rows *r)
{
	for (size_t i = 0; i < r->n_kept; i++)
		json_decref(r->kept[i]);
	r->n_kept = r->n_cells = r->n_rows = r->joined.n = 0;
}

int rs_json_rows_parse_all(struct rs_json_rows *r, const char *line, size_t n, struct rs_err *err)
{
	const json_t *list, *row;
	json_t *object;
	size_t i, n_envelope;
	int rc;

	forget(r);
	if ((rc = rs_buf_reserve(&r->joined, n, err)) < 0 ||
	    (rc = rs_grow(&r->cell, &r->cap_cells, 1, sizeof *r->cell, err)) < 0 || /* an array also where there are no cells */
	    (rc = parse(r, &object, line, n, err)) < 0)
		return rc;
	if (!json_is_object(object))
		return rs_fail(err, RS_EDATA, "JSON without names: expected an object per line");
	if ((list = find_list(object)) == NULL) {
		rc = add_members(r, object, false, err);
		return rc < 0 ? rc : end_row(r, err);
	}
	if ((rc = add_envelope(r, object, list, err)) < 0)
		return rc;
	n_envelope = r->n_cells;
	json_array_foreach(list, i, row)
		if ((i > 0 && (rc = copy_envelope(r, n_envelope, err)) < 0) ||
		    (rc = add_members(r, row, false, err)) < 0 || (rc = end_row(r, err)) < 0)
			return rc;
	return 0;
}

int rs_json_rows_parse(struct rs_json_rows *r, const char *line, size_t n, struct rs_err *err)
{
	bool flat;
	int rc;

	forget(r);
	rc = rs_json_flat_parse(r, line, n, &flat, err);
	return rc < 0 || flat ? rc : rs_json_rows_parse_all(r, line, n, err);
}

void rs_json_rows_release(struct rs_json_rows *r)
{
	forget(r);
	rs_free(r->cell);
	rs_free(r->row_end);
	rs_free(r->kept);
	rs_buf_release(&r->quoted);
	rs_buf_release(&r->joined);
	memset(r, 0, sizeof *r);
}
