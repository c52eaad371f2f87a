/* columns.c -- what each column of each table holds. */
#include "lib/analyze/parts.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <math.h>
#include <string.h>

struct look {
	struct rs_histogram values;
	struct rs_distinct distinct;
};

/* ---- top values ---- */

static int top_numbers(struct rs_column_facts *f, const struct rs_run *run, size_t n, struct rs_err *err)
{
	size_t ix[RS_TOP] = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t k;

		if (f->n_top == RS_TOP && run[ix[RS_TOP - 1]].n >= run[i].n)
			continue;
		f->n_top += f->n_top < RS_TOP;
		for (k = f->n_top - 1; k > 0 && run[ix[k - 1]].n < run[i].n; k--)
			ix[k] = ix[k - 1];
		ix[k] = i;
	}
	for (uint32_t k = 0; k < f->n_top && rc == 0; k++) {
		char text[RS_NUM_MAX];
		size_t len = rs_put_f64(text, run[ix[k]].value);

		rc = rs_name_set(&f->top[k], text, len, run[ix[k]].n, err);
	}
	return rc;
}

static int number_facts(struct rs_column_facts *f, const struct rs_histogram *v, struct rs_err *err)
{
	struct rs_run *run;
	size_t n;
	int rc = rs_histogram_runs(v, &run, &n, err);

	if (rc < 0)
		return rc;
	rs_spread_of(&f->number, run, n);
	f->number.estimated = v->dropped > 0;
	if (v->dropped == 0 && n < f->number.n)
		rc = top_numbers(f, run, n, err);
	rs_free(run);
	return rc;
}

/* ---- columns of attributes and context ---- */

/* Exact sums in the order of rows, which rounded values do not give. */
static void exact_sums(struct rs_spread *s, const struct rs_column *c)
{
	double sum = 0, square = 0, min = INFINITY, max = -INFINITY;

	for (uint64_t i = 0; i < c->n_rows; i++) {
		if (isnan(c->number[i]))
			continue;
		sum += c->number[i];
		min = fmin(min, c->number[i]);
		max = fmax(max, c->number[i]);
	}
	if (s->n == 0)
		return;
	s->sum = sum;
	s->mean = sum / (double)s->n;
	for (uint64_t i = 0; i < c->n_rows; i++)
		if (!isnan(c->number[i]))
			square += (c->number[i] - s->mean) * (c->number[i] - s->mean);
	s->sd = sqrt(square / (double)s->n);
	s->min = min;
	s->max = max;
}

static int add_number(struct look *l, double v, struct rs_err *err)
{
	uint64_t bits;
	int rc;

	v += 0.0;
	memcpy(&bits, &v, sizeof bits);
	if ((rc = rs_histogram_add(&l->values, v, 1, err)) < 0)
		return rc;
	return rs_distinct_add(&l->distinct, bits, err);
}

static int look_at_numbers(struct rs_column_facts *f, struct look *l, const struct rs_column *c, const uint8_t *present,
                           struct rs_err *err)
{
	int rc = 0;

	for (uint64_t i = 0; i < c->n_rows && rc == 0; i++) {
		if (!isnan(c->number[i]))
			rc = add_number(l, c->number[i], err);
		else if (present == NULL || present[i] != 0)
			f->n_null++;
	}
	if (rc < 0 || (rc = number_facts(f, &l->values, err)) < 0)
		return rc;
	exact_sums(&f->number, c);
	f->n_distinct = rs_distinct_count(&l->distinct, &f->distinct_estimated);
	return 0;
}

/* Cells of a column that is no column of numbers: how many are one nevertheless. Leading zeros and long digits are names. */
static int count_numeral(struct rs_column_facts *f, const char *p, size_t n, uint64_t cells, struct rs_err *err)
{
	bool name = n >= 16 || (n > 1 && p[0] == '0' && p[1] != '.');
	double v;

	if (!name && rs_get_f64(p, n, &v)) {
		f->n_numeral += cells;
		return 0;
	}
	f->odd.count += cells;
	return f->odd.text != NULL || cells == 0 ? 0 : rs_name_set(&f->odd, p, n, f->odd.count, err);
}

static int look_at_text(struct rs_column_facts *f, struct look *l, const struct rs_column *c, const uint8_t *present,
                        struct rs_err *err)
{
	struct rs_run *run;
	size_t n;
	int rc = 0;

	for (uint64_t i = 0; i < c->n_rows && rc == 0; i++) {
		uint64_t len = c->ptr[i + 1] - c->ptr[i];

		if (len > 0 && (rc = rs_histogram_add(&l->values, (double)len, 1, err)) == 0 &&
		    (rc = rs_distinct_add_bytes(&l->distinct, c->text + c->ptr[i], (size_t)len, err)) == 0)
			rc = count_numeral(f, c->text + c->ptr[i], (size_t)len, 1, err);
		else if (len == 0 && (present == NULL || present[i] != 0))
			f->n_null++;
	}
	if (rc < 0 || (rc = rs_histogram_runs(&l->values, &run, &n, err)) < 0)
		return rc;
	rs_spread_of(&f->number, run, n);
	rs_free(run);
	f->n_distinct = rs_distinct_count(&l->distinct, &f->distinct_estimated);
	return 0;
}

static int look_at_categories(struct rs_column_facts *f, const struct rs_column *c, const uint8_t *present,
                              struct rs_err *err)
{
	uint64_t *count = rs_array0(c->dict.n, sizeof *count, err);
	uint32_t top[RS_TOP];
	int rc = 0;

	if (count == NULL)
		return RS_ENOMEM;
	for (uint64_t i = 0; i < c->n_rows; i++) {
		f->n_null += c->ptr[i] == c->ptr[i + 1] && (present == NULL || present[i] != 0);
		for (uint64_t k = c->ptr[i]; k < c->ptr[i + 1]; k++)
			count[c->code[k]]++;
	}
	f->n_distinct = c->dict.n;
	f->n_top = rs_top_counts(top, RS_TOP, count, c->dict.n);
	for (uint32_t k = 0; k < f->n_top && rc == 0; k++) {
		size_t n;
		const char *p = rs_keys_get(&c->dict, top[k], &n);

		rc = rs_name_set(&f->top[k], p, n, count[top[k]], err);
	}
	for (uint32_t k = 0; k < c->dict.n && rc == 0 && !c->multi; k++) {
		size_t n;
		const char *p = rs_keys_get(&c->dict, k, &n);

		rc = count_numeral(f, p, n, count[k], err);
	}
	rs_free(count);
	return rc;
}

static bool is_null(const struct rs_column *c, uint64_t i)
{
	return c->type == RS_TYPE_NUMBER ? isnan(c->number[i]) : c->ptr[i] == c->ptr[i + 1];
}

static int look_at_column(struct rs_column_facts *f, const struct rs_column *c, const uint8_t *present, uint8_t *incomplete,
                          size_t distinct_max, struct rs_err *err)
{
	struct look l = { 0 };
	int rc;

	f->multi = c->multi;
	f->type = c->type == RS_TYPE_NUMBER ? "number" : c->type == RS_TYPE_TEXT ? "text" : "category";
	if ((f->name = rs_strndup(c->name, strlen(c->name), err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_histogram_init(&l.values, err)) < 0 || (rc = rs_distinct_init(&l.distinct, distinct_max, err)) < 0)
		goto out;
	if (c->type == RS_TYPE_NUMBER)
		rc = look_at_numbers(f, &l, c, present, err);
	else if (c->type == RS_TYPE_TEXT)
		rc = look_at_text(f, &l, c, present, err);
	else
		rc = look_at_categories(f, c, present, err);
	for (uint64_t i = 0; i < c->n_rows && incomplete != NULL; i++)
		incomplete[i] |= is_null(c, i);
out:
	rs_histogram_release(&l.values);
	rs_distinct_release(&l.distinct);
	return rc;
}

static int look_at_columns(struct rs_table_facts *f, struct rs_tape *t, char owner, const struct rs_schema_table *s,
                           uint64_t n_ids, const uint8_t *present, size_t distinct_max, struct rs_err *err)
{
	uint8_t *incomplete = owner == 'C' ? NULL : rs_array0(n_ids, 1, err);
	int rc = 0;

	if (owner != 'C' && incomplete == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < s->n_columns && rc == 0; i++) {
		const struct rs_column *c;
		struct rs_column_facts *to = &f->column[f->n_columns++];

		to->n_rows = f->n_rows;
		if ((rc = rs_tape_column(&c, t, owner, i, err)) == 0)
			rc = look_at_column(to, c, present, incomplete, distinct_max, err);
		rs_tape_drop(t, owner, i);
	}
	for (uint64_t i = 0; i < n_ids && incomplete != NULL; i++)
		f->n_incomplete += incomplete[i] != 0 && present[i] != 0;
	rs_free(incomplete);
	return rc;
}

/* ---- the fixed columns ---- */

static int fixed_column(struct rs_table_facts *f, const char *name, const char *type, uint64_t n_distinct,
                        struct rs_column_facts **out, struct rs_err *err)
{
	struct rs_column_facts *c = &f->column[f->n_columns++];

	*out = c;
	c->type = type;
	c->n_rows = f->n_rows;
	c->n_distinct = n_distinct;
	c->name = rs_strndup(name, strlen(name), err);
	return c->name == NULL ? RS_ENOMEM : 0;
}

static int type_column(struct rs_column_facts *c, const struct rs_pass *p, const struct rs_keys *types, struct rs_err *err)
{
	uint32_t top[RS_TOP];
	int rc = 0;

	c->n_null = p->type_events[p->n_types];
	c->n_top = rs_top_counts(top, RS_TOP, p->type_events, p->n_types);
	for (uint32_t k = 0; k < c->n_top && rc == 0; k++) {
		size_t n;
		const char *name = rs_keys_get(types, top[k], &n);

		rc = rs_name_set(&c->top[k], name, n, p->type_events[top[k]], err);
	}
	return rc;
}

static int value_column(struct rs_column_facts *c, const struct rs_pass *p, struct rs_err *err)
{
	struct rs_spread *s = &c->number;
	int rc = number_facts(c, &p->values, err);

	c->n_null = p->null_values;
	c->n_distinct = rs_distinct_count(&p->distinct_values, &c->distinct_estimated);
	if (rc < 0 || s->n == 0)
		return rc;
	s->sum = p->value_sum;
	s->mean = s->sum / (double)s->n;
	s->min = p->value_min;
	s->max = p->value_max;
	if (s->estimated)
		s->sd = sqrt(fmax(0, p->value_square / (double)s->n - s->mean * s->mean));
	return 0;
}

static int event_columns(struct rs_table_facts *f, struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p,
                         struct rs_err *err)
{
	struct rs_column_facts *c;
	int rc;

	if ((rc = fixed_column(f, "USER_ID", "id", a->counts.n_users, &c, err)) < 0 ||
	    (rc = fixed_column(f, "ITEM_ID", "id", a->counts.n_items, &c, err)) < 0)
		return rc;
	if (p->time) {
		if ((rc = fixed_column(f, "TIMESTAMP", "time", 0, &c, err)) < 0)
			return rc;
		c->n_distinct = rs_distinct_count(&p->times, &c->distinct_estimated);
		c->first_s = p->parts.first_s;
		c->last_s = p->parts.last_s;
	}
	if (p->type && ((rc = fixed_column(f, "EVENT_TYPE", "category", p->n_types, &c, err)) < 0 ||
	                (rc = type_column(c, p, rs_tape_types(t), err)) < 0))
		return rc;
	if (p->value && ((rc = fixed_column(f, "EVENT_VALUE", "number", 0, &c, err)) < 0 ||
	                 (rc = value_column(c, p, err)) < 0))
		return rc;
	return 0;
}

static int start_table(struct rs_table_facts *f, const char *name, const struct rs_schema_table *s, struct rs_err *err)
{
	f->name = name;
	f->present = s->present;
	f->n_context = s->n_columns;
	f->column = rs_array0((size_t)s->n_columns + 5, sizeof *f->column, err);
	return f->column == NULL ? RS_ENOMEM : 0;
}

static int attribute_table(struct rs_table_facts *f, const char *name, char owner, const struct rs_schema_table *s,
                           uint32_t n_ids, struct rs_tape *t, size_t distinct_max, struct rs_err *err)
{
	struct rs_column_facts *c;
	const uint8_t *present;
	int rc;

	if ((rc = start_table(f, name, s, err)) < 0 || !s->present || (rc = rs_tape_present(&present, t, owner, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n_ids; i++)
		f->n_rows += present[i];
	if ((rc = fixed_column(f, owner == 'U' ? "USER_ID" : "ITEM_ID", "id", f->n_rows, &c, err)) < 0)
		return rc;
	return look_at_columns(f, t, owner, s, n_ids, present, distinct_max, err);
}

int rs_analyze_tables(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p,
                      const struct rs_analyze_options *o, struct rs_err *err)
{
	const struct rs_schema *s = rs_tape_schema(t);
	struct rs_table_facts *f = a->table;
	int rc;

	if ((rc = start_table(&f[0], "interactions", &s->context, err)) < 0)
		return rc;
	f[0].present = true;
	f[0].n_rows = s->n_events;
	if ((rc = event_columns(&f[0], a, t, p, err)) < 0 ||
	    (rc = look_at_columns(&f[0], t, 'C', &s->context, 0, NULL, o->distinct_max, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < f[0].n_columns; i++)
		if (f[0].column[i].n_null > f[0].n_incomplete)
			f[0].n_incomplete = f[0].column[i].n_null; /* at least so many */
	if ((rc = attribute_table(&f[1], "users", 'U', &s->users, s->n_users, t, o->distinct_max, err)) < 0)
		return rc;
	return attribute_table(&f[2], "items", 'I', &s->items, s->n_items, t, o->distinct_max, err);
}
