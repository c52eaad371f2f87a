/* local.c -- small regressions, one for each item: candidates, their part of the Gram matrix, the solution. */
#include "lib/recipe/local.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/isa.h"

#include <math.h>
#include <string.h>

#define TILE 32

struct bench { /* of one worker */
	struct rs_cooccur sums;
	uint64_t *bits;  /* by item: whether it is a candidate */
	uint16_t *place; /* and where */
	uint32_t *item;  /* candidates */
	float *a;        /* candidates squared, then right sides */
	float *right, *w, *left;
};

struct solving {
	const struct rs_local *how;
	float *scale;       /* often^-discount, padded */
	float *l2, *target; /* l2 often^l2_exponent, often^-target_exponent */
	struct rs_scored *kept;
	uint32_t *n_kept, room;
	size_t ld;
	struct bench *bench;
};

static void set_place(struct bench *b, const uint32_t *item, uint32_t m)
{
	for (uint32_t k = 0; k < m; k++) {
		b->bits[item[k] / 64] |= (uint64_t)1 << item[k] % 64;
		b->place[item[k]] = (uint16_t)k;
	}
}

static void clear_place(struct bench *b, const uint32_t *item, uint32_t m)
{
	for (uint32_t k = 0; k < m; k++)
		b->bits[item[k] / 64] = 0;
}

/* Upper triangle of G_MM; D on its diagonal. */
static void fill(const struct solving *s, struct bench *b, uint32_t m)
{
	const struct rs_local_gram *g = s->how->gram;
	float *a = b->a;
	size_t ld = s->ld;

	for (uint32_t k = 0; k < m; k++)
		memset(a + k * ld, 0, m * sizeof *a);
	for (uint32_t k = 0; k < m; k++) {
		uint32_t i = b->item[k], h = g->head[i];

		for (uint32_t l = k + 1; l < m && h != UINT32_MAX; l++) {
			uint32_t o = g->head[b->item[l]];

			if (o != UINT32_MAX)
				a[k * ld + l] = g->block[(size_t)h * g->n_head + o];
		}
		for (uint64_t e = g->row_ptr[i]; e < g->row_ptr[i + 1]; e++) {
			uint32_t c = g->col[e], l;

			if ((b->bits[c / 64] >> c % 64 & 1) == 0)
				continue;
			l = b->place[c];
			a[k < l ? k * ld + l : l * ld + k] = g->val[e];
		}
		a[k * ld + k] = (float)((double)g->diagonal[i] * (1 + s->how->load)) + s->l2[i];
	}
}

/* w by Cholesky; 0 where the system is not positive definite. */
static int solve_ridge(const struct solving *s, struct bench *b, uint32_t m)
{
	const struct rs_kernels *k = rs_isa();

	for (uint32_t i = 0; i < m; i++)
		b->a[i * s->ld + m] = b->right[i];
	if (m > 0 && !k->chol(b->a, s->ld, m, (size_t)m + 1))
		return 0;
	for (uint32_t i = 0; i < m; i++)
		b->w[i] = b->a[i * s->ld + m];
	k->back(b->w, b->a, s->ld, m);
	return 1;
}

/* w by coordinate descent; left = r - (G + D) w. */
static void solve_descent(const struct solving *s, struct bench *b, uint32_t m)
{
	const struct rs_local *how = s->how;
	float largest = 0;

	for (uint32_t i = 0; i < m; i++) {
		b->w[i] = 0;
		b->left[i] = b->right[i];
		largest = fmaxf(largest, b->right[i]);
		for (uint32_t l = i + 1; l < m; l++)
			b->a[l * s->ld + i] = b->a[i * s->ld + l];
	}
	for (uint32_t sweep = 0; sweep < how->sweeps; sweep++) {
		float change = 0;

		for (uint32_t i = 0; i < m; i++) {
			const float *row = b->a + i * s->ld;
			float d = row[i], x = b->left[i] + d * b->w[i], new, step;

			new = x > (float)how->l1      ? (x - (float)how->l1) / d
			        : x < (float)-how->l1 ? (x + (float)how->l1) / d
			                              : 0;
			new = how->nonnegative &&new < 0 ? 0 : new;
			step = new - b->w[i];
			if (step == 0)
				continue;
			b->w[i] = new;
			for (uint32_t l = 0; l < m; l++)
				b->left[l] -= step * row[l];
			change = fmaxf(change, fabsf(step) * d);
		}
		if (change <= 1e-4f * largest)
			break;
	}
}

/* The candidates of target j, ascending, and their r. */
static uint32_t choose(const struct solving *s, struct bench *b, uint32_t j)
{
	struct rs_cooccur *c = &b->sums;
	uint32_t m = 0, n;

	s->how->row(s->how->ctx, j, c);
	c->acc[j] = 0;
	n = (uint32_t)rs_cooccur_best(c, s->scale);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t bits = (uint32_t)(c->candidate[k] >> 32), i = rs_candidate_column(c->candidate[k]);
		float v;

		memcpy(&v, &bits, sizeof v);
		b->item[m] = i;
		b->right[m++] = v / s->scale[i];
	}
	return m;
}

static int solve_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct solving *s = ctx;
	const struct rs_local *how = s->how;
	struct bench *b = &s->bench[worker];
	uint32_t n = how->gram->n, lo = (uint32_t)tile * TILE, hi = lo + TILE < n ? lo + TILE : n;

	for (uint32_t j = lo; j < hi; j++) {
		double self = how->self == NULL ? 0 : how->self(how->ctx, j);
		uint32_t m = choose(s, b, j);
		struct rs_scored *to = s->kept + (size_t)j * s->room;

		if (self > 0) {
			b->item[m] = j;
			b->right[m++] = (float)self;
		}
		set_place(b, b->item, m);
		fill(s, b, m);
		clear_place(b, b->item, m);
		if (how->l1 > 0 || how->nonnegative)
			solve_descent(s, b, m);
		else if (!solve_ridge(s, b, m))
			return rs_fail(err, RS_EDATA, "%s: no solution for an item: a larger l2 helps",
			               how->stage);
		s->n_kept[j] = 0;
		for (uint32_t k = 0; k < m; k++) {
			if (!isfinite(b->w[k]))
				return rs_fail(err, RS_EDATA,
				               "%s: a weight is beyond all numbers: a larger l2 helps",
				               how->stage);
			if (b->w[k] != 0)
				to[s->n_kept[j]++] = (struct rs_scored){ b->w[k] * s->target[j], b->item[k] };
		}
	}
	rs_progress(how->stage, hi, n, "items");
	return 0;
}

static int make_benches(struct solving *s, struct rs_err *err)
{
	uint32_t n = s->how->gram->n;

	if ((s->bench = rs_array0((size_t)rs_threads(), sizeof *s->bench, err)) == NULL)
		return RS_ENOMEM;
	for (int w = 0; w < rs_threads(); w++) {
		struct bench *b = &s->bench[w];

		if (rs_cooccur_init(&b->sums, n, s->how->candidates, err) < 0
		    || (b->bits = rs_array0((size_t)n / 64 + 1, sizeof *b->bits, err)) == NULL
		    || (b->place = rs_array(n, sizeof *b->place, err)) == NULL
		    || (b->item = rs_array(s->room, sizeof *b->item, err)) == NULL
		    || (b->right = rs_array(s->ld, sizeof *b->right, err)) == NULL
		    || (b->w = rs_array(s->ld, sizeof *b->w, err)) == NULL
		    || (b->left = rs_array(s->ld, sizeof *b->left, err)) == NULL
		    || (b->a = rs_array0(s->ld * (s->ld + 1), sizeof *b->a, err)) == NULL)
			return RS_ENOMEM;
	}
	return 0;
}

static void release_benches(struct solving *s)
{
	for (int w = 0; s->bench != NULL && w < rs_threads(); w++) {
		struct bench *b = &s->bench[w];

		rs_cooccur_release(&b->sums);
		rs_free(b->bits);
		rs_free(b->place);
		rs_free(b->item);
		rs_free(b->right);
		rs_free(b->w);
		rs_free(b->left);
		rs_free(b->a);
	}
	rs_free(s->bench);
}

int rs_local_solve(struct rs_sparse_items *out, const struct rs_local *how, struct rs_err *err)
{
	uint32_t n = how->gram->n;
	size_t padded = ((size_t)n + RS_GROUP - 1) / RS_GROUP * RS_GROUP;
	struct solving s = { .how = how, .room = how->candidates + 1 };
	int rc = RS_ENOMEM;

	s.ld = RS_ROUND_LANES((size_t)s.room + 1);
	if (rs_mem_require((uint64_t)n * (s.room * 16 + 16), how->stage,
	                   "fewer candidates (-p neighbors=50) need less", err)
	            < 0
	    || (s.scale = rs_array0(padded, sizeof *s.scale, err)) == NULL
	    || (s.l2 = rs_array(n, sizeof *s.l2, err)) == NULL
	    || (s.target = rs_array(n, sizeof *s.target, err)) == NULL
	    || (s.kept = rs_array((size_t)n * s.room, sizeof *s.kept, err)) == NULL
	    || (s.n_kept = rs_array(n, sizeof *s.n_kept, err)) == NULL)
		goto out;
	for (uint32_t i = 0; i < n; i++) {
		double often = how->often[i] > 0 ? (double)how->often[i] : 1;

		s.scale[i] = (float)pow(often, -how->discount);
		s.l2[i] = (float)(how->l2 * pow(often, how->l2_exponent));
		s.target[i] = (float)pow(often, -how->target_exponent);
	}
	if ((rc = make_benches(&s, err)) == 0
	    && (rc = rs_tiles_run((n + TILE - 1) / TILE, solve_tile, &s, err)) == 0)
		rc = rs_sparse_items_by_source(out, s.kept, s.n_kept, s.room, n, err);
out:
	release_benches(&s);
	rs_free(s.scale);
	rs_free(s.l2);
	rs_free(s.target);
	rs_free(s.kept);
	rs_free(s.n_kept);
	return rc;
}
