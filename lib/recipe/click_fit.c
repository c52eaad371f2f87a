/* click_fit.c -- after training: how users are spread, and the calibration of probabilities.
 *
 * Users are folded in by the examples that trained, and judged by those that were kept out. The spread that training leaves is
 * that of users who were led there by steps of some length: it is scaled first. Where histories are few or short the covariance
 * is chance, and the variances alone are better. Then steps of expectation-maximization [1] find the spread of users who are
 * folded in: mean and covariance become those of all users' x, of each with the covariance that is left to it. All goes on as
 * long as what was kept out is foreseen better.
 * A logit is turned into slope x logit + shift [2], both of the largest likelihood over the examples that were kept out.
 *
 * [1] A. P. Dempster, N. M. Laird, D. B. Rubin, Maximum Likelihood from Incomplete Data via the EM Algorithm, JRSS B 1977.
 * [2] J. Platt, Probabilistic Outputs for Support Vector Machines, 1999. */
#include "lib/recipe/click.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define USERS_MAX 3000 /* that are folded in here */
#define STEPS 6
#define LEAST 1. /* gain of log likelihood that is not chance */
#define NEWTON 20

struct fitting {
	struct rs_click *m;
	const struct rs_train_in *in;
	const struct rs_csr *context;
	double validation;
	uint32_t step, n_taken; /* every step-th user */
	size_t n_parts;         /* that those are cut into */
	uint64_t *first;        /* by user taken: of its kept out examples */
	float *logit, *weight;  /* of them */
	uint8_t *label;
	double *sums;           /* by part: of x (d) and of xx' + the covariance that is left (d x d, lower triangle) */
	float *best;            /* of the best spread yet: logits, mean, L */
	float *whole;           /* L as training left it */
};

/* ---- users, folded in ---- */

/* sum += (CC')^-1, both lower triangles; c becomes C^-1. */
static void add_inverse(size_t d, double *c, double *sum)
{
	for (size_t j = 0; j < d; j++) { /* what stands right of column j is still C's */
		c[j * d + j] = 1 / c[j * d + j];
		for (size_t i = j + 1; i < d; i++) {
			double s = 0;

			for (size_t l = j; l < i; l++)
				s -= c[i * d + l] * c[l * d + j];
			c[i * d + j] = s / c[i * d + i];
		}
	}
	for (size_t l = 0; l < d; l++)
		for (size_t i = 0; i <= l; i++)
			for (size_t j = 0; j <= i; j++)
				sum[i * d + j] += c[l * d + i] * c[l * d + j];
}

static int fold_user(const struct fitting *t, uint32_t k, struct rs_click_history *h, double *x, double *sums,
                     struct rs_err *err)
{
	uint32_t u = k * t->step;
	size_t d = t->m->d;
	float *logit = t->logit + t->first[k];
	int rc = rs_click_history_fill(h, t->m, t->in->events, u, rs_click_features_of(t->in->user_profile, u), t->context,
	                               t->validation, err);

	if (rc < 0)
		return rc;
	rs_click_history_solve(h, t->m, x);
	for (size_t i = h->n_train; i < h->n; i++) {
		double sum = h->base[i];

		for (size_t j = 0; j < d; j++)
			sum += x[j] * (double)h->z[i * d + j];
		logit[i - h->n_train] = (float)sum;
		t->weight[t->first[k] + i - h->n_train] = h->weight[i];
		t->label[t->first[k] + i - h->n_train] = h->label[i];
	}
	for (size_t i = 0; i < d; i++) {
		sums[i] += x[i];
		for (size_t j = 0; j <= i; j++)
			sums[d + i * d + j] += x[i] * x[j];
	}
	add_inverse(d, h->work, sums + d);
	return 0;
}

static int fold_part(void *ctx, size_t part, int worker, struct rs_err *err)
{
	const struct fitting *t = ctx;
	size_t d = t->m->d, n = d + d * d;
	uint32_t lo = (uint32_t)(part * t->n_taken / t->n_parts), hi = (uint32_t)((part + 1) * t->n_taken / t->n_parts);
	struct rs_click_history h;
	double *x = NULL;
	int rc = rs_click_history_init(&h, t->m, err);

	(void)worker;
	if (rc < 0)
		return rc;
	if ((x = rs_array(d, sizeof *x, err)) == NULL)
		rc = RS_ENOMEM;
	memset(t->sums + part * n, 0, n * sizeof *t->sums);
	for (uint32_t k = lo; k < hi && rc == 0; k++)
		rc = fold_user(t, k, &h, x, t->sums + part * n, err);
	rs_free(x);
	rs_click_history_release(&h);
	return rc;
}

/* ---- changes of the spread ---- */

/* The variances alone. */
static void take_apart(struct rs_click *m)
{
	size_t d = m->d;

	for (size_t i = 0; i < d; i++) {
		double sum = 0;

		for (size_t j = 0; j <= i; j++) {
			sum += (double)m->root[i * d + j] * (double)m->root[i * d + j];
			m->root[i * d + j] = 0;
		}
		m->root[i * d + i] = (float)sqrt(sum);
	}
}

static void scale(struct rs_click *m, float by)
{
	for (size_t i = 0; i < m->d * m->d; i++)
		m->root[i] *= by;
}

static void widen(struct fitting *t)
{
	scale(t->m, 1.41421356F);
}

static void narrow(struct fitting *t)
{
	scale(t->m, .707106781F);
}

/* A step of the spread, by the sums. The covariance is one of d further users more who are as was believed. */
static void step_spread(struct fitting *t)
{
	struct rs_click *m = t->m;
	size_t d = m->d;
	double *mean = t->sums, *c = t->sums + d, n = t->n_taken;

	for (size_t p = 1; p < t->n_parts; p++)
		for (size_t i = 0; i < d + d * d; i++)
			t->sums[i] += t->sums[p * (d + d * d) + i];
	for (size_t i = 0; i < d; i++)
		mean[i] /= n;
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j <= i; j++)
			c[i * d + j] = (c[i * d + j] - n * mean[i] * mean[j] + (i == j ? (double)d : 0)) / (n + (double)d);
	rs_click_cholesky(c, d);
	for (size_t i = 0; i < d; i++) { /* mean + L mean, L C */
		float *row = m->root + i * d;
		double sum = 0;

		for (size_t j = 0; j <= i; j++)
			sum += (double)row[j] * mean[j];
		m->mean[i] += (float)sum;
		for (size_t j = 0; j <= i; j++) {
			sum = 0;
			for (size_t l = j; l <= i; l++)
				sum += (double)row[l] * c[l * d + j];
			row[j] = (float)sum;
		}
	}
}

/* ---- what was kept out ---- */

static double log_loss(double logit, uint8_t label)
{
	double z = label != 0 ? -logit : logit;

	return z > 30 ? z : log1p(exp(z));
}

static double total_loss(const struct fitting *t, const float *logit, uint64_t n, double slope, double shift)
{
	double sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum += (double)t->weight[i] * log_loss(slope * (double)logit[i] + shift, t->label[i]);
	return sum;
}

/* slope and shift of the largest likelihood, with the weight of one example each way against certainty. */
static void calibrate(struct fitting *t, const float *logit, uint64_t n)
{
	double a = 1, b = 0;

	for (int step = 0; step < NEWTON && n > 0; step++) {
		double ga = a - 1, gb = b, haa = 1, hab = 0, hbb = 1e-3, det;

		gb *= 1e-3;
		for (uint64_t i = 0; i < n; i++) {
			double x = (double)logit[i], w = (double)t->weight[i], p = 1 / (1 + exp(-a * x - b)),
			       s = w * p * (1 - p);

			ga += w * (p - t->label[i]) * x;
			gb += w * (p - t->label[i]);
			haa += s * x * x;
			hab += s * x;
			hbb += s;
		}
		det = haa * hbb - hab * hab;
		if (!(det > 0))
			break;
		a -= (hbb * ga - hab * gb) / det;
		b -= (haa * gb - hab * ga) / det;
	}
	if (isfinite(a) && isfinite(b) && a > 0 && total_loss(t, logit, n, a, b) < total_loss(t, logit, n, 1, 0)) {
		t->m->slope = a;
		t->m->shift = b;
	}
}

/* Where the kept out examples of each user taken go. */
static uint64_t place(struct fitting *t)
{
	const struct rs_events *e = t->in->events;
	uint64_t n = 0;

	for (uint32_t k = 0; k < t->n_taken; k++) {
		t->first[k] = n;
		for (uint64_t i = e->row_ptr[k * t->step]; i < e->row_ptr[k * t->step + 1]; i++)
			n += t->validation > 0 && rs_click_kept_out(t->m->seed, i, t->validation) ? 1 + t->m->negatives : 0;
	}
	t->first[t->n_taken] = n;
	return n;
}

/* What there is of logits, mean and L, to the best or back. */
static void keep(struct fitting *t, uint64_t n, bool back)
{
	size_t d = t->m->d;
	float *part[3] = { t->logit, t->m->mean, t->m->root }, *at = t->best;
	const size_t size[3] = { (size_t)n, d, d * d };

	for (size_t i = 0; i < 3; at += size[i++])
		memcpy(back ? part[i] : at, back ? at : part[i], size[i] * sizeof *at);
}

/* Folds all in; *better: what was kept out is foreseen better than yet, by *best, and this spread is kept. */
static int judge(struct fitting *t, uint64_t n, double *best, bool *better, struct rs_err *err)
{
	int rc = rs_tiles_run(t->n_parts, fold_part, t, err);
	double now;

	if (rc < 0)
		return rc;
	now = total_loss(t, t->logit, n, 1, 0);
	*better = now < *best - LEAST;
	if (*better) {
		*best = now;
		keep(t, n, false);
	}
	return 0;
}

/* A change of the spread, again and again as long as it helps. */
static int repeat(struct fitting *t, uint64_t n, void (*change)(struct fitting *t), double *best, bool *helped,
                  struct rs_err *err)
{
	bool better = true;
	int rc = 0;

	*helped = false;
	for (int s = 0; s < STEPS && better && rc == 0; s++) {
		change(t);
		rc = judge(t, n, best, &better, err);
		*helped |= better;
	}
	keep(t, n, true);
	return rc;
}

/* Scaled, if it is the best yet at all. */
static int try_spread(struct fitting *t, uint64_t n, double *best, struct rs_err *err)
{
	bool helped;
	int rc = judge(t, n, best, &helped, err);

	if (rc < 0 || !helped) {
		keep(t, n, true);
		return rc;
	}
	if ((rc = repeat(t, n, widen, best, &helped, err)) == 0 && !helped)
		rc = repeat(t, n, narrow, best, &helped, err);
	return rc;
}

static int fit(struct fitting *t, uint64_t n, struct rs_err *err)
{
	struct rs_click *m = t->m;
	double best = INFINITY;
	bool helped;
	int rc;

	keep(t, n, false); /* where no number is one */
	memcpy(t->whole, m->root, m->d * m->d * sizeof *t->whole);
	take_apart(m);
	if ((rc = try_spread(t, n, &best, err)) < 0)
		return rc;
	memcpy(m->root, t->whole, m->d * m->d * sizeof *t->whole);
	if ((rc = try_spread(t, n, &best, err)) < 0 ||
	    (rc = rs_tiles_run(t->n_parts, fold_part, t, err)) < 0 || /* the sums were those of the last try */
	    (rc = repeat(t, n, step_spread, &best, &helped, err)) < 0)
		return rc;
	calibrate(t, t->logit, n);
	return 0;
}

int rs_click_fit(struct rs_click *m, const struct rs_train_in *in, const struct rs_csr *context, double validation,
                 struct rs_err *err)
{
	uint32_t n_users = in->events->n_users, step = (n_users + USERS_MAX - 1) / USERS_MAX;
	struct fitting t = { .m = m, .in = in, .context = context, .validation = validation, .step = step,
		             .n_taken = (n_users + step - 1) / step, .n_parts = rs_click_parts(m) };
	size_t d = m->d;
	uint64_t n;
	int rc = RS_ENOMEM;

	m->slope = 1;
	m->shift = 0;
	if ((t.first = rs_array((size_t)t.n_taken + 1, sizeof *t.first, err)) == NULL)
		goto out;
	n = place(&t);
	if (n == 0) {
		rc = 0;
		goto out;
	}
	if ((t.logit = rs_array0(n, sizeof *t.logit, err)) != NULL && (t.weight = rs_array(n, sizeof *t.weight, err)) != NULL &&
	    (t.label = rs_array(n, 1, err)) != NULL && (t.best = rs_array(n + d + d * d, sizeof *t.best, err)) != NULL &&
	    (t.whole = rs_array(d * d, sizeof *t.whole, err)) != NULL &&
	    (t.sums = rs_array(t.n_parts * (d + d * d), sizeof *t.sums, err)) != NULL)
		rc = fit(&t, n, err);
out:
	rs_free(t.first);
	rs_free(t.logit);
	rs_free(t.weight);
	rs_free(t.label);
	rs_free(t.best);
	rs_free(t.whole);
	rs_free(t.sums);
	return rc;
}
