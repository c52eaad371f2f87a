/* shape_table.c -- the columns of delimited text: whether there is a header, what they are called, which is which. */
#include "lib/data/shape_parts.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/data/schema.h"

#include <stdio.h>
#include <string.h>

static bool is_number(const struct rs_cell *c)
{
	double v;

	return rs_get_f64(c->p, c->n, &v);
}

static void survey_release(struct rs_survey *v)
{
	rs_free(v->first);
	rs_free(v->all_numbers);
	rs_free(v->any_number);
	rs_free(v->all_times);
	rs_free(v->any_time);
	rs_free(v->vote);
	rs_buf_release(&v->text);
}

static int survey_first(struct rs_survey *v, const struct rs_sample *s, struct rs_err *err)
{
	int rc;

	v->n = s->split.n_cells;
	v->record = s->record;
	v->start = s->at - s->record.skip;
	v->skip = s->at;
	v->lines = s->n_lines;
	if ((v->first = rs_array(v->n, sizeof *v->first, err)) == NULL ||
	    (v->all_numbers = rs_array(v->n, sizeof *v->all_numbers, err)) == NULL ||
	    (v->any_number = rs_array0(v->n, sizeof *v->any_number, err)) == NULL ||
	    (v->all_times = rs_array(v->n, sizeof *v->all_times, err)) == NULL ||
	    (v->any_time = rs_array0(v->n, sizeof *v->any_time, err)) == NULL ||
	    (v->vote = rs_array0(v->n, sizeof *v->vote, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < v->n; i++) {
		v->all_numbers[i] = v->all_times[i] = true;
		v->first[i].n = s->split.cell[i].n;
		if ((rc = rs_buf_add(&v->text, s->split.cell[i].p, s->split.cell[i].n, err)) < 0)
			return rc;
	}
	for (size_t i = 0, at = 0; i < v->n; at += v->first[i++].n)
		v->first[i].p = v->text.p == NULL ? "" : v->text.p + at;
	return 0;
}

/* Reads the sample once; v->n is 0 where there is no record. */
static int survey_make(struct rs_survey *v, const struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_err *err)
{
	struct rs_sample s = { .p = p, .n = n, .eof = eof, .split = { .d = d } };
	int rc;

	memset(v, 0, sizeof *v);
	while ((rc = rs_sample_next(&s, err)) > 0) {
		if (v->first == NULL) {
			if ((rc = survey_first(v, &s, err)) < 0)
				break;
			continue;
		}
		for (size_t i = 0; i < v->n && i < s.split.n_cells; i++) {
			const struct rs_cell *c = &s.split.cell[i];
			bool number = is_number(c), time = rs_time_looks(c->p, c->n);

			v->all_numbers[i] &= number || c->n == 0;
			v->any_number[i] |= number;
			v->all_times[i] &= time || c->n == 0;
			v->any_time[i] |= time;
			rs_time_vote(&v->vote[i], c->p, c->n);
		}
	}
	rs_splitter_release(&s.split);
	return rc;
}

/* Whether the first record is a header, as far as it can be told. */
static bool looks_like_header(const struct rs_shape_wish *w, const struct rs_survey *v)
{
	size_t n_named = 0;

	for (size_t i = 0; i < v->n && i < w->columns.n && w->columns.in_order; i++)
		n_named += rs_same_name(w->columns.entry[i].name, strlen(w->columns.entry[i].name), v->first[i].p,
		                        v->first[i].n);
	if (n_named > 0)
		return true;
	for (size_t i = 0; i < w->columns.n && !w->columns.in_order; i++)
		if (w->columns.entry[i].number == 0)
			return true; /* a column is asked for by name */
	for (size_t i = 0; i < v->n; i++) {
		const struct rs_cell *c = &v->first[i];
		unsigned rank;
		enum rs_role role = rs_role_of(w->kind, false, c->p, c->n, &rank);

		if (c->n == 0 || is_number(c))
			continue;
		if (v->any_number[i] && v->all_numbers[i])
			return true; /* a word above numbers */
		if (role == RS_ROLE_USER || role == RS_ROLE_ITEM)
			return true;
		if (w->has_schema && rs_avro_find(&w->schema, c->p, c->n) != NULL)
			return true;
	}
	return false;
}

static char *column_name(const struct rs_shape_wish *w, const struct rs_shape *s, const struct rs_survey *v, size_t i,
                         struct rs_err *err)
{
	const struct rs_spec_entry *e;
	const char *p = s->has_header ? v->first[i].p : NULL;
	size_t n = s->has_header ? v->first[i].n : 0;
	char made[32], *name;

	e = rs_spec_find(&w->columns, p == NULL ? "" : p, n, (uint32_t)i + 1);
	if (e != NULL)
		return rs_strndup(e->name, strlen(e->name), err);
	if (n == 0 && !s->has_header && w->has_schema && w->schema.n == v->n) {
		p = w->schema.field[i].name;
		n = strlen(p);
	}
	if (n == 0) {
		p = made;
		n = (size_t)snprintf(made, sizeof made, "column%zu", i + 1);
	}
	if (s->encoding != RS_ENCODING_LATIN1)
		return rs_strndup(p, n, err);
	if ((name = rs_array(2 * n + 1, 1, err)) != NULL)
		name[rs_latin1_to_utf8(name, p, n)] = 0;
	return name;
}

/* The roles that the user named, then for each role the best name. */
static void find_roles(const struct rs_shape_wish *w, struct rs_shape *s, const struct rs_survey *v)
{
	unsigned best[RS_ROLES];

	for (int r = 0; r < RS_ROLES; r++)
		best[r] = UINT32_MAX;
	for (size_t i = 0; i < s->n_columns; i++) {
		struct rs_shape_column *c = &s->column[i];
		const struct rs_spec_entry *e = rs_spec_find(&w->columns, s->has_header ? v->first[i].p : "",
		                                             s->has_header ? v->first[i].n : 0, (uint32_t)i + 1);
		unsigned rank;
		enum rs_role role = rs_role_of(w->kind, w->has_schema && e == NULL, c->name, strlen(c->name), &rank);

		if (c->ignored || role == RS_ROLE_NONE)
			continue;
		if (e != NULL)
			rank = 0;
		else
			rank++;
		if (rank >= best[role])
			continue;
		if (s->of_role[role] != SIZE_MAX)
			s->column[s->of_role[role]].role = RS_ROLE_NONE;
		best[role] = rank;
		s->of_role[role] = i;
		c->role = role;
	}
}

static bool is_ignored(const struct rs_shape_wish *w, const struct rs_shape *s, const struct rs_survey *v, size_t i)
{
	const char *p = s->has_header ? v->first[i].p : "";
	size_t n = s->has_header ? v->first[i].n : 0;
	const struct rs_spec_entry *e = rs_spec_find(&w->ignore, p, n, (uint32_t)i + 1);

	rs_shape_wish_meet(w, p, n, (uint32_t)i + 1);
	if (w->columns.in_order && strcmp(s->column[i].name, "-") == 0)
		return true;
	return e != NULL && strcmp(e->column, "*") != 0;
}

/* With "*" all goes that has no role and was not asked for. */
static void ignore_the_rest(const struct rs_shape_wish *w, struct rs_shape *s, const struct rs_survey *v)
{
	bool star = false;

	for (size_t i = 0; i < w->ignore.n; i++)
		star |= strcmp(w->ignore.entry[i].column, "*") == 0;
	for (size_t i = 0; i < s->n_columns && star; i++) {
		struct rs_shape_column *c = &s->column[i];

		if (c->role == RS_ROLE_NONE && rs_spec_find(&w->columns, s->has_header ? v->first[i].p : "",
		                                            s->has_header ? v->first[i].n : 0, (uint32_t)i + 1) == NULL)
			c->ignored = true;
	}
}

static int find_columns(const struct rs_shape_wish *w, struct rs_shape *s, const struct rs_survey *v, const char *name,
                        const char *p, struct rs_err *err)
{
	enum rs_header asked = w->o->header;
	int rc;

	if (v->n > RS_COLUMNS_MAX)
		return rs_fail(err, RS_EDATA, "%s: %zu columns: expected at most %d (is the delimiter right?)", name, v->n,
		               RS_COLUMNS_MAX);
	s->has_header = asked == RS_HEADER_YES || (asked == RS_HEADER_GUESS && looks_like_header(w, v));
	if (s->has_header) {
		if ((rc = rs_buf_add(&s->header, p + v->start, v->record.n, err)) < 0)
			return rc;
		s->skip = v->skip;
		s->skip_lines = v->lines;
	}
	if ((s->column = rs_array0(v->n, sizeof *s->column, err)) == NULL)
		return RS_ENOMEM;
	for (; s->n_columns < v->n; s->n_columns++) {
		struct rs_shape_column *c = &s->column[s->n_columns];

		if ((c->name = column_name(w, s, v, s->n_columns, err)) == NULL)
			return RS_ENOMEM;
		c->role = RS_ROLE_NONE;
		c->ignored = is_ignored(w, s, v, s->n_columns);
	}
	find_roles(w, s, v);
	ignore_the_rest(w, s, v);
	if ((rc = rs_shape_check(w, s, v, name, err)) == RS_EDATA && w->lack != NULL) {
		*w->lack = *err;
		rc = 0;
	}
	return rc;
}

enum rs_time_unit rs_shape_unit(const struct rs_import_options *o, const struct rs_time_vote *vote)
{
	return o->time_unit != RS_TIME_GUESS ? o->time_unit : rs_time_elected(vote);
}

/* The first column of none but times, where no column of them was found or wanted. */
static void find_time_like(const struct rs_shape_wish *w, struct rs_shape *s, const struct rs_survey *v)
{
	if (!rs_table_has_events(w->kind) || w->o->ordered || w->has_schema || w->columns.in_order || !s->has_header)
		return;
	for (size_t i = 0; i < s->n_columns && s->time_like[0] == 0; i++)
		if (s->column[i].role == RS_ROLE_NONE && !s->column[i].ignored && v->any_time[i] && v->all_times[i])
			snprintf(s->time_like, sizeof s->time_like, "%s", s->column[i].name);
}

bool rs_shape_no_unit(const struct rs_import_options *o, const struct rs_time_vote *vote)
{
	return o->time_unit == RS_TIME_GUESS && vote->n[rs_time_elected(vote)] == 0;
}

int rs_shape_of_table(struct rs_shape *s, const struct rs_shape_wish *w, const char *name, const char *p, size_t n,
                      bool eof, struct rs_err *err)
{
	struct rs_survey v;
	int rc;

	if ((rc = survey_make(&v, &s->dialect, p, n, eof, err)) < 0)
		goto out;
	if (v.first == NULL) {
		s->format = RS_FORMAT_GUESS;
		goto out;
	}
	if (v.n == 0) {
		rc = rs_fail(err, RS_EDATA, "%s:%llu: %s", name, (unsigned long long)v.lines, v.record.bad);
		goto out;
	}
	if ((rc = find_columns(w, s, &v, name, p, err)) < 0)
		goto out;
	if (s->of_role[RS_ROLE_TIME] != SIZE_MAX) {
		size_t i = s->of_role[RS_ROLE_TIME];

		if (!s->has_header)
			rs_time_vote(&v.vote[i], v.first[i].p, v.first[i].n);
		s->time_unit = rs_shape_unit(w->o, &v.vote[i]);
		s->no_unit = rs_shape_no_unit(w->o, &v.vote[i]);
	} else {
		find_time_like(w, s, &v);
	}
out:
	survey_release(&v);
	return rc;
}
