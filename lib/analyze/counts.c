/* counts.c -- who did how much; sessions and times; whether tables fit each other. */
#include "lib/analyze/parts.h"
#include "lib/base/mem.h"

#include <math.h>
#include <string.h>

static int spread_tally(struct rs_spread *s, struct rs_power *power, struct rs_tally *t, struct rs_err *err)
{
	struct rs_run *run;
	size_t n;
	int rc = rs_tally_runs(t, &run, &n, err);

	if (rc < 0)
		return rc;
	rs_spread_of(s, run, n);
	if (power != NULL)
		rs_power_of(power, run, n);
	rs_free(run);
	return 0;
}

/* Counts per user or item; zeros do not count. */
static int spread_counts(struct rs_spread *s, struct rs_power *power, const uint64_t *count, uint32_t n,
                         struct rs_err *err)
{
	struct rs_tally t;
	int rc = rs_tally_init(&t, err);

	for (uint32_t i = 0; i < n && rc == 0; i++)
		if (count[i] > 0)
			rc = rs_tally_add(&t, count[i], err);
	if (rc == 0)
		rc = spread_tally(s, power, &t, err);
	rs_tally_release(&t);
	return rc;
}

static int top_names(struct rs_name *name, uint32_t *n_top, struct rs_tape *t, bool item, const uint64_t *count, uint32_t n,
                     struct rs_err *err)
{
	uint32_t ix[RS_TOP];
	uint64_t k[RS_TOP];

	*n_top = rs_top_counts(ix, RS_TOP, count, n);
	for (uint32_t i = 0; i < *n_top; i++)
		k[i] = count[ix[i]];
	return rs_name_ids(name, t, item, ix, k, *n_top, err);
}

int rs_analyze_counts(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p, struct rs_err *err)
{
	struct rs_counts *c = &a->counts;
	uint64_t *per_user = rs_array(p->n_users, sizeof *per_user, err);
	int rc = RS_ENOMEM;

	if (per_user == NULL)
		return rc;
	c->n_events = p->row_ptr[p->n_users];
	c->n_pairs = p->n_pairs;
	c->n_equal = p->n_equal;
	for (uint32_t u = 0; u < p->n_users; u++) {
		per_user[u] = p->row_ptr[u + 1] - p->row_ptr[u];
		c->n_users += per_user[u] > 0;
		c->users_2 += per_user[u] > 1;
	}
	for (uint32_t i = 0; i < p->n_items; i++)
		c->n_items += p->item_events[i] > 0;
	c->density = c->n_pairs == 0 ? 0 : (double)c->n_pairs / (double)c->n_users / (double)c->n_items;
	c->repeat_share = c->n_events == 0 ? 0 : (double)(c->n_events - c->n_pairs) / (double)c->n_events;
	if ((rc = spread_counts(&c->per_user, &c->user_power, per_user, p->n_users, err)) == 0 &&
	    (rc = spread_counts(&c->per_item, &c->item_power, p->item_events, p->n_items, err)) == 0 &&
	    (rc = top_names(c->top_user, &c->n_top_users, t, false, per_user, p->n_users, err)) == 0)
		rc = top_names(c->top_item, &c->n_top_items, t, true, p->item_events, p->n_items, err);
	rs_free(per_user);
	return rc;
}

/* ---- times and sessions ---- */

#define YEAR_S ((int64_t)365 * 86400)

static void find_gap(struct rs_times *m)
{
	uint32_t from = 0;

	for (uint32_t k = 0; k < m->n; k++) {
		m->n_empty += m->events[k] == 0;
		if (m->events[k] > 0) {
			if ((int64_t)(k - from) * m->width_s > m->gap_s) {
				m->gap_s = (int64_t)(k - from) * m->width_s;
				m->gap_start_s = m->start_s + (int64_t)from * m->width_s;
			}
			from = k + 1;
		}
	}
}

int rs_analyze_times(struct rs_analysis *a, struct rs_pass *p, struct rs_err *err)
{
	struct rs_times *m = &a->times;
	struct rs_sessions *s = &a->sessions;
	int rc;

	m->known = p->time && p->parts.width_s > 0;
	if (!m->known)
		return 0;
	m->first_s = p->parts.first_s;
	m->last_s = p->parts.last_s;
	m->real = m->last_s >= YEAR_S;
	m->start_s = p->parts.start_s;
	m->width_s = p->parts.width_s;
	m->n = rs_timeline_at(&p->parts, m->last_s) + 1;
	memcpy(m->hour_of_week, p->hour_of_week, sizeof m->hour_of_week);
	memcpy(m->events, p->part, sizeof m->events);
	for (uint32_t u = 0; u < p->n_users; u++)
		if (p->row_ptr[u + 1] > p->row_ptr[u])
			m->new_users[rs_timeline_at(&p->parts, p->pace[u].first_s)]++;
	find_gap(m);
	s->gap_s = p->gap_s;
	memcpy(s->pause, p->pause, sizeof s->pause);
	if ((rc = spread_tally(&s->events, NULL, &p->session_events, err)) < 0)
		return rc;
	s->n = s->events.n;
	return spread_tally(&s->minutes, NULL, &p->session_minutes, err);
}

/* ---- tables and events ---- */

static int match_table(struct rs_match *m, struct rs_tape *t, bool item, const uint64_t *count, uint32_t n, struct rs_err *err)
{
	uint32_t ix[3], n_ix = 0;
	uint64_t events[3];
	const uint8_t *present;
	int rc;

	if ((rc = rs_tape_present(&present, t, item ? 'I' : 'U', err)) < 0 || present == NULL)
		return rc;
	m->present = true;
	for (uint32_t i = 0; i < n; i++) {
		m->n_rows += present[i];
		m->rows_idle += present[i] != 0 && count[i] == 0;
		if (present[i] != 0 || count[i] == 0)
			continue;
		m->ids_missing++;
		m->events_missing += count[i];
		if (n_ix < 3) {
			ix[n_ix] = i;
			events[n_ix++] = count[i];
		}
	}
	m->n_example = n_ix;
	return rs_name_ids(m->example, t, item, ix, events, n_ix, err);
}

int rs_analyze_match(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p, struct rs_err *err)
{
	uint64_t *per_user = rs_array(p->n_users, sizeof *per_user, err);
	int rc = RS_ENOMEM;

	if (per_user == NULL)
		return rc;
	for (uint32_t u = 0; u < p->n_users; u++)
		per_user[u] = p->row_ptr[u + 1] - p->row_ptr[u];
	if ((rc = match_table(&a->users, t, false, per_user, p->n_users, err)) == 0)
		rc = match_table(&a->items, t, true, p->item_events, p->n_items, err);
	rs_free(per_user);
	return rc;
}
