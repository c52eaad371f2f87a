/* prior.c -- scores for a person of whom nothing is known. */
#include "lib/model/prior.h"

#include "lib/base/mem.h"

int rs_prior_make(float **prior, uint32_t **users, const struct rs_events *e, struct rs_err *err)
{
	uint32_t *last = rs_array0(e->n_items, sizeof *last, err); /* the user, plus 1, who was counted last */
	uint32_t *early = rs_array0(e->n_items, sizeof *early, err);
	float *p = rs_array(e->n_items, sizeof *p, err);
	uint32_t *n = rs_array0(e->n_items, sizeof *n, err);

	if (last == NULL || early == NULL || p == NULL || n == NULL) {
		rs_free(last);
		rs_free(early);
		rs_free(p);
		rs_free(n);
		return RS_ENOMEM;
	}
	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			if (last[e->item[i]] == u + 1 || (e->weight != NULL && e->weight[i] < 0))
				continue;
			last[e->item[i]] = u + 1;
			n[e->item[i]]++;
			if (e->time_s == NULL || i < e->row_ptr[u] + RS_PRIOR_EVENTS)
				early[e->item[i]]++;
		}
	}
	for (uint32_t i = 0; i < e->n_items; i++)
		p[i] = (float)((double)early[i] + (double)n[i] / ((double)e->n_users + 1));
	rs_free(last);
	rs_free(early);
	*prior = p;
	*users = n;
	return 0;
}
