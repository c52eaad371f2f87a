/* cluster.c -- people who want alike, and items that are alike: sketches of scores, then k-means. */
#include "lib/rank/cluster.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/num/kmeans.h"
#include "lib/rank/batch.h"

#include <math.h>
#include <string.h>

#define D RS_KMEANS_DIMS
#define SAMPLE 50000
#define PEOPLE 64
#define ITEMS 16 /* in a tile */
#define STRIP 512 /* items whose signs are spread at a time */

struct sketching {
	const struct rs_model *m;
	const struct rs_histories *h; /* NULL: items */
	uint64_t seed;
	uint32_t n;       /* rows */
	uint64_t *sign;   /* by item: D bits */
	float **scores, **signs; /* by worker; signs: STRIP x D */
	float *sketch;    /* n x D */
	uint8_t *known;   /* n */
};

/* The signs of n items as 1 and -1. */
static void spread_signs(float *out, const uint64_t *sign, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (int d = 0; d < D; d++)
			out[(size_t)i * D + (size_t)d] = (sign[i] >> d & 1) != 0 ? 1 : -1;
}

/* Adds the scores of n items to a sketch. */
static void add_scores(float *sketch, const float *scores, const float *sign, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		float s = scores[i];

		if (s == 0 || !isfinite(s))
			continue;
		for (int d = 0; d < D; d++)
			sketch[d] += s * sign[(size_t)i * D + (size_t)d];
	}
}

/* Adds rows of scores (n_rows x ld, of n_items from first on) to the sketches of rows. */
static void add_rows(const struct sketching *s, int worker, const uint32_t *row, uint32_t n_rows, const float *scores,
                     size_t ld, uint32_t first, uint32_t n_items)
{
	float *sign = s->signs[worker];

	for (uint32_t lo = 0; lo < n_items; lo += STRIP) {
		uint32_t n = n_items - lo < STRIP ? n_items - lo : STRIP;

		spread_signs(sign, s->sign + first + lo, n);
		for (uint32_t r = 0; r < n_rows; r++)
			add_scores(s->sketch + (size_t)row[r] * D, scores + r * ld + lo, sign, n);
	}
}

static int people_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sketching *s = ctx;
	uint32_t lo = (uint32_t)tile * PEOPLE, width = rs_batch_tile(s->m), n_items = s->m->item_key.n, user[PEOPLE], n = 0;
	float *scores = s->scores[worker];
	struct rs_batch b;
	int rc;

	for (uint32_t u = lo; u < s->n && u < lo + PEOPLE; u++)
		if (rs_histories_known(s->h, u))
			user[n++] = u;
	if (n == 0)
		return 0;
	if ((rc = rs_batch_open(&b, s->m, s->h, user, n, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n_items && rc == 0; i += width) {
		uint32_t end = n_items - i < width ? n_items : i + width;

		rc = rs_batch_score(&b, i, end, scores, width, err);
		if (rc == 0)
			add_rows(s, worker, user, n, scores, width, i, end - i);
	}
	for (uint32_t u = 0; u < n && rc == 0; u++)
		s->known[user[u]] = rs_kmeans_normalise(s->sketch + (size_t)user[u] * D);
	rs_batch_close(&b);
	return rc;
}

static int items_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct sketching *s = ctx;
	uint32_t lo = (uint32_t)tile * ITEMS;
	int rc = 0;

	for (uint32_t i = lo; i < s->n && i < lo + ITEMS && rc == 0; i++) {
		float *scores = s->scores[worker], *sketch = s->sketch + (size_t)i * D;

		rc = s->m->recipe->similar(s->m->state, i, scores, err);
		if (rc < 0)
			break;
		add_rows(s, worker, &i, 1, scores, 0, 0, s->m->item_key.n);
		s->known[i] = rs_kmeans_normalise(sketch);
	}
	return rc;
}

/* Takes out of each row the mean direction of all. */
static void subtract_mean(const struct sketching *s)
{
	double mean[D] = { 0 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		for (int d = 0; d < D && s->known[i] != 0; d++)
			mean[d] += (double)s->sketch[(size_t)i * D + (size_t)d];
		n += s->known[i] != 0;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		float *x = s->sketch + (size_t)i * D;

		for (int d = 0; d < D && s->known[i] != 0; d++)
			x[d] = (float)((double)x[d] - mean[d] / n);
		s->known[i] = s->known[i] != 0 && rs_kmeans_normalise(x);
	}
}

static int make_sketches(struct sketching *s, struct rs_err *err)
{
	size_t width = s->h == NULL ? s->m->item_key.n : (size_t)PEOPLE * rs_batch_tile(s->m);
	size_t n_tiles = s->h == NULL ? ((size_t)s->n + ITEMS - 1) / ITEMS : ((size_t)s->n + PEOPLE - 1) / PEOPLE;
	int rc;

	if ((s->sign = rs_array(s->m->item_key.n, sizeof *s->sign, err)) == NULL ||
	    (s->sketch = rs_array0((size_t)s->n * D, sizeof *s->sketch, err)) == NULL ||
	    (s->known = rs_array0(s->n, 1, err)) == NULL ||
	    (s->scores = rs_array0((size_t)rs_threads(), sizeof *s->scores, err)) == NULL ||
	    (s->signs = rs_array0((size_t)rs_threads(), sizeof *s->signs, err)) == NULL)
		return RS_ENOMEM;
	for (int w = 0; w < rs_threads(); w++)
		if ((s->scores[w] = rs_array(width, sizeof **s->scores, err)) == NULL ||
		    (s->signs[w] = rs_array(STRIP * D, sizeof **s->signs, err)) == NULL)
			return RS_ENOMEM;
	for (uint32_t i = 0; i < s->m->item_key.n; i++)
		s->sign[i] = rs_rand_u64(s->seed, RS_RNG_SKETCH, i, 0);
	if ((rc = rs_tiles_run(n_tiles, s->h == NULL ? items_tile : people_tile, s, err)) < 0)
		return rc;
	subtract_mean(s);
	return 0;
}

/* Up to SAMPLE of the rows of which something is known. */
static int take_sample(float **x, uint32_t *n, const struct sketching *s, struct rs_err *err)
{
	uint32_t n_known = 0, step;

	for (uint32_t i = 0; i < s->n; i++)
		n_known += s->known[i];
	step = 1 + n_known / SAMPLE;
	if ((*x = rs_array((size_t)(n_known / step + 1) * D, sizeof **x, err)) == NULL)
		return RS_ENOMEM;
	*n = 0;
	for (uint32_t i = 0, k = 0; i < s->n; i++)
		if (s->known[i] != 0 && k++ % step == 0)
			memcpy(*x + (size_t)(*n)++ * D, s->sketch + (size_t)i * D, D * sizeof **x);
	return 0;
}

static int assign(struct rs_clusters *c, const struct sketching *s, const float *centre, struct rs_err *err)
{
	if ((c->cluster = rs_array(s->n, sizeof *c->cluster, err)) == NULL ||
	    (c->closeness = rs_array0(s->n, sizeof *c->closeness, err)) == NULL ||
	    (c->size = rs_array0(c->k > 0 ? c->k : 1, sizeof *c->size, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < s->n; i++) {
		c->cluster[i] = RS_NONE;
		if (s->known[i] == 0 || c->k == 0)
			continue;
		c->cluster[i] = rs_kmeans_nearest(centre, c->k, s->sketch + (size_t)i * D, &c->closeness[i]);
		c->size[c->cluster[i]]++;
	}
	return 0;
}

static int cluster(struct rs_clusters *c, struct sketching *s, uint32_t k, struct rs_err *err)
{
	float *x = NULL, *centre = NULL;
	uint32_t n = 0;
	int rc;

	memset(c, 0, sizeof *c);
	c->n = s->n;
	if ((rc = make_sketches(s, err)) == 0 && (rc = take_sample(&x, &n, s, err)) == 0) {
		c->k = k < n ? k : n;
		centre = rs_array((size_t)c->k * D, sizeof *centre, err);
		rc = centre == NULL ? RS_ENOMEM : 0;
		if (rc == 0 && c->k > 0)
			rc = rs_kmeans(centre, &c->quality, x, n, c->k, s->seed, err);
		if (rc == 0)
			rc = assign(c, s, centre, err);
	}
	for (int w = 0; s->scores != NULL && w < rs_threads(); w++)
		rs_free(s->scores[w]);
	for (int w = 0; s->signs != NULL && w < rs_threads(); w++)
		rs_free(s->signs[w]);
	rs_free(s->scores);
	rs_free(s->signs);
	rs_free(s->sign);
	rs_free(s->sketch);
	rs_free(s->known);
	rs_free(x);
	rs_free(centre);
	if (rc < 0)
		rs_clusters_release(c);
	return rc;
}

int rs_cluster_users(struct rs_clusters *c, const struct rs_model *m, const struct rs_histories *h, uint32_t k, uint64_t seed,
                     struct rs_err *err)
{
	struct sketching s = { .m = m, .h = h, .seed = seed, .n = h->chosen.n_users };

	return cluster(c, &s, k, err);
}

int rs_cluster_items(struct rs_clusters *c, const struct rs_model *m, uint32_t k, uint64_t seed, struct rs_err *err)
{
	struct sketching s = { .m = m, .seed = seed, .n = m->item_key.n };

	if (m->recipe->similar == NULL)
		return rs_fail(err, RS_EUSAGE, "a %s model does not know which items are alike: use itemknn, ease or als",
		               m->recipe->name);
	return cluster(c, &s, k, err);
}

void rs_clusters_release(struct rs_clusters *c)
{
	rs_free(c->cluster);
	rs_free(c->closeness);
	rs_free(c->size);
	memset(c, 0, sizeof *c);
}
