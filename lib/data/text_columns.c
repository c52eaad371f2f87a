/* text_columns.c -- categorical columns that come in cell by cell. */
#include "lib/data/text_columns.h"

#include "lib/base/mem.h"

#include <string.h>

struct rs_text_column {
	char *name;
	struct rs_keymap *map;
	uint32_t *code; /* by order of appearance */
	size_t n, cap;
	uint64_t *ptr;  /* by row: the first of its codes, up to the last row that had any */
	size_t n_rows, cap_ptr;
};

void rs_text_columns_release(struct rs_text_columns *t)
{
	for (uint32_t c = 0; c < t->n; c++) {
		rs_keymap_free(t->column[c].map);
		rs_free(t->column[c].code);
		rs_free(t->column[c].ptr);
		rs_free(t->column[c].name);
	}
	rs_free(t->column);
	memset(t, 0, sizeof *t);
}

static int find(struct rs_text_columns *t, const char *name, size_t n, struct rs_text_column **out, struct rs_err *err)
{
	struct rs_text_column *g;

	for (uint32_t c = 0; c < t->n; c++) {
		*out = &t->column[c];
		if (strlen((*out)->name) == n && memcmp((*out)->name, name, n) == 0)
			return 0;
	}
	if (t->n == RS_TEXT_COLUMNS_MAX)
		return rs_fail(err, RS_EDATA, "more than %d columns", RS_TEXT_COLUMNS_MAX);
	if (t->column == NULL && (t->column = rs_array0(RS_TEXT_COLUMNS_MAX, sizeof *t->column, err)) == NULL)
		return RS_ENOMEM;
	g = *out = &t->column[t->n];
	if ((g->name = rs_strndup(name, n, err)) == NULL)
		return RS_ENOMEM;
	t->n++;
	return rs_keymap_new(&g->map, err);
}

/* Rows before `row` that had no value get none; then this one begins. */
static int begin_row(struct rs_text_column *g, size_t row, struct rs_err *err)
{
	int rc = rs_grow(&g->ptr, &g->cap_ptr, row + 2, sizeof *g->ptr, err);

	for (; rc == 0 && g->n_rows <= row; g->n_rows++)
		g->ptr[g->n_rows] = g->n;
	return rc;
}

static int add_value(struct rs_text_column *g, const char *p, size_t n, struct rs_err *err)
{
	int rc;

	if (n > RS_KEY_MAX)
		return rs_fail(err, RS_EDATA, "a value of the context is longer than %d bytes", RS_KEY_MAX);
	if ((rc = rs_grow(&g->code, &g->cap, g->n + 1, sizeof *g->code, err)) < 0 ||
	    (rc = rs_keymap_add(g->map, p, n, &g->code[g->n], err)) < 0)
		return rc;
	g->n++;
	return 0;
}

int rs_text_columns_add(struct rs_text_columns *t, size_t row, const char *name, size_t n_name, const char *cell, size_t n_cell,
                        struct rs_err *err)
{
	struct rs_text_column *g;
	int rc;

	if ((rc = find(t, name, n_name, &g, err)) < 0 || (rc = begin_row(g, row, err)) < 0)
		return rc;
	for (size_t from = 0; from < n_cell;) {
		const char *bar = memchr(cell + from, '|', n_cell - from);
		size_t n = bar == NULL ? n_cell - from : (size_t)(bar - cell) - from;

		if (n > 0 && (rc = add_value(g, cell + from, n, err)) < 0)
			return rc;
		from += n + 1;
	}
	return 0;
}

int rs_text_columns_set(struct rs_text_columns *t, const char *text, struct rs_err *err)
{
	const char *equals = strchr(text, '=');
	char q[RS_QUOTE_MAX];

	if (equals == NULL || equals == text)
		return rs_fail(err, RS_EUSAGE, "%s: expected COLUMN=VALUE", rs_quote(q, sizeof q, text, strlen(text)));
	return rs_text_columns_add(t, 0, text, (size_t)(equals - text), equals + 1, strlen(equals + 1), err);
}

static int finish_column(struct rs_column *out, struct rs_text_column *g, size_t n_rows, struct rs_err *err)
{
	uint32_t *perm;
	int rc;

	if ((rc = begin_row(g, n_rows, err)) < 0 || (rc = rs_keys_from_map(&out->dict, g->map, &perm, err)) < 0)
		return rc;
	for (size_t i = 0; i < g->n; i++)
		g->code[i] = perm[g->code[i]];
	rs_free(perm);
	out->name = g->name;
	out->type = RS_TYPE_CATEGORICAL;
	out->multi = true;
	out->n_rows = n_rows;
	out->ptr = g->ptr;
	out->code = g->code;
	g->name = NULL;
	g->ptr = NULL;
	g->code = NULL;
	return 0;
}

int rs_text_columns_finish(struct rs_text_columns *t, size_t n_rows, struct rs_column **out, uint32_t *n_out,
                           struct rs_err *err)
{
	struct rs_column *column = rs_array0(t->n, sizeof *column, err);
	int rc = column == NULL ? RS_ENOMEM : 0;

	for (uint32_t c = 0; c < t->n && rc == 0; c++)
		rc = finish_column(&column[c], &t->column[c], n_rows, err);
	if (rc == 0) {
		*out = column;
		*n_out = t->n;
	} else if (column != NULL) {
		rs_columns_free(column, t->n);
	}
	rs_text_columns_release(t);
	return rc;
}
