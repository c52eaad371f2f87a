/* export.c -- rows to text. See export.h. */
#include "lib/data/export.h"

#include "lib/base/jsonstr.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/tiles.h"
#include "lib/data/column.h"
#include "lib/data/lines.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define TILE 8192 /* rows */

struct export {
	const struct rs_dataset *d;
	enum rs_export_table table;
	enum rs_export_format format;
	const uint64_t *order;
	const struct rs_keys *key; /* users or items */
	const struct rs_table *attributes;
	uint64_t n_rows;
	atomic_ullong done;
};

/* One cell to be. */
struct cell {
	const char *name; /* of the column */
	bool first;
};

static char delimiter(const struct export *x)
{
	return x->format == RS_EXPORT_TSV ? '\t' : ',';
}

/* Whether a cell has to stand in quotes: quotes, line ends, the delimiter, spaces that a reader might trim. */
static bool needs_quotes(const char *p, size_t n, char delim)
{
	if (n > 0 && (p[0] == ' ' || p[n - 1] == ' ' || p[0] == '\t' || p[n - 1] == '\t'))
		return true;
	for (size_t i = 0; i < n; i++)
		if (p[i] == delim || p[i] == '"' || p[i] == '\n' || p[i] == '\r')
			return true;
	return false;
}

static int put_quoted(struct rs_buf *b, const char *p, size_t n, struct rs_err *err)
{
	char *to;
	int rc = rs_buf_reserve(b, 2 * n + 2, err);

	if (rc < 0)
		return rc;
	to = b->p + b->n;
	*to++ = '"';
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			*to++ = '"';
		*to++ = p[i];
	}
	*to++ = '"';
	b->n = (size_t)(to - b->p);
	return 0;
}

/* What stands before a cell: a delimiter, or the name of the member in JSON. */
static int begin_cell(const struct export *x, struct rs_buf *b, const struct cell *c, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	int rc;

	if (x->format != RS_EXPORT_JSONL)
		return c->first ? 0 : rs_buf_addc(b, delimiter(x), err);
	if ((rc = rs_buf_addc(b, c->first ? '{' : ',', err)) < 0)
		return rc;
	if ((rc = rs_json_string(b, c->name, strlen(c->name), err)) == RS_EDATA)
		return rs_fail(err, rc, "the name of column %s is not UTF-8: JSON cannot hold it, CSV can",
		               rs_quote(q, sizeof q, c->name, strlen(c->name)));
	return rc < 0 ? rc : rs_buf_addc(b, ':', err);
}

static int put_bytes(const struct export *x, struct rs_buf *b, const struct cell *c, const char *p, size_t n,
                     struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	int rc = begin_cell(x, b, c, err);

	if (rc < 0)
		return rc;
	if (x->format == RS_EXPORT_JSONL) {
		if ((rc = rs_json_string(b, p, n, err)) == RS_EDATA)
			rs_fail(err, rc, "%s %s is not UTF-8: JSON cannot hold it, CSV can", c->name,
			        rs_quote(q, sizeof q, p, n));
		return rc;
	}
	if (needs_quotes(p, n, delimiter(x)))
		return put_quoted(b, p, n, err);
	return rs_buf_add(b, p, n, err);
}

static int put_null(const struct export *x, struct rs_buf *b, const struct cell *c, struct rs_err *err)
{
	int rc = begin_cell(x, b, c, err);

	return rc < 0 || x->format != RS_EXPORT_JSONL ? rc : rs_buf_adds(b, "null", err);
}

static int put_number(const struct export *x, struct rs_buf *b, const struct cell *c, const char *text, size_t n,
                      struct rs_err *err)
{
	int rc = begin_cell(x, b, c, err);

	return rc < 0 ? rc : rs_buf_add(b, text, n, err);
}

static int put_key(const struct export *x, struct rs_buf *b, const struct cell *c, const struct rs_keys *keys,
                   uint32_t ix, struct rs_err *err)
{
	size_t n;
	const char *p = rs_keys_get(keys, ix, &n);

	return put_bytes(x, b, c, p, n, err);
}

static int put_codes(const struct export *x, struct rs_buf *b, const struct cell *c, const struct rs_column *col,
                     uint64_t row, struct rs_err *err)
{
	struct rs_buf joined = RS_BUF_INIT;
	int rc = 0;

	if (col->ptr[row + 1] - col->ptr[row] == 1)
		return put_key(x, b, c, &col->dict, col->code[col->ptr[row]], err);
	for (uint64_t i = col->ptr[row]; i < col->ptr[row + 1] && rc == 0; i++) {
		size_t n;
		const char *p = rs_keys_get(&col->dict, col->code[i], &n);

		if (i == col->ptr[row] || (rc = rs_buf_addc(&joined, '|', err)) == 0)
			rc = rs_buf_add(&joined, p, n, err);
	}
	if (rc == 0)
		rc = put_bytes(x, b, c, joined.p, joined.n, err);
	rs_buf_release(&joined);
	return rc;
}

static int put_column(const struct export *x, struct rs_buf *b, const struct rs_column *col, uint64_t row,
                      struct rs_err *err)
{
	struct cell c = { col->name, false };
	char number[RS_NUM_MAX];

	if (rs_column_is_null(col, row))
		return put_null(x, b, &c, err);
	switch (col->type) {
	case RS_TYPE_NUMBER:
		return put_number(x, b, &c, number, rs_put_f64(number, col->number[row]), err);
	case RS_TYPE_TEXT:
		return put_bytes(x, b, &c, col->text + col->ptr[row], (size_t)(col->ptr[row + 1] - col->ptr[row]), err);
	default:
		return put_codes(x, b, &c, col, row, err);
	}
}

static int end_row(const struct export *x, struct rs_buf *b, struct rs_err *err)
{
	return x->format == RS_EXPORT_JSONL ? rs_buf_add(b, "}\n", 2, err) : rs_buf_addc(b, '\n', err);
}

/* ---- events ---- */

static const struct cell user_cell = { "USER_ID", true }, time_cell = { "TIMESTAMP", false },
                         type_cell = { "EVENT_TYPE", false }, value_cell = { "EVENT_VALUE", false };

static const char *item_name(const struct export *x)
{
	return rs_export_of_actions(x->table) ? "ACTION_ID" : "ITEM_ID";
}

static int put_event(const struct export *x, struct rs_buf *b, uint32_t user, uint64_t e, struct rs_err *err)
{
	const struct rs_dataset *d = x->d;
	struct cell item_cell = { item_name(x), false };
	char number[RS_NUM_MAX];
	int rc;

	if ((rc = put_key(x, b, &user_cell, &d->user_key, user, err)) < 0 ||
	    (rc = put_key(x, b, &item_cell, &d->item_key, d->item[e], err)) < 0)
		return rc;
	if (d->time_s != NULL && (rc = put_number(x, b, &time_cell, number, rs_put_i64(number, d->time_s[e]), err)) < 0)
		return rc;
	if (d->type != NULL) {
		if (d->type[e] == UINT16_MAX)
			rc = put_null(x, b, &type_cell, err);
		else
			rc = put_key(x, b, &type_cell, &d->type_key, d->type[e], err);
		if (rc < 0)
			return rc;
	}
	if (d->value != NULL) {
		if (isnan(d->value[e]))
			rc = put_null(x, b, &value_cell, err);
		else
			rc = put_number(x, b, &value_cell, number, rs_put_f32(number, d->value[e]), err);
		if (rc < 0)
			return rc;
	}
	for (uint32_t i = 0; i < d->n_context; i++)
		if ((rc = put_column(x, b, &d->context[i], e, err)) < 0)
			return rc;
	return end_row(x, b, err);
}

static int put_events(void *ctx, size_t tile, struct rs_buf *b, struct rs_err *err)
{
	struct export *x = ctx;
	const struct rs_dataset *d = x->d;
	uint64_t lo = tile * TILE, hi = x->n_rows - lo > TILE ? lo + TILE : x->n_rows;
	uint32_t user = rs_dataset_user_of(d, lo);
	int rc = 0;

	for (uint64_t i = lo; i < hi && rc == 0; i++) {
		uint64_t e = x->order == NULL ? i : x->order[i];

		if (x->order != NULL)
			user = rs_dataset_user_of(d, e);
		while (d->row_ptr[user + 1] <= e)
			user++;
		rc = put_event(x, b, user, e, err);
	}
	rs_progress("writing events", atomic_fetch_add(&x->done, hi - lo) + hi - lo, x->n_rows, "rows");
	return rc;
}

/* ---- users and items ---- */

static int put_attributes(void *ctx, size_t tile, struct rs_buf *b, struct rs_err *err)
{
	const struct export *x = ctx;
	uint64_t lo = tile * TILE, hi = x->n_rows - lo > TILE ? lo + TILE : x->n_rows;
	struct cell id = { x->table == RS_EXPORT_USERS ? "USER_ID" : item_name(x), true };
	int rc = 0;

	for (uint64_t row = lo; row < hi && rc == 0; row++) {
		if (x->attributes->present != NULL && x->attributes->present[row] == 0)
			continue;
		rc = put_key(x, b, &id, x->key, (uint32_t)row, err);
		for (uint32_t i = 0; i < x->attributes->n_columns && rc == 0; i++)
			rc = put_column(x, b, &x->attributes->column[i], row, err);
		if (rc == 0)
			rc = end_row(x, b, err);
	}
	return rc;
}

/* ---- the whole ---- */

static int put_name(const struct export *x, struct rs_buf *b, const char *name, bool first, struct rs_err *err)
{
	struct cell c = { name, first };

	return put_bytes(x, b, &c, name, strlen(name), err);
}

static int put_header(const struct export *x, struct rs_buf *b, struct rs_err *err)
{
	const struct rs_dataset *d = x->d;
	const struct rs_column *c = x->attributes == NULL ? d->context : x->attributes->column;
	uint32_t n = x->attributes == NULL ? d->n_context : x->attributes->n_columns;
	bool events = x->attributes == NULL;
	int rc = put_name(x, b, events || x->table == RS_EXPORT_USERS ? "USER_ID" : item_name(x), true, err);

	if (rc == 0 && events)
		rc = put_name(x, b, item_name(x), false, err);
	if (rc == 0 && events && d->time_s != NULL)
		rc = put_name(x, b, "TIMESTAMP", false, err);
	if (rc == 0 && events && d->type != NULL)
		rc = put_name(x, b, "EVENT_TYPE", false, err);
	if (rc == 0 && events && d->value != NULL)
		rc = put_name(x, b, "EVENT_VALUE", false, err);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = put_name(x, b, c[i].name, false, err);
	return rc < 0 ? rc : rs_buf_addc(b, '\n', err);
}

int rs_export(struct rs_out *out, const struct rs_dataset *d, enum rs_export_table table, enum rs_export_format format,
              const uint64_t *order, struct rs_err *err)
{
	struct export x = { .d = d, .table = table, .format = format, .order = order, .n_rows = d->n_events };
	struct rs_buf header = RS_BUF_INIT;
	int rc = 0;

	if (!rs_export_of_events(table)) {
		x.key = table == RS_EXPORT_USERS ? &d->user_key : &d->item_key;
		x.attributes = table == RS_EXPORT_USERS ? &d->users : &d->items;
		x.n_rows = x.key->n;
	}
	if (format != RS_EXPORT_JSONL && (rc = put_header(&x, &header, err)) == 0)
		rc = rs_out_write(out, header.p, header.n, err);
	if (rc == 0)
		rc = rs_lines_write(out, (size_t)((x.n_rows + TILE - 1) / TILE),
		                    x.attributes == NULL ? put_events : put_attributes, &x, err);
	rs_buf_release(&header);
	return rc;
}

unsigned rs_export_needs(enum rs_export_table table)
{
	if (rs_export_of_actions(table))
		return RS_NEED_ACTIONS;
	return table == RS_EXPORT_EVENTS ? RS_NEED_EVENTS | RS_NEED_CONTEXT :
	       table == RS_EXPORT_USERS  ? RS_NEED_USERS :
	                                   RS_NEED_ITEMS;
}
