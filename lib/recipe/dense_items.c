/* dense_items.c -- items as vectors of floats. */
#include "lib/recipe/dense_items.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"
#include "lib/recipe/stored.h"

#include <math.h>
#include <string.h>

#define DEPTH 512 /* coordinates of a product that are done together: a panel of items stays in the cache */

int rs_dense_items_save(const struct rs_dense_items *m, uint32_t kind, struct rs_writer *w, struct rs_err *err)
{
	return rs_stored_put_floats(w, kind, 0, RS_PACK_RAW, m->y, m->n * (uint64_t)m->ld, err);
}

int rs_dense_items_load(struct rs_dense_items *m, uint32_t kind, struct rs_reader *r, struct rs_err *err)
{
	uint64_t n = m->n * (uint64_t)m->ld;
	const void *y;
	int rc;

	if ((rc = rs_reader_need_exactly(r, kind, 0, 4, n, &m->chunk, err)) < 0 ||
	    (rc = rs_reader_map(r, m->chunk, true, &y, err)) < 0)
		return rc;
	m->r = r;
	m->y = y;
	return 0;
}

void rs_dense_items_release(struct rs_dense_items *m)
{
	rs_free(m->own);
	memset(m, 0, sizeof *m);
}

int rs_dense_items_touch(const struct rs_dense_items *m, uint32_t lo, uint32_t hi, struct rs_err *err)
{
	return m->r == NULL
	        ? 0
	        : rs_reader_touch(m->r, m->chunk, (uint64_t)lo * m->ld, (uint64_t)(hi - lo) * m->ld, err);
}

int rs_dense_items_touch_rows(const struct rs_dense_items *m, const struct rs_csr *x, struct rs_err *err)
{
	int rc = 0;

	for (uint64_t e = 0; e < x->row_ptr[x->n_rows] && m->r != NULL && rc == 0; e++)
		rc = rs_dense_items_touch(m, x->col[e], x->col[e] + 1, err);
	return rc;
}

int rs_dense_people_init(struct rs_dense_people *p, const struct rs_dense_items *m, size_t n, struct rs_err *err)
{
	size_t mr = rs_isa()->mr;

	p->n = n;
	if ((p->x = rs_array((n + mr - 1) / mr * mr * m->ld, sizeof *p->x, err)) == NULL
	    || (p->panel = rs_array(DEPTH * RS_PANEL, sizeof *p->panel, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

void rs_dense_people_release(struct rs_dense_people *p)
{
	rs_free(p->x);
	rs_free(p->panel);
}

void rs_dense_people_put(struct rs_dense_people *p, const struct rs_dense_items *m, size_t first, const float *x, size_t n)
{
	const struct rs_kernels *k = rs_isa();

	for (size_t i = 0; i < n; i += k->mr) {
		struct rs_rows_of rows = { x + i * m->ld, m->ld, NULL, n - i < k->mr ? n - i : k->mr };

		k->pack_rows(p->x + (first + i) * m->ld, k->mr, rows, m->ld, NULL);
	}
}

/* The items that come next are on their way while some are multiplied. */
static void fetch(const struct rs_dense_items *m, uint32_t lo, size_t from, size_t depth)
{
	for (uint32_t i = lo; i < m->n && i < lo + RS_PANEL; i++)
		for (size_t k = 0; k < depth; k += RS_LANES)
			__builtin_prefetch(m->y + i * m->ld + from + k);
}

/* Whether the factors of a file that made the scores of n items are finite. One that is not leaves no score of its item
 * finite, so that the scores of one person tell; but they can be out of range by themselves. */
static int check_factors(const struct rs_dense_items *m, uint32_t lo, size_t n, const float *scores, struct rs_err *err)
{
	const float *y = m->y + lo * m->ld;

	for (size_t i = 0; i < n; i++) {
		if (isfinite(scores[i]))
			continue;
		for (size_t k = 0; k < m->ld; k++)
			if (!isfinite(y[i * m->ld + k]))
				return rs_reader_damaged(m->r, "factors are out of range", err);
	}
	return 0;
}

int rs_dense_items_score(const struct rs_dense_items *m, const struct rs_dense_people *p, uint32_t lo, uint32_t hi,
                         float *scores, size_t ld, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	int rc = rs_dense_items_touch(m, lo, hi, err);

	for (uint32_t i = lo; i < hi && rc == 0; i += RS_PANEL) {
		size_t n = hi - i < RS_PANEL ? hi - i : RS_PANEL;

		for (size_t from = 0; from < m->ld; from += DEPTH) {
			size_t depth = m->ld - from < DEPTH ? m->ld - from : DEPTH;

			k->pack_rows(p->panel, RS_PANEL, (struct rs_rows_of){ m->y + i * m->ld + from, m->ld, NULL, n }, depth,
			             NULL);
			fetch(m, i + RS_PANEL, from, depth);
			k->tn(from == 0 ? RS_TN_SET : RS_TN_ADD, scores + (i - lo), ld, p->n, n, depth,
			      p->x + from * k->mr, k->mr, m->ld * k->mr, p->panel, RS_PANEL);
		}
		if (m->r != NULL && p->n > 0)
			rc = check_factors(m, i, n, scores + (i - lo), err);
	}
	return rc;
}

int rs_dense_items_similar(const struct rs_dense_items *m, uint32_t item, float *scores, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	const float *y = m->y + item * m->ld;
	int rc = rs_dense_items_touch(m, 0, m->n, err);
	float own;

	if (rc < 0)
		return rc;
	own = k->dot(y, y, m->ld);
	for (uint32_t i = 0; i < m->n; i++) {
		const float *z = m->y + i * m->ld;
		float norm = sqrtf(own) * sqrtf(k->dot(z, z, m->ld));

		scores[i] = norm > 0 ? k->dot(y, z, m->ld) / norm : 0;
		if (!isfinite(scores[i]))
			return rs_fail(err, RS_EDATA, "factors of items are out of range");
	}
	return 0;
}
