/* merge_plan.c -- in which order the events of all files come, and which of them are repeats.
 *
 * The events of a user who stands in one file stay as they are; those of a user of several files are sorted. Time and item of
 * every event are read, in the order of users, which is that of each file; the other columns only where these are equal. */
#include "lib/data/merge_parts.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct record {
	int64_t time_s;
	uint64_t row;
	uint32_t item, source;
	bool dropped;
};

struct planning {
	struct merging *m;
	uint64_t *first;   /* users + 1: where a user's sources start in `source` */
	uint32_t *source;  /* files, in their order */
	uint32_t *user;    /* the user there */
	struct record *record, *spare;
	size_t cap_records, cap_spare, n_records;
	struct rs_buf a, b; /* two cells */
	int rc;             /* of comparing */
	struct rs_err err;
};

/* ---- who is where ---- */

static int find_sources(struct planning *p, struct rs_err *err)
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

static int add_run(struct merging *m, uint32_t source, uint64_t n, bool dropped, struct rs_err *err)
{
	struct merge_run *last = m->n_runs > 0 ? &m->run[m->n_runs - 1] : NULL;

	if (last != NULL && last->source == source && last->dropped == dropped) {
		last->n += n;
		return 0;
	}
	if (rs_grow(&m->run, &m->cap_runs, m->n_runs + 1, sizeof *m->run, err) < 0)
		return RS_ENOMEM;
	m->run[m->n_runs++] = (struct merge_run){ n, source, dropped };
	return 0;
}

/* Rows [from, to) of a file as records, behind the others; they have to be in order. */
static int add_rows(struct planning *p, uint32_t source, uint64_t from, uint64_t to, struct rs_err *err)
{
	struct merging *m = p->m;
	struct merge_source *s = &m->source[source];
	const struct record *before = NULL;
	int rc;

	if (rs_grow(&p->record, &p->cap_records, p->n_records + (to - from), sizeof *p->record, err) < 0)
		return RS_ENOMEM;
	while (from < to) {
		const void *item, *time = NULL;
		uint64_t n = to - from, k;

		if ((rc = rs_stream_at(&s->item, from, &item, &k, err)) < 0)
			return rc;
		n = k < n ? k : n;
		if (s->time.c != NULL && (rc = rs_stream_at(&s->time, from, &time, &k, err)) < 0)
			return rc;
		n = s->time.c != NULL && k < n ? k : n;
		for (uint64_t i = 0; i < n; i++) {
			struct record *r = &p->record[p->n_records++];
			uint32_t ix = ((const uint32_t *)item)[i];

			if (ix >= s->s.n_items)
				return rs_fail(err, RS_EDATA, "%s: damaged: an event of an item that is not there",
				               rs_reader_name(s->r));
			*r = (struct record){ time == NULL ? 0 : ((const int64_t *)time)[i], from + i, m->maps.item[source][ix],
				              source, false };
			if (before != NULL &&
			    (r->time_s < before->time_s || (r->time_s == before->time_s && r->item < before->item)))
				return rs_fail(err, RS_EDATA, "%s: damaged: events are out of order", rs_reader_name(s->r));
			before = r;
		}
		from += n;
	}
	return 0;
}

/* ---- order ---- */

static float value_of(struct planning *p, const struct record *r)
{
	struct merge_source *s = &p->m->source[r->source];
	const void *at;
	float v = NAN;

	if (s->value.c == NULL || p->rc < 0)
		return NAN;
	if ((p->rc = rs_stream_at(&s->value, r->row, &at, NULL, &p->err)) == 0)
		memcpy(&v, at, sizeof v);
	return v;
}

static unsigned type_of(struct planning *p, const struct record *r)
{
	struct merge_source *s = &p->m->source[r->source];
	const void *at;
	uint16_t t = UINT16_MAX;

	if (s->type.c == NULL || p->rc < 0 || (p->rc = rs_stream_at(&s->type, r->row, &at, NULL, &p->err)) < 0)
		return UINT16_MAX;
	memcpy(&t, at, sizeof t);
	if (t == UINT16_MAX)
		return t;
	if (t >= p->m->source[r->source].n_types) {
		p->rc = rs_fail(&p->err, RS_EDATA, "%s: damaged: an event of a type that is not there", rs_reader_name(s->r));
		return UINT16_MAX;
	}
	return p->m->maps.type[r->source][t];
}

static int cmp_context(struct planning *p, uint32_t k, const struct record *x, const struct record *y)
{
	p->a.n = p->b.n = 0;
	if (p->rc < 0 || (p->rc = merge_cell(p->m, x->source, k, x->row, &p->a, &p->err)) < 0 ||
	    (p->rc = merge_cell(p->m, y->source, k, y->row, &p->b, &p->err)) < 0)
		return 0;
	return merge_cmp_cells(&p->m->d->context[k], &p->a, &p->b);
}

/* As the order of a dataset is; an error stays in p. */
static int cmp(struct planning *p, const struct record *x, const struct record *y)
{
	unsigned tx, ty;
	float vx, vy;
	int c = 0;

	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	tx = type_of(p, x);
	ty = type_of(p, y);
	if (tx != ty)
		return tx < ty ? -1 : 1;
	vx = value_of(p, x);
	vy = value_of(p, y);
	if (isnan(vx) || isnan(vy)) {
		if (!isnan(vx) || !isnan(vy))
			return isnan(vx) ? -1 : 1;
	} else if (vx != vy) {
		return vx < vy ? -1 : 1;
	}
	for (uint32_t k = 0; k < p->m->d->n_context && c == 0; k++)
		c = cmp_context(p, k, x, y);
	return c;
}

/* Merges the sorted records [0, n) and [n, all); of equal ones those of the earlier file come first. */
static void merge_two(struct planning *p, struct record *r, size_t n, size_t all)
{
	struct record *a = p->spare, *to = r;
	size_t i = 0, j = n;

	if (n == 0 || n == all || cmp(p, &r[n - 1], &r[n]) <= 0)
		return;
	memcpy(a, r, n * sizeof *a);
	while (i < n && j < all)
		*to++ = cmp(p, &a[i], &r[j]) <= 0 ? a[i++] : r[j++];
	memcpy(to, a + i, (n - i) * sizeof *a);
}

/* bounds[0 .. k]: where the records of each of k files start; they are joined pairwise. */
static void sort_records(struct planning *p, size_t *bound, size_t k)
{
	while (k > 1) {
		size_t out = 0;

		for (size_t i = 0; i < k; i += 2) {
			if (i + 1 < k)
				merge_two(p, p->record + bound[i], bound[i + 1] - bound[i], bound[i + 2] - bound[i]);
			bound[out++] = bound[i];
		}
		bound[out] = p->n_records;
		k = out;
	}
}

static void drop_equal(struct planning *p)
{
	size_t kept = 0;

	for (size_t i = 1; i < p->n_records; i++) {
		if (cmp(p, &p->record[kept], &p->record[i]) == 0)
			p->record[i].dropped = true;
		else
			kept = i;
	}
}

/* ---- ids of events ---- */

struct event_id {
	size_t place;
	uint64_t at, n; /* of the text in ids */
	const struct rs_buf *ids;
	const struct rs_column *column;
};

static int cmp_id(const void *px, const void *py)
{
	const struct event_id *x = px, *y = py;
	struct rs_buf a = { x->ids->p + x->at, (size_t)x->n, 0 }, b = { y->ids->p + y->at, (size_t)y->n, 0 };
	int c = merge_cmp_cells(x->column, &a, &b);

	return c != 0 ? c : (x->place > y->place) - (x->place < y->place);
}

/* Of events with one id the first stays. */
static int drop_ids(struct planning *p, struct rs_err *err)
{
	struct merging *m = p->m;
	struct event_id *id = rs_array(p->n_records, sizeof *id, err);
	struct rs_buf ids = RS_BUF_INIT;
	size_t n = 0;
	int rc = id == NULL ? RS_ENOMEM : 0;

	for (size_t i = 0; i < p->n_records && rc == 0; i++) {
		const struct record *r = &p->record[i];
		size_t at = ids.n;

		if (r->dropped)
			continue;
		rc = merge_cell(m, r->source, (uint32_t)(m->event_id - m->d->context), r->row, &ids, err);
		if (ids.n > at)
			id[n++] = (struct event_id){ i, at, ids.n - at, &ids, m->event_id };
	}
	if (rc == 0 && n > 1) {
		qsort(id, n, sizeof *id, cmp_id);
		for (size_t i = 1; i < n; i++)
			if (id[i].n == id[i - 1].n && memcmp(ids.p + id[i].at, ids.p + id[i - 1].at, (size_t)id[i].n) == 0)
				p->record[id[i].place].dropped = true;
	}
	rs_buf_release(&ids);
	rs_free(id);
	return rc;
}

/* ---- users ---- */

static int plan_user(struct planning *p, uint32_t u, size_t *bound, struct rs_err *err)
{
	struct merging *m = p->m;
	uint64_t from = p->first[u], to = p->first[u + 1];
	size_t k = 0;
	int rc;

	p->n_records = 0;
	for (uint64_t i = from; i < to; i++) {
		const uint64_t *row = m->source[p->source[i]].row_ptr + p->user[i];

		bound[k] = p->n_records;
		if (row[0] < row[1] && (rc = add_rows(p, p->source[i], row[0], row[1], err)) < 0)
			return rc;
		k += p->n_records > bound[k];
	}
	bound[k] = p->n_records;
	m->row_ptr[u + 1] = m->row_ptr[u] + p->n_records;
	if (k == 0)
		return 0;
	if (k == 1)
		return add_run(m, p->record[0].source, p->n_records, false, err);
	if (rs_grow(&p->spare, &p->cap_spare, p->n_records, sizeof *p->spare, err) < 0)
		return RS_ENOMEM;
	sort_records(p, bound, k);
	if (!m->d->keep_duplicates)
		drop_equal(p);
	if (p->rc < 0) {
		*err = p->err;
		return p->rc;
	}
	if (m->event_id != NULL && (rc = drop_ids(p, err)) < 0)
		return rc;
	for (size_t i = 0; i < p->n_records; i++) {
		if ((rc = add_run(m, p->record[i].source, 1, p->record[i].dropped, err)) < 0)
			return rc;
		m->row_ptr[u + 1] -= p->record[i].dropped;
		m->n_dropped += p->record[i].dropped;
	}
	return 0;
}

int merge_plan(struct merging *m, struct rs_err *err)
{
	struct planning p = { .m = m };
	uint32_t nu = m->d->user_key.n;
	size_t *bound = rs_array(m->n + 1, sizeof *bound, err);
	int rc = RS_ENOMEM;

	if (bound == NULL || (m->row_ptr = rs_array((size_t)nu + 1, sizeof *m->row_ptr, err)) == NULL ||
	    (rc = find_sources(&p, err)) < 0)
		goto out;
	m->row_ptr[0] = 0;
	for (uint32_t u = 0; u < nu && rc == 0; u++) {
		rc = plan_user(&p, u, bound, err);
		if (u % 4096 == 0)
			rs_progress("merge: plan", u, nu, "users");
	}
out:
	rs_free(bound);
	rs_free(p.first);
	rs_free(p.source);
	rs_free(p.user);
	rs_free(p.record);
	rs_free(p.spare);
	rs_buf_release(&p.a);
	rs_buf_release(&p.b);
	return rc;
}
