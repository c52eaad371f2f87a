/* semantic.c -- items whose texts say the same, with popularity and freshness as far as wanted.
 *
 * Each item's `neighbors` nearest by the cosine of its texts (BM25 over words and pieces of words, item_blocks.h), then
 *     S_ij = (1 - p - f) cos_ij + p n_j / max n + f (t_j - oldest) / (newest - oldest),
 * n_j being the people with item j, t_j its time of creation. No events are needed unless p is above 0. */
#include "lib/base/mem.h"
#include "lib/recipe/content_links.h"
#include "lib/recipe/links.h"

#include <math.h>

static const struct rs_param params[] = {
	{ "neighbors", RS_PARAM_INT, 1, 100000, 200, 0, 0, RS_SCALE_LINEAR, NULL,
	  "related items kept for each item, by what the texts say" },
	{ "popularity", RS_PARAM_REAL, 0, 1, 0, 0, .5, RS_SCALE_LINEAR, NULL, "influence of how many people have an item" },
	{ "freshness", RS_PARAM_REAL, 0, 1, 0, 0, .5, RS_SCALE_LINEAR, NULL,
	  "influence of how new an item is, by its column CREATION_TIMESTAMP" },
	{ "gram", RS_PARAM_INT, 0, RS_FEATURE_GRAM_MAX, 4, 0, 0, RS_SCALE_LINEAR, NULL,
	  "pieces of words of so many characters are terms as well; 0: words only" },
	{ "min_items", RS_PARAM_INT, 1, 1e6, 2, 0, 0, RS_SCALE_LINEAR, NULL, "terms of fewer items are left out" },
	{ "max_terms", RS_PARAM_INT, 100, RS_FEATURES_MAX, 1 << 20, 0, 0, RS_SCALE_LINEAR, NULL,
	  "of each text column so many of the most frequent terms are kept" },
	RS_RECENCY_PARAMS,
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

static void wants(const struct rs_param_values *p, struct rs_wants *w)
{
	w->items = w->text = w->text_only = w->cold_items = true;
	w->min_items = (uint32_t)rs_param(p, "min_items");
	w->gram = (uint32_t)rs_param(p, "gram");
	w->max_terms = (uint32_t)rs_param(p, "max_terms");
}

static const struct rs_column *creation(const struct rs_dataset *d)
{
	const struct rs_column *c = rs_column_find(d->items.column, d->items.n_columns, "CREATION_TIMESTAMP");

	return c != NULL && c->type == RS_TYPE_NUMBER ? c : NULL;
}

static int check(const struct rs_param_values *p, const struct rs_dataset *d, struct rs_err *err)
{
	if (rs_param(p, "popularity") + rs_param(p, "freshness") > 1)
		return rs_fail(err, RS_EUSAGE, "popularity and freshness are more than 1 together");
	if (rs_param(p, "freshness") > 0 && creation(d) == NULL)
		return rs_fail(err, RS_EDATA, "freshness needs a column CREATION_TIMESTAMP of numbers in the table of items");
	return 0;
}

/* From 0, the oldest, to 1; 0 where it is not known. */
static void find_freshness(double *fresh, const struct rs_train_in *in)
{
	const struct rs_column *c = creation(in->data);
	double oldest = INFINITY, newest = -INFINITY;
	uint32_t n = in->events->n_items;

	for (uint32_t i = 0; i < n; i++) {
		double t = fresh[i] = c->number[in->item[i]];

		oldest = t < oldest ? t : oldest;
		newest = t > newest ? t : newest;
	}
	for (uint32_t i = 0; i < n; i++)
		fresh[i] = isnan(fresh[i]) || !(newest > oldest) ? 0 : (fresh[i] - oldest) / (newest - oldest);
}

static int find_popularity(double *popular, const struct rs_train_in *in, struct rs_err *err)
{
	uint32_t n = in->events->n_items, most = 1, *users = rs_array(n, sizeof *users, err);
	int rc;

	if (users == NULL)
		return RS_ENOMEM;
	rc = rs_links_count(users, in->events, err);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		most = users[i] > most ? users[i] : most;
	for (uint32_t i = 0; i < n && rc == 0; i++)
		popular[i] = (double)users[i] / most;
	rs_free(users);
	return rc;
}

static int influence(struct rs_csr *w, const struct rs_train_in *in, double p, double f, struct rs_err *err)
{
	double *popular = rs_array0(w->n_rows, sizeof *popular, err), *fresh = rs_array0(w->n_rows, sizeof *fresh, err);
	int rc = RS_ENOMEM;

	if (popular == NULL || fresh == NULL || (p > 0 && (rc = find_popularity(popular, in, err)) < 0))
		goto out;
	if (f > 0)
		find_freshness(fresh, in);
	for (uint64_t e = 0; e < w->row_ptr[w->n_rows]; e++)
		w->val[e] = (float)((1 - p - f) * (double)w->val[e] + p * popular[w->col[e]] + f * fresh[w->col[e]]);
	rc = 0;
out:
	rs_free(popular);
	rs_free(fresh);
	return rc;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_block_how how = { .cosine = true, .text = 1 };
	struct rs_links *m;
	int rc;

	*state = NULL;
	if (in->item_features->n == 0)
		return rs_fail(err, RS_EDATA,
		               "no texts of items to learn from: semantic needs a text column in the table of items");
	if ((m = rs_links_new(p, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_content_links(&m->w.s.w, in->item_features, in->item_profile, &how, (uint32_t)rs_param(p, "neighbors"),
	                           err)) < 0 ||
	    (rc = influence(&m->w.s.w, in, rs_param(p, "popularity"), rs_param(p, "freshness"), err)) < 0)
		rs_links_free(m);
	else
		*state = m;
	return rc;
}

static const char *const aliases[] = { "semantic-similarity", "aws-semantic-similarity", NULL };

extern const struct rs_recipe rs_recipe_semantic;
const struct rs_recipe rs_recipe_semantic = {
	.name = "semantic",
	.aliases = aliases,
	.summary = "items whose texts say the same, with popularity and freshness as far as wanted",
	.params = params,
	.wants = wants,
	.check = check,
	.train = train,
	RS_LINKS_MEMBERS,
};
