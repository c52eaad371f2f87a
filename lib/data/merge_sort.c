/* merge_sort.c -- the events of one user out of several files, in order, repeats marked. */
#include "lib/data/merge_plan.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float value_of(const struct merge_planning *p, const struct merge_record *r)
{
	const float *at = merge_view_at(&p->value, r->source, r->row);

	return at == NULL ? NAN : *at;
}

static unsigned type_of(const struct merge_planning *p, const struct merge_record *r)
{
	const uint16_t *at = merge_view_at(&p->type, r->source, r->row);

	return at == NULL ? UINT16_MAX : *at;
}

static int cmp_context(struct merge_tile *t, uint32_t k, const struct merge_record *x, const struct merge_record *y)
{
	struct merging *m = t->p->m;

	t->a.n = t->b.n = 0;
	if (t->rc < 0 || (t->rc = merge_cell(m, x->source, k, x->row, &t->a, &t->err)) < 0 ||
	    (t->rc = merge_cell(m, y->source, k, y->row, &t->b, &t->err)) < 0)
		return 0;
	return merge_cmp_cells(&m->d->context[k], &t->a, &t->b);
}

/* As the order of a dataset is; an error stays in t. */
static int cmp(struct merge_tile *t, const struct merge_record *x, const struct merge_record *y)
{
	const struct merge_planning *p = t->p;
	unsigned tx, ty;
	float vx, vy;
	int c = 0;

	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	if (!p->whole) {
		t->tied = true;
		return 0;
	}
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
		c = cmp_context(t, k, x, y);
	return c;
}

/* Merges the sorted records [0, n) and [n, all); of equal ones those of the earlier file come first. */
static void merge_two(struct merge_tile *t, struct merge_record *r, size_t n, size_t all)
{
	struct merge_record *a = t->spare, *to = r;
	size_t i = 0, j = n;

	if (n == 0 || n == all || cmp(t, &r[n - 1], &r[n]) <= 0)
		return;
	memcpy(a, r, n * sizeof *a);
	while (i < n && j < all)
		*to++ = cmp(t, &a[i], &r[j]) <= 0 ? a[i++] : r[j++];
	memcpy(to, a + i, (n - i) * sizeof *a);
}

/* The events of one time and item, n of them. */
static void sort_ties(struct merge_tile *t, struct merge_record *r, size_t n)
{
	for (size_t w = 1; w < n; w *= 2)
		for (size_t i = 0; i + w < n; i += 2 * w)
			merge_two(t, r + i, w, n - i < 2 * w ? n - i : 2 * w);
}

/* The records of files whose own order is not that of the result. */
static void sort_loose(struct merge_tile *t)
{
	struct merge_record *r = t->record;

	for (size_t i = 0, n; i < t->n_records; i += n) {
		for (n = 1; i + n < t->n_records && r[i + n].source == r[i].source && r[i + n].time_s == r[i].time_s &&
		            r[i + n].item == r[i].item;
		     n++)
			;
		if (t->p->m->source[r[i].source].loose)
			sort_ties(t, r + i, n);
	}
}

/* bounds[0 .. k]: where the records of each of k files start; they are joined pairwise. */
static void sort_records(struct merge_tile *t, size_t *bound, size_t k)
{
	while (k > 1) {
		size_t out = 0;

		for (size_t i = 0; i < k; i += 2) {
			if (i + 1 < k)
				merge_two(t, t->record + bound[i], bound[i + 1] - bound[i], bound[i + 2] - bound[i]);
			bound[out++] = bound[i];
		}
		bound[out] = t->n_records;
		k = out;
	}
}

static void drop_equal(struct merge_tile *t)
{
	size_t kept = 0;

	for (size_t i = 1; i < t->n_records; i++) {
		if (cmp(t, &t->record[kept], &t->record[i]) == 0)
			t->record[i].dropped = true;
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
static int drop_ids(struct merge_tile *t, struct rs_err *err)
{
	struct merging *m = t->p->m;
	struct event_id *id = rs_array(t->n_records, sizeof *id, err);
	struct rs_buf ids = RS_BUF_INIT;
	size_t n = 0;
	int rc = id == NULL ? RS_ENOMEM : 0;

	for (size_t i = 0; i < t->n_records && rc == 0; i++) {
		const struct merge_record *r = &t->record[i];
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
				t->record[id[i].place].dropped = true;
	}
	rs_buf_release(&ids);
	rs_free(id);
	return rc;
}

int merge_sort_user(struct merge_tile *t, size_t k, struct rs_err *err)
{
	if (rs_grow(&t->spare, &t->cap_spare, t->n_records, sizeof *t->spare, err) < 0)
		return RS_ENOMEM;
	sort_loose(t);
	sort_records(t, t->bound, k);
	if (!t->p->whole)
		return 0;
	if (!t->p->m->d->keep_duplicates)
		drop_equal(t);
	if (t->rc < 0) {
		*err = t->err;
		return t->rc;
	}
	return t->p->m->event_id == NULL ? 0 : drop_ids(t, err);
}
