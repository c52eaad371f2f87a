/* suspect_push.c -- profiles that were injected to push an item up or down.
 *
 * Such a profile has filler items, drawn without regard to what people like, and the target at the top (or bottom) of the
 * scale. Two measures say how odd a profile is: how popular its items are on average (in bits), against what users with as many
 * items have, and how far its ratings are from those of others (RDMA without its weights [1]). Oddness alone accuses
 * nobody: there are lovers of rare things. But odd profiles that agree on one item, far more often than others choose it, are a
 * group with a target [2]. Its members are the odd ones who chose the target so, where a milder oddness suffices.
 *
 * What users with as many items have is a line over log length, fitted to all users by weights that fall to 0 for outliers
 * (biweight), and the scale is that of the side on which no attack lies, so that a tenth of attackers does not hide itself.
 *
 * [1] P.-A. Chirita, W. Nejdl, C. Zamfir, Preventing shilling attacks in online recommender systems, WIDM 2005.
 * [2] W. Zhou, Y. S. Koh, J. Wen, S. Alam, G. Dobbie, Detection of abnormal profiles on group attacks in recommender
 *     systems, SIGIR 2014. */
#include "lib/analyze/suspects.h"
#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH 8       /* profiles of fewer events are not judged */
#define MEMBER 1.0     /* the standard deviations that the target makes up for */
#define GROUP 5        /* members at least */
#define ODDS 3.0       /* odds of the target among the odd / among others: beyond it is no taste */
#define RARE 6.0       /* the count must be as improbable as 10^-6, were it taste and chance */
#define KNOWN 0.1      /* what more of the others choose says little about who chooses it */
#define SCALE_MAX 20   /* different values of a scale of ratings */

/* ---- how odd ---- */

static int cmp_double(const void *pa, const void *pb)
{
	double a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, cmp_double);
	return n == 0 ? 0 : v[n / 2];
}

/* Least squares of y = a + b x with weights w. false: they do not say. */
static bool fit_line(double *a, double *b, const double *x, const double *y, const double *w, size_t n)
{
	double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;

	for (size_t i = 0; i < n; i++) {
		sw += w[i];
		sx += w[i] * x[i];
		sy += w[i] * y[i];
		sxx += w[i] * x[i] * x[i];
		sxy += w[i] * x[i] * y[i];
	}
	if (sw <= 0)
		return false;
	*b = sw * sxx - sx * sx > 1e-9 * sw * sw ? (sw * sxy - sx * sy) / (sw * sxx - sx * sx) : 0;
	*a = (sy - *b * sx) / sw;
	return isfinite(*a) && isfinite(*b);
}

/* Turns y into standard deviations from the line over x; greater is odder. */
static int standardise(double *y, const double *x, size_t n, struct rs_err *err)
{
	double *w = rs_array(n, sizeof *w, err), *side = rs_array(n, sizeof *side, err), a, b = 0, scale = 0;
	size_t n_side = 0;

	if (w == NULL || side == NULL) {
		rs_free(w);
		rs_free(side);
		return RS_ENOMEM;
	}
	memcpy(side, y, n * sizeof *side);
	a = median(side, n);
	for (int round = 0; round < 12; round++) {
		n_side = 0;
		for (size_t i = 0; i < n; i++) {
			double r = y[i] - a - b * x[i];

			if (r < 0) /* attacks lie above */
				side[n_side++] = -r;
		}
		scale = median(side, n_side) / .6745 + 1e-9;
		for (size_t i = 0; i < n; i++) {
			double r = (y[i] - a - b * x[i]) / (4.685 * scale);

			w[i] = fabs(r) < 1 ? (1 - r * r) * (1 - r * r) : 0;
		}
		if (!fit_line(&a, &b, x, y, w, n))
			break;
	}
	for (size_t i = 0; i < n; i++)
		y[i] = (y[i] - a - b * x[i]) / scale;
	rs_free(w);
	rs_free(side);
	return 0;
}

/* ---- profiles ---- */

struct profiles {
	const struct rs_pass *p;
	size_t n;
	uint32_t *user;
	double *length;  /* log2 of the events */
	double *rare;    /* - mean log2 of the users of its items; then standardised */
	double *deviant; /* mean distance of its values from the mean of the item; then standardised; NULL: no ratings */
	bool ratings;
	float low, high; /* the ends of the scale */
};

static int item_means(double **mean, const struct rs_pass *p, struct rs_err *err)
{
	uint32_t *n = rs_array0(p->n_items, sizeof *n, err);
	double *sum = rs_array0(p->n_items, sizeof *sum, err);

	if (n == NULL || sum == NULL) {
		rs_free(n);
		rs_free(sum);
		return RS_ENOMEM;
	}
	for (uint64_t e = 0; e < p->row_ptr[p->n_users]; e++) {
		if (isnan(p->item_value[e]))
			continue;
		n[p->item[e]]++;
		sum[p->item[e]] += p->item_value[e];
	}
	for (uint32_t i = 0; i < p->n_items; i++)
		sum[i] = n[i] == 0 ? 0 : sum[i] / n[i];
	rs_free(n);
	*mean = sum;
	return 0;
}

static int measure(struct profiles *f, struct rs_err *err)
{
	const struct rs_pass *p = f->p;
	double *mean = NULL, *bits = rs_array(p->n_items, sizeof *bits, err);
	int rc = bits == NULL ? RS_ENOMEM : f->ratings ? item_means(&mean, p, err) : 0;

	for (uint32_t i = 0; i < p->n_items && rc == 0; i++)
		bits[i] = p->item_users[i] == 0 ? 0 : log2(p->item_users[i]);
	for (uint32_t u = 0; u < p->n_users && rc == 0; u++) {
		uint64_t lo = p->row_ptr[u], hi = p->row_ptr[u + 1];
		double sum = 0, apart = 0;

		if (hi - lo < LENGTH)
			continue;
		for (uint64_t e = lo; e < hi; e++) {
			sum += bits[p->item[e]];
			if (f->ratings && !isnan(p->item_value[e]))
				apart += fabs(p->item_value[e] - mean[p->item[e]]);
		}
		f->user[f->n] = u;
		f->length[f->n] = log2((double)(hi - lo)) - 6;
		f->rare[f->n] = -sum / (double)(hi - lo);
		if (f->ratings)
			f->deviant[f->n] = apart / (double)(hi - lo);
		f->n++;
	}
	rs_free(bits);
	rs_free(mean);
	return rc;
}

/* A scale of ratings: few different values, whose ends are known. */
static int find_scale(struct profiles *f, struct rs_err *err)
{
	struct rs_run *run;
	size_t n;
	int rc;

	if (f->p->item_value == NULL)
		return 0;
	if ((rc = rs_histogram_runs(&f->p->values, &run, &n, err)) < 0)
		return rc;
	f->ratings = n >= 2 && n <= SCALE_MAX;
	if (f->ratings) {
		f->low = (float)run[0].value;
		f->high = (float)run[n - 1].value;
	}
	rs_free(run);
	return 0;
}

/* ---- targets ---- */

enum end { HIGH, LOW, ANY };

static bool chooses(const struct profiles *f, uint64_t e, enum end end)
{
	return end == ANY || f->p->item_value[e] == (end == HIGH ? f->high : f->low);
}

/* One way to look: a measure of oddness, from where on it is odd, and the end of the scale. */
struct view {
	const double *z;
	double odd;
	double floor; /* a share of the odd that chance and taste explain for any item */
	enum end end;
};

struct chosen {
	uint32_t *all, *odd, *seen; /* by item: profiles that choose it; odd ones; the last profile counted */
	size_t n_all, n_odd;        /* profiles; those already accused are left out */
};

static void count_chosen(struct chosen *c, const struct rs_marks *m, const struct profiles *f, const struct view *v)
{
	const struct rs_pass *p = f->p;

	memset(c->all, 0, p->n_items * sizeof *c->all);
	memset(c->odd, 0, p->n_items * sizeof *c->odd);
	memset(c->seen, 0, p->n_items * sizeof *c->seen);
	c->n_all = c->n_odd = 0;
	for (size_t k = 0; k < f->n; k++) {
		if ((m->why[f->user[k]] & RS_SUSPECT_PUSH) != 0)
			continue;
		c->n_all++;
		c->n_odd += v->z[k] >= v->odd;
		for (uint64_t e = p->row_ptr[f->user[k]]; e < p->row_ptr[f->user[k] + 1]; e++) {
			uint32_t i = p->item[e];

			if (c->seen[i] == k + 1 || !chooses(f, e, v->end))
				continue;
			c->seen[i] = (uint32_t)k + 1;
			c->all[i]++;
			c->odd[i] += v->z[k] >= v->odd;
		}
	}
}

/* - log10 of the chance that k or more of n do what each does with probability p. */
static double improbable(double k, double n, double p)
{
	double term = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p), sum = 1, ratio = 1;

	if (k <= n * p)
		return 0;
	for (; k < n && ratio > 1e-12 * sum; k++) {
		ratio *= (n - k) / (k + 1) * p / (1 - p);
		sum += ratio;
	}
	return -(term + log(sum)) / log(10);
}

/* How improbable it is that taste lets so many of the odd choose an item; *expected: as many as of the others. */
static double surplus(double *expected, const struct view *v, double odd, double others, double n_odd, double n_others)
{
	double share = others / n_others, most = ODDS * share / (1 + (ODDS - 1) * share);

	*expected = share * n_odd;
	if (share > KNOWN)
		return 0;
	return improbable(odd, n_odd, most > v->floor ? most : v->floor);
}

/* Marks the members: odd enough, and they chose the target so. */
static uint32_t accuse(struct rs_marks *m, const struct profiles *f, const struct view *v, uint32_t item)
{
	const struct rs_pass *p = f->p;
	uint32_t n = 0;

	for (size_t k = 0; k < f->n; k++) {
		uint32_t u = f->user[k];
		uint64_t e = p->row_ptr[u], hi = p->row_ptr[u + 1];

		while (e < hi && (p->item[e] != item || !chooses(f, e, v->end)))
			e++;
		if (v->z[k] < v->odd - MEMBER || e == hi || (m->why[u] & RS_SUSPECT_PUSH) != 0)
			continue;
		n++;
		m->target[u] = item;
		rs_mark(m, u, RS_SUSPECT_PUSH, v->z[k]);
	}
	for (size_t k = 0; k < f->n; k++)
		if ((m->why[f->user[k]] & RS_SUSPECT_PUSH) != 0 && m->target[f->user[k]] == item)
			m->with[f->user[k]] = n;
	return n;
}

/* The item with the most improbable number of odd ones. */
static double best_target(struct rs_pushed *best, const struct chosen *c, const struct view *v, uint32_t n_items)
{
	double most = 0;

	for (uint32_t i = 0; i < n_items; i++) {
		double expected, s;

		if (c->odd[i] < GROUP)
			continue;
		s = surplus(&expected, v, c->odd[i], c->all[i] - c->odd[i], (double)c->n_odd, (double)(c->n_all - c->n_odd));
		if (s <= most)
			continue;
		most = s;
		*best = (struct rs_pushed){ i, 0, expected };
	}
	return most;
}

/* Target by target, the plainest first: what its group has in common beside it is then explained. */
static int find_targets(struct rs_marks *m, struct rs_pushed *pushed, uint32_t *n_pushed, const struct profiles *f,
                        const struct view *v, struct rs_err *err)
{
	uint32_t n_items = f->p->n_items;
	struct chosen c = { .all = rs_array(n_items, sizeof *c.all, err), .odd = rs_array(n_items, sizeof *c.odd, err),
		            .seen = rs_array(n_items, sizeof *c.seen, err) };
	int rc = c.all == NULL || c.odd == NULL || c.seen == NULL ? RS_ENOMEM : 0;

	while (rc == 0 && *n_pushed < RS_TOP) {
		count_chosen(&c, m, f, v);
		if (c.n_odd < GROUP || c.n_odd > c.n_all / 2 ||
		    best_target(&pushed[*n_pushed], &c, v, n_items) < RARE)
			break;
		pushed[*n_pushed].n_users = accuse(m, f, v, pushed[*n_pushed].item);
		++*n_pushed;
	}
	rs_free(c.all);
	rs_free(c.odd);
	rs_free(c.seen);
	return rc;
}

/* The oddest first: a group that hides among the milder ones is looked for when those are out of the way. */
static int look(struct rs_marks *m, struct rs_pushed *pushed, uint32_t *n_pushed, const struct profiles *f, const double *z,
                struct rs_err *err)
{
	static const double odd[] = { 4, 3, 2 }, least[] = { .05, .1, .2 };
	int rc = 0;

	for (int k = 0; k < 3 && rc == 0; k++) {
		struct view v = { z, odd[k], least[k], f->ratings ? HIGH : ANY };

		rc = find_targets(m, pushed, n_pushed, f, &v, err);
		v.end = LOW;
		if (rc == 0 && f->ratings)
			rc = find_targets(m, pushed, n_pushed, f, &v, err);
	}
	return rc;
}

int rs_suspect_push(struct rs_marks *m, struct rs_pushed *pushed, uint32_t *n_pushed, const struct rs_pass *p,
                    struct rs_err *err)
{
	struct profiles f = { .p = p };
	int rc;

	*n_pushed = 0;
	if ((rc = find_scale(&f, err)) < 0)
		return rc;
	rc = RS_ENOMEM;
	if ((f.user = rs_array(p->n_users, sizeof *f.user, err)) == NULL ||
	    (f.length = rs_array(p->n_users, sizeof *f.length, err)) == NULL ||
	    (f.rare = rs_array(p->n_users, sizeof *f.rare, err)) == NULL ||
	    (f.ratings && (f.deviant = rs_array(p->n_users, sizeof *f.deviant, err)) == NULL) ||
	    (rc = measure(&f, err)) < 0 || (rc = standardise(f.rare, f.length, f.n, err)) < 0 ||
	    (f.ratings && (rc = standardise(f.deviant, f.length, f.n, err)) < 0))
		goto out;
	for (int by = 0; by < (f.ratings ? 3 : 1) && rc == 0; by++) {
		for (size_t k = 0; k < f.n && by == 2; k++)
			f.rare[k] = (f.rare[k] + f.deviant[k]) / sqrt(2); /* both together */
		rc = look(m, pushed, n_pushed, &f, by == 1 ? f.deviant : f.rare, err);
	}
out:
	rs_free(f.user);
	rs_free(f.length);
	rs_free(f.rare);
	rs_free(f.deviant);
	return rc;
}
