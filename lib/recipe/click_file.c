/* click_file.c -- the state of event probabilities to a model file and back. */
#include "lib/recipe/click.h"

#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define CHUNK_HEAD RS_KIND('C', 'L', 'H', 'D')
#define CHUNK_SEED RS_KIND('C', 'L', 'S', 'D')
#define CHUNK_FIELDS RS_KIND('C', 'L', 'F', 'D')
#define CHUNK_LINEAR RS_KIND('C', 'L', 'W', 'T')
#define CHUNK_FACTORS RS_KIND('C', 'L', 'V', 'F')
#define CHUNK_PAIRS RS_KIND('C', 'L', 'R', 'F')
#define CHUNK_MEAN RS_KIND('C', 'L', 'T', 'H')
#define CHUNK_ROOT RS_KIND('C', 'L', 'T', 'L')
#define CHUNK_ITEM_PTR RS_KIND('C', 'L', 'I', 'P')
#define CHUNK_ITEM_COL RS_KIND('C', 'L', 'I', 'C')

#define PARTS 5

/* In the order of the file. */
static void parts_of(struct rs_click *m, struct rs_stored_part part[PARTS])
{
	uint64_t pairs = m->kind == RS_CLICK_FWFM ? (uint64_t)m->n_fields * m->n_fields : 0;
	const struct rs_stored_part all[PARTS] = {
		{ &m->mean, m->d, CHUNK_MEAN, 0, -FLT_MAX, "the users' mean" },
		{ &m->root, (uint64_t)m->d * m->d, CHUNK_ROOT, 0, -FLT_MAX, "the users' spread" },
		{ &m->w, m->n_values, CHUNK_LINEAR, 0, -FLT_MAX, "the weights of values" },
		{ &m->v, m->n_values * m->width, CHUNK_FACTORS, 0, -FLT_MAX, "the factors of values" },
		{ &m->r, pairs, CHUNK_PAIRS, 0, -FLT_MAX, "the weights of pairs" },
	};

	memcpy(part, all, sizeof all);
}

int rs_click_save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	struct rs_click m = *(const struct rs_click *)state; /* whose arrays are only read */
	double head[3] = { m.w0, m.slope, m.shift };
	uint32_t field[3 * RS_CLICK_FIELDS_MAX];
	struct rs_stored_part part[PARTS];
	int rc;

	for (uint32_t f = 0; f < m.n_fields; f++) {
		field[3 * f] = m.field[f].owner;
		field[3 * f + 1] = m.field[f].first;
		field[3 * f + 2] = f == 0 ? 0 : m.field[f].n;
	}
	parts_of(&m, part);
	if ((rc = rs_writer_chunk(w, CHUNK_HEAD, 0, RS_PACK_RAW, 8, head, 3, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_SEED, 0, RS_PACK_RAW, 8, &m.seed, 1, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_FIELDS, 0, RS_PACK_UINT, 4, field, 3 * m.n_fields, err)) < 0 ||
	    (rc = rs_stored_put_parts(w, part, PARTS, RS_PACK_FLOAT, err)) < 0 || m.item.row_ptr == NULL)
		return rc;
	if ((rc = rs_writer_chunk(w, CHUNK_ITEM_PTR, 0, RS_PACK_UINT, 8, m.item.row_ptr, (uint64_t)m.n_items + 1, err)) < 0)
		return rc;
	return rs_writer_chunk(w, CHUNK_ITEM_COL, 0, RS_PACK_UINT, 4, m.item.col, m.item.row_ptr[m.n_items], err);
}

static int load_head(struct rs_click *m, struct rs_reader *r, struct rs_err *err)
{
	double head[3];
	int rc;

	if ((rc = rs_reader_read_exactly(r, CHUNK_HEAD, 0, 8, 3, head, err)) < 0 ||
	    (rc = rs_reader_read_exactly(r, CHUNK_SEED, 0, 8, 1, &m->seed, err)) < 0)
		return rc;
	if (!isfinite(head[0]) || !isfinite(head[1]) || !isfinite(head[2]))
		return rs_reader_damaged(r, "the head", err);
	m->w0 = head[0];
	m->slope = head[1];
	m->shift = head[2];
	return 0;
}

static int load_fields(struct rs_click *m, struct rs_reader *r, struct rs_err *err)
{
	uint32_t field[3 * RS_CLICK_FIELDS_MAX];
	const struct rs_chunk *c;
	int rc;

	if ((rc = rs_reader_need(r, CHUNK_FIELDS, 0, 4, 3 * RS_CLICK_FIELDS_MAX, &c, err)) < 0)
		return rc;
	if (c->n % 3 != 0 || c->n < 6)
		return rs_reader_damaged(r, "the fields", err);
	if ((rc = rs_reader_slice(r, c, 0, c->n, field, err)) < 0)
		return rc;
	m->n_fields = (uint32_t)(c->n / 3);
	for (uint32_t f = 0; f < m->n_fields; f++) {
		if (field[3 * f] > RS_CLICK_EVENT || field[3 * f + 1] > RS_FEATURES_MAX || field[3 * f + 2] > RS_IX_MAX)
			return rs_reader_damaged(r, "a field", err);
		m->field[f] = (struct rs_click_field){ .owner = (enum rs_click_owner)field[3 * f],
			                               .first = field[3 * f + 1], .n = field[3 * f + 2] };
	}
	if (m->field[0].owner != RS_CLICK_USER || m->field[0].n != 0 || m->field[1].owner != RS_CLICK_ITEM ||
	    m->field[1].n != m->n_items || m->field[1].first != 0)
		return rs_reader_damaged(r, "the fields of users and items", err);
	rs_click_size_up(m);
	return 0;
}

static int load_items(struct rs_click *m, struct rs_reader *r, struct rs_err *err)
{
	struct rs_csr *x = &m->item;
	uint64_t n = (uint64_t)m->n_items + 1;
	bool ascend = true;
	int rc;

	if (rs_reader_find(r, CHUNK_ITEM_PTR, 0) == NULL)
		return 0;
	if ((rc = rs_reader_load_exactly(r, CHUNK_ITEM_PTR, 0, 8, n, &x->row_ptr, err)) < 0)
		return rc;
	x->n_rows = m->n_items;
	for (uint32_t i = 0; i < m->n_items; i++)
		ascend &= x->row_ptr[i] <= x->row_ptr[i + 1];
	if (!ascend || x->row_ptr[0] != 0)
		return rs_reader_damaged(r, "the attributes of items", err);
	return rs_reader_load_exactly(r, CHUNK_ITEM_COL, 0, 4, x->row_ptr[m->n_items], &x->col, err);
}

int rs_click_load(struct rs_click *m, struct rs_reader *r, struct rs_err *err)
{
	struct rs_stored_part part[PARTS];
	int rc;

	if ((rc = load_head(m, r, err)) < 0 || (rc = load_fields(m, r, err)) < 0)
		return rc;
	parts_of(m, part);
	if ((rc = rs_stored_parts(part, PARTS, r, err)) < 0)
		return rc;
	return load_items(m, r, err);
}
