/* merge_write.c -- the columns of the events, each by the plan. */
#include "lib/data/merge_view.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/keyfile.h"

#include <math.h>
#include <string.h>

/* ---- columns of one element for each event ---- */

/* Where a block of the result starts in the plan. */
struct start {
	size_t run;
	uint32_t done; /* events of the run that stand in blocks before */
};

struct fixed {
	struct merging *m;
	struct merge_view view;
	struct merge_needs needs;
	struct start start[RS_WRITER_GROUP], next;
};

/* Takes the next n events of the plan: where blocks start, and what they need of each file. */
static void take_runs(struct fixed *f, uint64_t n, uint64_t per)
{
	struct start *at = &f->next;

	for (uint64_t i = 0; i < n;) {
		const struct merge_run *r = &f->m->run[at->run];
		uint64_t k = r->n - at->done, room = per - (i & (per - 1)); /* per: a power of two */

		if (room == per)
			f->start[i / per] = *at;
		k = k < room ? k : room;
		k = k < n - i ? k : n - i;
		merge_needs_add(&f->needs, r->source, r->row + at->done, r->row + at->done + k);
		i += k;
		at->done += (uint32_t)k;
		if (at->done == r->n)
			*at = (struct start){ at->run + 1, 0 };
	}
}

/* Of files without the column. */
static void fill_nulls(uint8_t *to, size_t n, enum merge_what what)
{
	if (what == MERGE_VALUE)
		for (size_t i = 0; i < n; i++)
			((float *)(void *)to)[i] = NAN;
	else
		memset(to, 0xff, n * sizeof(uint16_t));
}

/* Most runs are short: MERGE_SLACK bytes are copied for them without a call, where there is room for them. */
static void fill_block(void *ctx, size_t block, size_t n, void *out)
{
	const struct fixed *f = ctx;
	const struct merge_run *r = &f->m->run[f->start[block].run];
	uint64_t done = f->start[block].done;
	size_t elem_bytes = f->view.elem_bytes, left = n * elem_bytes, bytes;

	for (uint8_t *to = out; left > 0; to += bytes, left -= bytes, r++, done = 0) {
		const uint8_t *from = merge_view_at(&f->view, r->source, r->row + done);

		bytes = (size_t)(r->n - done) * elem_bytes;
		bytes = bytes < left ? bytes : left;
		if (from == NULL)
			fill_nulls(to, bytes / elem_bytes, f->view.what);
		else if (bytes <= MERGE_SLACK && left >= MERGE_SLACK)
			memcpy(to, from, MERGE_SLACK);
		else
			memcpy(to, from, bytes);
	}
}

/* Some blocks for each thread at a time, so that what was decoded is still in its cache when it is packed. */
static int write_column(struct fixed *f, struct rs_writer *w, enum merge_what what, uint32_t kind, enum rs_pack pack,
                        const char *stage, struct rs_err *err)
{
	struct merging *m = f->m;
	uint64_t total = m->row_ptr[m->d->user_key.n], per, group, n;
	int rc;

	merge_view_turn(&f->view, what);
	f->next = (struct start){ 0, 0 };
	per = RS_BLOCK_BYTES / f->view.elem_bytes;
	group = per * (rs_threads() < RS_WRITER_GROUP / 2 ? (uint64_t)rs_threads() * 2 : RS_WRITER_GROUP);
	if ((rc = rs_writer_begin(w, kind, 0, pack, f->view.elem_bytes, total, err)) < 0)
		return rc;
	for (uint64_t i = 0; i < total && rc == 0; i += n) {
		n = total - i < group ? total - i : group;
		rs_progress(stage, i, total, "events");
		take_runs(f, n, per);
		if ((rc = merge_needs_load(&f->needs, &f->view, err)) == 0)
			rc = rs_writer_fill(w, (size_t)n, fill_block, f, err);
		merge_needs_clear(&f->needs);
	}
	return rc == 0 ? rs_writer_end(w, err) : rc;
}

static int write_fixed(struct merging *m, struct rs_writer *w, struct rs_err *err)
{
	struct fixed f = { .m = m };
	int rc;

	if ((rc = merge_view_open(&f.view, m, MERGE_ITEM, err)) < 0 || (rc = merge_needs_open(&f.needs, m, err)) < 0)
		goto out;
	f.view.writing = true;
	if ((rc = write_column(&f, w, MERGE_ITEM, RS_CHUNK_ITEM, RS_PACK_DELTA, "merge: items", err)) < 0 ||
	    (m->time && (rc = write_column(&f, w, MERGE_TIME, RS_CHUNK_TIME, RS_PACK_DELTA, "merge: times", err)) < 0) ||
	    (m->value && (rc = write_column(&f, w, MERGE_VALUE, RS_CHUNK_VALUE, RS_PACK_FLOAT, "merge: values", err)) < 0))
		goto out;
	if (m->type && (rc = rs_keys_write(w, RS_CHUNK_TYPES, 0, &m->d->type_key, err)) == 0)
		rc = write_column(&f, w, MERGE_TYPE, RS_CHUNK_TYPE, RS_PACK_UINT, "merge: types", err);
out:
	merge_view_release(&f.view);
	merge_needs_release(&f.needs);
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

static int run_cells(struct merging *m, struct cells *x, const struct merge_run *r, struct rs_err *err)
{
	enum rs_type type = m->d->context[x->k].type;
	int rc = 0;

	for (uint64_t i = r->row; i < r->row + r->n && rc == 0; i++) {
		x->cell.n = 0;
		if ((rc = merge_cell(m, r->source, x->k, i, &x->cell, err)) < 0)
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
	int rc = 0;

	for (size_t i = 0; i < m->n_runs && rc == 0; i++)
		rc = run_cells(m, &x, &m->run[i], err);
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
	    (rc = write_fixed(m, w, err)) < 0)
		return rc;
	for (uint32_t k = 0; k < m->d->n_context; k++)
		if ((rc = write_context(m, w, k, err)) < 0)
			return rc;
	for (size_t i = 0; i < m->n; i++) /* what was used was verified; so is the rest */
		if ((rc = rs_reader_verify(m->source[i].r, err)) < 0)
			return rc;
	return 0;
}
