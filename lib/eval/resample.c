/* resample.c -- how sure a mean over users is. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/eval/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS 10000 /* with more users, groups of users are resampled, so that the work does not grow */
#define FEW 1000     /* up to so many users the paired test flips signs; beyond, the t statistic is normal enough */

/* Sums over the users of each group, and how many they are. */
struct groups {
	uint32_t n;
	size_t n_columns;
	double *sum;    /* n x n_columns */
	uint32_t *size; /* n */
};

static int deal_groups(struct groups *g, const double *value, uint32_t n, struct rs_err *err)
{
	g->n = n < GROUPS ? n : GROUPS;
	if ((g->sum = rs_array0((size_t)g->n * g->n_columns, sizeof *g->sum, err)) == NULL ||
	    (g->size = rs_array0(g->n, sizeof *g->size, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < n; u++) {
		double *sum = g->sum + (size_t)(u % g->n) * g->n_columns;

		for (size_t c = 0; c < g->n_columns; c++)
			sum[c] += value[(size_t)u * g->n_columns + c];
		g->size[u % g->n]++;
	}
	return 0;
}

struct resampling {
	const struct groups *g;
	uint64_t seed;
	double *mean; /* by resample and column */
};

static int bootstrap_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct resampling *r = ctx;
	const struct groups *g = r->g;
	double *mean = r->mean + tile * g->n_columns;
	uint64_t n = 0;

	(void)worker;
	(void)err;
	memset(mean, 0, g->n_columns * sizeof *mean);
	for (uint32_t i = 0; i < g->n; i += 4) { /* 128 bits make four draws of 32 bits */
		uint64_t w[2];
		uint32_t draw[4];

		rs_rand2(r->seed, RS_RNG_BOOTSTRAP, tile, i, w);
		memcpy(draw, w, sizeof draw);
		for (uint32_t k = 0; k < 4 && i + k < g->n; k++) {
			uint64_t at = ((uint64_t)draw[k] * g->n) >> 32;
			const double *sum = g->sum + at * g->n_columns;

			for (size_t c = 0; c < g->n_columns; c++)
				mean[c] += sum[c];
			n += g->size[at];
		}
	}
	for (size_t c = 0; c < g->n_columns; c++)
		mean[c] /= (double)n;
	return 0;
}

static int cmp_double(const void *pa, const void *pb)
{
	double a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

int rs_bootstrap(const double *value, size_t n_columns, uint32_t n, uint32_t resamples, double confidence, uint64_t seed,
                 double *low, double *high, struct rs_err *err)
{
	struct groups g = { .n_columns = n_columns };
	struct resampling r = { .g = &g, .seed = seed };
	size_t tail = (size_t)floor((1 - confidence) / 2 * (double)(resamples - 1));
	double *one = rs_array(resamples, sizeof *one, err);
	int rc = RS_ENOMEM;

	if (one == NULL || (rc = deal_groups(&g, value, n, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((r.mean = rs_array((size_t)resamples * n_columns, sizeof *r.mean, err)) == NULL ||
	    (rc = rs_tiles_run(resamples, bootstrap_tile, &r, err)) < 0)
		goto out;
	for (size_t c = 0; c < n_columns; c++) {
		for (uint32_t i = 0; i < resamples; i++)
			one[i] = r.mean[i * n_columns + c];
		qsort(one, resamples, sizeof *one, cmp_double);
		low[c] = one[tail];
		high[c] = one[resamples - 1 - tail];
	}
out:
	rs_free(one);
	rs_free(g.sum);
	rs_free(g.size);
	rs_free(r.mean);
	return rc;
}

/* ---- the paired test ---- */

struct flipping {
	const double *difference;
	uint32_t n;
	uint64_t seed;
	double *sum; /* by flip */
};

static int flip_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct flipping *f = ctx;
	double sum = 0;

	(void)worker;
	(void)err;
	for (uint32_t i = 0; i < f->n; i += 128) {
		uint64_t w[2];

		rs_rand2(f->seed, RS_RNG_BOOTSTRAP, tile | (uint64_t)1 << 40, i, w);
		for (uint32_t k = 0; k < 128 && i + k < f->n; k++)
			sum += (w[k >> 6] >> (k & 63) & 1) != 0 ? f->difference[i + k] : -f->difference[i + k];
	}
	f->sum[tile] = sum;
	return 0;
}

static int flip_signs(const double *difference, uint32_t n, uint32_t flips, uint64_t seed, double *p, struct rs_err *err)
{
	struct flipping f = { difference, n, seed, rs_array(flips, sizeof *f.sum, err) };
	double observed = 0;
	uint32_t far = 1;
	int rc = f.sum == NULL ? RS_ENOMEM : rs_tiles_run(flips, flip_tile, &f, err);

	if (rc == 0) {
		for (uint32_t i = 0; i < n; i++)
			observed += difference[i];
		for (uint32_t i = 0; i < flips; i++)
			far += fabs(f.sum[i]) >= fabs(observed) * (1 - 1e-12);
		*p = (double)far / (double)(flips + 1);
	}
	rs_free(f.sum);
	return rc;
}

/* Two-sided, the t statistic taken as normal. */
static double normal_p(const double *difference, uint32_t n)
{
	double mean = 0, square = 0;

	for (uint32_t i = 0; i < n; i++)
		mean += difference[i];
	mean /= n;
	for (uint32_t i = 0; i < n; i++)
		square += (difference[i] - mean) * (difference[i] - mean);
	if (square == 0)
		return mean == 0 ? 1 : 0;
	return erfc(fabs(mean) / sqrt(square / (n - 1.0) / n) / sqrt(2));
}

int rs_paired_p(const double *difference, uint32_t n, uint32_t flips, uint64_t seed, double *p, struct rs_err *err)
{
	if (n <= FEW)
		return flip_signs(difference, n, flips, seed, p, err);
	*p = normal_p(difference, n);
	return 0;
}
