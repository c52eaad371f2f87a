/* click_people.c -- people who are served: folded in, asked about pairs, given scores of items.
 *
 * A score knows no event, so it is a part of the user, a part of the item, and a product of two vectors, in which each pair
 * of a field of users and one of items has its factors side by side (fm: all fields of items their sum, fwfm: each its own).
 * The parts and vectors of items are made once for all people of a query, those of a person once for all items. */
#include "lib/recipe/click.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"
#include "lib/recipe/dense_items.h"
#include "lib/recipe/situation.h"

#include <math.h>
#include <string.h>

struct query {
	uint32_t n;
	double *theta;             /* n x d */
	struct rs_csr profile;     /* their features; no rows where there are none */
	struct rs_click_history h; /* scratch */
	float *z;                  /* d, scratch */
	struct rs_dense_items items; /* d, ld of the vectors; RS_CLICK_TILE rows, scratch */
	struct rs_dense_people people;
	double *of_user, *of_item; /* parts: n, RS_CLICK_TILE (scratch) */
};

static const struct rs_click_features nothing = { NULL, 0 };

/* ---- vectors ---- */

/* Numbers of a vector. */
static size_t vector_numbers(const struct rs_click *m)
{
	size_t users = 1, items = 0;

	for (uint32_t f = 1; f < m->n_fields; f++) {
		users += m->field[f].owner == RS_CLICK_USER;
		items += m->field[f].owner == RS_CLICK_ITEM;
	}
	return m->k * (m->kind == RS_CLICK_FFM ? items * users : m->kind == RS_CLICK_FM ? 1 : items);
}

/* k numbers of v, or zeros. */
static void put(const struct rs_click *m, const float *v, size_t at, float *to)
{
	if (v == NULL)
		memset(to, 0, m->k * sizeof *to);
	else
		memcpy(to, v + at, m->k * sizeof *to);
}

/* An item's vector; returns its part. */
static double item_vector(const struct rs_click *m, const struct query *q, uint32_t item, float *to)
{
	const float *v[RS_CLICK_FIELDS_MAX];
	struct rs_click_cells c;
	double part;

	rs_click_cells(m, &c, nothing, &item, nothing);
	part = rs_click_row(m, &c, q->z, q->h.sums) - m->w0;
	if (m->kind == RS_CLICK_FM)
		memcpy(to, q->z + 1, m->k * sizeof *to);
	if (m->kind == RS_CLICK_FFM || m->kind == RS_CLICK_FWFM)
		rs_click_factors(m, &c, v, q->h.sums);
	for (uint32_t f = 1; f < m->n_fields; f++) {
		if (m->field[f].owner != RS_CLICK_ITEM)
			continue;
		if (m->kind == RS_CLICK_FWFM) {
			put(m, v[f], 0, to);
			to += m->k;
		}
		for (uint32_t g = 0; g < m->n_fields && m->kind == RS_CLICK_FFM; g++) {
			if (m->field[g].owner != RS_CLICK_USER)
				continue;
			put(m, v[f], g * m->k, to);
			to += m->k;
		}
	}
	return part;
}

/* What a user's factors v are for field f of items, by the weights of fwfm. */
static void put_weighted(const struct rs_click *m, const float *const *v, const double *theta, uint32_t f, float *to)
{
	const float *r = m->r + (size_t)f * m->n_fields;

	for (size_t k = 0; k < m->k; k++)
		to[k] = r[0] * (float)theta[1 + k];
	for (uint32_t g = 1; g < m->n_fields; g++)
		for (size_t k = 0; k < m->k && v[g] != NULL; k++)
			to[k] += r[g] * v[g][k];
}

/* The sum of a row for the user of theta, before slope and shift. */
static double sum_of(const struct rs_click *m, const struct query *q, const double *theta, const struct rs_click_cells *c)
{
	double sum = rs_click_row(m, c, q->z, q->h.sums);

	for (size_t i = 0; i < m->d; i++)
		sum += theta[i] * (double)q->z[i];
	return sum;
}

/* A person's vector; returns the part of the person. */
static double user_vector(const struct rs_click *m, const struct query *q, uint32_t u, float *to)
{
	const double *theta = q->theta + u * m->d;
	const float *v[RS_CLICK_FIELDS_MAX];
	uint32_t none = RS_NONE;
	struct rs_click_cells c;
	double part;

	rs_click_cells(m, &c, rs_click_features_of(&q->profile, u), &none, nothing);
	part = sum_of(m, q, theta, &c);
	for (size_t k = 0; k < m->k && m->kind == RS_CLICK_FM; k++)
		to[k] = (float)(theta[1 + k] + (double)q->z[1 + k]);
	if (m->kind == RS_CLICK_FFM || m->kind == RS_CLICK_FWFM)
		rs_click_factors(m, &c, v, q->h.sums);
	for (uint32_t f = 1; f < m->n_fields; f++) {
		if (m->field[f].owner != RS_CLICK_ITEM)
			continue;
		if (m->kind == RS_CLICK_FWFM) {
			put_weighted(m, v, theta, f, to);
			to += m->k;
		}
		for (uint32_t g = 0; g < m->n_fields && m->kind == RS_CLICK_FFM; g++) {
			if (m->field[g].owner != RS_CLICK_USER)
				continue;
			for (size_t k = 0; k < m->k && g == 0; k++)
				to[k] = (float)theta[m->field[f].z_at + k];
			if (g > 0)
				put(m, v[g], f * m->k, to);
			to += m->k;
		}
	}
	return part;
}

static int make_vectors(const struct rs_click *m, struct query *q, struct rs_err *err)
{
	size_t ld = q->items.ld = RS_ROUND_LANES(vector_numbers(m));
	float *rows;

	if ((q->of_user = rs_array(q->n, sizeof *q->of_user, err)) == NULL ||
	    (q->of_item = rs_array(RS_CLICK_TILE, sizeof *q->of_item, err)) == NULL ||
	    (q->items.own = rs_array0(RS_CLICK_TILE * ld, sizeof *q->items.own, err)) == NULL ||
	    rs_dense_people_init(&q->people, &q->items, q->n, err) < 0 ||
	    (rows = rs_array0(q->n * ld, sizeof *rows, err)) == NULL)
		return RS_ENOMEM;
	q->items.y = q->items.own;
	q->items.d = ld;
	for (uint32_t u = 0; u < q->n; u++)
		q->of_user[u] = user_vector(m, q, u, rows + u * ld);
	rs_dense_people_put(&q->people, &q->items, 0, rows, q->n);
	rs_free(rows);
	return 0;
}

/* ---- members of struct rs_recipe ---- */

void rs_click_query_free(void *query)
{
	struct query *q = query;

	if (q == NULL)
		return;
	rs_click_history_release(&q->h);
	rs_csr_release(&q->profile);
	rs_dense_people_release(&q->people);
	rs_dense_items_release(&q->items);
	rs_free(q->theta);
	rs_free(q->z);
	rs_free(q->of_user);
	rs_free(q->of_item);
	rs_free(q);
}

static int fold_in(const struct rs_click *m, struct query *q, const struct rs_people *who, const struct rs_csr *context,
                   struct rs_err *err)
{
	int rc;

	for (uint32_t u = 0; u < q->n; u++) {
		if ((rc = rs_click_history_fill(&q->h, m, who->events, u, rs_click_features_of(who->profile, u), context, 0,
		                                err)) < 0)
			return rc;
		rs_click_history_solve(&q->h, m, q->theta + u * m->d);
		rs_click_theta(m, q->theta + u * m->d);
	}
	return 0;
}

/* Which feature columns the model knows is in the model; context of a history by them. */
int rs_click_query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	const struct rs_click *m = state;
	struct query *q = rs_array0(1, sizeof *q, err);
	struct rs_csr context = { 0 };
	int rc = RS_ENOMEM;

	if (q == NULL)
		return rc;
	q->n = who->events->n_users;
	if ((q->theta = rs_array((size_t)q->n * m->d, sizeof *q->theta, err)) == NULL ||
	    (q->z = rs_array(m->d, sizeof *q->z, err)) == NULL || (rc = rs_click_history_init(&q->h, m, err)) < 0 ||
	    (who->profile != NULL && (rc = rs_click_copy(&q->profile, who->profile, err)) < 0) ||
	    (rc = rs_situation_of_events(&context, who->context_features, who->events, who->data, err)) < 0 ||
	    (rc = fold_in(m, q, who, &context, err)) < 0 || (rc = make_vectors(m, q, err)) < 0)
		goto out;
	*out = q;
	q = NULL;
out:
	rs_csr_release(&context);
	rs_click_query_free(q);
	return rc;
}

/* Sampled negatives stand for all items: the odds are those of an item at random. */
static double odds(const struct rs_click *m, double sum)
{
	return m->slope * sum + m->shift + (m->negatives > 0 ? log((double)m->negatives / m->n_items) : 0);
}

static double logit(const struct rs_click *m, const struct query *q, uint32_t u, uint32_t item,
                    struct rs_click_features event)
{
	struct rs_click_cells c;

	rs_click_cells(m, &c, rs_click_features_of(&q->profile, u), &item, event);
	return odds(m, sum_of(m, q, q->theta + u * m->d, &c));
}

int rs_click_predict(const void *state, const void *query, const struct rs_pairs *pairs, float *out, struct rs_err *err)
{
	const struct rs_click *m = state;
	const struct query *q = query;

	(void)err;
	for (size_t i = 0; i < pairs->n; i++)
		out[i] = (float)(1 / (1 + exp(-logit(m, q, pairs->who[i], pairs->item[i],
		                                     rs_click_features_of(pairs->context,
		                                                          pairs->row == NULL ? i : pairs->row[i])))));
	return 0;
}

int rs_click_score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                   struct rs_err *err)
{
	const struct rs_click *m = state;
	const struct query *q = query;
	struct rs_dense_items items = q->items;
	double shift = odds(m, 0);
	int rc;

	items.n = hi - lo;
	for (uint32_t i = 0; i < items.n; i++)
		q->of_item[i] = item_vector(m, q, lo + i, items.own + i * items.ld);
	for (uint32_t u = 0; u < q->n && items.ld == 0; u++)
		memset(scores + u * ld, 0, items.n * sizeof *scores);
	if (items.ld > 0 && (rc = rs_dense_items_score(&items, &q->people, 0, items.n, scores, ld, err)) < 0)
		return rc;
	for (uint32_t u = 0; u < q->n; u++) {
		float *s = scores + u * ld;

		for (uint32_t i = 0; i < items.n; i++)
			s[i] = (float)(m->slope * (q->of_user[u] + q->of_item[i] + (double)s[i]) + shift);
	}
	return 0;
}
