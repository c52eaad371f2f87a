/* transition.c -- what comes next, given what came before and how long ago: a linear model of sequences.
 *
 * The state of a person is the history with decaying weights, s = sum over k of 2^(-k / half_life) e_(i_(n-k)); the next
 * item is predicted as s B. B is the ridge regression of all next items on all states [1, 2]:
 *
 *     B = (G + l2 I)^-1 K,    G = sum of s s',    K = sum of s e_next'
 *
 * solved for all items together (closed), or for each item over the items that most come before it (local), or not solved at
 * all: K normalised by the frequencies of the items (oneshot). With order_free a > 0, G and K are mixed with the
 * co-occurrence X'X [2]. Sums over states are made from pairs of events, see sequence.h.
 * score(u, j) = sum over the events of u of their weight by recency, times B_ij: explained exactly. Where events have context
 * that tells, scores are multiplied by the lifts of the situation that is asked for (situation.h).
 * Time: events x window, and n_items^3 (closed) or n_items x neighbors^3 (local). Memory: 8 n_items^2 bytes (closed).
 *
 * [1] H. Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019.
 * [2] M. Choi, J. Kim, J. Lee, H. Shim, J. Lee, Session-aware Linear Item-Item Models for Session-based Recommendation,
 *     WWW 2021. */
#include "lib/recipe/transition.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/recipe/situation.h"

#include <math.h>
#include <string.h>

#define CLOSED_ITEMS 6000
#define LOCAL_ITEMS 200000
#define CONTEXT_VALUES 256

enum solver { AUTO, CLOSED, LOCAL, ONESHOT };
static const char *const solvers[] = { "auto", "closed", "local", "oneshot", NULL };

static const struct rs_param params[] = {
	{ "solver", RS_PARAM_CHOICE, 0, 3, AUTO, 0, 0, RS_SCALE_LINEAR, solvers,
	  "closed: all items at once; local: each over its neighbors; oneshot: normalised pairs; auto: by their number" },
	{ "half_life", RS_PARAM_REAL, .1, 1000, NAN, 1, 30, RS_SCALE_LOG, NULL,
	  "in training: an event that so many later ones follow counts half" },
	{ "window", RS_PARAM_INT, 1, 10000, NAN, 0, 0, RS_SCALE_LINEAR, NULL,
	  "in training: only so many events before one are seen; auto: six half-lives" },
	{ "gap_half_life", RS_PARAM_REAL, 0, 1e6, 0, 0, 0, RS_SCALE_LOG, NULL,
	  "hours between two events that halve what was before them; 0: gaps do not matter" },
	{ "gap_floor", RS_PARAM_REAL, 0, 1, .3, 0, 1, RS_SCALE_LINEAR, NULL,
	  "what even the longest gap leaves" },
	{ "l2", RS_PARAM_REAL, 1e-3, 1e9, NAN, 5, 3000, RS_SCALE_LOG, NULL,
	  "regularisation (closed, local)" },
	{ "l2_exponent", RS_PARAM_REAL, 0, 2, .5, 0, .7, RS_SCALE_LINEAR, NULL,
	  "how much more frequent items are regularised: l2 x frequency^exponent (closed, local)" },
	{ "dropout", RS_PARAM_REAL, 0, .95, 0, 0, .8, RS_SCALE_LINEAR, NULL,
	  "share of the input that training leaves out in the mean (closed, local)" },
	{ "order_free", RS_PARAM_REAL, 0, 1, NAN, 0, .8, RS_SCALE_LINEAR, NULL,
	  "share of what goes together in whatever order" },
	{ "neighbors", RS_PARAM_INT, 1, 60000, NAN, 50, 500, RS_SCALE_LOG, NULL,
	  "local and oneshot: items that may speak for an item" },
	{ "discount", RS_PARAM_REAL, 0, 2, .4, 0, .6, RS_SCALE_LINEAR, NULL,
	  "local: how much less frequent items are chosen as neighbors" },
	{ "source_exponent", RS_PARAM_REAL, -2, 4, .5, .2, .7, RS_SCALE_LINEAR, NULL,
	  "oneshot: how much frequent items of the history count less" },
	{ "target_exponent", RS_PARAM_REAL, -2, 4, NAN, 0, .3, RS_SCALE_LINEAR, NULL,
	  "how much frequent items are recommended less" },
	{ "back", RS_PARAM_REAL, 0, 2, NAN, 0, 1, RS_SCALE_LINEAR, NULL,
	  "what a pair the other way round counts" },
	{ "top", RS_PARAM_INT, 0, 1e6, NAN, 0, 0, RS_SCALE_LINEAR, NULL,
	  "closed: weights kept for each item to recommend; 0: all; auto: all up to 8,192 items, else 500" },
	{ "context_weight", RS_PARAM_REAL, 0, 2, NAN, 0, 0, RS_SCALE_LINEAR, NULL,
	  "how much lists change with the columns of context; auto: chosen for each on events held back; 0: not" },
	{ "context_prior", RS_PARAM_REAL, 1e-3, 1e6, 20, 0, 0, RS_SCALE_LOG, NULL,
	  "an item of so many events is half as it is in every situation" },
	RS_RECENCY_PARAMS_FROM(NAN),
	{ NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};

struct transition {
	struct rs_links links; /* first: its members serve as they are */
	struct rs_situation situation;
};

static void release(void *state)
{
	struct transition *m = state;

	if (m == NULL)
		return;
	rs_situation_release(&m->situation);
	rs_links_free(state);
}

/* The context of the request; columns of more values (ids of sessions) tell no situation. */
static void wants(const struct rs_param_values *p, struct rs_wants *w)
{
	w->context = w->places = w->situation = rs_param(p, "context_weight") != 0;
	w->max_context = CONTEXT_VALUES;
}

static void settle(struct rs_param_values *p, const char *name, double v)
{
	if (isnan(rs_param(p, name)))
		rs_param_resolve(p, name, v);
}

/* 0 where n is at most few, 1 where it is at least many, evenly by its logarithm in between. */
static double between(double n, double few, double many)
{
	return fmin(1, fmax(0, log(n / few) / log(many / few)));
}

/* Dense data bear a long memory and a full regression; in sparse ones the few pairs there are have to do, and where histories
 * are short sessions, in either direction. Long histories are of broader taste than short ones. The ends were chosen on parts
 * held back of the training data of public sets with 3 to 270 events an item and 4 to 165 events a person. */
static void resolve(struct rs_param_values *p, const struct rs_train_in *in)
{
	const struct rs_events *e = in->events;
	double n = (double)e->row_ptr[e->n_users], dense = between(n / e->n_items, 20, 200);
	double length = n / e->n_users, more = between(length, 5, 9) * between(n / e->n_items, 4, 8);
	double half_life = 3 * pow(8. / 3, more);
	double solver = rs_param(p, "solver");

	if (solver == AUTO)
		solver = e->n_items <= CLOSED_ITEMS ? CLOSED : e->n_items <= LOCAL_ITEMS ? LOCAL : ONESHOT;
	rs_param_resolve(p, "solver", solver);
	settle(p, "half_life", half_life * pow(10 / half_life, dense));
	settle(p, "window", ceil(6 * rs_param(p, "half_life")));
	settle(p, "l2", 200 - 50 * dense);
	settle(p, "order_free", .2 * dense);
	settle(p, "back", (.5 - .3 * more) * (1 - dense));
	settle(p, "target_exponent", .1 * (1 - dense));
	settle(p, "neighbors", solver == LOCAL ? 100 : 300);
	settle(p, "top", e->n_items <= 8192 ? 0 : 500);
	settle(p, "history_half_life", 1.4 * pow(3.4 / 1.4, between(length, 9, 150)));
}

static struct rs_recency recency_of(const struct rs_param_values *p)
{
	struct rs_recency r = rs_recency_of(p);

	r.repeats = RS_REPEATS_SUM;
	r.gap_half_life = rs_param(p, "gap_half_life");
	r.gap_floor = rs_param(p, "gap_floor");
	return r;
}

static int prepare(struct rs_transition *t, const struct rs_events *e, const struct rs_param_values *p, struct rs_err *err)
{
	static const struct rs_trim all = { 0, 1, 0, 1, 0 };
	struct rs_recency r = recency_of(p);
	uint64_t n = e->row_ptr[e->n_users];
	int rc;

	memset(t, 0, sizeof *t);
	t->n_items = e->n_items;
	t->order_free = rs_param(p, "order_free");
	t->l2 = rs_param(p, "l2");
	t->l2_exponent = rs_param(p, "l2_exponent");
	t->load = rs_param(p, "dropout") / (1 - rs_param(p, "dropout"));
	t->neighbors = (uint32_t)rs_param(p, "neighbors");
	t->top = (uint32_t)rs_param(p, "top");
	t->top = t->top >= t->n_items ? 0 : t->top;
	t->discount = rs_param(p, "discount");
	t->source_exponent = rs_param(p, "source_exponent");
	t->target_exponent = rs_param(p, "target_exponent");
	t->back = rs_param(p, "back");
	r.half_life = rs_param(p, "half_life");
	r.window = (uint32_t)rs_param(p, "window");
	if ((rc = rs_sequence_init(&t->seq, e, &r, err)) < 0)
		return rc;
	if ((t->often = rs_array0(t->n_items, sizeof *t->often, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t k = 0; k < n; k++)
		t->often[e->item[k]]++;
	if (t->order_free > 0 && (rc = rs_history_matrix(&t->x, e, &all, err)) == 0)
		rc = rs_csr_transpose(&t->xt, &t->x, err);
	return rc;
}

static int fit(struct rs_links *m, const struct rs_events *e, const struct rs_param_values *p, struct rs_err *err)
{
	enum solver solver = (enum solver)rs_param(p, "solver");
	struct rs_transition t = { 0 };
	int rc = prepare(&t, e, p, err);

	if (rc == 0)
		rc = solver == CLOSED     ? rs_transition_closed(&m->w, &t, err)
		        : solver == LOCAL ? rs_transition_local(&m->w, &t, err)
		                          : rs_transition_oneshot(&m->w, &t, err);
	rs_sequence_release(&t.seq);
	rs_csr_release(&t.x);
	rs_csr_release(&t.xt);
	rs_free(t.often);
	return rc;
}

/* The exponents of the columns of context; false where none counts. */
static int weigh_context(double *exponent, bool *counts, const struct rs_train_in *in, const struct rs_param_values *p,
                         const struct rs_csr *context, struct rs_err *err)
{
	struct rs_recency r = recency_of(p);
	double given = rs_param(p, "context_weight");
	uint32_t n = in->context_features->n_columns;
	int rc = 0;

	for (uint32_t c = 0; c < n; c++)
		exponent[c] = given;
	if (isnan(given))
		rc = rs_situation_choose(exponent, in, p, context, rs_param(p, "context_prior"), &r, fit, err);
	*counts = false;
	for (uint32_t c = 0; c < n && rc == 0; c++) {
		*counts |= exponent[c] > 0;
		if (isnan(given) && exponent[c] > 0)
			rs_note("transition: lists change with the context column %s (weight %g)",
			        in->context_features->column[c].name, exponent[c]);
	}
	return rc;
}

static int learn_context(struct transition *m, const struct rs_train_in *in, const struct rs_param_values *p,
                         struct rs_err *err)
{
	const struct rs_features *f = in->context_features;
	struct rs_csr context = { 0 };
	double *exponent;
	bool counts;
	int rc;

	if (f == NULL || f->n == 0 || rs_param(p, "context_weight") == 0)
		return 0;
	if ((exponent = rs_array(f->n_columns, sizeof *exponent, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_situation_of_events(&context, f, in->events, in->data, err)) == 0 &&
	    (rc = weigh_context(exponent, &counts, in, p, &context, err)) == 0 && counts)
		rc = rs_situation_learn(&m->situation, f, in->events, &context, exponent, rs_param(p, "context_prior"), err);
	rs_csr_release(&context);
	rs_free(exponent);
	return rc;
}

static struct transition *make(const struct rs_param_values *p, struct rs_err *err)
{
	struct transition *m = rs_array0(1, sizeof *m, err);

	if (m != NULL)
		m->links.recency = recency_of(p);
	return m;
}

static int train(void **state, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err)
{
	struct transition *m = make(p, err);
	int rc;

	*state = NULL;
	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = learn_context(m, in, p, err)) < 0 || (rc = fit(&m->links, in->events, p, err)) < 0) {
		release(m);
		return rc;
	}
	*state = m;
	return 0;
}

static int save(const void *state, struct rs_writer *w, struct rs_err *err)
{
	int rc = rs_situation_save(&((const struct transition *)state)->situation, w, err);

	return rc < 0 ? rc : rs_links_save(state, w, err);
}

static int load(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
                struct rs_err *err)
{
	struct transition *m = make(p, err);
	int rc;

	if (m == NULL)
		return RS_ENOMEM;
	if ((rc = rs_item_weights_load(&m->links.w, r, n_items, err)) < 0 ||
	    (rc = rs_situation_load(&m->situation, r, n_items, err)) < 0) {
		release(m);
		return rc;
	}
	*state = m;
	return 0;
}

static void situate(const void *state, const uint32_t *feature, size_t n, uint32_t lo, uint32_t hi, float *scores)
{
	rs_situation_apply(&((const struct transition *)state)->situation, feature, n, lo, hi, scores);
}

static const char *const aliases[] = { "user-personalization",
	                               "user-personalization-v2",
	                               "aws-user-personalization",
	                               "aws-user-personalization-v2",
	                               "personalized-ranking",
	                               "personalized-ranking-v2",
	                               "aws-personalized-ranking",
	                               "aws-personalized-ranking-v2",
	                               "hrnn",
	                               "aws-hrnn",
	                               "affinity",
	                               "item-affinity",
	                               "aws-item-affinity",
	                               "item-attribute-affinity",
	                               "aws-item-attribute-affinity",
	                               NULL };

extern const struct rs_recipe rs_recipe_transition;
const struct rs_recipe rs_recipe_transition = {
	.name = "transition",
	.aliases = aliases,
	.summary = "what comes next, given what came before and how long ago",
	.params = params,
	.needs = RS_NEED_TIME,
	.wants = wants,
	.resolve = resolve,
	.train = train,
	.free = release,
	.save = save,
	.load = load,
	.query = rs_links_query,
	.query_free = rs_history_query_free,
	.tile_items = 0,
	.score = rs_links_score,
	.situate = situate,
	.explain = rs_links_explain,
	.similar = rs_links_similar,
};
