/* itemknn.c -- what goes with what: a normalised co-occurrence of items, in one pass over the data.
 *
 * One family holds the usual similarities as points of it:
 *
 *     C_ij = sum_u n_u^-g x_ui x_uj         S_ij = (C_ij / (n_i^a n_j^b))^s * C_ij / (C_ij + shrink),   S_ii = 0
 *     score(u, j) = sum over i in the history of u of S_ij
 *
 * with n_u, n_i the sizes of users and items, g `user_exponent`, a `source_exponent`, b `target_exponent`, s `power`. Cosine:
 * g 0, a b .5, s 1. Conditional probability: a 1, b 0. Lift: a b 1. P3alpha and RP3beta: walks user -> item -> user -> item [1].
 * The default point, g 1.2, a b .4, s .7, is the normalisation of [2] with its power. Jaccard divides by n_i + n_j - C; TF-IDF
 * and BM25 weigh x first, users being the terms of an item's document, and then take the cosine.
 * Time: sum over users of n_u^2. Memory: 8 bytes x neighbors x n_items, and one row of n_items floats per thread.
 *
 * [1] B. Paudel, F. Christoffel, C. Newell, A. Bernstein, Updatable, Accurate, Diverse, and Scalable Recommendations for
 *     Interactive Applications, TiiS 2017.
 * [2] J.-D. Park, Y.-M. Shin, W.-Y. Shin, Turbo-CF: Matrix Decomposition-Free Graph Filtering for Fast Recommendation,
 *     SIGIR 2024. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/history.h"
#include "lib/recipe/recipe.h"
#include "lib/recipe/sparse_items.h"

#include <math.h>
#include <string.h>

#define TILE 64 /* items */

enum similarity { ONESHOT, COSINE, JACCARD, TFIDF, BM25, RP3BETA, P3ALPHA, LIFT, PROBABILITY };
static const char *const similarities[] = { "oneshot", "cosine", "jaccard", "tfidf", "bm25", "rp3beta", "p3alpha", "lift",
	                                    "probability", NULL };
static const char *const sides[] = { "target", "source", NULL };

/* g, a, b, s, shrink of the named points. */
static const double points[][5] = {
	[ONESHOT] = { 1.2, .4, .4, .7, 0 }, [COSINE] = { 0, .5, .5, 1, 0 },  [JACCARD] = { 0, 0, 0, 1, 0 },
	[TFIDF] = { 0, .5, .5, 1, 0 },      [BM25] = { 0, .5, .5, 1, 0 },    [RP3BETA] = { 1, 1, .3, 1, 0 },
	[P3ALPHA] = { 1, 1, 0, 1, 0 },      [LIFT] = { 0, 1, 1, 1, 20 },     [PROBABILITY] = { 0, 1, 0, 1, 0 },
};

static const struct rs_param params[] = {
	{ "similarity", RS_PARAM_CHOICE, 0, 8, ONESHOT, 0, 0, RS_SCALE_LINEAR, similarities,
	  "a named point of the family; the exponents below move away from it" },
	{ "neighbors", RS_PARAM_INT, 1, 100000, 500, 50, 1000, RS_SCALE_LOG, NULL, "neighbours kept for each item" },
	{ "prune", RS_PARAM_CHOICE, 0, 1, 0, 0, 0, RS_SCALE_LINEAR, sides,
	  "whose neighbours are kept: those of the item to recommend, or of the item in the history" },
	{ "user_exponent", RS_PARAM_REAL, 0, 4, NAN, 0, 1.5, RS_SCALE_LINEAR, NULL, "g: how much long histories count less" },
	{ "source_exponent", RS_PARAM_REAL, -2, 4, NAN, 0, 1, RS_SCALE_LINEAR, NULL,
	  "a: how much popular items of the history count less" },
	{ "target_exponent", RS_PARAM_REAL, -2, 4, NAN, 0, .7, RS_SCALE_LINEAR, NULL,
	  "b: how much popular items are recommended less" },
	{ "power", RS_PARAM_REAL, .05, 4, NAN, .5, 1.5, RS_SCALE_LINEAR, NULL, "s: power of each weight" },
	{ "shrink", RS_PARAM_REAL, 0, 1e6, NAN, 0, 100, RS_SCALE_LINEAR, NULL, "weights from few users shrink" },
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
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct training {
	enum similarity similarity;
	double power, shrink;
	uint32_t k, min_users, n_items;
	struct rs_csr x, xt;   /* users x items, weighted; items x users */
	float *user_scale;     /* n_u^-g */
	double *source, *target; /* n_i^-a, n_j^-(b + discount / s) */
	double *size;          /* n_i */
	struct rs_scored *kept; /* n_items x k: neighbours of each item */
	uint32_t *n_kept;
	bool by_target;
	float **acc;           /* by worker */
	uint32_t **touched, **users;
	struct rs_topk *top;   /* by worker */
};

static double pick(const struct rs_param_values *p, const char *name, double preset)
{
	double v = rs_param(p, name);

	return isnan(v) ? preset : v;
}

/* TF-IDF or BM25 weights of the cells, users being terms and items documents. */
static int weigh_cells(struct training *t, struct rs_err *err)
{
	struct rs_csr *x = &t->x;
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

			if (t->similarity == BM25)
				c = c * 2.2 / (c + 1.2 * (.25 + .75 * norm));
			else
				c = sqrt(c);
			x->val[e] = (float)(c * (idf > 0 ? idf : 0));
		}
	}
	rs_free(length);
	return 0;
}

static int prepare(struct training *t, const struct rs_param_values *p, struct rs_err *err)
{
	const double *point = points[t->similarity];
	double g = pick(p, "user_exponent", point[0]), a = pick(p, "source_exponent", point[1]);
	double b = pick(p, "target_exponent", point[2]);
	bool cosine = t->similarity == COSINE || t->similarity == TFIDF || t->similarity == BM25;
	int rc;

	t->power = pick(p, "power", point[3]);
	t->shrink = pick(p, "shrink", point[4]);
	b += rs_param(p, "popularity_discount") / t->power;
	if ((t->similarity == TFIDF || t->similarity == BM25) && (rc = weigh_cells(t, err)) < 0)
		return rc;
	if ((rc = rs_csr_transpose(&t->xt, &t->x, err)) < 0)
		return rc;
	if ((t->user_scale = rs_array(t->x.n_rows, sizeof *t->user_scale, err)) == NULL ||
	    (t->source = rs_array(t->n_items, sizeof *t->source, err)) == NULL ||
	    (t->target = rs_array(t->n_items, sizeof *t->target, err)) == NULL ||
	    (t->size = rs_array0(t->n_items, sizeof *t->size, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < t->x.n_rows; u++) {
		double n = (double)(t->x.row_ptr[u + 1] - t->x.row_ptr[u]);

		t->user_scale[u] = n > 0 ? (float)pow(n, -g) : 0;
	}
	for (uint32_t i = 0; i < t->n_items; i++) {
		for (uint64_t e = t->xt.row_ptr[i]; e < t->xt.row_ptr[i + 1]; e++) {
			double v = t->xt.val == NULL ? 1 : (double)t->xt.val[e];

			t->size[i] += cosine ? v * v : v;
		}
		t->source[i] = t->size[i] > 0 ? pow(t->size[i], -a) : 0;
		t->target[i] = t->size[i] > 0 ? pow(t->size[i], -b) : 0;
	}
	return 0;
}

/* The weight of a pair: source item in a history, target item to recommend. c: C_ij. */
static float weight(const struct training *t, uint32_t source, uint32_t target, double c)
{
	double s;

	if (t->similarity == JACCARD)
		s = c / (t->size[source] + t->size[target] - c) * t->target[target];
	else
		s = c * t->source[source] * t->target[target];
	if (t->power != 1)
		s = pow(s, t->power);
	return (float)(t->shrink > 0 ? s * c / (c + t->shrink) : s);
}

/* The neighbours of item i: the best sources if i is a target, the best targets if it is a source. */
static void neighbours(struct training *t, uint32_t i, int worker)
{
	float *acc = t->acc[worker];
	uint32_t *touched = t->touched[worker], *users = t->min_users > 1 ? t->users[worker] : NULL, n = 0;
	struct rs_topk *top = &t->top[worker];

	for (uint64_t e = t->xt.row_ptr[i]; e < t->xt.row_ptr[i + 1]; e++) {
		uint32_t u = t->xt.col[e];
		float w = t->user_scale[u] * (t->xt.val == NULL ? 1 : t->xt.val[e]);

		for (uint64_t f = t->x.row_ptr[u]; f < t->x.row_ptr[u + 1]; f++) {
			uint32_t j = t->x.col[f];
			float c = t->x.val == NULL ? w : w * t->x.val[f];

			if (!(c > 0)) /* a sum that stayed 0 would look untouched */
				continue;
			if (acc[j] == 0)
				touched[n++] = j;
			acc[j] += c;
			if (users != NULL)
				users[j]++;
		}
	}
	rs_topk_reset(top);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t j = touched[k];
		double c = (double)acc[j];

		acc[j] = 0;
		if (j != i && c > 0 && (users == NULL || users[j] >= t->min_users))
			rs_topk_push(top, t->by_target ? weight(t, j, i, c) : weight(t, i, j, c), j);
		if (users != NULL)
			users[j] = 0;
	}
	rs_topk_sort(top);
	t->n_kept[i] = top->n;
	if (top->n > 0)
		memcpy(t->kept + (size_t)i * t->k, top->heap, top->n * sizeof *top->heap);
}

static int neighbours_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct training *t = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = lo + TILE < t->n_items ? lo + TILE : t->n_items;

	(void)err;
	for (uint32_t i = lo; i < hi; i++)
		neighbours(t, i, worker);
	rs_progress("itemknn: neighbours", hi, t->n_items, "items");
	return 0;
}

static int scratch(struct training *t, struct rs_err *err)
{
	int n = rs_threads();

	if ((t->acc = rs_array0((size_t)n, sizeof *t->acc, err)) == NULL ||
	    (t->touched = rs_array0((size_t)n, sizeof *t->touched, err)) == NULL ||
	    (t->users = rs_array0((size_t)n, sizeof *t->users, err)) == NULL ||
	    (t->top = rs_array0((size_t)n, sizeof *t->top, err)) == NULL ||
	    (t->kept = rs_array((size_t)t->n_items * t->k, sizeof *t->kept, err)) == NULL ||
	    (t->n_kept = rs_array(t->n_items, sizeof *t->n_kept, err)) == NULL)
		return RS_ENOMEM;
	for (int w = 0; w < n; w++)
		if ((t->acc[w] = rs_array0(t->n_items, sizeof **t->acc, err)) == NULL ||
		    (t->touched[w] = rs_array((size_t)t->n_items + 1, sizeof **t->touched, err)) == NULL ||
		    (t->users[w] = rs_array0(t->n_items, sizeof **t->users, err)) == NULL ||
		    rs_topk_init(&t->top[w], t->k, err) < 0)
			return RS_ENOMEM;
	return 0;
}

static void release_training(struct training *t)
{
	for (int w = 0; w < rs_threads(); w++) {
		if (t->acc != NULL)
			rs_free(t->acc[w]);
		if (t->touched != NULL)
			rs_free(t->touched[w]);
		if (t->users != NULL)
			rs_free(t->users[w]);
		if (t->top != NULL)
			rs_topk_release(&t->top[w]);
	}
	rs_free(t->acc);
	rs_free(t->touched);
	rs_free(t->users);
	rs_free(t->top);
	rs_free(t->kept);
	rs_free(t->n_kept);
	rs_free(t->user_scale);
	rs_free(t->source);
	rs_free(t->target);
	rs_free(t->size);
	rs_csr_release(&t->x);
	rs_csr_release(&t->xt);
}

static void release(void *state)
{
	if (state == NULL)
		return;
	rs_sparse_items_release(state);
	rs_free(state);
}

/* Rows by source where the neighbours of sources were kept. */
static int by_source(struct rs_sparse_items *s, struct training *t, struct rs_err *err)
{
	struct rs_sparse_items turned;
	int rc;

	if ((rc = rs_sparse_items_by_source(&turned, t->kept, t->n_kept, t->k, t->n_items, err)) < 0)
		return rc;
	if (t->by_target) {
		*s = turned;
		return 0;
	}
	memset(s, 0, sizeof *s);
	rc = rs_csr_transpose(&s->w, &turned.w, err);
	rs_sparse_items_release(&turned);
	return rc;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_trim trim = { rs_param(p, "min_user_history_length_percentile"),
		                rs_param(p, "max_user_history_length_percentile"),
		                rs_param(p, "min_item_interaction_count_percentile"),
		                rs_param(p, "max_item_interaction_count_percentile"), (uint32_t)rs_param(p, "max_history") };
	struct training t = { .similarity = (enum similarity)rs_param(p, "similarity"),
		              .k = (uint32_t)rs_param(p, "neighbors"),
		              .min_users = (uint32_t)rs_param(p, "min_cooccurrence"),
		              .by_target = rs_param(p, "prune") == 0,
		              .n_items = in->events->n_items };
	struct rs_sparse_items *s = rs_array0(1, sizeof *s, err);
	int rc = RS_ENOMEM;

	if (s == NULL)
		return rc;
	if (t.k > t.n_items)
		t.k = t.n_items;
	if ((rc = rs_mem_require((uint64_t)t.n_items * t.k * 24 + in->events->row_ptr[in->events->n_users] * 24, "itemknn",
	                         "fewer neighbors need less", err)) < 0 ||
	    (rc = rs_history_matrix(&t.x, in->events, &trim, err)) < 0 || (rc = prepare(&t, p, err)) < 0 ||
	    (rc = scratch(&t, err)) < 0 ||
	    (rc = rs_tiles_run((t.n_items + TILE - 1) / TILE, neighbours_tile, &t, err)) < 0 ||
	    (rc = by_source(s, &t, err)) < 0) {
		rs_free(s);
		s = NULL;
	}
	release_training(&t);
	*state = s;
	return rc;
}

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	return rs_sparse_items_save(state, w, err);
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                struct rs_err *err)
{
	struct rs_sparse_items *s = rs_array0(1, sizeof *s, err);
	int rc;

	(void)p;
	if (s == NULL)
		return RS_ENOMEM;
	if ((rc = rs_sparse_items_load(s, r, n_items, err)) < 0) {
		rs_free(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int query(const void *state, const struct rs_events *h, void **q, struct rs_err *err)
{
	(void)state;
	return rs_history_query(h, q, err);
}

static int score(const void *state, const void *q, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                 struct rs_err *err)
{
	(void)lo;
	(void)hi;
	return rs_sparse_items_score(state, q, scores, ld, err);
}

static int explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err)
{
	return rs_sparse_items_explain(state, h, item, share, err);
}

static int similar(const void *state, uint32_t item, float *scores, struct rs_err *err)
{
	return rs_sparse_items_similar(state, item, scores, err);
}

static const char *const aliases[] = { "item-knn", "sims", "aws-sims", NULL };

extern const struct rs_recipe rs_recipe_itemknn;
const struct rs_recipe rs_recipe_itemknn = {
	.name = "itemknn",
	.aliases = aliases,
	.summary = "what goes with what: normalised co-occurrence of items",
	.params = params,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = query,
	.query_free = rs_history_query_free,
	.tile_items = 0,
	.score = score,
	.explain = explain,
	.similar = similar,
};
