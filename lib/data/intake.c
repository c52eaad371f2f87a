/* intake.c -- the rows of one table: files, batches, bad rows. */
#include "lib/data/intake_parts.h"

#include "lib/base/mem.h"
#include "lib/data/schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int rs_intake_new(struct rs_intake **out, enum rs_table_kind kind, const struct rs_import_options *o,
                  struct rs_rejects *rejects, struct rs_err *err)
{
	struct rs_intake *in = rs_array0(1, sizeof *in, err);
	const struct rs_avro *known;
	int rc = RS_ENOMEM;

	*out = NULL;
	if (in == NULL)
		return RS_ENOMEM;
	in->rejects = rejects;
	in->session_column = RS_NONE;
	pthread_mutex_init(&in->lock, NULL);
	if ((rc = rs_shape_wish_make(&in->wish, kind, o, err)) < 0 || (rc = rs_keymap_new(&in->column_map, err)) < 0)
		goto fail;
	rc = RS_ENOMEM;
	if ((in->column = rs_array0(RS_COLUMNS_MAX, sizeof *in->column, err)) == NULL)
		goto fail;
	known = in->wish.has_schema ? &in->wish.schema : &in->wish.domain;
	for (uint32_t i = 0; i < known->n; i++)
		if (known->field[i].role != RS_ROLE_NONE)
			in->role_field[known->field[i].role] = &known->field[i];
	*out = in;
	return 0;
fail:
	rs_intake_free(in);
	return rc;
}

static void free_worker(struct intake_worker *w)
{
	if (w == NULL)
		return;
	rs_splitter_release(&w->split);
	rs_json_rows_release(&w->json);
	rs_keymap_free(w->member_map);
	rs_free(w->member);
	for (int r = 0; r < RS_ROLES; r++)
		rs_keymap_free(w->key[r]);
	for (uint32_t i = 0; i < w->n_values; i++)
		rs_values_release(&w->values[i]);
	rs_free(w->values);
	rs_free(w->row.attribute);
	rs_buf_release(&w->converted);
	rs_buf_release(&w->waiting);
	rs_free(w);
}

static void free_piece(struct intake_piece *p)
{
	for (uint32_t i = 0; i < p->n_codes; i++)
		rs_free(p->code[i]);
	rs_free(p->code);
	p->code = NULL;
	p->n_codes = 0;
}

/* What the tiles of a batch hold; their pieces are taken over by the intake or freed. */
static void clear_tiles(struct intake_batch *b)
{
	for (size_t i = 0; i < b->n_tiles; i++) {
		free_piece(&b->tile[i].piece);
		rs_free(b->tile[i].bad);
		rs_buf_release(&b->tile[i].reasons);
	}
	b->n_tiles = 0;
}

static void end_file(struct rs_intake *in)
{
	rs_source_close(in->source);
	in->source = NULL;
	rs_shape_release(&in->shape);
	rs_free(in->column_of);
	in->column_of = NULL;
	for (int i = 0; i < 2; i++) {
		clear_tiles(&in->batch[i]);
		rs_free(in->batch[i].tile);
		rs_free(in->batch[i].buf);
		memset(&in->batch[i], 0, sizeof in->batch[i]);
	}
}

void rs_intake_free(struct rs_intake *in)
{
	if (in == NULL)
		return;
	end_file(in);
	for (int i = 0; i < RS_THREADS_MAX; i++)
		free_worker(in->worker[i]);
	for (size_t i = 0; i < in->n_pieces; i++)
		free_piece(&in->piece[i]);
	rs_free(in->piece);
	for (uint32_t i = 0; i < in->n_columns; i++)
		rs_free(in->column[i].name);
	rs_free(in->column);
	rs_keymap_free(in->column_map);
	rs_free(in->user);
	rs_free(in->item);
	rs_free(in->time_s);
	rs_free(in->value);
	rs_free(in->type);
	rs_free(in->name_buf);
	rs_values_release(&in->session);
	rs_free(in->session_code);
	rs_shape_wish_release(&in->wish);
	pthread_mutex_destroy(&in->lock);
	rs_free(in);
}

void rs_intake_hide(struct rs_intake *in, const struct rs_hmac *key)
{
	in->hide = key;
}

uint64_t rs_intake_read(const struct rs_intake *in)
{
	return in->n_rows + in->n_rejected;
}

uint64_t rs_intake_rejected(const struct rs_intake *in)
{
	return in->n_rejected;
}

void rs_intake_ignored(const struct rs_intake *in, bool *met)
{
	for (size_t i = 0; i < in->wish.ignore.n; i++)
		met[i] |= in->wish.ignore_met[i];
}

/* ---- columns ---- */

static int column_of(struct rs_intake *in, const char *name, size_t n, bool in_order, uint32_t *column, struct rs_err *err)
{
	char folded[RS_FOLD_MAX];
	size_t k = rs_name_fold(folded, name, n);
	struct intake_column *c;
	char *copy;
	int rc;

	if ((*column = rs_keymap_find(in->column_map, folded, k)) == RS_NONE) {
		if (in->n_columns == RS_COLUMNS_MAX)
			return rs_fail(err, RS_EDATA, "%s: more than %d columns", in->name, RS_COLUMNS_MAX);
		if ((copy = rs_strndup(name, n, err)) == NULL)
			return RS_ENOMEM;
		if ((rc = rs_keymap_add(in->column_map, folded, k, column, err)) < 0) {
			rs_free(copy);
			return rc;
		}
		c = &in->column[in->n_columns++];
		c->name = copy;
		c->in_order = in_order;
		c->field = rs_avro_find(in->wish.has_schema ? &in->wish.schema : &in->wish.domain, name, n);
		return 0;
	}
	c = &in->column[*column];
	if (c->in_order || rs_key_cmp(name, n, c->name, strlen(c->name)) >= 0)
		return 0;
	if ((copy = rs_strndup(name, n, err)) == NULL)
		return RS_ENOMEM;
	rs_free(c->name);
	c->name = copy;
	return 0;
}

int intake_column_of(struct rs_intake *in, const char *name, size_t n, bool in_order, uint32_t *column, struct rs_err *err)
{
	int rc;

	pthread_mutex_lock(&in->lock);
	rc = column_of(in, name, n, in_order, column, err);
	pthread_mutex_unlock(&in->lock);
	return rc;
}

static int map_columns(struct rs_intake *in, struct rs_err *err)
{
	const struct rs_shape *s = &in->shape;
	int rc;

	if ((in->column_of = rs_array(s->n_columns, sizeof *in->column_of, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < s->n_columns; i++) {
		const struct rs_shape_column *c = &s->column[i];

		in->column_of[i] = RS_NONE;
		if (c->role == RS_ROLE_NONE && !c->ignored &&
		    (rc = intake_column_of(in, c->name, strlen(c->name), true, &in->column_of[i], err)) < 0)
			return rc;
	}
	return 0;
}

/* ---- which of time, value and type the rows have ---- */

static int begin_columns(struct rs_intake *in, struct rs_err *err)
{
	const struct rs_shape *s = &in->shape;
	bool json = s->format == RS_FORMAT_JSONL, log = in->wish.kind == RS_TABLE_EVENTS;
	bool type = log && in->wish.o->event_type != NULL;
	bool time = json ? s->has_time : s->of_role[RS_ROLE_TIME] != SIZE_MAX;

	if (!rs_table_has_events(in->wish.kind) || s->format == RS_FORMAT_GUESS)
		return 0;
	if (type && s->of_role[RS_ROLE_TYPE] != SIZE_MAX)
		return rs_fail(err, RS_EUSAGE, "%s: --event-type beside a column of event types: use one of them", in->name);
	if (time && log && in->wish.o->ordered)
		return rs_fail(err, RS_EUSAGE, "%s: --ordered beside a column of times: use one of them", in->name);
	if (in->any_file && time != in->has_time)
		return rs_fail(err, RS_EDATA, "%s: %s, unlike the files before: expected times in all or none", in->name,
		               time ? "times" : "no times");
	in->any_file = true;
	in->has_time = time;
	in->has_value |= json || s->of_role[RS_ROLE_VALUE] != SIZE_MAX;
	in->has_type |= json || type || s->of_role[RS_ROLE_TYPE] != SIZE_MAX;
	return 0;
}

/* Room for n rows; what the first `before`, of files before, did not have is null. */
static int need_rows(struct rs_intake *in, uint64_t before, uint64_t n, struct rs_err *err)
{
	size_t value_before = in->cap_value, type_before = in->cap_type;

	if (n >= UINT32_MAX)
		return rs_fail(err, RS_EDATA, "%s: more than %u rows at once: expected fewer; cut them into several imports",
		               in->name, UINT32_MAX - 1);
	if (rs_grow(&in->user, &in->cap_user, n, sizeof *in->user, err) < 0)
		return RS_ENOMEM;
	if (!rs_table_has_events(in->wish.kind))
		return 0;
	if (rs_grow(&in->item, &in->cap_item, n, sizeof *in->item, err) < 0 ||
	    (in->has_time && rs_grow(&in->time_s, &in->cap_time, n, sizeof *in->time_s, err) < 0) ||
	    (in->has_value && rs_grow(&in->value, &in->cap_value, n, sizeof *in->value, err) < 0) ||
	    (in->has_type && rs_grow(&in->type, &in->cap_type, n, sizeof *in->type, err) < 0))
		return RS_ENOMEM;
	if (in->has_value && value_before == 0)
		for (uint64_t i = 0; i < before; i++)
			in->value[i] = NAN;
	if (in->has_type && type_before == 0 && before > 0)
		memset(in->type, 0xff, before * sizeof *in->type);
	return 0;
}

/* ---- bad rows ---- */

static int give_up_bad(struct rs_intake *in, const struct intake_tile *t, struct rs_err *err)
{
	char position[4096 + 64], reason[1024];
	int rc;

	for (size_t i = 0; i < t->n_bad; i++) {
		const struct intake_bad *b = &t->bad[i];
		const char *text = t->reasons.p + b->reason;
		size_t n = 0;

		if (b->cell > 0)
			snprintf(position, sizeof position, "%s:%" PRIu64 ":%u", in->name, b->line, b->cell);
		else
			snprintf(position, sizeof position, "%s:%" PRIu64, in->name, b->line);
		/* the reason is one cell of a table */
		for (; text[n] != 0 && n + 1 < sizeof reason; n++)
			reason[n] = (char)(text[n] == '\t' ? ' ' : text[n]);
		reason[n] = 0;
		if (in->shape.has_header && !in->header_written) {
			in->header_written = true;
			if ((rc = rs_rejects_header(in->rejects, in->shape.header.p, in->shape.header.n, err)) < 0)
				return rc;
		}
		in->n_rejected += b->rows;
		if ((rc = rs_rejects_add(in->rejects, position, reason, b->record, b->n, b->rows, err)) < 0)
			return rc;
	}
	return 0;
}

/* ---- batches ---- */

struct round {
	struct rs_intake *in;
	struct intake_batch *now, *next; /* next NULL: nothing more to read */
};

static struct intake_worker *worker(struct rs_intake *in, int number, struct rs_err *err)
{
	if (in->worker[number] == NULL)
		in->worker[number] = rs_array0(1, sizeof *in->worker[number], err);
	return in->worker[number];
}

/* Tile 0 brings the next batch in, the others read the tiles of this one. */
static int run_tile(void *ctx, size_t tile, int number, struct rs_err *err)
{
	struct round *r = ctx;
	struct rs_intake *in = r->in;
	struct intake_worker *w;
	struct intake_tile *t;

	if (tile == 0) {
		struct intake_batch *b = r->next;

		if (b == NULL)
			return 0;
		/* an error of later bytes waits until the rows before them were looked at */
		b->rc = intake_fill(in, b, r->now, &b->err);
		if (b->rc == 0)
			b->rc = intake_cut(in, b, 0, &b->err);
		return 0;
	}
	t = &r->now->tile[tile - 1];
	if ((w = worker(in, number, err)) == NULL)
		return RS_ENOMEM;
	t->piece.worker = number;
	return intake_read_tile(in, t, w, err);
}

/* The pieces of a batch that was read, in order, and its bad rows. */
static int collect(struct rs_intake *in, struct intake_batch *b, struct rs_err *err)
{
	int rc;

	if (rs_grow(&in->piece, &in->cap_pieces, in->n_pieces + b->n_tiles, sizeof *in->piece, err) < 0)
		return RS_ENOMEM;
	for (size_t i = 0; i < b->n_tiles; i++) {
		struct intake_tile *t = &b->tile[i];

		if ((rc = give_up_bad(in, t, err)) < 0)
			return rc;
		in->n_rows += t->piece.n;
		in->piece[in->n_pieces++] = t->piece;
		t->piece.code = NULL;
		t->piece.n_codes = 0;
	}
	clear_tiles(b);
	return 0;
}

/* Where the rows of the tiles go: each has room for the most it can hold, and gaps are closed in the end. */
static int place_tiles(struct rs_intake *in, struct intake_batch *b, struct rs_err *err)
{
	const struct intake_piece *last = in->n_pieces > 0 ? &in->piece[in->n_pieces - 1] : NULL;
	uint64_t before = last == NULL ? 0 : last->first + last->n, at = before;

	for (size_t i = 0; i < b->n_tiles; i++) {
		b->tile[i].piece.first = at;
		b->tile[i].piece.room = b->tile[i].room;
		at += b->tile[i].room;
	}
	return need_rows(in, before, at, err);
}

static int read_batches(struct rs_intake *in, struct rs_err *err)
{
	struct intake_batch *now = &in->batch[0], *next = &in->batch[1], *swap;
	int rc;

	for (;;) {
		struct round r = { in, now, now->eof ? NULL : next };

		if ((rc = place_tiles(in, now, err)) < 0 || (rc = rs_tiles_run(now->n_tiles + 1, run_tile, &r, err)) < 0 ||
		    (rc = collect(in, now, err)) < 0)
			return rc;
		rs_progress("import", rs_source_done(in->source) / 1000000, rs_source_size(in->source) / 1000000, "MB");
		if (r.next == NULL)
			return 0;
		if (next->rc < 0) {
			*err = next->err;
			return next->rc;
		}
		swap = now;
		now = next;
		next = swap;
	}
}

/* The name for messages, without bytes that a terminal would obey. */
static int set_name(struct rs_intake *in, struct rs_err *err)
{
	const char *name = rs_source_name(in->source);
	char q[RS_QUOTE_MAX];
	bool plain = strlen(name) < 4096;

	for (const char *p = name; *p != 0; p++)
		plain &= (unsigned char)*p >= 32 && *p != 127;
	rs_free(in->name_buf);
	if (!plain)
		name = rs_quote(q, sizeof q, name, strlen(name));
	in->name = in->name_buf = rs_strndup(name, strlen(name), err);
	return in->name == NULL ? RS_ENOMEM : 0;
}

static void forget_members(struct rs_intake *in)
{
	for (int i = 0; i < RS_THREADS_MAX; i++)
		if (in->worker[i] != NULL)
			in->worker[i]->split.d = NULL;
}

static int read_file(struct rs_intake *in, const char *path, struct rs_err *err)
{
	struct intake_batch *first = &in->batch[0];
	int rc;

	if ((rc = rs_source_open(&in->source, path, err)) < 0 || (rc = set_name(in, err)) < 0 ||
	    (rc = intake_fill(in, first, NULL, err)) < 0 ||
	    (rc = rs_shape_find(&in->shape, &in->wish, in->name, first->buf, first->n, first->eof, err)) < 0 ||
	    (rc = begin_columns(in, err)) < 0 || (rc = map_columns(in, err)) < 0)
		return rc;
	if (in->shape.time_like[0] != 0 && in->hint[0] == 0) {
		char q[RS_QUOTE_MAX];

		snprintf(in->hint, sizeof in->hint, "%s: no column of times, but one that looks like it: --columns time=%s",
		         in->name, rs_quote(q, sizeof q, in->shape.time_like, strlen(in->shape.time_like)));
	}
	in->skipping = false;
	in->header_written = false;
	in->line = 1 + in->shape.skip_lines;
	if ((rc = intake_cut(in, first, in->shape.skip, err)) < 0 || (rc = read_batches(in, err)) < 0)
		return rc;
	in->lines_before += in->line - 1;
	return 0;
}

int rs_intake_file(struct rs_intake *in, const char *path, struct rs_err *err)
{
	int rc = read_file(in, path, err);

	forget_members(in);
	end_file(in);
	return rc;
}
