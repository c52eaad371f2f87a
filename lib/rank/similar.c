/* similar.c -- the items most like one item. */
#include "lib/base/mem.h"
#include "lib/num/topk.h"
#include "lib/rank/batch.h"
#include "lib/rank/rank.h"

#include <math.h>
#include <string.h>

/* The best n of the scores, above `above` and allowed, as picks. */
static int pick_best(const float *scores, uint32_t n_items, float above, uint32_t n, const uint8_t *allow,
                     struct rs_pick **pick, uint32_t *n_out, struct rs_err *err)
{
	struct rs_topk top;
	int rc = rs_topk_init(&top, n < n_items ? n : n_items, err);

	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < n_items && rc == 0; i++)
		if (!(scores[i] < INFINITY))
			rc = rs_score_overflows(err);
		else if (scores[i] > above && (allow == NULL || allow[i] != 0))
			rs_topk_push(&top, scores[i], i);
	rs_topk_sort(&top);
	if (rc == 0 && (*pick = rs_array0(top.n, sizeof **pick, err)) == NULL)
		rc = RS_ENOMEM;
	for (uint32_t k = 0; k < top.n && rc == 0; k++) {
		(*pick)[k].item = top.best[k].ix;
		(*pick)[k].score = top.best[k].score;
	}
	*n_out = rc == 0 ? top.n : 0;
	rs_topk_release(&top);
	return rc;
}

int rs_rank_similar(const struct rs_model *m, uint32_t item, uint32_t n, const uint8_t *allow, struct rs_pick **pick,
                    uint32_t *n_out, struct rs_err *err)
{
	float *scores;
	int rc;

	*pick = NULL;
	*n_out = 0;
	if (m->recipe->similar == NULL)
		return rs_fail(err, RS_EUSAGE, "a %s model does not know which items are alike: use itemknn, ease or als",
		               m->recipe->name);
	if ((scores = rs_array(m->item_key.n, sizeof *scores, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = m->recipe->similar(m->state, item, scores, err)) == 0) {
		scores[item] = -INFINITY;
		rc = pick_best(scores, m->item_key.n, 0, n, allow, pick, n_out, err);
	}
	rs_free(scores);
	return rc;
}

int rs_rank_popular(const struct rs_model *m, uint32_t n, const uint8_t *allow, struct rs_pick **pick, uint32_t *n_out,
                    struct rs_err *err)
{
	float *scores = rs_array(m->item_key.n, sizeof *scores, err);
	int rc;

	*pick = NULL;
	*n_out = 0;
	if (scores == NULL)
		return RS_ENOMEM;
	memcpy(scores, m->item_prior, m->item_key.n * sizeof *scores);
	rc = pick_best(scores, m->item_key.n, -INFINITY, n, allow, pick, n_out, err);
	rs_free(scores);
	return rc;
}
