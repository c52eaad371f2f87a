/* resample.c -- how sure a mean over users is. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/eval/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct resampling {
	const double *value; /* n differences or values, packed */
	uint32_t n;
	uint64_t seed;
	double *mean; /* by resample */
};

static int bootstrap_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct resampling *r = ctx;
	double sum = 0;

	(void)worker;
	(void)err;
	for (uint32_t i = 0; i < r->n; i += 4) { /* 128 bits make four draws of 32 bits */
		uint64_t w[2];
		uint32_t draw[4];

		rs_rand2(r->seed, RS_RNG_BOOTSTRAP, tile, i, w);
		memcpy(draw, w, sizeof draw);
		for (uint32_t k = 0; k < 4 && i + k < r->n; k++)
			sum += r->value[((uint64_t)draw[k] * r->n) >> 32];
	}
	r->mean[tile] = sum / (double)r->n;
	return 0;
}

static int flip_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct resampling *r = ctx;
	double sum = 0;

	(void)worker;
	(void)err;
	for (uint32_t i = 0; i < r->n; i += 128) {
		uint64_t w[2];

		rs_rand2(r->seed, RS_RNG_BOOTSTRAP, tile | (uint64_t)1 << 40, i, w);
		for (uint32_t k = 0; k < 128 && i + k < r->n; k++)
			sum += (w[k >> 6] >> (k & 63) & 1) != 0 ? r->value[i + k] : -r->value[i + k];
	}
	r->mean[tile] = sum / (double)r->n;
	return 0;
}

static int cmp_double(const void *pa, const void *pb)
{
	double a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

static int resample(struct resampling *r, const double *value, const double *other, size_t stride, uint32_t n,
                    uint32_t times, uint64_t seed, rs_tile_fn *fn, struct rs_err *err)
{
	double *packed = rs_array(n, sizeof *packed, err);
	int rc;

	if (packed == NULL || (r->mean = rs_array(times, sizeof *r->mean, err)) == NULL) {
		rs_free(packed);
		return RS_ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++)
		packed[i] = value[i * stride] - (other == NULL ? 0 : other[i * stride]);
	r->value = packed;
	r->n = n;
	r->seed = seed;
	rc = rs_tiles_run(times, fn, r, err);
	rs_free(packed);
	return rc;
}

int rs_bootstrap(const double *value, const double *other, size_t stride, uint32_t n, uint32_t resamples,
                 double confidence, uint64_t seed, double *low, double *high, struct rs_err *err)
{
	struct resampling r = { 0 };
	double tail = (1 - confidence) / 2 * (double)(resamples - 1);
	int rc = resample(&r, value, other, stride, n, resamples, seed, bootstrap_tile, err);

	if (rc == 0) {
		qsort(r.mean, resamples, sizeof *r.mean, cmp_double);
		*low = r.mean[(size_t)floor(tail)];
		*high = r.mean[resamples - 1 - (size_t)floor(tail)];
	}
	rs_free(r.mean);
	return rc;
}

int rs_paired_p(const double *value, const double *other, size_t stride, uint32_t n, uint32_t flips, uint64_t seed,
                double *p, struct rs_err *err)
{
	struct resampling r = { 0 };
	double observed = 0;
	uint32_t far = 1;
	int rc = resample(&r, value, other, stride, n, flips, seed, flip_tile, err);

	if (rc == 0) {
		for (uint32_t i = 0; i < n; i++)
			observed += value[i * stride] - other[i * stride];
		observed = fabs(observed / (double)n);
		for (uint32_t i = 0; i < flips; i++)
			far += fabs(r.mean[i]) >= observed * (1 - 1e-12);
		*p = (double)far / (double)(flips + 1);
	}
	rs_free(r.mean);
	return rc;
}
