/* trainable.c -- which recipes this data can train, and why not. */
#include "lib/analyze/parts.h"

#include "lib/base/mem.h"
#include "lib/recipe/recipe.h"

#include <string.h>

/* What a method wants beyond what its table says it reads. */
static const struct {
	const char *recipe;
	bool order;  /* lives on what follows what */
	bool square; /* holds items x items numbers of 4 bytes */
} special[] = { { "transition", true, false }, { "session", true, false }, { "ease", false, true } };

static bool has_values(const struct rs_analysis *a)
{
	for (uint32_t i = 0; i < a->table[0].n_columns; i++)
		if (strcmp(a->table[0].column[i].name, "EVENT_VALUE") == 0)
			return a->table[0].column[i].number.n > 0;
	return false;
}

/* Recipes that read a table if it is there. */
static const struct {
	const char *recipe;
	int table; /* 1: of users, 2: of items */
	const char *why;
} helped[] = { { "profile", 1, "without a table of users its lists are those of itemknn: rs-import --user-table" },
	       { "similar", 2, "without a table of items it knows what people do alone: rs-import --item-table" } };

static bool has_text(const struct rs_table_facts *t)
{
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->column[i].type, "text") == 0)
			return true;
	return false;
}

static const char *helper_missing(const struct rs_analysis *a, const struct rs_recipe *r)
{
	for (size_t i = 0; i < sizeof helped / sizeof helped[0]; i++)
		if (strcmp(helped[i].recipe, r->name) == 0 && !a->table[helped[i].table].present)
			return helped[i].why;
	return NULL;
}

/* What the recipe, as it is without options, cannot do without. */
static const char *missing(const struct rs_analysis *a, const struct rs_recipe *r, unsigned needs)
{
	/* Tables add fields, and where no value tells what is positive, the events are, beside items drawn at random. */
	if (r->answer == RS_ANSWER_PROBABILITY || helper_missing(a, r) != NULL)
		return NULL;
	if ((needs & RS_NEED_ITEMS) != 0 && !a->table[2].present)
		return "it learns from a table of items, and there is none: rs-import --item-table";
	if (strcmp(r->name, "semantic") == 0 && !has_text(&a->table[2]))
		return "it learns from texts, and the table of items has none";
	if ((needs & RS_NEED_USERS) != 0 && (needs & RS_NEED_ITEMS) == 0 && !a->table[1].present)
		return "it learns from a table of users, and there is none: rs-import --user-table";
	if ((needs & RS_NEED_TIME) != 0 && !a->times.known)
		return "it learns from times, and the events have none";
	if ((needs & RS_NEED_VALUE) != 0 && !has_values(a))
		return "it learns from values, and the events have none";
	return NULL;
}

static int judge(struct rs_trainable *t, const struct rs_analysis *a, const struct rs_recipe *r, struct rs_err *err)
{
	double square_gib = 4.0 * (double)a->counts.n_items * (double)a->counts.n_items / (1 << 30);
	struct rs_param_values p;
	const char *no;
	int rc = rs_recipe_params(&p, r->name, err);

	if (rc < 0)
		return rc;
	no = missing(a, r, rs_recipe_needs(r, &p));
	t->recipe = r->name;
	if (a->counts.n_events == 0)
		no = "there are no events";
	if (no != NULL) {
		t->verdict = "no";
		return rs_text(&t->why, err, "%s", no);
	}
	t->verdict = "limited";
	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
		if (strcmp(special[i].recipe, r->name) != 0)
			continue;
		if (special[i].order && !a->times.known)
			return rs_text(&t->why, err, "it learns from the order of events, which have no times");
		if (special[i].order && a->sessions.n > 0 && a->sessions.events.mean < 1.5)
			return rs_text(&t->why, err, "sessions hold %.1f events on average: little follows on anything",
			               a->sessions.events.mean);
		if (special[i].square && square_gib > 4)
			return rs_text(&t->why, err, "items x items takes about %.0f GiB of memory", square_gib);
	}
	if (helper_missing(a, r) != NULL)
		return rs_text(&t->why, err, "%s", helper_missing(a, r));
	if (a->counts.users_2 < 25)
		return rs_text(&t->why, err, "only %llu users have two events or more",
		               (unsigned long long)a->counts.users_2);
	if (a->counts.n_events < 1000)
		return rs_text(&t->why, err, "only %llu events", (unsigned long long)a->counts.n_events);
	t->verdict = "yes";
	return rs_text(&t->why, err, "%s", "");
}

int rs_analyze_trainable(struct rs_analysis *a, struct rs_err *err)
{
	uint32_t n = 0;
	int rc = 0;

	while (rs_recipes[n] != NULL)
		n++;
	if ((a->trainable = rs_array0(n, sizeof *a->trainable, err)) == NULL)
		return RS_ENOMEM;
	while (a->n_trainable < n && rc == 0) {
		rc = judge(&a->trainable[a->n_trainable], a, rs_recipes[a->n_trainable], err);
		a->n_trainable++;
	}
	return rc;
}
