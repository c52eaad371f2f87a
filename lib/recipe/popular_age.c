/* popular_age.c -- how fast popularity ages, learned from the last part of the data.
 *
 * The popularity of an item is taken as a mixture of what it was in windows of an hour, six hours, ... three years, and always:
 *
 *     p(i) = sum over windows W of lambda_W n_i,W / n_W
 *
 * with the lambdas that make likeliest what people did in the last tenth and fifth of the events (by time), items that
 * they had had left out, each person weighing alike, given what was counted before; by expectation and maximisation [1]. As a
 * window that holds another counts its events as well, the mixture is a weight that falls with age in steps: a half life, a
 * window, or anything between. A window with fewer than 20 people says what these like, and counts for nothing. Near and far
 * horizons are asked, since nobody knows for how long a list will serve.
 * A pass over the events for each part, and one over all; 160 bytes per item. Of more than a million events, so many are taken,
 * those of people drawn by what their history begins with: the shares are a dozen numbers, and names must not matter.
 *
 * [1] F. Jelinek, R. Mercer, Interpolated Estimation of Markov Source Parameters from Sparse Data, 1980. */
#include "lib/recipe/popular.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <math.h>
#include <string.h>

#define SECONDS_PER_DAY 86400.0
#define MIN_USERS 20 /* people in a part, or in a window: fewer tell nothing */
#define ROUNDS 60    /* of expectation and maximisation */
#define PARTS 2
#define WHOLE ((uint64_t)1 << 32)
#define ENOUGH 1000000 /* events to learn from */

const double rs_age_days[RS_AGE_STEPS - 1] = { 1.0 / 24, .25, 1, 3, 7, 14, 30, 90, 180, 365, 1095 };
static const double part_share[PARTS] = { .1, .2 };

int64_t rs_popular_newest(const struct rs_events *e)
{
	int64_t t = INT64_MIN;

	for (uint64_t i = 0; e->time_s != NULL && i < e->row_ptr[e->n_users]; i++)
		t = e->time_s[i] > t ? e->time_s[i] : t;
	return t;
}

static double age_in_days(const struct rs_events *e, uint64_t i, int64_t now_s)
{
	return ((double)now_s - (double)e->time_s[i]) / SECONDS_PER_DAY;
}

static uint32_t step_of(double age)
{
	uint32_t s = 0;

	while (s < RS_AGE_STEPS - 1 && age > rs_age_days[s])
		s++;
	return s;
}

/* What one event adds; 0: it does not count. */
static double weigh(const struct rs_events *e, uint64_t i, int64_t now_s, const struct rs_ageing *a)
{
	double w = e->weight == NULL ? 1 : (double)e->weight[i], age;

	if (!a->learned && a->half_life_days <= 0 && a->window_days <= 0)
		return w;
	age = age_in_days(e, i, now_s);
	if (a->learned)
		return w * a->step[step_of(age)];
	if (a->window_days > 0 && age > a->window_days)
		return 0;
	return a->half_life_days > 0 ? w * exp2(-age / a->half_life_days) : w;
}

void rs_popular_count(double *sum, double *best, const struct rs_events *e, const struct rs_ageing *a, bool by_user)
{
	int64_t now_s = rs_popular_newest(e);

	memset(sum, 0, e->n_items * sizeof *sum);
	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			double w = weigh(e, i, now_s, a), *had = &best[e->item[i]];

			if (!by_user) {
				sum[e->item[i]] += w;
			} else if (fabs(w) > fabs(*had) || (w == -*had && w < *had)) {
				sum[e->item[i]] += w - *had;
				*had = w;
			}
		}
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1] && by_user; i++)
			best[e->item[i]] = 0;
	}
}

/* One part: what was counted before it, and what was wanted in it. */
struct part {
	int64_t start_s;
	float *mass;      /* n_items x RS_AGE_STEPS: weight of the events of each age */
	double total[RS_AGE_STEPS]; /* n_W: of all items, of this step and the younger ones */
	uint32_t within[RS_AGE_STEPS]; /* people with an event of this step or a younger one */
	uint64_t *wanted; /* by item, each person's sum is WHOLE: the order of people must not show */
	uint32_t n_users; /* people who wanted something new */
};

/* The step that the event was counted in, RS_AGE_STEPS: not at all. */
static uint32_t add_mass(struct part *p, const struct rs_events *e, uint64_t i, int64_t now_s)
{
	float w = e->weight == NULL ? 1 : e->weight[i];
	uint32_t s = w > 0 ? step_of(age_in_days(e, i, now_s)) : RS_AGE_STEPS;

	if (s < RS_AGE_STEPS)
		p->mass[(size_t)e->item[i] * RS_AGE_STEPS + s] += w;
	return s;
}

/* mark: by item, zeros, which are left zeros: 1 had before, 2 wanted. */
static void take_user(struct part *p, const struct rs_events *e, uint32_t u, bool by_user, int64_t now_s, uint8_t *mark)
{
	uint32_t n = 0, youngest = RS_AGE_STEPS;
	uint64_t each;

	for (uint64_t i = e->row_ptr[u + 1]; i-- > e->row_ptr[u];) { /* the newest first */
		if (e->time_s[i] >= p->start_s)
			continue;
		if (!by_user || mark[e->item[i]] == 0) {
			uint32_t s = add_mass(p, e, i, now_s);

			youngest = s < youngest ? s : youngest;
		}
		mark[e->item[i]] = 1;
	}
	for (; youngest < RS_AGE_STEPS; youngest++)
		p->within[youngest]++;
	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
		if (e->time_s[i] >= p->start_s && mark[e->item[i]] == 0) {
			mark[e->item[i]] = 2;
			n++;
		}
	}
	p->n_users += n > 0;
	each = n > 0 ? WHOLE / n : 0;
	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
		if (mark[e->item[i]] == 2)
			p->wanted[e->item[i]] += each;
		mark[e->item[i]] = 0;
	}
}

/* What a few people did says what they like, and not what is popular. */
static bool speaks(const struct part *p, uint32_t s)
{
	return p->total[s] > 0 && p->within[s] >= MIN_USERS;
}

static void sum_up(struct part *p, uint32_t n_items)
{
	for (uint32_t i = 0; i < n_items; i++)
		for (uint32_t s = 0; s < RS_AGE_STEPS; s++)
			p->total[s] += (double)p->mass[(size_t)i * RS_AGE_STEPS + s];
	for (uint32_t s = 1; s < RS_AGE_STEPS; s++)
		p->total[s] += p->total[s - 1];
}

static int fill_part(struct part *p, const struct rs_events *e, bool by_user, struct rs_err *err)
{
	uint8_t *mark = rs_array0(e->n_items, 1, err);
	int64_t now_s = INT64_MIN;

	p->mass = rs_array0((size_t)e->n_items * RS_AGE_STEPS, sizeof *p->mass, err);
	p->wanted = rs_array0(e->n_items, sizeof *p->wanted, err);
	if (mark == NULL || p->mass == NULL || p->wanted == NULL) {
		rs_free(mark);
		return RS_ENOMEM;
	}
	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++)
		if (e->time_s[i] < p->start_s && e->time_s[i] > now_s)
			now_s = e->time_s[i];
	for (uint32_t u = 0; u < e->n_users; u++)
		take_user(p, e, u, by_user, now_s, mark);
	sum_up(p, e->n_items);
	rs_free(mark);
	return 0;
}

/* Adds to next[] how much of what was wanted each window explains. */
static void explain_part(double next[RS_AGE_STEPS], const double lambda[RS_AGE_STEPS], const struct part *p,
                         uint32_t n_items)
{
	for (uint32_t i = 0; i < n_items; i++) {
		const float *mass = p->mass + (size_t)i * RS_AGE_STEPS;
		double x[RS_AGE_STEPS], sum = 0, within = 0;

		if (p->wanted[i] == 0)
			continue;
		for (uint32_t s = 0; s < RS_AGE_STEPS; s++) {
			within += (double)mass[s];
			x[s] = speaks(p, s) ? lambda[s] * within / p->total[s] : 0;
			sum += x[s];
		}
		for (uint32_t s = 0; s < RS_AGE_STEPS && sum > 0; s++)
			next[s] += (double)p->wanted[i] / (double)WHOLE / p->n_users * x[s] / sum;
	}
}

/* false: nothing was learned. */
static bool mix(double lambda[RS_AGE_STEPS], const struct part *part, uint32_t n_items)
{
	for (uint32_t s = 0; s < RS_AGE_STEPS; s++)
		lambda[s] = 1.0 / RS_AGE_STEPS;
	for (int round = 0; round < ROUNDS; round++) {
		double next[RS_AGE_STEPS] = { 0 }, sum = 0;

		for (size_t p = 0; p < PARTS; p++)
			if (part[p].n_users >= MIN_USERS)
				explain_part(next, lambda, &part[p], n_items);
		for (uint32_t s = 0; s < RS_AGE_STEPS; s++)
			sum += next[s];
		if (sum <= 0)
			return false;
		for (uint32_t s = 0; s < RS_AGE_STEPS; s++)
			lambda[s] = next[s] / sum;
	}
	return true;
}

/* From shares of windows to weights of ages, by what the windows that end with the newest event hold. */
static void make_steps(double step[RS_AGE_STEPS], const double lambda[RS_AGE_STEPS], const struct part *all)
{
	double sum = 0;

	for (uint32_t s = RS_AGE_STEPS; s-- > 0;) {
		sum += speaks(all, s) ? lambda[s] / all->total[s] : 0;
		step[s] = sum;
	}
	for (uint32_t s = 0; s < RS_AGE_STEPS; s++)
		step[s] = sum > 0 ? step[s] / sum : 1;
}

/* The k-th smallest time, from 0: sixteen bits at a time, counting those that begin as it does. */
static int64_t kth_time(const int64_t *t, uint64_t n, uint64_t k, uint64_t count[1 << 16])
{
	uint64_t found = 0, sign = (uint64_t)1 << 63;

	for (int shift = 48; shift >= 0; shift -= 16) {
		uint64_t d = 0;

		memset(count, 0, sizeof *count << 16);
		for (uint64_t i = 0; i < n; i++) {
			uint64_t key = (uint64_t)t[i] ^ sign;

			if (shift == 48 || key >> (shift + 16) == found)
				count[key >> shift & 0xffff]++;
		}
		while (k >= count[d])
			k -= count[d++];
		found = found << 16 | d;
	}
	return (int64_t)(found ^ sign);
}

static int find_parts(struct part *part, const struct rs_events *e, struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users];
	uint64_t *count = rs_array(1 << 16, sizeof *count, err);

	if (count == NULL)
		return RS_ENOMEM;
	for (size_t p = 0; p < PARTS; p++)
		part[p].start_s = kth_time(e->time_s, n, (uint64_t)((double)(n - 1) * (1 - part_share[p])), count);
	rs_free(count);
	return 0;
}

static int learn(struct rs_ageing *a, const struct rs_events *e, bool by_user, struct rs_err *err)
{
	struct part part[PARTS + 1] = { { 0 } }; /* the last: before now, that is all */
	double lambda[RS_AGE_STEPS];
	int rc = find_parts(part, e, err);

	part[PARTS].start_s = INT64_MAX;
	for (size_t p = 0; p <= PARTS && rc == 0; p++)
		rc = fill_part(&part[p], e, by_user, err);
	if (rc == 0 && mix(lambda, part, e->n_items)) {
		make_steps(a->step, lambda, &part[PARTS]);
		a->learned = true;
	}
	for (size_t p = 0; p <= PARTS; p++) {
		rs_free(part[p].mass);
		rs_free(part[p].wanted);
	}
	return rc;
}

static bool drawn(const struct rs_events *e, uint32_t u)
{
	uint64_t lo = e->row_ptr[u], n = e->row_ptr[u + 1] - lo;
	double share = (double)ENOUGH / (double)e->row_ptr[e->n_users];

	return n > 0 && rs_rand_unit(e->item[lo], RS_RNG_AGE, (uint64_t)e->time_s[lo], (uint32_t)n) < share;
}

/* The events of the people who are drawn. */
static int draw(struct rs_events *s, const struct rs_events *e, struct rs_err *err)
{
	uint64_t n = 0;

	for (uint32_t u = 0; u < e->n_users; u++) {
		bool in = drawn(e, u);

		s->n_users += in;
		n += in ? e->row_ptr[u + 1] - e->row_ptr[u] : 0;
	}
	s->n_items = e->n_items;
	if ((s->row_ptr = rs_array0((size_t)s->n_users + 1, sizeof *s->row_ptr, err)) == NULL ||
	    (s->item = rs_array(n, sizeof *s->item, err)) == NULL ||
	    (s->time_s = rs_array(n, sizeof *s->time_s, err)) == NULL ||
	    (e->weight != NULL && (s->weight = rs_array(n, sizeof *s->weight, err)) == NULL))
		return RS_ENOMEM;
	s->n_users = 0;
	n = 0;
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t lo = e->row_ptr[u], length = e->row_ptr[u + 1] - lo;

		if (!drawn(e, u))
			continue;
		memcpy(s->item + n, e->item + lo, length * sizeof *s->item);
		memcpy(s->time_s + n, e->time_s + lo, length * sizeof *s->time_s);
		if (e->weight != NULL)
			memcpy(s->weight + n, e->weight + lo, length * sizeof *s->weight);
		s->row_ptr[++s->n_users] = n += length;
	}
	return 0;
}

int rs_popular_learn(struct rs_ageing *a, const struct rs_events *e, bool by_user, struct rs_err *err)
{
	struct rs_events some = { 0 };
	int rc;

	memset(a, 0, sizeof *a);
	if (e->time_s == NULL || e->row_ptr[e->n_users] == 0)
		return 0;
	if (e->row_ptr[e->n_users] <= ENOUGH)
		return learn(a, e, by_user, err);
	rc = draw(&some, e, err);
	if (rc == 0 && some.n_users > 0)
		rc = learn(a, &some, by_user, err);
	rs_events_release(&some);
	return rc;
}
