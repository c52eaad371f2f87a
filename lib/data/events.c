/* events.c -- the choice of events, and the events a recipe sees. */
#include "lib/data/events.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <math.h>
#include <string.h>
#include <strings.h>

void rs_choice_init(struct rs_choice *c)
{
	memset(c, 0, sizeof *c);
	c->min_value = NAN;
}

static bool get_float(const char *p, size_t n, float *v)
{
	double x;

	if (!rs_get_f64(p, n, &x) || fabs(x) > 1e30)
		return false;
	*v = (float)x;
	return true;
}

int rs_choice_parse_event(struct rs_choice *c, const char *spec, struct rs_err *err)
{
	struct rs_event_rule *r = &c->rule[c->n_rules];
	const char *colon = strchr(spec, ':');
	size_t n = colon == NULL ? strlen(spec) : (size_t)(colon - spec);
	char q[RS_QUOTE_MAX];

	rs_quote(q, sizeof q, spec, strlen(spec));
	if (c->n_rules == sizeof c->rule / sizeof c->rule[0])
		return rs_fail(err, RS_EUSAGE, "%s: more than %zu event types", q, sizeof c->rule / sizeof c->rule[0]);
	if (n == 0 || n >= sizeof r->type)
		return rs_fail(err, RS_EUSAGE, "%s: expected TYPE[:min=VALUE][:weight=WEIGHT]", q);
	memcpy(r->type, spec, n);
	r->type[n] = 0;
	r->min_value = NAN;
	r->weight = 1;
	while (colon != NULL) {
		const char *part = colon + 1;

		colon = strchr(part, ':');
		n = colon == NULL ? strlen(part) : (size_t)(colon - part);
		if (!(n > 4 && memcmp(part, "min=", 4) == 0 && get_float(part + 4, n - 4, &r->min_value)) &&
		    !(n > 7 && memcmp(part, "weight=", 7) == 0 && get_float(part + 7, n - 7, &r->weight)))
			return rs_fail(err, RS_EUSAGE, "%s: expected TYPE[:min=VALUE][:weight=WEIGHT]", q);
	}
	if (r->weight < 0)
		return rs_fail(err, RS_EUSAGE, "%s: a weight below 0 means nothing to these recipes", q);
	c->n_rules++;
	return 0;
}

int rs_choice_to_json(const struct rs_choice *c, json_t *object, struct rs_err *err)
{
	json_t *rules = json_array();
	int rc = 0;

	for (uint32_t i = 0; i < c->n_rules && rc == 0; i++) {
		json_t *o = json_pack("{s:s, s:f}", "type", c->rule[i].type, "weight", (double)c->rule[i].weight);

		if (o == NULL)
			rc = rs_fail(err, RS_EUSAGE, "an event type is not UTF-8");
		else if (!isnan(c->rule[i].min_value))
			json_object_set_new(o, "min", json_real((double)c->rule[i].min_value));
		json_array_append_new(rules, o);
	}
	json_object_set_new(object, "events", rules);
	if (!isnan(c->min_value))
		json_object_set_new(object, "min_value", json_real((double)c->min_value));
	if (c->half_life_days > 0)
		json_object_set_new(object, "half_life_days", json_real(c->half_life_days));
	return rc;
}

int rs_choice_from_json(struct rs_choice *c, const json_t *object, struct rs_err *err)
{
	const json_t *rules = json_object_get(object, "events"), *v;
	size_t n = json_array_size(rules);

	rs_choice_init(c);
	if (!json_is_array(rules) || n > sizeof c->rule / sizeof c->rule[0])
		return rs_fail(err, RS_EDATA, "the choice of events is damaged");
	for (size_t i = 0; i < n; i++) {
		const json_t *o = json_array_get(rules, i);
		const char *type = json_string_value(json_object_get(o, "type"));
		struct rs_event_rule *r = &c->rule[c->n_rules++];

		if (type == NULL || strlen(type) >= sizeof r->type || !json_is_number(json_object_get(o, "weight")))
			return rs_fail(err, RS_EDATA, "the choice of events is damaged");
		memcpy(r->type, type, strlen(type) + 1);
		r->weight = (float)json_number_value(json_object_get(o, "weight"));
		v = json_object_get(o, "min");
		r->min_value = v == NULL ? NAN : (float)json_number_value(v);
	}
	v = json_object_get(object, "min_value");
	c->min_value = v == NULL ? NAN : (float)json_number_value(v);
	v = json_object_get(object, "half_life_days");
	c->half_life_days = v == NULL ? 0 : json_number_value(v);
	return 0;
}

unsigned rs_choice_needs(const struct rs_choice *c)
{
	unsigned need = RS_NEED_TIME;

	if (c->n_rules > 0)
		need |= RS_NEED_TYPE | RS_NEED_VALUE;
	if (!isnan(c->min_value))
		need |= RS_NEED_VALUE;
	return need;
}

/* For each event type of d its rule, or -1. */
static void match_rules(const struct rs_choice *c, const struct rs_dataset *d, int *rule_of)
{
	for (uint32_t t = 0; t < d->type_key.n; t++) {
		size_t n;
		const char *name = rs_keys_get(&d->type_key, t, &n);

		rule_of[t] = -1;
		for (uint32_t i = 0; i < c->n_rules; i++)
			if (strlen(c->rule[i].type) == n && strncasecmp(c->rule[i].type, name, n) == 0)
				rule_of[t] = (int)i;
	}
}

/* The weight of event e; 0: does not count. */
static float weigh(const struct rs_choice *c, const struct rs_dataset *d, const int *rule_of, uint64_t e, int64_t now_s)
{
	float value = d->value == NULL ? NAN : d->value[e], w = 1;

	if (!isnan(c->min_value) && !(value >= c->min_value))
		return 0;
	if (c->n_rules > 0) {
		const struct rs_event_rule *r;

		if (d->type == NULL || d->type[e] == UINT16_MAX || rule_of[d->type[e]] < 0)
			return 0;
		r = &c->rule[rule_of[d->type[e]]];
		if (!isnan(r->min_value) && !(value >= r->min_value))
			return 0;
		w = r->weight;
	}
	if (c->half_life_days > 0 && d->time_s != NULL) {
		double age_days = (double)(now_s - d->time_s[e]) / 86400;

		w *= (float)exp2(-(age_days > 0 ? age_days : 0) / c->half_life_days);
	}
	return w;
}

static int64_t newest(const struct rs_dataset *d)
{
	int64_t t = INT64_MIN;

	for (uint64_t e = 0; e < d->n_events; e++)
		t = d->time_s[e] > t ? d->time_s[e] : t;
	return t;
}

int rs_events_make(struct rs_events *out, const struct rs_dataset *d, const struct rs_choice *c,
                   const uint32_t *item_map, uint32_t n_items, int64_t now_s, struct rs_err *err)
{
	bool weighted = c->half_life_days > 0;
	int *rule_of = rs_array(d->type_key.n, sizeof *rule_of, err);
	uint64_t n = 0;

	memset(out, 0, sizeof *out);
	for (uint32_t i = 0; i < c->n_rules; i++)
		weighted |= c->rule[i].weight != 1;
	out->n_users = d->user_key.n;
	out->n_items = n_items;
	if (rule_of == NULL || (out->row_ptr = rs_array((size_t)d->user_key.n + 1, sizeof *out->row_ptr, err)) == NULL ||
	    (out->item = rs_array(d->n_events, sizeof *out->item, err)) == NULL ||
	    (weighted && (out->weight = rs_array(d->n_events, sizeof *out->weight, err)) == NULL) ||
	    (d->time_s != NULL && (out->time_s = rs_array(d->n_events, sizeof *out->time_s, err)) == NULL)) {
		rs_free(rule_of);
		rs_events_release(out);
		return RS_ENOMEM;
	}
	match_rules(c, d, rule_of);
	if (c->half_life_days > 0 && now_s == INT64_MIN && d->time_s != NULL)
		now_s = newest(d);
	for (uint32_t u = 0; u < d->user_key.n; u++) {
		out->row_ptr[u] = n;
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++) {
			uint32_t item = item_map == NULL ? d->item[e] : item_map[d->item[e]];
			float w = item == RS_NONE ? 0 : weigh(c, d, rule_of, e, now_s);

			if (!(w > 0))
				continue;
			out->item[n] = item;
			if (weighted)
				out->weight[n] = w;
			if (out->time_s != NULL)
				out->time_s[n] = d->time_s[e];
			n++;
		}
	}
	out->row_ptr[d->user_key.n] = n;
	rs_free(rule_of);
	return 0;
}

int rs_events_rows(struct rs_events *out, const struct rs_events *e, const uint32_t *user, uint32_t n,
                   struct rs_err *err)
{
	uint64_t total = 0, at = 0;

	memset(out, 0, sizeof *out);
	for (uint32_t i = 0; i < n; i++)
		total += e->row_ptr[user[i] + 1] - e->row_ptr[user[i]];
	out->n_users = n;
	out->n_items = e->n_items;
	if ((out->row_ptr = rs_array((size_t)n + 1, sizeof *out->row_ptr, err)) == NULL ||
	    (out->item = rs_array(total, sizeof *out->item, err)) == NULL ||
	    (e->weight != NULL && (out->weight = rs_array(total, sizeof *out->weight, err)) == NULL) ||
	    (e->time_s != NULL && (out->time_s = rs_array(total, sizeof *out->time_s, err)) == NULL)) {
		rs_events_release(out);
		return RS_ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t from = e->row_ptr[user[i]], k = e->row_ptr[user[i] + 1] - from;

		out->row_ptr[i] = at;
		memcpy(out->item + at, e->item + from, k * sizeof *out->item);
		if (e->weight != NULL)
			memcpy(out->weight + at, e->weight + from, k * sizeof *out->weight);
		if (e->time_s != NULL)
			memcpy(out->time_s + at, e->time_s + from, k * sizeof *out->time_s);
		at += k;
	}
	out->row_ptr[n] = at;
	return 0;
}

void rs_events_release(struct rs_events *e)
{
	rs_free(e->row_ptr);
	rs_free(e->item);
	rs_free(e->weight);
	rs_free(e->time_s);
	memset(e, 0, sizeof *e);
}
