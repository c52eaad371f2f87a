/* session_store.c -- histories cut into anonymous sessions. */
#include "lib/recipe/session_store.h"

#include "lib/base/mem.h"
#include "lib/recipe/stored.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_PTR RS_KIND('S', 'P', 'T', 'R')
#define CHUNK_ITEM RS_KIND('S', 'I', 'T', 'M')
#define CHUNK_TIME RS_KIND('S', 'T', 'I', 'M')

void rs_session_store_release(struct rs_session_store *s)
{
	rs_free(s->row_ptr);
	rs_free(s->item);
	rs_free(s->time_s);
	rs_free(s->at_ptr);
	rs_free(s->at);
	memset(s, 0, sizeof *s);
}

/* One session while the store is made. */
struct cut {
	int64_t time_s;
	const uint32_t *item; /* of the events, cleaned */
	uint32_t n;
};

/* The newest first; equal ones by their items. */
static int newer(const void *pa, const void *pb)
{
	const struct cut *a = pa, *b = pb;

	if (a->time_s != b->time_s)
		return a->time_s > b->time_s ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (uint32_t k = 0; k < a->n; k++)
		if (a->item[k] != b->item[k])
			return a->item[k] < b->item[k] ? -1 : 1;
	return 0;
}

/* Copies the last max different items of n to `to`, in the order of their last events; returns how many. mark: n_items
 * numbers below stamp. */
static uint32_t clean(uint32_t *to, const uint32_t *item, uint64_t n, uint32_t max, uint32_t *mark,
                      uint32_t stamp)
{
	uint32_t k = 0;

	for (uint64_t e = n; e-- > 0 && k < max;) {
		if (mark[item[e]] == stamp)
			continue;
		mark[item[e]] = stamp;
		to[k++] = item[e];
	}
	for (uint32_t i = 0; i < k / 2; i++) {
		uint32_t x = to[i];

		to[i] = to[k - 1 - i];
		to[k - 1 - i] = x;
	}
	return k;
}

/* Sessions of two and more items; returns their number. items: room for all events. */
static uint32_t cut_all(struct cut *c, uint32_t *items, const struct rs_events *e,
                        const struct rs_session_how *how, uint32_t *mark)
{
	uint64_t first = 0, at = 0;
	uint32_t n = 0, stamp = 0;

	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint64_t k = e->row_ptr[u]; k < e->row_ptr[u + 1]; k++) {
			bool last = k + 1 == e->row_ptr[u + 1];
			uint32_t kept;

			if (!last
			    && !(how->gap_s > 0
			         && (double)((uint64_t)e->time_s[k + 1] - (uint64_t)e->time_s[k])
			                 > how->gap_s))
				continue;
			kept = clean(items + at, e->item + first, k + 1 - first, how->max_items, mark,
			             ++stamp);
			if (kept > 1) {
				c[n++] = (struct cut){ e->time_s[k], items + at, kept };
				at += kept;
			}
			first = k + 1;
		}
	}
	return n;
}

/* Sessions by item. */
static int index_items(struct rs_session_store *s, struct rs_err *err)
{
	uint64_t n = s->row_ptr[s->n];

	if ((s->at_ptr = rs_array0((size_t)s->n_items + 2, sizeof *s->at_ptr, err)) == NULL
	    || (s->at = rs_array(n, sizeof *s->at, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t k = 0; k < n; k++)
		s->at_ptr[s->item[k] + 2]++;
	for (uint32_t i = 0; i < s->n_items; i++)
		s->at_ptr[i + 2] += s->at_ptr[i + 1];
	for (uint32_t k = 0; k < s->n; k++)
		for (uint64_t e = s->row_ptr[k]; e < s->row_ptr[k + 1]; e++)
			s->at[s->at_ptr[s->item[e] + 1]++] = k;
	return 0;
}

static int take(struct rs_session_store *s, const struct cut *c, struct rs_err *err)
{
	uint64_t n = 0;

	for (uint32_t k = 0; k < s->n; k++)
		n += c[k].n;
	if ((s->row_ptr = rs_array((size_t)s->n + 1, sizeof *s->row_ptr, err)) == NULL
	    || (s->item = rs_array(n, sizeof *s->item, err)) == NULL
	    || (s->time_s = rs_array(s->n, sizeof *s->time_s, err)) == NULL)
		return RS_ENOMEM;
	n = 0;
	for (uint32_t k = 0; k < s->n; k++) {
		s->row_ptr[k] = n;
		s->time_s[k] = c[k].time_s;
		memcpy(s->item + n, c[k].item, c[k].n * sizeof *s->item);
		n += c[k].n;
	}
	s->row_ptr[s->n] = n;
	return index_items(s, err);
}

int rs_session_store_make(struct rs_session_store *s, const struct rs_events *e,
                          const struct rs_session_how *how, struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users];
	struct cut *c = NULL;
	uint32_t *items = NULL, *mark = NULL;
	int rc = RS_ENOMEM;

	memset(s, 0, sizeof *s);
	s->n_items = e->n_items;
	if (e->time_s == NULL)
		return rs_fail(err, RS_EDATA,
		               "the events have no times, so that there are no sessions: import them with "
		               "times, or with --ordered");
	if (n > UINT32_MAX)
		return rs_fail(err, RS_EDATA, "more than 4294967295 events: sessions are for fewer");
	if ((rc = rs_mem_require(n * 40 + (uint64_t)e->n_items * 12, "the sessions",
	                         "a newer part of the data needs less", err))
	    < 0)
		return rc;
	rc = RS_ENOMEM;
	if ((c = rs_array(n / 2 + 1, sizeof *c, err)) == NULL
	    || (items = rs_array(n, sizeof *items, err)) == NULL
	    || (mark = rs_array0(e->n_items, sizeof *mark, err)) == NULL)
		goto out;
	s->n = cut_all(c, items, e, how, mark);
	if (s->n == 0) {
		rc = rs_fail(err, RS_EDATA,
		             "no session has two different items: a longer session_gap may help");
		goto out;
	}
	qsort(c, s->n, sizeof *c, newer);
	if (how->max_sessions > 0 && s->n > how->max_sessions)
		s->n = how->max_sessions;
	rc = take(s, c, err);
out:
	rs_free(c);
	rs_free(items);
	rs_free(mark);
	if (rc < 0)
		rs_session_store_release(s);
	return rc;
}

int rs_session_store_save(const struct rs_session_store *s, struct rs_writer *w, struct rs_err *err)
{
	int rc;

	if ((rc = rs_writer_chunk(w, CHUNK_PTR, 0, RS_PACK_DELTA, 8, s->row_ptr, (uint64_t)s->n + 1, err)) < 0
	    || (rc = rs_writer_chunk(w, CHUNK_ITEM, 0, RS_PACK_UINT, 4, s->item, s->row_ptr[s->n], err)) < 0)
		return rc;
	return rs_writer_chunk(w, CHUNK_TIME, 0, RS_PACK_DELTA, 8, s->time_s, s->n, err);
}

/* Whether sessions are in order and their items known and different. */
static bool is_whole(const struct rs_session_store *s, uint64_t n, uint32_t *mark)
{
	if (s->row_ptr[0] != 0 || s->row_ptr[s->n] != n)
		return false;
	for (uint32_t k = 0; k < s->n; k++) {
		if (s->row_ptr[k] >= s->row_ptr[k + 1] || s->row_ptr[k + 1] > n
		    || (k > 0 && s->time_s[k] > s->time_s[k - 1]))
			return false;
		for (uint64_t e = s->row_ptr[k]; e < s->row_ptr[k + 1]; e++) {
			if (s->item[e] >= s->n_items || mark[s->item[e]] == k + 1)
				return false;
			mark[s->item[e]] = k + 1;
		}
	}
	return true;
}

int rs_session_store_load(struct rs_session_store *s, struct rs_reader *r, uint32_t n_items,
                          struct rs_err *err)
{
	uint64_t n_ptr, n_item, n_time;
	uint32_t *mark = NULL;
	int rc;

	memset(s, 0, sizeof *s);
	s->n_items = n_items;
	if ((rc = rs_stored_array(&s->row_ptr, &n_ptr, r, CHUNK_PTR, 8, UINT32_MAX, err)) < 0
	    || (rc = rs_stored_array(&s->item, &n_item, r, CHUNK_ITEM, 4, UINT32_MAX, err)) < 0
	    || (rc = rs_stored_array(&s->time_s, &n_time, r, CHUNK_TIME, 8, UINT32_MAX, err)) < 0)
		goto out;
	s->n = (uint32_t)n_time;
	rc = RS_ENOMEM;
	if ((mark = rs_array0(n_items, sizeof *mark, err)) == NULL)
		goto out;
	if (n_time == 0 || n_ptr != n_time + 1 || !is_whole(s, n_item, mark))
		rc = rs_reader_damaged(r, "the sessions", err);
	else
		rc = index_items(s, err);
out:
	rs_free(mark);
	if (rc < 0)
		rs_session_store_release(s);
	return rc;
}

bool rs_session_store_has(const struct rs_session_store *s, uint32_t session, uint32_t item, uint32_t sample)
{
	uint64_t lo = s->at_ptr[item], hi = s->at_ptr[item + 1];

	hi = hi - lo > sample ? lo + sample : hi;
	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (s->at[mid] <= session)
			lo = mid;
		else
			hi = mid;
	}
	return lo < hi && s->at[lo] == session;
}
