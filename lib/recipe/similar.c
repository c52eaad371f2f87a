/* similar.c -- more like this: what goes with an item, and what says the same about itself.
 *
 *     S_ij = C_ij / (n_i n_j^d) C_ij / (C_ij + shrink), over the largest of row i
 *          + w max(n0 / (n0 + n_i), n0 / (n0 + n_j)) cos_ij, over the largest of row i
 * C_ij counts people with both items, n_i those with i; cos is that of the attributes (item_blocks.h). d is
 * `popularity_discount`, w `content_weight`, n0 `content_people`: where few people know an item its attributes speak. */
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/content_links.h"
#include "lib/recipe/links.h"
#include "lib/recipe/neighbours.h"

#include <math.h>
#include <string.h>

static const struct rs_param params[] = {
	{ "neighbors", RS_PARAM_INT, 1, 100000, 200, 50, 1000, RS_SCALE_LOG, NULL,
	  "related items kept for each item, of each of the two kinds" },
	{ "popularity_discount", RS_PARAM_REAL, 0, 1, .5, 0, 1, RS_SCALE_LINEAR, NULL,
	  "0: popular companions first; 1: regardless of popularity" },
	{ "shrink", RS_PARAM_REAL, 0, 1e6, 5, 0, 100, RS_SCALE_LINEAR, NULL, "links of few people shrink" },
	{ "min_cooccurrence", RS_PARAM_INT, 0, 1e6, 2, 0, 10, RS_SCALE_LINEAR, NULL,
	  "users that two items must share to go together" },
	{ "content_weight", RS_PARAM_REAL, 0, 1000, 1, .1, 10, RS_SCALE_LOG, NULL,
	  "what attributes say, beside what people do, of an item that nobody knows" },
	{ "content_people", RS_PARAM_REAL, 0, 1e9, 10, 1, 100, RS_SCALE_LOG, NULL,
	  "an item that so many people know is described half as much by its attributes" },
	{ "min_items", RS_PARAM_INT, 1, 1e6, 2, 0, 0, RS_SCALE_LINEAR, NULL,
	  "attribute values and terms of fewer items are left out" },
	{ "bins", RS_PARAM_INT, 1, 1000, 8, 0, 0, RS_SCALE_LINEAR, NULL, "ranges that a number falls into" },
	{ "gram", RS_PARAM_INT, 0, RS_FEATURE_GRAM_MAX, 0, 0, 0, RS_SCALE_LINEAR, NULL,
	  "pieces of words of so many characters are terms as well; 0: words only" },
	{ "category_weight", RS_PARAM_REAL, 0, 1000, 1, .2, 5, RS_SCALE_LOG, NULL, "weight of categorical attributes" },
	{ "number_weight", RS_PARAM_REAL, 0, 1000, .3, .1, 5, RS_SCALE_LOG, NULL, "weight of numbers" },
	{ "text_weight", RS_PARAM_REAL, 0, 1000, 1, .2, 5, RS_SCALE_LOG, NULL, "weight of texts" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

static void wants(const struct rs_param_values *p, struct rs_wants *w)
{
	w->items = w->text = w->cold_items = true;
	w->min_items = (uint32_t)rs_param(p, "min_items");
	w->bins = (uint32_t)rs_param(p, "bins");
	w->gram = (uint32_t)rs_param(p, "gram");
}

static double largest(const struct rs_csr *w, uint32_t i)
{
	float most = 0;

	for (uint64_t e = w->row_ptr[i]; e < w->row_ptr[i + 1]; e++)
		most = w->val[e] > most ? w->val[e] : most;
	return most > 0 ? (double)most : 1;
}

struct joining {
	const struct rs_csr *by_people, *by_content;
	const uint32_t *users;
	double weight, people; /* content_weight, content_people */
};

/* How much the attributes say about a link: the more, the fewer people know one of the two items. */
static double trust(const struct joining *j, uint32_t a, uint32_t b)
{
	uint32_t n = j->users[a] < j->users[b] ? j->users[a] : j->users[b];

	return n == 0 ? j->weight : j->weight * j->people / (j->people + n);
}

/* Row i of both, merged behind what stands in w. */
static void join_row(struct rs_csr *w, const struct joining *j, uint32_t i)
{
	const struct rs_csr *p = j->by_people, *c = j->by_content;
	uint64_t a = p->row_ptr[i], b = c->row_ptr[i], n = w->row_ptr[i];
	double by_people = 1 / largest(p, i), by_content = 1 / largest(c, i);

	while (a < p->row_ptr[i + 1] || b < c->row_ptr[i + 1]) {
		bool first = a < p->row_ptr[i + 1] && (b == c->row_ptr[i + 1] || p->col[a] <= c->col[b]);
		uint32_t item = first ? p->col[a] : c->col[b];
		double v = first ? by_people * (double)p->val[a++] : 0;

		if (b < c->row_ptr[i + 1] && c->col[b] == item)
			v += by_content * (double)c->val[b++] * trust(j, i, item);
		w->col[n] = item;
		w->val[n] = (float)v;
		n += v > 0;
	}
	w->row_ptr[i + 1] = n;
}

static int join(struct rs_csr *w, const struct joining *j, struct rs_err *err)
{
	uint32_t n = j->by_people->n_rows;
	uint64_t room = j->by_people->row_ptr[n] + j->by_content->row_ptr[n] + 1;

	w->n_rows = w->n_cols = n;
	if ((w->row_ptr = rs_array0((size_t)n + 1, sizeof *w->row_ptr, err)) == NULL ||
	    (w->col = rs_array(room, sizeof *w->col, err)) == NULL || (w->val = rs_array(room, sizeof *w->val, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		join_row(w, j, i);
	return 0;
}

static int link_people(struct rs_csr *w, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_neighbours how = { .source_exponent = 1,
		                     .target_exponent = rs_param(p, "popularity_discount"),
		                     .power = 1,
		                     .shrink = rs_param(p, "shrink"),
		                     .k = (uint32_t)rs_param(p, "neighbors"),
		                     .min_users = (uint32_t)rs_param(p, "min_cooccurrence") };
	struct rs_csr x;
	int rc = rs_matrix_from_events(&x, in->events, RS_REPEATS_MAX, err);

	if (rc < 0)
		return rc;
	rc = rs_neighbours(w, &x, &how, err);
	rs_csr_release(&x);
	return rc;
}

static int no_links(struct rs_csr *w, uint32_t n_items, struct rs_err *err)
{
	w->n_rows = w->n_cols = n_items;
	if ((w->row_ptr = rs_array0((size_t)n_items + 1, sizeof *w->row_ptr, err)) == NULL ||
	    (w->col = rs_array(0, sizeof *w->col, err)) == NULL || (w->val = rs_array(0, sizeof *w->val, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_block_how blocks = { .cosine = true,
		                       .categories = rs_param(p, "category_weight"),
		                       .numbers = rs_param(p, "number_weight"),
		                       .text = rs_param(p, "text_weight") };
	struct rs_links *m = rs_links_new(p, err);
	struct rs_csr by_people = { 0 }, by_content = { 0 };
	uint32_t *users = rs_array(in->events->n_items, sizeof *users, err);
	struct joining j = { &by_people, &by_content, users, rs_param(p, "content_weight"), rs_param(p, "content_people") };
	int rc = RS_ENOMEM;

	*state = NULL;
	if (m == NULL || users == NULL)
		goto out;
	if (in->item_features->n == 0)
		rs_note("similar: no attributes of items to learn from: items are alike by what people do alone");
	if ((rc = rs_links_count(users, in->events, err)) < 0 || (rc = link_people(&by_people, in, p, err)) < 0)
		goto out;
	rc = in->item_features->n == 0 ? no_links(&by_content, in->events->n_items, err) :
	                                 rs_content_links(&by_content, in->item_features, in->item_profile, &blocks,
	                                                  (uint32_t)rs_param(p, "neighbors"), err);
	if (rc < 0 || (rc = join(&m->w.s.w, &j, err)) < 0)
		goto out;
	*state = m;
	m = NULL;
out:
	rs_links_free(m);
	rs_csr_release(&by_people);
	rs_csr_release(&by_content);
	rs_free(users);
	return rc;
}

static const char *const aliases[] = { "similar-items", "aws-similar-items", "vod-more-like-x", "aws-vod-more-like-x", NULL };

extern const struct rs_recipe rs_recipe_similar;
const struct rs_recipe rs_recipe_similar = {
	.name = "similar",
	.aliases = aliases,
	.summary = "more like this: what goes with an item and what says the same about itself; new items too",
	.params = params,
	.wants = wants,
	.train = train,
	RS_LINKS_MEMBERS,
};
