/* values.c -- the distinct values of one column, and the typed column that they make. */
#include "lib/data/values.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <math.h>
#include <string.h>

#define LONG 0x80000000u /* codes of long values start here */
#define FEW 32                   /* so many categories need not come back */
#define SHORT_BYTES 64  /* a longer value, all of it, is a text */

void rs_values_release(struct rs_values *v)
{
	rs_keymap_free(v->map);
	rs_buf_release(&v->bytes);
	rs_free(v->off);
	memset(v, 0, sizeof *v);
}

uint32_t rs_values_find(const struct rs_values *v, const char *p, size_t n)
{
	return v->map == NULL || n > RS_KEY_MAX ? RS_NONE : rs_keymap_find(v->map, p, n);
}

int rs_values_add(struct rs_values *v, const char *p, size_t n, uint32_t *code, struct rs_err *err)
{
	int rc;

	if (n <= RS_KEY_MAX) {
		if (v->map == NULL && (rc = rs_keymap_new(&v->map, err)) < 0)
			return rc;
		return rs_keymap_add(v->map, p, n, code, err);
	}
	if (v->n_long == RS_NONE - LONG - 1)
		return rs_fail(err, RS_EDATA, "more than %u long texts in a column", v->n_long);
	if ((rc = rs_grow(&v->off, &v->off_cap, (size_t)v->n_long + 2, sizeof *v->off, err)) < 0 ||
	    (rc = rs_buf_add(&v->bytes, p, n, err)) < 0)
		return rc;
	v->off[0] = 0;
	*code = LONG + v->n_long++;
	v->off[v->n_long] = v->bytes.n;
	return 0;
}

static const char *get(const struct rs_values *v, uint32_t code, size_t *n)
{
	if (code < LONG)
		return rs_keymap_key(v->map, code, n);
	code -= LONG;
	*n = (size_t)(v->off[code + 1] - v->off[code]);
	return v->bytes.p + v->off[code];
}

static uint32_t n_short(const struct rs_values *v)
{
	return v->map == NULL ? 0 : rs_keymap_count(v->map);
}

/* The code of value i of all, long ones behind the short ones; and back. */
static uint32_t code_of(const struct rs_values *v, uint32_t i)
{
	return i < n_short(v) ? i : LONG + (i - n_short(v));
}

uint32_t rs_values_place(const struct rs_values *v, uint32_t code)
{
	return code < LONG ? code : n_short(v) + (code - LONG);
}

static uint32_t count(const struct rs_values *v)
{
	return n_short(v) + v->n_long;
}

uint32_t rs_values_count(const struct rs_values *v)
{
	return count(v);
}

const char *rs_values_get(const struct rs_values *v, uint32_t place, size_t *n)
{
	return get(v, code_of(v, place), n);
}

int rs_values_join(struct rs_values *a, const struct rs_values *b, uint32_t **map, struct rs_err *err)
{
	int rc = 0;

	if ((*map = rs_array(count(b), sizeof **map, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < count(b) && rc == 0; i++) {
		size_t n;
		const char *p = get(b, code_of(b, i), &n);

		rc = rs_values_add(a, p, n, &(*map)[i], err);
	}
	if (rc < 0) {
		rs_free(*map);
		*map = NULL;
	}
	return rc;
}

/* ---- types ---- */

/* Whether the value is a number whose text may be forgotten: not "007", and not the 17 digits of an id. */
static bool is_number(const char *p, size_t n)
{
	size_t i = n > 0 && *p == '-';
	double x;

	if (n == 0 || *p == '+' || !rs_get_f64(p, n, &x))
		return false;
	if (i + 1 < n && p[i] == '0' && p[i + 1] >= '0' && p[i + 1] <= '9')
		return false;
	return n - i <= 15 || memchr(p, '.', n) != NULL || memchr(p, 'e', n) != NULL || memchr(p, 'E', n) != NULL;
}

/* How often each value stands in the column. */
static int count_uses(uint64_t **uses, const struct rs_values *v, const uint32_t *code, uint64_t n, struct rs_err *err)
{
	if ((*uses = rs_array0(count(v), sizeof **uses, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i < n; i++)
		if (code[i] != RS_NONE)
			(*uses)[rs_values_place(v, code[i])]++;
	return 0;
}

/* One part of a list, from p up to '|' or end. */
static size_t part_length(const char *p, const char *end)
{
	const char *bar = memchr(p, '|', (size_t)(end - p));

	return bar == NULL ? (size_t)(end - p) : (size_t)(bar - p);
}

/* Splits every value at '|' into parts (empty ones are none): ptr[i] .. ptr[i + 1] are the parts of value i. */
struct parts {
	struct rs_keymap *map;
	uint64_t *ptr;
	uint32_t *part;
	size_t cap;
	bool too_long;
};

static void release_parts(struct parts *s)
{
	rs_keymap_free(s->map);
	rs_free(s->ptr);
	rs_free(s->part);
}

static int split_values(struct parts *s, const struct rs_values *v, struct rs_err *err)
{
	uint64_t n = 0;
	int rc;

	memset(s, 0, sizeof *s);
	if ((rc = rs_keymap_new(&s->map, err)) < 0)
		return rc;
	if ((s->ptr = rs_array((size_t)count(v) + 1, sizeof *s->ptr, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < count(v); i++) {
		size_t len;
		const char *p = get(v, code_of(v, i), &len), *end = p + len;

		s->ptr[i] = n;
		for (; p <= end; p += len + 1) {
			len = part_length(p, end);
			if (len == 0)
				continue;
			if (len > RS_KEY_MAX) {
				s->too_long = true;
				continue;
			}
			if ((rc = rs_grow(&s->part, &s->cap, n + 1, sizeof *s->part, err)) < 0 ||
			    (rc = rs_keymap_add(s->map, p, len, &s->part[n], err)) < 0)
				return rc;
			n++;
		}
	}
	s->ptr[count(v)] = n;
	return 0;
}

/* Whether the values look like categories: short, and either few or coming back twice on average. */
static bool look_like_categories(const struct rs_values *v, const struct parts *s, const uint64_t *uses)
{
	uint64_t bytes = 0, cells = 0, parts = 0;

	for (uint32_t i = 0; i < count(v); i++) {
		size_t n;

		get(v, code_of(v, i), &n);
		bytes += n * uses[i];
		cells += uses[i];
		parts += (s->ptr[i + 1] - s->ptr[i]) * uses[i];
	}
	if (s->too_long || bytes > cells * SHORT_BYTES)
		return false;
	return rs_keymap_count(s->map) <= FEW || (uint64_t)rs_keymap_count(s->map) * 2 <= parts;
}

static bool all_numbers(const struct rs_values *v, const uint64_t *uses)
{
	uint32_t n_used = 0;

	for (uint32_t i = 0; i < count(v); i++) {
		size_t n;
		const char *p = get(v, code_of(v, i), &n);

		n_used += uses[i] > 0;
		if (uses[i] > 0 && !is_number(p, n))
			return false;
	}
	return n_used > 0;
}

/* ---- columns ---- */

static int make_numbers(struct rs_column *out, const struct rs_values *v, const uint32_t *code, struct rs_err *err)
{
	double *value = rs_array(count(v), sizeof *value, err);
	int rc = RS_ENOMEM;

	if (value == NULL || (out->number = rs_array(out->n_rows, sizeof *out->number, err)) == NULL)
		goto out;
	for (uint32_t i = 0; i < count(v); i++) {
		size_t n;
		const char *p = get(v, code_of(v, i), &n);

		if (!rs_get_f64(p, n, &value[i]))
			value[i] = NAN; /* no row has it */
	}
	for (uint64_t i = 0; i < out->n_rows; i++)
		out->number[i] = code[i] == RS_NONE ? NAN : value[rs_values_place(v, code[i])];
	rc = 0;
out:
	rs_free(value);
	return rc;
}

static int make_text(struct rs_column *out, const struct rs_values *v, const uint32_t *code, struct rs_err *err)
{
	if ((out->ptr = rs_array(out->n_rows + 1, sizeof *out->ptr, err)) == NULL)
		return RS_ENOMEM;
	out->ptr[0] = 0;
	for (uint64_t i = 0; i < out->n_rows; i++) {
		size_t n = 0;

		if (code[i] != RS_NONE)
			get(v, code[i], &n);
		out->ptr[i + 1] = out->ptr[i] + n;
	}
	if ((out->text = rs_array(out->ptr[out->n_rows], 1, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i < out->n_rows; i++) {
		size_t n;

		if (code[i] != RS_NONE)
			memcpy(out->text + out->ptr[i], get(v, code[i], &n), out->ptr[i + 1] - out->ptr[i]);
	}
	return 0;
}

/* The parts that some row uses, sorted; perm gets the place of each part, of the others RS_NONE. */
static int sort_parts(struct rs_column *out, const struct rs_values *v, const struct parts *s, const uint64_t *uses,
                      uint32_t **perm, struct rs_err *err)
{
	uint32_t n = rs_keymap_count(s->map), k = 0;
	uint8_t *keep = rs_array0(n, 1, err);
	struct rs_keys all = { 0 };
	int rc = RS_ENOMEM;

	if (keep == NULL || (rc = rs_keys_from_map(&all, s->map, perm, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < count(v); i++)
		for (uint64_t j = s->ptr[i]; j < s->ptr[i + 1] && uses[i] > 0; j++)
			keep[(*perm)[s->part[j]]] = 1;
	if ((rc = rs_keys_subset(&out->dict, &all, keep, err)) < 0)
		goto out;
	/* from places among all to places among those that are kept */
	for (uint32_t i = 0; i < n; i++)
		all.off[i] = keep[i] ? k++ : RS_NONE;
	for (uint32_t i = 0; i < n; i++)
		(*perm)[i] = (uint32_t)all.off[(*perm)[i]];
out:
	rs_keys_release(&all);
	rs_free(keep);
	return rc;
}

static int make_categories(struct rs_column *out, const struct rs_values *v, const struct parts *s, const uint64_t *uses,
                           const uint32_t *code, struct rs_err *err)
{
	uint32_t *perm = NULL;
	int rc;

	if ((rc = sort_parts(out, v, s, uses, &perm, err)) < 0)
		return rc;
	rc = RS_ENOMEM;
	if ((out->ptr = rs_array(out->n_rows + 1, sizeof *out->ptr, err)) == NULL)
		goto out;
	out->ptr[0] = 0;
	for (uint64_t i = 0; i < out->n_rows; i++) {
		uint32_t at = code[i] == RS_NONE ? 0 : rs_values_place(v, code[i]);
		uint64_t n = code[i] == RS_NONE ? 0 : s->ptr[at + 1] - s->ptr[at];

		out->multi |= n > 1;
		out->ptr[i + 1] = out->ptr[i] + n;
	}
	if ((out->code = rs_array(out->ptr[out->n_rows], sizeof *out->code, err)) == NULL)
		goto out;
	for (uint64_t i = 0; i < out->n_rows; i++)
		for (uint64_t j = 0; j < out->ptr[i + 1] - out->ptr[i]; j++)
			out->code[out->ptr[i] + j] = perm[s->part[s->ptr[rs_values_place(v, code[i])] + j]];
	rc = 0;
out:
	rs_free(perm);
	return rc;
}

/* The type that the schema gives; without one by the values, s being filled unless they are numbers. */
static int find_type(enum rs_type *type, const char *name, const struct rs_values *v, struct parts *s, const uint64_t *uses,
                     const struct rs_avro_field *field, struct rs_err *err)
{
	int rc;

	if (rs_name_is(name, "impression")) { /* lists of items, which the schema declares as plain strings */
		if ((rc = split_values(s, v, err)) < 0)
			return rc;
		*type = s->too_long ? RS_TYPE_TEXT : RS_TYPE_CATEGORICAL;
		return 0;
	}
	if (field != NULL && field->type == RS_AVRO_STRING && !field->categorical)
		*type = RS_TYPE_TEXT;
	else if (field != NULL ? field->type != RS_AVRO_STRING && field->type != RS_AVRO_BOOLEAN : all_numbers(v, uses))
		*type = RS_TYPE_NUMBER;
	else if ((rc = split_values(s, v, err)) < 0)
		return rc;
	else
		*type = field != NULL || look_like_categories(v, s, uses) ? RS_TYPE_CATEGORICAL : RS_TYPE_TEXT;
	return 0;
}

int rs_values_column(struct rs_column *out, const struct rs_values *v, const char *name,
                     const struct rs_avro_field *field, const uint32_t *code, uint64_t n, struct rs_err *err)
{
	struct parts s = { 0 };
	uint64_t *uses = NULL;
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = count_uses(&uses, v, code, n, err)) < 0 || (rc = find_type(&out->type, name, v, &s, uses, field, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((out->name = rs_strndup(name, strlen(name), err)) == NULL)
		goto out;
	if (field != NULL)
		memcpy(out->declared, rs_avro_type_name[field->type], strlen(rs_avro_type_name[field->type]) + 1);
	out->n_rows = n;
	if (out->type == RS_TYPE_NUMBER)
		rc = make_numbers(out, v, code, err);
	else if (out->type == RS_TYPE_TEXT)
		rc = make_text(out, v, code, err);
	else
		rc = make_categories(out, v, &s, uses, code, err);
out:
	release_parts(&s);
	rs_free(uses);
	if (rc < 0)
		rs_column_release(out);
	return rc;
}
