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

struct job {
	const struct rs_neighbours *how;
	const struct rs_csr *x;
	struct rs_csr xt;
	uint32_t n;
	float *user_scale;              /* n_u^-g */
	double *size, *source, *target; /* n_i, n_i^-a, n_j^-b */
	float *scale; /* of the other side, padded; 1 where weights are worked out before the choice */
	bool direct;  /* the weight grows with C_ij * scale_j */
	uint64_t *first; /* n + 1: where the row stands, with room for the most that it can hold */
	uint32_t *col;
	float *val;
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
	for (uint32_t g = 0; (g = rs_cooccur_next(sums, g)) < sums->n_groups; g++) {
		uint32_t hi = (g + 1) * RS_GROUP < j->n ? (g + 1) * RS_GROUP : j->n;

		for (uint32_t k = g * RS_GROUP; k < hi; k++) {
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

static int keep_row(const struct job *j, uint32_t i, struct rs_cooccur *sums, struct rs_err *err)
{
	double own = j->how->by_target ? j->target[i] : j->source[i];
	size_t n = rs_cooccur_best(sums, j->scale);
	uint32_t *col = j->col + j->first[i];
	float *val = j->val + j->first[i];

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
		col[e] = rs_candidate_column(sums->candidate[e]);
		val[e] = v;
	}
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
		if ((rc = keep_row(j, i, sums, err)) < 0)
			return rc;
	}
	rs_progress("neighbours", hi, j->n, "items");
	return 0;
}

static int workspace(struct job *j, struct rs_err *err)
{
	uint32_t k = j->how->k < j->n ? j->how->k : j->n;
	int n = rs_threads();

	if ((j->col = rs_array(j->first[j->n], sizeof *j->col, err)) == NULL
	    || (j->val = rs_array(j->first[j->n], sizeof *j->val, err)) == NULL
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

static void release(struct job *j)
{
	for (int w = 0; w < rs_threads(); w++) {
		if (j->sums != NULL)
			rs_cooccur_release(&j->sums[w]);
		if (j->common != NULL)
			rs_free(j->common[w]);
	}
	rs_free(j->first);
	rs_free(j->col);
	rs_free(j->val);
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

/* The rows without the room between them. */
static void pack(struct rs_csr *w, struct job *j)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		uint64_t from = j->first[i];

		if (at < from) {
			memmove(j->col + at, j->col + from, j->n_kept[i] * sizeof *j->col);
			memmove(j->val + at, j->val + from, j->n_kept[i] * sizeof *j->val);
		}
		j->first[i] = at;
		at += j->n_kept[i];
	}
	j->first[j->n] = at;
	*w = (struct rs_csr){ .n_rows = j->n, .n_cols = j->n, .row_ptr = j->first, .col = j->col, .val = j->val };
	j->first = NULL;
	j->col = NULL;
	j->val = NULL;
}

/* Where rows stand; refuses before the work where the memory that is still to come is too much. */
static int place(struct job *j, struct rs_err *err)
{
	uint64_t at = 0, most = j->how->k < j->n ? j->how->k : j->n, threads = (uint64_t)rs_threads();

	if ((j->first = rs_array((size_t)j->n + 1, sizeof *j->first, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < j->n; i++) {
		uint64_t pairs = 0;

		for (uint64_t e = j->xt.row_ptr[i]; e < j->xt.row_ptr[i + 1] && pairs < most; e++)
			pairs += j->x->row_ptr[j->xt.col[e] + 1] - j->x->row_ptr[j->xt.col[e]];
		j->first[i] = at;
		at += pairs < most ? pairs : most;
	}
	j->first[j->n] = at;
	/* the rows; the same turned, and the counts that this takes; by thread sums, users in common and candidates */
	return rs_mem_require(at * (8 + 8 + 2) + (uint64_t)j->n * (40 + threads * 12) + threads * (2 * most + RS_RUN) * 16,
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
	if ((rc = place(&j, err)) < 0 || (rc = scales(&j, err)) < 0 || (rc = workspace(&j, err)) < 0
	    || (rc = rs_tiles_run(n_tiles, row_tile, &j, err)) < 0)
		goto out;
	pack(w, &j);
	if (how->by_target) {
		if ((rc = rs_csr_transpose(&turned, w, err)) < 0) {
			rs_csr_release(w);
			goto out;
		}
		rs_csr_release(w);
		*w = turned;
	}
out:
	release(&j);
	return rc;
}
