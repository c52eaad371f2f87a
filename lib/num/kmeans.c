/* kmeans.c -- clusters of directions: spherical k-means. */
#include "lib/num/kmeans.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D RS_KMEANS_DIMS
#define TILE 1024
#define SWEEPS 50
#define STARTS 4 /* the best of so many */

static float product_of(const float *a, const float *b)
{
	float sum[8] = { 0 };

	for (int i = 0; i < D; i += 8)
		for (int k = 0; k < 8; k++)
			sum[k] += a[i + k] * b[i + k];
	return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

bool rs_kmeans_normalise(float *x)
{
	double sum = 0;

	for (int i = 0; i < D; i++)
		sum += (double)x[i] * (double)x[i];
	if (!(sum > 0) || !isfinite(sum))
		return false;
	for (int i = 0; i < D; i++)
		x[i] = (float)((double)x[i] / sqrt(sum));
	return true;
}

uint32_t rs_kmeans_nearest(const float *centre, uint32_t k, const float *x, float *product)
{
	uint32_t best = 0;
	float most = product_of(centre, x);

	for (uint32_t c = 1; c < k; c++) {
		float p = product_of(centre + (size_t)c * D, x);

		if (p > most) {
			most = p;
			best = c;
		}
	}
	if (product != NULL)
		*product = most;
	return best;
}

struct clustering {
	const float *x;
	uint32_t n, k;
	float *centre;
	uint32_t *cluster; /* n */
	float *product;    /* n: with the own centre */
	double *sum;       /* by tile: k x D */
	double *far;       /* n: 1 - the product with the nearest of the centres so far, for the start */
	uint32_t last;     /* the centre that was added last */
};

static int assign_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct clustering *c = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = c->n - lo < TILE ? c->n : lo + TILE;
	double *sum = c->sum + tile * c->k * D;

	(void)worker;
	(void)err;
	memset(sum, 0, (size_t)c->k * D * sizeof *sum);
	for (uint32_t i = lo; i < hi; i++) {
		const float *x = c->x + (size_t)i * D;
		double *to;

		c->cluster[i] = rs_kmeans_nearest(c->centre, c->k, x, &c->product[i]);
		to = sum + (size_t)c->cluster[i] * D;
		for (int d = 0; d < D; d++)
			to[d] += (double)x[d];
	}
	return 0;
}

static int far_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct clustering *c = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = c->n - lo < TILE ? c->n : lo + TILE;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++) {
		double far = 1 - (double)product_of(c->centre + (size_t)c->last * D, c->x + (size_t)i * D);

		far = far > 0 ? far : 0;
		if (c->last == 0 || far < c->far[i])
			c->far[i] = far;
	}
	return 0;
}

/* k-means++: each centre is a row, drawn in proportion to how far it is from those before. */
static int start(struct clustering *c, uint64_t seed, uint32_t attempt, struct rs_err *err)
{
	size_t n_tiles = ((size_t)c->n + TILE - 1) / TILE;
	uint32_t row = (uint32_t)rs_rand_below(c->n, seed, RS_RNG_CLUSTER, attempt, 0);

	for (c->last = 0; c->last < c->k; c->last++) {
		double total = 0, at;
		int rc;

		memcpy(c->centre + (size_t)c->last * D, c->x + (size_t)row * D, D * sizeof *c->centre);
		if ((rc = rs_tiles_run(n_tiles, far_tile, c, err)) < 0)
			return rc;
		for (uint32_t i = 0; i < c->n; i++)
			total += c->far[i];
		at = total * rs_rand_unit(seed, RS_RNG_CLUSTER, attempt, c->last + 1);
		row = 0;
		for (uint32_t i = 0; i < c->n && at >= 0; i++) {
			at -= c->far[i];
			row = c->far[i] > 0 ? i : row;
		}
	}
	return 0;
}

/* The row that fits its centre least, for a centre without rows. */
static uint32_t least_fitting(const struct clustering *c)
{
	uint32_t worst = 0;

	for (uint32_t i = 1; i < c->n; i++)
		if (c->product[i] < c->product[worst])
			worst = i;
	return worst;
}

static void move_centres(struct clustering *c)
{
	size_t n_tiles = ((size_t)c->n + TILE - 1) / TILE;

	for (uint32_t k = 0; k < c->k; k++) {
		float *centre = c->centre + (size_t)k * D;

		for (int d = 0; d < D; d++) {
			double sum = 0;

			for (size_t t = 0; t < n_tiles; t++)
				sum += c->sum[(t * c->k + k) * D + (size_t)d];
			centre[d] = (float)sum;
		}
		if (!rs_kmeans_normalise(centre)) {
			uint32_t row = least_fitting(c);

			memcpy(centre, c->x + (size_t)row * D, D * sizeof *centre);
			c->product[row] = 1; /* the next one takes another */
		}
	}
}

static double quality_of(const struct clustering *c)
{
	double sum = 0;

	for (uint32_t i = 0; i < c->n; i++)
		sum += (double)c->product[i];
	return sum / c->n;
}

/* Sweeps until nothing gets better. */
static int run(struct clustering *c, double *quality, struct rs_err *err)
{
	size_t n_tiles = ((size_t)c->n + TILE - 1) / TILE;
	double before = -2;
	int rc;

	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		if ((rc = rs_tiles_run(n_tiles, assign_tile, c, err)) < 0)
			return rc;
		*quality = quality_of(c);
		if (*quality <= before + 1e-6)
			break;
		before = *quality;
		move_centres(c);
	}
	return 0;
}

struct size {
	uint32_t n, first, k; /* rows, the first of them, the centre */
};

static int by_size(const void *pa, const void *pb)
{
	const struct size *a = pa, *b = pb;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return a->first != b->first ? (a->first > b->first) - (a->first < b->first) : (a->k > b->k) - (a->k < b->k);
}

static int order_centres(float *out, const struct clustering *c, struct rs_err *err)
{
	struct size *size = rs_array(c->k, sizeof *size, err);

	if (size == NULL)
		return RS_ENOMEM;
	for (uint32_t k = 0; k < c->k; k++)
		size[k] = (struct size){ 0, UINT32_MAX, k };
	for (uint32_t i = c->n; i-- > 0;) {
		size[c->cluster[i]].n++;
		size[c->cluster[i]].first = i;
	}
	qsort(size, c->k, sizeof *size, by_size);
	for (uint32_t k = 0; k < c->k; k++)
		memcpy(out + (size_t)k * D, c->centre + (size_t)size[k].k * D, D * sizeof *out);
	rs_free(size);
	return 0;
}

int rs_kmeans(float *centre, double *quality, const float *x, uint32_t n, uint32_t k, uint64_t seed, struct rs_err *err)
{
	struct clustering c = { .x = x, .n = n, .k = k };
	size_t n_tiles = ((size_t)n + TILE - 1) / TILE;
	int rc = RS_ENOMEM;

	*quality = -2;
	if ((c.centre = rs_array((size_t)k * D, sizeof *c.centre, err)) == NULL ||
	    (c.cluster = rs_array(n, sizeof *c.cluster, err)) == NULL ||
	    (c.product = rs_array(n, sizeof *c.product, err)) == NULL ||
	    (c.far = rs_array(n, sizeof *c.far, err)) == NULL ||
	    (c.sum = rs_array(n_tiles * k * D, sizeof *c.sum, err)) == NULL)
		goto out;
	for (uint32_t attempt = 0; attempt < STARTS; attempt++) {
		double q;

		if ((rc = start(&c, seed, attempt, err)) < 0 || (rc = run(&c, &q, err)) < 0)
			goto out;
		if (q > *quality) {
			*quality = q;
			if ((rc = order_centres(centre, &c, err)) < 0)
				goto out;
		}
	}
out:
	rs_free(c.centre);
	rs_free(c.cluster);
	rs_free(c.product);
	rs_free(c.far);
	rs_free(c.sum);
	return rc;
}
