/* trending.c -- the items whose number of people grows, the same list for everybody.
 *
 * Time is cut into intervals of D hours that end with the newest event. Of each interval count the distinct people per item:
 * s_i in the last one, and c_ik in the k-th before it. The long-run level is r_i = sum_k 2^(-(k-1)/H) c_ik / sum_k 2^(-(k-1)/H)
 * and, corrected for the traffic of all items, E_i = r_i (sum s / sum r) people were to be expected. With a Gamma(a, a) prior
 * on the growth and Poisson counts the growth of item i is Gamma(a + s_i, a + E_i) [1]; the score is the bound
 * above which it lies with the probability `confidence`, so that 3 people instead of 1 do not beat 300 instead of 150.
 * Items with fewer than min_users people in the last interval follow behind, by how many people they had at all, with scores
 * between -1 and 0. Distinct people, so that one who reloads a page is no trend.
 * One pass over the events; 24 bytes per item.
 *
 * [1] A. Gelman and others, Bayesian Data Analysis, 2013, section 2.6. The quantile by E. Wilson, M. Hilferty,
 *     The Distribution of Chi-Square, PNAS 1931. */
#include "lib/recipe/everybody.h"

#include "lib/base/mem.h"
#include "lib/recipe/popular.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_HOUR 3600.0
#define ENOUGH 1000 /* people x items in the last interval, for an interval that is chosen */

static const struct rs_param params[] = {
	{ "interval_hours", RS_PARAM_REAL, .01, 87600, NAN, .5, 168, RS_SCALE_LOG, NULL,
	  "growth is that of the last so many hours of the data" },
	{ "baseline_intervals", RS_PARAM_REAL, 1, 10000, 20, 5, 100, RS_SCALE_LOG, NULL,
	  "half life of the level that it is compared with, in intervals" },
	{ "min_users", RS_PARAM_INT, 1, 1000000, 3, 0, 0, RS_SCALE_LINEAR, NULL,
	  "an item trends only if so many people had it in the last interval" },
	{ "prior", RS_PARAM_REAL, .01, 1000, 1, .5, 20, RS_SCALE_LOG, NULL,
	  "people that an item without any is taken to have had and expected" },
	{ "confidence", RS_PARAM_REAL, .5, .9999, .95, 0, 0, RS_SCALE_LINEAR, NULL,
	  "how sure it is that the growth is at least the score" },
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

/* The z above which a normal number lies with probability c. */
static double lower_z(double c)
{
	double lo = -10, hi = 10;

	for (int i = 0; i < 60; i++) {
		double z = (lo + hi) / 2;

		if (erfc(z / sqrt(2)) / 2 > c)
			lo = z;
		else
			hi = z;
	}
	return (lo + hi) / 2;
}

/* What Gamma(shape, 1) exceeds with the probability that z stands for. */
static double gamma_quantile(double shape, double z)
{
	double t = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape));

	return t > 0 ? shape * t * t * t : 0;
}

/* The number of the interval of an event, 0 for the last. */
static double interval_of(const struct rs_events *e, uint64_t i, int64_t now_s, double seconds)
{
	return floor(((double)now_s - (double)e->time_s[i]) / seconds);
}

struct counts {
	double *last, *level; /* s_i; r_i, before division */
	double *before;       /* by item: the interval in which the user at hand was counted, plus 1 */
	uint32_t *users;
	double oldest;        /* interval of the oldest event */
};

static void count(struct counts *c, const struct rs_events *e, double seconds, double half_life)
{
	int64_t now_s = rs_popular_newest(e);

	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			uint32_t item = e->item[i];
			double k = interval_of(e, i, now_s, seconds);

			if (c->before[item] == 0)
				c->users[item]++;
			if (c->before[item] == k + 1) /* in order of time, those of one interval stand together */
				continue;
			c->before[item] = k + 1;
			c->oldest = k > c->oldest ? k : c->oldest;
			if (k == 0)
				c->last[item]++;
			else
				c->level[item] += exp2(-(k - 1) / half_life);
		}
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++)
			c->before[e->item[i]] = 0;
	}
}

/* sum over k = 1 .. n of 2^(-(k-1)/h) */
static double weight_of_intervals(double n, double h)
{
	return n < 1 ? 1 : (1 - exp2(-n / h)) / (1 - exp2(-1 / h));
}

static void make_scores(float *score, const struct counts *c, uint32_t n, const struct rs_param_values *p)
{
	double weight = weight_of_intervals(c->oldest, rs_param(p, "baseline_intervals"));
	double a = rs_param(p, "prior"), z = lower_z(rs_param(p, "confidence")), min_users = rs_param(p, "min_users");
	double sum_last = 0, sum_level = 0, traffic, most = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum_last += c->last[i];
		sum_level += c->level[i] / weight;
		most = c->users[i] > most ? c->users[i] : most;
	}
	traffic = sum_level > 0 ? sum_last / sum_level : 0;
	for (uint32_t i = 0; i < n; i++) {
		double expected = c->level[i] / weight * traffic;

		if (c->last[i] >= min_users)
			score[i] = (float)(gamma_quantile(a + c->last[i], z) / (a + expected));
		else
			score[i] = (float)((c->users[i] + 1) / (most + 2) - 1);
	}
}

/* The shortest of the usual intervals in which enough happened last. */
static double choose_interval(const struct rs_events *e)
{
	static const double hours[] = { .5, 1, 2, 3, 6, 24, 72, 168, 720, 2160, 8760 };
	size_t n_hours = sizeof hours / sizeof hours[0], h = 0;
	uint64_t n_within[sizeof hours / sizeof hours[0]] = { 0 }, n = e->row_ptr[e->n_users];
	int64_t now_s = rs_popular_newest(e);

	for (uint64_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_hours; k++)
			n_within[k] += interval_of(e, i, now_s, hours[k] * SECONDS_PER_HOUR) == 0;
	while (h + 1 < n_hours && n_within[h] < ENOUGH && n_within[h] < n / 10)
		h++;
	return hours[h];
}

static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	if (isnan(rs_param(p, "interval_hours")) && in->events->time_s != NULL)
		rs_param_resolve(p, "interval_hours", choose_interval(in->events));
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	const struct rs_events *e = in->events;
	struct counts c = { .last = rs_array0(e->n_items, sizeof *c.last, err),
		            .level = rs_array0(e->n_items, sizeof *c.level, err),
		            .before = rs_array0(e->n_items, sizeof *c.before, err),
		            .users = rs_array0(e->n_items, sizeof *c.users, err) };
	struct rs_everybody *m = NULL;
	int rc = RS_ENOMEM;

	if (c.last == NULL || c.level == NULL || c.before == NULL || c.users == NULL)
		goto out;
	if (e->time_s == NULL) {
		rc = rs_fail(err, RS_EDATA, "growth needs times, and the data has none: use popular");
		goto out;
	}
	if ((rc = rs_everybody_new(&m, e->n_items, err)) < 0)
		goto out;
	count(&c, e, rs_param(p, "interval_hours") * SECONDS_PER_HOUR, rs_param(p, "baseline_intervals"));
	make_scores(m->score, &c, e->n_items, p);
	*state = m;
out:
	rs_free(c.last);
	rs_free(c.level);
	rs_free(c.before);
	rs_free(c.users);
	return rc;
}

static const char *const aliases[] = { "trending-now", "aws-trending-now", "aws-vod-trending-now", NULL };

extern const struct rs_recipe rs_recipe_trending;
const struct rs_recipe rs_recipe_trending = {
	.name = "trending",
	.aliases = aliases,
	.summary = "the items that gain people fastest; the same list for everybody",
	.params = params,
	.needs = RS_NEED_TIME,
	.resolve = resolve,
	.train = train,
	RS_EVERYBODY
};
