/* suspect_pace.c -- users who are faster, more regular, more tireless or more busy than people are.
 *
 * Haste and volume are held against all users: beyond the median by so many times the distance from median to upper quartile,
 * in logarithms, which a tenth of bots hardly moves. */
#include "lib/analyze/suspects.h"
#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BURST 30         /* events in a minute at least */
#define BURST_FAR 5.0
#define STEADY 50        /* pauses */
#define CLOCK 0.25       /* standard deviation of pauses / mean */
#define AWAKE 20         /* hours of a day */
#define VOLUME 1000      /* events at least */
#define VOLUME_FAR 7.0

static int cmp_double(const void *pa, const void *pb)
{
	double a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

/* Where far out begins, in logarithms. */
static double bound(double *v, size_t n, double far)
{
	double half, upper;

	qsort(v, n, sizeof *v, cmp_double);
	half = v[n / 2];
	upper = v[n - 1 - n / 4];
	return half + far * fmax(upper - half, .1);
}

static double burst_of(const struct rs_pass *p, uint32_t u)
{
	return log(p->pace[u].burst);
}

static double volume_of(const struct rs_pass *p, uint32_t u)
{
	return log((double)(p->row_ptr[u + 1] - p->row_ptr[u]));
}

static int far_out(struct rs_marks *m, const struct rs_pass *p, double (*of)(const struct rs_pass *, uint32_t), double least,
                   double far, unsigned why, struct rs_err *err)
{
	double *v = rs_array(p->n_users, sizeof *v, err), from;
	size_t n = 0;

	if (v == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < p->n_users; u++)
		if (p->row_ptr[u + 1] > p->row_ptr[u])
			v[n++] = of(p, u);
	if (n > 0) {
		from = fmax(bound(v, n, far), log(least));
		for (uint32_t u = 0; u < p->n_users; u++)
			if (p->row_ptr[u + 1] > p->row_ptr[u] && of(p, u) > from)
				rs_mark(m, u, why, 3 + of(p, u) - from);
	}
	rs_free(v);
	return 0;
}

int rs_suspect_pace(struct rs_marks *m, const struct rs_pass *p, bool dates, struct rs_err *err)
{
	int rc = far_out(m, p, volume_of, VOLUME, VOLUME_FAR, RS_SUSPECT_VOLUME, err);

	if (rc < 0 || p->pace == NULL || !dates)
		return rc;
	if ((rc = far_out(m, p, burst_of, BURST, BURST_FAR, RS_SUSPECT_BURST, err)) < 0)
		return rc;
	for (uint32_t u = 0; u < p->n_users; u++) {
		const struct rs_pace *a = &p->pace[u];

		if (a->steady >= STEADY && a->cv < (float)CLOCK)
			rs_mark(m, u, RS_SUSPECT_CLOCK, 3 + log(CLOCK / fmax((double)a->cv, 1e-6)));
		if (a->hours >= AWAKE)
			rs_mark(m, u, RS_SUSPECT_AWAKE, 3 + (a->hours - AWAKE) / 4.0);
	}
	return 0;
}
