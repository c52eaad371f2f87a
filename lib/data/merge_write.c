/* merge_write.c -- the columns of the events, each by the plan. */
#include "lib/data/merge_parts.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/keyfile.h"

#include <math.h>
#include <string.h>

#define STAGE 16384 /* elements on their way into the writer */

/* One pass over the plan. Where a file goes on is kept by the pass; run() gets rows [from, from + n) of a file. */
typedef int run_fn(void *ctx, struct merging *m, size_t source, uint64_t from, uint64_t n, struct rs_err *err);

static int pass(struct merging *m, run_fn *run, void *ctx, struct rs_err *err)
{
	uint64_t *at = rs_array0(m->n, sizeof *at, err);
	int rc = at == NULL ? RS_ENOMEM : 0;

	for (size_t i = 0; i < m->n_runs && rc == 0; i++) {
		const struct merge_run *r = &m->run[i];

		if (!r->dropped)
			rc = run(ctx, m, r->source, at[r->source], r->n, err);
		at[r->source] += r->n;
	}
	rs_free(at);
	return rc;
}

/* ---- columns of one element for each event ---- */

enum what { ITEMS, TIMES, VALUES, TYPES };

struct fixed {
	enum what what;
	struct rs_writer *w;
	size_t elem_bytes;
	uint8_t *stage;
	size_t n;
};

static struct rs_stream *stream_of(struct merge_source *s, enum what what)
{
	return what == ITEMS ? &s->item : what == TIMES ? &s->time : what == VALUES ? &s->value : &s->type;
}

static int flush(struct fixed *f, struct rs_err *err)
{
	size_t n = f->n;

	f->n = 0;
	return n == 0 ? 0 : rs_writer_append(f->w, f->stage, n, err);
}

static int map_items(uint32_t *to, const uint32_t *from, uint64_t n, const uint32_t *map)
{
	for (uint64_t i = 0; i < n; i++)
		to[i] = map[from[i]]; /* the plan has looked at them */
	return 0;
}

static int map_types(uint16_t *to, const uint16_t *from, uint64_t n, const uint32_t *map, uint32_t n_types)
{
	for (uint64_t i = 0; i < n; i++) {
		if (from[i] != UINT16_MAX && from[i] >= n_types)
			return RS_EDATA;
		to[i] = from[i] == UINT16_MAX ? UINT16_MAX : (uint16_t)map[from[i]];
	}
	return 0;
}

static int check_values(float *to, const float *from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		if (isinf(from[i]))
			return RS_EDATA;
		to[i] = from[i];
	}
	return 0;
}

/* n elements that lie at p into the stage. */
static int put(struct fixed *f, struct merging *m, size_t source, const void *p, uint64_t n)
{
	uint8_t *to = f->stage + f->n * f->elem_bytes;

	f->n += (size_t)n;
	switch (f->what) {
	case ITEMS:
		return map_items((uint32_t *)(void *)to, p, n, m->maps.item[source]);
	case TYPES:
		return map_types((uint16_t *)(void *)to, p, n, m->maps.type[source], m->source[source].n_types);
	case VALUES:
		return check_values((float *)(void *)to, p, n);
	default:
		memcpy(to, p, n * f->elem_bytes);
		return 0;
	}
}

static void put_nulls(struct fixed *f, uint64_t n)
{
	uint8_t *to = f->stage + f->n * f->elem_bytes;

	for (uint64_t i = 0; i < n && f->what == VALUES; i++)
		((float *)(void *)to)[i] = NAN;
	if (f->what == TYPES)
		memset(to, 0xff, n * f->elem_bytes);
	f->n += (size_t)n;
}

static int fixed_run(void *ctx, struct merging *m, size_t source, uint64_t from, uint64_t n, struct rs_err *err)
{
	struct merge_source *s = &m->source[source];
	struct fixed *f = ctx;
	struct rs_stream *stream = stream_of(s, f->what);
	int rc;

	while (n > 0) {
		uint64_t k = STAGE - f->n < n ? STAGE - f->n : n, there;
		const void *p;

		if (stream->c == NULL) {
			put_nulls(f, k);
		} else {
			if ((rc = rs_stream_at(stream, from, &p, &there, err)) < 0)
				return rc;
			k = k < there ? k : there;
			if (put(f, m, source, p, k) < 0)
				return rs_fail(err, RS_EDATA, "%s: damaged: an event with a type or value that cannot be",
				               rs_reader_name(s->r));
		}
		if (f->n == STAGE && (rc = flush(f, err)) < 0)
			return rc;
		from += k;
		n -= k;
	}
	return 0;
}

static int write_fixed(struct merging *m, struct rs_writer *w, enum what what, uint32_t kind, enum rs_pack pack,
                       size_t elem_bytes, const char *stage, struct rs_err *err)
{
	struct fixed f = { .what = what, .w = w, .elem_bytes = elem_bytes };
	int rc;

	rs_progress(stage, 0, 0, "rows");
	if ((f.stage = rs_array(STAGE, elem_bytes, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_writer_begin(w, kind, 0, pack, elem_bytes, m->row_ptr[m->d->user_key.n], err)) == 0 &&
	    (rc = pass(m, fixed_run, &f, err)) == 0 && (rc = flush(&f, err)) == 0)
		rc = rs_writer_end(w, err);
	rs_free(f.stage);
	for (size_t i = 0; i < m->n; i++)
		rs_stream_rest(stream_of(&m->source[i], what));
	return rc;
}

/* ---- context ---- */

enum step { SURVEY, ROWS, CELLS }; /* count and mark, write PTR, write the values */

struct cells {
	uint32_t k;
	enum step step;
	struct rs_writer *w;
	struct rs_buf cell;
	uint64_t end; /* values so far */
};

static void mark_codes(struct merging *m, struct cells *x)
{
	struct rs_column *c = &m->d->context[x->k];

	c->multi |= x->cell.n > sizeof(uint32_t);
	for (size_t at = 0; at < x->cell.n; at += sizeof(uint32_t)) {
		uint32_t code;

		memcpy(&code, x->cell.p + at, sizeof code);
		m->column[x->k].place[code] = 0;
	}
}

static int write_cell(struct merging *m, struct cells *x, struct rs_err *err)
{
	const struct rs_column *c = &m->d->context[x->k];
	double null = NAN;

	if (c->type == RS_TYPE_NUMBER)
		return rs_writer_append(x->w, x->cell.n == 0 ? (const void *)&null : x->cell.p, 1, err);
	if (c->type == RS_TYPE_TEXT)
		return x->cell.n == 0 ? 0 : rs_writer_append(x->w, x->cell.p, x->cell.n, err);
	for (size_t at = 0; at < x->cell.n; at += sizeof(uint32_t)) {
		uint32_t code;

		memcpy(&code, x->cell.p + at, sizeof code);
		memcpy(x->cell.p + at, &m->column[x->k].place[code], sizeof code);
	}
	return x->cell.n == 0 ? 0 : rs_writer_append(x->w, x->cell.p, x->cell.n / sizeof(uint32_t), err);
}

static int cells_run(void *ctx, struct merging *m, size_t source, uint64_t from, uint64_t n, struct rs_err *err)
{
	struct cells *x = ctx;
	enum rs_type type = m->d->context[x->k].type;
	int rc = 0;

	for (uint64_t i = from; i < from + n && rc == 0; i++) {
		x->cell.n = 0;
		if ((rc = merge_cell(m, source, x->k, i, &x->cell, err)) < 0)
			break;
		x->end += type == RS_TYPE_CATEGORICAL ? x->cell.n / sizeof(uint32_t) : x->cell.n;
		if (x->step == SURVEY && type == RS_TYPE_CATEGORICAL)
			mark_codes(m, x);
		else if (x->step == ROWS)
			rc = rs_writer_append(x->w, &x->end, 1, err);
		else if (x->step == CELLS)
			rc = write_cell(m, x, err);
	}
	return rc;
}

static int cells_pass(struct merging *m, struct rs_writer *w, uint32_t k, enum step step, uint64_t *n_values,
                      struct rs_err *err)
{
	struct cells x = { .k = k, .step = step, .w = w };
	int rc = pass(m, cells_run, &x, err);

	if (n_values != NULL)
		*n_values = x.end;
	rs_buf_release(&x.cell);
	for (size_t i = 0; i < m->n; i++) {
		rs_stream_rest(&m->source[i].context[k].rows);
		rs_stream_rest(&m->source[i].context[k].values);
	}
	return rc;
}

/* The dictionary without the values that no event has. */
static int survey_codes(struct merging *m, uint32_t k, struct rs_err *err)
{
	struct merge_column *c = &m->column[k];
	uint8_t *used = rs_array(c->all.n, 1, err);
	uint32_t n = 0;
	int rc = RS_ENOMEM;

	if (used == NULL || (c->place = rs_array(c->all.n, sizeof *c->place, err)) == NULL)
		goto out;
	memset(c->place, 0xff, c->all.n * sizeof *c->place);
	m->d->context[k].multi = false;
	if ((rc = cells_pass(m, NULL, k, SURVEY, &c->n_values, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < c->all.n; i++) {
		used[i] = c->place[i] == 0;
		c->place[i] = used[i] ? n++ : RS_NONE;
	}
	rc = rs_keys_subset(&m->d->context[k].dict, &c->all, used, err);
out:
	rs_free(used);
	return rc;
}

int merge_survey(struct merging *m, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t k = 0; k < m->d->n_context && rc == 0; k++) {
		if (m->d->context[k].type == RS_TYPE_CATEGORICAL)
			rc = survey_codes(m, k, err);
		else if (m->d->context[k].type == RS_TYPE_TEXT)
			rc = cells_pass(m, NULL, k, SURVEY, &m->column[k].n_values, err);
	}
	return rc;
}

static int write_rows(struct merging *m, struct rs_writer *w, uint32_t k, struct rs_err *err)
{
	uint64_t zero = 0, n = m->row_ptr[m->d->user_key.n];
	int rc;

	if ((rc = rs_writer_begin(w, RS_CHUNK_PTR('C'), k, RS_PACK_DELTA, 8, n + 1, err)) < 0 ||
	    (rc = rs_writer_append(w, &zero, 1, err)) < 0 || (rc = cells_pass(m, w, k, ROWS, NULL, err)) < 0)
		return rc;
	return rs_writer_end(w, err);
}

static int write_context(struct merging *m, struct rs_writer *w, uint32_t k, struct rs_err *err)
{
	uint64_t n = m->row_ptr[m->d->user_key.n], n_values = m->column[k].n_values;
	enum rs_type type = m->d->context[k].type;
	int rc = 0;

	rs_progress("merge: context", k, m->d->n_context, "columns");
	if (type != RS_TYPE_NUMBER && (rc = write_rows(m, w, k, err)) < 0)
		return rc;
	if (type == RS_TYPE_NUMBER)
		rc = rs_writer_begin(w, RS_CHUNK_NUMBER('C'), k, RS_PACK_FLOAT, 8, n, err);
	else if (type == RS_TYPE_TEXT)
		rc = rs_writer_begin(w, RS_CHUNK_TEXT('C'), k, RS_PACK_BYTES, 1, n_values, err);
	else if ((rc = rs_keys_write(w, RS_CHUNK_DICT('C'), k, &m->d->context[k].dict, err)) == 0)
		rc = rs_writer_begin(w, RS_CHUNK_CODE('C'), k, RS_PACK_DELTA, 4, n_values, err);
	if (rc < 0 || (rc = cells_pass(m, w, k, CELLS, NULL, err)) < 0)
		return rc;
	return rs_writer_end(w, err);
}

int merge_write_events(void *merging, struct rs_writer *w, struct rs_err *err)
{
	struct merging *m = merging;
	uint64_t n_rows = (uint64_t)m->d->user_key.n + 1;
	int rc;

	if ((rc = rs_writer_chunk(w, RS_CHUNK_ROWS, 0, RS_PACK_DELTA, 8, m->row_ptr, n_rows, err)) < 0 ||
	    (rc = write_fixed(m, w, ITEMS, RS_CHUNK_ITEM, RS_PACK_DELTA, 4, "merge: items", err)) < 0 ||
	    (m->time && (rc = write_fixed(m, w, TIMES, RS_CHUNK_TIME, RS_PACK_DELTA, 8, "merge: times", err)) < 0) ||
	    (m->value && (rc = write_fixed(m, w, VALUES, RS_CHUNK_VALUE, RS_PACK_FLOAT, 4, "merge: values", err)) < 0) ||
	    (m->type && ((rc = rs_keys_write(w, RS_CHUNK_TYPES, 0, &m->d->type_key, err)) < 0 ||
	                 (rc = write_fixed(m, w, TYPES, RS_CHUNK_TYPE, RS_PACK_UINT, 2, "merge: types", err)) < 0)))
		return rc;
	for (uint32_t k = 0; k < m->d->n_context; k++)
		if ((rc = write_context(m, w, k, err)) < 0)
			return rc;
	return 0;
}
