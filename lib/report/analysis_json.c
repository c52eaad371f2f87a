/* analysis_json.c -- an analysis as one JSON object. */
#include "lib/report/analysis.h"
#include "lib/report/jsonw.h"

#include <string.h>

#define SUSPECTS_MAX 1000 /* in the list; counts are of all */

static void put_names(struct rs_jsonw *w, const char *name, const struct rs_name *list, uint32_t n)
{
	rs_jw_open(w, name, '[');
	for (uint32_t i = 0; i < n; i++) {
		rs_jw_open(w, NULL, '{');
		rs_jw_bytes(w, "value", list[i].text, list[i].n);
		rs_jw_count(w, "count", list[i].count);
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, ']');
}

static void put_spread(struct rs_jsonw *w, const char *name, const struct rs_spread *s, bool gini)
{
	static const char *const q[RS_QUANTILES] = { "p01", "p05", "p25", "p50", "p75", "p90", "p95", "p99" };

	rs_jw_open(w, name, '{');
	rs_jw_count(w, "count", s->n);
	if (s->n > 0) {
		rs_jw_number(w, "min", s->min);
		rs_jw_number(w, "max", s->max);
		rs_jw_number(w, "mean", s->mean);
		rs_jw_number(w, "sd", s->sd);
		for (int k = 0; k < RS_QUANTILES; k++)
			rs_jw_number(w, q[k], s->q[k]);
		if (gini)
			rs_jw_number(w, "gini", s->gini);
		rs_jw_bool(w, "estimated", s->estimated);
		rs_jw_open(w, "bars", '[');
		for (uint32_t k = 0; k < s->n_bars; k++) {
			rs_jw_open(w, NULL, '[');
			rs_jw_number(w, NULL, s->bar[k].lo);
			rs_jw_number(w, NULL, s->bar[k].hi);
			rs_jw_count(w, NULL, s->bar[k].n);
			rs_jw_close(w, ']');
		}
		rs_jw_close(w, ']');
	}
	rs_jw_close(w, '}');
}

static void put_column(struct rs_jsonw *w, const struct rs_column_facts *f)
{
	rs_jw_open(w, NULL, '{');
	rs_jw_text(w, "name", f->name);
	rs_jw_text(w, "type", f->type);
	rs_jw_bool(w, "multi", f->multi);
	rs_jw_count(w, "rows", f->n_rows);
	rs_jw_count(w, "missing", f->n_null);
	rs_jw_count(w, "distinct", f->n_distinct);
	rs_jw_bool(w, "distinct_estimated", f->distinct_estimated);
	if (strcmp(f->type, "time") == 0 && f->n_distinct > 0) {
		rs_jw_time(w, "first", f->first_s);
		rs_jw_time(w, "last", f->last_s);
	}
	if (strcmp(f->type, "number") == 0) {
		put_spread(w, "numbers", &f->number, false);
		rs_jw_count(w, "outliers", f->number.n_outliers);
	}
	if (strcmp(f->type, "text") == 0)
		put_spread(w, "bytes", &f->number, false);
	put_names(w, "top", f->top, f->n_top);
	rs_jw_close(w, '}');
}

static void put_tables(struct rs_jsonw *w, const struct rs_analysis *a)
{
	rs_jw_open(w, "tables", '{');
	for (int k = 0; k < 3; k++) {
		const struct rs_table_facts *t = &a->table[k];

		if (!t->present)
			continue;
		rs_jw_open(w, t->name, '{');
		rs_jw_count(w, "rows", t->n_rows);
		rs_jw_count(w, "incomplete_rows", t->n_incomplete);
		rs_jw_open(w, "columns", '[');
		for (uint32_t i = 0; i < t->n_columns; i++)
			put_column(w, &t->column[i]);
		rs_jw_close(w, ']');
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, '}');
}

static void put_power(struct rs_jsonw *w, const char *name, const struct rs_power *p)
{
	rs_jw_open(w, name, '{');
	rs_jw_number(w, "slope", p->slope);
	rs_jw_number(w, "r2", p->r2);
	rs_jw_number(w, "top_1_percent", p->top[0]);
	rs_jw_number(w, "top_10_percent", p->top[1]);
	rs_jw_number(w, "top_20_percent", p->top[2]);
	rs_jw_close(w, '}');
}

static void put_counts(struct rs_jsonw *w, const struct rs_counts *c)
{
	rs_jw_open(w, "interactions", '{');
	rs_jw_count(w, "events", c->n_events);
	rs_jw_count(w, "users", c->n_users);
	rs_jw_count(w, "items", c->n_items);
	rs_jw_count(w, "pairs", c->n_pairs);
	rs_jw_number(w, "density", c->density);
	rs_jw_number(w, "repeat_share", c->repeat_share);
	rs_jw_count(w, "equal_events", c->n_equal);
	rs_jw_count(w, "users_with_2", c->users_2);
	put_spread(w, "per_user", &c->per_user, true);
	put_spread(w, "per_item", &c->per_item, true);
	put_power(w, "user_power_law", &c->user_power);
	put_power(w, "item_power_law", &c->item_power);
	put_names(w, "top_users", c->top_user, c->n_top_users);
	put_names(w, "top_items", c->top_item, c->n_top_items);
	rs_jw_close(w, '}');
}

static void put_row(struct rs_jsonw *w, const char *name, const uint64_t *v, uint32_t n)
{
	rs_jw_open(w, name, '[');
	for (uint32_t i = 0; i < n; i++)
		rs_jw_count(w, NULL, v[i]);
	rs_jw_close(w, ']');
}

static void put_times(struct rs_jsonw *w, const struct rs_times *t, const struct rs_sessions *s)
{
	if (!t->known)
		return;
	rs_jw_open(w, "times", '{');
	rs_jw_bool(w, "dates", t->real);
	rs_jw_time(w, "first", t->first_s);
	rs_jw_time(w, "last", t->last_s);
	put_row(w, "hour_of_week", t->hour_of_week, 168);
	rs_jw_open(w, "timeline", '{');
	rs_jw_time(w, "start", t->start_s);
	rs_jw_int(w, "step_seconds", t->width_s);
	put_row(w, "events", t->events, t->n);
	put_row(w, "new_users", t->new_users, t->n);
	rs_jw_close(w, '}');
	rs_jw_count(w, "empty_steps", t->n_empty);
	rs_jw_int(w, "longest_gap_seconds", t->gap_s);
	if (t->gap_s > 0)
		rs_jw_time(w, "longest_gap_start", t->gap_start_s);
	rs_jw_close(w, '}');
	rs_jw_open(w, "sessions", '{');
	rs_jw_int(w, "gap_seconds", s->gap_s);
	rs_jw_count(w, "count", s->n);
	put_spread(w, "events", &s->events, false);
	put_spread(w, "minutes", &s->minutes, false);
	put_row(w, "pauses_log2", s->pause, 64);
	rs_jw_close(w, '}');
}

static void put_drift(struct rs_jsonw *w, const struct rs_drift *d)
{
	if (!d->known)
		return;
	rs_jw_open(w, "drift", '{');
	rs_jw_time(w, "start", d->start_s);
	rs_jw_int(w, "slice_seconds", d->width_s);
	put_row(w, "events", d->events, d->n);
	put_row(w, "new_items", d->new_items, d->n);
	rs_jw_count(w, "list_length", d->n_top);
	rs_jw_open(w, "lags", '[');
	for (uint32_t k = 0; k < d->n_lags; k++) {
		rs_jw_open(w, NULL, '{');
		rs_jw_count(w, "lag", d->lag[k].lag);
		rs_jw_count(w, "compared", d->lag[k].n);
		rs_jw_number(w, "overlap", d->lag[k].overlap);
		rs_jw_number(w, "rank_correlation", d->lag[k].rank);
		rs_jw_number(w, "catch", d->lag[k].catch);
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, ']');
	rs_jw_int(w, "retrain_seconds", d->retrain_s);
	rs_jw_bool(w, "retrain_at_most", d->retrain_at_most);
	rs_jw_time(w, "last_start", d->last_start_s);
	rs_jw_count(w, "last_events", d->last_events);
	rs_jw_count(w, "last_users", d->last_users);
	rs_jw_count(w, "last_items", d->last_items);
	rs_jw_count(w, "cold_users", d->cold_users);
	rs_jw_count(w, "cold_items", d->cold_items);
	rs_jw_count(w, "cold_events", d->cold_events);
	rs_jw_close(w, '}');
}

static void put_funnel(struct rs_jsonw *w, const struct rs_funnel *f)
{
	if (f->n_types == 0)
		return;
	rs_jw_open(w, "funnel", '{');
	rs_jw_count(w, "types", f->n_types);
	rs_jw_count(w, "untyped_events", f->n_null);
	rs_jw_open(w, "steps", '[');
	for (uint32_t k = 0; k < f->n; k++) {
		const struct rs_step *s = &f->step[k];

		rs_jw_open(w, NULL, '{');
		rs_jw_text(w, "type", s->name);
		rs_jw_count(w, "events", s->n_events);
		rs_jw_count(w, "users", s->n_users);
		rs_jw_count(w, "pairs", s->n_pairs);
		rs_jw_count(w, "users_all_steps", s->on_users);
		rs_jw_count(w, "pairs_all_steps", s->on_pairs);
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, ']');
	rs_jw_close(w, '}');
}

static void put_match(struct rs_jsonw *w, const char *name, const struct rs_match *m)
{
	if (!m->present)
		return;
	rs_jw_open(w, name, '{');
	rs_jw_count(w, "rows", m->n_rows);
	rs_jw_count(w, "rows_without_events", m->rows_idle);
	rs_jw_count(w, "ids_without_row", m->ids_missing);
	rs_jw_count(w, "events_without_row", m->events_missing);
	put_names(w, "examples", m->example, m->n_example);
	rs_jw_close(w, '}');
}

static void put_suspect(struct rs_jsonw *w, const struct rs_suspect *u)
{
	rs_jw_open(w, NULL, '{');
	rs_jw_bytes(w, "user", u->name.text, u->name.n);
	rs_jw_count(w, "events", u->name.count);
	rs_jw_open(w, "why", '[');
	for (unsigned k = 0; k < RS_SUSPICIONS; k++)
		if ((u->why >> k & 1) != 0)
			rs_jw_text(w, NULL, rs_suspicion_name[k]);
	rs_jw_close(w, ']');
	rs_jw_text(w, "reason", u->reason);
	rs_jw_close(w, '}');
}

static void put_suspects(struct rs_jsonw *w, const struct rs_suspects *s)
{
	rs_jw_open(w, "suspects", '{');
	rs_jw_count(w, "looked_at", s->n_users);
	rs_jw_bool(w, "profiles_compared", s->profiles_known);
	rs_jw_count(w, "count", s->n);
	rs_jw_open(w, "by_reason", '{');
	for (unsigned k = 0; k < RS_SUSPICIONS; k++)
		rs_jw_count(w, rs_suspicion_name[k], s->n_by[k]);
	rs_jw_close(w, '}');
	rs_jw_open(w, "users", '[');
	for (uint32_t i = 0; i < s->n && i < SUSPECTS_MAX; i++)
		put_suspect(w, &s->user[i]);
	rs_jw_close(w, ']');
	rs_jw_open(w, "targets", '[');
	for (uint32_t i = 0; i < s->n_targets; i++) {
		rs_jw_open(w, NULL, '{');
		rs_jw_bytes(w, "item", s->target[i].item.text, s->target[i].item.n);
		rs_jw_count(w, "users", s->target[i].item.count);
		rs_jw_number(w, "expected", s->target[i].expected);
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, ']');
	rs_jw_close(w, '}');
}

static void put_leaks(struct rs_jsonw *w, const struct rs_leaks *l)
{
	if (!l->asked)
		return;
	rs_jw_open(w, "truth", '{');
	rs_jw_count(w, "events", l->n_events);
	rs_jw_count(w, "users", l->n_users);
	rs_jw_count(w, "items", l->n_items);
	rs_jw_count(w, "pairs", l->n_pairs);
	rs_jw_count(w, "events_in_training", l->events_equal);
	rs_jw_count(w, "pairs_in_training", l->pairs_known);
	if (l->times) {
		rs_jw_count(w, "events_before_training_end", l->events_early);
		rs_jw_count(w, "events_before_history_end", l->events_early_own);
	}
	rs_jw_count(w, "cold_users", l->users_cold);
	rs_jw_count(w, "cold_items", l->items_cold);
	rs_jw_count(w, "cold_events", l->events_cold);
	rs_jw_close(w, '}');
}

static void put_advice(struct rs_jsonw *w, const struct rs_advice *a, uint32_t n)
{
	rs_jw_open(w, "advice", '[');
	for (uint32_t i = 0; i < n; i++) {
		rs_jw_open(w, NULL, '{');
		rs_jw_text(w, "severity", rs_severity_name[a[i].severity]);
		rs_jw_text(w, "id", a[i].id);
		rs_jw_text(w, "what", a[i].what);
		rs_jw_text(w, "todo", a[i].todo);
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, ']');
}

static void put_trainable(struct rs_jsonw *w, const struct rs_analysis *a)
{
	rs_jw_open(w, "recipes", '[');
	for (uint32_t i = 0; i < a->n_trainable; i++) {
		rs_jw_open(w, NULL, '{');
		rs_jw_text(w, "recipe", a->trainable[i].recipe);
		rs_jw_text(w, "trainable", a->trainable[i].verdict);
		rs_jw_text(w, "why", a->trainable[i].why);
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, ']');
}

static void put_members(struct rs_jsonw *w, const struct rs_analysis *a)
{
	rs_jw_count(w, "files", a->n_files);
	if (a->bytes > 0)
		rs_jw_count(w, "bytes", a->bytes);
	put_counts(w, &a->counts);
	put_tables(w, a);
	put_times(w, &a->times, &a->sessions);
	put_drift(w, &a->drift);
	put_funnel(w, &a->funnel);
	put_match(w, "user_match", &a->users);
	put_match(w, "item_match", &a->items);
	put_suspects(w, &a->suspects);
	put_leaks(w, &a->leaks);
	put_advice(w, a->advice, a->n_advice);
	put_trainable(w, a);
}

static int finish(struct rs_jsonw *w, struct rs_out *out)
{
	if (w->rc == 0)
		w->rc = rs_buf_addc(w->b, '\n', w->err);
	if (w->rc == 0)
		w->rc = rs_out_write(out, w->b->p, w->b->n, w->err);
	rs_buf_release(w->b);
	return w->rc;
}

int rs_analysis_json(struct rs_out *out, const struct rs_analysis *a, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_jsonw w = { .b = &b, .err = err };

	rs_jw_open(&w, NULL, '{');
	put_members(&w, a);
	rs_jw_close(&w, '}');
	return finish(&w, out);
}

static void put_shifts(struct rs_jsonw *w, const struct rs_comparison *c)
{
	rs_jw_open(w, "shifts", '[');
	for (uint32_t i = 0; i < c->n_shifts; i++) {
		const struct rs_shift *s = &c->shift[i];

		rs_jw_open(w, NULL, '{');
		rs_jw_text(w, "column", s->what);
		rs_jw_number(w, "psi", s->psi);
		rs_jw_number(w, "old_mean", s->old_mean);
		rs_jw_number(w, "new_mean", s->new_mean);
		rs_jw_number(w, "old_missing", s->old_null);
		rs_jw_number(w, "new_missing", s->new_null);
		if (s->most != NULL) {
			rs_jw_text(w, "moved_most", s->most);
			rs_jw_number(w, "moved_from", s->most_old);
			rs_jw_number(w, "moved_to", s->most_new);
		}
		rs_jw_close(w, '}');
	}
	rs_jw_close(w, ']');
}

int rs_comparison_json(struct rs_out *out, const struct rs_comparison *c, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_jsonw w = { .b = &b, .err = err };

	rs_jw_open(&w, NULL, '{');
	rs_jw_open(&w, "comparison", '{');
	rs_jw_count(&w, "users_both", c->users_both);
	rs_jw_count(&w, "users_gone", c->users_gone);
	rs_jw_count(&w, "users_new", c->users_new);
	rs_jw_count(&w, "items_both", c->items_both);
	rs_jw_count(&w, "items_gone", c->items_gone);
	rs_jw_count(&w, "items_new", c->items_new);
	rs_jw_count(&w, "events_of_new_users", c->events_new_users);
	rs_jw_count(&w, "events_on_new_items", c->events_new_items);
	rs_jw_count(&w, "list_length", c->n_top);
	rs_jw_number(&w, "top_overlap", c->top_overlap);
	rs_jw_number(&w, "rank_correlation", c->rank);
	rs_jw_number(&w, "total_variation", c->tv);
	put_shifts(&w, c);
	put_names(&w, "columns_gone", c->column_gone, c->n_columns_gone);
	put_names(&w, "columns_new", c->column_new, c->n_columns_new);
	put_advice(&w, c->advice, c->n_advice);
	rs_jw_close(&w, '}');
	rs_jw_open(&w, "old", '{');
	put_members(&w, c->before);
	rs_jw_close(&w, '}');
	rs_jw_open(&w, "new", '{');
	put_members(&w, c->after);
	rs_jw_close(&w, '}');
	rs_jw_close(&w, '}');
	return finish(&w, out);
}
