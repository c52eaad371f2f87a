/* everybody.c -- a state that is one score for each item, the same for everybody. */
#include "lib/recipe/everybody.h"

#include "lib/base/mem.h"
#include "lib/recipe/stored.h"

#include <float.h>
#include <string.h>

#define CHUNK_SCORE RS_KIND('P', 'S', 'C', 'O')

void rs_everybody_free(void *state)
{
	struct rs_everybody *m = state;

	if (m == NULL)
		return;
	rs_free(m->score);
	rs_free(m);
}

int rs_everybody_new(struct rs_everybody **out, uint32_t n_items, struct rs_err *err)
{
	struct rs_everybody *m = rs_array0(1, sizeof *m, err);

	*out = NULL;
	if (m == NULL || (m->score = rs_array(n_items, sizeof *m->score, err)) == NULL) {
		rs_everybody_free(m);
		return RS_ENOMEM;
	}
	m->n_items = n_items;
	*out = m;
	return 0;
}

int rs_everybody_save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	const struct rs_everybody *m = state;

	return rs_stored_put_floats(w, CHUNK_SCORE, 0, RS_PACK_FLOAT, m->score, m->n_items, err);
}

int rs_everybody_load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                      struct rs_err *err)
{
	struct rs_everybody *m = rs_array0(1, sizeof *m, err);
	int rc;

	(void)p;
	if (m == NULL)
		return RS_ENOMEM;
	m->n_items = n_items;
	if ((rc = rs_stored_floats(&m->score, r, CHUNK_SCORE, 0, n_items, -FLT_MAX, "the scores of items", err)) < 0) {
		rs_everybody_free(m);
		return rc;
	}
	*state = m;
	return 0;
}

/* The query is the state itself turned around: how many users there are. */
int rs_everybody_query(const void *state, const struct rs_people *who, void **out, struct rs_err *err)
{
	uint32_t *n = rs_array(1, sizeof *n, err);

	(void)state;
	if (n == NULL)
		return RS_ENOMEM;
	*n = who->events->n_users;
	*out = n;
	return 0;
}

void rs_everybody_query_free(void *query)
{
	rs_free(query);
}

int rs_everybody_score(const void *state, const void *q, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                       struct rs_err *err)
{
	const struct rs_everybody *m = state;
	const uint32_t *n_users = q;

	(void)err;
	for (uint32_t u = 0; u < *n_users; u++)
		memcpy(scores + u * ld, m->score + lo, (hi - lo) * sizeof *scores);
	return 0;
}
