/* popular.c -- the items that most people chose, the same list for everybody.
 *
 * Score = number of distinct users with an event on the item (or of events), within the last `window_days` of the data and with
 * weight 2^(-age / half_life_days). One pass over the events, 16 bytes per item; where neither is given, the weight
 * of an age is learned from the last part of the data (popular_age.c). */
#include "lib/recipe/popular.h"

#include "lib/base/mem.h"
#include "lib/recipe/everybody.h"

#include <math.h>

static const char *const counts[] = { "users", "events", NULL };

static const struct rs_param params[] = {
	{ "count", RS_PARAM_CHOICE, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, counts, "what is counted: distinct users, or events" },
	{ "half_life_days", RS_PARAM_REAL, 0, 36500, NAN, 1, 365, RS_SCALE_LOG, NULL,
	  "an event this many days old counts half; 0: age does not matter" },
	{ "window_days", RS_PARAM_REAL, 0, 36500, NAN, 1, 365, RS_SCALE_LOG, NULL,
	  "only events of the last so many days of the data count; 0: all" },
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

/* As given; where neither is, as learned from the data. */
static int ageing_of(struct rs_ageing *a, const struct rs_events *e, const struct rs_param_values *p, bool by_user,
                     struct rs_err *err)
{
	double half_life = rs_param(p, "half_life_days"), window = rs_param(p, "window_days");

	if (isnan(half_life) && isnan(window))
		return rs_popular_learn(a, e, by_user, err);
	*a = (struct rs_ageing){ .half_life_days = isnan(half_life) ? 0 : half_life,
		                 .window_days = isnan(window) ? 0 : window };
	if ((a->half_life_days > 0 || a->window_days > 0) && e->time_s == NULL)
		return rs_fail(err, RS_EDATA, "half_life_days and window_days need times, and the data has none");
	return 0;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	const struct rs_events *e = in->events;
	bool by_user = rs_param(p, "count") == 0;
	struct rs_ageing a;
	struct rs_everybody *m = NULL;
	double *sum = rs_array(e->n_items, sizeof *sum, err), *best = rs_array0(e->n_items, sizeof *best, err);
	int rc = RS_ENOMEM;

	if (sum == NULL || best == NULL || (rc = ageing_of(&a, e, p, by_user, err)) < 0 ||
	    (rc = rs_everybody_new(&m, e->n_items, err)) < 0)
		goto out;
	rs_popular_count(sum, best, e, &a, by_user);
	for (uint32_t i = 0; i < e->n_items; i++)
		m->score[i] = (float)sum[i];
	*state = m;
out:
	rs_free(sum);
	rs_free(best);
	return rc;
}

static const char *const aliases[] = { "popularity-count", "aws-popularity-count", "most-popular", NULL };

extern const struct rs_recipe rs_recipe_popular;
const struct rs_recipe rs_recipe_popular = {
	.name = "popular",
	.aliases = aliases,
	.summary = "the items that most people chose; the same list for everybody",
	.params = params,
	.negative_weights = true,
	.train = train,
	RS_EVERYBODY
};
