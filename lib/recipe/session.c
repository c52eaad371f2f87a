/* session.c -- what went on in sessions like this one: nearest neighbours among anonymous sessions.
 *
 * The model is a store of sessions, each a list of items and a time: no user, and nothing that tells which sessions were one
 * person's. With s the session at hand, n one of the store, k(i) how many events of s follow item i, i* the last item of s that
 * is in n, and |.| counting different items [1, 2]:
 *
 *     sim(n) = sum over i in s and n of 2^(-k(i) / history_half_life) / sqrt |n|  2^(-age of n / age_half_life)
 *     score(j) = sum over the `neighbors` most similar n that hold j of sim(n) 2^(-k(i*) / shared_half_life)
 *                2^(-|place of j - place of i*| / distance_half_life) (1 + idf ln(sessions / sessions with j))
 *
 * Sums over events of s, so that each event has its share. Of each item only the `sample` newest sessions are asked.
 * Time: none to train; memory: 8 bytes an event.
 *
 * [1] M. Ludewig, D. Jannach, Evaluation of Session-based Recommendation Algorithms, UMUAI 2018.
 * [2] D. Garg, P. Gupta, P. Malhotra, L. Vig, G. Shroff, Sequence and Time Aware Neighborhood for Session-based
 *     Recommendations: STAN, SIGIR 2019. */
#include "lib/base/mem.h"
#include "lib/recipe/history.h"
#include "lib/recipe/recipe.h"
#include "lib/recipe/session_store.h"

#include <math.h>
#include <string.h>

static const struct rs_param params[] = {
	{ "session_gap", RS_PARAM_REAL, 0, 1e6, 30, 0, 0, RS_SCALE_LINEAR, NULL,
	  "minutes without an event that end a session; 0: a history is one session" },
	{ "max_sessions", RS_PARAM_INT, 0, 4e9, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "only so many newest sessions are kept; 0: all" },
	{ "max_items", RS_PARAM_INT, 2, 1e6, 200, 0, 0, RS_SCALE_LINEAR, NULL,
	  "only so many last different items of a session are kept" },
	{ "neighbors", RS_PARAM_INT, 1, 100000, 1500, 100, 3000, RS_SCALE_LOG, NULL,
	  "sessions that are listened to" },
	{ "sample", RS_PARAM_INT, 1, 1000000, 5000, 0, 0, RS_SCALE_LOG, NULL,
	  "so many newest sessions with an item are asked" },
	{ "age_half_life", RS_PARAM_REAL, 0, 1e6, NAN, 1, 100, RS_SCALE_LOG, NULL,
	  "days after which a session counts half; 0: age does not matter; auto: a quarter of the time that the data span" },
	{ "distance_half_life", RS_PARAM_REAL, 0, 1e6, 3.4, 1, 20, RS_SCALE_LOG, NULL,
	  "items so far from the shared one count half; 0: all alike" },
	{ "shared_half_life", RS_PARAM_REAL, 0, 1e6, .8, .3, 10, RS_SCALE_LOG, NULL,
	  "sessions whose last shared item is so many events ago count half; 0: all alike" },
	{ "idf", RS_PARAM_REAL, 0, 100, 1, 0, 10, RS_SCALE_LINEAR, NULL,
	  "how much more rare items are recommended" },
	RS_RECENCY_PARAMS_FROM(5),
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct session {
	struct rs_session_store store;
	struct rs_recency recency;
	double gap_s, age_half_life_s, distance, shared, idf;
	uint32_t neighbors, sample;
	float *age;    /* by session: 2^(-age / half life) / sqrt(items) */
	float *rarity; /* by item */
};

static void release(void *state)
{
	struct session *m = state;

	if (m == NULL)
		return;
	rs_session_store_release(&m->store);
	rs_free(m->age);
	rs_free(m->rarity);
	rs_free(m);
}

static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	const struct rs_events *e = in->events;
	int64_t oldest = INT64_MAX, newest = INT64_MIN;
	double days;

	for (uint64_t k = 0; e->time_s != NULL && k < e->row_ptr[e->n_users]; k++) {
		oldest = e->time_s[k] < oldest ? e->time_s[k] : oldest;
		newest = e->time_s[k] > newest ? e->time_s[k] : newest;
	}
	days = newest > oldest ? (double)((uint64_t)newest - (uint64_t)oldest) / 86400 : 0;
	if (isnan(rs_param(p, "age_half_life"))) /* less than a day: no time of day, but a numbering */
		rs_param_resolve(p, "age_half_life", days > 1 ? fmin(days / 4, 1e6) : 0);
}

static double decay(double distance, double half_life)
{
	return half_life > 0 ? exp2(-distance / half_life) : 1;
}

/* What of the state follows from the store and the parameters. */
static int settle(struct session *m, const struct rs_param_values *p, struct rs_err *err)
{
	const struct rs_session_store *s = &m->store;

	m->recency = rs_recency_of(p);
	m->gap_s = rs_param(p, "session_gap") * 60;
	m->age_half_life_s = rs_param(p, "age_half_life") * 86400;
	m->distance = rs_param(p, "distance_half_life");
	m->shared = rs_param(p, "shared_half_life");
	m->idf = rs_param(p, "idf");
	m->neighbors = (uint32_t)rs_param(p, "neighbors");
	m->sample = (uint32_t)rs_param(p, "sample");
	if ((m->age = rs_array(s->n, sizeof *m->age, err)) == NULL
	    || (m->rarity = rs_array(s->n_items, sizeof *m->rarity, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t k = 0; k < s->n; k++) {
		double age = (double)((uint64_t)s->time_s[0] - (uint64_t)s->time_s[k]);

		m->age[k] = (float)(decay(age, m->age_half_life_s)
		                    / sqrt((double)(s->row_ptr[k + 1] - s->row_ptr[k])));
	}
	for (uint32_t i = 0; i < s->n_items; i++) {
		double with = (double)(s->at_ptr[i + 1] - s->at_ptr[i]);

		m->rarity[i] = (float)(1 + m->idf * (with > 0 ? log(s->n / with) : 0));
	}
	return 0;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err)
{
	struct session *m = rs_array0(1, sizeof *m, err);
	struct rs_session_how how = { .gap_s = rs_param(p, "session_gap") * 60,
		                      .max_items = (uint32_t)rs_param(p, "max_items"),
		                      .max_sessions = (uint32_t)rs_param(p, "max_sessions") };
	int rc;

	*state = NULL;
	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_session_store_make(&m->store, in->events, &how, err)) < 0
	    || (rc = settle(m, p, err)) < 0) {
		release(m);
		return rc;
	}
	*state = m;
	return 0;
}

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	return rs_session_store_save(&((const struct session *)state)->store, w, err);
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                struct rs_err *err)
{
	struct session *m = rs_array0(1, sizeof *m, err);
	int rc;

	*state = NULL;
	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_session_store_load(&m->store, r, n_items, err)) < 0 || (rc = settle(m, p, err)) < 0) {
		release(m);
		return rc;
	}
	*state = m;
	return 0;
}

/* ---- one person's session and its neighbours ---- */

struct item_at { /* one of the different items of the session at hand, the newest first */
	uint32_t item;
	float weight; /* 2^(-k / history_half_life) times the event's own */
	float shared; /* 2^(-k / shared_half_life) */
	uint64_t event;
};

struct neighbour {
	uint32_t session;
	float factor;   /* of all items: age, size and shared_half_life */
	float sum;      /* of weights of shared items */
	uint32_t place; /* of i* */
};

struct asking {
	struct item_at *mine;
	uint32_t n_mine;
	struct neighbour *near; /* those kept, the newest first */
	uint32_t n_near;
};

static void stop_asking(struct asking *a)
{
	rs_free(a->mine);
	rs_free(a->near);
	memset(a, 0, sizeof *a);
}

/* The last session of user u of h: its different items. */
static int take_items(struct asking *a, const struct session *m, const struct rs_events *h, uint32_t u,
                      struct rs_err *err)
{
	uint64_t lo = h->row_ptr[u], hi = h->row_ptr[u + 1];

	if ((a->mine = rs_array(hi - lo, sizeof *a->mine, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t e = hi; e-- > lo;) {
		uint64_t later = hi - 1 - e;
		uint32_t k = 0;

		if (e + 1 < hi && m->gap_s > 0 && h->time_s != NULL
		    && (double)((uint64_t)h->time_s[e + 1] - (uint64_t)h->time_s[e]) > m->gap_s)
			break;
		if (m->recency.window > 0 && later >= m->recency.window)
			break;
		while (k < a->n_mine && a->mine[k].item != h->item[e])
			k++;
		if (k < a->n_mine)
			continue;
		a->mine[a->n_mine++] = (struct item_at){
			.item = h->item[e],
			.weight = (float)(decay((double)later, m->recency.half_life)
			                  * (h->weight == NULL ? 1 : (double)h->weight[e])),
			.shared = (float)decay((double)later, m->shared),
			.event = e,
		};
	}
	return 0;
}

/* near(a) before near(b): more similar, or as much and newer. */
static bool nearer(const struct session *m, const struct neighbour *a, const struct neighbour *b)
{
	float x = a->sum * m->age[a->session], y = b->sum * m->age[b->session];

	return x > y || (x == y && a->session < b->session);
}

/* Sinks the entry at `at` of the heap of n, whose root is the least near. */
static void sink(const struct session *m, struct neighbour *heap, uint32_t n, uint32_t at)
{
	for (;;) {
		uint32_t child = 2 * at + 1;
		struct neighbour x = heap[at];

		if (child >= n)
			return;
		if (child + 1 < n && nearer(m, &heap[child], &heap[child + 1]))
			child++;
		if (!nearer(m, &heap[at], &heap[child]))
			return;
		heap[at] = heap[child];
		heap[child] = x;
	}
}

static int by_session(const void *pa, const void *pb)
{
	const struct neighbour *a = pa, *b = pb;

	return (a->session > b->session) - (a->session < b->session);
}

static uint32_t place_in(const struct rs_session_store *s, uint32_t session, uint32_t item)
{
	uint64_t e = s->row_ptr[session];

	while (s->item[e] != item)
		e++;
	return (uint32_t)(e - s->row_ptr[session]);
}

/* Leaves the nearest in a->near, in the order of the store. */
static void cut(struct asking *a, const struct session *m)
{
	uint32_t k = m->neighbors;

	if (a->n_near > k) {
		for (uint32_t i = k / 2; i-- > 0;)
			sink(m, a->near, k, i);
		for (uint32_t i = k; i < a->n_near; i++) {
			if (!nearer(m, &a->near[i], &a->near[0]))
				continue;
			a->near[0] = a->near[i];
			sink(m, a->near, k, 0);
		}
		a->n_near = k;
	}
	qsort(a->near, a->n_near, sizeof *a->near, by_session);
}

static int ask(struct asking *a, const struct session *m, const struct rs_events *h, uint32_t u,
               uint32_t *slot, struct rs_err *err)
{
	const struct rs_session_store *s = &m->store;
	uint64_t room = 0;
	int rc;

	memset(a, 0, sizeof *a);
	if ((rc = take_items(a, m, h, u, err)) < 0)
		return rc;
	for (uint32_t k = 0; k < a->n_mine; k++) {
		uint64_t n = s->at_ptr[a->mine[k].item + 1] - s->at_ptr[a->mine[k].item];

		room += n < m->sample ? n : m->sample;
	}
	if ((a->near = rs_array(room, sizeof *a->near, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t k = 0; k < a->n_mine; k++) {
		const struct item_at *mine = &a->mine[k];
		uint64_t lo = s->at_ptr[mine->item], hi = s->at_ptr[mine->item + 1];

		hi = hi - lo > m->sample ? lo + m->sample : hi;
		for (uint64_t o = lo; o < hi; o++) {
			uint32_t session = s->at[o];

			if (slot[session] == 0) { /* the newest item first: this one is i* */
				a->near[a->n_near] = (struct neighbour){
					.session = session,
					.factor = m->age[session] * mine->shared,
					.place = place_in(s, session, mine->item),
				};
				slot[session] = ++a->n_near;
			}
			a->near[slot[session] - 1].sum += mine->weight;
		}
	}
	for (uint32_t k = 0; k < a->n_near; k++)
		slot[a->near[k].session] = 0;
	cut(a, m);
	return 0;
}

/* What session near gives to the item at place e of the store, for each unit of the sum. */
static float gives(const struct session *m, const struct neighbour *near, uint64_t e)
{
	double distance = fabs((double)(e - m->store.row_ptr[near->session]) - near->place);

	return (float)((double)near->factor * decay(distance, m->distance)
	               * (double)m->rarity[m->store.item[e]]);
}

struct query {
	uint32_t n;
	struct asking *user;
};

static void query_free(void *q)
{
	struct query *query = q;

	if (query == NULL)
		return;
	for (uint32_t u = 0; u < query->n && query->user != NULL; u++)
		stop_asking(&query->user[u]);
	rs_free(query->user);
	rs_free(query);
}

static int query(const void *state, const struct rs_people *who, void **q, struct rs_err *err)
{
	const struct session *m = state;
	struct query *query = rs_array0(1, sizeof *query, err);
	uint32_t *slot = rs_array0(m->store.n, sizeof *slot, err);
	int rc = RS_ENOMEM;

	if (query == NULL || slot == NULL)
		goto out;
	if ((rc = rs_recency_check(who->events, &m->recency, err)) < 0)
		goto out;
	query->n = who->events->n_users;
	rc = (query->user = rs_array0(query->n, sizeof *query->user, err)) == NULL ? RS_ENOMEM : 0;
	for (uint32_t u = 0; u < query->n && rc == 0; u++)
		rc = ask(&query->user[u], m, who->events, u, slot, err);
out:
	rs_free(slot);
	if (rc < 0)
		query_free(query);
	else
		*q = query;
	return rc;
}

static void add_up(const struct session *m, const struct asking *a, float *scores)
{
	for (uint32_t k = 0; k < a->n_near; k++) {
		const struct neighbour *near = &a->near[k];

		for (uint64_t e = m->store.row_ptr[near->session]; e < m->store.row_ptr[near->session + 1];
		     e++)
			scores[m->store.item[e]] += near->sum * gives(m, near, e);
	}
}

static int score(const void *state, const void *q, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                 struct rs_err *err)
{
	const struct query *query = q;

	(void)lo;
	(void)err;
	for (uint32_t u = 0; u < query->n; u++) {
		memset(scores + u * ld, 0, hi * sizeof *scores);
		add_up(state, &query->user[u], scores + u * ld);
	}
	return 0;
}

static int explain(const void *state, const struct rs_events *h, uint32_t item, float *share,
                   struct rs_err *err)
{
	const struct session *m = state;
	const struct rs_session_store *s = &m->store;
	uint32_t *slot = rs_array0(s->n, sizeof *slot, err);
	struct asking a;
	int rc;

	if (slot == NULL)
		return RS_ENOMEM;
	rc = ask(&a, m, h, 0, slot, err);
	rs_free(slot);
	for (uint64_t e = 0; e < h->row_ptr[1]; e++)
		share[e] = 0;
	for (uint32_t k = 0; k < a.n_near && rc == 0; k++) {
		uint64_t lo = s->row_ptr[a.near[k].session], hi = s->row_ptr[a.near[k].session + 1], at = lo;

		while (at < hi && s->item[at] != item)
			at++;
		for (uint32_t i = 0; i < a.n_mine && at < hi; i++)
			if (rs_session_store_has(s, a.near[k].session, a.mine[i].item, m->sample))
				share[a.mine[i].event] += a.mine[i].weight * gives(m, &a.near[k], at);
	}
	stop_asking(&a);
	return rc;
}

static int similar(const void *state, uint32_t item, float *scores, struct rs_err *err)
{
	const struct session *m = state;
	uint64_t row_ptr[2] = { 0, 1 };
	struct rs_events h = { .n_users = 1, .n_items = m->store.n_items, .row_ptr = row_ptr, .item = &item };
	uint32_t *slot = rs_array0(m->store.n, sizeof *slot, err);
	struct asking a;
	int rc;

	if (slot == NULL)
		return RS_ENOMEM;
	rc = ask(&a, m, &h, 0, slot, err);
	rs_free(slot);
	memset(scores, 0, m->store.n_items * sizeof *scores);
	if (rc == 0)
		add_up(m, &a, scores);
	stop_asking(&a);
	return rc;
}

static const char *const aliases[] = { "vsknn", "stan", "vstan", NULL };

extern const struct rs_recipe rs_recipe_session;
const struct rs_recipe rs_recipe_session = {
	.name = "session",
	.aliases = aliases,
	.summary = "what went on in sessions like this one; keeps anonymous sessions",
	.params = params,
	.needs = RS_NEED_TIME,
	.resolve = resolve,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = query,
	.query_free = query_free,
	.tile_items = 0,
	.score = score,
	.explain = explain,
	.similar = similar,
};
