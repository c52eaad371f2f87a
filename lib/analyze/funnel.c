/* funnel.c -- from view to buy: how many pairs of user and item, and how many users, take each step. */
#include "lib/analyze/parts.h"
#include "lib/base/mem.h"

#include <string.h>
#include <strings.h>

#define MASKS 65536u

/* Whether a set of types has all of need. */
static uint64_t count_sets(const uint64_t *mask, uint32_t need)
{
	uint64_t n = 0;

	for (uint32_t m = 0; m < MASKS; m++)
		n += (m & need) == need ? mask[m] : 0;
	return n;
}

static int add_step(struct rs_funnel *f, const struct rs_pass *p, const struct rs_keys *types, uint32_t type,
                    uint32_t *before, struct rs_err *err)
{
	struct rs_step *s = &f->step[f->n];
	size_t n;
	const char *name = rs_keys_get(types, type, &n);

	if ((s->name = rs_strndup(name, n, err)) == NULL)
		return RS_ENOMEM;
	f->n++;
	*before |= 1u << type;
	s->n_events = p->type_events[type];
	s->n_users = count_sets(p->user_mask, 1u << type);
	s->n_pairs = count_sets(p->pair_mask, 1u << type);
	s->on_users = count_sets(p->user_mask, *before);
	s->on_pairs = count_sets(p->pair_mask, *before);
	return 0;
}

/* The type named by n bytes, without regard to case, or RS_NONE. */
static uint32_t find_type(const struct rs_keys *types, const char *name, size_t n)
{
	for (uint32_t t = 0; t < types->n; t++) {
		size_t len;
		const char *p = rs_keys_get(types, t, &len);

		if (len == n && strncasecmp(p, name, n) == 0)
			return t;
	}
	return RS_NONE;
}

static int add_asked(struct rs_funnel *f, const struct rs_pass *p, const struct rs_keys *types, const char *steps,
                     struct rs_err *err)
{
	uint32_t before = 0;
	char q[RS_QUOTE_MAX];
	int rc;

	for (;;) {
		size_t n = strcspn(steps, ",");
		uint32_t t = find_type(types, steps, n);

		if (t == RS_NONE)
			return rs_fail(err, RS_EUSAGE, "--funnel %s: expected event types of the data, joined by commas",
			               rs_quote(q, sizeof q, steps, n));
		if (t >= RS_FUNNEL_TYPES || (before >> t & 1) != 0)
			return rs_fail(err, RS_EUSAGE,
			               "--funnel %s: expected each type once, of the first %d in order of bytes",
			               rs_quote(q, sizeof q, steps, n), RS_FUNNEL_TYPES);
		if ((rc = add_step(f, p, types, t, &before, err)) < 0)
			return rc;
		if (steps[n] == 0)
			return 0;
		steps += n + 1;
	}
}

int rs_analyze_funnel(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p, const char *steps,
                      struct rs_err *err)
{
	const struct rs_keys *types = rs_tape_types(t);
	struct rs_funnel *f = &a->funnel;
	uint32_t order[RS_FUNNEL_TYPES], n, before = 0;
	uint64_t pairs[RS_FUNNEL_TYPES];
	int rc = 0;

	if (!p->type && steps != NULL)
		return rs_fail(err, RS_EUSAGE, "--funnel: the events have no types");
	if (!p->type)
		return 0;
	f->n_types = types->n;
	f->n_null = p->type_events[p->n_types];
	if (steps != NULL)
		return add_asked(f, p, types, steps, err);
	n = types->n < RS_FUNNEL_TYPES ? types->n : RS_FUNNEL_TYPES;
	for (uint32_t k = 0; k < n; k++)
		pairs[k] = count_sets(p->pair_mask, 1u << k);
	n = rs_top_counts(order, n, pairs, n);
	for (uint32_t k = 0; k < n && rc == 0; k++)
		if (count_sets(p->pair_mask, before | 1u << order[k]) > 0) /* else no way leads on */
			rc = add_step(f, p, types, order[k], &before, err);
	return rc;
}
