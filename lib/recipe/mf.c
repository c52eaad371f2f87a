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
#include "lib/num/isa.h"

#include <math.h>

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

static int reserve(struct rs_mf *m, struct rs_err *err)
{
	size_t d = m->shape.d, p = m->shape.p, n = m->n_samples;

	if ((m->alpha = rs_array(n, sizeof *m->alpha, err)) == NULL ||
	    (m->prior_w = rs_array(n * p * d, sizeof *m->prior_w, err)) == NULL ||
	    (m->precision = rs_array(n * d * d, sizeof *m->precision, err)) == NULL ||
	    (m->own = rs_array0(rs_mf_item_floats(m), sizeof *m->own, err)) == NULL)
		return RS_ENOMEM;
	m->item = m->own;
	return 0;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_mf_plan plan = make_plan(p, in->seed);
	struct rs_mf *m = make(in->events->n_items, p, err);
	struct rs_csr x = { 0 }, xt = { 0 };
	uint64_t rows = (uint64_t)in->events->n_items + in->events->n_users, n_floats;
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	n_floats = rs_mf_item_floats(m) + rows * (RS_ROUND_LANES(m->shape.d + m->shape.p) + m->shape.p + 32);
	if ((rc = rs_mem_require(n_floats * 4 + in->events->row_ptr[in->events->n_users] * 32, "mf",
	                         "fewer factors or samples need less", err)) < 0 ||
	    (rc = rs_mf_matrix(&x, in->events, err)) < 0 || (rc = find_scale(m, &x, err)) < 0)
		goto out;
	rs_train_spend(in);
	rs_mf_standardize(m, &x);
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

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_mf *m = make(n_items, p, err);
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	m->implicit.k = m->shape.p - 2;
	if ((rc = rs_mf_load(m, r, err)) < 0)
		release(m);
	else
		*state = m;
	return rc;
}

static float target(const struct rs_param_values *p, float value, float weight)
{
	(void)p;
	(void)weight;
	return value;
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
	.save = rs_mf_save,
	.load = load,
	.query = rs_mf_query,
	.query_free = rs_mf_query_free,
	.tile_items = 1024,
	.score = rs_mf_score,
	.answer = RS_ANSWER_RATING,
	.predict = rs_mf_predict,
	.deviation = rs_mf_deviation,
	.target = target,
};
