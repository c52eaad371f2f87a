/* merge_view.c -- rows of all files, see merge_view.h. */
#include "lib/data/merge_view.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/times.h"

#include <string.h>

static struct rs_stream *stream_of(const struct merge_view *v, size_t source)
{
	struct merge_source *s = &v->m->source[source];

	switch (v->what) {
	case MERGE_ITEM: return &s->item;
	case MERGE_TIME: return &s->time;
	case MERGE_VALUE: return &s->value;
	default: return &s->type;
	}
}

void merge_view_turn(struct merge_view *v, enum merge_what what)
{
	static const size_t elem_bytes[] = { [MERGE_ITEM] = 4, [MERGE_TIME] = 8, [MERGE_VALUE] = 4, [MERGE_TYPE] = 2 };

	v->what = what;
	v->elem_bytes = elem_bytes[what];
	for (size_t i = 0; i < v->m->n; i++) {
		struct merge_span *s = &v->span[i];

		s->first = s->n = 0;
		if (stream_of(v, i)->c != NULL)
			continue;
		rs_free(s->p);
		s->p = NULL;
		s->cap = 0;
	}
}

int merge_view_open(struct merge_view *v, struct merging *m, enum merge_what what, struct rs_err *err)
{
	*v = (struct merge_view){ .m = m };
	if ((v->span = rs_array0(m->n, sizeof *v->span, err)) == NULL)
		return RS_ENOMEM;
	merge_view_turn(v, what);
	return 0;
}

void merge_view_release(struct merge_view *v)
{
	for (size_t i = 0; v->span != NULL && i < v->m->n; i++)
		rs_free(v->span[i].p);
	rs_free(v->span);
	rs_free(v->block);
	memset(v, 0, sizeof *v);
}

/* Room for `bytes` and MERGE_SLACK, of which n are kept that now lie `from` bytes behind the start: a block at most. More
 * memory is taken in the place of the old, as large arrays are, not grown. */
static int make_room(struct merge_span *s, size_t bytes, size_t from, size_t n, struct rs_err *err)
{
	uint8_t *kept;

	if (bytes <= s->cap) {
		if (n > 0)
			memmove(s->p, s->p + from, n);
		return 0;
	}
	if ((kept = rs_array(n, 1, err)) == NULL)
		return RS_ENOMEM;
	if (n > 0)
		memcpy(kept, s->p + from, n);
	rs_free(s->p);
	s->cap = s->n = 0;
	if ((s->p = rs_array(bytes + MERGE_SLACK, 1, err)) != NULL) {
		s->cap = bytes;
		memcpy(s->p, kept, n);
	}
	rs_free(kept);
	return s->p == NULL ? RS_ENOMEM : 0;
}

int merge_view_want(struct merge_view *v, size_t source, uint64_t from, uint64_t to, struct rs_err *err)
{
	const struct rs_chunk *c = stream_of(v, source)->c;
	struct merge_span *s = &v->span[source];
	uint64_t per, first, last, n, kept = 0;

	if (c == NULL || (from >= s->first && to <= s->first + s->n))
		return 0;
	per = RS_BLOCK_BYTES / v->elem_bytes;
	first = from / per * per;
	last = (to + per - 1) / per * per;
	if (from >= s->first && from < s->first + s->n) {
		first = from - (from - s->first) % MERGE_ALIGNED;
		kept = s->first + s->n - first;
	}
	n = (last < c->n ? last : c->n) - first;
	if (make_room(s, (size_t)n * v->elem_bytes, (size_t)(first - s->first) * v->elem_bytes, (size_t)kept * v->elem_bytes,
	              err) < 0)
		return RS_ENOMEM;
	s->first = first;
	s->n = n;
	for (uint64_t row = first + kept; row < first + n; row += per) {
		if (rs_grow(&v->block, &v->cap_blocks, v->n_blocks + 1, sizeof *v->block, err) < 0)
			return RS_ENOMEM;
		v->block[v->n_blocks++] = (struct merge_block){ (uint32_t)source, row / per,
			                                        s->p + (row - first) * v->elem_bytes };
	}
	return 0;
}

/* Numbers are looked at before they are used, in loops without a way out and with sums as wide as the numbers: vectors. */

static bool is_identity(const uint32_t *map, uint32_t n)
{
	uint32_t differ = 0;

	for (uint32_t i = 0; i < n; i++)
		differ |= map[i] ^ i;
	return differ == 0;
}

/* Neither an item nor what lies between it and the last one is below 0. */
static bool check_items(const uint32_t *item, uint64_t n, uint32_t n_items)
{
	uint32_t signs = 0, last = n_items - 1;

	for (uint64_t i = 0; i < n; i++)
		signs |= item[i] | (last - item[i]);
	return n == 0 || (n_items > 0 && signs >> 31 == 0);
}

static void map_items(uint32_t *item, uint64_t n, const uint32_t *map, uint32_t n_items)
{
	if (!is_identity(map, n_items))
		for (uint64_t i = 0; i < n; i++)
			item[i] = map[item[i]];
}

static bool map_types(uint16_t *type, uint64_t n, const uint32_t *map, uint32_t n_types)
{
	uint16_t bad = 0, end = (uint16_t)n_types;
	bool same = is_identity(map, n_types);

	for (uint64_t i = 0; i < n; i++)
		bad |= (uint16_t)((uint16_t)(type[i] != UINT16_MAX) & (uint16_t)(type[i] >= end));
	for (uint64_t i = 0; i < n && bad == 0 && !same; i++)
		if (type[i] != UINT16_MAX)
			type[i] = (uint16_t)map[type[i]];
	return bad == 0;
}

/* No value is infinite. */
static bool check_values(const uint32_t *bits, uint64_t n)
{
	uint32_t bad = 0;

	for (uint64_t i = 0; i < n; i++)
		bad |= (uint32_t)((bits[i] & 0x7fffffffu) == 0x7f800000u);
	return bad == 0;
}

/* All are in the calendar: neither what lies between its first second and the time nor what lies between that and its last
 * is below 0. */
static bool check_times(const int64_t *time_s, uint64_t n)
{
	uint64_t signs = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t t = (uint64_t)time_s[i];

		signs |= (t - (uint64_t)RS_TIME_FIRST) | ((uint64_t)RS_TIME_LAST - t);
	}
	return signs >> 63 == 0;
}

static int decode_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct merge_view *v = ctx;
	const struct merge_block *b = &v->block[tile];
	const struct merge_source *source = &v->m->source[b->source];
	const struct rs_stream *s = stream_of(v, b->source);
	uint64_t per = RS_BLOCK_BYTES / v->elem_bytes, n = s->c->n - b->block * per;
	bool good;
	int rc;

	(void)worker;
	n = n < per ? n : per;
	if ((rc = rs_reader_slice(s->r, s->c, b->block * per, n, b->to, err)) < 0)
		return rc;
	switch (v->what) {
	case MERGE_ITEM:
		good = check_items((const uint32_t *)(const void *)b->to, n, source->s.n_items);
		if (good && v->writing)
			map_items((uint32_t *)(void *)b->to, n, v->m->maps.item[b->source], source->s.n_items);
		break;
	case MERGE_TYPE:
		good = map_types((uint16_t *)(void *)b->to, n, v->m->maps.type[b->source], source->n_types);
		break;
	case MERGE_TIME: good = v->writing || check_times((const int64_t *)(const void *)b->to, n); break;
	default: good = check_values((const uint32_t *)(const void *)b->to, n);
	}
	return good ? 0 : rs_fail(err, RS_EDATA, "%s: damaged: an event with an item, time, type or value that cannot be",
	                          rs_reader_name(s->r));
}

int merge_view_load(struct merge_view *v, struct rs_err *err)
{
	size_t n = v->n_blocks;

	v->n_blocks = 0;
	return n == 0 ? 0 : rs_tiles_run(n, decode_tile, v, err);
}

/* ---- needs ---- */

int merge_needs_open(struct merge_needs *n, const struct merging *m, struct rs_err *err)
{
	n->n_files = 0;
	n->range = rs_array0(m->n, sizeof *n->range, err);
	n->file = rs_array(m->n, sizeof *n->file, err);
	return n->range == NULL || n->file == NULL ? RS_ENOMEM : 0;
}

void merge_needs_release(struct merge_needs *n)
{
	rs_free(n->range);
	rs_free(n->file);
	memset(n, 0, sizeof *n);
}

int merge_needs_load(const struct merge_needs *n, struct merge_view *v, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n->n_files && rc == 0; i++)
		rc = merge_view_want(v, n->file[i], n->range[n->file[i]].from, n->range[n->file[i]].to, err);
	return rc < 0 ? rc : merge_view_load(v, err);
}

void merge_needs_clear(struct merge_needs *n)
{
	for (size_t i = 0; i < n->n_files; i++)
		n->range[n->file[i]] = (struct merge_range){ 0, 0 };
	n->n_files = 0;
}
