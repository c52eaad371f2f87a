/* model.c -- training, and freeing. */
#include "lib/model/model.h"

#include "lib/base/mem.h"
#include "lib/model/prior.h"

#include <string.h>
#include <xxhash.h>

/* Which users and items of the dataset those of the events are. */
struct origin {
	uint32_t *user, *item;
};

/* Leaves only items with an event that counts, numbered anew. */
static int keep_items(struct rs_model *m, const struct rs_dataset *d, struct rs_events *e, struct origin *o,
                      struct rs_err *err)
{
	uint8_t *keep = rs_array0(d->item_key.n, 1, err);
	uint32_t *map = rs_array(d->item_key.n, sizeof *map, err), n = 0;
	int rc = RS_ENOMEM;

	if (keep == NULL || map == NULL || (o->item = rs_array(d->item_key.n, sizeof *o->item, err)) == NULL)
		goto out;
	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++)
		keep[e->item[i]] = 1;
	for (uint32_t i = 0; i < d->item_key.n; i++) {
		if (keep[i] == 0)
			continue;
		o->item[n] = i;
		map[i] = n++;
	}
	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++)
		e->item[i] = map[e->item[i]];
	e->n_items = n;
	rc = rs_keys_subset(&m->item_key, &d->item_key, keep, err);
out:
	rs_free(keep);
	rs_free(map);
	return rc;
}

/* Leaves only users with an event that counts, so that others leave no trace in the model. */
static int keep_users(struct rs_events *e, struct origin *o, struct rs_err *err)
{
	uint32_t n = 0;

	if ((o->user = rs_array(e->n_users, sizeof *o->user, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t u = 0; u < e->n_users; u++) {
		if (e->row_ptr[u + 1] == e->row_ptr[u])
			continue;
		o->user[n++] = u;
		e->row_ptr[n] = e->row_ptr[u + 1]; /* n <= u + 1, and every row before is empty or moved */
	}
	e->n_users = n;
	return 0;
}

/* What the model learned from, whoever's name stood on it: item ids and the chosen events. */
static int digest_data(struct rs_model *m, const struct rs_events *e, struct rs_err *err)
{
	XXH3_state_t *x = XXH3_createState();
	uint64_t n = e->row_ptr[e->n_users];
	XXH128_canonical_t c;

	if (x == NULL)
		return rs_fail(err, RS_ENOMEM, "out of memory");
	XXH3_128bits_reset(x);
	XXH3_128bits_update(x, m->item_key.off, ((size_t)m->item_key.n + 1) * sizeof *m->item_key.off);
	XXH3_128bits_update(x, m->item_key.bytes, m->item_key.off[m->item_key.n]);
	XXH3_128bits_update(x, e->row_ptr, ((size_t)e->n_users + 1) * sizeof *e->row_ptr);
	XXH3_128bits_update(x, e->item, n * sizeof *e->item);
	if (e->weight != NULL)
		XXH3_128bits_update(x, e->weight, n * sizeof *e->weight);
	if (e->time_s != NULL)
		XXH3_128bits_update(x, e->time_s, n * sizeof *e->time_s);
	XXH128_canonicalFromHash(&c, XXH3_128bits_digest(x));
	memcpy(m->data_digest, c.digest, sizeof m->data_digest);
	XXH3_freeState(x);
	return 0;
}

static void count_events(struct rs_model *m, const struct rs_events *e)
{
	m->n_events = e->row_ptr[e->n_users];
	m->newest_s = INT64_MIN;
	m->n_users = e->n_users;
	for (uint64_t i = 0; e->time_s != NULL && i < m->n_events; i++)
		m->newest_s = e->time_s[i] > m->newest_s ? e->time_s[i] : m->newest_s;
}

int rs_model_train(struct rs_model **out, const struct rs_recipe *recipe, const struct rs_param_values *params,
                   const struct rs_choice *choice, const struct rs_dataset *d, uint64_t seed, struct rs_err *err)
{
	struct rs_model *m = rs_array0(1, sizeof *m, err);
	struct rs_events e = { 0 };
	struct origin o = { NULL, NULL };
	struct rs_train_in in = { .events = &e, .data = d, .seed = seed };
	int rc = RS_ENOMEM;

	*out = NULL;
	if (m == NULL)
		return rc;
	m->recipe = recipe;
	m->params = *params;
	m->choice = *choice;
	m->seed = seed;
	if ((rc = rs_events_make(&e, d, choice, NULL, d->item_key.n, INT64_MIN, err)) < 0)
		goto out;
	if (e.row_ptr[e.n_users] == 0) {
		rc = rs_fail(err, RS_EDATA, d->n_events == 0 ? "the dataset holds no events" :
		                                               "no event passes the choice (--event, --min-value)");
		goto out;
	}
	if ((rc = keep_items(m, d, &e, &o, err)) < 0 || (rc = keep_users(&e, &o, err)) < 0)
		goto out;
	in.user = o.user;
	in.item = o.item;
	count_events(m, &e);
	if (recipe->resolve != NULL)
		recipe->resolve(&m->params, &in);
	if ((rc = digest_data(m, &e, err)) < 0 || (rc = rs_prior_make(&m->item_prior, &m->item_users, &e, err)) < 0 ||
	    (rc = recipe->train(&m->state, &in, &m->params, err)) < 0)
		goto out;
	if (d->prov.n > 0 && (rc = rs_buf_add(&m->prov, d->prov.p, d->prov.n, err)) < 0)
		goto out;
	*out = m;
	m = NULL;
out:
	rs_free(o.user);
	rs_free(o.item);
	rs_events_release(&e);
	rs_model_free(m);
	return rc;
}

void rs_model_free(struct rs_model *m)
{
	if (m == NULL)
		return;
	if (m->state != NULL)
		m->recipe->free(m->state);
	rs_keys_release(&m->item_key);
	rs_free(m->item_users);
	rs_free(m->item_prior);
	rs_buf_release(&m->prov);
	rs_reader_close(m->reader);
	rs_free(m);
}
