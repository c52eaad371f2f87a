/* explain.c -- which past items, and attributes of the person, caused a recommendation. */
#include "lib/rank/explain.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>

static int by_item(const void *pa, const void *pb)
{
	const struct rs_cause *a = pa, *b = pb;

	if (a->is_attribute != b->is_attribute)
		return a->is_attribute ? 1 : -1;
	return (a->item > b->item) - (a->item < b->item);
}

static int by_size(const void *pa, const void *pb)
{
	const struct rs_cause *a = pa, *b = pb;

	if (a->share != b->share)
		return a->share > b->share ? -1 : 1;
	return by_item(pa, pb);
}

/* One entry per item, as shares of the score. */
static uint64_t join(struct rs_cause *c, uint64_t n, float score)
{
	uint64_t k = 0;

	qsort(c, n, sizeof *c, by_item);
	for (uint64_t i = 0; i < n; i++) {
		if (k > 0 && by_item(&c[k - 1], &c[i]) == 0)
			c[k - 1].share += c[i].share;
		else
			c[k++] = c[i];
	}
	for (uint64_t i = 0; i < k; i++) {
		c[i].share = score != 0 ? c[i].share / score : 0;
		if (!isfinite(c[i].share)) /* what outgrows the numbers explains nothing */
			c[i].share = 0;
	}
	qsort(c, k, sizeof *c, by_size);
	return k;
}

/* The causes of one item of one person: n_events from the events, the others from the profile. */
static int find_causes(struct rs_cause *all, const struct rs_model *m, const struct rs_people *who, uint32_t item, float *share,
                       struct rs_err *err)
{
	const struct rs_events *h = who->events;
	uint64_t n = h->row_ptr[1], n_all = n + (who->profile == NULL ? 0 : who->profile->row_ptr[1]);
	int rc;

	if ((rc = m->recipe->explain(m->state, h, item, share, err)) < 0 ||
	    (n_all > n && (rc = m->recipe->explain_profile(m->state, who, item, share + n, err)) < 0))
		return rc;
	for (uint64_t e = 0; e < n_all; e++)
		all[e] = (struct rs_cause){ e < n ? h->item[e] : who->profile->col[e - n], e >= n, share[e] };
	return 0;
}

int rs_explain(const struct rs_model *m, const struct rs_histories *h, struct rs_list *list, uint32_t n_max,
               struct rs_cause *room, struct rs_err *err)
{
	struct rs_events events = { 0 };
	struct rs_csr profile = { 0 };
	struct rs_people who = { .events = &events };
	struct rs_cause *all = NULL;
	float *share = NULL;
	uint64_t n;
	int rc;

	if (m->recipe->explain == NULL) {
		for (uint32_t k = 0; k < list->n; k++)
			list->pick[k].rest = 1;
		return 0;
	}
	if ((rc = rs_events_rows(&events, &h->chosen, &list->user, 1, err)) < 0)
		return rc;
	if (m->recipe->explain_profile != NULL && h->profile.row_ptr != NULL) {
		if ((rc = rs_csr_rows(&profile, &h->profile, &list->user, 1, err)) < 0)
			goto out;
		who.profile = &profile;
	}
	n = events.row_ptr[1] + (who.profile == NULL ? 0 : profile.row_ptr[1]);
	rc = RS_ENOMEM;
	if ((share = rs_array(n, sizeof *share, err)) == NULL || (all = rs_array(n, sizeof *all, err)) == NULL)
		goto out;
	for (uint32_t k = 0; k < list->n; k++) {
		struct rs_pick *p = &list->pick[k];
		double rest = 1;
		float lift = 1; /* that of the situation: the causes share it */
		uint64_t n_all;

		if ((rc = find_causes(all, m, &who, p->item, share, err)) < 0)
			goto out;
		if (list->n_features > 0 && m->recipe->situate != NULL)
			m->recipe->situate(m->state, list->feature, list->n_features, p->item, p->item + 1, &lift);
		for (uint64_t c = 0; c < n; c++)
			all[c].share *= lift;
		n_all = join(all, n, p->score);
		p->cause = room + (size_t)k * n_max;
		n_all = n_all < n_max ? n_all : n_max;
		for (p->n_causes = 0; p->n_causes < n_all && all[p->n_causes].share != 0; p->n_causes++) {
			p->cause[p->n_causes] = all[p->n_causes];
			rest -= (double)all[p->n_causes].share;
		}
		p->rest = (float)rest;
	}
	rc = 0;
out:
	rs_free(share);
	rs_free(all);
	rs_csr_release(&profile);
	rs_events_release(&events);
	return rc;
}
