/* itemknn.c -- what goes with what: a normalised co-occurrence of items, in one pass over the data.
 *
 * One family holds the usual similarities as points of it:
 *
 *     C_ij = sum_u n_u^-g x_ui x_uj         S_ij = (C_ij / (n_i^a n_j^b))^s * C_ij / (C_ij + shrink),   S_ii = 0
 *     score(u, j) = sum over i in the history of u of S_ij
 *
 * with n_u, n_i the sizes of users and items, g `user_exponent`, a `source_exponent`, b `target_exponent`, s `power`.
 * Cosine: g 0, a b .5, s 1. Conditional probability: a 1, b 0. Lift: a b 1. P3alpha and RP3beta: walks user -> item -> user
 * -> item [1]. The default point, g .8, a .6, b .2, s 1, lies near the normalisation of [2]; it was chosen on parts held out
 * of the training data of eleven public sets, and so was the number of neighbours. Jaccard divides by n_i + n_j - C; TF-IDF and
 * BM25 weigh x first, users being the terms of an item's document, and then take the cosine.
 * Time: sum over users of n_u^2. Memory: 8 bytes x neighbors x n_items, and one row of n_items floats per thread.
 *
 * [1] B. Paudel, F. Christoffel, C. Newell, A. Bernstein, Updatable, Accurate, Diverse, and Scalable Recommendations for
 *     Interactive Applications, TiiS 2017.
 * [2] J.-D. Park, Y.-M. Shin, W.-Y. Shin, Turbo-CF: Matrix Decomposition-Free Graph Filtering for Fast Recommendation,
 *     SIGIR 2024. */
#include "lib/base/mem.h"
#include "lib/recipe/links.h"
#include "lib/recipe/neighbours.h"

#include <math.h>
#include <string.h>

static const char *const exponents[] = { "user_exponent", "source_exponent", "target_exponent", "power",
	                                 "shrink" };

enum similarity { ONESHOT, COSINE, JACCARD, TFIDF, BM25, RP3BETA, P3ALPHA, LIFT, PROBABILITY };
static const char *const similarities[] = { "oneshot", "cosine",  "jaccard", "tfidf",       "bm25",
	                                    "rp3beta", "p3alpha", "lift",    "probability", NULL };
static const char *const sides[] = { "target", "source", NULL };

/* The values of `exponents` at the named points. */
static const double points[][5] = {
	[ONESHOT] = { RS_NEIGHBOURS_USER_EXPONENT, RS_NEIGHBOURS_SOURCE_EXPONENT, RS_NEIGHBOURS_TARGET_EXPONENT, 1, 0 },
	[COSINE] = { 0, .5, .5, 1, 0 }, [JACCARD] = { 0, 0, 0, 1, 0 },
	[TFIDF] = { 0, .5, .5, 1, 0 },   [BM25] = { 0, .5, .5, 1, 0 },   [RP3BETA] = { 1, 1, .3, 1, 0 },
	[P3ALPHA] = { 1, 1, 0, 1, 0 },   [LIFT] = { 0, 1, 1, 1, 20 },    [PROBABILITY] = { 0, 1, 0, 1, 0 },
};

static const struct rs_param params[] = {
	{ "similarity", RS_PARAM_CHOICE, 0, 8, ONESHOT, 0, 0, RS_SCALE_LINEAR, similarities,
	  "a named point of the family; the exponents below move away from it" },
	{ "neighbors", RS_PARAM_INT, 1, 100000, NAN, 50, 1000, RS_SCALE_LOG, NULL,
	  "neighbours kept for each item; auto: a fortieth of the items, from 50 to 1000, less in huge catalogues" },
	{ "prune", RS_PARAM_CHOICE, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, sides,
	  "whose neighbours are kept: those of the item to recommend, or of the item in the history" },
	{ "user_exponent", RS_PARAM_REAL, 0, 4, NAN, 0, 1.5, RS_SCALE_LINEAR, NULL,
	  "g: how much long histories count less" },
	{ "source_exponent", RS_PARAM_REAL, -2, 4, NAN, 0, 1, RS_SCALE_LINEAR, NULL,
	  "a: how much popular items of the history count less" },
	{ "target_exponent", RS_PARAM_REAL, -2, 4, NAN, 0, .7, RS_SCALE_LINEAR, NULL,
	  "b: how much popular items are recommended less" },
	{ "power", RS_PARAM_REAL, .05, 4, NAN, .5, 1.5, RS_SCALE_LINEAR, NULL, "s: power of each weight" },
	{ "shrink", RS_PARAM_REAL, 0, 1e6, NAN, 0, 100, RS_SCALE_LINEAR, NULL,
	  "weights from few users shrink" },
	{ "popularity_discount", RS_PARAM_REAL, 0, 1, 0, 0, 1, RS_SCALE_LINEAR, NULL,
	  "further discount of popular items: weight / n_j^discount" },
	{ "min_cooccurrence", RS_PARAM_INT, 0, 1e6, 0, 0, 10, RS_SCALE_LINEAR, NULL,
	  "users that two items must share to be neighbours" },
	{ "max_history", RS_PARAM_INT, 0, 1e6, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "only so many last events of each user count in training; 0: all" },
	{ "min_user_history_length_percentile", RS_PARAM_REAL, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "users with shorter histories are left out of training" },
	{ "max_user_history_length_percentile", RS_PARAM_REAL, 0, 1, 1, 0, 0, RS_SCALE_LINEAR, NULL,
	  "users with longer histories are left out of training" },
	{ "min_item_interaction_count_percentile", RS_PARAM_REAL, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "items with fewer users are left out" },
	{ "max_item_interaction_count_percentile", RS_PARAM_REAL, 0, 1, 1, 0, 0, RS_SCALE_LINEAR, NULL,
	  "items with more users are left out" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

/* What p says, or the named point where it says nothing. */
static double pick(const struct rs_param_values *p, const char *name)
{
	double v = rs_param(p, name);
	size_t i = 0;

	while (strcmp(exponents[i], name) != 0)
		i++;
	return isnan(v) ? points[(int)rs_param(p, "similarity")][i] : v;
}

static uint32_t neighbors(const struct rs_param_values *p, uint32_t n_items)
{
	double v = rs_param(p, "neighbors");

	return isnan(v) ? rs_links_neighbors(n_items) : (uint32_t)v;
}

static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++)
		rs_param_resolve(p, exponents[i], pick(p, exponents[i]));
	rs_param_resolve(p, "neighbors", neighbors(p, in->events->n_items));
}

/* TF-IDF or BM25 weights of the cells, users being terms and items documents. */
static int weigh_cells(struct rs_csr *x, bool bm25, struct rs_err *err)
{
	double *length = rs_array0(x->n_cols, sizeof *length, err), total = 0;
	uint64_t nnz = x->row_ptr[x->n_rows];

	if (length == NULL)
		return RS_ENOMEM;
	if (x->val == NULL) {
		if ((x->val = rs_array(nnz, sizeof *x->val, err)) == NULL) {
			rs_free(length);
			return RS_ENOMEM;
		}
		for (uint64_t e = 0; e < nnz; e++)
			x->val[e] = 1;
	}
	for (uint64_t e = 0; e < nnz; e++) {
		length[x->col[e]] += (double)x->val[e];
		total += (double)x->val[e];
	}
	for (uint32_t u = 0; u < x->n_rows; u++) {
		double idf = log((double)x->n_cols / (1.0 + (double)(x->row_ptr[u + 1] - x->row_ptr[u])));

		for (uint64_t e = x->row_ptr[u]; e < x->row_ptr[u + 1]; e++) {
			double c = (double)x->val[e], norm = length[x->col[e]] * x->n_cols / total;

			if (bm25)
				c = c * 2.2 / (c + 1.2 * (.25 + .75 * norm));
			else
				c = sqrt(c);
			x->val[e] = (float)(c * (idf > 0 ? idf : 0));
		}
	}
	rs_free(length);
	return 0;
}

static struct rs_neighbours choose(const struct rs_param_values *p, uint32_t n_items)
{
	enum similarity similarity = (enum similarity)rs_param(p, "similarity");
	struct rs_neighbours how = {
		.user_exponent = pick(p, "user_exponent"),
		.source_exponent = pick(p, "source_exponent"),
		.target_exponent = pick(p, "target_exponent"),
		.power = pick(p, "power"),
		.shrink = pick(p, "shrink"),
		.jaccard = similarity == JACCARD,
		.squares = similarity == COSINE || similarity == JACCARD || similarity == TFIDF
		        || similarity == BM25,
		.by_target = rs_param(p, "prune") == 0,
		.k = neighbors(p, n_items),
		.min_users = (uint32_t)rs_param(p, "min_cooccurrence"),
	};

	how.target_exponent += rs_param(p, "popularity_discount") / how.power;
	return how;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err)
{
	struct rs_trim trim = { rs_param(p, "min_user_history_length_percentile"),
		                rs_param(p, "max_user_history_length_percentile"),
		                rs_param(p, "min_item_interaction_count_percentile"),
		                rs_param(p, "max_item_interaction_count_percentile"),
		                (uint32_t)rs_param(p, "max_history") };
	enum similarity similarity = (enum similarity)rs_param(p, "similarity");
	struct rs_neighbours how = choose(p, in->events->n_items);
	struct rs_links *m = rs_links_new(p, err);
	struct rs_csr x = { 0 };
	int rc = RS_ENOMEM;

	*state = NULL;
	if (m == NULL)
		return rc;
	if ((rc = rs_history_matrix(&x, in->events, &trim, err)) < 0)
		goto out;
	rs_train_spend(in);
	if (((similarity == TFIDF || similarity == BM25)
	        && (rc = weigh_cells(&x, similarity == BM25, err)) < 0)
	    || (rc = rs_neighbours(&m->w.s.w, &x, &how, err)) < 0)
		goto out;
	*state = m;
	m = NULL;
out:
	rs_links_free(m);
	rs_csr_release(&x);
	return rc;
}

static const char *const aliases[] = { "item-knn", "sims", "aws-sims", NULL };

extern const struct rs_recipe rs_recipe_itemknn;
const struct rs_recipe rs_recipe_itemknn = {
	.name = "itemknn",
	.aliases = aliases,
	.summary = "what goes with what: normalised co-occurrence of items",
	.params = params,
	.resolve = resolve,
	.train = train,
	RS_LINKS_MEMBERS,
};
