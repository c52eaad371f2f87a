/* als.c -- implicit feedback as factors of users and items, by alternating least squares.
 *
 * Finds X (users x d) and Y (items x d) that minimise [1]
 *     sum over events c (1 - x_u.y_i)^2 + w0 sum over all u, i of (x_u.y_i)^2
 *     + lambda (sum_u (C_u + w0 I)^nu |x_u|^2 + sum_i (C_i + w0 U)^nu |y_i|^2),
 * with c the weight of the event, C its sum over the row, U and I the numbers of users and items; w0 is
 * `unobserved_weight`, lambda `regularization`, nu `reg_exponent`. With nu other than 1 lambda is scaled so that the sum
 * of all its terms' weights stays [1]. Several events of a user with an item count as the heaviest.
 * An epoch takes of the order of sum over rows of n min(n, d) d, or less by `solver`, and (U + I) d^2.
 * Differs from [1]: the Gram matrices are diagonal (als_train.c), conjugate gradient [2] is preconditioned with that, and
 * blocks of coordinates [3] are swept row by row.
 * Only Y is kept. A user's factors are worked out from the history by solving exactly: score(u, j) = x_u.y_j.
 *
 * [1] S. Rendle, W. Krichene, L. Zhang, Y. Koren, Revisiting the Performance of iALS on Item Recommendation Benchmarks,
 *     RecSys 2022.
 * [2] G. Takacs, I. Pilaszy, D. Tikk, Applications of the Conjugate Gradient Method for Implicit Feedback Collaborative
 *     Filtering, RecSys 2011.
 * [3] S. Rendle, W. Krichene, L. Zhang, Y. Koren, iALS++: Speeding up Matrix Factorization with Subspace Optimization,
 *     2021. */
#include "lib/recipe/als.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define CHUNK_FACTORS RS_KIND('I', 'F', 'A', 'C')
#define CHUNK_RIDGE RS_KIND('I', 'R', 'D', 'G')
#define CHUNK_LAMBDA RS_KIND('L', 'M', 'D', 'A')
#define CHUNK_WARM RS_KIND('A', 'W', 'R', 'M')
#define CHUNK_PEOPLE RS_KIND('A', 'P', 'R', 'I')

static const char *const solvers[] = { "auto", "cholesky", "cg", "ialspp", NULL };

const struct rs_param rs_als_params[] = {
	{ "factors", RS_PARAM_INT, 1, 4096, 128, 32, 512, RS_SCALE_LOG, NULL,
	  "d: numbers that describe an item" },
	{ "epochs", RS_PARAM_INT, 1, 1000, 16, 4, 24, RS_SCALE_LINEAR, NULL,
	  "times that all users and items are solved" },
	{ "regularization", RS_PARAM_REAL, 1e-9, 1e6, NAN, .0005, .03, RS_SCALE_LOG, NULL,
	  "lambda: pull towards 0; auto: from the density" },
	{ "unobserved_weight", RS_PARAM_REAL, 0, 1e3, NAN, .003, .5, RS_SCALE_LOG, NULL,
	  "w0: weight of a pair without an event, where an event has 1; auto: from the density" },
	{ "reg_exponent", RS_PARAM_REAL, 0, 2, 1, .5, 1, RS_SCALE_LINEAR, NULL,
	  "nu: how much more frequent users and items are regularized" },
	{ "user_exponent", RS_PARAM_REAL, 0, 2, .25, 0, .75, RS_SCALE_LINEAR, NULL,
	  "g: how much less an event of a busy user weighs" },
	{ "item_exponent", RS_PARAM_REAL, 0, 2, .25, 0, .75, RS_SCALE_LINEAR, NULL,
	  "h: how much less an event with a popular item weighs" },
	{ "solver", RS_PARAM_CHOICE, 0, 3, RS_ALS_SOLVER_AUTO, 0, 0, RS_SCALE_LINEAR, solvers,
	  "how a row is solved: cholesky (exactly), cg (conjugate gradient), ialspp (blocks); auto: cg" },
	{ "cg_steps", RS_PARAM_INT, 1, 100, 3, 0, 0, RS_SCALE_LINEAR, NULL,
	  "steps of cg for a row in an epoch" },
	{ "block_size", RS_PARAM_INT, 16, 1024, 128, 0, 0, RS_SCALE_LINEAR, NULL,
	  "factors solved together by ialspp" },
	{ "user_attributes", RS_PARAM_BOOL, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "people are expected to be as others of their attributes" },
	{ "item_attributes", RS_PARAM_BOOL, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "items are expected to be as others of their attributes; items without events belong to the model" },
	{ "attribute_weight", RS_PARAM_REAL, 0, 1e6, 3, .3, 30, RS_SCALE_LOG, NULL,
	  "attributes say as much as so many events" },
	{ "user_l2", RS_PARAM_REAL, 1e-3, 1e9, 50, 10, 300, RS_SCALE_LOG, NULL,
	  "pull of the effects of people's attributes towards 0, in people" },
	{ "item_l2", RS_PARAM_REAL, 1e-3, 1e9, 3, .5, 30, RS_SCALE_LOG, NULL,
	  "pull of the effects of items' attributes towards 0, in items" },
	{ "pairs", RS_PARAM_BOOL, 0, 1, 1, 0, 0, RS_SCALE_LINEAR, NULL,
	  "two values of one attribute of items together are an attribute as well" },
	{ "min_people", RS_PARAM_INT, 1, 1e6, 5, 0, 0, RS_SCALE_LINEAR, NULL,
	  "attribute values of fewer people are left out" },
	{ "min_items", RS_PARAM_INT, 1, 1e6, 2, 0, 0, RS_SCALE_LINEAR, NULL,
	  "attribute values of fewer items are left out" },
	{ "bins", RS_PARAM_INT, 1, 1000, 8, 0, 0, RS_SCALE_LINEAR, NULL, "ranges that a number falls into" },
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

static void wants(const struct rs_param_values *p, struct rs_wants *w)
{
	w->users = rs_param(p, "user_attributes") != 0;
	w->items = w->cold_items = rs_param(p, "item_attributes") != 0;
	w->min_users = (uint32_t)rs_param(p, "min_people");
	w->min_items = (uint32_t)rs_param(p, "min_items");
	w->bins = (uint32_t)rs_param(p, "bins");
}

static void release(void *state)
{
	struct rs_als *m = state;

	if (m == NULL)
		return;
	rs_dense_items_release(&m->items);
	rs_free(m->ridge);
	rs_free(m->scale);
	rs_free(m->people);
	rs_free(m);
}

static struct rs_als *make(uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_als *m = rs_array0(1, sizeof *m, err);

	if (m == NULL)
		return NULL;
	m->items.n = n_items;
	m->n_warm = n_items;
	m->items.d = (size_t)rs_param(p, "factors");
	m->items.ld = RS_ROUND_LANES(m->items.d);
	m->exponent = rs_param(p, "reg_exponent");
	m->user_exponent = rs_param(p, "user_exponent");
	m->item_exponent = rs_param(p, "item_exponent");
	m->attribute_weight = rs_param(p, "attribute_weight");
	m->unobserved_weight = rs_param(p, "unobserved_weight");
	return m;
}

int rs_als_matrix(const struct rs_als *m, struct rs_csr *x, const struct rs_events *e, struct rs_err *err)
{
	int rc = rs_als_cells(x, e, err);

	if (rc == 0 && (rc = rs_als_scale_apply(m, x, err)) < 0)
		rs_csr_release(x);
	return rc;
}

/* Items that had events. */
static uint32_t warm_items(const struct rs_train_in *in)
{
	return in->n_warm > 0 ? in->n_warm : in->events->n_items;
}

/* The best w0 on public data falls about as the root of the share of pairs that have an event.
 * Beside its events, the equation of a row holds regularization x unobserved_weight x the rows of the other side. What of it
 * was best on held-out parts of eleven public sets, taken at the geometric mean of both sides: about 3, and more where a row
 * has many events; it hardly moved with unobserved_weight. */
static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	const struct rs_events *e = in->events;
	double side = sqrt((double)e->n_users * (double)warm_items(in)), n = (double)e->row_ptr[e->n_users];
	double density = side > 0 ? fmin(n / side / side, 1) : 1, weight;

	if (isnan(rs_param(p, "unobserved_weight")))
		rs_param_resolve(p, "unobserved_weight", sqrt(density));
	weight = rs_param(p, "unobserved_weight") > 0 ? rs_param(p, "unobserved_weight") : sqrt(density);
	if (isnan(rs_param(p, "regularization")))
		rs_param_resolve(p, "regularization", side > 0 ? (2.8 + n / side / 20) / (weight * side) : 1);
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err)
{
	struct rs_als *m = make(in->events->n_items, p, err);
	struct rs_csr x = { 0 };
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if (in->user_features != NULL)
		m->n_features = in->user_features->n;
	m->n_warm = warm_items(in);
	if (in->events->row_ptr[in->events->n_users] == 0) {
		release(m);
		return rs_fail(err, RS_EDATA, "no event to learn from: for items without any take content");
	}
	if ((rc = rs_als_cells_as_they_came(&x, in, err)) == 0)
		rc = rs_als_train(m, &x, in, p, err);
	rs_csr_release(&x);
	if (rc < 0)
		release(m);
	else
		*state = m;
	return rc;
}

static int save_people(const struct rs_als *m, struct rs_writer *w, struct rs_err *err)
{
	return rs_stored_put_floats(w, CHUNK_PEOPLE, 0, RS_PACK_RAW, m->people, ((size_t)m->n_features + 1) * m->items.ld, err);
}

/* What there is only with attributes. */
static int load_prior(struct rs_als *m, struct rs_reader *r, struct rs_err *err)
{
	const struct rs_chunk *warm = rs_reader_find(r, CHUNK_WARM, 0), *people = rs_reader_find(r, CHUNK_PEOPLE, 0);
	int rc = 0;

	if (warm != NULL) {
		if ((rc = rs_reader_need(r, CHUNK_WARM, 0, 4, 1, &warm, err)) < 0
		    || (rc = rs_reader_slice(r, warm, 0, 1, &m->n_warm, err)) < 0)
			return rc;
		if (warm->n != 1 || m->n_warm < 1 || m->n_warm > m->items.n)
			return rs_reader_damaged(r, "the number of items that had events", err);
	}
	if (people == NULL)
		return 0;
	if (people->n < m->items.ld || people->n % m->items.ld != 0 || people->n / m->items.ld > RS_FEATURES_MAX)
		return rs_reader_damaged(r, "what attributes foresee", err);
	m->n_features = (uint32_t)(people->n / m->items.ld - 1);
	return rs_stored_floats(&m->people, r, CHUNK_PEOPLE, 0, people->n, -FLT_MAX, "what attributes foresee", err);
}

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	const struct rs_als *m = state;
	int rc;

	if ((rc = rs_writer_chunk(w, CHUNK_LAMBDA, 0, RS_PACK_RAW, 8, &m->lambda, 1, err)) < 0
	    || (rc = rs_stored_put_floats(w, CHUNK_RIDGE, 0, RS_PACK_RAW, m->ridge, m->items.ld, err)) < 0
	    || (rc = rs_als_scale_save(m, w, err)) < 0
	    || (m->n_warm < m->items.n && (rc = rs_writer_chunk(w, CHUNK_WARM, 0, RS_PACK_UINT, 4, &m->n_warm, 1, err)) < 0)
	    || (m->people != NULL && (rc = save_people(m, w, err)) < 0))
		return rc;
	return rs_dense_items_save(&m->items, CHUNK_FACTORS, w, err);
}

static int load_lambda(struct rs_als *m, struct rs_reader *r, struct rs_err *err)
{
	const struct rs_chunk *c;
	int rc;

	if ((rc = rs_reader_need(r, CHUNK_LAMBDA, 0, 8, 1, &c, err)) < 0)
		return rc;
	if (c->n != 1)
		return rs_reader_damaged(r, "no lambda", err);
	if ((rc = rs_reader_slice(r, c, 0, 1, &m->lambda, err)) < 0)
		return rc;
	if (!(m->lambda > 0) || !isfinite(m->lambda) || isnan(m->unobserved_weight))
		return rs_reader_damaged(r, "lambda is out of range", err);
	return 0;
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                struct rs_err *err)
{
	struct rs_als *m = make(n_items, p, err);
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = load_lambda(m, r, err)) < 0
	    || (rc = rs_stored_floats(&m->ridge, r, CHUNK_RIDGE, 0, m->items.ld, 0, "the ridge", err)) < 0
	    || (rc = rs_als_scale_load(m, r, err)) < 0 || (rc = load_prior(m, r, err)) < 0
	    || (rc = rs_dense_items_load(&m->items, CHUNK_FACTORS, r, err)) < 0) {
		release(m);
		return rc;
	}
	*state = m;
	return 0;
}

/* ---- folding in ---- */

struct rs_als_solver rs_als_exact_solver(const struct rs_als *m)
{
	return (struct rs_als_solver){
		.method = RS_ALS_EXACT, .d = m->items.d, .ld = m->items.ld, .y = m->items.y, .ridge = m->ridge
	};
}

static size_t longest_row(const struct rs_csr *x)
{
	uint64_t n = 0;

	for (uint32_t u = 0; u < x->n_rows; u++)
		if (x->row_ptr[u + 1] - x->row_ptr[u] > n)
			n = x->row_ptr[u + 1] - x->row_ptr[u];
	return (size_t)n;
}

static void query_free(void *query)
{
	if (query == NULL)
		return;
	rs_dense_people_release(query);
	rs_free(query);
}

static int fold_in(const struct rs_als *m, const struct rs_als_solver *s, struct rs_als_scratch *w,
                   const struct rs_csr *h, const struct rs_csr *profile, uint32_t u, float *mean,
                   float *x, struct rs_err *err)
{
	uint64_t e = h->row_ptr[u];
	size_t n = (size_t)(h->row_ptr[u + 1] - e);
	const float *c = h->val == NULL ? NULL : h->val + e;

	if (m->people != NULL) {
		rs_als_foresee(mean, m->people, m->items.ld, profile, u);
		for (size_t k = 0; k < m->items.ld; k++)
			mean[k] *= rs_als_trust(m, n);
	}
	return rs_als_solve(s, w, h->col + e, c, n, rs_als_strength(m, rs_als_weight(c, n), m->n_warm),
	                    m->people == NULL ? NULL : mean, x, NULL, err);
}

/* All users of h, mr at a time into a panel. */
static int fold_in_all(const struct rs_als *m, const struct rs_csr *h, const struct rs_csr *profile,
                       struct rs_dense_people *q, struct rs_err *err)
{
	size_t mr = rs_isa()->mr, ld = m->items.ld;
	struct rs_als_solver s = rs_als_exact_solver(m);
	struct rs_als_scratch *w = NULL;
	float *x = rs_array((mr + 1) * ld, sizeof *x, err), *mean = x == NULL ? NULL : x + mr * ld;
	int rc = RS_ENOMEM;

	if (x == NULL || (rc = rs_als_scratch_new(&w, &s, longest_row(h), err)) < 0)
		goto out;
	for (uint32_t u = 0; u < h->n_rows; u += (uint32_t)mr) {
		size_t n = h->n_rows - u < mr ? h->n_rows - u : mr;

		for (size_t i = 0; i < n; i++)
			if ((rc = fold_in(m, &s, w, h, profile, u + (uint32_t)i, mean, x + i * ld, err)) < 0)
				goto out;
		rs_dense_people_put(q, &m->items, u, x, n);
	}
out:
	rs_als_scratch_free(w);
	rs_free(x);
	return rc;
}

static int query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	const struct rs_als *m = state;
	struct rs_dense_people *q = rs_array0(1, sizeof *q, err);
	struct rs_csr x = { 0 };
	int rc;

	if (q == NULL)
		return RS_ENOMEM;
	if (who->profile != NULL && who->profile->n_cols != m->n_features) {
		rc = rs_fail(err, RS_EDATA, "damaged: the attributes do not fit the model");
		goto out;
	}
	if ((rc = rs_dense_people_init(q, &m->items, who->events->n_users, err)) < 0
	    || (rc = rs_als_matrix(m, &x, who->events, err)) < 0
	    || (rc = rs_dense_items_touch_rows(&m->items, &x, err)) < 0 || (rc = fold_in_all(m, &x, who->profile, q, err)) < 0)
		goto out;
	*out = q;
	q = NULL;
out:
	rs_csr_release(&x);
	query_free(q);
	return rc;
}

/* ---- scores ---- */

static int score(const void *state, const void *q, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                 struct rs_err *err)
{
	return rs_dense_items_score(&((const struct rs_als *)state)->items, q, lo, hi, scores, ld, err);
}

static int similar(const void *state, uint32_t item, float *scores, struct rs_err *err)
{
	return rs_dense_items_similar(&((const struct rs_als *)state)->items, item, scores, err);
}

static const char *const aliases[] = { "ials", "implicit-als", NULL };

extern const struct rs_recipe rs_recipe_als;
const struct rs_recipe rs_recipe_als = {
	.name = "als",
	.aliases = aliases,
	.summary = "factors of users and items from implicit feedback, by alternating least squares",
	.params = rs_als_params,
	.no_times = true,
	.wants = wants,
	.resolve = resolve,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = query,
	.query_free = query_free,
	.tile_items = 256,
	.score = score,
	.variance = rs_als_variance,
	.explain = rs_als_explain,
	.explain_profile = rs_als_explain_profile,
	.similar = similar,
};
