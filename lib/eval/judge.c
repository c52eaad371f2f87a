/* judge.c -- predictions of pairs against what happened. */
#include "lib/eval/judge.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS 15           /* of ece */
#define LEAST_P 1e-7      /* a probability is taken as no less sure than this */

/* ---- pairs ---- */

struct entry {
	float predicted, actual;
	uint32_t user;
};

/* By prediction, then truth and user, so that equal pairs are the same wherever they stand. */
static int by_prediction(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->predicted < b->predicted || a->predicted > b->predicted)
		return a->predicted < b->predicted ? -1 : 1;
	if (a->actual < b->actual || a->actual > b->actual)
		return a->actual < b->actual ? -1 : 1;
	return (a->user > b->user) - (a->user < b->user);
}

struct asking {
	uint32_t *who, *item;
	uint64_t *row;
	struct entry *e;
	float *out;
	size_t n;
};

static void asking_release(struct asking *a)
{
	rs_free(a->who);
	rs_free(a->item);
	rs_free(a->row);
	rs_free(a->e);
	rs_free(a->out);
}

/* The events that tell something. */
static int collect(struct rs_judged *j, struct asking *a, const struct rs_model *m, const struct rs_dataset *history,
                   const struct rs_dataset *truth, struct rs_err *err)
{
	uint32_t *user_map = NULL, *item_map = NULL;
	struct rs_choice choice = m->choice;
	struct rs_events e = { 0 };
	size_t n;
	int rc;

	choice.places = true;
	if ((rc = rs_events_make(&e, truth, &choice, NULL, truth->item_key.n, m->newest_s, err)) < 0)
		return rc;
	n = (size_t)e.row_ptr[e.n_users];
	rc = RS_ENOMEM;
	if ((a->who = rs_array(n, sizeof *a->who, err)) == NULL || (a->item = rs_array(n, sizeof *a->item, err)) == NULL ||
	    (a->row = rs_array(n, sizeof *a->row, err)) == NULL || (a->e = rs_array(n, sizeof *a->e, err)) == NULL ||
	    (a->out = rs_array(n, sizeof *a->out, err)) == NULL ||
	    (rc = rs_keys_match(&truth->user_key, &history->user_key, &user_map, err)) < 0 ||
	    (rc = rs_keys_match(&truth->item_key, &m->item_key, &item_map, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < truth->user_key.n; u++) {
		size_t before = a->n;

		for (uint64_t i = e.row_ptr[u]; i < e.row_ptr[u + 1]; i++) {
			float actual = m->recipe->target(&m->params, e.value == NULL ? NAN : e.value[i],
			                                 e.weight == NULL ? 1 : e.weight[i]);

			if (!isfinite(actual))
				continue;
			a->who[a->n] = user_map[u];
			a->item[a->n] = item_map[e.item[i]];
			a->row[a->n] = e.place[i];
			j->n_unknown_items += a->item[a->n] == RS_NONE;
			a->e[a->n++] = (struct entry){ 0, actual, j->n_users };
		}
		j->n_users += a->n > before;
	}
	if (a->n == 0)
		rc = rs_fail(err, RS_EDATA, "no event of the truth tells what a model of recipe %s predicts", m->recipe->name);
out:
	rs_events_release(&e);
	rs_free(user_map);
	rs_free(item_map);
	return rc;
}

static int ask(struct rs_judged *j, struct asking *a, const struct rs_model *m, const struct rs_dataset *history,
               const struct rs_dataset *truth, struct rs_err *err)
{
	struct rs_pairs pairs = { .n = a->n, .who = a->who, .item = a->item, .row = a->row };
	struct rs_row_set all = { .n = (uint32_t)truth->n_events };
	struct rs_csr context = { 0 };
	struct rs_histories h;
	int rc;

	if (truth->n_events > UINT32_MAX)
		return rs_fail(err, RS_EDATA, "the truth has more than 4294967295 events");
	if ((rc = rs_histories_make(&h, m, history, NULL, err)) < 0)
		return rc;
	for (size_t i = 0; i < a->n; i++)
		j->n_unknown_users += a->who[i] == RS_NONE || !rs_histories_known(&h, a->who[i]);
	if (m->context_features.n > 0) {
		rc = rs_features_apply(&context, &m->context_features, truth->context, truth->n_context, &all, err);
		pairs.context = &context;
	}
	if (rc == 0)
		rc = rs_predict_pairs(m, &h, &pairs, a->out, NULL, err);
	for (size_t i = 0; i < a->n; i++)
		a->e[i].predicted = rc == 0 ? a->out[i] : 0;
	rs_csr_release(&context);
	rs_histories_release(&h);
	return rc;
}

int rs_judged_make(struct rs_judged *j, const struct rs_model *m, const struct rs_dataset *history,
                   const struct rs_dataset *truth, struct rs_err *err)
{
	struct asking a = { 0 };
	int rc;

	memset(j, 0, sizeof *j);
	if ((rc = rs_predict_able(m, err)) < 0 || (rc = collect(j, &a, m, history, truth, err)) < 0 ||
	    (rc = ask(j, &a, m, history, truth, err)) < 0)
		goto out;
	qsort(a.e, a.n, sizeof *a.e, by_prediction);
	j->n = a.n;
	rc = RS_ENOMEM;
	if ((j->user = rs_array(j->n, sizeof *j->user, err)) == NULL ||
	    (j->predicted = rs_array(j->n, sizeof *j->predicted, err)) == NULL ||
	    (j->actual = rs_array(j->n, sizeof *j->actual, err)) == NULL)
		goto out;
	for (size_t i = 0; i < j->n; i++) {
		j->user[i] = a.e[i].user;
		j->predicted[i] = a.e[i].predicted;
		j->actual[i] = a.e[i].actual;
	}
	rc = 0;
out:
	asking_release(&a);
	if (rc < 0)
		rs_judged_release(j);
	return rc;
}

void rs_judged_release(struct rs_judged *j)
{
	rs_free(j->user);
	rs_free(j->predicted);
	rs_free(j->actual);
	memset(j, 0, sizeof *j);
}

/* ---- metrics ---- */

/* Sums over the pairs of one user. */
struct sums {
	double n, squares, absolutes, losses, positives;
	double auc;                           /* NaN: of one class */
	double below, pairs, ties_n, ties_p;  /* while the pairs pass by: negatives so far, pairs in order, the last tie */
	float last;
};

struct measuring {
	const struct rs_judged *j;
	const struct rs_metric *metric;
	size_t n_metrics;
	bool walk;          /* a metric needs the pairs themselves */
	struct sums *user;
	uint64_t seed;
	double *value;      /* by resample and metric */
	uint32_t *times;    /* by worker and user: how often drawn */
};

static double loss(double p, double y)
{
	p = fmin(fmax(p, LEAST_P), 1 - LEAST_P);
	return -(y > .5 ? log(p) : log(1 - p));
}

static void close_tie(struct sums *s)
{
	s->pairs += s->ties_p * (s->below + s->ties_n / 2);
	s->below += s->ties_n;
	s->ties_n = s->ties_p = 0;
}

static void sum_users(struct measuring *m)
{
	const struct rs_judged *j = m->j;

	for (size_t i = 0; i < j->n; i++) {
		struct sums *s = &m->user[j->user[i]];
		double p = (double)j->predicted[i], y = (double)j->actual[i];

		if (s->n > 0 && s->last < j->predicted[i])
			close_tie(s);
		s->last = j->predicted[i];
		s->ties_p += y > .5;
		s->ties_n += y <= .5;
		s->n++;
		s->squares += (p - y) * (p - y);
		s->absolutes += fabs(p - y);
		s->losses += loss(p, y);
		s->positives += y > .5;
	}
	for (uint32_t u = 0; u < j->n_users; u++) {
		struct sums *s = &m->user[u];

		close_tie(s);
		s->auc = s->positives > 0 && s->positives < s->n ? s->pairs / (s->positives * (s->n - s->positives)) : NAN;
	}
}

struct totals {
	double n, squares, absolutes, losses, positives, users, rmse_user, mae_user, auc_user, auc_users, auc, ece;
};

/* auc and ece, each pair as often as its user was drawn (times NULL: once). */
static void walk(struct totals *t, const struct rs_judged *j, const uint32_t *times)
{
	double below = 0, pairs = 0, predicted[BINS] = { 0 }, actual[BINS] = { 0 };

	for (size_t i = 0; i < j->n;) {
		double positive = 0, negative = 0;
		float p = j->predicted[i];
		size_t bin = (size_t)fminf(fmaxf(p * BINS, 0), BINS - 1);

		for (; i < j->n && j->predicted[i] <= p; i++) {
			double w = times == NULL ? 1 : times[j->user[i]];

			positive += j->actual[i] > .5F ? w : 0;
			negative += j->actual[i] > .5F ? 0 : w;
		}
		pairs += positive * (below + negative / 2);
		below += negative;
		predicted[bin] += (double)p * (positive + negative);
		actual[bin] += positive;
	}
	t->auc = t->positives > 0 && t->positives < t->n ? pairs / (t->positives * (t->n - t->positives)) : NAN;
	for (size_t b = 0; b < BINS; b++)
		t->ece += fabs(predicted[b] - actual[b]) / t->n;
}

static double entropy(double p)
{
	return p > 0 && p < 1 ? -p * log(p) - (1 - p) * log(1 - p) : NAN;
}

static double metric_of(const struct totals *t, enum rs_metric_kind kind)
{
	switch (kind) {
	case RS_METRIC_RMSE: return sqrt(t->squares / t->n);
	case RS_METRIC_MAE: return t->absolutes / t->n;
	case RS_METRIC_RMSE_USER: return t->rmse_user / t->users;
	case RS_METRIC_MAE_USER: return t->mae_user / t->users;
	case RS_METRIC_AUC: return t->auc;
	case RS_METRIC_AUC_USER: return t->auc_users > 0 ? t->auc_user / t->auc_users : NAN;
	case RS_METRIC_LOGLOSS: return t->losses / t->n;
	case RS_METRIC_NE: return t->losses / t->n / entropy(t->positives / t->n);
	case RS_METRIC_ECE: return t->ece;
	default: return NAN;
	}
}

static void measure(const struct measuring *m, const uint32_t *times, double *value)
{
	struct totals t = { 0 };

	for (uint32_t u = 0; u < m->j->n_users; u++) {
		const struct sums *s = &m->user[u];
		double w = times == NULL ? 1 : times[u];

		if (!(w > 0))
			continue;
		t.n += w * s->n;
		t.squares += w * s->squares;
		t.absolutes += w * s->absolutes;
		t.losses += w * s->losses;
		t.positives += w * s->positives;
		t.users += w;
		t.rmse_user += w * sqrt(s->squares / s->n);
		t.mae_user += w * s->absolutes / s->n;
		t.auc_user += isnan(s->auc) ? 0 : w * s->auc;
		t.auc_users += isnan(s->auc) ? 0 : w;
	}
	if (m->walk)
		walk(&t, m->j, times);
	for (size_t i = 0; i < m->n_metrics; i++)
		value[i] = metric_of(&t, m->metric[i].kind);
}

static int resample_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct measuring *m = ctx;
	uint32_t n = m->j->n_users, *times = m->times + (size_t)worker * n;

	(void)err;
	memset(times, 0, n * sizeof *times);
	for (uint32_t i = 0; i < n; i += 4) { /* 128 bits make four draws of 32 bits */
		uint64_t w[2];
		uint32_t draw[4];

		rs_rand2(m->seed, RS_RNG_BOOTSTRAP, tile, i, w);
		memcpy(draw, w, sizeof draw);
		for (uint32_t k = 0; k < 4 && i + k < n; k++)
			times[((uint64_t)draw[k] * n) >> 32]++;
	}
	measure(m, times, m->value + tile * m->n_metrics);
	return 0;
}

static int by_size(const void *pa, const void *pb)
{
	double a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	return (a > b) - (a < b);
}

/* Resamples in which the metric is not defined do not count. */
static void interval(double *one, uint32_t n, double confidence, double *low, double *high)
{
	uint32_t k = 0;
	size_t tail;

	for (uint32_t i = 0; i < n; i++)
		if (!isnan(one[i]))
			one[k++] = one[i];
	*low = *high = NAN;
	if (k == 0)
		return;
	qsort(one, k, sizeof *one, by_size);
	tail = (size_t)floor((1 - confidence) / 2 * (double)(k - 1));
	*low = one[tail];
	*high = one[k - 1 - tail];
}

static void release(struct measuring *m)
{
	rs_free(m->user);
	rs_free(m->value);
	rs_free(m->times);
}

/* The metrics of all pairs into value, and of each resample into m->value. On failure release m all the same. */
static int resample(struct measuring *m, uint32_t resamples, double *value, struct rs_err *err)
{
	uint32_t n_users = m->j->n_users;

	if ((m->user = rs_array0(n_users, sizeof *m->user, err)) == NULL ||
	    (m->value = rs_array((size_t)resamples * m->n_metrics, sizeof *m->value, err)) == NULL ||
	    (m->times = rs_array((size_t)rs_threads() * n_users, sizeof *m->times, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < m->n_metrics; i++)
		m->walk |= m->metric[i].kind == RS_METRIC_AUC || m->metric[i].kind == RS_METRIC_ECE;
	sum_users(m);
	measure(m, NULL, value);
	return rs_tiles_run(resamples, resample_tile, m, err);
}

int rs_judged_measure(const struct rs_judged *j, const struct rs_metric *metric, size_t n_metrics, uint32_t resamples,
                      double confidence, uint64_t seed, double *value, double *low, double *high, struct rs_err *err)
{
	struct measuring m = { .j = j, .metric = metric, .n_metrics = n_metrics, .seed = seed };
	double *one = rs_array(resamples, sizeof *one, err);
	int rc = RS_ENOMEM;

	if (one == NULL || (rc = resample(&m, resamples, value, err)) < 0)
		goto out;
	for (size_t c = 0; c < n_metrics; c++) {
		for (uint32_t i = 0; i < resamples; i++)
			one[i] = m.value[i * n_metrics + c];
		interval(one, resamples, confidence, &low[c], &high[c]);
	}
out:
	rs_free(one);
	release(&m);
	return rc;
}

/* Whether two models were asked the same. */
static bool same_pairs(const struct measuring *a, const struct measuring *b)
{
	if (a->j->n != b->j->n || a->j->n_users != b->j->n_users)
		return false;
	for (uint32_t u = 0; u < a->j->n_users; u++)
		if (a->user[u].n < b->user[u].n || a->user[u].n > b->user[u].n ||
		    a->user[u].positives < b->user[u].positives || a->user[u].positives > b->user[u].positives)
			return false;
	return true;
}

int rs_judged_compare(const struct rs_judged *j, const struct rs_judged *other, const struct rs_metric *metric,
                      size_t n_metrics, uint32_t resamples, double confidence, uint64_t seed,
                      struct rs_judged_difference *out, struct rs_err *err)
{
	struct measuring a = { .j = j, .metric = metric, .n_metrics = n_metrics, .seed = seed }, b = a;
	double *one = rs_array(resamples, sizeof *one, err), value[2][RS_METRICS_MAX];
	int rc = RS_ENOMEM;

	b.j = other;
	if (one == NULL || (rc = resample(&a, resamples, value[0], err)) < 0 ||
	    (rc = resample(&b, resamples, value[1], err)) < 0)
		goto out;
	if (!same_pairs(&a, &b)) {
		rc = rs_fail(err, RS_EDATA, "the two models foretell different things of the truth: expected the same choice "
		                            "of events and the same values");
		goto out;
	}
	for (size_t c = 0; c < n_metrics; c++) {
		double d = value[0][c] - value[1][c];
		uint32_t beyond = 0;

		for (uint32_t i = 0; i < resamples; i++) {
			one[i] = a.value[i * n_metrics + c] - b.value[i * n_metrics + c];
			beyond += !(fabs(one[i] - d) < fabs(d));
		}
		out[c] = (struct rs_judged_difference){ .other = value[1][c], .difference = d,
			                                .p = (1 + (double)beyond) / (1 + (double)resamples) };
		interval(one, resamples, confidence, &out[c].low, &out[c].high);
	}
out:
	rs_free(one);
	release(&a);
	release(&b);
	return rc;
}
