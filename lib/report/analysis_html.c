/* analysis_html.c -- an analysis as one page. */
#include "lib/report/analysis.h"
#include "lib/report/analysis_html.h"
#include "lib/report/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SUSPECTS 25
#define LABEL_MAX 96

/* ---- pieces ---- */

void rs_html_advice(struct rs_html *h, const struct rs_advice *a, uint32_t n)
{
	rs_html_section(h, "What to do", n == 0 ? "Nothing stands out." : NULL);
	rs_html_put(h, "<ul class=\"todo\">\n");
	for (uint32_t i = 0; i < n; i++) {
		const char *severity = rs_severity_name[a[i].severity];

		rs_html_put(h, "<li class=\"%s\"><em>%s</em>", severity, severity);
		rs_html_text(h, a[i].what);
		rs_html_put(h, "<p>");
		rs_html_text(h, a[i].todo);
		rs_html_put(h, "</p></li>\n");
	}
	rs_html_put(h, "</ul>\n");
	rs_html_section_end(h);
}

static void put_spread(struct rs_html *h, const char *title, const char *sub, const struct rs_spread *s, bool whole)
{
	struct rs_html_bar bar[RS_BARS_MAX];
	char label[RS_BARS_MAX][RS_WORD_MAX], note[RS_BARS_MAX][LABEL_MAX];

	for (uint32_t k = 0; k < s->n_bars; k++) {
		char n[RS_WORD_MAX], p[RS_WORD_MAX];

		snprintf(note[k], LABEL_MAX, "%.40s (%.40s)", rs_word_count(n, s->bar[k].n),
		         rs_word_percent(p, share(s->bar[k].n, s->n)));
		bar[k] = (struct rs_html_bar){ rs_word_bar(label[k], &s->bar[k], whole), (double)s->bar[k].n, note[k] };
	}
	rs_html_bars(h, title, sub, bar, s->n_bars, false);
}

static void put_names(struct rs_html *h, const char *title, const char *sub, const struct rs_name *name, uint32_t n,
                      uint64_t all)
{
	rs_html_list(h, title, sub);
	for (uint32_t i = 0; i < n; i++) {
		char value[LABEL_MAX], count[RS_WORD_MAX], percent[RS_WORD_MAX];

		snprintf(value, sizeof value, "%.40s · %.40s", rs_word_count(count, name[i].count),
		         rs_word_percent(percent, share(name[i].count, all)));
		rs_html_list_row(h, name[i].text, name[i].n, share(name[i].count, name[0].count), value);
	}
	rs_html_list_end(h);
}

static void put_spread_text(char *text, size_t size, const struct rs_spread *s)
{
	char t[5][RS_WORD_MAX];

	snprintf(text, size, "%.30s to %.30s, median %.30s, mean %.30s, 99 %% up to %.30s%s", rs_word_number(t[0], s->min),
	         rs_word_number(t[1], s->max), rs_word_number(t[2], s->q[RS_Q50]), rs_word_number(t[3], s->mean),
	         rs_word_number(t[4], s->q[RS_Q99]), s->estimated ? " (estimated)" : "");
}

/* ---- sections ---- */

static void put_cards(struct rs_html *h, const struct rs_analysis *a)
{
	char t[RS_WORD_MAX];

	rs_html_put(h, "<div class=\"cards\">\n");
	rs_html_card(h, rs_word_count(t, a->counts.n_events), "events");
	rs_html_card(h, rs_word_count(t, a->counts.n_users), "users");
	rs_html_card(h, rs_word_count(t, a->counts.n_items), "items");
	rs_html_card(h, rs_word_percent(t, a->counts.density), "density");
	rs_html_card(h, rs_word_percent(t, a->counts.repeat_share), "repeats");
	if (a->times.known && a->times.real) {
		char span[RS_SPAN_MAX];

		rs_html_card(h, rs_span(span, a->times.last_s - a->times.first_s), "time span");
	}
	rs_html_card(h, rs_word_count(t, a->suspects.n), "suspicious users");
	if (a->bytes > 0)
		rs_html_card(h, rs_word_bytes(t, a->bytes), "file");
	rs_html_put(h, "</div>\n");
}

static void put_trainable(struct rs_html *h, const struct rs_analysis *a)
{
	rs_html_section(h, "What it can train", NULL);
	rs_html_put(h, "<div class=\"scroll fit\"><table>\n<tr><th>Recipe</th><th>Trainable</th><th>Why</th></tr>\n");
	for (uint32_t i = 0; i < a->n_trainable; i++) {
		const struct rs_trainable *t = &a->trainable[i];

		rs_html_put(h, "<tr><td>%s</td><td class=\"%s\">%s</td><td>", t->recipe, t->verdict, t->verdict);
		rs_html_text(h, t->why);
		rs_html_put(h, "</td></tr>\n");
	}
	rs_html_put(h, "</table></div>\n");
	rs_html_section_end(h);
}

static void put_share_list(struct rs_html *h, const char *title, const struct rs_power *p, const struct rs_spread *s)
{
	static const char *const label[] = { "top 1 %", "top 10 %", "top 20 %" };
	char sub[LABEL_MAX], value[RS_WORD_MAX], gini[RS_WORD_MAX];

	if (isnan(p->slope))
		snprintf(sub, sizeof sub, "Gini %.40s", rs_word_number(gini, s->gini));
	else
		snprintf(sub, sizeof sub, "Gini %.20s; falls with rank to the power of %.2f (R² %.2f)",
		         rs_word_number(gini, s->gini), p->slope, p->r2);
	rs_html_list(h, title, sub);
	for (int k = 0; k < 3; k++)
		rs_html_list_row(h, label[k], strlen(label[k]), p->top[k], rs_word_percent(value, p->top[k]));
	rs_html_list_end(h);
}

static void put_counts(struct rs_html *h, const struct rs_counts *c)
{
	char text[512];

	if (c->n_events == 0)
		return;
	rs_html_section(h, "Who did how much", NULL);
	rs_html_put(h, "<div class=\"grid\">\n");
	put_spread_text(text, sizeof text, &c->per_user);
	put_spread(h, "Users by number of events", text, &c->per_user, true);
	put_spread_text(text, sizeof text, &c->per_item);
	put_spread(h, "Items by number of events", text, &c->per_item, true);
	put_share_list(h, "Share of events of the busiest users", &c->user_power, &c->per_user);
	put_share_list(h, "Share of events of the most popular items", &c->item_power, &c->per_item);
	put_names(h, "Most popular items", "events and their share", c->top_item, c->n_top_items, c->n_events);
	put_names(h, "Busiest users", "events and their share", c->top_user, c->n_top_users, c->n_events);
	rs_html_put(h, "</div>\n");
	rs_html_section_end(h);
}

/* At most 120 bars. */
static void put_timeline(struct rs_html *h, const struct rs_times *t, const char *title, const uint64_t *count)
{
	enum { MAX = 120 };
	struct rs_html_bar bar[MAX];
	char label[MAX][RS_WORD_MAX], note[MAX][RS_WORD_MAX], sub[LABEL_MAX], span[RS_SPAN_MAX];
	uint32_t step = (t->n + MAX - 1) / MAX, n = 0;
	int64_t width_s;

	while ((int64_t)step * t->width_s > 86400 && (int64_t)step * t->width_s % 86400 != 0)
		step++; /* whole days */
	width_s = (int64_t)step * t->width_s;
	for (uint32_t k = 0; k < t->n; k += step, n++) {
		int64_t s = t->start_s + (int64_t)k * t->width_s, day = (s % 86400 + 86400) % 86400;
		uint64_t sum = 0;
		char date[RS_WORD_MAX];

		for (uint32_t j = k; j < k + step && j < t->n; j++)
			sum += count[j];
		rs_word_date(date, s);
		if (width_s >= 86400)
			snprintf(label[n], RS_WORD_MAX, "%.10s", date);
		else
			snprintf(label[n], RS_WORD_MAX, "%.10s %02d:%02d", date, (int)(day / 3600), (int)(day % 3600 / 60));
		bar[n] = (struct rs_html_bar){ label[n], (double)sum, rs_word_count(note[n], sum) };
	}
	snprintf(sub, sizeof sub, "each bar is %.48s", rs_span(span, width_s));
	rs_html_bars(h, title, sub, bar, n, true);
}

static void put_times(struct rs_html *h, const struct rs_analysis *a)
{
	const struct rs_times *t = &a->times;
	char text[512], first[RS_WORD_MAX], last[RS_WORD_MAX], span[RS_SPAN_MAX];

	if (!t->known || !t->real)
		return;
	snprintf(text, sizeof text, "%.30s to %.30s, %.40s", rs_word_date(first, t->first_s), rs_word_date(last, t->last_s),
	         rs_span(span, t->last_s - t->first_s));
	rs_html_section(h, "When", text);
	rs_html_put(h, "<div class=\"grid\">\n");
	put_timeline(h, t, "Events", t->events);
	put_timeline(h, t, "New users", t->new_users);
	rs_html_week(h, "Hours of the week", "darker: more events; times are UTC", t->hour_of_week);
	put_spread_text(text, sizeof text, &a->sessions.events);
	put_spread(h, "Sessions by number of events", text, &a->sessions.events, true);
	put_spread_text(text, sizeof text, &a->sessions.minutes);
	put_spread(h, "Sessions by minutes", text, &a->sessions.minutes, true);
	rs_html_put(h, "</div>\n");
	rs_html_section_end(h);
}

static void put_drift(struct rs_html *h, const struct rs_analysis *a)
{
	const struct rs_drift *d = &a->drift;
	double overlap[RS_SLICES_MAX], rank[RS_SLICES_MAX], catch[RS_SLICES_MAX];
	struct rs_html_line line[] = { { "events that the old list still catches", catch },
		                       { "items in both lists", overlap },
		                       { "correlation of ranks", rank } };
	char sub[256], span[RS_SPAN_MAX], last[LABEL_MAX], value[RS_WORD_MAX];
	double top = 0;

	if (!d->known || d->n_lags < 2 || !a->times.real)
		return;
	for (uint32_t k = 0; k < d->n_lags; k++) {
		overlap[k] = d->lag[k].overlap;
		rank[k] = d->lag[k].rank;
		catch[k] = d->lag[k].catch;
		top = fmax(top, fmax(overlap[k], fmax(rank[k], catch[k])));
	}
	if (d->retrain_s == 0)
		snprintf(sub, sizeof sub, "Popularity holds over the whole time.");
	else if (d->retrain_at_most)
		snprintf(sub, sizeof sub, "What is popular changes: train again more often than one slice of time.");
	else
		snprintf(sub, sizeof sub, "What is popular changes: train again at least every %.48s.",
		         rs_span(span, d->retrain_s));
	rs_html_section(h, "How fast it changes", sub);
	rs_html_put(h, "<div class=\"grid\">\n");
	snprintf(sub, sizeof sub, "the %u most popular items of one half of the users against the other half, later", d->n_top);
	snprintf(last, sizeof last, "%.60s old", rs_span(span, (int64_t)d->lag[d->n_lags - 1].lag * d->width_s));
	rs_html_lines(h, "A list grows old", sub, line, 3, d->n_lags, ceil(top * 10 + 1e-9) / 10, "fresh", last);
	snprintf(sub, sizeof sub, "since %.40s", rs_word_date(value, d->last_start_s));
	rs_html_list(h, "New in the last part", sub);
	rs_html_list_row(h, "users", 5, share(d->cold_users, d->last_users),
	                 rs_word_percent(value, share(d->cold_users, d->last_users)));
	rs_html_list_row(h, "items", 5, share(d->cold_items, d->last_items),
	                 rs_word_percent(value, share(d->cold_items, d->last_items)));
	rs_html_list_row(h, "events on new items", 19, share(d->cold_events, d->last_events),
	                 rs_word_percent(value, share(d->cold_events, d->last_events)));
	rs_html_list_end(h);
	rs_html_put(h, "</div>\n");
	rs_html_section_end(h);
}

static void put_funnel(struct rs_html *h, const struct rs_funnel *f)
{
	if (f->n < 2)
		return;
	rs_html_section(h, "From first to last step", "Pairs of user and item, and users, that took all steps so far.");
	rs_html_put(h, "<div class=\"grid\">\n");
	for (int users = 0; users < 2; users++) {
		uint64_t first = users ? f->step[0].on_users : f->step[0].on_pairs;

		rs_html_list(h, users ? "Users" : "Pairs of user and item", "and their share of the first step");
		for (uint32_t k = 0; k < f->n; k++) {
			uint64_t n = users ? f->step[k].on_users : f->step[k].on_pairs;
			char value[LABEL_MAX], count[RS_WORD_MAX], percent[RS_WORD_MAX];

			snprintf(value, sizeof value, "%.40s · %.40s", rs_word_count(count, n),
			         rs_word_percent(percent, share(n, first)));
			rs_html_list_row(h, f->step[k].name, strlen(f->step[k].name), share(n, first), value);
		}
		rs_html_list_end(h);
	}
	rs_html_put(h, "</div>\n");
	rs_html_section_end(h);
}

static void put_suspects(struct rs_html *h, const struct rs_suspects *s)
{
	char sub[256], n[RS_WORD_MAX], m[RS_WORD_MAX];

	snprintf(sub, sizeof sub, "%.40s of %.40s users look like machines or injected profiles.%s", rs_word_count(n, s->n),
	         rs_word_count(m, s->n_users), s->profiles_known ? "" : " Profiles were not compared: too many events.");
	rs_html_section(h, "Suspicious users", sub);
	if (s->n_targets > 0) {
		rs_html_put(h, "<div class=\"scroll\"><table>\n<tr><th>Pushed item</th><th class=\"n\">Users</th>"
		               "<th class=\"n\">Expected</th></tr>\n");
		for (uint32_t i = 0; i < s->n_targets; i++) {
			rs_html_put(h, "<tr><td>");
			rs_html_bytes(h, s->target[i].item.text, s->target[i].item.n, 60);
			rs_html_put(h, "</td><td class=\"n\">%s</td><td class=\"n\">%.1f</td></tr>\n",
			            rs_word_count(n, s->target[i].item.count), s->target[i].expected);
		}
		rs_html_put(h, "</table></div><br>\n");
	}
	if (s->n > 0) {
		rs_html_put(
		        h,
		        "<div class=\"scroll\"><table>\n<tr><th>User</th><th class=\"n\">Events</th><th>Why</th></tr>\n");
		for (uint32_t i = 0; i < s->n && i < SUSPECTS; i++) {
			rs_html_put(h, "<tr><td>");
			rs_html_bytes(h, s->user[i].name.text, s->user[i].name.n, 40);
			rs_html_put(h, "</td><td class=\"n\">%s</td><td>", rs_word_count(n, s->user[i].name.count));
			rs_html_text(h, s->user[i].reason);
			rs_html_put(h, "</td></tr>\n");
		}
		rs_html_put(h, "</table></div>\n");
	}
	rs_html_section_end(h);
}

static void put_leaks(struct rs_html *h, const struct rs_leaks *l)
{
	char t[RS_WORD_MAX];

	if (!l->asked)
		return;
	rs_html_section(h, "Truth against training", NULL);
	rs_html_put(h, "<div class=\"cards\">\n");
	rs_html_card(h, rs_word_count(t, l->n_events), "events of the truth");
	rs_html_card(h, rs_word_count(t, l->events_equal), "of them in training");
	rs_html_card(h, rs_word_count(t, l->pairs_known), "pairs in training");
	if (l->times)
		rs_html_card(h, rs_word_count(t, l->events_early_own), "events before the end of their user's history");
	rs_html_card(h, rs_word_count(t, l->users_cold), "users without history");
	rs_html_card(h, rs_word_count(t, l->items_cold), "items without training");
	rs_html_put(h, "</div>\n");
	rs_html_section_end(h);
}

/* Times that are an order only are shown as the numbers that they are. */
static void put_time(struct rs_html *h, int64_t s, bool dates, const char *after)
{
	char n[RS_WORD_MAX];

	rs_html_put(h, "<td class=\"n\">%s</td>%s", dates ? rs_word_date(n, s) : rs_word_number(n, (double)s), after);
}

static void put_column(struct rs_html *h, const struct rs_column_facts *f, bool dates)
{
	char n[RS_WORD_MAX], p[RS_WORD_MAX];

	rs_html_put(h, "<tr><td>");
	rs_html_bytes(h, f->name, strlen(f->name), 60);
	rs_html_put(h, "</td><td>%s%s</td><td class=\"n\">%s%s</td>", f->type, f->multi ? " (several)" : "",
	            f->distinct_estimated ? "≈ " : "", rs_word_count(n, f->n_distinct));
	rs_html_put(h, "<td class=\"n\">%s</td>", rs_word_percent(p, share(f->n_null, f->n_rows)));
	if (f->number.n > 0) {
		rs_html_put(h, "<td class=\"n\">%s</td>", rs_word_number(n, f->number.min));
		rs_html_put(h, "<td class=\"n\">%s</td>", rs_word_number(n, f->number.q[RS_Q50]));
		rs_html_put(h, "<td class=\"n\">%s</td>", rs_word_number(n, f->number.mean));
		rs_html_put(h, "<td class=\"n\">%s</td></tr>\n", rs_word_number(n, f->number.max));
	} else if (strcmp(f->type, "time") == 0 && f->n_distinct > 0) {
		put_time(h, f->first_s, dates, "<td></td><td></td>");
		put_time(h, f->last_s, dates, "</tr>\n");
	} else {
		rs_html_put(h, "<td></td><td></td><td></td><td></td></tr>\n");
	}
}

/* dates: its times are dates. */
static void put_columns(struct rs_html *h, const struct rs_table_facts *t, bool dates, const char *title,
                        const struct rs_match *m)
{
	char sub[256], a[RS_WORD_MAX], b[RS_WORD_MAX], c[RS_WORD_MAX];

	if (!t->present)
		return;
	if (m == NULL)
		snprintf(sub, sizeof sub, "%.40s rows", rs_word_count(a, t->n_rows));
	else
		snprintf(sub, sizeof sub, "%.40s rows; %.40s have no event; %.40s ids with events have no row",
		         rs_word_count(a, t->n_rows), rs_word_count(b, m->rows_idle), rs_word_count(c, m->ids_missing));
	rs_html_section(h, title, sub);
	rs_html_put(
	        h,
	        "<div class=\"scroll\"><table>\n<tr><th>Column</th><th>Type</th><th class=\"n\">Different</th>"
	        "<th class=\"n\">Missing</th><th class=\"n\">Least</th><th class=\"n\">Median</th><th class=\"n\">Mean</th>"
	        "<th class=\"n\">Greatest</th></tr>\n");
	for (uint32_t i = 0; i < t->n_columns; i++)
		put_column(h, &t->column[i], dates);
	rs_html_put(h, "</table></div><br>\n<div class=\"grid\">\n");
	for (uint32_t i = 0; i < t->n_columns; i++) {
		const struct rs_column_facts *f = &t->column[i];
		char text[512];

		put_spread_text(text, sizeof text, &f->number);
		if (f->number.n > 0)
			put_spread(h, f->name, strcmp(f->type, "text") == 0 ? "bytes of the texts" : text, &f->number,
			           strcmp(f->type, "text") == 0);
		else if (f->n_top > 0)
			put_names(h, f->name, "most frequent values", f->top, f->n_top, f->n_rows);
	}
	rs_html_put(h, "</div>\n");
	rs_html_section_end(h);
}

void rs_html_analysis(struct rs_html *h, const struct rs_analysis *a)
{
	put_cards(h, a);
	rs_html_advice(h, a->advice, a->n_advice);
	put_leaks(h, &a->leaks);
	put_trainable(h, a);
	put_counts(h, &a->counts);
	put_funnel(h, &a->funnel);
	put_times(h, a);
	put_drift(h, a);
	put_suspects(h, &a->suspects);
	put_columns(h, &a->table[0], a->times.real, "Columns of interactions", NULL);
	put_columns(h, &a->table[1], true, "Columns of users", &a->users);
	put_columns(h, &a->table[2], true, "Columns of items", &a->items);
}

int rs_analysis_html(struct rs_out *out, const struct rs_analysis *a, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_html h = { &b, err, 0 };

	rs_html_start(&h, a->name);
	rs_html_h1(&h, a->name, "What the data holds, what is wrong with it, and what to do.");
	rs_html_analysis(&h, a);
	return rs_html_finish(&h, out);
}
