/* click_rows.c -- the examples of event probabilities as rows of codes. */
#include "lib/recipe/click_rows.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define TILE 256 /* blocks, or rows of an owner */
#define FAR 32   /* examples ahead, from where on memory is fetched in three steps */
#define FIRST UINT32_MAX /* the step of the shuffle of rows; blocks are shuffled by the number of the epoch */

/* Example number x is item `step` beside event event[x / per] of user[..]: 0 the event's own. */
struct filling {
	const struct rs_click *m;
	const struct rs_train_in *in;
	const struct rs_csr *of[3]; /* features by owner */
	struct rs_click_rows *r;
	uint32_t *user;             /* by event */
	uint32_t *event;            /* those that train, then those that are kept out */
	struct rs_click_set *set;   /* that is filled */
	const uint32_t *order;      /* of its examples */
	const uint32_t *from;       /* its events */
};

/* The field of each feature of the owner's rows: the features of a row ascend, and so do the fields of one owner. */
static inline uint32_t field_of(const struct rs_click *m, enum rs_click_owner owner, uint32_t f, uint32_t feature)
{
	while (f < m->n_fields && (m->field[f].owner != owner || feature >= m->field[f].first + m->field[f].n))
		f++;
	return f < m->n_fields && feature >= m->field[f].first ? f : m->n_fields;
}

struct counting {
	const struct rs_click *m;
	const struct rs_csr *x;
	enum rs_click_owner owner;
	uint8_t *several, *holes; /* tiles x RS_CLICK_FIELDS_MAX */
};

static int count_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct counting *c = ctx;
	const struct rs_click *m = c->m;
	uint8_t *several = c->several + tile * RS_CLICK_FIELDS_MAX, *holes = c->holes + tile * RS_CLICK_FIELDS_MAX;
	uint64_t lo = tile * TILE, hi = c->x->n_rows - lo < TILE ? c->x->n_rows : lo + TILE;

	(void)worker;
	(void)err;
	for (uint64_t row = lo; row < hi; row++) {
		uint32_t f = 2, n[RS_CLICK_FIELDS_MAX] = { 0 };

		for (uint64_t e = c->x->row_ptr[row]; e < c->x->row_ptr[row + 1]; e++) {
			uint32_t g = field_of(m, c->owner, f, c->x->col[e]);

			if (g < m->n_fields)
				n[f = g]++;
		}
		for (f = 2; f < m->n_fields; f++) {
			several[f] |= n[f] > 1;
			holes[f] |= n[f] == 0;
		}
	}
	return 0;
}

/* Which of an owner's fields have cells of several values, or of none. */
static int count(struct filling *t, enum rs_click_owner owner, struct rs_err *err)
{
	struct counting c = { t->m, t->of[owner], owner, NULL, NULL };
	size_t n_tiles = ((size_t)c.x->n_rows + TILE - 1) / TILE;
	int rc = RS_ENOMEM;

	if ((c.several = rs_array0(n_tiles * RS_CLICK_FIELDS_MAX, 1, err)) == NULL ||
	    (c.holes = rs_array0(n_tiles * RS_CLICK_FIELDS_MAX, 1, err)) == NULL)
		goto out;
	rc = rs_tiles_run(n_tiles, count_tile, &c, err);
	for (uint32_t f = 2; f < t->m->n_fields; f++) {
		for (size_t k = 0; k < n_tiles && t->m->field[f].owner == owner; k++) {
			t->r->column[f].several |= c.several[k * RS_CLICK_FIELDS_MAX + f] != 0;
			t->r->column[f].holes |= c.holes[k * RS_CLICK_FIELDS_MAX + f] != 0;
		}
	}
out:
	rs_free(c.several);
	rs_free(c.holes);
	return rc;
}

/* The lists of a field that has some. */
static int make_lists(struct rs_click_column *c, const struct rs_click_field *f, const struct rs_csr *x, struct rs_err *err)
{
	uint64_t n = 0;

	for (uint64_t e = 0; e < x->row_ptr[x->n_rows]; e++)
		n += x->col[e] >= f->first && x->col[e] - f->first < f->n;
	if ((c->ptr = rs_array((size_t)x->n_rows + 1, sizeof *c->ptr, err)) == NULL ||
	    (c->list = rs_array(n, sizeof *c->list, err)) == NULL)
		return RS_ENOMEM;
	n = 0;
	for (uint32_t r = 0; r < x->n_rows; r++) {
		c->ptr[r] = n;
		for (uint64_t e = x->row_ptr[r]; e < x->row_ptr[r + 1]; e++)
			if (x->col[e] >= f->first && x->col[e] - f->first < f->n)
				c->list[n++] = x->col[e] - f->first;
	}
	c->ptr[x->n_rows] = n;
	return 0;
}

static int make_columns(struct filling *t, struct rs_err *err)
{
	const struct rs_click *m = t->m;
	int rc = 0;

	for (uint32_t f = 0; f < m->n_fields; f++)
		t->r->column[f].n = m->field[f].n;
	for (int owner = RS_CLICK_USER; owner <= RS_CLICK_EVENT && rc == 0; owner++)
		if (t->of[owner] != NULL && t->of[owner]->row_ptr != NULL)
			rc = count(t, (enum rs_click_owner)owner, err);
	for (uint32_t f = 2; f < m->n_fields && rc == 0; f++)
		if (t->r->column[f].several)
			rc = make_lists(&t->r->column[f], &m->field[f], t->of[m->field[f].owner], err);
	return rc;
}

/* The codes of the fields that belong to row `row` of an owner, RS_CLICK_BLOCK apart. */
static void put_codes(const struct filling *t, enum rs_click_owner owner, uint32_t row, uint32_t *code)
{
	const struct rs_click *m = t->m;
	const struct rs_csr *x = t->of[owner];
	uint32_t f = 2;

	for (uint32_t g = 2; g < m->n_fields; g++)
		if (m->field[g].owner == owner)
			code[g * RS_CLICK_BLOCK] = t->r->column[g].several ? row : m->field[g].n;
	if (x == NULL || x->row_ptr == NULL)
		return;
	for (uint64_t e = x->row_ptr[row]; e < x->row_ptr[row + 1]; e++) {
		uint32_t g = field_of(m, owner, f, x->col[e]);

		if (g >= m->n_fields)
			continue;
		f = g;
		if (!t->r->column[g].several)
			code[g * RS_CLICK_BLOCK] = x->col[e] - m->field[g].first;
	}
}

static void put_example(const struct filling *t, uint32_t x, uint32_t *code)
{
	const struct rs_click *m = t->m;
	const struct rs_events *e = t->in->events;
	uint32_t per = 1 + m->negatives, i = t->from[x / per], u = t->user[i], item = e->item[i], step = x % per;
	float weight = e->weight == NULL ? 1 : e->weight[i], target;
	bool positive = rs_click_label(m->positive_from, e->value == NULL ? NAN : e->value[i], weight) != 0;

	if (step > 0) {
		item = rs_click_negative(m, m->seed, item, i - e->row_ptr[u], step);
		positive = false;
	}
	code[0] = u;
	code[RS_CLICK_BLOCK] = item;
	put_codes(t, RS_CLICK_USER, u, code);
	put_codes(t, RS_CLICK_ITEM, item, code);
	put_codes(t, RS_CLICK_EVENT, i, code);
	target = copysignf(weight, positive ? 1 : -1);
	memcpy(code + t->r->n_fields * RS_CLICK_BLOCK, &target, sizeof target);
}

/* What of example x lies far off: first where it is, then what stands there. */
static inline void fetch(const struct filling *t, uint32_t x, bool far)
{
	uint32_t i = t->from[x / (1 + t->m->negatives)];
	const struct rs_csr *x_event = t->of[RS_CLICK_EVENT];

	if (x_event == NULL || x_event->row_ptr == NULL || far) {
		__builtin_prefetch(&t->user[i]);
		__builtin_prefetch(&t->in->events->item[i]);
		if (t->in->events->value != NULL)
			__builtin_prefetch(&t->in->events->value[i]);
		if (x_event != NULL && x_event->row_ptr != NULL)
			__builtin_prefetch(&x_event->row_ptr[i]);
	} else if (x_event->row_ptr[i] < x_event->row_ptr[i + 1]) {
		__builtin_prefetch(&x_event->col[x_event->row_ptr[i]]);
	}
}

static int fill_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct filling *t = ctx;
	const struct rs_click_set *s = t->set;
	size_t lo = tile * TILE, hi = s->n_blocks - lo < TILE ? s->n_blocks : lo + TILE;

	(void)worker;
	(void)err;
	for (size_t b = lo; b < hi; b++) {
		uint32_t *code = s->block + b * t->r->stride;

		memset(code, 0, t->r->stride * sizeof *code);
		for (size_t i = b * RS_CLICK_BLOCK; i < s->n && i < (b + 1) * RS_CLICK_BLOCK; i++, code++) {
			if (t->order != NULL && s->n - i > FAR) {
				__builtin_prefetch(&t->from[t->order[i + FAR] / (1 + t->m->negatives)]);
				fetch(t, t->order[i + FAR / 2], true);
				fetch(t, t->order[i + FAR / 4], false);
			}
			put_example(t, t->order == NULL ? (uint32_t)i : t->order[i], code);
		}
	}
	return 0;
}

static int fill(struct filling *t, struct rs_click_set *s, size_t n, const uint32_t *from, const uint32_t *order,
                struct rs_err *err)
{
	s->n = n;
	s->n_blocks = (n + RS_CLICK_BLOCK - 1) / RS_CLICK_BLOCK;
	if ((s->block = rs_array(s->n_blocks * t->r->stride, sizeof *s->block, err)) == NULL)
		return RS_ENOMEM;
	t->set = s;
	t->from = from;
	t->order = order;
	return rs_tiles_run((s->n_blocks + TILE - 1) / TILE, fill_tile, t, err);
}

/* Events that train to the front, those that are kept out behind them; returns the number of the first. */
static uint32_t part(const struct filling *t, double validation)
{
	const struct rs_events *e = t->in->events;
	uint32_t n = 0, total = (uint32_t)e->row_ptr[e->n_users], back = total;

	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint32_t i = (uint32_t)e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			t->user[i] = u;
			t->event[rs_click_kept_out(t->m->seed, i, validation) ? --back : n++] = i;
		}
	}
	return n;
}

static void shuffle(uint32_t *order, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = (size_t)rs_rand_below(i + 1, seed, RS_RNG_SHUFFLE, i, FIRST);

		order[i] = order[j];
		order[j] = (uint32_t)i;
	}
}

static uint64_t count_positive(const struct rs_click_rows *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->train.n; i++) {
		const uint32_t *block = r->train.block + i / RS_CLICK_BLOCK * r->stride;

		n += (block[r->n_fields * RS_CLICK_BLOCK + i % RS_CLICK_BLOCK] & 1U << 31) == 0;
	}
	return n;
}

int rs_click_rows_make(struct rs_click_rows *r, const struct rs_click *m, const struct rs_train_in *in,
                       const struct rs_csr *context, double validation, struct rs_err *err)
{
	struct filling t = { .m = m, .in = in, .r = r, .of = { in->user_profile, in->item_profile, context } };
	uint32_t per = 1 + m->negatives, total = (uint32_t)in->events->row_ptr[in->events->n_users], n;
	uint32_t *order = NULL;
	int rc = RS_ENOMEM;

	memset(r, 0, sizeof *r);
	r->n_fields = (m->n_fields + RS_CLICK_GROUP - 1) / RS_CLICK_GROUP * RS_CLICK_GROUP;
	r->stride = (size_t)(r->n_fields + 1) * RS_CLICK_BLOCK;
	if ((t.user = rs_array(total, sizeof *t.user, err)) == NULL ||
	    (t.event = rs_array(total, sizeof *t.event, err)) == NULL || (rc = make_columns(&t, err)) < 0)
		goto out;
	n = part(&t, validation);
	rc = RS_ENOMEM;
	if ((order = rs_array((size_t)n * per, sizeof *order, err)) == NULL)
		goto out;
	shuffle(order, (size_t)n * per, m->seed);
	if ((rc = fill(&t, &r->train, (size_t)n * per, t.event, order, err)) == 0)
		rc = fill(&t, &r->kept, (size_t)(total - n) * per, t.event + n, NULL, err);
	r->positive = count_positive(r);
out:
	rs_free(t.user);
	rs_free(t.event);
	rs_free(order);
	if (rc < 0)
		rs_click_rows_release(r);
	return rc;
}

void rs_click_rows_release(struct rs_click_rows *r)
{
	for (uint32_t f = 0; f < RS_CLICK_FIELDS_MAX; f++) {
		rs_free(r->column[f].ptr);
		rs_free(r->column[f].list);
	}
	rs_free(r->train.block);
	rs_free(r->kept.block);
	memset(r, 0, sizeof *r);
}
