/* userknn.c -- what people with a like history have.
 *
 *     sim(u, v) = n_v^-b sum_i x_ui x_vi n_i^-g          score(u, j) = n_j^-t sum over the k most alike v of sim(u, v) x_vj
 * with n_v the items of v, n_i the people of i, b `user_exponent`, g `item_exponent`, t `target_exponent`, k `neighbors`.
 * The people compared with are rows of the training matrix: this model holds them, without their ids, sorted by what they
 * hold so that their order tells nothing. It is the one recipe of which that is true.
 * A person asked for takes time of the order of the people of the items in the history. */
#include "lib/base/mem.h"
#include "lib/num/topk.h"
#include "lib/recipe/history.h"
#include "lib/recipe/recipe.h"
#include "lib/recipe/stored.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ROWS RS_KIND('N', 'R', 'O', 'W')
#define CHUNK_ITEMS RS_KIND('N', 'I', 'T', 'M')
#define CHUNK_WEIGHTS RS_KIND('N', 'W', 'G', 'T')

static const struct rs_param params[] = {
	{ "neighbors", RS_PARAM_INT, 1, 1000000, 200, 50, 1000, RS_SCALE_LOG, NULL, "people compared with who count" },
	{ "item_exponent", RS_PARAM_REAL, -2, 4, .5, 0, 1, RS_SCALE_LINEAR, NULL,
	  "how much popular items count less in likeness" },
	{ "user_exponent", RS_PARAM_REAL, -2, 4, .8, 0, 1, RS_SCALE_LINEAR, NULL, "how much long histories count less" },
	{ "target_exponent", RS_PARAM_REAL, -2, 4, 0, -.2, .5, RS_SCALE_LINEAR, NULL,
	  "how much popular items are recommended less" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct userknn {
	struct rs_csr x, by_item; /* people x items, and turned */
	float *person, *item, *target; /* n_v^-b; n_i^-g, n_j^-t */
	uint32_t k;
	struct rs_recency recency;
};

static void release(void *state)
{
	struct userknn *m = state;

	if (m == NULL)
		return;
	rs_csr_release(&m->x);
	rs_csr_release(&m->by_item);
	rs_free(m->person);
	rs_free(m->item);
	rs_free(m->target);
	rs_free(m);
}

static struct userknn *make(const struct rs_param_values *p, struct rs_err *err)
{
	struct userknn *m = rs_array0(1, sizeof *m, err);

	if (m == NULL)
		return NULL;
	m->recency = rs_recency_of(p);
	m->k = (uint32_t)rs_param(p, "neighbors");
	return m;
}

/* What follows from x: the other way round, and the powers. */
static int complete(struct userknn *m, const struct rs_param_values *p, struct rs_err *err)
{
	const struct rs_csr *x = &m->x;
	int rc = rs_csr_transpose(&m->by_item, x, err);

	if (rc < 0)
		return rc;
	if ((m->person = rs_array(x->n_rows, sizeof *m->person, err)) == NULL ||
	    (m->item = rs_array(x->n_cols, sizeof *m->item, err)) == NULL ||
	    (m->target = rs_array(x->n_cols, sizeof *m->target, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t v = 0; v < x->n_rows; v++) {
		double n = (double)(x->row_ptr[v + 1] - x->row_ptr[v]);

		m->person[v] = n > 0 ? (float)pow(n, -rs_param(p, "user_exponent")) : 0;
	}
	for (uint32_t i = 0; i < x->n_cols; i++) {
		double n = (double)(m->by_item.row_ptr[i + 1] - m->by_item.row_ptr[i]);

		m->item[i] = n > 0 ? (float)pow(n, -rs_param(p, "item_exponent")) : 0;
		m->target[i] = n > 0 ? (float)pow(n, -rs_param(p, "target_exponent")) : 0;
	}
	return 0;
}

/* ---- training ---- */

struct row {
	const uint32_t *col;
	const float *val; /* NULL: ones */
	uint64_t n;
	uint32_t at;
};

/* By items, then weights; equal rows stay equal wherever they come from. */
static int cmp_rows(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	uint64_t n = a->n < b->n ? a->n : b->n;

	for (uint64_t i = 0; i < n; i++)
		if (a->col[i] != b->col[i])
			return a->col[i] < b->col[i] ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (uint64_t i = 0; i < n && a->val != NULL; i++)
		if (a->val[i] < b->val[i] || a->val[i] > b->val[i])
			return a->val[i] < b->val[i] ? -1 : 1;
	return 0;
}

static int sort_rows(struct rs_csr *out, const struct rs_csr *x, struct rs_err *err)
{
	struct row *row = rs_array(x->n_rows, sizeof *row, err);
	uint32_t *order = rs_array(x->n_rows, sizeof *order, err);
	int rc = RS_ENOMEM;

	if (row == NULL || order == NULL)
		goto out;
	for (uint32_t v = 0; v < x->n_rows; v++) {
		uint64_t e = x->row_ptr[v];

		row[v] = (struct row){ x->col + e, x->val == NULL ? NULL : x->val + e, x->row_ptr[v + 1] - e, v };
	}
	qsort(row, x->n_rows, sizeof *row, cmp_rows);
	for (uint32_t v = 0; v < x->n_rows; v++)
		order[v] = row[v].at;
	rc = rs_csr_rows(out, x, order, x->n_rows, err);
out:
	rs_free(row);
	rs_free(order);
	return rc;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct userknn *m = make(p, err);
	struct rs_csr x = { 0 };
	int rc;

	*state = NULL;
	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_matrix_from_events(&x, in->events, RS_REPEATS_MAX, err)) < 0 || (rc = sort_rows(&m->x, &x, err)) < 0 ||
	    (rc = complete(m, p, err)) < 0)
		release(m);
	else
		*state = m;
	rs_csr_release(&x);
	return rc;
}

/* ---- the file ---- */

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	const struct rs_csr *x = &((const struct userknn *)state)->x;
	uint64_t nnz = x->row_ptr[x->n_rows];
	int rc;

	if ((rc = rs_writer_chunk(w, CHUNK_ROWS, 0, RS_PACK_DELTA, 8, x->row_ptr, (uint64_t)x->n_rows + 1, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_ITEMS, 0, RS_PACK_UINT, 4, x->col, nnz, err)) < 0)
		return rc;
	return x->val == NULL ? 0 : rs_stored_put_floats(w, CHUNK_WEIGHTS, 0, RS_PACK_FLOAT, x->val, nnz, err);
}

static bool is_whole(const struct rs_csr *x, uint64_t nnz)
{
	bool whole = x->row_ptr[0] == 0 && x->row_ptr[x->n_rows] == nnz;

	for (uint32_t v = 0; v < x->n_rows && whole; v++) {
		whole = x->row_ptr[v] <= x->row_ptr[v + 1] && x->row_ptr[v + 1] <= nnz;
		for (uint64_t e = x->row_ptr[v]; whole && e < x->row_ptr[v + 1]; e++)
			whole = x->col[e] < x->n_cols && (e == x->row_ptr[v] || x->col[e - 1] < x->col[e]) &&
			        (x->val == NULL || isfinite(x->val[e]));
	}
	return whole;
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct userknn *m = make(p, err);
	uint64_t n_rows, nnz, n_val = 0;
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_stored_array(&m->x.row_ptr, &n_rows, r, CHUNK_ROWS, 8, (uint64_t)RS_IX_MAX + 1, err)) < 0 ||
	    (rc = rs_stored_array(&m->x.col, &nnz, r, CHUNK_ITEMS, 4, UINT64_MAX, err)) < 0 ||
	    (rs_reader_find(r, CHUNK_WEIGHTS, 0) != NULL &&
	     (rc = rs_stored_array(&m->x.val, &n_val, r, CHUNK_WEIGHTS, 4, nnz, err)) < 0))
		goto fail;
	m->x.n_rows = n_rows > 0 ? (uint32_t)(n_rows - 1) : 0;
	m->x.n_cols = n_items;
	if (n_rows == 0 || (m->x.val != NULL && n_val != nnz) || !is_whole(&m->x, nnz)) {
		rc = rs_reader_damaged(r, "the rows of people", err);
		goto fail;
	}
	if ((rc = complete(m, p, err)) < 0)
		goto fail;
	*state = m;
	return 0;
fail:
	release(m);
	return rc;
}

/* ---- asking ---- */

/* The people most alike to those asked for: k of each at most, best first. */
struct query {
	uint32_t n;
	uint32_t *n_near;       /* n */
	struct rs_scored *near; /* n x k */
};

static void query_free(void *query)
{
	struct query *q = query;

	if (q == NULL)
		return;
	rs_free(q->n_near);
	rs_free(q->near);
	rs_free(q);
}

static void add_likeness(const struct userknn *m, const struct rs_csr *h, uint32_t u, float *sim)
{
	const struct rs_csr *t = &m->by_item;

	memset(sim, 0, m->x.n_rows * sizeof *sim);
	for (uint64_t e = h->row_ptr[u]; e < h->row_ptr[u + 1]; e++) {
		uint32_t i = h->col[e];
		float w = (h->val == NULL ? 1 : h->val[e]) * m->item[i];

		for (uint64_t c = t->row_ptr[i]; c < t->row_ptr[i + 1]; c++)
			sim[t->col[c]] += t->val == NULL ? w : w * t->val[c];
	}
	for (uint32_t v = 0; v < m->x.n_rows; v++)
		sim[v] *= m->person[v];
}

static int find_near(struct query *q, const struct userknn *m, const struct rs_csr *h, struct rs_err *err)
{
	uint32_t k = m->k < m->x.n_rows ? m->k : m->x.n_rows;
	float *sim = rs_array(m->x.n_rows, sizeof *sim, err);
	struct rs_topk top;

	if (sim == NULL)
		return RS_ENOMEM;
	if (k == 0 || rs_topk_init(&top, k, err) < 0) {
		rs_free(sim);
		return k == 0 ? 0 : RS_ENOMEM;
	}
	for (uint32_t u = 0; u < h->n_rows; u++) {
		add_likeness(m, h, u, sim);
		rs_topk_reset(&top);
		for (uint32_t v = 0; v < m->x.n_rows; v++)
			if (sim[v] > 0)
				rs_topk_push(&top, sim[v], v);
		rs_topk_sort(&top);
		q->n_near[u] = top.n;
		memcpy(q->near + (size_t)u * m->k, top.best, top.n * sizeof *q->near);
	}
	rs_topk_release(&top);
	rs_free(sim);
	return 0;
}

static int query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	const struct userknn *m = state;
	struct query *q = rs_array0(1, sizeof *q, err);
	void *h = NULL;
	int rc = RS_ENOMEM;

	if (q == NULL)
		return rc;
	q->n = who->events->n_users;
	if ((q->n_near = rs_array0(q->n, sizeof *q->n_near, err)) == NULL ||
	    (q->near = rs_array((size_t)q->n * m->k, sizeof *q->near, err)) == NULL ||
	    (rc = rs_history_query(who->events, &m->recency, &h, err)) < 0 || (rc = find_near(q, m, h, err)) < 0)
		goto out;
	*out = q;
	q = NULL;
out:
	rs_history_query_free(h);
	query_free(q);
	return rc;
}

/* scores += w x_v */
static void add_person(const struct userknn *m, uint32_t v, float w, float *scores)
{
	const struct rs_csr *x = &m->x;

	for (uint64_t e = x->row_ptr[v]; e < x->row_ptr[v + 1]; e++)
		scores[x->col[e]] += x->val == NULL ? w : w * x->val[e];
}

static int score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err)
{
	const struct userknn *m = state;
	const struct query *q = query;

	(void)err;
	for (uint32_t u = 0; u < q->n; u++) {
		float *s = scores + u * ld;

		memset(s, 0, (hi - lo) * sizeof *s);
		for (uint32_t k = 0; k < q->n_near[u]; k++) {
			struct rs_scored near = q->near[(size_t)u * m->k + k];

			add_person(m, near.ix, near.score, s);
		}
		for (uint32_t i = lo; i < hi; i++)
			s[i - lo] *= m->target[i];
	}
	return 0;
}

static float cell(const struct rs_csr *x, uint32_t row, uint32_t col)
{
	uint64_t lo = x->row_ptr[row], hi = x->row_ptr[row + 1];

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (x->col[mid] == col)
			return x->val == NULL ? 1 : x->val[mid];
		if (x->col[mid] < col)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

struct explaining {
	const struct userknn *m;
	const struct query *q;
};

/* What item i of the history adds to the score of `item`, by way of the people who are near. */
static int weight(const void *ctx, uint32_t i, uint32_t item, float *w, struct rs_err *err)
{
	const struct explaining *x = ctx;
	const struct userknn *m = x->m;
	float sum = 0;

	(void)err;
	for (uint32_t k = 0; k < x->q->n_near[0]; k++) {
		uint32_t v = x->q->near[k].ix;

		sum += cell(&m->x, v, i) * cell(&m->x, v, item) * m->person[v];
	}
	*w = sum * m->item[i] * m->target[item];
	return 0;
}

static int explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err)
{
	const struct userknn *m = state;
	struct explaining x = { .m = m };
	void *q = NULL;
	int rc = query(state, &(struct rs_people){ .events = h }, &q, err);

	x.q = q;
	if (rc == 0)
		rc = rs_history_explain(h, &m->recency, weight, &x, item, share, err);
	query_free(q);
	return rc;
}

/* What the people of the item have: sum_v n_v^-b x_v,item x_vi n_i^-g. */
static int similar(const void *state, uint32_t item, float *scores, struct rs_err *err)
{
	const struct userknn *m = state;
	const struct rs_csr *t = &m->by_item;

	(void)err;
	memset(scores, 0, m->x.n_cols * sizeof *scores);
	for (uint64_t c = t->row_ptr[item]; c < t->row_ptr[item + 1]; c++)
		add_person(m, t->col[c], (t->val == NULL ? 1 : t->val[c]) * m->person[t->col[c]], scores);
	for (uint32_t i = 0; i < m->x.n_cols; i++)
		scores[i] *= m->item[i];
	return 0;
}

static const char *const aliases[] = { "user-knn", NULL };

extern const struct rs_recipe rs_recipe_userknn;
const struct rs_recipe rs_recipe_userknn = {
	.name = "userknn",
	.aliases = aliases,
	.summary = "what people with a like history have; the model holds histories, without names",
	.params = params,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = query,
	.query_free = query_free,
	.tile_items = 0,
	.score = score,
	.explain = explain,
	.similar = similar,
};
