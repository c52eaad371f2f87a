/* choice.c -- the choice of events as options and as JSON: {"events":[{"type":"buy","min":4,"weight":5}],"min_value":3,
 * "half_life_days":30,"weight_column":"QUANTITY","min_history":0.005,"max_history":0.995,"last_events":500,
 * "objective":{"column":"PRICE","sensitivity":"low"}}, each member only where it says something. */
#include "lib/base/text.h"
#include "lib/data/events.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define MAX_RULES (sizeof((struct rs_choice *)0)->rule / sizeof((struct rs_choice *)0)->rule[0])

void rs_choice_init(struct rs_choice *c)
{
	memset(c, 0, sizeof *c);
	c->min_value = NAN;
}

static int bad_event(const char *spec, struct rs_err *err, const char *expected)
{
	char q[RS_QUOTE_MAX];

	return rs_fail(err, RS_EUSAGE, "event %s: expected %s", rs_quote(q, sizeof q, spec, strlen(spec)), expected);
}

/* Takes ":NAME=NUMBER" off the end of spec[0 .. *n); false where it does not stand there. */
static bool take_number(const char *spec, size_t *n, const char *name, double *v)
{
	size_t at = *n, len = strlen(name);

	while (at > 0 && spec[at - 1] != ':')
		at--;
	if (at == 0 || *n - at < len + 1 || memcmp(spec + at, name, len) != 0 || spec[at + len] != '=')
		return false;
	if (!rs_get_f64(spec + at + len + 1, *n - at - len - 1, v) || !isfinite((float)*v))
		*v = NAN;
	*n = at - 1;
	return true;
}

static bool same_name(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

static bool is_weight(double w)
{
	return w >= -1e6 && w <= 1e6;
}

int rs_choice_parse_event(struct rs_choice *c, const char *spec, struct rs_err *err)
{
	struct rs_event_rule rule = { .min_value = NAN, .weight = 1 };
	bool has_min = false, has_weight = false;
	size_t n = strlen(spec);

	for (;;) {
		double v;

		if (take_number(spec, &n, "weight", &v)) {
			if (has_weight || !is_weight(v))
				return bad_event(spec, err, "one weight from -1e6 to 1e6");
			rule.weight = (float)v;
			has_weight = true;
		} else if (take_number(spec, &n, "min", &v)) {
			if (has_min || isnan(v))
				return bad_event(spec, err, "one number behind min=");
			rule.min_value = (float)v;
			has_min = true;
		} else {
			break;
		}
	}
	if (n == 0 || n >= sizeof rule.type)
		return bad_event(spec, err, "TYPE[:min=V][:weight=W] with a type of 1 to 63 bytes");
	memcpy(rule.type, spec, n);
	for (uint32_t i = 0; i < c->n_rules; i++)
		if (same_name(c->rule[i].type, rule.type))
			return bad_event(spec, err, "each event type once");
	if (c->n_rules == MAX_RULES)
		return bad_event(spec, err, "at most 32 event types");
	c->rule[c->n_rules++] = rule;
	return 0;
}

static const char *const sensitivities[] = { "off", "low", "medium", "high" };

int rs_choice_parse_objective(struct rs_choice *c, const char *spec, struct rs_err *err)
{
	size_t n = strlen(spec);
	char q[RS_QUOTE_MAX];

	c->sensitivity = RS_SENSITIVITY_MEDIUM;
	for (int i = RS_SENSITIVITY_OFF; i <= RS_SENSITIVITY_HIGH; i++) {
		size_t k = strlen(sensitivities[i]);

		if (n > k + 1 && spec[n - k - 1] == ':' && same_name(spec + n - k, sensitivities[i])) {
			c->sensitivity = (enum rs_sensitivity)i;
			n -= k + 1;
			break;
		}
	}
	if (n == 0 || n >= sizeof c->objective || memchr(spec, ':', n) != NULL)
		return rs_fail(err, RS_EUSAGE, "objective %s: expected COLUMN[:off|low|medium|high]",
		               rs_quote(q, sizeof q, spec, strlen(spec)));
	memcpy(c->objective, spec, n);
	c->objective[n] = 0;
	return 0;
}

/* A float as the double with the shortest decimal form. */
static double shortest(float v)
{
	char text[RS_NUM_MAX];
	double d = v;

	rs_get_f64(text, rs_put_f32(text, v), &d);
	return d;
}

static int out_of_memory(struct rs_err *err)
{
	return rs_fail(err, RS_ENOMEM, "out of memory for JSON");
}

static int rule_to_json(const struct rs_event_rule *r, json_t *array, struct rs_err *err)
{
	json_t *o = json_object();

	if (o == NULL || json_array_append(array, o) < 0) {
		json_decref(o);
		return out_of_memory(err);
	}
	json_decref(o); /* the array holds it */
	if (json_object_set_new(o, "type", json_string(r->type)) < 0)
		return rs_fail(err, RS_EDATA, "an event type that is not UTF-8 cannot be chosen");
	if ((!isnan(r->min_value) && json_object_set_new(o, "min", json_real(shortest(r->min_value))) < 0) ||
	    (r->weight != 1 && json_object_set_new(o, "weight", json_real(shortest(r->weight))) < 0))
		return out_of_memory(err);
	return 0;
}

static int set_text(json_t *o, const char *name, const char *text, struct rs_err *err)
{
	if (json_object_set_new(o, name, json_string(text)) < 0)
		return rs_fail(err, RS_EDATA, "a column whose name is not UTF-8 cannot be chosen");
	return 0;
}

static int objective_to_json(const struct rs_choice *c, json_t *object, struct rs_err *err)
{
	json_t *o = json_object();
	int rc;

	if (o == NULL || json_object_set_new(object, "objective", o) < 0)
		return out_of_memory(err);
	if ((rc = set_text(o, "column", c->objective, err)) < 0)
		return rc;
	return set_text(o, "sensitivity", sensitivities[c->sensitivity], err);
}

int rs_choice_to_json(const struct rs_choice *c, json_t *object, struct rs_err *err)
{
	json_t *events;
	int rc;

	if (c->n_rules > 0) {
		if ((events = json_array()) == NULL || json_object_set_new(object, "events", events) < 0)
			return out_of_memory(err);
		for (uint32_t i = 0; i < c->n_rules; i++)
			if ((rc = rule_to_json(&c->rule[i], events, err)) < 0)
				return rc;
	}
	if ((!isnan(c->min_value) && json_object_set_new(object, "min_value", json_real(shortest(c->min_value))) < 0) ||
	    (c->half_life_days > 0 && json_object_set_new(object, "half_life_days", json_real(c->half_life_days)) < 0) ||
	    (c->min_history > 0 && json_object_set_new(object, "min_history", json_real(c->min_history)) < 0) ||
	    (c->max_history > 0 && c->max_history < 1 &&
	     json_object_set_new(object, "max_history", json_real(c->max_history)) < 0) ||
	    (c->last_events > 0 && json_object_set_new(object, "last_events", json_integer(c->last_events)) < 0))
		return out_of_memory(err);
	if (c->weight_column[0] != 0 && (rc = set_text(object, "weight_column", c->weight_column, err)) < 0)
		return rc;
	return c->objective[0] == 0 ? 0 : objective_to_json(c, object, err);
}

static int bad_choice(struct rs_err *err, const char *what)
{
	return rs_fail(err, RS_EDATA, "choice of events: %s", what);
}

/* A number, or the one given before where there is no such member. */
static bool get_number(const json_t *o, const char *name, double *v)
{
	const json_t *n = json_object_get(o, name);

	if (n == NULL)
		return true;
	*v = json_number_value(n);
	return json_is_number(n) && isfinite((float)*v);
}

static int rule_from_json(struct rs_choice *c, const json_t *o, struct rs_err *err)
{
	struct rs_event_rule *r = &c->rule[c->n_rules];
	const json_t *type = json_object_get(o, "type");
	double min = NAN, weight = 1;

	if (!json_is_string(type) || json_string_length(type) == 0 || json_string_length(type) >= sizeof r->type)
		return bad_choice(err, "an event type is missing, empty or too long");
	if (!get_number(o, "min", &min) || !get_number(o, "weight", &weight) || !is_weight(weight))
		return bad_choice(err, "min or weight is not a number in range");
	*r = (struct rs_event_rule){ .min_value = (float)min, .weight = (float)weight };
	memcpy(r->type, json_string_value(type), json_string_length(type));
	c->n_rules++;
	return 0;
}

/* The text of a member into out (size bytes with the final 0); nothing where there is no such member. */
static bool get_text(const json_t *o, const char *name, char *out, size_t size)
{
	const json_t *s = json_object_get(o, name);

	if (s == NULL)
		return true;
	if (!json_is_string(s) || json_string_length(s) == 0 || json_string_length(s) >= size)
		return false;
	memcpy(out, json_string_value(s), json_string_length(s) + 1);
	return true;
}

static int objective_from_json(struct rs_choice *c, const json_t *object, struct rs_err *err)
{
	const json_t *o = json_object_get(object, "objective");
	char sensitivity[16] = "";
	int i = 0;

	if (o == NULL)
		return 0;
	if (!get_text(o, "column", c->objective, sizeof c->objective) || c->objective[0] == 0 ||
	    !get_text(o, "sensitivity", sensitivity, sizeof sensitivity))
		return bad_choice(err, "objective is not a column and a sensitivity");
	while (i <= RS_SENSITIVITY_HIGH && strcmp(sensitivity, sensitivities[i]) != 0)
		i++;
	if (i > RS_SENSITIVITY_HIGH)
		return bad_choice(err, "the sensitivity is none of off, low, medium, high");
	c->sensitivity = (enum rs_sensitivity)i;
	return 0;
}

int rs_choice_from_json(struct rs_choice *c, const json_t *object, struct rs_err *err)
{
	const json_t *events = json_object_get(object, "events");
	double min = NAN, half_life = 0, last_events = 0;
	int rc;

	rs_choice_init(c);
	if (!json_is_object(object))
		return bad_choice(err, "not a JSON object");
	if (events != NULL && (!json_is_array(events) || json_array_size(events) > MAX_RULES))
		return bad_choice(err, "events is not a list of at most 32");
	for (size_t i = 0; i < json_array_size(events); i++)
		if ((rc = rule_from_json(c, json_array_get(events, i), err)) < 0)
			return rc;
	if (!get_number(object, "min_value", &min) || !get_number(object, "half_life_days", &half_life) || half_life < 0)
		return bad_choice(err, "min_value or half_life_days is not a number in range");
	if (!get_number(object, "min_history", &c->min_history) || !get_number(object, "max_history", &c->max_history) ||
	    !get_number(object, "last_events", &last_events) ||
	    !(c->min_history >= 0 && c->min_history <= 1 && c->max_history >= 0 && c->max_history <= 1) ||
	    (c->max_history > 0 && c->min_history > c->max_history) || !(last_events >= 0 && last_events <= UINT32_MAX))
		return bad_choice(err, "min_history, max_history or last_events is not a number in range");
	if (!get_text(object, "weight_column", c->weight_column, sizeof c->weight_column))
		return bad_choice(err, "weight_column is not the name of a column");
	c->min_value = (float)min;
	c->half_life_days = half_life;
	c->last_events = (uint32_t)last_events;
	return objective_from_json(c, object, err);
}
