/* eval.c -- lists against the truth. */
#include "lib/eval/eval.h"

#include "lib/base/mem.h"
#include "lib/eval/metrics.h"
#include "lib/num/csr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int cmp_u32(const void *pa, const void *pb)
{
	uint32_t a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

int rs_truth_make(struct rs_truth *t, const struct rs_dataset *d, const struct rs_keys *item_key, struct rs_err *err)
{
	uint8_t *keep = rs_array(d->user_key.n, 1, err);
	uint32_t *map = NULL, beyond = item_key->n;
	uint64_t n = 0;
	int rc = RS_ENOMEM;

	memset(t, 0, sizeof *t);
	if (keep == NULL || (rc = rs_keys_match(&d->item_key, item_key, &map, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((t->row_ptr = rs_array((size_t)d->user_key.n + 1, sizeof *t->row_ptr, err)) == NULL ||
	    (t->relevant = rs_array(d->n_events, sizeof *t->relevant, err)) == NULL)
		goto out;
	t->n_items = item_key->n;
	for (uint32_t i = 0; i < d->item_key.n; i++)
		if (map[i] == RS_NONE)
			map[i] = beyond++;
	for (uint32_t u = 0; u < d->user_key.n; u++) {
		uint64_t first = n, k = n;

		keep[u] = d->row_ptr[u] < d->row_ptr[u + 1];
		if (keep[u] == 0)
			continue;
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++)
			t->relevant[n++] = map[d->item[e]];
		qsort(t->relevant + first, n - first, sizeof *t->relevant, cmp_u32);
		for (uint64_t e = first; e < n; e++)
			if (k == first || t->relevant[k - 1] != t->relevant[e])
				t->relevant[k++] = t->relevant[e];
		t->row_ptr[t->n_users++] = first;
		n = k;
		for (; k > first && t->relevant[k - 1] >= item_key->n; k--)
			t->n_unknown++;
	}
	t->row_ptr[t->n_users] = n;
	rc = rs_keys_subset(&t->user_key, &d->user_key, keep, err);
out:
	rs_free(keep);
	rs_free(map);
	if (rc < 0)
		rs_truth_release(t);
	return rc;
}

void rs_truth_release(struct rs_truth *t)
{
	rs_keys_release(&t->user_key);
	rs_free(t->row_ptr);
	rs_free(t->relevant);
	memset(t, 0, sizeof *t);
}

int rs_scores_init(struct rs_scores *s, const struct rs_metric *m, size_t n_metrics, const struct rs_truth *t,
                   struct rs_err *err)
{
	bool over_all = false, diverse = false;

	memset(s, 0, sizeof *s);
	s->metric = m;
	s->n_metrics = n_metrics;
	s->n_users = t->n_users;
	s->n_items = t->n_items;
	for (size_t i = 0; i < n_metrics; i++) {
		over_all |= !rs_metric_is_mean(&m[i]);
		diverse |= m[i].kind == RS_METRIC_DIVERSITY;
	}
	s->value = rs_array0((size_t)t->n_users * n_metrics, sizeof *s->value, err);
	if (s->value == NULL || (diverse && (s->pair = rs_array0(RS_PAIRS, sizeof *s->pair, err)) == NULL) ||
	    (over_all && (s->shown = rs_array0((size_t)t->n_items * n_metrics, sizeof *s->shown, err)) == NULL)) {
		rs_scores_release(s);
		return RS_ENOMEM;
	}
	return 0;
}

void rs_scores_release(struct rs_scores *s)
{
	rs_free(s->value);
	rs_free(s->shown);
	rs_free(s->pair);
	memset(s, 0, sizeof *s);
}

static double novelty(const struct rs_item_facts *f, const uint32_t *item, size_t n)
{
	double sum = 0;

	for (size_t r = 0; r < n; r++) /* an item that nobody had counts as one that one person had */
		sum -= log2((f->users[item[r]] > 0 ? (double)f->users[item[r]] : 1) / f->n_users);
	return n == 0 ? 0 : sum / (double)n;
}

/* Cosine of the sets of users of two items. */
static double cosine(const struct rs_csr *x, uint32_t a, uint32_t b)
{
	uint64_t i = x->row_ptr[a], j = x->row_ptr[b], na = x->row_ptr[a + 1] - i, nb = x->row_ptr[b + 1] - j, both = 0;

	while (i < x->row_ptr[a + 1] && j < x->row_ptr[b + 1]) {
		both += x->col[i] == x->col[j];
		if (x->col[i] <= x->col[j])
			j += x->col[i] == x->col[j], i++;
		else
			j++;
	}
	return na == 0 || nb == 0 ? 0 : (double)both / sqrt((double)na * (double)nb);
}

/* The same, from the pairs kept: lists hold the same pairs again and again. */
static double kept_cosine(struct rs_pair *pair, const struct rs_csr *x, uint32_t i, uint32_t j)
{
	uint32_t a = i < j ? i : j, b = i < j ? j : i;
	struct rs_pair *p = &pair[(a * 0x9E3779B1u + b * 0x85EBCA77u) % RS_PAIRS];

	if (p->a != a || p->b != b)
		*p = (struct rs_pair){ a, b, cosine(x, a, b) };
	return p->cosine;
}

static double diversity(struct rs_pair *pair, const struct rs_item_facts *f, const uint32_t *item, size_t n)
{
	double sum = 0;

	for (size_t a = 0; a < n; a++)
		for (size_t b = a + 1; b < n; b++)
			sum += kept_cosine(pair, f->by_item, item[a], item[b]);
	return n < 2 ? 1 : 1 - sum / ((double)n * (double)(n - 1) / 2);
}

void rs_scores_take(struct rs_scores *s, const struct rs_truth *t, const struct rs_item_facts *facts, uint32_t u,
                    const uint32_t *item, size_t n)
{
	const uint32_t *rel = t->relevant + t->row_ptr[u];
	size_t nr = (size_t)(t->row_ptr[u + 1] - t->row_ptr[u]);

	for (size_t i = 0; i < s->n_metrics; i++) {
		const struct rs_metric *m = &s->metric[i];
		double *v = &s->value[(size_t)u * s->n_metrics + i];
		size_t k = n < m->k ? n : m->k;

		switch (m->kind) {
		case RS_METRIC_RECALL: *v = rs_recall(item, n, rel, nr, m->k); break;
		case RS_METRIC_RECALL_CAPPED: *v = rs_recall_capped(item, n, rel, nr, m->k); break;
		case RS_METRIC_PRECISION: *v = rs_precision(item, n, rel, nr, m->k); break;
		case RS_METRIC_NDCG: *v = rs_ndcg(item, n, rel, nr, m->k); break;
		case RS_METRIC_NDCG_RETRIEVED: *v = rs_ndcg_retrieved(item, n, rel, nr, m->k); break;
		case RS_METRIC_MRR: *v = rs_reciprocal_rank(item, n, rel, nr, m->k); break;
		case RS_METRIC_MAP: *v = rs_average_precision(item, n, rel, nr, m->k); break;
		case RS_METRIC_HIT: *v = rs_hit(item, n, rel, nr, m->k); break;
		case RS_METRIC_NOVELTY: *v = facts->users == NULL ? NAN : novelty(facts, item, k); break;
		case RS_METRIC_DIVERSITY: *v = facts->by_item == NULL ? NAN : diversity(s->pair, facts, item, k); break;
		default:
			for (size_t r = 0; r < k; r++)
				if (item[r] < s->n_items)
					s->shown[i * s->n_items + item[r]]++;
		}
	}
}

/* The Gini coefficient of counts: 0 where all are equal, near 1 where one has all. */
static double gini(const uint32_t *shown, uint32_t n)
{
	uint32_t *sorted = rs_array(n, sizeof *sorted, NULL);
	double sum = 0, weighted = 0;

	if (sorted == NULL)
		return NAN;
	memcpy(sorted, shown, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, cmp_u32);
	for (uint32_t i = 0; i < n; i++) {
		sum += sorted[i];
		weighted += (2.0 * i - n + 1) * sorted[i];
	}
	rs_free(sorted);
	return sum == 0 ? 0 : weighted / (n * sum);
}

double rs_scores_total(const struct rs_scores *s, size_t i)
{
	double sum = 0;

	if (s->metric[i].kind == RS_METRIC_GINI)
		return gini(s->shown + i * s->n_items, s->n_items);
	if (s->metric[i].kind == RS_METRIC_COVERAGE) {
		for (uint32_t k = 0; k < s->n_items; k++)
			sum += s->shown[i * s->n_items + k] > 0;
		return sum / (double)s->n_items;
	}
	for (uint32_t u = 0; u < s->n_users; u++)
		sum += s->value[(size_t)u * s->n_metrics + i];
	return sum / (double)s->n_users;
}
