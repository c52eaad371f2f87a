/* table.c -- the list of recipes. */
#include "lib/recipe/recipe.h"

#include <stddef.h>
#include <string.h>

extern const struct rs_recipe rs_recipe_popular, rs_recipe_trending, rs_recipe_itemknn, rs_recipe_ease, rs_recipe_als;
extern const struct rs_recipe rs_recipe_content, rs_recipe_mf, rs_recipe_transition, rs_recipe_slim;
extern const struct rs_recipe rs_recipe_profile, rs_recipe_session;
extern const struct rs_recipe rs_recipe_similar, rs_recipe_semantic;
extern const struct rs_recipe rs_recipe_lr, rs_recipe_fm, rs_recipe_ffm, rs_recipe_fwfm;
extern const struct rs_recipe rs_recipe_userknn;

const struct rs_recipe *const rs_recipes[] = {
	&rs_recipe_popular,
	&rs_recipe_trending,
	&rs_recipe_itemknn,
	&rs_recipe_ease,
	&rs_recipe_als,
	&rs_recipe_content,
	&rs_recipe_profile,
	&rs_recipe_similar,
	&rs_recipe_semantic,
	&rs_recipe_userknn,
	&rs_recipe_mf,
	&rs_recipe_transition,
	&rs_recipe_slim,
	&rs_recipe_session,
	&rs_recipe_lr,
	&rs_recipe_fm,
	&rs_recipe_ffm,
	&rs_recipe_fwfm,
	NULL,
};

static char letter(char c)
{
	return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same(const char *a, const char *b)
{
	for (; *a != 0 && letter(*a) == letter(*b); a++)
		b++;
	return *a == 0 && *b == 0;
}

/* Names that stand for a point of a recipe, after those of Amazon Personalize: Popularity-Count knows no age; Trending-Now
 * looks at two hours; affinity looks further back than what comes next; SIMS discounts popular items by half and wants three
 * users in common. Those of its use cases are here alone; which events count is for the caller to say. */
#define NO_AGE "half_life_days=0", "window_days=0"
#define SIMS "similarity=probability", "popularity_discount=0.5", "min_cooccurrence=3", "prune=source"

static const struct {
	const char *name, *recipe, *set[4];
} points[] = {
	{ "popularity-count", "popular", { NO_AGE } },
	{ "aws-popularity-count", "popular", { NO_AGE } },
	{ "aws-vod-most-popular", "popular", { NO_AGE } },
	{ "aws-ecomm-popular-items-by-views", "popular", { "count=events", NO_AGE } },
	{ "aws-ecomm-popular-items-by-purchases", "popular", { "count=events", NO_AGE } },
	{ "trending-now", "trending", { "interval_hours=2" } },
	{ "aws-trending-now", "trending", { "interval_hours=2" } },
	{ "aws-vod-trending-now", "trending", { "interval_hours=2" } },
	{ "affinity", "transition", { "history_half_life=12" } },
	{ "item-affinity", "transition", { "history_half_life=12" } },
	{ "aws-item-affinity", "transition", { "history_half_life=12" } },
	{ "item-attribute-affinity", "transition", { "history_half_life=12" } },
	{ "aws-item-attribute-affinity", "transition", { "history_half_life=12" } },
	{ "aws-ecomm-recommended-for-you", "transition", { NULL } },
	{ "aws-vod-top-picks", "transition", { NULL } },
	{ "sims", "itemknn", { SIMS } },
	{ "aws-sims", "itemknn", { SIMS } },
	{ "aws-ecomm-frequently-bought-together", "itemknn", { SIMS } },
	{ "aws-ecomm-customers-who-viewed-x-also-viewed", "itemknn", { SIMS } },
	{ "aws-vod-because-you-watched-x", "itemknn", { SIMS } },
	{ "similar-items", "similar", { "popularity_discount=0" } },
	{ "aws-similar-items", "similar", { "popularity_discount=0" } },
};

int rs_recipe_params(struct rs_param_values *p, const char *name, struct rs_err *err)
{
	rs_params_init(p, rs_recipe_find(name)->params);
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		for (size_t k = 0; same(points[i].name, name) && k < 4 && points[i].set[k] != NULL; k++) {
			int rc = rs_params_set(p, points[i].set[k], err);

			if (rc < 0)
				return rc;
		}
	}
	memset(p->given, 0, sizeof p->given);
	return 0;
}

unsigned rs_recipe_needs(const struct rs_recipe *r, const struct rs_param_values *p)
{
	struct rs_wants w = { 0 };
	unsigned need = r->needs;

	if (r->wants != NULL)
		r->wants(p, &w);
	need |= w.users ? (unsigned)RS_NEED_USERS : 0;
	need |= w.items || w.cold_items ? (unsigned)RS_NEED_ITEMS : 0;
	return need | (w.context ? (unsigned)RS_NEED_CONTEXT : 0);
}

const struct rs_recipe *rs_recipe_find(const char *name)
{
	for (size_t i = 0; rs_recipes[i] != NULL; i++) {
		const char *const *alias = rs_recipes[i]->aliases;

		if (same(rs_recipes[i]->name, name))
			return rs_recipes[i];
		for (; alias != NULL && *alias != NULL; alias++)
			if (same(*alias, name))
				return rs_recipes[i];
	}
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
		if (same(points[i].name, name))
			return rs_recipe_find(points[i].recipe);
	return NULL;
}

static bool is_alias(const struct rs_recipe *r, const char *name)
{
	for (const char *const *alias = r->aliases; alias != NULL && *alias != NULL; alias++)
		if (same(*alias, name))
			return true;
	return false;
}

const char *rs_recipe_other_name(const struct rs_recipe *r, size_t i)
{
	for (const char *const *alias = r->aliases; alias != NULL && *alias != NULL; alias++)
		if (i-- == 0)
			return *alias;
	for (size_t k = 0; k < sizeof points / sizeof points[0]; k++)
		if (strcmp(points[k].recipe, r->name) == 0 && !is_alias(r, points[k].name) && i-- == 0)
			return points[k].name;
	return NULL;
}
