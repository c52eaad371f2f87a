/* rank.c -- batches of users to lists: score, mask, select, explain, deliver in order. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/num/topk.h"
#include "lib/rank/batch.h"
#include "lib/rank/explain.h"
#include "lib/rank/mask.h"
#include "lib/rank/objective.h"
#include "lib/rank/rank.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

const char *const rs_seen_name[] = { "drop", "keep", "only", NULL };

/* What one worker needs for one batch. */
struct bench {
	float *scores;        /* RS_BATCH x ld */
	struct rs_topk *top;  /* RS_BATCH */
	struct rs_mask mask;
	struct rs_pick *pick; /* k */
	float *goal;          /* k */
	struct rs_cause *cause; /* n x explain */
};

struct ranking {
	const struct rs_model *m;
	const struct rs_histories *h;
	const uint32_t *user;
	uint32_t n_users, n_items, batch_users;
	uint32_t n, k;        /* of a list; candidates for it */
	bool rich;            /* lists have an objective */
	uint32_t tile;        /* items scored at a time */
	float unreached;      /* the best score of what histories tell nothing of */
	const struct rs_rank_options *o;
	rs_list_sink *sink;
	void *ctx;
	struct bench *bench;  /* by worker */
	pthread_mutex_t lock; /* delivery, in the order of the batches */
	pthread_cond_t turn;
	size_t next;          /* batch to be delivered */
	size_t failed;        /* the lowest batch that failed: those behind it do not wait; SIZE_MAX: none */
};

static uint32_t user_of(const struct ranking *r, uint32_t i)
{
	return r->user == NULL ? i : r->user[i];
}

#define STEP 512 /* items that are offered at once */

/* Offers the scores of n items from lo on. The order of what a history tells nothing of counts only where that might enter. */
static bool offer(const struct ranking *r, struct rs_topk *t, float *scores, uint32_t lo, uint32_t n)
{
	bool numbers = true;

	for (uint32_t i = 0; i < n; i += STEP) {
		uint32_t some = n - i < STEP ? n - i : STEP;

		if (rs_topk_limit(t) <= r->unreached)
			rs_fill_unreached(r->m, lo + i, lo + i + some, scores + i);
		numbers &= rs_topk_offer(t, scores + i, some, lo + i) != 0;
	}
	return numbers;
}

/* Scores the users of the batch for the items lo .. end, tile by tile, into their top-k. */
static int select_batch(const struct ranking *r, struct bench *b, uint32_t first, uint32_t n, uint32_t lo, uint32_t end,
                        struct rs_err *err)
{
	uint32_t user[RS_BATCH], row[RS_BATCH];
	struct rs_batch batch;
	int rc;

	for (uint32_t i = 0; i < n; i++) {
		user[i] = user_of(r, first + i);
		row[i] = first + i;
	}
	if ((rc = rs_batch_open(&batch, r->m, r->h, user, n, err)) < 0)
		return rc;
	batch.situation = r->o->situation;
	batch.row = row;
	rc = rs_mask_find(&b->mask, &r->h->seen, user, n, lo, end, err);
	for (; lo < end && rc == 0; lo += r->tile) {
		uint32_t hi = lo + r->tile < end ? lo + r->tile : end;

		if ((rc = rs_batch_reach(&batch, lo, hi, b->scores, r->tile, err)) == 0)
			rc = rs_mask_apply(&b->mask, lo, b->scores, n, err);
		for (uint32_t i = 0; i < n && rc == 0; i++)
			if (!offer(r, &b->top[i], b->scores + (size_t)i * r->tile, lo, hi - lo))
				rc = rs_score_overflows(err);
	}
	rs_batch_close(&batch);
	return rc;
}

static int deliver(const struct ranking *r, struct bench *b, uint32_t first, uint32_t n, struct rs_err *err)
{
	for (uint32_t i = 0; i < n; i++) {
		struct rs_topk *t = &b->top[i];
		struct rs_list list = { .user = user_of(r, first + i), .n = t->n, .pick = b->pick };
		int rc;

		if (r->o->situation != NULL) {
			uint64_t from = r->o->situation->row_ptr[first + i];

			list.feature = r->o->situation->col + from;
			list.n_features = (size_t)(r->o->situation->row_ptr[first + i + 1] - from);
		}
		list.from_prior = !rs_histories_known(r->h, list.user);
		for (uint32_t k = 0; k < t->n; k++) {
			b->pick[k] = (struct rs_pick){ .item = t->best[k].ix, .score = t->best[k].score };
			if (k % 8 == 0 && i + 1 < n)
				__builtin_prefetch(t[1].best + k);
		}
		if (r->rich) {
			rs_objective_sort(r->m, b->pick, list.n, b->goal);
			list.n = list.n < r->n ? list.n : r->n;
		}
		if (r->o->explain > 0 && !list.from_prior &&
		    (rc = rs_explain(r->m, r->h, &list, r->o->explain, b->cause, err)) < 0)
			return rc;
		for (uint32_t k = 0; k < list.n && r->rich; k++)
			b->pick[k].score = b->goal[k];
		if ((rc = r->sink(r->ctx, &list, err)) < 0)
			return rc;
	}
	return 0;
}

static int batch_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct ranking *r = ctx;
	struct bench *b = &r->bench[worker];
	uint32_t first = (uint32_t)tile * r->batch_users;
	uint32_t n = r->n_users - first < r->batch_users ? r->n_users - first : r->batch_users;
	int rc;

	for (uint32_t i = 0; i < n; i++)
		rs_topk_reset(&b->top[i]);
	rc = select_batch(r, b, first, n, 0, r->n_items, err);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		rs_topk_sort(&b->top[i]);
	pthread_mutex_lock(&r->lock);
	while (rc == 0 && r->next != tile && r->failed > tile)
		pthread_cond_wait(&r->turn, &r->lock);
	if (rc == 0 && r->failed > tile) {
		rc = deliver(r, b, first, n, err);
		r->next++;
		rs_progress("lists", first + n, r->n_users, "users");
	} else if (rc == 0) {
		rc = rs_fail(err, RS_EINTERNAL, "stopped"); /* the failure of the lowest batch is what is told */
	}
	if (rc < 0 && tile < r->failed)
		r->failed = tile;
	pthread_cond_broadcast(&r->turn);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

/* ---- one batch of a few people: each worker takes some of the items ---- */

#define FEW 4 /* people: each worker works out their state anew */

static uint32_t part_start(const struct ranking *r, size_t part)
{
	uint64_t n_tiles = (r->n_items + r->tile - 1) / r->tile, at = n_tiles * part / (size_t)rs_threads() * r->tile;

	return at < r->n_items ? (uint32_t)at : r->n_items;
}

static int part_tile(void *ctx, size_t part, int worker, struct rs_err *err)
{
	const struct ranking *r = ctx;
	struct bench *b = &r->bench[part];

	(void)worker;
	for (uint32_t i = 0; i < r->n_users; i++)
		rs_topk_reset(&b->top[i]);
	return select_batch(r, b, 0, r->n_users, part_start(r, part), part_start(r, part + 1), err);
}

static int rank_in_parts(struct ranking *r, struct rs_err *err)
{
	struct bench *b = &r->bench[0];
	int rc = 0;

	if (r->m->reader != NULL) /* all of it will be used, and here all threads read */
		rc = rs_reader_verify(r->m->reader, err);
	if (rc == 0)
		rc = rs_tiles_run((size_t)rs_threads(), part_tile, r, err);

	for (uint32_t i = 0; i < r->n_users && rc == 0; i++) {
		for (int part = 1; part < rs_threads(); part++) {
			struct rs_topk *t = &r->bench[part].top[i];

			rs_topk_take(t);
			for (uint32_t k = 0; k < t->n; k++)
				rs_topk_push(&b->top[i], t->best[k].score, t->best[k].ix);
		}
		rs_topk_sort(&b->top[i]);
	}
	return rc == 0 ? deliver(r, b, 0, r->n_users, err) : rc;
}

static void release_benches(struct ranking *r)
{
	for (int w = 0; r->bench != NULL && w < rs_threads(); w++) {
		struct bench *b = &r->bench[w];

		for (uint32_t i = 0; b->top != NULL && i < r->batch_users; i++)
			rs_topk_release(&b->top[i]);
		rs_free(b->top);
		rs_free(b->scores);
		rs_mask_release(&b->mask);
		rs_free(b->pick);
		rs_free(b->goal);
		rs_free(b->cause);
	}
	rs_free(r->bench);
}

static int make_benches(struct ranking *r, struct rs_err *err)
{
	size_t n_causes = (size_t)r->k * (r->o->explain > 0 ? r->o->explain : 1);

	if ((r->bench = rs_array0((size_t)rs_threads(), sizeof *r->bench, err)) == NULL)
		return RS_ENOMEM;
	for (int w = 0; w < rs_threads(); w++) {
		struct bench *b = &r->bench[w];

		if ((b->scores = rs_array((size_t)r->batch_users * r->tile, sizeof *b->scores, err)) == NULL ||
		    (b->top = rs_array0(r->batch_users, sizeof *b->top, err)) == NULL ||
		    rs_mask_init(&b->mask, r->o, r->n_items, r->tile, err) < 0 ||
		    (b->pick = rs_array(r->k, sizeof *b->pick, err)) == NULL ||
		    (b->goal = rs_array(r->k, sizeof *b->goal, err)) == NULL ||
		    (b->cause = rs_array(n_causes, sizeof *b->cause, err)) == NULL)
			return RS_ENOMEM;
		for (uint32_t i = 0; i < r->batch_users; i++)
			if (rs_topk_init(&b->top[i], r->k, err) < 0)
				return RS_ENOMEM;
	}
	return 0;
}

#define LEAST 8 /* people of a batch, where there are so many */

/* At most RS_BATCH people, and fewer where whole rows of many items are scored, so that they stay near 8 MB. All batches are
 * about alike, so that no thread works at a last one alone. A list never depends on it. */
static uint32_t batch_size(const struct ranking *r)
{
	uint64_t n = (8u << 20) / sizeof(float) / r->tile, threads = (uint64_t)rs_threads(), rounds;

	n = n < LEAST ? LEAST : n > RS_BATCH ? RS_BATCH : n;
	rounds = (r->n_users + n * threads - 1) / (n * threads);
	n = (r->n_users + rounds * threads - 1) / (rounds * threads);
	n = n < LEAST ? LEAST : n;
	return n < r->n_users ? (uint32_t)n : r->n_users;
}

int rs_rank_users(const struct rs_model *m, const struct rs_histories *h, const uint32_t *user, uint32_t n,
                  const struct rs_rank_options *o, rs_list_sink *sink, void *ctx, struct rs_err *err)
{
	struct ranking r = { .m = m, .h = h, .user = user, .n_users = user == NULL ? h->chosen.n_users : n,
		             .n_items = m->item_key.n, .o = o, .sink = sink, .ctx = ctx, .failed = SIZE_MAX };
	int rc;

	if (r.n_users == 0)
		return 0;
	r.n = o->n < r.n_items ? o->n : r.n_items;
	r.rich = rs_objective_room(m, r.n, &r.k);
	r.tile = rs_batch_tile(m);
	r.unreached = rs_most_unreached(m);
	r.batch_users = batch_size(&r);
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.turn, NULL);
	if ((rc = make_benches(&r, err)) == 0 && r.n_users <= FEW && r.tile < r.n_items)
		rc = rank_in_parts(&r, err);
	else if (rc == 0)
		rc = rs_tiles_run((r.n_users + r.batch_users - 1) / r.batch_users, batch_tile, &r, err);
	release_benches(&r);
	pthread_cond_destroy(&r.turn);
	pthread_mutex_destroy(&r.lock);
	return rc;
}
