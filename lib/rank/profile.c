/* profile.c -- what marks each cluster. */
#include "lib/rank/profile.h"

#include "lib/base/mem.h"
#include "lib/num/topk.h"

#include <math.h>
#include <string.h>

#define SHRINK 10.0

/* How often the marks of one kind occur, in one cluster and in all. */
struct tally {
	enum rs_mark_kind kind;
	uint32_t n;        /* marks */
	uint64_t *all, *in; /* n */
	uint64_t sum_all, sum_in; /* of which the share of the cluster is taken: people, or pairs */
};

static int tally_init(struct tally *t, enum rs_mark_kind kind, uint32_t n, struct rs_err *err)
{
	*t = (struct tally){ .kind = kind, .n = n };
	t->all = rs_array0(n, sizeof *t->all, err);
	t->in = rs_array0(n, sizeof *t->in, err);
	return t->all == NULL || t->in == NULL ? RS_ENOMEM : 0;
}

static void tally_release(struct tally *t)
{
	rs_free(t->all);
	rs_free(t->in);
}

static void add_features(uint64_t *to, const struct rs_csr *x, uint32_t row)
{
	for (uint64_t f = x->row_ptr[row]; f < x->row_ptr[row + 1]; f++)
		to[x->col[f]]++;
}

/* The marks with the largest lift, above 1. */
static int take_marks(struct rs_profile *p, const struct tally *t, uint32_t n_top, struct rs_err *err)
{
	double share = t->sum_all > 0 ? (double)t->sum_in / (double)t->sum_all : 0;
	struct rs_topk top;
	int rc = rs_topk_init(&top, n_top, err);

	if (rc < 0)
		return rc;
	for (uint32_t k = 0; k < t->n; k++) {
		double lift = ((double)t->in[k] + SHRINK) / ((double)t->all[k] * share + SHRINK);

		if (t->in[k] > 0 && lift > 1)
			rs_topk_push(&top, (float)lift, k);
	}
	rs_topk_sort(&top);
	for (uint32_t k = 0; k < top.n && p->n < p->cap; k++)
		p->mark[p->n++] = (struct rs_mark){ t->kind, top.best[k].ix, top.best[k].score, t->in[top.best[k].ix] };
	rs_topk_release(&top);
	return 0;
}

struct tallies {
	struct tally item, item_attribute, user_attribute;
	uint8_t *had; /* by item: the person at hand had it */
};

/* Adds what one person had and is to the numbers of all, or of the cluster. */
static void add_person(struct tallies *t, const struct rs_histories *h, const struct rs_marks_in *in, uint32_t u, bool all)
{
	const struct rs_events *e = &h->seen;

	*(all ? &t->item.sum_all : &t->item.sum_in) += 1;
	*(all ? &t->user_attribute.sum_all : &t->user_attribute.sum_in) += 1;
	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
		if (t->had[e->item[i]] != 0)
			continue;
		t->had[e->item[i]] = 1;
		(all ? t->item.all : t->item.in)[e->item[i]]++;
		*(all ? &t->item_attribute.sum_all : &t->item_attribute.sum_in) += 1;
		if (in->n_item_features > 0)
			add_features(all ? t->item_attribute.all : t->item_attribute.in, in->item_features, e->item[i]);
	}
	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++)
		t->had[e->item[i]] = 0;
	if (in->n_user_features > 0)
		add_features(all ? t->user_attribute.all : t->user_attribute.in, in->user_features, u);
}

static void clear(struct tally *t)
{
	memset(t->in, 0, t->n * sizeof *t->in);
	t->sum_in = 0;
}

static int init(struct tallies *t, uint32_t n_items, const struct rs_marks_in *in, struct rs_err *err)
{
	int rc;

	memset(t, 0, sizeof *t);
	if ((rc = tally_init(&t->item, RS_MARK_ITEM, n_items, err)) < 0 ||
	    (rc = tally_init(&t->item_attribute, RS_MARK_ITEM_ATTRIBUTE, in->n_item_features, err)) < 0 ||
	    (rc = tally_init(&t->user_attribute, RS_MARK_USER_ATTRIBUTE, in->n_user_features, err)) < 0)
		return rc;
	t->had = rs_array0(n_items, 1, err);
	return t->had == NULL ? RS_ENOMEM : 0;
}

static void release(struct tallies *t)
{
	tally_release(&t->item);
	tally_release(&t->item_attribute);
	tally_release(&t->user_attribute);
	rs_free(t->had);
}

/* Rows by cluster, in order: row[at[k] .. at[k + 1]). */
static int deal(uint32_t **row, uint64_t **at, const struct rs_clusters *c, struct rs_err *err)
{
	*row = rs_array(c->n, sizeof **row, err);
	*at = rs_array0((size_t)c->k + 2, sizeof **at, err);
	if (*row == NULL || *at == NULL)
		return RS_ENOMEM;
	for (uint32_t k = 0; k < c->k; k++)
		(*at)[k + 2] = (*at)[k + 1] + c->size[k];
	for (uint32_t i = 0; i < c->n; i++)
		if (c->cluster[i] != RS_NONE)
			(*row)[(*at)[c->cluster[i] + 1]++] = i;
	return 0;
}

int rs_profile_users(struct rs_profile *profile, const struct rs_clusters *c, const struct rs_histories *h,
                     const struct rs_marks_in *in, uint32_t n_top, struct rs_err *err)
{
	struct tallies t;
	uint64_t *at = NULL;
	uint32_t *row = NULL;
	int rc;

	if ((rc = init(&t, h->seen.n_items, in, err)) < 0 || (rc = deal(&row, &at, c, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < c->n; u++)
		if (c->cluster[u] != RS_NONE)
			add_person(&t, h, in, u, true);
	for (uint32_t k = 0; k < c->k && rc == 0; k++) {
		clear(&t.item);
		clear(&t.item_attribute);
		clear(&t.user_attribute);
		for (uint64_t i = at[k]; i < at[k + 1]; i++)
			add_person(&t, h, in, row[i], false);
		if ((rc = take_marks(&profile[k], &t.item, n_top, err)) == 0 &&
		    (rc = take_marks(&profile[k], &t.item_attribute, n_top, err)) == 0)
			rc = take_marks(&profile[k], &t.user_attribute, n_top, err);
	}
out:
	release(&t);
	rs_free(row);
	rs_free(at);
	return rc;
}

/* The items of a cluster that most people had. */
static int take_items(struct rs_profile *p, const struct rs_model *m, const uint32_t *item, uint64_t n, uint32_t n_top,
                      struct rs_err *err)
{
	struct rs_topk top;
	int rc = rs_topk_init(&top, n_top, err);

	if (rc < 0)
		return rc;
	for (uint64_t i = 0; i < n; i++)
		rs_topk_push(&top, (float)m->item_users[item[i]], item[i]);
	rs_topk_sort(&top);
	for (uint32_t k = 0; k < top.n && p->n < p->cap; k++)
		p->mark[p->n++] = (struct rs_mark){ RS_MARK_ITEM, top.best[k].ix, NAN, m->item_users[top.best[k].ix] };
	rs_topk_release(&top);
	return 0;
}

int rs_profile_items(struct rs_profile *profile, const struct rs_clusters *c, const struct rs_model *m,
                     const struct rs_marks_in *in, uint32_t n_top, struct rs_err *err)
{
	struct tally t = { .n = 0 };
	uint64_t *at = NULL;
	uint32_t *row = NULL;
	int rc;

	if ((rc = tally_init(&t, RS_MARK_ITEM_ATTRIBUTE, in->n_item_features, err)) < 0 || (rc = deal(&row, &at, c, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < c->n; i++) {
		t.sum_all += c->cluster[i] != RS_NONE;
		if (c->cluster[i] != RS_NONE && in->n_item_features > 0)
			add_features(t.all, in->item_features, i);
	}
	for (uint32_t k = 0; k < c->k && rc == 0; k++) {
		clear(&t);
		t.sum_in = at[k + 1] - at[k];
		for (uint64_t i = at[k]; i < at[k + 1] && in->n_item_features > 0; i++)
			add_features(t.in, in->item_features, row[i]);
		if ((rc = take_items(&profile[k], m, row + at[k], at[k + 1] - at[k], n_top, err)) == 0)
			rc = take_marks(&profile[k], &t, n_top, err);
	}
out:
	tally_release(&t);
	rs_free(row);
	rs_free(at);
	return rc;
}
