/* click_train.c -- training of event probabilities, the same bytes for any number of threads.
 *
 * Examples go by in a random order, in batches. First the derivative of the loss of each example of a batch is found with the
 * parameters as they are; then each block of parameters - the linear weights or factors of one field, of ffm the factors
 * of a pair of groups of fields, which meet no others - is taken through the batch in order by one thread. Batches start
 * small and grow, so that the first steps are not taken on stale derivatives. Linear weights move by FTRL-proximal [1],
 * factors by AdaGrad [2]. After each epoch a part of the examples that is kept out is judged; the best epoch is the model.
 *
 * [1] H. B. McMahan et al., Ad Click Prediction: a View from the Trenches, KDD 2013.
 * [2] J. Duchi, E. Hazan, Y. Singer, Adaptive Subgradient Methods, JMLR 2011. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/recipe/click_weights.h"

#include <math.h>
#include <string.h>

#define BATCH_MAX 4096
#define BATCH_MIN 64
#define GROWTH 16  /* a batch is at most this part of the examples seen */
#define TILE 256   /* examples */
#define PATIENCE 2 /* epochs without gain; with few examples, which are soon over, up to 10 more */
#define FEW 50000

struct training {
	struct rs_click *m;
	const struct rs_click_plan *plan;
	struct rs_click_rows rows;
	struct rs_click_weights weights;
	uint32_t *order;        /* blocks of rows.train */
	struct rs_click_run run; /* the batch */
	const uint32_t **block; /* of it */
	float *logit, *slope;   /* BATCH_MAX: logit, derivative */
	float *other;           /* fm: BATCH_MAX x n_fields x width: what a field's factors are multiplied by */
	float *scratch;         /* by worker */
	size_t scratch_ld;
	double *part;           /* by tile: sum of derivatives */
	float *part_r;          /* fwfm, by tile: n_fields^2 derivatives of r */
	bool judging;
};

/* ---- a batch ---- */

static double loss(float logit, bool positive)
{
	double z = positive ? -(double)logit : (double)logit;

	return z > 30 ? z : log1p(exp(z));
}

static void add_pairs(const struct training *t, size_t lo, struct rs_click_run run, float *scratch)
{
	const struct rs_click_weights *w = &t->weights;
	const struct rs_click_isa *k = rs_click_isa();

	for (size_t i = 0; i < w->n_pairs; i++)
		k->pairs(t->logit + lo, &w->pairs[i], run, scratch);
	if (w->factors.n_fields > 0)
		k->factors(t->logit + lo, t->other + lo * w->factors.n_fields * w->width, &w->factors, run, scratch);
}

static int forward_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct training *t = ctx;
	size_t lo = tile * TILE, n = t->run.n - lo < TILE ? t->run.n - lo : TILE, fields = t->m->n_fields;
	struct rs_click_run run = { t->run.block + lo / RS_CLICK_BLOCK, n };
	float *scratch = t->scratch + (size_t)worker * t->scratch_ld;
	double sum = 0;

	(void)err;
	for (size_t i = lo; i < lo + (n + RS_CLICK_BLOCK - 1) / RS_CLICK_BLOCK * RS_CLICK_BLOCK; i++)
		t->logit[i] = t->weights.bias;
	for (uint32_t f = 0; f < fields; f++)
		rs_click_add_linear(&t->weights, f, run, t->logit + lo);
	add_pairs(t, lo, run, scratch);
	for (size_t i = lo; i < lo + n; i++) {
		const uint32_t *block = t->run.block[i / RS_CLICK_BLOCK] + t->rows.n_fields * RS_CLICK_BLOCK;
		float target, weight;
		bool positive;

		memcpy(&target, block + i % RS_CLICK_BLOCK, sizeof target);
		positive = signbit(target) == 0;
		weight = fabsf(target);
		t->slope[i] = weight * (1 / (1 + expf(-t->logit[i])) - positive);
		sum += t->judging ? (double)weight * loss(t->logit[i], positive) : (double)t->slope[i];
	}
	t->part[tile] = sum;
	if (t->weights.r != NULL && !t->judging) {
		memset(t->part_r + tile * fields * fields, 0, fields * fields * sizeof *t->part_r);
		rs_click_isa()->pair_products(t->part_r + tile * fields * fields, &t->weights.factors, run, t->slope + lo,
		                              scratch);
	}
	return 0;
}

/* The pairs of ffm, then the fields. */
static int step_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct training *t = ctx;
	const struct rs_click_weights *w = &t->weights;
	uint32_t f;

	(void)err;
	if (tile < w->n_pairs) {
		rs_click_isa()->step_pairs(&w->pairs[tile], t->run, t->slope, t->scratch + (size_t)worker * t->scratch_ld);
		return 0;
	}
	f = (uint32_t)(tile - w->n_pairs);
	rs_click_step_linear(w, t->plan, f, t->run, t->slope);
	if (w->factors.n_fields > 0)
		rs_click_isa()->step_factors(&w->factors, f, t->run, t->slope, t->other);
	return 0;
}

/* The constant and the weights of pairs of fields, by the sums over the batch. */
static void step_common(struct training *t, size_t n_tiles)
{
	struct rs_click_weights *w = &t->weights;
	uint32_t fields = t->m->n_fields;
	double sum = 0, n = (double)t->run.n;

	for (size_t i = 0; i < n_tiles; i++)
		sum += t->part[i];
	rs_click_step(t->plan, &w->bias, w->bias_state, (float)(sum / sqrt(n)));
	for (uint32_t f = 0; w->r != NULL && f < fields; f++) {
		for (uint32_t g = f + 1; g < fields; g++) {
			double d = 0;

			for (size_t i = 0; i < n_tiles; i++)
				d += (double)t->part_r[(i * fields + f) * fields + g];
			d /= n;
			w->r_sum[f * fields + g] += (float)(d * d);
			if (w->r_sum[f * fields + g] > 0)
				w->r[f * fields + g] -= (float)(t->plan->rate / 4 * d / sqrt((double)w->r_sum[f * fields + g]));
			w->r[g * fields + f] = w->r[f * fields + g];
		}
	}
}

/* ---- epochs ---- */

/* The next rows of a set, at most n of them, from block *at on; whose order is `order` or, where that is NULL, its own. */
static void take(struct training *t, const struct rs_click_set *s, const uint32_t *order, size_t n, size_t *at)
{
	size_t k = 0, left = s->n - *at * RS_CLICK_BLOCK;

	for (; k < n / RS_CLICK_BLOCK && *at < s->n_blocks; k++, ++*at)
		t->block[k] = s->block + (order == NULL ? *at : order[*at]) * t->rows.stride;
	t->run = (struct rs_click_run){ t->block, left < k * RS_CLICK_BLOCK ? left : k * RS_CLICK_BLOCK };
}

/* Whole blocks change places; what is left stays behind them. */
static void shuffle(struct training *t, int number)
{
	for (size_t i = t->rows.train.n / RS_CLICK_BLOCK; i-- > 1;) {
		size_t j = (size_t)rs_rand_below(i + 1, t->m->seed, RS_RNG_SHUFFLE, i, (uint32_t)number);
		uint32_t x = t->order[i];

		t->order[i] = t->order[j];
		t->order[j] = x;
	}
}

static int epoch(struct training *t, int number, uint64_t *seen, struct rs_err *err)
{
	size_t n_blocks = t->weights.n_pairs + t->m->n_fields;
	int rc = 0;

	shuffle(t, number);
	for (size_t at = 0; at < t->rows.train.n_blocks && rc == 0;) {
		size_t size = (size_t)(*seen / GROWTH), n_tiles;

		take(t, &t->rows.train, t->order, size < BATCH_MIN ? BATCH_MIN : size > BATCH_MAX ? BATCH_MAX : size, &at);
		n_tiles = (t->run.n + TILE - 1) / TILE;
		if ((rc = rs_tiles_run(n_tiles, forward_tile, t, err)) < 0)
			return rc;
		step_common(t, n_tiles);
		rc = rs_tiles_run(n_blocks, step_tile, t, err);
		*seen += t->run.n;
	}
	return rc;
}

/* The mean loss of what is kept out. */
static int judge(struct training *t, double *out, struct rs_err *err)
{
	const struct rs_click_set *s = &t->rows.kept;
	double sum = 0, weight = 0;
	int rc = 0;

	t->judging = true;
	for (size_t at = 0; at < s->n_blocks && rc == 0;) {
		take(t, s, NULL, BATCH_MAX, &at);
		rc = rs_tiles_run((t->run.n + TILE - 1) / TILE, forward_tile, t, err);
		for (size_t i = 0; i < (t->run.n + TILE - 1) / TILE; i++)
			sum += t->part[i];
	}
	for (size_t i = 0; i < s->n_blocks * RS_CLICK_BLOCK; i++) {
		float target;

		memcpy(&target, s->block + i / RS_CLICK_BLOCK * t->rows.stride + t->rows.n_fields * RS_CLICK_BLOCK
		                        + i % RS_CLICK_BLOCK, sizeof target);
		weight += (double)fabsf(target);
	}
	t->judging = false;
	*out = weight > 0 ? sum / weight : 0;
	return rc;
}

static int epochs(struct training *t, struct rs_err *err)
{
	double best = INFINITY, now;
	uint64_t seen = 0;
	size_t more = t->rows.train.n > 0 ? FEW / t->rows.train.n : 0;
	int since = 0, patience = PATIENCE + (int)(more < 10 ? more : 10), rc;

	for (int i = 0; i < t->plan->epochs && since < patience; i++) {
		if ((rc = epoch(t, i, &seen, err)) < 0 || (rc = judge(t, &now, err)) < 0)
			return rc;
		if (!isfinite(now))
			return rs_fail(err, RS_EDATA, "numbers grew out of range: a lower learning_rate may help");
		since = now < best - 1e-5 || t->rows.kept.n == 0 ? 0 : since + 1;
		if (now < best || t->rows.kept.n == 0) {
			best = now;
			if ((rc = rs_click_weights_keep(&t->weights, err)) < 0)
				return rc;
		}
		rs_progress("epochs", (unsigned)i + 1, (unsigned)t->plan->epochs, "epochs");
	}
	return 0;
}

uint32_t rs_click_negative(const struct rs_click *m, uint64_t seed, uint32_t item, uint64_t place, uint32_t step)
{
	return (uint32_t)rs_rand_below(m->n_items, seed, RS_RNG_NEGATIVE, (uint64_t)item << 32 | (place & UINT32_MAX), step);
}

static int reserve(struct training *t, struct rs_err *err)
{
	size_t fields = t->m->n_fields, width = t->weights.width, tiles = BATCH_MAX / TILE;

	t->scratch_ld = (fields > 2 * RS_CLICK_GROUP ? fields : 2 * RS_CLICK_GROUP) * width;
	if ((t->order = rs_array(t->rows.train.n_blocks, sizeof *t->order, err)) == NULL ||
	    (t->block = rs_array(BATCH_MAX / RS_CLICK_BLOCK, sizeof *t->block, err)) == NULL ||
	    (t->logit = rs_array(BATCH_MAX, sizeof *t->logit, err)) == NULL ||
	    (t->slope = rs_array(BATCH_MAX, sizeof *t->slope, err)) == NULL ||
	    (t->other = rs_array(BATCH_MAX * t->weights.factors.n_fields * width, sizeof *t->other, err)) == NULL ||
	    (t->scratch = rs_array((size_t)rs_threads() * t->scratch_ld, sizeof *t->scratch, err)) == NULL ||
	    (t->part = rs_array(tiles, sizeof *t->part, err)) == NULL ||
	    (t->part_r = rs_array(t->weights.r == NULL ? 0 : tiles * fields * fields, sizeof *t->part_r, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < t->rows.train.n_blocks; i++)
		t->order[i] = (uint32_t)i;
	return 0;
}

static void release(struct training *t)
{
	rs_click_weights_release(&t->weights);
	rs_click_rows_release(&t->rows);
	rs_free(t->order);
	rs_free(t->block);
	rs_free(t->logit);
	rs_free(t->slope);
	rs_free(t->other);
	rs_free(t->scratch);
	rs_free(t->part);
	rs_free(t->part_r);
}

int rs_click_train(struct rs_click *m, const struct rs_train_in *in, const struct rs_csr *context,
                   const struct rs_click_plan *plan, struct rs_err *err)
{
	struct training t = { .m = m, .plan = plan };
	uint64_t total = in->events->row_ptr[in->events->n_users] * (1 + (uint64_t)m->negatives);
	int rc = 0;

	if (total > UINT32_MAX)
		return rs_fail(err, RS_EDATA, "%llu examples: expected at most 4294967295", (unsigned long long)total);
	if ((rc = rs_mem_require(rs_click_weights_bytes(m, total), "training", "fewer factors need less", err)) < 0 ||
	    (rc = rs_click_rows_make(&t.rows, m, in, context, plan->validation, err)) < 0)
		goto out;
	if (t.rows.positive == 0 || t.rows.positive == t.rows.train.n) {
		rc = rs_fail(err, RS_EDATA, "all events are %s: there is nothing to tell apart",
		             t.rows.positive == 0 ? "negative" : "positive");
		goto out;
	}
	if ((rc = rs_click_weights_make(&t.weights, m, &t.rows, plan, err)) < 0 || (rc = reserve(&t, err)) < 0)
		goto out;
	if ((rc = epochs(&t, err)) == 0)
		rc = rs_click_weights_spread(&t.weights, err);
out:
	release(&t);
	return rc;
}
