/* content.c -- what somebody likes by the attributes of items: new items that nobody has touched are recommended too.
 *
 * For each person a ridge regression of what they did on the attributes of items: with F (items x columns, item_blocks.h)
 * and x the items of the history, beta = (F'F + ridge I)^-1 F'x, and an item scores by f_j.beta. As all share F'F, the score is
 * linear in the history: x'K with K = F (F'F + ridge I)^-1 F' = YY', and each item is described by the short vector y_j
 * that embed.c finds. Scores are lifts: 1 is as much as the mean item.
 *     score(u, j) = n sum_i x_ui y_i.y_j / sum_i x_ui  +  popularity (p_j - K p)
 * n is the number of items and p_j the root of the popularity of j over the mean one: people's liking beyond what its
 * attributes foresee, of which an item without events has none. It is the root, so that where few items have most of the
 * people these are not in every list. */
#include "lib/base/mem.h"
#include "lib/num/isa.h"
#include "lib/recipe/dense_items.h"
#include "lib/recipe/embed.h"
#include "lib/recipe/history.h"
#include "lib/recipe/item_blocks.h"
#include "lib/recipe/recipe.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define CHUNK_VECTORS RS_KIND('C', 'V', 'E', 'C')
#define CHUNK_BEYOND RS_KIND('C', 'P', 'O', 'P')
#define CHUNK_WIDTH RS_KIND('C', 'W', 'I', 'D')

static const struct rs_param params[] = {
	{ "dimensions", RS_PARAM_INT, 1, 4096, 256, 0, 0, RS_SCALE_LINEAR, NULL,
	  "numbers that describe an item; fewer where the attributes need no more" },
	{ "ridge", RS_PARAM_REAL, 1e-3, 1e9, 100, 1, 300, RS_SCALE_LOG, NULL,
	  "pull of a person's regression towards 0, in items that share an attribute" },
	{ "popularity", RS_PARAM_REAL, 0, 100, 4, 0, 8, RS_SCALE_LINEAR, NULL,
	  "how much it counts that an item is more popular than its attributes foresee" },
	{ "pairs", RS_PARAM_BOOL, 0, 1, 1, 0, 0, RS_SCALE_LINEAR, NULL,
	  "two values of one attribute together are an attribute as well" },
	{ "min_items", RS_PARAM_INT, 1, 1e6, 2, 0, 0, RS_SCALE_LINEAR, NULL,
	  "values and terms of fewer items are left out" },
	{ "bins", RS_PARAM_INT, 1, 1000, 8, 0, 0, RS_SCALE_LINEAR, NULL, "ranges that a number falls into" },
	{ "gram", RS_PARAM_INT, 0, RS_FEATURE_GRAM_MAX, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "pieces of words of so many characters are terms as well; 0: words only" },
	{ "category_weight", RS_PARAM_REAL, 0, 1000, 1, .2, 5, RS_SCALE_LOG, NULL, "weight of categorical attributes" },
	{ "number_weight", RS_PARAM_REAL, 0, 1000, 1, .2, 5, RS_SCALE_LOG, NULL, "weight of numbers" },
	{ "text_weight", RS_PARAM_REAL, 0, 1000, 3, .5, 10, RS_SCALE_LOG, NULL, "weight of texts" },
	{ "vector_weight", RS_PARAM_REAL, 0, 1000, 3, .5, 10, RS_SCALE_LOG, NULL,
	  "weight of the vectors of items, where they are given" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct content {
	struct rs_dense_items items;
	struct rs_recency recency;
	float *beyond; /* n: popularity beyond what attributes foresee, times its weight */
};

static void release(void *state)
{
	struct content *m = state;

	if (m == NULL)
		return;
	rs_dense_items_release(&m->items);
	rs_free(m->beyond);
	rs_free(m);
}

static void wants(const struct rs_param_values *p, struct rs_wants *w)
{
	w->items = w->text = w->cold_items = w->vectors = true;
	w->min_items = (uint32_t)rs_param(p, "min_items");
	w->bins = (uint32_t)rs_param(p, "bins");
	w->gram = (uint32_t)rs_param(p, "gram");
}

/* The root of the users of each item over their mean; an item without users has the mean, 1. */
static int popularity(float *p, const struct rs_events *e, struct rs_err *err)
{
	struct rs_csr x;
	double total = 0, n_warm = 0;
	int rc = rs_matrix_from_events(&x, e, RS_REPEATS_MAX, err);

	if (rc < 0)
		return rc;
	memset(p, 0, e->n_items * sizeof *p);
	for (uint64_t i = 0; i < x.row_ptr[x.n_rows]; i++)
		p[x.col[i]]++;
	for (uint32_t i = 0; i < e->n_items; i++) {
		total += (double)p[i];
		n_warm += p[i] > 0;
	}
	for (uint32_t i = 0; i < e->n_items; i++)
		p[i] = p[i] > 0 ? (float)sqrt((double)p[i] * n_warm / total) : 1;
	rs_csr_release(&x);
	return 0;
}

/* weight (p - Kp), 0 for items without users. */
static int look_beyond(struct content *m, const struct rs_events *e, double weight, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	const struct rs_dense_items *y = &m->items;
	float *p = rs_array(y->n, sizeof *p, err), *sum = rs_array0(y->ld, sizeof *sum, err);
	int rc = RS_ENOMEM;

	if (p == NULL || sum == NULL || (m->beyond = rs_array(y->n, sizeof *m->beyond, err)) == NULL ||
	    (rc = popularity(p, e, err)) < 0)
		goto out;
	k->add_rows(sum, y->ld, (struct rs_rows_of){ y->y, y->ld, NULL, y->n }, p);
	for (uint32_t i = 0; i < y->n; i++)
		m->beyond[i] = (float)(weight * (double)(p[i] - k->dot(sum, y->y + i * y->ld, y->ld)));
	memset(p, 0, y->n * sizeof *p);
	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++)
		p[e->item[i]] = 1;
	for (uint32_t i = 0; i < y->n; i++)
		m->beyond[i] *= p[i];
out:
	rs_free(p);
	rs_free(sum);
	return rc;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_block_how how = { .constant = true,
		                    .pairs = rs_param(p, "pairs") != 0,
		                    .categories = rs_param(p, "category_weight"),
		                    .numbers = rs_param(p, "number_weight"),
		                    .text = rs_param(p, "text_weight") };
	struct content *m = rs_array0(1, sizeof *m, err);
	struct rs_csr f = { 0 };
	int rc = RS_ENOMEM;

	*state = NULL;
	if (m == NULL)
		return rc;
	if (in->item_features->n == 0 && in->vectors == NULL) {
		rc = rs_fail(err, RS_EDATA, "no attributes of items to learn from: content needs a table of items, or vectors");
		goto out;
	}
	m->recency = rs_recency_of(p);
	if ((rc = rs_item_blocks(&f, in->item_features, in->item_profile, &how, err)) < 0 ||
	    (in->vectors != NULL &&
	     (rc = rs_item_blocks_vectors(&f, in->vectors, in->item_vector, rs_param(p, "vector_weight"), err)) < 0))
		goto out;
	m->items.n = f.n_rows;
	m->items.d = rs_embed_width(&f, (size_t)rs_param(p, "dimensions"));
	m->items.ld = RS_ROUND_LANES(m->items.d);
	rc = RS_ENOMEM;
	if ((m->items.own = rs_array(m->items.n * m->items.ld, sizeof *m->items.own, err)) == NULL ||
	    (rc = rs_embed(m->items.own, m->items.ld, m->items.d, &f, rs_param(p, "ridge"), in->seed, err)) < 0)
		goto out;
	m->items.y = m->items.own;
	if ((rc = look_beyond(m, in->events, rs_param(p, "popularity"), err)) < 0)
		goto out;
	*state = m;
	m = NULL;
out:
	rs_csr_release(&f);
	release(m);
	return rc;
}

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	const struct content *m = state;
	uint32_t d = (uint32_t)m->items.d;
	int rc;

	if ((rc = rs_writer_chunk(w, CHUNK_WIDTH, 0, RS_PACK_UINT, 4, &d, 1, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_BEYOND, 0, RS_PACK_FLOAT, m->beyond, m->items.n, err)) < 0)
		return rc;
	return rs_dense_items_save(&m->items, CHUNK_VECTORS, w, err);
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct content *m = rs_array0(1, sizeof *m, err);
	uint32_t d = 0;
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	m->recency = rs_recency_of(p);
	m->items.n = n_items;
	rc = rs_reader_read_exactly(r, CHUNK_WIDTH, 0, 4, 1, &d, err);
	if (rc == 0 && (d < 1 || d > 4096))
		rc = rs_reader_damaged(r, "the length of vectors", err);
	if (rc < 0)
		goto fail;
	m->items.d = d;
	m->items.ld = RS_ROUND_LANES(m->items.d);
	if ((rc = rs_stored_floats(&m->beyond, r, CHUNK_BEYOND, 0, n_items, -FLT_MAX, "the popularity of items", err)) < 0 ||
	    (rc = rs_dense_items_load(&m->items, CHUNK_VECTORS, r, err)) < 0)
		goto fail;
	*state = m;
	return 0;
fail:
	release(m);
	return rc;
}

static void query_free(void *query)
{
	if (query == NULL)
		return;
	rs_dense_people_release(query);
	rs_free(query);
}

/* n over the sum of what the history counts. */
static double scale_of(const struct content *m, const struct rs_csr *h, uint32_t u)
{
	double sum = 0;

	for (uint64_t e = h->row_ptr[u]; e < h->row_ptr[u + 1]; e++)
		sum += h->val == NULL ? 1 : (double)h->val[e];
	return sum > 0 ? (double)m->items.n / sum : 0;
}

/* The vectors of people: n sum_i x_i y_i / sum_i x_i. */
static int make_vectors(struct rs_dense_people *q, const struct content *m, const struct rs_csr *h, struct rs_err *err)
{
	const struct rs_kernels *k = rs_isa();
	size_t ld = m->items.ld;
	float *x = rs_array(k->mr * ld, sizeof *x, err);

	if (x == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < h->n_rows; u += (uint32_t)k->mr) {
		size_t n = h->n_rows - u < k->mr ? h->n_rows - u : k->mr;

		memset(x, 0, n * ld * sizeof *x);
		for (uint32_t i = 0; i < n; i++) {
			uint64_t e = h->row_ptr[u + i];
			struct rs_rows_of rows = { m->items.y, ld, h->col + e, (size_t)(h->row_ptr[u + i + 1] - e) };
			float scale = (float)scale_of(m, h, u + i);

			k->add_rows(x + i * ld, ld, rows, h->val == NULL ? NULL : h->val + e);
			for (size_t c = 0; c < ld; c++)
				x[i * ld + c] *= scale;
		}
		rs_dense_people_put(q, &m->items, u, x, n);
	}
	rs_free(x);
	return 0;
}

static int query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	const struct content *m = state;
	struct rs_dense_people *q = rs_array0(1, sizeof *q, err);
	void *h = NULL;
	int rc;

	if (q == NULL)
		return RS_ENOMEM;
	if ((rc = rs_dense_people_init(q, &m->items, who->events->n_users, err)) < 0 ||
	    (rc = rs_history_query(who->events, &m->recency, &h, err)) < 0 ||
	    (rc = rs_dense_items_touch_rows(&m->items, h, err)) < 0 || (rc = make_vectors(q, m, h, err)) < 0)
		goto out;
	*out = q;
	q = NULL;
out:
	rs_history_query_free(h);
	query_free(q);
	return rc;
}

static int score(const void *state, const void *q, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err)
{
	const struct content *m = state;
	const struct rs_dense_people *people = q;
	int rc = rs_dense_items_score(&m->items, people, lo, hi, scores, ld, err);

	for (size_t u = 0; u < people->n && rc == 0; u++)
		for (uint32_t i = lo; i < hi; i++)
			scores[u * ld + (i - lo)] += m->beyond[i];
	return rc;
}

/* The coefficients of a ridge regression have the covariance (F'F + ridge I)^-1 in units of the noise, which for a history that
 * is a draw of items is its size over n: so the score of j has the variance n |y_j|^2 / sum_i x_i. Large for short histories
 * and for items whose attributes are rare. */
static int variance(const void *state, const struct rs_people *who, uint32_t lo, uint32_t hi, float *out, size_t ld,
                    struct rs_err *err)
{
	const struct content *m = state;
	const struct rs_dense_items *y = &m->items;
	void *h = NULL;
	int rc;

	if ((rc = rs_history_query(who->events, &m->recency, &h, err)) < 0 ||
	    (rc = rs_dense_items_touch(y, lo, hi, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < who->events->n_users; u++) {
		double scale = scale_of(m, h, u);

		scale = scale > 0 ? scale : (double)y->n; /* nothing is known: as after one event */
		for (uint32_t i = lo; i < hi; i++)
			out[u * ld + (i - lo)] =
			        (float)(scale * (double)rs_isa()->dot(y->y + i * y->ld, y->y + i * y->ld, y->ld));
	}
out:
	rs_history_query_free(h);
	return rc;
}

static int weight(const void *state, uint32_t i, uint32_t item, float *w, struct rs_err *err)
{
	const struct rs_dense_items *y = &((const struct content *)state)->items;
	int rc = rs_dense_items_touch(y, i, i + 1, err);

	if (rc == 0 && (rc = rs_dense_items_touch(y, item, item + 1, err)) == 0)
		*w = rs_isa()->dot(y->y + i * y->ld, y->y + item * y->ld, y->ld);
	return rc < 0 ? rc : isfinite(*w) ? 0 : rs_fail(err, RS_EDATA, "factors of items are out of range");
}

static int explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err)
{
	const struct content *m = state;
	void *x = NULL;
	int rc = rs_history_query(h, &m->recency, &x, err);

	if (rc < 0)
		return rc;
	if ((rc = rs_history_explain(h, &m->recency, weight, m, item, share, err)) == 0) {
		float scale = (float)scale_of(m, x, 0);

		for (uint64_t e = 0; e < h->row_ptr[1]; e++)
			share[e] *= scale;
	}
	rs_history_query_free(x);
	return rc;
}

static int similar(const void *state, uint32_t item, float *scores, struct rs_err *err)
{
	return rs_dense_items_similar(&((const struct content *)state)->items, item, scores, err);
}

static const char *const aliases[] = { "content-based", "hrnn-coldstart", "aws-hrnn-coldstart", NULL };

extern const struct rs_recipe rs_recipe_content;
const struct rs_recipe rs_recipe_content = {
	.name = "content",
	.aliases = aliases,
	.summary = "what somebody likes by the attributes of items; new items too",
	.params = params,
	.wants = wants,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = query,
	.query_free = query_free,
	.tile_items = 512,
	.score = score,
	.variance = variance,
	.explain = explain,
	.similar = similar,
};
