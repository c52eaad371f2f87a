/* compare.c -- what changed from one dataset to another: who, what, popularity, and how each column is spread.
 *
 * How far a column moved is told by the population stability index, the sum over bins of (q - p) ln(q / p), p and q being
 * the shares of the bin in the old and the new data: the symmetric form of Kullback and Leibler's divergence. Categories are
 * bins (the ten most frequent of both, the rest together), numbers have bins of about a tenth of the old data each. */
#include "lib/analyze/parts.h"
#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOP 100
#define BINS 10
#define LEAST 1e-4  /* of a share, so that an empty bin has a logarithm */
#define MOVED 0.1   /* an index above it is a change */
#define OTHER 0.25  /* above it, another population */

struct side {
	struct rs_analysis *a;
	struct rs_tape *t;
	struct rs_pass p;
};

static double share(uint64_t part, uint64_t all)
{
	return all == 0 ? 0 : (double)part / (double)all;
}

static double psi_of(double p, double q)
{
	p = p > LEAST ? p : LEAST;
	q = q > LEAST ? q : LEAST;
	return (q - p) * log(q / p);
}

/* ---- columns ---- */

static struct rs_shift *add_shift(struct rs_comparison *c, size_t *cap, struct rs_err *err)
{
	if (rs_grow(&c->shift, cap, (size_t)c->n_shifts + 1, sizeof *c->shift, err) < 0)
		return NULL;
	c->shift[c->n_shifts] = (struct rs_shift){ .old_mean = NAN, .new_mean = NAN };
	return &c->shift[c->n_shifts++];
}

/* The share of numbers below x (or at it), as the bars have them. */
static double below(const struct rs_spread *s, double x)
{
	double n = 0;

	for (uint32_t k = 0; k < s->n_bars; k++) {
		const struct rs_bar *b = &s->bar[k];

		if (b->hi <= x)
			n += (double)b->n;
		else if (b->lo < x)
			n += (double)b->n * (x - b->lo) / (b->hi - b->lo);
	}
	return s->n == 0 ? 0 : n / (double)s->n;
}

static double psi_numbers(const struct rs_spread *a, const struct rs_spread *b)
{
	double psi = 0, pa = 0, pb = 0;

	if (a->n == 0 || b->n == 0)
		return a->n == b->n ? 0 : 2 * psi_of(1, 0);
	for (uint32_t k = 0; k < a->n_bars; k++) {
		double x = a->bar[k].hi, na = below(a, x), nb = below(b, x);

		if (na - pa < 1.0 / BINS && k + 1 < a->n_bars)
			continue;
		if (k + 1 == a->n_bars) { /* whatever is beyond */
			na = 1;
			nb = 1;
		}
		psi += psi_of(na - pa, nb - pb);
		pa = na;
		pb = nb;
	}
	return psi;
}

/* The share of a category in f; found: whether it is among the ones that are counted there. */
static double share_of(const struct rs_column_facts *f, const struct rs_name *name, uint64_t all)
{
	for (uint32_t k = 0; k < f->n_top; k++)
		if (rs_key_cmp(f->top[k].text, f->top[k].n, name->text, name->n) == 0)
			return share(f->top[k].count, all);
	return 0;
}

static int psi_categories(struct rs_shift *s, const struct rs_column_facts *a, const struct rs_column_facts *b,
                          struct rs_err *err)
{
	uint64_t na = a->n_rows - a->n_null, nb = b->n_rows - b->n_null;
	double rest_a = 1, rest_b = 1, most = 0;
	const struct rs_name *moved = NULL;

	for (uint32_t k = 0; k < a->n_top + b->n_top; k++) {
		const struct rs_name *name = k < a->n_top ? &a->top[k] : &b->top[k - a->n_top];
		double p = share_of(a, name, na), q = share_of(b, name, nb);

		if (k >= a->n_top && p > 0)
			continue; /* done */
		s->psi += psi_of(p, q);
		rest_a -= p;
		rest_b -= q;
		if (fabs(q - p) > most) {
			most = fabs(q - p);
			moved = name;
			s->most_old = p;
			s->most_new = q;
		}
	}
	if (!a->multi && !b->multi)
		s->psi += psi_of(fmax(rest_a, 0), fmax(rest_b, 0));
	if (moved != NULL && (s->most = rs_strndup(moved->text, moved->n, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

static int compare_column(struct rs_comparison *c, size_t *cap, const char *table, const struct rs_column_facts *a,
                          const struct rs_column_facts *b, struct rs_err *err)
{
	struct rs_shift *s = add_shift(c, cap, err);
	int rc;

	if (s == NULL)
		return RS_ENOMEM;
	s->column = true;
	if ((rc = rs_text(&s->what, err, "%s.%s", table, a->name)) < 0)
		return rc;
	s->old_null = share(a->n_null, a->n_rows);
	s->new_null = share(b->n_null, b->n_rows);
	if (strcmp(a->type, "number") != 0 || strcmp(b->type, "number") != 0)
		return strcmp(a->type, "category") == 0 && strcmp(b->type, "category") == 0 ? psi_categories(s, a, b, err) : 0;
	s->psi = psi_numbers(&a->number, &b->number);
	s->old_mean = a->number.n == 0 ? NAN : a->number.mean;
	s->new_mean = b->number.n == 0 ? NAN : b->number.mean;
	return 0;
}

static const struct rs_column_facts *find_column(const struct rs_table_facts *t, const char *name)
{
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->column[i].name, name) == 0)
			return &t->column[i];
	return NULL;
}

/* Columns of a that b does not have, as TABLE.COLUMN; where b has no such table, TABLE alone. */
static int list_missing(struct rs_name *list, uint32_t *n, const struct rs_table_facts *a, const struct rs_table_facts *b,
                        struct rs_err *err)
{
	char *text;
	int rc = 0;

	if (a->present && !b->present && *n < RS_TOP) {
		if ((rc = rs_text(&text, err, "%s", a->name)) == 0)
			list[(*n)++] = (struct rs_name){ text, strlen(text), a->n_rows };
		return rc;
	}
	for (uint32_t i = 0; i < a->n_columns && rc == 0 && *n < RS_TOP; i++) {
		if (find_column(b, a->column[i].name) != NULL)
			continue;
		if ((rc = rs_text(&text, err, "%s.%s", a->name, a->column[i].name)) == 0)
			list[(*n)++] = (struct rs_name){ text, strlen(text), a->column[i].n_rows };
	}
	return rc;
}

static int compare_spread(struct rs_comparison *c, size_t *cap, const char *what, const struct rs_spread *a,
                          const struct rs_spread *b, struct rs_err *err)
{
	struct rs_shift *s = add_shift(c, cap, err);

	if (s == NULL)
		return RS_ENOMEM;
	s->psi = psi_numbers(a, b);
	s->old_mean = a->n == 0 ? NAN : a->mean;
	s->new_mean = b->n == 0 ? NAN : b->mean;
	return rs_text(&s->what, err, "%s", what);
}

static int compare_hours(struct rs_comparison *c, size_t *cap, struct rs_err *err)
{
	const struct rs_times *a = &c->before->times, *b = &c->after->times;
	uint64_t na[24] = { 0 }, nb[24] = { 0 }, all_a = 0, all_b = 0;
	struct rs_shift *s;

	if (!a->real || !b->real)
		return 0;
	if ((s = add_shift(c, cap, err)) == NULL)
		return RS_ENOMEM;
	for (int k = 0; k < 168; k++) {
		na[k % 24] += a->hour_of_week[k];
		nb[k % 24] += b->hour_of_week[k];
		all_a += a->hour_of_week[k];
		all_b += b->hour_of_week[k];
	}
	for (int k = 0; k < 24; k++)
		s->psi += psi_of(share(na[k], all_a), share(nb[k], all_b));
	return rs_text(&s->what, err, "hour of the day");
}

static int cmp_shift(const void *pa, const void *pb)
{
	const struct rs_shift *a = pa, *b = pb;

	if (a->psi > b->psi || a->psi < b->psi)
		return a->psi > b->psi ? -1 : 1;
	return strcmp(a->what, b->what);
}

static int compare_columns(struct rs_comparison *c, struct rs_err *err)
{
	size_t cap = 0;
	int rc = 0;

	for (int k = 0; k < 3 && rc == 0; k++) {
		const struct rs_table_facts *a = &c->before->table[k], *b = &c->after->table[k];

		for (uint32_t i = 0; i < a->n_columns && rc == 0; i++) {
			const struct rs_column_facts *f = &a->column[i], *g = find_column(b, f->name);

			if (g != NULL && strcmp(f->type, "id") != 0 && strcmp(f->type, "time") != 0)
				rc = compare_column(c, &cap, a->name, f, g, err);
		}
		if (rc == 0 && (rc = list_missing(c->column_gone, &c->n_columns_gone, a, b, err)) == 0)
			rc = list_missing(c->column_new, &c->n_columns_new, b, a, err);
	}
	if (rc < 0
	    || (rc = compare_spread(c, &cap, "events per user", &c->before->counts.per_user, &c->after->counts.per_user,
	                            err))
	            < 0
	    || (rc = compare_spread(c, &cap, "events per item", &c->before->counts.per_item, &c->after->counts.per_item,
	                            err))
	            < 0
	    || (rc = compare_hours(c, &cap, err)) < 0)
		return rc;
	if (c->n_shifts > 0)
		qsort(c->shift, c->n_shifts, sizeof *c->shift, cmp_shift);
	return 0;
}

/* ---- ids ---- */

static int match_keys(struct side *s, bool item, uint32_t **map, struct rs_err *err)
{
	struct rs_keys a = { 0 }, b = { 0 };
	int rc;

	if ((rc = rs_tape_keys(&a, s[0].t, item, err)) == 0 && (rc = rs_tape_keys(&b, s[1].t, item, err)) == 0)
		rc = rs_keys_match(&b, &a, map, err);
	rs_keys_release(&a);
	rs_keys_release(&b);
	return rc;
}

static int compare_users(struct rs_comparison *c, struct side *s, struct rs_err *err)
{
	const uint64_t *a = s[0].p.row_ptr, *b = s[1].p.row_ptr;
	uint32_t *map = NULL; /* new to old */
	int rc = match_keys(s, false, &map, err);

	for (uint32_t v = 0; v < s[1].p.n_users && rc == 0; v++) {
		bool known = map[v] != RS_NONE && a[map[v] + 1] > a[map[v]];

		if (b[v + 1] == b[v])
			continue;
		c->users_both += known;
		c->users_new += !known;
		c->events_new_users += known ? 0 : b[v + 1] - b[v];
	}
	c->users_gone = c->before->counts.n_users - c->users_both;
	rs_free(map);
	return rc;
}

/* Popularity of the items of both, a of the old and b of the new data, side by side. */
static int compare_popularity(struct rs_comparison *c, const uint64_t *a, const uint64_t *b, uint32_t n, struct rs_err *err)
{
	uint32_t top_a[TOP], top_b[TOP], na, nb, same = 0;

	c->n_top = c->before->counts.n_items < 10 * TOP ? (uint32_t)(c->before->counts.n_items + 9) / 10 : TOP;
	na = rs_top_counts(top_a, c->n_top, a, n);
	nb = rs_top_counts(top_b, c->n_top, b, n);
	for (uint32_t i = 0; i < na; i++)
		for (uint32_t k = 0; k < nb; k++)
			same += top_a[i] == top_b[k];
	c->top_overlap = c->n_top == 0 ? NAN : (double)same / c->n_top;
	return rs_spearman(&c->rank, a, b, n, err);
}

static int compare_items(struct rs_comparison *c, struct side *s, struct rs_err *err)
{
	uint32_t n_old = s[0].p.n_items, n_new = s[1].p.n_items, n = 0;
	uint64_t *a = rs_array((size_t)n_old + n_new, sizeof *a, err), *b = rs_array((size_t)n_old + n_new, sizeof *b, err);
	uint64_t all_a = c->before->counts.n_events, all_b = c->after->counts.n_events;
	uint32_t *map = NULL;
	uint8_t *met = rs_array0(n_old, 1, err);
	int rc = a == NULL || b == NULL || met == NULL ? RS_ENOMEM : match_keys(s, true, &map, err);

	for (uint32_t j = 0; j < n_new && rc == 0; j++) {
		uint64_t old = map[j] == RS_NONE ? 0 : s[0].p.item_events[map[j]], now = s[1].p.item_events[j];

		if (map[j] != RS_NONE)
			met[map[j]] = 1;
		c->items_both += old > 0 && now > 0;
		c->items_new += old == 0 && now > 0;
		c->events_new_items += old == 0 ? now : 0;
		c->tv += fabs(share(now, all_b) - share(old, all_a)) / 2;
		a[n] = old;
		b[n++] = now;
	}
	for (uint32_t i = 0; i < n_old && rc == 0; i++) {
		if (met[i] != 0)
			continue;
		c->tv += share(s[0].p.item_events[i], all_a) / 2;
		a[n] = s[0].p.item_events[i];
		b[n++] = 0;
	}
	c->items_gone = c->before->counts.n_items - c->items_both;
	if (rc == 0)
		rc = compare_popularity(c, a, b, n, err);
	rs_free(a);
	rs_free(b);
	rs_free(map);
	rs_free(met);
	return rc;
}

/* ---- advice ---- */

static int advise(struct rs_comparison *c, struct rs_err *err)
{
	struct rs_advices l = { &c->advice, &c->n_advice, 0 };
	double new_items = share(c->events_new_items, c->after->counts.n_events);
	int rc = 0;

	if (c->users_both == 0 && c->items_both == 0 && c->before->counts.n_events > 0 && c->after->counts.n_events > 0)
		rc = rs_advise(&l, err, RS_ADVICE_WARNING, "nothing-in-common", "Check that ids are written alike in both.",
		               "The two datasets share no user and no item");
	for (uint32_t i = 0; i < c->n_columns_gone && rc == 0; i++)
		rc = strchr(c->column_gone[i].text, '.') == NULL
		             ? rs_advise(&l, err, RS_ADVICE_WARNING, "column-gone",
		                         "Check the export; new events alone: compare what rs-merge makes of old and new.",
		                         "There is no table of %s any more", c->column_gone[i].text)
		             : rs_advise(&l, err, RS_ADVICE_WARNING, "column-gone",
		                         "Models that use it lose it: check the export.", "Column %s is no longer there",
		                         c->column_gone[i].text);
	for (uint32_t i = 0; i < c->n_shifts && rc == 0; i++) {
		const struct rs_shift *s = &c->shift[i];

		if (s->column && s->psi > MOVED)
			rc = rs_advise(&l, err, s->psi > OTHER ? RS_ADVICE_WARNING : RS_ADVICE_NOTE, "column-moved",
			               "Find out whether the world changed or the logging; train again.",
			               "The values of %s are spread differently (stability index %.2f)", s->what, s->psi);
		if (rc == 0 && s->new_null > s->old_null + .05)
			rc = rs_advise(&l, err, RS_ADVICE_WARNING, "column-emptier", "Check the export.",
			               "%s misses %.1f %% of its values, before %.1f %%", s->what, 100 * s->new_null,
			               100 * s->old_null);
	}
	if (rc == 0 && new_items > .2)
		rc = rs_advise(&l, err, RS_ADVICE_WARNING, "new-items",
		               "Train again; recipes that read attributes bridge the time.",
		               "%.0f %% of the new events are on items that the old data does not know", 100 * new_items);
	if (rc == 0 && c->top_overlap < .5)
		rc = rs_advise(&l, err, RS_ADVICE_WARNING, "other-favourites",
		               "Train again, and more often: rs-analyze shows the interval.",
		               "Only %.0f %% of the %u most popular items are the same", 100 * c->top_overlap, c->n_top);
	return rc;
}

int rs_compare(struct rs_comparison **out, const char *before, const char *after, const struct rs_analyze_options *o,
               struct rs_err *err)
{
	struct rs_comparison *c = rs_array0(1, sizeof *c, err);
	struct side s[2] = { { 0 }, { 0 } };
	const char *path[2] = { before, after };
	int rc = c == NULL ? RS_ENOMEM : 0;

	*out = NULL;
	for (int k = 0; k < 2 && rc == 0; k++) {
		rc = rs_analyze_keep(&s[k].a, &s[k].t, &s[k].p, &path[k], 1, o, err);
		*(k == 0 ? &c->before : &c->after) = s[k].a;
	}
	if (rc == 0 && (rc = compare_users(c, s, err)) == 0 && (rc = compare_items(c, s, err)) == 0 &&
	    (rc = compare_columns(c, err)) == 0)
		rc = advise(c, err);
	for (int k = 0; k < 2; k++) {
		rs_pass_release(&s[k].p);
		rs_tape_close(s[k].t);
	}
	if (rc < 0) {
		rs_comparison_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void rs_comparison_free(struct rs_comparison *c)
{
	if (c == NULL)
		return;
	rs_analysis_free(c->before);
	rs_analysis_free(c->after);
	for (uint32_t i = 0; i < c->n_shifts; i++) {
		rs_free(c->shift[i].what);
		rs_free(c->shift[i].most);
	}
	rs_free(c->shift);
	for (uint32_t i = 0; i < RS_TOP; i++) {
		rs_name_release(&c->column_gone[i]);
		rs_name_release(&c->column_new[i]);
	}
	rs_advice_free(c->advice, c->n_advice);
	rs_free(c);
}
