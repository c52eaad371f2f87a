/* mf.c -- ratings as a product of factors of users and items, averaged over many likely solutions.
 *
 * A rating is b_u + b_i + x_u.y_i and noise. The factors and biases of a side are normal around W' f, where f are features
 * that the bare pattern of events gives (mf_implicit.c), which carries the implicit feedback of SVD++ [3] at the cost of a
 * few numbers a row; W, the covariance and the noise are learned, so that nothing is left to tune. The posterior is sampled
 * [1, 2] (mf_sample.c), and the items of each kept sample are the model.
 * A user is not kept: for each sample the mean of x_u given the user's ratings is one solve of d equations, exactly, and
 * the prediction the mean over the samples, which has less variance than the samples of x_u themselves would give.
 * A sweep takes about (ratings + 100 rows) d^2 multiplications and as many additions, for either side.
 *
 * [1] R. Salakhutdinov, A. Mnih, Bayesian Probabilistic Matrix Factorization using Markov Chain Monte Carlo, ICML 2008.
 * [2] S. Rendle, L. Zhang, Y. Koren, On the Difficulty of Evaluating Baselines, 2019.
 * [3] Y. Koren, Factorization Meets the Neighborhood, KDD 2008. */
#include "lib/recipe/mf.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/num/isa.h"
#include "lib/recipe/matrix.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define CHUNK_ITEMS RS_KIND('M', 'F', 'I', 'T')
#define CHUNK_WEIGHTS RS_KIND('M', 'F', 'P', 'W')
#define CHUNK_PRECISION RS_KIND('M', 'F', 'P', 'Q')
#define CHUNK_NOISE RS_KIND('M', 'F', 'A', 'L')
#define CHUNK_SCALE RS_KIND('M', 'F', 'S', 'C')
#define CHUNK_IMPLICIT RS_KIND('M', 'F', 'I', 'M')
#define CHUNK_MOMENTS RS_KIND('M', 'F', 'M', 'O')

static const struct rs_param params[] = {
	{ "factors", RS_PARAM_INT, 2, 512, 32, 16, 128, RS_SCALE_LOG, NULL,
	  "numbers that describe an item, its bias among them; those that the data do not need shrink by themselves" },
	{ "implicit", RS_PARAM_INT, 0, 256, 32, 0, 0, RS_SCALE_LINEAR, NULL,
	  "features of users and items from who has events with what, whatever their values" },
	{ "patience", RS_PARAM_INT, 1, 1000, 1, 0, 0, RS_SCALE_LINEAR, NULL,
	  "12 times as many sweeps over the data go before the first sample, and as many over which the samples are spread" },
	{ "samples", RS_PARAM_INT, 1, 1000, NAN, 0, 0, RS_SCALE_LINEAR, NULL,
	  "solutions that are kept and averaged; the model's size grows with them; auto: 12, or 36 with patience" },
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

#define SWEEPS 12 /* for each unit of patience, before the first sample and again for all of them */

static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	(void)in;
	if (isnan(rs_param(p, "samples")))
		rs_param_resolve(p, "samples", rs_param(p, "patience") > 1 ? 3 * SWEEPS : SWEEPS);
}

/* Fewer sweeps than samples are never made: each sample is of a sweep of its own. */
static struct rs_mf_plan make_plan(const struct rs_param_values *p, uint64_t seed)
{
	int sweeps = SWEEPS * (int)rs_param(p, "patience"), samples = (int)rs_param(p, "samples");

	return (struct rs_mf_plan){ sweeps, samples, samples > sweeps ? 1 : sweeps / samples, seed };
}

static void release(void *state)
{
	struct rs_mf *m = state;

	if (m == NULL)
		return;
	rs_mf_implicit_release(&m->implicit);
	rs_free(m->alpha);
	rs_free(m->prior_w);
	rs_free(m->precision);
	rs_free(m->own);
	rs_free(m);
}

static struct rs_mf *make(uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_mf *m = rs_array0(1, sizeof *m, err);

	if (m == NULL)
		return NULL;
	m->n_items = n_items;
	m->n_samples = (uint32_t)rs_param(p, "samples");
	m->shape.d = (size_t)rs_param(p, "factors");
	m->shape.p = (size_t)rs_param(p, "implicit") + 2;
	m->shape.ld = RS_ROUND_LANES(m->shape.d);
	return m;
}

/* The value of each pair: the last that it has; NaN where it has none. */
static int matrix(struct rs_csr *x, const struct rs_events *e, struct rs_err *err)
{
	struct rs_events values = *e;
	uint64_t n;
	int rc;

	values.weight = e->value;
	if ((rc = rs_matrix_from_events(x, &values, RS_REPEATS_LAST, err)) < 0)
		return rc;
	n = x->row_ptr[x->n_rows];
	if (x->val != NULL)
		return 0;
	if ((x->val = rs_array(n, sizeof *x->val, err)) == NULL) {
		rs_csr_release(x);
		return RS_ENOMEM;
	}
	for (uint64_t i = 0; i < n; i++)
		x->val[i] = NAN;
	return 0;
}

static int find_scale(struct rs_mf *m, const struct rs_csr *x, struct rs_err *err)
{
	uint64_t n = x->row_ptr[x->n_rows], rated = 0;
	double sum = 0, squares = 0;

	m->min = INFINITY;
	m->max = -INFINITY;
	for (uint64_t i = 0; i < n; i++) {
		if (isnan(x->val[i]))
			continue;
		rated++;
		sum += (double)x->val[i];
		m->min = fmin(m->min, (double)x->val[i]);
		m->max = fmax(m->max, (double)x->val[i]);
	}
	if (rated == 0)
		return rs_fail(err, RS_EDATA, "mf learns from the values of events, and these have none");
	m->mean = sum / (double)rated;
	for (uint64_t i = 0; i < n; i++)
		squares += isnan(x->val[i]) ? 0 : ((double)x->val[i] - m->mean) * ((double)x->val[i] - m->mean);
	m->sd = sqrt(squares / (double)rated);
	if (!(m->sd > 0) || !isfinite(m->sd))
		return rs_fail(err, RS_EDATA, "mf: all events have the value %g: there is nothing to predict", m->mean);
	return 0;
}

static void standardize(const struct rs_mf *m, struct rs_csr *x)
{
	for (uint64_t i = 0; i < x->row_ptr[x->n_rows]; i++)
		x->val[i] = (float)(((double)x->val[i] - m->mean) / m->sd);
}

static uint64_t item_floats(const struct rs_mf *m)
{
	return m->n_samples * ((uint64_t)m->n_items + 1) * m->shape.ld;
}

static int reserve(struct rs_mf *m, struct rs_err *err)
{
	size_t d = m->shape.d, p = m->shape.p, n = m->n_samples;

	if ((m->alpha = rs_array(n, sizeof *m->alpha, err)) == NULL ||
	    (m->prior_w = rs_array(n * p * d, sizeof *m->prior_w, err)) == NULL ||
	    (m->precision = rs_array(n * d * d, sizeof *m->precision, err)) == NULL ||
	    (m->own = rs_array0(item_floats(m), sizeof *m->own, err)) == NULL)
		return RS_ENOMEM;
	m->item = m->own;
	return 0;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_mf_plan plan = make_plan(p, in->seed);
	struct rs_mf *m = make(in->events->n_items, p, err);
	struct rs_csr x = { 0 }, xt = { 0 };
	uint64_t rows = (uint64_t)in->events->n_items + in->events->n_users;
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_mem_require(item_floats(m) * 4 + rows * (RS_ROUND_LANES(m->shape.d + m->shape.p) + m->shape.p + 32) * 4 +
	                                 in->events->row_ptr[in->events->n_users] * 32,
	                         "mf", "fewer factors or samples need less", err)) < 0 ||
	    (rc = matrix(&x, in->events, err)) < 0 || (rc = find_scale(m, &x, err)) < 0)
		goto out;
	rs_train_spend(in);
	standardize(m, &x);
	if ((rc = rs_csr_transpose(&xt, &x, err)) == 0 && (rc = reserve(m, err)) == 0)
		rc = rs_mf_sample(m, &x, &xt, &plan, err);
out:
	rs_csr_release(&x);
	rs_csr_release(&xt);
	if (rc < 0)
		release(m);
	else
		*state = m;
	return rc;
}

/* ---- files ---- */

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	const struct rs_mf *m = state;
	const struct rs_mf_implicit *f = &m->implicit;
	size_t d = m->shape.d, p = m->shape.p, n = m->n_samples, k = f->k;
	double scale[6] = { m->mean, m->sd, m->min, m->max, (double)f->log_min, (double)f->log_max };
	int rc;

	if ((rc = rs_writer_chunk(w, CHUNK_SCALE, 0, RS_PACK_RAW, 8, scale, 6, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_NOISE, 0, RS_PACK_RAW, m->alpha, n, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_WEIGHTS, 0, RS_PACK_RAW, m->prior_w, n * p * d, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_PRECISION, 0, RS_PACK_RAW, m->precision, n * d * d, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_MOMENTS, 0, RS_PACK_RAW, f->shift, k + 1, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_MOMENTS, 1, RS_PACK_RAW, f->scale, k + 1, err)) < 0 ||
	    (k > 0 && (rc = rs_stored_put_floats(w, CHUNK_IMPLICIT, 0, RS_PACK_RAW, f->item, m->n_items * k, err)) < 0))
		return rc;
	return rs_stored_put_floats(w, CHUNK_ITEMS, 0, RS_PACK_RAW, m->item, item_floats(m), err);
}

static int load_scale(struct rs_mf *m, struct rs_reader *r, struct rs_err *err)
{
	const struct rs_chunk *c;
	double scale[6];
	int rc;

	if ((rc = rs_reader_need(r, CHUNK_SCALE, 0, 8, 6, &c, err)) < 0)
		return rc;
	if (c->n != 6)
		return rs_reader_damaged(r, "the scale of the values", err);
	if ((rc = rs_reader_slice(r, c, 0, 6, scale, err)) < 0)
		return rc;
	for (size_t i = 0; i < 6; i++)
		if (!isfinite(scale[i]))
			return rs_reader_damaged(r, "the scale of the values", err);
	if (!(scale[1] > 0) || scale[2] > scale[3] || scale[4] > scale[5])
		return rs_reader_damaged(r, "the scale of the values", err);
	m->mean = scale[0];
	m->sd = scale[1];
	m->min = scale[2];
	m->max = scale[3];
	m->implicit.log_min = (float)scale[4];
	m->implicit.log_max = (float)scale[5];
	return 0;
}

static int load_items(struct rs_mf *m, struct rs_reader *r, struct rs_err *err)
{
	uint64_t n = item_floats(m);
	const void *item;
	int rc;

	if ((rc = rs_reader_need(r, CHUNK_ITEMS, 0, 4, n, &m->chunk, err)) < 0)
		return rc;
	if (m->chunk->n != n)
		return rs_reader_damaged(r, "the factors do not fit the items", err);
	if ((rc = rs_reader_map(r, m->chunk, true, &item, err)) < 0)
		return rc;
	m->r = r;
	m->item = item;
	return 0;
}

static int load_floats(struct rs_mf *m, struct rs_reader *r, struct rs_err *err)
{
	uint64_t d = m->shape.d, n = m->n_samples, k = m->implicit.k;
	const struct {
		float **to;
		uint32_t kind, column;
		uint64_t n;
		float least;
		const char *what;
	} part[] = {
		{ &m->alpha, CHUNK_NOISE, 0, n, FLT_MIN, "the noise" },
		{ &m->prior_w, CHUNK_WEIGHTS, 0, n * m->shape.p * d, -FLT_MAX, "the weights of features" },
		{ &m->precision, CHUNK_PRECISION, 0, n * d * d, -FLT_MAX, "the precision of users" },
		{ &m->implicit.shift, CHUNK_MOMENTS, 0, k + 1, -FLT_MAX, "the mean of features" },
		{ &m->implicit.scale, CHUNK_MOMENTS, 1, k + 1, -FLT_MAX, "the scale of features" },
		{ &m->implicit.item, CHUNK_IMPLICIT, 0, m->n_items * k, -FLT_MAX, "the features of items" },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof part / sizeof *part && rc == 0; i++)
		if (part[i].n > 0)
			rc = rs_stored_floats(part[i].to, r, part[i].kind, part[i].column, part[i].n, part[i].least,
			                      part[i].what, err);
	return rc;
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_mf *m = make(n_items, p, err);
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	m->implicit.k = m->shape.p - 2;
	if ((rc = load_scale(m, r, err)) == 0 && (rc = load_floats(m, r, err)) == 0)
		rc = load_items(m, r, err);
	if (rc < 0)
		release(m);
	else
		*state = m;
	return rc;
}

/* ---- people ---- */

struct query {
	uint32_t n;
	size_t ld;
	float *x;     /* n_samples x n x ld: the last of the d numbers is the bias */
	float *stray; /* the same: a draw of how far the user may be from there */
};

static void query_free(void *query)
{
	struct query *q = query;

	if (q == NULL)
		return;
	rs_free(q->x);
	rs_free(q->stray);
	rs_free(q);
}

/* Rows of items lo .. hi of every sample, verified where they come from a file. */
static int touch(const struct rs_mf *m, uint32_t lo, uint32_t hi, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t s = 0; s < m->n_samples && m->r != NULL && rc == 0; s++)
		rc = rs_reader_touch(m->r, m->chunk, (s * ((uint64_t)m->n_items + 1) + lo) * m->shape.ld,
		                     (uint64_t)(hi - lo) * m->shape.ld, err);
	return rc;
}

static const float *sample_items(const struct rs_mf *m, uint32_t s)
{
	return m->item + s * ((size_t)m->n_items + 1) * m->shape.ld;
}

/* What a user had (have) and rated (item, rating): the features come from the first, the solve from the others. */
static int fold_in(const struct rs_mf *m, struct rs_mf_scratch *w, struct query *q, uint32_t u, const struct rs_csr *h,
                   uint32_t *item, float *rating, float *feature, const float *noise, struct rs_err *err)
{
	uint64_t e = h->row_ptr[u];
	size_t n = (size_t)(h->row_ptr[u + 1] - e), rated = 0, d = m->shape.d;

	for (size_t i = 0; i < n; i++) {
		if (isnan(h->val[e + i]))
			continue;
		item[rated] = h->col[e + i];
		rating[rated++] = h->val[e + i];
	}
	rs_mf_implicit_fold(&m->implicit, h->col + e, n, feature);
	for (uint32_t s = 0; s < m->n_samples; s++) {
		struct rs_mf_prior prior = { m->prior_w + s * m->shape.p * d, m->precision + s * d * d, m->alpha[s] };
		int rc = rs_mf_row(w, &m->shape, &prior, feature, sample_items(m, s), m->shape.ld, item, rating, rated,
		                   noise + s * q->ld, q->x + ((size_t)s * q->n + u) * q->ld,
		                   q->stray + ((size_t)s * q->n + u) * q->ld, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	const struct rs_mf *m = state;
	struct query *q = rs_array0(1, sizeof *q, err);
	struct rs_mf_scratch *w = NULL;
	struct rs_csr x = { 0 };
	float *rating = NULL, *feature = NULL, *noise = NULL;
	uint32_t *item = NULL;
	uint64_t n;
	int rc = RS_ENOMEM;

	if (q == NULL)
		return rc;
	q->n = who->events->n_users;
	q->ld = m->shape.ld;
	if ((rc = matrix(&x, who->events, err)) < 0)
		goto out;
	standardize(m, &x);
	n = x.row_ptr[x.n_rows];
	for (uint64_t i = 0; i < n && rc == 0; i++)
		rc = touch(m, x.col[i], x.col[i] + 1, err);
	if (rc < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((q->x = rs_array0((size_t)m->n_samples * q->n * q->ld, sizeof *q->x, err)) == NULL ||
	    (q->stray = rs_array0((size_t)m->n_samples * q->n * q->ld, sizeof *q->stray, err)) == NULL ||
	    (noise = rs_array(m->n_samples * q->ld, sizeof *noise, err)) == NULL ||
	    (item = rs_array(n, sizeof *item, err)) == NULL || (rating = rs_array(n, sizeof *rating, err)) == NULL ||
	    (feature = rs_array(m->shape.p, sizeof *feature, err)) == NULL ||
	    (rc = rs_mf_scratch_new(&w, m->shape.d, err)) < 0)
		goto out;
	for (uint32_t k = 0; k < m->n_samples; k++) /* the same for all, so that nobody hangs on the company */
		for (size_t i = 0; i < q->ld; i++)
			noise[k * q->ld + i] = (float)rs_rand_normal(0, RS_RNG_STRAY, k, (uint32_t)i);
	for (uint32_t u = 0; u < q->n && rc == 0; u++)
		rc = fold_in(m, w, q, u, &x, item, rating, feature, noise, err);
	if (rc == 0) {
		*out = q;
		q = NULL;
	}
out:
	rs_mf_scratch_free(w);
	rs_csr_release(&x);
	rs_free(item);
	rs_free(rating);
	rs_free(feature);
	rs_free(noise);
	query_free(q);
	return rc;
}

/* ---- answers ---- */

static int rate(const struct rs_mf *m, const struct query *q, uint32_t u, uint32_t item, float *out, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	size_t d = m->shape.d;
	double sum = 0, value;

	for (uint32_t s = 0; s < m->n_samples; s++) {
		const float *x = q->x + ((size_t)s * q->n + u) * q->ld, *y = sample_items(m, s) + item * m->shape.ld;

		sum += (double)(k->dot(x, y, d - 1) + x[d - 1] + y[d - 1]);
	}
	value = m->mean + m->sd * sum / m->n_samples;
	if (!isfinite(value))
		return rs_fail(err, RS_EDATA, "mf: factors are out of range");
	*out = (float)value;
	return 0;
}

static int predict(const void *state, const void *query_state, const struct rs_pairs *pairs, float *out, struct rs_err *err)
{
	const struct rs_mf *m = state;

	for (size_t i = 0; i < pairs->n; i++) {
		uint32_t item = pairs->item[i] == RS_NONE ? m->n_items : pairs->item[i];
		int rc;

		if ((rc = touch(m, item, item + 1, err)) < 0 ||
		    (rc = rate(m, query_state, pairs->who[i], item, &out[i], err)) < 0)
			return rc;
		out[i] = fminf(fmaxf(out[i], (float)m->min), (float)m->max);
	}
	return 0;
}

/* Noise, and how far the samples are apart, of which each has the user stray once. Of an item that nobody rated no sample
 * tells more than that its ratings are some values. */
static int deviation(const void *state, const void *query_state, const struct rs_pairs *pairs, float *out, struct rs_err *err)
{
	const struct rs_mf *m = state;
	const struct query *q = query_state;
	const struct rs_kernels *k = rs_isa();
	size_t d = m->shape.d;

	for (size_t i = 0; i < pairs->n; i++) {
		double sum = 0, squares = 0, noise = 0, n = m->n_samples;
		uint32_t item = pairs->item[i];
		int rc;

		out[i] = (float)m->sd;
		if (item == RS_NONE)
			continue;
		if ((rc = touch(m, item, item + 1, err)) < 0)
			return rc;
		for (uint32_t s = 0; s < m->n_samples; s++) {
			size_t at = ((size_t)s * q->n + pairs->who[i]) * q->ld;
			const float *x = q->x + at, *stray = q->stray + at, *y = sample_items(m, s) + item * m->shape.ld;
			double v = (double)(k->dot(x, y, d - 1) + k->dot(stray, y, d - 1) + x[d - 1] + stray[d - 1] + y[d - 1]);

			sum += v;
			squares += v * v;
			noise += 1 / (double)m->alpha[s];
		}
		out[i] = (float)(m->sd * sqrt(noise / n + (n > 1 ? fmax(squares - sum * sum / n, 0) / (n - 1) : 0)));
		if (!isfinite(out[i]))
			return rs_fail(err, RS_EDATA, "mf: factors are out of range");
	}
	return 0;
}

static float target(const struct rs_param_values *p, float value, float weight)
{
	(void)p;
	(void)weight;
	return value;
}

static int score(const void *state, const void *query_state, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                 struct rs_err *err)
{
	const struct rs_mf *m = state;
	const struct query *q = query_state;
	int rc = touch(m, lo, hi, err);

	for (uint32_t u = 0; u < q->n; u++)
		for (uint32_t i = lo; i < hi && rc == 0; i++)
			rc = rate(m, q, u, i, &scores[u * ld + (i - lo)], err);
	return rc;
}

static const char *const aliases[] = { "bpmf", "svd++", NULL };

extern const struct rs_recipe rs_recipe_mf;
const struct rs_recipe rs_recipe_mf = {
	.name = "mf",
	.aliases = aliases,
	.summary = "ratings of pairs, from factors of users and items averaged over many likely solutions",
	.params = params,
	.needs = RS_NEED_VALUE,
	.resolve = resolve,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = query,
	.query_free = query_free,
	.tile_items = 1024,
	.score = score,
	.answer = RS_ANSWER_RATING,
	.predict = predict,
	.deviation = deviation,
	.target = target,
};
