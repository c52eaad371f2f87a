/* column.c -- columns of attributes and context. */
#include "lib/data/column.h"

#include "lib/base/mem.h"

#include <math.h>
#include <string.h>

void rs_column_release(struct rs_column *c)
{
	rs_free(c->name);
	rs_free(c->number);
	rs_keys_release(&c->dict);
	rs_free(c->ptr);
	rs_free(c->code);
	rs_free(c->text);
	memset(c, 0, sizeof *c);
}

/* The next character that counts in a name: letters and digits, in lower case; 0 at the end. */
static int next_letter(const char **p)
{
	for (; **p != 0; (*p)++) {
		char c = **p;

		if (c == '_' || c == '-' || c == ' ' || c == '.')
			continue;
		(*p)++;
		return c >= 'A' && c <= 'Z' ? c + 32 : (unsigned char)c;
	}
	return 0;
}

static bool same_name(const char *a, const char *b)
{
	for (;;) {
		int ca = next_letter(&a), cb = next_letter(&b);

		if (ca != cb)
			return false;
		if (ca == 0)
			return true;
	}
}

const struct rs_column *rs_column_find(const struct rs_column *c, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (same_name(c[i].name, name))
			return &c[i];
	return NULL;
}

bool rs_column_is_null(const struct rs_column *c, uint64_t row)
{
	return c->type == RS_TYPE_NUMBER ? isnan(c->number[row]) : c->ptr[row] == c->ptr[row + 1];
}

int rs_column_cmp(const struct rs_column *c, uint64_t a, uint64_t b)
{
	uint64_t na, nb, n;

	if (c->type == RS_TYPE_NUMBER) {
		double x = c->number[a], y = c->number[b];

		if (isnan(x) || isnan(y))
			return (int)isnan(y) - (int)isnan(x);
		return (x > y) - (x < y);
	}
	na = c->ptr[a + 1] - c->ptr[a];
	nb = c->ptr[b + 1] - c->ptr[b];
	n = na < nb ? na : nb;
	if (c->type == RS_TYPE_TEXT)
		return rs_key_cmp(c->text + c->ptr[a], na, c->text + c->ptr[b], nb);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t x = c->code[c->ptr[a] + i], y = c->code[c->ptr[b] + i];

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (na > nb) - (na < nb);
}

/* Name, type and declaration; no rows yet. */
static int like(struct rs_column *out, const struct rs_column *in, uint64_t n, struct rs_err *err)
{
	memset(out, 0, sizeof *out);
	out->type = in->type;
	memcpy(out->declared, in->declared, sizeof out->declared);
	out->n_rows = n;
	out->name = rs_strndup(in->name, strlen(in->name), err);
	return out->name == NULL ? RS_ENOMEM : 0;
}

static int take_numbers(struct rs_column *out, const struct rs_column *in, const uint64_t *row, uint64_t n,
                        struct rs_err *err)
{
	if ((out->number = rs_array(n, sizeof *out->number, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i < n; i++)
		out->number[i] = row[i] == UINT64_MAX ? NAN : in->number[row[i]];
	return 0;
}

/* ptr of the picked rows. */
static int take_ptr(struct rs_column *out, const struct rs_column *in, const uint64_t *row, uint64_t n,
                    struct rs_err *err)
{
	if ((out->ptr = rs_array(n + 1, sizeof *out->ptr, err)) == NULL)
		return RS_ENOMEM;
	out->ptr[0] = 0;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t len = row[i] == UINT64_MAX ? 0 : in->ptr[row[i] + 1] - in->ptr[row[i]];

		out->ptr[i + 1] = out->ptr[i] + len;
		out->multi |= out->type == RS_TYPE_CATEGORICAL && len > 1;
	}
	return 0;
}

static int take_text(struct rs_column *out, const struct rs_column *in, const uint64_t *row, uint64_t n,
                     struct rs_err *err)
{
	if ((out->text = rs_array(out->ptr[n], 1, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i < n; i++)
		if (out->ptr[i + 1] > out->ptr[i])
			memcpy(out->text + out->ptr[i], in->text + in->ptr[row[i]], out->ptr[i + 1] - out->ptr[i]);
	return 0;
}

static int take_codes(struct rs_column *out, const struct rs_column *in, const uint64_t *row, uint64_t n,
                      struct rs_err *err)
{
	uint8_t *used = rs_array0(in->dict.n, 1, err);
	uint32_t *place = rs_array(in->dict.n, sizeof *place, err), k = 0;
	int rc = RS_ENOMEM;

	if (used == NULL || place == NULL || (out->code = rs_array(out->ptr[n], sizeof *out->code, err)) == NULL)
		goto out;
	for (uint64_t i = 0; i < n; i++)
		for (uint64_t j = 0; j < out->ptr[i + 1] - out->ptr[i]; j++)
			used[in->code[in->ptr[row[i]] + j]] = 1;
	for (uint32_t c = 0; c < in->dict.n; c++)
		place[c] = used[c] ? k++ : RS_NONE;
	for (uint64_t i = 0; i < n; i++)
		for (uint64_t j = 0; j < out->ptr[i + 1] - out->ptr[i]; j++)
			out->code[out->ptr[i] + j] = place[in->code[in->ptr[row[i]] + j]];
	rc = rs_keys_subset(&out->dict, &in->dict, used, err);
out:
	rs_free(used);
	rs_free(place);
	return rc;
}

int rs_column_take(struct rs_column *out, const struct rs_column *in, const uint64_t *row, uint64_t n,
                   struct rs_err *err)
{
	int rc = like(out, in, n, err);

	if (rc == 0 && in->type == RS_TYPE_NUMBER)
		rc = take_numbers(out, in, row, n, err);
	else if (rc == 0 && (rc = take_ptr(out, in, row, n, err)) == 0)
		rc = in->type == RS_TYPE_TEXT ? take_text(out, in, row, n, err) : take_codes(out, in, row, n, err);
	if (rc < 0)
		rs_column_release(out);
	return rc;
}

int rs_column_nulls(struct rs_column *out, const struct rs_column *in, uint64_t n, struct rs_err *err)
{
	uint64_t *row = rs_array(n, sizeof *row, err);
	int rc;

	if (row == NULL)
		return RS_ENOMEM;
	memset(row, 0xff, n * sizeof *row);
	rc = rs_column_take(out, in, row, n, err);
	rs_free(row);
	return rc;
}

/* The rows of b behind those of a; same type. */
static int append_same(struct rs_column *out, const struct rs_column *a, const struct rs_column *b, struct rs_err *err)
{
	uint64_t n_a = a->n_rows, n_b = b->n_rows, n = n_a + n_b, end;
	const struct rs_keys *dict[2] = { &a->dict, &b->dict };
	uint32_t *map[2] = { NULL, NULL };
	int rc = like(out, a, n, err);

	if (rc < 0)
		return rc;
	if (strcmp(a->declared, b->declared) != 0)
		out->declared[0] = 0;
	rc = RS_ENOMEM;
	if (a->type == RS_TYPE_NUMBER) {
		if ((out->number = rs_array(n, sizeof *out->number, err)) == NULL)
			return rc;
		memcpy(out->number, a->number, n_a * sizeof *out->number);
		memcpy(out->number + n_a, b->number, n_b * sizeof *out->number);
		return 0;
	}
	out->multi = a->multi || b->multi;
	end = a->ptr[n_a];
	if ((out->ptr = rs_array(n + 1, sizeof *out->ptr, err)) == NULL)
		return rc;
	memcpy(out->ptr, a->ptr, (n_a + 1) * sizeof *out->ptr);
	for (uint64_t i = 0; i <= n_b; i++)
		out->ptr[n_a + i] = end + b->ptr[i];
	if (a->type == RS_TYPE_TEXT) {
		if ((out->text = rs_array(out->ptr[n], 1, err)) == NULL)
			return rc;
		memcpy(out->text, a->text, end);
		memcpy(out->text + end, b->text, b->ptr[n_b]);
		return 0;
	}
	if ((out->code = rs_array(out->ptr[n], sizeof *out->code, err)) == NULL)
		return rc;
	if ((rc = rs_keys_union(&out->dict, dict, 2, map, err)) < 0)
		return rc;
	for (uint64_t i = 0; i < end; i++)
		out->code[i] = map[0][a->code[i]];
	for (uint64_t i = 0; i < b->ptr[n_b]; i++)
		out->code[end + i] = map[1][b->code[i]];
	rs_free(map[0]);
	rs_free(map[1]);
	return 0;
}

static bool has_values(const struct rs_column *c)
{
	for (uint64_t i = 0; i < c->n_rows; i++)
		if (!rs_column_is_null(c, i))
			return true;
	return false;
}

/* Columns whose types differ: both as what both can be. */
static int append_different(struct rs_column *out, const struct rs_column *a, const struct rs_column *b, struct rs_err *err)
{
	enum rs_type type = a->type == RS_TYPE_TEXT || b->type == RS_TYPE_TEXT ? RS_TYPE_TEXT : RS_TYPE_CATEGORICAL;
	struct rs_column as_a = { 0 }, as_b = { 0 };
	int rc = 0;

	if (!has_values(b))
		rc = rs_column_nulls(&as_b, a, b->n_rows, err);
	else if (!has_values(a))
		rc = rs_column_nulls(&as_a, b, a->n_rows, err);
	else if ((a->type == type || (rc = rs_column_as(&as_a, a, type, err)) == 0) && b->type != type)
		rc = rs_column_as(&as_b, b, type, err);
	if (rc == 0)
		rc = append_same(out, as_a.name == NULL ? a : &as_a, as_b.name == NULL ? b : &as_b, err);
	rs_column_release(&as_a);
	rs_column_release(&as_b);
	return rc;
}

int rs_column_append(struct rs_column *out, const struct rs_column *a, uint64_t n_a, const struct rs_column *b,
                     uint64_t n_b, struct rs_err *err)
{
	struct rs_column nulls = { 0 };
	int rc;

	memset(out, 0, sizeof *out);
	if (a != NULL && b != NULL && a->type != b->type) {
		rc = append_different(out, a, b, err);
	} else if (a != NULL && b != NULL) {
		rc = append_same(out, a, b, err);
	} else if (a != NULL) {
		if ((rc = rs_column_nulls(&nulls, a, n_b, err)) == 0)
			rc = append_same(out, a, &nulls, err);
	} else {
		if ((rc = rs_column_nulls(&nulls, b, n_a, err)) == 0)
			rc = append_same(out, &nulls, b, err);
	}
	rs_column_release(&nulls);
	if (rc < 0)
		rs_column_release(out);
	return rc;
}
