/* idlist.c -- a file of ids, one per line. */
#include "lib/data/idlist.h"

#include "lib/base/keymap.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/tiles.h"
#include "lib/data/source.h"

#include <stdio.h>
#include <string.h>

int rs_idlist_add(struct rs_idlist *l, const void *id, size_t n, struct rs_err *err)
{
	int rc;

	if (n == 0 || n > RS_KEY_MAX)
		return rs_fail(err, RS_EDATA, "an id of %zu bytes: expected 1 to %d", n, RS_KEY_MAX);
	if ((rc = rs_grow(&l->off, &l->cap, l->n + 2, sizeof *l->off, err)) < 0 ||
	    (rc = rs_buf_add(&l->bytes, id, n, err)) < 0)
		return rc;
	if (l->n == 0)
		l->off[0] = 0;
	l->off[++l->n] = l->bytes.n;
	return 0;
}

int rs_idlist_add_json(struct rs_idlist *l, const json_t *id, const char *what, struct rs_err *err)
{
	char text[32];

	if (json_is_string(id))
		return rs_idlist_add(l, json_string_value(id), json_string_length(id), err);
	if (!json_is_integer(id))
		return rs_fail(err, RS_EDATA, "%s: expected a string", what);
	return rs_idlist_add(l, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)json_integer_value(id)), err);
}

const char *rs_idlist_get(const struct rs_idlist *l, size_t i, size_t *n)
{
	*n = (size_t)(l->off[i + 1] - l->off[i]);
	return l->bytes.p == NULL ? "" : l->bytes.p + l->off[i];
}

void rs_idlist_release(struct rs_idlist *l)
{
	rs_buf_release(&l->bytes);
	rs_free(l->off);
	memset(l, 0, sizeof *l);
}

static int add_member(struct rs_text_columns *context, size_t row, const char *name, const json_t *v, struct rs_err *err)
{
	char text[64];

	if (json_is_string(v))
		return rs_text_columns_add(context, row, name, strlen(name), json_string_value(v), json_string_length(v), err);
	if (json_is_integer(v))
		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		text[rs_put_f64(text, json_real_value(v))] = 0;
	else if (json_is_boolean(v))
		snprintf(text, sizeof text, json_is_true(v) ? "true" : "false");
	else
		return rs_fail(err, RS_EDATA, "context: expected a value for each column");
	return rs_text_columns_add(context, row, name, strlen(name), text, strlen(text), err);
}

int rs_context_from_json(struct rs_text_columns *context, size_t row, const json_t *request, struct rs_err *err)
{
	json_t *o = json_object_get(request, "context"), *v;
	const char *name;

	if (o != NULL && !json_is_object(o) && !json_is_null(o))
		return rs_fail(err, RS_EDATA, "context: expected an object of columns and values");
	json_object_foreach(o, name, v) {
		int rc = json_is_null(v) ? 0 : add_member(context, row, name, v, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Members of requests to Amazon Personalize that would change an answer, and where they are said here. */
static const char *const elsewhere[][2] = {
	{ "filterValues", "a request cannot be filtered: expected --where, --allow or --deny, for all of them" },
	{ "filterArn", "a request cannot be filtered: expected --where, --allow or --deny, for all of them" },
	{ "promotions", "a request cannot promote items" },
	{ "numResults", "expected --top, for all requests" },
	{ "metadataColumns", "expected --name, for all requests" },
};

static bool says_nothing(const json_t *v)
{
	return json_is_null(v) || (json_is_object(v) && json_object_size(v) == 0) ||
	       (json_is_array(v) && json_array_size(v) == 0);
}

int rs_request_check(json_t *request, const char *const *known, bool *told, const char *name, size_t line,
                     struct rs_err *err)
{
	const char *member;
	const json_t *v;
	char q[RS_QUOTE_MAX];

	json_object_foreach(request, member, v) {
		size_t k = 0;

		if (says_nothing(v))
			continue;
		for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
			if (strcmp(member, elsewhere[i][0]) == 0)
				return rs_fail(err, RS_EDATA, "%s: %s", member, elsewhere[i][1]);
		while (known[k] != NULL && strcmp(known[k], member) != 0)
			k++;
		if (known[k] == NULL && strcmp(member, "context") == 0)
			return rs_fail(err, RS_EDATA, "context: expected none in this list of ids");
		if (known[k] == NULL && !*told)
			rs_note("%s:%zu: member %s is not used, nor are others that are unknown", name, line,
			        rs_quote(q, sizeof q, member, strlen(member)));
		*told |= known[k] == NULL;
	}
	return 0;
}

/* A file while it is read. */
struct reading {
	struct rs_idlist *l;
	struct rs_text_columns *context;
	const char *name, *json_key;
	size_t line;
	bool told;
};

static int add_request(struct reading *r, const char *line, size_t n, struct rs_err *err)
{
	const char *const known[] = { r->json_key, r->context == NULL ? NULL : "context", NULL };
	json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const json_t *id = json_object_get(o, r->json_key);
	int rc;

	if (id == NULL)
		rc = rs_fail(err, RS_EDATA, "expected a JSON object with a string \"%s\"", r->json_key);
	else
		rc = rs_idlist_add_json(r->l, id, r->json_key, err);
	if (rc == 0)
		rc = rs_request_check(o, known, &r->told, r->name, r->line, err);
	if (rc == 0 && r->context != NULL)
		rc = rs_context_from_json(r->context, r->l->n - 1, o, err);
	json_decref(o);
	return rc;
}

/* The header that rs-view writes over a column of ids. */
static bool is_header(const char *p, size_t n)
{
	static const char *const heads[] = { "USER_ID", "ITEM_ID", "ACTION_ID" };

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
		if (strlen(heads[i]) == n && memcmp(heads[i], p, n) == 0)
			return true;
	return false;
}

static int add_lines(struct reading *r, const struct rs_buf *text, struct rs_err *err)
{
	size_t at = text->n >= 3 && memcmp(text->p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* a byte order mark is no id */

	while (at < text->n) {
		const char *p = text->p + at, *lf = memchr(p, '\n', text->n - at);
		size_t n = lf == NULL ? text->n - at : (size_t)(lf - p);
		int rc = 0;

		at += n + 1;
		r->line++;
		if (n > 0 && p[n - 1] == '\r')
			n--;
		if (n > 0 && p[0] == '{' && r->json_key != NULL)
			rc = add_request(r, p, n, err);
		else if (n > 0 && !(r->line == 1 && is_header(p, n)))
			rc = rs_idlist_add(r->l, p, n, err);
		if (rc < 0)
			return rs_fail_prefix(err, "%s:%zu", r->name, r->line);
	}
	return 0;
}

int rs_idlist_read_context(struct rs_idlist *l, struct rs_text_columns *context, const char *path, const char *json_key,
                           struct rs_err *err)
{
	struct reading r = { .l = l, .context = context, .json_key = json_key };
	struct rs_buf text = RS_BUF_INIT;
	struct rs_source *in;
	size_t got = 1;
	int rc;

	if ((rc = rs_source_open(&in, path, err)) < 0)
		return rc;
	while (got > 0 && rc == 0) {
		if ((rc = rs_buf_reserve(&text, 1 << 16, err)) < 0 ||
		    (rc = rs_source_read(in, text.p + text.n, text.cap - text.n, &got, err)) < 0)
			break;
		text.n += got;
	}
	r.name = rs_source_name(in);
	if (rc == 0)
		rc = add_lines(&r, &text, err);
	rs_buf_release(&text);
	rs_source_close(in);
	return rc;
}

int rs_idlist_read(struct rs_idlist *l, const char *path, const char *json_key, struct rs_err *err)
{
	return rs_idlist_read_context(l, NULL, path, json_key, err);
}
