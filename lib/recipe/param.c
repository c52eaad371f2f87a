/* param.c -- the parameter table of a recipe. */
#include "lib/recipe/param.h"

#include "lib/base/buf.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/base/tiles.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t count(const struct rs_param *table)
{
	size_t n = 0;

	while (table[n].name != NULL)
		n++;
	assert(n <= RS_PARAM_MAX);
	return n;
}

void rs_params_init(struct rs_param_values *p, const struct rs_param *table)
{
	memset(p, 0, sizeof *p);
	p->table = table;
	for (size_t i = 0; i < count(table); i++)
		p->v[i] = table[i].preset;
}

static size_t find(const struct rs_param *table, const char *name, size_t n)
{
	size_t i = 0;

	while (table[i].name != NULL && (strlen(table[i].name) != n || memcmp(table[i].name, name, n) != 0))
		i++;
	return i;
}

/* Names of parameters in Amazon Personalize, where they are other ones. */
static const char *const personalize[][2] = {
	{ "popularity_discount_factor", "popularity_discount" },
	{ "min_cointeraction_count", "min_cooccurrence" },
	{ "trend_discovery_frequency", "interval_hours" },
};

/* What other libraries call them: told, not taken, as their scale may differ. */
static const char *const elsewhere[][2] = {
	{ "iterations", "epochs" }, { "n_iters", "epochs" }, { "max_iter", "epochs" }, { "sweeps", "epochs" },
	{ "lambda", "regularization" }, { "reg", "regularization" }, { "reg_weight", "regularization" },
	{ "weight_decay", "regularization" }, { "l2", "regularization" }, { "lambda", "l2" }, { "reg", "l2" },
	{ "reg_weight", "l2" }, { "l2_reg", "l2" }, { "regularization", "l2" },
	{ "alpha", "unobserved_weight" }, { "k", "neighbors" }, { "top_k", "neighbors" }, { "n_neighbors", "neighbors" },
	{ "neighbours", "neighbors" }, { "max_neighbors", "neighbors" }, { "embedding_size", "factors" },
	{ "embedding_dim", "factors" }, { "dim", "factors" }, { "rank", "factors" },
	{ "lr", "learning_rate" }, { "negative_samples", "negatives" }, { "neg_sampling", "negatives" },
	{ "metric", "similarity" }, { "shrinkage", "shrink" },
};

static int fold(char c)
{
	return c == '-' || c == '_' ? '_' : c | 32;
}

static bool same_name(const char *name, size_t n, const char *other)
{
	size_t i = 0;

	while (i < n && other[i] != 0 && fold(name[i]) == fold(other[i]))
		i++;
	return i == n && other[n] == 0;
}

static void show_elsewhere(struct rs_nearest *near, const struct rs_param *table)
{
	for (size_t i = 0; near->name == NULL && i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
		const char *ours = table[find(table, elsewhere[i][1], strlen(elsewhere[i][1]))].name;

		if (ours != NULL && same_name(near->word, near->n, elsewhere[i][0]))
			near->name = ours;
	}
}

static int unknown(const struct rs_param *table, const char *name, size_t n, struct rs_err *err)
{
	struct rs_buf known = RS_BUF_INIT;
	char q[RS_QUOTE_MAX], hint[RS_NEAREST_MAX];
	struct rs_nearest near;
	const char *list;

	rs_nearest_init(&near, name, n);
	for (size_t i = 0; table[i].name != NULL; i++)
		rs_nearest_show(&near, table[i].name);
	for (size_t i = 0; i < sizeof personalize / sizeof personalize[0]; i++)
		if (table[find(table, personalize[i][1], strlen(personalize[i][1]))].name != NULL)
			rs_nearest_show(&near, personalize[i][0]);
	show_elsewhere(&near, table);
	for (size_t i = 0; table[i].name != NULL; i++)
		if (rs_buf_addf(&known, err, "%s%s", i > 0 ? ", " : "", table[i].name) < 0)
			break;
	list = rs_buf_str(&known, err);
	rs_fail(err, RS_EUSAGE, "unknown parameter %s%s: expected one of %s", rs_quote(q, sizeof q, name, n),
	        rs_nearest_hint(&near, "", hint, sizeof hint), list == NULL ? "?" : list);
	rs_buf_release(&known);
	return RS_EUSAGE;
}

/* As scripts of any language write it: case does not matter. */
static bool parse_bool(const char *text, double *v)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
	char lower[8];
	size_t n = strlen(text);

	for (size_t i = 0; i <= n && n < sizeof lower; i++)
		lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
	for (size_t i = 0; n < sizeof lower && i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(lower, words[i]) == 0) {
			*v = (double)(i % 2);
			return true;
		}
	}
	return false;
}

static bool parse(const struct rs_param *row, const char *text, double *v)
{
	if (row->type == RS_PARAM_CHOICE) {
		for (int i = 0; row->choices[i] != NULL; i++) {
			if (strcmp(row->choices[i], text) == 0) {
				*v = i;
				return true;
			}
		}
		return false;
	}
	if (row->type == RS_PARAM_BOOL)
		return parse_bool(text, v);
	if (isnan(row->preset) && strcmp(text, "auto") == 0) {
		*v = NAN;
		return true;
	}
	return rs_get_f64(text, strlen(text), v) && *v >= row->min && *v <= row->max &&
	       (row->type == RS_PARAM_REAL || *v == floor(*v));
}

static int bad_value(const struct rs_param *row, const char *text, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	char q[RS_QUOTE_MAX];
	const char *expected = NULL;
	int rc = 0;

	if (row->type == RS_PARAM_CHOICE) {
		for (int i = 0; row->choices[i] != NULL && rc == 0; i++)
			rc = rs_buf_addf(&b, err, "%s%s", i > 0 ? ", " : "one of ", row->choices[i]);
	} else if (row->type == RS_PARAM_BOOL) {
		rc = rs_buf_adds(&b, "true or false (or yes, no, on, off, 1, 0)", err);
	} else {
		rc = rs_buf_addf(&b, err, "%s from %g to %g%s",
		                 row->type == RS_PARAM_REAL ? "a number" : "a whole number", row->min, row->max,
		                 isnan(row->preset) ? " or auto" : "");
	}
	if (rc == 0)
		expected = rs_buf_str(&b, err);
	rs_fail(err, RS_EUSAGE, "parameter %s: %s: expected %s", row->name, rs_quote(q, sizeof q, text, strlen(text)),
	        expected == NULL ? "another value" : expected);
	rs_buf_release(&b);
	return RS_EUSAGE;
}

/* Those of its networks, bandits and quotas, which mean nothing to any recipe here, with what comes nearest to them: a
 * parameter, where the recipe has it. */
static const char *const without_meaning[][2] = {
	{ "hidden_dimension", NULL },
	{ "item_id_hidden_dim", NULL },
	{ "item_metadata_hidden_dim", NULL },
	{ "bptt", "window" },
	{ "recency_mask", "history_half_life" },
	{ "apply_recency_bias", "history_half_life" },
	{ "cold_start_max_interactions", NULL },
	{ "cold_start_max_duration", NULL },
	{ "cold_start_relative_from", NULL },
	{ "action_optimization_period", NULL },
};

/* Says that it is passed over, so that a script written for Amazon Personalize runs; false where the name is none of them. */
static bool pass_over(const struct rs_param *table, const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof without_meaning / sizeof without_meaning[0]; i++) {
		const char *near = without_meaning[i][1];

		if (strlen(without_meaning[i][0]) != n || memcmp(without_meaning[i][0], name, n) != 0)
			continue;
		if (near != NULL && table[find(table, near, strlen(near))].name != NULL)
			rs_note("parameter %.*s: not used, this recipe has no such thing; nearest to it is %s", (int)n, name,
			        near);
		else
			rs_note("parameter %.*s: not used, this recipe has no such thing", (int)n, name);
		return true;
	}
	return false;
}

/* Hours in its words: "30 minutes", "1 hour", "1 day". */
static bool parse_hours(const struct rs_param *row, const char *text, double *hours)
{
	static const struct {
		const char *unit;
		double hours;
	} units[] = { { " minutes", 1 / 60. }, { " hour", 1 }, { " hours", 1 }, { " day", 24 }, { " days", 24 } };
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(text + digits, units[i].unit) == 0 && rs_get_f64(text, digits, hours)) {
			*hours *= units[i].hours;
			return *hours >= row->min && *hours <= row->max;
		}
	}
	return false;
}

/* The row of a name of Amazon Personalize, or the end of the table. */
static size_t find_personalize(const struct rs_param *table, const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof personalize / sizeof personalize[0]; i++)
		if (strlen(personalize[i][0]) == n && memcmp(personalize[i][0], name, n) == 0)
			return find(table, personalize[i][1], strlen(personalize[i][1]));
	return find(table, "", 0);
}

int rs_params_set(struct rs_param_values *p, const char *assignment, struct rs_err *err)
{
	const char *eq = strchr(assignment, '=');
	char q[RS_QUOTE_MAX];
	double v;
	size_t i;

	if (eq == NULL || eq == assignment)
		return rs_fail(err, RS_EUSAGE, "parameter %s: expected NAME=VALUE",
		               rs_quote(q, sizeof q, assignment, strlen(assignment)));
	i = find(p->table, assignment, (size_t)(eq - assignment));
	if (p->table[i].name == NULL)
		i = find_personalize(p->table, assignment, (size_t)(eq - assignment));
	if (p->table[i].name == NULL && pass_over(p->table, assignment, (size_t)(eq - assignment)))
		return 0;
	if (p->table[i].name == NULL)
		return unknown(p->table, assignment, (size_t)(eq - assignment), err);
	if (!parse(&p->table[i], eq + 1, &v) &&
	    !(strcmp(p->table[i].name, "interval_hours") == 0 && parse_hours(&p->table[i], eq + 1, &v)))
		return bad_value(&p->table[i], eq + 1, err);
	p->v[i] = v;
	p->given[i] = true;
	return 0;
}

bool rs_params_have(const struct rs_param_values *p, const char *name)
{
	return p->table[find(p->table, name, strlen(name))].name != NULL;
}

double rs_param(const struct rs_param_values *p, const char *name)
{
	size_t i = find(p->table, name, strlen(name));

	assert(p->table[i].name != NULL);
	return p->v[i];
}

void rs_param_resolve(struct rs_param_values *p, const char *name, double v)
{
	size_t i = find(p->table, name, strlen(name));

	assert(p->table[i].name != NULL);
	p->v[i] = v;
}

int rs_params_to_json(const struct rs_param_values *p, json_t *object, struct rs_err *err)
{
	for (size_t i = 0; p->table[i].name != NULL; i++) {
		const struct rs_param *row = &p->table[i];
		json_t *v;

		if (isnan(p->v[i]))
			v = json_string("auto");
		else if (row->type == RS_PARAM_CHOICE)
			v = json_string(row->choices[(int)p->v[i]]);
		else if (row->type == RS_PARAM_BOOL)
			v = json_boolean(p->v[i] != 0);
		else if (row->type == RS_PARAM_INT)
			v = json_integer((json_int_t)p->v[i]);
		else
			v = json_real(p->v[i]);
		if (json_object_set_new(object, row->name, v) < 0)
			return rs_fail(err, RS_ENOMEM, "out of memory");
	}
	return 0;
}

/* One value of a model's header; false where the table would not have let it through. */
static bool take_json(const struct rs_param *row, const json_t *v, double *out)
{
	if (row->type == RS_PARAM_BOOL) {
		*out = json_is_true(v);
		return json_is_boolean(v);
	}
	if (json_is_string(v))
		return parse(row, json_string_value(v), out);
	*out = json_number_value(v);
	return json_is_number(v) && row->type != RS_PARAM_CHOICE && *out >= row->min && *out <= row->max &&
	       (row->type == RS_PARAM_REAL || *out == floor(*out));
}

int rs_params_from_json(struct rs_param_values *p, const json_t *object, struct rs_err *err)
{
	for (size_t i = 0; p->table[i].name != NULL; i++) {
		const json_t *v = json_object_get(object, p->table[i].name);

		if (v != NULL && !take_json(&p->table[i], v, &p->v[i])) /* absent: newer than the model, the default */
			return rs_fail(err, RS_EDATA, "parameter %s of the model is damaged", p->table[i].name);
	}
	return 0;
}
