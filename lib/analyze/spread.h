/* spread.h -- how numbers are spread: quantiles, bars, inequality, and the law of few popular and many rare. */
#ifndef RS_ANALYZE_SPREAD_H
#define RS_ANALYZE_SPREAD_H

#include "lib/analyze/sketch.h"

enum { RS_Q01, RS_Q05, RS_Q25, RS_Q50, RS_Q75, RS_Q90, RS_Q95, RS_Q99, RS_QUANTILES };
extern const double rs_quantile[RS_QUANTILES];

#define RS_BARS_MAX 64

/* Numbers lo <= x < hi (the last bar: <= hi); lo = hi: just this number. */
struct rs_bar {
	double lo, hi;
	uint64_t n;
};

struct rs_spread {
	uint64_t n;         /* numbers; 0: nothing below means anything */
	double sum, mean, sd, min, max;
	double q[RS_QUANTILES]; /* the smallest number that so great a share does not exceed */
	double gini;        /* 0: all the same .. 1; of numbers >= 0 */
	bool estimated;     /* quantiles and bars come from rounded numbers */
	uint64_t n_outliers; /* beyond the quartiles by over 3 times their distance; where none is below 0, in logarithms too */
	uint32_t n_bars;
	struct rs_bar bar[RS_BARS_MAX];
};

/* From runs in ascending order. Bars are single numbers where these are few, of equal width, or, where the numbers
 * reach over orders of magnitude, each twice as wide as the one before. */
void rs_spread_of(struct rs_spread *s, const struct rs_run *run, size_t n);

/* How counts fall with rank: log(count) = a + slope log(rank), least squares over all ranks that have a count, each rank
 * weighing 1 / rank, so that head and tail count alike [1]. r2: the share of variance that the line explains.
 *
 * [1] X. Gabaix, R. Ibragimov, Rank - 1/2: a simple way to improve the OLS estimation of tail exponents, JBES 2011: the
 *     1/2 comes off the rank. */
struct rs_power {
	double slope, r2; /* NaN with fewer than 10 different counts */
	double top[3];    /* the share of all that the top 1, 10 and 20 % have */
};

/* Runs of counts in ascending order, zeros left out. */
void rs_power_of(struct rs_power *p, const struct rs_run *run, size_t n);

/* ---- runs of small counts, collected fast ---- */

#define RS_TALLY 4096

struct rs_tally {
	uint64_t *small; /* how often 0 .. RS_TALLY - 1 */
	uint64_t *big;   /* the others */
	size_t n_big, cap;
};

int rs_tally_init(struct rs_tally *t, struct rs_err *err);
void rs_tally_release(struct rs_tally *t);
int rs_tally_add_big(struct rs_tally *t, uint64_t v, struct rs_err *err);
int rs_tally_join(struct rs_tally *t, const struct rs_tally *other, struct rs_err *err);
int rs_tally_runs(struct rs_tally *t, struct rs_run **run, size_t *n, struct rs_err *err);

static inline int rs_tally_add(struct rs_tally *t, uint64_t v, struct rs_err *err)
{
	if (v >= RS_TALLY)
		return rs_tally_add_big(t, v, err);
	t->small[v]++;
	return 0;
}

#endif
