/* mf_row.c -- the conditional distribution of one row of mf.
 *
 * With Z the rows of the other side that were rated (their biases replaced by 1), b their biases, Q the prior's precision:
 *     A = Q + alpha Z'Z,   A mean = Q W'f + alpha Z'(rating - b),   x = mean + A^-1/2 noise.
 * A = U'U; the right side stands behind A as a further column. */
#include "lib/recipe/mf.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"

#include <string.h>

#define GATHER 256 /* rows that are copied together for one product */

struct rs_mf_scratch {
	float *z;      /* GATHER x RS_ROUND_LANES(d) */
	float *target; /* GATHER */
	float *a;      /* d x lda */
	float *mean, *side;
};

static size_t stride(size_t n)
{
	n = RS_ROUND_LANES(n);
	return n % 64 == 0 ? n + RS_LANES : n;
}

int rs_mf_scratch_new(struct rs_mf_scratch **out, size_t d, struct rs_err *err)
{
	struct rs_mf_scratch *w = rs_array0(1, sizeof *w, err);
	size_t ld = RS_ROUND_LANES(d);

	*out = w;
	if (w == NULL)
		return RS_ENOMEM;
	if ((w->z = rs_array0(GATHER * ld, sizeof *w->z, err)) == NULL ||
	    (w->target = rs_array(GATHER, sizeof *w->target, err)) == NULL ||
	    (w->a = rs_array0(ld * stride(d + 1), sizeof *w->a, err)) == NULL ||
	    (w->mean = rs_array0(ld, sizeof *w->mean, err)) == NULL ||
	    (w->side = rs_array0(ld, sizeof *w->side, err)) == NULL) {
		rs_mf_scratch_free(w);
		*out = NULL;
		return RS_ENOMEM;
	}
	return 0;
}

void rs_mf_scratch_free(struct rs_mf_scratch *w)
{
	if (w == NULL)
		return;
	rs_free(w->z);
	rs_free(w->target);
	rs_free(w->a);
	rs_free(w->mean);
	rs_free(w->side);
	rs_free(w);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* a = Z'Z (upper triangle), side = Z'(rating - b). */
static void add_ratings(struct rs_mf_scratch *w, size_t d, const float *other, size_t ld_other, const uint32_t *item,
                        const float *rating, size_t n)
{
	const struct rs_kernels *k = rs_isa();
	size_t ldz = RS_ROUND_LANES(d), lda = stride(d + 1);

	memset(w->side, 0, ldz * sizeof *w->side);
	for (size_t i = 0; i < d && n == 0; i++)
		memset(w->a + i * lda, 0, d * sizeof *w->a);
	for (size_t i = 0; i < n; i += GATHER) {
		size_t m = least(n - i, GATHER);

		for (size_t l = 0; l < m; l++) {
			const float *from = other + item[i + l] * ld_other;
			float *z = w->z + l * ldz;

			memcpy(z, from, d * sizeof *z);
			z[d - 1] = 1;
			w->target[l] = rating[i + l] - from[d - 1];
		}
		k->add_rows(w->side, ldz, (struct rs_rows_of){ w->z, ldz, NULL, m }, w->target);
		for (size_t j = 0; j < d; j += RS_PANEL)
			k->tn(i == 0 ? RS_TN_SET : RS_TN_ADD, w->a + j, lda, least(j + RS_PANEL, d), least(d - j, RS_PANEL), m,
			      w->z, ldz, k->mr, w->z + j, ldz);
	}
}

int rs_mf_row(struct rs_mf_scratch *w, const struct rs_mf_shape *s, const struct rs_mf_prior *prior,
              const float *feature, const float *other, size_t ld_other, const uint32_t *item, const float *rating,
              size_t n, const float *noise, float *x, float *stray, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	size_t d = s->d, lda = stride(d + 1);

	add_ratings(w, d, other, ld_other, item, rating, n);
	memset(w->mean, 0, d * sizeof *w->mean);
	k->add_rows(w->mean, d, (struct rs_rows_of){ prior->w, d, NULL, s->p }, feature);
	for (size_t i = 0; i < d; i++) {
		const float *q = prior->precision + i * d;
		float *a = w->a + i * lda, side = prior->alpha * w->side[i];

		for (size_t j = i; j < d; j++)
			a[j] = q[j] + prior->alpha * a[j];
		for (size_t j = 0; j < d; j++)
			side += q[j] * w->mean[j];
		a[d] = side;
	}
	if (!k->chol(w->a, lda, d, d + 1))
		return rs_fail(err, RS_EDATA, "mf: numbers grew out of range");
	for (size_t i = 0; i < d; i++)
		w->side[i] = w->a[i * lda + d] + (noise == NULL || stray != NULL ? 0 : noise[i]);
	k->back(w->side, w->a, lda, d);
	memcpy(x, w->side, d * sizeof *x);
	if (stray == NULL || noise == NULL)
		return 0;
	memcpy(w->side, noise, d * sizeof *noise);
	k->back(w->side, w->a, lda, d);
	memcpy(stray, w->side, d * sizeof *stray);
	return 0;
}
