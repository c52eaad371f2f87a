/* profile.c -- who somebody is beside what they did: attributes of users join what goes with what.
 *
 * With S the co-occurrence of items of itemknn.c at its default point, and rate(u, j) how likely people with u's attributes
 * are to have j (attribute_rates.h), both as shares of all items:
 *     score(u, j) = (1 - b) sum_i x_ui S_ij / sum_ik x_ui S_ik  +  b rate(u, j) / sum_k rate(u, k),
 *     b = w / (w + sum_i x_ui)
 * w is `attribute_weight`, 0 where the model knows no attributes: they say as much as that many events. So
 * a person without events gets a list by attributes, and whoever has a long history hardly differs from itemknn.
 * Rates below 0 count as 0. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/attribute_rates.h"
#include "lib/recipe/links.h"
#include "lib/recipe/neighbours.h"
#include "lib/recipe/stored.h"

#include <math.h>
#include <string.h>

#define CHUNK_TOTAL RS_KIND('P', 'T', 'O', 'T')

static const struct rs_param params[] = {
	{ "attribute_weight", RS_PARAM_REAL, 0, 1e6, 10, 1, 50, RS_SCALE_LOG, NULL,
	  "attributes say as much as so many events" },
	{ "attribute_l2", RS_PARAM_REAL, 1e-3, 1e9, 100, 10, 1000, RS_SCALE_LOG, NULL,
	  "pull of the attributes' effects towards 0, in people" },
	{ "min_people", RS_PARAM_INT, 1, 1e6, 5, 0, 0, RS_SCALE_LINEAR, NULL,
	  "attribute values of fewer people are left out" },
	{ "bins", RS_PARAM_INT, 1, 1000, 24, 0, 0, RS_SCALE_LINEAR, NULL, "ranges that a number falls into" },
	{ "neighbors", RS_PARAM_INT, 1, 100000, NAN, 50, 1000, RS_SCALE_LOG, NULL,
	  "neighbours kept for each item; auto: a fortieth of the items, from 50 to 1000, less in huge catalogues" },
	{ "user_exponent", RS_PARAM_REAL, 0, 4, RS_NEIGHBOURS_USER_EXPONENT, 0, 1.5, RS_SCALE_LINEAR, NULL,
	  "how much long histories count less" },
	{ "source_exponent", RS_PARAM_REAL, -2, 4, RS_NEIGHBOURS_SOURCE_EXPONENT, 0, 1, RS_SCALE_LINEAR, NULL,
	  "how much popular items of the history count less" },
	{ "target_exponent", RS_PARAM_REAL, -2, 4, RS_NEIGHBOURS_TARGET_EXPONENT, 0, .7, RS_SCALE_LINEAR, NULL,
	  "how much popular items are recommended less" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct profile {
	struct rs_links links; /* first: its members serve as they are */
	struct rs_attribute_rates rates;
	double weight;
	float *total; /* n_items: the sum of an item's weights */
};

static void release(void *state)
{
	struct profile *m = state;

	if (m == NULL)
		return;
	rs_attribute_rates_release(&m->rates);
	rs_free(m->total);
	rs_links_free(state);
}

static void wants(const struct rs_param_values *p, struct rs_wants *w)
{
	w->users = true;
	w->min_users = (uint32_t)rs_param(p, "min_people");
	w->bins = (uint32_t)rs_param(p, "bins");
}

static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	if (isnan(rs_param(p, "neighbors")))
		rs_param_resolve(p, "neighbors", rs_links_neighbors(in->events->n_items));
}

static int sum_rows(struct profile *m, struct rs_err *err)
{
	const struct rs_csr *w = &m->links.w.s.w;

	if ((m->total = rs_array0(w->n_rows, sizeof *m->total, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < w->n_rows; i++)
		for (uint64_t e = w->row_ptr[i]; e < w->row_ptr[i + 1]; e++)
			m->total[i] += w->val[e];
	return 0;
}

static struct profile *make(const struct rs_param_values *p, struct rs_err *err)
{
	struct profile *m = rs_array0(1, sizeof *m, err);

	if (m == NULL)
		return NULL;
	m->links.recency = rs_recency_of(p);
	m->weight = rs_param(p, "attribute_weight");
	return m;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_neighbours how = { .user_exponent = rs_param(p, "user_exponent"),
		                     .source_exponent = rs_param(p, "source_exponent"),
		                     .target_exponent = rs_param(p, "target_exponent"),
		                     .power = 1,
		                     .by_target = true,
		                     .k = (uint32_t)rs_param(p, "neighbors") };
	struct profile *m = make(p, err);
	struct rs_csr x = { 0 };
	int rc;

	*state = NULL;
	if (m == NULL)
		return RS_ENOMEM;
	if (in->user_features->n == 0)
		rs_note("profile: no attributes of users to learn from: lists are those of itemknn");
	if ((rc = rs_matrix_from_events(&x, in->events, RS_REPEATS_MAX, err)) < 0 ||
	    (rc = rs_attribute_rates_learn(&m->rates, in->user_features, in->user_profile, &x, rs_param(p, "attribute_l2"),
	                                   err)) < 0 ||
	    (rc = rs_neighbours(&m->links.w.s.w, &x, &how, err)) < 0 || (rc = sum_rows(m, err)) < 0)
		goto out;
	*state = m;
	m = NULL;
out:
	release(m);
	rs_csr_release(&x);
	return rc;
}

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	const struct profile *m = state;
	int rc;

	if ((rc = rs_stored_put_floats(w, CHUNK_TOTAL, 0, RS_PACK_FLOAT, m->total, m->links.w.s.w.n_rows, err)) < 0 ||
	    (rc = rs_attribute_rates_save(&m->rates, w, err)) < 0)
		return rc;
	return rs_links_save(state, w, err);
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct profile *m = make(p, err);
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_item_weights_load(&m->links.w, r, n_items, err)) < 0 ||
	    (rc = rs_stored_floats(&m->total, r, CHUNK_TOTAL, 0, n_items, 0, "the sums of weights", err)) < 0 ||
	    (rc = rs_attribute_rates_load(&m->rates, r, n_items, err)) < 0) {
		release(m);
		return rc;
	}
	*state = m;
	return 0;
}

struct query {
	struct rs_csr *history;
	struct rs_csr profile; /* row_ptr NULL: nothing is known */
	float *rate;           /* n_items */
};

static void query_free(void *query)
{
	struct query *q = query;

	if (q == NULL)
		return;
	rs_history_query_free(q->history);
	rs_csr_release(&q->profile);
	rs_free(q->rate);
	rs_free(q);
}

static int take_profile(struct query *q, const struct profile *m, const struct rs_csr *profile, struct rs_err *err)
{
	uint32_t *row, n = q->history->n_rows;
	int rc;

	if (profile == NULL)
		return 0;
	if (profile->n_cols != m->rates.n_features)
		return rs_fail(err, RS_EDATA, "damaged: the attributes do not fit the model");
	if ((row = rs_array(n, sizeof *row, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < n; u++)
		row[u] = u;
	rc = rs_csr_rows(&q->profile, profile, row, n, err);
	rs_free(row);
	return rc;
}

static int query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	const struct profile *m = state;
	struct query *q = rs_array0(1, sizeof *q, err);
	void *history;
	int rc;

	if (q == NULL)
		return RS_ENOMEM;
	if ((rc = rs_history_query(who->events, &m->links.recency, &history, err)) < 0)
		goto fail;
	q->history = history;
	rc = RS_ENOMEM;
	if ((q->rate = rs_array(m->rates.n_items, sizeof *q->rate, err)) == NULL ||
	    (rc = take_profile(q, m, who->profile, err)) < 0)
		goto fail;
	*out = q;
	return 0;
fail:
	query_free(q);
	return rc;
}

/* What the events of row u count in the score, each times its own weight: (1 - b) over the sum of weights; *b as above. */
static double share_of(const struct profile *m, const struct rs_csr *h, uint32_t u, double *b)
{
	double events = 0, total = 0, weight = m->rates.n_features > 0 ? m->weight : 0;

	for (uint64_t e = h->row_ptr[u]; e < h->row_ptr[u + 1]; e++) {
		double w = h->val == NULL ? 1 : (double)h->val[e];

		events += w;
		total += w * (double)m->total[h->col[e]];
	}
	*b = total > 0 ? weight / (weight + events) : 1;
	return total > 0 ? (1 - *b) / total : 0;
}

static void blend(const struct profile *m, const struct query *q, uint32_t u, float *scores)
{
	uint32_t n = m->rates.n_items;
	double b, by_history = share_of(m, q->history, u, &b), sum = 0;

	rs_attribute_rates_of(&m->rates, q->profile.row_ptr == NULL ? NULL : &q->profile, u, q->rate);
	for (uint32_t i = 0; i < n; i++) {
		q->rate[i] = q->rate[i] > 0 ? q->rate[i] : 0;
		sum += (double)q->rate[i];
	}
	b = sum > 0 ? b / sum : 0;
	for (uint32_t i = 0; i < n; i++)
		scores[i] = (float)(by_history * (double)scores[i] + b * (double)q->rate[i]);
}

static int score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err)
{
	const struct profile *m = state;
	const struct query *q = query;
	int rc = rs_links_score(state, q->history, lo, hi, scores, ld, err);

	for (uint32_t u = 0; u < q->history->n_rows && rc == 0; u++)
		blend(m, q, u, scores + u * ld);
	return rc;
}

static int explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err)
{
	const struct profile *m = state;
	void *x = NULL;
	double b;
	int rc = rs_history_query(h, &m->links.recency, &x, err);

	if (rc < 0)
		return rc;
	if ((rc = rs_links_explain(state, h, item, share, err)) == 0) {
		double by_history = share_of(m, x, 0, &b);

		for (uint64_t e = 0; e < h->row_ptr[1]; e++)
			share[e] = (float)((double)share[e] * by_history);
	}
	rs_history_query_free(x);
	return rc;
}

static const char *const aliases[] = { "user-profile", "hrnn-metadata", "aws-hrnn-metadata", NULL };

extern const struct rs_recipe rs_recipe_profile;
const struct rs_recipe rs_recipe_profile = {
	.name = "profile",
	.aliases = aliases,
	.summary = "what goes with what, and what people alike have: attributes of users; people without events too",
	.params = params,
	.wants = wants,
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
	.similar = rs_links_similar,
};
