/* slim.c -- linear weights between items, each item regressed on its neighbours only: EASE for large catalogues.
 *
 * For each item j the candidates M are the `neighbors` items with the largest G_ij / n_i^discount, G = X'X, X the matrix of
 * users and items with rows divided by n_u^(user_exponent / 2), and w minimises
 *
 *     w'(G_MM + D) w / 2 - G_jM w + l1 |w|,    D_ii = l2 + dropout / (1 - dropout) G_ii
 *
 * by Cholesky (ridge: l1 = 0, weights of either sign), or by coordinate descent with weights that are not negative (elastic:
 * the SLIM of [1], whose candidates come from [2]). dropout as in [3]. What stays out of M acts as noise in M, so that a strong
 * dropout is needed. score(u, j) = sum over i in the history of u of x_ui w_ij.
 * Time: the sum of the squares of the histories' lengths and n_items x neighbors^3 / 3. Memory: 8 bytes x the pairs that go
 * together, and 16 x neighbors x n_items.
 *
 * [1] X. Ning, G. Karypis, SLIM: Sparse Linear Methods for Top-N Recommender Systems, ICDM 2011.
 * [2] H. Steck, Markov Random Fields for Collaborative Filtering, NeurIPS 2019.
 * [3] H. Steck, Autoencoders that don't overfit towards the Identity, NeurIPS 2020. */
#include "lib/base/mem.h"
#include "lib/recipe/links.h"
#include "lib/recipe/local.h"

#include <math.h>
#include <string.h>

enum solver { RIDGE, ELASTIC };
static const char *const solvers[] = { "ridge", "elastic", NULL };

static const struct rs_param params[] = {
	{ "solver", RS_PARAM_CHOICE, 0, 1, RIDGE, 0, 0, RS_SCALE_LINEAR, solvers,
	  "ridge: exact, weights of either sign; elastic: few weights, none negative" },
	{ "neighbors", RS_PARAM_INT, 1, 60000, 100, 50, 300, RS_SCALE_LOG, NULL,
	  "items that an item is regressed on" },
	{ "l2", RS_PARAM_REAL, 0, 1e9, 60, 10, 1000, RS_SCALE_LOG, NULL, "regularisation (lambda)" },
	{ "dropout", RS_PARAM_REAL, 0, .99, .8, 0, .9, RS_SCALE_LINEAR, NULL,
	  "share of the input that training leaves out in the mean" },
	{ "l1", RS_PARAM_REAL, 0, 1e9, 1, .1, 10, RS_SCALE_LOG, NULL,
	  "elastic: larger, and fewer weights are left" },
	{ "sweeps", RS_PARAM_INT, 1, 10000, 50, 0, 0, RS_SCALE_LINEAR, NULL,
	  "elastic: at most so many rounds over the weights" },
	{ "discount", RS_PARAM_REAL, 0, 2, .4, 0, .6, RS_SCALE_LINEAR, NULL,
	  "how much less popular items are chosen as neighbors" },
	{ "user_exponent", RS_PARAM_REAL, 0, 4, 0, 0, 1, RS_SCALE_LINEAR, NULL,
	  "how much long histories count less in training" },
	{ "target_exponent", RS_PARAM_REAL, -2, 4, 0, 0, .3, RS_SCALE_LINEAR, NULL,
	  "how much popular items are recommended less" },
	{ "max_history", RS_PARAM_INT, 0, 1e6, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "only so many last events of each user count in training; 0: all" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct pairs {
	struct rs_csr x, xt;
};

static void add_row(const void *ctx, uint32_t j, struct rs_cooccur *c)
{
	const struct pairs *p = ctx;

	rs_cooccur_together(c, &p->x, &p->xt, j, 1);
}

static uint64_t room_of(const void *ctx, uint32_t j)
{
	const struct pairs *p = ctx;

	return rs_cooccur_together_cost(&p->x, &p->xt, j);
}

static int scale_rows(struct rs_csr *x, double exponent, struct rs_err *err)
{
	uint64_t n = x->row_ptr[x->n_rows];

	if (exponent <= 0)
		return 0;
	if (x->val == NULL) {
		if ((x->val = rs_array(n, sizeof *x->val, err)) == NULL)
			return RS_ENOMEM;
		for (uint64_t e = 0; e < n; e++)
			x->val[e] = 1;
	}
	for (uint32_t u = 0; u < x->n_rows; u++) {
		uint64_t lo = x->row_ptr[u], hi = x->row_ptr[u + 1];

		for (uint64_t e = lo; e < hi; e++)
			x->val[e] *= (float)pow((double)(hi - lo), -exponent / 2);
	}
	return 0;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err)
{
	struct rs_trim trim = { 0, 1, 0, 1, (uint32_t)rs_param(p, "max_history") };
	uint32_t n = in->events->n_items, neighbors = (uint32_t)rs_param(p, "neighbors");
	bool elastic = rs_param(p, "solver") == ELASTIC;
	struct rs_links *m = rs_links_new(p, err);
	struct rs_local_gram g = { 0 };
	struct pairs pairs = { 0 };
	uint64_t *often = NULL;
	struct rs_local how = { .gram = &g,
		                .row = add_row,
		                .ctx = &pairs,
		                .discount = rs_param(p, "discount"),
		                .l2 = rs_param(p, "l2"),
		                .load = rs_param(p, "dropout") / (1 - rs_param(p, "dropout")),
		                .l1 = elastic ? rs_param(p, "l1") : 0,
		                .nonnegative = elastic,
		                .target_exponent = rs_param(p, "target_exponent"),
		                .candidates = neighbors < n ? neighbors : n,
		                .sweeps = (uint32_t)rs_param(p, "sweeps"),
		                .stage = "slim" };
	int rc = RS_ENOMEM;

	*state = NULL;
	if (m == NULL || (often = rs_array(n, sizeof *often, err)) == NULL
	    || (rc = rs_history_matrix(&pairs.x, in->events, &trim, err)) < 0)
		goto out;
	rs_train_spend(in);
	if ((rc = scale_rows(&pairs.x, rs_param(p, "user_exponent"), err)) < 0
	    || (rc = rs_csr_transpose(&pairs.xt, &pairs.x, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < n; i++)
		often[i] = pairs.xt.row_ptr[i + 1] - pairs.xt.row_ptr[i];
	how.often = often;
	m->w.n = n;
	if ((rc = rs_local_gram_init(&g, n, often, add_row, room_of, &pairs, err)) < 0
	    || (rc = rs_local_solve(&m->w.s, &how, err)) < 0)
		goto out;
	*state = m;
	m = NULL;
out:
	rs_local_gram_release(&g);
	rs_csr_release(&pairs.x);
	rs_csr_release(&pairs.xt);
	rs_free(often);
	rs_links_free(m);
	return rc;
}

extern const struct rs_recipe rs_recipe_slim;
const struct rs_recipe rs_recipe_slim = {
	.name = "slim",
	.summary =
	        "linear weights between items, each regressed on its neighbours: ease for large catalogues",
	.params = params,
	.train = train,
	RS_LINKS_MEMBERS,
};
