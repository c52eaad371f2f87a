/* click_row.c -- one example: its logit, and what belongs to the user. */
#include "lib/recipe/click.h"

#include <math.h>
#include <string.h>

/* The run of a row of features that belongs to field f, whose features start at first. */
static void take(struct rs_click_cells *c, const struct rs_click_field *field, uint32_t f, struct rs_click_features x)
{
	uint32_t lo = 0, hi;

	c->n[f] = 0;
	if (x.n == 0)
		return;
	while (lo < x.n && x.col[lo] < field->first)
		lo++;
	for (hi = lo; hi < x.n && x.col[hi] - field->first < field->n;)
		hi++;
	c->col[f] = x.col + lo;
	c->n[f] = hi - lo;
}

void rs_click_cells(const struct rs_click *m, struct rs_click_cells *c, struct rs_click_features user,
                    const uint32_t *item_ix, struct rs_click_features event)
{
	struct rs_click_features item = { NULL, 0 };

	if (*item_ix < m->n_items && m->item.row_ptr != NULL) {
		item.col = m->item.col + m->item.row_ptr[*item_ix];
		item.n = (uint32_t)(m->item.row_ptr[*item_ix + 1] - m->item.row_ptr[*item_ix]);
	}
	c->n[0] = 0;
	c->col[1] = item_ix;
	c->n[1] = *item_ix < m->n_items;
	for (uint32_t f = 2; f < m->n_fields; f++)
		take(c, &m->field[f], f,
		     m->field[f].owner == RS_CLICK_USER   ? user
		     : m->field[f].owner == RS_CLICK_ITEM ? item
		                                          : event);
}

/* sum (k) of the cell's rows, at `at` of each, scaled. */
static void gather(const struct rs_click *m, const struct rs_click_cells *c, uint32_t f, size_t at, float *sum)
{
	const struct rs_click_field *field = &m->field[f];
	float x = c->n[f] > 1 ? 1 / sqrtf((float)c->n[f]) : 1;

	memset(sum, 0, m->k * sizeof *sum);
	for (uint32_t i = 0; i < c->n[f]; i++) {
		const float *v = m->v + (field->w_at + (c->col[f][i] - field->first)) * m->width + at;

		for (size_t k = 0; k < m->k; k++)
			sum[k] += x * v[k];
	}
}

static double linear(const struct rs_click *m, const struct rs_click_cells *c)
{
	double sum = m->w0;

	for (uint32_t f = 1; f < m->n_fields; f++) {
		double x = c->n[f] > 1 ? 1 / sqrt((double)c->n[f]) : 1;

		for (uint32_t i = 0; i < c->n[f]; i++)
			sum += x * (double)m->w[m->field[f].w_at + (c->col[f][i] - m->field[f].first)];
	}
	return sum;
}

static double product(const float *a, const float *b, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return (double)sum;
}

double rs_click_row(const struct rs_click *m, const struct rs_click_cells *c, float *z, float *sums)
{
	double sum = linear(m, c);
	size_t k = m->k;

	memset(z, 0, m->d * sizeof *z);
	z[0] = 1;
	if (m->kind == RS_CLICK_LR)
		return sum;
	if (m->kind == RS_CLICK_FFM) {
		for (uint32_t f = 1; f < m->n_fields; f++) {
			gather(m, c, f, 0, z + 1 + (f - 1) * k);
			for (uint32_t g = f + 1; g < m->n_fields; g++) {
				if (c->n[f] == 0 || c->n[g] == 0)
					continue;
				gather(m, c, f, g * k, sums);
				gather(m, c, g, f * k, sums + k);
				sum += product(sums, sums + k, k);
			}
		}
		return sum;
	}
	for (uint32_t f = 1; f < m->n_fields; f++)
		gather(m, c, f, 0, sums + f * k);
	for (uint32_t f = 1; f < m->n_fields; f++) {
		float with_user = m->r == NULL ? 1 : m->r[f];

		for (size_t i = 0; i < k; i++)
			z[1 + i] += with_user * sums[f * k + i];
		for (uint32_t g = f + 1; g < m->n_fields; g++)
			if (c->n[f] > 0 && c->n[g] > 0)
				sum += (m->r == NULL ? 1 : (double)m->r[f * m->n_fields + g]) *
				       product(sums + f * k, sums + g * k, k);
	}
	return sum;
}

#define NEWTON 6
#define HALVINGS 5

/* What Newton's method makes small. */
static double objective(const struct rs_click *m, const double *theta, size_t n, const double *base, const float *z,
                        const uint8_t *label, const float *weight)
{
	double sum = 0;

	for (size_t i = 0; i < m->d; i++)
		sum += (theta[i] - (double)m->mean[i]) * (theta[i] - (double)m->mean[i]) / (double)m->var[i] / 2;
	for (size_t e = 0; e < n; e++) {
		double logit = base[e];

		for (size_t i = 0; i < m->d; i++)
			logit += theta[i] * (double)z[e * m->d + i];
		logit = label[e] != 0 ? -logit : logit;
		sum += (weight == NULL ? 1 : fabs((double)weight[e])) * (logit > 30 ? logit : log1p(exp(logit)));
	}
	return sum;
}

/* One step: (Z'SZ + 1 / var) step = Z'(label - p) - (theta - mean) / var, by Cholesky, behind the matrix in a. */
static void find_step(const struct rs_click *m, const double *theta, size_t n, const double *base, const float *z,
                      const uint8_t *label, const float *weight, double *a)
{
	size_t d = m->d;
	double *b = a + d * d;

	memset(a, 0, d * d * sizeof *a);
	for (size_t i = 0; i < d; i++) {
		a[i * d + i] = 1 / (double)m->var[i];
		b[i] = ((double)m->mean[i] - theta[i]) / (double)m->var[i];
	}
	for (size_t e = 0; e < n; e++) {
		const float *ze = z + e * d;
		double w = weight == NULL ? 1 : fabs((double)weight[e]), logit = base[e], p;

		for (size_t i = 0; i < d; i++)
			logit += theta[i] * (double)ze[i];
		p = 1 / (1 + exp(-logit));
		for (size_t i = 0; i < d; i++) {
			double s = w * fmax(p * (1 - p), 1e-3) * (double)ze[i];

			b[i] += w * (label[e] - p) * (double)ze[i];
			for (size_t l = 0; l <= i; l++)
				a[i * d + l] += s * (double)ze[l];
		}
	}
	for (size_t j = 0; j < d; j++) {
		for (size_t i = j; i < d; i++) {
			double sum = a[i * d + j];

			for (size_t l = 0; l < j; l++)
				sum -= a[i * d + l] * a[j * d + l];
			a[i * d + j] = i == j ? sqrt(fmax(sum, 1e-12)) : sum / a[j * d + j];
		}
	}
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

void rs_click_fold(const struct rs_click *m, double *theta, size_t n, const double *base, const float *z,
                   const uint8_t *label, const float *weight, double *work)
{
	double before;

	for (size_t i = 0; i < m->d; i++)
		theta[i] = (double)m->mean[i];
	before = n > 0 ? objective(m, theta, n, base, z, label, weight) : 0;
	for (int s = 0; s < NEWTON && n > 0; s++) {
		double *step = work + m->d * m->d, *to = step + m->d, now = INFINITY;

		find_step(m, theta, n, base, z, label, weight, work);
		for (int h = 0; h < HALVINGS && !(now <= before); h++) { /* shorter, until it is a gain */
			for (size_t i = 0; i < m->d; i++)
				to[i] = theta[i] + ldexp(step[i], -h);
			now = objective(m, to, n, base, z, label, weight);
		}
		if (!(now < before - 1e-9 * before))
			return;
		memcpy(theta, to, m->d * sizeof *theta);
		before = now;
	}
}
