/* table.c -- the list of recipes. */
#include "lib/recipe/recipe.h"

#include <stddef.h>

extern const struct rs_recipe rs_recipe_popular, rs_recipe_itemknn, rs_recipe_ease;

const struct rs_recipe *const rs_recipes[] = { &rs_recipe_popular, &rs_recipe_itemknn, &rs_recipe_ease, NULL };

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
	return NULL;
}
