/* suspects.c -- runs the detectors and tells why. */
#include "lib/analyze/suspects.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const rs_suspicion_name[RS_SUSPICIONS] = { "push", "copy", "burst", "clock", "awake", "volume" };

struct suspecting {
	struct rs_analysis *a;
	struct rs_tape *t;
	const struct rs_pass *p;
	struct rs_marks m;
	struct rs_pushed pushed[RS_TOP];
	uint32_t n_pushed;
};

static int marks_init(struct rs_marks *m, uint32_t n, struct rs_err *err)
{
	m->n_users = n;
	if ((m->why = rs_array0(n, sizeof *m->why, err)) == NULL || (m->score = rs_array0(n, sizeof *m->score, err)) == NULL ||
	    (m->target = rs_array(n, sizeof *m->target, err)) == NULL ||
	    (m->with = rs_array0(n, sizeof *m->with, err)) == NULL)
		return RS_ENOMEM;
	memset(m->target, 0xff, n * sizeof *m->target);
	return 0;
}

static void marks_release(struct rs_marks *m)
{
	rs_free(m->why);
	rs_free(m->score);
	rs_free(m->target);
	rs_free(m->with);
}

/* ---- why, in words ---- */

static int add_reason(struct rs_buf *b, const struct suspecting *s, const struct rs_suspect *x, unsigned why,
                      struct rs_err *err)
{
	static const struct rs_pace unknown;
	const struct rs_pace *pace = s->p->pace == NULL ? &unknown : &s->p->pace[x->user];
	const char *sep = b->n > 0 ? "; " : "";

	if (why == RS_SUSPECT_PUSH)
		return rs_buf_addf(b, err, "%sodd profile that shares an item with %u such users", sep, s->m.with[x->user] - 1);
	if (why == RS_SUSPECT_COPY)
		return rs_buf_addf(b, err, "%snearly the same items as %u other users", sep, s->m.with[x->user] - 1);
	if (why == RS_SUSPECT_BURST)
		return rs_buf_addf(b, err, "%s%u events within a minute", sep, pace->burst);
	if (why == RS_SUSPECT_CLOCK)
		return rs_buf_addf(b, err, "%spauses as regular as a clock (deviation %.0f %% of the mean)", sep,
		                   100 * pace->cv);
	if (why == RS_SUSPECT_AWAKE)
		return rs_buf_addf(b, err, "%sactive in %u hours of one day", sep, pace->hours);
	return rs_buf_addf(b, err, "%s%llu events, far more than others", sep, (unsigned long long)x->name.count);
}

static int give_reason(struct rs_suspect *x, const struct suspecting *s, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	int rc = 0;

	for (unsigned k = 0; k < RS_SUSPICIONS && rc == 0; k++)
		if ((x->why >> k & 1) != 0)
			rc = add_reason(&b, s, x, 1u << k, err);
	if (rc == 0 && (x->reason = rs_strndup(b.p, b.n, err)) == NULL)
		rc = RS_ENOMEM;
	rs_buf_release(&b);
	return rc;
}

/* ---- the list ---- */

static int cmp_suspect(const void *pa, const void *pb)
{
	const struct rs_suspect *a = pa, *b = pb;

	if (a->score > b->score || a->score < b->score)
		return a->score > b->score ? -1 : 1;
	return (a->user > b->user) - (a->user < b->user);
}

static int name_users(struct suspecting *s, struct rs_err *err)
{
	struct rs_suspects *x = &s->a->suspects;
	uint32_t *ix = rs_array(x->n, sizeof *ix, err);
	struct rs_keys key = { 0 };
	int rc = ix == NULL ? RS_ENOMEM : 0;

	for (uint32_t i = 0; i < x->n && rc == 0; i++) /* still in the order of users */
		ix[i] = x->user[i].user;
	if (rc == 0 && x->n > 0)
		rc = rs_tape_pick(&key, s->t, false, ix, x->n, err);
	for (uint32_t i = 0; i < x->n && rc == 0; i++) {
		size_t n;
		const char *p = rs_keys_get(&key, i, &n);

		if ((rc = rs_name_set(&x->user[i].name, p, n, s->p->row_ptr[ix[i] + 1] - s->p->row_ptr[ix[i]], err)) == 0)
			rc = give_reason(&x->user[i], s, err);
	}
	rs_keys_release(&key);
	rs_free(ix);
	return rc;
}

static int make_list(struct suspecting *s, struct rs_err *err)
{
	struct rs_suspects *x = &s->a->suspects;
	uint32_t n = 0;
	int rc;

	for (uint32_t u = 0; u < s->m.n_users; u++)
		n += s->m.why[u] != 0;
	if ((x->user = rs_array0(n, sizeof *x->user, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < s->m.n_users; u++) {
		if (s->m.why[u] == 0)
			continue;
		x->user[x->n++] = (struct rs_suspect){ .user = u, .why = s->m.why[u], .score = s->m.score[u] };
		for (unsigned k = 0; k < RS_SUSPICIONS; k++)
			x->n_by[k] += s->m.why[u] >> k & 1;
	}
	if ((rc = name_users(s, err)) < 0)
		return rc;
	qsort(x->user, x->n, sizeof *x->user, cmp_suspect);
	return 0;
}

static int name_targets(struct suspecting *s, struct rs_err *err)
{
	struct rs_suspects *x = &s->a->suspects;
	struct rs_name name[RS_TOP] = { { 0 } };
	uint32_t ix[RS_TOP], n = 0;
	uint64_t count[RS_TOP];
	int rc;

	for (uint32_t i = 0; i < s->n_pushed; i++) {
		uint32_t k = 0;

		while (k < n && ix[k] != s->pushed[i].item)
			k++;
		if (k < n)
			continue;
		ix[n] = s->pushed[i].item;
		count[n] = s->pushed[i].n_users;
		x->target[n++].expected = s->pushed[i].expected;
	}
	rc = rs_name_ids(name, s->t, true, ix, count, n, err);
	x->n_targets = n;
	for (uint32_t i = 0; i < n; i++)
		x->target[i].item = name[i];
	return rc;
}

int rs_analyze_suspects(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p,
                        const struct rs_analyze_options *o, struct rs_err *err)
{
	struct suspecting s = { .a = a, .t = t, .p = p };
	struct rs_suspects *x = &a->suspects;
	int rc;

	x->profiles_known = p->item != NULL;
	if (!o->suspects)
		return 0;
	x->n_users = (uint32_t)a->counts.n_users;
	if ((rc = marks_init(&s.m, p->n_users, err)) < 0)
		goto out;
	if (p->item != NULL && ((rc = rs_suspect_push(&s.m, s.pushed, &s.n_pushed, p, err)) < 0 ||
	                        (rc = rs_suspect_copy(&s.m, p, err)) < 0))
		goto out;
	if ((rc = rs_suspect_pace(&s.m, p, a->times.real, err)) == 0 && (rc = make_list(&s, err)) == 0)
		rc = name_targets(&s, err);
out:
	marks_release(&s.m);
	return rc;
}
