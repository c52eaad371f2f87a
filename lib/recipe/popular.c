/* popular.c -- the items that most people chose, the same list for everybody.
 *
 * Score = number of distinct users with an event on the item (or of events), within the last `window_days` of the data and with
 * weight 2^(-age / half_life_days). One pass over the events, 8 bytes per item. */
#include "lib/base/mem.h"
#include "lib/recipe/recipe.h"

#include <math.h>
#include <string.h>

#define CHUNK_SCORE RS_KIND('P', 'S', 'C', 'O')

struct popular {
	uint32_t n_items;
	float *score;
};

static const char *const counts[] = { "users", "events", NULL };

static const struct rs_param params[] = {
	{ "count", RS_PARAM_CHOICE, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, counts, "what is counted: distinct users, or events" },
	{ "half_life_days", RS_PARAM_REAL, 0, 36500, 0, 1, 365, RS_SCALE_LOG, NULL,
	  "an event this many days old counts half; 0: age does not matter" },
	{ "window_days", RS_PARAM_REAL, 0, 36500, 0, 1, 365, RS_SCALE_LOG, NULL,
	  "only events of the last so many days of the data count; 0: all" },
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

static void release(void *state)
{
	struct popular *m = state;

	if (m == NULL)
		return;
	rs_free(m->score);
	rs_free(m);
}

static int64_t newest(const struct rs_events *e)
{
	int64_t t = INT64_MIN;

	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++)
		t = e->time_s[i] > t ? e->time_s[i] : t;
	return t;
}

/* What one event adds; 0: outside the window. */
static double weigh(const struct rs_events *e, uint64_t i, int64_t now, double half_life, double window)
{
	double w = e->weight == NULL ? 1 : (double)e->weight[i], age;

	if (e->time_s == NULL)
		return w;
	age = (double)(now - e->time_s[i]) / 86400;
	if (window > 0 && age > window)
		return 0;
	return half_life > 0 ? w * exp2(-age / half_life) : w;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	const struct rs_events *e = in->events;
	double half_life = rs_param(p, "half_life_days"), window = rs_param(p, "window_days");
	bool by_user = rs_param(p, "count") == 0;
	struct popular *m = rs_array0(1, sizeof *m, err);
	double *sum = rs_array0(e->n_items, sizeof *sum, err), *best = rs_array0(e->n_items, sizeof *best, err);
	int64_t now;
	int rc = RS_ENOMEM;

	if (m == NULL || sum == NULL || best == NULL || (m->score = rs_array(e->n_items, sizeof *m->score, err)) == NULL)
		goto out;
	if ((half_life > 0 || window > 0) && e->time_s == NULL) {
		rc = rs_fail(err, RS_EDATA, "half_life_days and window_days need times, and the data has none");
		goto out;
	}
	m->n_items = e->n_items;
	now = e->time_s == NULL ? 0 : newest(e);
	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) { /* a user counts with the best event */
			double w = weigh(e, i, now, half_life, window);

			if (!by_user)
				sum[e->item[i]] += w;
			else if (w > best[e->item[i]]) {
				sum[e->item[i]] += w - best[e->item[i]];
				best[e->item[i]] = w;
			}
		}
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1] && by_user; i++)
			best[e->item[i]] = 0;
	}
	for (uint32_t i = 0; i < e->n_items; i++)
		m->score[i] = (float)sum[i];
	*state = m;
	m = NULL;
	rc = 0;
out:
	release(m);
	rs_free(sum);
	rs_free(best);
	return rc;
}

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	const struct popular *m = state;

	return rs_writer_chunk(w, CHUNK_SCORE, 0, RS_PACK_FLOAT, 4, m->score, m->n_items, err);
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                struct rs_err *err)
{
	struct popular *m = rs_array0(1, sizeof *m, err);
	const struct rs_chunk *c;
	void *data;
	int rc;

	(void)p;
	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_reader_need(r, CHUNK_SCORE, 0, 4, n_items, &c, err)) < 0)
		goto fail;
	if (c->n != n_items) {
		rc = rs_fail(err, RS_EDATA, "%s: damaged: scores of too few items", rs_reader_name(r));
		goto fail;
	}
	if ((rc = rs_reader_load(r, c, &data, err)) < 0)
		goto fail;
	m->score = data;
	m->n_items = n_items;
	for (uint32_t i = 0; i < n_items; i++) {
		if (!isfinite(m->score[i])) {
			rc = rs_fail(err, RS_EDATA, "%s: damaged: a score is not finite", rs_reader_name(r));
			goto fail;
		}
	}
	*state = m;
	return 0;
fail:
	release(m);
	return rc;
}

/* The query is the state itself turned around: how many users there are. */
static int query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	uint32_t *n = rs_array(1, sizeof *n, err);

	(void)state;
	if (n == NULL)
		return RS_ENOMEM;
	*n = who->events->n_users;
	*out = n;
	return 0;
}

static int score(const void *state, const void *q, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                 struct rs_err *err)
{
	const struct popular *m = state;
	const uint32_t *n_users = q;

	(void)err;
	for (uint32_t u = 0; u < *n_users; u++)
		memcpy(scores + u * ld, m->score + lo, (hi - lo) * sizeof *scores);
	return 0;
}

static const char *const aliases[] = { "popularity-count", "aws-popularity-count", "most-popular", NULL };

extern const struct rs_recipe rs_recipe_popular;
const struct rs_recipe rs_recipe_popular = {
	.name = "popular",
	.aliases = aliases,
	.summary = "the items that most people chose; the same list for everybody",
	.params = params,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = query,
	.query_free = rs_free,
	.tile_items = 4096,
	.score = score,
};
