/* histories.c -- what people did, in the indexes of a model. */
#include "lib/base/mem.h"
#include "lib/rank/rank.h"

#include <string.h>

static uint64_t count_unknown(const struct rs_dataset *d, const uint32_t *map)
{
	uint64_t n = 0;

	for (uint64_t e = 0; e < d->n_events; e++)
		n += map[d->item[e]] == RS_NONE;
	return n;
}

static int make_profile(struct rs_histories *h, const struct rs_model *m, const struct rs_dataset *d, struct rs_err *err)
{
	struct rs_row_set all = { .n = d->user_key.n };

	if (m->user_features.n == 0)
		return 0;
	return rs_features_apply(&h->profile, &m->user_features, d->users.column, d->users.n_columns, &all, err);
}

/* A model that cannot take dislike passes over it. */
static void drop_dislike(struct rs_events *e)
{
	uint64_t to = 0, from = 0;

	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t end = e->row_ptr[u + 1];

		for (; from < end; from++) {
			if (e->weight[from] < 0)
				continue;
			e->item[to] = e->item[from];
			e->weight[to] = e->weight[from];
			if (e->time_s != NULL)
				e->time_s[to] = e->time_s[from];
			if (e->value != NULL)
				e->value[to] = e->value[from];
			if (e->place != NULL)
				e->place[to] = e->place[from];
			to++;
		}
		e->row_ptr[u + 1] = to;
	}
}

int rs_histories_make(struct rs_histories *h, const struct rs_model *m, const struct rs_dataset *d, uint64_t *n_unknown,
                      struct rs_err *err)
{
	struct rs_wants want = { 0 };
	struct rs_choice all, mine = m->choice;
	uint32_t *map;
	int rc;

	memset(h, 0, sizeof *h);
	h->for_everybody = m->recipe->for_everybody;
	rs_choice_init(&all);
	if (m->recipe->wants != NULL)
		m->recipe->wants(&m->params, &want);
	mine.places = want.places && !want.situation;
	if ((rc = rs_keys_match(&d->item_key, &m->item_key, &map, err)) < 0)
		return rc;
	/* The age of an event counts from the newest of the training, for everybody alike. */
	if ((rc = rs_events_make(&h->chosen, d, &mine, map, m->item_key.n, m->newest_s, err)) < 0 ||
	    (rc = rs_events_make(&h->seen, d, &all, map, m->item_key.n, INT64_MIN, err)) < 0 ||
	    (rc = make_profile(h, m, d, err)) < 0)
		rs_histories_release(h);
	h->data = rc == 0 && mine.places ? d : NULL;
	if (rc == 0 && n_unknown != NULL)
		*n_unknown = count_unknown(d, map);
	if (rc == 0 && h->chosen.weight != NULL && !m->recipe->negative_weights)
		drop_dislike(&h->chosen);
	rs_free(map);
	return rc;
}

bool rs_histories_known(const struct rs_histories *h, uint32_t user)
{
	const struct rs_csr *p = &h->profile;

	return h->for_everybody || h->chosen.row_ptr[user] < h->chosen.row_ptr[user + 1] ||
	       (p->row_ptr != NULL && p->row_ptr[user] < p->row_ptr[user + 1]);
}

void rs_histories_release(struct rs_histories *h)
{
	rs_csr_release(&h->profile);
	rs_events_release(&h->chosen);
	rs_events_release(&h->seen);
}
