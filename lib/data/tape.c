/* tape.c -- see tape.h. */
#include "lib/data/tape.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/keyfile.h"
#include "lib/data/times.h"

#include <math.h>
#include <string.h>

#define SPAN ((uint64_t)1 << 21) /* events that are decoded at a time: whole blocks of every column */
#define CHECK_TILE 1024           /* users */
#define MAX_BLOCKS 64             /* of a span: 8 + 16 + 8 + 4 */

enum { ITEM, TIME, VALUE, TYPE, N_FIXED };

static const struct {
	uint32_t kind;
	uint32_t bytes;
} fixed[N_FIXED] = { { RS_CHUNK_ITEM, 4 }, { RS_CHUNK_TIME, 8 }, { RS_CHUNK_VALUE, 4 }, { RS_CHUNK_TYPE, 2 } };

struct rs_tape {
	struct rs_dataset *whole; /* several files: all of them */
	const struct rs_dataset *d; /* of it, the half */
	enum rs_half half;
	struct rs_reader *r;  /* one file */
	struct rs_schema schema;
	struct rs_keys type_key;
	uint64_t *row_ptr;
	uint64_t bytes;
	const struct rs_chunk *chunk[N_FIXED]; /* NULL: no such column */
	uint8_t *buf[N_FIXED];                 /* events first .. done */
	uint64_t room;                         /* of each, in events */
	uint64_t first, done;
	uint32_t user;                         /* the next */
	uint8_t *present[2];                   /* of users, of items */
};

static uint32_t kind_of(const struct rs_tape *t, uint32_t kind)
{
	return rs_kind_in(t->half, kind);
}

static int no_actions(const char *name, struct rs_err *err)
{
	return rs_fail(err, RS_EUSAGE, "%s: no actions in it", name);
}

static int load_rows(struct rs_tape *t, struct rs_err *err)
{
	uint32_t kind = kind_of(t, RS_CHUNK_ROWS);
	int rc = rs_reader_load_exactly(t->r, kind, 0, 8, (uint64_t)t->schema.n_users + 1, &t->row_ptr, err);

	if (rc < 0)
		return rc;
	if (t->row_ptr[0] != 0 || t->row_ptr[t->schema.n_users] != t->schema.n_events)
		return rs_reader_damaged(t->r, "the rows of users do not cover the events", err);
	for (uint32_t u = 0; u < t->schema.n_users; u++)
		if (t->row_ptr[u] > t->row_ptr[u + 1])
			return rs_reader_damaged(t->r, "the rows of users are out of order", err);
	return 0;
}

static int open_file(struct rs_tape *t, const char *path, struct rs_err *err)
{
	bool has[N_FIXED];
	int rc;

	if ((rc = rs_reader_open(&t->r, path, RS_FILE_DATASET, err)) < 0)
		return rc;
	if (rs_reader_find(t->r, kind_of(t, RS_CHUNK_SCHEMA), 0) == NULL && t->half == RS_HALF_ACTIONS)
		return no_actions(path, err);
	if ((rc = rs_schema_read(&t->schema, t->r, t->half, err)) < 0 || (rc = load_rows(t, err)) < 0)
		return rc;
	has[ITEM] = true;
	has[TIME] = t->schema.time;
	has[VALUE] = t->schema.value;
	has[TYPE] = t->schema.type;
	for (int k = 0; k < N_FIXED; k++) {
		if (!has[k])
			continue;
		if ((rc = rs_reader_need_exactly(t->r, kind_of(t, fixed[k].kind), 0, fixed[k].bytes, t->schema.n_events,
		                                 &t->chunk[k], err)) < 0)
			return rc;
	}
	t->bytes = rs_reader_bytes(t->r);
	return t->schema.type ? rs_keys_load(&t->type_key, t->r, kind_of(t, RS_CHUNK_TYPES), 0, UINT16_MAX - 1, err) : 0;
}

/* A description of the columns without their contents. */
static int describe(struct rs_schema_table *to, const struct rs_column *c, uint32_t n, bool present, struct rs_err *err)
{
	to->present = present;
	if ((to->column = rs_array0(n, sizeof *to->column, err)) == NULL)
		return RS_ENOMEM;
	for (; to->n_columns < n; to->n_columns++, c++) {
		struct rs_column *o = &to->column[to->n_columns];

		if ((o->name = rs_strndup(c->name, strlen(c->name), err)) == NULL)
			return RS_ENOMEM;
		o->type = c->type;
		o->multi = c->multi;
		o->n_rows = c->n_rows;
		memcpy(o->declared, c->declared, sizeof o->declared);
	}
	return 0;
}

static int open_files(struct rs_tape *t, const char *const *path, size_t n, struct rs_err *err)
{
	struct rs_schema *s = &t->schema;
	int rc;

	if ((rc = rs_dataset_open(&t->whole, path, n, RS_NEED_ALL, err)) < 0)
		return rc;
	t->d = t->half == RS_HALF_ITEMS ? t->whole : t->whole->actions;
	if (t->d == NULL)
		return no_actions(path[0], err);
	s->n_users = t->d->user_key.n;
	s->n_items = t->d->item_key.n;
	s->n_events = t->d->n_events;
	s->time = t->d->time_s != NULL;
	s->value = t->d->value != NULL;
	s->type = t->d->type != NULL;
	s->keep_duplicates = t->d->keep_duplicates;
	if ((rc = describe(&s->context, t->d->context, t->d->n_context, true, err)) < 0 ||
	    (rc = describe(&s->users, t->d->users.column, t->d->users.n_columns, t->d->users.present != NULL, err)) < 0)
		return rc;
	return describe(&s->items, t->d->items.column, t->d->items.n_columns, t->d->items.present != NULL, err);
}

int rs_tape_open(struct rs_tape **out, const char *const *path, size_t n, enum rs_half half, bool hold,
                 struct rs_err *err)
{
	struct rs_tape *t = rs_array0(1, sizeof *t, err);
	int rc;

	*out = t;
	if (t == NULL)
		return RS_ENOMEM;
	t->half = half;
	rc = n == 1 && !hold ? open_file(t, path[0], err) : open_files(t, path, n, err);
	if (rc < 0) {
		rs_tape_close(t);
		*out = NULL;
	}
	return rc;
}

void rs_tape_close(struct rs_tape *t)
{
	if (t == NULL)
		return;
	for (int k = 0; k < N_FIXED; k++)
		rs_free(t->buf[k]);
	rs_free(t->row_ptr);
	rs_free(t->present[0]);
	rs_free(t->present[1]);
	rs_keys_release(&t->type_key);
	rs_schema_release(&t->schema);
	rs_reader_close(t->r);
	rs_dataset_free(t->whole);
	rs_free(t);
}

const struct rs_dataset *rs_tape_dataset(const struct rs_tape *t)
{
	return t->whole;
}

const struct rs_schema *rs_tape_schema(const struct rs_tape *t)
{
	return &t->schema;
}

const uint64_t *rs_tape_rows(const struct rs_tape *t)
{
	return t->d != NULL ? t->d->row_ptr : t->row_ptr;
}

const struct rs_keys *rs_tape_types(const struct rs_tape *t)
{
	return t->d != NULL ? &t->d->type_key : &t->type_key;
}

uint64_t rs_tape_bytes(const struct rs_tape *t)
{
	return t->bytes;
}

/* ---- a span of blocks ---- */

struct span {
	struct rs_tape *t;
	uint64_t lo, hi;
	size_t n_tiles;
	struct {
		int column;
		uint64_t lo, hi;
	} tile[MAX_BLOCKS];
};

static int read_block(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct span *s = ctx;
	const struct rs_tape *t = s->t;
	int k = s->tile[tile].column;
	uint64_t lo = s->tile[tile].lo, n = s->tile[tile].hi - lo;
	uint8_t *to = t->buf[k] + (lo - t->first) * fixed[k].bytes;
	int rc = rs_reader_slice(t->r, t->chunk[k], lo, n, to, err);

	(void)worker;
	for (uint64_t i = 0; i < n && rc == 0; i++) {
		if (k == ITEM && ((const uint32_t *)(const void *)to)[i] >= t->schema.n_items)
			return rs_reader_damaged(t->r, "an event of an item that is not there", err);
		if (k == TIME && !rs_time_in_calendar(((const int64_t *)(const void *)to)[i]))
			return rs_reader_damaged(t->r, "a time outside the years 1 to 9999", err);
		if (k == VALUE && isinf(((const float *)(const void *)to)[i]))
			return rs_reader_damaged(t->r, "a value is infinite", err);
		if (k == TYPE && ((const uint16_t *)(const void *)to)[i] != UINT16_MAX &&
		    ((const uint16_t *)(const void *)to)[i] >= t->type_key.n)
			return rs_reader_damaged(t->r, "an event of a type that is not there", err);
	}
	return rc;
}

/* Room for the events up to `to`. */
static int make_room(struct rs_tape *t, uint64_t to, struct rs_err *err)
{
	if (to - t->first <= t->room)
		return 0;
	for (int k = 0; k < N_FIXED; k++) {
		uint8_t *bigger;

		if (t->chunk[k] == NULL)
			continue;
		if ((bigger = rs_array(to - t->first, fixed[k].bytes, err)) == NULL)
			return RS_ENOMEM;
		if (t->done > t->first)
			memcpy(bigger, t->buf[k], (t->done - t->first) * fixed[k].bytes);
		rs_free(t->buf[k]);
		t->buf[k] = bigger;
	}
	t->room = to - t->first;
	return 0;
}

static int read_span(struct rs_tape *t, struct rs_err *err)
{
	struct span s = { .t = t, .lo = t->done };
	int rc;

	s.hi = t->schema.n_events - s.lo > SPAN ? s.lo + SPAN : t->schema.n_events;
	if ((rc = make_room(t, s.hi, err)) < 0)
		return rc;
	for (int k = 0; k < N_FIXED; k++) {
		uint64_t per = RS_BLOCK_BYTES / fixed[k].bytes;

		for (uint64_t lo = s.lo; t->chunk[k] != NULL && lo < s.hi; lo += per) {
			s.tile[s.n_tiles].column = k;
			s.tile[s.n_tiles].lo = lo;
			s.tile[s.n_tiles++].hi = s.hi - lo > per ? lo + per : s.hi;
		}
	}
	if ((rc = rs_tiles_run(s.n_tiles, read_block, &s, err)) == 0)
		t->done = s.hi;
	return rc;
}

/* ---- waves ---- */

struct checking {
	const struct rs_tape *t;
	const struct rs_wave *w;
};

static int check_users(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct checking *c = ctx;
	const struct rs_wave *w = c->w;
	uint32_t lo = w->lo + (uint32_t)tile * CHECK_TILE, hi = w->hi - lo < CHECK_TILE ? w->hi : lo + CHECK_TILE;

	(void)worker;
	for (uint32_t u = lo; u < hi; u++)
		for (uint64_t e = w->row_ptr[u] - w->first + 1; e < w->row_ptr[u + 1] - w->first; e++)
			if (w->time_s != NULL ? w->time_s[e - 1] > w->time_s[e] : w->item[e - 1] > w->item[e])
				return rs_reader_damaged(c->t->r, "events are out of order", err);
	return 0;
}

/* Leaves out the events of users that are over. */
static void move_up(struct rs_tape *t, uint64_t first)
{
	for (int k = 0; k < N_FIXED; k++)
		if (t->chunk[k] != NULL && first > t->first && t->done > first)
			memmove(t->buf[k], t->buf[k] + (first - t->first) * fixed[k].bytes,
			        (t->done - first) * fixed[k].bytes);
	t->first = first;
}

static int all_in_memory(struct rs_tape *t, struct rs_wave *w)
{
	const struct rs_dataset *d = t->d;

	if (t->user == d->user_key.n)
		return 0;
	*w = (struct rs_wave){ 0, d->user_key.n, 0, d->n_events, d->row_ptr, d->item, d->time_s, d->value, d->type };
	t->user = d->user_key.n;
	return 1;
}

int rs_tape_next(struct rs_tape *t, struct rs_wave *w, struct rs_err *err)
{
	struct checking c = { t, w };
	uint32_t hi;
	int rc;

	if (t->d != NULL)
		return all_in_memory(t, w);
	if ((hi = t->user) == t->schema.n_users)
		return 0;
	move_up(t, t->row_ptr[hi]);
	for (;;) {
		while (hi < t->schema.n_users && t->row_ptr[hi + 1] <= t->done)
			hi++;
		if (hi > t->user && (hi == t->schema.n_users || t->done - t->first >= SPAN / 2))
			break;
		if ((rc = read_span(t, err)) < 0)
			return rc;
	}
	*w = (struct rs_wave){ t->user, hi, t->first, t->row_ptr[hi] - t->first, t->row_ptr, (void *)t->buf[ITEM],
		               (void *)t->buf[TIME], (void *)t->buf[VALUE], (void *)t->buf[TYPE] };
	if ((rc = rs_tiles_run(((size_t)(hi - t->user) + CHECK_TILE - 1) / CHECK_TILE, check_users, &c, err)) < 0)
		return rc;
	t->user = hi;
	return 1;
}

int rs_tape_verify(struct rs_tape *t, struct rs_err *err)
{
	return t->r == NULL ? 0 : rs_reader_verify(t->r, err);
}

/* ---- the rest, by part ---- */

int rs_tape_pick(struct rs_keys *out, struct rs_tape *t, bool item, const uint32_t *ix, uint32_t n, struct rs_err *err)
{
	const struct rs_keys *all;
	uint8_t *keep;
	int rc;

	if (t->d == NULL)
		return rs_keys_pick(out, t->r, kind_of(t, item ? RS_CHUNK_ITEMS : RS_CHUNK_USERS), 0, ix, n, err);
	all = item ? &t->d->item_key : &t->d->user_key;
	if ((keep = rs_array0(all->n, 1, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		keep[ix[i]] = 1;
	rc = rs_keys_subset(out, all, keep, err);
	rs_free(keep);
	return rc;
}

int rs_tape_keys(struct rs_keys *out, struct rs_tape *t, bool item, struct rs_err *err)
{
	uint32_t n = item ? t->schema.n_items : t->schema.n_users;
	int rc;

	if (t->d != NULL)
		return rs_keys_copy(out, item ? &t->d->item_key : &t->d->user_key, err);
	if ((rc = rs_keys_load(out, t->r, kind_of(t, item ? RS_CHUNK_ITEMS : RS_CHUNK_USERS), 0, n, err)) < 0)
		return rc;
	if (out->n == n)
		return 0;
	rs_keys_release(out);
	return rs_reader_damaged(t->r, "not all ids are there", err);
}

static struct rs_schema_table *table_of(struct rs_tape *t, char owner)
{
	return owner == 'C' ? &t->schema.context : owner == 'U' ? &t->schema.users : &t->schema.items;
}

int rs_tape_column(const struct rs_column **out, struct rs_tape *t, char owner, uint32_t i, struct rs_err *err)
{
	struct rs_column *c = &table_of(t, owner)->column[i];

	*out = c;
	if (t->d == NULL)
		return rs_column_load(t->r, t->half, owner, i, c, err);
	*out = owner == 'C' ? &t->d->context[i] : owner == 'U' ? &t->d->users.column[i] : &t->d->items.column[i];
	return 0;
}

void rs_tape_drop(struct rs_tape *t, char owner, uint32_t i)
{
	struct rs_column *c = &table_of(t, owner)->column[i];

	if (t->d != NULL)
		return;
	rs_free(c->number);
	rs_free(c->ptr);
	rs_free(c->code);
	rs_free(c->text);
	rs_keys_release(&c->dict);
	c->number = NULL;
	c->ptr = NULL;
	c->code = NULL;
	c->text = NULL;
}

int rs_tape_present(const uint8_t **out, struct rs_tape *t, char owner, struct rs_err *err)
{
	uint32_t n = owner == 'U' ? t->schema.n_users : t->schema.n_items;
	uint8_t **to = &t->present[owner == 'I'];
	int rc;

	*out = NULL;
	if (t->d != NULL)
		*out = owner == 'U' ? t->d->users.present : t->d->items.present;
	if (t->d != NULL || !table_of(t, owner)->present)
		return 0;
	if (*to == NULL) {
		if ((rc = rs_reader_load_exactly(t->r, kind_of(t, RS_CHUNK_PRESENT(owner)), 0, 1, n, to, err)) < 0)
			return rc;
		for (uint32_t i = 0; i < n; i++)
			if ((*to)[i] > 1)
				return rs_reader_damaged(t->r, "a row is neither there nor not", err);
	}
	*out = *to;
	return 0;
}
