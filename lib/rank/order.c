/* order.c -- given items in a person's own order.
 *
 * People are taken in batches. Where few of all items are asked about these are scored one by one for the whole batch, else all
 * tile by tile, and each request takes its own. */
#include "lib/rank/order.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/rank/batch.h"
#include "lib/rank/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE 256 /* in a batch */
#define FEW 16     /* items are scored one by one if so many times as many are there */

struct ordering {
	const struct rs_model *m;
	const struct rs_histories *h;
	const struct rs_request *request;
	size_t n_requests;
	const uint32_t *item;
	const struct rs_csr *situation;
	struct rs_pick *pick;
	uint8_t *from_prior;
	const float *everybody; /* scores for those who are in no row of the histories */
};

static int by_item(const void *pa, const void *pb)
{
	const struct rs_pick *a = pa, *b = pb;

	return (a->item > b->item) - (a->item < b->item);
}

/* Scored ones by score, then by item; the others behind, by item, which is their place. */
static int by_score(const void *pa, const void *pb)
{
	const struct rs_pick *a = pa, *b = pb;

	if (isnan(a->score) || isnan(b->score))
		return isnan(a->score) != isnan(b->score) ? (isnan(a->score) ? 1 : -1) : by_item(pa, pb);
	return a->score != b->score ? (a->score > b->score ? -1 : 1) : by_item(pa, pb);
}

/* Puts the items of a request into its picks, sorted by number. */
static void fill_picks(const struct ordering *o, const struct rs_request *q)
{
	for (uint64_t k = q->first; k < q->first + q->n; k++) {
		o->pick[k] = (struct rs_pick){ .item = o->item[k], .score = NAN, .rest = 1 };
		if (o->item[k] == RS_NONE)
			o->pick[k].item = o->m->item_key.n + (uint32_t)k;
	}
	qsort(o->pick + q->first, q->n, sizeof *o->pick, by_item);
}

static int finish_request(const struct ordering *o, const struct rs_request *q, struct rs_err *err)
{
	struct rs_pick *p = o->pick + q->first;
	uint32_t known = 0, room;
	float *goal;

	for (uint64_t k = 0; k < q->n; k++) {
		if (p[k].score == -INFINITY) /* not to be recommended */
			p[k].score = NAN;
		known += !isnan(p[k].score);
	}
	qsort(p, q->n, sizeof *p, by_score);
	if (!rs_objective_room(o->m, known, &room))
		return 0;
	if ((goal = rs_array(known, sizeof *goal, err)) == NULL)
		return RS_ENOMEM;
	rs_objective_sort(o->m, p, known, goal);
	for (uint32_t k = 0; k < known; k++)
		p[k].score = goal[k];
	rs_free(goal);
	return 0;
}

/* The requests of one batch whose people are in the histories. */
struct crowd {
	const struct rs_request *request[PEOPLE];
	uint32_t user[PEOPLE], row[PEOPLE], n;
	uint64_t at[PEOPLE]; /* the next pick of each */
	uint32_t *item;      /* all that are asked about, sorted, distinct */
	size_t n_items;
};

static int cmp_u32(const void *pa, const void *pb)
{
	uint32_t a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

static int gather_items(const struct ordering *o, struct crowd *c, struct rs_err *err)
{
	size_t n = 0, k = 0;

	for (uint32_t u = 0; u < c->n; u++)
		n += c->request[u]->n;
	if ((c->item = rs_array(n, sizeof *c->item, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < c->n; u++)
		for (uint64_t i = c->request[u]->first; i < c->request[u]->first + c->request[u]->n; i++)
			if (o->item[i] != RS_NONE)
				c->item[k++] = o->item[i];
	qsort(c->item, k, sizeof *c->item, cmp_u32);
	for (size_t i = 0; i < k; i++)
		if (c->n_items == 0 || c->item[c->n_items - 1] != c->item[i])
			c->item[c->n_items++] = c->item[i];
	return 0;
}

/* Scores of the items lo <= i < hi to the picks that ask for them. */
static int score_span(const struct ordering *o, struct crowd *c, const struct rs_batch *b, float *scores, uint32_t lo,
                      uint32_t hi, struct rs_err *err)
{
	uint32_t width = hi - lo;
	int rc = rs_batch_score(b, lo, hi, scores, width, err);

	for (uint32_t u = 0; u < c->n && rc == 0; u++) {
		const struct rs_request *q = c->request[u];

		for (; c->at[u] < q->first + q->n && o->pick[c->at[u]].item < hi; c->at[u]++) {
			struct rs_pick *p = &o->pick[c->at[u]];

			p->score = scores[(size_t)u * width + (p->item - lo)];
			if (isnan(p->score) || p->score == INFINITY)
				return rs_score_overflows(err);
		}
	}
	return rc;
}

static int score_crowd(const struct ordering *o, struct crowd *c, struct rs_err *err)
{
	uint32_t tile = rs_batch_tile(o->m), n_items = o->m->item_key.n;
	bool few = o->m->recipe->tile_items != 0 && c->n_items < n_items / FEW;
	float *scores = rs_array((size_t)c->n * (few ? 1 : tile), sizeof *scores, err);
	struct rs_batch b;
	int rc;

	if (scores == NULL)
		return RS_ENOMEM;
	if ((rc = rs_batch_open(&b, o->m, o->h, c->user, c->n, err)) < 0) {
		rs_free(scores);
		return rc;
	}
	b.situation = o->situation;
	b.row = c->row;
	for (size_t k = 0; k < c->n_items && few && rc == 0; k++)
		rc = score_span(o, c, &b, scores, c->item[k], c->item[k] + 1, err);
	for (uint32_t lo = 0; lo < n_items && !few && rc == 0; lo += tile)
		rc = score_span(o, c, &b, scores, lo, n_items - lo < tile ? n_items : lo + tile, err);
	rs_batch_close(&b);
	rs_free(scores);
	return rc;
}

static void score_request_of_stranger(const struct ordering *o, size_t i)
{
	const struct rs_request *q = &o->request[i];

	for (uint64_t k = q->first; k < q->first + q->n; k++) {
		struct rs_pick *p = &o->pick[k];

		if (p->item >= o->m->item_key.n)
			continue;
		p->score = o->everybody[p->item];
		if (o->situation != NULL)
			rs_situate(o->m, o->situation, (uint32_t)i, p->item, p->item + 1, &p->score);
	}
}

static int order_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct ordering *o = ctx;
	size_t lo = tile * PEOPLE, hi = lo + PEOPLE < o->n_requests ? lo + PEOPLE : o->n_requests;
	struct crowd c = { .n = 0 };
	int rc = 0;

	(void)worker;
	for (size_t i = lo; i < hi; i++) {
		const struct rs_request *q = &o->request[i];

		fill_picks(o, q);
		o->from_prior[i] = q->user == RS_NONE ? !o->m->recipe->for_everybody : !rs_histories_known(o->h, q->user);
		if (q->user != RS_NONE) {
			c.at[c.n] = q->first;
			c.user[c.n] = q->user;
			c.row[c.n] = (uint32_t)i;
			c.request[c.n++] = q;
		}
		if (q->user == RS_NONE)
			score_request_of_stranger(o, i);
	}
	if (c.n > 0 && (rc = gather_items(o, &c, err)) == 0)
		rc = score_crowd(o, &c, err);
	for (size_t i = lo; i < hi && rc == 0; i++)
		rc = finish_request(o, &o->request[i], err);
	rs_free(c.item);
	return rc;
}

/* What a person gets of whom there is not even a row. */
static int score_stranger(float *scores, const struct rs_model *m, struct rs_err *err)
{
	uint64_t row_ptr[2] = { 0, 0 };
	struct rs_events nothing = { .n_users = 1, .n_items = m->item_key.n, .row_ptr = row_ptr };
	struct rs_people people = { .events = &nothing };
	void *query;
	int rc;

	memcpy(scores, m->item_prior, m->item_key.n * sizeof *scores);
	if (!m->recipe->for_everybody)
		return 0;
	if ((rc = m->recipe->query(m->state, &people, &query, err)) < 0)
		return rc;
	rc = m->recipe->score(m->state, query, 0, m->item_key.n, scores, m->item_key.n, err);
	m->recipe->query_free(query);
	return rc;
}

int rs_order(const struct rs_model *m, const struct rs_histories *h, const struct rs_request *request, size_t n_requests,
             const uint32_t *item, const struct rs_csr *situation, struct rs_pick *pick, uint8_t *from_prior,
             struct rs_err *err)
{
	float *everybody = rs_array(m->item_key.n, sizeof *everybody, err);
	struct ordering o = { .m = m, .h = h, .request = request, .n_requests = n_requests, .item = item,
	.situation = situation, .pick = pick,
		              .from_prior = from_prior, .everybody = everybody };
	int rc = everybody == NULL ? RS_ENOMEM : score_stranger(everybody, m, err);

	if (rc == 0)
		rc = rs_tiles_run((n_requests + PEOPLE - 1) / PEOPLE, order_tile, &o, err);
	rs_free(everybody);
	return rc;
}
