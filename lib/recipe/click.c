/* click.c -- the recipes lr, fm, ffm and fwfm: how probable an event is, from who, what and in which situation.
 *
 * lr is logistic regression on the values of all fields; fm [1] adds the products of their factors, ffm [2] has factors of its
 * own for each other field, fwfm [3] a weight for each pair of fields. See click.h for the model, click_train.c for training.
 * A user's own weights and factors are not stored: they are solved from the user's events, and their spread over the users of
 * the training is what is believed before (click_fold.c, click_fit.c); user attributes work for everybody.
 *
 * [1] S. Rendle, Factorization Machines, ICDM 2010.
 * [2] Y. Juan, Y. Zhuang, W.-S. Chin, C.-J. Lin, Field-aware Factorization Machines for CTR Prediction, RecSys 2016.
 * [3] J. Pan et al., Field-weighted Factorization Machines for Click-Through Rate Prediction, WWW 2018. */
#include "lib/recipe/click.h"

#include "lib/base/mem.h"
#include "lib/recipe/situation.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define FACTORS(most, preset, pull)                                                                                 \
	{ "factors", RS_PARAM_INT, 1, most, preset, 2, most, RS_SCALE_LOG, NULL, "numbers that describe a value" }, \
	{ "regularization", RS_PARAM_REAL, 0, 1, pull, 1e-4, .1, RS_SCALE_LOG, NULL,                          \
	  "pull of the factors in an example towards 0" },
#define COMMON(rate)                                                                                                \
	{ "learning_rate", RS_PARAM_REAL, 1e-6, 10, rate, .02, .3, RS_SCALE_LOG, NULL, "length of a step" },      \
	{ "epochs", RS_PARAM_INT, 1, 1000, 30, 0, 0, RS_SCALE_LINEAR, NULL,                                     \
	  "passes over the examples, at most: the best by what is kept out is the model" },               \
	{ "validation", RS_PARAM_REAL, 0, .5, .1, 0, 0, RS_SCALE_LINEAR, NULL,                                  \
	  "share of the events that is kept out, to stop in time and to calibrate" },                     \
	{ "positive_from", RS_PARAM_REAL, -FLT_MAX, FLT_MAX, NAN, 0, 0, RS_SCALE_LINEAR, NULL,                        \
	  "events of at least this value are positive, others negative; auto: the upper half, of amounts those above 0" }, \
	{ "negatives", RS_PARAM_INT, 0, 100, NAN, 0, 0, RS_SCALE_LINEAR, NULL,                                  \
	  "items drawn at random beside each event as not chosen; auto: 4 where the events are all positive" }, \
	{ "l1", RS_PARAM_REAL, 0, 1e6, 0, 0, 0, RS_SCALE_LINEAR, NULL, "pull that makes weights 0" },           \
	{ "l2", RS_PARAM_REAL, 0, 1e6, 1, 0, 0, RS_SCALE_LINEAR, NULL, "pull of weights towards 0" },           \
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }

static const struct rs_param lr_params[] = { COMMON(.1) };
static const struct rs_param fm_params[] = { FACTORS(64, 16, .02) COMMON(.1) };
static const struct rs_param ffm_params[] = { FACTORS(64, 4, .015) COMMON(.1) };
static const struct rs_param fwfm_params[] = { FACTORS(64, 16, .02) COMMON(.1) };

static enum rs_click_kind kind_of(const struct rs_param_values *p)
{
	return p->table == lr_params   ? RS_CLICK_LR
	        : p->table == fm_params  ? RS_CLICK_FM
	        : p->table == ffm_params ? RS_CLICK_FFM
	                                 : RS_CLICK_FWFM;
}

static void wants(const struct rs_param_values *p, struct rs_wants *w)
{
	(void)p;
	w->users = w->items = w->context = w->places = true;
	w->bins = 16;
}

/* ---- what counts as positive ---- */

/* Of ratings and labels the least value above the middle of their range. Amounts (seconds, plays, prices) are known by few of
 * them lying there; of these any above 0 is positive. */
static float least_positive(const float *value, uint64_t n, float min, float max)
{
	float middle = min / 2 + max / 2, over_middle = INFINITY, over_0 = INFINITY;
	uint64_t told = 0, high = 0;
	bool between = false;

	for (uint64_t i = 0; i < n; i++) { /* a NaN is in no range */
		told += !isnan(value[i]);
		between |= value[i] > min && value[i] < max;
		high += value[i] > middle;
		if (value[i] > middle)
			over_middle = fminf(over_middle, value[i]);
		if (value[i] > 0)
			over_0 = fminf(over_0, value[i]);
	}
	return min >= 0 && between && high < told / 20 ? over_0 : over_middle;
}

static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	const struct rs_events *e = in->events;
	uint64_t n = e->row_ptr[e->n_users], negative = 0;
	float min = INFINITY, max = -INFINITY;
	bool disliked = false;

	for (uint64_t i = 0; i < n; i++) {
		disliked |= e->weight != NULL && e->weight[i] < 0;
		if (e->value != NULL && !isnan(e->value[i])) {
			min = fminf(min, e->value[i]);
			max = fmaxf(max, e->value[i]);
		}
	}
	if (isnan(rs_param(p, "positive_from")) && e->value != NULL && min < max && !disliked)
		rs_param_resolve(p, "positive_from", (double)least_positive(e->value, n, min, max));
	for (uint64_t i = 0; i < n; i++)
		negative += rs_click_label(rs_param(p, "positive_from"), e->value == NULL ? NAN : e->value[i],
		                           e->weight == NULL ? 1 : e->weight[i]) == 0;
	if (isnan(rs_param(p, "negatives")))
		rs_param_resolve(p, "negatives", negative == 0 ? 4 : 0);
}

static float target(const struct rs_param_values *p, float value, float weight)
{
	return rs_click_label(rs_param(p, "positive_from"), value, weight);
}

/* ---- the state ---- */

static void release(void *state)
{
	struct rs_click *m = state;

	if (m == NULL)
		return;
	rs_csr_release(&m->item);
	rs_free(m->w);
	rs_free(m->v);
	rs_free(m->r);
	rs_free(m->mean);
	rs_free(m->root);
	rs_free(m);
}

static struct rs_click *make(uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_click *m = rs_array0(1, sizeof *m, err);

	if (m == NULL)
		return NULL;
	m->kind = kind_of(p);
	m->k = m->kind == RS_CLICK_LR ? 0 : (size_t)rs_param(p, "factors");
	m->n_items = n_items;
	m->positive_from = rs_param(p, "positive_from");
	m->negatives = (uint32_t)rs_param(p, "negatives");
	return m;
}

void rs_click_size_up(struct rs_click *m)
{
	bool ffm = m->kind == RS_CLICK_FFM;

	m->width = ffm ? m->n_fields * m->k : m->k;
	m->d = 1 + (ffm ? 0 : m->k);
	m->n_values = 0;
	for (uint32_t f = 1; f < m->n_fields; f++) {
		m->field[f].w_at = m->n_values;
		m->field[f].z_at = 0;
		m->n_values += m->field[f].n;
		if (ffm && m->field[f].owner != RS_CLICK_USER) {
			m->field[f].z_at = (uint32_t)m->d;
			m->d += m->k;
		}
	}
}

static int add_fields(struct rs_click *m, enum rs_click_owner owner, const struct rs_features *f, struct rs_err *err)
{
	for (uint32_t c = 0; f != NULL && c < f->n_columns; c++) {
		if (m->n_fields == RS_CLICK_FIELDS_MAX)
			return rs_fail(err, RS_EDATA, "more than %d columns of attributes and context: choose some of them",
			               RS_CLICK_FIELDS_MAX - 2);
		m->field[m->n_fields++] =
		        (struct rs_click_field){ .owner = owner, .first = f->column[c].first, .n = f->column[c].n };
	}
	return 0;
}

int rs_click_copy(struct rs_csr *to, const struct rs_csr *from, struct rs_err *err)
{
	uint64_t n;

	if (from == NULL || from->row_ptr == NULL)
		return 0;
	n = from->row_ptr[from->n_rows];
	to->n_rows = from->n_rows;
	to->n_cols = from->n_cols;
	if ((to->row_ptr = rs_array((size_t)from->n_rows + 1, sizeof *to->row_ptr, err)) == NULL ||
	    (to->col = rs_array(n, sizeof *to->col, err)) == NULL)
		return RS_ENOMEM;
	memcpy(to->row_ptr, from->row_ptr, ((size_t)from->n_rows + 1) * sizeof *to->row_ptr);
	memcpy(to->col, from->col, n * sizeof *to->col);
	return 0;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_click_plan plan = { .epochs = (int)rs_param(p, "epochs"),
		                      .rate = rs_param(p, "learning_rate"),
		                      .l1 = rs_param(p, "l1"),
		                      .l2 = rs_param(p, "l2"),
		                      .validation = rs_param(p, "validation") };
	struct rs_click *m = make(in->events->n_items, p, err);
	struct rs_csr context = { 0 };
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	m->seed = in->seed;
	if (m->k > 0)
		plan.regularization = rs_param(p, "regularization");
	m->field[0] = (struct rs_click_field){ .owner = RS_CLICK_USER, .n = in->events->n_users };
	m->field[1] = (struct rs_click_field){ .owner = RS_CLICK_ITEM, .n = in->events->n_items };
	m->n_fields = 2;
	if ((rc = add_fields(m, RS_CLICK_USER, in->user_features, err)) < 0 ||
	    (rc = add_fields(m, RS_CLICK_ITEM, in->item_features, err)) < 0 ||
	    (rc = add_fields(m, RS_CLICK_EVENT, in->context_features, err)) < 0 ||
	    (rc = rs_click_copy(&m->item, in->item_profile, err)) < 0 ||
	    (rc = rs_situation_of_events(&context, in->context_features, in->events, in->data, err)) < 0)
		goto out;
	rs_click_size_up(m);
	if ((rc = rs_click_train(m, in, &context, &plan, err)) == 0)
		rc = rs_click_fit(m, in, &context, plan.validation, err);
out:
	rs_csr_release(&context);
	if (rc < 0)
		release(m);
	else
		*state = m;
	return rc;
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p, struct rs_err *err)
{
	struct rs_click *m = make(n_items, p, err);
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_click_load(m, r, err)) < 0)
		release(m);
	else
		*state = m;
	return rc;
}

static const char *const no_aliases[] = { NULL };
static const char *const lr_aliases[] = { "ftrl", "logistic-regression", NULL };

#define RECIPE(name_, aliases_, summary_)                                                                      \
	extern const struct rs_recipe rs_recipe_##name_;                                                       \
	const struct rs_recipe rs_recipe_##name_ = {                                                           \
		.name = #name_, .aliases = aliases_, .summary = summary_, .params = name_##_params,            \
		.needs = RS_NEED_VALUE, .wants = wants, .resolve = resolve, .negative_weights = true,          \
		.train = train, .free = release, .save = rs_click_save, .load = load, .query = rs_click_query, \
		.query_free = rs_click_query_free, .tile_items = RS_CLICK_TILE, .score = rs_click_score,       \
		.answer = RS_ANSWER_PROBABILITY, .predict = rs_click_predict, .target = target                 \
	}

RECIPE(lr, lr_aliases, "probability of an event by logistic regression (FTRL-proximal)");
RECIPE(fm, no_aliases, "probability of an event by a factorization machine");
RECIPE(ffm, no_aliases, "probability of an event by a field-aware factorization machine");
RECIPE(fwfm, no_aliases, "probability of an event by a field-weighted factorization machine");
