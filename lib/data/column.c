/* column.c -- columns of attributes and context. */
#include "lib/data/column.h"

#include "lib/base/mem.h"

#include <assert.h>
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

void rs_columns_free(struct rs_column *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rs_column_release(&c[i]);
	rs_free(c);
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

/* Parts that are there have the type of out; the others are nulls. */
struct parts {
	const struct rs_column *const *column;
	const uint64_t *n_rows;
	size_t n;
};

static int concat_numbers(struct rs_column *out, const struct parts *p, struct rs_err *err)
{
	uint64_t at = 0;

	if ((out->number = rs_array(out->n_rows, sizeof *out->number, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < p->n; at += p->n_rows[i++])
		for (uint64_t r = 0; r < p->n_rows[i]; r++)
			out->number[at + r] = p->column[i] == NULL ? NAN : p->column[i]->number[r];
	return 0;
}

static int concat_ptr(struct rs_column *out, const struct parts *p, struct rs_err *err)
{
	uint64_t at = 0, end = 0;

	if ((out->ptr = rs_array(out->n_rows + 1, sizeof *out->ptr, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < p->n; at += p->n_rows[i++]) {
		const struct rs_column *c = p->column[i];

		for (uint64_t r = 0; r < p->n_rows[i]; r++)
			out->ptr[at + r] = c == NULL ? end : end + c->ptr[r];
		end += c == NULL ? 0 : c->ptr[c->n_rows];
	}
	out->ptr[at] = end;
	return 0;
}

static int concat_text(struct rs_column *out, const struct parts *p, struct rs_err *err)
{
	uint64_t at = 0;

	if ((out->text = rs_array(out->ptr[out->n_rows], 1, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		uint64_t n = p->column[i] == NULL ? 0 : p->column[i]->ptr[p->column[i]->n_rows];

		if (n > 0)
			memcpy(out->text + at, p->column[i]->text, n);
		at += n;
	}
	return 0;
}

static int concat_codes(struct rs_column *out, const struct parts *p, struct rs_err *err)
{
	const struct rs_keys none = { 0 }, **dict = rs_array(p->n, sizeof(struct rs_keys *), err);
	uint32_t **map = rs_array0(p->n, sizeof *map, err);
	uint64_t at = 0;
	int rc = RS_ENOMEM;

	if (dict == NULL || map == NULL || (out->code = rs_array(out->ptr[out->n_rows], sizeof *out->code, err)) == NULL)
		goto out;
	for (size_t i = 0; i < p->n; i++)
		dict[i] = p->column[i] == NULL ? &none : &p->column[i]->dict;
	if ((rc = rs_keys_union(&out->dict, dict, p->n, map, err)) < 0)
		goto out;
	for (size_t i = 0; i < p->n; i++) {
		const struct rs_column *c = p->column[i];

		for (uint64_t k = 0; c != NULL && k < c->ptr[c->n_rows]; k++)
			out->code[at++] = map[i][c->code[k]];
	}
out:
	for (size_t i = 0; i < p->n && map != NULL; i++)
		rs_free(map[i]);
	rs_free(map);
	rs_free(dict);
	return rc;
}

static int concat_same(struct rs_column *out, const struct rs_column *first, enum rs_type type, const struct parts *p,
                       struct rs_err *err)
{
	const char *declared = NULL;
	int rc = like(out, first, 0, err);

	if (rc < 0)
		return rc;
	out->type = type;
	for (size_t i = 0; i < p->n; i++) {
		const struct rs_column *c = p->column[i];

		out->n_rows += p->n_rows[i];
		out->multi |= c != NULL && c->multi;
		if (c != NULL && declared != NULL && strcmp(declared, c->declared) != 0)
			declared = "";
		else if (c != NULL)
			declared = c->declared;
	}
	memset(out->declared, 0, sizeof out->declared);
	if (declared != NULL)
		memcpy(out->declared, declared, strlen(declared));
	if (type == RS_TYPE_NUMBER)
		return concat_numbers(out, p, err);
	if ((rc = concat_ptr(out, p, err)) < 0)
		return rc;
	return type == RS_TYPE_TEXT ? concat_text(out, p, err) : concat_codes(out, p, err);
}

static bool has_values(const struct rs_column *c)
{
	for (uint64_t i = 0; i < c->n_rows; i++)
		if (!rs_column_is_null(c, i))
			return true;
	return false;
}

/* What all of those that hold something can be. */
static enum rs_type common_type(const struct rs_column *const *in, size_t n, enum rs_type first)
{
	bool is[3] = { false, false, false };

	for (size_t i = 0; i < n; i++)
		if (in[i] != NULL && has_values(in[i]))
			is[in[i]->type == RS_TYPE_NUMBER ? 0 : in[i]->type == RS_TYPE_CATEGORICAL ? 1 : 2] = true;
	if (!is[0] && !is[1] && !is[2])
		return first;
	return is[2] ? RS_TYPE_TEXT : is[1] ? RS_TYPE_CATEGORICAL : RS_TYPE_NUMBER;
}

int rs_column_concat(struct rs_column *out, const struct rs_column *const *in, const uint64_t *n_rows, size_t n,
                     struct rs_err *err)
{
	const struct rs_column *first = NULL, **part = rs_array(n, sizeof(struct rs_column *), err);
	struct rs_column *as = rs_array0(n, sizeof *as, err);
	bool differ = false;
	enum rs_type type;
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	if (part == NULL || as == NULL)
		goto out;
	for (size_t i = 0; i < n; i++) {
		first = first == NULL ? in[i] : first;
		differ |= first != NULL && in[i] != NULL && in[i]->type != first->type;
		part[i] = in[i];
	}
	assert(first != NULL);
	type = differ ? common_type(in, n, first->type) : first->type;
	rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (in[i] == NULL || in[i]->type == type)
			continue;
		part[i] = NULL;
		if (has_values(in[i]) && (rc = rs_column_as(&as[i], in[i], type, err)) == 0)
			part[i] = &as[i];
	}
	if (rc == 0)
		rc = concat_same(out, first, type, &(struct parts){ part, n_rows, n }, err);
out:
	for (size_t i = 0; i < n && as != NULL; i++)
		rs_column_release(&as[i]);
	rs_free(as);
	rs_free(part);
	if (rc < 0)
		rs_column_release(out);
	return rc;
}
