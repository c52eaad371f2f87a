/* links.c -- a state of weights between items. */
#include "lib/recipe/links.h"

#include "lib/base/mem.h"

#include <string.h>

#define WEIGHTS (1u << 26) /* about so many are kept at most by default */

struct rs_links *rs_links_new(const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_links *m = rs_array0(1, sizeof *m, err);

	if (m != NULL)
		m->recency = rs_recency_of(p);
	return m;
}

void rs_links_free(void *state)
{
	struct rs_links *m = state;

	if (m == NULL)
		return;
	rs_item_weights_release(&m->w);
	rs_free(m);
}

int rs_links_save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	return rs_item_weights_save(&((const struct rs_links *)state)->w, w, err);
}

int rs_links_load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_links *m = rs_links_new(p, err);
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_item_weights_load(&m->w, r, n_items, err)) < 0)
		rs_links_free(m);
	else
		*state = m;
	return rc;
}

int rs_links_query(const void *state, const struct rs_people *who, void **query, struct rs_err *err)
{
	return rs_history_query(who->events, &((const struct rs_links *)state)->recency, query, err);
}

int rs_links_score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                   struct rs_err *err)
{
	return rs_item_weights_score(&((const struct rs_links *)state)->w, query, lo, hi, scores, ld, err);
}

int rs_links_explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err)
{
	const struct rs_links *m = state;

	return rs_item_weights_explain(&m->w, h, &m->recency, item, share, err);
}

int rs_links_similar(const void *state, uint32_t item, float *scores, struct rs_err *err)
{
	return rs_item_weights_similar(&((const struct rs_links *)state)->w, item, scores, err);
}

uint32_t rs_links_neighbors(uint32_t n_items)
{
	uint32_t k = n_items < 2000 ? 50 : n_items > 40000 ? 1000 : n_items / 40;

	return k <= WEIGHTS / n_items ? k : WEIGHTS / n_items + 1;
}

int rs_links_count(uint32_t *users, const struct rs_events *e, struct rs_err *err)
{
	struct rs_csr x;
	int rc = rs_matrix_from_events(&x, e, RS_REPEATS_MAX, err);

	if (rc < 0)
		return rc;
	memset(users, 0, e->n_items * sizeof *users);
	for (uint64_t i = 0; i < x.row_ptr[x.n_rows]; i++)
		users[x.col[i]]++;
	rs_csr_release(&x);
	return 0;
}
