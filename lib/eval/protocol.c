/* protocol.c -- a model's lists against the truth. */
#include "lib/eval/protocol.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/num/topk.h"
#include "lib/recipe/matrix.h"

#include <string.h>

struct judging {
	struct rs_scores *s;
	const struct rs_truth *t;
	struct rs_item_facts facts;
	uint32_t *item;           /* one list */
	uint32_t at, n_prior;
};

/* Lists arrive in the order of the requests, which is that of the truth. */
static int take_list(void *ctx, const struct rs_list *list, struct rs_err *err)
{
	struct judging *j = ctx;

	(void)err;
	for (uint32_t k = 0; k < list->n; k++)
		j->item[k] = list->pick[k].item;
	j->n_prior += list->from_prior;
	rs_scores_take(j->s, j->t, &j->facts, j->at++, j->item, list->n);
	return 0;
}

static uint32_t longest(const struct rs_scores *s)
{
	uint32_t k = 1;

	for (size_t i = 0; i < s->n_metrics; i++)
		k = s->metric[i].k > k ? s->metric[i].k : k;
	return k;
}

static bool asks_for(const struct rs_scores *s, enum rs_metric_kind kind)
{
	for (size_t i = 0; i < s->n_metrics; i++)
		if (s->metric[i].kind == kind)
			return true;
	return false;
}

/* The history with a row for each user of the truth, unknown ones empty; rows in the order of the truth. */
static int align(struct rs_histories *h, const struct rs_truth *t, const struct rs_dataset *d, struct rs_err *err)
{
	struct rs_events *e[2] = { &h->chosen, &h->seen };
	struct rs_csr profile = h->profile;
	uint32_t *map;
	int rc = rs_keys_match(&t->user_key, &d->user_key, &map, err);

	if (rc < 0)
		return rc;
	if (profile.row_ptr != NULL) {
		rc = rs_csr_rows(&h->profile, &profile, map, t->n_users, err);
		rs_csr_release(&profile);
	}
	for (int i = 0; i < 2 && rc == 0; i++) {
		struct rs_events rows;
		uint64_t *padded = rs_array((size_t)e[i]->n_users + 2, sizeof *padded, err);

		if (padded == NULL) {
			rc = RS_ENOMEM;
			break;
		}
		memcpy(padded, e[i]->row_ptr, ((size_t)e[i]->n_users + 1) * sizeof *padded);
		padded[e[i]->n_users + 1] = padded[e[i]->n_users]; /* one row for all strangers */
		rs_free(e[i]->row_ptr);
		e[i]->row_ptr = padded;
		for (uint32_t u = 0; u < t->n_users && i == 0; u++)
			if (map[u] == RS_NONE)
				map[u] = e[i]->n_users;
		rc = rs_events_rows(&rows, e[i], map, t->n_users, err);
		if (rc == 0) {
			rs_events_release(e[i]);
			*e[i] = rows;
		}
	}
	rs_free(map);
	return rc;
}

/* The first k of `order` (n of them) that the user has not seen. flag: n_items zeros, left as found. */
static uint32_t unseen(uint32_t *out, uint32_t k, const uint32_t *order, uint32_t n, const struct rs_events *seen, uint32_t u,
                       uint8_t *flag, bool keep)
{
	uint32_t n_out = 0;

	for (uint64_t e = seen->row_ptr[u]; e < seen->row_ptr[u + 1] && !keep; e++)
		flag[seen->item[e]] = 1;
	for (uint32_t i = 0; i < n && n_out < k; i++)
		if (flag[order[i]] == 0)
			out[n_out++] = order[i];
	for (uint64_t e = seen->row_ptr[u]; e < seen->row_ptr[u + 1] && !keep; e++)
		flag[seen->item[e]] = 0;
	return n_out;
}

static int popular_order(uint32_t *order, const struct rs_model *m, struct rs_err *err)
{
	struct rs_topk top;
	int rc = rs_topk_init(&top, m->item_key.n, err);

	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < m->item_key.n; i++)
		rs_topk_push(&top, (float)m->item_users[i], i);
	rs_topk_sort(&top);
	for (uint32_t i = 0; i < top.n; i++)
		order[i] = top.best[i].ix;
	rs_topk_release(&top);
	return 0;
}

/* The popular and the random lists. A random list is the start of a shuffle of all items, redone as far as is needed. */
static int baseline(struct judging *j, const struct rs_model *m, const struct rs_histories *h, enum rs_lister lister,
                    bool keep, uint32_t k, uint64_t seed, struct rs_err *err)
{
	uint32_t n = m->item_key.n, *order = rs_array(n, sizeof *order, err);
	uint8_t *flag = rs_array0(n, 1, err);
	int rc = RS_ENOMEM;

	if (order == NULL || flag == NULL)
		goto out;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	rc = lister == RS_LISTER_POPULAR ? popular_order(order, m, err) : 0;
	for (uint32_t u = 0; u < j->t->n_users && rc == 0; u++) {
		uint64_t n_seen = keep ? 0 : h->seen.row_ptr[u + 1] - h->seen.row_ptr[u];
		uint32_t want = n_seen + k < n ? (uint32_t)n_seen + k : n;

		for (uint32_t i = 0; i < want && lister == RS_LISTER_RANDOM; i++) {
			uint32_t at = i + (uint32_t)rs_rand_below(n - i, seed, RS_RNG_RANDOM_LIST, u, i), x = order[at];

			order[at] = order[i];
			order[i] = x;
		}
		k = k < n ? k : n;
		rs_scores_take(j->s, j->t, &j->facts, u, j->item,
		               unseen(j->item, k, order, lister == RS_LISTER_RANDOM ? want : n, &h->seen, u, flag, keep));
	}
out:
	rs_free(order);
	rs_free(flag);
	return rc;
}

/* Relevant items that stand in the user's own history. */
static int count_hidden(uint64_t *n_hidden, const struct rs_truth *t, const struct rs_events *seen, uint32_t n_items,
                        struct rs_err *err)
{
	uint32_t *last = rs_array0(n_items, sizeof *last, err);

	*n_hidden = 0;
	if (last == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < t->n_users; u++) {
		for (uint64_t e = seen->row_ptr[u]; e < seen->row_ptr[u + 1]; e++)
			last[seen->item[e]] = u + 1;
		for (uint64_t e = t->row_ptr[u]; e < t->row_ptr[u + 1]; e++)
			*n_hidden += t->relevant[e] < n_items && last[t->relevant[e]] == u + 1;
	}
	rs_free(last);
	return 0;
}

/* The users of each item in the history, for diversity. */
static int users_by_item(struct rs_csr *by_item, const struct rs_events *chosen, struct rs_err *err)
{
	struct rs_csr x;
	int rc = rs_matrix_from_events(&x, chosen, RS_REPEATS_MAX, err);

	if (rc < 0)
		return rc;
	rc = rs_csr_transpose(by_item, &x, err);
	rs_csr_release(&x);
	return rc;
}

int rs_eval_situations(struct rs_csr *out, const struct rs_model *m, const struct rs_dataset *d, struct rs_err *err)
{
	uint32_t *row = rs_array(d->user_key.n, sizeof *row, err), n = 0;
	int rc;

	memset(out, 0, sizeof *out);
	if (row == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < d->user_key.n; u++)
		if (d->row_ptr[u] < d->row_ptr[u + 1])
			row[n++] = d->row_ptr[u] < RS_NONE ? (uint32_t)d->row_ptr[u] : RS_NONE;
	rc = rs_features_apply(out, &m->context_features, d->context, d->n_context, &(struct rs_row_set){ .row = row,
	                       .n = n }, err);
	rs_free(row);
	return rc;
}

int rs_eval_model(struct rs_scores *s, const struct rs_truth *t, const struct rs_model *m,
                  const struct rs_dataset *history, const struct rs_csr *situation, enum rs_lister lister, enum rs_seen seen,
                  uint64_t seed, struct rs_eval_notes *notes, struct rs_err *err)
{
	struct judging j = { .s = s, .t = t, .facts = { m->item_users, m->n_users > 0 ? m->n_users : 1, NULL } };
	struct rs_rank_options o = { .n = longest(s), .seen = seen, .situation = situation };
	struct rs_histories h = { 0 };
	struct rs_csr by_item = { 0 };
	int rc;

	if ((rc = rs_histories_make(&h, m, history, NULL, err)) < 0)
		return rc;
	if (asks_for(s, RS_METRIC_DIVERSITY)) {
		if ((rc = users_by_item(&by_item, &h.chosen, err)) < 0)
			goto out;
		j.facts.by_item = &by_item;
	}
	if ((rc = align(&h, t, history, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((j.item = rs_array(o.n, sizeof *j.item, err)) == NULL)
		goto out;
	if (lister == RS_LISTER_MODEL)
		rc = rs_rank_users(m, &h, NULL, 0, &o, take_list, &j, err);
	else
		rc = baseline(&j, m, &h, lister, seen == RS_SEEN_KEEP, o.n, seed, err);
	if (rc == 0 && notes != NULL) {
		notes->n_prior = j.n_prior;
		notes->n_hidden = 0;
		rc = seen == RS_SEEN_DROP ? count_hidden(&notes->n_hidden, t, &h.seen, m->item_key.n, err) : 0;
	}
out:
	rs_free(j.item);
	rs_csr_release(&by_item);
	rs_histories_release(&h);
	return rc;
}
