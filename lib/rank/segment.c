/* segment.c -- for items, or sets of items, the people who want them most. */
#include "lib/rank/segment.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/rank/batch.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE 256 /* in a batch, at most */
#define ROWS_BYTES (8u << 20) /* of scores of a batch, about */
#define FEW 16     /* items are scored one by one if so many times as many are there */
#define HEAD 20.0  /* places at the head of a list that are about alike */

/* One item of one query. */
struct wish {
	uint32_t item, query;
};

struct segmenting {
	const struct rs_model *m;
	const struct rs_histories *h;
	const struct rs_segment_queries *q;
	const struct rs_segment_options *o;
	struct rs_topk *top;
	struct wish *wish;  /* of all queries, by item, then query */
	uint64_t n_wishes;
	uint32_t people;    /* in a batch */
	bool few;           /* items are scored one by one */
	uint64_t *best_ptr; /* by query: where its best scores stand in a person's row; n + 1 */
	struct bench {
		float *scores; /* people x n_items, or a column */
		float *sorted; /* n_items: the scores of one person's list */
		float *best;   /* people x best_ptr[n]: the largest scores of each query, largest first */
		uint32_t *n_best; /* people x n */
		uint8_t *seen; /* by item: flags of one person */
	} *bench; /* by worker */
	pthread_mutex_t lock;
	uint64_t done;
};

static int by_item(const void *pa, const void *pb)
{
	const struct wish *a = pa, *b = pb;

	if (a->item != b->item)
		return a->item < b->item ? -1 : 1;
	return (a->query > b->query) - (a->query < b->query);
}

static uint32_t width_of(const struct segmenting *s, size_t q)
{
	return (uint32_t)(s->best_ptr[q + 1] - s->best_ptr[q]);
}

/* Keeps the score among the best of the query. */
static void keep(float *best, uint32_t *n, uint32_t room, float score)
{
	uint32_t at = *n;

	if (at == room && !(score > best[room - 1]))
		return;
	at = at == room ? room - 1 : (*n)++;
	for (; at > 0 && best[at - 1] < score; at--)
		best[at] = best[at - 1];
	best[at] = score;
}

static void mark_seen(const struct segmenting *s, const struct bench *b, uint32_t user, uint8_t flag)
{
	const struct rs_events *seen = &s->h->seen;

	for (uint64_t e = seen->row_ptr[user]; e < seen->row_ptr[user + 1]; e++)
		b->seen[seen->item[e]] = flag;
}

static bool counts(const struct segmenting *s, const struct bench *b, uint32_t item, float score)
{
	return !(s->o->seen == RS_SEEN_DROP && b->seen[item] != 0) && !(s->o->seen == RS_SEEN_ONLY && b->seen[item] == 0) &&
	       score != -INFINITY;
}

static int downwards(const void *pa, const void *pb)
{
	float a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a < b) - (a > b);
}

/* Sorts the scores of the items that count for the person. */
static uint32_t sort_list(const struct segmenting *s, const struct bench *b, const float *scores)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->m->item_key.n; i++)
		if (counts(s, b, i, scores[i]))
			b->sorted[n++] = scores[i];
	qsort(b->sorted, n, sizeof *b->sorted, downwards);
	return n;
}

/* How many of the sorted scores are larger. */
static uint32_t place_of(const float *sorted, uint32_t n, float score)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (sorted[mid] > score)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What one person's scores say to the wishes [from, to). scores[item - lo]. */
static void take_scores(const struct segmenting *s, const struct bench *b, uint32_t row, uint32_t user, const float *scores,
                        uint32_t lo, uint64_t from, uint64_t to)
{
	const struct rs_events *h = &s->h->chosen;
	double activity = sqrt((double)(h->row_ptr[user + 1] - h->row_ptr[user]));
	uint32_t n = 0;

	mark_seen(s, b, user, 1);
	if (s->o->by == RS_SEGMENT_PLACE)
		n = sort_list(s, b, scores);
	for (uint64_t w = from; w < to; w++) {
		uint32_t item = s->wish[w].item, q = s->wish[w].query;
		float score = scores[item - lo];

		if (!counts(s, b, item, score))
			continue;
		if (s->o->by == RS_SEGMENT_PLACE && !isnan(score))
			score = (float)(activity / (HEAD + 1 + place_of(b->sorted, n, score)));
		keep(b->best + row * s->best_ptr[s->q->n] + s->best_ptr[q], &b->n_best[row * s->q->n + q], width_of(s, q),
		     score);
	}
	mark_seen(s, b, user, 0);
}

/* All items of each person of the batch. */
static int score_rows(const struct segmenting *s, const struct bench *b, const struct rs_batch *batch, struct rs_err *err)
{
	uint32_t n_items = s->m->item_key.n, width = rs_batch_tile(s->m);
	int rc = 0;

	for (uint32_t lo = 0; lo < n_items && rc == 0; lo += width)
		rc = rs_batch_score(batch, lo, n_items - lo < width ? n_items : lo + width, b->scores + lo, n_items, err);
	for (uint32_t u = 0; u < batch->n && rc == 0; u++)
		take_scores(s, b, u, batch->user[u], b->scores + (size_t)u * n_items, 0, 0, s->n_wishes);
	return rc;
}

/* The items that are asked about, one by one. */
static int score_columns(const struct segmenting *s, const struct bench *b, const struct rs_batch *batch, struct rs_err *err)
{
	uint64_t from = 0, to;
	int rc = 0;

	for (; from < s->n_wishes && rc == 0; from = to) {
		uint32_t item = s->wish[from].item;

		for (to = from; to < s->n_wishes && s->wish[to].item == item; to++)
			;
		rc = rs_batch_score(batch, item, item + 1, b->scores, 1, err);
		for (uint32_t u = 0; u < batch->n && rc == 0; u++)
			take_scores(s, b, u, batch->user[u], b->scores + u, item, from, to);
	}
	return rc;
}

/* The people of a batch to the tops; a person none of whose items count for a query is not offered. */
static int offer(struct segmenting *s, const struct bench *b, const struct rs_batch *batch, struct rs_err *err)
{
	bool bad = false;

	pthread_mutex_lock(&s->lock);
	for (uint32_t u = 0; u < batch->n; u++) {
		for (size_t q = 0; q < s->q->n; q++) {
			const float *best = b->best + u * s->best_ptr[s->q->n] + s->best_ptr[q];
			uint32_t n = b->n_best[u * s->q->n + q];
			double sum = 0;

			for (uint32_t k = 0; k < n; k++)
				sum += (double)best[k];
			bad = bad || !isfinite((float)sum);
			if (n > 0 && !bad)
				rs_topk_push(&s->top[q], (float)(sum / n), batch->user[u]);
		}
	}
	s->done += batch->n;
	rs_progress("segments", s->done, s->h->chosen.n_users, "users");
	pthread_mutex_unlock(&s->lock);
	return bad ? rs_score_overflows(err) : 0;
}

static int batch_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct segmenting *s = ctx;
	struct bench *b = &s->bench[worker];
	uint32_t user[PEOPLE], n = 0, n_users = s->h->chosen.n_users, lo = (uint32_t)tile * s->people;
	struct rs_batch batch;
	int rc;

	for (uint32_t u = lo; u < n_users && u < lo + s->people; u++)
		if ((s->o->allow == NULL || s->o->allow[u] != 0) && rs_histories_known(s->h, u))
			user[n++] = u;
	if (n == 0)
		return 0;
	if ((rc = rs_batch_open(&batch, s->m, s->h, user, n, err)) < 0)
		return rc;
	memset(b->n_best, 0, n * s->q->n * sizeof *b->n_best);
	rc = s->few ? score_columns(s, b, &batch, err) : score_rows(s, b, &batch, err);
	if (rc == 0)
		rc = offer(s, b, &batch, err);
	rs_batch_close(&batch);
	return rc;
}

static int make_benches(struct segmenting *s, struct rs_err *err)
{
	size_t n_items = s->m->item_key.n;

	if ((s->bench = rs_array0((size_t)rs_threads(), sizeof *s->bench, err)) == NULL)
		return RS_ENOMEM;
	for (int w = 0; w < rs_threads(); w++) {
		struct bench *b = &s->bench[w];

		if ((b->scores = rs_array(s->people * (s->few ? 1 : n_items), sizeof *b->scores, err)) == NULL ||
		    (b->sorted = rs_array(n_items, sizeof *b->sorted, err)) == NULL ||
		    (b->best = rs_array(s->people * s->best_ptr[s->q->n], sizeof *b->best, err)) == NULL ||
		    (b->n_best = rs_array(s->people * s->q->n, sizeof *b->n_best, err)) == NULL ||
		    (b->seen = rs_array0(n_items, 1, err)) == NULL)
			return RS_ENOMEM;
	}
	return 0;
}

static void release_benches(struct segmenting *s)
{
	for (int w = 0; s->bench != NULL && w < rs_threads(); w++) {
		rs_free(s->bench[w].scores);
		rs_free(s->bench[w].sorted);
		rs_free(s->bench[w].best);
		rs_free(s->bench[w].n_best);
		rs_free(s->bench[w].seen);
	}
	rs_free(s->bench);
}

/* Wishes in the order of their items, and whether these are few of all. */
static int sort_wishes(struct segmenting *s, struct rs_err *err)
{
	const struct rs_segment_queries *q = s->q;
	uint64_t n_items = 0;

	s->n_wishes = q->ptr[q->n];
	if ((s->wish = rs_array(s->n_wishes, sizeof *s->wish, err)) == NULL ||
	    (s->best_ptr = rs_array(q->n + 1, sizeof *s->best_ptr, err)) == NULL)
		return RS_ENOMEM;
	s->best_ptr[0] = 0;
	for (size_t k = 0; k < q->n; k++) {
		uint64_t n = q->ptr[k + 1] - q->ptr[k];

		for (uint64_t i = q->ptr[k]; i < q->ptr[k + 1]; i++)
			s->wish[i] = (struct wish){ q->item[i], (uint32_t)k };
		s->best_ptr[k + 1] = s->best_ptr[k] + (n < s->o->best_of ? n : s->o->best_of);
	}
	qsort(s->wish, s->n_wishes, sizeof *s->wish, by_item);
	for (uint64_t i = 0; i < s->n_wishes; i++)
		n_items += i == 0 || s->wish[i].item != s->wish[i - 1].item;
	s->few = s->o->by == RS_SEGMENT_SCORE && s->m->recipe->tile_items != 0 && n_items < s->m->item_key.n / FEW;
	s->people = ROWS_BYTES / sizeof(float) / (s->few ? 1 : s->m->item_key.n);
	s->people = s->people < 1 ? 1 : s->people > PEOPLE ? PEOPLE : s->people;
	return 0;
}

int rs_segment(const struct rs_model *m, const struct rs_histories *h, const struct rs_segment_queries *queries,
               const struct rs_segment_options *o, struct rs_topk *top, struct rs_err *err)
{
	struct segmenting s = { .m = m, .h = h, .q = queries, .o = o, .top = top };
	int rc;

	pthread_mutex_init(&s.lock, NULL);
	if ((rc = sort_wishes(&s, err)) == 0 && (rc = make_benches(&s, err)) == 0)
		rc = rs_tiles_run(((size_t)h->chosen.n_users + s.people - 1) / s.people, batch_tile, &s, err);
	release_benches(&s);
	rs_free(s.wish);
	rs_free(s.best_ptr);
	pthread_mutex_destroy(&s.lock);
	return rc;
}
