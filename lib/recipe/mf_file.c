/* mf_file.c -- the state of the recipe mf to a model file and back. */
#include "lib/recipe/mf.h"

#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define CHUNK_ITEMS RS_KIND('M', 'F', 'I', 'T')
#define CHUNK_WEIGHTS RS_KIND('M', 'F', 'P', 'W')
#define CHUNK_PRECISION RS_KIND('M', 'F', 'P', 'Q')
#define CHUNK_NOISE RS_KIND('M', 'F', 'A', 'L')
#define CHUNK_SCALE RS_KIND('M', 'F', 'S', 'C')
#define CHUNK_IMPLICIT RS_KIND('M', 'F', 'I', 'M')
#define CHUNK_MOMENTS RS_KIND('M', 'F', 'M', 'O')

#define PARTS 6

/* In the order of the file. */
static void parts_of(struct rs_mf *m, struct rs_stored_part part[PARTS])
{
	uint64_t d = m->shape.d, n = m->n_samples, k = m->implicit.k;
	const struct rs_stored_part all[PARTS] = {
		{ &m->alpha, n, CHUNK_NOISE, 0, FLT_MIN, "the noise" },
		{ &m->prior_w, n * m->shape.p * d, CHUNK_WEIGHTS, 0, -FLT_MAX, "the weights of features" },
		{ &m->precision, n * d * d, CHUNK_PRECISION, 0, -FLT_MAX, "the precision of users" },
		{ &m->implicit.shift, k + 1, CHUNK_MOMENTS, 0, -FLT_MAX, "the mean of features" },
		{ &m->implicit.scale, k + 1, CHUNK_MOMENTS, 1, -FLT_MAX, "the scale of features" },
		{ &m->implicit.item, m->n_items * k, CHUNK_IMPLICIT, 0, -FLT_MAX, "the features of items" },
	};

	memcpy(part, all, sizeof all);
}

int rs_mf_save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	struct rs_mf m = *(const struct rs_mf *)state; /* whose arrays are only read */
	double scale[6] = { m.mean, m.sd, m.min, m.max, (double)m.implicit.log_min, (double)m.implicit.log_max };
	struct rs_stored_part part[PARTS];
	int rc;

	parts_of(&m, part);
	if ((rc = rs_writer_chunk(w, CHUNK_SCALE, 0, RS_PACK_RAW, 8, scale, 6, err)) < 0 ||
	    (rc = rs_stored_put_parts(w, part, PARTS, RS_PACK_RAW, err)) < 0)
		return rc;
	return rs_stored_put_floats(w, CHUNK_ITEMS, 0, RS_PACK_RAW, m.item, rs_mf_item_floats(&m), err);
}

static int load_scale(struct rs_mf *m, struct rs_reader *r, struct rs_err *err)
{
	double scale[6];
	bool finite = true;
	int rc;

	if ((rc = rs_reader_read_exactly(r, CHUNK_SCALE, 0, 8, 6, scale, err)) < 0)
		return rc;
	for (size_t i = 0; i < 6; i++)
		finite &= (bool)isfinite(scale[i]);
	if (!finite || !(scale[1] > 0) || scale[2] > scale[3] || scale[4] > scale[5])
		return rs_reader_damaged(r, "the scale of the values", err);
	m->mean = scale[0];
	m->sd = scale[1];
	m->min = scale[2];
	m->max = scale[3];
	m->implicit.log_min = (float)scale[4];
	m->implicit.log_max = (float)scale[5];
	return 0;
}

static int load_items(struct rs_mf *m, struct rs_reader *r, struct rs_err *err)
{
	uint64_t n = rs_mf_item_floats(m);
	const void *item;
	int rc;

	if ((rc = rs_reader_need_exactly(r, CHUNK_ITEMS, 0, 4, n, &m->chunk, err)) < 0 ||
	    (rc = rs_reader_map(r, m->chunk, true, &item, err)) < 0)
		return rc;
	m->r = r;
	m->item = item;
	return 0;
}

int rs_mf_load(struct rs_mf *m, struct rs_reader *r, struct rs_err *err)
{
	struct rs_stored_part part[PARTS];
	int rc;

	parts_of(m, part);
	if ((rc = load_scale(m, r, err)) < 0 || (rc = rs_stored_parts(part, PARTS, r, err)) < 0)
		return rc;
	return load_items(m, r, err);
}
