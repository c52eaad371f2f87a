/* als_variance.c -- how unsure a score of als is.
 *
 * Given the items, a person's factors are those of a linear regression with precision A = w0 Y'Y + r I + sum c y y'
 * (als_solve.h), in units of the noise of an event of weight 1. So the score of item j has the variance y_j' A^-1 y_j [1]:
 * large for people of whom little is known, and for items unlike those that they had. Of order d^3 for each person and d^2 for
 * each item of theirs.
 *
 * [1] C. Bishop, Pattern Recognition and Machine Learning, 2006, section 3.3. */
#include "lib/base/mem.h"
#include "lib/recipe/als.h"

#include <math.h>
#include <string.h>

/* a (d x d, its lower triangle) = L L'. false: not positive definite. */
static bool factorise(double *a, size_t d)
{
	for (size_t i = 0; i < d; i++) {
		for (size_t j = 0; j <= i; j++) {
			double sum = a[i * d + j];

			for (size_t k = 0; k < j; k++)
				sum -= a[i * d + k] * a[j * d + k];
			if (i == j && !(sum > 0 && isfinite(sum)))
				return false;
			a[i * d + j] = i == j ? sqrt(sum) : sum / a[j * d + j];
		}
	}
	return true;
}

/* The lower triangle of A for row u of h. */
static void add_up(double *a, const struct rs_als *m, const struct rs_csr *h, uint32_t u)
{
	uint64_t first = h->row_ptr[u], n = h->row_ptr[u + 1] - first;
	const float *c = h->val == NULL ? NULL : h->val + first;
	float r = rs_als_strength(m, rs_als_weight(c, (size_t)n), m->n_warm);
	size_t d = m->items.d;

	memset(a, 0, d * d * sizeof *a);
	for (size_t k = 0; k < d; k++)
		a[k * d + k] = (double)m->ridge[k] + (double)r;
	for (uint64_t e = 0; e < n; e++) {
		const float *y = m->items.y + h->col[first + e] * m->items.ld;
		double w = c == NULL ? 1 : (double)c[e];

		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j <= i; j++)
				a[i * d + j] += w * (double)y[i] * (double)y[j];
	}
}

/* |L^-1 y|^2 = y' A^-1 y */
static double spread(const double *l, const float *y, double *z, size_t d)
{
	double sum = 0;

	for (size_t i = 0; i < d; i++) {
		double v = (double)y[i];

		for (size_t k = 0; k < i; k++)
			v -= l[i * d + k] * z[k];
		z[i] = v / l[i * d + i];
		sum += z[i] * z[i];
	}
	return sum;
}

int rs_als_variance(const void *state, const struct rs_people *who, uint32_t lo, uint32_t hi, float *variance, size_t ld,
                    struct rs_err *err)
{
	const struct rs_als *m = state;
	size_t d = m->items.d;
	double *a = rs_array(d * d, sizeof *a, err), *z = rs_array(d, sizeof *z, err);
	struct rs_csr h = { 0 };
	int rc = RS_ENOMEM;

	if (a == NULL || z == NULL || (rc = rs_als_cells(&h, who->events, err)) < 0 ||
	    (rc = rs_als_scale_apply(m, &h, err)) < 0 || (rc = rs_dense_items_touch_rows(&m->items, &h, err)) < 0 ||
	    (rc = rs_dense_items_touch(&m->items, lo, hi, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < h.n_rows; u++) {
		add_up(a, m, &h, u);
		if (!factorise(a, d)) {
			rc = rs_fail(err, RS_EDATA, "factors of items are out of range");
			goto out;
		}
		for (uint32_t i = lo; i < hi; i++)
			variance[u * ld + (i - lo)] = (float)spread(a, m->items.y + i * m->items.ld, z, d);
	}
out:
	rs_csr_release(&h);
	rs_free(a);
	rs_free(z);
	return rc;
}
