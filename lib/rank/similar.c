/* similar.c -- the items most like one item. */
#include "lib/base/mem.h"
#include "lib/num/topk.h"
#include "lib/rank/rank.h"

#include <math.h>
#include <string.h>

int rs_rank_similar(const struct rs_model *m, uint32_t item, uint32_t n, const uint8_t *allow, struct rs_pick **pick,
                    uint32_t *n_out, struct rs_err *err)
{
	uint32_t n_items = m->item_key.n;
	struct rs_topk top = { 0 };
	float *scores;
	int rc = RS_ENOMEM;

	*pick = NULL;
	*n_out = 0;
	if (m->recipe->similar == NULL)
		return rs_fail(err, RS_EUSAGE, "a %s model does not know which items are alike: use itemknn, ease or als",
		               m->recipe->name);
	if ((scores = rs_array(n_items, sizeof *scores, err)) == NULL)
		return rc;
	if ((rc = rs_topk_init(&top, n < n_items ? n : n_items, err)) < 0 ||
	    (rc = m->recipe->similar(m->state, item, scores, err)) < 0)
		goto out;
	scores[item] = -INFINITY;
	for (uint32_t i = 0; i < n_items; i++)
		if (scores[i] > 0 && (allow == NULL || allow[i] != 0))
			rs_topk_push(&top, scores[i], i);
	rs_topk_sort(&top);
	rc = RS_ENOMEM;
	if ((*pick = rs_array0(top.n, sizeof **pick, err)) == NULL)
		goto out;
	for (uint32_t k = 0; k < top.n; k++) {
		(*pick)[k].item = top.heap[k].ix;
		(*pick)[k].score = top.heap[k].score;
	}
	*n_out = top.n;
	rc = 0;
out:
	rs_topk_release(&top);
	rs_free(scores);
	return rc;
}
