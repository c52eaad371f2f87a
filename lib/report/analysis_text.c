/* analysis_text.c -- an analysis for a terminal, with small bar charts. */
#include "lib/report/analysis.h"
#include "lib/report/page.h"
#include "lib/report/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BARS 12     /* lines of one chart at most: bars are joined to fit */
#define SUSPECTS 10

static void names(struct page *p, const struct rs_name *name, uint32_t n, uint64_t all)
{
	for (uint32_t i = 0; i < n; i++)
		page_bar(p, name[i].text, name[i].n, name[i].count, name[0].count, all);
}

static void bars(struct page *p, const struct rs_spread *s, bool whole)
{
	uint32_t step = (s->n_bars + BARS - 1) / BARS;
	uint64_t most = 0;

	for (uint32_t k = 0; k < s->n_bars; k += step) {
		uint64_t n = 0;

		for (uint32_t j = k; j < k + step && j < s->n_bars; j++)
			n += s->bar[j].n;
		most = n > most ? n : most;
	}
	for (uint32_t k = 0; k < s->n_bars; k += step) {
		struct rs_bar b = s->bar[k];
		char label[RS_WORD_MAX];

		for (uint32_t j = k + 1; j < k + step && j < s->n_bars; j++) {
			b.hi = s->bar[j].hi > s->bar[j].lo ? s->bar[j].hi : s->bar[j].lo + (whole ? 1 : 0);
			b.n += s->bar[j].n;
		}
		rs_word_bar(label, &b, whole);
		page_bar(p, label, strlen(label), b.n, most, s->n);
	}
}

static void spread(struct page *p, const char *name, const struct rs_spread *s)
{
	char t[6][RS_WORD_MAX];

	if (s->n > 0)
		page_row(p, name, "%s to %s, median %s, mean %s, 95 %% up to %s, 99 %% up to %s%s",
		         rs_word_number(t[0], s->min), rs_word_number(t[1], s->max), rs_word_number(t[2], s->q[RS_Q50]),
		         rs_word_number(t[3], s->mean), rs_word_number(t[4], s->q[RS_Q95]),
		         rs_word_number(t[5], s->q[RS_Q99]), s->estimated ? " (estimated)" : "");
}

/* ---- parts ---- */

static void put_advice(struct page *p, const struct rs_advice *a, uint32_t n)
{
	page_head(p, "WHAT TO DO");
	if (n == 0)
		page_put(p, "  Nothing stands out.\n");
	for (uint32_t i = 0; i < n; i++) {
		page_put(p, "  %-8s ", rs_severity_name[a[i].severity]);
		page_wrapped(p, a[i].what, 11, 11);
		page_put(p, "           ");
		page_wrapped(p, a[i].todo, 11, 11);
	}
}

static void put_power(struct page *p, const char *name, const struct rs_power *w, const struct rs_spread *s)
{
	char t[5][RS_WORD_MAX];

	page_row(p, name, "Gini %s; the top 1 %% have %s, the top 10 %% %s, the top 20 %% %s", rs_word_number(t[0], s->gini),
	         rs_word_percent(t[1], w->top[0]), rs_word_percent(t[2], w->top[1]), rs_word_percent(t[3], w->top[2]));
	if (!isnan(w->slope))
		page_row(p, "", "falls with rank to the power of %.2f (R2 %.2f)", w->slope, w->r2);
}

static void put_counts(struct page *p, const struct rs_counts *c)
{
	char t[4][RS_WORD_MAX];

	page_head(p, "INTERACTIONS");
	page_row(p, "events", "%s", rs_word_count(t[0], c->n_events));
	page_row(p, "users, items", "%s and %s with events", rs_word_count(t[0], c->n_users), rs_word_count(t[1], c->n_items));
	page_row(p, "pairs", "%s different, density %s", rs_word_count(t[0], c->n_pairs), rs_word_percent(t[1], c->density));
	page_row(p, "repeats", "%s of the events come back to an earlier item; %s events equal another",
	         rs_word_percent(t[0], c->repeat_share), rs_word_count(t[1], c->n_equal));
	if (c->n_events == 0)
		return;
	page_put(p, "\n  Events per user\n");
	spread(p, "spread", &c->per_user);
	put_power(p, "inequality", &c->user_power, &c->per_user);
	bars(p, &c->per_user, true);
	page_put(p, "\n  Events per item\n");
	spread(p, "spread", &c->per_item);
	put_power(p, "inequality", &c->item_power, &c->per_item);
	bars(p, &c->per_item, true);
	page_put(p, "\n  Most popular items\n");
	names(p, c->top_item, c->n_top_items, c->n_events);
	page_put(p, "\n  Busiest users\n");
	names(p, c->top_user, c->n_top_users, c->n_events);
}

/* The timeline in at most 24 lines. */
static void put_timeline(struct page *p, const struct rs_times *t)
{
	uint32_t step = (t->n + 23) / 24;
	uint64_t n[24] = { 0 }, most = 0, all = 0;
	char label[RS_WORD_MAX];

	for (uint32_t k = 0; k < t->n; k++) {
		n[k / step] += t->events[k];
		all += t->events[k];
	}
	for (uint32_t k = 0; k < 24; k++)
		most = n[k] > most ? n[k] : most;
	for (uint32_t k = 0; k * step < t->n; k++) {
		int64_t s = t->start_s + (int64_t)k * step * t->width_s;

		rs_word_date(label, s);
		if ((int64_t)step * t->width_s < 86400)
			snprintf(label + strlen(label), RS_WORD_MAX - strlen(label), " %02d:%02d",
			         (int)((s % 86400 + 86400) % 86400 / 3600), (int)((s % 3600 + 3600) % 3600 / 60));
		page_bar(p, label, strlen(label), n[k], most, all);
	}
}

static void put_seasons(struct page *p, const struct rs_times *t)
{
	static const char *const day[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };
	uint64_t hour[24] = { 0 }, week[7] = { 0 }, all = 0, most = 0, most_day = 0;

	for (int k = 0; k < 168; k++) {
		hour[k % 24] += t->hour_of_week[k];
		week[k / 24] += t->hour_of_week[k];
		all += t->hour_of_week[k];
	}
	for (int k = 0; k < 24; k += 3)
		most = hour[k] + hour[k + 1] + hour[k + 2] > most ? hour[k] + hour[k + 1] + hour[k + 2] : most;
	for (int k = 0; k < 7; k++)
		most_day = week[k] > most_day ? week[k] : most_day;
	page_put(p, "\n  Weekdays and hours (UTC)\n");
	for (int k = 0; k < 7; k++)
		page_bar(p, day[k], strlen(day[k]), week[k], most_day, all);
	for (int k = 0; k < 24; k += 3) {
		char label[RS_WORD_MAX];

		snprintf(label, sizeof label, "%02d:00 to %02d:00", k, k + 3);
		page_bar(p, label, strlen(label), hour[k] + hour[k + 1] + hour[k + 2], most, all);
	}
}

static void put_times(struct page *p, const struct rs_times *t, const struct rs_sessions *s)
{
	char a[RS_WORD_MAX], b[RS_WORD_MAX], c[RS_SPAN_MAX];

	if (!t->known)
		return;
	page_head(p, "TIME");
	if (!t->real) {
		page_row(p, "span", "numbers from %lld to %lld: an order, no dates", (long long)t->first_s,
		         (long long)t->last_s);
		return;
	}
	page_row(p, "span", "%s to %s, %s", rs_word_date(a, t->first_s), rs_word_date(b, t->last_s),
	         rs_span(c, t->last_s - t->first_s));
	if (t->gap_s > 0)
		page_row(p, "longest gap", "%s from %s", rs_span(c, t->gap_s), rs_word_date(a, t->gap_start_s));
	put_timeline(p, t);
	put_seasons(p, t);
	page_put(p, "\n  Sessions (a pause of more than %s ends one)\n", rs_span(c, s->gap_s));
	page_row(p, "sessions", "%s", rs_word_count(a, s->n));
	spread(p, "events", &s->events);
	spread(p, "minutes", &s->minutes);
	bars(p, &s->events, true);
}

static void put_drift(struct page *p, const struct rs_drift *d, bool real)
{
	char a[RS_WORD_MAX], b[RS_WORD_MAX], c[RS_WORD_MAX], span[RS_SPAN_MAX];

	if (!d->known || d->n_lags == 0 || !real)
		return;
	page_head(p, "DRIFT OF POPULARITY");
	page_row(p, "compared", "the %u most popular items of slices of %s, among two halves of the users", d->n_top,
	         rs_span(span, d->width_s));
	page_put(p, "  %-*s %10s %10s %10s\n", PAGE_LABEL, "age of the list", "overlap", "ranks", "catches");
	for (uint32_t k = 0; k < d->n_lags && k < 12; k++)
		page_put(p, "  %-*s %10s %10.2f %10s\n", PAGE_LABEL,
		         d->lag[k].lag == 0 ? "none" : rs_span(span, (int64_t)d->lag[k].lag * d->width_s),
		         rs_word_percent(a, d->lag[k].overlap), d->lag[k].rank, rs_word_percent(b, d->lag[k].catch));
	page_row(p, "train again", "%s%s",
	         d->retrain_s == 0            ? "popularity holds over the whole time"
	                 : d->retrain_at_most ? "more often than every "
	                                      : "every ",
	         d->retrain_s == 0 ? "" : rs_span(span, d->retrain_s));
	page_row(p, "new in the last part", "since %s: %s of the users, %s of the items, %s of the events",
	         rs_word_date(span, d->last_start_s), rs_word_percent(a, (double)d->cold_users / (double)d->last_users),
	         rs_word_percent(b, (double)d->cold_items / (double)d->last_items),
	         rs_word_percent(c, (double)d->cold_events / (double)d->last_events));
}

static void put_funnel(struct page *p, const struct rs_funnel *f)
{
	char a[RS_WORD_MAX], b[RS_WORD_MAX];

	if (f->n == 0)
		return;
	page_head(p, "EVENT TYPES");
	page_put(p, "  pairs of user and item that took all steps so far, of those that took the first\n");
	for (uint32_t k = 0; k < f->n; k++)
		page_bar(p, f->step[k].name, strlen(f->step[k].name), f->step[k].on_pairs, f->step[0].n_pairs,
		         f->step[0].n_pairs);
	for (uint32_t k = 1; k < f->n; k++) {
		char name[RS_WORD_MAX];

		snprintf(name, sizeof name, "to %.40s", f->step[k].name);
		page_row(p, "", "%s: %s of the pairs, %s of the users", name,
		         rs_word_percent(a, (double)f->step[k].on_pairs / fmax(1, (double)f->step[k - 1].on_pairs)),
		         rs_word_percent(b, (double)f->step[k].on_users / fmax(1, (double)f->step[k - 1].on_users)));
	}
}

static void put_column(struct page *p, const struct rs_column_facts *f)
{
	char t[6][RS_WORD_MAX];

	page_put(p, "\n  ");
	page_name(p, f->name, strlen(f->name), PAGE_LABEL);
	page_put(p, " %s%s, %s%s different, %s missing (%s)\n", f->type, f->multi ? " (several)" : "",
	         f->distinct_estimated ? "about " : "", rs_word_count(t[0], f->n_distinct), rs_word_count(t[1], f->n_null),
	         rs_word_percent(t[2], f->n_rows == 0 ? 0 : (double)f->n_null / (double)f->n_rows));
	if (f->number.n > 0) {
		spread(p, strcmp(f->type, "text") == 0 ? "bytes" : "spread", &f->number);
		if (f->number.n_outliers > 0)
			page_row(p, "outliers", "%s", rs_word_count(t[0], f->number.n_outliers));
		if (strcmp(f->type, "number") == 0)
			bars(p, &f->number, false);
	} else {
		names(p, f->top, f->n_top, f->n_rows);
	}
}

static void put_tables(struct page *p, const struct rs_analysis *a)
{
	static const char *const title[] = { "COLUMNS OF INTERACTIONS", "COLUMNS OF USERS", "COLUMNS OF ITEMS" };
	char t[4][RS_WORD_MAX];

	for (int k = 0; k < 3; k++) {
		const struct rs_table_facts *f = &a->table[k];
		const struct rs_match *m = k == 1 ? &a->users : &a->items;

		if (!f->present)
			continue;
		page_head(p, title[k]);
		page_row(p, "rows", "%s", rs_word_count(t[0], f->n_rows));
		if (k > 0) {
			page_row(p, "against events", "%s rows have no event; %s ids with %s events have no row",
			         rs_word_count(t[0], m->rows_idle), rs_word_count(t[1], m->ids_missing),
			         rs_word_count(t[2], m->events_missing));
			page_row(p, "incomplete", "%s rows miss a value", rs_word_count(t[0], f->n_incomplete));
		}
		for (uint32_t i = 0; i < f->n_columns; i++)
			if (strcmp(f->column[i].type, "id") != 0)
				put_column(p, &f->column[i]);
	}
}

static void put_suspects(struct page *p, const struct rs_suspects *s)
{
	char t[RS_WORD_MAX], m[RS_WORD_MAX];

	page_head(p, "SUSPICIOUS USERS");
	page_row(p, "found", "%s of %s users%s", rs_word_count(t, s->n), rs_word_count(m, s->n_users),
	         s->profiles_known ? "" : "; profiles were not compared: too many events");
	for (unsigned k = 0; k < RS_SUSPICIONS; k++)
		if (s->n_by[k] > 0)
			page_row(p, rs_suspicion_name[k], "%s", rs_word_count(t, s->n_by[k]));
	for (uint32_t i = 0; i < s->n_targets; i++) {
		page_put(p, "  pushed item          ");
		page_name(p, s->target[i].item.text, s->target[i].item.n, PAGE_LABEL);
		page_put(p, " by %s users; %.1f expected\n", rs_word_count(t, s->target[i].item.count), s->target[i].expected);
	}
	for (uint32_t i = 0; i < s->n && i < SUSPECTS; i++) {
		page_put(p, "  ");
		page_name(p, s->user[i].name.text, s->user[i].name.n, PAGE_LABEL);
		page_put(p, " ");
		page_wrapped(p, s->user[i].reason, PAGE_LABEL + 3, PAGE_LABEL + 3);
	}
}

static void put_leaks(struct page *p, const struct rs_leaks *l)
{
	char t[4][RS_WORD_MAX];

	if (!l->asked)
		return;
	page_head(p, "TRUTH");
	page_row(p, "truth", "%s events of %s users on %s items", rs_word_count(t[0], l->n_events),
	         rs_word_count(t[1], l->n_users), rs_word_count(t[2], l->n_items));
	page_row(p, "in training", "%s events, %s pairs of user and item", rs_word_count(t[0], l->events_equal),
	         rs_word_count(t[1], l->pairs_known));
	if (l->times)
		page_row(p, "too early", "%s events before the last training event, %s before that of their user",
		         rs_word_count(t[0], l->events_early), rs_word_count(t[1], l->events_early_own));
	page_row(p, "cold", "%s users, %s items, %s events of them", rs_word_count(t[0], l->users_cold),
	         rs_word_count(t[1], l->items_cold), rs_word_count(t[2], l->events_cold));
}

static void put_trainable(struct page *p, const struct rs_analysis *a)
{
	page_head(p, "WHAT IT CAN TRAIN");
	for (uint32_t i = 0; i < a->n_trainable; i++) {
		char text[1024];

		snprintf(text, sizeof text, "%s%s%s", a->trainable[i].verdict, a->trainable[i].why[0] == 0 ? "" : ": ",
		         a->trainable[i].why);
		page_row(p, a->trainable[i].recipe, "%s", text);
	}
}

static void put_title(struct page *p, const struct rs_analysis *a)
{
	char t[4][RS_WORD_MAX];

	page_put(p, "%s events, %s users, %s items", rs_word_count(t[0], a->counts.n_events),
	         rs_word_count(t[1], a->counts.n_users), rs_word_count(t[2], a->counts.n_items));
	if (a->bytes > 0)
		page_put(p, ", %s", rs_word_bytes(t[3], a->bytes));
	page_put(p, "\n");
}

int rs_analysis_text(struct rs_out *out, const struct rs_analysis *a, unsigned width, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct page p = { &b, err, width, 0 };

	put_title(&p, a);
	put_advice(&p, a->advice, a->n_advice);
	put_leaks(&p, &a->leaks);
	put_trainable(&p, a);
	put_counts(&p, &a->counts);
	put_funnel(&p, &a->funnel);
	put_times(&p, &a->times, &a->sessions);
	put_drift(&p, &a->drift, a->times.real);
	put_suspects(&p, &a->suspects);
	put_tables(&p, a);
	return page_finish(&p, out);
}

/* ---- two datasets ---- */

static void put_shift(struct page *p, const struct rs_shift *s)
{
	char t[4][RS_WORD_MAX];
	struct rs_buf name = RS_BUF_INIT;

	page_put(p, "  ");
	page_name(p, s->what, strlen(s->what), 36);
	page_put(p, " %6.3f", s->psi);
	if (!isnan(s->old_mean))
		page_put(p, "  mean %s to %s", rs_word_number(t[0], s->old_mean), rs_word_number(t[1], s->new_mean));
	if (s->most != NULL && p->rc == 0 && (p->rc = rs_word_name(&name, s->most, strlen(s->most), PAGE_LABEL, p->err)) == 0)
		page_put(p, "  %.*s %s to %s", (int)name.n, name.p, rs_word_percent(t[2], s->most_old),
		         rs_word_percent(t[3], s->most_new));
	page_put(p, "\n");
	rs_buf_release(&name);
}

int rs_comparison_text(struct rs_out *out, const struct rs_comparison *c, unsigned width, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct page p = { &b, err, width, 0 };
	char t[4][RS_WORD_MAX];

	page_put(&p, "old  ");
	put_title(&p, c->before);
	page_put(&p, "new  ");
	put_title(&p, c->after);
	put_advice(&p, c->advice, c->n_advice);
	page_head(&p, "WHO AND WHAT");
	page_row(&p, "users", "%s in both, %s gone, %s new with %s of the events", rs_word_count(t[0], c->users_both),
	         rs_word_count(t[1], c->users_gone), rs_word_count(t[2], c->users_new),
	         rs_word_percent(t[3], (double)c->events_new_users / fmax(1, (double)c->after->counts.n_events)));
	page_row(&p, "items", "%s in both, %s gone, %s new with %s of the events", rs_word_count(t[0], c->items_both),
	         rs_word_count(t[1], c->items_gone), rs_word_count(t[2], c->items_new),
	         rs_word_percent(t[3], (double)c->events_new_items / fmax(1, (double)c->after->counts.n_events)));
	page_head(&p, "POPULARITY");
	page_row(&p, "top items", "%s of the %u most popular are the same", rs_word_percent(t[0], c->top_overlap), c->n_top);
	page_row(&p, "ranks", "correlation %.2f over the items of both", c->rank);
	page_row(&p, "moved", "%s of the events would have to move to other items", rs_word_percent(t[0], c->tv));
	page_head(&p, "COLUMNS");
	page_put(&p, "  stability index: below 0.1 stable, above 0.25 another population\n");
	for (uint32_t i = 0; i < c->n_shifts; i++)
		put_shift(&p, &c->shift[i]);
	for (uint32_t i = 0; i < c->n_columns_gone; i++)
		page_row(&p, "gone", "%s", c->column_gone[i].text);
	for (uint32_t i = 0; i < c->n_columns_new; i++)
		page_row(&p, "new", "%s", c->column_new[i].text);
	return page_finish(&p, out);
}
