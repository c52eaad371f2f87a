/* sequence.c -- weighted pairs of what came before what. */
#include "lib/recipe/sequence.h"

#include "lib/base/mem.h"

#include <math.h>
#include <string.h>

void rs_sequence_release(struct rs_sequence *s)
{
	rs_free(s->step);
	rs_free(s->rest);
	rs_free(s->beyond);
	rs_free(s->user);
	rs_free(s->at_ptr);
	rs_free(s->at);
	memset(s, 0, sizeof *s);
}

static double weight(const struct rs_events *e, uint64_t k)
{
	return e->weight == NULL ? 1 : (double)e->weight[k];
}

/* Steps, rests and what is beyond the window for the events lo <= k < hi of one user. */
static void prepare(struct rs_sequence *s, const struct rs_recency *r, uint64_t lo, uint64_t hi)
{
	const struct rs_events *e = s->e;
	double log_sum = 0; /* of the steps from k on, within the window */

	for (uint64_t k = lo; k + 1 < hi; k++)
		s->step[k] =
		        rs_recency_step(r, (int64_t)((uint64_t)e->time_s[k + 1] - (uint64_t)e->time_s[k]));
	s->step[hi - 1] = 0;
	s->rest[hi - 1] = 0;
	for (uint64_t k = hi - 1; k-- > lo;)
		s->rest[k] = weight(e, k + 1) + s->step[k] * s->step[k] * s->rest[k + 1];
	for (uint64_t k = hi; k-- > lo;) {
		uint64_t end = k + s->window; /* the first state that k is not in */

		if (k + 1 < hi)
			log_sum += log2(fmax(s->step[k], 1e-100));
		if (k + 1 < hi && end < hi - 1)
			log_sum -= log2(fmax(s->step[end], 1e-100));
		s->beyond[k] = end < hi ? exp2(2 * log_sum) * s->rest[end] : 0;
	}
}

int rs_sequence_init(struct rs_sequence *s, const struct rs_events *e, const struct rs_recency *r,
                     struct rs_err *err)
{
	uint64_t n = e->row_ptr[e->n_users];

	memset(s, 0, sizeof *s);
	if (e->time_s == NULL)
		return rs_fail(err, RS_EDATA,
		               "the events have no times, so that nothing comes before anything: import them "
		               "with times, or with --ordered");
	s->e = e;
	s->window = r->window;
	if ((s->step = rs_array(n, sizeof *s->step, err)) == NULL
	    || (s->rest = rs_array(n, sizeof *s->rest, err)) == NULL
	    || (s->beyond = rs_array(n, sizeof *s->beyond, err)) == NULL
	    || (s->user = rs_array(n, sizeof *s->user, err)) == NULL
	    || (s->at_ptr = rs_array0((size_t)e->n_items + 2, sizeof *s->at_ptr, err)) == NULL
	    || (s->at = rs_array(n, sizeof *s->at, err)) == NULL) {
		rs_sequence_release(s);
		return RS_ENOMEM;
	}
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t lo = e->row_ptr[u], hi = e->row_ptr[u + 1];

		if (lo < hi)
			prepare(s, r, lo, hi);
		for (uint64_t k = lo; k < hi; k++)
			s->user[k] = u;
	}
	for (uint64_t k = 0; k < n; k++)
		s->at_ptr[e->item[k] + 2]++;
	for (uint32_t i = 0; i < e->n_items; i++)
		s->at_ptr[i + 2] += s->at_ptr[i + 1];
	for (uint64_t k = 0; k < n; k++)
		s->at[s->at_ptr[e->item[k] + 1]++] = k;
	return 0;
}

static void add(struct rs_cooccur *c, uint32_t i, double v)
{
	c->acc[i] += (float)v;
	c->mark[i / RS_GROUP] = 1;
}

void rs_sequence_before(const struct rs_sequence *s, uint32_t j, float scale, struct rs_cooccur *c)
{
	const struct rs_events *e = s->e;

	for (uint64_t o = s->at_ptr[j]; o < s->at_ptr[j + 1]; o++) {
		uint64_t q = s->at[o], first = e->row_ptr[s->user[q]];
		uint64_t lo = q - first > s->window ? q - s->window : first;
		double d = (double)scale * weight(e, q);

		for (uint64_t p = q; p-- > lo && d > 1e-30;) {
			add(c, e->item[p], d * weight(e, p));
			d *= p > lo ? s->step[p - 1] : 0;
		}
	}
}

void rs_sequence_after(const struct rs_sequence *s, uint32_t j, float scale, struct rs_cooccur *c)
{
	const struct rs_events *e = s->e;

	for (uint64_t o = s->at_ptr[j]; o < s->at_ptr[j + 1]; o++) {
		uint64_t q = s->at[o], end = e->row_ptr[s->user[q] + 1];
		uint64_t hi = end - q > s->window ? q + s->window + 1 : end;
		double d = (double)scale * weight(e, q);

		for (uint64_t p = q + 1; p < hi && d > 1e-30; p++) {
			add(c, e->item[p], d * weight(e, p));
			d *= s->step[p - 1];
		}
	}
}

/* What the states hold of the pair of events a <= b, d being D(a, b). */
static double in_states(const struct rs_sequence *s, uint64_t a, uint64_t b, double d)
{
	return s->beyond[a] > 0 ? d * s->rest[b] - s->beyond[a] / d : d * s->rest[b];
}

void rs_sequence_gram(const struct rs_sequence *s, uint32_t j, float scale, struct rs_cooccur *c)
{
	const struct rs_events *e = s->e;

	for (uint64_t o = s->at_ptr[j]; o < s->at_ptr[j + 1]; o++) {
		uint64_t q = s->at[o], first = e->row_ptr[s->user[q]], end = e->row_ptr[s->user[q] + 1];
		uint64_t lo = q - first >= s->window ? q - s->window + 1 : first;
		uint64_t hi = end - q > s->window ? q + s->window : end;
		double own = (double)scale * weight(e, q), d = 1;

		add(c, j, own * weight(e, q) * in_states(s, q, q, 1));
		for (uint64_t p = q; p-- > lo;) {
			d *= s->step[p];
			if (!(d > 1e-30))
				break;
			add(c, e->item[p], own * weight(e, p) * in_states(s, p, q, d));
		}
		d = 1;
		for (uint64_t p = q + 1; p < hi; p++) {
			d *= s->step[p - 1];
			if (!(d > 1e-30))
				break;
			add(c, e->item[p], own * weight(e, p) * in_states(s, q, p, d));
		}
	}
}
