/* neighbours.c -- the rows of the item-item matrix, each by one thread, none of them ever whole in memory.
 *
 * Row i: for each user of i, in order, add the user's row to a dense array of sums; then keep the k best. Where the weight of a
 * pair only grows with C_ij * scale_j the choice is made on that product, and the power is taken of the few that stay. */
#include "lib/recipe/neighbours.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/cooccur.h"

#include <math.h>
#include <string.h>

#define TILE 64 /* items */

struct rows { /* of one tile */
	uint32_t *col;
	float *val;
	size_t n, cap_col, cap_val;
};

struct job {
	const struct rs_neighbours *how;
	const struct rs_csr *x;
	struct rs_csr xt;
	uint32_t n;
	float *user_scale;              /* n_u^-g */
	double *size, *source, *target; /* n_i, n_i^-a, n_j^-b */
	float *scale; /* of the other side, padded; 1 where weights are worked out before the choice */
	bool direct;  /* the weight grows with C_ij * scale_j */
	struct rows *rows;
	uint32_t *n_kept;
	struct rs_cooccur *sums; /* by worker */
	uint32_t **common;       /* by worker: users in common; where min_users asks for it */
};

static int scales(struct job *j, struct rs_err *err)
{
	const struct rs_csr *x = j->x;
	size_t padded = ((size_t)j->n + RS_GROUP - 1) / RS_GROUP * RS_GROUP;

	if ((j->user_scale = rs_array(x->n_rows, sizeof *j->user_scale, err)) == NULL
	    || (j->size = rs_array0(j->n, sizeof *j->size, err)) == NULL
	    || (j->source = rs_array(j->n, sizeof *j->source, err)) == NULL
	    || (j->target = rs_array(j->n, sizeof *j->target, err)) == NULL
	    || (j->scale = rs_array0(padded, sizeof *j->scale, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < x->n_rows; u++) {
		double n = (double)(x->row_ptr[u + 1] - x->row_ptr[u]);

		j->user_scale[u] = n > 0 ? (float)pow(n, -j->how->user_exponent) : 0;
	}
	for (uint32_t i = 0; i < j->n; i++) {
		for (uint64_t e = j->xt.row_ptr[i]; e < j->xt.row_ptr[i + 1]; e++) {
			double v = j->xt.val == NULL ? 1 : (double)j->xt.val[e];

			j->size[i] += j->how->squares ? v * v : v;
		}
		j->source[i] = j->size[i] > 0 ? pow(j->size[i], -j->how->source_exponent) : 0;
		j->target[i] = j->size[i] > 0 ? pow(j->size[i], -j->how->target_exponent) : 0;
		j->scale[i] = !j->direct ? 1 : (float)(j->how->by_target ? j->source[i] : j->target[i]);
	}
	return 0;
}

/* The weight that item i of a history gives to item k. c: C_ik. */
static double weight(const struct job *j, uint32_t i, uint32_t k, double c)
{
	double s = c * j->source[i] * j->target[k];

	if (j->how->jaccard)
		s /= j->size[i] + j->size[k] - c;
	if (j->how->power != 1)
		s = pow(s, j->how->power);
	return j->how->shrink > 0 ? s * c / (c + j->how->shrink) : s;
}

static void add_users(const struct job *j, uint32_t i, struct rs_cooccur *sums, uint32_t *common)
{
	const struct rs_csr *x = j->x, *xt = &j->xt;
	const struct rs_cooccur_isa *isa = rs_cooccur_isa();

	for (uint64_t e = xt->row_ptr[i]; e < xt->row_ptr[i + 1]; e++) {
		uint64_t from = x->row_ptr[xt->col[e]];
		size_t n = (size_t)(x->row_ptr[xt->col[e] + 1] - from);
		float w = j->user_scale[xt->col[e]] * (xt->val == NULL ? 1 : xt->val[e]);

		isa->add(sums->acc, sums->mark, x->col + from, x->val == NULL ? NULL : x->val + from, n, w);
		for (size_t f = 0; f < n && common != NULL; f++)
			common[x->col[from + f]]++;
	}
	sums->acc[i] = 0;
}

/* Sums of pairs that share too few users become 0; where the choice cannot be made on sums they become weights. */
static void revise(const struct job *j, uint32_t i, struct rs_cooccur *sums, uint32_t *common)
{
	for (uint32_t g = 0; g < sums->n_groups; g++) {
		uint32_t hi = (g + 1) * RS_GROUP < j->n ? (g + 1) * RS_GROUP : j->n;

		for (uint32_t k = g * RS_GROUP; k < hi && sums->mark[g] != 0; k++) {
			float *c = &sums->acc[k];

			if (common != NULL && common[k] < j->how->min_users)
				*c = 0;
			if (common != NULL)
				common[k] = 0;
			if (!j->direct && *c > 0)
				*c = (float)(j->how->by_target ? weight(j, k, i, (double)*c)
				                               : weight(j, i, k, (double)*c));
		}
	}
}

static int keep_row(const struct job *j, uint32_t i, struct rs_cooccur *sums, struct rows *r,
                    struct rs_err *err)
{
	double own = j->how->by_target ? j->target[i] : j->source[i];
	size_t n = rs_cooccur_best(sums, j->scale);
	int rc;

	if ((rc = rs_grow(&r->col, &r->cap_col, r->n + n, sizeof *r->col, err)) < 0
	    || (rc = rs_grow(&r->val, &r->cap_val, r->n + n, sizeof *r->val, err)) < 0)
		return rc;
	for (size_t e = 0; e < n; e++) {
		uint32_t bits = (uint32_t)(sums->candidate[e] >> 32);
		float v;

		memcpy(&v, &bits, sizeof v);
		if (j->direct && j->how->power == 1)
			v = (float)((double)v * own);
		else if (j->direct)
			v = (float)pow((double)v * own, j->how->power);
		if (!isfinite(v))
			return rs_fail(err, RS_EDATA,
			               "a weight is beyond all numbers: smaller weights of events help");
		r->col[r->n + e] = rs_candidate_column(sums->candidate[e]);
		r->val[r->n + e] = v;
	}
	r->n += n;
	j->n_kept[i] = (uint32_t)n;
	return 0;
}

static int row_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct job *j = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < j->n ? lo + TILE : j->n;
	struct rs_cooccur *sums = &j->sums[worker];
	uint32_t *common = j->common[worker];
	int rc;

	for (uint32_t i = lo; i < hi; i++) {
		add_users(j, i, sums, common);
		if (common != NULL || !j->direct)
			revise(j, i, sums, common);
		if ((rc = keep_row(j, i, sums, &j->rows[tile], err)) < 0)
			return rc;
	}
	rs_progress("neighbours", hi, j->n, "items");
	return 0;
}

static int workspace(struct job *j, size_t n_tiles, struct rs_err *err)
{
	uint32_t k = j->how->k < j->n ? j->how->k : j->n;
	int n = rs_threads();

	if ((j->rows = rs_array0(n_tiles, sizeof *j->rows, err)) == NULL
	    || (j->n_kept = rs_array(j->n, sizeof *j->n_kept, err)) == NULL
	    || (j->sums = rs_array0((size_t)n, sizeof *j->sums, err)) == NULL
	    || (j->common = rs_array0((size_t)n, sizeof *j->common, err)) == NULL)
		return RS_ENOMEM;
	for (int w = 0; w < n; w++)
		if (rs_cooccur_init(&j->sums[w], j->n, k, err) < 0
		    || (j->how->min_users > 1
		        && (j->common[w] = rs_array0(j->n, sizeof **j->common, err)) == NULL))
			return RS_ENOMEM;
	return 0;
}

static void release(struct job *j, size_t n_tiles)
{
	for (size_t t = 0; t < n_tiles && j->rows != NULL; t++) {
		rs_free(j->rows[t].col);
		rs_free(j->rows[t].val);
	}
	for (int w = 0; w < rs_threads(); w++) {
		if (j->sums != NULL)
			rs_cooccur_release(&j->sums[w]);
		if (j->common != NULL)
			rs_free(j->common[w]);
	}
	rs_free(j->rows);
	rs_free(j->n_kept);
	rs_free(j->sums);
	rs_free(j->common);
	rs_free(j->user_scale);
	rs_free(j->size);
	rs_free(j->source);
	rs_free(j->target);
	rs_free(j->scale);
	rs_csr_release(&j->xt);
}

/* One matrix from the rows of the tiles, which are given up on the way. */
static int gather(struct rs_csr *w, struct job *j, size_t n_tiles, struct rs_err *err)
{
	uint64_t at = 0;

	memset(w, 0, sizeof *w);
	w->n_rows = w->n_cols = j->n;
	for (size_t t = 0; t < n_tiles; t++)
		at += j->rows[t].n;
	if ((w->row_ptr = rs_array((size_t)j->n + 1, sizeof *w->row_ptr, err)) == NULL
	    || (w->col = rs_array(at, sizeof *w->col, err)) == NULL
	    || (w->val = rs_array(at, sizeof *w->val, err)) == NULL) {
		rs_csr_release(w);
		return RS_ENOMEM;
	}
	w->row_ptr[0] = 0;
	for (uint32_t i = 0; i < j->n; i++)
		w->row_ptr[i + 1] = w->row_ptr[i] + j->n_kept[i];
	at = 0;
	for (size_t t = 0; t < n_tiles; t++) {
		struct rows *r = &j->rows[t];

		if (r->n > 0) {
			memcpy(w->col + at, r->col, r->n * sizeof *r->col);
			memcpy(w->val + at, r->val, r->n * sizeof *r->val);
		}
		at += r->n;
		rs_free(r->col);
		rs_free(r->val);
		*r = (struct rows){ 0 };
	}
	return 0;
}

/* An upper bound of the memory that is still to come. */
static int require(const struct job *j, struct rs_err *err)
{
	uint64_t kept = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		uint64_t pairs = 0, most = j->how->k < j->n ? j->how->k : j->n;

		for (uint64_t e = j->xt.row_ptr[i]; e < j->xt.row_ptr[i + 1] && pairs < most; e++)
			pairs += j->x->row_ptr[j->xt.col[e] + 1] - j->x->row_ptr[j->xt.col[e]];
		kept += pairs < most ? pairs : most;
	}
	return rs_mem_require(kept * 20 + (uint64_t)j->n * (40 + (uint64_t)rs_threads() * 12),
	                      "the neighbours of items", "fewer of them (-p neighbors=100) need less", err);
}

int rs_neighbours(struct rs_csr *w, const struct rs_csr *x, const struct rs_neighbours *how,
                  struct rs_err *err)
{
	struct job j = { .how = how, .x = x, .n = x->n_cols, .direct = how->shrink <= 0 && !how->jaccard };
	size_t n_tiles = ((size_t)j.n + TILE - 1) / TILE;
	struct rs_csr turned;
	int rc;

	memset(w, 0, sizeof *w);
	if ((rc = rs_csr_transpose(&j.xt, x, err)) < 0)
		return rc;
	if ((rc = require(&j, err)) < 0 || (rc = scales(&j, err)) < 0
	    || (rc = workspace(&j, n_tiles, err)) < 0 || (rc = rs_tiles_run(n_tiles, row_tile, &j, err)) < 0
	    || (rc = gather(w, &j, n_tiles, err)) < 0)
		goto out;
	if (how->by_target) {
		if ((rc = rs_csr_transpose(&turned, w, err)) < 0) {
			rs_csr_release(w);
			goto out;
		}
		rs_csr_release(w);
		*w = turned;
	}
out:
	release(&j, n_tiles);
	return rc;
}
