/* merge_plan.c -- in which order the events of all files come, and which of them are repeats.
 *
 * The events of a user who stands in one file stay as they are, and so do those of files that follow each other in time;
 * where files overlap, or hold columns otherwise than the result does, the events of the user are sorted. Users are taken
 * in stretches of some million events, of which time and item are read; the rest only where two files have an event of the
 * same time and item. A stretch is cut into tiles of users that are planned side by side, but for one where context columns
 * have to be compared. */
#include "lib/data/merge_plan.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#define LOOSE_TIES_MAX 256 /* their cells are looked up one by one: within a block or two */

/* ---- who is where ---- */

static int find_sources(struct merge_planning *p, struct rs_err *err)
{
	struct merging *m = p->m;
	uint32_t nu = m->d->user_key.n;
	uint64_t total = 0;

	if ((p->first = rs_array0((size_t)nu + 2, sizeof *p->first, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < m->n; i++)
		for (uint32_t u = 0; u < m->source[i].s.n_users; u++)
			p->first[m->maps.user[i][u] + 2]++;
	for (uint32_t u = 0; u <= nu; u++)
		p->first[u + 1] += p->first[u];
	total = p->first[nu + 1];
	if ((p->source = rs_array(total, sizeof *p->source, err)) == NULL ||
	    (p->user = rs_array(total, sizeof *p->user, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < m->n; i++) {
		for (uint32_t u = 0; u < m->source[i].s.n_users; u++) {
			uint64_t at = p->first[m->maps.user[i][u] + 1]++;

			p->source[at] = (uint32_t)i;
			p->user[at] = u;
		}
	}
	return 0;
}

/* ---- the runs ---- */

static int add_run(struct merge_run **run, size_t *n_runs, size_t *cap, struct merge_run r, struct rs_err *err)
{
	struct merge_run *last = *n_runs > 0 ? &(*run)[*n_runs - 1] : NULL;

	if (last != NULL && last->source == r.source && last->row + last->n == r.row && r.n <= UINT32_MAX - last->n) {
		last->n += r.n;
		return 0;
	}
	if (rs_grow(run, cap, *n_runs + 1, sizeof **run, err) < 0)
		return RS_ENOMEM;
	(*run)[(*n_runs)++] = r;
	return 0;
}

static int add_rows(struct merge_tile *t, uint32_t source, uint64_t from, uint64_t to, struct rs_err *err)
{
	int rc = 0;

	while (from < to && rc == 0) {
		uint32_t n = to - from < UINT32_MAX ? (uint32_t)(to - from) : UINT32_MAX;

		rc = add_run(&t->run, &t->n_runs, &t->cap_runs, (struct merge_run){ from, n, source }, err);
		from += n;
	}
	return rc;
}

static struct merge_record record_of(const struct merge_planning *p, uint32_t source, uint64_t row)
{
	const int64_t *time = merge_view_at(&p->time, source, row);
	const uint32_t *item = merge_view_at(&p->item, source, row);

	return (struct merge_record){ time == NULL ? 0 : *time, row, p->m->maps.item[source][*item], source, false };
}

/* Whether the rows of a user are in order, as they have to be in a file. Times are in the calendar, so that differences have
 * their sign; items matter where times are equal. */
static bool in_order(const int64_t *time, const uint32_t *item, uint64_t n)
{
	uint64_t signs = 0, equal = time == NULL;
	bool bad = false;

	for (uint64_t i = 1; i < n && time != NULL; i++) {
		uint64_t d = (uint64_t)time[i] - (uint64_t)time[i - 1];

		signs |= d;
		equal |= d - 1; /* 0 becomes negative, and so does what is wrong anyhow */
	}
	for (uint64_t i = 1; i < n && (time == NULL || equal >> 63 != 0); i++)
		bad |= (time == NULL || time[i] == time[i - 1]) & (item[i] < item[i - 1]);
	return signs >> 63 == 0 && !bad;
}

/* The most events of one time and item that stand there in a row. */
static uint64_t most_ties(const struct merge_planning *p, uint32_t source, uint64_t from, uint64_t to)
{
	const int64_t *time = merge_view_at(&p->time, source, from);
	const uint32_t *item = merge_view_at(&p->item, source, from);
	uint64_t most = 1, n = 1;

	for (uint64_t i = 1; i < to - from; i++) {
		n = (time == NULL || time[i] == time[i - 1]) && item[i] == item[i - 1] ? n + 1 : 1;
		most = n > most ? n : most;
	}
	return most;
}

/* Whether the rows of a user have to be sorted, whose file is loose; RS_ENOMEM where that would read blocks over and over. */
static int check_loose(struct merge_planning *p, uint32_t source, uint64_t from, uint64_t to, bool *sort, struct rs_err *err)
{
	uint64_t n = most_ties(p, source, from, to);

	*sort = *sort || n > 1;
	if (n <= LOOSE_TIES_MAX)
		return 0;
	__atomic_store_n(&p->m->too_loose, true, __ATOMIC_RELAXED);
	return rs_fail(err, RS_ENOMEM, "events that tie have to be sorted in memory");
}

/* ---- users ---- */

/* Sorts the records of a user who is in k files and takes those that are not dropped. */
static int take_sorted(struct merge_tile *t, uint32_t u, size_t k, struct rs_err *err)
{
	struct merging *m = t->p->m;
	int rc = merge_sort_user(t, k, err);

	for (size_t i = 0; i < t->n_records && rc == 0 && !t->tied; i++) {
		const struct merge_record *r = &t->record[i];

		m->row_ptr[u + 1] -= r->dropped;
		t->n_dropped += r->dropped;
		if (!r->dropped)
			rc = add_run(&t->run, &t->n_runs, &t->cap_runs, (struct merge_run){ r->row, 1, r->source }, err);
	}
	return rc;
}

static int plan_user(struct merge_tile *t, uint32_t u, struct rs_err *err)
{
	struct merge_planning *p = t->p;
	struct merging *m = p->m;
	bool follow = m->event_id == NULL; /* each file's events stand behind those of the file before */
	bool sort = false;
	struct merge_record last = { 0 };
	size_t k = 0;
	int rc = 0;

	m->row_ptr[u + 1] = 0;
	for (uint64_t i = p->first[u]; i < p->first[u + 1]; i++) {
		uint32_t source = p->source[i];
		const uint64_t *row = m->source[source].row_ptr + p->user[i];
		uint64_t n = row[1] - row[0];
		const int64_t *time;
		const uint32_t *item;

		if (n == 0)
			continue;
		time = merge_view_at(&p->time, source, row[0]);
		item = merge_view_at(&p->item, source, row[0]);
		if (n > 1 && !in_order(time, item, n))
			return rs_fail(err, RS_EDATA, "%s: damaged: events are out of order",
			               rs_reader_name(m->source[source].r));
		follow = follow && (k == 0 || (time != NULL && last.time_s < time[0]) ||
		                    ((time == NULL || last.time_s == time[0]) &&
		                     m->maps.item[last.source][last.item] < m->maps.item[source][item[0]]));
		if (m->source[source].loose && (rc = check_loose(p, source, row[0], row[1], &sort, err)) < 0)
			return rc;
		last.time_s = time == NULL ? 0 : time[n - 1];
		last.item = item[n - 1]; /* as it is in the file */
		last.source = source;
		k++;
		m->row_ptr[u + 1] += n;
	}
	sort = sort || (k > 1 && !follow);
	if (sort && rs_grow(&t->record, &t->cap_records, (size_t)m->row_ptr[u + 1], sizeof *t->record, err) < 0)
		return RS_ENOMEM;
	k = t->n_records = 0;
	for (uint64_t i = p->first[u]; i < p->first[u + 1] && rc == 0; i++) {
		const uint64_t *row = m->source[p->source[i]].row_ptr + p->user[i];

		if (row[0] == row[1])
			continue;
		t->bound[k++] = t->n_records;
		if (!sort)
			rc = add_rows(t, p->source[i], row[0], row[1], err);
		else
			for (uint64_t e = row[0]; e < row[1]; e++)
				t->record[t->n_records++] = record_of(p, p->source[i], e);
	}
	t->bound[k] = t->n_records;
	return rc == 0 && t->n_records > 0 ? take_sorted(t, u, k, err) : rc;
}

static int plan_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct merge_planning *p = ctx;
	struct merge_tile *t = &p->tile[tile];
	int rc = 0;

	(void)worker;
	t->p = p;
	t->n_runs = 0;
	t->n_dropped = 0;
	t->tied = false;
	if (t->bound == NULL && (t->bound = rs_array(p->m->n + 1, sizeof *t->bound, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = t->from; u < t->to && rc == 0 && !t->tied; u++)
		rc = plan_user(t, u, err);
	return rc;
}

/* ---- stretches ---- */

uint32_t merge_take_users(struct merge_planning *p, uint32_t u)
{
	const struct merging *m = p->m;
	uint64_t rows = 0, rows_of_tile = 0, most = (uint64_t)rs_threads() * 2 * MERGE_TILE_ROWS;

	most = most < MERGE_STRETCH_ROWS ? most : MERGE_STRETCH_ROWS;
	p->n_tiles = 0;
	merge_needs_clear(&p->needs);
	for (; u < m->d->user_key.n && rows < most; u++) {
		struct merge_tile *t;

		if (p->n_tiles == 0 || rows_of_tile >= MERGE_TILE_ROWS) {
			p->tile[p->n_tiles++].from = u;
			rows_of_tile = 0;
		}
		t = &p->tile[p->n_tiles - 1];
		for (uint64_t i = p->first[u]; i < p->first[u + 1]; i++) {
			const uint64_t *row = m->source[p->source[i]].row_ptr + p->user[i];

			if (row[0] == row[1])
				continue;
			merge_needs_add(&p->needs, p->source[i], row[0], row[1]);
			rows_of_tile += row[1] - row[0];
			rows += row[1] - row[0];
		}
		t->to = u + 1;
	}
	return u;
}

static int run_tiles(struct merge_planning *p, struct rs_err *err)
{
	bool context = p->m->event_id != NULL || (p->whole && p->m->d->n_context > 0);
	int rc = 0;

	if (!context)
		return rs_tiles_run(p->n_tiles, plan_tile, p, err);
	for (size_t i = 0; i < p->n_tiles && rc == 0; i++) /* cells are read one after another */
		rc = plan_tile(p, i, 0, err);
	return rc;
}

static int plan_stretch(struct merge_planning *p, struct rs_err *err)
{
	bool tied = false;
	int rc;

	if ((rc = merge_needs_load(&p->needs, &p->item, err)) < 0 || (rc = merge_needs_load(&p->needs, &p->time, err)) < 0)
		return rc;
	if (!p->whole) {
		if ((rc = run_tiles(p, err)) < 0)
			return rc;
		for (size_t i = 0; i < p->n_tiles; i++)
			tied |= p->tile[i].tied;
		if (!tied)
			return 0;
	}
	if ((rc = merge_needs_load(&p->needs, &p->value, err)) < 0 || (rc = merge_needs_load(&p->needs, &p->type, err)) < 0)
		return rc;
	p->whole = true; /* where there is one there are more */
	return run_tiles(p, err);
}

/* Puts the tiles of a stretch behind the plan. */
static int take_tiles(struct merge_planning *p, struct rs_err *err)
{
	struct merging *m = p->m;
	int rc = 0;

	for (size_t i = 0; i < p->n_tiles; i++) {
		const struct merge_tile *t = &p->tile[i];

		for (size_t k = 0; k < t->n_runs && rc == 0; k++)
			rc = add_run(&m->run, &m->n_runs, &m->cap_runs, t->run[k], err);
		for (uint32_t u = t->from; u < t->to; u++)
			m->row_ptr[u + 1] += m->row_ptr[u];
		m->n_dropped += t->n_dropped;
	}
	return rc;
}

static int open_planning(struct merge_planning *p, struct merging *m, struct rs_err *err)
{
	int rc;

	p->m = m;
	p->whole = m->event_id != NULL;
	if ((m->row_ptr = rs_array0((size_t)m->d->user_key.n + 1, sizeof *m->row_ptr, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = find_sources(p, err)) < 0 || (rc = merge_needs_open(&p->needs, m, err)) < 0 ||
	    (rc = merge_view_open(&p->item, m, MERGE_ITEM, err)) < 0 ||
	    (rc = merge_view_open(&p->time, m, MERGE_TIME, err)) < 0 ||
	    (rc = merge_view_open(&p->value, m, MERGE_VALUE, err)) < 0)
		return rc;
	return merge_view_open(&p->type, m, MERGE_TYPE, err);
}

static void release_planning(struct merge_planning *p)
{
	for (size_t i = 0; i < MERGE_TILES_MAX; i++) {
		struct merge_tile *t = &p->tile[i];

		rs_free(t->run);
		rs_free(t->record);
		rs_free(t->spare);
		rs_free(t->bound);
		rs_buf_release(&t->a);
		rs_buf_release(&t->b);
	}
	merge_view_release(&p->item);
	merge_view_release(&p->time);
	merge_view_release(&p->value);
	merge_view_release(&p->type);
	merge_needs_release(&p->needs);
	rs_free(p->first);
	rs_free(p->source);
	rs_free(p->user);
	rs_free(p);
}

int merge_plan(struct merging *m, struct rs_err *err)
{
	struct merge_planning *p = rs_array0(1, sizeof *p, err);
	uint32_t nu = m->d->user_key.n;
	int rc;

	if (p == NULL)
		return RS_ENOMEM;
	if ((rc = open_planning(p, m, err)) == 0)
		rc = merge_require(p, err);
	for (uint32_t u = 0; u < nu && rc == 0;) {
		rs_progress("merge: plan", u, nu, "users");
		u = merge_take_users(p, u);
		if ((rc = plan_stretch(p, err)) == 0)
			rc = take_tiles(p, err);
	}
	release_planning(p);
	return rc;
}
