/* attribute_rates.c -- how likely people are to have each item, by their attributes. */
#include "lib/recipe/attribute_rates.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/dense.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define CHUNK_LENGTH RS_KIND('A', 'C', 'O', 'L')
#define CHUNK_RATE RS_KIND('A', 'R', 'A', 'T')
#define FEATURES_MAX 16384
#define PART 2048 /* items whose rates are worked out together */
#define TILE 64   /* items */

void rs_attribute_rates_release(struct rs_attribute_rates *m)
{
	rs_free(m->length);
	rs_free(m->rate);
	memset(m, 0, sizeof *m);
}

static size_t n_rows(const struct rs_attribute_rates *m)
{
	return 1 + (size_t)m->n_features + m->n_columns;
}

/* What training works with: q is the profile with, behind the features, one that says that a column is known. */
struct learning {
	struct rs_attribute_rates *m;
	const struct rs_csr *x;
	struct rs_csr q;       /* users x (features + columns) */
	struct rs_csr by_item; /* x, turned */
	uint32_t *column;      /* by feature */
	double *mean;          /* of each feature over those of whom its column is known */
	double *both;          /* q'q */
	float *inverse;        /* features squared */
	float *had;            /* some items x features: x'q less the means, then the rates */
	float *known;          /* the same items x columns: x'q of the columns */
	size_t k;              /* features + columns */
	size_t first, n;       /* which items, and how many */
};

static int add_known(struct learning *l, const struct rs_csr *p, struct rs_err *err)
{
	uint64_t n = 0, room = p->row_ptr[p->n_rows] + (uint64_t)p->n_rows * l->m->n_columns;
	struct rs_csr *q = &l->q;

	q->n_rows = p->n_rows;
	q->n_cols = (uint32_t)l->k;
	if ((q->row_ptr = rs_array0((size_t)p->n_rows + 1, sizeof *q->row_ptr, err)) == NULL ||
	    (q->col = rs_array(room, sizeof *q->col, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < p->n_rows; u++) {
		uint32_t last = UINT32_MAX;

		memcpy(q->col + n, p->col + p->row_ptr[u], (p->row_ptr[u + 1] - p->row_ptr[u]) * sizeof *q->col);
		n += p->row_ptr[u + 1] - p->row_ptr[u];
		for (uint64_t e = p->row_ptr[u]; e < p->row_ptr[u + 1]; e++) {
			uint32_t c = l->column[p->col[e]];

			if (c != last)
				q->col[n++] = l->m->n_features + c;
			last = c;
		}
		q->row_ptr[u + 1] = n;
	}
	return 0;
}

static void count_both(struct learning *l)
{
	const struct rs_csr *q = &l->q;

	for (uint32_t u = 0; u < q->n_rows; u++)
		for (uint64_t a = q->row_ptr[u]; a < q->row_ptr[u + 1]; a++)
			for (uint64_t b = q->row_ptr[u]; b < q->row_ptr[u + 1]; b++)
				l->both[q->col[a] * l->k + q->col[b]]++;
	for (uint32_t f = 0; f < l->m->n_features; f++) {
		size_t c = l->m->n_features + l->column[f];
		double known = l->both[c * l->k + c];

		l->mean[f] = known > 0 ? l->both[f * l->k + f] / known : 0;
	}
}

/* P~'P~ + l2 I, from counts: a known mean is taken off each factor. */
static void fill_gram(struct learning *l, double l2)
{
	uint32_t n = l->m->n_features;
	const double *both = l->both;

	for (uint32_t f = 0; f < n; f++) {
		size_t cf = n + l->column[f];

		for (uint32_t g = 0; g < n; g++) {
			size_t cg = n + l->column[g];
			double v = both[f * l->k + g] - l->mean[g] * both[f * l->k + cg] - l->mean[f] * both[cf * l->k + g] +
			           l->mean[f] * l->mean[g] * both[cf * l->k + cg];

			l->inverse[(size_t)f * n + g] = (float)(f == g ? v + l2 : v);
		}
	}
}

/* The row of an item in x'q: who had it, as deviations from the means of the features. */
static int add_had(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct learning *l = ctx;
	const struct rs_csr *x = &l->by_item, *q = &l->q;
	size_t item = l->first + tile, n_f = l->m->n_features;
	float *to = l->had + tile * n_f, *known = l->known + tile * l->m->n_columns;

	(void)worker;
	(void)err;
	memset(to, 0, n_f * sizeof *to);
	memset(known, 0, l->m->n_columns * sizeof *known);
	for (uint64_t i = x->row_ptr[item]; i < x->row_ptr[item + 1]; i++) {
		float w = x->val == NULL ? 1 : x->val[i];
		uint32_t u = x->col[i];

		for (uint64_t e = q->row_ptr[u]; e < q->row_ptr[u + 1]; e++)
			*(q->col[e] < n_f ? to + q->col[e] : known + (q->col[e] - n_f)) += w;
	}
	for (size_t f = 0; f < n_f; f++)
		to[f] -= (float)l->mean[f] * known[l->column[f]];
	return 0;
}

/* The rates of some items into the rows of their features, and the sums of the columns. */
static int put_rates(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct learning *l = ctx;
	size_t lo = tile * TILE, m = l->n - lo < TILE ? l->n - lo : TILE, n_f = l->m->n_features, n = l->x->n_cols;
	float *to = l->m->rate + n + l->first + lo;

	(void)worker;
	(void)err;
	for (size_t f = 0; f < n_f; f++) {
		float *sum = to + (n_f + l->column[f]) * n, mean = (float)l->mean[f];

		for (size_t j = 0; j < m; j++) {
			float b = l->had[(lo + j) * n_f + f];

			to[f * n + j] = b;
			sum[j] += mean * b;
		}
	}
	return 0;
}

/* B' = x'P~ times the inverse, which is symmetric: a product of large matrices, part by part. */
static int solve_items(struct learning *l, struct rs_err *err)
{
	int rc = 0;

	for (l->first = 0; rc == 0 && l->first < l->x->n_cols; l->first += PART) {
		l->n = l->x->n_cols - l->first < PART ? l->x->n_cols - l->first : PART;
		if ((rc = rs_tiles_run(l->n, add_had, l, err)) == 0 &&
		    (rc = rs_multiply(l->had, l->n, l->inverse, l->m->n_features, err)) == 0)
			rc = rs_tiles_run((l->n + TILE - 1) / TILE, put_rates, l, err);
	}
	return rc;
}

static void fill_means(struct rs_attribute_rates *m, const struct rs_csr *x)
{
	for (uint64_t e = 0; e < x->row_ptr[x->n_rows]; e++)
		m->rate[x->col[e]] += x->val == NULL ? 1 : x->val[e];
	for (uint32_t j = 0; j < m->n_items; j++)
		m->rate[j] /= (float)x->n_rows;
}

static int learn(struct learning *l, const struct rs_csr *profile, double l2, struct rs_err *err)
{
	uint32_t n_f = l->m->n_features;
	size_t n = l->x->n_cols < PART ? l->x->n_cols : PART;
	int rc;

	if ((l->mean = rs_array(n_f, sizeof *l->mean, err)) == NULL ||
	    (l->both = rs_array0(l->k * l->k, sizeof *l->both, err)) == NULL ||
	    (l->inverse = rs_array((size_t)n_f * n_f, sizeof *l->inverse, err)) == NULL ||
	    (l->had = rs_array(n_f * n, sizeof *l->had, err)) == NULL ||
	    (l->known = rs_array(l->m->n_columns * n, sizeof *l->known, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = add_known(l, profile, err)) < 0 || (rc = rs_csr_transpose(&l->by_item, l->x, err)) < 0)
		return rc;
	count_both(l);
	fill_gram(l, l2);
	rc = rs_spd_invert(l->inverse, n_f, err);
	return rc < 0 ? rc : solve_items(l, err);
}

int rs_attribute_rates_learn(struct rs_attribute_rates *m, const struct rs_features *f, const struct rs_csr *profile,
                             const struct rs_csr *x, double l2, struct rs_err *err)
{
	struct learning l = { .m = m, .x = x };
	uint32_t part;
	int rc;

	*m = (struct rs_attribute_rates){ .n_items = x->n_cols, .n_features = f->n, .n_columns = f->n_columns };
	if (f->n > FEATURES_MAX)
		return rs_fail(err, RS_EDATA,
		               "%u different attribute values of users: expected at most %d; choose columns with "
		               "--user-columns",
		               f->n, FEATURES_MAX);
	l.k = (size_t)f->n + f->n_columns;
	part = x->n_cols < PART ? x->n_cols : PART;
	if ((rc = rs_mem_require((uint64_t)l.k * (4 * (uint64_t)(x->n_cols + part) + 8 * l.k + 4 * f->n) +
	                             8 * x->row_ptr[x->n_rows] + rs_spd_invert_bytes(f->n),
	                         "attributes of users", "choose columns with --user-columns", err)) < 0)
		return rc;
	rc = RS_ENOMEM;
	if ((m->length = rs_array(f->n_columns, sizeof *m->length, err)) == NULL ||
	    (m->rate = rs_array0(n_rows(m) * x->n_cols, sizeof *m->rate, err)) == NULL ||
	    (l.column = rs_array(f->n, sizeof *l.column, err)) == NULL)
		goto out;
	for (uint32_t c = 0; c < f->n_columns; c++) {
		m->length[c] = f->column[c].n;
		for (uint32_t i = 0; i < f->column[c].n; i++)
			l.column[f->column[c].first + i] = c;
	}
	fill_means(m, x);
	rc = f->n > 0 ? learn(&l, profile, l2, err) : 0;
out:
	rs_csr_release(&l.q);
	rs_csr_release(&l.by_item);
	rs_free(l.column);
	rs_free(l.mean);
	rs_free(l.both);
	rs_free(l.inverse);
	rs_free(l.had);
	rs_free(l.known);
	if (rc < 0)
		rs_attribute_rates_release(m);
	return rc;
}

int rs_attribute_rates_save(const struct rs_attribute_rates *m, struct rs_writer *w, struct rs_err *err)
{
	int rc = rs_writer_chunk(w, CHUNK_LENGTH, 0, RS_PACK_UINT, 4, m->length, m->n_columns, err);

	return rc < 0 ? rc : rs_stored_put_floats(w, CHUNK_RATE, 0, RS_PACK_FLOAT, m->rate, n_rows(m) * m->n_items, err);
}

int rs_attribute_rates_load(struct rs_attribute_rates *m, struct rs_reader *r, uint32_t n_items, struct rs_err *err)
{
	uint64_t n;
	int rc;

	*m = (struct rs_attribute_rates){ .n_items = n_items };
	if ((rc = rs_stored_array(&m->length, &n, r, CHUNK_LENGTH, 4, FEATURES_MAX, err)) < 0)
		return rc;
	m->n_columns = (uint32_t)n;
	for (uint32_t c = 0; c < m->n_columns && rc == 0; c++) {
		if (m->length[c] > FEATURES_MAX - m->n_features)
			rc = rs_reader_damaged(r, "too many attributes", err);
		else
			m->n_features += m->length[c];
	}
	if (rc == 0)
		rc = rs_stored_floats(&m->rate, r, CHUNK_RATE, 0, n_rows(m) * n_items, -FLT_MAX, "the rates of items", err);
	if (rc < 0)
		rs_attribute_rates_release(m);
	return rc;
}

static void add_row(const struct rs_attribute_rates *m, size_t row, float w, float *out)
{
	const float *from = m->rate + row * m->n_items;

	for (uint32_t j = 0; j < m->n_items; j++)
		out[j] += w * from[j];
}

void rs_attribute_rates_of(const struct rs_attribute_rates *m, const struct rs_csr *profile, uint32_t u, float *out)
{
	uint64_t e = profile == NULL ? 0 : profile->row_ptr[u], end = profile == NULL ? 0 : profile->row_ptr[u + 1];
	uint32_t first = 0;

	memcpy(out, m->rate, m->n_items * sizeof *out);
	for (uint32_t c = 0; c < m->n_columns; c++) {
		if (e < end && profile->col[e] < first + m->length[c])
			add_row(m, 1 + (size_t)m->n_features + c, -1, out);
		for (; e < end && profile->col[e] < first + m->length[c]; e++)
			add_row(m, 1 + (size_t)profile->col[e], 1, out);
		first += m->length[c];
	}
}
