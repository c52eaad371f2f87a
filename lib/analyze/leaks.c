/* leaks.c -- does the truth of a split know what it must not, or ask what nobody can answer.
 *
 * Both datasets are held in memory. */
#include "lib/analyze/parts.h"
#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct leaking {
	const struct rs_dataset *d, *truth;
	uint32_t *user, *item; /* of the truth: its index in d, or RS_NONE */
	uint64_t *item_events; /* of d */
	int64_t newest_s;
};

static int cmp_u32(const void *pa, const void *pb)
{
	uint32_t a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

static bool same_type(const struct leaking *l, uint64_t e, uint64_t f)
{
	const struct rs_dataset *d = l->d, *t = l->truth;
	size_t n, m;
	const char *a, *b;

	if (d->type == NULL || t->type == NULL)
		return d->type == t->type;
	if (d->type[e] == UINT16_MAX || t->type[f] == UINT16_MAX)
		return d->type[e] == t->type[f];
	a = rs_keys_get(&d->type_key, d->type[e], &n);
	b = rs_keys_get(&t->type_key, t->type[f], &m);
	return rs_key_cmp(a, n, b, m) == 0;
}

static bool same_value(float a, float b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Whether user u of d has the event f of the truth, whose item is i in d. */
static bool has_event(const struct leaking *l, uint32_t u, uint64_t f, uint32_t i)
{
	const struct rs_dataset *d = l->d, *t = l->truth;

	for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++) {
		if (d->item[e] == i && (d->time_s == NULL || t->time_s == NULL || d->time_s[e] == t->time_s[f]) &&
		    (d->value == NULL || t->value == NULL || same_value(d->value[e], t->value[f])) && same_type(l, e, f))
			return true;
	}
	return false;
}

static int look_at_user(struct rs_leaks *x, const struct leaking *l, uint32_t v, uint32_t *known, struct rs_err *err)
{
	const struct rs_dataset *d = l->d, *t = l->truth;
	uint64_t lo = t->row_ptr[v], hi = t->row_ptr[v + 1], n_known = 0;
	uint32_t u = l->user[v], *mine;
	bool cold = u == RS_NONE || d->row_ptr[u] == d->row_ptr[u + 1];

	if (lo == hi)
		return 0;
	if ((mine = rs_array((size_t)(hi - lo), sizeof *mine, err)) == NULL)
		return RS_ENOMEM;
	x->n_users++;
	x->users_cold += cold;
	for (uint64_t e = cold ? 0 : d->row_ptr[u]; !cold && e < d->row_ptr[u + 1]; e++)
		known[d->item[e]] = v + 1;
	for (uint64_t f = lo; f < hi; f++) {
		uint32_t i = l->item[t->item[f]];
		bool cold_item = i == RS_NONE || l->item_events[i] == 0;

		mine[f - lo] = t->item[f];
		x->events_cold += cold || cold_item;
		if (x->times && !cold)
			x->events_early_own += t->time_s[f] < d->time_s[d->row_ptr[u + 1] - 1];
		if (x->times)
			x->events_early += t->time_s[f] < l->newest_s;
		if (!cold && i != RS_NONE && known[i] == v + 1)
			x->events_equal += has_event(l, u, f, i);
	}
	qsort(mine, (size_t)(hi - lo), sizeof *mine, cmp_u32);
	for (uint64_t k = 0; k < hi - lo; k++) {
		uint32_t i = l->item[mine[k]];

		if (k > 0 && mine[k] == mine[k - 1])
			continue;
		x->n_pairs++;
		n_known += !cold && i != RS_NONE && known[i] == v + 1;
	}
	x->pairs_known += n_known;
	rs_free(mine);
	return 0;
}

static int look(struct rs_leaks *x, struct leaking *l, struct rs_err *err)
{
	const struct rs_dataset *d = l->d, *t = l->truth;
	uint8_t *seen = rs_array0(t->item_key.n, 1, err);
	uint32_t *known = rs_array0(d->item_key.n, sizeof *known, err);
	int rc = RS_ENOMEM;

	if (seen == NULL || known == NULL || (l->item_events = rs_array0(d->item_key.n, sizeof *l->item_events, err)) == NULL ||
	    (rc = rs_keys_match(&t->user_key, &d->user_key, &l->user, err)) < 0 ||
	    (rc = rs_keys_match(&t->item_key, &d->item_key, &l->item, err)) < 0)
		goto out;
	x->n_events = t->n_events;
	x->times = d->time_s != NULL && t->time_s != NULL;
	l->newest_s = INT64_MIN;
	for (uint64_t e = 0; e < d->n_events; e++) {
		l->item_events[d->item[e]]++;
		if (x->times && d->time_s[e] > l->newest_s)
			l->newest_s = d->time_s[e];
	}
	for (uint64_t f = 0; f < t->n_events; f++)
		seen[t->item[f]] = 1;
	for (uint32_t i = 0; i < t->item_key.n; i++) {
		x->n_items += seen[i];
		x->items_cold += seen[i] != 0 && (l->item[i] == RS_NONE || l->item_events[l->item[i]] == 0);
	}
	for (uint32_t v = 0; v < t->user_key.n && rc == 0; v++)
		rc = look_at_user(x, l, v, known, err);
out:
	rs_free(seen);
	rs_free(known);
	return rc;
}

int rs_analyze_leaks(struct rs_analysis *a, const struct rs_dataset *d, const char *truth, struct rs_err *err)
{
	struct rs_dataset *t;
	struct leaking l = { 0 };
	int rc = rs_dataset_open(&t, &truth, 1, RS_NEED_TIME | RS_NEED_VALUE | RS_NEED_TYPE, err);

	if (rc < 0)
		return rc;
	l.d = d;
	l.truth = t;
	a->leaks.asked = true;
	rc = look(&a->leaks, &l, err);
	rs_free(l.user);
	rs_free(l.item);
	rs_free(l.item_events);
	rs_dataset_free(t);
	return rc;
}
