/* model.c -- training, and freeing. */
#include "lib/model/model.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/model/objective.h"
#include "lib/model/prior.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

/* Which users and items of the dataset those of the events are. */
struct origin {
	uint32_t *user, *item;
	uint32_t n_warm; /* items with an event */
};

/* Leaves only items with an event that counts, and those with a row in the table where cold, numbered anew. */
static int keep_items(struct rs_model *m, const struct rs_dataset *d, struct rs_events *e, struct origin *o, bool cold,
                      struct rs_err *err)
{
	uint8_t *keep = rs_array0(d->item_key.n, 1, err);
	uint32_t *map = rs_array(d->item_key.n, sizeof *map, err), n = 0;
	int rc = RS_ENOMEM;

	if (keep == NULL || map == NULL || (o->item = rs_array(d->item_key.n, sizeof *o->item, err)) == NULL)
		goto out;
	for (uint64_t i = 0; i < e->row_ptr[e->n_users]; i++)
		keep[e->item[i]] = 1;
	for (uint32_t i = 0; i < d->item_key.n; i++)
		o->n_warm += keep[i];
	for (uint32_t i = 0; cold && d->items.present != NULL && i < d->item_key.n; i++)
		keep[i] |= d->items.present[i];
	for (uint32_t i = 0; i < d->item_key.n; i++) {
		if (keep[i] == 0)
			continue;
		o->item[n] = i;
		map[i] = n++;
	}
	/* where all stay, each keeps its number */
	for (uint64_t i = 0; n < d->item_key.n && i < e->row_ptr[e->n_users]; i++)
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

/* What is to be learned of attributes, and the features of the users and items at hand. */
struct attributes {
	struct rs_wants want;
	const struct rs_model_columns *columns;
	struct rs_csr users, items;
	uint32_t *vector; /* by item: its row of the vectors, or RS_NONE; NULL: there are none */
};

static int learn_table(struct rs_features *f, struct rs_csr *x, const struct rs_table *t, const uint32_t *row, uint32_t n,
                       const struct rs_feature_how *how, struct rs_err *err)
{
	struct rs_row_set rows = { .row = row, .n = n };
	int rc = rs_features_learn(f, t->column, t->n_columns, &rows, how, err);

	return rc < 0 ? rc : rs_features_apply(x, f, t->column, t->n_columns, &rows, err);
}

static int find_vectors(struct attributes *a, const struct rs_model *m, struct rs_err *err)
{
	const struct rs_vectors *v = a->columns == NULL ? NULL : a->columns->vectors;
	uint32_t n_found = 0;

	if (v == NULL)
		return 0;
	if (!a->want.vectors)
		return rs_fail(err, RS_EUSAGE, "%s does not learn from vectors of items", m->recipe->name);
	if ((a->vector = rs_array(m->item_key.n, sizeof *a->vector, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < m->item_key.n; i++) {
		size_t n;
		const char *key = rs_keys_get(&m->item_key, i, &n);

		a->vector[i] = rs_keymap_find(v->id, key, n);
		n_found += a->vector[i] != RS_NONE;
	}
	if (n_found == 0)
		return rs_fail(err, RS_EDATA, "no item of the data has a vector: the ids do not fit");
	if (n_found < m->item_key.n)
		rs_note("%u of %u items have no vector", m->item_key.n - n_found, m->item_key.n);
	return 0;
}

static int learn_attributes(struct rs_model *m, struct attributes *a, const struct rs_dataset *d, const struct rs_events *e,
                            const struct origin *o, struct rs_err *err)
{
	const struct rs_wants *w = &a->want;
	struct rs_feature_how how = { .bins = w->bins > 0 ? w->bins : 8, .gram = w->gram, .text = w->text,
		                      .text_only = w->text_only, .max_terms = w->max_terms > 0 ? w->max_terms : 1u << 18,
		                      .min_rows = w->min_items > 0 ? w->min_items : 2 };
	struct rs_feature_how people = { .bins = how.bins, .min_rows = w->min_users > 0 ? w->min_users : 5 };
	struct rs_row_set all = { .n = d->n_events < UINT32_MAX ? (uint32_t)d->n_events : UINT32_MAX };
	int rc = 0;

	if (a->columns != NULL) {
		how.columns = a->columns->items;
		people.columns = a->columns->users;
	}
	if (w->items && (rc = learn_table(&m->item_features, &a->items, &d->items, o->item, e->n_items, &how, err)) < 0)
		return rc;
	if (w->users && (rc = learn_table(&m->user_features, &a->users, &d->users, o->user, e->n_users, &people, err)) < 0)
		return rc;
	people.columns = NULL;
	people.max_values = w->max_context;
	return w->context ? rs_features_learn(&m->context_features, d->context, d->n_context, &all, &people, err) : 0;
}

static void digest_features(XXH3_state_t *h, const struct rs_csr *x)
{
	uint64_t n = x->row_ptr == NULL ? 0 : x->row_ptr[x->n_rows];

	if (n == 0)
		return;
	XXH3_128bits_update(h, x->row_ptr, ((size_t)x->n_rows + 1) * sizeof *x->row_ptr);
	XXH3_128bits_update(h, x->col, n * sizeof *x->col);
	XXH3_128bits_update(h, x->val, n * sizeof *x->val);
}

/* What the model learned from, whoever's name stood on it: item ids and the chosen events. */
static int digest_data(struct rs_model *m, const struct rs_events *e, const struct attributes *a, struct rs_err *err)
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
	if (e->value != NULL && (m->recipe->needs & RS_NEED_VALUE) != 0)
		XXH3_128bits_update(x, e->value, n * sizeof *e->value);
	digest_features(x, &a->users);
	digest_features(x, &a->items);
	for (uint32_t i = 0; a->vector != NULL && i < m->item_key.n; i++) {
		const struct rs_npy *v = &a->columns->vectors->m;

		if (a->vector[i] != RS_NONE)
			XXH3_128bits_update(x, v->v + (size_t)a->vector[i] * v->d, v->d * sizeof *v->v);
	}
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

/* What the choice asks for beyond what events can be asked (rs_events_make). */
static int check_choice(const struct rs_recipe *recipe, const struct rs_choice *c, const struct rs_dataset *d,
                        struct rs_err *err)
{
	const double *number;
	bool is_value;
	char q[RS_QUOTE_MAX];
	int rc;

	for (uint32_t i = 0; i < c->n_rules; i++)
		if (c->rule[i].weight < 0 && !recipe->negative_weights)
			return rs_fail(err, RS_EUSAGE, "event %s: %s cannot learn from negative weights: expected 0 or more",
			               rs_quote(q, sizeof q, c->rule[i].type, strlen(c->rule[i].type)), recipe->name);
	if ((rc = rs_choice_weights(c, d, &number, &is_value, err)) < 0)
		return rc;
	if (c->weight_column[0] != 0 && number == NULL && !is_value && d->n_events > 0)
		return rs_fail(err, RS_EDATA, "weight column %s: the events have no such column",
		               rs_quote(q, sizeof q, c->weight_column, strlen(c->weight_column)));
	return 0;
}

static int check_weights(const struct rs_recipe *recipe, const struct rs_events *e, struct rs_err *err)
{
	for (uint64_t i = 0; e->weight != NULL && i < e->row_ptr[e->n_users]; i++) {
		if (!isfinite(e->weight[i]))
			return rs_fail(err, RS_EDATA, "the weight of an event is beyond all bounds");
		if (e->weight[i] < 0 && !recipe->negative_weights)
			return rs_fail(err, RS_EDATA, "the weight column has a negative number, from which %s cannot learn",
			               recipe->name);
	}
	return 0;
}

static int choose_events(struct rs_events *e, const struct rs_dataset *d, struct rs_dataset *spent, const struct rs_choice *c,
                         struct rs_err *err)
{
	return spent != NULL ? rs_events_take(e, spent, c, err) :
	                       rs_events_make(e, d, c, NULL, d->item_key.n, INT64_MIN, err);
}

/* spent: d, or NULL where it is to stay as it is. */
static int train(struct rs_model **out, const struct rs_recipe *recipe, const struct rs_param_values *params,
                 const struct rs_choice *choice, const struct rs_model_columns *columns, const struct rs_dataset *d,
                 struct rs_dataset *spent, uint64_t seed, struct rs_err *err)
{
	struct rs_model *m = rs_array0(1, sizeof *m, err);
	struct rs_events e = { 0 };
	struct origin o = { NULL, NULL, 0 };
	struct attributes a = { .columns = columns };
	struct rs_train_in in = { .events = &e, .spent = &e, .data = d, .seed = seed };
	bool empty;
	int rc = RS_ENOMEM;

	*out = NULL;
	if (m == NULL)
		return rc;
	m->recipe = recipe;
	m->params = *params;
	m->choice = *choice;
	m->seed = seed;
	if (recipe->wants != NULL)
		recipe->wants(params, &a.want);
	m->choice.places = a.want.places && (!a.want.situation || d->n_context > 0);
	empty = d->n_events == 0;
	if ((recipe->check != NULL && (rc = recipe->check(params, d, err)) < 0) ||
	    (rc = check_choice(recipe, choice, d, err)) < 0 ||
	    (rc = choose_events(&e, d, a.want.places || a.want.context ? NULL : spent, &m->choice, err)) < 0 ||
	    (rc = check_weights(recipe, &e, err)) < 0 || (rc = rs_events_trim(&e, choice, err)) < 0)
		goto out;
	if (e.row_ptr[e.n_users] == 0 && !(a.want.cold_items && d->items.present != NULL)) {
		rc = rs_fail(err, RS_EDATA, empty ? "the dataset holds no events" :
		                                               "no event passes the choice (--event, --min-value)");
		goto out;
	}
	if ((rc = keep_items(m, d, &e, &o, a.want.cold_items, err)) < 0 || (rc = keep_users(&e, &o, err)) < 0 ||
	    (rc = learn_attributes(m, &a, d, &e, &o, err)) < 0 || (rc = find_vectors(&a, m, err)) < 0)
		goto out;
	if (a.vector != NULL) {
		in.vectors = &columns->vectors->m;
		in.item_vector = a.vector;
	}
	in.user_features = &m->user_features;
	in.item_features = &m->item_features;
	in.context_features = &m->context_features;
	in.user_profile = &a.users;
	in.item_profile = &a.items;
	in.user = o.user;
	in.item = o.item;
	in.n_warm = o.n_warm;
	count_events(m, &e);
	if (recipe->resolve != NULL)
		recipe->resolve(&m->params, &in);
	if ((choice->objective[0] != 0 &&
	     (rc = rs_objective_make(&m->item_objective, choice, d, o.item, e.n_items, err)) < 0) ||
	    (rc = digest_data(m, &e, &a, err)) < 0 || (rc = rs_prior_make(&m->item_prior, &m->item_users, &e, err)) < 0)
		goto out;
	if (recipe->no_times) {
		rs_free(e.time_s);
		rs_free(e.value);
		e.time_s = NULL;
		e.value = NULL;
	}
	if ((rc = recipe->train(&m->state, &in, &m->params, err)) < 0)
		goto out;
	if (d->prov.n > 0 && (rc = rs_buf_add(&m->prov, d->prov.p, d->prov.n, err)) < 0)
		goto out;
	*out = m;
	m = NULL;
out:
	rs_free(o.user);
	rs_free(o.item);
	rs_csr_release(&a.users);
	rs_csr_release(&a.items);
	rs_free(a.vector);
	rs_events_release(&e);
	rs_model_free(m);
	return rc;
}

int rs_model_train(struct rs_model **out, const struct rs_recipe *recipe, const struct rs_param_values *params,
                   const struct rs_choice *choice, const struct rs_model_columns *columns, const struct rs_dataset *d,
                   uint64_t seed, struct rs_err *err)
{
	return train(out, recipe, params, choice, columns, d, NULL, seed, err);
}

int rs_model_train_spending(struct rs_model **out, const struct rs_recipe *recipe, const struct rs_param_values *params,
                            const struct rs_choice *choice, const struct rs_model_columns *columns, struct rs_dataset *d,
                            uint64_t seed, struct rs_err *err)
{
	return train(out, recipe, params, choice, columns, d, d, seed, err);
}

unsigned rs_model_needs(const struct rs_model *m)
{
	struct rs_wants want = { 0 };

	if (m->recipe->wants != NULL)
		m->recipe->wants(&m->params, &want);
	return rs_choice_needs(&m->choice) | m->recipe->needs | (m->user_features.n > 0 ? (unsigned)RS_NEED_USERS : 0) |
	       (m->context_features.n > 0 && !want.situation ? (unsigned)RS_NEED_CONTEXT : 0);
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
	rs_free(m->item_objective);
	rs_features_release(&m->user_features);
	rs_features_release(&m->item_features);
	rs_features_release(&m->context_features);
	rs_buf_release(&m->prov);
	rs_reader_close(m->reader);
	rs_free(m);
}
