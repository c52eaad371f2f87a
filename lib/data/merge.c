/* merge.c -- many files into one: the story. */
#include "lib/data/merge_parts.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/tiles.h"
#include "lib/data/column.h"
#include "lib/data/keyfile.h"

#include <math.h>
#include <string.h>

static void release_part(struct merge_part *p)
{
	rs_stream_release(&p->rows);
	rs_stream_release(&p->values);
	rs_keys_release(&p->dict);
	rs_free(p->map);
}

static void release(struct merging *m)
{
	uint32_t n_context = m->d == NULL ? 0 : m->d->n_context;

	for (size_t i = 0; i < m->n && m->source != NULL; i++) {
		struct merge_source *s = &m->source[i];

		for (uint32_t k = 0; k < n_context && s->context != NULL; k++)
			release_part(&s->context[k]);
		rs_free(s->context);
		rs_stream_release(&s->item);
		rs_stream_release(&s->time);
		rs_stream_release(&s->value);
		rs_stream_release(&s->type);
		rs_free(s->row_ptr);
		rs_schema_release(&s->s);
		rs_reader_close(s->r);
	}
	for (uint32_t k = 0; k < n_context && m->column != NULL; k++) {
		rs_keys_release(&m->column[k].all);
		rs_free(m->column[k].place);
	}
	rs_free(m->column);
	rs_free(m->source);
	rs_free(m->row_ptr);
	rs_free(m->run);
	rs_union_maps_release(&m->maps);
	rs_dataset_free(m->d);
}

/* ---- the files ---- */

static int check_rows(const struct merge_source *s, struct rs_err *err)
{
	const uint64_t *row = s->row_ptr;

	if (row[0] != 0 || row[s->s.n_users] != s->s.n_events)
		return rs_fail(err, RS_EDATA, "%s: damaged: the rows of users do not cover the events", rs_reader_name(s->r));
	for (uint32_t u = 0; u < s->s.n_users; u++)
		if (row[u] > row[u + 1])
			return rs_fail(err, RS_EDATA, "%s: damaged: the rows of users are out of order", rs_reader_name(s->r));
	return 0;
}

static int open_source(struct merge_source *s, const char *path, struct rs_err *err)
{
	const struct rs_chunk *c;
	void *rows;
	uint64_t n;
	int rc;

	if ((rc = rs_reader_open(&s->r, path, RS_FILE_DATASET, err)) < 0 || (rc = rs_reader_verify_small(s->r, err)) < 0 ||
	    (rc = rs_schema_read(&s->s, s->r, RS_HALF_ITEMS, err)) < 0)
		return rc;
	n = s->s.n_events;
	if ((rc = rs_stream_open(&s->item, s->r, RS_CHUNK_ITEM, 0, 4, n, err)) < 0 ||
	    (s->s.time && (rc = rs_stream_open(&s->time, s->r, RS_CHUNK_TIME, 0, 8, n, err)) < 0) ||
	    (s->s.value && (rc = rs_stream_open(&s->value, s->r, RS_CHUNK_VALUE, 0, 4, n, err)) < 0) ||
	    (s->s.type && (rc = rs_stream_open(&s->type, s->r, RS_CHUNK_TYPE, 0, 2, n, err)) < 0) ||
	    (rc = rs_reader_need(s->r, RS_CHUNK_ROWS, 0, 8, (uint64_t)s->s.n_users + 1, &c, err)) < 0)
		return rc;
	if (c->n != (uint64_t)s->s.n_users + 1)
		return rs_fail(err, RS_EDATA, "%s: damaged: rows of %llu users: expected %u", rs_reader_name(s->r),
		               (unsigned long long)c->n - 1, s->s.n_users);
	if ((rc = rs_reader_load(s->r, c, &rows, err)) < 0)
		return rc;
	s->row_ptr = rows;
	return check_rows(s, err);
}

/* The files while they are opened, and what each holds but its events. */
struct opening {
	struct merging *m;
	const char *const *path;
	struct rs_dataset **part;
};

static int open_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct opening *o = ctx;
	struct merge_source *s = &o->m->source[tile];
	int rc;

	(void)worker;
	if ((rc = open_source(s, o->path[tile], err)) < 0 ||
	    (rc = rs_dataset_load_tables(&o->part[tile], s->r, &s->s, err)) < 0)
		return rc;
	s->n_types = o->part[tile]->type_key.n;
	return 0;
}

static int find_columns(struct merging *m, struct rs_err *err)
{
	bool timed = false, no_time = false;

	for (size_t i = 0; i < m->n; i++) {
		const struct rs_schema *s = &m->source[i].s;

		m->time |= s->time;
		timed |= s->time && s->n_events > 0;
		no_time |= !s->time && s->n_events > 0;
		m->value |= s->value;
		m->type |= s->type;
	}
	if (timed && no_time)
		return rs_fail(err, RS_EDATA, "some of the datasets have times and some have none: they cannot be joined");
	m->time &= !no_time;
	return 0;
}

/* Opens the files, side by side; all but their events is joined. */
static int open_files(struct merging *m, const char *const *path, struct rs_err *err)
{
	struct opening o = { m, path, rs_array0(m->n, sizeof(struct rs_dataset *), err) };
	int rc = o.part == NULL ? RS_ENOMEM : rs_tiles_run(m->n, open_tile, &o, err);

	if (rc == 0 && (rc = find_columns(m, err)) == 0)
		rc = rs_dataset_union_maps(&m->d, (const struct rs_dataset *const *)o.part, m->n, &m->maps, err);
	for (size_t i = 0; i < m->n && o.part != NULL; i++)
		rs_dataset_free(o.part[i]);
	rs_free(o.part);
	return rc;
}

/* ---- context ---- */

static const struct rs_column *column_of(const struct merge_source *s, const char *name)
{
	return rs_column_find(s->s.context.column, s->s.context.n_columns, name);
}

/* Opens column `in` of the file as a part of the result's column. */
static int open_part(struct merge_source *s, struct merge_part *p, const struct rs_column *in, struct rs_err *err)
{
	uint32_t i = (uint32_t)(in - s->s.context.column);
	const struct rs_chunk *c;
	const void *at;
	uint64_t end;
	int rc;

	p->type = in->type;
	if (in->type == RS_TYPE_NUMBER)
		return rs_stream_open(&p->rows, s->r, RS_CHUNK_NUMBER('C'), i, 8, in->n_rows, err);
	if ((rc = rs_stream_open(&p->rows, s->r, RS_CHUNK_PTR('C'), i, 8, in->n_rows + 1, err)) < 0 ||
	    (rc = rs_stream_at(&p->rows, in->n_rows, &at, NULL, err)) < 0)
		return rc;
	memcpy(&end, at, sizeof end);
	rs_stream_rest(&p->rows);
	if (in->type == RS_TYPE_TEXT)
		return rs_stream_open(&p->values, s->r, RS_CHUNK_TEXT('C'), i, 1, end, err);
	if ((rc = rs_reader_need(s->r, RS_CHUNK_CODE('C'), i, 4, end, &c, err)) < 0 ||
	    (rc = rs_keys_load(&p->dict, s->r, RS_CHUNK_DICT('C'), i, RS_IX_MAX, err)) < 0)
		return rc;
	return rs_stream_open(&p->values, s->r, RS_CHUNK_CODE('C'), i, 4, end, err);
}

static int has_values(struct merge_part *p, bool *has, struct rs_err *err)
{
	*has = p->type != RS_TYPE_NUMBER && p->values.c->n > 0;
	for (uint64_t i = 0; p->type == RS_TYPE_NUMBER && i < p->rows.c->n && !*has; i++) {
		const void *at;
		double v;
		int rc = rs_stream_at(&p->rows, i, &at, NULL, err);

		if (rc < 0)
			return rc;
		memcpy(&v, at, sizeof v);
		*has = !isnan(v);
	}
	return 0;
}

/* The type of the result's column k, as rs_column_concat finds it; files without any value leave the choice to the others and
 * then count as without the column. *declared: what all say. */
static int choose_type(struct merging *m, uint32_t k, struct rs_err *err)
{
	struct rs_column *c = &m->d->context[k];
	bool differ = false, is[3] = { false, false, false }, has;
	const char *declared = NULL;
	int rc;

	for (size_t i = 0; i < m->n; i++)
		differ |= m->source[i].context[k].rows.c != NULL && m->source[i].context[k].type != c->type;
	for (size_t i = 0; i < m->n && differ; i++) {
		struct merge_part *p = &m->source[i].context[k];

		if (p->rows.c == NULL)
			continue;
		if ((rc = has_values(p, &has, err)) < 0)
			return rc;
		is[p->type == RS_TYPE_NUMBER ? 0 : p->type == RS_TYPE_CATEGORICAL ? 1 : 2] |= has;
	}
	if (is[0] || is[1] || is[2])
		c->type = is[2] ? RS_TYPE_TEXT : is[1] ? RS_TYPE_CATEGORICAL : RS_TYPE_NUMBER;
	for (size_t i = 0; i < m->n; i++) {
		struct merge_part *p = &m->source[i].context[k];
		const struct rs_column *in = p->rows.c == NULL ? NULL : column_of(&m->source[i], c->name);

		if (in == NULL)
			continue;
		if ((rc = has_values(p, &has, err)) < 0)
			return rc;
		if (p->type != c->type && !has) {
			release_part(p);
			memset(p, 0, sizeof *p);
		} else if (declared == NULL && p->type == c->type) {
			declared = in->declared;
		} else if (p->type != c->type || strcmp(declared, in->declared) != 0) {
			declared = "";
		}
	}
	memset(c->declared, 0, sizeof c->declared);
	if (declared != NULL)
		memcpy(c->declared, declared, strlen(declared));
	return 0;
}

/* The numbers of a column that holds categories in another file, as a dictionary of their texts. */
static int number_dict(struct merge_part *p, struct rs_err *err)
{
	struct rs_keymap *map = NULL;
	int rc = rs_keymap_new(&map, err);

	for (uint64_t i = 0; i < p->rows.c->n && rc == 0; i++) {
		char text[RS_NUM_MAX];
		const void *at;
		uint32_t ix;
		double v;

		if ((rc = rs_stream_at(&p->rows, i, &at, NULL, err)) < 0)
			break;
		memcpy(&v, at, sizeof v);
		if (isfinite(v)) /* others are met by merge_cell */
			rc = rs_keymap_add(map, text, rs_put_f64(text, v), &ix, err);
	}
	rs_stream_rest(&p->rows);
	if (rc == 0)
		rc = rs_keys_from_map(&p->dict, map, NULL, err);
	rs_keymap_free(map);
	return rc;
}

/* One dictionary for all. */
static int join_dicts(struct merging *m, uint32_t k, struct rs_err *err)
{
	const struct rs_keys **dict = rs_array(m->n, sizeof(struct rs_keys *), err);
	uint32_t **map = rs_array0(m->n, sizeof *map, err);
	int rc = RS_ENOMEM;

	if (dict == NULL || map == NULL)
		goto out;
	rc = 0;
	for (size_t i = 0; i < m->n && rc == 0; i++) {
		struct merge_part *p = &m->source[i].context[k];

		if (p->rows.c != NULL && p->type == RS_TYPE_NUMBER)
			rc = number_dict(p, err);
		dict[i] = &p->dict;
	}
	if (rc == 0 && (rc = rs_keys_union(&m->column[k].all, dict, m->n, map, err)) == 0)
		for (size_t i = 0; i < m->n; i++)
			m->source[i].context[k].map = map[i];
out:
	rs_free(dict);
	rs_free(map);
	return rc;
}

/* Whether the order of the file's events, of one time and item, may not be that of the result. */
static bool is_loose(const struct merging *m, const struct merge_source *s)
{
	const struct rs_column *last = NULL;

	for (uint32_t k = 0; k < m->d->n_context; k++) {
		const struct rs_column *in = s->context[k].rows.c == NULL ? NULL : column_of(s, m->d->context[k].name);

		if (in == NULL)
			continue;
		if (in->type != m->d->context[k].type || (last != NULL && in < last))
			return true;
		last = in;
	}
	return false;
}

/* The columns by name in the order of first appearance. */
static int join_context(struct merging *m, struct rs_err *err)
{
	struct rs_dataset *d = m->d;
	struct rs_column *c;
	uint32_t most = 0;
	int rc = 0;

	for (size_t i = 0; i < m->n; i++)
		most += m->source[i].s.context.n_columns;
	rs_free(d->context);
	if ((d->context = rs_array0(most, sizeof *d->context, err)) == NULL ||
	    (m->column = rs_array0(most, sizeof *m->column, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < m->n; i++) {
		const struct rs_schema_table *t = &m->source[i].s.context;

		for (uint32_t k = 0; k < t->n_columns; k++) {
			if (rs_column_find(d->context, d->n_context, t->column[k].name) != NULL)
				continue;
			c = &d->context[d->n_context];
			c->type = t->column[k].type;
			if ((c->name = rs_strndup(t->column[k].name, strlen(t->column[k].name), err)) == NULL)
				return RS_ENOMEM;
			d->n_context++;
		}
	}
	for (size_t i = 0; i < m->n; i++)
		if ((m->source[i].context = rs_array0(d->n_context, sizeof *m->source[i].context, err)) == NULL)
			return RS_ENOMEM;
	for (uint32_t k = 0; k < d->n_context; k++) {
		for (size_t i = 0; i < m->n; i++) {
			struct merge_source *s = &m->source[i];
			const struct rs_column *in = column_of(s, d->context[k].name);

			if (in != NULL && (rc = open_part(s, &s->context[k], in, err)) < 0)
				return rc;
		}
		if ((rc = choose_type(m, k, err)) < 0)
			return rc;
		if (d->context[k].type == RS_TYPE_CATEGORICAL && (rc = join_dicts(m, k, err)) < 0)
			return rc;
	}
	for (size_t i = 0; i < m->n; i++)
		m->source[i].loose = is_loose(m, &m->source[i]);
	if (!d->keep_duplicates)
		m->event_id = rs_column_find(d->context, d->n_context, RS_EVENT_ID);
	return 0;
}

/* ---- the whole ---- */

static int write_whole(const char *out, const struct rs_dataset *d, struct rs_merge_counts *counts, struct rs_err *err)
{
	*counts = (struct rs_merge_counts){ d->user_key.n, d->item_key.n, d->n_events, d->n_duplicates };
	return rs_dataset_write(d, out, err);
}

static int merge_by_plan(struct merging *m, const char *out, struct rs_merge_counts *counts, struct rs_err *err)
{
	struct rs_events_out events = { 0, m->time, m->value, m->type, merge_write_events, m };
	int rc;

	if ((rc = merge_plan(m, err)) < 0 || (rc = merge_survey(m, err)) < 0)
		return rc;
	events.n = m->row_ptr[m->d->user_key.n];
	*counts = (struct rs_merge_counts){ m->d->user_key.n, m->d->item_key.n, events.n, m->n_dropped };
	return rs_dataset_write_with(m->d, &events, out, err);
}

/* The files that are open, as the union in memory. */
static int merge_in_memory(struct merging *m, const char *out, struct rs_merge_counts *counts, struct rs_err *err)
{
	struct rs_reader **r = rs_array(m->n, sizeof(struct rs_reader *), err);
	struct rs_dataset **part = rs_array0(m->n, sizeof(struct rs_dataset *), err), *d = NULL;
	int rc = r == NULL || part == NULL ? RS_ENOMEM : 0;

	for (size_t i = 0; i < m->n && rc == 0; i++)
		r[i] = m->source[i].r;
	if (rc == 0)
		rc = rs_mem_require(merge_bytes(r, m->n), "all events of files whose columns differ in type or order", NULL,
		                    err);
	for (size_t i = 0; i < m->n && rc == 0; i++)
		rc = rs_dataset_load(&part[i], r[i], RS_NEED_ALL, err);
	if (rc == 0 && (rc = rs_dataset_union(&d, (const struct rs_dataset *const *)part, m->n, err)) == 0)
		rc = write_whole(out, d, counts, err);
	for (size_t i = 0; i < m->n && part != NULL; i++)
		rs_dataset_free(part[i]);
	rs_dataset_free(d);
	rs_free(part);
	rs_free(r);
	return rc;
}

/* One file is written again as it is. */
static int copy(const char *out, const char *path, struct rs_merge_counts *counts, struct rs_err *err)
{
	struct rs_dataset *d;
	int rc = rs_dataset_open(&d, &path, 1, RS_NEED_ALL, err);

	if (rc < 0)
		return rc;
	rc = write_whole(out, d, counts, err);
	rs_dataset_free(d);
	return rc;
}

int rs_merge(const char *out, const char *const *path, size_t n, struct rs_merge_counts *counts, struct rs_err *err)
{
	struct merging m = { .n = n };
	int rc;

	if (n == 1)
		return copy(out, path[0], counts, err);
	if ((m.source = rs_array0(n, sizeof *m.source, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = open_files(&m, path, err)) == 0 && (rc = join_context(&m, err)) == 0)
		rc = merge_by_plan(&m, out, counts, err);
	if (m.too_loose)
		rc = merge_in_memory(&m, out, counts, err);
	release(&m);
	return rc;
}
