/* click_fold.c -- a user's weight and factors from the user's events.
 *
 * logit = base + z.theta is logistic regression with theta spread as N(mean, LL') before. With theta = mean + L x it is one
 * with x spread as N(0, I): base + z.mean + (L'z).x, so that any L serves. x is the mode of what is then believed; the
 * curvature there is its precision (Laplace). */
#include "lib/recipe/click.h"

#include <math.h>
#include <string.h>

#define NEWTON 6
#define HALVINGS 5

void rs_click_whiten(const struct rs_click *m, size_t n, double *base, float *z)
{
	size_t d = m->d;

	for (size_t e = 0; e < n; e++) {
		float *ze = z + e * d;

		for (size_t i = 0; i < d; i++)
			base[e] += (double)m->mean[i] * (double)ze[i];
		for (size_t j = 0; j < d; j++) { /* what is below j is needed no more */
			float sum = 0;

			for (size_t i = j; i < d; i++)
				sum += ze[i] * m->root[i * d + j];
			ze[j] = sum;
		}
	}
}

void rs_click_theta(const struct rs_click *m, double *x)
{
	for (size_t i = m->d; i-- > 0;) {
		double sum = (double)m->mean[i];

		for (size_t j = 0; j <= i; j++)
			sum += (double)m->root[i * m->d + j] * x[j];
		x[i] = sum;
	}
}

void rs_click_cholesky(double *a, size_t d)
{
	for (size_t i = 0; i < d; i++) {
		for (size_t j = 0; j <= i; j++) {
			double sum = a[i * d + j];

			for (size_t l = 0; l < j; l++)
				sum -= a[i * d + l] * a[j * d + l];
			a[i * d + j] = i == j ? sqrt(fmax(sum, 1e-12)) : sum / a[j * d + j];
		}
	}
}

static double logit_of(size_t d, const double *x, double base, const float *z)
{
	for (size_t i = 0; i < d; i++)
		base += x[i] * (double)z[i];
	return base;
}

/* What Newton's method makes small. */
static double objective(size_t d, const double *x, size_t n, const double *base, const float *z, const uint8_t *label,
                        const float *weight)
{
	double sum = 0;

	for (size_t i = 0; i < d; i++)
		sum += x[i] * x[i] / 2;
	for (size_t e = 0; e < n; e++) {
		double logit = logit_of(d, x, base[e], z + e * d);

		logit = label[e] != 0 ? -logit : logit;
		sum += fabs((double)weight[e]) * (logit > 30 ? logit : log1p(exp(logit)));
	}
	return sum;
}

/* One step: (Z'SZ + I) step = Z'(label - p) - x, by Cholesky, behind the matrix in a. */
static void find_step(size_t d, const double *x, size_t n, const double *base, const float *z, const uint8_t *label,
                      const float *weight, double *a)
{
	double *b = a + d * d;

	memset(a, 0, d * d * sizeof *a);
	for (size_t i = 0; i < d; i++) {
		a[i * d + i] = 1;
		b[i] = -x[i];
	}
	for (size_t e = 0; e < n; e++) {
		const float *ze = z + e * d;
		double w = fabs((double)weight[e]), p = 1 / (1 + exp(-logit_of(d, x, base[e], ze)));

		for (size_t i = 0; i < d; i++) {
			double s = w * fmax(p * (1 - p), 1e-3) * (double)ze[i];

			b[i] += w * (label[e] - p) * (double)ze[i];
			for (size_t l = 0; l <= i; l++)
				a[i * d + l] += s * (double)ze[l];
		}
	}
	rs_click_cholesky(a, d);
	for (size_t i = 0; i < d; i++) {
		for (size_t l = 0; l < i; l++)
			b[i] -= a[i * d + l] * b[l];
		b[i] /= a[i * d + i];
	}
	for (size_t i = d; i-- > 0;) {
		for (size_t l = i + 1; l < d; l++)
			b[i] -= a[l * d + i] * b[l];
		b[i] /= a[i * d + i];
	}
}

void rs_click_solve(size_t d, double *x, size_t n, const double *base, const float *z, const uint8_t *label,
                    const float *weight, double *work)
{
	double *step = work + d * d, *to = step + d, before;

	memset(x, 0, d * sizeof *x);
	before = objective(d, x, n, base, z, label, weight);
	for (int s = 0; s < NEWTON; s++) {
		double now = INFINITY;

		find_step(d, x, n, base, z, label, weight, work);
		for (int h = 0; h < HALVINGS && !(now <= before); h++) { /* shorter, until it is a gain */
			for (size_t i = 0; i < d; i++)
				to[i] = x[i] + ldexp(step[i], -h);
			now = objective(d, to, n, base, z, label, weight);
		}
		if (!(now < before - 1e-9 * before))
			return;
		memcpy(x, to, d * sizeof *x);
		before = now;
	}
}
