/* transition_solve.c -- from pairs of events to the weights between items, in three ways. */
#include "lib/recipe/transition.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/dense.h"
#include "lib/recipe/local.h"

#include <math.h>
#include <string.h>

#define TILE 32

/* Column j of K. */
static void add_before(const void *transition, uint32_t j, struct rs_cooccur *c)
{
	const struct rs_transition *t = transition;

	if (t->order_free > 0)
		rs_cooccur_together(c, &t->x, &t->xt, j, (float)t->order_free);
	c->acc[j] = 0;
	rs_sequence_before(&t->seq, j, (float)(1 - t->order_free), c);
	if (t->back > 0)
		rs_sequence_after(&t->seq, j, (float)(t->back * (1 - t->order_free)), c);
}

/* Row j of G. */
static void add_gram(const void *transition, uint32_t j, struct rs_cooccur *c)
{
	const struct rs_transition *t = transition;

	if (t->order_free > 0)
		rs_cooccur_together(c, &t->x, &t->xt, j, (float)t->order_free);
	rs_sequence_gram(&t->seq, j, (float)((1 - t->order_free) * (1 + t->back)), c);
}

/* ---- closed: all items at once ---- */

struct closed {
	const struct rs_transition *t;
	float *g, *k;            /* n x n: G, then its inverse; K by target, then the weights by target */
	struct rs_cooccur *sums; /* by worker */
};

static void take(float *to, uint32_t n, struct rs_cooccur *c)
{
	memcpy(to, c->acc, n * sizeof *to);
	memset(c->acc, 0, (size_t)c->n_groups * RS_GROUP * sizeof *c->acc);
	memset(c->mark, 0, c->n_groups);
}

static int rows_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct closed *w = ctx;
	uint32_t n = w->t->n_items, lo = (uint32_t)tile * TILE, hi = lo + TILE < n ? lo + TILE : n;
	struct rs_cooccur *c = &w->sums[worker];

	(void)err;
	for (uint32_t j = lo; j < hi; j++) {
		add_gram(w->t, j, c);
		take(w->g + (size_t)j * n, n, c);
		w->g[(size_t)j * n + j] *= (float)(1 + w->t->load);
		w->g[(size_t)j * n + j] += (float)(w->t->l2 * pow((double)w->t->often[j], w->t->l2_exponent));
		add_before(w->t, j, c);
		take(w->k + (size_t)j * n, n, c);
	}
	rs_progress("transition: pairs", hi, n, "items");
	return 0;
}

int rs_transition_closed(struct rs_item_weights *out, const struct rs_transition *t, struct rs_err *err)
{
	size_t n = t->n_items;
	struct closed w = { .t = t };
	int rc;

	if ((rc = rs_mem_require(n * n * 8 + rs_spd_invert_bytes(n), "transition", "solver=local needs less",
	                         err))
	    < 0)
		return rc;
	rc = RS_ENOMEM;
	if ((w.sums = rs_array0((size_t)rs_threads(), sizeof *w.sums, err)) == NULL
	    || (w.g = rs_array(n * n, sizeof *w.g, err)) == NULL
	    || (w.k = rs_array(n * n, sizeof *w.k, err)) == NULL)
		goto out;
	for (int i = 0; i < rs_threads(); i++)
		if (rs_cooccur_init(&w.sums[i], t->n_items, 1, err) < 0)
			goto out;
	if ((rc = rs_tiles_run((n + TILE - 1) / TILE, rows_tile, &w, err)) < 0
	    || (rc = rs_spd_invert(w.g, n, err)) < 0 || (rc = rs_multiply(w.k, n, w.g, n, err)) < 0)
		goto out;
	for (size_t j = 0; j < n && t->target_exponent != 0; j++) {
		float f = (float)pow((double)t->often[j], -t->target_exponent);

		for (size_t i = 0; i < n; i++)
			w.k[j * n + i] *= f;
	}
	for (size_t i = 0; i < n * n && rc == 0; i++)
		if (!isfinite(w.k[i]))
			rc = rs_fail(err, RS_EDATA, "transition: a weight is not finite: a larger l2 helps");
	if (rc == 0)
		rc = rs_item_weights_take(out, &w.k, t->n_items, t->top, err);
out:
	for (int i = 0; i < rs_threads() && w.sums != NULL; i++)
		rs_cooccur_release(&w.sums[i]);
	rs_free(w.sums);
	rs_free(w.g);
	rs_free(w.k);
	return rc;
}

/* ---- local: each item over its candidates ---- */

static double self(const void *transition, uint32_t j)
{
	const struct rs_transition *t = transition;
	const struct rs_sequence *s = &t->seq;
	double sum = 0;

	for (uint64_t o = s->at_ptr[j]; o < s->at_ptr[j + 1]; o++) {
		uint64_t q = s->at[o], first = s->e->row_ptr[s->user[q]];
		double d = s->e->weight == NULL ? 1 : (double)s->e->weight[q];

		for (uint64_t p = q; p-- > first && q - p <= s->window;) {
			if (s->e->item[p] == j)
				sum += d * (s->e->weight == NULL ? 1 : (double)s->e->weight[p]);
			d *= p > first ? s->step[p - 1] : 0;
		}
	}
	return sum * (1 - t->order_free) * (1 + t->back);
}

static uint64_t room_of(const void *transition, uint32_t j)
{
	const struct rs_transition *t = transition;
	uint64_t n = 2 * t->often[j] * t->seq.window;

	return t->order_free > 0 ? n + rs_cooccur_together_cost(&t->x, &t->xt, j) : n;
}

int rs_transition_local(struct rs_item_weights *out, const struct rs_transition *t, struct rs_err *err)
{
	struct rs_local_gram g;
	struct rs_local how = { .gram = &g,
		                .row = add_before,
		                .self = self,
		                .ctx = t,
		                .often = t->often,
		                .discount = t->discount,
		                .l2 = t->l2,
		                .l2_exponent = t->l2_exponent,
		                .load = t->load,
		                .target_exponent = t->target_exponent,
		                .candidates = t->neighbors,
		                .stage = "transition" };
	int rc = rs_local_gram_init(&g, t->n_items, t->often, add_gram, room_of, t, err);

	if (rc < 0)
		return rc;
	how.candidates = how.candidates < t->n_items ? how.candidates : t->n_items;
	out->n = t->n_items;
	rc = rs_local_solve(&out->s, &how, err);
	rs_local_gram_release(&g);
	return rc;
}

/* ---- oneshot: normalised pairs ---- */

struct oneshot {
	const struct rs_transition *t;
	float *source; /* often^-source_exponent, padded */
	struct rs_cooccur *sums;
	struct rs_scored *kept;
	uint32_t *n_kept, room;
};

static int oneshot_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct oneshot *w = ctx;
	const struct rs_transition *t = w->t;
	uint32_t n = t->n_items, lo = (uint32_t)tile * TILE, hi = lo + TILE < n ? lo + TILE : n;
	struct rs_cooccur *c = &w->sums[worker];

	(void)err;
	for (uint32_t j = lo; j < hi; j++) {
		struct rs_scored *to = w->kept + (size_t)j * w->room;
		float own = (float)pow((double)t->often[j], -t->target_exponent);

		add_before(t, j, c);
		w->n_kept[j] = (uint32_t)rs_cooccur_best(c, w->source);
		for (uint32_t k = 0; k < w->n_kept[j]; k++) {
			uint32_t bits = (uint32_t)(c->candidate[k] >> 32);
			float v;

			memcpy(&v, &bits, sizeof v);
			to[k] = (struct rs_scored){ v * own, rs_candidate_column(c->candidate[k]) };
		}
	}
	rs_progress("transition: pairs", hi, n, "items");
	return 0;
}

int rs_transition_oneshot(struct rs_item_weights *out, const struct rs_transition *t, struct rs_err *err)
{
	uint32_t n = t->n_items;
	size_t padded = ((size_t)n + RS_GROUP - 1) / RS_GROUP * RS_GROUP;
	struct oneshot w = { .t = t, .room = t->neighbors < n ? t->neighbors : n };
	int rc = RS_ENOMEM;

	if (rs_mem_require((uint64_t)n * (w.room * 16 + 16), "transition",
	                   "fewer neighbours (-p neighbors=50) need less", err)
	            < 0
	    || (w.source = rs_array0(padded, sizeof *w.source, err)) == NULL
	    || (w.kept = rs_array((size_t)n * w.room, sizeof *w.kept, err)) == NULL
	    || (w.n_kept = rs_array(n, sizeof *w.n_kept, err)) == NULL
	    || (w.sums = rs_array0((size_t)rs_threads(), sizeof *w.sums, err)) == NULL)
		goto out;
	for (uint32_t i = 0; i < n; i++)
		w.source[i] = (float)pow((double)t->often[i], -t->source_exponent);
	for (int i = 0; i < rs_threads(); i++)
		if (rs_cooccur_init(&w.sums[i], n, w.room, err) < 0)
			goto out;
	if ((rc = rs_tiles_run((n + TILE - 1) / TILE, oneshot_tile, &w, err)) < 0)
		goto out;
	out->n = n;
	rc = rs_sparse_items_by_source(&out->s, w.kept, w.n_kept, w.room, n, err);
out:
	for (int i = 0; i < rs_threads() && w.sums != NULL; i++)
		rs_cooccur_release(&w.sums[i]);
	rs_free(w.sums);
	rs_free(w.source);
	rs_free(w.kept);
	rs_free(w.n_kept);
	return rc;
}
