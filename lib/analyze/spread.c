/* spread.c -- see spread.h. */
#include "lib/analyze/spread.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SINGLE 24 /* so many different numbers have a bar each */
#define EQUAL 24  /* bars of equal width */
#define OUTSIDE 3 /* distances between the quartiles */

const double rs_quantile[RS_QUANTILES] = { .01, .05, .25, .5, .75, .9, .95, .99 };

/* ---- bars ---- */

static void fill_bars(struct rs_spread *s, const struct rs_run *run, size_t n)
{
	uint32_t b = 0;

	for (size_t i = 0; i < n; i++) {
		while (b + 1 < s->n_bars && run[i].value >= s->bar[b].hi)
			b++;
		s->bar[b].n += run[i].n;
	}
}

/* 1, 2, 5 times a power of ten, at least x. */
static double round_step(double x)
{
	double p = pow(10, floor(log10(x)));

	return p * (x <= p ? 1 : x <= 2 * p ? 2 : x <= 5 * p ? 5 : 10);
}

static void equal_bars(struct rs_spread *s)
{
	double step = round_step((s->max - s->min) / EQUAL), lo = floor(s->min / step) * step;

	for (; s->n_bars < RS_BARS_MAX && (s->n_bars == 0 || lo <= s->max); s->n_bars++, lo += step)
		s->bar[s->n_bars] = (struct rs_bar){ lo, lo + step, 0 };
}

static void doubling_bars(struct rs_spread *s, double first)
{
	if (s->min < first)
		s->bar[s->n_bars++] = (struct rs_bar){ s->min, first, 0 };
	for (double lo = first; s->n_bars < RS_BARS_MAX && lo <= s->max; lo *= 2)
		s->bar[s->n_bars++] = (struct rs_bar){ lo, 2 * lo, 0 };
}

static void make_bars(struct rs_spread *s, const struct rs_run *run, size_t n)
{
	double first = run[0].value > 0 ? run[0].value : n > 1 ? run[1].value : 1;

	if (n <= SINGLE) {
		for (; s->n_bars < n; s->n_bars++)
			s->bar[s->n_bars] = (struct rs_bar){ run[s->n_bars].value, run[s->n_bars].value, run[s->n_bars].n };
		return;
	}
	if (s->min >= 0 && s->max > 20 * s->q[RS_Q50] && s->q[RS_Q75] > 0) {
		first = pow(2, floor(log2(fmax(first, s->max / ldexp(1, RS_BARS_MAX - 4)))));
		doubling_bars(s, first);
	} else {
		equal_bars(s);
	}
	fill_bars(s, run, n);
}

/* ---- the figures ---- */

static void find_quantiles(struct rs_spread *s, const struct rs_run *run, size_t n)
{
	uint64_t seen = 0;
	int k = 0;

	for (size_t i = 0; i < n; i++) {
		seen += run[i].n;
		while (k < RS_QUANTILES && (double)seen >= rs_quantile[k] * (double)s->n * (1 - 1e-15))
			s->q[k++] = run[i].value;
	}
	while (k < RS_QUANTILES)
		s->q[k++] = s->max;
}

static double gini_of(const struct rs_spread *s, const struct rs_run *run, size_t n)
{
	double below = 0, area = 0; /* what the poorer have; the area under the curve of Lorenz, twice */

	if (s->sum <= 0 || s->min < 0)
		return NAN;
	for (size_t i = 0; i < n; i++) {
		double mine = run[i].value * (double)run[i].n;

		area += (2 * below + mine) * (double)run[i].n;
		below += mine;
	}
	return 1 - area / (s->sum * (double)s->n);
}

/* Numbers that are never below 0 are amounts as a rule, whose tail is long by nature: they have to lie outside in logarithms
 * as well. */
static uint64_t count_outliers(const struct rs_spread *s, const struct rs_run *run, size_t n)
{
	double q25 = s->q[RS_Q25], q75 = s->q[RS_Q75], shift = s->min > 0 ? 0 : 1, low, high;
	uint64_t outside = 0;

	if (q25 == q75)
		return 0;
	low = q25 - OUTSIDE * (q75 - q25);
	high = q75 + OUTSIDE * (q75 - q25);
	if (s->min >= 0) {
		double by = OUTSIDE * log((q75 + shift) / (q25 + shift));

		low = fmin(low, (q25 + shift) * exp(-by) - shift);
		high = fmax(high, (q75 + shift) * exp(by) - shift);
	}
	for (size_t i = 0; i < n; i++)
		if (run[i].value < low || run[i].value > high)
			outside += run[i].n;
	return outside;
}

void rs_spread_of(struct rs_spread *s, const struct rs_run *run, size_t n)
{
	double square = 0;

	memset(s, 0, sizeof *s);
	s->gini = NAN;
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		s->n += run[i].n;
		s->sum += run[i].value * (double)run[i].n;
	}
	s->mean = s->sum / (double)s->n;
	s->min = run[0].value;
	s->max = run[n - 1].value;
	for (size_t i = 0; i < n; i++)
		square += (run[i].value - s->mean) * (run[i].value - s->mean) * (double)run[i].n;
	s->sd = sqrt(square / (double)s->n);
	find_quantiles(s, run, n);
	s->gini = gini_of(s, run, n);
	s->n_outliers = count_outliers(s, run, n);
	make_bars(s, run, n);
}

/* Calls for ranks first .. first + n - 1 of one count, summed in closed form only where they are many. */
struct fit {
	double w, x, y, xx, xy, yy;
};

static void fit_add(struct fit *f, double rank, double count, double w)
{
	double x = log(rank - .5), y = log(count);

	f->w += w;
	f->x += w * x;
	f->y += w * y;
	f->xx += w * x * x;
	f->xy += w * x * y;
	f->yy += w * y * y;
}

void rs_power_of(struct rs_power *p, const struct rs_run *run, size_t n)
{
	static const double share[3] = { .01, .1, .2 };
	uint64_t all = 0, rank = 0;
	double sum = 0, seen = 0;
	struct fit f = { 0 };
	int k = 0;

	p->slope = p->r2 = NAN;
	p->top[0] = p->top[1] = p->top[2] = NAN;
	for (size_t i = 0; i < n; i++) {
		all += run[i].n;
		sum += run[i].value * (double)run[i].n;
	}
	for (size_t i = n; i-- > 0 && sum > 0;) {
		double middle = (double)rank + ((double)run[i].n + 1) / 2;

		/* A run of equal counts is one point in the middle of its ranks. */
		fit_add(&f, middle, run[i].value, log(((double)rank + (double)run[i].n + .5) / ((double)rank + .5)));
		while (k < 3 && (double)(rank + run[i].n) >= fmax(1, share[k] * (double)all)) {
			p->top[k] = (seen + run[i].value * (fmax(1, share[k] * (double)all) - (double)rank)) / sum;
			k++;
		}
		rank += run[i].n;
		seen += run[i].value * (double)run[i].n;
	}
	if (n >= 10) {
		double vx = f.xx - f.x * f.x / f.w, vy = f.yy - f.y * f.y / f.w, c = f.xy - f.x * f.y / f.w;

		p->slope = vx > 0 ? c / vx : NAN;
		p->r2 = vx > 0 && vy > 0 ? c * c / (vx * vy) : NAN;
	}
}

/* ---- tally ---- */

int rs_tally_init(struct rs_tally *t, struct rs_err *err)
{
	memset(t, 0, sizeof *t);
	t->small = rs_array0(RS_TALLY, sizeof *t->small, err);
	return t->small == NULL ? RS_ENOMEM : 0;
}

void rs_tally_release(struct rs_tally *t)
{
	rs_free(t->small);
	rs_free(t->big);
	memset(t, 0, sizeof *t);
}

int rs_tally_add_big(struct rs_tally *t, uint64_t v, struct rs_err *err)
{
	int rc = rs_grow(&t->big, &t->cap, t->n_big + 1, sizeof *t->big, err);

	if (rc == 0)
		t->big[t->n_big++] = v;
	return rc;
}

int rs_tally_join(struct rs_tally *t, const struct rs_tally *other, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < RS_TALLY; i++)
		t->small[i] += other->small[i];
	for (size_t i = 0; i < other->n_big && rc == 0; i++)
		rc = rs_tally_add_big(t, other->big[i], err);
	return rc;
}

static int cmp_u64(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

int rs_tally_runs(struct rs_tally *t, struct rs_run **run, size_t *n, struct rs_err *err)
{
	struct rs_run *r = rs_array(RS_TALLY + t->n_big, sizeof *r, err);

	*n = 0;
	if ((*run = r) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < RS_TALLY; i++)
		if (t->small[i] > 0)
			r[(*n)++] = (struct rs_run){ (double)i, t->small[i] };
	if (t->n_big > 0)
		qsort(t->big, t->n_big, sizeof *t->big, cmp_u64);
	for (size_t i = 0; i < t->n_big; i++) {
		if (i > 0 && t->big[i] == t->big[i - 1])
			r[*n - 1].n++;
		else
			r[(*n)++] = (struct rs_run){ (double)t->big[i], 1 };
	}
	return 0;
}
