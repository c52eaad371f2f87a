/* events.c -- the choice applied: which events count, and with which weight. */
#include "lib/data/events.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define TILE 1024 /* users */
#define SECONDS_PER_DAY 86400.0

unsigned rs_choice_needs(const struct rs_choice *c)
{
	unsigned need = RS_NEED_TIME;

	if (c->n_rules > 0)
		need |= RS_NEED_TYPE;
	if (!isnan(c->min_value))
		need |= RS_NEED_VALUE;
	for (uint32_t i = 0; i < c->n_rules; i++)
		if (!isnan(c->rule[i].min_value))
			need |= RS_NEED_VALUE;
	if (c->weight_column[0] != 0)
		need |= RS_NEED_CONTEXT | RS_NEED_VALUE;
	return need;
}

void rs_events_release(struct rs_events *e)
{
	rs_free(e->row_ptr);
	rs_free(e->item);
	rs_free(e->weight);
	rs_free(e->time_s);
	rs_free(e->value);
	rs_free(e->place);
	memset(e, 0, sizeof *e);
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool same_type(const char *key, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (name[i] == 0 || lower((unsigned char)key[i]) != lower((unsigned char)name[i]))
			return false;
	return name[n] == 0;
}

struct choosing {
	const struct rs_dataset *d;
	const struct rs_choice *c;
	const uint32_t *item_map;
	uint8_t *rule; /* by event type: its rule, or n_rules */
	const double *sample; /* weights of events; NULL: none, or those of values */
	bool sample_is_value;
	int64_t now_s;
	struct rs_events *out;
};

/* The weight of event e; 0 where it does not count. */
static float weigh(const struct choosing *k, uint64_t e)
{
	const struct rs_dataset *d = k->d;
	float weight = 1;

	if (k->item_map != NULL && k->item_map[d->item[e]] == RS_NONE)
		return 0;
	if (!isnan(k->c->min_value) && !(d->value[e] >= k->c->min_value))
		return 0;
	if (k->c->n_rules > 0) {
		const struct rs_event_rule *rule;

		if (d->type[e] == UINT16_MAX || k->rule[d->type[e]] >= k->c->n_rules)
			return 0;
		rule = &k->c->rule[k->rule[d->type[e]]];
		if (!isnan(rule->min_value) && !(d->value[e] >= rule->min_value))
			return 0;
		weight = rule->weight;
	}
	if (k->sample != NULL || k->sample_is_value) {
		double w = k->sample_is_value ? (double)d->value[e] : k->sample[e];

		weight = isnan(w) ? weight : (float)(weight * w);
	}
	if (weight != 0 && k->c->half_life_days > 0 && d->time_s[e] < k->now_s) {
		double age = (double)((uint64_t)k->now_s - (uint64_t)d->time_s[e]) / SECONDS_PER_DAY;
		float least = weight < 0 ? -FLT_MIN : FLT_MIN;

		weight = (float)(weight * exp2(-age / k->c->half_life_days));
		weight = fabsf(weight) < FLT_MIN ? least : weight; /* it counts, however little */
	}
	return weight;
}

static int count_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct choosing *k = ctx;
	uint32_t n = k->d->user_key.n, lo = (uint32_t)tile * TILE, hi = n - lo < TILE ? n : lo + TILE;

	(void)worker;
	(void)err;
	for (uint32_t u = lo; u < hi; u++) {
		uint64_t count = 0;

		for (uint64_t e = k->d->row_ptr[u]; e < k->d->row_ptr[u + 1]; e++)
			count += weigh(k, e) != 0;
		k->out->row_ptr[u + 1] = count;
	}
	return 0;
}

static int fill_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct choosing *k = ctx;
	const struct rs_dataset *d = k->d;
	struct rs_events *out = k->out;
	uint32_t n = d->user_key.n, lo = (uint32_t)tile * TILE, hi = n - lo < TILE ? n : lo + TILE;
	uint64_t to = out->row_ptr[lo];

	(void)worker;
	(void)err;
	for (uint64_t e = d->row_ptr[lo]; e < d->row_ptr[hi]; e++) {
		float w = weigh(k, e);

		if (w == 0)
			continue;
		out->item[to] = k->item_map == NULL ? d->item[e] : k->item_map[d->item[e]];
		if (out->weight != NULL)
			out->weight[to] = w;
		if (out->time_s != NULL)
			out->time_s[to] = d->time_s[e];
		if (out->value != NULL)
			out->value[to] = d->value[e];
		if (out->place != NULL)
			out->place[to] = e;
		to++;
	}
	return 0;
}

/* What the choice asks for has to be there. */
static int check_columns(const struct rs_dataset *d, const struct rs_choice *c, struct rs_err *err)
{
	unsigned need = d->n_events == 0 ? 0 : rs_choice_needs(c);
	bool by_value = !isnan(c->min_value);

	if ((need & RS_NEED_TYPE) != 0 && d->type == NULL)
		return rs_fail(err, RS_EDATA, "the events have no types: they cannot be chosen with --event");
	for (uint32_t i = 0; i < c->n_rules; i++)
		by_value = by_value || !isnan(c->rule[i].min_value);
	if (d->n_events > 0 && by_value && d->value == NULL)
		return rs_fail(err, RS_EDATA, "the events have no values: no smallest value can be asked for");
	if (c->half_life_days > 0 && d->n_events > 0 && d->time_s == NULL)
		return rs_fail(err, RS_EDATA, "the events have no times: they cannot be weighted by age");
	return 0;
}

bool rs_event_type_known(const struct rs_dataset *d, const char *type)
{
	for (uint32_t t = 0; t < d->type_key.n; t++) {
		size_t n;
		const char *key = rs_keys_get(&d->type_key, t, &n);

		if (same_type(key, n, type))
			return true;
	}
	return false;
}

static void match_types(struct choosing *k)
{
	for (uint32_t t = 0; t < k->d->type_key.n; t++) {
		size_t n;
		const char *key = rs_keys_get(&k->d->type_key, t, &n);

		k->rule[t] = (uint8_t)k->c->n_rules;
		for (uint32_t i = k->c->n_rules; i-- > 0;)
			if (same_type(key, n, k->c->rule[i].type))
				k->rule[t] = (uint8_t)i;
	}
}

int rs_choice_weights(const struct rs_choice *c, const struct rs_dataset *d, const double **number, bool *is_value,
                      struct rs_err *err)
{
	const struct rs_column *column = NULL;
	char q[RS_QUOTE_MAX];

	*number = NULL;
	*is_value = false;
	if (c->weight_column[0] == 0)
		return 0;
	column = rs_column_find(d->context, d->n_context, c->weight_column);
	if (column != NULL && column->type != RS_TYPE_NUMBER)
		return rs_fail(err, RS_EDATA, "weight column %s: not a column of numbers",
		               rs_quote(q, sizeof q, c->weight_column, strlen(c->weight_column)));
	*is_value = column == NULL && d->value != NULL && same_type("value", 5, c->weight_column);
	*number = column == NULL ? NULL : column->number;
	return 0;
}

static bool is_weighted(const struct rs_choice *c)
{
	for (uint32_t i = 0; i < c->n_rules; i++)
		if (c->rule[i].weight != 1)
			return true;
	return c->half_life_days > 0 || c->weight_column[0] != 0;
}

int rs_events_make(struct rs_events *out, const struct rs_dataset *d, const struct rs_choice *c, const uint32_t *item_map,
                   uint32_t n_items, int64_t now_s, struct rs_err *err)
{
	struct choosing k = { .d = d, .c = c, .item_map = item_map, .now_s = now_s, .out = out };
	uint32_t nu = d->user_key.n;
	size_t n_tiles = ((size_t)nu + TILE - 1) / TILE;
	uint64_t n;
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = check_columns(d, c, err)) < 0 ||
	    (rc = rs_choice_weights(c, d, &k.sample, &k.sample_is_value, err)) < 0)
		return rc;
	for (uint64_t e = 0; e < d->n_events && now_s == INT64_MIN && c->half_life_days > 0; e++)
		k.now_s = d->time_s[e] > k.now_s ? d->time_s[e] : k.now_s;
	out->n_users = nu;
	out->n_items = n_items;
	rc = RS_ENOMEM;
	if ((k.rule = rs_array(d->type_key.n, 1, err)) == NULL ||
	    (out->row_ptr = rs_array((size_t)nu + 1, sizeof *out->row_ptr, err)) == NULL)
		goto out;
	match_types(&k);
	out->row_ptr[0] = 0;
	if ((rc = rs_tiles_run(n_tiles, count_tile, &k, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < nu; u++)
		out->row_ptr[u + 1] += out->row_ptr[u];
	n = out->row_ptr[nu];
	rc = RS_ENOMEM;
	if ((out->item = rs_array(n, sizeof *out->item, err)) == NULL ||
	    (is_weighted(c) && (out->weight = rs_array(n, sizeof *out->weight, err)) == NULL) ||
	    (d->time_s != NULL && (out->time_s = rs_array(n, sizeof *out->time_s, err)) == NULL) ||
	    (d->value != NULL && (out->value = rs_array(n, sizeof *out->value, err)) == NULL) ||
	    (c->places && (out->place = rs_array(n, sizeof *out->place, err)) == NULL))
		goto out;
	rc = rs_tiles_run(n_tiles, fill_tile, &k, err);
out:
	rs_free(k.rule);
	if (rc < 0)
		rs_events_release(out);
	return rc;
}

/* Whether every event counts 1, whatever it is. */
static bool takes_all(const struct rs_choice *c)
{
	return c->n_rules == 0 && isnan(c->min_value) && !is_weighted(c) && !c->places;
}

int rs_events_take(struct rs_events *out, struct rs_dataset *d, const struct rs_choice *c, struct rs_err *err)
{
	int rc = 0;

	if (takes_all(c)) {
		*out = (struct rs_events){ .n_users = d->user_key.n, .n_items = d->item_key.n, .row_ptr = d->row_ptr,
			                   .item = d->item, .time_s = d->time_s, .value = d->value };
		d->row_ptr = NULL;
		d->item = NULL;
		d->time_s = NULL;
		d->value = NULL;
	} else {
		rc = rs_events_make(out, d, c, NULL, d->item_key.n, INT64_MIN, err);
	}
	rs_dataset_drop_events(d);
	return rc;
}

int rs_events_rows(struct rs_events *out, const struct rs_events *e, const uint32_t *user, uint32_t n, struct rs_err *err)
{
	uint64_t total = 0;

	memset(out, 0, sizeof *out);
	for (uint32_t i = 0; i < n; i++)
		total += e->row_ptr[user[i] + 1] - e->row_ptr[user[i]];
	out->n_users = n;
	out->n_items = e->n_items;
	if ((out->row_ptr = rs_array((size_t)n + 1, sizeof *out->row_ptr, err)) == NULL ||
	    (out->item = rs_array(total, sizeof *out->item, err)) == NULL ||
	    (e->weight != NULL && (out->weight = rs_array(total, sizeof *out->weight, err)) == NULL) ||
	    (e->time_s != NULL && (out->time_s = rs_array(total, sizeof *out->time_s, err)) == NULL) ||
	    (e->value != NULL && (out->value = rs_array(total, sizeof *out->value, err)) == NULL) ||
	    (e->place != NULL && (out->place = rs_array(total, sizeof *out->place, err)) == NULL)) {
		rs_events_release(out);
		return RS_ENOMEM;
	}
	out->row_ptr[0] = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t from = e->row_ptr[user[i]], k = e->row_ptr[user[i] + 1] - from, to = out->row_ptr[i];

		out->row_ptr[i + 1] = to + k;
		memcpy(out->item + to, e->item + from, k * sizeof *out->item);
		if (out->weight != NULL)
			memcpy(out->weight + to, e->weight + from, k * sizeof *out->weight);
		if (out->time_s != NULL)
			memcpy(out->time_s + to, e->time_s + from, k * sizeof *out->time_s);
		if (out->value != NULL)
			memcpy(out->value + to, e->value + from, k * sizeof *out->value);
		if (out->place != NULL)
			memcpy(out->place + to, e->place + from, k * sizeof *out->place);
	}
	return 0;
}
