/* als_solve.c -- one row of ALS: exact in n or in d dimensions, conjugate gradient, or blocks of coordinates.
 *
 * With Z the n rows of y in the events, C their weights and D = ridge + r (a diagonal), x is wanted with
 *     (D + Z'CZ) x = Z'C 1 + r m.
 * n < d: x = D^-1 (Z' C^1/2 a + r m) with K a = C^1/2 (1 - Z D^-1 r m), K = I + C^1/2 Z D^-1 Z' C^1/2, an n x n matrix
 * (Woodbury): n^2 d + n^3 / 3.
 * Else the d x d matrix as it stands: n d^2 + d^3 / 3. Conjugate gradient is preconditioned with D, which leaves to its
 * steps only what the n events add; each costs 4 n d. */
#include "lib/recipe/als_solve.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"

#include <math.h>
#include <string.h>

#define GATHER 128         /* rows of y that are copied together for one product */
#define FETCHED (128 << 10) /* words of short rows that stay in the second cache beside as many others */
#define EARLY 48           /* rows of the same one that are fetched so long before they are read */
#define EXACT_IS_FASTER .5 /* an operation of the exact way against one of a step, in small systems */

struct rs_als_scratch {
	float *z;      /* C^1/2 Z D^-1/2 by coordinate, or gathered rows and the same times their weights */
	float *matrix; /* K or the d x d matrix, with one right side */
	float *d, *root_d; /* ld: D^-1, D^-1/2 */
	float *v[4];       /* ld each, and zeros up to twice the words of a short row */
	float *event;      /* n_max */
	float *weight;     /* n_max */
};

/* Row strides that are a multiple of 256 bytes would crowd a few sets of the caches. */
static size_t stride(size_t n)
{
	n = RS_ROUND_LANES(n);
	return n % 64 == 0 ? n + RS_LANES : n;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Floats in each array of the scratch memory, in the order of its members. */
static void sizes(const struct rs_als_solver *s, size_t n_max, size_t size[4])
{
	size_t side = least(n_max, s->d), copied = 2 * least(GATHER, n_max) * s->ld;
	size_t turned = s->ld * stride(least(n_max, s->d));

	size[0] = copied > turned ? copied : turned;
	size[1] = side * stride(side + 1);
	size[2] = 2 * RS_SHORT_WORDS(s->ld);
	size[3] = n_max;
}

size_t rs_als_scratch_bytes(const struct rs_als_solver *s, size_t n_max)
{
	size_t size[4];

	sizes(s, n_max, size);
	return (size[0] + size[1] + 6 * size[2] + 2 * size[3]) * sizeof(float) + 1024;
}

int rs_als_scratch_new(struct rs_als_scratch **out, const struct rs_als_solver *s, size_t n_max,
                       struct rs_err *err)
{
	struct rs_als_scratch *w = rs_array0(1, sizeof *w, err);
	size_t size[4];

	*out = w;
	if (w == NULL)
		return RS_ENOMEM;
	sizes(s, n_max, size);
	if ((w->z = rs_array0(size[0], sizeof(float), err)) == NULL
	    || (w->matrix = rs_array0(size[1], sizeof(float), err)) == NULL
	    || (w->d = rs_array(size[2], sizeof(float), err)) == NULL
	    || (w->root_d = rs_array(size[2], sizeof(float), err)) == NULL
	    || (w->event = rs_array(size[3], sizeof(float), err)) == NULL
	    || (w->weight = rs_array(size[3], sizeof(float), err)) == NULL)
		goto fail;
	for (size_t i = 0; i < 4; i++)
		if ((w->v[i] = rs_array0(size[2], sizeof(float), err)) == NULL)
			goto fail;
	return 0;
fail:
	rs_als_scratch_free(w);
	*out = NULL;
	return RS_ENOMEM;
}

void rs_als_scratch_free(struct rs_als_scratch *w)
{
	if (w == NULL)
		return;
	rs_free(w->z);
	rs_free(w->matrix);
	rs_free(w->d);
	rs_free(w->root_d);
	rs_free(w->event);
	rs_free(w->weight);
	for (size_t i = 0; i < 4; i++)
		rs_free(w->v[i]);
	rs_free(w);
}

static void make_diagonal(const struct rs_als_solver *s, struct rs_als_scratch *w, float r)
{
	for (size_t k = 0; k < s->ld; k++)
		w->d[k] = 1 / (s->ridge[k] + r);
}

static int out_of_range(struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "als: numbers grew out of range: more regularization may help");
}

/* side (n) = K^-1 side. w->weight holds C^1/2 where there are weights. */
static int solve_by_events(const struct rs_als_solver *s, struct rs_als_scratch *w, struct rs_rows_of rows,
                           int weighted, float *side, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	size_t n = rows.n, ldz = stride(n), ldk = stride(n + 1);
	float *m = w->matrix;

	for (size_t j = 0; j < s->ld; j++)
		w->root_d[j] = sqrtf(w->d[j]);
	k->pack_rows(w->z, ldz, rows, s->ld, w->root_d);
	for (size_t c = 0; c < n; c += RS_PANEL)
		k->tn(RS_TN_SET, m + c, ldk, least(c + RS_PANEL, n), least(n - c, RS_PANEL), s->ld, w->z, ldz,
		      k->mr, w->z + c, ldz);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i; j < n && weighted; j++)
			m[i * ldk + j] *= w->weight[i] * w->weight[j];
		m[i * ldk + i] += 1;
		m[i * ldk + n] = side[i];
	}
	if (!k->chol(m, ldk, n, n + 1))
		return out_of_range(err);
	for (size_t i = 0; i < n; i++)
		side[i] = m[i * ldk + n];
	k->back(side, m, ldk, n);
	return 0;
}

/* side (d) = (diag(1 / inv_d) + Z'CZ)^-1 side, for the d coordinates that rows start with. */
static int solve_by_coordinates(const struct rs_als_scratch *w, struct rs_rows_of rows, const float *c,
                                size_t d, const float *inv_d, float *side, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	size_t ldm = stride(d + 1), ldz = RS_ROUND_LANES(d);
	float *m = w->matrix;

	for (size_t i = 0; i < rows.n; i += GATHER) {
		size_t n = least(rows.n - i, GATHER);
		float *z = w->z, *cz = c == NULL ? z : z + n * ldz;

		for (size_t l = 0; l < n; l++) {
			const float *from = rows.base + rows.ix[i + l] * rows.ld;

			memcpy(z + l * ldz, from, ldz * sizeof *z);
			for (size_t j = 0; j < ldz && c != NULL; j++)
				cz[l * ldz + j] = c[i + l] * from[j];
		}
		for (size_t j = 0; j < d; j += RS_PANEL)
			k->tn(i == 0 ? RS_TN_SET : RS_TN_ADD, m + j, ldm, least(j + RS_PANEL, d),
			      least(d - j, RS_PANEL), n, cz, ldz, k->mr, z + j, ldz);
	}
	for (size_t i = 0; i < d; i++) {
		m[i * ldm + i] += 1 / inv_d[i];
		m[i * ldm + d] = side[i];
	}
	if (!k->chol(m, ldm, d, d + 1))
		return out_of_range(err);
	for (size_t i = 0; i < d; i++)
		side[i] = m[i * ldm + d];
	k->back(side, m, ldm, d);
	return 0;
}

/* w->weight = C^1/2 */
static void root_weights(struct rs_als_scratch *w, const float *c, size_t n)
{
	for (size_t i = 0; i < n && c != NULL; i++)
		w->weight[i] = sqrtf(c[i]);
}

/* x is the pull r m, which becomes the solution. */
static int solve_exactly(const struct rs_als_solver *s, struct rs_als_scratch *w, struct rs_rows_of rows,
                         const float *c, float *x, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	float *first = w->v[0]; /* D^-1 r m: the solution without events */
	int rc;

	if (rows.n >= s->d) {
		k->add_rows(x, s->ld, rows, c);
		return solve_by_coordinates(w, rows, c, s->d, w->d, x, err);
	}
	for (size_t j = 0; j < s->ld; j++)
		first[j] = w->d[j] * x[j];
	root_weights(w, c, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		w->event[i] = (c == NULL ? 1 : w->weight[i])
		        * (1 - k->dot(rows.base + rows.ix[i] * rows.ld, first, s->ld));
	if ((rc = solve_by_events(s, w, rows, c != NULL, w->event, err)) < 0)
		return rc;
	for (size_t i = 0; i < rows.n && c != NULL; i++)
		w->event[i] *= w->weight[i];
	k->add_rows(x, s->ld, rows, w->event);
	for (size_t j = 0; j < s->ld; j++)
		x[j] *= w->d[j];
	return 0;
}

/* What is fetched in a pass: the rest of the row itself where it is not there, or too long to stay; else a share of the
 * next one. */
static void look_ahead(struct rs_short_rows *rows, const struct rs_als_solver *s, const struct rs_als_ahead *a, size_t pass)
{
	size_t passes = a->there ? 1 + s->steps : s->steps, share = (a->n_next + passes - 1) / passes, from;

	if ((pass == 0 && !a->there) || rows->n * rows->n_words > FETCHED) {
		from = least(EARLY, rows->n);
		rows->soon = rows->ix + from;
		rows->n_soon = rows->n - from;
	} else {
		from = least((a->there ? pass : pass - 1) * share, a->n_next);
		rows->soon = a->next + from;
		rows->n_soon = least(share, a->n_next - from);
	}
}

static void solve_by_gradient(const struct rs_als_solver *s, struct rs_als_scratch *w, struct rs_short_rows rows,
                              const float *c, float r, const float *pull, float *x, const struct rs_als_ahead *ahead)
{
	const struct rs_kernels *k = rs_isa();
	float *res = w->v[0], *p = w->v[1], *q = w->v[2], rz;

	memcpy(p, x, s->ld * sizeof *p);
	for (size_t j = 0; j < s->ld; j++)
		res[j] = (pull == NULL ? 0 : pull[j]) - x[j] * (s->ridge[j] + r);
	look_ahead(&rows, s, ahead, 0);
	k->add_residual(res, p, 1, rows, c);
	for (size_t j = 0; j < s->ld; j++)
		p[j] = w->d[j] * res[j];
	rz = k->dot(p, res, s->ld);
	for (size_t step = 0; step < s->steps && rz > 0; step++) {
		float pq = 0, a, next = 0;

		for (size_t j = 0; j < s->ld; j++) /* q = -A p */
			q[j] = -p[j] * (s->ridge[j] + r);
		look_ahead(&rows, s, ahead, step + 1);
		k->add_residual(q, p, 0, rows, c);
		pq = -k->dot(p, q, s->ld);
		a = rz / pq;
		for (size_t j = 0; j < s->ld; j++) {
			x[j] += a * p[j];
			res[j] += a * q[j];
			q[j] = w->d[j] * res[j];
		}
		next = k->dot(q, res, s->ld);
		for (size_t j = 0; j < s->ld; j++)
			p[j] = q[j] + next / rz * p[j];
		rz = next;
	}
}

/* Each block of coordinates becomes the best, the others as they are, in order. */
static int solve_by_blocks(const struct rs_als_solver *s, struct rs_als_scratch *w, struct rs_rows_of rows,
                           const float *c, const float *pull, float *x, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	float *g = w->v[0], *miss = w->event; /* x.y - 1 for each event */

	for (size_t i = 0; i < rows.n; i++)
		miss[i] = k->dot(rows.base + rows.ix[i] * rows.ld, x, s->ld) - 1;
	for (size_t b = 0; b < s->d; b += s->block) {
		size_t d = least(s->d - b, s->block);
		struct rs_rows_of part = { rows.base + b, rows.ld, rows.ix, rows.n };
		int rc;

		for (size_t j = 0; j < d; j++)
			g[j] = x[b + j] / w->d[b + j] - (pull == NULL ? 0 : pull[b + j]);
		for (size_t i = 0; i < rows.n; i++)
			w->weight[i] = c == NULL ? miss[i] : c[i] * miss[i];
		k->add_rows(g, d, part, w->weight);
		if ((rc = solve_by_coordinates(w, part, c, d, w->d + b, g, err)) < 0)
			return rc;
		for (size_t j = 0; j < d; j++)
			x[b + j] -= g[j];
		for (size_t i = 0; i < rows.n; i++)
			miss[i] -= k->dot(part.base + rows.ix[i] * rows.ld, g, d);
	}
	return 0;
}

/* What to do with a row of n events. */
static enum rs_als_method method_for(const struct rs_als_solver *s, size_t n)
{
	double d = (double)s->d, m = (double)n;
	double exact = m < d ? m * m * (d + m / 3) : d * d * (m + d / 3);

	if (s->method == RS_ALS_CG && exact > EXACT_IS_FASTER * 4 * (1 + (double)s->steps) * m * d)
		return RS_ALS_CG;
	return s->method == RS_ALS_BLOCKS && n > s->block && s->d > s->block ? RS_ALS_BLOCKS : RS_ALS_EXACT;
}

/* r m, or NULL where m is 0. */
static const float *make_pull(const struct rs_als_solver *s, struct rs_als_scratch *w, float r, const float *m)
{
	for (size_t j = 0; j < s->ld && m != NULL; j++)
		w->v[3][j] = r * m[j];
	return m == NULL ? NULL : w->v[3];
}

bool rs_als_looks_ahead(const struct rs_als_solver *s, size_t n)
{
	return method_for(s, n) == RS_ALS_CG && n * RS_SHORT_WORDS(s->ld) <= FETCHED;
}

int rs_als_solve(const struct rs_als_solver *s, struct rs_als_scratch *w, const uint32_t *item, const float *c, size_t n,
                 float r, const float *m, float *x, const struct rs_als_ahead *ahead, struct rs_err *err)
{
	struct rs_rows_of rows = { s->y, s->ld, item, n };
	enum rs_als_method method = method_for(s, n);
	const float *pull = make_pull(s, w, r, m);
	int rc = 0, bad = 0;

	if (n == 0) {
		for (size_t j = 0; j < s->ld; j++)
			x[j] = m == NULL ? 0 : m[j];
		return 0;
	}
	make_diagonal(s, w, r);
	if (method == RS_ALS_CG) {
		struct rs_short_rows shorts = { .base = s->short_y, .n_words = RS_SHORT_WORDS(s->ld), .ix = item, .n = n };
		struct rs_als_ahead nothing = { false, item, 0 };

		solve_by_gradient(s, w, shorts, c, r, pull, x, ahead == NULL ? &nothing : ahead);
	} else if (method == RS_ALS_BLOCKS) {
		rc = solve_by_blocks(s, w, rows, c, pull, x, err);
	} else {
		for (size_t j = 0; j < s->ld; j++)
			x[j] = pull == NULL ? 0 : pull[j];
		rc = solve_exactly(s, w, rows, c, x, err);
	}
	for (size_t j = 0; j < s->ld; j++)
		bad |= !(fabsf(x[j]) <= 3e38f);
	return rc < 0 ? rc : bad ? out_of_range(err) : 0;
}

int rs_als_shares(const struct rs_als_solver *s, struct rs_als_scratch *w, const uint32_t *item,
                  const float *c, size_t n, float r, const float *target, float *share, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	struct rs_rows_of rows = { s->y, s->ld, item, n };
	float *v = w->v[0];
	int rc;

	if (n == 0)
		return 0;
	make_diagonal(s, w, r);
	if (n >= s->d) { /* c_i y_i . (A^-1 target) */
		memcpy(v, target, s->ld * sizeof *v);
		if ((rc = solve_by_coordinates(w, rows, c, s->d, w->d, v, err)) < 0)
			return rc;
		for (size_t i = 0; i < n; i++)
			share[i] = (c == NULL ? 1 : c[i]) * k->dot(s->y + item[i] * s->ld, v, s->ld);
		return 0;
	}
	root_weights(w, c, n); /* C^1/2 K^-1 C^1/2 Z D^-1 target */
	for (size_t j = 0; j < s->ld; j++)
		v[j] = w->d[j] * target[j];
	for (size_t i = 0; i < n; i++)
		share[i] = (c == NULL ? 1 : w->weight[i]) * k->dot(s->y + item[i] * s->ld, v, s->ld);
	if ((rc = solve_by_events(s, w, rows, c != NULL, share, err)) < 0)
		return rc;
	for (size_t i = 0; i < n && c != NULL; i++)
		share[i] *= w->weight[i];
	return 0;
}

void rs_als_rest(const struct rs_als_solver *s, const uint32_t *item, size_t n, float r, const float *target,
                 const float *share, float *rest)
{
	struct rs_rows_of rows = { s->y, s->ld, item, n };

	memset(rest, 0, s->ld * sizeof *rest);
	rs_isa()->add_rows(rest, s->ld, rows, share);
	for (size_t j = 0; j < s->ld; j++)
		rest[j] = (target[j] - rest[j]) * r / (s->ridge[j] + r);
}
