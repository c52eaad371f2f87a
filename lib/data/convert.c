/* convert.c -- a column of attributes as another type: what two datasets hold under one name becomes one column. */
#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/column.h"

#include <math.h>
#include <string.h>

/* Name and declaration, no declared type: it is no longer what the schema said. */
static int start(struct rs_column *out, const struct rs_column *in, enum rs_type type, struct rs_err *err)
{
	memset(out, 0, sizeof *out);
	out->type = type;
	out->n_rows = in->n_rows;
	if ((out->name = rs_strndup(in->name, strlen(in->name), err)) == NULL ||
	    (out->ptr = rs_array0(in->n_rows + 1, sizeof *out->ptr, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

/* The cell as a user would write it, appended. */
static int put_cell(struct rs_buf *b, const struct rs_column *c, uint64_t row, struct rs_err *err)
{
	char number[RS_NUM_MAX];
	int rc = 0;

	if (c->type == RS_TYPE_NUMBER)
		return isnan(c->number[row]) ? 0 : rs_buf_add(b, number, rs_put_f64(number, c->number[row]), err);
	if (c->type == RS_TYPE_TEXT)
		return rs_buf_add(b, c->text + c->ptr[row], (size_t)(c->ptr[row + 1] - c->ptr[row]), err);
	for (uint64_t i = c->ptr[row]; i < c->ptr[row + 1] && rc == 0; i++) {
		size_t n;
		const char *value = rs_keys_get(&c->dict, c->code[i], &n);

		if (i > c->ptr[row] && (rc = rs_buf_addc(b, '|', err)) < 0)
			break;
		rc = rs_buf_add(b, value, n, err);
	}
	return rc;
}

static int to_text(struct rs_column *out, const struct rs_column *in, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	int rc = 0;

	for (uint64_t i = 0; i < in->n_rows && rc == 0; i++) {
		rc = put_cell(&text, in, i, err);
		out->ptr[i + 1] = text.n;
	}
	if (rc == 0 && (out->text = rs_array(text.n, 1, err)) == NULL)
		rc = RS_ENOMEM;
	if (rc == 0 && text.n > 0)
		memcpy(out->text, text.p, text.n);
	rs_buf_release(&text);
	return rc;
}

/* Numbers as categories, each by its shortest form. */
static int to_categories(struct rs_column *out, const struct rs_column *in, struct rs_err *err)
{
	struct rs_keymap *map = NULL;
	uint32_t *place = NULL;
	int rc;

	if ((rc = rs_keymap_new(&map, err)) < 0)
		return rc;
	if ((out->code = rs_array(in->n_rows, sizeof *out->code, err)) == NULL)
		rc = RS_ENOMEM;
	for (uint64_t i = 0; i < in->n_rows && rc == 0; i++) {
		char number[RS_NUM_MAX];

		out->ptr[i + 1] = out->ptr[i];
		if (isnan(in->number[i]))
			continue;
		rc = rs_keymap_add(map, number, rs_put_f64(number, in->number[i]), &out->code[out->ptr[i + 1]++], err);
	}
	if (rc == 0 && (rc = rs_keys_from_map(&out->dict, map, &place, err)) == 0)
		for (uint64_t i = 0; i < out->ptr[in->n_rows]; i++)
			out->code[i] = place[out->code[i]];
	rs_free(place);
	rs_keymap_free(map);
	return rc;
}

int rs_column_as(struct rs_column *out, const struct rs_column *in, enum rs_type type, struct rs_err *err)
{
	int rc = start(out, in, type, err);

	if (rc == 0 && type == RS_TYPE_TEXT)
		rc = to_text(out, in, err);
	else if (rc == 0 && type == RS_TYPE_CATEGORICAL && in->type == RS_TYPE_NUMBER)
		rc = to_categories(out, in, err);
	else if (rc == 0)
		rc = rs_fail(err, RS_EINTERNAL, "column %s cannot become another type", in->name);
	if (rc < 0)
		rs_column_release(out);
	return rc;
}
