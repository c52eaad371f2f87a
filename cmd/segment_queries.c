/* segment_queries.c -- what people are wanted for: items, and conditions on items. */
#include "cmd/segment_queries.h"

#include "lib/base/mem.h"
#include "lib/data/json.h"

#include <string.h>

int rs_queries_add(struct rs_queries *q, enum rs_query_kind kind, const char *text, size_t n, struct rs_err *err)
{
	int rc = rs_grow(&q->kind, &q->cap, q->text.n + 1, 1, err);

	if (rc < 0)
		return rc;
	q->kind[q->text.n] = (uint8_t)kind;
	return rs_idlist_add(&q->text, text, n, err);
}

static int add_json(struct rs_queries *q, const char *line, size_t n, bool *told, const char *path, size_t at,
                    struct rs_err *err)
{
	static const char *const known[] = { "itemId", "itemAttributes", NULL };
	const json_t *id, *where;
	json_t *o;
	int rc = rs_json_parse(&o, line, n, err);

	if (rc < 0)
		return rc;
	id = json_object_get(o, "itemId");
	where = json_object_get(o, "itemAttributes");
	if (json_is_string(id))
		rc = rs_queries_add(q, RS_QUERY_ITEM, json_string_value(id), json_string_length(id), err);
	else if (json_is_string(where))
		rc = rs_queries_add(q, RS_QUERY_WHERE, json_string_value(where), json_string_length(where), err);
	else
		rc = rs_fail(err, RS_EDATA, "expected a string \"itemId\" or \"itemAttributes\"");
	if (rc == 0)
		rc = rs_request_check(o, known, told, path, at, err);
	json_decref(o);
	return rc;
}

int rs_queries_read(struct rs_queries *q, const char *path, struct rs_err *err)
{
	const char *name = strcmp(path, "-") == 0 ? "(stdin)" : path;
	struct rs_idlist lines = { 0 };
	bool told = false;
	int rc = rs_idlist_read(&lines, path, NULL, err);

	for (size_t i = 0; i < lines.n && rc == 0; i++) {
		size_t n;
		const char *line = rs_idlist_get(&lines, i, &n);

		if (n > 0 && line[0] == '{')
			rc = add_json(q, line, n, &told, name, i + 1, err);
		else
			rc = rs_queries_add(q, RS_QUERY_ITEM, line, n, err);
		if (rc < 0)
			rs_fail_prefix(err, "%s: query %zu", name, i + 1);
	}
	rs_idlist_release(&lines);
	return rc;
}

bool rs_queries_have_where(const struct rs_queries *q)
{
	for (size_t i = 0; i < q->text.n; i++)
		if (q->kind[i] == RS_QUERY_WHERE)
			return true;
	return false;
}

void rs_queries_release(struct rs_queries *q)
{
	rs_idlist_release(&q->text);
	rs_free(q->kind);
	memset(q, 0, sizeof *q);
}
