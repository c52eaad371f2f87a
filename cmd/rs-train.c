/* rs-train.c -- from datasets to a model. */
#include "cmd/common.h"

#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/base/tiles.h"
#include "lib/model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_PARAMS 64

static const char *recipe_name, *help_recipe;
static const char *param[MAX_PARAMS];
static size_t n_params;
static struct rs_choice choice;
static bool list_recipes;
static struct rs_spec user_columns, item_columns;
static struct rs_model_columns columns;
static double min_value = NAN, half_life, min_history, max_history = 1;
static int64_t last_events;
static const char *weight_column, *vectors_path, *vector_ids_path;
static struct rs_vectors vectors;

static int add_param(const char *value, struct rs_err *err)
{
	if (n_params == MAX_PARAMS)
		return rs_fail(err, RS_EUSAGE, "more than %d parameters", MAX_PARAMS);
	if (strchr(value, '=') == NULL || value[0] == '=') {
		char q[RS_QUOTE_MAX];

		return rs_fail(err, RS_EUSAGE, "%s: expected NAME=VALUE", rs_quote(q, sizeof q, value, strlen(value)));
	}
	param[n_params++] = value;
	return 0;
}

/* "none", or a list of columns, kept in spec; *to points at it. */
static int set_columns(struct rs_spec *spec, const struct rs_spec **to, const char *value, struct rs_err *err)
{
	rs_spec_release(spec);
	*to = spec;
	return rs_spec_parse_list(spec, value, err);
}

static int set_user_columns(const char *value, struct rs_err *err)
{
	return set_columns(&user_columns, &columns.users, value, err);
}

static int set_item_columns(const char *value, struct rs_err *err)
{
	return set_columns(&item_columns, &columns.items, value, err);
}

static int add_event(const char *value, struct rs_err *err)
{
	return rs_choice_parse_event(&choice, value, err);
}

static int set_objective(const char *value, struct rs_err *err)
{
	return rs_choice_parse_objective(&choice, value, err);
}

static const struct rs_opt opts[] = {
	RS_OPT_STRING('r', "recipe", "NAME", &recipe_name, "the recipe; see --list-recipes"),
	RS_OPT_CALL('p', "param", "NAME=VALUE", add_param, "a parameter of the recipe; repeat for more"),
	RS_OPT_CALL(0, "event", "TYPE[:min=V][:weight=W]", add_event, "an event type that counts; repeat for more [all]"),
	RS_OPT_REAL(0, "min-value", "V", &min_value, -1e30, 1e30, "only events of at least this value count"),
	RS_OPT_REAL(0, "half-life", "DAYS", &half_life, 0, 36500, "an event this old counts half; 0: age does not matter"),
	RS_OPT_STRING(0, "weight", "COLUMN", &weight_column, "a number column of events that says how much each counts"),
	RS_OPT_INT(0, "last-events", "N", &last_events, 0, UINT32_MAX,
	           "learn from so many last events of each user; 0: all"),
	RS_OPT_REAL(0, "min-history", "P", &min_history, 0, 1,
	            "learn from no user whose history is shorter than this percentile of them"),
	RS_OPT_REAL(0, "max-history", "P", &max_history, 0, 1, "nor from any whose history is longer than this one"),
	RS_OPT_CALL(0, "objective", "COLUMN[:off|low|medium|high]", set_objective,
	            "a number column of items of which lists shall be rich"),
	RS_OPT_CALL(0, "user-columns", "LIST", set_user_columns,
	            "attributes of users that recipes may learn from, joined by commas, or \"none\" [all]"),
	RS_OPT_CALL(0, "item-columns", "LIST", set_item_columns, "the same for attributes of items"),
	RS_OPT_PATH(0, "item-vectors", &vectors_path, "vectors of items, a matrix of NumPy (.npy), for content"),
	RS_OPT_PATH(0, "item-vector-ids", &vector_ids_path, "the item of each row of --item-vectors, one id per line"),
	RS_OPT_STRING(0, "help-recipe", "NAME", &help_recipe, "show a recipe's parameters"),
	RS_OPT_FLAG(0, "list-recipes", &list_recipes, "show the recipes"),
	RS_OPT_END
};

/* A parameter of a recipe. */
static const char *no_option(const char *name, size_t n)
{
	for (size_t i = 0; rs_recipes[i] != NULL; i++)
		for (const struct rs_param *p = rs_recipes[i]->params; p->name != NULL; p++)
			if (strlen(p->name) == n && memcmp(p->name, name, n) == 0)
				return "--param NAME=VALUE for a parameter of the recipe";
	return NULL;
}

const struct rs_command rs_command = {
	.name = "rs-train",
	.synopsis = "-r RECIPE [-p NAME=VALUE]... DATASET... > MODEL",
	.summary = "Train a model on one or several datasets.",
	.opts = opts,
	.min_operands = 0,
	.max_operands = -1,
	.no_option = no_option,
};

static int find_recipe(const char *name, const struct rs_recipe **recipe, struct rs_err *err)
{
	char q[RS_QUOTE_MAX], hint[RS_NEAREST_MAX], known[512];
	struct rs_nearest near;
	size_t at = 0;

	if ((*recipe = rs_recipe_find(name)) != NULL)
		return 0;
	rs_nearest_init(&near, name, strlen(name));
	for (size_t i = 0; rs_recipes[i] != NULL; i++)
		rs_nearest_show(&near, rs_recipes[i]->name);
	for (size_t i = 0; rs_recipes[i] != NULL; i++) {
		const char *other;

		for (size_t k = 0; (other = rs_recipe_other_name(rs_recipes[i], k)) != NULL; k++)
			rs_nearest_show(&near, other);
		if (at < sizeof known)
			at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i > 0 ? ", " : "", rs_recipes[i]->name);
	}
	return rs_fail(err, RS_EUSAGE, "unknown recipe %s%s: expected one of %s, or another name that rs-train --list-recipes "
	               "shows",
	               rs_quote(q, sizeof q, name, strlen(name)), rs_nearest_hint(&near, "", hint, sizeof hint), known);
}

static void put_value(const struct rs_param *p, double v)
{
	if (isnan(v))
		printf("auto");
	else if (p->type == RS_PARAM_CHOICE)
		printf("%s", p->choices[(int)v]);
	else if (p->type == RS_PARAM_BOOL)
		printf("%s", v != 0 ? "true" : "false");
	else
		printf("%.10g", v);
}

/* TSV: name, default, least, most (or the choices), meaning. */
static int show_recipe(const char *name, struct rs_err *err)
{
	const struct rs_recipe *r;
	int rc = find_recipe(name, &r, err);

	if (rc < 0)
		return rc;
	printf("%s: %s\nparameter\tdefault\trange\tmeaning\n", r->name, r->summary);
	for (const struct rs_param *p = r->params; p->name != NULL; p++) {
		printf("%s\t", p->name);
		put_value(p, p->preset);
		printf("\t");
		if (p->type == RS_PARAM_CHOICE)
			for (int i = 0; p->choices[i] != NULL; i++)
				printf("%s%s", i > 0 ? "|" : "", p->choices[i]);
		else if (p->type == RS_PARAM_BOOL)
			printf("true|false");
		else
			printf("%.10g..%.10g", p->min, p->max);
		printf("\t%s\n", p->meaning);
	}
	return 0;
}

/* TSV: name, summary, other names. */
static int show_recipes(void)
{
	for (size_t i = 0; rs_recipes[i] != NULL; i++) {
		const char *other;

		printf("%s\t%s\t", rs_recipes[i]->name, rs_recipes[i]->summary);
		for (size_t k = 0; (other = rs_recipe_other_name(rs_recipes[i], k)) != NULL; k++)
			printf("%s%s", k > 0 ? ", " : "", other);
		printf("\n");
	}
	return 0;
}

/* A percentile under its name in Amazon Personalize, where it is no parameter of the recipe but an option. 1: taken. */
static int take_percentile(const struct rs_param_values *params, const char *assignment, struct rs_err *err)
{
	static const struct {
		const char *name;
		double *to;
	} percentile[] = { { "min_user_history_length_percentile", &min_history },
		           { "max_user_history_length_percentile", &max_history } };
	const char *value = strchr(assignment, '=');
	char q[RS_QUOTE_MAX];

	for (size_t i = 0; i < sizeof percentile / sizeof percentile[0]; i++) {
		size_t n = strlen(percentile[i].name);
		double p;

		if ((size_t)(value - assignment) != n || memcmp(assignment, percentile[i].name, n) != 0 ||
		    rs_params_have(params, percentile[i].name))
			continue;
		if (!rs_get_f64(value + 1, strlen(value + 1), &p) || p < 0 || p > 1)
			return rs_fail(err, RS_EUSAGE, "parameter %s: %s: expected a number from 0 to 1", percentile[i].name,
			               rs_quote(q, sizeof q, value + 1, strlen(value + 1)));
		*percentile[i].to = p;
		return 1;
	}
	return 0;
}

static int take_params(struct rs_param_values *params, struct rs_err *err)
{
	int rc = rs_recipe_params(params, recipe_name, err);

	for (size_t i = 0; i < n_params && rc >= 0; i++)
		if ((rc = take_percentile(params, param[i], err)) == 0)
			rc = rs_params_set(params, param[i], err);
	return rc < 0 ? rc : 0;
}

/* What options that stand alone say. */
static int complete_choice(struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	choice.min_value = (float)min_value;
	choice.half_life_days = half_life;
	choice.last_events = (uint32_t)last_events;
	choice.min_history = min_history;
	choice.max_history = max_history;
	if (min_history > max_history)
		return rs_fail(err, RS_EUSAGE, "--min-history %g is above --max-history %g", min_history, max_history);
	if (weight_column == NULL)
		return 0;
	if (weight_column[0] == 0 || strlen(weight_column) >= sizeof choice.weight_column)
		return rs_fail(err, RS_EUSAGE, "--weight %s: expected the name of a column, of 1 to 63 bytes",
		               rs_quote(q, sizeof q, weight_column, strlen(weight_column)));
	memcpy(choice.weight_column, weight_column, strlen(weight_column));
	return 0;
}

/* A type that the data lacks is most often a slip: tells which there are. Where no rule names one that is there: RS_EDATA. */
static int check_types(const struct rs_dataset *d, struct rs_err *err)
{
	char there[512] = "", q[RS_QUOTE_MAX];
	uint32_t unknown = 0;
	size_t at = 0;

	for (uint32_t t = 0; t < d->type_key.n && at + 32 < sizeof there; t++) {
		size_t n;
		const char *key = rs_keys_get(&d->type_key, t, &n);

		if (t == 10) {
			snprintf(there + at, sizeof there - at, " and %u more", d->type_key.n - t);
			break;
		}
		snprintf(there + at, sizeof there - at, "%s%s", t == 0 ? "" : ", ", rs_quote(q, 32, key, n));
		at = strlen(there);
	}
	for (uint32_t i = 0; i < choice.n_rules && d->type_key.n > 0; i++)
		unknown += !rs_event_type_known(d, choice.rule[i].type);
	for (uint32_t i = 0; i < choice.n_rules && unknown > 0; i++) {
		const char *type = choice.rule[i].type;

		rs_quote(q, sizeof q, type, strlen(type));
		if (unknown == choice.n_rules)
			return rs_fail(err, RS_EDATA, "--event %s: the data has no such type, only %s", q, there);
		if (!rs_event_type_known(d, type))
			rs_say("--event %s: the data has no such type, only %s", q, there);
	}
	return 0;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	const struct rs_recipe *recipe;
	struct rs_param_values params;
	struct rs_dataset *d = NULL;
	struct rs_model *m = NULL;
	unsigned need;
	int rc;

	if (help_recipe != NULL)
		return show_recipe(help_recipe, err);
	if (list_recipes)
		return show_recipes();
	if (recipe_name == NULL)
		return rs_fail(err, RS_EUSAGE, "expected --recipe NAME: see rs-train --list-recipes");
	if ((rc = find_recipe(recipe_name, &recipe, err)) < 0)
		return rc;
	if ((rc = take_params(&params, err)) < 0)
		return rc;
	if (argc == 0)
		return rs_fail(err, RS_EUSAGE, "expected at least one DATASET: see rs-train --help");
	if ((vectors_path == NULL) != (vector_ids_path == NULL))
		return rs_fail(err, RS_EUSAGE, "--item-vectors and --item-vector-ids go together");
	if ((rc = rs_refuse_terminal(rs_output, err)) < 0 || (rc = complete_choice(err)) < 0)
		return rc;
	if (vectors_path != NULL && (rc = rs_vectors_read(&vectors, vectors_path, vector_ids_path, err)) < 0)
		return rc;
	columns.vectors = vectors_path == NULL ? NULL : &vectors;
	need = rs_recipe_needs(recipe, &params) | rs_choice_needs(&choice);
	if (choice.objective[0] != 0)
		need |= RS_NEED_ITEMS;
	if ((rc = rs_dataset_open(&d, (const char *const *)argv, (size_t)argc, need, err)) < 0 ||
	    (rc = check_types(d, err)) < 0 ||
	    (rc = rs_model_train_spending(&m, recipe, &params, &choice, &columns, d, rs_seed, err)) < 0 ||
	    (rc = rs_model_write(m, rs_output, err)) < 0)
		goto out;
	if (rs_verbose)
		rs_say("%s: %u items, %u users, %llu events", recipe->name, m->item_key.n, m->n_users,
		       (unsigned long long)m->n_events);
out:
	rs_model_free(m);
	rs_dataset_free(d);
	rs_vectors_release(&vectors);
	rs_spec_release(&user_columns);
	rs_spec_release(&item_columns);
	return rc;
}
