/* click_fit.c -- users as the events they had, and the calibration of probabilities.
 *
 * A logit is turned into slope x logit + shift [1], both of the largest likelihood over the examples that were kept out.
 *
 * [1] J. Platt, Probabilistic Outputs for Support Vector Machines, 1999. */
#include "lib/recipe/click.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define USERS_MAX 3000 /* that are folded in here */
#define NEWTON 20

bool rs_click_kept_out(uint64_t seed, uint64_t event, double validation)
{
	return rs_rand_unit(seed, RS_RNG_VALIDATE, event, 0) < validation;
}

int rs_click_history_init(struct rs_click_history *h, const struct rs_click *m, struct rs_err *err)
{
	memset(h, 0, sizeof *h);
	if ((h->work = rs_array(m->d * (m->d + 2), sizeof *h->work, err)) == NULL ||
	    (h->sums = rs_array(m->n_fields * (m->k + 1) + 2 * m->k, sizeof *h->sums, err)) == NULL) {
		rs_click_history_release(h);
		return RS_ENOMEM;
	}
	return 0;
}

void rs_click_history_release(struct rs_click_history *h)
{
	rs_free(h->base);
	rs_free(h->work);
	rs_free(h->z);
	rs_free(h->weight);
	rs_free(h->sums);
	rs_free(h->label);
	memset(h, 0, sizeof *h);
}

static int reserve(struct rs_click_history *h, const struct rs_click *m, size_t n, struct rs_err *err)
{
	size_t cap[4] = { h->cap, h->cap, h->cap, h->cap * m->d };

	if (n <= h->cap)
		return 0;
	if (rs_grow(&h->base, &cap[0], n, sizeof *h->base, err) < 0 ||
	    rs_grow(&h->weight, &cap[1], n, sizeof *h->weight, err) < 0 ||
	    rs_grow(&h->label, &cap[2], n, sizeof *h->label, err) < 0 ||
	    rs_grow(&h->z, &cap[3], n * m->d, sizeof *h->z, err) < 0)
		return RS_ENOMEM;
	h->cap = n;
	return 0;
}

int rs_click_history_fill(struct rs_click_history *h, const struct rs_click *m, const struct rs_events *e, uint32_t u,
                          struct rs_click_features user, const struct rs_csr *context, struct rs_err *err)
{
	size_t n = (size_t)(e->row_ptr[u + 1] - e->row_ptr[u]) * (1 + (size_t)m->negatives);
	struct rs_click_cells c;
	int rc = reserve(h, m, n, err);

	h->n = 0;
	if (rc < 0 || h->base == NULL)
		return rc;
	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
		float weight = e->weight == NULL ? 1 : e->weight[i];

		for (uint32_t k = 0; k <= m->negatives; k++, h->n++) {
			uint32_t item = e->item[i];

			if (k > 0)
				item = rs_click_negative(m, m->seed, item, i - e->row_ptr[u], k);
			rs_click_cells(m, &c, user, &item, rs_click_features_of(context, i));
			h->base[h->n] = rs_click_row(m, &c, h->z + h->n * m->d, h->sums);
			h->weight[h->n] = fabsf(weight);
			h->label[h->n] =
			        k > 0 ? 0 : rs_click_label(m->positive_from, e->value == NULL ? NAN : e->value[i], weight);
		}
	}
	return 0;
}

/* ---- after training ---- */

#define SCALES 6
static const double scales[SCALES] = { .25, .5, 1, 2, 4, 8 }; /* of the variance of theta */

struct fitting {
	struct rs_click *m;
	const struct rs_train_in *in;
	const struct rs_csr *context;
	double validation;
	struct rs_click scaled[SCALES];
	float *var;       /* SCALES x d */
	uint32_t step;    /* every step-th user */
	uint64_t *first;  /* by user taken: of its kept out examples */
	float *logit[SCALES]; /* of them */
	float *weight;
	uint8_t *label;
};

static int fit_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct fitting *t = ctx;
	const struct rs_click *m = t->m;
	const struct rs_events *e = t->in->events;
	uint32_t u = (uint32_t)tile * t->step, per = 1 + m->negatives;
	struct rs_click_history h;
	double *theta = NULL, *base = NULL;
	float *z = NULL;
	uint64_t to = t->first[tile];
	size_t train = 0, out = 0;
	int rc;

	(void)worker;
	if (t->first[tile + 1] == to)
		return 0;
	if ((rc = rs_click_history_init(&h, m, err)) < 0)
		return rc;
	if ((rc = rs_click_history_fill(&h, m, e, u, rs_click_features_of(t->in->user_profile, u), t->context, err)) < 0)
		goto done;
	rc = RS_ENOMEM;
	if ((theta = rs_array(m->d, sizeof *theta, err)) == NULL ||
	    (base = rs_array((size_t)(t->first[tile + 1] - to), sizeof *base, err)) == NULL ||
	    (z = rs_array((size_t)(t->first[tile + 1] - to) * m->d, sizeof *z, err)) == NULL)
		goto done;
	rc = 0;
	for (size_t i = 0; i < h.n; i++) { /* what was kept out to one side */
		if (rs_click_kept_out(m->seed, e->row_ptr[u] + i / per, t->validation)) {
			base[out] = h.base[i];
			t->label[to + out] = h.label[i];
			t->weight[to + out] = h.weight[i];
			memcpy(z + out++ * m->d, h.z + i * m->d, m->d * sizeof *z);
		} else {
			h.base[train] = h.base[i];
			h.label[train] = h.label[i];
			h.weight[train] = h.weight[i];
			memmove(h.z + train++ * m->d, h.z + i * m->d, m->d * sizeof *z);
		}
	}
	for (size_t s = 0; s < SCALES; s++) {
		rs_click_fold(&t->scaled[s], theta, train, h.base, h.z, h.label, h.weight, h.work);
		for (size_t i = 0; i < out; i++) {
			double logit = base[i];

			for (size_t k = 0; k < m->d; k++)
				logit += theta[k] * (double)z[i * m->d + k];
			t->logit[s][to + i] = (float)logit;
		}
	}
done:
	rs_click_history_release(&h);
	rs_free(theta);
	rs_free(base);
	rs_free(z);
	return rc;
}

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
static uint64_t place(struct fitting *t, uint32_t n_taken)
{
	const struct rs_events *e = t->in->events;
	uint64_t n = 0;

	for (uint32_t k = 0; k < n_taken; k++) {
		t->first[k] = n;
		for (uint64_t i = e->row_ptr[k * t->step]; i < e->row_ptr[k * t->step + 1]; i++)
			n += rs_click_kept_out(t->m->seed, i, t->validation) ? 1 + t->m->negatives : 0;
	}
	t->first[n_taken] = n;
	return n;
}

int rs_click_fit(struct rs_click *m, const struct rs_train_in *in, const struct rs_csr *context, double validation,
                 struct rs_err *err)
{
	uint32_t n_users = in->events->n_users, step = (n_users + USERS_MAX - 1) / USERS_MAX,
	         n_taken = (n_users + step - 1) / step;
	struct fitting t = { .m = m, .in = in, .context = context, .validation = validation, .step = step };
	size_t best = 2;
	uint64_t n;
	int rc = RS_ENOMEM;

	m->slope = 1;
	m->shift = 0;
	if ((t.first = rs_array((size_t)n_taken + 1, sizeof *t.first, err)) == NULL ||
	    (t.var = rs_array(SCALES * m->d, sizeof *t.var, err)) == NULL)
		goto out;
	n = place(&t, n_taken);
	if ((t.weight = rs_array(n, sizeof *t.weight, err)) == NULL || (t.label = rs_array(n, 1, err)) == NULL)
		goto out;
	for (size_t s = 0; s < SCALES; s++) {
		if ((t.logit[s] = rs_array(n, sizeof(float), err)) == NULL)
			goto out;
		t.scaled[s] = *m;
		t.scaled[s].var = t.var + s * m->d;
		for (size_t i = 0; i < m->d; i++)
			t.scaled[s].var[i] = (float)scales[s] * m->var[i];
	}
	if ((rc = rs_tiles_run(n_taken, fit_tile, &t, err)) < 0)
		goto out;
	for (size_t s = 0; s < SCALES && n > 0; s++)
		if (total_loss(&t, t.logit[s], n, 1, 0) < total_loss(&t, t.logit[best], n, 1, 0))
			best = s;
	memcpy(m->var, t.var + best * m->d, m->d * sizeof *m->var);
	calibrate(&t, t.logit[best], n);
out:
	for (size_t s = 0; s < SCALES; s++)
		rs_free(t.logit[s]);
	rs_free(t.first);
	rs_free(t.var);
	rs_free(t.weight);
	rs_free(t.label);
	return rc;
}
