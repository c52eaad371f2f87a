/* batch.c -- some people, folded in and ready to be scored. */
#include "lib/rank/batch.h"

#include <string.h>

/* Times a prior: behind any score that means something, and no subnormal number. */
#define UNREACHED 0x1p-95f

int rs_batch_open(struct rs_batch *b, const struct rs_model *m, const struct rs_histories *h, const uint32_t *user, uint32_t n,
                  struct rs_err *err)
{
	struct rs_people people = { .events = &b->rows, .data = h->data, .context_features = &m->context_features };
	int rc;

	*b = (struct rs_batch){ .m = m, .h = h, .user = user, .n = n };
	if ((rc = rs_events_rows(&b->rows, &h->chosen, user, n, err)) < 0)
		return rc;
	if (h->profile.row_ptr != NULL) {
		if ((rc = rs_csr_rows(&b->profile, &h->profile, user, n, err)) < 0)
			goto fail;
		people.profile = &b->profile;
	}
	if ((rc = m->recipe->query(m->state, &people, &b->query, err)) == 0)
		return 0;
fail:
	rs_batch_close(b);
	return rc;
}

void rs_batch_close(struct rs_batch *b)
{
	if (b->query != NULL)
		b->m->recipe->query_free(b->query);
	b->query = NULL;
	rs_csr_release(&b->profile);
	rs_events_release(&b->rows);
}

void rs_situate(const struct rs_model *m, const struct rs_csr *situation, uint32_t row, uint32_t lo, uint32_t hi, float *scores)
{
	uint64_t from = situation->row_ptr[row];

	if (m->recipe->situate != NULL)
		m->recipe->situate(m->state, situation->col + from, (size_t)(situation->row_ptr[row + 1] - from), lo,
		                   hi, scores);
}

void rs_fill_unreached(const struct rs_model *m, uint32_t lo, uint32_t hi, float *scores)
{
	const float *prior = m->item_prior + lo;

	for (uint32_t i = 0; i < hi - lo; i++)
		scores[i] = scores[i] == 0 ? UNREACHED * prior[i] : scores[i];
}

float rs_most_unreached(const struct rs_model *m)
{
	float most = 0;

	for (uint32_t i = 0; i < m->item_key.n; i++)
		most = m->item_prior[i] > most ? m->item_prior[i] : most;
	return UNREACHED * most;
}

int rs_batch_reach(const struct rs_batch *b, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err)
{
	int rc = b->m->recipe->score(b->m->state, b->query, lo, hi, scores, ld, err);

	for (uint32_t u = 0; u < b->n && rc == 0; u++)
		if (!rs_histories_known(b->h, b->user[u]))
			memcpy(scores + u * ld, b->m->item_prior + lo, (hi - lo) * sizeof *scores);
	for (uint32_t u = 0; u < b->n && rc == 0 && b->situation != NULL; u++)
		rs_situate(b->m, b->situation, b->row[u], lo, hi, scores + u * ld);
	return rc;
}

int rs_batch_score(const struct rs_batch *b, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err)
{
	int rc = rs_batch_reach(b, lo, hi, scores, ld, err);

	for (uint32_t u = 0; u < b->n && rc == 0; u++)
		rs_fill_unreached(b->m, lo, hi, scores + u * ld);
	return rc;
}

int rs_score_overflows(struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "a score grew out of range: smaller weights of events or more regularization may help");
}

uint32_t rs_batch_tile(const struct rs_model *m)
{
	uint32_t tile = m->recipe->tile_items;

	return tile == 0 || tile > m->item_key.n ? m->item_key.n : tile;
}
