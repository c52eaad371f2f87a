/* situation_choose.c -- how much each column of context counts: what places events held back best.
 *
 * The last event of some people is held back, the rest trained on, and each of those events looked for among all items that its
 * person has not had: 1 / log2(1 + place), for each exponent of each column. The column that helps most is taken, then the one
 * that helps most beside it, as long as the mean gain is over three times its standard error. */
#include "lib/recipe/situation.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define PEOPLE 4000
#define COLUMNS_MAX 3 /* that are taken */
#define TILE 32
#define SURE 3

static const double exponents[] = { .25, .5, .75, 1, 1.5 };
#define N_EXPONENTS (sizeof exponents / sizeof exponents[0])

struct choosing {
	struct rs_links *m;
	struct rs_situation s;     /* every exponent 1 */
	struct rs_events before;   /* of the people looked at: what they did but for the last */
	struct rs_csr asked;       /* the context of the last, by person */
	uint32_t *target;          /* its item */
	uint32_t n;
	double *exponent;          /* by column: those taken so far */
	float *gain;               /* n x (1 + n_columns x N_EXPONENTS): as it is now, then each change */
};

/* ---- holding back ---- */

/* Takes from part (a copy of e) the last event of every step-th person with two events or more whose last has context, unless
 * it is the only one of its item. */
static int hold_back(struct choosing *c, struct rs_events *part, uint64_t *origin, const struct rs_csr *context,
                     struct rs_err *err)
{
	uint32_t *who = rs_array(part->n_users, sizeof *who, err), *row = rs_array(part->n_users, sizeof *row, err);
	uint32_t n = 0, step, k = 0, *left = rs_array0(part->n_items, sizeof *left, err);
	uint64_t to = 0, from = 0;
	int rc = RS_ENOMEM;

	if (who == NULL || row == NULL || left == NULL || (c->target = rs_array(part->n_users, sizeof *c->target, err)) == NULL)
		goto out;
	for (uint64_t e = 0; e < part->row_ptr[part->n_users]; e++)
		left[part->item[e]]++;
	for (uint32_t u = 0; u < part->n_users; u++) {
		uint64_t end = part->row_ptr[u + 1];

		if (end - part->row_ptr[u] > 1 && context->row_ptr[end] > context->row_ptr[end - 1])
			who[n++] = u;
	}
	step = n / PEOPLE + 1;
	for (uint32_t i = 0; i < n; i += step) {
		uint32_t item = part->item[part->row_ptr[who[i] + 1] - 1];

		if (left[item] == 1) /* every item stays known */
			continue;
		left[item]--;
		row[c->n] = (uint32_t)(part->row_ptr[who[i] + 1] - 1);
		c->target[c->n] = item;
		who[c->n++] = who[i];
	}
	if ((rc = rs_csr_rows(&c->asked, context, row, c->n, err)) < 0)
		goto out;
	for (uint32_t u = 0; u < part->n_users; u++) {
		bool held = k < c->n && who[k] == u;

		for (uint64_t end = part->row_ptr[u + 1]; from < end; from++) {
			if (held && from + 1 == end)
				continue;
			part->item[to] = part->item[from];
			if (part->weight != NULL)
				part->weight[to] = part->weight[from];
			if (part->time_s != NULL)
				part->time_s[to] = part->time_s[from];
			origin[to++] = from;
		}
		k += held;
		part->row_ptr[u + 1] = to;
	}
	rc = rs_events_rows(&c->before, part, who, c->n, err);
out:
	rs_free(left);
	rs_free(who);
	rs_free(row);
	return rc;
}

/* ---- looking for what was held back ---- */

/* Without what the person has had, unless it is that which comes again. */
static void drop_seen(float *score, const struct rs_csr *h, uint32_t u, uint32_t target)
{
	bool again = false;

	for (uint64_t e = h->row_ptr[u]; e < h->row_ptr[u + 1]; e++)
		again |= h->col[e] == target;
	for (uint64_t e = h->row_ptr[u]; e < h->row_ptr[u + 1] && !again; e++)
		score[h->col[e]] = 0;
}

/* 1 / log2(1 + place) of the target among n by log score + x log lift; of equals half are before it. */
static float placed(const float *score, const float *lift, float x, uint32_t n, uint32_t target)
{
	float mine = score[target] + x * lift[target];
	uint32_t before = 0, equal = 0;

	for (uint32_t i = 0; i < n; i++) {
		float s = score[i] + x * lift[i];

		before += s > mine;
		equal += s == mine;
	}
	return (float)(1 / log2(2 + before + (equal - 1) / 2.));
}

/* The log of the lifts of one column in the situation of person u; whether there are any. */
static bool find_lift(const struct choosing *c, uint32_t u, uint32_t column, float *lift)
{
	const struct rs_situation *s = &c->s;
	uint64_t from = c->asked.row_ptr[u], to = c->asked.row_ptr[u + 1];

	while (from < to && c->asked.col[from] < s->first[column])
		from++;
	while (to > from && c->asked.col[to - 1] >= s->first[column + 1])
		to--;
	if (from == to)
		return false;
	for (uint32_t i = 0; i < s->n_items; i++)
		lift[i] = 1;
	rs_situation_apply(s, c->asked.col + from, (size_t)(to - from), 0, s->n_items, lift);
	for (uint32_t i = 0; i < s->n_items; i++)
		lift[i] = logf(lift[i]);
	return true;
}

static void try_person(const struct choosing *c, uint32_t u, float *score, float *lift)
{
	uint32_t n = c->s.n_items, target = c->target[u];
	float *gain = c->gain + (size_t)u * (1 + c->s.n_columns * N_EXPONENTS);
	bool found = score[target] > 0;

	for (uint32_t i = 0; i < n && found; i++)
		score[i] = score[i] > 0 ? logf(score[i]) : -INFINITY;
	for (uint32_t k = 0; k < c->s.n_columns && found; k++)
		if (c->exponent[k] > 0 && find_lift(c, u, k, lift))
			for (uint32_t i = 0; i < n; i++)
				score[i] += (float)c->exponent[k] * lift[i];
	gain[0] = found ? placed(score, score, 0, n, target) : 0;
	for (uint32_t k = 0; k < c->s.n_columns; k++) {
		bool changes = found && c->exponent[k] <= 0 && find_lift(c, u, k, lift);

		for (size_t x = 0; x < N_EXPONENTS; x++)
			gain[1 + k * N_EXPONENTS + x] =
			        changes ? placed(score, lift, (float)exponents[x], n, target) : gain[0];
	}
}

static int try_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct choosing *c = ctx;
	uint32_t lo = (uint32_t)tile * TILE, n = c->n - lo < TILE ? c->n - lo : TILE, n_items = c->s.n_items, user[TILE];
	float *scores = rs_array((size_t)TILE * n_items, sizeof *scores, err), *lift = rs_array(n_items, sizeof *lift, err);
	struct rs_events rows = { 0 };
	void *query = NULL;
	int rc = RS_ENOMEM;

	(void)worker;
	for (uint32_t k = 0; k < n; k++)
		user[k] = lo + k;
	if (scores == NULL || lift == NULL || (rc = rs_events_rows(&rows, &c->before, user, n, err)) < 0 ||
	    (rc = rs_history_query(&rows, &c->m->recency, &query, err)) < 0 ||
	    (rc = rs_links_score(c->m, query, 0, n_items, scores, n_items, err)) < 0)
		goto out;
	for (uint32_t k = 0; k < n; k++) {
		drop_seen(scores + (size_t)k * n_items, query, k, c->target[lo + k]);
		try_person(c, lo + k, scores + (size_t)k * n_items, lift);
	}
	rs_progress("context", lo + n, c->n, "people");
out:
	rs_history_query_free(query);
	rs_events_release(&rows);
	rs_free(scores);
	rs_free(lift);
	return rc;
}

/* The change that helps most: 1 + where it stands in a row of gains, or 0 where none surely does. */
static size_t best_change(const struct choosing *c)
{
	size_t width = 1 + c->s.n_columns * N_EXPONENTS, best = 0;
	double most = 0;

	for (size_t k = 1; k < width; k++) {
		double sum = 0, squares = 0, n = c->n, error;

		for (uint32_t u = 0; u < c->n; u++) {
			double d = (double)(c->gain[u * width + k] - c->gain[u * width]);

			sum += d;
			squares += d * d;
		}
		error = sqrt(fmax(0, squares - sum * sum / n));
		if (sum > SURE * error && sum > most) {
			most = sum;
			best = k;
		}
	}
	return best;
}

static int choose(struct choosing *c, struct rs_err *err)
{
	int rc = 0;

	if ((c->gain = rs_array((size_t)c->n * (1 + c->s.n_columns * N_EXPONENTS), sizeof *c->gain, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t k = 0; k < c->s.n_columns && k < COLUMNS_MAX && rc == 0; k++) {
		size_t best;

		if ((rc = rs_tiles_run((c->n + TILE - 1) / TILE, try_tile, c, err)) < 0 || (best = best_change(c)) == 0)
			break;
		c->exponent[(best - 1) / N_EXPONENTS] = exponents[(best - 1) % N_EXPONENTS];
	}
	return rc;
}

static int learn_rest(struct choosing *c, const struct rs_features *f, const struct rs_events *part, const uint64_t *origin,
                      const struct rs_csr *context, double prior, struct rs_err *err)
{
	uint64_t n = part->row_ptr[part->n_users];
	uint32_t *row = rs_array(n, sizeof *row, err);
	double *one = rs_array(f->n_columns, sizeof *one, err);
	struct rs_csr rest = { 0 };
	int rc = RS_ENOMEM;

	if (row == NULL || one == NULL)
		goto out;
	for (uint64_t k = 0; k < n; k++)
		row[k] = (uint32_t)origin[k];
	for (uint32_t k = 0; k < f->n_columns; k++)
		one[k] = 1;
	if ((rc = rs_csr_rows(&rest, context, row, (uint32_t)n, err)) == 0)
		rc = rs_situation_learn(&c->s, f, part, &rest, one, prior, err);
out:
	rs_csr_release(&rest);
	rs_free(row);
	rs_free(one);
	return rc;
}

int rs_situation_choose(double *exponent, const struct rs_train_in *in, const struct rs_param_values *p,
                        const struct rs_csr *context,
                        double prior, const struct rs_recency *recency, rs_situation_fit *fit, struct rs_err *err)
{
	const struct rs_features *f = in->context_features;
	uint32_t *all = rs_array(in->events->n_users, sizeof *all, err);
	uint64_t *origin = rs_array(in->events->row_ptr[in->events->n_users], sizeof *origin, err);
	struct choosing c = { .exponent = exponent, .m = rs_array0(1, sizeof *c.m, err) };
	struct rs_events part = { 0 };
	int rc = RS_ENOMEM;

	memset(exponent, 0, f->n_columns * sizeof *exponent);
	if (all == NULL || origin == NULL || c.m == NULL)
		goto out;
	c.m->recency = *recency;
	for (uint32_t u = 0; u < in->events->n_users; u++)
		all[u] = u;
	if ((rc = rs_events_rows(&part, in->events, all, in->events->n_users, err)) < 0 ||
	    (rc = hold_back(&c, &part, origin, context, err)) < 0 || c.n == 0 ||
	    (rc = learn_rest(&c, f, &part, origin, context, prior, err)) < 0 || (rc = fit(c.m, &part, p, err)) < 0)
		goto out;
	rc = choose(&c, err);
out:
	rs_free(all);
	rs_free(origin);
	rs_free(c.target);
	rs_free(c.gain);
	rs_links_free(c.m);
	rs_csr_release(&c.asked);
	rs_situation_release(&c.s);
	rs_events_release(&c.before);
	rs_events_release(&part);
	return rc;
}
