/* advice.c -- what is wrong and what to do: every check of Amazon Personalize's data insights and of its field diagnostics, and
 * those that engineers ask for beyond.
 *
 * A check is a function that looks at the figures and adds at most a few sentences. Each has a stable id. */
#include "lib/analyze/parts.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Personalize's own limits. */
#define MIN_EVENTS 1000
#define GOOD_EVENTS 50000
#define MIN_USERS_2 25
#define GOOD_USERS_2 1000
#define COMPLETE 0.7
#define COMPLETE_TEXT 0.85
#define MANY_VALUES 1000
#define NOT_NUMBERS 0.05 /* of the cells, and the column was meant to be one of numbers */
#define MANY_TYPES 10
#define OUTLIER_COLUMNS 4 /* that are named */

int rs_advise(struct rs_advices *l, struct rs_err *err, enum rs_severity severity, const char *id, const char *todo,
              const char *fmt, ...)
{
	struct rs_advice *a;
	char text[2048];
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if ((rc = rs_grow(l->list, &l->cap, (size_t)*l->n + 1, sizeof **l->list, err)) < 0)
		return rc;
	a = &(*l->list)[(*l->n)++];
	*a = (struct rs_advice){ .severity = severity, .id = id };
	a->what = rs_strndup(text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, err);
	a->todo = rs_strndup(todo, strlen(todo), err);
	return a->what == NULL || a->todo == NULL ? RS_ENOMEM : 0;
}

void rs_advice_free(struct rs_advice *advice, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		rs_free(advice[i].what);
		rs_free(advice[i].todo);
	}
	rs_free(advice);
}

struct checking {
	const struct rs_analysis *a;
	struct rs_advices l;
	struct rs_err *err;
};

#define say(c, ...) rs_advise(&(c)->l, (c)->err, __VA_ARGS__)

typedef unsigned long long llu;

static double share(uint64_t part, uint64_t all)
{
	return all == 0 ? 0 : (double)part / (double)all;
}

/* ---- enough? ---- */

static int check_amount(struct checking *c)
{
	const struct rs_counts *n = &c->a->counts;
	int rc = 0;

	if (n->n_events == 0)
		return say(c, RS_ADVICE_ERROR, "no-events", "Import a file of interactions with rs-import.",
		           "There are no events");
	if (n->n_events < MIN_EVENTS)
		rc = say(c, RS_ADVICE_WARNING, "few-events",
		         "Collect more before judging any list; until then the recipe popular is the honest choice.",
		         "%llu events: Amazon Personalize refuses fewer than %d, and %d are advised", (llu)n->n_events,
		         MIN_EVENTS, GOOD_EVENTS);
	else if (n->n_events < GOOD_EVENTS)
		rc = say(c, RS_ADVICE_NOTE, "few-events", "Expect wide confidence intervals from rs-eval.",
		         "%llu events: %d or more are advised", (llu)n->n_events, GOOD_EVENTS);
	if (rc < 0)
		return rc;
	if (n->users_2 < MIN_USERS_2)
		return say(c, RS_ADVICE_WARNING, "few-active-users",
		           "Check that the user column is a person and not an event or a session: rs-import --columns.",
		           "%llu users have two events or more: Amazon Personalize refuses fewer than %d", (llu)n->users_2,
		           MIN_USERS_2);
	if (n->users_2 < GOOD_USERS_2)
		return say(c, RS_ADVICE_NOTE, "few-active-users", "Prefer recipes with few parameters: popular, itemknn.",
		           "%llu users have two events or more: %d are advised", (llu)n->users_2, GOOD_USERS_2);
	return 0;
}

/* ---- tables against events ---- */

static int check_match(struct checking *c, const struct rs_match *m, const char *what, const char *idle, const char *missing)
{
	double part = share(m->rows_idle, m->n_rows);
	char q[RS_QUOTE_MAX];
	int rc = 0;

	if (!m->present)
		return 0;
	if (m->rows_idle > 0)
		rc = say(
		        c, part >= .5 ? RS_ADVICE_WARNING : RS_ADVICE_NOTE, idle,
		        *what == 'u'
		                ? "They get popular items. If there are many, check that ids are written alike in both tables."
		                : "Only recipes that read attributes can recommend them. If there are many, check that ids are "
		                  "written alike in both tables.",
		        "%.1f %% of the rows of %s (%llu) have no event", 100 * part, what, (llu)m->rows_idle);
	if (rc < 0 || m->ids_missing == 0)
		return rc;
	return say(c, share(m->events_missing, c->a->counts.n_events) >= .01 ? RS_ADVICE_WARNING : RS_ADVICE_NOTE, missing,
	           "Export the tables from the same moment, and compare how ids are written (leading zeros, case, blanks).",
	           "%llu ids with events have no row in the table of %s, for example %s (%.1f %% of the events)",
	           (llu)m->ids_missing, what, rs_quote(q, sizeof q, m->example[0].text, m->example[0].n),
	           100 * share(m->events_missing, c->a->counts.n_events));
}

/* ---- columns ---- */

static int check_column(struct checking *c, const struct rs_table_facts *t, const struct rs_column_facts *f)
{
	double full = 1 - share(f->n_null, f->n_rows);
	bool text = strcmp(f->type, "text") == 0;
	char q[RS_QUOTE_MAX];
	int rc = 0;

	rs_quote(q, sizeof q, f->name, strlen(f->name));
	if (f->n_rows > 0 && full < (text ? COMPLETE_TEXT : COMPLETE))
		rc = say(c, RS_ADVICE_WARNING, text ? "incomplete-text" : "incomplete-column",
		         "Complete it at the source, leave it out (rs-import --ignore), or fill it in with a typical value.",
		         "Column %s of %s is %.1f %% complete: %.0f %% are advised", q, t->name, 100 * full,
		         100 * (text ? COMPLETE_TEXT : COMPLETE));
	if (rc == 0 && strcmp(f->type, "category") == 0 && f->n_distinct > MANY_VALUES)
		rc = say(
		        c, RS_ADVICE_NOTE, "many-categories",
		        "Unify spellings and split levels (\"Shoes > Running\" as two columns); values that occur once teach "
		         "nothing.",
		        "Column %s of %s has %llu different values: above %d they are mostly noise", q, t->name,
		        (llu)f->n_distinct, MANY_VALUES);
	if (rc == 0 && f->odd.count > 0 && (double)f->odd.count < NOT_NUMBERS * (double)(f->n_numeral + f->odd.count)) {
		char odd[RS_QUOTE_MAX];

		rc = say(c, RS_ADVICE_WARNING, "nearly-numbers",
		         "Mend or empty these cells (rs-import --null TEXT) and import again; as it is each number is a name "
		         "of its own.",
		         "Column %s of %s holds numbers but for %llu of %llu cells, such as %s, and so is no column of numbers",
		         q, t->name, (llu)f->odd.count, (llu)(f->n_numeral + f->odd.count),
		         rs_quote(odd, sizeof odd, f->odd.text, f->odd.n));
	}
	if (rc == 0 && f->n_distinct == 1 && f->n_rows > 1 && f->n_null == 0 && strcmp(f->type, "id") != 0 &&
	    strcmp(f->type, "time") != 0)
		rc = say(c, RS_ADVICE_NOTE, "constant-column", "It teaches nothing: leave it out (rs-import --ignore).",
		         "Column %s of %s always has the same value", q, t->name);
	return rc;
}

/* The first few columns of outliers are named, the others counted. */
static int add_outliers(struct rs_buf *text, uint32_t n_before, const struct rs_table_facts *t, const struct rs_column_facts *f,
                        struct rs_err *err)
{
	const struct rs_spread *s = &f->number;
	char q[RS_QUOTE_MAX];

	if (n_before >= OUTLIER_COLUMNS)
		return 0;
	return rs_buf_addf(text, err, "%s%s of %s (%llu, %.2f %%: from %.6g to %.6g, half of all between %.6g and %.6g)",
	                   n_before > 0 ? ", " : "", rs_quote(q, sizeof q, f->name, strlen(f->name)), t->name,
	                   (llu)s->n_outliers, 100 * share(s->n_outliers, s->n), s->min, s->max, s->q[RS_Q25], s->q[RS_Q75]);
}

/* One sentence on all columns: as grave as the worst of them. */
static int check_outliers(struct checking *c)
{
	struct rs_buf text = RS_BUF_INIT;
	const char *list;
	double worst = 0;
	uint32_t n = 0;
	int rc = 0;

	for (int k = 0; k < 3; k++) {
		const struct rs_table_facts *t = &c->a->table[k];

		for (uint32_t i = 0; i < t->n_columns && rc == 0; i++) {
			const struct rs_column_facts *f = &t->column[i];

			if (strcmp(f->type, "number") != 0 || f->number.n_outliers == 0)
				continue;
			rc = add_outliers(&text, n++, t, f, c->err);
			worst = fmax(worst, share(f->number.n_outliers, f->number.n));
		}
	}
	if (rc == 0 && n > OUTLIER_COLUMNS)
		rc = rs_buf_addf(&text, c->err, " and %u more", n - OUTLIER_COLUMNS);
	if (rc == 0 && n > 0)
		rc = (list = rs_buf_str(&text, c->err)) == NULL ? RS_ENOMEM
		     : say(c, worst > .01 ? RS_ADVICE_WARNING : RS_ADVICE_NOTE, "outliers",
		           "Compare smallest and greatest with what can be; rs-view --where picks such rows out.",
		           "%u %s outliers: %s", n, n == 1 ? "column has" : "columns have", list);
	rs_buf_release(&text);
	return rc;
}

static int check_tables(struct checking *c)
{
	int rc = 0;

	for (int k = 0; k < 3; k++) {
		const struct rs_table_facts *t = &c->a->table[k];

		for (uint32_t i = 0; i < t->n_columns && rc == 0; i++)
			rc = check_column(c, t, &t->column[i]);
		if (rc == 0 && k > 0 && t->present && share(t->n_incomplete, t->n_rows) > 1 - COMPLETE)
			rc = say(c, RS_ADVICE_NOTE, "incomplete-rows", "The columns concerned are in the list of columns.",
			         "%.1f %% of the rows of %s miss a value somewhere",
			         100 * share(t->n_incomplete, t->n_rows), t->name);
	}
	return rc;
}

/* ---- events ---- */

static int check_types(struct checking *c)
{
	const struct rs_funnel *f = &c->a->funnel;
	int rc = 0;

	if (f->n_types > MANY_TYPES)
		rc = say(c, RS_ADVICE_WARNING, "many-event-types",
		         "Merge types at the source, or train with the few that mean interest: rs-train --event TYPE.",
		         "%u event types: Amazon Personalize fails above %d", f->n_types, MANY_TYPES);
	if (rc == 0 && f->n_null > 0)
		rc = say(c, RS_ADVICE_NOTE, "untyped-events", "They count only where no --event is chosen.",
		         "%llu events have no type (%.1f %%)", (llu)f->n_null, 100 * share(f->n_null, c->a->counts.n_events));
	return rc;
}

static int check_repeats(struct checking *c)
{
	const struct rs_counts *n = &c->a->counts;
	int rc = 0;

	if (n->n_equal > 0 && c->a->table[0].n_context == 0)
		rc = say(
		        c, share(n->n_equal, n->n_events) > .01 ? RS_ADVICE_WARNING : RS_ADVICE_NOTE, "equal-events",
		        "A log that was read twice, or clicks faster than the clock; rs-import merges them unless "
		         "--duplicates keep.",
		        "%llu events (%.2f %%) equal another in all they hold", (llu)n->n_equal,
		        100 * share(n->n_equal, n->n_events));
	else if (n->n_equal > 0)
		rc = say(c, RS_ADVICE_NOTE, "equal-events",
		         "Only the context tells them apart; leave such columns out (rs-import --ignore) to merge the events.",
		         "%llu events (%.2f %%) equal another in user, item, time, type and value", (llu)n->n_equal,
		         100 * share(n->n_equal, n->n_events));
	if (rc == 0 && n->repeat_share > .5)
		rc = say(c, RS_ADVICE_NOTE, "repeats",
		         "People come back to the same items: consider rs-recommend --seen keep, and measure with and without.",
		         "%.0f %% of the events repeat an earlier pair of user and item", 100 * n->repeat_share);
	return rc;
}

static int check_popularity(struct checking *c)
{
	const struct rs_power *p = &c->a->counts.item_power;

	if (p->slope < -2)
		return say(
		        c, RS_ADVICE_NOTE, "head-heavy",
		        "A list of popular items will look good in every measure: compare with popular, and look at coverage.",
		        "Few items get nearly everything: popularity falls with rank to the power of %.2f", p->slope);
	if (p->slope > -.5)
		return say(c, RS_ADVICE_NOTE, "flat-popularity",
		           "The recipe popular will be weak here; compare with others anyway.",
		           "No few items stand out: popularity falls with rank to the power of only %.2f", p->slope);
	return 0;
}

/* ---- time ---- */

static int check_times(struct checking *c)
{
	const struct rs_times *t = &c->a->times;
	char text[RS_SPAN_MAX], date[RS_NUM_MAX];
	int rc = 0;

	if (!t->known)
		return c->a->counts.n_events == 0
		        ? 0
		        : say(c, RS_ADVICE_NOTE, "no-times",
		              "Keep the time of each event: a fair split, trends and sequences need it.",
		              "The events have no times");
	if (t->first_s == t->last_s && c->a->counts.n_events > 1)
		return say(c, RS_ADVICE_WARNING, "one-time", "Check the time column at the source: rs-import --show-guess.",
		           "All events have the same time");
	if (!t->real)
		return say(c, RS_ADVICE_NOTE, "order-only",
		           "Seasons, sessions and drift say nothing here; if these are dates, see rs-import --time-unit.",
		           "The times are small numbers, an order rather than dates");
	date[rs_put_iso_time(date, t->gap_start_s)] = 0;
	if (t->gap_s > 0 && (double)t->gap_s > .05 * (double)(t->last_s - t->first_s))
		rc = say(c, RS_ADVICE_WARNING, "gap-in-time",
		         "Was the log switched off? Import what is missing, or begin behind it.",
		         "No events for %s from %s", rs_span(text, t->gap_s), date);
	return rc;
}

static int check_drift(struct checking *c)
{
	const struct rs_drift *d = &c->a->drift;
	char text[RS_SPAN_MAX];
	int rc = 0;

	if (!d->known || !c->a->times.real)
		return 0;
	if (d->retrain_s > 0)
		rc = say(c, RS_ADVICE_NOTE, "drift",
		         "rs-train in a cron job, and rs-train --half-life so that new events count more.",
		         "What is popular changes: train again at least every %s%s", rs_span(text, d->retrain_s),
		         d->retrain_at_most ? ", rather more often" : "");
	if (rc == 0 && share(d->cold_events, d->last_events) > .2)
		rc = say(c, RS_ADVICE_NOTE, "cold-items",
		         "Train often, and use a recipe that reads attributes of items, so that new ones can be recommended.",
		         "%.0f %% of the newest events are on items that nobody knew before",
		         100 * share(d->cold_events, d->last_events));
	if (rc == 0 && share(d->cold_users, d->last_users) > .5)
		rc = say(c, RS_ADVICE_NOTE, "cold-users",
		         "They are served from their first events; what they see before that is the list of popular items.",
		         "%.0f %% of the users of the newest events are new", 100 * share(d->cold_users, d->last_users));
	return rc;
}

/* ---- fraud and leaks ---- */

static int check_suspects(struct checking *c)
{
	const struct rs_suspects *s = &c->a->suspects;

	if (s->n == 0)
		return 0;
	return say(c, share(s->n, s->n_users) > .001 ? RS_ADVICE_WARNING : RS_ADVICE_NOTE, "suspicious-users",
	           "Look at the reasons; rs-analyze --suspects FILE writes the ids, rs-forget --users FILE takes them out.",
	           "%u of %u users (%.2f %%) look like machines or injected profiles", s->n, s->n_users,
	           100 * share(s->n, s->n_users));
}

static int check_leaks(struct checking *c)
{
	const struct rs_leaks *l = &c->a->leaks;
	int rc = 0;

	if (!l->asked)
		return 0;
	if (l->events_equal > 0)
		rc = say(c, RS_ADVICE_ERROR, "truth-in-training", "Split again from one dataset: rs-split.",
		         "%llu events of the truth (%.1f %%) are in the training data too", (llu)l->events_equal,
		         100 * share(l->events_equal, l->n_events));
	if (rc == 0 && l->pairs_known > 0)
		rc = say(
		        c, RS_ADVICE_WARNING, "pairs-in-training",
		        "Lists leave out what a user has seen, so these cannot be hit; or score with rs-recommend --seen keep.",
		        "%llu pairs of user and item of the truth (%.1f %%) are in the training data too",
		        (llu)l->pairs_known, 100 * share(l->pairs_known, l->n_pairs));
	if (rc == 0 && l->events_early_own > 0)
		rc = say(c, RS_ADVICE_WARNING, "truth-before-history",
		         "The model sees what came later: rs-split --by last or --by time.",
		         "%llu events of the truth (%.1f %%) are older than the newest training event of their user",
		         (llu)l->events_early_own, 100 * share(l->events_early_own, l->n_events));
	if (rc == 0 && l->events_early > 0)
		rc = say(c, RS_ADVICE_NOTE, "truth-before-training",
		         "Trends of the test time leak into training; rs-split --by time gives the strictest measure.",
		         "%llu events of the truth (%.1f %%) are older than the newest training event of all",
		         (llu)l->events_early, 100 * share(l->events_early, l->n_events));
	if (rc == 0 && l->users_cold > 0)
		rc = say(c, RS_ADVICE_NOTE, "truth-cold-users", "They are measured on the list for strangers.",
		         "%llu users of the truth (%.1f %%) have no training event", (llu)l->users_cold,
		         100 * share(l->users_cold, l->n_users));
	if (rc == 0 && l->items_cold > 0)
		rc = say(c, RS_ADVICE_NOTE, "truth-cold-items", "No list can hold them unless the recipe reads attributes.",
		         "%llu items of the truth (%.1f %%) have no training event", (llu)l->items_cold,
		         100 * share(l->items_cold, l->n_items));
	return rc;
}

/* Errors first, then warnings, then notes, each in the order of the checks. */
static int sort_advice(struct rs_analysis *a, struct rs_err *err)
{
	struct rs_advice *sorted = rs_array(a->n_advice, sizeof *sorted, err);
	uint32_t n = 0;

	if (sorted == NULL)
		return RS_ENOMEM;
	for (int s = RS_ADVICE_ERROR; s <= RS_ADVICE_NOTE; s++)
		for (uint32_t i = 0; i < a->n_advice; i++)
			if (a->advice[i].severity == (enum rs_severity)s)
				sorted[n++] = a->advice[i];
	rs_free(a->advice);
	a->advice = sorted;
	return 0;
}

int rs_analyze_advice(struct rs_analysis *a, struct rs_err *err)
{
	struct checking c = { a, { &a->advice, &a->n_advice, 0 }, err };
	int rc;

	if ((rc = check_leaks(&c)) < 0 || (rc = check_amount(&c)) < 0 || (rc = check_suspects(&c)) < 0 ||
	    (rc = check_match(&c, &a->items, "items", "idle-items", "missing-items")) < 0 ||
	    (rc = check_match(&c, &a->users, "users", "idle-users", "missing-users")) < 0 || (rc = check_times(&c)) < 0 ||
	    (rc = check_types(&c)) < 0 || (rc = check_tables(&c)) < 0 || (rc = check_outliers(&c)) < 0 ||
	    (rc = check_repeats(&c)) < 0 || (rc = check_drift(&c)) < 0 || (rc = check_popularity(&c)) < 0)
		return rc;
	return sort_advice(a, err);
}
