/* intake_check.c -- whether a row is good: nothing of it is kept before all of it is. */
#include "lib/data/intake_row.h"

#include "lib/base/text.h"
#include "lib/base/utf8.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int intake_refuse(struct intake_worker *w, uint32_t cell, const char *what, const struct rs_cell *c, const char *expected)
{
	char q[RS_QUOTE_MAX];

	w->reason_cell = cell;
	rs_fail(&w->reason, RS_EDATA, "%s %s: expected %s", what, rs_quote(q, sizeof q, c->p == NULL ? "" : c->p, c->n),
	        expected);
	return INTAKE_REFUSED;
}

int intake_refuse_text(struct intake_worker *w, uint32_t cell, const char *text)
{
	w->reason_cell = cell;
	rs_fail(&w->reason, RS_EDATA, "%s", text);
	return INTAKE_REFUSED;
}

int intake_check_id(struct rs_intake *in, struct intake_worker *w, enum rs_role role)
{
	const struct rs_cell *c = &w->row.role[role];

	if (!w->row.has[role] || c->n == 0)
		return intake_refuse(w, w->row.at[role], rs_role_name[role], c, "an id");
	if (c->n > RS_KEY_MAX)
		return intake_refuse(w, w->row.at[role], rs_role_name[role], c, "an id of at most 1024 bytes");
	if (in->wish.has_schema && rs_avro_is_reserved_word(c->p, c->n))
		return intake_refuse(w, w->row.at[role], rs_role_name[role], c, "an id, not a reserved word");
	return 0;
}

static int check_time(struct rs_intake *in, struct intake_worker *w, int64_t *time_s)
{
	const struct rs_cell *c = &w->row.role[RS_ROLE_TIME];
	uint32_t at = w->row.at[RS_ROLE_TIME];

	if (!in->has_time)
		return w->row.has[RS_ROLE_TIME] && c->n > 0 ?
		               intake_refuse(w, at, "time", c, "none, as the first row has none") :
		               0;
	if (!w->row.has[RS_ROLE_TIME])
		return intake_refuse_text(w, 0, "no time: expected one, as the first row has one");
	if (!rs_time_read(in->shape.time_unit, c->p, c->n, time_s))
		return intake_refuse(w, at, "time", c, rs_time_expected(in->shape.no_unit ? RS_TIME_GUESS :
		                                                                     in->shape.time_unit));
	return 0;
}

static int check_value(struct rs_intake *in, struct intake_worker *w, float *value)
{
	const struct rs_cell *c = &w->row.role[RS_ROLE_VALUE];
	const struct rs_avro_field *f = in->role_field[RS_ROLE_VALUE];
	double v;

	*value = NAN;
	if (c->n == 0)
		return f != NULL && !f->nullable ? intake_refuse(w, w->row.at[RS_ROLE_VALUE], "value", c, "a number") : 0;
	if (!rs_get_f64(c->p, c->n, &v) || fabs(v) > (double)FLT_MAX)
		return intake_refuse(w, w->row.at[RS_ROLE_VALUE], "value", c, "a number");
	*value = (float)v;
	return 0;
}

static int check_type(struct rs_intake *in, struct intake_worker *w)
{
	const struct rs_cell *c = &w->row.role[RS_ROLE_TYPE];
	const struct rs_avro_field *f = in->role_field[RS_ROLE_TYPE];
	uint32_t at = w->row.at[RS_ROLE_TYPE];

	if (c->n == 0)
		return f != NULL && !f->nullable ?
		               intake_refuse(w, at, "event type", c, "one, as the schema has no null here") :
		               0;
	if (c->n > RS_KEY_MAX)
		return intake_refuse(w, at, "event type", c, "at most 1024 bytes");
	if (w->key[RS_ROLE_TYPE] != NULL && rs_keymap_find(w->key[RS_ROLE_TYPE], c->p, c->n) != RS_NONE)
		return 0;
	if (!rs_utf8_valid(c->p, c->n))
		return intake_refuse(w, at, "event type", c, "UTF-8, or --encoding latin1");
	if (in->wish.has_schema && rs_avro_is_reserved_word(c->p, c->n))
		return intake_refuse(w, at, "event type", c, "a type, not a reserved word");
	return 0;
}

/* A part of a list of categories is a key of a dictionary. */
static bool parts_fit(const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		const char *bar = memchr(p, '|', (size_t)(end - p));

		if (bar == NULL)
			bar = end;
		if (bar - p > RS_KEY_MAX)
			return false;
		p = bar + 1;
	}
	return true;
}

static int check_attribute(struct rs_intake *in, struct intake_worker *w, const struct intake_attribute *a)
{
	const struct rs_avro_field *f = in->column[a->column].field;
	const struct rs_cell *c = &a->cell;
	const char *expected;

	if (c->n == 0 && (f == NULL || f->nullable))
		return 0;
	if (a->column < w->n_values && rs_values_find(&w->values[a->column], c->p, c->n) != RS_NONE)
		return 0;
	if (!rs_utf8_valid(c->p, c->n))
		return intake_refuse(w, a->at, a->name, c, "UTF-8, or --encoding latin1");
	if (f != NULL && (expected = rs_avro_check(f, c->p, c->n)) != NULL)
		return intake_refuse(w, a->at, a->name, c, expected);
	if (f != NULL && f->categorical && !parts_fit(c->p, c->n))
		return intake_refuse(w, a->at, a->name, c, "categories of at most 1024 bytes");
	return 0;
}

/* The columns that the schema wants in every row and an object may lack. */
static int check_missing(struct rs_intake *in, struct intake_worker *w)
{
	const struct rs_avro *known = in->wish.has_schema ? &in->wish.schema : &in->wish.domain;
	char text[RS_AVRO_NAME_MAX + 64];

	for (uint32_t i = 0; i < known->n; i++) {
		const struct rs_avro_field *f = &known->field[i];
		bool found = f->nullable || f->role != RS_ROLE_NONE;

		for (size_t k = 0; k < w->row.n_attributes && !found; k++)
			found = in->column[w->row.attribute[k].column].field == f;
		if (!found) {
			snprintf(text, sizeof text, "no %s: expected it, as the schema has no null there", f->name);
			return intake_refuse_text(w, 0, text);
		}
	}
	return 0;
}

int intake_check_row(struct rs_intake *in, struct intake_worker *w, int64_t *time_s, float *value)
{
	int rc;

	*value = NAN;
	*time_s = 0;
	if ((rc = intake_check_id(in, w, rs_table_key(in->wish.kind))) != 0)
		return rc;
	if (rs_table_has_events(in->wish.kind) &&
	    ((rc = intake_check_id(in, w, RS_ROLE_ITEM)) != 0 || (rc = check_time(in, w, time_s)) != 0 ||
	     (rc = check_value(in, w, value)) != 0 || (rc = check_type(in, w)) != 0))
		return rc;
	for (size_t i = 0; i < w->row.n_attributes; i++)
		if ((rc = check_attribute(in, w, &w->row.attribute[i])) != 0)
			return rc;
	return in->shape.format == RS_FORMAT_JSONL ? check_missing(in, w) : 0;
}
