/* drift.c -- how fast popularity changes, and what is new in the last slice of time.
 *
 * Events are counted by item, slice and half of the users. The list of the most popular items of slice s among one half is held
 * against slice s + lag among the other half, both ways; at lag 0 the difference is chance alone, and what the figures
 * lose from there on is drift. */
#include "lib/analyze/parts.h"
#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define TOP 100
#define FEW 1000  /* a slice of fewer events is not compared */
#define LOSS 0.1  /* of what is caught at lag 0: a list that loses more is out of date */
#define COMPARE 24 /* lags at most */

/* Counts of one slice and one half, and its most popular items. */
struct cut {
	uint64_t n; /* events */
	uint32_t n_top;
	uint32_t top[TOP];
	uint64_t best; /* events of the top items */
};

static uint32_t cell(const struct rs_pass *p, uint32_t item, uint32_t slice, unsigned half)
{
	return p->item_slice[((uint64_t)item * p->n_slices + slice) * 2 + half];
}

static int make_cut(struct cut *c, const struct rs_pass *p, uint32_t slice, unsigned half, uint32_t n_top,
                    struct rs_err *err)
{
	uint64_t *count = rs_array(p->n_items, sizeof *count, err);

	if (count == NULL)
		return RS_ENOMEM;
	memset(c, 0, sizeof *c);
	for (uint32_t i = 0; i < p->n_items; i++) {
		count[i] = cell(p, i, slice, half);
		c->n += count[i];
	}
	c->n_top = rs_top_counts(c->top, n_top, count, p->n_items);
	for (uint32_t k = 0; k < c->n_top; k++)
		c->best += count[c->top[k]];
	rs_free(count);
	return 0;
}

struct cutting {
	const struct rs_pass *p;
	struct cut *cut; /* 2 for each slice */
	uint32_t n_top;
};

static int cut_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct cutting *c = ctx;

	(void)worker;
	return make_cut(&c->cut[tile], c->p, (uint32_t)tile / 2, tile % 2, c->n_top, err);
}

static bool holds(const struct cut *c, uint32_t item)
{
	for (uint32_t k = 0; k < c->n_top; k++)
		if (c->top[k] == item)
			return true;
	return false;
}

/* Adds what old (slice s, half h) says about now (slice t, the other half). */
static int compare(struct rs_lag *lag, const struct rs_pass *p, const struct cut *old, const struct cut *now, uint32_t s,
                   uint32_t t, unsigned half, struct rs_err *err)
{
	uint64_t a[TOP], b[TOP], caught = 0;
	uint32_t n = 0, both = 0, most = old->n_top < now->n_top ? old->n_top : now->n_top;
	double rho;
	int rc;

	for (uint32_t k = 0; k < old->n_top; k++) {
		both += holds(now, old->top[k]);
		caught += cell(p, old->top[k], t, half ^ 1);
		a[n] = cell(p, old->top[k], s, half);
		b[n++] = cell(p, old->top[k], t, half ^ 1);
	}
	if ((rc = rs_spearman(&rho, a, b, n, err)) < 0)
		return rc;
	lag->n++;
	lag->overlap += (double)both / most;
	lag->catch += (double)caught / (double)now->best;
	lag->rank += isnan(rho) ? 0 : rho;
	return 0;
}

static int make_lags(struct rs_drift *d, const struct rs_pass *p, const struct cut *cut, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t l = 0; l < d->n && l <= COMPARE && rc == 0; l++) {
		struct rs_lag *lag = &d->lag[d->n_lags];

		lag->lag = l;
		for (uint32_t s = 0; s + l < d->n && rc == 0; s++) {
			for (unsigned half = 0; half < 2 && rc == 0; half++) {
				const struct cut *old = &cut[2 * s + half], *now = &cut[2 * (s + l) + (half ^ 1)];

				if (old->n >= FEW / 2 && now->n >= FEW / 2)
					rc = compare(lag, p, old, now, s, s + l, half, err);
			}
		}
		if (lag->n == 0)
			continue;
		lag->overlap /= lag->n;
		lag->catch /= lag->n;
		lag->rank /= lag->n;
		d->n_lags++;
	}
	return rc;
}

/* The longest lag at which an old list still catches nearly what a fresh one does. */
static void suggest(struct rs_drift *d)
{
	double fresh = d->n_lags > 0 && d->lag[0].lag == 0 ? d->lag[0].catch : 0;

	for (uint32_t k = 1; k < d->n_lags && fresh > 0; k++) {
		if (d->lag[k].catch >= (1 - LOSS) * fresh)
			continue;
		d->retrain_at_most = k == 1;
		d->retrain_s = (int64_t)(k == 1 ? 1 : d->lag[k - 1].lag) * d->width_s;
		return;
	}
}

/* What is new in the last slice; a short one is taken together with the one before. */
static void look_at_last(struct rs_drift *d, const struct rs_pass *p)
{
	uint64_t mean = 0;
	uint32_t last = d->n - 1;

	for (uint32_t k = 0; k < d->n; k++)
		mean += d->events[k] / d->n;
	if (last > 1 && d->events[last] < mean / 2)
		last--;
	d->last_start_s = d->start_s + (int64_t)last * d->width_s;
	for (uint32_t i = 0; i < p->n_items; i++) {
		uint64_t before = 0, after = 0;

		for (uint32_t k = 0; k < d->n; k++) {
			uint64_t n = (uint64_t)cell(p, i, k, 0) + cell(p, i, k, 1);

			d->new_items[k] += n > 0 && before + after == 0;
			*(k < last ? &before : &after) += n;
		}
		d->last_events += after;
		d->last_items += after > 0;
		d->cold_items += after > 0 && before == 0;
		d->cold_events += before == 0 ? after : 0;
	}
	for (uint32_t u = 0; u < p->n_users; u++) {
		if (p->row_ptr[u + 1] == p->row_ptr[u])
			continue;
		d->last_users += p->pace[u].last_s >= d->last_start_s;
		d->cold_users += p->pace[u].first_s >= d->last_start_s;
	}
}

int rs_analyze_drift(struct rs_analysis *a, const struct rs_pass *p, struct rs_err *err)
{
	struct rs_drift *d = &a->drift;
	struct cutting c;
	struct cut *cut;
	int rc;

	if (!p->time || p->slices.width_s == 0)
		return 0;
	d->known = true;
	d->start_s = p->slices.start_s;
	d->width_s = p->slices.width_s;
	d->n = rs_timeline_at(&p->slices, p->slices.last_s) + 1;
	d->n_top = a->counts.n_items >= 10 * TOP ? TOP : (uint32_t)(a->counts.n_items + 9) / 10;
	if ((cut = rs_array(2 * (size_t)d->n, sizeof *cut, err)) == NULL)
		return RS_ENOMEM;
	c = (struct cutting){ p, cut, d->n_top };
	rc = rs_tiles_run(2 * (size_t)d->n, cut_tile, &c, err);
	for (uint32_t k = 0; k < 2 * d->n && rc == 0; k++)
		d->events[k / 2] += cut[k].n;
	if (rc == 0 && (rc = make_lags(d, p, cut, err)) == 0) {
		suggest(d);
		look_at_last(d, p);
	}
	rs_free(cut);
	return rc;
}
