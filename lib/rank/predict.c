/* predict.c -- pairs to predictions: each person is folded in once, for all of the person's pairs. */
#include "lib/rank/predict.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define PEOPLE 32 /* of one tile */

struct work {
	const struct rs_model *m;
	const struct rs_histories *h;
	const struct rs_pairs *pairs;
	uint64_t *order; /* pairs by person, then in their order */
	size_t *first;   /* n_tiles + 1: of order */
	float *out, *deviation; /* deviation may be NULL */
};

/* n rows' worth of pointers with one row more, which is empty. Takes `from`. */
static uint64_t *add_row(uint64_t *from, uint32_t n, struct rs_err *err)
{
	uint64_t *to = rs_array((size_t)n + 1, sizeof *to, err);

	if (to != NULL) {
		memcpy(to, from, n * sizeof *to);
		to[n] = from[n - 1];
	}
	rs_free(from);
	return to;
}

/* What is known of n people. RS_NONE, the highest and so the last, gets a row without anything. */
static int find_people(struct rs_events *rows, struct rs_csr *profile, const struct rs_histories *h, const uint32_t *who,
                       uint32_t n, struct rs_err *err)
{
	bool stranger;
	int rc;

	assert(n > 0);
	stranger = who[n - 1] == RS_NONE;
	if ((rc = rs_events_rows(rows, &h->chosen, who, n - stranger, err)) < 0 ||
	    (h->profile.row_ptr != NULL && (rc = rs_csr_rows(profile, &h->profile, who, n, err)) < 0) || !stranger)
		return rc;
	if ((rows->row_ptr = add_row(rows->row_ptr, n, err)) == NULL)
		return RS_ENOMEM;
	rows->n_users = n;
	return 0;
}

static int predict_people(const struct work *w, size_t lo, size_t hi, const uint32_t *person, uint32_t n, struct rs_err *err)
{
	const struct rs_recipe *recipe = w->m->recipe;
	struct rs_events rows = { 0 };
	struct rs_people people = { .events = &rows, .data = w->h->data, .context_features = &w->m->context_features };
	struct rs_csr profile = { 0 };
	struct rs_pairs some = *w->pairs;
	size_t k = hi - lo;
	uint32_t *who = rs_array(k, sizeof *who, err), *item = rs_array(k, sizeof *item, err), local = 0;
	uint64_t *row = rs_array(k, sizeof *row, err);
	float *out = rs_array(k, sizeof *out, err), *deviation = rs_array(k, sizeof *deviation, err);
	void *query = NULL;
	int rc = RS_ENOMEM;

	if (who == NULL || item == NULL || row == NULL || out == NULL || deviation == NULL)
		goto out;
	for (size_t i = 0; i < k; i++) {
		uint64_t from = w->order[lo + i];

		local += w->pairs->who[from] != person[local];
		who[i] = local;
		item[i] = w->pairs->item[from];
		row[i] = w->pairs->row == NULL ? from : w->pairs->row[from];
	}
	some.n = k;
	some.who = who;
	some.item = item;
	some.row = row;
	if ((rc = find_people(&rows, &profile, w->h, person, n, err)) < 0)
		goto out;
	people.profile = w->h->profile.row_ptr == NULL ? NULL : &profile;
	if ((rc = recipe->query(w->m->state, &people, &query, err)) < 0 ||
	    (rc = recipe->predict(w->m->state, query, &some, out, err)) < 0 ||
	    (w->deviation != NULL && (rc = recipe->deviation(w->m->state, query, &some, deviation, err)) < 0))
		goto out;
	for (size_t i = 0; i < k && rc == 0; i++) {
		if (!isfinite(out[i]) || (w->deviation != NULL && !isfinite(deviation[i])))
			rc = rs_fail(err, RS_EDATA,
			             "a prediction grew out of range: smaller weights or values of events, or more "
			             "regularization, may help");
		w->out[w->order[lo + i]] = out[i];
		if (w->deviation != NULL)
			w->deviation[w->order[lo + i]] = deviation[i];
	}
out:
	if (query != NULL)
		recipe->query_free(query);
	rs_csr_release(&profile);
	rs_events_release(&rows);
	rs_free(who);
	rs_free(item);
	rs_free(row);
	rs_free(out);
	rs_free(deviation);
	return rc;
}

static int predict_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct work *w = ctx;
	size_t lo = w->first[tile], hi = w->first[tile + 1];
	uint32_t person[PEOPLE] = { 0 }, n = 0;

	(void)worker;
	for (size_t i = lo; i < hi; i++) {
		uint32_t who = w->pairs->who[w->order[i]];

		if (n == 0 || person[n - 1] != who)
			person[n++] = who;
	}
	return predict_people(w, lo, hi, person, n, err);
}

/* Stable, by person. */
static int sort_pairs(struct work *w, struct rs_err *err)
{
	const struct rs_pairs *p = w->pairs;
	uint32_t n_people = w->h->chosen.n_users;
	uint64_t *at = rs_array0((size_t)n_people + 2, sizeof *at, err);

	if (at == NULL || (w->order = rs_array(p->n, sizeof *w->order, err)) == NULL) {
		rs_free(at);
		return RS_ENOMEM;
	}
	for (size_t k = 0; k < p->n; k++)
		at[(p->who[k] == RS_NONE ? n_people : p->who[k]) + 1]++;
	for (uint32_t u = 0; u <= n_people; u++)
		at[u + 1] += at[u];
	for (size_t k = 0; k < p->n; k++)
		w->order[at[p->who[k] == RS_NONE ? n_people : p->who[k]]++] = k;
	rs_free(at);
	return 0;
}

/* A tile ends where the next person would be one too many. */
static int cut_tiles(struct work *w, size_t *n_tiles, struct rs_err *err)
{
	const uint32_t *who = w->pairs->who;
	size_t n = w->pairs->n, t = 0, people = 0;

	if ((w->first = rs_array(n / PEOPLE + 2, sizeof *w->first, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && who[w->order[i]] == who[w->order[i - 1]])
			continue;
		if (people++ % PEOPLE == 0)
			w->first[t++] = i;
	}
	w->first[t] = n;
	*n_tiles = t;
	return 0;
}

int rs_predict_able(const struct rs_model *m, struct rs_err *err)
{
	return m->recipe->predict != NULL
	        ? 0
	        : rs_fail(err, RS_EUSAGE, "a model of recipe %s ranks items, and predicts neither ratings nor probabilities",
	                  m->recipe->name);
}

int rs_predict_pairs(const struct rs_model *m, const struct rs_histories *h, const struct rs_pairs *pairs, float *out,
                     float *deviation, struct rs_err *err)
{
	struct work w = { .m = m, .h = h, .pairs = pairs, .out = out, .deviation = deviation };
	size_t n_tiles = 0;
	int rc;

	if ((rc = rs_predict_able(m, err)) < 0)
		return rc;
	if (deviation != NULL && m->recipe->deviation == NULL)
		return rs_fail(err, RS_EUSAGE, "a model of recipe %s does not tell how unsure its predictions are",
		               m->recipe->name);
	if ((rc = sort_pairs(&w, err)) < 0 || (rc = cut_tiles(&w, &n_tiles, err)) < 0)
		goto out;
	rc = rs_tiles_run(n_tiles, predict_tile, &w, err);
out:
	rs_free(w.order);
	rs_free(w.first);
	return rc;
}
